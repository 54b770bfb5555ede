"""The road of a study, from export to report; `__init__.py` loads each name when it is first used.

The other public names lie in their rooms, as `hpp_analysis.factors` and `hpp_analysis.partners`.
"""

from . import answers as answers
from . import comments as comments
from . import drafts as drafts
from . import drivers as drivers
from . import explorer as explorer
from . import factors as factors
from . import findings as findings
from . import followup as followup
from . import forms as forms
from . import models as models
from . import norms as norms
from . import partners as partners
from . import planning as planning
from . import plots as plots
from . import publishing as publishing
from . import reliability as reliability
from . import report as report
from . import simulation as simulation
from . import study as study
from . import survey as survey
from .answers.description import describe as describe
from .answers.scores import score_scales as score_scales
from .common.planned import follow_plan as follow_plan
from .common.result import show as show
from .common.result import show_all as show_all
from .drafts.draft import propose_instrument as propose_instrument
from .drivers.agenda import action_agenda as action_agenda
from .drivers.drivers import rank_drivers as rank_drivers
from .errors import HppError as HppError
from .explorer.explorer import explore as explore
from .factors.correlation import correlate as correlate
from .factors.efa import fit_efa as fit_efa
from .factors.factor_congruence import congruence as congruence
from .factors.refinement import refine_scale as refine_scale
from .factors.retention import retain_factors as retain_factors
from .factors.sampling_adequacy import adequacy as adequacy
from .models.cfa import fit_cfa as fit_cfa
from .models.invariance import measurement_invariance as measurement_invariance
from .models.validity import convergent_validity as convergent_validity
from .partners.gaps import partner_gaps as partner_gaps
from .partners.rater_agreement import agreement as agreement
from .partners.verdict import judge_performance as judge_performance
from .planning.plan_study import plan_study as plan_study
from .publishing.citation import cite as cite
from .publishing.clearing import plan_disclosure as plan_disclosure
from .publishing.masking import publish as publish
from .publishing.published import open_published as open_published
from .publishing.twin import make_twin as make_twin
from .reliability.reliability import scale_reliability as scale_reliability
from .simulation.simulate import simulate_study as simulate_study
from .study.study import load_study as load_study
from .survey.instrument import load_instrument as load_instrument
from .survey.survey import read_survey as read_survey
from .texts import language as language

__version__: str
