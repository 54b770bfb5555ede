"""The questionnaire on paper: a Word form to print, and a sheet into which its answers are typed."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import docx
import xlsxwriter
from docx.document import Document as Word
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from hpp_analysis.display.packages import CREATED, without_clock
from hpp_analysis.forms.pages import Page, asked_columns, pages_of, written_columns
from hpp_analysis.survey.codes import dont_know_code
from hpp_analysis.survey.questionnaire import Instrument, RespondentColumn

_FONT, _MARKS = "Arial", "DejaVu Sans"
_BRAND, _SOFT = RGBColor(0x12, 0x43, 0x6D), RGBColor(0x52, 0x60, 0x6D)
_RULE, _SHADE = "C9D1D9", "F3F6F9"
_WIDTH = Cm(17.4)
_CODE_WIDTH, _DONT_KNOW_WIDTH = Cm(1.3), Cm(2.1)
_POINT_WIDTHS = {"labelled": Cm(1.75), "numbered": Cm(0.82)}
_CIRCLE, _BOX = "○", "☐"
_LINES = 4  # to write a comment on
_LAST_ROW = 2000  # of the sheet that checks what is typed


def paper_form(instrument: Instrument, language: str, fixed: Mapping[str, str]) -> bytes:
    """A form in one language, on A4.

    Parameters
    ----------
    instrument : Instrument
    language : str
    fixed : mapping of str to str
        Respondent columns that are the same for everybody: printed, not asked.
    """
    word = docx.Document()
    _set_up(word, instrument.title[language], language)
    word.add_paragraph(instrument.title[language], style="Title")
    if instrument.description:
        word.add_paragraph(instrument.description[language]).paragraph_format.space_after = Pt(10)
    for column in instrument.columns:
        if column.id in fixed:
            answer = next(
                (value.text[language] for value in column.values if value.id == fixed[column.id]), fixed[column.id]
            )
            _line(word, column.text[language]).add_run(answer)
    for column in asked_columns(instrument, fixed):
        _ask(word, column, language)
    for page in pages_of(instrument):
        _table(word, page, language)
    for column in written_columns(instrument):
        _ask(word, column, language, lines=0 if column.values else _LINES)
    buffer = io.BytesIO()
    word.save(buffer)
    return without_clock(buffer.getvalue())


def _set_up(word: Word, title: str, language: str) -> None:
    """Page, fonts, language, footer."""
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.8)
    section.top_margin, section.bottom_margin, section.footer_distance = Cm(1.6), Cm(1.7), Cm(0.8)
    for name, size, colour in (("Normal", 10, None), ("Title", 20, _BRAND), ("Footer", 8, _SOFT)):
        style = word.styles[name]
        style.font.name, style.font.size = _FONT, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # they would win over the font
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        if colour is not None:
            style.font.color.rgb = colour
    word.styles["Title"].font.bold = True
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), language.replace("_", "-"))
    word.styles["Normal"].element.get_or_add_rPr().append(spoken)
    about = word.core_properties
    about.title, about.author, about.comments, about.language = title[:255], "", "", language
    about.created = about.modified = CREATED
    footer = section.footer.paragraphs[0]
    footer.add_run(f"{title}\t\t")  # the style has a tab stop in the middle and one at the right
    _page_number(footer)


def _page_number(paragraph: Paragraph) -> None:
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._r.append(part)


def _line(word: Word, label: str) -> Paragraph:
    """A line that starts with what is asked."""
    line = word.add_paragraph()
    line.paragraph_format.space_after = Pt(7)
    line.paragraph_format.tab_stops.add_tab_stop(Cm(4.2))
    line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Cm(4.2), Cm(-4.2)
    line.add_run(label).bold = True
    line.add_run("\t")
    return line


def _ask(word: Word, column: RespondentColumn, language: str, *, lines: int = 0) -> None:
    """A question beside its boxes, or a line to write on; or above `lines` of them."""
    if lines:
        question = word.add_paragraph()
        question.paragraph_format.space_before, question.paragraph_format.keep_with_next = Pt(14), True
        question.add_run(column.text[language]).bold = True
        for _number in range(lines):
            empty = word.add_paragraph()
            empty.paragraph_format.tab_stops.add_tab_stop(_WIDTH, WD_TAB_ALIGNMENT.LEFT, WD_TAB_LEADER.LINES)
            empty.add_run("\t")
        return
    line = _line(word, column.text[language])
    if not column.values:
        line.paragraph_format.tab_stops.add_tab_stop(_WIDTH, WD_TAB_ALIGNMENT.LEFT, WD_TAB_LEADER.LINES)
        line.add_run("\t")
    for value in column.values:
        line.add_run(_BOX).font.name = _MARKS
        line.add_run(f"\u00a0{value.text[language].replace(' ', chr(0xA0))}     ")


def _table(word: Word, page: Page, language: str) -> None:
    """The items of a page as rows, the points of the scale as columns."""
    heading = word.add_paragraph()
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(12), Pt(4)
    heading.paragraph_format.keep_with_next = True
    run = heading.add_run(page.instruction(language))
    run.bold, run.font.color.rgb = True, _BRAND
    scale = page.scale
    points = [] if page.typed else list(range(scale.min, scale.max + 1))
    labelled = bool(points) and all(point in scale.labels for point in points)
    width = _POINT_WIDTHS["labelled" if labelled else "numbered"]
    widths: list[Length] = [width] * len(points) or [Cm(3)]
    if points and scale.dont_know:
        widths.append(_DONT_KNOW_WIDTH)
    widths = [_CODE_WIDTH, Length(_WIDTH - _CODE_WIDTH - sum(widths)), *widths]
    table = word.add_table(rows=0, cols=len(widths))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, wide in zip(table.columns, widths, strict=True):
        column.width = wide
    _rules(table)
    if points and not labelled:
        ends = _row(table, widths, repeated=True)
        over = ends.cells[2].merge(ends.cells[1 + len(points)])
        _write(over, f"{scale.labels[scale.min][language]}\t{scale.labels[scale.max][language]}", size=8, centred=False)
        over.paragraphs[0].paragraph_format.tab_stops.add_tab_stop(
            Length(width * len(points) - Cm(0.4)), WD_TAB_ALIGNMENT.RIGHT
        )
    head = _row(table, widths, repeated=True) if points else None
    for cell, point in zip(head.cells[2:] if head else (), points, strict=False):
        _write(cell, str(point), bold=True)
        if labelled:
            cell.vertical_alignment = WD_ALIGN_VERTICAL.TOP
            label = cell.add_paragraph()
            label.alignment = WD_ALIGN_PARAGRAPH.CENTER
            label.add_run(scale.labels[point][language]).font.size = Pt(7)
    if head and scale.dont_know:
        _write(head.cells[-1], scale.dont_know.text[language], size=7)
    for number, item in enumerate(page.items):
        row = _row(table, widths)
        _write(row.cells[0], item.id, size=7, colour=_SOFT, centred=False)
        _write(row.cells[1], item.text[language], centred=False)
        for cell in row.cells[2:]:
            _write(cell, _CIRCLE, size=13, font=_MARKS)
        if page.typed:
            _write(row.cells[2], "_" * 10)
        if number % 2 == 0:
            for cell in row.cells:
                _shade(cell)


def _rules(table: Table) -> None:
    """Thin lines above, below and between the rows."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _RULE)):
            line.set(qn(f"w:{key}"), value)
        borders.append(line)
    later = ("w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")  # Word wants its parts in the order of the schema
    table._tbl.tblPr.insert_element_before(borders, *later)


