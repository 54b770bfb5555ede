"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .extremes import Extremes as Extremes
from .extremes import find_extremes as find_extremes
from .key_findings import KeyFindings as KeyFindings
from .key_findings import key_findings as key_findings
from .partnership_differences import PartnershipDifferences as PartnershipDifferences
from .partnership_differences import compare_sides_by_partnership as compare_sides_by_partnership
from .score_overview import ScoreOverview as ScoreOverview
from .score_overview import survey_scores as survey_scores
