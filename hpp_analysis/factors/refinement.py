"""Which items make the scale? Items are left out one by one, with an account of each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.correlation.bootstrap import drawn_weights
from hpp_analysis.core.factors.item_reduction import RULES, Limits, Measures, Stage, reduce_items, remaining_items
from hpp_analysis.core.factors.recipe import Recipe
from hpp_analysis.core.factors.solution import Solution, fit_of, residuals
from hpp_analysis.core.factors.solutions_many import StartingPoint
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.efa import EFA, fit_efa
from hpp_analysis.factors.factor_source import FactorSource, persons_of, units_of, usable_rows, weighted_correlations
from hpp_analysis.factors.presets import PRESETS
from hpp_analysis.factors.refinement_rules import RefinementRules, rule_name, split_persons
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_HALF = 0.5
_MOST_ALTERNATIVES = 2
"""Alternatives that a table names; `Refinement.steps` has all."""

_FIT = ("rmsea", "tli", "rmsr", "variance")
_NO_RULES = Limits((np.nan, np.nan, np.nan, np.nan), 1)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Refinement(Result):
    """Items that were kept and left out, step by step.

    Attributes
    ----------
    table : DataFrame
        One row per candidate item: item, state ("kept", "protected" or "dropped"), factor, loading (the largest),
        communality, gap, item_rest (of the kept items in the final solution), step (in which it left), and with
        `stability` share_kept (of the samples that have a solution).
    steps : DataFrame
        One row per item that left: step, item, rule ("manual", "communality", "loading", "gap", "item_rest" or "target"),
        value and cutoff (NaN for "manual"), reason (of a manual drop), alternatives (items within the margin of the one
        that left, closest first), n_items (after the step), and rmsea, tli, rmsr and variance (share of all), each
        `_before` and `_after`.
    kept, dropped : tuple of str
        Items in their order, and those that left in the order in which they did.
    efa, first : EFA
        The solutions of the kept items and of all candidates.
    rules : RefinementRules
    protect : tuple of str
    target : int or None
    margin : float
    development, confirmation : Survey or DataFrame
        Who was used, and who was set aside, with all candidate items; None without `holdout`.
    holdout : float
    n_persons, n_held : int
        Persons in each.
    n_samples : int
        Bootstrap samples of the stability.
    samples : DataFrame of bool, samples x candidate items, or None
        Which items each sample keeps; none where the sample has no solution.
    seed : int
    """

    steps: pd.DataFrame
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    efa: EFA
    first: EFA
    rules: RefinementRules
    protect: tuple[str, ...]
    target: int | None
    margin: float
    development: Survey | pd.DataFrame
    confirmation: Survey | pd.DataFrame | None
    holdout: float
    n_persons: int
    n_held: int
    n_samples: int
    samples: pd.DataFrame | None
    seed: int

    @property
    def scales(self) -> dict[str, tuple[str, ...]]:
        """The kept items of each factor, for `scale_reliability` and the like."""
        kept = self.table[self.table["state"] != "dropped"]
        return {str(factor): tuple(mine) for factor, mine in kept.groupby("factor", sort=True)["item"]}

    @property
    def n_failed(self) -> int:
        """Samples without a solution; shares are of the others."""
        return 0 if self.samples is None else int((~self.samples.any(axis=1)).sum())

    def to_lavaan(self, *, factors: Mapping[str, str] | None = None) -> str:
        """The model of the kept items, see `EFA.to_lavaan`: for `fit_cfa(model, refinement.confirmation)`."""
        return self.efa.to_lavaan(factors=factors)

    def to_spss_syntax(self) -> str:
        """The final analysis in SPSS, see `EFA.to_spss_syntax`."""
        return self.efa.to_spss_syntax()

    def to_mplus(self, *, factors: Mapping[str, str] | None = None, data: str = "answers.dat") -> str:
        """The model of the kept items for Mplus, see `EFA.to_mplus`."""
        return self.efa.to_mplus(factors=factors, data=data)

    def _declare(self) -> Declaration:
        states = {"kept": _("kept"), "protected": _("kept, protected"), "dropped": _("left out")}
        stability = {} if self.samples is None else {"stability": self._stability_bars}
        return Declaration(
            name="refinement",
            caption=_("Items that are kept and left out"),
            variable="item",
            columns=(
                Column("item", _("Item"), key=True),
                Column("state", _("State"), words=states),
                Column("factor", _("Factor")),
                Column("loading", _("Loading"), "coefficient"),
                Column("communality", _("Communality"), "coefficient"),
                Column("gap", _("Distance to the next loading"), "coefficient"),
                Column("item_rest", _("Correlation with the rest"), "coefficient"),
                Column("step", _("Step"), "count"),
                Column("share_kept", _("Samples that keep it"), "share"),
            ),
            figures={"loadings": self.efa._heatmap, **stability},
            tables={"steps_taken": self._steps_table},
            whole_study=True,
        )

    def _steps_table(self) -> FurtherTable:
        named = self.steps.assign(
            item=self._item_names(self.steps["item"]),
            rule=[
                rule_name(rule) if rule != "manual" else _("by hand: {reason}").format(reason=reason)
                for rule, reason in zip(self.steps["rule"], self.steps["reason"], strict=True)
            ],
            alternatives=[self._shortened(items) for items in self.steps["alternatives"]],
        )
        columns = (
            Column("step", _("Step"), "count"),
            Column("item", _("Item left out")),
            Column("rule", _("Rule")),
            Column("value", _("Value"), "coefficient"),
            Column("cutoff", _("Cut-off"), "coefficient"),
            Column("n_items", _("Items left"), "count"),
            Column("rmsea_before", _("RMSEA before"), "fit"),
            Column("rmsea_after", _("RMSEA after"), "fit"),
            Column("variance_before", _("Variance before"), "share"),
            Column("variance_after", _("Variance after"), "share"),
            Column("alternatives", _("Nearly as weak")),
        )
        return FurtherTable(named, columns, _("Steps, with the solution before and after each"))

    def _shortened(self, items: tuple[str, ...]) -> str:
        names = "; ".join(self._item_names(items[:_MOST_ALTERNATIVES]))
        more = len(items) - _MOST_ALTERNATIVES
        return names if more <= 0 else _("{items} and {n} more").format(items=names, n=more)

    def _item_names(self, items: Iterable[str]) -> list[str]:
        return [self._called(str(item), "item") for item in items]

    def _stability_bars(self) -> Figure:
        n_solved = self.n_samples - self.n_failed
        candidates = self.table[self.table["share_kept"].notna()]
        rows = pd.DataFrame(
            {
                "group": [factor or _("Left out") for factor in candidates["factor"]],
                "label": self._item_names(candidates["item"]),
                "n": np.rint(candidates["share_kept"].to_numpy() * n_solved).astype(int),
            }
        )
        xlabel = _("Samples, of {n}, that keep the item").format(n=n_solved)
        return Figure(plots.bars, rows, xlabel=xlabel, alt=f"{xlabel}. {plots.bars.alt(rows)}")

    def _notes(self) -> list[str]:
        texts = {
            "broken_rules": _(
                "Items stay although they break a rule: they are protected, or their factor cannot spare them."
            ),
            "thin_factor": _("A factor has fewer items than the rules ask for: extract fewer factors."),
        }
        notes = [text for flag, text in texts.items() if flag in self.flags]
        if self.n_failed:
            notes.append(
                ngettext(
                    "{n} of {of} samples has no solution and does not count.",
                    "{n} of {of} samples have no solution and do not count.",
                    self.n_failed,
                ).format(n=self.n_failed, of=self.n_samples)
            )
        return notes

    def _summary(self) -> list[str]:
        n, k = len(self.kept), self.efa.loadings.shape[1]
        kept = (
            ngettext("{n} of {of} items is kept, on {k} factors.", "{n} of {of} items are kept, on {k} factors.", n)
            if k > 1
            else ngettext("{n} of {of} items is kept, on one factor.", "{n} of {of} items are kept, on one factor.", n)
        )
        sentences = [kept.format(n=n, of=len(self.table), k=k)]
        counts = self.steps["rule"].value_counts()
        if len(counts):
            reasons = [
                _("{n} by hand").format(n=int(counts[rule]))
                if rule == "manual"
                else _("{n} for {rule}").format(n=int(counts[rule]), rule=rule_name(rule))
                for rule in ("manual", *RULES, "target")
                if rule in counts
            ]
            sentences.append(_("Left out were {listed}.").format(listed=join_names(reasons)))
        before, after = (format_value(efa.variance["share"].sum(), "share") for efa in (self.first, self.efa))
        sentences.append(
            _("The solution accounts for {after} of the variance of the items, before for {before}.").format(
                after=after, before=before
            )
        )
        return [*sentences, *self._stability_sentences(), *self._notes()]

    def _stability_sentences(self) -> list[str]:
        if self.samples is None or self.n_failed == self.n_samples:
            return []  # where no sample has a solution the notes say so
        stays = self.table["state"] != "dropped"
        kept_by_half = self.table["share_kept"] >= _HALF
        unstable = self.table.loc[stays & (self.table["share_kept"] < _HALF), "item"]
        close = self.table.loc[~stays & kept_by_half, "item"]
        sentences = []
        if len(unstable):
            names = join_names(self._item_names(unstable))
            sentences.append(_("Fewer than half of the samples keep {items}.").format(items=names))
        if len(close):
            names = join_names(self._item_names(close))
            sentences.append(
                _("At least half of the samples keep {items}, which this study left out.").format(items=names)
            )
        return sentences or [_("Every item has the verdict that most samples give it.")]

    def _methods(self) -> list[str]:
        sentences = []
        if self.confirmation is not None:
            sentences.append(
                _(
                    "Of {all} persons {held} were drawn (seed {seed}) and set aside for confirmation; the scale was developed on "
                    "the answers of the other {n}."
                ).format(
                    all=format_value(self.n_persons + self.n_held, "count"),
                    held=format_value(self.n_held, "count"),
                    seed=self.seed,
                    n=format_value(self.n_persons, "count"),
                )
            )
        sentences.append(
            _("From {n} candidate items a scale was made by leaving out one item at a time.").format(n=len(self.table))
        )
        by_hand = self.steps.loc[self.steps["rule"] == "manual"]
        if len(by_hand):
            sentences.append(
                _("Left out beforehand were {items}.").format(
                    items=join_names(
                        [
                            f"{self._called(item, 'item')} ({reason})"
                            for item, reason in zip(by_hand["item"], by_hand["reason"], strict=True)
                        ]
                    )
                )
            )
        cuts = [
            _("{rule} below {cut}").format(rule=rule_name(name), cut=format_value(cut, "coefficient"))
            for name in RULES
            if (cut := getattr(self.rules, name)) is not None
        ]
        if cuts:
            sentences.append(
                _(
                    "After each item the factors were extracted and rotated anew from the correlations of all candidates, and of the "
                    "first rule that an item broke the worst offender left; the rules were, in this order: {rules}."
                ).format(rules=join_names(cuts))
            )
            sentences.append(
                _(
                    "The items that were left were then fitted to the answers to them alone, and leaving out went on where that "
                    "solution broke a rule."
                )
            )
        sentences.append(
            ngettext(
                "An item stayed where its factor would have kept fewer than {n} item.",
                "An item stayed where its factor would have kept fewer than {n} items.",
                self.rules.min_items,
            ).format(n=self.rules.min_items)
        )
        if self.target:
            sentences.append(
                _(
                    "When no rule was broken any more, the items that loaded least left until each factor had {n}."
                ).format(n=self.target)
            )
        if self.protect:
            sentences.append(
                _("Kept for their content, whatever the rules said: {items}.").format(
                    items=join_names(self._item_names(self.protect))
                )
            )
        sentences.append(
            _("Items within {margin} of the one that left, by the same rule, are listed as alternatives.").format(
                margin=format_value(self.margin, "coefficient")
            )
        )
        sentences += self.efa._methods()
        if self.samples is not None:
            sentences.append(
                _(
                    "The rules were followed anew in {n} bootstrap samples of persons (seed {seed}), of which {failed} had no "
                    "solution."
                ).format(n=format_value(self.n_samples, "count"), seed=self.seed, failed=self.n_failed)
            )
            if len(by_hand):
                sentences.append(_("Items that were left out by hand took no part in that."))
        return sentences


@checked
def refine_scale(
    data: Survey | pd.DataFrame,
    n_factors: int,
    *,
    rules: RefinementRules | None = None,
    protect: str | Sequence[str] = (),
    drop: Mapping[str, str] | None = None,
    target: int | None = None,
    margin: float = 0.05,
    stability: int = 0,
    holdout: float = 0.0,
    units: pd.Series | None = None,
    seed: int = 0,
    **efa_options: Any,
) -> Refinement:
    """Leave out items one by one until every item fits its factor, and keep an account of it.

    The solution is made anew after every item: the worst item of the first rule that is broken leaves, then all are looked
    at again. The correlations are those of all candidate items, estimated once. Then the items that are left are fitted to
    the answers to them alone; where an item breaks a rule now, it goes on from there.

    Parameters
    ----------
    data : Survey or DataFrame
        Answers to the candidate items; of a survey all items (`Survey.only` chooses).
    n_factors : int
    rules : RefinementRules, optional
        Cut-offs and their order; by default communality .30, primary loading .40, distance to the next loading .20,
        correlation with the rest of the factor .30, at least three items per factor.
    protect : str or sequence of str
        Items that stay whatever the rules say, for their content.
    drop : mapping of str to str, optional
        Items that leave first, each with the reason; in this order.
    target : int, optional
        When no rule is broken any more, go on with the items that load least until each factor has this many.
    margin : float
        Items within this distance of the one that leaves, by the same rule, are listed as alternatives.
    stability : int
        Bootstrap samples of persons in which the rules are followed anew, to see how often each item stays; 0 for none.
    holdout : float
        The share of persons that is set aside for confirmation, 0 to less than 1; `Refinement.confirmation` has them.
    units : Series, optional
        Whom each row comes from, by the index of the answers; by default the persons of a survey, or each row by itself.
    seed : int
        Of the split, of the samples and of the rotation's starts.
    **efa_options
        Options of `fit_efa`, as `extraction`, `rotation`, `correlation` and `missing`.

    Returns
    -------
    Refinement

    Raises
    ------
    OptionError
        When options do not go together, or `protect` or `drop` name items that are not there.
    SurveyError
        When the items are not answers.
    NotIdentifiedError
        When the candidate items have no solution.

    Notes
    -----
    Rules fit a scale to the sample: what was chosen by its loadings looks better in the same answers than in others.
    `holdout` and `stability` show how much.

    References
    ----------
    Worthington & Whittaker (2006), doi:10.1177/0011000006288127; Howard (2016), doi:10.1080/10447318.2015.1087664

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study("hpp_pool", persons_per_side=50, seed=1).survey
    >>> found = refine_scale(survey.only(*survey.instrument.factors), 3)
    >>> len(found.kept), found.steps["rule"].iloc[0]
    (19, 'communality')
    """
    rules = rules or RefinementRules()
    if "target" in (efa_options.get("rotation_options") or {}):
        raise OptionError(
            "`rotation_options` must hold no target: items leave, and a target is made for all of them. Given: a target. "
            "Choose another rotation."
        )
    if target is not None:
        in_range(target, "target", at_least=rules.min_items)
    development, confirmation = split_persons(data, holdout, seed=seed, units=units) if holdout else (data, None)
    first = fit_efa(development, n_factors, seed=seed, **efa_options)
    source = first.source
    if source is None or not source.has_answers or not first.is_defined:
        raise NotIdentifiedError(
            "There must be answers that have a factor solution. Given: "
            + (f"flags {', '.join(first.flags)}" if source and source.has_answers else "correlations")
            + ". Give the answers, without items that do not vary."
        )
    protect, drop = _checked_names(first, protect, drop or {})
    limits = rules.limits(target)
    candidates = _Candidates.of(first)
    manual = []
    for item in drop:
        manual.append((candidates, candidates.here()))
        candidates = candidates.without(item, manual[-1][1])

    def fit(kept: tuple[str, ...]) -> EFA:
        chosen = development.only(*kept) if isinstance(development, Survey) else development[list(kept)]
        return fit_efa(chosen, n_factors, seed=seed, **efa_options)

    stages, final, fitting = _follow(candidates, limits, protect, fit, seed)
    kept = tuple(str(item) for item in final.loadings.index)
    persons = persons_of(development, units)
    samples = None
    if stability:
        found = _kept_in_samples(source, candidates, persons, limits, protect, stability, seed)
        samples = pd.DataFrame(found, columns=pd.Index(candidates.items))
    steps = _steps_of(manual, stages, drop, rules, margin)
    return Refinement(
        table=_overview(final, fitting, steps, protect, samples),
        context=first.context,
        flags=_flags_of(limits, final, fitting),
        steps=steps,
        kept=kept,
        dropped=tuple(steps["item"]),
        efa=final,
        first=first,
        rules=rules,
        protect=protect,
        target=target,
        margin=margin,
        development=development,
        confirmation=confirmation,
        holdout=holdout,
        n_persons=int(persons.nunique()),
        n_held=0 if confirmation is None else int(persons_of(confirmation, units).nunique()),
        n_samples=stability,
        samples=samples,
        seed=seed,
    )


def _checked_names(
    first: EFA, protect: str | Sequence[str], drop: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The items to protect and those to drop, all of which are analysed."""
    items = list(first.loadings.index)
    kept = names_in(protect, items, "protect", kind="an item that is analysed")
    names_in(drop, items, "drop", kind="an item that is analysed")
    if both := [item for item in drop if item in kept]:
        raise OptionError(
            f"`protect` and `drop` must name different items. Given: {both[0]!r} in both. Leave it out of one of them."
        )
    if bare := [item for item, reason in drop.items() if not reason.strip()]:
        raise OptionError(
            f"`drop` must give the reason for each item. Given: none for {bare[0]!r}. Write why it leaves."
        )
    return kept, dict(drop)


