"""Which items make the scale? The result of leaving items out one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.result import join_names
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.correlation.bootstrap import drawn_weights
from hpp_analysis.core.factors.item_reduction import Limits, Measures, Stage, remaining_items
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.efa import EFA, fit_efa
from hpp_analysis.factors.factor_source import FactorSource, persons_of, units_of, usable_rows, weighted_correlations
from hpp_analysis.factors.refinement_rules import RefinementRules, rule_name, split_persons
from hpp_analysis.factors.refinement_steps import Candidates, flags_of, overview_table, steps_table
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


HALF = 0.5
SHOWN = 2
"""Alternatives that a table names."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Refinement(StudyResult):
    """Items that were kept and left out, step by step.

    Attributes
    ----------
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

    name: ClassVar[str] = "refinement"
    tables: ClassVar[tuple[str, ...]] = ("steps_taken",)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The figures: the loadings and, where the rules were followed in samples, how often each item stays."""
        return ("loadings",) if self.samples is None else ("loadings", "stability")

    def to_frame(self) -> pd.DataFrame:
        """One row per candidate item.

        Returns
        -------
        DataFrame
            item, state ("kept", "protected" or "dropped"), factor, loading (the largest), communality, gap, item_rest
            (of the kept items in the final solution), step (in which it left), and with `stability` share_kept (of the
            samples that have a solution).
        """
        return super().to_frame()

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

    # How it shows itself

    def _labelled(self) -> pd.DataFrame:
        frame = self.table.copy()
        frame["item"] = [self._called(str(item), "item") for item in frame["item"]]
        words = {"kept": _("kept"), "protected": _("kept, protected"), "dropped": _("left out")}
        frame["state"] = [words[state] for state in frame["state"]]
        return frame

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column("item", N_("Item")),
            Column("state", N_("State")),
            Column("factor", N_("Factor")),
            Column("loading", N_("Loading"), "coefficient"),
            Column("communality", N_("Communality"), "coefficient"),
            Column("gap", N_("Distance to the next loading"), "coefficient"),
            Column("item_rest", N_("Correlation with the rest"), "coefficient"),
            Column("step", N_("Step"), "count"),
            Column("share_kept", N_("Samples that keep it"), "share"),
        )

    def _caption(self) -> str:
        return _("Items that are kept and left out")

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:  # noqa: ARG002
        frame = self.steps.copy()
        frame["item"] = [self._called(str(item), "item") for item in frame["item"]]
        frame["rule"] = [
            rule_name(rule) if rule != "manual" else _("by hand: {reason}").format(reason=reason)
            for rule, reason in zip(self.steps["rule"], self.steps["reason"], strict=True)
        ]
        frame["alternatives"] = [self._shortened(close) for close in self.steps["alternatives"]]
        columns = (
            Column("step", N_("Step"), "count"),
            Column("item", N_("Item left out")),
            Column("rule", N_("Rule")),
            Column("value", N_("Value"), "coefficient"),
            Column("cutoff", N_("Cut-off"), "coefficient"),
            Column("n_items", N_("Items left"), "count"),
            Column("rmsea_before", N_("RMSEA before"), "fit"),
            Column("rmsea_after", N_("RMSEA after"), "fit"),
            Column("variance_before", N_("Variance before"), "share"),
            Column("variance_after", N_("Variance after"), "share"),
            Column("alternatives", N_("Nearly as weak")),
        )
        return frame, columns, _("Steps, with the solution before and after each")

    def _shortened(self, items: tuple[str, ...]) -> str:
        """The first of many; all of them are in `steps`."""
        shown = "; ".join(self._called(item, "item") for item in items[:SHOWN])
        more = len(items) - SHOWN
        return shown if more <= 0 else _("{items} and {n} more").format(items=shown, n=more)

    def _notes(self) -> list[str]:
        said = {
            "broken_rules": _(
                "Items stay although they break a rule: they are protected, or their factor cannot spare them."
            ),
            "thin_factor": _("A factor has fewer items than the rules ask for: extract fewer factors."),
        }
        notes = [text for flag, text in said.items() if flag in self.flags]
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
        n = len(self.kept)
        said = [
            ngettext(
                "{n} of {of} items is kept, on {k} factors.", "{n} of {of} items are kept, on {k} factors.", n
            ).format(n=n, of=len(self.table), k=self.efa.loadings.shape[1])
            if self.efa.loadings.shape[1] > 1
            else ngettext(
                "{n} of {of} items is kept, on one factor.", "{n} of {of} items are kept, on one factor.", n
            ).format(n=n, of=len(self.table))
        ]
        counts = self.steps["rule"].value_counts()
        if len(counts):
            listed = [
                _("{n} by hand").format(n=int(counts[rule]))
                if rule == "manual"
                else _("{n} for {rule}").format(n=int(counts[rule]), rule=rule_name(rule))
                for rule in ("manual", "communality", "loading", "gap", "item_rest", "target")
                if rule in counts
            ]
            said.append(_("Left out were {listed}.").format(listed=join_names(listed)))
        before, after = self.first.variance["share"].sum(), self.efa.variance["share"].sum()
        said.append(
            _("The solution accounts for {after} of the variance of the items, before for {before}.").format(
                after=format_value(after, "share"), before=format_value(before, "share")
            )
        )
        if self.samples is not None:
            said += self._stability()
        return [*said, *self._notes()]

    def _stability(self) -> list[str]:
        if self.n_failed == self.n_samples:
            return []  # the notes say so
        stays = self.table["state"] != "dropped"
        shaky = self.table.loc[stays & (self.table["share_kept"] < HALF), "item"]
        close = self.table.loc[~stays & (self.table["share_kept"] >= HALF), "item"]
        said = []
        if len(shaky):
            said.append(_("Fewer than half of the samples keep {items}.").format(items=self._listed(shaky)))
        if len(close):
            said.append(
                _("At least half of the samples keep {items}, which this study left out.").format(
                    items=self._listed(close)
                )
            )
        if not said:
            said.append(_("Every item has the verdict that most samples give it."))
        return said

    def _listed(self, items: pd.Series) -> str:
        return join_names([self._called(str(item), "item") for item in items])

    def _methods(self) -> list[str]:
        return methods_of(self)

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        if kind == "loadings":
            return self.efa.plot("loadings", ax)
        from hpp_analysis.plots import bars

        return bars(self._drawn(), xlabel=self._counted(), ax=ax)

    def _alt(self, kind: str) -> str:
        if kind == "loadings":
            return self.efa.alt("loadings")
        from hpp_analysis.plots import bars_alt

        return f"{self._counted()}. {bars_alt(self._drawn())}"

    def _counted(self) -> str:
        return _("Samples, of {n}, that keep the item").format(n=self.n_samples - self.n_failed)

    def _drawn(self) -> pd.DataFrame:
        frame = self.table[self.table["share_kept"].notna()]
        counts = np.rint(frame["share_kept"] * (self.n_samples - self.n_failed))
        return pd.DataFrame(
            {
                "group": [factor or _("Left out") for factor in frame["factor"]],
                "label": [self._called(str(item), "item") for item in frame["item"]],
                "n": counts.astype(int).to_numpy(),
            }
        )