def _row(table: Table, widths: Sequence[Length], *, repeated: bool = False) -> _Row:
    """A row that no page break cuts; a repeated one stands at the top of each page."""
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    marks = ["w:cantSplit", *(["w:tblHeader"] if repeated else [])]
    for mark in marks:
        row._tr.get_or_add_trPr().append(OxmlElement(mark))
    for cell, width in zip(row.cells, widths, strict=True):
        cell.width, cell.vertical_alignment = width, WD_ALIGN_VERTICAL.CENTER
    return row


def _write(
    cell: _Cell, text: str, *, size: float = 9.5, bold: bool = False, centred: bool = True, font: str = _FONT,
    colour: RGBColor | None = None,
) -> None:  # fmt: skip
    paragraph = cell.paragraphs[0]
    for run in list(paragraph.runs):
        run._r.getparent().remove(run._r)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(3)
    run = paragraph.add_run(text)
    run.bold, run.font.size, run.font.name = bold, Pt(size), font
    if colour is not None:
        run.font.color.rgb = colour


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", _SHADE)):
        shade.set(qn(f"w:{key}"), value)
    later = ("w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign", "w:hideMark")
    cell._tc.get_or_add_tcPr().insert_element_before(shade, *later)


def answer_sheet(instrument: Instrument, languages: Sequence[str], fixed: Mapping[str, str]) -> bytes:
    """A workbook with a column for each question, its code as header, and a row for each form; it checks what is typed.

    Parameters
    ----------
    instrument : Instrument
    languages : sequence of str
        The question is shown at its header in the first one; the codebook has all.
    fixed : mapping of str to str
        Respondent columns that are the same for everybody: left out, for the study says them.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": CREATED})
    heading = book.add_format({"bold": True, "bottom": 1, "bg_color": f"#{_SHADE}"})
    sheet = book.add_worksheet("Answers")
    sheet.freeze_panes(1, 1)
    listed: list[tuple[str, Mapping[str, str], str]] = []
    for column in asked_columns(instrument, fixed):
        values = [value.text[languages[0]] for value in column.values]
        _head(sheet, len(listed), column.id, column.text[languages[0]], heading, values)
        listed.append(
            (column.id, column.text, "; ".join(f"{value.id} = {value.text[languages[0]]}" for value in column.values))
        )
    for page in pages_of(instrument):
        scale = page.scale
        points: list[int | str] = [] if page.typed else list(range(scale.min, scale.max + 1))
        if points and scale.dont_know:
            points.append(dont_know_code(scale.dont_know))
        values_said = "; ".join(
            called.replace(" – ", " = ") for called in page.points(languages[0]).values() if "–" in called
        )
        for item in page.items:
            _head(sheet, len(listed), item.id, item.text[languages[0]], heading, points)
            listed.append((item.id, item.text, values_said))
    for column in written_columns(instrument):
        values = [value.text[languages[0]] for value in column.values]
        _head(sheet, len(listed), column.id, column.text[languages[0]], heading, values)
        listed.append((column.id, column.text, " / ".join(values)))
    codebook = book.add_worksheet("Codebook")
    for place, text in enumerate(["variable", *(f"text ({language})" for language in languages), "values"]):
        codebook.write_string(0, place, text, heading)
        codebook.set_column(place, place, 18 if place == 0 else 60)
    for number, (code, texts, values_text) in enumerate(listed, start=1):
        for place, text in enumerate([code, *(texts[language] for language in languages), values_text]):
            codebook.write_string(number, place, text)
    book.close()
    return without_clock(out.getvalue())


def _head(
    sheet: xlsxwriter.worksheet.Worksheet,
    place: int,
    code: str,
    text: str,
    heading: object,
    allowed: Sequence[int | str],
) -> None:
    """A header with its question as a comment, and below it cells that take the allowed values only."""
    sheet.set_column(place, place, max(9, len(code) + 2))
    sheet.write_string(0, place, code, heading)
    sheet.write_comment(0, place, text, {"author": "", "x_scale": 2})
    if allowed and len(",".join(map(str, allowed))) <= 255:
        sheet.data_validation(1, place, _LAST_ROW, place, {"validate": "list", "source": [str(one) for one in allowed]})
