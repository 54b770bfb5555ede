"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .codebooks import read_codebook as read_codebook
from .instrument import load_instrument as load_instrument
from .mapping import ColumnMap as ColumnMap
from .mapping import load_mapping as load_mapping
from .questionnaire import Instrument as Instrument
from .survey import Survey as Survey
from .survey import read_survey as read_survey
