"""The profile: factor means of each side as lines on one fixed axis. A dip is what to improve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, Grid, check_columns, check_on_axis, numbers_of, read_grid
from hpp_analysis.plots.parts.key import Key, draw_key, lay_key
from hpp_analysis.plots.parts.lettering import BODY, SMALL, bound, listed, number, text_height, text_width, wrap
from hpp_analysis.plots.parts.placing import Points, place_numbers
from hpp_analysis.plots.parts.style import (
    INK,
    LITERAL,
    MUTED,
    WIDTH,
    fit_width,
    from_corner,
    mark_of,
    new_axes,
    nothing,
    nothing_text,
    scale_axis,
    scale_label,
    scale_ticks,
    size_of,
    styled,
    threshold_label,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_LEFT, _PLOT_HEIGHT = 0.55, 2.9  # inches
_DODGE = 0.16  # inches between two series
_BETWEEN, _SLOT = 0.08, 1.1  # inches between the names of two factors, and for each of them at least
_COLUMNS = ("label", "series", "mean")


@drawing
def profile(
    frame: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean of each factor, one line per series.

    Parameters
    ----------
    frame : DataFrame
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
    >>> frame = pd.DataFrame({
    ...     "label": ["Openness", "Equality"] * 2, "series": ["Client"] * 2 + ["Partner"] * 2,
    ...     "mean": [7.9, 6.8, 7.1, 6.2],
    ... })
    >>> ax = profile(frame, threshold=8.5)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['Openness', 'Equality']
    """
    check_columns(frame, _COLUMNS)
    grid = read_grid(frame)
    mean, lower, upper = (grid.fill(numbers_of(frame, name)) for name in ("mean", "ci_lower", "ci_upper"))
    with styled():
        if not np.isfinite(mean).any():
            return nothing(ax)
        check_on_axis(mean, limits)
        right = 0.2 if threshold is None else 0.95
        width = fit_width(width, _LEFT + right + _SLOT * len(grid.labels))
        key = lay_key([(mark_of(s), name) for s, name in enumerate(_key_names(grid, mean))], width - 0.1)
        slot = (size_of(ax)[0] if ax is not None else width - _LEFT - right) / len(grid.labels)
        factors = _factor_names(grid.labels, slot, slot / 2 + min(right, _LEFT) - 0.03)
        if ax is None:
            top = key.height + 0.36
            bottom = max(text_height(factor, BODY) for factor in factors) + 0.16
            ax = new_axes(width, _PLOT_HEIGHT + top + bottom, left=_LEFT, right=right, top=top, bottom=bottom)
        _draw_frame(ax, factors, key, limits, threshold)
        _draw_series(ax, mean, lower, upper, limits, threshold)
    return ax


def _key_names(grid: Grid, mean: FloatArray) -> Iterator[str]:
    """The series, each with the number of its values that are withheld."""
    for name, withheld in zip(grid.series, (np.isnan(mean) & grid.there).T, strict=True):
        hidden = int(withheld.sum())
        yield (
            name
            if not hidden
            else ngettext("{name} ({count} value not shown)", "{name} ({count} values not shown)", hidden).format(
                name=name, count=hidden
            )
        )


def _draw_frame(ax: Axes, factors: list[str], key: Key, limits: tuple[float, float], threshold: float | None) -> None:
    """Everything but the data."""
    ax.set_xlim(-0.5, len(factors) - 0.5)
    ax.set_xticks(range(len(factors)), factors, fontsize=BODY, color=INK, **LITERAL)
    ax.tick_params(axis="x", length=0, pad=6)
    scale_axis(ax, "y", limits, scale_ticks(limits), scale_label(limits))
    draw_key(ax, key, left=0.1 - _LEFT, lift=0.28)
    if threshold is not None:
        ax.axhline(threshold, color=MUTED, linewidth=1.2, linestyle=(0, (4, 2.5)), zorder=1.5)
        ax.text(
            1.01,
            threshold,
            wrap(threshold_label(threshold), 0.85),
            transform=ax.get_yaxis_transform(),
            va="center",
            color=MUTED,
            fontsize=SMALL,
            **LITERAL,
        )


def _draw_series(
    ax: Axes,
    mean: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    limits: tuple[float, float],
    threshold: float | None,
) -> None:
    """Lines, markers, intervals and numbers; arrays are factors x series."""
    n_factors, n_series = mean.shape
    width, height = size_of(ax)
    slot = width / n_factors
    step = min(_DODGE, 0.5 * slot / max(n_series - 1, 1))
    across = (np.arange(n_factors)[:, None] + 0.5) * slot + (np.arange(n_series) - (n_series - 1) / 2) * step
    x = across / slot - 0.5
    lower, upper = np.clip(lower, *limits), np.clip(upper, *limits)
    bare = np.isnan(mean + lower + upper)
    for s in range(n_series):
        mark, shown = mark_of(s), ~bare[:, s]
        ax.plot(x[:, s], mean[:, s], color=mark.color, linestyle=mark.line, linewidth=1.8, zorder=2.5)
        ax.plot(x[:, s], mean[:, s], **mark.points(), zorder=3 + 0.1 * (n_series - s), clip_on=False)
        if shown.any():
            ax.vlines(x[shown, s], lower[shown, s], upper[shown, s], color=mark.color, linewidth=1.4, zorder=2.7)
    for f in map(int, np.flatnonzero(np.isnan(mean).all(axis=1))):
        ax.text(f, sum(limits) / 2, _("not shown"), ha="center", color=MUTED, fontstyle="italic", **LITERAL)

    def up(values: FloatArray) -> FloatArray:
        return np.asarray((values - limits[0]) / (limits[1] - limits[0]) * height)

    points = Points(
        across,
        up(mean),
        up(np.where(bare, mean, lower)),
        up(np.where(bare, mean, upper)),
        height,
        None if threshold is None else float(up(np.array(threshold))),
    )
    _write_numbers(ax, mean, points)


def _write_numbers(ax: Axes, mean: FloatArray, points: Points) -> None:
    """Write each mean where there is room for it."""
    texts = {(int(f), int(s)): number(mean[f, s]) for f, s in np.argwhere(~np.isnan(mean))}
    widths = np.full(mean.shape, np.nan)
    for at, text in texts.items():
        widths[at] = text_width(text)
    inches = from_corner(ax, 0, 0)
    for at, box in place_numbers(points, widths).items():
        ax.text(
            *box.middle,
            texts[at],
            transform=inches,
            ha="center",
            va="center_baseline",
            color=mark_of(at[1]).color,
            fontsize=SMALL,
            zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0},
            **LITERAL,
        )


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
def profile_alt(frame: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `profile` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `profile`.
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
    >>> frame = pd.DataFrame({"label": ["Openness", "Equality"], "series": "Client", "mean": [8.6, 6.8]})
    >>> print(profile_alt(frame, threshold=8.5))
    Line chart of the mean on 2 factors, on an axis from 1 to 10, for Client.
    Client: highest on Openness (8.6), lowest on Equality (6.8).
    At 8.5 or higher: 1 of 2 means.
    """
    check_columns(frame, _COLUMNS)
    grid = read_grid(frame)
    mean = grid.fill(numbers_of(frame, "mean"))
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
        main = (
            "; ".join(
                _series_clause(name, grid.labels, values) for name, values in zip(grid.series, mean.T, strict=True)
            )
            + "."
        )
    return sentences(opening, main, counts_sentence(numbers_of(frame, "mean"), threshold))


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
