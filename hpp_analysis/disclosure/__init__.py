"""What a run of reports may show: statistical disclosure control for small groups.

Persons are counted, cells are withheld; nothing is read from a survey here and nothing is printed. A cell is
one variable of one published group. Its state says what a report may show of it::

    full        10 or more persons: every statistic
    mean_only   a mean, rounded to one decimal, and nothing else
    withheld    nothing
    empty       nobody answered

Three promises hold over *all* reports of the run together, for a reader who knows every group's size, every
shown mean and these rules:

1. *Arithmetic*: no linear combination of the shown means rests on fewer than `floor` persons, or on persons
   who all gave the same answer (subtraction, in any number of steps, with pooled or equally weighted means).
2. *Bounds*: for every set of fewer than `floor` persons that the groups cut out, and every unanimous group,
   other answers a full scale point away give exactly the same report.
   A mean of parts, some of them withheld, is rounded to one decimal (`Cells.decimals`): with more, whole
   numbers leave a single solution.
3. *Detail*: no linear combination of the groups that show more than a mean rests on fewer than `detail`.

References
----------
Hundepool, A., Domingo-Ferrer, J., Franconi, L., Giessing, S., Schulte Nordholt, E., Spicer, K., & de Wolf,
P.-P. (2012). *Statistical Disclosure Control*. Wiley. https://doi.org/10.1002/9781118348239 (chapter 4:
primary and secondary suppression, feasibility intervals, auditing).
"""

from __future__ import annotations

from hpp_analysis.disclosure.cells import Cells, Key, Reason, State, group_key
from hpp_analysis.disclosure.plan import plan_cells
from hpp_analysis.disclosure.rerelease import may_rerelease, rerelease_blockers

__all__ = [
    "Cells",
    "Key",
    "Reason",
    "State",
    "group_key",
    "may_rerelease",
    "plan_cells",
    "rerelease_blockers",
]
