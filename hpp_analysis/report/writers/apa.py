"""A result's table as a manuscript has it, in the style of the American Psychological Association (7th edition)."""

from __future__ import annotations

import io
import re
from typing import Literal
from xml.etree import ElementTree as ET

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt
from docx.table import _Cell

from hpp_analysis.common.result import Result
from hpp_analysis.display.blocks import TableBlock
from hpp_analysis.display.packages import without_clock
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, one_of
from hpp_analysis.report.writers.prose_nodes import plain
from hpp_analysis.texts import gettext as _

ApaFormat = Literal["html", "latex", "docx"]

_AT_MOST_ONE = {"coefficient", "p", "fit", "change"}
"""Units that APA style writes without the zero before the decimal mark."""
_LETTERS = 100
"""Of ten points that stand on a line of an upright page."""
_WIDE, _TALL, _MARGIN = Cm(21.0), Cm(29.7), Cm(2.54)
_RULE = "1.5px solid black"
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "^": r"\textasciicircum{}",
    "_": r"\_", "~": r"\textasciitilde{}", "%": r"\%", "−": "$-$", "–": "--", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "≥": r"$\geq$", "≤": r"$\leq$",
}  # fmt: skip


@checked
def to_apa(
    result: Result,
    format: ApaFormat = "html",  # noqa: A002
    *,
    table: str = "table",
    number: int = 1,
    language: str | None = None,
) -> str | bytes:
    r"""A table of a result for a manuscript: number, title, three rules, note.

    Parameters
    ----------
    result : Result
        Of which a table is taken, as it is shown.
    format : {"html", "latex", "docx"}
        A piece of HTML that Word and browsers open and paste; a LaTeX table (packages booktabs and threeparttable); or a
        Word document as bytes, to be written to a file.
    table : str
        "table", or one of the result's further tables.
    number : int
        Of the table in the manuscript.
    language : str, optional

    Returns
    -------
    str or bytes

    Raises
    ------
    OptionError
        When the result has no such table, or there is no such format.

    Examples
    --------
    >>> import hpp_analysis as hpp
    >>> survey = hpp.simulate_study(seed=1).survey
    >>> efa = hpp.fit_efa(survey["conflict_management"], 1)
    >>> print(to_apa(efa, "latex").splitlines()[2])
    \caption{Factor loadings}
    """
    one_of(format, ApaFormat, "format")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise OptionError(f"`number` must be a whole number from 1. Given: {number!r}. Correct it.")
    with result._spoken(language):
        block = result._block(table)
        if not isinstance(block, TableBlock):
            raise OptionError(f"`table` must name a table of the result. Given: {table!r}. Choose a table.")
        match format:
            case "html":
                return _html(block, number)
            case "latex":
                return _latex(block, number)
            case _:
                return _docx(block, number)


def _cells(block: TableBlock) -> list[list[str]]:
    """Formatted texts, without a zero before the mark where a number cannot be more than 1."""
    small = [cell.unit in _AT_MOST_ONE for cell in block.header]
    return [
        [re.sub(r"(?<![\d.,])0(?=[.,]\d)", "", text) if short else text for short, text in zip(small, row, strict=True)]
        for row in block.cells
    ]


def _title(number: int) -> str:
    return _("Table {number}").format(number=number)


def _note(block: TableBlock) -> str:
    return " ".join(block.notes)


def _numeric(block: TableBlock) -> list[bool]:
    return [cell.unit != "text" for cell in block.header]


def _html(block: TableBlock, number: int) -> str:
    frame = ET.Element("div", {"style": "font-family: 'Times New Roman', serif; font-size: 12pt"})
    ET.SubElement(ET.SubElement(frame, "p"), "strong").text = _title(number)
    ET.SubElement(ET.SubElement(frame, "p"), "em").text = block.caption
    table = ET.SubElement(
        frame, "table", {"style": f"border-collapse: collapse; border-top: {_RULE}; border-bottom: {_RULE}"}
    )
    head = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    right = _numeric(block)
    for cell, to_right in zip(block.header, right, strict=True):
        style = f"border-bottom: {_RULE}; padding: 2px 8px; text-align: {'right' if to_right else 'left'}"
        ET.SubElement(head, "th", {"scope": "col", "style": f"{style}; font-weight: normal"}).text = cell.label
    body = ET.SubElement(table, "tbody")
    for row in _cells(block):
        line = ET.SubElement(body, "tr")
        for place, (text, to_right) in enumerate(zip(row, right, strict=True)):
            heads = place < block.row_headers
            style = f"padding: 2px 8px; font-weight: normal; text-align: {'right' if to_right else 'left'}"
            name, more = ("th", {"scope": "row"}) if heads else ("td", {})
            ET.SubElement(line, name, {**more, "style": style}).text = text
    if note := _note(block):
        paragraph = ET.SubElement(frame, "p")
        em = ET.SubElement(paragraph, "em")
        em.text, em.tail = _("Note."), f" {note}"
    return ET.tostring(frame, encoding="unicode", method="html")


