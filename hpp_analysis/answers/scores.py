"""How high are the factors? Scale scores, and their means per side with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.answers import given_as, places_of
from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import group_columns, rows_by_group
from hpp_analysis.common.interpret import (
    ENOUGH_PERSONS,
    FEW_PERSONS,
    MIN_DF_DESIGN,
    MIN_VALID,
    MOST_RATINGS,
    against_threshold,
)
from hpp_analysis.common.means import group_means
from hpp_analysis.common.memo import contents, once
from hpp_analysis.common.partnership_ends import MOST_SHOWN
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.common.weighing import interval_note, mean_note, spread_method
from hpp_analysis.common.who import Who, capital
from hpp_analysis.display.blocks import Block, TextBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_number, format_value
from hpp_analysis.options import Weight, checked
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.survey.understand import NOT_ASKED
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Scores(Result):
    """Scale scores and their means.

    Attributes
    ----------
    table : DataFrame
        factor, the grouping columns, mean, ci_lower, ci_upper, sd, n_persons, n_ratings, threshold, verdict ("reached",
        "not_reached", "cannot_tell").
    values : DataFrame, ratings x scales
        The score of each rating; NaN where too few items were answered. Empty once published.
    groups : tuple of str
        The respondent columns whose combinations have a mean each.
    min_valid, conf_level : float
    weight : str
        As given to `score_scales`.
    scale_range : tuple of int
        The ends of the answer scale.
    """

    values: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: tuple[str, ...] = setting(())
    min_valid: float = setting(MIN_VALID)
    weight: Weight = setting("organisation")
    conf_level: float = setting(0.95)
    scale_range: tuple[int, int] = setting((1, 10))

    def _declare(self) -> Declaration:
        labels = {"wave": _("Wave"), "partnership": _("Partnership"), "side": _("Side")}
        known = [column for column in labels if column in self.groups]
        verdicts = {"reached": _("reached"), "not_reached": _("not reached"), "cannot_tell": _("unclear")}
        return Declaration(
            name="scores",
            caption=self._caption(),
            variable="factor",
            groups=self.groups,
            columns=(
                Column("factor", _("Factor"), key=True),
                *(Column(group, labels[group], key=True) for group in known),
                *(Column(group, key=True) for group in self.groups if group not in known),
                Column("mean", _("Mean"), "score", reveals="mean"),
                Column("ci_lower", _("Interval"), "score", upper="ci_upper", reveals="interval"),
                Column("sd", _("SD"), "score", reveals="spread", optional=True),
                Column("verdict", _("Threshold"), reveals="interval", optional=True, words=verdicts),
                Column("n_persons", _("Persons"), "count", reveals="size"),
                Column("n_ratings", reveals="size"),
                Column("threshold", reveals="nothing"),
            ),
            figures={
                "profile": self._profile,
                **({"partners": self._partners} if "partnership" in self.groups else {}),
                **({"waves": self._waves} if "wave" in self.groups else {}),
            },
        )

    def _caption(self) -> str:
        if "partnership" in self.groups:
            return _("Factor scores per partnership")
        if "wave" in self.groups:
            return _("Factor scores per wave")
        return _("Factor scores per side") if "side" in self.groups else _("Factor scores")

    def _notes(self) -> list[str]:
        level = format_value(self.conf_level, "share")
        weighing = (
            mean_note(partnerships=self.context.by_partnership, sides="side" in self.groups)
            if self.weight == "organisation"
            else [_("Each rating counts equally in the mean of a side.")]
            if self.context.by_partnership
            else []
        )
        notes = [] if "partnership" in self.groups else weighing
        if self.table["ci_lower"].notna().any():
            notes = [*notes, interval_note(level, partnerships=self.context.by_partnership)]
        return notes if self.published and self.table["sd"].isna().all() else [*notes, self._sd_note()]

    def _sd_note(self) -> str:
        return _("SD is the standard deviation: how much persons differ.")

    def _summary(self) -> list[str]:
        if self.table["threshold"].isna().all():
            return self._range()
        with_verdict = self.table[self.table["verdict"].notna()]
        sentences = []
        for group, rows in rows_by_group(with_verdict, self.groups):
            sentences += self._verdicts(rows, Who(self).group(self.groups, group))
        return sentences or [_("No factor score can be compared with the threshold.")]

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "summary", "methods", a figure, or "precision": how well the scores are known."""
        if kind == "precision":
            with self._spoken(language):
                return TextBlock("scores_precision", precision_sentences(self.table, self.conf_level), "summary")
        return super()._block(kind, language)

    def _range(self) -> list[str]:
        """The lowest and the highest score, where no scale has a threshold."""
        known = self.table.dropna(subset=["mean"])
        if known.empty:
            return [_("No score can be given: too few persons answered, or too few of the questions.")]
        low, high = known.loc[known["mean"].idxmin()], known.loc[known["mean"].idxmax()]
        words = {"low": brief(low["mean"]), "high": brief(high["mean"])}
        names = {"lowest": self._called(low["factor"]), "highest": self._called(high["factor"])}
        if len(known) == 1:
            return [_("The score of {highest} is {high}.").format(**words, **names)]
        return [_("The scores run from {low} ({lowest}) to {high} ({highest}).").format(**words, **names)]

    def _verdicts(self, rows: pd.DataFrame, whose: str) -> list[str]:
        """One sentence per verdict, for the factors that share it."""
        sentences = {
            "reached": _("{whose}: {factors} reached the threshold of {threshold}."),
            "not_reached": _("{whose}: {factors} are below the threshold of {threshold}."),
            "cannot_tell": _(
                "{whose}: these answers cannot tell whether {factors} reached the threshold of {threshold}."
            ),
            "too_few": _("{whose}: too few persons for a verdict on {factors} against the threshold of {threshold}."),
        }
        verdicts = []
        codes = rows["verdict"].where(rows["ci_lower"].notna(), "too_few")
        for (code, threshold), same in rows.groupby([codes, rows["threshold"]], sort=False):
            factors = [
                _("{factor} ({mean})").format(factor=self._called(row.factor), mean=brief(row.mean))
                for row in same.itertuples()
            ]
            words = {"factors": join_names(factors), "threshold": format_number(float(threshold))}
            verdicts.append(capital(sentences[str(code)].format(whose=whose, **words)))
        return verdicts

    def _methods(self) -> list[str]:
        if not self.context.by_partnership:
            return self._methods_of_persons()
        weighing = (
            _("Per side every partnership weighs the same.")
            if self.weight == "organisation"
            else _("Per side every rating weighs the same.")
        )
        return [
            _(
                "A factor score is the mean of the answered characteristics of a rating, given where at least "
                "{share} of them were answered; 'don't know' and 'skipped' count as not answered."
            ).format(share=format_value(self.min_valid, "share")),
            weighing,
            _(
                "The {level} intervals describe these organisations and do not generalise to others: means and "
                "variances are those of each partnership and side, persons who rated several partnerships are "
                "taken into account (cluster-robust variance CR2 by person, corrected where persons rate some "
                "partnerships only; Pustejovsky & Tipton, 2018), and the degrees of freedom are Satterthwaite's; with one rating a person this is Welch's method."
            ).format(level=format_value(self.conf_level, "share")),
            spread_method(),
            _(
                "An interval is given only when each group that it weighs (one side of one partnership) has at least "
                "{enough} persons, or at least {few} when all groups together give {df} degrees of freedom and nobody "
                "rates more than {most} partnerships."
            ).format(
                enough=ENOUGH_PERSONS, few=FEW_PERSONS, df=format_value(MIN_DF_DESIGN, "count"), most=MOST_RATINGS
            ),
        ]

    def _methods_of_persons(self) -> list[str]:
        """Where each person answered once."""
        return [
            _(
                "A factor score is the mean of the characteristics that a person answered, given where these are at least "
                "{share}; 'don't know' and 'skipped' count as not answered."
            ).format(share=format_value(self.min_valid, "share")),
            _(
                "The {level} intervals rest on the variance between persons (Student's t; Welch's where a mean weighs "
                "several groups), and are given only where each group has at least {enough} persons, or at least {few} when "
                "all groups together give {df} degrees of freedom."
            ).format(
                level=format_value(self.conf_level, "share"),
                enough=ENOUGH_PERSONS,
                few=FEW_PERSONS,
                df=format_value(MIN_DF_DESIGN, "count"),
            ),
            spread_method(),
        ]

    def _threshold(self) -> float | None:
        thresholds = self.table["threshold"].dropna().unique()
        return float(thresholds[0]) if len(thresholds) == 1 else None

    def _series(self, rows: pd.DataFrame, groups: list[str]) -> list[str]:
        """Whose scores they are: the names of the groups in each row."""
        return (
            [
                ", ".join(self._called(str(value), column) for column, value in zip(groups, values, strict=True))
                or _("All")
                for values in rows[groups].itertuples(index=False, name=None)
            ]
            if groups
            else [_("All")] * len(rows)
        )

    def _scales_drawn(self) -> pd.DataFrame:
        """The scales that have a threshold; where none has one, all."""
        has_threshold = self.table["threshold"].notna()
        rows = self.table[has_threshold] if has_threshold.any() else self.table
        return rows.assign(label=[self._called(scale) for scale in rows["factor"]])

    def _drawn(self, drawing: Any, rows: pd.DataFrame, **options: Any) -> Figure:
        notes = [note for note in self._notes() if note != self._sd_note()]
        return Figure(drawing, rows, threshold=self._threshold(), limits=self.scale_range, notes=notes, **options)

    def _profile(self) -> Figure:
        rows = self._scales_drawn()
        rows = rows.assign(series=self._series(rows, list(self.groups)))
        columns = ["label", "series", "mean", "ci_lower", "ci_upper"]
        return self._drawn(plots.profile, rows[columns], width=plots.NARROW)

    def _partners(self) -> Figure:
        rows = self._scales_drawn()
        others = [group for group in self.groups if group != "partnership"]
        if rows["partnership"].nunique() > MOST_SHOWN:
            return self._all_partners(rows, others)
        panels = [self._called(str(value), "partnership") for value in rows["partnership"]]
        return self._drawn(plots.panels, rows.assign(series=self._series(rows, others), panel=panels))

    def _all_partners(self, rows: pd.DataFrame, others: list[str]) -> Figure:
        """Many partnerships: a dot for each, in a row for each factor and side."""
        rows = rows[~rows["partnership"].astype(str).str.startswith(OTHERS)]
        series = self._series(rows, others)
        labels = [
            _("{factor}, {where}").format(factor=label, where=name) if others else label
            for label, name in zip(rows["label"], series, strict=True)
        ]
        return Figure(
            plots.strips,
            pd.DataFrame({"label": labels, "value": rows["mean"].to_numpy()}),
            reference=self._threshold(),
            limits=(0.0, float(self.scale_range[1])),
            xlabel=plots.scale_label(self.scale_range),
            unit_decimals=1,
            rows=rows,
            caption=_("Factor scores of all {n} partnerships").format(n=rows["partnership"].nunique()),
        )

    def _waves(self) -> Figure:
        """The waves in the order of time; a factor that a wave did not ask is left out."""
        rows = self._scales_drawn()
        rows = rows.sort_values("wave", key=lambda waves: waves.map(wave_order), kind="stable")
        rows = rows[rows["state"].ne("empty") if self.published else rows["mean"].notna()]
        others = [group for group in self.groups if group != "wave"]
        waves = [self._called(str(value), "wave") for value in rows["wave"]]
        return self._drawn(plots.slopes, rows.assign(series=self._series(rows, others), wave=waves))


