"""Slopes: how each factor went from wave to wave, a small chart per factor with a line per side."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import counts_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, check_on_axis, numbers_of, texts_of
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, bound, listed, number, text_width, wrap
from hpp_analysis.plots.parts.style import (
    LITERAL,
    MUTED,
    WIDTH,
    Mark,
    mark_of,
    new_axes,
    nothing,
    nothing_text,
    scale_label,
    styled,
    threshold_label,
)
from hpp_analysis.plots.parts.tiles import (
    GAP,
    Tile,
    Tiles,
    along,
    draw_line_of,
    draw_lines,
    draw_scale,
    ground,
    lay_tiles,
    write_titles,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("label", "wave", "series", "mean")
_EDGE, _LEFT, _HEIGHT = 0.1, 0.42, 1.7  # inches
_MOST, _WIDEST = 4, 3.0  # charts in a row, and inches of each
_DODGE = 0.1  # inches between two sides in one wave


@drawing
def slopes(
    frame: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean of each wave, with its interval, in a small chart per factor.

    Parameters
    ----------
    frame : DataFrame
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
    >>> frame = pd.DataFrame({
    ...     "label": "Openness", "wave": ["2024", "2025"], "series": "Client", "mean": [7.1, 7.9],
    ... })
    >>> [text.get_text() for text in slopes(frame).texts][-2:]
    ['7.1', '7.9']
    """
    check_columns(frame, _COLUMNS)
    mean, lower, upper = (numbers_of(frame, name) for name in ("mean", "ci_lower", "ci_upper"))
    label, wave, series = (texts_of(frame, name) for name in _COLUMNS[:3])
    names, waves, sides = (list(dict.fromkeys(some)) for some in (label, wave, series))
    with styled():
        if not np.isfinite(mean).any():
            return nothing(ax)
        check_on_axis(mean, limits)
        room = WIDTH - _LEFT - 2 * _EDGE
        columns = _columns(len(names), waves, room)
        width = min(room, columns * (_WIDEST + GAP) - GAP)
        heads = [wrap(text, _slot(width, columns, waves), SMALL, lines=2) for text in waves]
        tiles = lay_tiles(
            names, left=_LEFT, width=width, columns=columns, height=_HEIGHT,
            below=0.24 + 0.15 * max(head.count("\n") for head in heads),
        )  # fmt: skip
        entries = [(mark_of(place), name) for place, name in enumerate(sides)]
        if threshold is not None:
            entries.append((Mark(MUTED, "", (0, (4, 2.5))), threshold_label(threshold)))
        key = lay_key(entries, WIDTH - 2 * _EDGE)
        if ax is None:
            top = key.height + 0.12
            ax = new_axes(WIDTH, tiles.height + top + 0.3, left=_EDGE, right=_EDGE, top=top, bottom=0.3)
        ground(ax, WIDTH - 2 * _EDGE, tiles.height)
        draw_key(ax, key, lift=0.1)
        write_titles(ax, tiles)
        draw_scale(ax, tiles, limits, "y")
        draw_line_of(ax, tiles, threshold, limits, "y")
        _write_waves(ax, tiles, heads)
        ax.text(
            _LEFT, tiles.height + 0.16, scale_label(limits), va="center", color=MUTED, fontsize=SMALL, **LITERAL
        )  # fmt: skip
        shape = (len(names), len(waves), len(sides))
        at = tuple(
            np.array([known.index(one) for one in some])
            for known, some in ((names, label), (waves, wave), (sides, series))
        )
        filled = []
        for values in (mean, lower, upper):
            table = np.full(shape, np.nan)
            table[at] = values
            filled.append(table)
        for place, tile in enumerate(tiles.tiles):
            _draw(ax, tile, [table[place] for table in filled], limits)
    return ax


def _slot(width: float, columns: int, waves: list[str]) -> float:
    """Inches for the name of a wave."""
    return ((width - GAP * (columns - 1)) / columns) / len(waves) - 0.05


def _columns(n_charts: int, waves: list[str], room: float) -> int:
    """As many charts in a row as leave room for the names of the waves; never more than there are."""
    longest = max(text_width(word) for name in waves for word in name.split() or [""])
    for columns in range(min(n_charts, _MOST), 1, -1):
        if _slot(room, columns, waves) >= max(longest, 0.3):
            return columns
    return 1


def _write_waves(ax: Axes, tiles: Tiles, heads: list[str]) -> None:
    for tile in tiles.tiles:
        slot = tile.width / len(heads)
        for place, head in enumerate(heads):
            ax.text(
                tile.x + (place + 0.5) * slot, tile.y + tile.height + 0.07, head, ha="center", va="top",
                color=MUTED, fontsize=SMALL, **LITERAL,
            )  # fmt: skip


