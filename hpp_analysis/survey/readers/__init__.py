"""One file a platform: each reader turns an export into a raw table, and decides nothing about its meaning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.readers import delimited, frame
from hpp_analysis.survey.readers.raw import RawTable

READERS: dict[str, Callable[[bytes, str], RawTable]] = {"csv": delimited.read}
"""Readers of files by name: bytes and file name in, raw table out."""


def read_raw(source: str | Path | pd.DataFrame, *, format: str = "auto") -> RawTable:  # noqa: A002
    """Read one file or frame as it is."""
    if isinstance(source, pd.DataFrame):
        return frame.read(source)
    if not isinstance(source, str | Path):
        rule = "Answers are read from a path or a DataFrame."
        raise SurveyError([Failure(rule, "Give one of these.", value=type(source).__name__)])
    path = Path(source)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # a path with a NUL character is a ValueError
        why = getattr(error, "strerror", None) or type(error).__name__
        raise SurveyError(
            [Failure(f"The file cannot be read ({why}).", "Correct the path.", str(path))]
        ) from error
    return READERS["csv" if format == "auto" else format](data, path.name)
