"""The description: the mean of each characteristic as a dot, and how many answered "don't know"."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, check_on_axis, numbers_of, texts_of
from hpp_analysis.plots.parts.lettering import SMALL, bound, number, percent, text_height, text_width
from hpp_analysis.plots.parts.rows import (
    Rows,
    Value,
    draw_rows,
    draw_threshold,
    lay_rows,
    write_column,
    write_values,
    write_withheld,
)
from hpp_analysis.plots.parts.style import (
    INK,
    LEAST_AXIS,
    LITERAL,
    MUTED,
    PLAIN,
    WIDTH,
    fit_width,
    from_corner,
    new_axes,
    nothing,
    nothing_text,
    scale_axis,
    scale_label,
    scale_ticks,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("group", "label", "mean")
_EDGE, _GAP, _BOTTOM = 0.1, 0.22, 0.48  # inches


@drawing
def dots(
    frame: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean of each characteristic, under the heading of each factor.

    Parameters
    ----------
    frame : DataFrame
        One row per characteristic, with the columns `group` (the factor), `label` (the characteristic), `mean`,
        and `share_dont_know` (0 to 1, written at the right). NaN is withheld.
    threshold : float, optional
        A line down, with its value above it.
    limits : (float, float)
        The ends of the answer scale: the axis, whatever the data are.
    width : float
        Of a figure of its own, in inches; long labels make it wider.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs. Axes of yours need about 3.4
        inches of room at their left for the labels, and 1.2 at their right.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balanced power", "Equal say"], "mean": [7.9, 6.8],
    ...     "share_dont_know": [.02, .11],
    ... })
    >>> [text.get_text() for text in dots(frame).texts][-2:]
    ['2%', '11%']
    """
    check_columns(frame, _COLUMNS)
    mean, share = numbers_of(frame, "mean"), numbers_of(frame, "share_dont_know")
    with styled():
        if not np.isfinite(mean).any():
            return nothing(ax)
        check_on_axis(mean, limits)
        check_on_axis(share, (0, 1))
        rows = lay_rows(texts_of(frame, "group"), texts_of(frame, "label"))
        left = rows.label_width + _GAP
        heading = _("Don't know") if not np.isnan(share).all() else ""
        column = text_width(heading) + 0.45 if heading else 0.4
        if ax is None:
            top = text_height("", SMALL) + 0.14 if heading or threshold is not None else 0.1
            ax = new_axes(
                fit_width(width, left + column + 2 * _EDGE + LEAST_AXIS),
                rows.height + top + _BOTTOM,
                left=left + _EDGE,
                right=column + _EDGE,
                top=top,
                bottom=_BOTTOM,
            )
        scale_axis(ax, "x", limits, scale_ticks(limits), scale_label(limits))
        draw_rows(ax, rows, left=left)
        if threshold is not None:
            draw_threshold(ax, threshold, right=0.4)
        _draw_means(ax, rows, mean, threshold)
        if heading:
            _write_shares(ax, rows, share, heading, column)
    return ax


def _draw_means(ax: Axes, rows: Rows, mean: FloatArray, threshold: float | None) -> None:
    """Dots with their numbers, or the word "withheld"."""
    ax.plot(mean, rows.y, **PLAIN.points(), zorder=3, clip_on=False)
    hidden = np.isnan(mean)
    for y in rows.y[hidden]:
        write_withheld(ax, y)
    shown = zip(rows.y[~hidden], mean[~hidden], strict=True)
    write_values(ax, [Value(number(value), value, y, INK) for y, value in shown], threshold)


def _write_shares(ax: Axes, rows: Rows, share: FloatArray, heading: str, column: float) -> None:
    """The column of don't-know shares, `column` inches wide, at the right of the axes."""
    ax.text(
        column,
        0.05,
        heading,
        transform=from_corner(ax, 1, 1),
        ha="right",
        va="bottom",
        color=MUTED,
        fontsize=SMALL,
        **LITERAL,
    )
    shown = ["–" if np.isnan(value) else percent(value) for value in share]
    write_column(ax, rows.y, shown, right=column)


@dots.set_alt
def dots_alt(frame: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `dots` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `dots`.
    threshold : float, optional
        What the means are compared with.
    limits : (float, float)
        The ends of the answer scale.

    Returns
    -------
    str
        One to four sentences.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balanced power", "Equal say"], "mean": [7.9, 6.8],
    ...     "share_dont_know": [.02, .11],
    ... })
    >>> print(dots_alt(frame))
    Dot chart of the mean on 2 characteristics, on an axis from 1 to 10.
    The values run from 6.8 (Equal say) to 7.9 (Balanced power).
    “Don't know” was answered most often on Equal say (11%).
    """
    check_columns(frame, _COLUMNS)
    mean, share, labels = (numbers_of(frame, "mean"), numbers_of(frame, "share_dont_know"), texts_of(frame, "label"))
    if not np.isfinite(mean).any():
        return nothing_text()
    opening = ngettext(
        "Dot chart of the mean on {count} characteristic, on an axis from {low} to {high}.",
        "Dot chart of the mean on {count} characteristics, on an axis from {low} to {high}.",
        len(labels),
    ).format(count=len(labels), low=bound(limits[0]), high=bound(limits[1]))
    unknown = ""
    if np.nanmax(share, initial=0) > 0:
        most = int(np.nanargmax(share))
        unknown = _("“Don't know” was answered most often on {label} ({share}).").format(
            label=labels[most], share=percent(share[most])
        )
    return sentences(opening, range_sentence(labels, mean), unknown, counts_sentence(mean, threshold))
