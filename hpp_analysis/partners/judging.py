"""Verdicts on several differences together: tests that are corrected for their number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.common.interpret import MARGIN, gap_verdict
from hpp_analysis.core.multiple_testing import holm
from hpp_analysis.options import Adjust


def adjusted_p(
    p: pd.Series, *, adjust: Adjust = "holm", hidden: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """P-values adjusted for the number of tests.

    Parameters
    ----------
    p : Series
        NaN is no test.
    adjust : {"holm", "none"}
    hidden : ndarray of bool, optional
        Tests whose rows are not published in full. They count, with a p-value of 1 whatever theirs is: otherwise the
        verdict on a published row would tell something of the answers behind a hidden one.

    Examples
    --------
    >>> adjusted_p(pd.Series([0.02, 0.03])).tolist()
    [0.04, 0.04]
    >>> adjusted_p(pd.Series([0.02, 0.03]), hidden=np.array([True, False])).tolist()
    [1.0, 0.06]
    """
    values = p.to_numpy(dtype=float)
    if hidden is not None:
        values = np.where(hidden & ~np.isnan(values), 1.0, values)
    return holm(values) if adjust == "holm" else values


def gap_verdicts(
    table: pd.DataFrame, *, margin: float = MARGIN, conf_level: float = 0.95, estimate: str = "gap"
) -> list[str | None]:
    """The verdict on each row with ci_lower, ci_upper and p_adjusted; None where there is no estimate."""
    return [
        None
        if np.isnan(value)
        else gap_verdict(row.ci_lower, row.ci_upper, row.p_adjusted, margin=margin, conf_level=conf_level)
        for row, value in zip(table.itertuples(), table[estimate].to_numpy(dtype=float), strict=True)
    ]
