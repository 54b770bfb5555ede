"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .cfa import CFA as CFA
from .cfa import fit_cfa as fit_cfa
from .cfa_bootstrap import CFABootstrap as CFABootstrap
from .invariance import Invariance as Invariance
from .invariance import measurement_invariance as measurement_invariance
from .published_validity import PublishedValidity as PublishedValidity
from .published_validity import check_published_validity as check_published_validity
from .two_level import TwoLevelCFA as TwoLevelCFA
from .two_level import fit_two_level_cfa as fit_two_level_cfa
from .validity import Validity as Validity
from .validity import convergent_validity as convergent_validity
