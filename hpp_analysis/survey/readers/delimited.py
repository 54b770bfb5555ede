"""Delimited text: comma, semicolon, tab or bar, in the encodings that survey exports have."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from dataclasses import replace
from io import StringIO
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from hpp_analysis.survey.readers.layout import (
    Heads,
    collapsed,
    heads,
    is_blank,
    notes_on_blank_lines,
    notes_on_titles,
    titles,
    without_previews,
)
from hpp_analysis.survey.readers.raw import Note, RawTable, refused

_DELIMITERS = ",;\t|"
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LOOK = 100_000  # characters that the delimiter is found in
_FAR = 50  # rows that lines above the header are looked for in
_MOST_ALIKE = 0.5  # share of rows as long as the first from which that one is the header
_LARGE = 8_000_000  # bytes from which the columnar parser is worth its start
_MARK = "\ufeff"
_DECLARED = re.compile(r'"?sep=([,;|\t]|\\t)"?[ \t]*[,;|]*\r?\n', re.IGNORECASE)  # as Excel writes and reads it
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


def read(data: bytes, source: str) -> RawTable:
    """Read delimited text; detect its encoding and delimiter."""
    text, encoding = decoded(data, source)
    if not text.strip():
        raise refused("The file must hold a header and answers.", "Export it again: it is empty.", source)
    declared = _DECLARED.match(text)
    mark = declared.group(1).replace("\\t", "\t") if declared else delimiter_of(text)
    found = f"text in {encoding}, cells separated by {_NAMES[mark]}"
    raw = None
    if encoding == "UTF-8" and len(data) > _LARGE and not declared:
        raw = _by_columns(data, text, mark, source)
    raw = raw or _by_rows(data, text, mark, source, n_above=int(declared is not None))
    notes = [Note(found)]
    if declared:
        notes.append(Note("line that names the delimiter, left out", 1, value=declared.group(0).strip()))
    return collapsed(without_previews(replace(raw, notes=(*notes, *raw.notes))))


def decoded(data: bytes, source: str) -> tuple[str, str]:
    """The text and the name of its encoding."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16").lstrip(_MARK), "UTF-16"
        except UnicodeDecodeError as error:
            raise refused("The text must be whole UTF-16.", "Export it again as CSV UTF-8.", source) from error
    if b"\x00" in data:
        raise refused("A CSV file must hold text only.", "Export the answers as 'CSV UTF-8'.", source, value="NUL byte")
    try:
        return data.decode("utf-8").lstrip(_MARK), "UTF-8"  # files that were joined have several marks
    except UnicodeDecodeError as error:
        wrong = data.decode("utf-8", errors="replace").count("�")
        if len(_MULTIBYTE.findall(data)) > wrong:  # UTF-8 with damage: another encoding would garble the rest
            raise refused(
                "The text must be UTF-8 throughout; a byte in it is not.",
                "Export it again as 'CSV UTF-8'.",
                source,
                row=data[: error.start].count(b"\n") + 1,
                value=repr(data[error.start : error.start + 1]),
            ) from error
    try:
        return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1"


def delimiter_of(text: str) -> str:
    """The delimiter that gives most rows as many cells as the header; of equals, the one with most cells."""
    head = text[:_LOOK]

    def score(mark: str) -> tuple[float, int]:
        try:
            lengths = [len(row) for row in islice(csv.reader(StringIO(head, newline=""), delimiter=mark), 50) if row]
        except csv.Error:
            return 0.0, head.count(mark)
        if len(lengths) > 1 and len(text) > _LOOK and len(lengths) < 50:
            lengths = lengths[:-1]  # cut off by the look
        if not lengths or lengths[0] < 2:
            return 0.0, 0
        alike = sum(n == lengths[0] for n in lengths[1:])
        return (alike / (len(lengths) - 1) if len(lengths) > 1 else 1.0), lengths[0]

    best = max(_DELIMITERS, key=score)
    if score(best)[0] >= _MOST_ALIKE:
        return best
    return max(_DELIMITERS, key=lambda mark: max(_usual(head, mark), (score(mark)[0], 0)))


def _usual(head: str, mark: str) -> tuple[float, int]:
    """The share of rows with the most common number of cells, and that number; the first row may be a title."""
    try:
        rows = islice(csv.reader(StringIO(head, newline=""), delimiter=mark), 50)
        lengths = Counter(len(row) for row in rows if row)
    except csv.Error:
        return 0.0, 0
    width, n = lengths.most_common(1)[0] if lengths else (0, 0)
    return (n / lengths.total(), width) if width > 1 else (0.0, 0)