def _follow(
    candidates: _Candidates, limits: Limits, protect: Sequence[str], fit: Callable[[tuple[str, ...]], EFA], seed: int
) -> tuple[list[tuple[_Candidates, Stage]], EFA, Measures | None]:
    """Follow the rules to their end, also in the solution that is fitted to the answers to the kept items alone."""
    stages: list[tuple[_Candidates, Stage]] = []
    while True:
        walked = candidates.follow(limits, protect, np.random.default_rng(seed))
        stages = [*stages[:-1], *((candidates, stage) for stage in walked)]
        final = fit(tuple(candidates.items[place] for place in walked[-1].items[0]))
        if not final.is_defined:
            return stages, final, None
        candidates = _Candidates.of(final)
        again = candidates.follow(limits, protect, np.random.default_rng(seed))
        if len(again) == 1:
            return [*stages[:-1], (candidates, again[0])], final, again[0].measures


def _kept_in_samples(
    source: FactorSource,
    candidates: _Candidates,
    persons: pd.Series,
    limits: Limits,
    protect: Sequence[str],
    n: int,
    seed: int,
) -> np.ndarray:
    """Which of the candidates each sample of persons keeps; none where a sample has no solution."""
    answers = source.answers[list(candidates.items)]
    rows = usable_rows(answers, source.missing)
    unit = units_of(persons, rows)
    correlate = weighted_correlations(answers[rows], source.correlation, source.missing)
    rng = np.random.default_rng(seed)
    p = len(candidates.items)
    parts = []
    for weights in drawn_weights(unit, n, rng, width=8 * p * p):
        kept = np.zeros((len(weights), p), dtype=bool)
        stack = correlate(weights)
        solvable = np.isfinite(stack).all(axis=(1, 2))
        if solvable.any():
            stages = candidates.follow(limits, protect, rng, stack[solvable])
            kept[solvable] = remaining_items(stages, int(solvable.sum()), p)
        parts.append(kept)
    return np.concatenate(parts)


