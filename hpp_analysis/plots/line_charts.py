"""Line charts: the profile of factor means, where a dip is what to improve, and the scree of eigenvalues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import BODY, bound, listed, number, text_height, text_width, wrap
from hpp_analysis.plots.parts.picture import Picture, Place, Scale, Text, nothing
from hpp_analysis.plots.parts.placing import Points, place_numbers
from hpp_analysis.plots.parts.row_frame import draw_key, lay_key
from hpp_analysis.plots.parts.style import (
    DASHED,
    INK,
    MUTED,
    PLAIN,
    WIDTH,
    Mark,
    fit_width,
    mark_of,
    nothing_text,
    scale_label,
    scale_ticks,
    threshold_label,
)
from hpp_analysis.plots.parts.table import (
    FloatArray,
    Grid,
    check_columns,
    check_on_axis,
    numbers_of,
    read_grid,
    texts_of,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PROFILE, _SCREE, _CURVES = ("label", "series", "mean"), ("number", "eigenvalue"), ("label", "curve", "n_factors")
_LEFT, _PROFILE_HEIGHT, _SCREE_HEIGHT = 0.55, 2.9, 3.1  # inches
_SPACING = 0.16  # inches between two series
_BETWEEN, _SLOT = 0.08, 1.1  # inches between the names of two factors, and for each of them at least


@drawing
def profile(
    data: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Picture:
    """Draw the mean of each factor, one line per series.

    Parameters
    ----------
    data : DataFrame
        One row per factor and series, with the columns `label` (the factor), `series` (as the side is called)
        and `mean`, and, if there are intervals, `ci_lower` and `ci_upper`. NaN is withheld and not drawn.
        Factors and series stand in order of appearance.
    threshold : float, optional
        A line across, with its value beside it.
    limits : (float, float)
        The ends of the answer scale: the axis, whatever the data are.
    width : float
        Of a figure of its own, in inches; many factors make it wider.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Openness", "Equality"] * 2, "series": ["Client"] * 2 + ["Partner"] * 2,
    ...     "mean": [7.9, 6.8, 7.1, 6.2],
    ... })
    >>> ax = profile(data, threshold=8.5)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['Openness', 'Equality']
    """
    check_columns(data, _PROFILE)
    grid = read_grid(data)
    mean, lower, upper = (grid.fill(numbers_of(data, name)) for name in ("mean", "ci_lower", "ci_upper"))
    if not np.isfinite(mean).any():
        return nothing(ax)
    check_on_axis(mean, limits)
    count = len(grid.labels)
    right = 0.2 if threshold is None else 0.95
    width = fit_width(width, _LEFT + right + _SLOT * count)
    key = lay_key([(mark_of(s), name) for s, name in enumerate(_key_names(grid, mean))], width - 0.1)
    top = key.height + 0.36
    picture = Picture(ax, width, _PROFILE_HEIGHT + top, left=_LEFT, right=right, top=top, bottom=0)
    slot = picture.axis_width / count
    factors = _factor_names(grid.labels, slot, slot / 2 + min(right, _LEFT) - 0.03)
    picture.height += max(text_height(factor, BODY) for factor in factors) + 0.16
    picture.x_limits = (-0.5, count - 0.5)
    picture.x_scale = Scale(list(range(count)), factors, size=BODY, color=INK, grid=False)
    picture.number_y(limits, scale_ticks(limits), scale_label(limits))
    draw_key(picture, key, left=0.1 - _LEFT, lift=0.28)
    if threshold is not None and limits[0] <= threshold <= limits[1]:
        picture.across([threshold], MUTED, 1.2, DASHED)
        picture.add(Text(0.05, threshold, wrap(threshold_label(threshold), 0.85), MUTED, place=Place("right")))
    _draw_series(picture, grid, mean, np.clip(lower, *limits), np.clip(upper, *limits), threshold)
    return picture


def _key_names(grid: Grid, mean: FloatArray) -> Iterator[str]:
    """The series, each with the number of its values that are withheld."""
    for name, withheld in zip(grid.series, (np.isnan(mean) & grid.present).T, strict=True):
        hidden = int(withheld.sum())
        counted = ngettext("{name} ({count} value not shown)", "{name} ({count} values not shown)", hidden)
        yield counted.format(name=name, count=hidden) if hidden else name


def _draw_series(
    picture: Picture, grid: Grid, mean: FloatArray, lower: FloatArray, upper: FloatArray, threshold: float | None
) -> None:
    """Lines, intervals, markers and numbers; arrays are factors x series."""
    n_factors, n_series = mean.shape
    slot = picture.axis_width / n_factors
    step = min(_SPACING, 0.5 * slot / max(n_series - 1, 1))
    inches = (np.arange(n_factors)[:, None] + 0.5) * slot + (np.arange(n_series) - (n_series - 1) / 2) * step
    x = inches / slot - 0.5
    bounded = ~np.isnan(mean + lower + upper)
    for s in range(n_series):
        picture.course(x[:, s], mean[:, s], mark_of(s), 1.8)
    for s in range(n_series):
        shown = bounded[:, s]
        picture.bars(x[shown, s], lower[shown, s], upper[shown, s], mark_of(s).color, 1.4, upright=True)
    for s in reversed(range(n_series)):  # the first series on top
        picture.marks(x[:, s], mean[:, s], mark_of(s))
    for factor, s in np.argwhere(~np.isnan(mean)):
        at = (float(x[factor, s]), float(mean[factor, s]))
        picture.say([at], number(at[1]), grid.labels[factor], grid.series[s])
    low, high = picture.y_limits
    for factor in np.flatnonzero(np.isnan(mean).all(axis=1)):
        picture.add(Text(float(factor), (low + high) / 2, _("not shown"), MUTED, align="center", italic=True))

    def up(values: FloatArray) -> FloatArray:
        return np.asarray((values - low) / (high - low) * picture.axis_height)

    line = None if threshold is None else float(up(np.array(threshold)))
    ends = up(np.where(bounded, lower, mean)), up(np.where(bounded, upper, mean))
    points = Points(inches, up(mean), *ends, picture.axis_height, line)
    texts = {(int(f), int(s)): number(mean[f, s]) for f, s in np.argwhere(~np.isnan(mean))}
    widths = np.full(mean.shape, np.nan)
    for at, text in texts.items():
        widths[at] = text_width(text)
    for at, box in place_numbers(points, widths).items():
        corner = Place("left", "bottom")
        picture.add(Text(*box.middle, texts[at], mark_of(at[1]).color, align="center", ground=0.0, place=corner))


def _factor_names(labels: Sequence[str], slot: float, edge: float) -> list[str]:
    """The factors below the axis in lines; on two levels where a word is wider than its slot.

    `slot` and `edge` are inches: between two factors, and from the outer ones to the rim of the figure.
    """
    if all(text_width(word, BODY) <= slot - _BETWEEN for label in labels for word in label.split()):
        return [wrap(label, slot - _BETWEEN, BODY, lines=4) for label in labels]
    last = len(labels) - 1
    names = [
        wrap(label, min(2 * slot - 2 * _BETWEEN, 2 * edge if place in (0, last) else np.inf), BODY, lines=4)
        for place, label in enumerate(labels)
    ]
    deep = max(name.count("\n") for name in names[::2]) + 1
    return ["\n" * deep + name if place % 2 else name for place, name in enumerate(names)]


@profile.set_alt
def profile_alt(data: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `profile` shows.

    Examples
    --------
    >>> data = pd.DataFrame({"label": ["Openness", "Equality"], "series": "Client", "mean": [8.6, 6.8]})
    >>> print(profile_alt(data, threshold=8.5))
    Line chart of the mean on 2 factors, on an axis from 1 to 10, for Client.
    Client: highest on Openness (8.6), lowest on Equality (6.8).
    At 8.5 or higher: 1 of 2 means.
    """
    check_columns(data, _PROFILE)
    grid = read_grid(data)
    mean = grid.fill(numbers_of(data, "mean"))
    if not np.isfinite(mean).any():
        return nothing_text()
    count = len(grid.labels)
    opening = ngettext(
        "Line chart of the mean on {count} factor, on an axis from {low} to {high}, for {series}.",
        "Line chart of the mean on {count} factors, on an axis from {low} to {high}, for {series}.",
        count,
    ).format(count=count, low=bound(limits[0]), high=bound(limits[1]), series=listed(grid.series))
    if len(grid.series) > 2:
        names = [
            _("{series} on {label}").format(series=name, label=label) for label in grid.labels for name in grid.series
        ]
        main = range_sentence(names, mean.ravel())
    else:
        clauses = [_series_clause(name, grid.labels, values) for name, values in zip(grid.series, mean.T, strict=True)]
        main = "; ".join(clauses) + "."
    return sentences(opening, main, counts_sentence(numbers_of(data, "mean"), threshold))


