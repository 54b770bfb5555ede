"""The key of a figure: which mark is which series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from hpp_analysis.plots.parts.lettering import BODY, text_height, text_width, wrap
from hpp_analysis.plots.parts.style import INK, LITERAL, Mark, from_corner, middle

_SAMPLE, _GAP = 0.34, 0.28  # inches: the line before a name, and the space after it


@dataclass(frozen=True, slots=True)
class Key:
    """Which mark is which series, laid out in lines.

    Attributes
    ----------
    places : tuple of (float, float, Mark, str)
        Inches from the left, inches of the line's middle above the bottom, mark and text.
    height : float
        Inches.
    """

    places: tuple[tuple[float, float, Mark, str], ...]
    height: float


def lay_key(entries: Sequence[tuple[Mark, str]], width: float) -> Key:
    """Lay out a key of at most `width` inches; a series without a name is not in it."""
    lines: list[list[tuple[float, Mark, str]]] = [[]]
    x = 0.0
    for mark, name in entries:
        text = wrap(name, width - _SAMPLE, BODY, lines=2)
        needed = _SAMPLE + max(text_width(line, BODY) for line in text.split("\n"))
        if lines[-1] and x + needed > width:
            lines.append([])
            x = 0.0
        lines[-1].append((x, mark, text))
        x += needed + _GAP
    heights = [max((text_height(text, BODY) for *_other, text in line), default=0) + 0.05 for line in lines]
    places, y = [], sum(heights)
    for line, height in zip(lines, heights, strict=True):
        places += [(x, y - height / 2, mark, text) for x, mark, text in line]
        y -= height
    return Key(tuple(places), sum(heights) if places else 0.0)


def draw_key(ax: Axes, key: Key, *, left: float = 0.0, lift: float = 0.1, lines: bool = True) -> None:
    """Draw a key above the axes: `left` and `lift` are inches from their upper left corner."""
    inches = from_corner(ax, 0, 1)
    for x, y, mark, text in key.places:
        start, level = left + x, lift + y
        sample = Line2D(
            [start, start + 0.12, start + 0.24],
            [level] * 3,
            transform=inches,
            clip_on=False,
            markevery=[1],
            **{**mark.points(), "linestyle": mark.line if lines else "none", "linewidth": 1.8},
        )
        ax.add_artist(sample)
        ax.text(
            start + (_SAMPLE if lines else 0.24),
            level,
            text,
            transform=inches,
            fontsize=BODY,
            color=INK,
            va=middle(text),
            **LITERAL,
        )
