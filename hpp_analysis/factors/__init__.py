"""What belongs together? Correlations, the number of factors, factor solutions, and refined scales."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
