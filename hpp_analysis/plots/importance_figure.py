"""How much each predictor accounts for: bars with their intervals, and the chance of being the first."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, numbers_of, texts_of
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, percent, text_height, text_width
from hpp_analysis.plots.parts.rows import draw_rows, lay_rows, write_column
from hpp_analysis.plots.parts.style import (
    INK,
    LITERAL,
    MUTED,
    NEUTRAL,
    WIDTH,
    Mark,
    from_corner,
    new_axes,
    nothing,
    nothing_text,
    scale_axis,
    scale_ticks,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("label", "importance")
_EDGE, _GAP, _BOTTOM = 0.1, 0.22, 0.48  # inches
_BAR = 0.15
_MARKS = {True: Mark("#5b84b1", "s"), False: Mark(NEUTRAL.color, "s", filled=False)}
"""The first tier, light enough for an interval to show on it (3.9:1 on white), and the rest."""


@drawing
def importance(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a bar per predictor with its interval; beside it the share of samples in which it is the first.

    Parameters
    ----------
    frame : DataFrame
        One row per predictor, with the columns `label` and `importance` (share of the outcome's variance); if known
        `ci_lower`, `ci_upper`, `p_first` (a share) and `tier` (1: cannot be told apart from the first); if predictors
        are grouped `group`. Rows are drawn as they stand.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "importance": [.30, .12], "ci_lower": [.24, .08],
    ...     "ci_upper": [.36, .17], "p_first": [1.0, 0.0], "tier": [1, 2],
    ... })
    >>> [text.get_text() for text in importance(frame).texts][-2:]
    ['100%', '0%']
    """
    check_columns(frame, _COLUMNS)
    value = numbers_of(frame, "importance")
    with styled():
        if not np.isfinite(value).any():
            return nothing(ax)
        lower, upper = numbers_of(frame, "ci_lower"), numbers_of(frame, "ci_upper")
        first = numbers_of(frame, "p_first")
        rows = lay_rows(texts_of(frame, "group"), texts_of(frame, "label"), row_height=0.29)
        left = rows.label_width + _GAP
        heading = _("First")
        shown = np.isfinite(first).any()
        column = max(text_width(heading), text_width("100%")) + 0.15 if shown else 0.1
        leading = _leading(frame)
        key = lay_key(_key(frame), WIDTH - 2 * _EDGE)
        lift = 0.1 + text_height("", SMALL) if shown else 0.1
        if ax is None:
            top = key.height + lift + 0.04
            ax = new_axes(
                WIDTH, rows.height + top + _BOTTOM, left=left + _EDGE, right=column + _EDGE, top=top, bottom=_BOTTOM
            )
        ends = (0.0, _end(np.concatenate([value, upper])))
        scale_axis(ax, "x", ends, scale_ticks(ends), _("Share of the variance of the outcome"))
        draw_rows(ax, rows, left=left)
        draw_key(ax, key, left=-left, lift=lift, lines=False)
        for tier in (True, False):
            mine = leading == tier
            color = _MARKS[tier].color
            ax.barh(rows.y[mine], value[mine], height=_BAR, color=color if tier else "white", edgecolor=color, zorder=2)
        both = np.isfinite(lower) & np.isfinite(upper)
        ax.hlines(rows.y[both], lower[both], upper[both], color=INK, linewidth=1.4, zorder=3)
        for bounds in (lower, upper):
            ax.plot(bounds[both], rows.y[both], color=INK, marker="|", markersize=6, linestyle="none", zorder=3)
        if shown:
            _write_first(ax, heading, first, rows.y, column)
    return ax


def _write_first(ax: Axes, heading: str, first: FloatArray, y: FloatArray, column: float) -> None:
    ax.text(
        column, 0.06, heading, transform=from_corner(ax, 1, 1), ha="right", va="bottom", color=MUTED,
        fontsize=SMALL, **LITERAL,
    )  # fmt: skip
    write_column(ax, y, ["" if np.isnan(share) else percent(share) for share in first], right=column)


def _leading(frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(numbers_of(frame, "tier") == 1.0)


def _key(frame: pd.DataFrame) -> list[tuple[Mark, str]]:
    leading = _leading(frame)
    if not leading.any():
        return []
    rest = [] if leading.all() else [(_MARKS[False], _("Clearly less important"))]
    return [(_MARKS[True], _("Cannot be told apart from the first")), *rest]


def _end(values: FloatArray) -> float:
    """The end of the axis: the next round share."""
    largest = float(np.nanmax(values))
    step = 0.05 if largest <= 0.4 else 0.1
    return float(min(np.ceil(largest / step - 1e-9) * step, 1.0)) or step


@importance.set_alt
def importance_alt(frame: pd.DataFrame) -> str:
    """Say what `importance` shows.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "importance": [.30, .12], "p_first": [1.0, 0.0], "tier": [1, 2],
    ... })
    >>> print(importance_alt(frame))
    Chart of the importance of 2 predictors.
    The values run from 0.12 (Equality) to 0.30 (Openness).
    Cannot be told apart from the first: Openness (first in 100% of the samples).
    """
    check_columns(frame, _COLUMNS)
    value = numbers_of(frame, "importance")
    if not np.isfinite(value).any():
        return nothing_text()
    labels = texts_of(frame, "label")
    count = len(labels)
    opening = ngettext(
        "Chart of the importance of {count} predictor.", "Chart of the importance of {count} predictors.", count
    ).format(count=count)
    first = numbers_of(frame, "p_first")
    names = [
        _("{name} (first in {share} of the samples)").format(name=labels[place], share=percent(first[place]))
        for place in np.flatnonzero(_leading(frame))
        if np.isfinite(first[place])
    ]
    leading = _("Cannot be told apart from the first: {names}.").format(names="; ".join(names)) if names else ""
    return sentences(opening, range_sentence(labels, value, 2), leading)
