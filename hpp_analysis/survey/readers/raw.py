"""What every reader returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class RawTable:
    """An export as it stands in the file, before anything is known of its meaning.

    Attributes
    ----------
    header : list of str
        The text above each column, duplicates included.
    cells : DataFrame
        The answers, one column a position (0, 1, ...); text or numbers, missing where empty.
    rows : Index of int
        The row number of each answer as a spreadsheet counts.
    source : str
        The name of the file, without its folder.
    sha256 : str
        Of the bytes that were read.
    """

    header: list[str]
    cells: pd.DataFrame
    rows: pd.Index
    source: str
    sha256: str
