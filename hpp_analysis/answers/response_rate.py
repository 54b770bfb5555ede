"""Which share of the invited persons answered?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.response import RESPONSE
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.result import CellKey, Result, publishable
from hpp_analysis.common.who import Who, capital
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

ALL = "(all)"
_WHO = ("partnership", "side")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ResponseRate(Result):
    """Persons invited, persons who answered, and their share.

    A group that the disclosure plan withholds shows only how many persons were invited: how many answered, and their
    share, would tell its size.

    Attributes
    ----------
    table : DataFrame
        partnership and side ("(all)" where the number is of all of them), n_invited, n_persons (who answered), share
        (between 0 and 1), and variable (always "(response)").
    """

    def _declare(self) -> Declaration:
        labels = {"partnership": _("Partnership"), "side": _("Side")}
        named = {column: self.table[column].ne(ALL).any() for column in _WHO}
        return Declaration(
            name="response_rate",
            caption=_("Who was invited and who answered"),
            variable="variable",
            columns=(
                *(Column(column, labels[column] if named[column] else "", key=True) for column in _WHO),
                Column("n_invited", _("Invited"), "count", reveals="nothing"),
                Column("n_persons", _("Answered"), "count", reveals="size"),
                Column("share", _("Share that answered"), "share", reveals="size"),
            ),
            figures={"bars": self._bars},
        )

    def _cells(self) -> list[list[CellKey]]:
        rows = self.table[list(_WHO)].astype(str).to_dict("records")
        groups = [{column: value for column, value in row.items() if value != ALL} for row in rows]
        return [[(frozenset({**self.context.selection, **group}.items()), RESPONSE)] for group in groups]

    def _labelled(self) -> pd.DataFrame:
        frame = super()._labelled()
        return frame.replace({column: {ALL: _("All")} for column in _WHO})

    def _summary(self) -> list[str]:
        if self.table.empty:
            return [_("It is not known how many persons were invited.")]
        sentences = []
        for row in self.table.to_dict("records"):
            if row["partnership"] != ALL or pd.isna(row["share"]):
                continue
            numbers = {
                "invited": format_value(row["n_invited"], "count"),
                "answered": format_value(row["n_persons"], "count"),
                "share": format_value(row["share"], "share"),
            }
            if row["side"] == ALL:
                sentences.append(_("Of {invited} invited persons {answered} answered ({share}).").format(**numbers))
            else:
                sentences.append(
                    capital(
                        _("{side}: of {invited} invited persons {answered} answered ({share}).").format(
                            side=Who(self).side(row["side"]), **numbers
                        )
                    )
                )
        return sentences

    def _headline(self) -> list[str]:
        """The rate of all, where it is known."""
        return self._summary()[:1]

    def _methods(self) -> list[str]:
        return [
            _("The numbers of invited persons were given by the researcher; a share is of persons, not of ratings.")
        ]

    def _bars(self) -> Figure:
        named = self._labelled()
        rows = pd.DataFrame({"label": named["partnership"], "series": named["side"], "n": self.table["n_persons"]})
        return Figure(plots.bars, rows, xlabel=_("Persons"))


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
        named = {column: who.get(column, ALL) for column in _WHO}
        rows.append({**named, "n_invited": int(n_invited), "n_persons": answered, "share": answered / n_invited})
    table = pd.DataFrame(rows, columns=[*_WHO, "n_invited", "n_persons", "share"]).assign(variable=RESPONSE)
    return ResponseRate(table=table, context=Context.of(data))
