"""The cells of a column as text, each distinct spelling once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute as pc

from hpp_analysis.survey.spelling import visible

_FEW = 10_000
"""A range of whole numbers that is counted in one go."""
_SHORT = 500
"""Rows of text up to which a dictionary is several times as fast as pandas, which matters where columns are many."""


def distinct(cells: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Number the spellings of a column.

    Parameters
    ----------
    cells : Series
        Text, numbers, dates or categories, missing where empty.

    Returns
    -------
    codes : array of int, one a cell
    spellings : list of str
        Stripped; "" stands for an empty cell.

    Examples
    --------
    >>> distinct(pd.Series([3.0, None, 3.0, 2.5]))
    (array([0, 1, 0, 2]), ['3', '', '2.5'])
    """
    if isinstance(cells.dtype, np.dtype) and cells.dtype.kind in "iu" and len(cells):
        values = cells.to_numpy()
        low, high = int(values.min()), int(values.max())
        if high - low < _FEW:
            return _number_integers(values, low, high - low + 1)
    if isinstance(cells.dtype, pd.StringDtype) and len(cells) <= _SHORT:
        return _number_texts(cells.tolist())
    if cells.dtype == object and pd.api.types.infer_dtype(cells, skipna=True) not in ("string", "empty"):
        # True and 1 are the same key, but not the same spelling
        cells = cells.where(cells.notna(), "").map(spelling).astype(str)
    codes, uniques = pd.factorize(cells, use_na_sentinel=True)
    texts = [spelling(value) for value in uniques.tolist()]
    merged: dict[str, int] = {}
    number = np.array([merged.setdefault(text, len(merged)) for text in [*texts, ""]], dtype=np.intp)
    codes = number[codes]  # -1, an empty cell, takes the last entry
    order, met = pd.factorize(codes)
    spellings = list(merged)
    return order, [spellings[code] for code in met]


def _number_texts(values: list[object]) -> tuple[np.ndarray, list[str]]:
    """Number the spellings of a short column of text in plain Python."""
    number: dict[str, int] = {}
    met: dict[object, int] = {}
    for value in values:
        if value not in met:
            met[value] = number.setdefault(visible(value) if isinstance(value, str) else "", len(number))
    return np.array([met[value] for value in values], dtype=np.intp), list(number)


def _number_integers(values: np.ndarray, low: int, width: int) -> tuple[np.ndarray, list[str]]:
    """Number whole numbers of a narrow range, sorted; counting is several times as fast as hashing."""
    offsets = values.astype(np.intp, copy=False) - low
    occurs = np.bincount(offsets, minlength=width) > 0
    spellings = [str(low + place) for place in np.flatnonzero(occurs)]
    if len(spellings) == width:
        return offsets, spellings
    return (np.cumsum(occurs) - 1)[offsets], spellings


def plain_text(cells: pd.Series) -> pd.Series | None:
    """A column of text that needs no change: none of it empty, with blanks around it, or with control characters.

    Parameters
    ----------
    cells : Series

    Returns
    -------
    Series or None
        None if the column needs a change.
    """
    if not isinstance(cells.dtype, pd.StringDtype) or cells.dtype.storage != "pyarrow" or cells.hasnans:
        return None
    texts = pa.chunked_array(pa.array(cells, from_pandas=True))
    clean = pc.and_(pc.utf8_is_printable(texts), pc.equal(texts, pc.utf8_trim_whitespace(texts)))
    return cells if pc.all(pc.and_(clean, pc.not_equal(texts, ""))).as_py() else None


def spelling(value: object) -> str:
    """One cell as text: 3.0 in a frame is "3", and invisible characters are removed."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(float(value))
    return visible(str(value))
