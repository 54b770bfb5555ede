"""What was answered? Per characteristic: how many answered, how high, how spread, and how often 'don't know'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scale_table import ScaleTable, scale_table
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import answers_of, given_as, groups_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import design_of, group_columns
from hpp_analysis.common.means import group_means
from hpp_analysis.common.partnership_ends import at_each_end, left_out_note
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.common.weighing import mean_note, overall_mean_note
from hpp_analysis.common.who import Who
from hpp_analysis.core.correlation.correlation import pairwise_covariance
from hpp_analysis.core.reliability.alpha import cronbach_alpha
from hpp_analysis.core.reliability.omega import congeneric_omega
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import Weight, checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_OFTEN = 0.10
"""A share of don't know worth a sentence; up to 15% is common in partnership surveys."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Description(Result):
    """Items described.

    Attributes
    ----------
    table : DataFrame
        factor (empty for a plain frame), item, the columns of `by`, n (answers), mean, sd, min, max, share_dont_know (NaN
        where the questionnaire does not offer it), share_skipped (of all ratings) and, of a survey, n_persons (who
        answered).
    weight : str
        As given to `describe`.
    groups : tuple of str
        The respondent columns whose combinations are described separately.
    outcomes : tuple of str
        Factors that are outcomes: their items are described, but are no characteristics.
    scale_range : tuple of int
        The ends of the answer scale.
    threshold : float, optional
        The threshold that the factors share, if they do.
    one_sided : bool
        Whether the answers do not tell two sides apart.
    scales : ScaleTable, optional
        The first table of an article: M, SD, n, don't know, and the correlations of the scales with alpha on the
        diagonal and omega beside it (of a plain frame: of its columns). For whoever analyses the study: not made with
        the weight "organisation", and never published.
    """

    weight: Weight = setting("respondent")
    groups: tuple[str, ...] = setting(())
    outcomes: tuple[str, ...] = setting(())
    scale_range: tuple[int, int] | None = setting(None)
    threshold: float | None = setting(None)
    one_sided: bool = setting(False)
    scales: ScaleTable | None = None

    def _declare(self) -> Declaration:
        headings = {"partnership": _("Partnership"), "side": _("Side"), "wave": _("Wave")}
        by_partnership = "partnership" in self.groups
        return Declaration(
            name="description",
            caption=_("Mean per characteristic and partnership") if by_partnership else _("Mean per characteristic"),
            variable="item",
            groups=self.groups,
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("item", _("Characteristic"), key=True),
                *(Column(group, headings.get(group, group), key=True) for group in self.groups),
                Column("mean", _("Mean"), "score", reveals="mean"),
                Column("sd", _("SD"), "score", reveals="spread", optional=True),
                Column("n", _("Answers"), "count", reveals="size"),
                Column("share_dont_know", _("Don't know"), "share", reveals="share", optional=True),
                Column("share_skipped", _("Skipped"), "share", reveals="share"),
                Column("n_persons", reveals="size"),
                Column("min", reveals="spread"),
                Column("max", reveals="spread"),
            ),
            figures={"heatmap": self._heatmap} if by_partnership else {"dots": self._dots},
        )

    def _all_tables(self) -> list[Block]:
        return [self._table_block(), *([] if self.scales is None else self.scales._all_tables())]

    def _notes(self) -> list[str]:
        if "partnership" in self.groups:
            return []
        if self.weight == "organisation":
            if self.one_sided:
                return mean_note(partnerships=self.context.by_partnership, sides=False)
            return overall_mean_note(partnerships=self.context.by_partnership)
        if not self.context.by_partnership:
            return [_("Means over all persons who answered.")]
        return [_("Means over all ratings; each rating counts equally.")]

    def _summary(self) -> list[str]:
        known = self.table[~self.table["factor"].isin(self.outcomes)].dropna(subset=["mean"])
        if known.empty:
            return [self._nothing_said(_("All characteristics are withheld to protect small groups."))]
        high, low = known.loc[known["mean"].idxmax()], known.loc[known["mean"].idxmin()]
        sentences = [
            _("The means of the characteristics run from {low} ({lowest}) to {high} ({highest}).").format(
                low=brief(low["mean"]), lowest=self._named(low), high=brief(high["mean"]), highest=self._named(high)
            )
        ]
        if self.groups:
            return sentences
        unknown = known[known["share_dont_know"] >= _OFTEN].sort_values("share_dont_know", ascending=False)
        if len(unknown):
            names = [
                _("{name} ({share})").format(
                    name=self._called(row.item), share=format_value(row.share_dont_know, "share")
                )
                for row in unknown.itertuples()
            ]
            sentences.append(_("'Don't know' was chosen often for {names}.").format(names=join_names(names)))
        return sentences

    def _methods(self) -> list[str]:
        if not self.context.by_partnership:
            return [
                _("Means and standard deviations (divisor n - 1) are over the persons who answered a characteristic.")
                if self.weight == "respondent" or self.one_sided
                else _(
                    "The mean of a characteristic is the mean over the sides, each counting equally; its standard deviation "
                    "is that of persons within sides."
                ),
                _("The shares of 'don't know' and 'skipped' are of all persons. Missing answers were not filled in."),
            ]
        if self.weight == "respondent":
            means = _(
                "Means and standard deviations (divisor n - 1) are over the ratings that answered a characteristic."
            )
        elif self.one_sided:
            means = _(
                "The mean of a characteristic is the mean over partnerships, each counting equally; its standard deviation "
                "is that of persons within partnerships."
            )
        else:
            means = _(
                "The mean of a characteristic is the mean over partnerships and sides, each counting equally; its "
                "standard deviation is that of persons within partnerships and sides."
            )
        return [
            means,
            _("The shares of 'don't know' and 'skipped' are of all ratings. Missing answers were not filled in."),
        ]

    def _named(self, row: pd.Series) -> str:
        """A characteristic, and whose mean of it."""
        name = self._called(row["item"])
        return f"{name}, {Who(self).group(self.groups, row[list(self.groups)])}" if self.groups else name

    def _limits(self) -> tuple[float, float]:
        """The ends of the scale; of a plain frame, the range of its answers."""
        if self.scale_range is not None:
            return self.scale_range
        low, high = self.table["min"].min(), self.table["max"].max()
        return (float(low), float(high)) if low < high else (float(np.nan_to_num(low)), float(np.nan_to_num(low)) + 1)

    def _dots(self) -> Figure:
        rows = self.table.assign(
            group=[self._called(str(factor)) for factor in self.table["factor"]],
            label=[self._called(str(item)) for item in self.table["item"]],
        )
        columns = ["group", "label", "mean", "share_dont_know"]
        return Figure(plots.dots, rows[columns], threshold=self.threshold, limits=self._limits(), width=plots.NARROW)

    def _heatmap(self) -> Figure:
        """The characteristics by partnership and side; questions about an outcome are left out."""
        rows = self.table[~self.table["factor"].isin(self.outcomes)]
        chosen, left_out = at_each_end(rows)
        if left_out:
            rows = rows[rows["partnership"].astype(str).isin(chosen)]
        cells = pd.DataFrame(
            {
                "group": [self._called(str(factor)) for factor in rows["factor"]],
                "label": [self._called(str(item)) for item in rows["item"]],
                "partner": [self._called(str(partnership), "partnership") for partnership in rows["partnership"]],
                "series": [self._called(str(side), "side") for side in rows["side"]] if "side" in rows else "",
                "mean": rows["mean"].to_numpy(),
            }
        )
        hatched = [_("Hatched: withheld, or not answered.")] if self.table["mean"].isna().any() else []
        notes = [*self._notes(), *hatched, *left_out_note(left_out)]
        return Figure(plots.partner_heatmap, cells, limits=self._limits(), notes=notes, rows=rows)


