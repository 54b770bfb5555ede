"""What can a study settle before it goes into the field? Numbers of persons, power, and cut-offs of fit, by simulation."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
