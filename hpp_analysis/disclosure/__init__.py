"""What may be told of answers: statistical disclosure control for small groups, by construction.

Persons are counted and answers cleared, part by part; nothing is read from a survey here and nothing is printed. Whatever a
report shows is computed from cleared answers alone. `docs/privacy.md` has the rules and what they promise.

References
----------
Hundepool, A., Domingo-Ferrer, J., Franconi, L., Giessing, S., Schulte Nordholt, E., Spicer, K., & de Wolf,
P.-P. (2012). *Statistical Disclosure Control*. Wiley. https://doi.org/10.1002/9781118348239
"""

from __future__ import annotations

from hpp_analysis.disclosure.cells import Cells, Key, group_key
from hpp_analysis.disclosure.plan import Cleared, Reason, State, clear_parts, ends_of, release

__all__ = ["Cells", "Cleared", "Key", "Reason", "State", "clear_parts", "ends_of", "group_key", "release"]
