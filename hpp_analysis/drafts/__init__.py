"""What a new study begins with: a questionnaire drafted from an export, each guess with its reason."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