def scale_values(survey: Survey, min_valid: float = MIN_VALID) -> pd.DataFrame:
    """The scores of each rating: ratings x factors and outcomes, NaN where too few items were answered."""
    made_of = [contents(survey.items), survey.reasons, survey.instrument]
    scores = once(survey, ("scores", min_valid), made_of, lambda: _scale_values(survey, min_valid))
    return scores.copy(deep=False)  # whoever changes it has a copy


def _scale_values(survey: Survey, min_valid: float) -> pd.DataFrame:
    answers = survey.items.to_numpy(dtype=float)
    answered, filled = ~np.isnan(answers), np.nan_to_num(answers)
    # a wave that asked fewer items is judged by those that it asked
    was_asked = ~given_as(survey, NOT_ASKED)
    scores = {}
    for part in (*survey.instrument.factors, *survey.instrument.outcomes):
        if own := places_of(survey, part.id):
            n = answered[:, own].sum(axis=1)
            enough = (n > 0) & (n >= min_valid * was_asked[:, own].sum(axis=1))
            scores[part.id] = np.where(enough, filled[:, own].sum(axis=1) / np.maximum(n, 1), np.nan)
    return pd.DataFrame(scores, index=survey.items.index)


@publishable
@checked
def score_scales(
    data: Survey,
    *,
    min_valid: float = MIN_VALID,
    by: str | Sequence[str] | None = None,
    weight: Weight = "organisation",
    conf_level: float = 0.95,
) -> Scores:
    """Score the factors and outcomes of each rating, and average them per side.

    A scale score is the mean of a rating's answered items. A side's score is the mean over its partnerships
    (or its ratings, see `weight`), with an interval for these organisations: they are taken as they are, not as
    a sample of others, and persons who rated several partnerships are recognised.

    Parameters
    ----------
    data : Survey
        The answers.
    min_valid : float
        The share of a scale's items that a rating must answer to get a score.
    by : str or sequence of str, optional
        Respondent columns whose combinations get a mean each. By default the side, where the answers have it.
    weight : {"organisation", "respondent"}
        Whether each partnership or each rating counts equally in a side's mean.
    conf_level : float
        Of the intervals.

    Returns
    -------
    Scores
        `.values` has a score per rating, `.to_frame()` the means.

    References
    ----------
    Pustejovsky & Tipton (2018), doi:10.1080/07350015.2016.1247004

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> scores = score_scales(simulate_study(seed=1).survey)
    >>> scores.to_frame().query("factor == 'openness'")[["side", "mean", "verdict"]].round(1).values.tolist()
    [['client', ..., 'not_reached'], ['partner', ..., 'not_reached']]
    """
    groups = group_columns(data, by, default=("side",))
    values = scale_values(data, min_valid)
    means, flags, pooled = group_means(data, values, groups, weight=weight, conf_level=conf_level)
    del means["se"], means["df"]
    lines = {factor.id: np.nan if factor.threshold is None else factor.threshold for factor in data.instrument.factors}
    factor = means.pop("variable")
    threshold = [lines.get(name, np.nan) for name in factor]
    verdict = [
        None if np.isnan(line) or np.isnan(mean) else against_threshold(lower, upper, line)
        for line, mean, lower, upper in zip(
            threshold, *(means[name].tolist() for name in ("mean", "ci_lower", "ci_upper")), strict=True
        )
    ]
    table = pd.DataFrame({"factor": factor, **means, "threshold": threshold, "verdict": verdict})
    return Scores(
        context=Context.of(data, pooled=pooled, planned=min_valid == MIN_VALID),
        table=table,
        flags=flags,
        values=values,
        min_valid=min_valid,
        weight=weight,
        conf_level=conf_level,
        groups=groups,
        scale_range=(data.instrument.scale.min, data.instrument.scale.max),
    )


