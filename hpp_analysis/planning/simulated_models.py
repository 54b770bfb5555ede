"""What models of simulated studies find: a factor model, its loadings, and whether both sides read the items alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from hpp_analysis.core.sem.chisquare import FitTest, corrected_difference, fit_test, p_of
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.inference import covariance_of_estimates
from hpp_analysis.core.sem.moments import Moments, sample_moments
from hpp_analysis.core.sem.simulated_fit import cross_loadings
from hpp_analysis.core.sem.table import Table, build_table
from hpp_analysis.planning.population import Floats, Population

_ENOUGH = 1.5
"""Persons for each item below which a covariance matrix says too little for a model to be tried."""
_PILOT = 4000
_EVERY = 2
"""In every second study both sides are compared: two models of two groups take as long as all else."""


@dataclass(frozen=True, eq=False, slots=True)
class ModelQuestions:
    """What is asked of models.

    Attributes
    ----------
    partnerships : int
    levels : ndarray, shape (sides, k)
        By how much the factor scores of each side are moved.
    missed : ndarray, shape (p, k)
        The loadings of a population with cross-loadings that the model leaves out.
    bias_item, bias_shift : int, float
        The item that the first side reads differently, and the shift of its responses.
    tables : mapping of str to Table
        "one": the model of all persons; "metric", "scalar": of both sides.
    starts : mapping of str to ndarray
        Where estimation starts.
    coverage : float
        The share of persons who count, for what is missing.
    alpha : float
    """

    partnerships: int
    levels: Floats
    missed: Floats
    bias_item: int
    bias_shift: float
    tables: dict[str, Table]
    starts: dict[str, Floats]
    coverage: float
    alpha: float


def model_questions(
    population: Population, *, partnerships: int, levels: Floats, bias: float, alpha: float, rng: np.random.Generator
) -> ModelQuestions | None:
    """Set up what is asked; None where the factors are too small for a model of them all."""
    k = len(population.factors)
    sizes = np.bincount(population.factor_of, minlength=k)
    if sizes.min() < (3 if k == 1 else 2) or (k == 1 and sizes[0] < 4):
        return None
    text = "\n".join(
        f"f{factor} =~ " + " + ".join(f"x{item}" for item in np.flatnonzero(population.factor_of == factor))
        for factor in range(k)
    )
    # the table's order of variables is that of the text: items factor by factor
    tables = {"one": build_table(text, std_lv=True)}
    if population.n_sides == 2:
        equal = {"metric": ["loadings"], "scalar": ["loadings", "intercepts"]}
        for name, what in equal.items():
            tables[name] = build_table(text, n_groups=2, std_lv=True, meanstructure=True, group_equal=what)
    item = int(np.argmax(population.loading))
    asked = ModelQuestions(
        partnerships=partnerships,
        levels=levels,
        missed=cross_loadings(population.lambda_, population.phi)[0].lambda_ if k > 1 else population.lambda_,
        bias_item=item,
        bias_shift=population.shift_of_item(item, float(levels.mean()), bias),
        tables=tables,
        starts={},
        coverage=population.pair_coverage,
        alpha=alpha,
    )
    pair = np.zeros(len(levels), dtype=np.intp)
    pilot = population.answers(levels, pair, _PILOT, 1, rng)[0][..., _order(population)]
    for name, table in tables.items():
        groups = [pilot.reshape(-1, pilot.shape[-1])] if name == "one" else list(pilot)
        found = estimate(table, [sample_moments(group, fiml=False) for group in groups])
        asked.starts[name] = found.theta
    return asked


def _order(population: Population) -> NDArray[np.intp]:
    """The items factor by factor."""
    return np.argsort(population.factor_of, kind="stable")


def simulated_models(
    population: Population, asked: ModelQuestions, n: int, runs: int, rng: np.random.Generator
) -> dict[str, Floats]:
    """Simulate studies of n persons on each side of each partnership, and fit models to each.

    Answers are complete, of the share of persons that two items on average have in common.

    Returns
    -------
    dict of str to ndarray
        An entry per study, NaN without a solution (and where both sides are not compared): right and missed (the statistic of the test of the right model, and of one that
        misses a cross-loading), fit_rejected (the test rejects the right model), loadings_found (all loadings differ from 0),
        bias_found (the test of equal intercepts finds an item that the first side reads differently); and loadings, studies x
        items (standardised).
    """
    order = _order(population)
    sides = len(asked.levels)
    side = np.repeat(np.arange(sides), asked.partnerships)
    pair = np.tile(np.arange(asked.partnerships), sides)
    persons = round(n * asked.partnerships * asked.coverage)
    shift = np.zeros((len(side), len(population.items)))
    shift[side == 0, asked.bias_item] = asked.bias_shift if sides == 2 else 0.0
    kinds: dict[str, dict[str, Any]] = {"right": {}, "missed": {"lambda_": asked.missed}, "biased": {"shift": shift}}
    names = ("right", "missed", "fit_rejected", "loadings_found", "bias_found")
    found = {name: np.full(runs, np.nan) for name in names}
    loadings = np.full((runs, len(population.items)), np.nan)
    enough = persons * sides >= _ENOUGH * len(population.items)
    enough_a_side = sides == 2 and persons >= _ENOUGH * len(population.items)
    for run in range(runs if enough else 0):
        for kind, how in kinds.items():
            if (kind == "biased" and (run % _EVERY or not enough_a_side)) or (
                kind == "missed" and len(population.factors) == 1
            ):
                continue
            answers = population.answers(asked.levels[side], pair, n, 1, rng, **how)[0][..., order]
            # persons of a side in random order, so that those who count come from all partnerships
            groups = [rng.permutation(answers[side == one].reshape(-1, len(order)))[:persons] for one in range(sides)]
            if kind == "biased":
                found["bias_found"][run] = _bias_found(asked, groups)
                continue
            fitted = _fit(asked, "one", [np.concatenate(groups)])
            if fitted is None:
                continue
            test = fit_test(fitted, correction="yuan_bentler")
            found[kind][run] = test.chi2 / test.scaling
            if kind == "right":
                found["fit_rejected"][run] = _p_scaled(test) < asked.alpha
                loadings[run], found["loadings_found"][run] = _loadings(fitted, asked.alpha)
    return {**found, "loadings": loadings}


def _fit(asked: ModelQuestions, name: str, groups: Sequence[Floats]) -> Estimate | None:
    if any((np.ptp(group, axis=0) == 0.0).any() for group in groups):
        return None
    moments: list[Moments] = [sample_moments(group, fiml=False) for group in groups]
    try:
        fitted = estimate(asked.tables[name], moments, start=asked.starts[name])
    except np.linalg.LinAlgError:
        return None
    return fitted if fitted.converged else None


def _p_scaled(test: FitTest) -> float:
    return p_of(test.chi2 / test.scaling, test.df)


def _bias_found(asked: ModelQuestions, groups: Sequence[Floats]) -> float:
    """Whether the test of equal intercepts rejects."""
    metric, scalar = (_fit(asked, name, groups) for name in ("metric", "scalar"))
    if metric is None or scalar is None:
        return float("nan")
    tests = [fit_test(fitted, correction="yuan_bentler") for fitted in (scalar, metric)]
    return float(_p_scaled(corrected_difference(*tests)) < asked.alpha)


def _loadings(fitted: Estimate, alpha: float) -> tuple[Floats, float]:
    """Standardised loadings, and whether all differ from 0."""
    table = fitted.model.table
    free = np.array([op == "=~" for op in table.op])
    place = table.free[free] - 1
    value = fitted.theta[place]
    se = np.sqrt(np.diag(covariance_of_estimates(fitted, se="huber_white"))[place])
    sd = np.sqrt(np.diag(fitted.point.at[0].sigma))
    return value / sd, float((np.abs(value / se) > ndtri(1.0 - alpha / 2.0)).all())
