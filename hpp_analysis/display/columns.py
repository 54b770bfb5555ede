"""A column of a result's table: its unit, its label, and what it reveals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal["text", "count", "score", "difference", "coefficient", "share", "df", "p", "fit", "change"]

Reveals = Literal[
    "nothing", "size", "mean", "difference", "interval", "spread", "share", "count", "agreement", "order", "model"
]
"""What the numbers of a column tell of the answers behind them:

- nothing: they do not depend on answers;
- size: numbers of persons or ratings;
- mean, difference: means, and differences between these;
- interval: what follows from means, sizes and the spread behind them, as intervals, tests and verdicts;
- spread, share, count, agreement, order, model: more than that.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result's table.

    Attributes
    ----------
    name : str
        Its name in the frame.
    label : str
        Its heading in tables that people read; a column without a heading is in the frame only.
    unit : str
        What its numbers are.
    upper : str, optional
        Of an interval: the column with the upper bound. `name` is then the lower one, and both share a cell.
    reveals : str, optional
        What its numbers tell of the answers behind them. A column that does not say so is withheld when a result is
        published.
    key : bool
        Whether it names the row, and so is never withheld.
    optional : bool
        Whether the table leaves it out where it holds nothing but dashes.
    words : mapping of str to str, optional
        What its codes are called; a code without a word is a dash.
    """

    name: str
    label: str = ""
    unit: Unit = "text"
    upper: str | None = None
    reveals: Reveals | None = None
    key: bool = False
    optional: bool = False
    words: Mapping[str, str] | None = None


def hidden(reveals: Reveals, *names: str) -> tuple[Column, ...]:
    """Declare columns that are in the frame only and reveal the same.

    Examples
    --------
    >>> [column.reveals for column in hidden("size", "n_first", "n_second")]
    ['size', 'size']
    """
    return tuple(Column(name, reveals=reveals) for name in names)


def in_words(frame: pd.DataFrame, columns: Iterable[Column]) -> dict[str, list[str | None]]:
    """Columns of codes as people read them: the columns of a frame that have words.

    Examples
    --------
    >>> import pandas as pd
    >>> in_words(pd.DataFrame({"tier": ["later", None]}), [Column("tier", words={"later": "not now"})])
    {'tier': ['not now', None]}
    """
    return {
        column.name: [column.words.get(str(code)) for code in frame[column.name]]
        for column in columns
        if column.words is not None and column.name in frame
    }
