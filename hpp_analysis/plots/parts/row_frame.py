"""The frame of figures with one row for each label: labels and headings, axis and grid, key, threshold, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpp_analysis.plots.parts.lettering import BODY, SMALL, number, text_height, text_width, wrap
from hpp_analysis.plots.parts.picture import (
    ABOVE,
    LEFT_OF_ROWS,
    RIGHT_OF_ROWS,
    UPPER_LEFT,
    UPPER_RIGHT,
    Lines,
    Marks,
    Picture,
    Place,
    Text,
)
from hpp_analysis.plots.parts.style import (
    DASHED,
    GRID,
    LEAST_AXIS,
    MUTED,
    WIDTH,
    Mark,
    fit_width,
    round_ticks,
    scale_ticks,
    threshold_label,
)
from hpp_analysis.plots.parts.table import FloatArray
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDEST, ROW = 3.1, 0.222
"""Inches of a label, of which a longer one is broken into lines, and of the height of a row: 23 of them fit on a page beside
their heading."""
EDGE = 0.1
"""Inches between what is drawn and the rim of the figure."""
_SAMPLE, _BETWEEN = 0.34, 0.28  # inches: the line before a name in the key, and the space after the name
_TICK = 0.55  # inches between ticks, at least

KeyEntries = Sequence[tuple[Mark, str]]


@dataclass(frozen=True, slots=True)
class Rows:
    """Where each row stands.

    Attributes
    ----------
    labels : tuple of str
        With line breaks, one per row, in the order of the data.
    y, heights : (n,) array
        The middle of each row, in inches from the top, and its height.
    headings : tuple of (float, str)
        The groups and where they stand.
    height, label_width : float
        Of all rows, and of the widest label, in inches.
    """

    labels: tuple[str, ...]
    y: FloatArray
    heights: FloatArray
    headings: tuple[tuple[float, str], ...]
    height: float
    label_width: float


def lay_rows(groups: Sequence[str], labels: Sequence[str], *, row_height: float = ROW) -> Rows:
    """Find room for every row and heading; groups stand in order of appearance.

    Parameters
    ----------
    groups, labels : sequence of str
        One per row; rows without a group have no heading.
    row_height : float
        Inches, at least; rows with a label of more lines are higher.

    Examples
    --------
    >>> lay_rows(["Openness", "Openness", "Equality"], ["Dialogue", "Ideas", "Power"]).height < 2
    True
    """
    indent = 0.1 if any(groups) else 0.0
    wrapped = tuple(wrap(label, WIDEST - indent) for label in labels)
    heights = [max(row_height, text_height(label) + 0.07) for label in wrapped]
    y = np.zeros(len(labels))
    headings: list[tuple[float, str]] = []
    top = 0.0
    for group in dict.fromkeys(groups):
        if group:
            heading = wrap(group, WIDEST, BODY, bold=True, lines=2)
            top += 0.06 if headings else 0.0
            height = text_height(heading, BODY) + 0.1
            headings.append((top + height / 2, heading))
            top += height
        for place in (place for place, name in enumerate(groups) if name == group):
            y[place] = top + heights[place] / 2
            top += heights[place]
    widths = [indent + text_width(line) for label in wrapped for line in label.split("\n")]
    widths += [text_width(line, BODY, bold=True) for _y, heading in headings for line in heading.split("\n")]
    return Rows(wrapped, y, np.array(heights), tuple(headings), max(top, row_height), max(widths, default=0.0))


def write_labels(picture: Picture, rows: Rows, left: float) -> None:
    """Write labels and headings, beginning `left` inches to the left of the axes, and give each row its height."""
    picture.y_limits = (rows.height, 0.0)
    indent = 0.1 if rows.headings else 0.0
    for y, label in zip(rows.y.tolist(), rows.labels, strict=True):
        picture.add(Text(indent - left, y, label, place=LEFT_OF_ROWS))
    for y, heading in rows.headings:
        picture.add(Text(-left, y, heading, size=BODY, bold=True, place=LEFT_OF_ROWS))


@dataclass(frozen=True, slots=True)
class Key:
    """Which mark is which series, laid out in lines.

    Attributes
    ----------
    places : tuple of (float, float, Mark, str)
        Inches from the left, inches of the line's middle above the bottom, mark and text.
    height, width : float
        Of the whole key and of its widest line, in inches.
    """

    places: tuple[tuple[float, float, Mark, str], ...]
    height: float
    width: float


def lay_key(entries: KeyEntries, width: float) -> Key:
    """Lay out a key of at most `width` inches."""
    lines: list[list[tuple[float, Mark, str]]] = [[]]
    x = widest = 0.0
    for mark, name in entries:
        text = wrap(name, width - _SAMPLE, BODY, lines=2)
        needed = _SAMPLE + max(text_width(line, BODY) for line in text.split("\n"))
        if lines[-1] and x + needed > width:
            lines.append([])
            x = 0.0
        lines[-1].append((x, mark, text))
        widest = max(widest, x + needed)
        x += needed + _BETWEEN
    heights = [max((text_height(text, BODY) for *_other, text in line), default=0) + 0.05 for line in lines]
    places, y = [], sum(heights)
    for line, height in zip(lines, heights, strict=True):
        places += [(x, y - height / 2, mark, text) for x, mark, text in line]
        y -= height
    return Key(tuple(places), sum(heights) if places else 0.0, widest)


def draw_key(picture: Picture, key: Key, *, left: float = 0.0, lift: float = 0.1, lines: bool = True) -> None:
    """Draw a key above the axes; `left` and `lift` are inches from their upper left corner."""
    for x, y, mark, text in key.places:
        start, level = left + x, lift + y
        if lines:
            sample = [(start, level), (start + 0.24, level)]
            picture.add(Lines([sample], mark.color, 1.8, mark.dash, place=UPPER_LEFT))
        if mark.marker:
            picture.add(Marks([(start + 0.12, level)], mark, place=UPPER_LEFT))
        picture.add(Text(start + (_SAMPLE if lines else 0.24), level, text, size=BODY, place=UPPER_LEFT))


def draw_threshold(picture: Picture, threshold: float, text: str, right: float) -> None:
    """Draw a vertical line with its words above it; `right` is the room beside the axes, in inches."""
    low, high = picture.x_limits
    if not low <= threshold <= high:
        return
    picture.down([threshold], MUTED, 1.1, DASHED)
    room = (high - threshold) / (high - low) * picture.axis_width + right
    centred = room >= text_width(text) / 2
    picture.add(Text(threshold, 0.05, text, MUTED, align="center" if centred else "right", rise="bottom", place=ABOVE))


@dataclass(frozen=True, slots=True)
class RowFrame:
    """A picture with labelled rows, to which a figure adds its marks.

    Attributes
    ----------
    picture : Picture
    y : (n,) array
        The middle of each row.
    right : float
        Inches beside the axes at which the column of numbers ends.
    line : float, optional
        Where the vertical line is.
    """

    picture: Picture
    y: FloatArray
    right: float
    line: float | None

    def write_value(self, x: float, y: float, mark: Mark, *, left: bool = False, decimals: int = 1) -> None:
        """Write a number beside its marker; on white where the vertical line crosses it."""
        text = number(x, decimals)
        low, high = self.picture.x_limits
        per_inch = (high - low) / self.picture.axis_width
        reach = 0.14 + text_width(text)
        near, far = (x - reach * per_inch, x - 0.08 * per_inch) if left else (x + 0.08 * per_inch, x + reach * per_inch)
        crossed = self.line is not None and near < self.line < far
        place = Place(shift=-8.0 if left else 8.0)
        align = "right" if left else "left"
        self.picture.add(Text(x, y, text, mark.color, align=align, ground=0.8 if crossed else None, place=place))  # type: ignore[arg-type]

    def write_column(self, texts: Iterable[str], y: FloatArray | None = None, bold: Iterable[bool] = ()) -> None:
        """Write a text beside each row, in the column at the right."""
        heavy = iter(bold)
        for height, text in zip((self.y if y is None else y).tolist(), texts, strict=True):
            self.picture.add(
                Text(self.right, height, text, align="right", bold=bool(next(heavy, False)), place=RIGHT_OF_ROWS)
            )

    def write_not_shown(self, rows: np.ndarray) -> None:
        """Write that a row has no value, in the middle of each of these rows."""
        middle = sum(self.picture.x_limits) / 2
        for y in self.y[rows].tolist():
            self.picture.add(Text(middle, y, _("not shown"), MUTED, align="center", italic=True, ground=1.0))


def row_frame(
    ax: Axes | None,
    groups: Sequence[str],
    labels: Sequence[str],
    *,
    limits: tuple[float, float] | None = None,
    around: FloatArray | None = None,
    ticks: Sequence[float] | None = None,
    xlabel: str = "",
    row_height: float = ROW,
    gap: float = 0.22,
    right: float = 0.3,
    width: float = WIDTH,
    key: KeyEntries = (),
    line: float | None = None,
    line_text: str | None = None,
    heading: str = "",
) -> RowFrame:
    """Make the frame of a figure with rows.

    Parameters
    ----------
    ax : Axes, optional
        Where the figure is going to be drawn.
    groups, labels : sequence of str
        One per row; rows without a group have no heading.
    limits : (float, float), optional
        The ends of the axis; by default round numbers around `around` and the line.
    around : array, optional
        All numbers that are drawn along the axis.
    ticks : sequence of float, optional
        What is numbered; by default the points of an answer scale, or round numbers.
    xlabel : str
        What the axis is called.
    row_height, gap, right : float
        Inches: of a row at least, between labels and axes, and beside the axes for the column of numbers.
    width : float
        Of the figure, in inches; long labels make it wider.
    key : sequence of (Mark, str)
        Which mark is which.
    line : float, optional
        A vertical line: a threshold or a reference.
    line_text : str, optional
        Stands above the line; by default that it is the threshold.
    heading : str
        Stands above the column of numbers.
    """
    rows = lay_rows(groups, labels, row_height=row_height)
    left = rows.label_width + gap
    width = fit_width(width, left + right + 2 * EDGE + LEAST_AXIS)
    laid = lay_key(key, width - 2 * EDGE)
    words = "" if line is None else threshold_label(line) if line_text is None else line_text
    lift = 0.1
    if heading or (words and not _beside(laid, line, words, limits, left, width - 2 * EDGE - right)):
        lift += text_height("", SMALL)
    top = laid.height + lift + (0.04 if key or lift > 0.1 else 0.0)
    bottom = 0.48 if xlabel else 0.28
    picture = Picture(
        ax, width, rows.height + top + bottom, left=left + EDGE, right=right + EDGE, top=top, bottom=bottom
    )
    most = int(np.clip(picture.axis_width / _TICK, 3, 6))
    if limits is None:
        drawn = np.append([] if around is None else around, np.nan if line is None else line)
        low, high = float(np.min(drawn[np.isfinite(drawn)])), float(np.max(drawn[np.isfinite(drawn)]))
        room = 0.04 * (high - low) or max(abs(low) * 0.1, 0.1)
        ticks = round_ticks(low - room, high + room, most)
        limits = (ticks[0], ticks[-1])
    picture.number_x(limits, scale_ticks(limits, most) if ticks is None else ticks, xlabel)
    picture.across(rows.y.tolist(), GRID, 0.8)
    write_labels(picture, rows, left)
    draw_key(picture, laid, left=-left, lift=lift, lines=False)
    if line is not None:
        draw_threshold(picture, line, words, right)
    if heading:
        picture.add(Text(right, 0.05, heading, MUTED, align="right", rise="bottom", place=UPPER_RIGHT))
    return RowFrame(picture, rows.y, right, line)


def _beside(
    key: Key, line: float | None, words: str, limits: tuple[float, float] | None, left: float, end: float
) -> bool:
    """Whether a key of one line ends before the words of the vertical line begin, so that both fit on one level."""
    if line is None or limits is None or not key.places:
        return False
    low, high = limits
    start = left + (line - low) / (high - low) * (end - left) - text_width(words)
    return len({level for _x, level, _mark, _text in key.places}) == 1 and key.width < start
