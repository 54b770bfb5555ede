"""Who answered? Persons and ratings per partnership and side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable, counted, setting
from hpp_analysis.common.design import group_columns, in_order
from hpp_analysis.common.result import Result, publishable
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value, natural
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_MOST_ROWS = 12
RESPONSE = "(response)"
"""The name under which the disclosure plan knows that somebody answered at all."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Response(Result):
    """Numbers of persons and ratings.

    Attributes
    ----------
    table : DataFrame
        The grouping columns, n_persons, n_ratings, and variable (always "(response)").
    groups : tuple of str
        The respondent columns whose combinations are counted.
    n_persons, n_ratings : int, optional
        In all; a person may rate several partnerships. None where a published result withholds them.
    unit : {"rating", "person"}
        Whether a person answers once for each partnership, or once.
    """

    groups: tuple[str, ...] = setting(())
    n_persons: int | None = counted(0)
    n_ratings: int | None = counted(0)
    unit: str = setting("rating")

    def _declare(self) -> Declaration:
        return Declaration(
            name="response",
            caption=_("Who took part"),
            variable="variable",
            groups=self.groups,
            columns=(
                *(Column(group, self._heading(group), key=True) for group in self.groups),
                Column("n_persons", _("Persons"), "count", reveals="size"),
                Column("n_ratings", reveals="size"),
            ),
            figures={"bars": self._bars},
            tables={"sides": self._by_side} if {"partnership", "side"} <= set(self.groups) else {},
        )

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document; of more than a few partnerships a sentence takes the place of the table by sides."""
        if kind == "sides" and self.table["partnership"].nunique() > _MOST_ROWS:
            return super()._block("summary", language)
        return super()._block(kind, language)

    def _all_tables(self) -> list[Block]:
        return [self._table_block()]

    def _by_side(self) -> FurtherTable:
        """A row for each partnership, a column for each side."""
        table = self.table.assign(
            partnership=[self._called(str(one), "partnership") for one in self.table["partnership"]]
        )
        sides = list(dict.fromkeys(table["side"].astype(str)))
        pooled = self.table["partnership"].astype(str).str.startswith(OTHERS)
        order = sorted(dict.fromkeys(table["partnership"][~pooled]), key=natural)
        order += list(dict.fromkeys(table["partnership"][pooled]))
        frame = table.pivot_table("n_persons", "partnership", "side", aggfunc="first", dropna=False).reindex(order)
        frame = frame.reindex(columns=sides).reset_index()
        columns = (
            Column("partnership", _("Partnership"), key=True),
            *(Column(side, self._called(side, "side"), "count") for side in sides),
        )
        return FurtherTable(frame, columns, _("Persons who took part"), (*self._notes(), *self._withheld_note()))

    def _heading(self, column: str) -> str:
        return _("Partnership") if column == "partnership" else self._called(column)

    def _notes(self) -> list[str]:
        if self.n_persons is None or self.n_ratings is None:
            return []
        if self.n_ratings > self.n_persons and "partnership" in self.groups:
            return [_("A person who rated several partnerships counts in each of them.")]
        return []

    def _summary(self) -> list[str]:
        if self.n_persons is None or self.n_ratings is None:
            return [_("How many persons took part is withheld to protect small groups.")]
        if self.n_ratings == self.n_persons:
            return [
                ngettext("{n} person took part.", "{n} persons took part.", self.n_persons).format(
                    n=format_value(self.n_persons, "count")
                )
            ]
        ratings = ngettext("{n} rating", "{n} ratings", self.n_ratings).format(n=format_value(self.n_ratings, "count"))
        return [
            ngettext(
                "{n} person took part and gave {ratings}.",
                "{n} persons took part and gave {ratings} together.",
                self.n_persons,
            ).format(n=format_value(self.n_persons, "count"), ratings=ratings)
        ]

    def _methods(self) -> list[str]:
        if self.unit == "person" or not self.context.by_partnership:
            return [_("Each person answered once; one row of the data is a person.")]
        return [
            _(
                "One row of the data is a rating: one person about one partnership. Privacy counts persons, "
                "statistics know which ratings come from the same person."
            )
        ]

    def _bars(self) -> Figure:
        named = self._labelled()
        label = named["partnership" if "partnership" in named else [*self.groups, "variable"][0]]
        rows = pd.DataFrame({"label": label, "series": named.get("side", ""), "n": self.table["n_persons"]})
        return Figure(plots.bars, rows, xlabel=_("Persons"))


@publishable
@checked
def count_response(data: Survey, *, by: str | Sequence[str] | None = None) -> Response:
    """Count who answered.

    Parameters
    ----------
    data : Survey
        The answers.
    by : str or sequence of str, optional
        Respondent columns whose combinations are counted. By default partnership and side, where the answers have them.

    Returns
    -------
    Response

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> response = count_response(simulate_study(seed=1).survey, by=("side",))
    >>> response.to_frame()["side"].tolist()
    ['client', 'partner']
    """
    groups = group_columns(data, by, default=("partnership", "side"))
    who = data.respondents[list(groups)].assign(person=data.persons)
    if groups:
        counts = (
            who.groupby(list(groups), sort=False)["person"].agg(n_persons="nunique", n_ratings="size").reset_index()
        )
    else:
        counts = pd.DataFrame({"n_persons": [data.n_persons], "n_ratings": [len(data)]})
    return Response(
        table=in_order(counts, data, list(groups)).assign(variable=RESPONSE),
        context=Context.of(data),
        unit=data.instrument.unit,
        groups=groups,
        n_persons=data.n_persons,
        n_ratings=len(data),
    )
