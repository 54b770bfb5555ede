"""XLSX workbooks: the values of one sheet."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import warnings
from io import BytesIO
from zipfile import ZipFile

import openpyxl

from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.cells import spelling
from hpp_analysis.survey.readers.delimited import table
from hpp_analysis.survey.readers.layout import collapsed, heads, summary_only, without_previews
from hpp_analysis.survey.readers.raw import RawTable, refused

_MOST_BYTES = 600_000_000  # of the unpacked workbook
_MOST_RATIO = 200  # unpacked to packed, where it is more than a few megabytes
_MOST_CELLS = 100_000_000
_QUESTION = re.compile(r"(question|vraag) \d+", re.IGNORECASE)  # sheets of a summary by question


def read(data: bytes, source: str, sheet: str | None = None) -> RawTable:
    """Read one sheet; the values that formulas had when the workbook was saved, not the formulas."""
    try:
        sizes = [part.file_size for part in ZipFile(BytesIO(data)).infolist()]
        if sum(sizes) > _MOST_BYTES or sum(sizes) > max(20_000_000, _MOST_RATIO * len(data)):
            rule = (
                f"A workbook must unpack to at most {_MOST_BYTES:,} bytes, and {_MOST_RATIO} times its size."
            )
            raise refused(rule, "Export the answers as CSV.", source, value=f"{sum(sizes):,} bytes")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(data, source, sheet)
    except SurveyError:
        raise
    except Exception as error:  # what a damaged workbook makes the parser raise is not foreseeable
        raise refused(
            f"The workbook must be whole ({type(error).__name__}).",
            "Open it in Excel and save it again as .xlsx, or export CSV.",
            source,
        ) from error


def _read(data: bytes, source: str, sheet: str | None) -> RawTable:
    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
    names = [one.title for one in book.worksheets]
    listed = ", ".join(repr(name) for name in names[:20])
    if sheet is not None and sheet not in names:
        raise refused(
            f"The workbook has no such sheet; it has {listed}.", "Choose one of these.", source, value=sheet
        )
    filled = {
        one.title: rows
        for one in book.worksheets
        if (sheet is None or one.title == sheet) and (rows := _rows(one, source))
    }
    if not filled:
        raise refused("The sheet must hold a header and answers.", "Export it again: it is empty.", source)
    if len(filled) > 1:
        if sum(bool(_QUESTION.fullmatch(name)) for name in filled) * 2 > len(filled):
            raise summary_only(source)
        raise refused(
            f"Several sheets hold data: {', '.join(repr(name) for name in filled)}.",
            "Say which with `sheet=`.",
            source,
        )
    rows = next(iter(filled.values()))
    width = max(len(row) for _, row in rows)
    rows = [(number, row + [""] * (width - len(row))) for number, row in rows]
    above = heads([row for _, row in rows[:8]], source)
    raw = table(above, rows[above.n :], width, source, hashlib.sha256(data).hexdigest())
    return collapsed(without_previews(raw))


def _rows(sheet: openpyxl.worksheet._read_only.ReadOnlyWorksheet, source: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, as text, with their numbers."""
    sheet.reset_dimensions()
    rows, n = [], 0
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        row = ["" if value is None else _text(value) for value in values]
        while row and not row[-1]:
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
