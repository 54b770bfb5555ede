"""The columns of the tables that figures are drawn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.errors import OptionError
from hpp_analysis.plots.parts.lettering import clean

FloatArray = NDArray[np.float64]


def check_table(data: pd.DataFrame) -> None:
    """Raise `OptionError` unless the data are a table."""
    if not isinstance(data, pd.DataFrame):
        raise OptionError(
            f"The `data` of this figure must be a DataFrame. Given: {type(data).__name__}. "
            "Hand over a table with one row for each mark, or call `plot` of a result."
        )


def check_columns(data: pd.DataFrame, needed: Iterable[str]) -> None:
    """Raise `OptionError` unless the data are a table with these columns."""
    check_table(data)
    missing = [column for column in needed if column not in data.columns]
    if missing:
        raise OptionError(
            f"The `data` of this figure must have the columns {', '.join(needed)}. Missing: {', '.join(missing)}. Add them."
        )


def check_limits(limits: tuple[float, float]) -> None:
    """Raise `OptionError` unless the limits are two numbers that rise."""
    low, high = limits
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise OptionError(
            f"`limits` must be the two ends of the axis, the lower first. Given: {limits!r}. Correct them."
        )


def check_on_axis(values: FloatArray, limits: tuple[float, float]) -> None:
    """Raise `OptionError` unless the limits rise and every value that is not NaN lies on the axis between them."""
    check_limits(limits)
    low, high = limits
    tolerance = 1e-9 * (high - low)  # the mean of several tens may differ from ten in its last bits
    outside = values[~np.isnan(values) & ~((values >= low - tolerance) & (values <= high + tolerance))]
    if outside.size:
        raise OptionError(
            f"Every value must lie on the axis, here from {low:g} to {high:g}. Given: {outside[0]:g}. "
            f"Give the ends of the answer scale as `limits`."
        )


def texts_of(data: pd.DataFrame, column: str) -> list[str]:
    """A column of labels; a column that is absent, and a label that is missing, is empty."""
    if column not in data.columns:
        return [""] * len(data)
    return ["" if missing else clean(value) for value, missing in zip(data[column], data[column].isna(), strict=True)]


def numbers_of(data: pd.DataFrame, column: str) -> FloatArray:
    """A column of numbers; a column that is absent, and a number that is missing, is NaN."""
    if column not in data.columns:
        return np.full(len(data), np.nan)
    return np.asarray(data[column].to_numpy(dtype=float, na_value=np.nan), dtype=float)


@dataclass(frozen=True, slots=True)
class Grid:
    """A long table as a grid: one row for each label, one column for each series.

    Attributes
    ----------
    groups, labels : tuple of str
        Of the rows, in order of appearance.
    series : tuple of str
        Of the columns, in order of appearance; a categorical column gives the order itself.
    row, column : tuple of int
        Where each row of the table stands in the grid.
    """

    groups: tuple[str, ...]
    labels: tuple[str, ...]
    series: tuple[str, ...]
    row: tuple[int, ...]
    column: tuple[int, ...]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which cells the table has a row for: a cell without one is absent, not withheld."""
        cells = np.zeros((len(self.labels), len(self.series)), dtype=bool)
        cells[list(self.row), list(self.column)] = True
        return cells

    def fill(self, values: Sequence[float] | FloatArray) -> FloatArray:
        """The values of the table's rows as rows x series, NaN where there is none."""
        cells = np.full((len(self.labels), len(self.series)), np.nan)
        cells[list(self.row), list(self.column)] = values
        return cells


def read_grid(data: pd.DataFrame) -> Grid:
    """Find the rows and columns of a long table.

    Two characteristics may have the same label: the first of each series belong together, then the second.

    Examples
    --------
    >>> data = pd.DataFrame({"label": ["Openness", "Openness"], "series": ["Client", "Partner"]})
    >>> read_grid(data).series
    ('Client', 'Partner')
    """
    groups, labels, series = (texts_of(data, column) for column in ("group", "label", "series"))
    names: dict[str, int] = {}
    if "series" in data.columns and isinstance(data["series"].dtype, pd.CategoricalDtype):
        used = set(series)
        for name in map(clean, data["series"].cat.categories):
            if name in used:
                names.setdefault(name, len(names))
    rows, row = positions(groups, labels, occurrences(groups, labels, series))
    column = tuple(names.setdefault(name, len(names)) for name in series)
    return Grid(tuple(key[0] for key in rows), tuple(key[1] for key in rows), tuple(names), tuple(row.tolist()), column)


def occurrences(*columns: Sequence[str]) -> list[str]:
    """How many rows before each row have the same entries.

    Examples
    --------
    >>> occurrences(["a", "b", "a"], ["c", "c", "c"])
    ['0', '0', '1']
    """
    before: Counter[tuple[str, ...]] = Counter()
    counts = []
    for entry in zip(*columns, strict=True):
        counts.append(str(before[entry]))
        before[entry] += 1
    return counts


def positions(*columns: Sequence[str]) -> tuple[list[tuple[str, ...]], NDArray[np.intp]]:
    """The different entries of one or several columns, in order of appearance, and which of them each row has.

    Examples
    --------
    >>> positions(["b", "a", "b"])
    ([('b',), ('a',)], array([0, 1, 0]))
    """
    entries = list(zip(*columns, strict=True))
    places = {entry: place for place, entry in enumerate(dict.fromkeys(entries))}
    return list(places), np.array([places[entry] for entry in entries], dtype=np.intp)
