"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .explorer import Explorer as Explorer
from .explorer import explore as explore
