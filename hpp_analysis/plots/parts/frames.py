"""What the drawings read from their frames."""

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


def check_columns(frame: pd.DataFrame, needed: Iterable[str]) -> None:
    """Raise `OptionError` if the frame lacks a column."""
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise OptionError(
            f"A drawing's `frame` has the columns {', '.join(needed)}. Missing: {', '.join(missing)}. Add them."
        )


def check_limits(limits: tuple[float, float]) -> None:
    """Raise `OptionError` unless the limits are two numbers that rise."""
    low, high = limits
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise OptionError(f"`limits` are the two ends of the axis, the lower first. Given: {limits!r}. Correct them.")


def check_on_axis(values: FloatArray, limits: tuple[float, float]) -> None:
    """Raise `OptionError` unless the limits rise and every value that is there lies on the axis between them."""
    check_limits(limits)
    low, high = limits
    near = 1e-9 * (high - low)  # a mean of tens may be one by its last bits
    outside = values[~np.isnan(values) & ~((values >= low - near) & (values <= high + near))]
    if outside.size:
        raise OptionError(
            f"Every value lies on the axis, here from {low:g} to {high:g}. Given: {outside[0]:g}. "
            f"Give the ends of the answer scale as `limits`."
        )


def texts_of(frame: pd.DataFrame, column: str) -> list[str]:
    """A column of labels; an absent one, and an absent label, is empty."""
    if column not in frame.columns:
        return [""] * len(frame)
    return ["" if absent else clean(value) for value, absent in zip(frame[column], frame[column].isna(), strict=True)]


def numbers_of(frame: pd.DataFrame, column: str) -> FloatArray:
    """A column of numbers; what is absent is NaN."""
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[column].to_numpy(dtype=float, na_value=np.nan), dtype=float)


@dataclass(frozen=True, slots=True)
class Grid:
    """A long frame as a table: one row a label, one column a series.

    Attributes
    ----------
    groups, labels : tuple of str
        Of the rows, in order of appearance.
    series : tuple of str
        Of the columns, in order of appearance; a categorical column gives the order itself.
    row, column : tuple of int
        Where each row of the frame went.
    """

    groups: tuple[str, ...]
    labels: tuple[str, ...]
    series: tuple[str, ...]
    row: tuple[int, ...]
    column: tuple[int, ...]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which cells the frame has a row for: one that it has not is absent, not withheld."""
        table = np.zeros((len(self.labels), len(self.series)), dtype=bool)
        table[list(self.row), list(self.column)] = True
        return table

    def fill(self, values: Sequence[float] | FloatArray) -> FloatArray:
        """The values of the frame's rows as rows x series, NaN where there is none."""
        table = np.full((len(self.labels), len(self.series)), np.nan)
        table[list(self.row), list(self.column)] = values
        return table


def read_grid(frame: pd.DataFrame) -> Grid:
    """Find the rows and columns of a long frame.

    Two characteristics may have the same label: the first of each series belong together, then the second.

    Examples
    --------
    >>> frame = pd.DataFrame({"label": ["Openness", "Openness"], "series": ["Client", "Partner"]})
    >>> read_grid(frame).series
    ('Client', 'Partner')
    """
    groups, labels, series = (texts_of(frame, column) for column in ("group", "label", "series"))
    names: dict[str, int] = {}
    if "series" in frame.columns and isinstance(frame["series"].dtype, pd.CategoricalDtype):
        used = set(series)
        for name in map(clean, frame["series"].cat.categories):
            if name in used:
                names.setdefault(name, len(names))
    places: dict[tuple[str, str, int], int] = {}
    seen: Counter[tuple[str, str, str]] = Counter()
    row, column = [], []
    for group, label, name in zip(groups, labels, series, strict=True):
        time = seen[group, label, name]
        seen[group, label, name] += 1
        row.append(places.setdefault((group, label, time), len(places)))
        column.append(names.setdefault(name, len(names)))
    return Grid(
        tuple(key[0] for key in places), tuple(key[1] for key in places), tuple(names), tuple(row), tuple(column)
    )