@dataclass(frozen=True, eq=False, slots=True)
class _Candidates:
    """Items that may still stay, with their correlations and a solution near theirs."""

    items: tuple[str, ...]
    r: np.ndarray
    near: StartingPoint
    recipe: Recipe
    weights: np.ndarray | None
    n: float
    like: str | None

    @classmethod
    def of(cls, efa: EFA) -> _Candidates:
        """The items of a solution."""
        if efa.source is None:
            raise NotIdentifiedError("Items must be refined from answers. Given: correlations. Give the answers.")
        known = efa.source.known
        near = StartingPoint(known.unrotated[None], known.psi[None], known.solution.t[None])
        items = tuple(str(item) for item in efa.loadings.index)
        r = efa.correlations.to_numpy()
        return cls(items, r, near, efa.source.recipe, known.weights, efa.n_used, efa.like)

    def without(self, item: str, stage: Stage) -> _Candidates:
        """The others; `stage` is the solution of all."""
        stay = np.array([name != item for name in self.items])
        near = StartingPoint(stage.found.near.unrotated[:, stay], stage.found.near.psi[:, stay], stage.found.near.t)
        weights = None if self.weights is None else self.weights[np.ix_(stay, stay)]
        items = tuple(name for name in self.items if name != item)
        return replace(self, items=items, r=self.r[np.ix_(stay, stay)], near=near, weights=weights)

    def follow(
        self, limits: Limits, protect: Sequence[str], rng: np.random.Generator, stack: np.ndarray | None = None
    ) -> list[Stage]:
        """Follow the rules, on these correlations or on a stack of others of the same items."""
        protected = np.isin(self.items, list(protect))
        r = self.r[None] if stack is None else stack
        return reduce_items(r, self.near, self.recipe, limits, protected, rng, self.weights)

    def here(self) -> Stage:
        """The solution of all of them, of which none leaves."""
        return self.follow(_NO_RULES, self.items, np.random.default_rng(0))[0]

    def fit(self, stage: Stage) -> tuple[float, ...]:
        """RMSEA, TLI, root mean square residual and share of variance of a stage of these items."""
        places = stage.items[0]
        r = self.r[np.ix_(places, places)]
        solution = Solution(stage.found.lambda_[0], stage.found.phi[0], stage.found.near.t[0])
        k = solution.lambda_.shape[1]
        fit = fit_of(r, residuals(r, solution), k, self.n, correction=PRESETS[self.like].correction)
        share = float(np.mean(solution.communality))
        if self.recipe.extraction == "pca":  # components are no model of the correlations
            return np.nan, np.nan, fit.rmsr, share
        return fit.rmsea, fit.tli, fit.rmsr, share


