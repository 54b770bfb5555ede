"""Small charts beside and below each other on one scale: a chart per partnership, and a chart per factor over waves.

The axes count in inches, from their upper left corner down; each small chart is a tile in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import (
    BODY,
    SMALL,
    bound,
    listed,
    number,
    text_height,
    text_width,
    ticks_text,
    wrap,
)
from hpp_analysis.plots.parts.picture import Lines, Picture, Text, nothing
from hpp_analysis.plots.parts.row_frame import EDGE, KeyEntries, draw_key, lay_key
from hpp_analysis.plots.parts.style import (
    DASHED,
    GRID,
    MUTED,
    WIDTH,
    Mark,
    mark_of,
    nothing_text,
    scale_label,
    threshold_label,
)
from hpp_analysis.plots.parts.table import (
    FloatArray,
    check_columns,
    check_on_axis,
    numbers_of,
    occurrences,
    positions,
    texts_of,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 0.3
"""Inches between two small charts."""
_PANELS, _SLOPES = ("panel", "label", "series", "mean"), ("label", "wave", "series", "mean")
_ROW, _NARROWEST, _WIDEST_LABEL = 0.3, 1.45, 1.7  # inches, of `panels`
_LEFT, _HEIGHT, _MOST, _WIDEST = 0.42, 1.7, 4, 3.0  # of `slopes`: inches, charts in a row, inches of each
_SPACING, _SIZE = 0.1, 5.5  # inches between two series, points of a marker


@dataclass(frozen=True, slots=True)
class Tile:
    """Where a small chart stands: its left and upper edge, its size, and its title in lines; inches."""

    x: float
    y: float
    width: float
    height: float
    title: str
    first: bool
    """Whether it is the first of its row."""


def lay_tiles(
    titles: Sequence[str], *, left: float, width: float, columns: int, height: float, below: float
) -> tuple[list[Tile], float]:
    """Place small charts in rows; also the height that they take.

    Parameters
    ----------
    titles : sequence of str
        One per chart.
    left, width : float
        Of the room for them, in inches.
    columns : int
        Charts in a row.
    height : float
        Of each, without its title.
    below : float
        Room below each for the numbers of its axis.

    Examples
    --------
    >>> lay_tiles(["A", "B", "C"], left=1, width=5, columns=2, height=1, below=0.2)[0][2].first
    True
    """
    each = (width - GAP * (columns - 1)) / columns
    tiles: list[Tile] = []
    top = 0.0
    for start in range(0, len(titles), columns):
        row = [wrap(title, each, BODY, bold=True, lines=2) for title in titles[start : start + columns]]
        top += max(text_height(title, BODY) for title in row) + 0.06
        tiles += [
            Tile(left + place * (each + GAP), top, each, height, title, first=place == 0)
            for place, title in enumerate(row)
        ]
        top += height + below + 0.12
    return tiles, top - 0.12


def along(values: FloatArray, limits: tuple[float, float], start: float, length: float) -> FloatArray:
    """Where values of a scale lie on a line of so many inches; values beyond an end of the scale lie at this end."""
    low, high = limits
    return np.asarray(start + (np.clip(values, low, high) - low) / (high - low) * length)


def ticks_for(limits: tuple[float, float], length: float, spacing: float = 0.45) -> list[float]:
    """The ticks of a short axis: its ends, and equal steps between them where there is room and they are whole.

    Examples
    --------
    >>> ticks_for((1, 10), 2.0), ticks_for((1, 5), 0.5), ticks_for((1, 7), 2.0)
    ([1.0, 4.0, 7.0, 10.0], [1.0, 5.0], [1.0, 3.0, 5.0, 7.0])
    """
    low, high = limits
    for steps in range(int(length / spacing), 1, -1):
        step = (high - low) / steps
        if float(step).is_integer() and float(low).is_integer():
            return [float(low + step * place) for place in range(steps + 1)]
    return [float(low), float(high)]


def _tile_frame(
    ax: Axes | None,
    tiles: Sequence[Tile],
    height: float,
    *,
    limits: tuple[float, float],
    which: Literal["x", "y"],
    series: Sequence[str],
    threshold: float | None,
) -> Picture:
    """A picture with key, titles, grids, threshold and the name of the scale, which runs across (x) or upwards (y)."""
    entries: KeyEntries = [(mark_of(place), name) for place, name in enumerate(series)]
    if threshold is not None:
        entries = [*entries, (Mark(MUTED, "", DASHED), threshold_label(threshold))]
    key = lay_key(entries, WIDTH - 2 * EDGE)
    top = key.height + 0.12
    picture = Picture(ax, WIDTH, height + top + 0.3, left=EDGE, right=EDGE, top=top, bottom=0.3)
    picture.x_limits, picture.y_limits = (0.0, WIDTH - 2 * EDGE), (height, 0.0)
    draw_key(picture, key)
    for tile in tiles:
        picture.add(Text(tile.x, tile.y - 0.06, tile.title, size=BODY, bold=True, rise="bottom"))
    picture.add(Text(tiles[0].x, height + 0.16, scale_label(limits), MUTED))
    lines, numbers = [], []
    for tile in tiles:
        ticks = ticks_for(limits, tile.width if which == "x" else tile.height)
        for value, text in zip(_on_tile(np.array(ticks), limits, tile, which).tolist(), ticks_text(ticks), strict=True):
            lines.append(_through(tile, value, which))
            if which == "x":
                numbers.append(Text(value, tile.y + tile.height + 0.12, text, MUTED, align="center"))
            elif tile.first:
                numbers.append(Text(tile.x - 0.07, value, text, MUTED, align="right"))
    picture.add(Lines(lines, GRID, 0.8), *numbers)
    if threshold is not None and limits[0] <= threshold <= limits[1]:
        at = [float(_on_tile(np.array(threshold), limits, tile, which)) for tile in tiles]
        crossing = [_through(tile, value, which) for tile, value in zip(tiles, at, strict=True)]
        picture.add(Lines(crossing, MUTED, 1.1, DASHED))
    return picture


def _on_tile(values: FloatArray, limits: tuple[float, float], tile: Tile, which: str) -> FloatArray:
    if which == "x":
        return along(values, limits, tile.x, tile.width)
    return along(values, limits, tile.y + tile.height, -tile.height)


def _through(tile: Tile, at: float, which: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """A line through a tile: down at a place of the scale that runs across, and the other way round."""
    if which == "x":
        return (at, tile.y), (at, tile.y + tile.height)
    return (tile.x, at), (tile.x + tile.width, at)


@drawing
def panels(
    data: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10), ax: Axes | None = None
) -> Picture:
    """Draw the means of each partnership in a small chart of its own, one row per factor.

    Parameters
    ----------
    data : DataFrame
        One row per partnership, factor and series, with the columns `panel`, `label` (the factor), `series` (the side) and
        `mean`, and, if there are intervals, `ci_lower` and `ci_upper`. NaN is withheld. All stand in order of appearance.
    threshold : float, optional
        A line through each chart.
    limits : (float, float)
        The ends of the answer scale: the axis of every chart, whatever the data are.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "panel": ["Alfa", "Alfa", "Bravo", "Bravo"], "label": ["Openness", "Equality"] * 2, "series": "Client",
    ...     "mean": [7.9, 6.8, 7.1, 6.2],
    ... })
    >>> [text.get_text() for text in panels(data, threshold=8.5).texts][:2]
    ['Client', 'Threshold 8.5']
    """
    check_columns(data, _PANELS)
    mean, lower, upper = (numbers_of(data, name) for name in ("mean", "ci_lower", "ci_upper"))
    entries = [texts_of(data, name) for name in _PANELS[:3]]
    (titles, panel), (sides, side) = positions(entries[0]), positions(entries[2])
    factors, row = positions(entries[1], occurrences(*entries))
    if not np.isfinite(mean).any():
        return nothing(ax)
    check_on_axis(mean, limits)
    labels = [wrap(text, _WIDEST_LABEL, SMALL, lines=2) for text, _occurrence in factors]
    left = max(text_width(line) for label in labels for line in label.split("\n")) + 0.2
    most = int(max(1, min(4, (WIDTH - left - 2 * EDGE) // (_NARROWEST + 0.2))))
    tiles, height = lay_tiles(
        [title for (title,) in titles], left=left, width=WIDTH - left - 2 * EDGE - 0.1,
        columns=-(-len(titles) // -(-len(titles) // most)),  # rows of about equal length
        height=_ROW * len(labels), below=0.22,
    )  # fmt: skip
    names = [name for (name,) in sides]
    picture = _tile_frame(ax, tiles, height, limits=limits, which="x", series=names, threshold=threshold)
    middles = [(tile, tile.y + (place + 0.5) * _ROW, label) for tile in tiles for place, label in enumerate(labels)]
    picture.add(Lines([((tile.x, y), (tile.x + tile.width, y)) for tile, y, _label in middles], "#eef1f4", 0.8))
    picture.add(*(Text(0, y, label) for tile, y, label in middles if tile.first))
    for place, tile in enumerate(tiles):
        on_tile = panel == place
        _write_hidden(picture, tile, mean[on_tile], row[on_tile], side[on_tile], names, sum(limits) / 2)
    start, top = np.array([tile.x for tile in tiles])[panel], np.array([tile.y for tile in tiles])[panel]
    x, low, high = (start + along(value, limits, 0.0, tiles[0].width) for value in (mean, lower, upper))
    y = top + (row + 0.5) * _ROW + (side - (len(names) - 1) / 2) * _SPACING
    bounded = ~np.isnan(mean + lower + upper)
    for place in range(len(names)):
        mark, bars = mark_of(place), bounded & (side == place)
        picture.bars(y[bars], low[bars], high[bars], mark.color, 1.4)
        picture.marks(x[side == place], y[side == place], replace(mark, size=_SIZE))
    for at in np.flatnonzero(~np.isnan(mean)):
        picture.say([(float(x[at]), float(y[at]))], number(mean[at]), *(texts[at] for texts in entries))
    return picture


def _write_hidden(
    picture: Picture,
    tile: Tile,
    mean: FloatArray,
    row: NDArray[np.intp],
    side: NDArray[np.intp],
    names: Sequence[str],
    centre: float,
) -> None:
    """Write which sides a chart shows nothing of, in its emptier half; and which rows are withheld for both."""
    seen = mean[~np.isnan(mean)]
    hidden = [name for place, name in enumerate(names) if (side == place).any() and np.isnan(mean[side == place]).all()]
    if hidden:
        at_left = not seen.size or float(np.mean(seen)) > centre
        text = _("{names}: not shown").format(names=listed(hidden)) if seen.size else _("not shown")
        x = tile.x + 0.06 if at_left else tile.x + tile.width - 0.06
        text = wrap(text, tile.width - 0.1, SMALL, lines=1)
        align: Literal["left", "right"] = "left" if at_left else "right"
        picture.add(Text(x, tile.y + tile.height - 0.1, text, MUTED, align=align, italic=True, ground=1.0))
    for line in np.unique(row) if seen.size else ():
        if np.isnan(mean[row == line]).all():
            at = tile.y + (float(line) + 0.5) * _ROW
            middle = tile.x + tile.width / 2
            picture.add(Text(middle, at, _("not shown"), MUTED, align="center", italic=True, ground=1.0))


@panels.set_alt
def panels_alt(data: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `panels` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "panel": ["Alfa", "Bravo"], "label": "Openness", "series": "Client", "mean": [7.9, 8.6],
    ... })
    >>> print(panels_alt(data, threshold=8.5))
    Small charts of 2 partnerships: the mean on each factor, on an axis from 1 to 10, for Client.
    The values run from 7.9 (Alfa, Client on Openness) to 8.6 (Bravo, Client on Openness).
    At 8.5 or higher: 1 of 2 means.
    """
    check_columns(data, _PANELS)
    mean = numbers_of(data, "mean")
    if not np.isfinite(mean).any():
        return nothing_text()
    panel, label, series = (texts_of(data, name) for name in _PANELS[:3])
    count = len(set(panel))
    opening = ngettext(
        "Small chart of {count} partnership: the mean on each factor, on an axis from {low} to {high}, for {series}.",
        "Small charts of {count} partnerships: the mean on each factor, on an axis from {low} to {high}, for {series}.",
        count,
    ).format(count=count, low=bound(limits[0]), high=bound(limits[1]), series=listed(list(dict.fromkeys(series))))
    names = [
        _("{series} on {label}").format(series=f"{one}, {side}", label=factor)
        for one, side, factor in zip(panel, series, label, strict=True)
    ]
    return sentences(opening, range_sentence(names, mean), counts_sentence(mean, threshold))


