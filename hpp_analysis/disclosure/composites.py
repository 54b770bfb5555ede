"""A scale score is the mean of its items: neither may give away what is withheld of the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.disclosure.blocks import Block
from hpp_analysis.disclosure.tally import BoolArray, IntArray


def hide_companions(
    blocks: Sequence[Block],
    families: Sequence[Sequence[int]],
    answered: BoolArray,
    shown: BoolArray,
    reasons: NDArray[np.object_],
) -> None:
    """See that a scale and its items are never all shown but one, wherever that one is withheld.

    Whatever is withheld of one member of the family, in all groups of a block, is withheld of one other
    member too. Then each change of the one is made up for by the other, and the scale gives nothing away. The
    members' answers are taken as complete, which grants the attacker more than don't-know answers leave.

    Parameters
    ----------
    blocks : sequence of Block
        Groups that share persons.
    families : sequence of sequence of int
        Columns: the scale score, then its items.
    answered, shown, reasons : ndarray (G, V)
        The cells; the last two are changed.
    """
    for block in blocks:
        changed = True
        while changed:  # items of one scale may be scales of others
            changed = any(
                _hide(block.groups, np.array(family), answered, shown, reasons) for family in families
            )


def _hide(
    groups: IntArray, family: IntArray, answered: BoolArray, shown: BoolArray, reasons: NDArray[np.object_]
) -> bool:
    cells = np.ix_(groups, family)
    answers, hidden = answered[cells], (answered & ~shown)[cells]
    for one in np.flatnonzero(hidden.any(axis=0)):
        companion = _companion(int(one), hidden, answers)
        added = hidden[:, one] & ~hidden[:, companion] & answers[:, companion]
        if companion != one and added.any():
            shown[groups[added], family[companion]] = False
            reasons[groups[added], family[companion]] = "composite"
            return True
    return False


def _companion(one: int, hidden: BoolArray, answers: BoolArray) -> int:
    """Return the member that is withheld in the same groups already, or nearly so."""
    lacking = hidden[:, [one]] & ~hidden
    # a member that nobody answered makes up for nothing, and the scale score is worth more than an item
    cost = lacking.sum(axis=0) + hidden.size * (lacking & ~answers).sum(axis=0)
    cost[0] *= hidden.shape[1]
    cost[one] = np.iinfo(np.int64).max
    return int(cost.argmin())
