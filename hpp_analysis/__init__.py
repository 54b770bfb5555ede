"""Research on high performance partnerships: from a raw survey export to a defensible, multilingual report.

Names load when they are first used, so that importing the package costs next to nothing. `__init__.pyi` lists them.
"""

from pathlib import Path
from typing import Any

import lazy_loader

__version__ = "0.2.0"

_listed, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    try:
        return _listed(name)
    except AttributeError as error:
        rooms = [room for room in __all__ if (Path(__file__).parent / room).is_dir()]
        homes = [room for room in rooms if not name.startswith("_") and name in _listed(room).__all__]
        place = f" It lies in {__name__}.{homes[0]}." if homes else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{place}", name=name) from error
