"""The tables of a report as a workbook: numbers to calculate with, texts that stay texts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import groupby
from textwrap import wrap
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, HeaderCell, TableBlock
from hpp_analysis.display.formats import EXCEL_FORMATS
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.report.writers.charts import chart_of
from hpp_analysis.report.writers.document import BlockPart, Commentary, Document
from hpp_analysis.report.writers.prose_nodes import plain
from hpp_analysis.report.writers.xlsx_charts import write_charts
from hpp_analysis.report.writers.xlsx_look import Look, write_text
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

_LONGEST_NAME = 31
_WIDEST, _NARROWEST = 48, 7  # characters
_LEAST_ROOM, _MOST_ROOM, _DEFAULT_WIDTH = (
    70,
    140,
    8.43,
)  # characters: of notes under a table, of a column nobody has set
_UPRIGHT, _TURNED = 95, 200  # characters that fit on the width of A4, upright and turned, and can still be read
_WIDER = 1.15  # than the mean letter a line needs, because words are not cut
_KEY_WIDTH, _MEAN_WIDTH = 26, 12  # characters of a column that names rows, and of the others, as they mostly are
_LINE, _FORM_HEIGHT = 15, 60  # points
_LONGEST_LABEL = 16
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
        A sheet with the contents, one with the figures as charts of Excel, then the tables, and at last the consultant's
        commentary. Tables about the same rows, as each factor and side, stand beside each other on one sheet. Equal input
        gives equal bytes.
    """
    buffer = BytesIO()
    with Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"created": _CREATED, "title": plain(title), "author": "", "comments": ""})
        contents = _("Contents")
        commentary = document.commentary
        tables, entries = _tables(document)
        groups = _grouped(tables)
        numbered = enumerate(document.figures, start=1)
        charts = [(number, figure, chart) for number, figure in numbered if (chart := chart_of(figure)) is not None]
        wanted = [
            contents,
            *([_("Figures")] if charts else []),
            *map(_title_of, groups),
            *(part.label for part in commentary[:1]),
        ]
        names = sheet_names(wanted)
        look = Look(book, appearance, title)
        first = 1 + bool(charts)
        sheet_of = {id(table): names[first + at] for at, group in enumerate(groups) for table in group}
        listed = [(label, sheet_of[id(tables[place])], caption) for label, place, caption in entries]
        listed += [("", names[-1], "")] if commentary else []
        _write_contents(look.sheet(names[0]), look, title or contents, document.cover, listed)
        if charts:
            write_charts(look.sheet(names[1]), book, look, charts)
        for name, group in zip(names[first:], groups, strict=False):
            _write_tables(look.sheet(name), look, group)
        if commentary:
            _write_commentary(look.sheet(names[-1]), look, commentary)
    return buffer.getvalue()


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
        name, times = _cut(short, _LONGEST_NAME).strip(" '"), 1
        while name.casefold() in taken:
            times += 1
            ending = f" ({times})"
            name = _cut(short, _LONGEST_NAME - len(ending)).strip() + ending
        taken.add(name.casefold())
        names.append(name)
    return names


def _cut(name: str, most: int) -> str:
    """A name that is not longer: after its last whole word, where that leaves enough of it to know it by."""
    if len(name) <= most:
        return name
    whole = name[: most - 1].rpartition(" ")[0]
    return f"{whole}…" if len(whole) > most // 2 else name[:most]


def _tables(document: Document) -> tuple[list[TableBlock], list[tuple[str, int, str]]]:
    """The tables of the workbook, and of each table and figure of the report: its label, its table's place, its caption.

    A figure whose table the report shows anywhere shares that table.
    """
    own = [part.block.workbook or part.block for part in document.tables if isinstance(part.block, TableBlock)]
    tables: list[TableBlock] = []
    entries: list[tuple[str, int, str]] = []
    for part in document.parts:
        if not isinstance(part, BlockPart):
            continue
        block = part.block
        if isinstance(block, TableBlock):
            label, table = _("Table {n}"), block.workbook or block
        elif isinstance(block, FigureBlock) and block.table is not None:
            behind = block.table
            label, table = (_("Figure {n}"), next((one for one in (*own, *tables) if _same(one, behind)), behind))
        else:
            continue
        place = next((at for at, one in enumerate(tables) if one is table), len(tables))
        if place == len(tables):
            tables.append(table)
        entries.append((label.format(n=part.number), place, block.caption))
    return tables, entries


