"""Diverging stacked bars: low answers to the left, high ones to the right, the middle in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform, blended_transform_factory
from numpy.typing import NDArray

from hpp_analysis.plots.parts.alts import counts_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, Grid, check_columns, check_on_axis, numbers_of, read_grid
from hpp_analysis.plots.parts.lettering import BODY, SMALL, number, percent, text_height, text_width
from hpp_analysis.plots.parts.rows import Rows, draw_rows, lay_rows
from hpp_analysis.plots.parts.style import (
    GRID,
    INK,
    LEAST_AXIS,
    LITERAL,
    MUTED,
    WIDTH,
    fit_width,
    from_corner,
    new_axes,
    nothing,
    nothing_text,
    size_of,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("label", "low", "middle", "high")
_EDGE, _GAP, _BETWEEN, _BAR = 0.1, 0.2, 0.16, 0.165  # inches
_SAMPLE, _APART = 0.28, 0.3  # inches: of the key, a ground, and the space after a name
_COUNT, _TITLE = 0.42, 0.24  # inches for the number of persons, and for the name of a panel
_MOST_PANELS = 2
BANDS = (("#bf5300", "white"), ("#dde2e7", INK), ("#12436d", "white"))
"""Ground and letters of low, middle and high: told apart in grey by their order and by the light middle."""


@drawing
def stacks(
    frame: pd.DataFrame, *, names: tuple[str, str, str] | None = None, width: float = WIDTH, ax: Axes | None = None
) -> Axes:
    """Draw a bar per characteristic and series, centred on the middle of its middle answers.

    Parameters
    ----------
    frame : DataFrame
        One row per label and series, with the columns `label` and the shares `low`, `middle` and `high` (0 to 1), and
        if there are such `series` (a panel each, at most two), `group` and `n` (persons). NaN is withheld; a series of
        which everything is withheld gets no panel.
    names : (str, str, str), optional
        What the three bands are called.
    width : float
        Of a figure of its own with one panel, in inches; long labels and a second panel make it wider.
    ax : Axes, optional
        Where to draw a single series; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes
        Of the last panel.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "Equality", "label": ["Balance of power", "Equal say"], "low": [.10, .25], "middle": [.6, .5],
    ...     "high": [.3, .25], "n": [40, 41],
    ... })
    >>> "25%" in [text.get_text() for text in stacks(frame).texts]
    True
    """
    names = names or _plain_names()
    check_columns(frame, _COLUMNS)
    grid = read_grid(frame)
    shares = np.stack([grid.fill(numbers_of(frame, band)) for band in _COLUMNS[1:]], axis=-1)
    persons = grid.fill(numbers_of(frame, "n"))
    with styled():
        panels = [s for s in range(len(grid.series)) if np.isfinite(shares[:, s]).all(axis=-1).any()]
        if not panels:
            return nothing(ax)
        check_on_axis(shares.ravel(), (0, 1))
        panels = panels[:_MOST_PANELS] if ax is None else panels[:1]
        rows = lay_rows(grid.groups, grid.labels)
        axes = (
            [ax] if ax is not None else _panels(rows, len(panels), _named(grid, panels), max(width, _key_width(names)))
        )
        reach = _reach(shares[:, panels])
        left = rows.label_width + _GAP
        for place, (panel, series) in enumerate(zip(axes, panels, strict=True)):
            panel.set_xlim(-reach[0], reach[1])
            _dress(panel)
            if place == 0:
                draw_rows(panel, rows, left=left)
                _draw_bands_key(panel, names, left, _TITLE if _named(grid, panels) else 0.0)
            else:
                panel.set_ylim(rows.height, 0)
                panel.set_yticks([])
                across = panel.get_yaxis_transform()
                panel.hlines(rows.y, 0, 1, transform=across, color=GRID, linewidth=0.8, zorder=0.5)
            if _named(grid, panels):
                _write_title(panel, grid.series[series])
            _draw_bars(panel, rows, shares[:, series], persons[:, series], grid.there[:, series])
    return axes[-1]


def _plain_names() -> tuple[str, str, str]:
    return _("Low"), _("Middle"), _("High")


def _key_width(names: tuple[str, str, str]) -> float:
    """Inches that the key takes."""
    return sum(_SAMPLE + text_width(name, BODY) + _APART for name in names) + 2 * _EDGE


def _named(grid: Grid, panels: Sequence[int]) -> bool:
    return any(grid.series[s] for s in panels)


def _reach(shares: FloatArray) -> tuple[float, float]:
    """How far bars go to the left and to the right of the centre, the same in each panel."""
    half = shares[..., 1] / 2
    left, right = float(np.nanmax(shares[..., 0] + half)), float(np.nanmax(shares[..., 2] + half))
    return max(left, 0.1) * 1.02, max(right, 0.1) * 1.02


def _panels(rows: Rows, n: int, named: bool, width: float) -> list[Axes]:
    """Axes beside each other that share their rows."""
    key = text_height("", BODY) + 0.14
    top = key + (_TITLE if named else 0.0)
    left = rows.label_width + _GAP + _EDGE
    height = rows.height + top + 0.08
    width = WIDTH if n > 1 else fit_width(width, left + _EDGE + _COUNT + LEAST_AXIS)
    wide = (width - left - _EDGE - n * _COUNT - (n - 1) * _BETWEEN) / n
    first = new_axes(width, height, left=left, right=width - left - wide, top=top, bottom=0.08)
    box = first.get_position()
    step = (wide + _COUNT + _BETWEEN) / width
    return [
        first,
        *(first.figure.add_axes((box.x0 + step * place, box.y0, box.width, box.height)) for place in range(1, n)),
    ]


def _dress(ax: Axes) -> None:
    ax.spines[["left", "right", "top", "bottom"]].set_visible(False)
    ax.set_xticks([])
    ax.patch.set_visible(False)


def _write_title(ax: Axes, name: str) -> None:
    ax.text(
        0, 0.06, name, transform=from_corner(ax, 0, 1), fontsize=BODY, color=INK, fontweight="bold",
        va="bottom", **LITERAL,
    )  # fmt: skip
    ax.text(
        _COUNT, 0.06, _("Persons"), transform=from_corner(ax, 1, 1), fontsize=SMALL, color=MUTED,
        ha="right", va="bottom", **LITERAL,
    )  # fmt: skip


def _draw_bands_key(ax: Axes, names: tuple[str, str, str], left: float, lift: float) -> None:
    """The three grounds and what they mean, at the top of the figure."""
    inches = from_corner(ax, 0, 1)
    level = lift + text_height("", BODY) / 2 + 0.06
    x = -left
    for (ground, _letters), name in zip(BANDS, names, strict=True):
        ax.add_artist(_patch(x, level - 0.065, 0.2, 0.13, ground, inches))
        ax.text(x + _SAMPLE, level, name, transform=inches, va="center_baseline", fontsize=BODY, color=INK, **LITERAL)
        x += _SAMPLE + text_width(name, BODY) + _APART


def _patch(x: float, y: float, width: float, height: float, color: str, transform: Transform) -> Rectangle:
    return Rectangle((x, y), width, height, facecolor=color, edgecolor="none", transform=transform, clip_on=False)


def _draw_bars(ax: Axes, rows: Rows, shares: FloatArray, persons: FloatArray, there: NDArray[np.bool_]) -> None:
    """The bars of one panel with their numbers; `shares` is labels x bands."""
    low, middle, high = shares.T
    starts = (-low - middle / 2, -middle / 2, middle / 2)
    shown = np.asarray(np.isfinite(shares).all(axis=1))
    ax.axvline(0, color="white", linewidth=0.8, zorder=3, alpha=0.9)
    ends = ax.get_xlim()
    per_inch = (ends[1] - ends[0]) / size_of(ax)[0]
    for band, start, (ground, letters) in zip((low, middle, high), starts, BANDS, strict=True):
        ax.add_collection(_boxes(start[shown], band[shown], rows.y[shown], ground), autolim=False)
        for place in np.flatnonzero(shown):
            text = percent(band[place])
            if band[place] / per_inch >= text_width(text, SMALL - 1) + 0.05:
                ax.text(
                    start[place] + band[place] / 2, rows.y[place], text, ha="center", va="center_baseline",
                    fontsize=SMALL - 1, color=letters, zorder=4, **LITERAL,
                )  # fmt: skip
    beside = blended_transform_factory(from_corner(ax, 1, 0), ax.transData)
    for place in np.flatnonzero(there):
        hidden = not shown[place]
        if hidden:
            ax.text(
                0, rows.y[place], _("not shown"), ha="center", va="center_baseline", fontsize=SMALL, color=MUTED,
                fontstyle="italic", **LITERAL,
            )  # fmt: skip
        elif np.isfinite(persons[place]):
            ax.text(
                _COUNT, rows.y[place], number(persons[place], 0), transform=beside, ha="right",
                va="center_baseline", fontsize=SMALL, color=MUTED, **LITERAL,
            )  # fmt: skip


def _boxes(start: FloatArray, width: FloatArray, y: FloatArray, color: str) -> PolyCollection:
    """All bars of one band in one go: a third of what as many patches cost."""
    left, right, top, bottom = start, start + width, y - _BAR / 2, y + _BAR / 2
    corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1).reshape(-1, 4, 2)
    return PolyCollection(list(corners), facecolors=color, edgecolors="none", zorder=2)


@stacks.set_alt
def stacks_alt(frame: pd.DataFrame, *, names: tuple[str, str, str] | None = None) -> str:
    """Say what `stacks` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `stacks`.
    names : (str, str, str), optional
        What the three bands are called.

    Returns
    -------
    str
        One sentence, and two for each series.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Balance of power", "Equal say"], "low": [.10, .25], "middle": [.6, .5], "high": [.3, .25],
    ... })
    >>> print(stacks_alt(frame))
    Stacked bars of low, middle and high answers to 2 characteristics.
    Low runs from 10% (Balance of power) to 25% (Equal say); High from 25% (Equal say) to 30% (Balance of power).
    """
    check_columns(frame, _COLUMNS)
    grid = read_grid(frame)
    whole = np.isfinite(np.stack([numbers_of(frame, band) for band in _COLUMNS[1:]])).all(axis=0)
    low, high = (np.where(whole, numbers_of(frame, band), np.nan) for band in ("low", "high"))
    if not whole.any():
        return nothing_text()
    hidden = counts_sentence(low)
    low, high = grid.fill(low), grid.fill(high)
    opening = ngettext(
        "Stacked bars of low, middle and high answers to {count} characteristic.",
        "Stacked bars of low, middle and high answers to {count} characteristics.",
        len(grid.labels),
    ).format(count=len(grid.labels))
    called = names or _plain_names()
    said = []
    for s, series in enumerate(grid.series):
        if not np.isfinite(low[:, s]).any():
            said.append(_("{series}: not shown.").format(series=series))
            continue
        words = {"low": called[0], "high": called[2], **_ends(low[:, s], grid, "l"), **_ends(high[:, s], grid, "h")}
        sentence = _(
            "{low} runs from {l_min} ({l_min_name}) to {l_max} ({l_max_name}); {high} from {h_min} ({h_min_name}) to "
            "{h_max} ({h_max_name})."
        ).format(**words)
        said.append(_("{series}: {sentence}").format(series=series, sentence=sentence) if series else sentence)
    return sentences(opening, *said, hidden)


def _ends(values: FloatArray, grid: Grid, letter: str) -> dict[str, str]:
    least, most = int(np.nanargmin(values)), int(np.nanargmax(values))
    return {
        f"{letter}_min": percent(values[least]),
        f"{letter}_min_name": grid.labels[least],
        f"{letter}_max": percent(values[most]),
        f"{letter}_max_name": grid.labels[most],
    }
