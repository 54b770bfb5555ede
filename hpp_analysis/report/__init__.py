"""From executed notebooks to documents: the plan of a run, the run, and one writer a format."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
