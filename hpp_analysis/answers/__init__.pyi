"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .description import Description as Description
from .description import describe as describe
from .distribution import Distribution as Distribution
from .distribution import count_answers as count_answers
from .dont_know import DontKnow as DontKnow
from .dont_know import count_dont_know as count_dont_know
from .ends import ScaleEnds as ScaleEnds
from .ends import check_scale_ends as check_scale_ends
from .exclusion import ExclusionPreview as ExclusionPreview
from .exclusion import preview_exclusion as preview_exclusion
from .missing import MissingAnswers as MissingAnswers
from .missing import check_missing as check_missing
from .over_time import ResponseOverTime as ResponseOverTime
from .over_time import count_over_time as count_over_time
from .response import Response as Response
from .response import count_response as count_response
from .response_rate import ResponseRate as ResponseRate
from .response_rate import compute_response_rate as compute_response_rate
from .scores import Scores as Scores
from .scores import score_scales as score_scales
from .screening import CarelessAnswers as CarelessAnswers
from .screening import flag_careless as flag_careless
from .threshold import ThresholdShares as ThresholdShares
from .threshold import count_reaching_threshold as count_reaching_threshold
from .tiers import Tiers as Tiers
from .tiers import rank_partners as rank_partners