@drawing
def slopes(
    data: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10), ax: Axes | None = None
) -> Picture:
    """Draw the mean of each wave, with its interval, in a small chart per factor.

    Parameters
    ----------
    data : DataFrame
        One row per factor, wave and series, with the columns `label` (the factor), `wave`, `series` (the side) and `mean`,
        and, if there are intervals, `ci_lower` and `ci_upper`. NaN is withheld. All stand in order of appearance.
    threshold : float, optional
        A line through each chart.
    limits : (float, float)
        The ends of the answer scale: the axis of every chart, whatever the data are.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": "Openness", "wave": ["2024", "2025"], "series": "Client", "mean": [7.1, 7.9],
    ... })
    >>> [text.get_text() for text in slopes(data).texts][-2:]
    ['7.1', '7.9']
    """
    check_columns(data, _SLOPES)
    mean = numbers_of(data, "mean")
    entries = [texts_of(data, name) for name in _SLOPES[:3]]
    (waves, wave), (sides, side) = positions(entries[1]), positions(entries[2])
    factors, factor = positions(entries[0], occurrences(*entries))
    if not np.isfinite(mean).any():
        return nothing(ax)
    check_on_axis(mean, limits)
    room = WIDTH - _LEFT - 2 * EDGE
    names = [name for (name,) in waves]
    columns = _columns(len(factors), names, room)
    width = min(room, columns * (_WIDEST + GAP) - GAP)
    heads = [wrap(text, _slot(width, columns, names), SMALL, lines=2) for text in names]
    below = 0.24 + 0.15 * max(head.count("\n") for head in heads)
    tiles, height = lay_tiles(
        [name for name, _occurrence in factors], left=_LEFT, width=width, columns=columns, height=_HEIGHT, below=below
    )
    picture = _tile_frame(
        ax, tiles, height, limits=limits, which="y", series=[name for (name,) in sides], threshold=threshold
    )
    cube = np.full((3, len(factors), len(waves), len(sides)), np.nan)
    cube[:, factor, wave, side] = [mean, numbers_of(data, "ci_lower"), numbers_of(data, "ci_upper")]
    for place, tile in enumerate(tiles):
        slot = tile.width / len(heads)
        bottom = tile.y + tile.height
        for at, head in enumerate(heads):
            picture.add(Text(tile.x + (at + 0.5) * slot, bottom + 0.07, head, MUTED, align="center", rise="top"))
        _draw_course(picture, tile, cube[:, place], limits, factors[place][0], names, [name for (name,) in sides])
    return picture


