"""The questionnaire as a form to fill in: for survey platforms, and on paper."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
