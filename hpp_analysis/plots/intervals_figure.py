"""The forest: estimates with their intervals, against a reference line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from hpp_analysis.errors import OptionError
from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, check_limits, numbers_of, read_grid, texts_of
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, bound, clean, number, text_height, text_width
from hpp_analysis.plots.parts.rows import ROW, Rows, draw_rows, draw_threshold, lay_rows, write_column
from hpp_analysis.plots.parts.style import (
    LEAST_AXIS,
    NEUTRAL,
    PLAIN,
    WIDTH,
    Mark,
    fit_width,
    mark_of,
    new_axes,
    nothing,
    nothing_text,
    palette,
    scale_axis,
    scale_ticks,
    size_of,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("label", "estimate", "ci_lower", "ci_upper")
_EDGE, _GAP = 0.1, 0.22  # inches
_LINE, _TICK = 0.22, 0.55  # inches between two series of one label, and between ticks
TONES: dict[str, Mark] = {"client_higher": palette["client"], "partner_higher": palette["partner"], "neutral": NEUTRAL}
"""What a `tone` looks like."""


@dataclass(frozen=True, slots=True)
class _Data:
    """The frame, one entry per row of it; `row` says on which label's line it stands."""

    groups: tuple[str, ...]
    labels: tuple[str, ...]
    series: tuple[str, ...]
    row: tuple[int, ...]
    column: tuple[int, ...]
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    tones: tuple[str, ...]
    undefined: tuple[str, ...]

    @property
    def bounded(self) -> NDArray[np.bool_]:
        """Which entries have an interval, be it an endless one."""
        return np.asarray(~(np.isnan(self.lower) | np.isnan(self.upper)))

    @property
    def names(self) -> list[str]:
        """What each entry is called in a sentence."""
        labels = [self.labels[row] for row in self.row]
        if len(self.series) < 2:
            return labels
        return [
            _("{series} on {label}").format(series=self.series[column], label=label)
            for label, column in zip(labels, self.column, strict=True)
        ]


def _read(frame: pd.DataFrame) -> _Data:
    check_columns(frame, _COLUMNS)
    grid = read_grid(frame)
    estimate = numbers_of(frame, "estimate")
    hidden = np.isnan(estimate)
    lower, upper = (np.where(hidden, np.nan, numbers_of(frame, name)) for name in ("ci_lower", "ci_upper"))
    tones: list[str] = []
    if "tone" in frame.columns:
        tones = [tone or "neutral" for tone in texts_of(frame, "tone")]
        for tone in tones:
            if tone not in TONES:
                raise OptionError(f"A `tone` is one of {', '.join(TONES)}. Given: {tone!r}. Choose one of these.")
    return _Data(
        grid.groups, grid.labels, grid.series, grid.row, grid.column, estimate, lower, upper, tuple(tones),
        tuple(texts_of(frame, "undefined")),
    )  # fmt: skip