def _by_rows(data: bytes, text: str, mark: str, source: str, n_above: int) -> RawTable:
    """Read row by row, so that errors can name each row that does not fit; skip the first `n_above` rows."""
    records: list[list[str]] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        records.extend(reader)
    except csv.Error as error:
        raise refused(
            f"Quotes must be closed, and doubled within a quoted cell ({error}).",
            "Look for a stray quote in or before that row.",
            source,
            row=len(records) + 1,
        ) from error
    numbered = [(number, row) for number, row in enumerate(records, start=1) if number > n_above]
    filled = [(number, row) for number, row in numbered if not is_blank(row)]
    if not filled:
        raise refused("The file must hold a header and answers.", "Export it again: it is empty.", source)
    n_titles = titles([row for _, row in filled[:_FAR]])
    title_notes = notes_on_titles(filled[:n_titles])
    filled = filled[n_titles:]
    start = filled[0][0]
    width = len(filled[0][1])
    wrong = []
    for number, row in filled:
        if len(row) > width and not any(row[width:]):
            del row[width:]
        elif len(row) != width and any(row):
            wrong.append((number, len(row)))
    if wrong:
        number, n = wrong[0]
        more = f" ({len(wrong)} rows do not)" if len(wrong) > 1 else ""
        raise refused(
            f"Each row must have as many cells as the header, {width}; this one has {n}{more}.",
            "Look for stray quotes or delimiters in that row, or for a row that was cut off.",
            source,
            row=number,
        )
    above = heads([row for number, row in filled[:8] if number < start + 8], source)
    answers = filled[above.n :]
    last = answers[-1][0] if answers else start
    blank = [number for number, row in numbered if start < number and is_blank(row) and (row or number < last)]
    above.notes = [*title_notes, *above.notes, *notes_on_blank_lines(blank)]
    return table(above, answers, width, source, hashlib.sha256(data).hexdigest())


def table(above: Heads, answers: list[tuple[int, list[str]]], width: int, source: str, sha256: str) -> RawTable:
    """Build a raw table from numbered rows of text."""
    if not answers:
        raise refused("The file must hold a header and answers.", "Export it again: only a header is there.", source)
    columns = {place: pd.array([row[place] or None for _, row in answers], dtype="str") for place in range(width)}
    cells = pd.DataFrame(columns)
    rows = pd.Index([number for number, _ in answers])
    return RawTable(above.header, cells, rows, source, sha256, headers=tuple(above.further), notes=tuple(above.notes))


def _spelt_out(read_table: pa.Table) -> pa.Table:
    """Turn columns whose cells mostly differ, such as ids, into text: a list of spellings saves no memory."""
    for place, column in enumerate(read_table.columns):
        if sum(len(chunk.dictionary) for chunk in column.chunks) > len(column) // 2:
            read_table = read_table.set_column(place, str(place), column.cast(pa.string()))
    return read_table


def _by_columns(data: bytes, text: str, mark: str, source: str) -> RawTable | None:
    """Read a large file by columns, each distinct spelling once; None if it must be read row by row."""
    head = StringIO(text[:_LOOK], newline="")
    try:
        first = list(islice(csv.reader(head, delimiter=mark, strict=True), 8))
        if text.startswith(_MARK) or any(is_blank(row) for row in first) or titles(first):
            return None
        above = heads(first, source)
        width = len(first[0])
        names = [str(place) for place in range(width)]
        read_table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows_after_names=above.n),
            parse_options=arrow_csv.ParseOptions(
                delimiter=mark, newlines_in_values=b'"' in data, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.dictionary(pa.int32(), pa.string()) for name in names},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (pa.ArrowException, csv.Error, ValueError):
        return None
    cells = _spelt_out(read_table).to_pandas(self_destruct=True, split_blocks=True)
    cells.columns = pd.RangeIndex(width)
    rows = pd.RangeIndex(above.n + 1, above.n + 1 + len(cells))
    blank = _blank_rows(cells)
    above.notes += notes_on_blank_lines(rows[blank].tolist())
    if blank.any():
        cells, rows = cells[~blank].reset_index(drop=True), rows[~blank]
    if cells.empty:
        return None
    return RawTable(
        above.header,
        cells,
        rows,
        source,
        hashlib.sha256(data).hexdigest(),
        headers=tuple(above.further),
        notes=tuple(above.notes),
    )


def _blank_rows(cells: pd.DataFrame) -> np.ndarray:
    """Which rows hold nothing but blanks; most columns need not be looked at."""
    blank = np.ones(len(cells), dtype=bool)
    for place in cells:
        if not blank.any():
            break
        column = cells[place][blank]
        blank[blank] = (column.isna() | (column.astype(str).str.strip() == "")).to_numpy()
    return blank
