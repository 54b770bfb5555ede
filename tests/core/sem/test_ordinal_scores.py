"""Factor scores from categories are where the density of answers and factors is largest."""

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.sem.estimation import estimate
from hpp_analysis.core.sem.ordinal import OrdinalImplied
from hpp_analysis.core.sem.ordinal_moments import ordinal_moments
from hpp_analysis.core.sem.ordinal_scores import ordinal_scores
from hpp_analysis.core.sem.table import build_table
from tests.core.sem.test_ordinal_moments import sample


def test_scores_maximise_the_density() -> None:
    x = sample(300, np.random.default_rng(7), missing=0.1)
    moments = ordinal_moments(x, categorise(x[:, :3]), np.array([True] * 3 + [False] * 2))
    found = estimate(
        build_table("f =~ a + b + c + d + e", ordered={"a": 1, "b": 2, "c": 3}), [moments], estimator="DWLS"
    )
    (at,) = found.point.at
    assert isinstance(at, OrdinalImplied)
    scores, without = (ordinal_scores(at, moments, prior=prior)[:, 0] for prior in (True, False))
    lambda_, nu = at.a[:5, 5], (at.total_mean - at.a @ at.total_mean)[:5]
    sd, psi = np.sqrt(np.diag(at.s)[:5]), at.s[5, 5]

    def density(eta: float, answers: np.ndarray, *, prior: bool) -> float:
        total = norm.logpdf(eta, 0.0, np.sqrt(psi)) if prior else 0.0
        for k, answer in enumerate(answers):
            if np.isnan(answer):
                continue
            mean = nu[k] + lambda_[k] * eta
            if k < 3:
                cuts = np.concatenate([[-np.inf], at.thresholds[at.item == k], [np.inf]])
                below, above = norm.cdf((cuts[int(answer) : int(answer) + 2] - mean) / sd[k])
                total += np.log(above - below)
            else:
                total += norm.logpdf(answer, mean, sd[k])
        return -float(total)

    for row in range(6):
        for prior, ours in ((True, scores), (False, without)):
            best = minimize(lambda eta, row=row, prior=prior: density(eta[0], x[row], prior=prior), [0.0])
            # the minimiser stops where the slope is 1e-5
            assert abs(best.x[0] - ours[row]) < 1e-3
    assert np.abs(without).mean() > np.abs(scores).mean()  # the prior draws scores to the mean


def test_scores_that_do_not_exist_are_nan() -> None:
    x = sample(300, np.random.default_rng(8))[:, :3]
    moments = ordinal_moments(x, categorise(x), np.ones(3, dtype=bool))
    found = estimate(build_table("f =~ a + b + c", ordered={"a": 1, "b": 2, "c": 3}), [moments], estimator="DWLS")
    (at,) = found.point.at
    assert isinstance(at, OrdinalImplied)
    lowest = (x == 0).all(axis=1)
    assert lowest.any()
    assert np.isnan(ordinal_scores(at, moments, prior=False)[lowest]).all()
    assert np.isfinite(ordinal_scores(at, moments)).all()


def test_an_improper_solution_has_no_scores() -> None:
    x = sample(300, np.random.default_rng(8))[:, :3]
    moments = ordinal_moments(x, categorise(x), np.ones(3, dtype=bool))
    table = build_table("f =~ 1*a + 1.4*b + 1*c; f ~~ 0.7*f", ordered={"a": 1, "b": 2, "c": 3})
    (at,) = estimate(table, [moments], estimator="DWLS").point.at
    assert isinstance(at, OrdinalImplied)
    assert at.s[1, 1] < 0
    assert np.isnan(ordinal_scores(at, moments)).all()
