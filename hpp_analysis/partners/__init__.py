"""Do both sides see it alike, and is it high performing? Gaps, agreement, verdicts, and changes between waves."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
