"""Item reduction: items leave a factor solution one by one, by rules, for one correlation matrix or many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.core.factors.recipe import Recipe
from hpp_analysis.core.factors.solutions_many import RotatedSolutions, StartingPoint, solve_near

Stack = Floats
Rule = Literal["communality", "loading", "gap", "item_rest", "target"]
RULES: tuple[Rule, ...] = ("communality", "loading", "gap", "item_rest")
"""The rules that compare a number with a cut-off, in the order in which they are applied."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Cut-offs of the rules by which items leave.

    Attributes
    ----------
    cuts : tuple of float
        Of each of `RULES` the value below which an item may leave; NaN where a rule is not used.
    min_items : int
        A factor keeps at least as many.
    target : int
        Items that each factor is brought down to when no rule is broken any more; 0 for none.
    """

    cuts: tuple[float, float, float, float]
    min_items: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers that the rules compare with their cut-offs, each of shape (s, p); NaN where undefined.

    Attributes
    ----------
    communality, loading, gap, item_rest : ndarray
        Share of the variance that the factors account for; the largest absolute loading; its distance to the next; the
        correlation with the sum of the other items of its factor, items standardised and turned by the sign of their
        loading.
    factor : ndarray of int
        On which each item loads most.
    size : ndarray of int
        How many items load most on that factor.
    """

    communality: Stack
    loading: Stack
    gap: Stack
    item_rest: Stack
    factor: NDArray[np.intp]
    size: NDArray[np.intp]


