"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .correlation import Correlation as Correlation
from .correlation import correlate as correlate
from .efa import EFA as EFA
from .efa import fit_efa as fit_efa
from .efa_bootstrap import EFABootstrap as EFABootstrap
from .factor_congruence import FactorCongruence as FactorCongruence
from .factor_congruence import congruence as congruence
from .item_names import safe_item_names as safe_item_names
from .refinement import Refinement as Refinement
from .refinement import refine_scale as refine_scale
from .refinement_rules import RefinementRules as RefinementRules
from .refinement_rules import split_persons as split_persons
from .retention import Retention as Retention
from .retention import retain_factors as retain_factors
from .sampling_adequacy import SamplingAdequacy as SamplingAdequacy
from .sampling_adequacy import adequacy as adequacy