@publishable
@checked
def describe(
    data: Survey | pd.DataFrame,
    *,
    by: str | Sequence[str] = (),
    weight: Weight = "respondent",
    within: str | pd.Series | None = None,
) -> Description:
    """Describe the answers to each item, and the scales: M, SD, n, don't know, reliability and correlations.

    Parameters
    ----------
    data : Survey or DataFrame
        A survey, of which the items of the factors and outcomes are described, or answers (respondents x items).
    by : str or sequence of str
        Respondent columns of the survey whose combinations are described apart. The scales are then not described.
    weight : {"respondent", "organisation"}
        Whether each rating counts equally (the plain mean and SD of the column), or each partnership and side, as in
        the scores that a report shows; the SD is then that within partnerships and sides.
    within : str or Series, optional
        A grouping (a respondent column of the survey, or a column of the frame, which then is not described):
        correlations of the scales about the means of each group.

    Returns
    -------
    Description

    Examples
    --------
    >>> import pandas as pd
    >>> describe(pd.DataFrame({"a": [6, 8, None], "b": [7, 9, 8]})).to_frame()[["item", "n", "mean"]]
      item  n  mean
    0    a  2   7.0
    1    b  3   8.0
    """
    within_groups, group_columns_used = (None, []) if within is None else groups_of(data, within)
    if isinstance(data, pd.DataFrame):
        for option, value, default in (("by", by, ()), ("weight", weight, "respondent")):
            if value != default:
                raise OptionError(
                    f"`{option}` must be left out for a DataFrame: only a Survey knows who answered. Given: {value!r}. "
                    "Read the answers with read_survey(), or leave it out."
                )
        items = answers_of(data.drop(columns=group_columns_used))
        answers, nobody = items.to_numpy(dtype=float), np.zeros(items.shape, dtype=bool)
        keys = pd.DataFrame({"factor": "", "item": [str(item) for item in items]})
        table = keys.assign(
            **_counts(answers, nobody, np.isnan(answers), [np.full(len(items), True)]),
            mean=items.mean().to_numpy(),
            sd=items.std(ddof=1).to_numpy(),
        )
        unknown = pd.Series(0.0, [str(item) for item in items])
        return Description(
            context=Context(by_partnership=False),
            table=table,
            weight=weight,
            scales=scale_table(items, dont_know=unknown, groups=within_groups, context=Context()),
        )
    factors = {item.id: item.factor for item in data.instrument.items}
    groups = group_columns(data, by)
    means, flags, pooled = group_means(data, data.items, groups, weight=weight, conf_level=0.95)
    design = design_of(data, groups)  # a cell for each row of an item
    cells = [design.cell == place for place in range(len(design.cells))]
    counts = _counts(data.items.to_numpy(dtype=float), given_as(data, "dont_know"), given_as(data, "skipped"), cells)
    items = means["variable"]
    table = pd.DataFrame(
        {
            "factor": [factors.get(item, "") for item in items],
            "item": items,
            **{group: means[group] for group in groups},
            **counts,
            **{name: means[name] for name in ("mean", "sd", "n_persons")},
        }
    )
    if data.instrument.scale.dont_know is None:
        table["share_dont_know"] = np.nan
    return Description(
        context=Context.of(data, pooled=pooled),
        table=table,
        groups=groups,
        flags=flags,
        weight=weight,
        outcomes=tuple(outcome.id for outcome in data.instrument.outcomes),
        scale_range=(data.instrument.scale.min, data.instrument.scale.max),
        threshold=data.instrument.threshold,
        one_sided="side" not in data.respondents,
        scales=_describe_scales(data, within_groups) if weight == "respondent" and not groups else None,
    )