def _same(first: TableBlock, second: TableBlock) -> bool:
    return (first.name, first.header, first.cells, first.values) == (
        second.name,
        second.header,
        second.cells,
        second.values,
    )


def _grouped(tables: list[TableBlock]) -> list[list[TableBlock]]:
    """The tables of each sheet: those with the same names of rows, each row once, as far as a page has room for them."""
    sheets: list[list[TableBlock]] = []
    last_of: dict[object, int] = {}
    for table in tables:
        keys = tuple((head.name, head.label) for head in table.header[: table.row_headers])
        joins = bool(keys) and not table.form and len(set(_keys(table))) == len(table.cells)
        place = last_of.get(keys) if joins else None
        if place is not None and _fits([*sheets[place], table]):
            sheets[place].append(table)
            continue
        if joins:
            last_of[keys] = len(sheets)
        sheets.append([table])
    return sheets


def _fits(group: list[TableBlock]) -> bool:
    """Whether tables have room beside each other, by their numbers of columns: in every language the same."""
    n_keys = group[0].row_headers
    return _KEY_WIDTH * n_keys + _MEAN_WIDTH * (len(_all_columns(group)) - n_keys) <= _TURNED


def _keys(table: TableBlock) -> list[tuple[str, ...]]:
    return [tuple(row[: table.row_headers]) for row in table.cells]


def _title_of(group: list[TableBlock]) -> str:
    """What a sheet is called: the caption of its table, or what names the rows of its tables."""
    first = group[0]
    return first.caption if len(group) == 1 else " × ".join(head.label for head in first.header[: first.row_headers])


def _write_contents(
    sheet: Worksheet, look: Look, title: str, cover: FactsBlock | None, listed: list[tuple[str, str, str]]
) -> None:
    """Say what the workbook is about, and list the tables and figures of the report with the sheet of their numbers."""
    write_text(sheet, 0, 0, title, look.title)
    facts = cover.facts if cover is not None else []
    for row, (label, value) in enumerate(facts, start=2):
        write_text(sheet, row, 0, label, look.note)
        sheet.merge_range(row, 1, row, 2, "", look.text)
        write_text(sheet, row, 1, value, look.text)
        _set_height(sheet, row, value, _LONGEST_NAME + 2 * _WIDEST)
    head = 3 + len(facts) if facts else 2
    for column, label in enumerate((_("In the report"), _("Sheet"), _("What it shows"))):
        write_text(sheet, head, column, label, look.head)
    for row, (label, name, caption) in enumerate(listed, start=head + 1):
        write_text(sheet, row, 0, label, look.text)
        sheet.write_url(row, 1, "internal:'{}'!A1".format(name.replace("'", "''")), look.link, name)
        write_text(sheet, row, 2, caption, look.text)
    for column, width in enumerate((_LONGEST_LABEL, _LONGEST_NAME, 2 * _WIDEST)):
        sheet.set_column(column, column, width)
    if len(listed) > 1:
        sheet.autofilter(head, 0, head + len(listed), 2)
    sheet.freeze_panes(head + 1, 0)
    _fit(sheet, head + len(listed), 2, [_LONGEST_LABEL, _LONGEST_NAME, 2 * _WIDEST], turned=True)


