"""What is not answered, by whom, and is it missing at random? Per item, per rating and per group, with Little's test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.design import group_columns, in_order
from hpp_analysis.common.result import Result
from hpp_analysis.core.correlation.little import LittleTest, little_test
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.survey.understand import ANSWERED, DONT_KNOW, NOT_ASKED, SKIPPED
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

_BINS = {
    "none": (0.0, N_("Nothing is missing")),
    "tenth": (0.10, N_("Up to a tenth")),
    "quarter": (0.25, N_("A tenth to a quarter")),
    "half": (0.50, N_("A quarter to a half")),
    "most": (1.0 - 1e-9, N_("More than a half")),
    "all": (1.0, N_("Everything")),
}
"""How much is missing in a rating: the upper end of each class."""
_CERTAIN = 0.05


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MissingAnswers(Result):
    """What is not answered.

    Attributes
    ----------
    table : DataFrame
        item, the one that most is missing of first; n_asked (ratings in which it was asked), share_dont_know, share_skipped
        and share_missing (both together).
    ratings : Series
        By rating the share of the items asked that it does not answer.
    by_rating : DataFrame
        How many ratings miss how much: missing, n, share.
    by_group : DataFrame
        Per group: the columns of `by`, n, share_dont_know, share_skipped, share_missing; empty without `by`.
    little : LittleTest
        Whether answers are missing completely at random.
    """

    ratings: pd.Series
    by_rating: pd.DataFrame
    by_group: pd.DataFrame
    little: LittleTest

    def _declare(self) -> Declaration:
        return Declaration(
            name="missing",
            caption=_("What is not answered"),
            variable="item",
            columns=(Column("item", _("Item"), key=True), Column("n_asked", _("Asked"), "count"), *self._shares()),
            figures={"bars": self._bars},
            tables={"ratings": self._ratings_table} | ({"groups": self._groups_table} if len(self.by_group) else {}),
            whole_study=True,
        )

    def _shares(self) -> tuple[Column, ...]:
        return (
            Column("share_dont_know", _("Don't know"), "share"),
            Column("share_skipped", _("Skipped"), "share"),
            Column("share_missing", _("Missing"), "share"),
        )

    def _counted(self) -> Column:
        return Column("n", _("Ratings") if self.context.by_partnership else _("Persons"), "count")

    def _groups_table(self) -> FurtherTable:
        keys = list(self.by_group.columns[: list(self.by_group).index("n")])
        rows = self.by_group[keys].to_dict("records")
        named = [" – ".join(self._called(str(row[key]), key) for key in keys) for row in rows]
        columns = (Column("group", _("Group"), key=True), self._counted(), *self._shares())
        return FurtherTable(self.by_group.assign(group=named), columns, _("What is missing, by group"))

    def _ratings_table(self) -> FurtherTable:
        frame = self.by_rating.assign(missing=[_(_BINS[name][1]) for name in self.by_rating["missing"]])
        columns = (Column("missing", _("Missing"), key=True), self._counted(), Column("share", _("Share"), "share"))
        return FurtherTable(frame, columns, _("How much is missing at once"))

    def _notes(self) -> list[str]:
        return [_("Shares are of those who were asked the item.")]

    def _summary(self) -> list[str]:
        n_asked = self.table["n_asked"]
        know, skipped = (
            float((self.table[f"share_{why}"] * n_asked).sum() / max(n_asked.sum(), 1))
            for why in ("dont_know", "skipped")
        )
        if know + skipped == 0:
            return [_("Every item was answered by everybody.")]
        most = self.table.iloc[0]
        return [
            _("{share} of all answers are missing: {know} by ‘don’t know’, {skipped} skipped.").format(
                share=format_value(know + skipped, "share"),
                know=format_value(know, "share"),
                skipped=format_value(skipped, "share"),
            ),
            _("Most is missing of ‘{item}’ ({share}).").format(
                item=self._called(str(most["item"])), share=format_value(most["share_missing"], "share")
            ),
            self._at_random(),
        ]

    def _at_random(self) -> str:
        """What Little's test says."""
        test = self.little
        if np.isnan(test.p):
            return _(
                "Whether answers are missing at random cannot be tested: the covariances of the items have no estimate."
            )
        sentence = (
            _("They are not missing completely at random: {test}. Who answers an item differs from who does not.")
            if test.p < _CERTAIN
            else _("Nothing says that they are not missing completely at random: {test}.")
        )
        test_result = _("Little’s test {chi2} with {df} degrees of freedom, p {p}")
        p = format_value(test.p, "p")
        return sentence.format(
            test=test_result.format(
                chi2=format_value(test.statistic, "score"),
                df=format_value(test.df, "count"),
                p=p if p.startswith("<") else f"= {p}",
            )
        )

    def _methods(self) -> list[str]:
        return [
            _(
                "Missing answers were counted per item and questionnaire, ‘don’t know’ and skipped apart. Little’s (1988) test "
                "compares the means of questionnaires with different gaps ({n} patterns in {used} questionnaires with an "
                "answer), with moments by maximum likelihood from all answers. It takes questionnaires as independent and "
                "answers as normal. Where it rejects, leaving out what is incomplete would bias the rest, and methods that use "
                "all answers are preferred."
            ).format(n=self.little.n_patterns, used=self.little.n_used)
        ]

    def _bars(self) -> Figure:
        shown = self.table.head(20)
        missing = (shown["share_missing"] * shown["n_asked"]).round()
        rows = pd.DataFrame({"label": [self._called(str(item)) for item in shown["item"]], "n": missing})
        return Figure(plots.bars, rows, xlabel=_("Missing answers"))


