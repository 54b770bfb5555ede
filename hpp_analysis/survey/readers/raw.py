"""The raw table that every reader returns, and its notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from hpp_analysis.errors import Failure, SurveyError


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a reader found, changed or left out.

    Attributes
    ----------
    what : str
        What was done, and why.
    row : int or None
        As a spreadsheet counts; None for the whole file or column.
    column : str
        The header; empty for the file or a row.
    value : str
        What stood there.
    n : int
        The number of cells or rows.
    """

    what: str
    row: int | None = None
    column: str = ""
    value: str = ""
    n: int = 1


@dataclass(frozen=True, eq=False, slots=True)
class RawTable:
    """An export as it stands in the file, before anything is known of its meaning.

    Attributes
    ----------
    header : list of str
        The text above each column, duplicates included.
    cells : DataFrame
        The answers, one column a position (0, 1, ...); text, numbers or categories, missing where empty.
    rows : Index of int
        The row number of each answer as a spreadsheet counts: a record with line breaks in a cell is one row.
    source : str
        The name of the file, without its folder.
    sha256 : str
        Of the bytes that were read.
    headers : tuple of tuple of str
        Further texts of each column: the second header row, the variable label. Empty where there are none.
    labels : mapping of int to mapping of str to str
        By position the value labels that the file declares, the value written as text.
    missing : mapping of int to set of str
        By position the values in the column that the file declares to be missing, written as text.
    notes : tuple of Note
        What the reader found, changed or left out.
    """

    header: list[str]
    cells: pd.DataFrame
    rows: pd.Index
    source: str
    sha256: str
    headers: tuple[tuple[str, ...], ...] = ()
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[int, frozenset[str]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def refused(rule: str, remedy: str, source: str, *, row: int | None = None, value: str | None = None) -> SurveyError:
    """The error of a file that cannot be read."""
    return SurveyError([Failure(rule, remedy, source, row, None, value)])