@drawing
def intervals(
    frame: pd.DataFrame,
    *,
    reference: float | None = None,
    limits: tuple[float, float] | None = None,
    xlabel: str = "",
    unit_decimals: int = 1,
    sides: tuple[str, str] | None = None,
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Axes:
    """Draw estimates with their intervals, one row per label, and write both at the right.

    Parameters
    ----------
    frame : DataFrame
        One row per estimate, with the columns `label`, `estimate`, `ci_lower` and `ci_upper`; if there are
        several factors `group`; if a label has more than one estimate `series`; and if colours are to say
        which side is higher `tone` ("client_higher", "partner_higher" or "neutral"). NaN is withheld, or what
        the column `undefined` says instead; an interval may be so without the estimate.
    reference : float, optional
        A line down: 0 for differences, .70 for alpha.
    limits : (float, float), optional
        The axis; by default round numbers around all that is drawn. What lies beyond is an arrow at its end; the
        number at the right tells it all the same.
    xlabel : str
        What the axis is called.
    unit_decimals : int
        Of the numbers at the right.
    sides : (str, str), optional
        What client and partner are called where tones are explained.
    width : float
        Of a figure of its own, in inches; long labels make it wider.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs. Axes of yours need about 3.4
        inches of room at their left for the labels, and 1.5 at their right.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "estimate": [.88, .81], "ci_lower": [.84, .75], "ci_upper": [.91, .86],
    ... })
    >>> ax = intervals(frame, reference=.70, unit_decimals=2)
    >>> [text.get_text() for text in ax.texts][-2:]
    ['0.88 (0.84 to 0.91)', '0.81 (0.75 to 0.86)']
    """
    data = _read(frame)
    with styled():
        if not np.isfinite(data.estimate).any():
            return nothing(ax)
        if limits is not None:
            check_limits(limits)
        n_series = max(len(data.series), 1)
        rows = lay_rows(data.groups, data.labels, row_height=ROW if n_series == 1 else 0.1 + _LINE * n_series)
        left = rows.label_width + _GAP
        written = [_written(data, place, unit_decimals) for place in range(len(data.estimate))]
        column = max(map(text_width, written)) + 0.2
        marks, entries = _marks(data, _side_names(sides))
        width = fit_width(width, left + column + 2 * _EDGE + LEAST_AXIS)
        key = lay_key(entries, width - 2 * _EDGE)
        lift = 0.1 if reference is None else 0.1 + text_height("", SMALL)
        bottom = 0.48 if xlabel else 0.28
        if ax is None:
            top = key.height + lift + 0.04
            ax = new_axes(
                width, rows.height + top + bottom, left=left + _EDGE, right=column + _EDGE, top=top, bottom=bottom
            )
        ends, ticks = _axis(data, reference, limits, most=int(np.clip(size_of(ax)[0] / _TICK, 3, 6)))
        scale_axis(ax, "x", ends, ticks, xlabel)
        draw_rows(ax, rows, left=left)
        draw_key(ax, key, left=-left, lift=lift, lines=False)
        if reference is not None:
            draw_threshold(ax, reference, right=column, label=_reference_text(reference, unit_decimals))
        _draw_estimates(ax, data, rows, marks, ends)
        write_column(ax, _heights(data, rows), written, right=column)
    return ax


def _written(data: _Data, place: int, decimals: int) -> str:
    """An estimate and its interval in words."""
    if np.isnan(data.estimate[place]):
        return data.undefined[place] or _("not shown")
    estimate = number(data.estimate[place], decimals)
    if not (np.isfinite(data.lower[place]) and np.isfinite(data.upper[place])):
        return estimate
    return _("{estimate} ({lower} to {upper})").format(
        estimate=estimate, lower=number(data.lower[place], decimals), upper=number(data.upper[place], decimals)
    )


def _reference_text(reference: float, decimals: int) -> str:
    """The reference as the estimates are written; a whole number as it is."""
    return bound(reference) if float(reference).is_integer() else number(reference, decimals)


def _side_names(sides: tuple[str, str] | None) -> tuple[str, str]:
    return (_("Client"), _("Partner")) if sides is None else (clean(sides[0]), clean(sides[1]))


def _marks(data: _Data, sides: tuple[str, str]) -> tuple[list[Mark], list[tuple[Mark, str]]]:
    """The mark of each entry, and the key: by series, else by tone, else all alike and no key."""
    if len(data.series) > 1:
        return [mark_of(column) for column in data.column], [(mark_of(s), name) for s, name in enumerate(data.series)]
    if data.tones:
        words = [*(_("{side} higher").format(side=side) for side in sides), _("No clear or only a small difference")]
        key = [(mark, text) for (tone, mark), text in zip(TONES.items(), words, strict=True) if tone in data.tones]
        return [TONES[tone] for tone in data.tones], key
    return [PLAIN] * len(data.row), []


def _heights(data: _Data, rows: Rows) -> FloatArray:
    """Where each entry stands: the series of a label below each other."""
    offset = (np.array(data.column) - (len(data.series) - 1) / 2) * _LINE
    return np.asarray(rows.y[list(data.row)] + offset)


def _axis(
    data: _Data, reference: float | None, limits: tuple[float, float] | None, *, most: int
) -> tuple[tuple[float, float], Sequence[float]]:
    """The ends of the axis and its ticks, at most about so many."""
    ticker = mpl.ticker.MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10])
    if limits is not None and all(float(end).is_integer() for end in limits):
        return limits, scale_ticks(limits)  # an answer scale
    if limits is not None:
        ticks = [float(tick) for tick in ticker.tick_values(*limits)]
        return limits, [tick for tick in ticks if limits[0] - 1e-9 <= tick <= limits[1] + 1e-9]
    drawn = np.concatenate([data.estimate, data.lower, data.upper, [np.nan if reference is None else reference]])
    drawn = drawn[np.isfinite(drawn)]
    low, high = float(drawn.min()), float(drawn.max())
    room = 0.04 * (high - low) or max(abs(low) * 0.1, 0.1)
    ticks = [float(tick) for tick in ticker.tick_values(low - room, high + room)]
    return (ticks[0], ticks[-1]), ticks


