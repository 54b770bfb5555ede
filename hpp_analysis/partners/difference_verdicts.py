"""Verdicts on differences, by tests that are adjusted for their number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import MARGIN, gap_verdict
from hpp_analysis.core.multiple_testing import holm
from hpp_analysis.options import Adjust


def add_verdicts(
    table: pd.DataFrame,
    *,
    estimate: str = "gap",
    margin: float = MARGIN,
    adjust: Adjust = "holm",
    conf_level: float = 0.95,
    families: np.ndarray | None = None,
) -> pd.DataFrame:
    """Add to a table of differences the columns p_adjusted and verdict; a verdict without an estimate is None.

    Parameters
    ----------
    table : DataFrame
        With ci_lower, ci_upper, p (NaN is no test) and the column `estimate`.
    estimate : str
        The column with the differences.
    margin : float
        A smaller difference is too small to act on.
    adjust : {"holm", "none"}
    conf_level : float
    families : ndarray of int, optional
        Of each row, the number of the tests that it is adjusted with; by default all are adjusted together.

    Examples
    --------
    >>> table = pd.DataFrame({"gap": [0.9, 0.8], "ci_lower": 0.1, "ci_upper": 1.6, "p": [0.02, 0.03]})
    >>> add_verdicts(table)[["p_adjusted", "verdict"]].values.tolist()
    [[0.04, 'different'], [0.04, 'different']]
    """
    p = table["p"].to_numpy(dtype=float)
    adjusted = p.copy()
    if adjust == "holm":
        numbers = np.zeros(len(p), dtype=int) if families is None else families
        for number in np.unique(numbers):
            adjusted[numbers == number] = holm(p[numbers == number])
    columns = (table[name].to_numpy(dtype=float).tolist() for name in (estimate, "ci_lower", "ci_upper"))
    verdicts = [
        None if np.isnan(value) else gap_verdict(lower, upper, p_value, margin=margin, conf_level=conf_level)
        for value, lower, upper, p_value in zip(*columns, adjusted.tolist(), strict=True)
    ]
    return table.assign(p_adjusted=adjusted, verdict=pd.Series(verdicts, table.index, dtype=object))


def gap_tones(rows: pd.DataFrame) -> list[str]:
    """How `plots.intervals` draws each gap: which side is higher for certain, about alike, or unclear."""
    tones = {"alike": "alike", "small_difference": "alike", "cannot_tell": "unclear"}
    return [
        ("client_higher" if gap > 0 else "partner_higher") if verdict == "different" else tones.get(verdict, "unclear")
        for verdict, gap in zip(rows["verdict"], rows["gap"], strict=True)
    ]
