"""The writing of SVG: the same bytes for the same picture, and words that can be read and searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from typing import Final

from hpp_analysis.plots.parts.lettering import ASCENT, DESCENT, SMALL, text_width
from hpp_analysis.plots.parts.picture import Item, Lines, Marks, Picture, Place, Point, Scale, Shapes, Text
from hpp_analysis.plots.parts.style import GRID, MUTED, Dash

SYSTEM_FONTS: Final = "system-ui, 'Segoe UI', Roboto, Arial, 'DejaVu Sans', sans-serif"
"""What the reader's machine sets the words in."""

TICK_PAD: Final = 4.0
"""Points between the axis and its numbers, and between these and the name of the axis."""
_ANCHOR = {"left": "start", "center": "middle", "right": "end"}
_SHARE = {"left": 0.0, "center": 0.5, "right": 1.0}  # of a text's width that lies left of its point
_MARKERS: dict[str, tuple[Point, ...]] = {  # corners, in halves of the marker's size; y counts upwards
    "s": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "D": ((0, -(2**0.5)), (2**0.5, 0), (0, 2**0.5), (-(2**0.5), 0)),
    "^": ((0, 1), (-1, -1), (1, -1)),
    "v": ((0, -1), (-1, 1), (1, 1)),
    "<": ((-1, 0), (1, -1), (1, 1)),
    ">": ((1, 0), (-1, -1), (-1, 1)),
    "P": tuple(
        (x / 3, y / 3)
        for x, y in (
            (-1, -3),
            (1, -3),
            (1, -1),
            (3, -1),
            (3, 1),
            (1, 1),
            (1, 3),
            (-1, 3),
            (-1, 1),
            (-3, 1),
            (-3, -1),
            (-1, -1),
        )
    ),
    "X": tuple(
        (x / 2, y / 2)
        for x, y in (
            (-1, -2),
            (0, -1),
            (1, -2),
            (2, -1),
            (1, 0),
            (2, 1),
            (1, 2),
            (0, 1),
            (-1, 2),
            (-2, 1),
            (-1, 0),
            (-2, -1),
        )
    ),
}
_STROKES: dict[str, tuple[tuple[Point, Point], ...]] = {  # markers that are lines
    "|": (((0, -1), (0, 1)),),
    "_": (((-1, 0), (1, 0)),),
    "x": (((-1, -1), (1, 1)), ((-1, 1), (1, -1))),
}


def svg_of(picture: Picture) -> str:
    """Write a picture as an `svg` element that can stand in HTML or, as it is, in a file.

    It holds no date, no metadata, no style sheet, no font and no id.

    Examples
    --------
    >>> from hpp_analysis.plots.parts.picture import nothing
    >>> "Nothing to show here." in svg_of(nothing(None))
    True
    """
    writer = _Writer(picture)
    return "\n".join(writer.lines()) + "\n"


@cache
def _style(size: float, color: str, align: str, bold: bool, italic: bool) -> str:
    weight, slant = "font-weight: 700; " if bold else "", "font-style: italic; " if italic else ""
    return f"{weight}{slant}font-size: {size:g}px; text-anchor: {_ANCHOR[align]}; fill: {color}"


def _number(value: float) -> str:
    """A coordinate, to a hundredth of a point."""
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if text != "-0.00" else "0"


def _stroke(color: str, width: float, dash: Dash = (), opacity: float = 1.0) -> str:
    dashes = f"; stroke-dasharray: {','.join(_number(part * width) for part in dash)}" if dash else ""
    clear = f"; stroke-opacity: {opacity:g}" if opacity < 1 else ""
    return f"fill: none; stroke: {color}; stroke-width: {width:g}{dashes}{clear}"


