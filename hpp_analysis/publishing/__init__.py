"""What may leave? The disclosure plan, published results, and what a report says about itself."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
