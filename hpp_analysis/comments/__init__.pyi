"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .masking import Masked as Masked
from .masking import mask_comments as mask_comments
