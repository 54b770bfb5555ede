"""How does a study compare with others? Files of cleared aggregates, and where a client stands among them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
