"""What is the news, and what follows? Page one, and the overviews by partnership, from published results alone."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
