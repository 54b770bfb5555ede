"""One reader for each platform: it turns an export into a raw table, whatever the cells mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.readers import delimited, frame, labelled, parquet, workbook
from hpp_analysis.survey.readers.layout import repeats_joined
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.readers.sniff import seems

READERS: dict[str, Callable[[bytes, str], RawTable]] = {
    "csv": delimited.read,
    "xlsx": workbook.read,
    "spss": partial(labelled.read, kind="sav"),
    "por": partial(labelled.read, kind="por"),
    "stata": partial(labelled.read, kind="dta"),
    "sas": partial(labelled.read, kind="sas7bdat"),
    "parquet": parquet.read,
}
"""Readers of files by name: bytes and file name in, raw table out."""


def read_raw(
    source: str | Path | pd.DataFrame,
    *,
    format: str = "auto",  # noqa: A002
    sheet: str | int | None = None,
) -> RawTable:
    """Read one file or frame as it is; its content, not its name, decides which reader is used."""
    return repeats_joined(_read(source, format, sheet))


def _read(source: str | Path | pd.DataFrame, format: str, sheet: str | int | None) -> RawTable:  # noqa: A002
    if isinstance(source, pd.DataFrame):
        if sheet is not None:
            rule = "The answers must be a workbook (.xlsx) for `sheet` to choose one of its sheets."
            raise SurveyError([Failure(rule, "Leave `sheet` out.", "DataFrame", value=str(sheet))])
        return frame.read(source)
    if not isinstance(source, str | Path):
        rule = "Answers must be a path or a DataFrame."
        raise SurveyError([Failure(rule, "Give one of these.", value=type(source).__name__)])
    path = Path(source)
    data = _bytes(path)
    if format == "frame":
        rule = "With format 'frame' the answers must be a DataFrame."
        raise SurveyError([Failure(rule, "Leave `format` out.", path.name)])
    name = seems(data, path.name) if format == "auto" else format
    if sheet is not None and name != "xlsx":
        rule = "The file must be a workbook (.xlsx) for `sheet` to choose one of its sheets."
        raise SurveyError([Failure(rule, "Leave `sheet` out.", path.name, value=str(sheet))])
    if name == "xlsx":
        return workbook.read(data, path.name, sheet)
    if name == "sas":
        beside = path.with_suffix(".sas7bcat")
        return labelled.read(data, path.name, kind="sas7bdat", catalog=_bytes(beside) if beside.exists() else None)
    return READERS[name](data, path.name)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # a path with a NUL character is a ValueError
        why = getattr(error, "strerror", None) or type(error).__name__
        raise SurveyError([Failure(f"The file cannot be read ({why}).", "Correct the path.", str(path))]) from error
