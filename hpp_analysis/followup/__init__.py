"""What became of what was agreed? The sheet of agreements, what is due, and what the scores of the agreed points did."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
