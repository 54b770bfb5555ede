"""The parts of a Word document as XML: paragraphs, fields, and tables whose columns are as wide as their words.

Every text goes through `run`, which escapes it. A table is written in one go, because python-docx searches the document again
for each cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from hpp_analysis.display.blocks import HeaderCell, TableBlock
from hpp_analysis.report.writers.fonts import font_folder
from hpp_analysis.report.writers.html import FORM_WIDTHS, Cell, Element, Group
from hpp_analysis.report.writers.prose_nodes import plain

PORTRAIT: Final = 16.6
LANDSCAPE: Final = 25.3
"""Centimetres between the margins of A4."""
TABLE_SIZE: Final = 8.5
"""Points of the text of a table."""
_TWIPS = 1440 / 2.54  # in a centimetre
_MARGIN = 0.32  # centimetres of a cell, left and right together
_WHOLE = 12  # rows of a table that is kept on one page
_FORM_ROW = 2.2  # centimetres


def run(text: str, look: str = "") -> str:
    """A piece of text; `look` is the content of its `w:rPr`.

    Examples
    --------
    >>> run("a < b")
    '<w:r><w:t xml:space="preserve">a &lt; b</w:t></w:r>'
    """
    looks = f"<w:rPr>{look}</w:rPr>" if look else ""
    lines = (f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in plain(text).split("\n"))
    return f"<w:r>{looks}{'<w:br/>'.join(lines)}</w:r>"


def paragraph(style: str, *runs: str, look: str = "") -> str:
    """A paragraph in the style with this id; `look` is what else its `w:pPr` holds."""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{look}</w:pPr>{''.join(runs)}</w:p>"


def kept(written: str) -> str:
    """Paragraphs that stay on the page of what comes after them."""
    return written.replace("</w:pPr>", "<w:keepNext/></w:pPr>")


def field(code: str, shown: str) -> str:
    """A field that Word updates; `shown` are the runs that stand there until then."""
    marks = {kind: f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")}
    instruction = f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>'
    return marks["begin"] + instruction + marks["separate"] + shown + marks["end"]


def caption(label: str, number: int, text: str) -> str:
    """A caption that Word counts, so that it can be referred to; `label` holds "{n}" in the place of the number."""
    before, _number, after = label.partition("{n}")
    series = re.sub(r"\W", "", before + after)
    counted = field(rf"SEQ {series} \* ARABIC", run(str(number)))
    return paragraph("Caption", run(before), counted, run(f"{after}  "), run(text, "<w:b/>"))


def contents(headings: Sequence[tuple[int, str, str]]) -> str:
    """A contents list that Word updates, its entries linked: level, name of the bookmark and text of each heading."""
    entries = [
        (f"TOC{level}", f'<w:hyperlink w:anchor="{mark}" w:history="1">{run(text)}</w:hyperlink>')
        for level, mark, text in headings
    ]
    code = r' TOC \o "1-2" \h \z \u '
    begin, end = field(code, "\0").split("\0")
    (first, words), *rest = entries or [("TOC1", "")]
    lines = [paragraph(first, begin, words), *(paragraph(style, words) for style, words in rest)]
    lines[-1] = lines[-1].removesuffix("</w:p>") + end + "</w:p>"
    return "".join(lines)


def section(*, turned: bool, headers: str) -> str:
    """The pages of a section: A4, upright or turned; `headers` refers to the lines of the first section, which all share."""
    wide, high = (16838, 11906) if turned else (11906, 16838)
    orient = ' w:orient="landscape"' if turned else ""
    first = "<w:titlePg/>" if headers else ""
    margins = '<w:pgMar w:top="1361" w:right="1247" w:bottom="1247" w:left="1247" w:header="624" w:footer="567" w:gutter="0"/>'
    return f'<w:sectPr>{headers}<w:type w:val="nextPage"/><w:pgSz w:w="{wide}" w:h="{high}"{orient}/>{margins}{first}</w:sectPr>'


def table(block: TableBlock, groups: tuple[Group, ...], *, room: float) -> str:
    """A table within `room` centimetres: heads that repeat on each page, rows and words that stay whole."""
    grouped = bool(groups and groups[0].title)
    heads = block.header[1:] if grouped else block.header
    widths = Columns.of(heads, groups).shared(room)
    if block.form:
        widths = [room * share / sum(FORM_WIDTHS) for share in FORM_WIDTHS]
    rows = [_row([_cell(head.label, "TableHead", head.unit != "text") for head in heads], widths, "<w:tblHeader/>")]
    height = f'<w:trHeight w:val="{_twips(_FORM_ROW)}"/>' if block.form else ""
    for group in groups:
        if group.title:
            spanned = (
                f'<w:tcPr><w:tcW w:w="{_twips(sum(widths))}" w:type="dxa"/><w:gridSpan w:val="{len(heads)}"/></w:tcPr>'
            )
            title = paragraph("TableGroup", run(group.title))
            rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc>{spanned}{title}</w:tc></w:tr>")
        rows += [
            _row([_cell(cell.text, "TableText", cell.number) for cell in line], widths, height) for line in group.rows
        ]
    if len(rows) <= _WHOLE:
        rows = [*map(kept, rows[:-1]), rows[-1]]
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="D9DEE3"/>' for side in ("left", "right", "insideV")
    )
    return _table(rows, widths, block.caption, borders=lines if block.form else "")


def least_width(element: Element) -> float:
    """The centimetres that a table needs so that no word is broken; 0 for anything else, and for a form."""
    block = element.block
    if not isinstance(block, TableBlock) or block.form:
        return 0.0
    grouped = bool(element.groups and element.groups[0].title)
    return sum(Columns.of(block.header[1:] if grouped else block.header, element.groups).least)


def facts(pairs: Iterable[Sequence[str]], caption_text: str, *, large: bool = False) -> str:
    """Labels and what they stand for, side by side; numbers that are the message are large."""
    widths = (5.2, PORTRAIT - 5.2)
    rows = [
        _row(
            [paragraph("FactNumber" if large else "FactLabel", run(label)), paragraph("TableText", run(value))],
            widths,
            "",
        )
        for label, value in pairs
    ]
    return _table(rows, widths, caption_text, heads=False)


def plain_table(rows: Sequence[Sequence[str]], room: float) -> str:
    """A table of equal columns whose cells are runs, the first row being heads."""
    most = max(map(len, rows))
    widths = [room / most] * most
    written = []
    for at, row in enumerate(rows):
        cells = [paragraph("TableText" if at else "TableHead", cell) for cell in [*row, *[""] * (most - len(row))]]
        written.append(_row(cells, widths, "" if at else "<w:tblHeader/>"))
    return _table(written, widths, "")


def _table(
    rows: Sequence[str], widths: Sequence[float], caption_text: str, *, heads: bool = True, borders: str = ""
) -> str:
    look = f'<w:tblLook w:val="{"0020" if heads else "0000"}" w:firstRow="{int(heads)}" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
    described = f"<w:tblCaption w:val={quoteattr(plain(caption_text))}/>" if caption_text else ""
    bordered = f"<w:tblBorders>{borders}</w:tblBorders>" if borders else ""
    grid = "".join(f'<w:gridCol w:w="{_twips(wide)}"/>' for wide in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="ReportTable"/><w:tblW w:w="{_twips(sum(widths))}" w:type="dxa"/>{bordered}'
        f'<w:tblLayout w:type="fixed"/>{look}{described}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )


def _cell(text: str, style: str, number: bool) -> str:
    return paragraph(f"{style}{'Number' if number else ''}", run(text))


def _row(paragraphs: Sequence[str], widths: Sequence[float], kind: str) -> str:
    cells = (
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(wide)}" w:type="dxa"/></w:tcPr>{content}</w:tc>'
        for content, wide in zip(paragraphs, widths, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{kind}</w:trPr>{''.join(cells)}</w:tr>"


def _twips(centimetres: float) -> int:
    return round(centimetres * _TWIPS)


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the columns of a table must be, in centimetres.

    Attributes
    ----------
    least : list of float
        So wide that no word and no number is broken.
    most : list of float
        So wide that every cell is one line.
    """

    least: list[float]
    most: list[float]

    @classmethod
    def of(cls, heads: Sequence[HeaderCell], groups: Iterable[Group]) -> Columns:
        """Measure a table."""
        least = [_widest(head.label.split(), bold=True) for head in heads]
        most = list(least)
        for line in (line for group in groups for line in group.rows):
            for place, cell in enumerate(line):
                least[place] = max(least[place], _widest(_unbroken(cell)))
                most[place] = max(most[place], _width(cell.text))
        return cls([wide + _MARGIN for wide in least], [wide + _MARGIN for wide in most])

    def shared(self, room: float) -> list[float]:
        """The widths of the columns within `room`: first what words need, then what lines would like."""
        least, wished = sum(self.least), sum(self.most)
        if least >= room:
            return [wide * room / least for wide in self.least]
        if wished <= room:
            return [wide * room / wished for wide in self.most]
        share = (room - least) / (wished - least)
        return [low + (high - low) * share for low, high in zip(self.least, self.most, strict=True)]


def _unbroken(cell: Cell) -> list[str]:
    """What must stay on one line: a number with its bounds, else each word."""
    return [cell.text] if cell.number else re.split(r"\s|(?<=-)", cell.text)


def _widest(words: Iterable[str], *, bold: bool = False) -> float:
    return max((_width(word, bold=bold) for word in words), default=0.0)


def _width(text: str, *, bold: bool = False) -> float:
    advance = _advances(bold)
    letters = unicodedata.normalize("NFD", text)
    return (
        sum(advance.get(ord(letter), 0.6) for letter in letters if not unicodedata.combining(letter))
        * TABLE_SIZE
        / 72
        * 2.54
    )


@cache
def _advances(bold: bool) -> dict[int, float]:
    """The width of each letter of Helvetica, which Arial shares, in ems."""
    name = "Helvetica-Bold.afm" if bold else "Helvetica.afm"
    metrics = (font_folder().parent / "pdfcorefonts" / name).read_text(encoding="latin-1")
    return {int(code): int(wide) / 1000 for code, wide in re.findall(r"^C (\d+) ; WX (\d+)", metrics, re.MULTILINE)}
