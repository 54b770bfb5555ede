"""What would change if some ratings were left out? Scores and reliability with and without them, before anybody decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.result import Result
from hpp_analysis.core.correlation.correlation import pairwise_covariance
from hpp_analysis.core.reliability.alpha import cronbach_alpha
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ExclusionPreview(Result):
    """Scores and reliability of all ratings, and of those that would be left.

    Attributes
    ----------
    table : DataFrame
        factor, mean_all, mean_kept and their difference change (scores of ratings, each counting equally), alpha_all,
        alpha_kept (from pairwise covariances), n_all and n_kept (ratings with a score).
    n_left_out, n_ratings : int
        Ratings that would be left out, and all.
    """

    n_left_out: int
    n_ratings: int

    def _declare(self) -> Declaration:
        return Declaration(
            name="exclusion",
            caption=_("What leaving ratings out would change"),
            variable="factor",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("mean_all", _("Mean of all"), "score"),
                Column("mean_kept", _("Mean without"), "score"),
                Column("change", _("Change"), "difference"),
                Column("alpha_all", _("Alpha of all"), "coefficient"),
                Column("alpha_kept", _("Alpha without"), "coefficient"),
                Column("n_kept", _("Ratings left") if self.context.by_partnership else _("Persons left"), "count"),
            ),
            figures={"bars": self._bars},
            whole_study=True,
        )

    def _notes(self) -> list[str]:
        if not self.context.by_partnership:
            return [_("Nothing was left out. Each person counts equally.")]
        return [_("Nothing was left out. Each rating counts equally.")]

    def _summary(self) -> list[str]:
        if not self.n_left_out:
            return [_("Nothing would be left out.")]
        left_out = (
            _("{n} of {all} ratings would be left out.")
            if self.context.by_partnership
            else _("{n} of {all} persons would be left out.")
        ).format(n=format_value(self.n_left_out, "count"), all=format_value(self.n_ratings, "count"))
        changes = self.table.dropna(subset=["change"])
        if changes.empty:
            return [left_out]
        most = changes.loc[changes["change"].abs().idxmax()]
        largest_change = _("The mean of ‘{factor}’ would change most: by {change}.")
        return [
            left_out,
            largest_change.format(
                factor=self._called(str(most["factor"])), change=format_value(most["change"], "difference")
            ),
        ]

    def _methods(self) -> list[str]:
        return [
            _(
                "Scale means and Cronbach’s alpha were computed with and without the ratings in question, so that the "
                "decision to leave them out can be judged by what it changes."
            )
        ]

    def _bars(self) -> Figure:
        factors = [self._called(str(factor)) for factor in self.table["factor"]]
        rows = pd.DataFrame({"label": factors, "n": self.table["n_all"] - self.table["n_kept"]})
        left_out = _("Ratings left out") if self.context.by_partnership else _("Persons left out")
        return Figure(plots.bars, rows, xlabel=left_out)


@checked
def preview_exclusion(data: Survey, keep: Sequence[bool] | pd.Series) -> ExclusionPreview:
    """Compare scores and reliability with those of the ratings that would be left; nothing is left out.

    Parameters
    ----------
    data : Survey
    keep : sequence of bool, one per rating
        As `Survey.keep` takes it: True for a rating that stays.

    Returns
    -------
    ExclusionPreview

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> from hpp_analysis.answers import flag_careless
    >>> survey = simulate_study(seed=1).survey
    >>> preview = preview_exclusion(survey, flag_careless(survey).clear(at_least=2))
    >>> bool(preview.n_left_out < len(survey) / 4)
    True
    """
    remaining = data.keep(keep, "to be compared")
    scores, left = scale_values(data), scale_values(remaining)
    rows = []
    for factor in scores:
        if factor not in left:
            continue
        mean, other = float(scores[factor].mean()), float(left[factor].mean())
        rows.append(
            {
                "factor": factor, "mean_all": mean, "mean_kept": other, "change": other - mean,
                "alpha_all": _alpha(data, factor), "alpha_kept": _alpha(remaining, factor),
                "n_all": int(scores[factor].notna().sum()), "n_kept": int(left[factor].notna().sum()),
            }
        )  # fmt: skip
    return ExclusionPreview(
        table=pd.DataFrame(rows), context=Context.of(data), n_left_out=len(data) - len(remaining), n_ratings=len(data)
    )


def _alpha(survey: Survey, factor: str) -> float:
    items = survey[factor].to_numpy(dtype=float)
    return cronbach_alpha(pairwise_covariance(items).covariance) if items.shape[1] > 1 else np.nan
