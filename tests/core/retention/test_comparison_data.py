import numpy as np

from hpp_analysis.core.retention.comparison_data import comparison_data, comparison_population
from tests.core.retention.conftest import correlated


def test_comparison_populations_have_the_items_distributions_and_correlations(own: np.ndarray) -> None:
    r = correlated(own)
    made = comparison_population(own, r, 3, np.random.default_rng(1))
    off = ~np.eye(12, dtype=bool)
    assert np.sqrt(np.mean((correlated(made) - r)[off] ** 2)) < 0.03
    for theirs, ours in zip(own.T, made.T, strict=True):
        shares = np.bincount(theirs.astype(int), minlength=6) / len(theirs)
        # 10,000 draws: five standard errors of a share are at most .025
        np.testing.assert_allclose(np.bincount(ours.astype(int), minlength=6) / len(ours), shares, atol=0.025)
    poor = comparison_population(own, r, 1, np.random.default_rng(1))
    assert np.sqrt(np.mean((correlated(poor) - r)[off] ** 2)) > 0.06


def test_comparison_data_count_factors(own: np.ndarray) -> None:
    found = comparison_data(own, correlated(own), 4, np.random.default_rng(1))
    assert found.n_factors == 3
    assert np.argmin(found.values["distance"][1:5]) == 2
    short = comparison_data(own, correlated(own), 1, np.random.default_rng(1))
    assert short.why == "at_limit"
