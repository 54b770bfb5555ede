"""The texts of a report's files, each with the place where it stands: what a guard reads."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

_BINARY = re.compile(r"[A-Za-z0-9+/=\s]{2000,}")
_MARKUP = ("text/html", "image/svg+xml", "svg")
_PROGRAMS = ("application/javascript", "text/javascript")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of a file.

    Attributes
    ----------
    file, place : str
        As "nl/report.html", "line 12".
    text : str
        What a reader sees, or what a program would.
    markup : str
        The source, where it is HTML or SVG.
    """

    file: str
    place: str
    text: str
    markup: str = ""


def pieces_of(file: str, data: bytes) -> Iterator[Piece]:
    """The texts of a file, by its ending.

    Raises
    ------
    ValueError, KeyError, zipfile.BadZipFile
        When it is not what its ending says.
    """
    ending = file.rpartition(".")[2]
    if ending == "html":
        yield from _page(file, data.decode("utf-8"))
    elif ending == "ipynb":
        yield from _notebook(file, json.loads(data))
    elif ending == "xlsx":
        yield from _workbook(file, data)
    elif ending == "pdf":
        yield from _pdf(file, data)
    else:
        yield Piece(file, "", data.decode("utf-8"))


class _Texts(HTMLParser):
    """The words of a page by line, and the data addresses of its pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[tuple[int, str]] = []
        self.pictures: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        for name, value in attrs:
            if value and value.startswith("data:"):
                self.pictures.append(value)
            elif value and (name in ("alt", "title", "aria-label", "content", "value", "placeholder")):
                self.words.append((self.getpos()[0], value))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append((self.getpos()[0], data))

    def handle_comment(self, data: str) -> None:
        self.words.append((self.getpos()[0], data))


def _page(file: str, text: str, place: str = "") -> Iterator[Piece]:
    reader = _Texts()
    reader.feed(text)
    reader.close()
    yield Piece(file, place, "", markup=text)
    rows: list[str] = []
    start = 1
    for line, words in reader.words:  # lines of a table's row stand together: a row of answers shows as one
        if rows and line > start + len(rows) + 2:
            yield Piece(file, place or f"line {start}", "\t".join(rows))
            rows = []
        if not rows:
            start = line
        rows.append(" ".join(words.split()))
    if rows:
        yield Piece(file, place or f"line {start}", "\t".join(rows))
    for number, address in enumerate(reader.pictures, start=1):
        head, _comma, data = address.partition(",")
        if "svg" in head:
            try:
                svg = base64.b64decode(data, validate=True).decode("utf-8") if "base64" in head else data
            except (binascii.Error, UnicodeDecodeError):
                svg = data
            yield from _page(file, svg, f"picture {number}")


def _notebook(file: str, node: Any) -> Iterator[Piece]:
    yield from _walk(file, "metadata", node.get("metadata", {}))
    for number, cell in enumerate(node["cells"], start=1):
        place = f"cell {number}"
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        yield Piece(
            file, place, source, markup=source.replace("\\<", "") if cell["cell_type"] == "markdown" else ""
        )
        yield from _walk(
            file, place, {"metadata": cell.get("metadata", {}), "outputs": cell.get("outputs", [])}
        )


def _walk(file: str, place: str, value: Any, key: str = "") -> Iterator[Piece]:
    """Each text in plain data, and the numbers of a list or mapping together, with the names that they have."""
    if isinstance(value, str):
        if key in _MARKUP:
            yield from _page(file, value, place)
        elif key in _PROGRAMS:
            yield Piece(file, place, value, markup="<script>")
        elif not _BINARY.fullmatch(value):
            yield Piece(file, place, value)
    elif isinstance(value, list) and key in _MARKUP and all(isinstance(part, str) for part in value):
        yield from _page(file, "".join(value), place)  # a notebook keeps long texts by line
    elif isinstance(value, list | dict):
        parts = value.items() if isinstance(value, dict) else [(key, part) for part in value]
        scalars = [
            str(part) for _name, part in parts if isinstance(part, int | float) and not isinstance(part, bool)
        ]
        names = [*value] if isinstance(value, dict) else []
        yield Piece(file, place, " ".join(scalars))
        yield Piece(file, place, " ; ".join(f"{name}:" for name in names))
        for name, part in parts:
            if isinstance(part, str | list | dict):
                yield from _walk(file, place, part, name)


def _workbook(file: str, data: bytes) -> Iterator[Piece]:
    for sheet in load_workbook(BytesIO(data)):
        for row in sheet.iter_rows():
            cells = [cell for cell in row if cell.value is not None]
            for cell in cells:
                if cell.data_type == "f":
                    yield Piece(
                        file, f"sheet {sheet.title!r}, {cell.coordinate}", "", markup=f"={cell.value}"
                    )
            if cells:
                place = f"sheet {sheet.title!r}, row {row[0].row}"
                yield Piece(file, place, "\t".join(str(cell.value) for cell in cells))
    with zipfile.ZipFile(BytesIO(data)) as parts:
        for name in parts.namelist():
            if re.search(r"vba|macro|externalLink|embeddings|activeX|\.bin$", name, re.IGNORECASE):
                yield Piece(file, name, "", markup="<object>")
            if name.startswith("docProps/") or name.endswith(".rels"):
                text = parts.read(name).decode("utf-8")
                yield Piece(file, name, re.sub(r"<[^>]*>", " ", text))
                if 'TargetMode="External"' in text:
                    yield Piece(file, name, "", markup='<a href="external">')


def _pdf(file: str, data: bytes) -> Iterator[Piece]:
    """What a PDF would do, and what it says of itself. Its pages are set from the notebook, which is read as such."""
    found = [data, *(_unpacked(stream) for stream in _STREAM.findall(data))]
    for part in found:
        text = part.decode("latin-1")
        for match in re.finditer(
            r"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|RichMedia|SubmitForm|URI)\b", text
        ):
            yield Piece(file, f"a {match[1]} action", "", markup="<object>")
        meta = " ".join(re.findall(r"<x:xmpmeta.*?</x:xmpmeta>", text, re.DOTALL))
        yield Piece(file, "metadata", re.sub(r"<[^>]*>", " ", meta))


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, 20_000_000)
    except zlib.error:
        return b""