def _slot(width: float, columns: int, waves: Sequence[str]) -> float:
    """Inches for the name of a wave."""
    return ((width - GAP * (columns - 1)) / columns) / len(waves) - 0.05


def _columns(n_charts: int, waves: Sequence[str], room: float) -> int:
    """As many charts in a row as leave room for the names of the waves; never more than there are."""
    longest = max(text_width(word) for name in waves for word in name.split() or [""])
    for columns in range(min(n_charts, _MOST), 1, -1):
        if _slot(room, columns, waves) >= max(longest, 0.3):
            return columns
    return 1


def _draw_course(
    picture: Picture,
    tile: Tile,
    values: FloatArray,
    limits: tuple[float, float],
    factor: str,
    waves: Sequence[str],
    sides: Sequence[str],
) -> None:
    """The lines of one chart; `values` are mean, lower and upper end, each waves x sides."""
    mean = values[0]
    n_waves, n_sides = mean.shape
    slot = tile.width / n_waves
    step = min(_SPACING, 0.4 * slot / max(n_sides - 1, 1))
    x = tile.x + (np.arange(n_waves)[:, None] + 0.5) * slot + (np.arange(n_sides) - (n_sides - 1) / 2) * step
    y, low, high = (along(one, limits, tile.y + tile.height, -tile.height) for one in values)
    if np.isnan(mean).all():
        middle = tile.x + tile.width / 2, tile.y + tile.height / 2
        picture.add(Text(*middle, _("not shown"), MUTED, align="center", italic=True))
        return
    for side in range(n_sides):
        known = ~np.isnan(y + low + high)[:, side]
        picture.bars(x[known, side], low[known, side], high[known, side], mark_of(side).color, 1.3, upright=True)
    _write_ends(picture, mean, x, (y, low, high), tile.y + tile.height)
    for side in range(n_sides):
        picture.course(x[:, side], y[:, side], mark_of(side), 1.6)
        picture.marks(x[:, side], y[:, side], replace(mark_of(side), size=_SIZE))
    for wave, side in np.argwhere(~np.isnan(mean)):
        at = (float(x[wave, side]), float(y[wave, side]))
        picture.say([at], number(mean[wave, side]), factor, waves[wave], sides[side])


