import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.retention.average_partials import average_partials, minimum_average_partial
from hpp_analysis.core.retention.draws import normal_correlations
from hpp_analysis.core.retention.eigenvalues import (
    eigenvalues,
    eigenvalues_above_one,
    empirical_kaiser,
    parallel_analysis,
    reference_curve,
    reference_spectra,
)
from hpp_analysis.core.retention.model_fit import close_fit, information, sequential_chi2, series
from hpp_analysis.core.retention.nest import next_eigenvalue
from tests.core.retention.conftest import population

# Known populations


@pytest.mark.parametrize("phi", [0.0, 0.4])
def test_criteria_find_the_factors_of_a_population(phi: float) -> None:
    r, n = population(phi), 100_000
    observed = eigenvalues(r)
    rng = np.random.default_rng(1)
    curve = reference_curve(reference_spectra(normal_correlations(n, 18, 50, rng), ["pca"])["pca"], "quantile", 0.95)
    models = series(r, n, 6, "ml")
    assert parallel_analysis(observed, curve).n_factors == 3
    assert minimum_average_partial(r, 2).n_factors == minimum_average_partial(r, 4).n_factors == 3
    assert empirical_kaiser(observed, n).n_factors == 3
    assert next_eigenvalue(r, n, 50, rng).n_factors == 3
    assert sequential_chi2(models).n_factors == close_fit(models).n_factors == 3
    assert information(models, "bic").n_factors == information(models, "sabic").n_factors == 3
    assert eigenvalues_above_one(observed).n_factors == 3


# Invariants

matrices = st.integers(0, 10_000).map(lambda seed: np.corrcoef(np.random.default_rng(seed).standard_normal((40, 7)).T))


@given(r=matrices, seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_order_and_sign_of_items_do_not_matter(r: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order, sign = rng.permutation(7), rng.choice([-1.0, 1.0], 7)
    turned = (r * np.outer(sign, sign))[np.ix_(order, order)]
    for kind in ("pca", "smc"):
        np.testing.assert_allclose(eigenvalues(turned, kind), eigenvalues(r, kind), atol=1e-9)  # rounding
    for power in (2, 4):
        # the last averages divide by what rounding leaves of an item
        np.testing.assert_allclose(average_partials(turned, power)[:5], average_partials(r, power)[:5], rtol=1e-6)
    one, other = series(r, 40, 2, "ml"), series(turned, 40, 2, "ml")
    np.testing.assert_allclose(one.of("chi2"), other.of("chi2"), atol=1e-5)  # Newton ends at a slope of 1e-9


# What cannot be told


def test_undefined_singular_and_tiny() -> None:
    r = np.full((4, 4), np.nan)
    assert np.isnan(eigenvalues(r)).all()
    assert minimum_average_partial(r).why == "undefined_correlation"
    singular = np.corrcoef(np.random.default_rng(1).standard_normal((4, 6)).T)
    assert np.isnan(eigenvalues(singular, "smc")).all()
    assert np.isfinite(eigenvalues(singular)).all()
    assert minimum_average_partial(np.eye(2)).why == "too_few_items"
    assert empirical_kaiser(np.array([1.5, 0.5]), np.nan).why == "n_unknown"
