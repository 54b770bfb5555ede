"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .analysis_plan import AnalysisPlan as AnalysisPlan
from .analysis_plan import load_plan as load_plan
from .analysis_plan import seal_plan as seal_plan
from .study import Study as Study
from .study import load_study as load_study
