"""Extract the texts of a report's files with their places, for the guard."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

from openpyxl import load_workbook

from hpp_analysis.common.result import mimebundle
from hpp_analysis.display.blocks import MIME, from_json
from hpp_analysis.errors import ReportError
from hpp_analysis.report.share.pdf_text import pdf_actions, pdf_texts
from hpp_analysis.report.writers.markdown import Outline, prose_html
from hpp_analysis.report.writers.pages import SCRIPT

_BINARY = re.compile(r"[A-Za-z0-9+/=\s]{2000,}")
_MARKUP = ("text/html", "image/svg+xml", "svg")
_PROGRAMS = ("application/javascript", "text/javascript")
_INLINE = set(
    re.findall(
        r"\w+",
        "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strong sub sup time tspan tt u var wbr",
    )
)
"""Elements that do not end a word: what stands before and after them is read together."""
_SAYING = ("alt", "title", "aria-label", "content", "value", "placeholder")
_OFFICE = re.compile(
    r"word/(?:document|header\d*|footer\d*|comments\w*|footnotes|endnotes|people)\.xml"
    r"|xl/(?:workbook|comments\d*|worksheets/\w+|drawings/\w+|charts/\w+|threadedComments/\w+|persons/\w+|tables/\w+)\.xml"
    r"|ppt/(?:presentation|commentAuthors|authors|(?:slides|notesSlides|charts|comments)/\w+)\.xml"
    r"|docProps/\w+\.xml|customXml/\w+\.xml"
)
"""The parts of a workbook, a Word document or slides in which somebody may have written something."""
_OFFICE_BREAKS = ("p", "pt", "tc", "tr", "br", "tab", "cr", "comment", "sheet", "definedName", "oddHeader", "oddFooter")
_NUMBERS = re.compile(r"ppt/embeddings/Microsoft_Excel_Sheet\d*\.xlsx")
_FIELD = re.compile(r"PAGE|NUMPAGES|SEQ \w+ \\\* ARABIC|TOC \\o \"1-2\" \\h \\z \\u")
"""The fields of a Word document that we write: numbers of pages and captions, and the contents list."""
_HEADER_CODE = re.compile(r"&(?:[A-Za-z]|\"[^\"]*\"|\d+)")  # as "&L" for the left of a sheet's head
_ADDRESS = re.compile(r"\$[A-Z]{1,3}(?=[$:,]|$)|\$\d+")  # of cells, as in what is printed of a sheet
_NO_WORDS = ("f", "formatCode", "col", "colOff", "row", "rowOff")  # formulas, formats, and the place of a drawing
_OFFICE_SAYING = ("name", "descr", "title", "displayName", "author", "tooltip", "alt")


@dataclass(frozen=True, slots=True)
class FileText:
    """A text of a file.

    Attributes
    ----------
    file, place : str
        As "nl/report.html", "line 12".
    text : str
        What a reader sees, or what a program would; a tab or a new line ends a cell or a line, but not a name.
    markup : str
        The source, where it is HTML or SVG.
    """

    file: str
    place: str
    text: str
    markup: str = ""


def texts_of_file(file: str, data: bytes) -> Iterator[FileText]:
    """The texts of a file, by its ending.

    Raises
    ------
    ValueError, KeyError, zipfile.BadZipFile, xml.etree.ElementTree.ParseError
        When it is not what its ending says.
    """
    ending = file.rpartition(".")[2]
    if ending in ("html", "svg"):
        yield from _page(file, data.decode("utf-8"))
    elif ending == "ipynb":
        yield from _notebook(file, json.loads(data))
    elif ending == "json":
        yield from _walk(file, "", json.loads(data))
    elif ending == "xlsx":
        yield from _workbook(file, data)
        yield from _office(file, data)
    elif ending in ("docx", "pptx"):
        yield from _office(file, data)
    elif ending == "pdf":
        yield from _pdf(file, data)
    else:
        yield FileText(file, "", data.decode("utf-8"))


class _Texts(HTMLParser):
    """The words of a page by line, and the data addresses of its pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[tuple[int, str]] = []
        self.beside: list[tuple[int, str]] = []
        self.pictures: list[str] = []
        self._open = self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = self._open and tag in _INLINE
        self._style = tag == "style"
        for name, value in attrs:
            if value and value.startswith("data:"):
                self.pictures.append(value)
            elif value and name in _SAYING:
                self.beside.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag in _INLINE
        self._style = False

    def handle_data(self, data: str) -> None:
        if self._style:  # rules for a browser; only remarks in them are words
            self.beside += [(self.getpos()[0], text) for text in re.findall(r"/\*(.*?)\*/", data, re.DOTALL)]
        elif self._open:
            line, text = self.words[-1]
            self.words[-1] = (line, text + data)
        elif data.strip():
            self.words.append((self.getpos()[0], data))
            self._open = True

    def handle_comment(self, data: str) -> None:
        self.beside.append((self.getpos()[0], data))


