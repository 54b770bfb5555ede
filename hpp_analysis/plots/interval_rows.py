"""Estimates with their intervals, one row for each: against a reference, against a threshold, and under other choices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.errors import OptionError
from hpp_analysis.options import nearest
from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import bound, clean, number, text_width
from hpp_analysis.plots.parts.picture import Picture, nothing
from hpp_analysis.plots.parts.row_frame import ROW, KeyEntries, row_frame
from hpp_analysis.plots.parts.style import (
    MUTED,
    NEUTRAL,
    PLAIN,
    WIDTH,
    Mark,
    mark_of,
    nothing_text,
    palette,
    scale_label,
)
from hpp_analysis.plots.parts.table import (
    FloatArray,
    Grid,
    check_columns,
    check_limits,
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

_INTERVALS = ("label", "estimate", "ci_lower", "ci_upper")
_LOADINGS = ("item", "factor", "loading", "ci_lower", "ci_upper")
_VERDICTS, _CHOICES = (*_INTERVALS, "tone"), ("label", "estimate", "holds", "usual")
_LINE = 0.22  # inches between two series of one label
_BESIDE = (0.0, -0.06, 0.06, -0.03, 0.03, -0.09, 0.09)  # inches that keep choices with about the same number apart

TONES: dict[str, Mark] = {
    "client_higher": palette["client"],
    "partner_higher": palette["partner"],
    "alike": Mark(MUTED, "_", size=9),
    "unclear": NEUTRAL,
}
"""The looks of `intervals` that say which side is higher for certain, that both are alike, or that this is unclear."""
STATES: dict[str, Mark] = {
    "reached": Mark("#00735c", "o", size=7.5),
    "not_reached": Mark("#801650", "v", size=8),
    "cannot_tell": Mark("#946200", "D", filled=False, size=6.5),
    "no_verdict": Mark(MUTED, "_", size=9),
}
"""The looks of `verdicts`: they differ in shape too."""
REPORTED, SAME, OTHER = (
    Mark("#12436d", "D", size=7),
    Mark(MUTED, "o", filled=False, size=5),
    Mark("#bf5300", "X", size=7),
)
"""The looks of `other_choices`: the reported analysis, and choices with the same or another verdict."""


@dataclass(frozen=True, slots=True)
class _Estimates:
    """The table as it is drawn, one entry for each of its rows."""

    grid: Grid
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    tones: list[str]
    undefined: list[str]

    @property
    def bounded(self) -> NDArray[np.bool_]:
        """Which entries have an interval, be it an endless one."""
        return np.asarray(~(np.isnan(self.lower) | np.isnan(self.upper)))

    @property
    def names(self) -> list[str]:
        """What each entry is called in a sentence."""
        grid = self.grid
        if len(grid.series) < 2:
            return [grid.labels[row] for row in grid.row]
        return [
            _("{series} on {label}").format(series=grid.series[column], label=grid.labels[row])
            for row, column in zip(grid.row, grid.column, strict=True)
        ]


def _read(data: pd.DataFrame) -> _Estimates:
    check_columns(data, _INTERVALS)
    estimate = numbers_of(data, "estimate")
    hidden = np.isnan(estimate)
    lower, upper = (np.where(hidden, np.nan, numbers_of(data, name)) for name in ("ci_lower", "ci_upper"))
    tones = _tones(data, TONES, "unclear") if "tone" in data.columns else []
    return _Estimates(read_grid(data), estimate, lower, upper, tones, texts_of(data, "undefined"))


def _tones(data: pd.DataFrame, known: Collection[str], default: str) -> list[str]:
    tones = [tone or default for tone in texts_of(data, "tone")]
    for row, tone in enumerate(tones):
        if tone not in known:
            raise OptionError(
                f"A `tone` must be one of {', '.join(known)}. Given: {tone!r} in row {row + 1}. {nearest(tone, known)}"
            )
    return tones


def _written(estimate: float, lower: float, upper: float, decimals: int = 1, undefined: str = "") -> str:
    """An estimate and its interval, as they stand at the right."""
    if np.isnan(estimate):
        return undefined or _("not shown")
    if not (np.isfinite(lower) and np.isfinite(upper)):
        return number(estimate, decimals)
    return _("{estimate} ({lower} to {upper})").format(
        estimate=number(estimate, decimals), lower=number(lower, decimals), upper=number(upper, decimals)
    )


@drawing
def intervals(
    data: pd.DataFrame,
    *,
    reference: float | None = None,
    limits: tuple[float, float] | None = None,
    xlabel: str = "",
    unit_decimals: int = 1,
    sides: tuple[str, str] | None = None,
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Picture:
    """Draw estimates with their intervals, one row per label, and write both at the right.

    Parameters
    ----------
    data : DataFrame
        One row per estimate, with the columns `label`, `estimate`, `ci_lower` and `ci_upper`; if there are
        several factors `group`; if a label has more than one estimate `series`; and if colours are to say
        which side is higher `tone` ("client_higher", "partner_higher", "alike" or "unclear"). NaN is withheld, or what
        the column `undefined` says instead; an interval may be so without the estimate.
    reference : float, optional
        A line down: 0 for differences, .70 for alpha.
    limits : (float, float), optional
        The axis; by default round numbers around all that is drawn. What lies beyond is an arrow at its end; the
        number at the right is complete all the same.
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
    >>> data = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "estimate": [.88, .81], "ci_lower": [.84, .75], "ci_upper": [.91, .86],
    ... })
    >>> ax = intervals(data, reference=.70, unit_decimals=2)
    >>> [text.get_text() for text in ax.texts][-2:]
    ['0.88 (0.84 to 0.91)', '0.81 (0.75 to 0.86)']
    """
    table = _read(data)
    estimate, lower, upper, grid = table.estimate, table.lower, table.upper, table.grid
    if not np.isfinite(estimate).any():
        return nothing(ax)
    if limits is not None:
        check_limits(limits)
    written = [
        _written(value, low, high, unit_decimals, undefined)
        for value, low, high, undefined in zip(estimate, lower, upper, table.undefined, strict=True)
    ]
    marks, key = _marks(table, _side_names(sides))
    n_series = max(len(grid.series), 1)
    frame = row_frame(
        ax, grid.groups, grid.labels, limits=limits, around=np.concatenate([estimate, lower, upper]), xlabel=xlabel,
        row_height=ROW if n_series == 1 else 0.1 + _LINE * n_series, right=max(map(text_width, written)) + 0.2,
        width=width, key=key, line=reference,
        line_text=None if reference is None else _reference_text(reference, unit_decimals),
    )  # fmt: skip
    low, high = frame.picture.x_limits
    y = frame.y[list(grid.row)] + (np.array(grid.column) - (n_series - 1) / 2) * _LINE
    for mark in dict.fromkeys(marks):
        chosen = np.array([other is mark for other in marks])
        bars = chosen & table.bounded
        frame.picture.bars(y[bars], np.clip(lower[bars], low, high), np.clip(upper[bars], low, high), mark.color, 1.8)
        below = chosen & ((estimate < low) | (bars & (lower < low)))
        above = chosen & ((estimate > high) | (bars & (upper > high)))
        for beyond, end, arrow in ((below, low, "<"), (above, high, ">")):
            frame.picture.marks(np.full(int(beyond.sum()), end), y[beyond], Mark(mark.color, arrow, size=6))
        inside = chosen & (estimate >= low) & (estimate <= high)
        frame.picture.marks(estimate[inside], y[inside], mark)
    frame.write_column(written, y)
    for row, (at, series) in enumerate(zip(grid.row, grid.column, strict=True)):
        if np.isfinite(estimate[row]):
            ends = [lower[row], upper[row]] if table.bounded[row] else [estimate[row]]
            corners = [(float(np.clip(end, low, high)), float(y[row])) for end in ends]
            frame.picture.say(corners, written[row], grid.groups[at], grid.labels[at], grid.series[series])
    return frame.picture


def _reference_text(reference: float, decimals: int) -> str:
    """The reference as the estimates are written; a whole number without decimals."""
    return bound(reference) if float(reference).is_integer() else number(reference, decimals)


def _side_names(sides: tuple[str, str] | None) -> tuple[str, str]:
    return (_("Client"), _("Partner")) if sides is None else (clean(sides[0]), clean(sides[1]))


def _marks(table: _Estimates, sides: tuple[str, str]) -> tuple[list[Mark], KeyEntries]:
    """The mark of each entry, and the key: by series, else by tone, else all alike and no key."""
    series = table.grid.series
    if len(series) > 1:
        return [mark_of(column) for column in table.grid.column], [(mark_of(s), name) for s, name in enumerate(series)]
    if table.tones:
        words = [
            *(_("{side} higher, for certain").format(side=side) for side in sides),
            _("Alike, or nearly"),
            _("Unclear: these answers cannot tell"),
        ]
        key = [(mark, text) for (tone, mark), text in zip(TONES.items(), words, strict=True) if tone in table.tones]
        return [TONES[tone] for tone in table.tones], key
    return [PLAIN] * len(table.estimate), []


@intervals.set_alt
def intervals_alt(
    data: pd.DataFrame, *, reference: float | None = None, unit_decimals: int = 1, sides: tuple[str, str] | None = None
) -> str:
    """Say what `intervals` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "estimate": [.88, .75], "ci_lower": [.84, .68], "ci_upper": [.91, .82],
    ... })
    >>> print(intervals_alt(data, reference=.70, unit_decimals=2))
    Chart of 2 estimates with their intervals.
    The values run from 0.75 (Equality) to 0.88 (Openness).
    Intervals entirely above 0.70: 1; entirely below: 0; around it: 1.
    """
    table = _read(data)
    if not np.isfinite(table.estimate).any():
        return nothing_text()
    count = len(table.estimate)
    opening = ngettext(
        "Chart of {count} estimate with its interval.", "Chart of {count} estimates with their intervals.", count
    ).format(count=count)
    compared = ""
    if table.tones:
        shown = [tone for tone, value in zip(table.tones, table.estimate, strict=True) if not np.isnan(value)]
        first, second = _side_names(sides)
        compared = _(
            "{first} higher, for certain: {n_first}; {second} higher, for certain: {n_second}; alike, or nearly: {alike}; unclear: {unclear}."
        ).format(
            first=first,
            second=second,
            n_first=shown.count("client_higher"),
            n_second=shown.count("partner_higher"),
            alike=shown.count("alike"),
            unclear=shown.count("unclear"),
        )
    elif reference is not None:
        above, below = int((table.lower > reference).sum()), int((table.upper < reference).sum())
        around = int(table.bounded.sum()) - above - below
        compared = _(
            "Intervals entirely above {reference}: {above}; entirely below: {below}; around it: {around}."
        ).format(reference=_reference_text(reference, unit_decimals), above=above, below=below, around=around)
    return sentences(
        opening,
        range_sentence(table.names, table.estimate, unit_decimals),
        compared,
        counts_sentence(table.estimate[[not why for why in table.undefined]]),
    )


@drawing
def loadings_intervals(
    data: pd.DataFrame,
    *,
    reference: float | None = 0.0,
    limits: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Picture:
    """Draw loadings with their intervals, one heading per factor.

    Parameters
    ----------
    data : DataFrame
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
    >>> data = pd.DataFrame(
    ...     {"item": ["plans"], "factor": ["F1"], "loading": [.7], "ci_lower": [.6], "ci_upper": [.8]})
    >>> loadings_intervals(data).texts[-1].get_text()
    '0.70 (0.60 to 0.80)'
    """
    return intervals.compose(
        _as_intervals(data), reference=reference, limits=limits, xlabel=_("Loading"), unit_decimals=2, ax=ax
    )


@loadings_intervals.set_alt
def loadings_intervals_alt(data: pd.DataFrame, *, reference: float | None = 0.0) -> str:
    """Say what `loadings_intervals` shows."""
    return intervals.alt(_as_intervals(data), reference=reference, unit_decimals=2)


def _as_intervals(data: pd.DataFrame) -> pd.DataFrame:
    check_columns(data, _LOADINGS)
    return data[list(_LOADINGS)].rename(columns={"item": "label", "factor": "group", "loading": "estimate"})


@drawing
def verdicts(
    data: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Picture:
    """Draw scores with their intervals against a threshold, one row per score, and write both at the right.

    Parameters
    ----------
    data : DataFrame
        One row per score, with the columns `label`, `estimate`, `ci_lower`, `ci_upper` and `tone` ("reached",
        "not_reached", "cannot_tell", "no_verdict"), and, if there are headings, `group`. NaN is withheld.
    threshold : float, optional
        A line down.
    limits : (float, float)
        The ends of the answer scale: the axis, whatever the data are.
    width : float
        Of a figure of its own, in inches; long labels make it wider.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "estimate": [8.9, 7.1], "ci_lower": [8.6, 6.8], "ci_upper": [9.2, 7.4],
    ...     "tone": ["reached", "not_reached"],
    ... })
    >>> ax = verdicts(data, threshold=8.5)
    >>> [text.get_text() for text in ax.texts][-2:]
    ['8.9 (8.6 to 9.2)', '7.1 (6.8 to 7.4)']
    """
    check_columns(data, _VERDICTS)
    estimate, lower, upper = (numbers_of(data, name) for name in _VERDICTS[1:4])
    tones = np.array(_tones(data, STATES, "no_verdict"), dtype=object)
    if not np.isfinite(estimate).any():
        return nothing(ax)
    check_on_axis(estimate, limits)
    written = [_written(*values) for values in zip(estimate, lower, upper, strict=True)]
    words = {
        "reached": _("reached"),
        "not_reached": _("not reached"),
        "cannot_tell": _("unclear"),
        "no_verdict": _("no verdict: too few persons"),
    }
    shown = set(tones[~np.isnan(estimate)])
    frame = row_frame(
        ax, texts_of(data, "group"), texts_of(data, "label"), limits=limits, xlabel=scale_label(limits), width=width,
        right=max(map(text_width, written)) + 0.2, line=threshold,
        key=[(mark, words[state]) for state, mark in STATES.items() if state in shown],
    )  # fmt: skip
    for state, mark in STATES.items():
        chosen = (tones == state) & ~np.isnan(estimate)
        bars = chosen & ~np.isnan(lower + upper)
        frame.picture.bars(frame.y[bars], np.clip(lower[bars], *limits), np.clip(upper[bars], *limits), mark.color, 1.8)
        frame.picture.marks(estimate[chosen], frame.y[chosen], mark)
    frame.write_column(written)
    for row, names in enumerate(zip(texts_of(data, "group"), texts_of(data, "label"), strict=True)):
        if not np.isnan(estimate[row]):
            ends = [estimate[row]] if np.isnan(lower[row] + upper[row]) else [lower[row], upper[row]]
            corners = [(float(np.clip(end, *limits)), float(frame.y[row])) for end in ends]
            frame.picture.say(corners, f"{written[row]}, {words[tones[row]]}", *names)
    return frame.picture


@verdicts.set_alt
def verdicts_alt(data: pd.DataFrame, *, threshold: float | None = None) -> str:
    """Say what `verdicts` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "estimate": [8.9, 7.1], "ci_lower": [8.6, 6.8], "ci_upper": [9.2, 7.4],
    ...     "tone": ["reached", "not_reached"],
    ... })
    >>> print(verdicts_alt(data, threshold=8.5))
    Chart of 2 scores with their intervals against the threshold of 8.5.
    Reached: 1; not reached: 1; unclear: 0; without a verdict: 0.
    The values run from 7.1 (Equality) to 8.9 (Openness).
    """
    check_columns(data, _VERDICTS)
    estimate = numbers_of(data, "estimate")
    if not np.isfinite(estimate).any():
        return nothing_text()
    tones = [
        "no_verdict" if np.isnan(value) else tone
        for tone, value in zip(_tones(data, STATES, "no_verdict"), estimate, strict=True)
    ]
    count = len(estimate)
    opening = (
        ngettext(
            "Chart of {count} score with its interval.", "Chart of {count} scores with their intervals.", count
        ).format(count=count)
        if threshold is None
        else ngettext(
            "Chart of {count} score with its interval against the threshold of {threshold}.",
            "Chart of {count} scores with their intervals against the threshold of {threshold}.",
            count,
        ).format(count=count, threshold=bound(threshold))
    )
    states = _(
        "Reached: {reached}; not reached: {not_reached}; unclear: {cannot_tell}; without a verdict: {no_verdict}."
    ).format(**{state: tones.count(state) for state in STATES})
    names = [
        _("{series} on {label}").format(series=group, label=label) if group else label
        for group, label in zip(texts_of(data, "group"), texts_of(data, "label"), strict=True)
    ]
    return sentences(opening, states, range_sentence(names, estimate))


@drawing
def other_choices(
    data: pd.DataFrame, *, reference: float | None = None, xlabel: str = "", ax: Axes | None = None
) -> Picture:
    """Draw the number behind each verdict under each choice of analysis; at the right, how often the verdict holds.

    Parameters
    ----------
    data : DataFrame
        One row per verdict and choice, with the columns `label`, `estimate`, `holds` (the same verdict), `usual` (the
        analysis that is reported, not one of the choices), and if there are headings `group`, if there are intervals
        `ci_lower` and `ci_upper` (drawn of the usual analysis).
    reference : float, optional
        A line down.
    xlabel : str
        What the axis is called.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": "Openness", "estimate": [7.5, 7.4, 8.1], "holds": [True, True, False], "usual": [True, False, False],
    ... })
    >>> other_choices(data, reference=8.5).texts[-1].get_text()
    '1 of 2'
    """
    check_columns(data, _CHOICES)
    estimate, lower, upper = (numbers_of(data, name) for name in ("estimate", "ci_lower", "ci_upper"))
    holds, usual = data["holds"].to_numpy(dtype=bool), data["usual"].to_numpy(dtype=bool)
    if not np.isfinite(estimate).any() or usual.all():
        return nothing(ax)
    names, row = positions(texts_of(data, "group"), texts_of(data, "label"))
    counted = [~usual & (row == place) for place in range(len(names))]
    written = [_("{hold} of {n}").format(hold=int(holds[others].sum()), n=int(others.sum())) for others in counted]
    frame = row_frame(
        ax, [group for group, _label in names], [label for _group, label in names], xlabel=xlabel, row_height=0.3,
        around=np.concatenate([estimate, lower, upper]), right=max(0.6, *(text_width(text) + 0.2 for text in written)),
        line=reference, line_text=None if reference is None else bound(reference),
        key=[
            (REPORTED, _("as reported")),
            (SAME, _("another choice, same verdict")),
            (OTHER, _("another choice, other verdict")),
        ],
    )  # fmt: skip
    y = frame.y[row]
    bars = usual & ~np.isnan(lower + upper)
    frame.picture.bars(y[bars], lower[bars], upper[bars], REPORTED.color, 1.8)
    beside = y + np.resize(_BESIDE, len(y))
    frame.picture.marks(estimate[~usual & holds], beside[~usual & holds], SAME)
    frame.picture.marks(estimate[~usual & ~holds], beside[~usual & ~holds], OTHER)
    frame.picture.marks(estimate[usual], y[usual], REPORTED)
    frame.write_column(written)
    return frame.picture


@other_choices.set_alt
def other_choices_alt(data: pd.DataFrame, *, reference: float | None = None) -> str:
    """Say what `other_choices` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": "Openness", "estimate": [7.5, 7.4, 8.1], "holds": [True, True, False], "usual": [True, False, False],
    ... })
    >>> other_choices_alt(data, reference=8.5)
    'Chart of 1 verdict under other choices, against 8.5. Openness: 7.5 as reported, 7.4 to 8.1 under other choices, same verdict in 1 of 2.'
    """
    check_columns(data, _CHOICES)
    estimate = numbers_of(data, "estimate")
    holds, usual = data["holds"].to_numpy(dtype=bool), data["usual"].to_numpy(dtype=bool)
    if not np.isfinite(estimate).any() or usual.all():
        return nothing_text()
    names, row = positions(texts_of(data, "group"), texts_of(data, "label"))
    texts = [
        ngettext(
            "Chart of {count} verdict under other choices, against {reference}.",
            "Chart of {count} verdicts under other choices, against {reference}.",
            len(names),
        ).format(count=len(names), reference="–" if reference is None else bound(reference))
    ]
    for place, (group, label) in enumerate(names):
        others = (row == place) & ~usual
        texts.append(
            _(
                "{name}: {usual} as reported, {low} to {high} under other choices, same verdict in {hold} of {n}."
            ).format(
                name=f"{label}, {group}" if group else label,
                usual=number(estimate[(row == place) & usual][0]),
                low=number(np.nanmin(estimate[others])),
                high=number(np.nanmax(estimate[others])),
                hold=int(holds[others].sum()),
                n=int(others.sum()),
            )
        )
    return sentences(*texts)
