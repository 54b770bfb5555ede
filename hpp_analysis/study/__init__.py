"""A study on disk: its file and folder, its plan, its look, and the notes of the consultant."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
