"""The tables of a report as a workbook: numbers to calculate with, texts that stay texts."""

from __future__ import annotations

import math
import re
from datetime import datetime
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from hpp_analysis.display.blocks import FigureBlock, HeaderCell, TableBlock
from hpp_analysis.display.formats import EXCEL_FORMATS
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.report.writers.document import BlockPart, Commentary, Document
from hpp_analysis.report.writers.prose_nodes import plain
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

_LONGEST_NAME = 31
_WIDEST, _NARROWEST, _NUMBER = 48, 8, 11  # characters
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001, RUF100 - not a time: equal reports have equal bytes
_COARSE = {"score": "0.0", "difference": "+0.0;-0.0;0.0"}
_WHY = {
    "no_answers": N_("Nobody answered"),
    "too_few": N_("Too few persons"),
    "protected": N_("Withheld to protect a small group"),
    "unknown_group": N_("Not part of the reports of this study"),
}
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def tables_xlsx(document: Document, *, title: str = "", appearance: Appearance = PLAIN) -> bytes:
    """The tables of a document as a workbook in the language in use.

    Parameters
    ----------
    document : Document
    title : str
        Stands at the top of the first sheet.
    appearance : Appearance
        The brand's colour, and whether it is a draft.

    Returns
    -------
    bytes
        A sheet with the contents, then one per table, and at last the consultant's commentary. Equal input gives equal bytes.
    """
    buffer = BytesIO()
    with Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"created": _CREATED, "title": plain(title), "author": "", "comments": ""})
        contents = _("Contents")
        commentary = document.commentary
        tables, entries = _sheets(document)
        captions = [table.caption for table in tables] + [part.label for part in commentary[:1]]
        names = sheet_names([contents, *captions])
        look = _Look(book, appearance)
        listed = [(label, names[1 + place], caption) for label, place, caption in entries]
        listed += [("", names[-1], "")] if commentary else []
        _write_contents(look.sheet(names[0]), look, title or contents, listed)
        for name, table in zip(names[1:], tables, strict=False):
            _write_table(look.sheet(name), look, table)
        if commentary:
            _write_commentary(look.sheet(names[-1]), look, commentary)
    return buffer.getvalue()


def _text(sheet: Worksheet, row: int, column: int, text: str, look: Format | None = None) -> None:
    """Write a text as text: no formula, no link, and no characters that control something."""
    sheet.write_string(row, column, plain(text), look)


def sheet_names(wanted: list[str]) -> list[str]:
    """Names that a workbook accepts: short, without forbidden characters, each once whatever its case.

    Examples
    --------
    >>> sheet_names(["gaps", "Gaps", "a/b:c", ""])
    ['gaps', 'Gaps (2)', 'a b c', 'Table']
    """
    taken: set[str] = set()
    names = []
    for want in wanted:
        short = " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", plain(want)).split()).strip("'")
        if short.casefold() in ("", "history"):  # Excel keeps this name for itself
            short = f"{short} table".strip().capitalize()
        name, times = short[:_LONGEST_NAME].strip(" '"), 1
        while name.casefold() in taken:
            times += 1
            ending = f" ({times})"
            name = short[: _LONGEST_NAME - len(ending)].strip() + ending
        taken.add(name.casefold())
        names.append(name)
    return names


class _Look:
    """The formats of a workbook."""

    def __init__(self, book: Workbook, appearance: Appearance) -> None:
        self._book = book
        self.draft = appearance.draft
        self._numbers: dict[str, Format] = {}
        self.title = book.add_format({"bold": True, "font_size": 13})
        self.head = book.add_format(
            {
                "bold": True,
                "bottom": 2,
                "bottom_color": appearance.brand.colour or "#12436d",
                "text_wrap": True,
                "valign": "bottom",
            }
        )
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.note = book.add_format({"font_color": "#52606d", "italic": True})

    def sheet(self, name: str) -> Worksheet:
        """A new sheet; of a draft it says so, on screen and on paper."""
        worksheet = self._book.add_worksheet(name)
        if self.draft:
            _text(worksheet, 1, 0, _("Draft: numbers and words may still change. Not for sharing."), self.note)
            worksheet.set_header(f"&C&20{_('Draft')}")
        return worksheet

    def number(self, pattern: str) -> Format:
        """The format with this pattern, made once."""
        if pattern not in self._numbers:
            self._numbers[pattern] = self._book.add_format({"num_format": pattern, "valign": "top"})
        return self._numbers[pattern]


def _sheets(document: Document) -> tuple[list[TableBlock], list[tuple[str, int, str]]]:
    """The tables of the workbook, and of each table and figure of the report: its label, its table's place, its caption.

    A figure whose table the report shows anywhere shares the sheet of that table.
    """
    own = [part.block for part in document.tables if isinstance(part.block, TableBlock)]
    sheets: list[TableBlock] = []
    entries: list[tuple[str, int, str]] = []
    for part in document.parts:
        if not isinstance(part, BlockPart):
            continue
        block = part.block
        if isinstance(block, TableBlock):
            label, table = _("Table {n}"), block
        elif isinstance(block, FigureBlock) and block.table is not None:
            behind = block.table
            label, table = (_("Figure {n}"), next((sheet for sheet in (*own, *sheets) if _same(sheet, behind)), behind))
        else:
            continue
        place = next((at for at, sheet in enumerate(sheets) if sheet is table), len(sheets))
        if place == len(sheets):
            sheets.append(table)
        entries.append((label.format(n=part.number), place, block.caption))
    return sheets, entries


