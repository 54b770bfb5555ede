"""The rows of published means that findings speak of."""

from __future__ import annotations

import pandas as pd

from hpp_analysis.common.cleared import OTHERS


def plain_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Means with their partnership and side as text ("" where there is none), without small partnerships taken together.

    Examples
    --------
    >>> plain_rows(pd.DataFrame({"partnership": ["Alfa", None], "mean": [7.0, 8.0]}))
      partnership  mean side
    0        Alfa   7.0
    1               8.0
    """
    frame = frame.copy(deep=False)
    for key in ("partnership", "side"):
        frame[key] = frame[key].fillna("").astype(str) if key in frame else ""
    return frame[~frame["partnership"].str.startswith(OTHERS)]


def judged(frame: pd.DataFrame) -> pd.DataFrame:
    """The factors that have a threshold, where any has one: outcomes have none.

    Examples
    --------
    >>> judged(pd.DataFrame({"factor": ["equality", "success"], "threshold": [8.5, None]}))["factor"].tolist()
    ['equality']
    """
    has_threshold = frame["threshold"].notna()
    return frame[has_threshold] if has_threshold.any() else frame
