"""The invariance ladder: level by level, how much worse the fit becomes, and whether the level holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import check_columns, numbers_of, texts_of
from hpp_analysis.plots.parts.lettering import BODY, SMALL, number, text_width, wrap
from hpp_analysis.plots.parts.style import (
    GRID,
    INK,
    LITERAL,
    MUTED,
    WIDTH,
    Mark,
    middle,
    new_axes,
    nothing,
    nothing_text,
    palette,
    scale_axis,
    styled,
)
from hpp_analysis.texts import gettext as _

_COLUMNS = ("label", "verdict", "said", "change")
_ROW = 0.52  # inches
_MARKS = {
    "holds": palette["client"],
    "fails": palette["partner"],
    "not_testable": Mark(MUTED, "x", filled=True, size=7.5),
}


@drawing
def invariance_ladder(frame: pd.DataFrame, *, cutoff: float = -0.01, ax: Axes | None = None) -> Axes:
    """Draw the change of the fit index at each level, with the verdict in words.

    Parameters
    ----------
    frame : DataFrame
        One row per level, in order: `label` (as the level is called), `judge_performance` ("holds", "fails" or
        "not_testable"), `said` (the verdict in words), `change` (of the CFI; NaN for the first level and where there
        is none).
    cutoff : float
        A change below this is too much: a line.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Configural", "Metric"], "verdict": ["holds", "fails"], "said": ["holds", "fails (a)"],
    ...     "change": [np.nan, -.02],
    ... })
    >>> len(invariance_ladder(frame).lines)
    4
    """
    check_columns(frame, _COLUMNS)
    change = numbers_of(frame, "change")
    labels, said = texts_of(frame, "label"), texts_of(frame, "said")
    verdicts = [str(verdict) for verdict in frame["verdict"]]
    count = len(labels)
    with styled():
        if not count:
            return nothing(ax)
        left = min(max(text_width(label, BODY) for label in labels) + 0.25, 2.2)
        right = 2.6
        if ax is None:
            ax = new_axes(WIDTH, count * _ROW + 0.75, left=left, right=right, top=0.1, bottom=0.65)
        low = min(float(np.nanmin(change)) if np.isfinite(change).any() else cutoff, cutoff)
        limits = (np.floor(low * 100 - 1) / 100, max(0.01, float(np.ceil(np.nanmax(np.append(change, 0)) * 100) / 100)))
        ax.set_ylim(count - 0.5, -0.5)
        ax.set_yticks([])
        scale_axis(ax, "x", limits, _ticks(limits), _("Change of the CFI from the level before"))
        ax.axvline(cutoff, color=MUTED, linewidth=1.1, linestyle=(0, (4, 2)))
        ax.plot(np.zeros(count), np.arange(count), color=GRID, linewidth=2.2, solid_capstyle="round")
        for i in range(count):
            mark = _MARKS.get(verdicts[i], _MARKS["not_testable"])
            at = change[i] if np.isfinite(change[i]) else 0.0
            ax.plot([at], [i], clip_on=False, zorder=3, **mark.points())
            name = wrap(labels[i], left - 0.2, BODY, lines=2)
            ax.text(
                -0.12 / (WIDTH - left - right),
                i,
                name,
                transform=ax.get_yaxis_transform(),
                ha="right",
                va=middle(name),
                color=INK,
                fontsize=BODY,
                **LITERAL,
            )
            words = wrap(said[i], right - 0.25, SMALL, lines=3)
            ax.text(
                1 + 0.15 / (WIDTH - left - right),
                i,
                words,
                transform=ax.get_yaxis_transform(),
                ha="left",
                va=middle(words),
                color=mark.color,
                fontsize=SMALL,
                **LITERAL,
            )
    return ax


def _ticks(limits: tuple[float, float]) -> list[float]:
    """At most five round numbers, zero among them."""
    low, high = (round(100 * bound) for bound in limits)
    step = max(1, -(-(high - low) // 4))
    return [tick / 100 for tick in range(-(-low // step) * step, high + 1, step)]


@invariance_ladder.set_alt
def invariance_ladder_alt(frame: pd.DataFrame, *, cutoff: float = -0.01) -> str:
    """Say each level's verdict and change.

    Examples
    --------
    >>> frame = pd.DataFrame({"label": ["Metric"], "verdict": ["fails"], "said": ["fails (a)"], "change": [-.02]})
    >>> invariance_ladder_alt(frame)
    'Steps of measurement invariance; a change of the CFI below −0.010 is too much. Metric: fails (a), change −0.020.'
    """
    check_columns(frame, _COLUMNS)
    if frame.empty:
        return nothing_text()
    change = numbers_of(frame, "change")
    parts = [
        _("Steps of measurement invariance; a change of the CFI below {cutoff} is too much.").format(
            cutoff=number(cutoff, 3)
        )
    ]
    for label, said, value in zip(texts_of(frame, "label"), texts_of(frame, "said"), change, strict=True):
        if np.isfinite(value):
            parts.append(_("{level}: {said}, change {change}.").format(level=label, said=said, change=number(value, 3)))
        else:
            parts.append(_("{level}: {said}.").format(level=label, said=said))
    return sentences(*parts)