class _Writer:
    """Turns the places of a picture into points from its upper left corner."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.left, self.top = 72 * picture.left, 72 * picture.top
        self.right, self.bottom = self.left + 72 * picture.axis_width, self.top + 72 * picture.axis_height

    def lines(self) -> list[str]:
        picture = self.picture
        width, height = _number(72 * picture.width), _number(72 * picture.height)
        written = [
            '<svg stroke-linejoin="round" '
            f'style="direction: ltr; font-family: {SYSTEM_FONTS}" width="{width}pt" height="{height}pt" '
            f'viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" version="1.1">',
            f'<path d="M0 0H{width}V{height}H0z" style="fill: #ffffff"/>',
        ]
        for scale, write in ((picture.x_scale, self._x_axis), (picture.y_scale, self._y_axis)):
            if scale is not None:
                written += write(scale)
        for item in picture.items:
            written += self._item(item)
        return [*written, "</svg>"]

    def _map(self, place: Place) -> tuple[Callable[[float], float], Callable[[float], float]]:
        """The functions from coordinates at a place to points."""
        shift, (x0, x1), (y0, y1) = place.shift, self.picture.x_limits, self.picture.y_limits
        x_start = {"data": self.left, "left": self.left, "right": self.right}[place.x] + shift
        y_start = {"data": self.bottom, "top": self.top, "bottom": self.bottom}[place.y]
        x_step = (self.right - self.left) / (x1 - x0) if place.x == "data" else 72.0
        y_step = (self.bottom - self.top) / (y1 - y0) if place.y == "data" else 72.0
        x_zero, y_zero = (x0 if place.x == "data" else 0.0), (y0 if place.y == "data" else 0.0)
        return lambda x: x_start + (x - x_zero) * x_step, lambda y: y_start - (y - y_zero) * y_step

    def _x_axis(self, scale: Scale) -> list[str]:
        x, _y = self._map(Place())
        at = [x(tick) for tick in scale.ticks]
        top = self.bottom + (TICK_PAD if scale.grid else TICK_PAD + 2)
        written = []
        if scale.grid:
            lines = "".join(f"M{_number(one)} {_number(self.bottom)}V{_number(self.top)}" for one in at)
            written.append(f'<path d="{lines}" style="{_stroke(GRID, 0.8)}"/>')
        written.append(
            f'<path d="M{_number(self.left)} {_number(self.bottom)}H{_number(self.right)}" style="{_stroke(MUTED, 0.8)}"/>'
        )
        look = {"color": scale.color, "size": scale.size, "align": "center", "rise": "top"}
        for one, text in zip(at, scale.texts, strict=True):
            written += _words(one, top, text, **look)  # type: ignore[arg-type]
        if scale.label:
            deep = max(text.count("\n") + 1 for text in scale.texts) * (ASCENT + DESCENT) * scale.size
            written += _words(
                (self.left + self.right) / 2, top + deep + TICK_PAD, scale.label, MUTED, align="center", rise="top"
            )
        return written

    def _y_axis(self, scale: Scale) -> list[str]:
        _x, y = self._map(Place())
        at = [y(tick) for tick in scale.ticks]
        lines = "".join(f"M{_number(self.left)} {_number(one)}H{_number(self.right)}" for one in at)
        written = [f'<path d="{lines}" style="{_stroke(GRID, 0.8)}"/>']
        for one, text in zip(at, scale.texts, strict=True):
            written += _words(self.left - TICK_PAD, one, text, scale.color, scale.size, align="right")
        if scale.label:
            wide = 72 * max(text_width(text, scale.size) for text in scale.texts)
            middle = (self.top + self.bottom) / 2
            written += _words(self.left - 2 * TICK_PAD - wide, middle, scale.label, MUTED, align="right", upright=True)
        return written

    def _item(self, item: Item) -> list[str]:
        x, y = self._map(item.place)
        match item:
            case Text():
                return _words(
                    x(item.x), y(item.y), item.text, item.color, item.size, align=item.align, rise=item.rise,
                    bold=item.bold, italic=item.italic, upright=item.upright, ground=item.ground,
                )  # fmt: skip
            case Lines():
                drawn = "".join(_path([(x(a), y(b)) for a, b in points]) for points in item.points)
                return [f'<path d="{drawn}" style="{_stroke(item.color, item.width, item.dash, item.opacity)}"/>']
            case Marks():
                return [_marker_path([(x(a), y(b)) for a, b in item.points], item)]
            case Shapes():
                outlines: dict[str, str] = {}
                for corners, fill in zip(item.points, item.fills, strict=True):
                    outlines[fill] = outlines.get(fill, "") + _path([(x(a), y(b)) for a, b in corners]) + "z"
                edge = f"; stroke: {item.edge}; stroke-width: {item.edge_width:g}" if item.edge else ""
                return [f'<path d="{drawn}" style="fill: {fill}{edge}"/>' for fill, drawn in outlines.items()]


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _marker_path(points: Sequence[Point], item: Marks) -> str:
    """All markers of one look as one path."""
    mark, half = item.mark, item.mark.size / 2
    if mark.marker == "o":
        arc, size = f"a{_number(half)} {_number(half)} 0 1 0 ", _number(2 * half)
        drawn = "".join(f"M{_number(x - half)} {_number(y)}{arc}{size} 0{arc}-{size} 0z" for x, y in points)
    elif mark.marker in _STROKES:
        strokes = _STROKES[mark.marker]
        drawn = "".join(_path([(x + a * half, y - b * half) for a, b in line]) for x, y in points for line in strokes)
    else:
        corners = _MARKERS[mark.marker]
        drawn = "".join(_path([(x + a * half, y - b * half) for a, b in corners]) + "z" for x, y in points)
    fill = mark.color if mark.filled else "#ffffff"
    edge = f"stroke: {mark.color}; stroke-width: 1.6; stroke-linejoin: {'round' if mark.marker == 'o' else 'miter'}"
    if item.opacity < 1:
        edge = f"opacity: {item.opacity:g}"
    return f'<path d="{drawn}" style="fill: {fill}; {edge}"/>'


def _words(
    x: float, y: float, text: str, color: str, size: float = SMALL, *, align: str = "left", rise: str = "middle",
    bold: bool = False, italic: bool = False, upright: bool = False, ground: float | None = None,
) -> list[str]:  # fmt: skip
    """Write a text line by line; `x` and `y` are points of the page."""
    style = _style(size, color, "center" if upright and align == "right" else align, bold, italic)
    if upright:
        base = x - DESCENT * size if align == "right" else x + (ASCENT - DESCENT) / 2 * size
        anchor = _style(size, color, "center" if rise == "middle" else "left", bold, italic)
        at = f"{_number(base)} {_number(y)}"
        return [f'<text style="{anchor}" transform="translate({at}) rotate(-90)">{escape(text, quote=False)}</text>']
    lines = text.split("\n")
    advance = (DESCENT + 1.2 * ASCENT) * size
    tall = (len(lines) - 1) * advance + (ASCENT + DESCENT) * size
    if rise == "top":
        top = y
    elif rise == "bottom":
        top = y - tall
    else:  # one line by its small letters, several as a block
        top = y - (ASCENT / 2 * size if len(lines) == 1 else tall / 2)
    written = []
    if ground is not None:
        wide = 72 * max(text_width(line, size, bold=bold) for line in lines)
        left = x - _SHARE[align] * wide
        ends = (left - ground, left + wide + ground, top - ground, top + tall + ground)
        x0, x1, y0, y1 = map(_number, ends)
        written.append(f'<path d="M{x0} {y0}H{x1}V{y1}H{x0}z" style="fill: #ffffff"/>')
    for place, line in enumerate(lines):
        if line:
            base = top + ASCENT * size + place * advance
            written.append(
                f'<text style="{style}" x="{_number(x)}" y="{_number(base)}">{escape(line, quote=False)}</text>'
            )
    return written
