"""Who answered? Persons and ratings per partnership and side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from hpp_analysis.common.context import Context
from hpp_analysis.common.design import group_columns, in_order
from hpp_analysis.common.result import Result, publishable
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RESPONSE = "(response)"
"""The name under which the disclosure plan knows that somebody answered at all."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Response(Result):
    """Numbers of persons and ratings.

    Attributes
    ----------
    groups : tuple of str
        The respondent columns whose combinations are counted.
    n_persons, n_ratings : int, optional
        In all; a person may rate several partnerships. None where a published result withholds them.
    unit : {"rating", "person"}
        Whether a person answers once for each partnership, or once.
    """

    groups: tuple[str, ...] = ()
    n_persons: int | None = 0
    n_ratings: int | None = 0
    unit: str = "rating"

    name: ClassVar[str] = "response"
    reveals: ClassVar[Mapping[str, Reveals]] = {"n_persons": "size", "n_ratings": "size"}
    fixed: ClassVar[tuple[str, ...]] = ("groups", "unit")
    counted: ClassVar[tuple[str, ...]] = ("n_persons", "n_ratings")
    variable: ClassVar[str] = "variable"
    kinds: ClassVar[tuple[str, ...]] = ("bars",)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see: those that were asked for, by their own names, and the count."""
        asked = [Column(column, self._heading(column), translate=False) for column in self.groups]
        return (*asked, Column("n_persons", N_("Persons"), "count"))

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return self.groups

    def to_frame(self) -> pd.DataFrame:
        """One row per group.

        Returns
        -------
        DataFrame
            The grouping columns, n_persons, n_ratings, and variable (always "(response)").
        """
        return super().to_frame()

    def _caption(self) -> str:
        return _("Who took part")

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

    def _drawn(self) -> pd.DataFrame:
        called = self._labelled()
        first = "partnership" if "partnership" in called else [*self.groups, "variable"][0]
        label = called[first]
        return pd.DataFrame({"label": label, "series": called.get("side", ""), "n": self.table["n_persons"]})

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import bars

        return bars(self._drawn(), xlabel=_("Persons"), ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import bars_alt

        return bars_alt(self._drawn())


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
        counted = (
            who.groupby(list(groups), sort=False)["person"].agg(n_persons="nunique", n_ratings="size").reset_index()
        )
    else:
        counted = pd.DataFrame({"n_persons": [data.n_persons], "n_ratings": [len(data)]})
    return Response(
        table=in_order(counted, data, list(groups)).assign(variable=RESPONSE),
        context=Context.of(data),
        unit=data.instrument.unit,
        groups=groups,
        n_persons=data.n_persons,
        n_ratings=len(data),
    )