def without_own_script(markup: str) -> str:
    """A page without the script that the package gives pages of its kind; any other one stays, and is found."""
    markup = markup.replace(f"<script>{SCRIPT}</script>", "")
    if '<body class="stakeholder"' not in markup:
        return markup
    from hpp_analysis.report.writers import stakeholder_script  # it takes a second to bundle

    return markup.replace(f"<script>{stakeholder_script.SCRIPT}</script>", "")


def _page(file: str, text: str, place: str = "") -> Iterator[FileText]:
    text = without_own_script(text)
    reader = _Texts()
    reader.feed(text)
    reader.close()
    yield FileText(file, place, "", markup=text)
    rows: list[str] = []
    start = 1
    for line, words in reader.words:  # lines of a table's row stand together: a row of answers shows as one
        if rows and line > start + len(rows) + 2:
            yield FileText(file, place or f"line {start}", "\t".join(rows))
            rows = []
        if not rows:
            start = line
        rows.append(" ".join(words.split()))
    if rows:
        yield FileText(file, place or f"line {start}", "\t".join(rows))
    for line, words in reader.beside:
        yield FileText(file, place or f"line {line}", words)
    for number, address in enumerate(reader.pictures, start=1):
        head, _comma, data = address.partition(",")
        if "svg" in head:
            try:
                svg = base64.b64decode(data, validate=True).decode("utf-8") if "base64" in head else data
            except (binascii.Error, UnicodeDecodeError):
                svg = data
            yield from _page(file, svg, f"picture {number}")


def _notebook(file: str, node: Any) -> Iterator[FileText]:
    yield from _walk(file, "metadata", node.get("metadata", {}))
    for number, cell in enumerate(node["cells"], start=1):
        place = f"cell {number}"
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        prose = cell["cell_type"] == "markdown"
        yield FileText(file, place, source, markup=source.replace("\\<", "") if prose else "")
        if prose:  # as a reader sees it: a name may have marks in its middle
            yield from (FileText(file, place, text.text) for text in _page(file, prose_html(source, Outline()), place))
        yield from _walk(file, place, {name: cell[name] for name in ("metadata", "attachments") if name in cell})
        for output in cell.get("outputs", []):
            yield from _walk(file, place, _once(output))


def _once(output: Any) -> Any:
    """An output without the representations that only repeat its block."""
    data = output.get("data", {})
    try:
        again = mimebundle(from_json(data[MIME]))
    except (KeyError, TypeError, ReportError):
        return output
    left = {
        kind: content
        for kind, content in data.items()  # a file of a notebook has long texts by line
        if kind == MIME or again.get(kind) != ("".join(content) if isinstance(content, list) else content)
    }
    return {**output, "data": left}


