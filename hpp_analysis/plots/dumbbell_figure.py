"""The dumbbell: per characteristic the means of two sides, and the line between them is their gap."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, Grid, check_columns, check_on_axis, numbers_of, read_grid
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, bound, listed, number, text_height
from hpp_analysis.plots.parts.rows import Rows, Value, draw_rows, draw_threshold, lay_rows, write_values, write_withheld
from hpp_analysis.plots.parts.style import (
    LEAST_AXIS,
    LINK,
    WIDTH,
    fit_width,
    mark_of,
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

_COLUMNS = ("group", "label", "series", "mean")
_EDGE, _GAP, _RIGHT, _BOTTOM = 0.1, 0.36, 0.4, 0.48  # inches


@drawing
def dumbbell(
    frame: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Axes:
    """Draw the means of two series per characteristic, under the heading of each factor.

    Parameters
    ----------
    frame : DataFrame
        One row per characteristic and series, with the columns `group` (the factor), `label` (the
        characteristic), `series` and `mean`. Without a group the rows are factors. NaN is withheld: then the other series stands alone, or the word
        "withheld". All stand in order of appearance. Of three series or more the line joins the lowest and the
        highest, and only these have numbers.
    threshold : float, optional
        A line down, with its value above it.
    limits : (float, float)
        The ends of the answer scale: the axis, whatever the data are.
    width : float
        Of a figure of its own, in inches; long labels make it wider.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs. Axes of yours need about 3.4
        inches of room at their left for the labels.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balanced power", "Equal say"] * 2,
    ...     "series": ["Client"] * 2 + ["Partner"] * 2, "mean": [7.9, 6.8, 6.1, 6.9],
    ... })
    >>> ax = dumbbell(frame, threshold=8.5)
    >>> ax.get_xlim()
    (np.float64(1.0), np.float64(10.0))
    """
    check_columns(frame, _COLUMNS)
    grid = read_grid(frame)
    mean = grid.fill(numbers_of(frame, "mean"))
    with styled():
        if not np.isfinite(mean).any():
            return nothing(ax)
        check_on_axis(mean, limits)
        rows = lay_rows(grid.groups, grid.labels)
        left = rows.label_width + _GAP
        width = fit_width(width, left + _EDGE + _RIGHT + LEAST_AXIS)
        key = lay_key([(mark_of(s), name) for s, name in enumerate(grid.series)], width - 2 * _EDGE)
        lift = 0.1 if threshold is None else 0.1 + text_height("", SMALL)
        if ax is None:
            top = key.height + lift + 0.04
            ax = new_axes(width, rows.height + top + _BOTTOM, left=left + _EDGE, right=_RIGHT, top=top, bottom=_BOTTOM)
        scale_axis(ax, "x", limits, scale_ticks(limits), scale_label(limits))
        draw_rows(ax, rows, left=left)
        draw_key(ax, key, left=-left, lift=lift, lines=False)
        if threshold is not None:
            draw_threshold(ax, threshold, right=_RIGHT)
        _draw_means(ax, rows, mean, threshold)
    return ax


def _draw_means(ax: Axes, rows: Rows, mean: FloatArray, threshold: float | None) -> None:
    """Lines, markers and numbers; `mean` is characteristics x series."""
    some = ~np.isnan(mean).all(axis=1)
    low, high = np.nanmin(mean[some], axis=1), np.nanmax(mean[some], axis=1)
    ax.hlines(rows.y[some], low, high, color=LINK, linewidth=2.2, zorder=2)
    n_series = mean.shape[1]
    for s in range(n_series):
        ax.plot(mean[:, s], rows.y, **mark_of(s).points(), zorder=3 + 0.1 * (n_series - s), clip_on=False)
    for y in rows.y[~some]:
        write_withheld(ax, y)
    written = []
    for y, values in zip(rows.y[some], mean[some], strict=True):
        shown = np.flatnonzero(~np.isnan(values))
        ends = [(int(shown[np.argmax(values[shown])]), 1)]
        if len(shown) > 1:
            ends.append((int(shown[::-1][np.argmin(values[shown[::-1]])]), -1))
        written += [Value(number(values[s]), values[s], y, mark_of(s).color, side) for s, side in ends]
    write_values(ax, written, threshold)


@dumbbell.set_alt
def dumbbell_alt(frame: pd.DataFrame, *, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `dumbbell` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `dumbbell`.
    limits : (float, float)
        The ends of the answer scale.

    Returns
    -------
    str
        One to four sentences.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balanced power", "Equal say"] * 2,
    ...     "series": ["Client"] * 2 + ["Partner"] * 2, "mean": [7.9, 6.8, 6.1, 6.9],
    ... })
    >>> print(dumbbell_alt(frame))
    Dumbbell chart of the means of Client and Partner on 2 characteristics, on an axis from 1 to 10.
    Of 2 comparisons, Client is higher in 1 and Partner in 1.
    The difference is largest on Balanced power: Client 7.9, Partner 6.1.
    """
    check_columns(frame, _COLUMNS)
    grid = read_grid(frame)
    mean = grid.fill(numbers_of(frame, "mean"))
    if not np.isfinite(mean).any():
        return nothing_text()
    count = len(grid.labels)
    numbers = {"series": listed(grid.series), "count": count, "low": bound(limits[0]), "high": bound(limits[1])}
    if any(grid.groups):
        opening = ngettext(
            "Dumbbell chart of the means of {series} on {count} characteristic, on an axis from {low} to {high}.",
            "Dumbbell chart of the means of {series} on {count} characteristics, on an axis from {low} to {high}.",
            count,
        ).format(**numbers)
    else:
        opening = ngettext(
            "Dumbbell chart of the means of {series} on {count} factor, on an axis from {low} to {high}.",
            "Dumbbell chart of the means of {series} on {count} factors, on an axis from {low} to {high}.",
            count,
        ).format(**numbers)
    compared = np.asarray(~np.isnan(mean).any(axis=1))
    if len(grid.series) == 2 and compared.any():
        return sentences(opening, *_comparison(grid, mean, compared), counts_sentence(numbers_of(frame, "mean")))
    names = [_("{series} on {label}").format(series=name, label=label) for label in grid.labels for name in grid.series]
    return sentences(opening, range_sentence(names, mean.ravel()), counts_sentence(numbers_of(frame, "mean")))


def _comparison(grid: Grid, mean: FloatArray, compared: NDArray[np.bool_]) -> tuple[str, str]:
    """Who scores higher where, and where the two differ most."""
    first, second = grid.series
    gap = np.where(compared, mean[:, 0] - mean[:, 1], np.nan)
    total = int(compared.sum())
    direction = ngettext(
        "Of {total} comparison, {first} is higher in {n_first} and {second} in {n_second}.",
        "Of {total} comparisons, {first} is higher in {n_first} and {second} in {n_second}.",
        total,
    ).format(total=total, first=first, second=second, n_first=int((gap > 0).sum()), n_second=int((gap < 0).sum()))
    widest = int(np.nanargmax(np.abs(gap)))
    if not gap[widest]:
        return direction, ""
    return direction, _("The difference is largest on {label}: {first} {a}, {second} {b}.").format(
        label=grid.labels[widest], first=first, second=second, a=number(mean[widest, 0]), b=number(mean[widest, 1])
    )
