"""Results about a whole study or a model of it: correlations, factor solutions, fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hpp_analysis.common.result import Result
from hpp_analysis.display.columns import Column


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StudyResult(Result):
    """TRANSITION: a result that declares `whole_study`."""

    whole_study: ClassVar[bool] = True
    columns: ClassVar[tuple[Column, ...]] = ()
    keys: ClassVar[tuple[str, ...]] = ("item",)
    variable: ClassVar[str] = "item"
    tables: ClassVar[tuple[str, ...]] = ()

    def _columns(self) -> tuple[Column, ...]:
        return self.columns
