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

    Examples
    --------
    >>> table = pd.DataFrame({"gap": [0.9, 0.8], "ci_lower": 0.1, "ci_upper": 1.6, "p": [0.02, 0.03]})
    >>> add_verdicts(table)[["p_adjusted", "verdict"]].values.tolist()
    [[0.04, 'different'], [0.04, 'different']]
    """
    p = table["p"].to_numpy(dtype=float)
    table = table.assign(p_adjusted=holm(p) if adjust == "holm" else p)
    verdicts = [
        None
        if np.isnan(value)
        else gap_verdict(row.ci_lower, row.ci_upper, row.p_adjusted, margin=margin, conf_level=conf_level)
        for row, value in zip(table.itertuples(), table[estimate].to_numpy(dtype=float), strict=True)
    ]
    return table.assign(verdict=pd.Series(verdicts, table.index, dtype=object))