def _series_clause(name: str, labels: tuple[str, ...], values: FloatArray) -> str:
    """The highest and the lowest factor of one series, without a full stop."""
    shown = np.flatnonzero(~np.isnan(values))
    if not shown.size:
        return _("{series}: not shown").format(series=name)
    best, worst = shown[np.argmax(values[shown])], shown[np.argmin(values[shown])]
    if number(values[best]) == number(values[worst]):
        if len(shown) == 1:
            return _("{series}: {value} on {label}").format(series=name, value=number(values[best]), label=labels[best])
        return _("{series}: {value} on each factor").format(series=name, value=number(values[best]))
    return _("{series}: highest on {best} ({high}), lowest on {worst} ({low})").format(
        series=name, best=labels[best], high=number(values[best]), worst=labels[worst], low=number(values[worst])
    )


@drawing
def scree(data: pd.DataFrame, references: pd.DataFrame, *, ylabel: str = "", ax: Axes | None = None) -> Picture:
    """Draw eigenvalues by their place, and the curves that they are compared with.

    Parameters
    ----------
    data : DataFrame
        `number` (1, 2, ...) and `eigenvalue`, in order.
    references : DataFrame
        One row per curve: `label`, `curve` (an array as long as `data`; NaN where there is none), `n_factors` (how
        many eigenvalues count by it; NaN where it says nothing).
    ylabel : str
        What the eigenvalues are of.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({"number": [1, 2, 3], "eigenvalue": [1.9, .7, .4]})
    >>> curve = pd.DataFrame({"label": ["Chance"], "curve": [np.array([1.2, 1., .9])], "n_factors": [1.0]})
    >>> scree(data, curve).get_xlabel()
    'Number'
    """
    check_columns(data, _SCREE)
    check_columns(references, _CURVES)
    values, place = numbers_of(data, "eigenvalue"), numbers_of(data, "number")
    if not np.isfinite(values).any():
        return nothing(ax)
    curves = [(_curve_mark(i), np.asarray(curve, dtype=float)) for i, curve in enumerate(references["curve"])]
    named = [(mark, text) for (mark, _curve), text in zip(curves, texts_of(references, "label"), strict=True)]
    key = lay_key([(PLAIN, _("Observed")), *named], WIDTH - 0.8)
    top = key.height + 0.2
    picture = Picture(ax, WIDTH, _SCREE_HEIGHT + top + 0.55, left=0.6, right=0.2, top=top, bottom=0.55)
    drawn = np.concatenate([values, *(curve for _mark, curve in curves)])
    low, high = min(0.0, float(np.nanmin(drawn))), float(np.nanmax(drawn))
    margin = 0.05 * (high - low)  # room for the marks: an eigenvalue may be 0 exactly
    limits = (low - margin, high + margin)
    ticks = [tick for tick in scale_ticks((np.floor(low), np.ceil(high))) if limits[0] <= tick <= limits[1]]
    step = 1 if place.size <= 20 else 5
    shown = [at for at in place.tolist() if at == 1 or at % step == 0]
    picture.number_x((0.5, float(place[-1]) + 0.5), shown, _("Number"))
    picture.number_y(limits, ticks, ylabel or _("Eigenvalue"))
    if low < 0.0:
        picture.across([0.0], MUTED, 0.8)
    picture.course(place, values, PLAIN, 1.4)
    picture.marks(place, values, replace(PLAIN, size=4.5))
    for mark, curve in curves:
        picture.course(place, curve, mark, 1.8)
    draw_key(picture, key)
    return picture


