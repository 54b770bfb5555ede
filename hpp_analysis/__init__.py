"""Research on high performance partnerships: from a raw survey export to a defensible, multilingual report.

Names load when they are first used, so that importing the package costs next to nothing. `__init__.pyi` lists them.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
