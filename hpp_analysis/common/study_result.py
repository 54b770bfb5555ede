"""Results about a whole study or a model of it: correlations, factor solutions, fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from hpp_analysis.common.result import Result
from hpp_analysis.display.blocks import Block, TableBlock
from hpp_analysis.display.formats import Column
from hpp_analysis.display.tables import table_block


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StudyResult(Result):
    """A result that speaks of a study as a whole, not of groups of persons.

    It shows itself as every result does, with two differences. It may have more than one table: `tables` names the
    others, which `block` and `show` take as a kind and which a notebook shows below the first. And it is for whoever
    analyses the study: `publish` refuses it, for no disclosure plan covers it, so a client's report cannot show it.

    A subclass sets `name`, `keys`, `variable` and `kinds`, gives its columns as `columns` or, where they depend on the
    data (one per factor), by `_columns`, and answers `_further_frame` where it has further tables.
    """

    planned: bool = False

    columns: ClassVar[tuple[Column, ...]] = ()
    keys: ClassVar[tuple[str, ...]] = ("item",)
    variable: ClassVar[str] = "item"
    tables: ClassVar[tuple[str, ...]] = ()
    """Names of the tables beside the first."""

    def block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", one of `tables`, "summary", "methods" or one of the figures in `kinds`."""
        if kind in self.tables:
            with self._spoken(language):
                return self._further_table(kind)
        return super().block(kind, language)

    def _columns(self) -> tuple[Column, ...]:
        """The columns that people see, in order."""
        return self.columns

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:
        """Of one of `tables`: the numbers, the columns that people see, and the caption."""
        raise NotImplementedError(kind)

    def _table_block(self) -> TableBlock:
        return table_block(
            self._labelled(),
            self._columns(),
            name=self.name,
            caption=self._caption(),
            notes=[*self._notes(), *self._finding_note()],
            row_headers=sum(column.name in self.keys for column in self._columns()),
        )

    def _further_table(self, kind: str) -> TableBlock:
        frame, columns, caption = self._further_frame(kind)
        return table_block(
            frame,
            columns,
            name=f"{self.name}_{kind}",
            caption=caption,
            notes=[],
            row_headers=int(columns[0].unit == "text"),
        )

    def _all_tables(self) -> list[Block]:
        return [self._table_block(), *(self._further_table(kind) for kind in self.tables)]