def _same(first: TableBlock, second: TableBlock) -> bool:
    return (first.name, first.header, first.cells, first.values) == (
        second.name,
        second.header,
        second.cells,
        second.values,
    )


def _write_contents(sheet: Worksheet, look: _Look, title: str, listed: list[tuple[str, str, str]]) -> None:
    """List the tables and figures of the report with the sheet of their numbers."""
    _text(sheet, 0, 0, title, look.title)
    sheet.write_row(2, 0, [_("In the report"), _("Sheet"), _("What it shows")], look.head)
    for row, texts in enumerate(listed, start=3):
        for column, text in enumerate(texts):
            _text(sheet, row, column, text)
    sheet.set_column(0, 0, _NUMBER)
    sheet.set_column(1, 1, _LONGEST_NAME)
    sheet.set_column(2, 2, 2 * _WIDEST)


def _write_commentary(sheet: Worksheet, look: _Look, commentary: list[Commentary]) -> None:
    """What the consultant adds, section by section, as it was written."""
    _text(sheet, 0, 0, commentary[0].label, look.title)
    for place, label in enumerate((_("Section"), _("Text"))):
        _text(sheet, 2, place, label, look.head)
    for row, part in enumerate(commentary, start=3):
        _text(sheet, row, 0, part.section, look.text)
        _text(sheet, row, 1, part.source, look.text)
    sheet.set_column(0, 0, _LONGEST_NAME)
    sheet.set_column(1, 1, 2 * _WIDEST)


def _write_table(sheet: Worksheet, look: _Look, block: TableBlock) -> None:
    """Caption, header, one line per row, and the notes under it."""
    columns = [column for head in block.header for column in _columns(head)]
    reasons = [_reason(row) for row in block.values]
    labels = [label for label, _name, _unit in columns] + ([_("Remark")] if any(reasons) else [])
    _text(sheet, 0, 0, block.caption, look.title)
    for place, label in enumerate(labels):
        _text(sheet, 2, place, label, look.head)
    sheet.freeze_panes(3, block.row_headers)
    heads = {cell.name: place for place, cell in enumerate(block.header)}
    for row, (values, texts, reason) in enumerate(zip(block.values, block.cells, reasons, strict=True), start=3):
        for place, (_label, name, unit) in enumerate(columns):
            if unit == "text":
                _text(sheet, row, place, texts[heads[name]], look.text)
            else:
                _write_number(sheet, row, place, values, name, unit, look)
        if reason:
            _text(sheet, row, len(columns), reason, look.text)
    for place, note in enumerate(block.notes):
        _text(sheet, 4 + len(block.values) + place, 0, note, look.note)
    for place, width in enumerate(_widths(block, columns, labels, reasons)):
        sheet.set_column(place, place, width)


def _columns(head: HeaderCell) -> list[tuple[str, str, str]]:
    """Label, name and unit of each column of the sheet; an interval becomes two."""
    if head.upper is None:
        return [(head.label, head.name, head.unit)]
    return [
        (_("{label}: lower bound").format(label=head.label), head.name, head.unit),
        (_("{label}: upper bound").format(label=head.label), head.upper, head.unit),
    ]


def _write_number(
    sheet: Worksheet, row: int, place: int, values: dict[str, Any], name: str, unit: str, look: _Look
) -> None:
    value = values.get(name)
    if isinstance(value, int | float) and math.isfinite(value):
        coarse = bool(values.get("coarse"))
        pattern = _COARSE.get(unit, EXCEL_FORMATS[unit]) if coarse else EXCEL_FORMATS[unit]
        sheet.write_number(row, place, value, look.number(pattern))


def _reason(values: dict[str, Any]) -> str:
    """Why a row is empty, in words."""
    code = values.get("why")
    hidden = values.get("state", "withheld") in ("withheld", "empty")
    if not isinstance(code, str) or not code or not hidden:
        return ""
    words = _WHY.get(code, _WHY["protected"])
    return _(words)


def _widths(
    block: TableBlock, columns: list[tuple[str, str, str]], labels: list[str], reasons: list[str]
) -> list[float]:
    heads = {cell.name: place for place, cell in enumerate(block.header)}
    widths: list[float] = []
    for label, name, unit in columns:
        texts = [row[heads[name]] for row in block.cells] if unit == "text" else []
        longest = max((len(text) for text in texts), default=_NUMBER)
        word = max((len(part) for part in label.split()), default=0)
        widths.append(min(max(longest, word, _NARROWEST) + 2, _WIDEST))
    if len(labels) > len(columns):
        widths.append(min(max(map(len, reasons)) + 2, _WIDEST))
    return widths
