"""Draft a questionnaire from an export, with a reason for each guess."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
