"""Clean a logo for reports: keep its drawing, without scripts, links or metadata."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from xml.etree import ElementTree

MOST_BYTES = 500_000
_MOST_PIXELS = 4000  # a side
_PNG = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_DRAWS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "title",
        "desc",
        "style",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "pattern",
    ]
)
_SILENT = frozenset(["metadata"])
_OUTWARD = re.compile(r"@import|javascript:|expression\s*\(|url\(\s*['\"]?(?!#)", re.IGNORECASE)


def read_logo(path: Path) -> tuple[str, bytes]:
    """Read a logo, and remove everything that is not drawn.

    Parameters
    ----------
    path : Path
        A PNG or SVG file.

    Returns
    -------
    kind : {"image/png", "image/svg+xml"}
    content : bytes
        Of a PNG without its texts, times and other notes; of an SVG without metadata, comments, and elements and
        attributes of drawing programs.

    Raises
    ------
    ValueError
        If the logo is too large, damaged, or more than a drawing.
    OSError
        If the file cannot be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"a logo must have at most {MOST_BYTES:,} bytes; this one has {path.stat().st_size:,}")
    data = path.read_bytes()
    if data.startswith(_PNG):
        return "image/png", _plain_png(data)
    return "image/svg+xml", _plain_svg(data)


def _plain_png(data: bytes) -> bytes:
    chunks, pixels, at = [_PNG], b"", len(_PNG)
    head = b""
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if int.from_bytes(data[at + 8 + length : at + 12 + length], "big") != zlib.crc32(kind + content):
            raise ValueError("this PNG is damaged")
        if kind in _KEPT_CHUNKS:
            chunks.append(data[at : at + 12 + length])
        head = content if kind == b"IHDR" else head
        pixels += content if kind == b"IDAT" else b""
        at += 12 + length
        if kind == b"IEND":
            break
    _check_pixels(head, pixels)
    return b"".join(chunks)


def _check_pixels(head: bytes, pixels: bytes) -> None:
    """Check that a PNG has pixels, and no more than its size allows; a few bytes may unpack to gigabytes."""
    if len(head) != 13 or head[9] not in _CHANNELS:
        raise ValueError("this PNG is damaged")
    width, height = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")
    if not 0 < width <= _MOST_PIXELS or not 0 < height <= _MOST_PIXELS:
        raise ValueError(f"a logo must be at most {_MOST_PIXELS} pixels wide and high; this one is {width} x {height}")
    most = height * ((width * _CHANNELS[head[9]] * head[8] + 7) // 8 + 1) + 16 * height  # interlaced: more rows
    try:
        unfolded = zlib.decompressobj().decompress(pixels, most + 1)
    except zlib.error as error:
        raise ValueError("this PNG is damaged") from error
    if not unfolded or len(unfolded) > most:
        raise ValueError("this PNG is damaged")


def _plain_svg(data: bytes) -> bytes:
    try:
        text = data.decode("utf-8-sig")
        if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
            raise ValueError("an SVG logo must declare no document type and no entities")
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314 - no entities, see above
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise ValueError("a logo must be a PNG or SVG file (SVG in UTF-8); this is neither") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError("a logo must be a PNG or SVG file; this is another kind of XML")
    _clean(root)
    if not (root.get("viewBox") or (root.get("width") and root.get("height"))):
        raise ValueError("an SVG logo must say how large it is, by viewBox or by width and height")
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return bytes(ElementTree.tostring(root, encoding="utf-8"))


def _clean(element: ElementTree.Element) -> None:
    """Keep drawing elements, drop metadata, and refuse scripts, external links and other active content."""
    for name, value in list(element.attrib.items()):
        space, _brace, local = name.rpartition("}")
        if local.lower().startswith("on"):
            raise ValueError(f"an SVG logo must draw and do nothing else; this one has the attribute {local}")
        if local == "href" and not value.startswith("#"):
            raise ValueError(f"an SVG logo must load nothing; this one has href={value[:40]!r}")
        if _OUTWARD.search(value.replace("\\", "")):
            raise ValueError(f"an SVG logo must load nothing; this one has {local}={value[:40]!r}")
        if space and not (space == f"{{{_XLINK}" and local == "href"):
            del element.attrib[name]
    if element.tag == f"{{{_SVG}}}style" and _OUTWARD.search((element.text or "").replace("\\", "")):
        raise ValueError("an SVG logo must load nothing; the style of this one does")
    for child in list(element):
        space, _brace, local = str(child.tag).rpartition("}")
        if space != f"{{{_SVG}" or local in _SILENT:
            element.remove(child)
        elif local not in _DRAWS:
            raise ValueError(f"an SVG logo must draw and do nothing else; this one holds <{local}>")
        else:
            _clean(child)
