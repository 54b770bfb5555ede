"""How high are the factors? Scale scores, and their means per side with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.answers.precision import precision
from hpp_analysis.common.context import Context
from hpp_analysis.common.design import group_columns
from hpp_analysis.common.interpret import (
    ENOUGH_PERSONS,
    FEW_PERSONS,
    MIN_DF_DESIGN,
    MIN_VALID,
    MOST_RATINGS,
    against_threshold,
)
from hpp_analysis.common.means import group_means
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.common.weighing import of_a_mean, of_intervals
from hpp_analysis.display.blocks import Block, TextBlock
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import brief, format_number, format_value
from hpp_analysis.options import Weight, checked
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.survey.understand import NOT_ASKED
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_COLUMNS: tuple[Column, ...] = (
    Column("scale", N_("Factor")),
    Column("partnership", N_("Partnership")),
    Column("side", N_("Side")),
    Column("mean", N_("Mean"), "score"),
    Column("ci_lower", N_("Interval"), "score", upper="ci_upper"),
    Column("sd", N_("SD"), "score"),
    Column("verdict", N_("Threshold")),
    Column("n_persons", N_("Persons"), "count"),
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Scores(Result):
    """Scale scores and their means.

    Attributes
    ----------
    values : DataFrame, ratings x scales
        The score of each rating; NaN where too few items were answered. Empty once published.
    min_valid, conf_level : float
    weight : str
        As given to `score_scales`.
    scale_range : tuple of int
        The ends of the answer scale.
    """

    values: pd.DataFrame = field(default_factory=pd.DataFrame)
    min_valid: float = MIN_VALID
    weight: Weight = "organisation"
    conf_level: float = 0.95
    scale_range: tuple[int, int] = (1, 10)
    groups: tuple[str, ...] = ()

    name: ClassVar[str] = "scores"
    reveals: ClassVar[Mapping[str, Reveals]] = {
        "threshold": "nothing",
        "n_persons": "size",
        "n_ratings": "size",
        "mean": "mean",
        "ci_lower": "interval",
        "ci_upper": "interval",
        "verdict": "interval",
        "sd": "spread",
    }
    fixed: ClassVar[tuple[str, ...]] = ("min_valid", "weight", "conf_level", "scale_range", "groups")
    variable: ClassVar[str] = "scale"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The figures: a profile, and small charts per partnership or over the waves where scores are by these."""
        more = [kind for kind, group in (("partners", "partnership"), ("waves", "wave")) if group in self.groups]
        return ("profile", *more)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see; waves only where scores are by wave."""
        waves = (Column("wave", N_("Wave")),) if "wave" in self.groups else ()
        return (_COLUMNS[0], *waves, *_COLUMNS[1:])

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return ("scale", *self.groups)

    def to_frame(self) -> pd.DataFrame:
        """One row per scale and group.

        Returns
        -------
        DataFrame
            scale, the grouping columns, mean, ci_lower, ci_upper, sd, n_persons, n_ratings, threshold, verdict ("reached", "not_reached", "cannot_tell").
        """
        return super().to_frame()

    def _caption(self) -> str:
        if "partnership" in self.groups:
            return _("Factor scores per partnership")
        if "wave" in self.groups:
            return _("Factor scores per wave")
        return _("Factor scores per side") if "side" in self.groups else _("Factor scores")

    def _labelled(self) -> pd.DataFrame:
        words = {"reached": _("reached"), "not_reached": _("not reached"), "cannot_tell": _("unclear")}
        frame = super()._labelled()
        return frame.assign(verdict=[words.get(str(code)) for code in frame["verdict"]])

    def _notes(self) -> list[str]:
        level = format_value(self.conf_level, "share")
        weighing = (
            of_a_mean(partnerships=self.context.by_partnership, sides="side" in self.groups)
            if self.weight == "organisation"
            else [_("Each rating counts equally in the mean of a side.")]
            if self.context.by_partnership
            else []
        )
        there = self.table["ci_lower"].notna().any()
        interval = [of_intervals(level, partnerships=self.context.by_partnership)] if there else []
        if self.published and self.table["sd"].isna().all():
            return interval if "partnership" in self.groups else [*weighing, *interval]
        spread = _("SD is the standard deviation: how much persons differ.")
        return [*interval, spread] if "partnership" in self.groups else [*weighing, *interval, spread]

    def _notes_under(self, kind: str) -> list[str]:  # noqa: ARG002
        return [note for note in self._notes() if note != _("SD is the standard deviation: how much persons differ.")]

    def _summary(self) -> list[str]:
        if self.table["threshold"].isna().all():
            return self._range()
        told = self.table[self.table["verdict"].notna()]
        sentences = []
        for group, rows in _grouped(told, self.groups):
            whose = ", ".join(self._called(value, column) for column, value in zip(self.groups, group, strict=True))
            sentences += self._verdicts(rows, whose if self.groups else _("All"))
        return sentences or [_("No factor score can be compared with the threshold.")]

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "summary", "methods", a figure, or "precision": how well the scores are known."""
        if kind == "precision":
            with self._spoken(language):
                return TextBlock(f"{self.name}_precision", precision(self.table, self.conf_level), "summary")
        return super()._block(kind, language)

    def _range(self) -> list[str]:
        """Without any threshold, from where to where the scores run."""
        known = self.table.dropna(subset=["mean"])
        if known.empty:
            return [_("No score can be given: too few persons answered, or too few of the questions.")]
        low, high = known.loc[known["mean"].idxmin()], known.loc[known["mean"].idxmax()]
        words = {"low": brief(low["mean"]), "high": brief(high["mean"])}
        names = {"lowest": self._called(low["scale"]), "highest": self._called(high["scale"])}
        if len(known) == 1:
            return [_("The score of {highest} is {high}.").format(**words, **names)]
        return [_("The scores run from {low} ({lowest}) to {high} ({highest}).").format(**words, **names)]

    def _verdicts(self, rows: pd.DataFrame, whose: str) -> list[str]:
        """One sentence a verdict, for the factors that share it."""
        sentences = {
            "reached": _("{whose}: {factors} reached the threshold of {threshold}."),
            "not_reached": _("{whose}: {factors} are below the threshold of {threshold}."),
            "cannot_tell": _(
                "{whose}: these answers cannot tell whether {factors} reached the threshold of {threshold}."
            ),
            "too_few": _("{whose}: too few persons for a verdict on {factors} against the threshold of {threshold}."),
        }
        said = []
        codes = rows["verdict"].where(rows["ci_lower"].notna(), "too_few")
        for (code, threshold), same in rows.groupby([codes, rows["threshold"]], sort=False):
            factors = [
                _("{factor} ({mean})").format(factor=self._called(row.scale), mean=brief(row.mean))
                for row in same.itertuples()
            ]
            words = {"factors": join_names(factors), "threshold": format_number(float(threshold))}
            said.append(sentences[str(code)].format(whose=whose, **words))
        return said

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
        ]

    def _drawn(self) -> pd.DataFrame:
        held = self.table["threshold"].notna()
        factors = self.table[held] if held.any() else self.table  # without any threshold, all scales
        series = [
            ", ".join(self._called(str(value), column) for column, value in zip(self.groups, row, strict=True))
            if self.groups
            else _("All")
            for row in factors[list(self.groups)].itertuples(index=False, name=None)
        ]
        labels = [self._called(scale) for scale in factors["scale"]]
        return factors.assign(label=labels, series=series)[["label", "series", "mean", "ci_lower", "ci_upper"]]

    def _threshold(self) -> float | None:
        thresholds = self.table["threshold"].dropna().unique()
        return float(thresholds[0]) if len(thresholds) == 1 else None

    def _tiles(self, kind: str) -> pd.DataFrame:
        """The factors by partnership, or by wave in the order of time."""
        held = self.table["threshold"].notna()
        rows = self.table[held] if held.any() else self.table
        if kind == "waves":
            rows = rows.sort_values("wave", key=lambda waves: waves.map(wave_order), kind="stable")
            asked = rows["state"].ne("empty") if self.published else rows["mean"].notna()
            rows = rows[asked]  # a factor that a wave did not ask is not withheld
        apart = "partnership" if kind == "partners" else "wave"
        others = [group for group in self.groups if group != apart]
        series = [
            ", ".join(self._called(str(value), column) for column, value in zip(others, values, strict=True))
            for values in rows[others].astype(str).itertuples(index=False, name=None)
        ]
        places = [self._called(str(value), apart) for value in rows[apart]]
        return rows.assign(
            label=[self._called(scale) for scale in rows["scale"]],
            series=[name or _("All") for name in series] if others else _("All"),
            **{"panel" if kind == "partners" else "wave": places},
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        threshold, limits = self._threshold(), self.scale_range
        if kind == "partners":
            from hpp_analysis.plots import panels

            return panels(self._tiles(kind), threshold=threshold, limits=limits, ax=ax)
        if kind == "waves":
            from hpp_analysis.plots import slopes

            return slopes(self._tiles(kind), threshold=threshold, limits=limits, ax=ax)
        from hpp_analysis.plots import profile
        from hpp_analysis.plots.parts.style import NARROW

        return profile(self._drawn(), threshold=threshold, limits=limits, width=NARROW, ax=ax)

    def _alt(self, kind: str) -> str:
        threshold, limits = self._threshold(), self.scale_range
        if kind == "partners":
            from hpp_analysis.plots import panels_alt

            return panels_alt(self._tiles(kind), threshold=threshold, limits=limits)
        if kind == "waves":
            from hpp_analysis.plots import slopes_alt

            return slopes_alt(self._tiles(kind), threshold=threshold, limits=limits)
        from hpp_analysis.plots import profile_alt

        return profile_alt(self._drawn(), threshold=threshold, limits=limits)


def _grouped(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """The rows of each group, in order of appearance; without columns, all rows as one."""
    if not columns:
        return [((), frame)]
    groups = frame.groupby(list(columns), sort=False)
    return [(tuple(map(str, key)), rows) for key, rows in groups]


def scale_values(survey: Survey, min_valid: float = MIN_VALID) -> pd.DataFrame:
    """The scores of each rating: ratings x factors and outcomes, NaN where too few items were answered."""
    places = {str(item): place for place, item in enumerate(survey.items)}
    answers = survey.items.to_numpy(dtype=float)
    # a wave that asked fewer items is judged by those that it asked
    asked = survey.reasons[list(survey.items)].to_numpy(dtype=object) != NOT_ASKED
    scores = {}
    for part in (*survey.instrument.factors, *survey.instrument.outcomes):
        own = [places[item.id] for item in survey.instrument.items_of(part.id) if item.id in places]
        if own:
            there, n_asked = ~np.isnan(answers[:, own]), asked[:, own].sum(axis=1)
            n = there.sum(axis=1)
            enough = (n > 0) & (n >= min_valid * n_asked)
            total = np.where(there, answers[:, own], 0.0).sum(axis=1)
            scores[part.id] = np.where(enough, total / np.maximum(n, 1), np.nan)
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
    >>> scores.to_frame().query("scale == 'openness'")[["side", "mean", "verdict"]].round(1).values.tolist()
    [['client', ..., 'not_reached'], ['partner', ..., 'not_reached']]
    """
    groups = group_columns(data, by, default=("side",))
    values = scale_values(data, min_valid)
    table, flags, pooled = group_means(data, values, groups, weight=weight, conf_level=conf_level)
    table = table.rename(columns={"variable": "scale"})
    thresholds = {factor.id: factor.threshold for factor in data.instrument.factors if factor.threshold is not None}
    table["threshold"] = table["scale"].map(thresholds).astype(float)
    table["verdict"] = [
        None
        if np.isnan(row.threshold) or np.isnan(row.mean)
        else against_threshold(row.ci_lower, row.ci_upper, row.threshold)
        for row in table.itertuples()
    ]
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