def _write_commentary(sheet: Worksheet, look: Look, commentary: list[Commentary]) -> None:
    """What the consultant adds, section by section, as it was written."""
    write_text(sheet, 0, 0, commentary[0].label, look.title)
    for place, label in enumerate((_("Section"), _("Text"))):
        write_text(sheet, 2, place, label, look.head)
    for row, part in enumerate(commentary, start=3):
        write_text(sheet, row, 0, part.section, look.text)
        write_text(sheet, row, 1, part.source, look.text)
    sheet.set_column(0, 0, _LONGEST_NAME)
    sheet.set_column(1, 1, 2 * _WIDEST)
    sheet.freeze_panes(3, 0)
    _fit(sheet, 2 + len(commentary), 1, [_LONGEST_NAME, 2 * _WIDEST], turned=True)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a sheet.

    Attributes
    ----------
    band : int
        The place of its table among those of the sheet; -1 of what names the rows.
    label, unit : str
    cells : list of str, float or None
        By row.
    coarse : list of bool
        Which numbers are shown with one decimal.
    """

    band: int
    label: str
    unit: str
    cells: list[str | float | None]
    coarse: list[bool]


def _write_tables(sheet: Worksheet, look: Look, group: list[TableBlock]) -> None:
    """Title, heads, one line per row, and the notes under them; tables that share their rows stand beside each other."""
    columns = _all_columns(group)
    n_keys, head = group[0].row_headers, 2 + (len(group) > 1)
    n_rows = len(columns[0].cells) if columns else 0
    widths = [_width(column) for column in columns]
    write_text(sheet, 0, 0, _title_of(group), look.title)
    if len(group) > 1:
        _write_bands(sheet, look, group, columns, widths)
    before = -1
    for place, column in enumerate(columns):
        edge = column.band != before and column.band > 0
        before = column.band
        write_text(sheet, head, place, column.label, look.head_edge if edge else look.head)
        for row, (cell, coarse) in enumerate(zip(column.cells, column.coarse, strict=True), start=head + 1):
            if isinstance(cell, str):
                write_text(sheet, row, place, cell, look.of_text(key=place < n_keys, edge=edge, form=group[0].form))
            elif cell is not None:
                formats = EXCEL_FORMATS[column.unit]
                pattern = _COARSE.get(column.unit, formats) if coarse else formats
                sheet.write_number(row, place, cell, look.number(pattern, edge=edge))
            elif edge:
                sheet.write_blank(row, place, None, look.text_edge)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    lines = [len(wrap(column.label, int(width) - 1)) for column, width in zip(columns, widths, strict=True)]
    sheet.set_row(head, _LINE * max(lines, default=1))
    sheet.freeze_panes(head + 1, n_keys)
    if n_rows > 1 and not group[0].form:
        sheet.autofilter(head, 0, head + n_rows, max(len(columns) - 1, 0))
    if group[0].form:
        for row in range(head + 1, head + 1 + n_rows):
            sheet.set_row(row, _FORM_HEIGHT)
    last, wide = _write_notes(sheet, look, group, head + n_rows + 2, widths)
    sheet.repeat_rows(2, head)
    _fit(sheet, last, wide, widths)


def _write_bands(
    sheet: Worksheet, look: Look, group: list[TableBlock], columns: list[_Column], widths: list[float]
) -> None:
    """Over the columns of each table what it shows."""
    lines = []
    for band, places in groupby(range(len(columns)), key=lambda place: columns[place].band):
        if band >= 0:
            first, *more = places
            if more:
                sheet.merge_range(2, first, 2, more[-1], "", look.band)
            write_text(sheet, 2, first, group[band].caption, look.band)
            lines.append(math.ceil(_WIDER * len(group[band].caption) / sum(widths[first : first + len(more) + 1])))
    sheet.set_row(2, _LINE * max(lines, default=1))


def _all_columns(group: list[TableBlock]) -> list[_Column]:
    """The columns of a sheet: what names its rows, then those of each table; a column that is there already is left out."""
    keys = list(dict.fromkeys(key for table in group for key in _keys(table))) if len(group) > 1 else []
    columns: list[_Column] = []
    for band, table in enumerate(group):
        rows = list(range(len(table.cells)))
        if keys:
            row_of = {key: row for row, key in enumerate(_keys(table))}
            rows = [row_of.get(key, -1) for key in keys]
        coarse = [row >= 0 and bool(table.values[row].get("coarse")) for row in rows]
        found = []
        for at, head in enumerate(table.header):
            if keys and at < table.row_headers:
                if band == 0:
                    found.append(_Column(-1, head.label, "text", [key[at] for key in keys], coarse))
                continue
            for label, name, unit in _columns(head):
                cells = [None if row < 0 else _cell(table, row, at, name, unit) for row in rows]
                found.append(_Column(band, label, unit, cells, coarse))
        reasons = ["" if row < 0 else _reason(table.values[row]) for row in rows]
        if any(reasons):
            found.append(_Column(band, _("Remark"), "text", [reason or None for reason in reasons], coarse))
        shown = [(column.label, column.cells) for column in columns if keys]
        columns += [column for column in found if (column.label, column.cells) not in shown]
    return columns


def _cell(table: TableBlock, row: int, at: int, name: str, unit: str) -> str | float | None:
    """The content of a cell: a text as the report shows it, else the number in full precision."""
    if unit == "text":
        return table.cells[row][at]
    value = table.values[row].get(name)
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _write_notes(
    sheet: Worksheet, look: Look, group: list[TableBlock], row: int, widths: list[float]
) -> tuple[int, int]:
    """Write what is said under the tables, each note once; the last row and column of the sheet."""
    last, room = -1, 0.0
    while room < _LEAST_ROOM or (last < len(widths) - 1 and room + widths[last + 1] <= _MOST_ROOM):
        last += 1
        room += widths[last] if last < len(widths) else _DEFAULT_WIDTH
    about: dict[str, list[str]] = {}
    for table in group:
        for note in table.notes:
            about.setdefault(note, []).append(table.caption)
    heading = ""
    for note in sorted(about, key=lambda one: len(about[one]) < len(group)):  # what is said of all tables comes first
        captions = " · ".join(about[note]) if len(about[note]) < len(group) else ""
        if captions != heading:
            heading = captions
            write_text(sheet, row, 0, captions, look.strong)
            row += 1
        if last > 0:
            sheet.merge_range(row, 0, row, last, "", look.note)
        write_text(sheet, row, 0, note, look.note)
        _set_height(sheet, row, note, room)
        row += 1
    return row - 1, max(last, len(widths) - 1)


def _set_height(sheet: Worksheet, row: int, text: str, room: float) -> None:
    """Make a row of merged cells, which Excel does not fit by itself, as high as its text."""
    sheet.set_row(row, _LINE * math.ceil(_WIDER * max(len(text), 1) / room))


def _fit(sheet: Worksheet, last_row: int, last_column: int, widths: list[float], *, turned: bool | None = None) -> None:
    """Print a sheet as wide as the paper, which is turned where the sheet is wide."""
    room = sum(widths)
    if room > _UPRIGHT if turned is None else turned:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, max(last_row, 0), last_column)


def _columns(head: HeaderCell) -> list[tuple[str, str, str]]:
    """Label, name and unit of each column of the sheet; an interval becomes two."""
    if head.upper is None:
        return [(head.label, head.name, head.unit)]
    return [
        (_("{label}: lower bound").format(label=head.label), head.name, head.unit),
        (_("{label}: upper bound").format(label=head.label), head.upper, head.unit),
    ]


def _reason(values: dict[str, Any]) -> str:
    """Why a row is empty, in words."""
    code = values.get("why")
    hidden = values.get("state", "withheld") in ("withheld", "empty")
    if not isinstance(code, str) or not code or not hidden:
        return ""
    words = _WHY.get(code, _WHY["protected"])
    return _(words)


def _width(column: _Column) -> float:
    """Characters that a column needs."""
    texts = [len(cell) for cell in column.cells if isinstance(cell, str)]
    word = max((len(part) for part in column.label.split()), default=0)
    return min(max([*texts, word, _NARROWEST]) + 2, _WIDEST)
