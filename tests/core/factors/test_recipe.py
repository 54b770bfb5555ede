"""Recipes: every rotation keeps what it must, and every extraction is the one named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.factors.recipe import Recipe, extract, rotate_by_recipe
from hpp_analysis.core.factors.rotation import KINDS
from hpp_analysis.core.factors.solution import finish

ROTATIONS = sorted(set(KINDS) - {"target", "target_t"})
SETTINGS = {"gamma": 0.1, "epsilon": 0.01, "kappa": 0.1, "power": 4.0}


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(ROTATIONS), seed=st.integers(0, 10_000), normalize=st.booleans())
def test_rotation_keeps_communalities_and_variance(name: str, seed: int, normalize: bool) -> None:
    unrotated = np.random.default_rng(seed).uniform(-0.6, 0.6, size=(9, 3))
    recipe = Recipe(rotation=name, settings=SETTINGS, normalize=normalize)
    found = finish(rotate_by_recipe(unrotated, recipe, np.random.default_rng(0)), reorder=recipe.reorder)
    before = np.sum(unrotated**2, axis=1)
    np.testing.assert_allclose(found.communality, before, rtol=0, atol=1e-8)
    assert found.variance.sum() == pytest.approx(before.sum(), abs=1e-8)
    assert (found.lambda_.sum(axis=0) >= 0).all()


LAMBDA = np.kron(np.eye(2), np.array([[0.8], [0.7], [0.6], [0.5]]))
CORRELATION = LAMBDA @ np.array([[1.0, 0.4], [0.4, 1.0]]) @ LAMBDA.T
np.fill_diagonal(CORRELATION, 1.0)


@pytest.mark.parametrize("extraction", ["minres", "uls", "ml", "pa", "gls", "dwls"])
def test_every_method_finds_a_population(extraction: str) -> None:
    found = extract(CORRELATION, 2, Recipe(extraction=extraction))
    assert found.converged
    # principal axes end at a change of 1e-9 a round, of which hundreds are left; the others at a slope of 1e-8
    np.testing.assert_allclose(found.psi, 1.0 - np.sum(LAMBDA**2, axis=1), atol=1e-5)


def test_components_hold_the_items_own_variance_too() -> None:
    found = extract(CORRELATION, 2, Recipe(extraction="pca"))
    assert (found.psi < 1.0 - np.sum(LAMBDA**2, axis=1) - 0.04).all()


@pytest.mark.parametrize(
    ("rotation", "reorder"), [("none", True), ("oblimin", True), ("target", False), ("bifactor", False)]
)
def test_factors_with_a_place_of_their_own_keep_it(rotation: str, reorder: bool) -> None:
    assert Recipe(rotation=rotation).reorder is reorder