def _steps_of(
    manual: list[tuple[_Candidates, Stage]],
    stages: list[tuple[_Candidates, Stage]],
    drop: Mapping[str, str],
    rules: RefinementRules,
    margin: float,
) -> pd.DataFrame:
    """One row per item that left; `Refinement.steps` documents the columns."""
    rows: list[dict[str, object]] = [
        {"item": item, "rule": "manual", "value": np.nan, "cutoff": np.nan, "reason": str(why), "alternatives": ()}
        for item, why in drop.items()
    ]
    names, cuts = [*RULES, "target"], [*rules.limits(None).cuts, np.nan]
    for candidates, stage in stages[:-1]:
        choice, values = stage.choice, stage.choice.values[0]
        items = [candidates.items[place] for place in stage.items[0]]
        rule, chosen = int(choice.rule[0]), int(choice.item[0])
        close = values <= choice.value[0] + margin
        close[chosen] = False
        order = np.argsort(np.where(close, values, np.inf), kind="stable")[: int(close.sum())]
        rows.append(
            {
                "item": items[chosen],
                "rule": names[rule],
                "value": float(choice.value[0]),
                "cutoff": cuts[rule],
                "reason": "",
                "alternatives": tuple(items[place] for place in order),
            }
        )
    frame = pd.DataFrame(rows, columns=["item", "rule", "value", "cutoff", "reason", "alternatives"])
    frame = frame.astype({"value": float, "cutoff": float})
    frame.insert(0, "step", np.arange(1, len(frame) + 1))
    fits = np.array([candidates.fit(stage) for candidates, stage in [*manual, *stages]])
    frame["n_items"] = [stage.items.shape[1] for _c, stage in [*manual, *stages]][1:]
    for place, name in enumerate(_FIT):
        frame[f"{name}_before"], frame[f"{name}_after"] = fits[:-1, place], fits[1:, place]
    return frame