def _latex(block: TableBlock, number: int) -> str:
    columns = "".join("r" if to_right else "l" for to_right in _numeric(block))
    lines = [
        r"\begin{table}",
        rf"\setcounter{{table}}{{{number - 1}}}",
        rf"\caption{{{_escaped(block.caption)}}}",
        r"\begin{threeparttable}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(_escaped(cell.label) for cell in block.header) + r" \\",
        r"\midrule",
        *(" & ".join(_escaped(text) for text in row) + r" \\" for row in _cells(block)),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    if note := _note(block):
        lines += [
            r"\begin{tablenotes}",
            rf"\item \textit{{{_escaped(_('Note.'))}}} {_escaped(note)}",
            r"\end{tablenotes}",
        ]
    return "\n".join([*lines, r"\end{threeparttable}", r"\end{table}"]) + "\n"


def _escaped(text: str) -> str:
    """Text that LaTeX sets as it is; a row that starts with a bracket is no option of the row before."""
    escaped = "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
    return f"{{}}{escaped}" if escaped.startswith(("[", "*")) else escaped


def _docx(block: TableBlock, number: int) -> bytes:
    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(12)
    document.add_paragraph().add_run(_title(number)).bold = True
    document.add_paragraph().add_run(plain(block.caption)).italic = True
    right = _numeric(block)
    cells = _cells(block)
    table = document.add_table(rows=1 + len(cells), cols=len(block.header))
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    labels = [cell.label for cell in block.header]
    table.autofit = False
    letters = _letters(labels, cells)
    page = document.sections[0]
    if sum(letters) > _LETTERS:  # a wide table lies on its side
        page.orientation = WD_ORIENT.LANDSCAPE
        page.page_width, page.page_height = _TALL, _WIDE
    else:
        page.page_width, page.page_height = _WIDE, _TALL
    page.left_margin = page.right_margin = _MARGIN
    room = (_TALL if sum(letters) > _LETTERS else _WIDE) - 2 * _MARGIN
    widths = [Emu(int(room * part / max(sum(letters), _LETTERS))) for part in letters]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for place, row in enumerate([labels, *cells]):
        for column, text in enumerate(row):
            cell = table.cell(place, column)
            cell.width = widths[column]
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(2)
            paragraph.add_run(plain(text)).font.size = Pt(10)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right[column] else WD_ALIGN_PARAGRAPH.LEFT
            _ruled(cell, top=place == 0, bottom=place in (0, len(cells)))
    _repeated(table.rows[0]._tr)
    if note := _note(block):
        paragraph = document.add_paragraph()
        paragraph.add_run(_("Note.")).italic = True
        paragraph.add_run(f" {plain(note)}")
    file = io.BytesIO()
    document.save(file)
    return without_clock(file.getvalue())


def _letters(labels: list[str], cells: list[list[str]]) -> list[int]:
    """The room that each column asks for: its longest text, of its head the longest word; long texts wrap."""
    rooms = [max(map(_wide, label.split()), default=0.0) for label in labels]
    for row in cells:
        rooms = [max(room, min(_wide(text), 36.0)) for room, text in zip(rooms, row, strict=True)]
    return [int(max(room, 4.0)) + 4 for room in rooms]


def _wide(text: str) -> float:
    """How many small letters a text is wide; capitals are wider."""
    return len(text) + 0.5 * sum(letter.isupper() for letter in text)


def _ruled(cell: _Cell, *, top: bool, bottom: bool) -> None:
    borders = OxmlElement("w:tcBorders")
    for side, drawn in (("top", top), ("bottom", bottom)):
        if drawn:
            line = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", "8"), ("space", "0"), ("color", "000000")):
                line.set(qn(f"w:{name}"), value)
            borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)


def _repeated(row: object) -> None:
    """The head of a table stands on each of its pages."""
    mark = OxmlElement("w:tblHeader")
    row.get_or_add_trPr().append(mark)  # type: ignore[attr-defined]
