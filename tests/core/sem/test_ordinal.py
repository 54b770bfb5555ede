"""Models of ordered items: exact derivatives, and two parameterisations of one model."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.sem.estimation import estimate, objective_of
from hpp_analysis.core.sem.model import build_model
from hpp_analysis.core.sem.ordinal import OrdinalImplied, OrdinalObjective, derived_slopes, imply, statistics_jacobian
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments, ordinal_moments
from hpp_analysis.core.sem.starts import start_values
from hpp_analysis.core.sem.table import Table, build_table
from tests.core.sem.test_ordinal_moments import sample

MODELS = {
    "factor": "f =~ a + b + c + d + e",
    "arrow from an item": "f =~ a + b + d; c ~ f; e ~ c + f",
    "covariance": "f =~ a + b + c + d + e; a ~~ b; d ~ 1",
}

NAMES = list("abcde")


def samples() -> list[OrdinalMoments]:
    rng = np.random.default_rng(5)
    found = []
    for n in (300, 400):
        x = sample(n, rng)
        found.append(ordinal_moments(x, categorise(x[:, :3]), np.array([True] * 3 + [False] * 2)))
    return found


def table_of(model: str, parameterization: str, moments: list[OrdinalMoments]) -> Table:
    ordered = {name: cuts.size for name, cuts in zip(NAMES, moments[0].thresholds, strict=True) if cuts.size}
    return build_table(
        MODELS[model], n_groups=2, ordered=ordered, parameterization=parameterization, group_equal="thresholds"
    )


def arranged(table: Table, moments: list[OrdinalMoments]) -> list[OrdinalMoments]:
    """The moments with the variables in the order of the table."""
    rng = np.random.default_rng(5)
    found = []
    for group in moments:
        x = sample(group.n, rng)
        places = [NAMES.index(name) for name in table.observed]
        is_item = np.array([place < 3 for place in places])
        own = x[:, places]
        found.append(ordinal_moments(own, categorise(own[:, is_item]), is_item))
    return found


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
@pytest.mark.parametrize("model", MODELS)
def test_derivatives_are_exact(model: str, parameterization: str) -> None:
    moments = samples()
    table = table_of(model, parameterization, moments)
    moments = arranged(table, moments)
    built = build_model(table)
    objective = objective_of(built, moments, "DWLS")
    assert isinstance(objective, OrdinalObjective)
    theta = start_values(built, moments) + np.random.default_rng(6).uniform(-0.05, 0.05, built.n_free)
    point = objective.point(theta)
    # forward differences with steps of 1.5e-8 are good to 1e-6
    slopes = approx_fprime(theta, lambda values: objective.point(values).value)
    np.testing.assert_allclose(point.gradient, slopes, atol=1e-5)
    for g, group in enumerate(built.groups):
        at = point.at[g]
        assert isinstance(at, OrdinalImplied)
        numeric = approx_fprime(theta, lambda values, g=g: imply(built, values)[g].statistics())
        np.testing.assert_allclose(statistics_jacobian(at, group.free_cells) @ group.join, numeric, atol=1e-5)
        derived = derived_slopes(at, group.free_cells)
        for name, by_cell in (("total", derived.total), ("s", derived.own), ("scale", derived.scale)):
            values = approx_fprime(
                theta,
                lambda x, g=g, name=name: (
                    np.atleast_2d(getattr(imply(built, x)[g], name).T).T.diagonal()
                    if name != "scale"
                    else imply(built, x)[g].scale
                ),
            )
            np.testing.assert_allclose(by_cell @ group.join, values, atol=1e-5)


def test_second_derivatives_are_exact_where_scales_stand_still() -> None:
    moments = samples()[:1]
    table = build_table(MODELS["covariance"], ordered={"a": 1, "b": 2, "c": 3})
    built = build_model(table)
    objective = objective_of(built, moments, "DWLS")
    theta = start_values(built, moments)
    exact = objective.information(objective.point(theta), "observed")
    numeric = approx_fprime(theta, lambda values: objective.point(values).gradient, 1e-6)
    # the gradients are of the size of 10
    np.testing.assert_allclose(exact, numeric, atol=1e-3)
    assert not np.allclose(exact, objective.information(objective.point(theta)), atol=1e-3)


@pytest.mark.parametrize("estimator", ["DWLS", "OULS", "WLS"])
def test_parameterisations_fit_alike(estimator: str) -> None:
    moments = samples()
    fits = []
    for parameterization in ("delta", "theta"):
        table = table_of("arrow from an item", parameterization, moments)
        fits.append(estimate(table, arranged(table, moments), estimator=estimator))
    # both end where a step would lower the discrepancy by less than 1e-14
    assert fits[0].point.value == pytest.approx(fits[1].point.value, abs=1e-9)
    for one, other in zip(fits[0].point.at, fits[1].point.at, strict=True):
        assert isinstance(one, OrdinalImplied)
        assert isinstance(other, OrdinalImplied)
        np.testing.assert_allclose(one.statistics(), other.statistics(), atol=1e-4)