@checked
def check_missing(data: Survey, *, by: str | Sequence[str] | None = None) -> MissingAnswers:
    """Count what is not answered, and test whether it is missing completely at random.

    Parameters
    ----------
    data : Survey
        The answers, of all items or, by `Survey.only`, of some.
    by : str or sequence of str, optional
        Respondent columns of which each group is counted too.

    Returns
    -------
    MissingAnswers

    References
    ----------
    Little (1988), doi:10.1080/01621459.1988.10478722

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> missing = check_missing(simulate_study(seed=1).survey, by="side")
    >>> missing.by_group["side"].tolist()
    ['client', 'partner']
    """
    reasons = data.reasons
    was_asked = reasons != NOT_ASKED
    n_asked = was_asked.sum()
    shares = {why: (reasons == why).sum() / n_asked.clip(lower=1) for why in (DONT_KNOW, SKIPPED)}
    table = pd.DataFrame(
        {
            "item": list(reasons),
            "n_asked": n_asked.to_numpy(),
            "share_dont_know": shares[DONT_KNOW].to_numpy(),
            "share_skipped": shares[SKIPPED].to_numpy(),
        }
    )
    table["share_missing"] = table["share_dont_know"] + table["share_skipped"]
    gaps = (was_asked & (reasons != ANSWERED)).sum(axis=1) / was_asked.sum(axis=1).clip(lower=1)
    ends = [end for end, _label in _BINS.values()]
    which = np.searchsorted(ends, gaps.to_numpy(dtype=float), side="left")
    counts = np.bincount(which, minlength=len(ends))[: len(ends)]
    return MissingAnswers(
        context=Context.of(data),
        table=table.sort_values("share_missing", ascending=False, kind="stable", ignore_index=True),
        ratings=gaps,
        by_rating=pd.DataFrame({"missing": list(_BINS), "n": counts, "share": counts / max(len(data), 1)}),
        by_group=_by_group(data, group_columns(data, by)),
        little=little_test(data.items.to_numpy(dtype=float)),
    )


def _by_group(data: Survey, columns: tuple[str, ...]) -> pd.DataFrame:
    """The shares of each group."""
    if not columns:
        return pd.DataFrame()
    n_asked = (data.reasons != NOT_ASKED).sum(axis=1)
    counts = pd.DataFrame(
        {"n": 1, "asked": n_asked} | {why: (data.reasons == why).sum(axis=1) for why in (DONT_KNOW, SKIPPED)}
    )
    groups = [data.respondents[column].astype(str) for column in columns]
    summed = in_order(counts.groupby(groups, sort=False).sum().reset_index(), data, list(columns))
    shares = summed[[*columns, "n"]].copy()
    for why, name in ((DONT_KNOW, "share_dont_know"), (SKIPPED, "share_skipped")):
        shares[name] = (summed[why] / summed["asked"].clip(lower=1)).to_numpy()
    return shares.assign(share_missing=shares["share_dont_know"] + shares["share_skipped"])
