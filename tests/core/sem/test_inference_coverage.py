"""Simulated truth: intervals cover, and verdicts on equal loadings raise few false alarms."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hpp_analysis.common.interpret import CFI_CHANGE
from hpp_analysis.core.sem.chisquare import baseline_of, corrected_difference, fit_test
from hpp_analysis.core.sem.estimation import estimate
from hpp_analysis.core.sem.inference import covariance_of_estimates, intervals, rows_of_table
from hpp_analysis.core.sem.moments import sample_moments
from hpp_analysis.core.sem.table import build_table

pytestmark = pytest.mark.slow
MODEL = "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6\n h =~ x7 + x8 + x9"
LOADINGS = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6]]))
PHI = np.array([[1.0, 0.5, 0.4], [0.5, 1.0, 0.3], [0.4, 0.3, 1.0]])


def answers(n: int, rng: np.random.Generator, *, missing: float = 0.0) -> NDArray[np.float64]:
    """Skewed enough to need robust tests: factors and residuals are t-distributed with 8 degrees of freedom."""
    spread = np.sqrt(8 / 6)
    factors = rng.standard_t(8, size=(n, 3)) / spread @ np.linalg.cholesky(PHI).T
    errors = rng.standard_t(8, size=(n, 9)) / spread * np.sqrt(1 - (LOADINGS**2).sum(axis=1))
    x = 5 + factors @ LOADINGS.T + errors
    x[rng.random(x.shape) < missing] = np.nan
    return np.asarray(x)


@pytest.mark.parametrize("missing", [0.0, 0.08])
def test_robust_intervals_cover(missing: float) -> None:
    """1,000 runs, n 300: coverage of 95 % intervals within .926 to .974, for loadings and correlations of factors."""
    rng = np.random.default_rng(11)
    table = build_table(MODEL, std_lv=True, meanstructure=missing > 0)
    truth = {("f", "=~", "x1"): 0.8, ("g", "=~", "x5"): 0.7, ("h", "=~", "x9"): 0.6, ("f", "~~", "g"): 0.5}
    places = [next(k for k in range(len(table)) if (table.lhs[k], table.op[k], table.rhs[k]) == key) for key in truth]
    value = np.array(list(truth.values()))
    hits = np.zeros(len(truth))
    for _ in range(1000):
        found = estimate(table, [sample_moments(answers(300, rng, missing=missing), fiml=True)])
        rows = intervals(*rows_of_table(found, covariance_of_estimates(found, se="huber_white")))
        hits += (rows.ci_lower[places] <= value) & (value <= rows.ci_upper[places])
    assert (hits / 1000 >= 0.926).all(), hits
    assert (hits / 1000 <= 0.974).all(), hits


def alarms_of(n: int, runs: int, seed: int) -> tuple[float, float]:
    """Shares of false alarms of the difference test alone, and of the verdict, in two groups that do not differ."""
    rng = np.random.default_rng(seed)
    free, equal = (
        build_table(MODEL, n_groups=2, meanstructure=True, std_lv=True, group_equal=names)
        for names in ((), ("loadings",))
    )
    by_test = by_verdict = 0
    for _ in range(runs):
        moments = [sample_moments(answers(n, rng), fiml=True) for _group in range(2)]
        found = estimate(equal, moments), estimate(free, moments)
        tests = [fit_test(one, correction="yuan_bentler") for one in found]
        p = corrected_difference(*tests).p_scaled
        by_test += p < 0.05
        if p < 0.05:
            base = fit_test(baseline_of(found[1]), correction="yuan_bentler")
            over = [max(test.chi2 - test.scaling * test.df, 0.0) for test in (*tests, base)]
            by_verdict += (over[1] - over[0]) / over[2] < CFI_CHANGE
    return by_test / runs, by_verdict / runs


@pytest.mark.parametrize("n", [200, 400])
def test_false_alarms_of_equal_loadings(n: int) -> None:
    """2,000 runs: at most .05 and 2.33 Monte Carlo standard errors.

    The verdict keeps that with 200 respondents a group; the scaled difference test alone, known to be liberal in small
    samples of long-tailed answers, with 400 (with 200 it raised 6.6 %).
    """
    runs = 2000
    by_test, by_verdict = alarms_of(n, runs, 12)
    limit = 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / runs)
    assert by_verdict <= limit
    assert by_test <= (limit if n >= 400 else 0.08)
