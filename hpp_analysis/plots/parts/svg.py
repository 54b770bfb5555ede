"""The writing of SVG: the same bytes for the same picture, and words that can be read and searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from typing import Final

from hpp_analysis.plots.parts.lettering import ASCENT, DESCENT, SMALL, clean, text_width
from hpp_analysis.plots.parts.picture import DATA, Item, Lines, Marks, Picture, Place, Point, Shapes, Text
from hpp_analysis.plots.parts.style import GRID, MUTED

SYSTEM_FONTS: Final = "system-ui, 'Segoe UI', Roboto, Arial, 'DejaVu Sans', sans-serif"
"""What the reader's machine sets the words in."""

_PAD = 4 / 72  # inches between the axis and its numbers, and between these and the name of the axis
_POINTED = 13.0  # points of a side of what can be pointed at, at least
_ALIGN = {"left": ("start", 0.0), "center": ("middle", 0.5), "right": ("end", 1.0)}  # and the share left of the point
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

    Its last group holds a rectangle for each value, unseen, with a title that browsers show when it is pointed at. It holds no date, no metadata, no style sheet, no font and no id.

    Examples
    --------
    >>> from hpp_analysis.plots.parts.picture import nothing
    >>> "Nothing to show here." in svg_of(nothing(None))
    True
    """
    width, height = _number(72 * picture.width), _number(72 * picture.height)
    written = [
        f'<svg stroke-linejoin="round" style="direction: ltr; font-family: {SYSTEM_FONTS}" width="{width}pt" '
        f'height="{height}pt" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" version="1.1">',
        f'<path d="M0 0H{width}V{height}H0z" style="fill: #ffffff"/>',
    ]
    for item in (*_axes_of(picture), *picture.items):
        written += _write(item, *_coordinates(picture, item.place))
    return "\n".join([*written, *_spots_of(picture), "</svg>\n"])


def _spots_of(picture: Picture) -> list[str]:
    """A group of rectangles with titles, each at least as high and wide as can be pointed at."""
    x, y = _coordinates(picture, DATA)
    written = []
    for spot in picture.spots:
        (left, wide), (top, high) = _extent(x(spot.x0), x(spot.x1)), _extent(y(spot.y0), y(spot.y1))
        title = escape(clean(spot.text), quote=False)
        written.append(f'<rect x="{left}" y="{top}" width="{wide}" height="{high}"><title>{title}</title></rect>')
    return ['<g fill="#ffffff" fill-opacity="0">', *written, "</g>"] if written else []


def _extent(one: float, other: float) -> tuple[str, str]:
    """Where a side of a rectangle begins, and its length."""
    length = max(abs(other - one), _POINTED)
    return _number((one + other - length) / 2), _number(length)


def _axes_of(picture: Picture) -> list[Item]:
    """Grid, numbers and names of the axes, as matplotlib places them."""
    (x0, x1), (y0, y1) = picture.x_limits, picture.y_limits
    items: list[Item] = []
    if x := picture.x_scale:
        below = -(_PAD if x.grid else 1.5 * _PAD)
        if x.grid:
            items.append(Lines([((tick, y0), (tick, y1)) for tick in x.ticks], GRID, 0.8))
        items.append(Lines([((x0, y0), (x1, y0))], MUTED, 0.8))
        foot, numbers = Place(y="bottom"), list(zip(x.ticks, x.texts, strict=True))
        items += [Text(tick, below, text, x.color, x.size, "center", "top", place=foot) for tick, text in numbers]
        deep = max(text.count("\n") + 1 for text in x.texts) * (ASCENT + DESCENT) * x.size / 72
        items.append(Text((x0 + x1) / 2, below - deep - _PAD, x.label, MUTED, SMALL, "center", "top", place=foot))
    if y := picture.y_scale:
        items.append(Lines([((x0, tick), (x1, tick)) for tick in y.ticks], GRID, 0.8))
        side, numbers = Place("left"), list(zip(y.ticks, y.texts, strict=True))
        items += [Text(-_PAD, tick, text, y.color, y.size, "right", place=side) for tick, text in numbers]
        wide = max(text_width(text, y.size) for text in y.texts)
        items.append(Text(-wide - 2 * _PAD, (y0 + y1) / 2, y.label, MUTED, align="right", upright=True, place=side))
    return items


def _coordinates(picture: Picture, place: Place) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """The functions from the coordinates of a place to points from the upper left corner of the figure."""
    (x0, x1), (y0, y1) = picture.x_limits, picture.y_limits
    x_start, x_step, x_zero = 72 * picture.left + place.shift, 72.0, 0.0
    y_start, y_step, y_zero = 72 * (picture.top + picture.axis_height), 72.0, 0.0
    if place.x == "data":
        x_step, x_zero = 72 * picture.axis_width / (x1 - x0), x0
    elif place.x == "right":
        x_start += 72 * picture.axis_width
    if place.y == "data":
        y_step, y_zero = 72 * picture.axis_height / (y1 - y0), y0
    elif place.y == "top":
        y_start = 72 * picture.top
    return lambda x: x_start + (x - x_zero) * x_step, lambda y: y_start - (y - y_zero) * y_step


def _write(item: Item, x: Callable[[float], float], y: Callable[[float], float]) -> list[str]:
    match item:
        case Text():
            return _write_text(item, x(item.x), y(item.y))
        case Lines():
            drawn = "".join(_path([(x(a), y(b)) for a, b in points]) for points in item.points)
            dashes = ",".join(_number(part * item.width) for part in item.dash)
            look = f"stroke: {item.color}; stroke-width: {item.width:g}"
            look += f"; stroke-dasharray: {dashes}" if dashes else ""
            look += f"; stroke-opacity: {item.opacity:g}" if item.opacity < 1 else ""
            return [f'<path d="{drawn}" style="fill: none; {look}"/>']
        case Marks():
            return [_write_marks(item, [(x(a), y(b)) for a, b in item.points])]
        case Shapes():
            outlines: dict[str, str] = {}
            for corners, fill in zip(item.points, item.fills, strict=True):
                outlines[fill] = outlines.get(fill, "") + _path([(x(a), y(b)) for a, b in corners]) + "z"
            edge = f"; stroke: {item.edge}; stroke-width: {item.edge_width:g}" if item.edge else ""
            return [f'<path d="{drawn}" style="fill: {fill}{edge}"/>' for fill, drawn in outlines.items()]


def _number(value: float) -> str:
    """A coordinate, to a hundredth of a point."""
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if text != "-0.00" else "0"


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _write_marks(item: Marks, points: Sequence[Point]) -> str:
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


@cache
def _style(size: float, color: str, anchor: str, bold: bool, italic: bool) -> str:
    weight, slant = "font-weight: 700; " if bold else "", "font-style: italic; " if italic else ""
    return f"{weight}{slant}font-size: {size:g}px; text-anchor: {anchor}; fill: {color}"


def _write_text(item: Text, x: float, y: float) -> list[str]:
    """Write a text line by line; `x` and `y` are points of the page."""
    size, lines = item.size, item.text.split("\n")
    if item.upright:  # one line, turned around its point
        anchor = "middle" if item.rise == "middle" else "start"
        base = x - DESCENT * size if item.align == "right" else x + (ASCENT - DESCENT) / 2 * size
        where = f'transform="translate({_number(base)} {_number(y)}) rotate(-90)"'
        return [_element(item, item.text, anchor, where)] if item.text else []
    advance = (DESCENT + 1.2 * ASCENT) * size
    tall = (len(lines) - 1) * advance + (ASCENT + DESCENT) * size
    middle = ASCENT / 2 * size if len(lines) == 1 else tall / 2  # of one line that of its small letters
    top = y - {"top": 0.0, "bottom": tall, "middle": middle}[item.rise]
    anchor, share = _ALIGN[item.align]
    written = []
    if item.ground is not None:
        wide = 72 * max(text_width(line, size, bold=item.bold) for line in lines)
        left, pad = x - share * wide, item.ground
        x0, x1, y0, y1 = map(_number, (left - pad, left + wide + pad, top - pad, top + tall + pad))
        written.append(f'<path d="M{x0} {y0}H{x1}V{y1}H{x0}z" style="fill: #ffffff"/>')
    for place, line in enumerate(lines):
        where = f'x="{_number(x)}" y="{_number(top + ASCENT * size + place * advance)}"'
        written += [_element(item, line, anchor, where)] if line else []
    return written


def _element(item: Text, line: str, anchor: str, where: str) -> str:
    style = _style(item.size, item.color, anchor, item.bold, item.italic)
    return f'<text style="{style}" {where}>{escape(line, quote=False)}</text>'