def methods_of(found: Refinement) -> list[str]:
    """Sentences for a method section, in the language in use."""
    said = []
    if found.confirmation is not None:
        said.append(
            _(
                "Of {all} persons {held} were drawn (seed {seed}) and set aside for confirmation; the scale was developed on "
                "the answers of the other {n}."
            ).format(
                all=format_value(found.n_persons + found.n_held, "count"),
                held=format_value(found.n_held, "count"),
                seed=found.seed,
                n=format_value(found.n_persons, "count"),
            )
        )
    said.append(
        _("From {n} candidate items a scale was made by leaving out one item at a time.").format(n=len(found.table))
    )
    by_hand = found.steps.loc[found.steps["rule"] == "manual"]
    if len(by_hand):
        said.append(
            _("Left out beforehand were {items}.").format(
                items=join_names(
                    [
                        f"{found._called(item, 'item')} ({reason})"
                        for item, reason in zip(by_hand["item"], by_hand["reason"], strict=True)
                    ]
                )
            )
        )
    cuts = [
        _("{rule} below {cut}").format(rule=rule_name(name), cut=format_value(cut, "coefficient"))
        for name in ("communality", "loading", "gap", "item_rest")
        if (cut := getattr(found.rules, name)) is not None
    ]
    if cuts:
        said.append(
            _(
                "After each item the factors were extracted and rotated anew from the correlations of all candidates, and of the "
                "first rule that an item broke the worst offender left; the rules were, in this order: {rules}."
            ).format(rules=join_names(cuts))
        )
        said.append(
            _(
                "The items that were left were then fitted to the answers to them alone, and leaving out went on where that "
                "solution broke a rule."
            )
        )
    said.append(
        ngettext(
            "An item stayed where its factor would have kept fewer than {n} item.",
            "An item stayed where its factor would have kept fewer than {n} items.",
            found.rules.min_items,
        ).format(n=found.rules.min_items)
    )
    if found.target:
        said.append(
            _("When no rule was broken any more, the items that loaded least left until each factor had {n}.").format(
                n=found.target
            )
        )
    if found.protect:
        said.append(
            _("Kept for their content, whatever the rules said: {items}.").format(
                items=join_names([found._called(item, "item") for item in found.protect])
            )
        )
    said.append(
        _("Items within {margin} of the one that left, by the same rule, are listed as alternatives.").format(
            margin=format_value(found.margin, "coefficient")
        )
    )
    said += found.efa._methods()
    if found.samples is not None:
        said.append(
            _(
                "The rules were followed anew in {n} bootstrap samples of persons (seed {seed}), of which {failed} had no "
                "solution."
            ).format(n=format_value(found.n_samples, "count"), seed=found.seed, failed=found.n_failed)
        )
        if len(by_hand):
            said.append(_("Items that were left out by hand took no part in that."))
    return said


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
    protect, drop = _known(first, protect, drop or {})
    limits = rules.limits(target)
    candidates = Candidates.of(first)
    manual = []
    for item in drop:
        manual.append((candidates, candidates.here()))
        candidates = candidates.without(item, manual[-1][1])

    def fit(kept: tuple[str, ...]) -> EFA:
        chosen = development.only(*kept) if isinstance(development, Survey) else development[list(kept)]
        return fit_efa(chosen, n_factors, seed=seed, **efa_options)

    stages, final, fitting = _followed(candidates, limits, protect, fit, seed)
    kept = tuple(str(item) for item in final.loadings.index)
    persons = persons_of(development, units)
    samples = None
    if stability:
        found = _samples(source, candidates, persons, limits, protect, stability, seed)
        samples = pd.DataFrame(found, columns=pd.Index(candidates.items))
    steps = steps_table(manual, stages, drop, rules, margin)
    return Refinement(
        table=overview_table(final, fitting, steps, protect, samples),
        context=first.context,
        flags=flags_of(limits, final, fitting),
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


def _known(first: EFA, protect: str | Sequence[str], drop: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
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


def _followed(
    candidates: Candidates, limits: Limits, protect: Sequence[str], fit: Callable[[tuple[str, ...]], EFA], seed: int
) -> tuple[list[tuple[Candidates, Stage]], EFA, Measures | None]:
    """Follow the rules to their end, also in the solution that is fitted to the answers to the kept items alone."""
    stages: list[tuple[Candidates, Stage]] = []
    while True:
        walked = candidates.follow(limits, protect, np.random.default_rng(seed))
        stages = [*stages[:-1], *((candidates, stage) for stage in walked)]
        final = fit(tuple(candidates.items[place] for place in walked[-1].items[0]))
        if not final.is_defined:
            return stages, final, None
        candidates = Candidates.of(final)
        again = candidates.follow(limits, protect, np.random.default_rng(seed))
        if len(again) == 1:
            return [*stages[:-1], (candidates, again[0])], final, again[0].measures


def _samples(
    source: FactorSource,
    candidates: Candidates,
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
        here = np.isfinite(stack).all(axis=(1, 2))
        if here.any():
            stages = candidates.follow(limits, protect, rng, stack[here])
            kept[here] = remaining_items(stages, int(here.sum()), p)
        parts.append(kept)
    return np.concatenate(parts)