def measure(found: RotatedSolutions, correlations: Stack) -> Measures:
    """Measure every item of every solution.

    Parameters
    ----------
    found : RotatedSolutions
    correlations : ndarray, shape (s, p, p)
    """
    sizes = np.abs(found.lambda_)
    k = sizes.shape[2]
    factor = np.nan_to_num(sizes, nan=-1.0).argmax(axis=2)
    ordered = np.sort(sizes, axis=2)
    belongs = (factor[:, :, None] == np.arange(k)).astype(np.float64)
    sign = np.sign(np.take_along_axis(found.lambda_, factor[:, :, None], axis=2))
    turned = correlations * sign * sign.transpose(0, 2, 1)
    sums = turned @ belongs
    with_rest = np.take_along_axis(sums, factor[:, :, None], axis=2)[:, :, 0] - 1.0
    total = np.einsum("spk,spk->sk", belongs, sums)
    rest = np.take_along_axis(total, factor, axis=1) - 2.0 * with_rest - 1.0
    count = belongs.sum(axis=1).astype(np.intp)
    with np.errstate(divide="ignore", invalid="ignore"):
        item_rest = np.where(rest > 1e-12, with_rest / np.sqrt(np.maximum(rest, 1e-300)), np.nan)
    gap = ordered[:, :, -1] - ordered[:, :, -2] if k > 1 else np.full(factor.shape, np.nan)
    return Measures(
        found.communality, ordered[:, :, -1], gap, item_rest, factor, np.take_along_axis(count, factor, axis=1)
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """Which item each solution loses next.

    Attributes
    ----------
    item : ndarray of int, shape (s,)
        Its place; -1 where no item leaves.
    rule : ndarray of int, shape (s,)
        The place of the rule in `RULES`; 4 for "target", -1 for none.
    value : ndarray, shape (s,)
        By which it was chosen.
    values : ndarray, shape (s, p)
        The same of all items that might leave by that rule, NaN for the others.
    """

    item: NDArray[np.intp]
    rule: NDArray[np.intp]
    value: Stack
    values: Stack


def choose(measures: Measures, limits: Limits, free: Flags) -> Choice:
    """Choose the worst item by the first rule that an item breaks, unless its factor would become too small.

    Parameters
    ----------
    measures : Measures
    limits : Limits
    free : ndarray of bool, shape (s, p)
        Items that may leave.
    """
    s, p = free.shape
    spare = free & (measures.size > limits.min_items)
    rule, values = np.full(s, -1, dtype=np.intp), np.full((s, p), np.nan)
    given = (measures.communality, measures.loading, measures.gap, measures.item_rest)
    for place, (value, cut) in enumerate(zip(given, limits.cuts, strict=True)):
        breaks = spare & (value < cut)
        now = (rule < 0) & breaks.any(axis=1)
        rule[now] = place
        values[now] = np.where(spare, value, np.nan)[now]
    if limits.target:
        many = spare & (measures.size > max(limits.target, limits.min_items))
        now = (rule < 0) & many.any(axis=1)
        rule[now] = len(RULES)
        values[now] = np.where(many, measures.loading, np.nan)[now]
    item = np.where(np.isnan(values), np.inf, values).argmin(axis=1)
    value = np.where(rule < 0, np.nan, values[np.arange(s), item])
    return Choice(np.where(rule < 0, -1, item), rule, value, values)


@dataclass(frozen=True, slots=True)
class Stage:
    """The solutions before one round of choices.

    Attributes
    ----------
    samples : ndarray of int, shape (s,)
        The matrices that still lose items.
    items : ndarray of int, shape (s, m)
        Their items, as places among all.
    found : RotatedSolutions
    measures : Measures
    choice : Choice
    """

    samples: NDArray[np.intp]
    items: NDArray[np.intp]
    found: RotatedSolutions
    measures: Measures
    choice: Choice


def reduce_items(
    correlations: Stack,
    start: StartingPoint,
    recipe: Recipe,
    limits: Limits,
    protected: Flags,
    rng: np.random.Generator,
    weights: Floats | None = None,
) -> list[Stage]:
    """Leave out items one by one, each time solving anew, until no rule is broken.

    Every matrix loses one item a round, its own, so that all of them can be solved together.

    Parameters
    ----------
    correlations : ndarray, shape (s, p, p)
        Finite.
    start : StartingPoint
        A solution of all items.
    recipe : Recipe
    limits : Limits
    protected : ndarray of bool, shape (p,)
        Items that stay whatever the rules say.
    rng : Generator
    weights : ndarray, shape (p, p), optional
        Of "dwls".

    Returns
    -------
    list of Stage
        One for each number of items; a matrix is in those up to its last.
    """
    s, p, _p = correlations.shape
    k = start.unrotated.shape[2]
    samples, items = np.arange(s), np.broadcast_to(np.arange(p), (s, p)).copy()
    near, stages = start, []
    while True:
        m = items.shape[1]
        part = correlations[samples[:, None, None], items[:, :, None], items[:, None, :]]
        some = None if weights is None else weights[np.ix_(items[0], items[0])]
        found = solve_near(part, near, recipe, rng, some)
        measures = measure(found, part)
        # fewer items would have more unknowns than correlations
        most = recipe.extraction == "pca" or (m - 1 - k) ** 2 >= m - 1 + k
        free = ~protected[items] & np.isfinite(found.lambda_).all(axis=2) & (most and m - 1 > k)
        choice = choose(measures, limits, free)
        stages.append(Stage(samples, items, found, measures, choice))
        go = choice.item >= 0
        if not go.any():
            return stages
        stay = np.arange(m)[None, :] != choice.item[go][:, None]
        samples, items = samples[go], items[go][stay].reshape(-1, m - 1)
        near = StartingPoint(
            found.near.unrotated[go][stay].reshape(-1, m - 1, k),
            found.near.psi[go][stay].reshape(-1, m - 1),
            found.near.t[go],
        )


def remaining_items(stages: list[Stage], n_samples: int, n_items: int) -> Flags:
    """Which items each matrix has in the end, shape (s, p); none where it has no solution."""
    remaining = np.zeros((n_samples, n_items), dtype=bool)
    for stage in stages:
        ends = (stage.choice.item < 0) & np.isfinite(stage.found.lambda_).all(axis=(1, 2))
        remaining[stage.samples[ends][:, None], stage.items[ends]] = True
    return remaining
