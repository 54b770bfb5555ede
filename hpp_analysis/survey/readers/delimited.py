"""Delimited text: CSV with comma, semicolon or tab."""

from __future__ import annotations

import csv
import hashlib
from io import StringIO

import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.readers.raw import RawTable

_DELIMITERS = ",;\t"
_LOOK = 100_000  # characters


def read(data: bytes, source: str) -> RawTable:
    """Read delimited text in UTF-8, with or without byte order mark."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _error(
            "The file must be UTF-8 text.",
            "In Excel: Save as, 'CSV UTF-8 (comma delimited)'.",
            source,
            row=line,
            value=repr(data[error.start : error.start + 1]),
        ) from error
    if "\x00" in text:
        raise _error(
            "A CSV file must hold text only.", "Export the answers as 'CSV UTF-8'.", source, value="NUL byte"
        )
    if not text.strip():
        raise _error("The file must hold a header and answers.", "Export it again: it is empty.", source)
    try:
        cells = pd.read_csv(
            StringIO(text),
            sep=_delimiter(text),
            header=None,
            dtype=str,
            keep_default_na=False,
            na_values=[""],
            skip_blank_lines=False,
            engine="c",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise _error(
            f"Each row must have as many cells as the header ({' '.join(str(error).split())}).",
            "Look for stray quotes or delimiters in that row.",
            source,
        ) from error
    header = ["" if pd.isna(text) else str(text).strip() for text in cells.iloc[0]]
    answers = cells.iloc[1:].dropna(how="all")
    if answers.empty:
        raise _error(
            "The file must hold a header and answers.", "Export it again: only a header is there.", source
        )
    return RawTable(
        header=header,
        cells=answers.reset_index(drop=True),
        rows=pd.Index(answers.index + 1),
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _delimiter(text: str) -> str:
    """The delimiter that cuts the header into the most cells."""
    try:
        cuts = {mark: len(next(csv.reader(StringIO(text), delimiter=mark), [])) for mark in _DELIMITERS}
    except csv.Error:  # a header longer than a line of text may be: count, as if nothing were quoted
        cuts = {mark: text[:_LOOK].count(mark) for mark in _DELIMITERS}
    return max(cuts, key=lambda mark: cuts[mark])


def _error(
    rule: str, remedy: str, source: str, *, row: int | None = None, value: str | None = None
) -> SurveyError:
    return SurveyError([Failure(rule, remedy, source, row, None, value)])
