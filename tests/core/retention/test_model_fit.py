from typing import Any

import numpy as np
import pytest

from hpp_analysis.core.retention.model_fit import Series, information, most_factors, sequential_chi2, series
from tests.core.retention.conftest import correlated, population

OPTIMISER = 2e-4  # factanal and psych stop at 1e-8 relative in the discrepancy; chi-square multiplies that by n


def test_models_have_the_tests_of_factanal_and_the_criteria_of_psych(case: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, values = case
    theirs = values["solutions"]
    ours = series(correlated(x), len(x), len(theirs["chi2"]), "ml")
    np.testing.assert_allclose(ours.of("chi2")[1:], theirs["chi2"], rtol=OPTIMISER, atol=OPTIMISER)
    np.testing.assert_array_equal(ours.df[1:], theirs["df"])
    np.testing.assert_allclose(ours.of("p")[1:], theirs["p"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours.of("chi2")[0], theirs["null_chi2"], rtol=1e-9)
    np.testing.assert_allclose(ours.cfi[1:], theirs["cfi"], rtol=0, atol=1e-5)
    # psych's BIC and SABIC are of its own solutions, within 0.1 of factanal's where an optimiser stops early
    np.testing.assert_allclose(ours.of("bic")[1:], theirs["bic"], rtol=1e-4, atol=0.1)
    np.testing.assert_allclose(ours.of("sabic")[1:], theirs["sabic"], rtol=1e-4, atol=0.1)
    assert np.max(np.abs(np.subtract(theirs["bic"], theirs["sabic"]))) > 1
    assert information(ours, "bic").n_factors == 1 + int(np.argmin(theirs["bic"]))
    assert information(ours, "sabic").n_factors == 1 + int(np.argmin(theirs["sabic"]))


def test_the_common_part_accounted_for_is_that_of_the_residuals(case: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, values = case
    theirs = values["solutions"]["caf"]
    ours = series(correlated(x), len(x), len(theirs) - 1, "uls")
    # a Kaiser-Meyer-Olkin measure of residuals divides by small numbers: 1e-5 in a loading is 1e-3 there
    np.testing.assert_allclose(ours.caf, theirs, rtol=0, atol=2e-3)
    assert np.max(np.abs(series(correlated(x), len(x), len(theirs) - 1, "ml").caf - theirs)) > 2e-3


def test_none_fits() -> None:
    models = series(population(), 100_000, 2, "ml")
    assert sequential_chi2(models).why == "none_fits"
    assert isinstance(models, Series)


@pytest.mark.parametrize(("p", "most"), [(3, 0), (4, 1), (6, 2), (19, 13)])
def test_the_most_factors_leave_degrees_of_freedom(p: int, most: int) -> None:
    assert most_factors(p) == most
    assert (p - most - 1) ** 2 <= p + most + 1
