"""The cells of a column as text, each distinct spelling once."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def distinct(cells: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Number the spellings of a column, in order of appearance.

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


def spelling(value: object) -> str:
    """One cell as text: 3.0 in a frame is the "3" of a file; control characters are nobody's answer."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(float(value))
    text = str(value).strip()
    return text if text.isprintable() else _CONTROL.sub("", text)
