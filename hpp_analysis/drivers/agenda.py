"""What to do first? The characteristics where importance, distance to the line and the gap say: start here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm

from hpp_analysis import plots
from hpp_analysis.answers.tiers import Tiers
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import AGENDA_CONSIDER, AGENDA_START, MIN_PERSONS_IMPORTANCE
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.common.who import Who
from hpp_analysis.core.importance.priorities import draw_priorities
from hpp_analysis.display.blocks import Block, FactsBlock, TextBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_number, format_value
from hpp_analysis.drivers.drivers import Drivers
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.partners.gaps import Gaps
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import pick

ImportanceLevel = Literal["item", "factor", "none"]
Tier = Literal["start_here", "consider", "later", "not_weighed"]

WEIGHTS = {"importance": 1.0, "distance": 1.0, "gap": 0.5}
"""Weights of the reasons: our convention, which a study may change."""

REACH = 2.0
"""Scale points below the threshold, or between the sides, that weigh as much as twice the average importance."""
DRAWS = 1000
MOST_ACTIONS = 3
"""How many points a report says to start with: more are no start."""
_ALMOST_CERTAIN, _PROBABLE = 0.90, 0.70
"""Shares of the draws, in words; from AGENDA_START on it is more likely than not."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Agenda(Result):
    """Characteristics by how much they ask for action.

    Made of published results, it reveals nothing beyond them.

    Attributes
    ----------
    table : DataFrame
        factor, item, mean, distance (mean minus threshold) with distance_lower and distance_upper, gap (where the sides differ
        for certain, else NaN), importance (share, all characteristics together 1) with importance_lower and
        importance_upper, priority (0 and up), share (of the draws in which it is among the first), tier ("start_here",
        "consider", "later", "not_weighed").
    weights : mapping of str to float
        Of importance, distance and gap.
    first : int
        How many characteristics are the first in a draw.
    importance_level : {"item", "factor", "none"}
        Whether importance is that of each characteristic, that of its factor, or not known.
    outcome : str
        What the importance is for.
    n_persons_study : int
        Persons behind the importance.
    named : tuple of str
        Characteristics that go together with the outcome by a test of its own, adjusted for their number.
    threshold : float
        The line.
    conf_level : float
        Of the intervals.
    sides : tuple of str
        The two sides, as a gap compares them; empty without sides.
    scale_range : tuple of int
        The ends of the answer scale.
    ideas : mapping
        What may be done about a characteristic: id to text by language.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    first: int = 4
    importance_level: ImportanceLevel = "none"
    outcome: str = "success"
    n_persons_study: int = 0
    named: tuple[str, ...] = ()
    threshold: float = 8.5
    conf_level: float = 0.95
    sides: tuple[str, ...] = ()
    side: str = "side"
    scale_range: tuple[int, int] = (1, 10)
    ideas: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def _declare(self) -> Declaration:
        words = {
            "start_here": _("start here"),
            "consider": _("consider"),
            "later": _("later"),
            "not_weighed": _("not weighed"),
        }
        return Declaration(
            name="agenda",
            caption=_("What to do first"),
            variable="item",
            composed=True,
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("item", _("Characteristic"), key=True),
                Column("importance", _("Importance"), "share"),
                Column("mean", _("Mean"), "score"),
                Column("distance", _("From the threshold"), "difference"),
                Column("gap", _("Gap"), "difference"),
                Column("share", _("Among the first"), "share"),
                Column("tier", _("Advice"), words=words),
            ),
            figures={"map": self._map},
        )

    @checked
    def tier(self, name: Tier) -> pd.DataFrame:
        """The rows of one tier, the most pressing first."""
        rows = self.table[self.table["tier"].eq(name)]
        return rows.sort_values("share", ascending=False, kind="stable")

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "summary", "methods", "map", or "reasons": why to start where, and ideas."""
        with self._spoken(language):
            if kind == "reasons":
                return self._reasons()
            if kind == "map" and self.importance_level == "none":  # every point would lie at the same height
                return TextBlock("agenda_map", [self._about_importance()], "note")
        return super()._block(kind, language)

    def _notes(self) -> list[str]:
        return [self._about_importance(), self._about_share()]

    def _about_importance(self) -> str:
        outcome = self._called(self.outcome)
        match self.importance_level:
            case "item":
                return _(
                    "Importance: the share of each characteristic in what all of them together explain of {outcome}, over "
                    "the answers of {n} persons of the study. It is an association, not a cause."
                ).format(outcome=outcome, n=format_value(self.n_persons_study, "count"))
            case "factor":
                return _(
                    "Importance: the share of its factor in what the factors explain of {outcome}, over the answers of {n} "
                    "persons of the study, divided by the factor's characteristics. It is an association, not a cause."
                ).format(outcome=outcome, n=format_value(self.n_persons_study, "count"))
        return _(
            "How important each characteristic is for success could not be told from this study, as it has too few answers "
            "or no more than chance shows in them; all count equally."
        )

    def _about_share(self) -> str:
        return _(
            "Among the first: how often a characteristic is one of the {first} that ask most for action, when the numbers are "
            "drawn {draws} times from what is uncertain about them."
        ).format(draws=format_value(DRAWS, "count"), first=self.first)

    def _about_percentage(self) -> str:
        return _(
            "The percentage: in how many of {draws} recalculations, each within the margins of the scores, a point is one of "
            "the {first} most pressing."
        ).format(draws=format_value(DRAWS, "count"), first=self.first)

    def _summary(self) -> list[str]:
        start, consider = self._names("start_here"), self._names("consider")
        start, consider = start[:MOST_ACTIONS], [*start[MOST_ACTIONS:], *consider]
        if self.table["tier"].eq("not_weighed").all():
            return [_("There are too few answers to say where to start.")]
        said = []
        if start:
            sentence = (
                _("Start here: {names}.")
                if self.importance_level == "none"
                else _("Start here, weighing the importance for success too: {names}.")
            )
            said.append(sentence.format(names=join_names(start)))
        elif consider:
            said.append(_("No characteristic stands out as the one to start with."))
        else:
            said.append(_("No characteristic asks for action now: none falls short of the threshold."))
        if consider:
            said.append(_("Consider too: {names}.").format(names=join_names(consider)))
        said += self._lowest_is_not_first()
        if left := int(self.table["tier"].eq("not_weighed").sum()):
            said.append(_("Not weighed for want of answers: {n}.").format(n=left))
        return said

    def _lowest_is_not_first(self) -> list[str]:
        """Why the characteristic with the lowest mean is not among those to start with, where it is not."""
        known = self.table.dropna(subset=["mean", "share"])
        if known.empty or self.tier("start_here").empty:
            return []
        row = known.loc[known["mean"].idxmin()]
        if row["tier"] == "start_here":
            return []
        words = {"name": self._called(str(row["item"])), "mean": brief(row["mean"])}
        if self.sides and np.isnan(row["gap"]) and self.importance_level == "none":
            return [
                _(
                    "{name} scores lowest ({mean}); it is not first, because the sides do not differ on it for certain."
                ).format(**words)
            ]
        return [
            _("{name} scores lowest ({mean}); it is not first, because the other reasons weigh more elsewhere.").format(
                **words
            )
        ]

    def _headline(self) -> list[str]:
        return self._summary()[:1]

    def _names(self, tier: Tier) -> list[str]:
        return [self._called(str(item)) for item in self.tier(tier)["item"]]

    def _reasons(self) -> Block:
        rows = self.tier("start_here").head(MOST_ACTIONS)
        if rows.empty:
            return TextBlock("agenda_reasons", self._summary()[:1], "note")
        facts = [[self._called(str(row["item"])), self._why(row)] for _at, row in rows.iterrows()]
        return FactsBlock("agenda_reasons", _("Where to start, and why"), facts, [self._about_percentage()])

    def _why(self, row: pd.Series) -> str:
        """State the certain reasons of one characteristic in sentences."""
        said = []
        if str(row["item"]) in self.named and row["importance_lower"] * len(self.table) > 1.0:
            said.append(
                _(
                    "It goes more than average with the success of the partnership ({share} of what all characteristics "
                    "explain)."
                ).format(share=format_value(row["importance"], "share"))
            )
        line = format_number(self.threshold)
        if row["distance_upper"] < 0:
            said.append(
                _("Its score of {mean} lies below the threshold of {line}.").format(mean=brief(row["mean"]), line=line)
            )
        elif row["distance"] < 0:
            said.append(
                _("Its score of {mean} may lie below the threshold of {line}.").format(
                    mean=brief(row["mean"]), line=line
                )
            )
        if np.isfinite(row["gap"]) and self.sides:
            who = Who(self, self.sides)
            first, second = (who.side(side) for side in self.sides)
            higher, lower = (first, second) if row["gap"] > 0 else (second, first)
            said.append(
                _("The score of {lower} is {gap} points lower than that of {higher}.").format(
                    higher=higher, lower=lower, gap=brief(abs(row["gap"]))
                )
            )
        likely = (
            _("It is almost certainly one of the {first} most pressing points ({share}).")
            if row["share"] >= _ALMOST_CERTAIN
            else _("It is probably one of the {first} most pressing points ({share}).")
            if row["share"] >= _PROBABLE
            else _("It is more likely than not one of the {first} most pressing points ({share}).")
        )
        said.append(likely.format(first=self.first, share=format_value(row["share"], "share")))
        if str(row["item"]) in self.ideas:
            said.append(_("Idea: {idea}").format(idea=pick(self.ideas[str(row["item"])])))
        return " ".join(said)

    def _methods(self) -> list[str]:
        weights = {name: format_value(weight, "score") for name, weight in self.weights.items()}
        return [
            self._about_importance(),
            (
                _(
                    "The priority of a characteristic is the weighted sum of its importance (weight {importance}; twice the "
                    "average counts as 1) and the distance of its mean below the threshold (weight {distance}; {reach} scale "
                    "points count as 1). These are conventions of this report."
                )
                if not self.sides
                else _(
                    "The priority of a characteristic is the weighted sum of its importance (weight {importance}; twice the average "
                    "counts as 1), the distance of its mean below the threshold (weight {distance}; {reach} scale points count "
                    "as 1) and the gap between the sides where they differ for certain (weight {gap}; likewise). These are "
                    "conventions of this report."
                )
            ).format(**weights, reach=format_number(REACH)),
            _(
                "How sure the order is, was found by {draws} draws: importance from bootstrap samples of persons, means "
                "and gaps from normal distributions as wide as the published intervals. A characteristic that is among the "
                "first {first} in at least {start} of the draws is one to start with; from {consider} on it is one to "
                "consider."
            ).format(
                draws=format_value(DRAWS, "count"),
                first=self.first,
                start=format_value(AGENDA_START, "share"),
                consider=format_value(AGENDA_CONSIDER, "share"),
            ),
        ]

    def _map(self) -> Figure:
        labels = [self._called(str(item)) for item in self.table["item"]]
        rows = self.table.assign(label=labels, tier=self.table["tier"].replace("not_weighed", "later"))
        if self.importance_level != "item":
            rows = rows.assign(importance_lower=np.nan, importance_upper=np.nan)
        return Figure(plots.priority_map, rows, average=1.0 / max(int(self.table["importance"].notna().sum()), 1))


