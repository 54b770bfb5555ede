"""Bars, one row for each: counts, shares of low, middle and high answers, importance, and the parts of a difference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import BODY, SMALL, listed, number, percent, text_height, text_width
from hpp_analysis.plots.parts.picture import UPPER_LEFT, Lines, Picture, Place, Shapes, Text, box, nothing
from hpp_analysis.plots.parts.row_frame import EDGE, KeyEntries, Rows, lay_rows, row_frame, write_labels
from hpp_analysis.plots.parts.style import (
    GRID,
    INK,
    LEAST_AXIS,
    LINK,
    MUTED,
    NEUTRAL,
    PLAIN,
    WIDTH,
    Mark,
    fit_width,
    mark_of,
    nothing_text,
    round_ticks,
    scale_ticks,
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

_BARS, _STACKS, _IMPORTANCE = ("label", "n"), ("label", "low", "middle", "high"), ("label", "importance")
_WATERFALL = ("group", "label", "value", "total")
_BAR = 0.17  # inches between two bars of one label
_HIGHER, _LOWER, _TOTAL = "#7da3c4", "#e59b62", INK
_LEADING, _REST = Mark("#5b84b1", "s"), Mark(NEUTRAL.color, "s", filled=False)
"""The looks of `importance`: the first tier is light enough for an interval to show on it (3.9:1 on white)."""

BANDS = (("#bf5300", "white"), ("#dde2e7", INK), ("#12436d", "white"))
"""Ground and letters of low, middle and high: told apart in grey by their order and by the light middle."""
_STACK, _SAMPLE, _SPACING = 0.165, 0.28, 0.3  # inches: a bar; in the key, a ground and the space after a name
_PERSONS, _TITLE, _BETWEEN = 0.42, 0.24, 0.16  # inches: number of persons, name of a panel, between panels
_MOST_PANELS = 2


@drawing
def bars(data: pd.DataFrame, *, xlabel: str = "", ax: Axes | None = None) -> Picture:
    """Draw a bar per count, with its number at its end.

    Parameters
    ----------
    data : DataFrame
        One row per label and series, with the columns `label` and `n`, if there is more than one count of a
        label `series`, and if labels are grouped `group`. NaN is withheld. All stand in order of appearance.
    xlabel : str
        What is counted.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs. Axes of yours need about 3.4
        inches of room at their left for the labels.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({"label": ["Supplier A"] * 2, "series": ["Client", "Partner"], "n": [12, 31]})
    >>> [text.get_text() for text in bars(data, xlabel="Persons").texts][-2:]
    ['12', '31']
    """
    check_columns(data, _BARS)
    grid = read_grid(data)
    counts = grid.fill(numbers_of(data, "n"))
    if not np.isfinite(counts).any():
        return nothing(ax)
    check_on_axis(counts, (0, float(np.finfo(float).max)))
    several = len(grid.series) > 1
    looks = [replace(mark_of(s), marker="s", size=8) for s in range(len(grid.series))] if several else [PLAIN]
    ticks = round_ticks(0, max(float(np.nanmax(counts)), 1.0), 6, whole=True)
    frame = row_frame(
        ax, grid.groups, grid.labels, limits=(0, ticks[-1]), ticks=ticks, xlabel=xlabel,
        row_height=0.12 + _BAR * len(looks), right=0.4,
        key=[(mark, name) for mark, name in zip(looks, grid.series, strict=True) if name and several],
    )  # fmt: skip
    picture, half = frame.picture, _BAR / 2 - 0.02
    for s, look in enumerate(looks):
        heights = frame.y + (s - (len(looks) - 1) / 2) * _BAR
        drawn = [
            box(0, y - half, value, y + half) for y, value in zip(heights, counts[:, s], strict=True) if value >= 0
        ]
        picture.add(Shapes(drawn, [look.color if look.filled else "#ffffff"] * len(drawn), look.color, 1.2))
        for place in np.flatnonzero(grid.present[:, s]):
            value, y, at = float(counts[place, s]), float(heights[place]), Place(shift=5)
            if np.isnan(value):
                picture.add(Text(0, y, _("not shown"), MUTED, italic=True, place=at))
            else:
                picture.add(Text(value, y, number(value, 0), look.color, place=at))
                corners = [(0.0, y - half), (value, y + half)]
                picture.say(corners, number(value, 0), grid.groups[place], grid.labels[place], grid.series[s])
    return picture


@bars.set_alt
def bars_alt(data: pd.DataFrame) -> str:
    """Say what `bars` shows.

    Examples
    --------
    >>> data = pd.DataFrame({"label": ["Supplier A"] * 2, "series": ["Client", "Partner"], "n": [12, 31]})
    >>> print(bars_alt(data))
    Bar chart with 2 bars. The values run from 12 (Client, Supplier A) to 31 (Partner, Supplier A).
    """
    check_columns(data, _BARS)
    counts = numbers_of(data, "n")
    if not np.isfinite(counts).any():
        return nothing_text()
    grid = read_grid(data)
    names = [
        _("{series}, {label}").format(series=grid.series[s], label=grid.labels[row])
        if len(grid.series) > 1
        else grid.labels[row]
        for row, s in zip(grid.row, grid.column, strict=True)
    ]
    opening = ngettext("Bar chart with {count} bar.", "Bar chart with {count} bars.", len(counts)).format(
        count=len(counts)
    )
    return sentences(opening, range_sentence(names, counts, 0), counts_sentence(counts))


@drawing
def stacks(
    data: pd.DataFrame, *, names: tuple[str, str, str] | None = None, width: float = WIDTH, ax: Axes | None = None
) -> Picture:
    """Draw low, middle and high answers as a bar per characteristic, centred on the middle of the middle answers.

    Parameters
    ----------
    data : DataFrame
        One row per label and series, with the columns `label` and the shares `low`, `middle` and `high` (0 to 1), and
        if there are such `series` (a panel each, at most two), `group` and `n` (persons). NaN is withheld; a series of
        which everything is withheld gets no panel.
    names : (str, str, str), optional
        What the three bands are called.
    width : float
        Of a figure of its own with one panel, in inches; long labels and a second panel make it wider.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs. The axes count in inches.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balance of power", "Equal say"], "low": [.10, .25], "middle": [.6, .5],
    ...     "high": [.3, .25], "n": [40, 41],
    ... })
    >>> "25%" in [text.get_text() for text in stacks(data).texts]
    True
    """
    names = names or _band_names()
    check_columns(data, _STACKS)
    grid = read_grid(data)
    shares = np.stack([grid.fill(numbers_of(data, band)) for band in _STACKS[1:]], axis=-1)
    persons = grid.fill(numbers_of(data, "n"))
    panels = [s for s in range(len(grid.series)) if np.isfinite(shares[:, s]).all(axis=-1).any()][:_MOST_PANELS]
    if not panels:
        return nothing(ax)
    check_on_axis(shares.ravel(), (0, 1))
    rows = lay_rows(grid.groups, grid.labels)
    left = rows.label_width + 0.2
    counted = bool(np.isfinite(persons[:, panels]).any())
    titles = _TITLE if counted or any(grid.series[s] for s in panels) else 0.0
    key_width = sum(_SAMPLE + text_width(name, BODY) + _SPACING for name in names) + 2 * EDGE
    needed = WIDTH if len(panels) > 1 else left + 2 * EDGE + _PERSONS + LEAST_AXIS
    width, top = fit_width(max(width, key_width), needed), text_height("", BODY) + 0.14 + titles
    picture = Picture(
        ax, width, rows.height + top + 0.08, left=left + EDGE, right=_PERSONS + EDGE, top=top, bottom=0.08
    )
    picture.x_limits = (0.0, picture.axis_width)
    write_labels(picture, rows, left)
    _draw_band_names(picture, names, -left, titles + text_height("", BODY) / 2 + 0.06)
    between = _PERSONS + _BETWEEN
    wide = (picture.axis_width - (len(panels) - 1) * between) / len(panels)
    low, high = _reach(shares[:, panels])
    for place, s in enumerate(panels):
        start = place * (wide + between)
        picture.add(Lines([((start, y), (start + wide, y)) for y in rows.y.tolist()], GRID, 0.8))
        if titles:
            picture.add(Text(start, 0.06, grid.series[s], size=BODY, bold=True, rise="bottom", place=UPPER_LEFT))
        if counted:
            heading = Text(
                start + wide + _PERSONS, 0.06, _("Persons"), MUTED, align="right", rise="bottom", place=UPPER_LEFT
            )
            picture.add(heading)
        middle = start + low / (low + high) * wide
        x = middle + _bounds(shares[:, s]) / (low + high) * wide
        shown = np.isfinite(x).all(axis=1)
        _draw_stacks(picture, rows, np.flatnonzero(shown), x, shares[:, s], middle)
        for row in np.flatnonzero(shown):
            parts = [f"{name} {percent(share)}" for name, share in zip(names, shares[row, s], strict=True)]
            y, half = float(rows.y[row]), _STACK / 2
            corners = [(float(x[row, 0]), y - half), (float(x[row, -1]), y + half)]
            picture.say(corners, ", ".join(parts), grid.groups[row], grid.labels[row], grid.series[s])
        for row in np.flatnonzero(shown & np.isfinite(persons[:, s])):
            count = number(float(persons[row, s]), 0)
            picture.add(Text(start + wide + _PERSONS, float(rows.y[row]), count, MUTED, align="right"))
        for row in np.flatnonzero(grid.present[:, s] & ~shown):
            picture.add(Text(middle, float(rows.y[row]), _("not shown"), MUTED, align="center", italic=True))
    return picture


def _band_names() -> tuple[str, str, str]:
    return _("Low"), _("Middle"), _("High")


def _bounds(shares: FloatArray) -> FloatArray:
    """The four ends of the three bands of each row, counted from the middle of the middle band."""
    low, middle, high = shares.T
    return np.stack([-low - middle / 2, -middle / 2, middle / 2, middle / 2 + high], axis=-1)


def _reach(shares: FloatArray) -> tuple[float, float]:
    """How far bars go to the left and to the right of the centre, the same in each panel."""
    half = shares[..., 1] / 2
    left, right = float(np.nanmax(shares[..., 0] + half)), float(np.nanmax(shares[..., 2] + half))
    return max(left, 0.1) * 1.02, max(right, 0.1) * 1.02


def _draw_band_names(picture: Picture, names: tuple[str, str, str], x: float, level: float) -> None:
    """The three grounds and what they mean, at the top of the figure."""
    for (ground, _letters), name in zip(BANDS, names, strict=True):
        picture.add(Shapes([box(x, level - 0.065, x + 0.2, level + 0.065)], [ground], place=UPPER_LEFT))
        picture.add(Text(x + _SAMPLE, level, name, size=BODY, place=UPPER_LEFT))
        x += _SAMPLE + text_width(name, BODY) + _SPACING


def _draw_stacks(
    picture: Picture, rows: Rows, shown: NDArray[np.intp], x: FloatArray, shares: FloatArray, middle: float
) -> None:
    """The bars of one panel with their numbers; `x` is rows x the four ends of the bands, in inches."""
    half, size = _STACK / 2, SMALL - 1
    cells = [(int(row), float(rows.y[row]), band) for band in range(3) for row in shown]
    corners = [box(float(x[row, band]), y - half, float(x[row, band + 1]), y + half) for row, y, band in cells]
    picture.add(Shapes(corners, [BANDS[band][0] for _row, _y, band in cells]))
    picture.add(Lines([((middle, 0.0), (middle, rows.height))], "#ffffff", 0.8))
    for row, y, band in cells:
        start, end, text = float(x[row, band]), float(x[row, band + 1]), percent(shares[row, band])
        if end - start >= text_width(text, size) + 0.05:
            picture.add(Text((start + end) / 2, y, text, BANDS[band][1], size, align="center"))


@stacks.set_alt
def stacks_alt(data: pd.DataFrame, *, names: tuple[str, str, str] | None = None) -> str:
    """Say what `stacks` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Balance of power", "Equal say"], "low": [.10, .25], "middle": [.6, .5], "high": [.3, .25],
    ... })
    >>> print(stacks_alt(data))
    Stacked bars of low, middle and high answers to 2 characteristics.
    Low runs from 10% (Balance of power) to 25% (Equal say); High from 25% (Equal say) to 30% (Balance of power).
    """
    check_columns(data, _STACKS)
    grid = read_grid(data)
    known = np.isfinite(np.stack([numbers_of(data, band) for band in _STACKS[1:]])).all(axis=0)
    low, high = (np.where(known, numbers_of(data, band), np.nan) for band in ("low", "high"))
    if not known.any():
        return nothing_text()
    hidden = counts_sentence(low)
    low, high = grid.fill(low), grid.fill(high)
    texts = [
        ngettext(
            "Stacked bars of low, middle and high answers to {count} characteristic.",
            "Stacked bars of low, middle and high answers to {count} characteristics.",
            len(grid.labels),
        ).format(count=len(grid.labels))
    ]
    names = names or _band_names()
    for s, series in enumerate(grid.series):
        if not np.isfinite(low[:, s]).any():
            texts.append(_("{series}: not shown.").format(series=series))
            continue
        ends = {"low": names[0], "high": names[2]} | _ends(low[:, s], grid, "l") | _ends(high[:, s], grid, "h")
        sentence = _(
            "{low} runs from {l_min} ({l_min_name}) to {l_max} ({l_max_name}); {high} from {h_min} ({h_min_name}) to "
            "{h_max} ({h_max_name})."
        ).format(**ends)
        texts.append(_("{series}: {sentence}").format(series=series, sentence=sentence) if series else sentence)
    return sentences(*texts, hidden)


def _ends(values: FloatArray, grid: Grid, letter: str) -> dict[str, str]:
    least, most = int(np.nanargmin(values)), int(np.nanargmax(values))
    return {
        f"{letter}_min": percent(values[least]),
        f"{letter}_min_name": grid.labels[least],
        f"{letter}_max": percent(values[most]),
        f"{letter}_max_name": grid.labels[most],
    }


@drawing
def importance(data: pd.DataFrame, *, ax: Axes | None = None) -> Picture:
    """Draw a bar per predictor with its interval; beside it the share of samples in which it is the first.

    Parameters
    ----------
    data : DataFrame
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
    >>> data = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "importance": [.30, .12], "ci_lower": [.24, .08],
    ...     "ci_upper": [.36, .17], "p_first": [1.0, 0.0], "tier": [1, 2],
    ... })
    >>> [text.get_text() for text in importance(data).texts][-2:]
    ['100%', '0%']
    """
    check_columns(data, _IMPORTANCE)
    value, lower, upper = (numbers_of(data, name) for name in ("importance", "ci_lower", "ci_upper"))
    if not np.isfinite(value).any():
        return nothing(ax)
    first = numbers_of(data, "p_first")
    leading = np.asarray(numbers_of(data, "tier") == 1.0)
    key: KeyEntries = [(_LEADING, _("Cannot be told apart from the first"))] if leading.any() else []
    if leading.any() and not leading.all():
        key = [*key, (_REST, _("Clearly less important"))]
    heading = _("First") if np.isfinite(first).any() else ""
    largest = float(np.nanmax([value, upper]))
    step = 0.05 if largest <= 0.4 else 0.1
    limits = (0.0, float(min(np.ceil(largest / step - 1e-9) * step, 1.0)) or step)
    frame = row_frame(
        ax, texts_of(data, "group"), texts_of(data, "label"), limits=limits, ticks=scale_ticks(limits),
        xlabel=_("Share of the variance of the outcome"), row_height=0.29, key=key, heading=heading,
        right=max(text_width(heading), text_width("100%")) + 0.15 if heading else 0.1,
    )  # fmt: skip
    picture, half = frame.picture, 0.075
    for mark, chosen in ((_LEADING, leading), (_REST, ~leading)):
        drawn = [
            box(0, y - half, x, y + half)
            for x, y in zip(value[chosen].tolist(), frame.y[chosen].tolist(), strict=True)
            if np.isfinite(x)
        ]
        picture.add(Shapes(drawn, [mark.color if mark.filled else "#ffffff"] * len(drawn), mark.color, 0.8))
    both = np.isfinite(lower + upper)
    low, high = np.clip(lower[both], *limits), np.clip(upper[both], *limits)
    picture.bars(frame.y[both], low, high, INK, 1.4)
    picture.marks(np.concatenate([low, high]), np.tile(frame.y[both], 2), Mark(INK, "|", size=6))
    if heading:
        frame.write_column("" if np.isnan(share) else percent(share) for share in first)
    for row, row_names in enumerate(zip(texts_of(data, "group"), texts_of(data, "label"), strict=True)):
        if np.isfinite(value[row]):
            y = float(frame.y[row])
            picture.say([(0.0, y - half), (float(value[row]), y + half)], percent(value[row]), *row_names)
    return picture


@importance.set_alt
def importance_alt(data: pd.DataFrame) -> str:
    """Say what `importance` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "importance": [.30, .12], "p_first": [1.0, 0.0], "tier": [1, 2],
    ... })
    >>> print(importance_alt(data))
    Chart of the importance of 2 predictors.
    The values run from 0.12 (Equality) to 0.30 (Openness).
    Cannot be told apart from the first: Openness (first in 100% of the samples).
    """
    check_columns(data, _IMPORTANCE)
    value, first, labels = numbers_of(data, "importance"), numbers_of(data, "p_first"), texts_of(data, "label")
    if not np.isfinite(value).any():
        return nothing_text()
    opening = ngettext(
        "Chart of the importance of {count} predictor.", "Chart of the importance of {count} predictors.", len(labels)
    ).format(count=len(labels))
    names = [
        _("{name} (first in {share} of the samples)").format(name=labels[place], share=percent(first[place]))
        for place in np.flatnonzero((numbers_of(data, "tier") == 1.0) & np.isfinite(first))
    ]
    leading = _("Cannot be told apart from the first: {names}.").format(names="; ".join(names)) if names else ""
    return sentences(opening, range_sentence(labels, value, 2), leading)


@drawing
def waterfall(data: pd.DataFrame, *, xlabel: str = "", ax: Axes | None = None) -> Picture:
    """Draw the parts of each difference as bars, each of which begins where the one before ended.

    Parameters
    ----------
    data : DataFrame
        One row per part, with the columns `group` (whose difference it is), `label` (of the part), `value`, and `total`
        (whether it is the whole: its bar begins at 0). In order.
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
    ...     "group": "Openness", "label": ["Roles", "Rest", "Gap"], "value": [.2, .5, .7], "total": [False, False, True],
    ... })
    >>> [text.get_text() for text in waterfall(data).texts][-3:]
    ['+0.20', '+0.50', '+0.70']
    """
    check_columns(data, _WATERFALL)
    values, total = numbers_of(data, "value"), data["total"].to_numpy(dtype=bool)
    groups, labels = texts_of(data, "group"), texts_of(data, "label")
    if not np.isfinite(values).any():
        return nothing(ax)
    start = _starts(groups, values, total)
    end = start + values
    written = [_signed(value) for value in values]
    frame = row_frame(
        ax, groups, labels, around=np.concatenate([start, end, [0.0]]), xlabel=xlabel,
        right=max(0.6, max(map(text_width, written)) + 0.2),
    )  # fmt: skip
    picture, y = frame.picture, frame.y.tolist()
    picture.down([0.0], MUTED, 1.1)
    joins = [
        ((float(end[place]), y[place]), (float(end[place]), y[place + 1]))
        for place in range(len(y) - 1)
        if groups[place + 1] == groups[place]
    ]
    picture.add(Lines(joins, LINK, 0.8))
    fills = [_TOTAL if whole else _HIGHER if value >= 0 else _LOWER for whole, value in zip(total, values, strict=True)]
    corners = [box(a, at - 0.08, b, at + 0.08) for a, b, at in zip(start.tolist(), end.tolist(), y, strict=True)]
    picture.add(Shapes(corners, fills, INK, 0.6))
    frame.write_column(written, bold=total)
    return picture


def _starts(groups: list[str], values: FloatArray, total: NDArray[np.bool_]) -> FloatArray:
    """Where each bar begins."""
    starts, end, group_before = np.zeros(len(values)), 0.0, None
    for place, group in enumerate(groups):
        end = 0.0 if group != group_before else end
        starts[place] = 0.0 if total[place] else end
        end += 0.0 if total[place] else values[place]
        group_before = group
    return starts


def _signed(value: float) -> str:
    text = number(value, 2)
    return f"+{text}" if value > 0 and any(digit in "123456789" for digit in text) else text


@waterfall.set_alt
def waterfall_alt(data: pd.DataFrame) -> str:
    """Say what `waterfall` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "group": "Openness", "label": ["Roles", "Rest", "Gap"], "value": [.2, .5, .7], "total": [False, False, True],
    ... })
    >>> waterfall_alt(data)
    'Bars: 1 difference and its parts. Openness: Roles +0.20 and Rest +0.50 make +0.70.'
    """
    check_columns(data, _WATERFALL)
    groups = texts_of(data, "group")
    names = list(dict.fromkeys(groups))
    texts = [
        ngettext(
            "Bars: {count} difference and its parts.", "Bars: {count} differences and their parts.", len(names)
        ).format(count=len(names))
    ]
    for name in names:
        rows = data[[group == name for group in groups]]
        whole = rows["total"].astype(bool)
        parts = [
            f"{label} {_signed(value)}"
            for label, value in zip(rows.loc[~whole, "label"], rows.loc[~whole, "value"], strict=True)
        ]
        total = _signed(float(rows.loc[whole, "value"].iloc[0]))
        texts.append(_("{name}: {parts} make {whole}.").format(name=name, parts=listed(parts), whole=total))
    return sentences(*texts)