def _draw_estimates(ax: Axes, data: _Data, rows: Rows, marks: list[Mark], ends: tuple[float, float]) -> None:
    """Intervals as lines, estimates as markers; one call per look."""
    y = _heights(data, rows)
    lower, upper = data.lower, data.upper
    both = data.bounded
    for mark in dict.fromkeys(marks):
        chosen = np.array([other is mark for other in marks])
        bars = chosen & both
        if bars.any():
            ax.hlines(
                y[bars],
                np.clip(lower[bars], *ends),
                np.clip(upper[bars], *ends),
                color=mark.color,
                linewidth=1.8,
                zorder=2,
            )
        below = chosen & ((data.estimate < ends[0]) | (bars & (lower < ends[0])))
        above = chosen & ((data.estimate > ends[1]) | (bars & (upper > ends[1])))
        for beyond, end, arrow in ((below, ends[0], "<"), (above, ends[1], ">")):
            if beyond.any():
                ax.plot(
                    np.full(int(beyond.sum()), end),
                    y[beyond],
                    color=mark.color,
                    marker=arrow,
                    markersize=6,
                    linestyle="none",
                    clip_on=False,
                    zorder=2.5,
                )
        inside = chosen & (data.estimate >= ends[0]) & (data.estimate <= ends[1])
        ax.plot(data.estimate[inside], y[inside], **mark.points(), zorder=3, clip_on=False)


@intervals.set_alt
def intervals_alt(
    frame: pd.DataFrame, *, reference: float | None = None, unit_decimals: int = 1, sides: tuple[str, str] | None = None
) -> str:
    """Say what `intervals` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `intervals`.
    reference : float, optional
        What the intervals are compared with.
    unit_decimals : int
        Of the numbers.
    sides : (str, str), optional
        What client and partner are called.

    Returns
    -------
    str
        One to four sentences.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "estimate": [.88, .75], "ci_lower": [.84, .68], "ci_upper": [.91, .82],
    ... })
    >>> print(intervals_alt(frame, reference=.70, unit_decimals=2))
    Chart of 2 estimates with their intervals.
    The values run from 0.75 (Equality) to 0.88 (Openness).
    Intervals entirely above 0.70: 1; entirely below: 0; around it: 1.
    """
    data = _read(frame)
    if not np.isfinite(data.estimate).any():
        return nothing_text()
    count = len(data.estimate)
    opening = ngettext(
        "Chart of {count} estimate with its interval.", "Chart of {count} estimates with their intervals.", count
    ).format(count=count)
    compared = ""
    if data.tones:
        shown = [tone for tone, value in zip(data.tones, data.estimate, strict=True) if not np.isnan(value)]
        first, second = _side_names(sides)
        compared = _(
            "{first} higher: {n_first}; {second} higher: {n_second}; no clear or only a small difference: {neutral}."
        ).format(
            first=first,
            second=second,
            n_first=shown.count("client_higher"),
            n_second=shown.count("partner_higher"),
            neutral=shown.count("neutral"),
        )
    elif reference is not None:
        above, below = int((data.lower > reference).sum()), int((data.upper < reference).sum())
        around = int(data.bounded.sum()) - above - below
        compared = _(
            "Intervals entirely above {reference}: {above}; entirely below: {below}; around it: {around}."
        ).format(reference=_reference_text(reference, unit_decimals), above=above, below=below, around=around)
    return sentences(
        opening,
        range_sentence(data.names, data.estimate, unit_decimals),
        compared,
        counts_sentence(data.estimate[[not why for why in data.undefined]]),
    )