def _describe_scales(survey: Survey, groups: np.ndarray | None) -> ScaleTable:
    scores = scale_values(survey)
    unknown = survey.reasons == "dont_know"
    shares = {scale: float(unknown[survey[scale].columns].to_numpy().mean()) for scale in scores}
    parts = {scale: list(survey[scale].columns) for scale in scores}
    return scale_table(
        scores,
        dont_know=pd.Series(shares, dtype=float),
        reliability=_alpha_and_omega(survey.items, parts),
        groups=groups,
        context=Context.of(survey),
    )


def _alpha_and_omega(items: pd.DataFrame, scales: dict[str, list[str]]) -> pd.DataFrame:
    covariances = {
        scale: pairwise_covariance(items[columns].to_numpy(dtype=float)).covariance for scale, columns in scales.items()
    }
    return pd.DataFrame(
        {
            "alpha": {scale: cronbach_alpha(covariance) for scale, covariance in covariances.items()},
            "omega": {scale: congeneric_omega(covariance).omega for scale, covariance in covariances.items()},
        }
    )


def _counts(
    answers: np.ndarray, unknown: np.ndarray, skipped: np.ndarray, groups: list[np.ndarray]
) -> dict[str, np.ndarray]:
    """Of each item and, within it, each group of ratings: answers, their range, and shares without an answer."""
    found = {
        "n": [(~np.isnan(answers[own])).sum(axis=0) for own in groups],
        "min": [np.fmin.reduce(answers[own], axis=0, initial=np.nan) for own in groups],
        "max": [np.fmax.reduce(answers[own], axis=0, initial=np.nan) for own in groups],
        "share_dont_know": [unknown[own].mean(axis=0) for own in groups],
        "share_skipped": [skipped[own].mean(axis=0) for own in groups],
    }
    return {name: np.array(numbers).T.ravel() for name, numbers in found.items()}
