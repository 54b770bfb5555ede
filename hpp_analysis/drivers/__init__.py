"""What does success go together with, and what comes first? Drivers, indirect effects, and the agenda."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
