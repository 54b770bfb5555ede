"""Means with one row for each characteristic: as dots, as dumbbells of two sides, and of many groups as strips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import bound, listed, number, percent, text_width
from hpp_analysis.plots.parts.picture import Marks, Picture, nothing
from hpp_analysis.plots.parts.row_frame import row_frame
from hpp_analysis.plots.parts.style import INK, LINK, PLAIN, WIDTH, Mark, mark_of, nothing_text, scale_label
from hpp_analysis.plots.parts.table import (
    FloatArray,
    Grid,
    check_columns,
    check_on_axis,
    numbers_of,
    positions,
    read_grid,
    texts_of,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DOTS, _DUMBBELL, _STRIPS = ("group", "label", "mean"), ("group", "label", "series", "mean"), ("label", "value")
_STRIP_MARK = Mark(PLAIN.color, "o", size=4.5)
_SPREAD = (0.0, 0.12, -0.12, 0.06, -0.06)  # inches down from the middle of a row, for dots in ascending order


@drawing
def dots(
    data: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Picture:
    """Draw the mean of each characteristic, under the heading of each factor.

    Parameters
    ----------
    data : DataFrame
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
    >>> data = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balanced power", "Equal say"], "mean": [7.9, 6.8],
    ...     "share_dont_know": [.02, .11],
    ... })
    >>> [text.get_text() for text in dots(data).texts][-2:]
    ['2%', '11%']
    """
    check_columns(data, _DOTS)
    mean, share = numbers_of(data, "mean"), numbers_of(data, "share_dont_know")
    if not np.isfinite(mean).any():
        return nothing(ax)
    check_on_axis(mean, limits)
    check_on_axis(share, (0, 1))
    heading = _("Don't know") if not np.isnan(share).all() else ""
    frame = row_frame(
        ax, texts_of(data, "group"), texts_of(data, "label"), limits=limits, xlabel=scale_label(limits), width=width,
        line=threshold, heading=heading, right=text_width(heading) + 0.45 if heading else 0.4,
    )  # fmt: skip
    frame.picture.marks(mean, frame.y, PLAIN)
    frame.write_not_shown(np.isnan(mean))
    for x, y in zip(mean.tolist(), frame.y.tolist(), strict=True):
        if not np.isnan(x):
            frame.write_value(x, y, Mark(INK, ""))
    for x, y, *names in zip(
        mean.tolist(), frame.y.tolist(), texts_of(data, "group"), texts_of(data, "label"), strict=True
    ):
        if not np.isnan(x):
            frame.picture.say([(x, y)], number(x), *names)
    if heading:
        frame.write_column("–" if np.isnan(value) else percent(value) for value in share)
    return frame.picture


@dots.set_alt
def dots_alt(data: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `dots` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balanced power", "Equal say"], "mean": [7.9, 6.8],
    ...     "share_dont_know": [.02, .11],
    ... })
    >>> print(dots_alt(data))
    Dot chart of the mean on 2 characteristics, on an axis from 1 to 10.
    The values run from 6.8 (Equal say) to 7.9 (Balanced power).
    “Don't know” was answered most often on Equal say (11%).
    """
    check_columns(data, _DOTS)
    mean, share, labels = numbers_of(data, "mean"), numbers_of(data, "share_dont_know"), texts_of(data, "label")
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


