import numpy as np

from hpp_analysis.core.reliability.alpha import cronbach_alpha
from hpp_analysis.core.reliability.intervals import bootstrap_intervals
from tests.core.conftest import Answers


def alphas(covariances: np.ndarray) -> np.ndarray:
    return np.array([[cronbach_alpha(one)] for one in covariances])


def test_bootstrap_repeats_by_seed_and_draws_persons(answers: Answers) -> None:
    x = answers("items_complete")
    interval = lambda **more: bootstrap_intervals(x, alphas, rng=np.random.default_rng(1), **more)[0]  # noqa: E731
    assert interval(n_boot=300) == interval(n_boot=300)
    assert interval(n_boot=300) != interval(n_boot=300, method="bca")
    width = lambda found: found.upper - found.lower  # noqa: E731
    doubled = np.tile(x, (2, 1))
    by_row = bootstrap_intervals(doubled, alphas, rng=np.random.default_rng(1), n_boot=300)[0]
    persons = np.tile(np.arange(len(x)), 2)
    by_person = bootstrap_intervals(doubled, alphas, rng=np.random.default_rng(1), units=persons, n_boot=300)
    assert width(by_row) < 0.9 * width(by_person[0])


def test_no_bootstrap_interval_where_there_is_nothing() -> None:
    rng = np.random.default_rng(0)
    assert np.isnan(bootstrap_intervals(np.ones((2, 3)), alphas, rng=rng)[0]).all()
    assert np.isnan(bootstrap_intervals(np.ones((9, 3)), alphas, rng=rng, n_boot=50)[0]).all()
    assert np.isnan(bootstrap_intervals(np.full((9, 3), np.nan), alphas, rng=rng, n_boot=50)[0]).all()
