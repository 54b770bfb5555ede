"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .dynamic_cutoffs import DynamicCutoffs as DynamicCutoffs
from .dynamic_cutoffs import dynamic_cutoffs as dynamic_cutoffs
from .plan_study import StudyPlan as StudyPlan
from .plan_study import plan_study as plan_study
from .preflight import Preflight as Preflight
from .preflight import preflight as preflight