def _write_ends(
    picture: Picture, mean: FloatArray, x: FloatArray, heights: tuple[FloatArray, FloatArray, FloatArray], bottom: float
) -> None:
    """The numbers of the first and the last wave: of the highest side above its interval, of the lowest below."""
    y, low, high = heights
    for wave in sorted({0, mean.shape[0] - 1}):
        shown = np.flatnonzero(~np.isnan(mean[wave]))
        if not shown.size:
            continue
        best, worst = int(shown[np.argmax(mean[wave, shown])]), int(shown[::-1][np.argmin(mean[wave, shown[::-1]])])
        for side, down in [(best, -1)] if best == worst else [(best, -1), (worst, 1)]:
            edge = high[wave, side] if down < 0 else low[wave, side]
            level = float(y[wave, side] if np.isnan(edge) else edge) + down * 0.13
            text, color = number(mean[wave, side]), mark_of(side).color
            at = float(x[wave, side]), min(level, bottom - 0.06)
            picture.add(Text(*at, text, color, align="center", ground=0.6))


@slopes.set_alt
def slopes_alt(data: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `slopes` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": "Openness", "wave": ["2024", "2025"], "series": "Client", "mean": [7.1, 7.9],
    ... })
    >>> slopes_alt(data)
    'Line charts of 1 factor over 2 waves, on an axis from 1 to 10, for Client. Openness, Client: from 7.1 (2024) to 7.9 (2025).'
    """
    check_columns(data, _SLOPES)
    mean = numbers_of(data, "mean")
    if not np.isfinite(mean).any():
        return nothing_text()
    label, wave, series = (texts_of(data, name) for name in _SLOPES[:3])
    count, sides = len(set(label)), list(dict.fromkeys(series))
    opening = ngettext(
        "Line charts of {count} factor over {waves} waves, on an axis from {low} to {high}, for {series}.",
        "Line charts of {count} factors over {waves} waves, on an axis from {low} to {high}, for {series}.",
        count,
    ).format(count=count, waves=len(set(wave)), low=bound(limits[0]), high=bound(limits[1]), series=listed(sides))
    known: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for factor, when, side, value in zip(label, wave, series, mean, strict=True):
        if not np.isnan(value):
            known.setdefault((factor, side), []).append((when, value))
    changes = []
    for factor in dict.fromkeys(label):
        for side in sides:
            course = known.get((factor, side), [])
            if len(course) > 1:
                (start, first), (end, last) = course[0], course[-1]
                sentence = _("{label}, {series}: from {first} ({start}) to {last} ({end})")
                ends = {"first": number(first), "start": start, "last": number(last), "end": end}
                changes.append(sentence.format(label=factor, series=side, **ends))
    return sentences(opening, "; ".join(changes) + "." if changes else "", counts_sentence(mean, threshold))
