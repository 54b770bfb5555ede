"""Many factor solutions at once are those of the matrices one by one."""

from typing import Any

import numpy as np
import pytest

from hpp_analysis.core.factors.recipe import Recipe, extract, rotate_by_recipe
from hpp_analysis.core.factors.solution import finish
from hpp_analysis.core.factors.solutions_many import KnownSolution, aligned, solve_many

LAMBDA = np.kron(np.eye(2), np.array([[0.8], [0.7], [0.6], [0.7]]))
PHI = np.array([[1.0, 0.4], [0.4, 1.0]])


def samples(n: int, n_sets: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of a population, and of samples of it."""
    population = LAMBDA @ PHI @ LAMBDA.T
    np.fill_diagonal(population, 1.0)
    root, rng = np.linalg.cholesky(population), np.random.default_rng(3)
    return population, np.array([np.corrcoef((rng.normal(size=(n, 8)) @ root.T).T) for _set in range(n_sets)])


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("minres", "oblimin", {"gamma": 0.0}),
        Recipe("ml", "varimax", normalize=True),
        Recipe("pca", "promax", {"power": 4.0}),
        Recipe("pa", "none"),
        Recipe("dwls", "oblimin", {"gamma": 0.0}),
    ],
    ids=lambda recipe: recipe.extraction,
)
def test_they_are_those_of_one_by_one(recipe: Any) -> None:
    population, stack = samples(400, 6)
    rng = np.random.default_rng(0)

    def one(r: np.ndarray) -> tuple[Any, Any]:
        found = extract(r, 2, recipe)
        return found, finish(rotate_by_recipe(found.lambda_, recipe, rng), reorder=recipe.reorder)

    found, solution = one(population)
    ours = solve_many(stack, KnownSolution(found.lambda_, found.psi, solution), recipe, rng)
    assert ours.converged.all() and not ours.heywood.any()
    for place, r in enumerate(stack):
        alone = one(r)[1]
        lambda_, phi, _congruence = aligned(alone.lambda_[None], alone.phi[None], solution.lambda_)
        # rotations of many end at a slope ten times that of one
        np.testing.assert_allclose(ours.lambda_[place], lambda_[0], atol=2e-5)
        np.testing.assert_allclose(ours.phi[place], phi[0], atol=2e-5)
    assert np.abs(ours.lambda_ - solution.lambda_).max() > 0.02, "samples differ by far more than the tolerance"


def test_a_matrix_that_is_undefined_has_no_solution() -> None:
    population, stack = samples(400, 2)
    stack[1, 0, 1] = stack[1, 1, 0] = np.nan
    recipe = Recipe("minres", "oblimin", {"gamma": 0.0})
    found = extract(population, 2, recipe)
    solution = finish(rotate_by_recipe(found.lambda_, recipe, np.random.default_rng(0)))
    ours = solve_many(stack, KnownSolution(found.lambda_, found.psi, solution), recipe, np.random.default_rng(0))
    assert ours.defined.tolist() == [True, False]
    assert np.isnan(ours.congruence[1]).all()
