"""XLSX workbooks: the values of one sheet."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

from hpp_analysis.errors import SurveyError
from hpp_analysis.options import nearest
from hpp_analysis.survey.cells import spelling
from hpp_analysis.survey.readers.delimited import table
from hpp_analysis.survey.readers.layout import (
    collapsed,
    heads,
    notes_on_blank_lines,
    notes_on_titles,
    summary_only,
    titles,
    without_previews,
)
from hpp_analysis.survey.readers.raw import Note, RawTable, refused
from hpp_analysis.survey.spelling import normalise

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_MOST_BYTES = 600_000_000  # of the unpacked workbook
_MOST_RATIO = 200  # unpacked to packed, where it is more than a few megabytes
_MOST_CELLS = 100_000_000
_MOST_ABOVE = 12  # rows among which the header is
_CODEBOOK = re.compile(
    r"(.* )?(code ?-?book|codeboek|codelijst|code ?list|codes|data ?-?(dictionary|description)|dictionary|variab(le|el)(s|en)?"
    r"( view| list|nlijst)?|value ?labels?|labels?|legend|legenda|key|read ?me|lees ?mij|toelichting|uitleg|instructions?|instructies"
    r"|notes|notities|info|information|informatie|metadata|explanation|colofon|about|over)( .*)?"
)  # names of sheets that explain
_QUESTION = re.compile(r"(question|vraag) \d+", re.IGNORECASE)  # sheets of a summary by question


def read(data: bytes, source: str, sheet: str | int | None = None) -> RawTable:
    """Read one sheet; the values that formulas had when the workbook was saved, not the formulas."""
    sheets = sheets_of(data, source, sheet)
    filled = {title: rows for title, rows in sheets.items() if rows}
    if not filled:
        raise refused("The sheet must hold a header and answers.", "Export it again: it is empty.", source)
    notes: list[Note] = []
    if len(filled) > 1:
        if sum(bool(_QUESTION.fullmatch(name)) for name in filled) * 2 > len(filled):
            raise summary_only(source)
        books = codebooks(filled)
        answers = {name: rows for name, rows in filled.items() if name not in books}
        joined = _side_by_side(answers) if len(answers) > 1 else None
        if joined is not None:
            message = "sheets with other columns of the same rows, joined by their first column"
            notes.append(Note(message, None, joined[0][1][0], ", ".join(answers), len(answers)))
            filled = {next(iter(answers)): joined} | {name: filled[name] for name in books}
        elif len(answers) != 1:
            listed = ", ".join(repr(name) for name in filled)
            raise refused(
                f"One sheet must hold the answers; several hold data: {listed}.",
                "Name it: `--sheet` on the command line, `sheet:` in study.yaml or a mapping, `sheet=` in Python.",
                source,
            )
        notes += [Note(f"sheet {name!r}, left out: {why}", n=len(filled.pop(name))) for name, why in books.items()]
    title, rows = next(iter(filled.items()))
    if len(sheets) > 1:
        notes.insert(0, Note(f"sheet {title!r} read"))
    n_titles = titles([row for _, row in rows])
    notes += notes_on_titles(rows[:n_titles])
    rows = rows[n_titles:]
    width = max(len(row) for _, row in rows)
    rows = [(number, row + [""] * (width - len(row))) for number, row in rows]
    above = heads([row for _, row in rows[:8]], source)
    numbers = {number for number, _ in rows}
    blank = [number for number in range(rows[0][0], rows[-1][0]) if number not in numbers]
    above.notes = [*notes, *above.notes, *notes_on_blank_lines(blank)]
    raw = table(above, rows[above.n :], width, source, hashlib.sha256(data).hexdigest())
    return collapsed(without_previews(raw))


def _side_by_side(sheets: Mapping[str, list[tuple[int, list[str]]]]) -> list[tuple[int, list[str]]] | None:
    """Sheets that hold other columns of the same rows as one; None where they do not.

    Each has the same first column, with a value of its own in each row, and no other header twice.
    """
    (_name, first), *others = sheets.items()
    keys = [row[0] for _number, row in first]
    headers = [text for rows in sheets.values() for text in rows[0][1][1:]]
    if len(set(keys)) < len(keys) or not all(keys) or len(set(map(normalise, headers))) < len(headers):
        return None
    joined = [(number, row + [""] * (len(first[0][1]) - len(row))) for number, row in first]
    for _title, rows in others:
        by_key = {row[0]: row for _number, row in rows}
        if len(by_key) < len(rows) or set(by_key) != set(keys):
            return None
        width = max(map(len, by_key.values()))
        for _number, row in joined:
            row += (by_key[row[0]] + [""] * width)[1:width]
    return joined


def sheets_of(data: bytes, source: str, sheet: str | int | None = None) -> dict[str, list[tuple[int, list[str]]]]:
    """The rows of each sheet that are not blank, as text, with their numbers; of one sheet only where it is named.

    Raises
    ------
    SurveyError
        When the workbook is damaged, unpacks to too much, or has no such sheet.
    """
    import openpyxl  # takes long: loaded when there is a workbook

    try:
        sizes = [part.file_size for part in ZipFile(BytesIO(data)).infolist()]
        if sum(sizes) > _MOST_BYTES or sum(sizes) > max(20_000_000, _MOST_RATIO * len(data)):
            rule = f"A workbook must unpack to at most {_MOST_BYTES:,} bytes, and {_MOST_RATIO} times its size."
            raise refused(rule, "Export the answers as CSV.", source, value=f"{sum(sizes):,} bytes")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
            wanted = None if sheet is None else _wanted([one.title for one in book.worksheets], sheet, source)
            return {one.title: _rows(one, source) if wanted in (None, one.title) else [] for one in book.worksheets}
    except SurveyError:
        raise
    except Exception as error:  # what a damaged workbook makes the parser raise is not foreseeable
        raise refused(
            f"The workbook must be whole ({type(error).__name__}).",
            "Open it in Excel and save it again as .xlsx, or export CSV.",
            source,
        ) from error


def _wanted(names: list[str], sheet: str | int, source: str) -> str:
    """The title of the sheet that is meant: by its title or, where none is called so, by its number from 1."""
    meant = [name for name in names if name == str(sheet)] or [
        name for name in names if normalise(name) == normalise(sheet)
    ]
    number = int(sheet) if str(sheet).isdecimal() and len(str(sheet)) < 4 else 0
    if not meant and 1 <= number <= len(names):
        meant = [names[number - 1]]
    if not meant:
        listed = ", ".join(repr(name) for name in names[:20])
        raise refused(
            f"`sheet` must name a sheet of the workbook, by its name or its number; it has {listed}.",
            nearest(str(sheet), names),
            source,
            value=str(sheet),
        )
    return meant[0]


def codebooks(sheets: Mapping[str, list[tuple[int, list[str]]]]) -> dict[str, str]:
    """The sheets that hold no answers but explain them, each with how that is seen.

    Their name says so, or one of their columns lists the headers of another sheet.

    Parameters
    ----------
    sheets : mapping of str to list of (int, list of str)
        The rows of each sheet.
    """
    found = {}
    for name, rows in sheets.items():
        listed = [{normalise(row[place]) for _, row in rows if len(row) > place and row[place]} for place in range(3)]
        for other, others in sheets.items():
            widest = max((row for _, row in others[:_MOST_ABOVE]), key=lambda row: sum(map(bool, row)))
            headers = {normalise(text) for text in widest if text}
            enough = max(2, len(headers) / 2)
            if name != other and other not in found and any(len(headers & column) >= enough for column in listed):
                found[name] = f"it lists the columns of {other!r}"
        if name not in found and _CODEBOOK.fullmatch(normalise(name)):
            found[name] = "by its name it explains the answers"
    return found if len(found) < len(sheets) else {}


def _rows(sheet: ReadOnlyWorksheet, source: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, as text, with their numbers."""
    sheet.reset_dimensions()
    rows, n = [], 0
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        row = ["" if value is None else _text(value) for value in values]
        while row and not row[-1].strip():
            row.pop()
        n += len(row)
        if n > _MOST_CELLS:
            raise refused(f"A sheet may hold {_MOST_CELLS:,} cells.", "Export the answers as CSV.", source)
        if row:
            rows.append((number, row))
    return rows


def _text(value: object) -> str:
    """A cell as text: dates in ISO form."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return spelling(value)
