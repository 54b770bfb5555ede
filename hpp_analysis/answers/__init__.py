"""What did people answer? Description, scores, response, and answers that cannot be trusted."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
