"""Loadings with their intervals, under the name of their factor."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.intervals_figure import intervals, intervals_alt
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import check_columns
from hpp_analysis.texts import gettext as _

_COLUMNS = ("item", "factor", "loading", "ci_lower", "ci_upper")


@drawing
def loadings_intervals(
    frame: pd.DataFrame,
    *,
    reference: float | None = 0.0,
    limits: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw loadings with their intervals, one heading per factor.

    Parameters
    ----------
    frame : DataFrame
        One row per loading that is to be shown: item, factor, loading, ci_lower, ci_upper.
    reference : float, optional
        A line down; by default at 0.
    limits : (float, float), optional
        Of the axis.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"item": ["plans"], "factor": ["F1"], "loading": [.7], "ci_lower": [.6], "ci_upper": [.8]})
    >>> loadings_intervals(frame).texts[-1].get_text()
    '0.70 (0.60 to 0.80)'
    """
    return intervals(_renamed(frame), reference=reference, limits=limits, xlabel=_("Loading"), unit_decimals=2, ax=ax)


@loadings_intervals.set_alt
def loadings_intervals_alt(frame: pd.DataFrame, *, reference: float | None = 0.0) -> str:
    """Say what `loadings_intervals` shows.

    Parameters
    ----------
    frame, reference
        As for `loadings_intervals`.

    Returns
    -------
    str
    """
    return intervals_alt(_renamed(frame), reference=reference, unit_decimals=2)


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    check_columns(frame, _COLUMNS)
    named = frame.loc[:, list(_COLUMNS)]
    return named.rename(columns={"item": "label", "factor": "group", "loading": "estimate"})
