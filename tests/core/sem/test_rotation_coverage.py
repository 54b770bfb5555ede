"""Simulated truth: intervals of rotated loadings cover, and factors keep their names."""

import numpy as np
import pytest

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.factors.alignment import match_factors
from hpp_analysis.core.factors.recipe import Recipe
from hpp_analysis.core.sem.inference import covariance_of_estimates, intervals, rows_of_table
from hpp_analysis.core.sem.moments import moments_of_covariance, sample_moments
from hpp_analysis.core.sem.rotation import BlockRecipe, estimate_rotated, find_blocks
from hpp_analysis.core.sem.syntax import parse_syntax
from hpp_analysis.core.sem.table import build_table

pytestmark = pytest.mark.slow
RUNS = 1000
LOADINGS = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.7]]))
LOADINGS[3, 1], LOADINGS[7, 2], LOADINGS[11, 0] = 0.25, 0.25, 0.25
PHI = np.array([[1.0, 0.5, 0.4], [0.5, 1.0, 0.3], [0.4, 0.3, 1.0]])
SYNTAX = parse_syntax('efa("a")*f + efa("a")*g + efa("a")*h =~ ' + " + ".join(f"x{i}" for i in range(12)))
TARGET = np.where(np.kron(np.eye(3), np.ones((4, 1))) == 1.0, np.nan, 0.0)
RECIPES = {
    "geomin": Recipe(rotation="geomin", settings={"epsilon": 0.001}, n_starts=30),
    "geomin_01": Recipe(rotation="geomin", settings={"epsilon": 0.01}, n_starts=30),
    "oblimin": Recipe(rotation="oblimin", settings={"gamma": 0.0}, n_starts=5),
    "target": Recipe(rotation="target", settings={"target": TARGET}, n_starts=5),
}


def shares_that_cover(recipe: Recipe, n: int, runs: int, seed: int = 5) -> tuple[Floats, Floats, int]:
    """Of the 95 % interval of each loading and correlation: the share that covers; their true values; and failures.

    Factors and residuals are t-distributed with 8 degrees of freedom, and standard errors are robust. The truth is the
    rotation of the population.
    """
    rng = np.random.default_rng(seed)
    blocks, table = find_blocks(SYNTAX), build_table(SYNTAX, efa="oblique")
    recipes = {"a": BlockRecipe(recipe)}
    unique = 1.0 - np.einsum("ij,jk,ik->i", LOADINGS, PHI, LOADINGS)
    sigma = LOADINGS @ PHI @ LOADINGS.T + np.diag(unique)
    population = estimate_rotated(table, [moments_of_covariance(sigma, 1000, divisor="n")], blocks, recipes)[
        0
    ].point.at[0]
    lambda_, phi = population.a[:12, 12:], population.total[12:, 12:]
    one, other = np.triu_indices(3, 1)
    truth = np.concatenate([lambda_.T.ravel(), phi[one, other]])
    root = np.linalg.cholesky(PHI)
    hits, used = np.zeros(len(truth)), 0
    rows = [
        k for k in range(len(table)) if table.op[k] == "=~" or (table.op[k] == "~~" and table.lhs[k] != table.rhs[k])
    ]
    for _ in range(runs):
        factors = rng.standard_t(8, size=(n, 3)) / np.sqrt(8 / 6) @ root.T
        x = factors @ LOADINGS.T + rng.standard_t(8, size=(n, 12)) / np.sqrt(8 / 6) * np.sqrt(unique)
        found, _turned = estimate_rotated(table, [sample_moments(x, fiml=False)], blocks, recipes)
        if found.flags:
            continue
        used += 1
        each = intervals(*rows_of_table(found, covariance_of_estimates(found, se="huber_white")))
        match = match_factors(lambda_, found.point.at[0].a[:12, 12:]).alignment
        ends = np.stack([each.ci_lower[rows], each.ci_upper[rows]])
        loading = ends[:, :36].reshape(2, 3, 12)[:, match.order] * match.signs[:, None]
        square = np.zeros((2, 3, 3))
        square[:, one, other] = square[:, other, one] = ends[:, 36:]
        square = square[:, match.order][:, :, match.order] * np.outer(match.signs, match.signs)
        ends = np.concatenate([loading.reshape(2, 36), square[:, one, other]], axis=1)
        hits += (ends.min(axis=0) <= truth) & (truth <= ends.max(axis=0))
    return hits / used, truth, runs - used


@pytest.mark.parametrize("name", ["oblimin", "target"])
def test_intervals_of_rotated_loadings_cover(name: str) -> None:
    """1,000 runs, n 600: coverage of 95 % intervals within .926 to .974, the gates of all of our intervals."""
    shares, _truth, failures = shares_that_cover(RECIPES[name], 600, RUNS)
    assert failures < 0.01 * RUNS
    assert shares.min() >= 0.926, shares
    assert shares.max() <= 0.974, shares