@checked
def action_agenda(
    tiers: Tiers,
    gaps: Gaps | None = None,
    drivers: Drivers | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    first: int = 4,
    seed: int = 0,
) -> Agenda:
    """Rank characteristics by importance, distance to the threshold, and gap between the sides.

    Performance is that of the report, importance that of the study: a single client's answers are too few to say what
    drives success.

    Parameters
    ----------
    tiers : Tiers
        The means of the characteristics with their intervals, from `rank_partners`; for a report, published.
    gaps : Gaps, optional
        Of the same answers, with `level="item"`; for a report, published.
    drivers : Drivers, optional
        From `rank_drivers` over the whole study, with `predictors="items"` or the factors. Without it, with too few
        persons for so many predictors (`interpret.importance_is_sound`), or where the test of all predictors together finds
        nothing, every characteristic is equally important.
    weights : mapping of str to float, optional
        Of "importance", "distance" and "gap"; those not named keep their usual weight (1, 1 and 0.5).
    first : int
        How many characteristics are the first.
    seed : int
        Of the draws.

    Returns
    -------
    Agenda

    Raises
    ------
    OptionError
        When a weight is unknown or negative, the gaps are not those of characteristics, or `tiers` has no threshold.

    References
    ----------
    Martilla & James (1977), doi:10.1177/002224297704100112 (importance and performance); Azzopardi & Nash (2013),
    doi:10.1016/j.tourman.2012.07.005 (its pitfalls).

    Examples
    --------
    >>> from hpp_analysis import partner_gaps, rank_drivers, simulate_study
    >>> from hpp_analysis.answers import rank_partners
    >>> survey = simulate_study(seed=1, persons_per_side=40).survey
    >>> agenda = action_agenda(
    ...     rank_partners(survey), partner_gaps(survey, level="item"), rank_drivers(survey, predictors="items", n_boot=200)
    ... )
    >>> set(agenda.to_frame()["tier"]) <= {"start_here", "consider", "later", "not_weighed"}
    True
    """
    in_range(first, "first", at_least=1)
    chosen = _weights(weights or {})
    if gaps is not None and gaps.level != "item":
        raise OptionError("`gaps` must compare characteristics. Given: level='factor'. Use level='item'.")
    if tiers.threshold is None:
        raise OptionError(
            "`tiers` must have one threshold for all factors. Given: none. Add a threshold to the instrument."
        )
    given = tiers.to_frame()
    table = given[["factor", "item", "mean"]].copy()
    half = (given["ci_upper"] - given["ci_lower"]).astype(float) / 2
    table["distance"] = (given["mean"] - tiers.threshold).round(2)  # of a published mean, as in the verdict
    table["distance_lower"] = given["ci_lower"] - tiers.threshold
    table["distance_upper"] = given["ci_upper"] - tiers.threshold
    table["gap"], gap_half = _certain_gaps(table, gaps)
    rng = np.random.default_rng(seed)
    level, samples = _importance(table, drivers, rng)
    table["importance"] = samples[0]
    lower = (1 - tiers.conf_level) / 2
    known = np.isfinite(samples[0])
    table["importance_lower"] = np.where(known, np.nanquantile(samples[1:], lower, axis=0), np.nan)
    table["importance_upper"] = np.where(known, np.nanquantile(samples[1:], 1 - lower, axis=0), np.nan)
    # half an interval over the normal quantile: with few degrees of freedom a little more than the standard error
    z = float(norm.ppf(1 - lower))
    found = draw_priorities(
        samples[0],
        samples[1:],
        table["mean"].to_numpy(float),
        half.to_numpy(float) / z,
        table["gap"].fillna(0.0).to_numpy(float),
        gap_half / z,
        threshold=tiers.threshold,
        weights=(chosen["importance"], chosen["distance"], chosen["gap"]),
        reach=REACH,
        first=first,
        rng=rng,
    )
    table["priority"], table["share"] = found.priority, found.share
    table["tier"] = [
        "not_weighed"
        if np.isnan(share)
        else "start_here"
        if share >= AGENDA_START
        else "consider"
        if share >= AGENDA_CONSIDER
        else "later"
        for share in np.round(found.share, 2)  # as whole percents are shown, and sure to a percent or two
    ]
    published = tiers.published and (gaps is None or gaps.published)
    if published:
        table = table.assign(state=given["state"], why=given["why"], coarse=given["coarse"])
    return Agenda(
        table=table,
        context=replace(
            tiers.context, names={**({} if drivers is None else drivers.context.names), **tiers.context.names}
        ),
        weights=chosen,
        first=first,
        importance_level=level,
        outcome="success" if drivers is None else drivers.outcome,
        n_persons_study=0 if drivers is None else drivers.n_persons,
        named=() if drivers is None or level != "item" else drivers.named,
        threshold=tiers.threshold,
        conf_level=tiers.conf_level,
        sides=() if gaps is None else gaps.sides,
        side="side" if gaps is None else gaps.side,
        scale_range=tiers.scale_range,
        ideas=tiers.ideas,
        published=published,
    )


