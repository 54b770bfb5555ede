"""Which of many partnerships a picture shows: the few at each end by name; the others stand in the workbook."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.display.formats import natural
from hpp_analysis.texts import ngettext

MOST_SHOWN = 16
"""Partnerships that one picture shows by name; of more, those at each end."""
LOW_END, HIGH_END = 10, 4


def by_need(rows: pd.DataFrame) -> list[str]:
    """The partnerships of some means, the one with the lowest mean first; those without a mean last.

    Parameters
    ----------
    rows : DataFrame
        With the columns `partnership` and `mean`.

    Examples
    --------
    >>> by_need(pd.DataFrame({"partnership": ["B", "A", "A"], "mean": [7.0, 6.0, 9.0]}))
    ['A', 'B']
    """
    lowest = rows.groupby("partnership")["mean"].min()
    return sorted(map(str, lowest.index), key=lambda name: (np.isnan(lowest[name]), lowest[name], natural(name)))


def at_each_end(rows: pd.DataFrame) -> tuple[list[str], int]:
    """The partnerships that a picture shows, and how many it leaves out.

    Examples
    --------
    >>> rows = pd.DataFrame({"partnership": [f"P{n}" for n in range(20)], "mean": range(20)}).astype({"mean": float})
    >>> shown, left_out = at_each_end(rows)
    >>> shown[0], shown[-1], len(shown), left_out
    ('P0', 'P19', 14, 6)
    """
    order = [name for name in by_need(rows) if not name.startswith(OTHERS)]
    if len(order) <= MOST_SHOWN:
        return [*order, *(name for name in by_need(rows) if name.startswith(OTHERS))], 0
    return [*order[:LOW_END], *order[-HIGH_END:]], len(order) - LOW_END - HIGH_END


def left_out_note(n: int) -> list[str]:
    """What is said of the partnerships that a picture leaves out."""
    if not n:
        return []
    return [
        ngettext(
            "The {n} partnership in between stands in the workbook.",
            "The {n} partnerships in between stand in the workbook.",
            n,
        ).format(n=n)
    ]
