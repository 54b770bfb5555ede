"""Small multiples: a small chart per partnership, the means of both sides on one fixed axis in each."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, check_on_axis, numbers_of, texts_of
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, bound, listed, text_width, wrap
from hpp_analysis.plots.parts.style import (
    INK,
    LITERAL,
    MUTED,
    WIDTH,
    Mark,
    mark_of,
    middle,
    new_axes,
    nothing,
    nothing_text,
    scale_label,
    styled,
    threshold_label,
)
from hpp_analysis.plots.parts.tiles import (
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

_COLUMNS = ("panel", "label", "series", "mean")
_ROW, _EDGE, _NARROWEST, _WIDEST_LABEL = 0.3, 0.1, 1.45, 1.7  # inches
_DODGE = 0.1  # inches between two series in a row


@drawing
def panels(
    frame: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    ax: Axes | None = None,
) -> Axes:
    """Draw the means of each partnership in a small chart of its own, one row per factor.

    Parameters
    ----------
    frame : DataFrame
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
    >>> frame = pd.DataFrame({
    ...     "panel": ["Alfa", "Alfa", "Bravo", "Bravo"], "label": ["Openness", "Equality"] * 2, "series": "Client",
    ...     "mean": [7.9, 6.8, 7.1, 6.2],
    ... })
    >>> [text.get_text() for text in panels(frame, threshold=8.5).texts][:2]
    ['Client', 'Threshold 8.5']
    """
    check_columns(frame, _COLUMNS)
    mean, lower, upper = (numbers_of(frame, name) for name in ("mean", "ci_lower", "ci_upper"))
    panel, label, series = (texts_of(frame, name) for name in _COLUMNS[:3])
    names, labels, sides = (list(dict.fromkeys(some)) for some in (panel, label, series))
    with styled():
        if not np.isfinite(mean).any():
            return nothing(ax)
        check_on_axis(mean, limits)
        written = [wrap(text, _WIDEST_LABEL, SMALL, lines=2) for text in labels]
        left = max(text_width(line) for text in written for line in text.split("\n")) + 0.2
        most = int(max(1, min(4, (WIDTH - left - 2 * _EDGE) // (_NARROWEST + 0.2))))
        columns = -(-len(names) // -(-len(names) // most))  # rows of about equal length
        tiles = lay_tiles(
            names, left=left, width=WIDTH - left - 2 * _EDGE - 0.1, columns=columns,
            height=_ROW * len(labels), below=0.22,
        )  # fmt: skip
        entries = [(mark_of(place), name) for place, name in enumerate(sides)]
        if threshold is not None:
            entries.append((Mark(MUTED, "", (0, (4, 2.5))), threshold_label(threshold)))
        key = lay_key(entries, WIDTH - 2 * _EDGE)
        if ax is None:
            top, bottom = key.height + 0.12, 0.3
            ax = new_axes(WIDTH, tiles.height + top + bottom, left=_EDGE, right=_EDGE, top=top, bottom=bottom)
        ground(ax, WIDTH - 2 * _EDGE, tiles.height)
        draw_key(ax, key, lift=0.1)
        write_titles(ax, tiles)
        draw_scale(ax, tiles, limits, "x")
        draw_line_of(ax, tiles, threshold, limits, "x")
        _write_labels(ax, tiles, written)
        ax.text(
            left, tiles.height + 0.16, scale_label(limits), va="center", color=MUTED, fontsize=SMALL, **LITERAL
        )  # fmt: skip
        places = np.array([names.index(name) for name in panel])
        row = np.array([labels.index(text) for text in label])
        column = np.array([sides.index(name) for name in series])
        _draw(ax, tiles, (places, row, column), (mean, lower, upper), limits, sides)
    return ax


def _write_labels(ax: Axes, tiles: Tiles, labels: list[str]) -> None:
    """The factors at the left of each row of charts, and a thin line through each."""
    lines = []
    for tile in tiles.tiles:
        for row, text in enumerate(labels):
            y = tile.y + (row + 0.5) * _ROW
            lines.append(np.array([[tile.x, y], [tile.x + tile.width, y]]))
            if tile.first:
                ax.text(0, y, text, va=middle(text), color=INK, fontsize=SMALL, **LITERAL)
    draw_lines(ax, lines, colors="#eef1f4", linewidths=0.8, zorder=0.4)


def _draw(
    ax: Axes,
    tiles: Tiles,
    at: tuple[np.ndarray, np.ndarray, np.ndarray],
    values: tuple[FloatArray, FloatArray, FloatArray],
    limits: tuple[float, float],
    sides: list[str],
) -> None:
    """Markers and intervals of all charts, one call per side; words where a side is withheld."""
    panel, row, column = at
    n_series = len(sides)
    start = np.array([tile.x for tile in tiles.tiles])[panel]
    top = np.array([tile.y for tile in tiles.tiles])[panel]
    width = tiles.tiles[0].width
    x, low, high = (along(value, limits, 0.0, width) + start for value in values)
    y = top + (row + 0.5) * _ROW + (column - (n_series - 1) / 2) * _DODGE
    for place in range(n_series):
        mine, mark = column == place, mark_of(place)
        bounded = mine & ~np.isnan(values[0] + values[1] + values[2])
        draw_lines(
            ax,
            np.stack([np.column_stack([low, y]), np.column_stack([high, y])], axis=1)[bounded],
            colors=mark.color,
            linewidths=1.4,
            zorder=2,
        )
        shown = mine & ~np.isnan(values[0])
        ax.plot(x[shown], y[shown], **(mark.points() | {"markersize": 5.5}), zorder=3, clip_on=False)
    _write_hidden(ax, tiles, at, values[0], sum(limits) / 2, sides)


def _write_hidden(
    ax: Axes,
    tiles: Tiles,
    at: tuple[np.ndarray, np.ndarray, np.ndarray],
    mean: FloatArray,
    centre: float,
    sides: list[str],
) -> None:
    """The sides of which a chart shows nothing, in its emptier half; and rows that are withheld for both."""
    panel, row, column = at
    for place, tile in enumerate(tiles.tiles):
        here = panel == place
        seen = mean[here & ~np.isnan(mean)]
        hidden = [
            name
            for side, name in enumerate(sides)
            if (mine := here & (column == side)).any() and np.isnan(mean[mine]).all()
        ]
        left = not seen.size or float(np.mean(seen)) > centre
        text = _("not shown") if not seen.size else _("{names}: not shown").format(names=listed(hidden))
        if hidden:
            _write_muted(
                ax, tile.x + 0.06 if left else tile.x + tile.width - 0.06, tile.y + tile.height - 0.1,
                wrap(text, tile.width - 0.1, SMALL, lines=1), "left" if left else "right",
            )  # fmt: skip
        for line in np.unique(row[here]) if seen.size else ():
            if np.isnan(mean[here & (row == line)]).all():
                _write_muted(
                    ax, tile.x + tile.width / 2, tile.y + (line + 0.5) * _ROW, _("not shown"), "center"
                )  # fmt: skip


def _write_muted(ax: Axes, x: float, y: float, text: str, align: str) -> None:
    ax.text(
        x, y, text, ha=align, va="center_baseline", color=MUTED, fontsize=SMALL, fontstyle="italic",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1}, zorder=1.8, **LITERAL,
    )  # fmt: skip


@panels.set_alt
def panels_alt(frame: pd.DataFrame, *, threshold: float | None = None, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `panels` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `panels`.
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
    ...     "panel": ["Alfa", "Bravo"], "label": "Openness", "series": "Client", "mean": [7.9, 8.6],
    ... })
    >>> print(panels_alt(frame, threshold=8.5))
    Small charts of 2 partnerships: the mean on each factor, on an axis from 1 to 10, for Client.
    The values run from 7.9 (Alfa, Client on Openness) to 8.6 (Bravo, Client on Openness).
    At 8.5 or higher: 1 of 2 means.
    """
    check_columns(frame, _COLUMNS)
    mean = numbers_of(frame, "mean")
    if not np.isfinite(mean).any():
        return nothing_text()
    panel, label, series = (texts_of(frame, name) for name in _COLUMNS[:3])
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
