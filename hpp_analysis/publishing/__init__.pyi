"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .audit import show_audit_trail as show_audit_trail
from .citation import cite as cite
from .clearing import clear_answers as clear_answers
from .clearing import plan_disclosure as plan_disclosure
from .cover import show_cover as show_cover
from .cover import show_study_facts as show_study_facts
from .masking import publish as publish
from .overview import Overview as Overview
from .overview import summarise_study as summarise_study
from .provenance import show_provenance as show_provenance
from .published import Published as Published
from .published import open_published as open_published
from .total import WithTotal as WithTotal
from .total import add_total as add_total
from .twin import Twin as Twin
from .twin import make_twin as make_twin
from .worksheet import show_worksheet as show_worksheet
