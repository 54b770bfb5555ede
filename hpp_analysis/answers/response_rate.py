"""Which share of the invited persons answered?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from hpp_analysis.answers.response import RESPONSE
from hpp_analysis.common.context import Context
from hpp_analysis.common.result import CellKey, Result, publishable
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALL = "(all)"
_WHO = ("partnership", "side")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ResponseRate(Result):
    """Persons invited, persons who answered, and their share.

    A group that the disclosure plan withholds shows what was invited only: how many answered, and their share, would
    tell its size.
    """

    name: ClassVar[str] = "response_rate"
    keys: ClassVar[tuple[str, ...]] = _WHO
    reveals: ClassVar[Mapping[str, Reveals]] = {"n_invited": "nothing", "n_persons": "size", "share": "size"}
    variable: ClassVar[str] = "variable"
    kinds: ClassVar[tuple[str, ...]] = ("bars",)

    def to_frame(self) -> pd.DataFrame:
        """One row per number of invited persons.

        Returns
        -------
        DataFrame
            partnership and side ("(all)" where the number is of all of them), n_invited, n_persons (who answered), share
            (between 0 and 1), and variable (always "(response)").
        """
        return super().to_frame()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see; partnerships and sides only where a number is of one."""
        partnership = (Column("partnership", N_("Partnership")),) if self.table["partnership"].ne(ALL).any() else ()
        side = (Column("side", N_("Side")),) if self.table["side"].ne(ALL).any() else ()
        return (
            *partnership,
            *side,
            Column("n_invited", N_("Invited"), "count"),
            Column("n_persons", N_("Answered"), "count"),
            Column("share", N_("Share that answered"), "share"),
        )

    def _cells(self) -> list[list[CellKey]]:
        """For each row, whose number of answers it shows."""
        rows = self.table[list(_WHO)].astype(str).to_dict("records")
        said = [{column: value for column, value in row.items() if value != ALL} for row in rows]
        return [[(frozenset({**self.context.selection, **who}.items()), RESPONSE)] for who in said]

    def _labelled(self) -> pd.DataFrame:
        frame = super()._labelled()
        return frame.replace({column: {ALL: _("All")} for column in _WHO})

    def _caption(self) -> str:
        return _("Who was invited and who answered")

    def _summary(self) -> list[str]:
        if self.table.empty:
            return [_("It is not known how many persons were invited.")]
        said = []
        for row in self.table.to_dict("records"):
            if row["partnership"] != ALL or pd.isna(row["share"]):
                continue
            numbers = {
                "invited": format_value(row["n_invited"], "count"),
                "answered": format_value(row["n_persons"], "count"),
                "share": format_value(row["share"], "share"),
            }
            if row["side"] == ALL:
                said.append(_("Of {invited} invited persons {answered} answered ({share}).").format(**numbers))
            else:
                said.append(
                    _("{side}: of {invited} invited persons {answered} answered ({share}).").format(
                        side=self._called(row["side"], "side"), **numbers
                    )
                )
        return said

    def _headline(self) -> list[str]:
        """The rate of all, where it is known."""
        return self._summary()[:1]

    def _methods(self) -> list[str]:
        return [
            _("The numbers of invited persons were given by the researcher; a share is of persons, not of ratings.")
        ]

    def _drawn(self) -> pd.DataFrame:
        called = self._labelled()
        return pd.DataFrame({"label": called["partnership"], "series": called["side"], "n": self.table["n_persons"]})

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import bars

        return bars(self._drawn(), xlabel=_("Persons"), ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import bars_alt

        return bars_alt(self._drawn())


@publishable
@checked
def compute_response_rate(data: Survey, invited: Sequence[Mapping[str, Any]]) -> ResponseRate:
    """Set who answered against who was invited.

    Parameters
    ----------
    data : Survey
        The answers that a report is about.
    invited : sequence of mapping
        Each with `n`, and the columns that say who: those of the survey's selection, `side` and `partnership`; entries of
        other selections are left out.

    Returns
    -------
    ResponseRate

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(seed=1).survey.where(side="client")
    >>> rate = compute_response_rate(survey, [{"side": "client", "n": 200}])
    >>> rate.to_frame()["n_persons"].tolist() == [survey.n_persons]
    True
    """
    rows = []
    for one in invited:
        who = {str(column): str(value) for column, value in one.items() if column != "n"}
        names_in(who, data.respondents.columns, "invited", kind="a column of the answers")
        n_invited = in_range(one.get("n"), "n", at_least=1)
        if any(data.selection.get(column, value) != value for column, value in who.items()):
            continue
        frame = data.respondents
        for column, value in who.items():
            frame = frame[frame[column].astype(str) == value]
        if frame.empty:
            continue
        answered = int(data.persons.loc[frame.index].nunique())
        told = {column: who.get(column, ALL) for column in _WHO}
        rows.append({**told, "n_invited": int(n_invited), "n_persons": answered, "share": answered / n_invited})
    table = pd.DataFrame(rows, columns=[*_WHO, "n_invited", "n_persons", "share"]).assign(variable=RESPONSE)
    return ResponseRate(table=table, context=Context.of(data))
