from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.retention.draws import normal_correlations, permuted_correlations
from hpp_analysis.core.retention.eigenvalues import (
    eigenvalues,
    empirical_kaiser,
    empirical_reference,
    parallel_analysis,
    reference_curve,
    reference_spectra,
)
from hpp_analysis.core.retention.verdict import leading
from tests.core.retention.conftest import EXACT, VALUES, correlated

KINDS = {"pca": "eigenvalues", "smc": "eigenvalues_smc", "factor": "eigenvalues_factor"}


# What R finds


@pytest.mark.parametrize("kind", ["pca", "smc", "factor"])
def test_eigenvalues_are_those_of_psych(case: tuple[np.ndarray, dict[str, Any]], kind: Any) -> None:
    x, values = case
    found = eigenvalues(correlated(x), kind)
    # minres: psych's optimiser stops when the objective changes by about 1e-8, which leaves 1e-5 in a communality
    np.testing.assert_allclose(found, values[KINDS[kind]], rtol=0, atol=2e-5 if kind == "factor" else EXACT)
    for other in set(KINDS) - {kind}:
        assert np.max(np.abs(found - values[KINDS[other]])) > 0.01


def test_the_reference_of_ekc(case: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, values = case
    observed = eigenvalues(correlated(x))
    np.testing.assert_allclose(empirical_reference(observed, values["n"]), values["ekc"], rtol=0, atol=EXACT)
    above = np.asarray(values["eigenvalues"]) > np.asarray(values["ekc"])
    assert empirical_kaiser(observed, values["n"]).n_factors == int(np.argmin(above))
    assert np.max(np.abs(empirical_reference(observed, 10 * values["n"]) - values["ekc"])) > 0.01


@pytest.mark.parametrize("draws", ["permuted", "normal"])
@pytest.mark.parametrize("kind", ["pca", "factor", "smc"])
def test_reference_eigenvalues_are_those_of_fa_parallel(own: np.ndarray, draws: str, kind: Any) -> None:
    found = VALUES["own"]["parallel_smc" if kind == "smc" else "parallel"]
    theirs = found[f"{'factor' if kind == 'smc' else kind}_{draws}"]
    n_iter, n_sets = VALUES["n_iter"], 1000
    rng = np.random.default_rng(5)
    drawn = (
        permuted_correlations(own, n_sets, rng) if draws == "permuted" else normal_correlations(*own.shape, n_sets, rng)
    )
    spectra = reference_spectra(drawn, [kind])[kind]
    sd = np.asarray(theirs["sd"])
    # four standard errors of a difference of two simulated means, and of two quantiles: density of the normal at its
    # 95 % quantile .103, so sqrt(.05 * .95) / .103 = 2.1 standard errors of a mean
    error = 4 * sd * np.sqrt(1 / n_iter + 1 / n_sets)
    mean = reference_curve(spectra, "mean", 0.95)
    quantile = reference_curve(spectra, "quantile", 0.95)
    assert np.all(np.abs(mean - theirs["mean"]) < error)
    assert np.all(np.abs(quantile - theirs["q95"]) < 2.3 * error)
    assert np.all(quantile[:3] - mean[:3] > error[:3])


@pytest.mark.parametrize(
    ("study", "kind", "expected"), [("own", "pca", 3), ("own", "factor", 3), ("bfi", "pca", 5), ("bfi", "factor", 6)]
)
def test_parallel_analysis_counts_as_psych(study: str, kind: Any, expected: int) -> None:
    values = VALUES[study]
    reference = np.asarray(values["parallel"][f"{kind}_permuted"]["q95"])
    found = parallel_analysis(np.asarray(values[KINDS[kind]]), reference)
    assert found.n_factors == expected == values["parallel"]["n_components" if kind == "pca" else "n_factors"]


def test_stops_at_the_first_eigenvalue_below_its_reference() -> None:
    found = parallel_analysis(np.array([2.0, 1.0, 1.2, 0.5]), np.array([1.5, 1.1, 1.0, 0.8]))
    assert found.n_factors == 1
    assert leading(np.array([True, False, True])) == 1


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_larger_reference_retains_no_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    observed, low = np.sort(rng.random(6))[::-1] * 2, np.sort(rng.random(6))[::-1]
    high = low + rng.random(6)
    assert parallel_analysis(observed, high).n_factors <= parallel_analysis(observed, low).n_factors