@drawing
def dumbbell(
    data: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Picture:
    """Draw the means of two series per characteristic; the line between them is their gap.

    Parameters
    ----------
    data : DataFrame
        One row per characteristic and series, with the columns `group` (the factor), `label` (the
        characteristic), `series` and `mean`. Without a group the rows are factors. NaN is withheld: then the other
        series stands alone, or the words "not shown". All stand in order of appearance. Of three series or more the
        line joins the lowest and the highest, and only these have numbers.
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
    >>> data = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balanced power", "Equal say"] * 2,
    ...     "series": ["Client"] * 2 + ["Partner"] * 2, "mean": [7.9, 6.8, 6.1, 6.9],
    ... })
    >>> ax = dumbbell(data, threshold=8.5)
    >>> ax.get_xlim()
    (np.float64(1.0), np.float64(10.0))
    """
    check_columns(data, _DUMBBELL)
    grid = read_grid(data)
    mean = grid.fill(numbers_of(data, "mean"))
    if not np.isfinite(mean).any():
        return nothing(ax)
    check_on_axis(mean, limits)
    frame = row_frame(
        ax, grid.groups, grid.labels, limits=limits, xlabel=scale_label(limits), gap=0.36, width=width, line=threshold,
        key=[(mark_of(s), name) for s, name in enumerate(grid.series)],
    )  # fmt: skip
    empty = np.asarray(np.isnan(mean).all(axis=1))
    frame.write_not_shown(empty)
    shown = mean[~empty]
    frame.picture.bars(frame.y[~empty], np.nanmin(shown, axis=1), np.nanmax(shown, axis=1), LINK, 2.2)
    for s in reversed(range(len(grid.series))):  # the first series on top
        frame.picture.marks(mean[:, s], frame.y, mark_of(s))
    for y, values in zip(frame.y[~empty].tolist(), shown, strict=True):
        known = np.flatnonzero(~np.isnan(values))
        highest = int(known[np.argmax(values[known])])
        frame.write_value(float(values[highest]), y, mark_of(highest))
        if len(known) > 1:
            lowest = int(known[::-1][np.argmin(values[known[::-1]])])
            frame.write_value(float(values[lowest]), y, mark_of(lowest), left=True)
    for row, s in np.argwhere(~np.isnan(mean)):
        at = (float(mean[row, s]), float(frame.y[row]))
        frame.picture.say([at], number(at[0]), grid.groups[row], grid.labels[row], grid.series[s])
    return frame.picture


@dumbbell.set_alt
def dumbbell_alt(data: pd.DataFrame, *, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `dumbbell` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balanced power", "Equal say"] * 2,
    ...     "series": ["Client"] * 2 + ["Partner"] * 2, "mean": [7.9, 6.8, 6.1, 6.9],
    ... })
    >>> print(dumbbell_alt(data))
    Dumbbell chart of the means of Client and Partner on 2 characteristics, on an axis from 1 to 10.
    Of 2 comparisons, Client is higher in 1 and Partner in 1.
    The difference is largest on Balanced power: Client 7.9, Partner 6.1.
    """
    check_columns(data, _DUMBBELL)
    grid = read_grid(data)
    mean = grid.fill(numbers_of(data, "mean"))
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
    both = np.asarray(~np.isnan(mean).any(axis=1))
    if len(grid.series) == 2 and both.any():
        return sentences(opening, *_comparison(grid, mean, both), counts_sentence(numbers_of(data, "mean")))
    names = [_("{series} on {label}").format(series=name, label=label) for label in grid.labels for name in grid.series]
    return sentences(opening, range_sentence(names, mean.ravel()), counts_sentence(numbers_of(data, "mean")))


def _comparison(grid: Grid, mean: FloatArray, both: NDArray[np.bool_]) -> tuple[str, str]:
    """On how many characteristics each side scores higher, and where the two differ most."""
    first, second = grid.series
    gap = np.where(both, mean[:, 0] - mean[:, 1], np.nan)
    total = int(both.sum())
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


@drawing
def strips(
    data: pd.DataFrame,
    *,
    reference: float | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    xlabel: str = "",
    unit_decimals: int = 2,
    ax: Axes | None = None,
) -> Picture:
    """Draw the values of many groups as dots in one row per label, with the median as a bar and as a number.

    Parameters
    ----------
    data : DataFrame
        One row per dot, with the columns `label` and `value`. NaN is left out.
    reference : float, optional
        A line down.
    limits : (float, float)
        The axis; all values lie on it.
    xlabel : str
        What the axis is called.
    unit_decimals : int
        Of the medians at the right.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs. Axes of yours need about 3.4 inches of
        room at their left for the labels, and 0.8 at their right.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({"label": ["Openness"] * 3, "value": [.7, .8, .95]})
    >>> strips(data).texts[-1].get_text()
    '0.80'
    """
    names, values = _values_by_label(data)
    if not any(len(part) for part in values):
        return nothing(ax)
    check_on_axis(np.concatenate(values), limits)
    frame = row_frame(
        ax, [""] * len(names), names, limits=limits, ticks=np.linspace(*limits, 6).tolist(), xlabel=xlabel,
        row_height=0.42, right=text_width(number(0.0, unit_decimals)) + 0.25, line=reference,
        line_text=None if reference is None else number(reference, unit_decimals),
    )  # fmt: skip
    for y, part in zip(frame.y.tolist(), values, strict=True):
        if len(part):
            heights = y + np.resize(_SPREAD, len(part)) * (len(part) > 1)
            points = list(zip(np.sort(part).tolist(), heights.tolist(), strict=True))
            frame.picture.add(Marks(points, _STRIP_MARK, opacity=0.55))
            median, middle = np.array([np.median(part)]), np.array([y])
            frame.picture.bars(median, middle - 0.17, middle + 0.17, INK, 2.2, upright=True)
    frame.write_column(number(float(np.median(part)), unit_decimals) if len(part) else "–" for part in values)
    return frame.picture


@strips.set_alt
def strips_alt(data: pd.DataFrame, *, reference: float | None = None, unit_decimals: int = 2) -> str:
    """Say what `strips` shows.

    Examples
    --------
    >>> data = pd.DataFrame({"label": ["Openness"] * 3, "value": [.6, .8, .95]})
    >>> print(strips_alt(data, reference=.7))
    Strip chart with one dot per group for 1 label. Openness: median 0.80, 2 of 3 groups at 0.70 or higher.
    """
    names, values = _values_by_label(data)
    if not any(len(part) for part in values):
        return nothing_text()
    texts = [
        ngettext(
            "Strip chart with one dot per group for {count} label.",
            "Strip chart with one dot per group for {count} labels.",
            len(names),
        ).format(count=len(names))
    ]
    for name, part in zip(names, values, strict=True):
        if not len(part):
            continue
        median = number(float(np.median(part)), unit_decimals)
        if reference is None:
            texts.append(_("{label}: median {median}.").format(label=name, median=median))
        else:
            texts.append(
                _("{label}: median {median}, {count} of {total} groups at {reference} or higher.").format(
                    label=name,
                    median=median,
                    count=int((part >= reference).sum()),
                    total=len(part),
                    reference=number(reference, unit_decimals),
                )
            )
    return sentences(*texts)


def _values_by_label(data: pd.DataFrame) -> tuple[list[str], list[FloatArray]]:
    """Labels in order of appearance, and the values of each that are not NaN."""
    check_columns(data, _STRIPS)
    names, place = positions(texts_of(data, "label"))
    values = numbers_of(data, "value")
    return [name for (name,) in names], [values[(place == row) & ~np.isnan(values)] for row in range(len(names))]
