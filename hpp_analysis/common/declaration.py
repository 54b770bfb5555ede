"""What a result declares about itself; tables, figures, `show` and `publish` follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpp_analysis.display.columns import Column, Reveals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AS_IT_IS: Mapping[str, str] = {"published": "as it is"}
_MADE_AGAIN: Mapping[str, str] = {"published": "made again"}


def setting(default: Any = MISSING, *, default_factory: Any = MISSING) -> Any:
    """Give a result an attribute that is fixed before anybody answers; it is published unchanged."""
    return field(default=default, default_factory=default_factory, metadata=_AS_IT_IS)


def counted(default: Any = MISSING, *, default_factory: Any = MISSING) -> Any:
    """Give a result an attribute that depends on the answers; it is published as computed from the cleared answers."""
    return field(default=default, default_factory=default_factory, metadata=_MADE_AGAIN)


class Figure:
    """A figure of a result: a drawing of `plots`, its rows, and how they are shown.

    Parameters
    ----------
    drawing : Drawing
        One of `hpp_analysis.plots`.
    *data : DataFrame
        What it draws.
    caption : str, optional
        By default the caption of the table.
    notes : list of str, optional
        By default those of the table.
    rows : DataFrame, optional
        The rows of the result's table that it shows; by default all.
    alt : str, optional
        The alternative text; by default the drawing's own.
    **settings
        Further arguments of the drawing.
    """

    def __init__(
        self,
        drawing: Any,
        *data: Any,
        caption: str | None = None,
        notes: list[str] | None = None,
        rows: pd.DataFrame | None = None,
        alt: str | None = None,
        **settings: Any,
    ) -> None:
        self.drawing, self.data, self.settings = drawing, data, settings
        self.caption, self.notes, self.rows = caption, notes, rows
        self._alt = alt

    def svg(self) -> str:
        """Draw it as SVG, without axes."""
        svg: str = self.drawing.svg(*self.data, **self.settings)
        return svg

    def draw(self, ax: Axes | None = None) -> Axes:
        """Draw it, on its own canvas when `ax` is None."""
        drawn: Axes = self.drawing(*self.data, **self.settings, ax=ax)
        return drawn

    def alt(self) -> str:
        """What it shows, for those who do not see it."""
        return self.drawing.alt(*self.data, **self.settings) if self._alt is None else self._alt


@dataclass(frozen=True, slots=True)
class FurtherTable:
    """A table of a result beside its first: the numbers, the columns that people see, the caption, and notes under it."""

    frame: pd.DataFrame
    columns: tuple[Column, ...]
    caption: str
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The one description of a result.

    Attributes
    ----------
    name : str
        A short stable name: of the sheet in a workbook, of the file of a figure.
    caption : str
        Over the table.
    columns : tuple of Column
        All columns of the table that people see or that may be published, in order. A column that is not declared is
        withheld when the result is published.
    variable : str
        The key column that says what was measured.
    groups : tuple of str
        The key columns that narrow the selection to the persons behind a row.
    figures : mapping of str to callable
        The figures by kind, each made when it is asked for; the first is the default.
    tables : mapping of str to callable
        The tables beside the first, likewise.
    question : str
        Of a comparison: what it is called in a study's plan (`study.analysis_plan.QUESTIONS`); its settings are the
        attributes of the same names.
    breakdown : str
        The key column whose values cut through the groups of a disclosure plan, as roles do; the plan must name it.
    whole_study : bool
        Whether it speaks of a study as a whole, not of groups of persons. No disclosure plan covers it, so a client's
        report cannot show it.
    composed : bool
        Whether it is made of published results alone, and so is not published itself.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    variable: str
    groups: tuple[str, ...] = ()
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)
    tables: Mapping[str, Callable[[], FurtherTable]] = field(default_factory=dict)
    question: str = ""
    breakdown: str = ""
    whole_study: bool = False
    composed: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row, and what was measured."""
        keys = [column.name for column in self.columns if column.key]
        return tuple(dict.fromkeys([*keys, self.variable]))

    @property
    def reveals(self) -> dict[str, Reveals]:
        """What each declared column tells of the answers; both bounds of an interval tell the same."""
        declared = {}
        for column in self.columns:
            if column.reveals is not None:
                declared.update(dict.fromkeys([column.name, *([column.upper] if column.upper else [])], column.reveals))
        return declared
