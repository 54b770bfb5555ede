"""Figures with one line per characteristic: labels at the left under the heading of their factor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Transform, blended_transform_factory

from hpp_analysis.plots.parts.frames import FloatArray
from hpp_analysis.plots.parts.lettering import BODY, SMALL, text_height, text_width, wrap
from hpp_analysis.plots.parts.style import (
    GRID,
    INK,
    LITERAL,
    MUTED,
    from_corner,
    middle,
    offset,
    size_of,
    threshold_label,
)
from hpp_analysis.texts import gettext as _

WIDEST, ROW = 3.1, 0.222
"""Inches of a label, of which a longer one is broken into lines, and of the height of a row: 23 of them fit on a page beside
their heading."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Where each row stands.

    Attributes
    ----------
    order : tuple of int
        The rows by group, groups in order of appearance.
    labels : tuple of str
        With line breaks, one per row, in the order of the data.
    y : (n,) array
        The middle of each row, in inches from the top.
    headings : tuple of (float, str)
        The groups and where they stand.
    height, label_width : float
        Of all rows, and of the widest label, in inches.
    """

    order: tuple[int, ...]
    labels: tuple[str, ...]
    y: FloatArray
    headings: tuple[tuple[float, str], ...]
    height: float
    label_width: float


def lay_rows(groups: Sequence[str], labels: Sequence[str], *, row_height: float = ROW) -> Rows:
    """Find room for every row and heading.

    Parameters
    ----------
    groups, labels : sequence of str
        One per row; rows without a group have no heading.
    row_height : float
        Inches, at least; rows with a label of more lines are higher.

    Returns
    -------
    Rows

    Examples
    --------
    >>> lay_rows(["Openness", "Openness", "Equality"], ["Dialogue", "Ideas", "Power"]).height < 2
    True
    """
    indent = 0.1 if any(groups) else 0.0
    wrapped = tuple(wrap(label, WIDEST - indent) for label in labels)
    y = np.zeros(len(labels))
    order: list[int] = []
    headings: list[tuple[float, str]] = []
    top = 0.0
    for group in dict.fromkeys(groups):
        if group:
            heading = wrap(group, WIDEST, BODY, bold=True, lines=2)
            top += 0.06 if headings else 0.0
            height = text_height(heading, BODY) + 0.1
            headings.append((top + height / 2, heading))
            top += height
        for place, label in enumerate(wrapped):
            if groups[place] == group:
                height = max(row_height, text_height(label) + 0.07)
                y[place] = top + height / 2
                top += height
                order.append(place)
    lines = [indent + text_width(line) for label in wrapped for line in label.split("\n")]
    lines += [text_width(line, BODY, bold=True) for _, heading in headings for line in heading.split("\n")]
    return Rows(tuple(order), wrapped, y, tuple(headings), max(top, row_height), max(lines, default=0.0))


def beside(ax: Axes, x: float) -> Transform:
    """Across, inches from the left (0) or right (1) side of the axes; down, the data's own units."""
    return blended_transform_factory(from_corner(ax, x, 0), ax.transData)


def draw_rows(ax: Axes, rows: Rows, *, left: float) -> None:
    """Write labels and headings, `left` inches to the left of the axes, and a thin line under each row."""
    ax.set_ylim(rows.height, 0)
    ax.set_yticks([])
    place = beside(ax, 0)
    indent = 0.1 if rows.headings else 0.0
    ax.hlines(rows.y, 0, 1, transform=ax.get_yaxis_transform(), color=GRID, linewidth=0.8, zorder=0.5)
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
            fontsize=BODY,
            fontweight="bold",
            **LITERAL,
        )


def draw_threshold(ax: Axes, threshold: float, *, right: float, label: str | None = None) -> None:
    """A vertical line with its words above it; `right` is the room beside the axes, in inches."""
    text = threshold_label(threshold) if label is None else label
    ax.axvline(threshold, color=MUTED, linewidth=1.1, linestyle=(0, (4, 2.5)), zorder=1.5)
    low, high = ax.get_xlim()
    room = (high - threshold) / (high - low) * size_of(ax)[0] + right
    fits = room >= text_width(text) / 2
    place = blended_transform_factory(ax.transData, from_corner(ax, 0, 1))
    ax.text(
        threshold,
        0.05,
        text,
        transform=place,
        ha="center" if fits else "right",
        va="bottom",
        color=MUTED,
        fontsize=SMALL,
        **LITERAL,
    )


@dataclass(frozen=True, slots=True)
class Value:
    """A number beside its marker, at the right (1) or the left (-1)."""

    text: str
    x: float
    y: float
    color: str
    side: int = 1


def write_values(ax: Axes, values: Iterable[Value], threshold: float | None) -> None:
    """Write numbers beside their markers, readable where the threshold's line goes through."""
    low, high = ax.get_xlim()
    per_inch = (high - low) / size_of(ax)[0]
    places = {side: offset(ax, 8 * side) for side in (-1, 1)}
    for value in values:
        ends = sorted(value.x + value.side * per_inch * away for away in (0.08, 0.14 + text_width(value.text)))
        crossed = threshold is not None and ends[0] < threshold < ends[1]
        ax.text(
            value.x,
            value.y,
            value.text,
            transform=places[value.side],
            ha="left" if value.side > 0 else "right",
            va="center_baseline",
            color=value.color,
            fontsize=SMALL,
            zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8} if crossed else None,
            **LITERAL,
        )


def write_column(
    ax: Axes, heights: Iterable[float], texts: Iterable[str], *, right: float, bold: Iterable[bool] = ()
) -> None:
    """Write a text beside each row, in a column that ends `right` inches beside the axes."""
    place, heavy = beside(ax, 1), iter(bold)
    for y, text in zip(heights, texts, strict=True):
        ax.text(
            right, y, text, transform=place, ha="right", va="center_baseline", color=INK, fontsize=SMALL,
            fontweight="bold" if next(heavy, False) else "normal", **LITERAL,
        )  # fmt: skip


def write_withheld(ax: Axes, y: float) -> None:
    """The word that stands in a row without values."""
    ax.text(
        0.5,
        y,
        _("not shown"),
        transform=ax.get_yaxis_transform(),
        ha="center",
        va="center_baseline",
        color=MUTED,
        fontsize=SMALL,
        fontstyle="italic",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        **LITERAL,
    )
