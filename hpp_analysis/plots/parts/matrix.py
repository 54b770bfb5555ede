"""A matrix as coloured cells with the numbers in them: what the heatmaps share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.transforms import blended_transform_factory
from numpy.typing import NDArray

from hpp_analysis.plots.parts.frames import FloatArray
from hpp_analysis.plots.parts.lettering import LINE, SMALL, number, text_width, wrap
from hpp_analysis.plots.parts.rows import Rows, beside, lay_rows
from hpp_analysis.plots.parts.style import INK, LITERAL, MUTED, WIDTH, from_corner, middle, new_axes

_EDGE, _GAP = 0.1, 0.12  # inches
_CELL, _WIDEST_CELL = 0.27, 1.1  # inches: a row's height, and the widest a column gets
_SMALLEST = 6.5  # points of a number in a cell; a narrower cell has none, and a minus where it would be negative

DIVERGING = LinearSegmentedColormap.from_list("hpp_diverging", ["#bf5300", "#e59b62", "#ffffff", "#7da3c4", "#12436d"])
"""Orange below zero, white at zero, blue above: apart for every kind of colour blindness. In grey both ends are dark,
and the signs of the numbers in the cells tell them apart."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A matrix to be drawn.

    Attributes
    ----------
    values : ndarray, shape (n, m)
        NaN is left white, with a dash.
    rows, columns : tuple of str
    groups : tuple of str
        The heading above each row; empty for none.
    muted : float
        Numbers closer to zero than this are grey.
    decimals : int
    shown : ndarray of bool, shape (n, m), optional
        Which cells are drawn; by default all.
    """

    values: FloatArray
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    groups: tuple[str, ...]
    muted: float = 0.0
    decimals: int = 2
    shown: NDArray[np.bool_] | None = None


def draw_cells(cells: Cells, ax: Axes | None) -> Axes:
    """Draw the matrix, a colour from -1 to 1 in each cell.

    Parameters
    ----------
    cells : Cells
    ax : Axes, optional
        By default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes
    """
    n_columns = len(cells.columns)
    rows = lay_rows(cells.groups, cells.rows, row_height=_CELL)
    left = rows.label_width + _GAP
    room = WIDTH - left - 2 * _EDGE
    width = min(room / n_columns, _WIDEST_CELL)
    heads, upright = _heads(cells.columns, width)
    top = 0.14 + (
        max(map(text_width, cells.columns), default=0.0)
        if upright
        else max(head.count("\n") + 1 for head in heads) * SMALL * LINE / 72
    )
    if ax is None:
        ax = new_axes(
            WIDTH,
            rows.height + min(top, 2.6) + 0.1,
            left=left + _EDGE,
            right=_EDGE + room - width * n_columns,
            top=min(top, 2.6),
            bottom=0.1,
        )
    _ground(ax, rows, n_columns)
    _label(ax, rows, heads, upright=upright, left=left)
    heights = _heights(rows)
    low, high = rows.y - heights / 2, rows.y + heights / 2
    size = _number_size(cells, width)
    for row in range(len(cells.rows)):
        for column in range(n_columns):
            if cells.shown is not None and not cells.shown[row, column]:
                continue
            value = float(cells.values[row, column])
            ax.fill_between(
                [column + 0.02, column + 0.98],
                low[row] + 0.01,
                high[row] - 0.01,
                color=DIVERGING(0.5 + np.clip(value, -1, 1) / 2) if np.isfinite(value) else "white",
                linewidth=0,
                zorder=1,
            )
            if size or value < 0:
                ax.text(
                    column + 0.5,
                    rows.y[row],
                    _written(value, cells.decimals) if size else "−",
                    ha="center",
                    va="center_baseline",
                    fontsize=size or SMALL,
                    color=_ink(value, cells.muted),
                    zorder=2,
                    **LITERAL,
                )
    return ax


def _ground(ax: Axes, rows: Rows, n_columns: int) -> None:
    ax.set_xlim(0, max(n_columns, 1))
    ax.set_ylim(rows.height, 0)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[["left", "right", "top", "bottom"]].set_visible(False)


def _label(ax: Axes, rows: Rows, heads: Sequence[str], *, upright: bool, left: float) -> None:
    """Row labels and headings at the left, column heads above."""
    place = beside(ax, 0)
    indent = 0.1 if rows.headings else 0.0
    for y, label in zip(rows.y, rows.labels, strict=True):
        ax.text(indent - left, y, label, transform=place, va=middle(label), color=INK, fontsize=SMALL, **LITERAL)
    for y, heading in rows.headings:
        ax.text(
            -left,
            y,
            heading,
            transform=place,
            va=middle(heading),
            color=INK,
            fontsize=SMALL,
            fontweight="bold",
            **LITERAL,
        )
    above = blended_transform_factory(ax.transData, from_corner(ax, 0, 1))
    for column, head in enumerate(heads):
        ax.text(
            column + 0.5,
            0.06,
            head,
            transform=above,
            ha="center",
            va="bottom",
            rotation=90 if upright else 0,
            color=MUTED,
            fontsize=SMALL,
            **LITERAL,
        )


def _heads(columns: Sequence[str], width: float) -> tuple[list[str], bool]:
    """Column heads across where they fit into two lines, else upright."""
    longest = max((text_width(word) for name in columns for word in name.split()), default=0.0)
    across = [wrap(name, width - 0.04, lines=3) for name in columns]
    if longest <= width - 0.04 and not any(head.endswith("…") for head in across):
        return across, False
    return [wrap(name, 2.4, lines=1) for name in columns], True


def _heights(rows: Rows) -> FloatArray:
    return np.array([max(_CELL, (label.count("\n") + 1) * SMALL * LINE / 72 + 0.07) for label in rows.labels])


def _number_size(cells: Cells, width: float) -> float:
    """The size at which the widest number fits its cell; 0 where none does."""
    widest = max((text_width(_written(float(v), cells.decimals)) for v in cells.values.flat), default=0.1)
    size = min(SMALL, SMALL * (width - 0.05) / widest)
    return size if size >= _SMALLEST else 0.0


def _written(value: float, decimals: int) -> str:
    return number(value, decimals) if np.isfinite(value) else "–"


def _ink(value: float, muted: float) -> str:
    if not np.isfinite(value) or abs(value) < muted:
        return MUTED
    return "white" if value > 0.62 or value < -0.8 else INK
