"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .intraclass import IntraclassCorrelation as IntraclassCorrelation
from .intraclass import compute_icc as compute_icc
from .reliability import Reliability as Reliability
from .reliability import scale_reliability as scale_reliability
