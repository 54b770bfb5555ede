"""Exploratory blocks: what the syntax says, what is estimated, and the errors of what is rotated."""

import numpy as np
import pytest

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.factors.recipe import Recipe
from hpp_analysis.core.factors.rotation import KINDS, rotate_many
from hpp_analysis.core.sem.inference import covariance_of_estimates, rows_of_table
from hpp_analysis.core.sem.model import implied
from hpp_analysis.core.sem.moments import moments_of_covariance
from hpp_analysis.core.sem.rotation import BlockRecipe, _unrotated, estimate, estimate_rotated, find_blocks
from hpp_analysis.core.sem.syntax import parse_syntax
from hpp_analysis.core.sem.table import Table, build_table
from hpp_analysis.errors import ModelSyntaxError

MODEL = parse_syntax('efa("a")*f + efa("a")*g + efa("a")*h =~ ' + " + ".join(f"x{i}" for i in range(9)))
BLOCKS = find_blocks(MODEL)
RECIPES = {
    "geomin": Recipe(rotation="geomin", settings={"epsilon": 0.01}, n_starts=10),
    "oblimin": Recipe(rotation="oblimin", settings={"gamma": -0.3}),
    "target": Recipe(
        rotation="target", settings={"target": np.where(np.kron(np.eye(3), np.ones((3, 1))) == 1.0, np.nan, 0.0)}
    ),
    "bifactor": Recipe(rotation="bifactor", n_starts=20),
    "varimax": Recipe(rotation="varimax", normalize=True),
    "geomin_t": Recipe(rotation="geomin_t", settings={"epsilon": 0.01}, n_starts=10),
}


def covariance() -> Floats:
    """Of items with cross-loadings and unequal variances, not exactly those of three factors."""
    rng = np.random.default_rng(2)
    lambda_ = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6]])) + rng.uniform(-0.15, 0.25, (9, 3))
    phi = np.array([[1.0, 0.4, 0.3], [0.4, 1.0, 0.2], [0.3, 0.2, 1.0]])
    x = rng.normal(size=(400, 3)) @ np.linalg.cholesky(phi).T @ lambda_.T + rng.normal(size=(400, 9)) * 0.7
    return np.asarray(np.cov(x * np.linspace(0.5, 2.0, 9), rowvar=False))


def table_of(recipe: Recipe) -> Table:
    return build_table(MODEL, efa="oblique" if KINDS[recipe.rotation].oblique else "orthogonal")


@pytest.mark.parametrize("std_ov", [True, False])
@pytest.mark.parametrize("name", RECIPES)
def test_errors_are_those_of_the_delta_method(name: str, std_ov: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unrotated parameters are moved one by one, rotated anew, and their covariances carried over."""
    recipe, moments = RECIPES[name], [moments_of_covariance(covariance(), 400)]
    table, kind = table_of(recipe), KINDS[recipe.rotation]
    found, _turned = estimate_rotated(table, moments, BLOCKS, {"a": BlockRecipe(recipe, std_ov)})
    plain = estimate(_unrotated(table, moments, BLOCKS, {"a": False}), moments)
    unrotated, rotated = plain.point.at[0].a[:9, 9:], found.point.at[0].a[:9, 9:]
    turn = np.linalg.inv(np.linalg.lstsq(unrotated, rotated, rcond=None)[0]).T
    criterion = kind.criterion(recipe.settings, 9, 3)

    def rotated_parameters(theta: Floats) -> Floats:
        at = implied(plain.model, theta)[0]
        sd = np.sqrt(np.diag(at.sigma)) if std_ov else np.ones(9)
        a = (at.a[:9, 9:] / sd[:, None])[None]
        result = rotate_many(a, turn[None], criterion, oblique=kind.oblique, normalize=recipe.normalize)
        return np.concatenate([(result.lambda_[0] * sd[:, None]).T.ravel(), result.phi[0][np.triu_indices(3, 1)]])

    # far below the slope at which rotations end, for each moves by no more than the step
    monkeypatch.setattr("hpp_analysis.core.factors.rotation._SLOPE_OF_MANY", 1e-12)
    moved = [
        (rotated_parameters(plain.theta + step) - rotated_parameters(plain.theta - step)) / 2e-4
        for step in 1e-4 * np.eye(len(plain.theta))
    ]
    slopes = np.array(moved).T
    expected = np.sqrt(np.diag(slopes @ covariance_of_estimates(plain) @ slopes.T))
    value, se = rows_of_table(found, covariance_of_estimates(found))
    rows = [
        k
        for k, (lhs, op, rhs) in enumerate(zip(table.lhs, table.op, table.rhs, strict=True))
        if op == "=~" or (op == "~~" and lhs != rhs)
    ]
    np.testing.assert_allclose(value[rows], rotated_parameters(plain.theta), atol=1e-5)  # a slope of 1e-7
    # differences over 2e-4 leave curvature out, which is some 1e-3 of the slope where geomin bends
    np.testing.assert_allclose(se[rows], expected, rtol=5e-3, atol=1e-5)


def test_rotations_differ_in_their_errors_and_not_in_fit() -> None:
    moments = [moments_of_covariance(covariance(), 400)]
    errors, fits = [], []
    for name in ("geomin", "oblimin", "target"):
        found, _turned = estimate_rotated(table_of(RECIPES[name]), moments, BLOCKS, {"a": BlockRecipe(RECIPES[name])})
        errors.append(np.sqrt(np.diag(covariance_of_estimates(found)))[:27])
        fits.append((found.point.value, found.n_free, found.basis.shape[1]))
    assert np.allclose(fits, fits[0], rtol=1e-10)
    assert fits[0][1:] == (33, 33)
    for other in errors[1:]:
        assert np.abs(errors[0] / other - 1.0).max() > 0.05


def test_unrotated_starts_hold_for_items_that_cannot_tell_factors_apart() -> None:
    """The first items all measure one factor: zeros among these would leave a rotation nearly free."""
    lambda_ = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6]]))
    s = lambda_ @ lambda_.T
    np.fill_diagonal(s, 1.0)
    recipe = Recipe(rotation="quartimin")
    found, _turned = estimate_rotated(
        table_of(recipe), [moments_of_covariance(s, 200, divisor="n")], BLOCKS, {"a": BlockRecipe(recipe)}
    )
    assert found.flags == ()
    np.testing.assert_allclose(found.point.at[0].a[:9, 9:], lambda_, atol=1e-6)


def test_blocks_are_parsed_with_their_factors() -> None:
    syntax = parse_syntax("efa('one')*f + efa(one)*g =~ x1 + x2 + x3 + x4\nh =~ y1 + y2")
    assert [(block.name, block.factors) for block in find_blocks(syntax)] == [("one", ("f", "g"))]
    assert {term.lhs: term.efa for term in syntax.terms} == {"f": "one", "g": "one", "h": ""}


def test_a_table_of_a_block_has_free_loadings_and_variances_of_one() -> None:
    oblique, orthogonal = build_table(MODEL, efa="oblique"), build_table(MODEL, efa="orthogonal")
    assert (oblique.n_free, orthogonal.n_free) == (27 + 9 + 3, 27 + 9)
    variances = [k for k in range(len(oblique)) if oblique.op[k] == "~~" and oblique.lhs[k] == oblique.rhs[k] == "f"]
    assert oblique.value[variances].tolist() == [1.0]
    with pytest.raises(ModelSyntaxError):
        build_table(MODEL)
