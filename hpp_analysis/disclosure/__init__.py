"""Statistical disclosure control for small groups.

This package counts persons and clears answers, part by part; it reads no survey and prints nothing. Reports compute
everything from cleared answers. `docs/privacy.md` describes the rules and what they guarantee.

References
----------
Hundepool, A., Domingo-Ferrer, J., Franconi, L., Giessing, S., Schulte Nordholt, E., Spicer, K., & de Wolf,
P.-P. (2012). *Statistical Disclosure Control*. Wiley. https://doi.org/10.1002/9781118348239
"""

from __future__ import annotations

from hpp_analysis.disclosure.cells import Cells, Key, group_key
from hpp_analysis.disclosure.plan import Cleared, Reason, State, clear_parts, ends_of, release

__all__ = ["Cells", "Cleared", "Key", "Reason", "State", "clear_parts", "ends_of", "group_key", "release"]
