"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .writers.apa import to_apa as to_apa
from .writers.preflight import preflight_html as preflight_html
