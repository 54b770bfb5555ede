"""The public names; `__init__.py` loads each of them when it is first used."""

from .analysis.adequacy import Adequacy as Adequacy
from .analysis.adequacy import adequacy as adequacy
from .analysis.cfa import CFA as CFA
from .analysis.cfa import fit_cfa as fit_cfa
from .analysis.congruence import Congruence as Congruence
from .analysis.congruence import congruence as congruence
from .analysis.correlation import Correlation as Correlation
from .analysis.correlation import correlate as correlate
from .analysis.description import Description as Description
from .analysis.description import describe as describe
from .analysis.efa import EFA as EFA
from .analysis.fit_efa import fit_efa as fit_efa
from .analysis.gaps import Gaps as Gaps
from .analysis.gaps import partner_gaps as partner_gaps
from .analysis.invariance import Invariance as Invariance
from .analysis.invariance import measurement_invariance as measurement_invariance
from .analysis.publish import plan_disclosure as plan_disclosure
from .analysis.publish import publish as publish
from .analysis.reliability import Reliability as Reliability
from .analysis.reliability import scale_reliability as scale_reliability
from .analysis.response import Response as Response
from .analysis.response import count_response as count_response
from .analysis.result import show as show
from .analysis.scores import Scores as Scores
from .analysis.scores import score_scales as score_scales
from .analysis.validity import Validity as Validity
from .analysis.validity import convergent_validity as convergent_validity
from .disclosure import Cells as Cells
from .report.audit import audit_trail as audit_trail
from .report.cover import cover as cover
from .report.provenance import provenance as provenance
from .survey.instrument import load_instrument as load_instrument
from .survey.mapping import ColumnMap as ColumnMap
from .survey.mapping import load_mapping as load_mapping
from .survey.questionnaire import Instrument as Instrument
from .survey.simulate import Simulation as Simulation
from .survey.simulate import simulate_study as simulate_study
from .survey.study import Study as Study
from .survey.study import load_study as load_study
from .survey.survey import Survey as Survey
from .survey.survey import read_survey as read_survey
from .texts import language as language

__version__: str
