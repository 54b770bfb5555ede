"""The residual correlations of a model: what it leaves unexplained, pair by pair."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from hpp_analysis.errors import OptionError
from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray
from hpp_analysis.plots.parts.lettering import SMALL, clean, number, text_width, wrap
from hpp_analysis.plots.parts.style import (
    GRID,
    INK,
    LITERAL,
    MUTED,
    WIDTH,
    middle,
    new_axes,
    nothing,
    nothing_text,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLOURS = LinearSegmentedColormap.from_list("residuals", ["#12436d", "#8fb0cc", "#ffffff", "#f0b183", "#a34700"])
"""Blue to orange, through white: told apart without red and green, and by the sign that each number carries."""


@drawing
def residual_heatmap(
    frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, notable: float = 0.1, ax: Axes | None = None
) -> Axes:
    """Draw residual correlations below the diagonal; notable ones carry their number.

    Parameters
    ----------
    frame : DataFrame
        Square: items x items, residual correlations. NaN is not drawn.
    labels : mapping of str to str, optional
        What items are called.
    notable : float
        From this size on, a residual is written out.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame([[0, .15], [.15, 0]], index=["a", "b"], columns=["a", "b"])
    >>> [text.get_text() for text in residual_heatmap(frame).texts]
    ['0.15', 'a', 'b', '1', '1', '2', '2']
    """
    values, names = _read(frame, labels)
    with styled():
        if not np.isfinite(values).any():
            return nothing(ax)
        p = len(names)
        left = min(max(text_width(name, SMALL) for name in names) + 0.6, 2.4)
        cell = min((WIDTH - left - 0.15) / p, 0.42)
        if ax is None:
            ax = new_axes(WIDTH, p * cell + 0.5, left=left, right=WIDTH - left - p * cell, top=0.1, bottom=0.4)
        ax.set_xlim(0, p)
        ax.set_ylim(p, 0)
        ax.set_axis_off()
        limit = max(float(np.nanmax(np.abs(values))), 2 * notable)
        size = min(SMALL, cell * 72 / 3.1)
        for i in range(p):
            for j in range(i):
                _cell(ax, i, j, float(values[i, j]), limit, notable, size)
        for i, name in enumerate(names):
            shown = wrap(name, left - 0.45, SMALL, lines=1)
            ax.text(
                -0.25 / cell - 0.1, i + 0.5, shown, ha="right", va=middle(shown), color=INK, fontsize=SMALL, **LITERAL
            )
        for i in range(p):
            ax.text(-0.1, i + 0.5, str(i + 1), ha="right", va="center_baseline", color=MUTED, fontsize=SMALL)
            ax.text(
                i + 0.5, p + 0.12 / cell, str(i + 1), ha="center", va="center_baseline", color=MUTED, fontsize=SMALL
            )
    return ax


def _read(frame: pd.DataFrame, labels: Mapping[str, str] | None) -> tuple[FloatArray, list[str]]:
    if frame.shape[0] != frame.shape[1] or list(frame.index) != list(frame.columns):
        raise OptionError(
            f"Residuals are a square frame, the same items in rows and columns. Given: {frame.shape[0]} rows, "
            f"{frame.shape[1]} columns. Hand over `residuals` of a fitted model."
        )
    called = labels or {}
    names = [clean(called.get(str(name), str(name))) for name in frame.index]
    values = frame.to_numpy(dtype=float).copy()
    np.fill_diagonal(values, np.nan)
    return values, names


def _cell(ax: Axes, i: int, j: int, value: float, limit: float, notable: float, size: float) -> None:
    if np.isnan(value):
        return
    shade = _COLOURS(0.5 + 0.5 * value / limit)
    ax.add_patch(Rectangle((j, i), 1, 1, facecolor=shade, edgecolor=GRID, linewidth=0.6))
    if abs(value) >= notable:
        dark = 0.2126 * shade[0] + 0.7152 * shade[1] + 0.0722 * shade[2] < 0.45
        ax.text(
            j + 0.5,
            i + 0.5,
            number(value, 2),
            ha="center",
            va="center_baseline",
            fontsize=size,
            color="white" if dark else INK,
        )


@residual_heatmap.set_alt
def residual_heatmap_alt(frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, notable: float = 0.1) -> str:
    """Say how many residuals are notable, and which are the largest.

    Examples
    --------
    >>> frame = pd.DataFrame([[0, .15], [.15, 0]], index=["a", "b"], columns=["a", "b"])
    >>> residual_heatmap_alt(frame)
    'Residual correlations of 2 items: 1 of 1 pair is 0.10 or larger. The largest: a – b 0.15.'
    """
    values, names = _read(frame, labels)
    if not np.isfinite(values).any():
        return nothing_text()
    i, j = np.tril_indices(len(names), -1)
    sizes = values[i, j]
    there = np.isfinite(sizes)
    count = int((np.abs(sizes[there]) >= notable).sum())
    largest = [
        f"{names[j[k]]} – {names[i[k]]} {number(float(sizes[k]), 2)}"
        for k in np.argsort(-np.abs(np.where(there, sizes, 0)), kind="stable")[: min(3, max(count, 1))]
    ]
    total = int(there.sum())
    return sentences(
        ngettext(
            "Residual correlations of {items} items: {count} of {total} pair is {notable} or larger.",
            "Residual correlations of {items} items: {count} of {total} pairs are {notable} or larger.",
            total,
        ).format(items=len(names), count=count, total=total, notable=number(notable, 2)),
        _("The largest: {pairs}.").format(pairs="; ".join(largest)),
    )