def _curve_mark(curve: int) -> Mark:
    """The look of a reference curve: a line without markers, which are for what was observed."""
    return replace(mark_of(curve + 1), marker="")


@scree.set_alt
def scree_alt(data: pd.DataFrame, references: pd.DataFrame) -> str:
    """Say how many eigenvalues exceed each curve, and what the first and the last are.

    Examples
    --------
    >>> data = pd.DataFrame({"number": [1, 2, 3], "eigenvalue": [1.9, .7, .4]})
    >>> curve = pd.DataFrame({"label": ["Chance"], "curve": [np.array([1.2, 1., .9])], "n_factors": [1.0]})
    >>> scree_alt(data, curve)
    'Scree of 3 eigenvalues, from 1.90 down to 0.40. Chance: 1 lies above its curve.'
    """
    check_columns(data, _SCREE)
    values = numbers_of(data, "eigenvalue")
    if not np.isfinite(values).any():
        return nothing_text()
    texts = [
        _("Scree of {count} eigenvalues, from {first} down to {last}.").format(
            count=values.size, first=number(values[0], 2), last=number(values[-1], 2)
        )
    ]
    for label, k in zip(texts_of(references, "label"), numbers_of(references, "n_factors"), strict=True):
        if k == 0:
            texts.append(_("{label}: none lies above its curve.").format(label=label))
        elif np.isfinite(k):
            texts.append(
                ngettext("{label}: {k} lies above its curve.", "{label}: {k} lie above its curve.", int(k)).format(
                    label=label, k=int(k)
                )
            )
    return sentences(*texts)
