"""How many reach the threshold? The share of persons per factor and side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.answers.shares import shares_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import group_columns, rows_by_group
from hpp_analysis.common.interpret import MIN_VALID
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.common.weighing import share_note
from hpp_analysis.common.who import Who, capital
from hpp_analysis.core.groups.proportions import wilson
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ThresholdShares(Result):
    """Shares of persons whose factor score reaches the threshold.

    Attributes
    ----------
    table : DataFrame
        factor, the grouping columns, share (each partnership counts equally; of a published result rounded to whole
        percents), share_ci_lower, share_ci_upper, n_persons (who have a score) and threshold.
    groups : tuple of str
        The respondent columns that make the groups.
    """

    groups: tuple[str, ...] = setting(())

    def _declare(self) -> Declaration:
        return Declaration(
            name="threshold_shares",
            caption=_("How many persons reach the threshold"),
            variable="factor",
            groups=self.groups,
            columns=(
                Column("factor", _("Factor"), key=True),
                *(Column(group, self._called(group), key=True) for group in self.groups),
                Column("share", _("Reach the threshold"), "share", reveals="share"),
                Column("share_ci_lower", _("Interval"), "share", upper="share_ci_upper", reveals="share"),
                Column("n_persons", _("Persons"), "count", reveals="count"),
                Column("threshold", reveals="nothing"),
            ),
            figures={"intervals": self._intervals},
        )

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(share=table["share"].round(2))

    def _notes(self) -> list[str]:
        return [
            *share_note(partnerships=self.context.by_partnership, sides="side" in self.groups),
            _("Shares are shown of ten or more persons."),
        ]

    def _summary(self) -> list[str]:
        known = self.table.dropna(subset=["share"])
        if known.empty:
            return [self._nothing_said(_("How many persons reach the threshold is withheld to protect small groups."))]
        sentences = []
        for group, rows in rows_by_group(known, self.groups):
            shares = [
                _("{share} for {factor}").format(
                    share=format_value(row.share, "share"), factor=self._called(str(row.factor))
                )
                for row in rows.itertuples()
            ]
            sentence = _("{whose}: the share of persons who reach the threshold is {shares}.")
            whose = Who(self).group(self.groups, group)
            sentences.append(capital(sentence.format(whose=whose, shares=join_names(shares))))
        return sentences

    def _methods(self) -> list[str]:
        return [
            _(
                "A person reaches the threshold of a factor when the mean of the answered characteristics is not below it, "
                "where at least {share} of them were answered; the {level} intervals are score intervals of the share "
                "(Wilson, 1927)."
            ).format(share=format_value(MIN_VALID, "share"), level=format_value(0.95, "share"))
        ]

    def _intervals(self) -> Figure:
        percents = self.table[["share", "share_ci_lower", "share_ci_upper"]].astype(float) * 100
        rows = percents.set_axis(["estimate", "ci_lower", "ci_upper"], axis=1).assign(
            label=[self._called(str(scale)) for scale in self.table["factor"]],
            series=[
                ", ".join(self._called(str(value), column) for column, value in zip(self.groups, values, strict=True))
                for values in self.table[list(self.groups)].to_numpy()
            ],
        )
        xlabel = _("Persons who reach the threshold, percent")
        return Figure(plots.intervals, rows, limits=(0, 100), xlabel=xlabel, unit_decimals=0, width=plots.NARROW)


@publishable
@checked
def count_reaching_threshold(data: Survey, *, by: str | Sequence[str] | None = None) -> ThresholdShares:
    """Count the persons whose factor scores reach the threshold.

    Parameters
    ----------
    data : Survey
        The answers.
    by : str or sequence of str, optional
        Respondent columns whose combinations get shares each. By default the side, where the answers have it.

    Returns
    -------
    ThresholdShares

    Raises
    ------
    OptionError
        When no factor of the questionnaire has a threshold.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> shares = count_reaching_threshold(simulate_study(seed=1).survey).to_frame()
    >>> bool(shares["share"].between(0, 1).all())
    True
    """
    thresholds = pd.Series({factor.id: factor.threshold for factor in data.instrument.factors}, dtype=float).dropna()
    if thresholds.empty:
        raise OptionError(
            "Some factor of the questionnaire must have a threshold. Given: a questionnaire without any. Add `threshold` to it."
        )
    scores = scale_values(data).filter(items=list(thresholds.index))
    groups = group_columns(data, by, default=("side",))
    found = shares_of(data, scores.ge(thresholds[scores.columns]), scores.notna(), groups)
    lower, upper = wilson(found.share, found.n_effective)
    keys = pd.DataFrame([(scale, *group) for scale in scores for group in found.groups], columns=["factor", *groups])
    numbers = {"share": found.share, "share_ci_lower": lower, "share_ci_upper": upper, "n_persons": found.n_persons}
    table = keys.assign(**{name: values.T.ravel() for name, values in numbers.items()})
    table["threshold"] = table["factor"].map(thresholds)
    return ThresholdShares(context=Context.of(data), table=table, groups=groups)