def _overview(
    final: EFA, fitting: Measures | None, steps: pd.DataFrame, protect: Sequence[str], samples: pd.DataFrame | None
) -> pd.DataFrame:
    """One row per candidate item: kept items by factor and loading, then the others in the order in which they left."""
    nothing = dict.fromkeys(("loading", "communality", "gap", "item_rest"), np.nan)
    rows: list[dict[str, Any]] = [
        {
            "item": str(item),
            "state": "protected" if item in protect else "kept",
            "factor": "",
            **nothing,
            "step": np.nan,
        }
        for item in final.loadings.index
    ]
    if fitting is not None:
        for place, row in enumerate(rows):
            factor = int(fitting.factor[0, place])
            row["factor"] = str(final.loadings.columns[factor])
            row["loading"] = float(final.loadings.iloc[place, factor])
            row |= {name: float(getattr(fitting, name)[0, place]) for name in ("communality", "gap", "item_rest")}
    rows.sort(key=lambda row: (row["factor"], -abs(row["loading"])))
    rows += [
        {"item": row.item, "state": "dropped", "factor": "", **nothing, "step": float(row.step)}
        for row in steps.itertuples()
    ]
    frame = pd.DataFrame(rows)
    if samples is not None:
        share = samples[samples.any(axis=1)].mean()
        frame["share_kept"] = [float(share.get(item, np.nan)) for item in frame["item"]]
    return frame


def _flags_of(limits: Limits, final: EFA, fitting: Measures | None) -> tuple[str, ...]:
    """What a reader should know: items that stay although they break a rule, thin factors, how the final solution did."""
    flags = list(final.flags)
    if fitting is not None:
        measures = (fitting.communality, fitting.loading, fitting.gap, fitting.item_rest)
        if any(bool((values < cut).any()) for values, cut in zip(measures, limits.cuts, strict=True)):
            flags.append("broken_rules")
        counts = np.bincount(fitting.factor[0], minlength=final.loadings.shape[1])
        if (counts < limits.min_items).any():
            flags.append("thin_factor")
    return tuple(dict.fromkeys(flags))
