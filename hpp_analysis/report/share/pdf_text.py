"""Read the texts and actions of a PDF: its pages, properties, bookmarks and alternative texts.

It reads what Typst writes (ISO 32000-1, cross-reference tables, CID fonts with a map to Unicode), and raises on anything else:
a file that cannot be read is not shared.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_OBJECT = re.compile(rb"(?<!\d)(\d+) 0 obj\b(.*?)\bendobj\b", re.DOTALL)
_STREAM = re.compile(rb"\bstream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_STRING = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)|<[0-9A-Fa-f\s]*>(?!>)"
_NUMBER = rb"-?\d*\.?\d+"
_TEXT = re.compile(
    rb"(?P<matrix>(?:" + _NUMBER + rb"\s+){6})cm\b|/(?P<font>[^\s/<>\[\]()]+)\s+(?P<size>" + _NUMBER + rb")\s+Tf\b"
    rb"|(?P<said>" + _STRING + rb")\s*(?P<kern>" + _NUMBER + rb"(?=\s*[(<\]]))?|(?P<start>\bBT\b)",
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ACTIONS = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|RichMedia|SubmitForm|URI)\b")
_LARGEST = 20_000_000
_SPACE, _FAR, _OFF_THE_LINE = 0.15, 0.6, 0.1
"""In sizes of the letters: from which distance on there is a space between two, and from which on another text begins."""


@dataclass(frozen=True, slots=True)
class _Font:
    """What the codes of a font mean, and how wide their letters are in thousandths of the size."""

    letters: Mapping[int, str]
    widths: Mapping[int, float]


def pdf_actions(data: bytes) -> Iterator[str]:
    """The actions in a PDF, as scripts and links; they lie in its objects, never in packed streams."""
    for match in _ACTIONS.finditer(_STREAM.sub(b"", data)):  # where such bytes occur by chance
        yield match[1].decode("ascii")


def pdf_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """The texts of a PDF with their places: its pages and pictures line by line, then its properties.

    Raises
    ------
    ValueError
        When it is no PDF, or its texts cannot be read.
    """
    objects = {int(number): body for number, body in _OBJECT.findall(data)}
    if not data.startswith(b"%PDF-") or not objects or b"/Encrypt" in data or b"/ObjStm" in data:
        raise ValueError("it is no PDF that can be read")
    contents = {number: _content(body) for number, body in objects.items()}
    fonts = {
        number: _Font(_letters(contents[int(to_unicode[1])]), _widths(_head(body), objects))
        for number, body in objects.items()
        if (to_unicode := re.search(rb"/Type\s*/Font\b.*/ToUnicode (\d+) 0 R", _head(body), re.DOTALL))
    }
    drawn = _drawing_streams(objects)
    for number, head in drawn.items():
        named = _fonts(head, objects)
        yield f"page part {number}", _text_of_stream(contents[number], named, fonts)
    for number, body in objects.items():
        head = _head(body)
        strings = [_decoded(string) for string in re.findall(_STRING, head, re.DOTALL)]
        if strings:
            yield f"object {number}", "\t".join(strings)
        if b"/Metadata" in head and (metadata := contents[number]):
            yield "metadata", re.sub(r"<[^>]*>", " ", metadata.decode("utf-8", "replace"))


def _head(body: bytes) -> bytes:
    """An object without its stream."""
    return body.partition(b"stream")[0]


def _content(body: bytes) -> bytes:
    match = _STREAM.search(body)
    if match is None:
        return b""
    return _unpacked(match[1]) if b"/FlateDecode" in _head(body) else match[1]


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, _LARGEST)
    except zlib.error:
        return b""


def _drawing_streams(objects: Mapping[int, bytes]) -> dict[int, bytes]:
    """The streams that draw something, each with the dictionary that names its fonts."""
    drawn: dict[int, bytes] = {}
    for number, body in objects.items():
        head = _head(body)
        if re.search(rb"/Type\s*/Page\b", head):
            for references in re.findall(rb"/Contents\s*\[?((?:\s*\d+ 0 R)+)", head):
                drawn |= {int(reference): head for reference in re.findall(rb"(\d+) 0 R", references)}
        elif re.search(rb"/Subtype\s*/Form\b|/PatternType\b", head):
            drawn[number] = head
    return drawn


def _fonts(head: bytes, objects: Mapping[int, bytes]) -> dict[bytes, int]:
    """The fonts that a dictionary names, itself or in its resources."""
    reference = re.search(rb"/Resources (\d+) 0 R", head)
    resources = objects[int(reference[1])] if reference else head
    listed = re.search(rb"/Font\s*(?:<<(.*?)>>|(\d+) 0 R)", resources, re.DOTALL)
    if listed is None:
        return {}
    inside = listed[1] if listed[1] is not None else objects[int(listed[2])]
    return {name: int(number) for name, number in re.findall(rb"/([^\s/<>\[\]()]+)\s+(\d+) 0 R", inside)}


def _letters(table: bytes) -> dict[int, str]:
    """The letters of a font by code, from its map to Unicode."""
    letters: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, unicode in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>", block):
            letters[int(code, 16)] = bytes.fromhex(unicode.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, unicode in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for code in range(int(first, 16), int(last, 16) + 1):
                letters[code] = chr(int(unicode, 16) + code - int(first, 16))
    return letters


def _widths(head: bytes, objects: Mapping[int, bytes]) -> dict[int, float]:
    """How wide the letters of a font are by code, in thousandths of its size."""
    descendant = re.search(rb"/DescendantFonts\s*\[\s*(\d+) 0 R", head)
    listed = re.search(rb"/W\s*\[(.*)\]", objects[int(descendant[1])], re.DOTALL) if descendant else None
    widths: dict[int, float] = {}
    for runs in re.findall(rb"(\d+)\s*\[([^\]]*)\]|(\d+)\s+(\d+)\s+(" + _NUMBER + rb")", listed[1] if listed else b""):
        if runs[1]:
            widths |= {int(runs[0]) + at: float(wide) for at, wide in enumerate(runs[1].split())}
        elif runs[2]:
            widths |= dict.fromkeys(range(int(runs[2]), int(runs[3]) + 1), float(runs[4]))
    return widths


def _text_of_stream(content: bytes, named: Mapping[bytes, int], fonts: Mapping[int, _Font]) -> str:
    """The text that a stream shows. Letters that are placed one by one, as in figures, are put together by their places."""
    lines: list[str] = [""]
    font, size = None, 1.0
    place, turn = 0j, 1 + 0j  # of a text object, and its direction
    end: complex | None = None  # where the one before it ended
    for match in _TEXT.finditer(content):
        if match["matrix"]:
            a, b, _c, _d, x, y = map(float, match["matrix"].split())
            place, turn = complex(x, y), complex(a, b) or 1 + 0j
        elif match["font"]:
            font, size = fonts.get(named.get(match["font"], -1)), float(match["size"])
            if font is None:
                raise ValueError("it has a text in a font that cannot be read")
        elif match["start"]:
            gap = None if end is None else (place - end) / turn / size
            if gap is None or abs(gap.imag) > _OFF_THE_LINE or not -_FAR < gap.real < _FAR:
                lines.append("")
            elif gap.real > _SPACE:
                lines[-1] += " "
        elif font is not None:
            codes = _bytes(match["said"])
            for at in range(0, len(codes), 2):
                code = int.from_bytes(codes[at : at + 2], "big")
                lines[-1] += font.letters.get(code, "\N{REPLACEMENT CHARACTER}")
                place += turn * size * font.widths.get(code, 0.0) / 1000
            place -= turn * size * float(match["kern"] or 0) / 1000
            end = place
    return "\n".join(line for line in lines if line.strip())


def _bytes(string: bytes) -> bytes:
    """What a string of a PDF holds."""
    if string.startswith(b"<"):
        digits = re.sub(rb"\s", b"", string[1:-1])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())

    def plain(match: re.Match[bytes]) -> bytes:
        if match[1][:1].isdigit():
            return bytes([int(match[1], 8) % 256])
        return b"" if match[1].endswith(b"\n") else _LETTERS.get(match[1], match[1])

    return _ESCAPED.sub(plain, string[1:-1])


def _decoded(string: bytes) -> str:
    """A text that is not shown on a page: UTF-16, UTF-8 or the letters of Latin-1."""
    held = _bytes(string)
    if held.startswith(b"\xfe\xff"):
        return held[2:].decode("utf-16-be", "replace")
    if held.startswith(b"\xef\xbb\xbf"):
        return held[3:].decode("utf-8", "replace")
    return held.decode("latin-1")
