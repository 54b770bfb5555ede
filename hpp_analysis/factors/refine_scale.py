"""From many items to a scale: items leave one by one, by rules, and every step is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.core.correlation.resampling import drawn_weights
from hpp_analysis.core.factors.item_reduction import Limits, Measures, Stage, kept_items
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.efa import EFA
from hpp_analysis.factors.factor_source import FactorSource, persons_of, units_of, usable_rows, weighted_correlations
from hpp_analysis.factors.fit_efa import fit_efa
from hpp_analysis.factors.refinement import Refinement
from hpp_analysis.factors.refinement_rules import RefinementRules, split_persons
from hpp_analysis.factors.refinement_steps import Candidates, flags_of, overview_table, steps_table
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.survey.survey import Survey


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
        names=first.names,
        selection=first.selection,
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
            kept[here] = kept_items(stages, int(here.sum()), p)
        parts.append(kept)
    return np.concatenate(parts)