def precision_sentences(table: pd.DataFrame, conf_level: float) -> list[str]:
    """Half the width of the intervals, from the narrowest to the widest, and how many scores have none.

    Parameters
    ----------
    table : DataFrame
        With mean, ci_lower and ci_upper.
    conf_level : float
        Of the intervals.

    Examples
    --------
    >>> table = pd.DataFrame({"mean": [7.0, 6.0], "ci_lower": [6.8, 5.5], "ci_upper": [7.2, 6.5]})
    >>> precision_sentences(table, .95)
    ['The scores are known to within 0.2 to 0.5 points (95% intervals).']
    """
    known = table.dropna(subset=["ci_lower", "ci_upper"])
    if known.empty:
        return [_("Too few persons answered to say how precisely the scores are known.")]
    half = (known["ci_upper"] - known["ci_lower"]) / 2
    words = {"low": brief(half.min()), "high": brief(half.max()), "level": format_value(conf_level, "share")}
    sentences = [
        _("The scores are known to within {high} points ({level} intervals).").format(**words)
        if words["low"] == words["high"]
        else _("The scores are known to within {low} to {high} points ({level} intervals).").format(**words)
    ]
    without = int(table["mean"].notna().sum()) - len(known)
    if without:
        sentences.append(
            ngettext(
                "Of {n} score it cannot be said: too few persons.",
                "Of {n} scores it cannot be said: too few persons.",
                without,
            ).format(n=without)
        )
    return sentences
