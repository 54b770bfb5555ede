"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .draft import Draft as Draft
from .draft import propose_instrument as propose_instrument
from .new_study import draft_study as draft_study