def _weights(given: Mapping[str, float]) -> dict[str, float]:
    names_in(given, WEIGHTS, "weights", kind="a reason")
    for name, weight in given.items():
        if weight < 0:
            raise OptionError(f"`weights` must be numbers from 0 on. Given: {weight!r} for {name}. Change it.")
    chosen = {**WEIGHTS, **given}
    if not sum(chosen.values()) > 0:
        raise OptionError(f"`weights` must not all be 0. Given: {dict(given)!r}. Give one reason a weight.")
    return chosen


def _certain_gaps(table: pd.DataFrame, gaps: Gaps | None) -> tuple[pd.Series, np.ndarray]:
    """The gap of each characteristic where the sides differ for certain, and half the width of its interval."""
    if gaps is None:
        return pd.Series(np.nan, index=table.index), np.zeros(len(table))
    rows = gaps.to_frame().set_index("item").reindex(table["item"])
    certain = rows["verdict"].eq("different").to_numpy()
    half = (rows["ci_upper"] - rows["ci_lower"]).to_numpy(float) / 2
    gap = np.where(certain, rows["gap"].to_numpy(float), np.nan)
    return pd.Series(gap, index=table.index), np.where(certain, np.nan_to_num(half), 0.0)


def _importance(
    table: pd.DataFrame, drivers: Drivers | None, rng: np.random.Generator
) -> tuple[ImportanceLevel, np.ndarray]:
    """Return the importance of each characteristic: the estimate in the first row, then a row per draw."""
    count = len(table)
    nothing = np.full((1 + DRAWS, count), 1.0 / max(count, 1))
    # shares of what chance explains are no importance, nor those of too few persons for so many predictors
    too_few = drivers is None or drivers.n_persons < MIN_PERSONS_IMPORTANCE or "few_units_intervals" in drivers.flags
    if drivers is None or too_few or not drivers.related:
        return "none", nothing
    samples = drivers.samples[np.isfinite(drivers.samples).all(axis=1) & (drivers.samples.sum(axis=1) > 0)]
    if not len(samples):  # importance has no value, or none was drawn
        return "none", nothing
    shares = drivers.to_frame().set_index("predictor")["share"]
    draws = samples / samples.sum(axis=1, keepdims=True)
    order = list(drivers.data.predictors)
    picked = draws[rng.integers(0, len(draws), DRAWS)]
    stacked = np.vstack([shares.reindex(order).to_numpy(float), picked])
    if set(table["item"]) <= set(order):
        columns, level = [order.index(item) for item in table["item"]], "item"
        found = stacked[:, columns]
    elif set(table["factor"]) <= set(order):
        columns, level = [order.index(factor) for factor in table["factor"]], "factor"
        found = stacked[:, columns] / table.groupby("factor")["item"].transform("size").to_numpy(float)
    else:
        return "none", nothing
    return ("item" if level == "item" else "factor"), found / found.sum(axis=1, keepdims=True)
