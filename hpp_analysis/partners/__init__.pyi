"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .blind_spots import BlindSpots as BlindSpots
from .blind_spots import find_blind_spots as find_blind_spots
from .changes import Changes as Changes
from .changes import compare_waves as compare_waves
from .dont_know_sensitivity import DontKnowSensitivity as DontKnowSensitivity
from .dont_know_sensitivity import check_dont_know as check_dont_know
from .gap_decomposition import GapDecomposition as GapDecomposition
from .gap_decomposition import decompose_gaps as decompose_gaps
from .gaps import Gaps as Gaps
from .gaps import partner_gaps as partner_gaps
from .group_differences import GroupDifferences as GroupDifferences
from .group_differences import compare_groups as compare_groups
from .rater_agreement import RaterAgreement as RaterAgreement
from .rater_agreement import agreement as agreement
from .robustness import Robustness as Robustness
from .robustness import check_robustness as check_robustness
from .side_agreement import SideAgreement as SideAgreement
from .side_agreement import compare_agreement as compare_agreement
from .verdict import Verdict as Verdict
from .verdict import judge_performance as judge_performance