def _walk(file: str, place: str, value: Any, key: str = "") -> Iterator[FileText]:
    """Yield each text in plain data, and the numbers, keys and texts of each list or mapping together."""
    if isinstance(value, str):
        if key in _MARKUP:
            yield from _page(file, value, place)
        elif key in _PROGRAMS:
            yield FileText(file, place, value, markup="<script>")
        elif not _BINARY.fullmatch(value):
            yield FileText(file, place, value)
    elif isinstance(value, list) and key in _MARKUP and all(isinstance(part, str) for part in value):
        yield from _page(file, "".join(value), place)  # a notebook keeps long texts by line
    elif isinstance(value, list | dict):
        parts = [*value.items()] if isinstance(value, dict) else [(key, part) for part in value]
        numbers = [str(part) for _name, part in parts if isinstance(part, int | float) and not isinstance(part, bool)]
        yield FileText(file, place, " ".join(numbers))
        if isinstance(value, dict):
            yield FileText(file, place, " ; ".join(f"{name}:" for name in value))
        texts = [part for name, part in parts if isinstance(part, str) and name not in (*_MARKUP, *_PROGRAMS)]
        if len(texts) > 1:
            yield FileText(file, place, "\t".join(text for text in texts if not _BINARY.fullmatch(text)))
        for name, part in parts:
            if isinstance(part, list | dict) or (isinstance(part, str) and (len(texts) < 2 or part not in texts)):
                yield from _walk(file, place, part, name)


def _workbook(file: str, data: bytes) -> Iterator[FileText]:
    """The cells of a workbook, hidden ones too."""
    for sheet in load_workbook(BytesIO(data)):
        for row in sheet.iter_rows():
            cells = [cell for cell in row if cell.value is not None]
            for cell in cells:
                if cell.data_type == "f":
                    yield FileText(file, f"sheet {sheet.title!r}, {cell.coordinate}", "", markup=f"={cell.value}")
            if cells:
                place = f"sheet {sheet.title!r}, row {row[0].row}"
                yield FileText(file, place, "\t".join(str(cell.value) for cell in cells))


def _office(file: str, data: bytes) -> Iterator[FileText]:
    """The texts of a workbook, a Word document or slides outside of cells, and everything in it that runs or loads."""
    with zipfile.ZipFile(BytesIO(data)) as parts:
        for name in parts.namelist():
            if _NUMBERS.fullmatch(name):  # those behind a chart
                yield from _workbook(file, parts.read(name))
                yield from _office(file, parts.read(name))
            elif re.search(r"vba|macro|externalLink|embeddings|activeX|\.bin$", name, re.IGNORECASE):
                yield FileText(file, name, "", markup="<object>")
            if name.endswith(".rels"):
                text = parts.read(name).decode("utf-8")
                yield FileText(file, name, " ".join(re.findall(r'Target="([^"]*)"', text)))
                if 'TargetMode="External"' in text:
                    yield FileText(file, name, "", markup='<a href="external">')
            elif _OFFICE.fullmatch(name):
                yield from _office_part(file, name, ET.fromstring(parts.read(name)))  # noqa: S314 - written here


def _office_part(file: str, name: str, root: ET.Element) -> Iterator[FileText]:
    """The texts of a part: the runs of a paragraph as one text, the names of elements as texts of their own."""
    cells: list[str] = [""]
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        if kind in _NO_WORDS or (kind == "v" and "/charts/" not in name):
            continue  # cells of a workbook are read as such; a chart keeps the words of the cells that it refers to
        if kind == "instrText" and not _FIELD.fullmatch((element.text or "").strip()):
            yield FileText(file, name, "", markup="<object>")
        if kind in _OFFICE_BREAKS or name.startswith("docProps/"):
            cells.append("")
        text = element.text or ""
        code = _HEADER_CODE if kind.endswith(("Header", "Footer")) else _ADDRESS if kind == "definedName" else None
        cells[-1] += text if code is None else code.sub(" ", text)
        for attribute, value in element.attrib.items():
            attribute_name = attribute.rpartition("}")[2]
            if attribute_name in _OFFICE_SAYING or kind in ("tblCaption", "tblDescription"):
                yield FileText(file, name, value)
    yield FileText(file, name, "\t".join(cell for cell in cells if cell.strip()))


def _pdf(file: str, data: bytes) -> Iterator[FileText]:
    """The actions, the properties and the pages of a PDF."""
    for action in pdf_actions(data):
        yield FileText(file, f"a {action} action", "", markup="<object>")
    for place, text in pdf_texts(data):
        yield FileText(file, place, text)