def _draw(ax: Axes, tile: Tile, values: list[FloatArray], limits: tuple[float, float]) -> None:
    """The lines of one chart; `values` are mean, lower and upper, each waves x sides."""
    mean, lower, upper = values
    n_waves, n_sides = mean.shape
    slot = tile.width / n_waves
    step = min(_DODGE, 0.4 * slot / max(n_sides - 1, 1))
    x = tile.x + (np.arange(n_waves)[:, None] + 0.5) * slot + (np.arange(n_sides) - (n_sides - 1) / 2) * step
    bottom = tile.y + tile.height
    y, low, high = (along(one, limits, bottom, -tile.height) for one in values)
    for side in range(n_sides):
        mark = mark_of(side)
        ax.plot(x[:, side], y[:, side], color=mark.color, linestyle=mark.line, linewidth=1.6, zorder=2.5)
        ax.plot(x[:, side], y[:, side], **(mark.points() | {"markersize": 5.5}), zorder=3, clip_on=False)
        known = ~np.isnan(mean[:, side] + lower[:, side] + upper[:, side])
        ends = np.stack(
            [np.column_stack([x[:, side], low[:, side]]), np.column_stack([x[:, side], high[:, side]])], axis=1
        )
        draw_lines(ax, ends[known], colors=mark.color, linewidths=1.3, zorder=2)
    if np.isnan(mean).all():
        ax.text(
            tile.x + tile.width / 2, tile.y + tile.height / 2, _("not shown"), ha="center", color=MUTED,
            fontsize=SMALL, fontstyle="italic", **LITERAL,
        )  # fmt: skip
        return
    _write_ends(ax, mean, x, (y, low, high), bottom)


def _write_ends(
    ax: Axes, mean: FloatArray, x: FloatArray, heights: tuple[FloatArray, FloatArray, FloatArray], bottom: float
) -> None:
    """The numbers of the first and the last wave: of the highest side above its interval, of the lowest below."""
    y, low, high = heights
    for wave in sorted({0, mean.shape[0] - 1}):
        shown = np.flatnonzero(~np.isnan(mean[wave]))
        if not shown.size:
            continue
        best, worst = shown[np.argmax(mean[wave, shown])], shown[::-1][np.argmin(mean[wave, shown[::-1]])]
        ends = [(best, -1)] if best == worst else [(best, -1), (worst, 1)]
        for side, down in ends:
            edge = high[wave, side] if down < 0 else low[wave, side]
            level = (y[wave, side] if np.isnan(edge) else edge) + down * 0.13
            ax.text(
                x[wave, side], min(level, bottom - 0.06), number(mean[wave, side]), ha="center", va="center",
                color=mark_of(side).color, fontsize=SMALL, zorder=2.2,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6}, **LITERAL,
            )  # fmt: skip


@slopes.set_alt
def slopes_alt(frame: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `slopes` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `slopes`.
    threshold : float, optional
        What the means are compared with.
    limits : (float, float)
        The ends of the answer scale.

    Returns
    -------
    str
        Two or three sentences.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": "Openness", "wave": ["2024", "2025"], "series": "Client", "mean": [7.1, 7.9],
    ... })
    >>> slopes_alt(frame)
    'Line charts of 1 factor over 2 waves, on an axis from 1 to 10, for Client. Openness, Client: from 7.1 (2024) to 7.9 (2025).'
    """
    check_columns(frame, _COLUMNS)
    mean = numbers_of(frame, "mean")
    if not np.isfinite(mean).any():
        return nothing_text()
    label, wave, series = (texts_of(frame, name) for name in _COLUMNS[:3])
    count = len(set(label))
    opening = ngettext(
        "Line charts of {count} factor over {waves} waves, on an axis from {low} to {high}, for {series}.",
        "Line charts of {count} factors over {waves} waves, on an axis from {low} to {high}, for {series}.",
        count,
    ).format(
        count=count, waves=len(set(wave)), low=bound(limits[0]), high=bound(limits[1]),
        series=listed(list(dict.fromkeys(series))),
    )  # fmt: skip
    changes = []
    for factor in dict.fromkeys(label):
        for side in dict.fromkeys(series):
            seen = [
                (time, value)
                for one, time, who, value in zip(label, wave, series, mean, strict=True)
                if (one, who) == (factor, side) and not np.isnan(value)
            ]
            if len(seen) > 1:
                sentence = _("{label}, {series}: from {first} ({start}) to {last} ({end})")
                ends = {"first": number(seen[0][1]), "start": seen[0][0]}
                ends |= {"last": number(seen[-1][1]), "end": seen[-1][0]}
                changes.append(sentence.format(label=factor, series=side, **ends))
    told = "; ".join(changes) + "." if changes else ""
    return sentences(opening, told, counts_sentence(mean, threshold))
