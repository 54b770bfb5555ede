"""The place of a score in a norm: against metafor, at its edges, and whether its interval holds the truth."""

import numpy as np
import pytest
from scipy import stats

from hpp_analysis.core.groups.norm_position import place_among, solve_q_profile
from tests.core.conftest import read_values

REFERENCE = read_values("norms")
Y, V = np.array(REFERENCE["y"]), np.array(REFERENCE["v"])


def place(value: float = 7.6, error: float = 0.1, df: float = 40, y=Y, v=V, cluster=None, seed: int = 1, **options):
    return place_among(value, error, df, y, v, cluster, rng=np.random.default_rng(seed), **options)


def test_the_spread_is_that_of_paule_and_mandel() -> None:
    found = place()
    assert found.sd**2 == pytest.approx(REFERENCE["tau2"], abs=1e-9)  # two root finders
    assert found.mean == pytest.approx(REFERENCE["mean"], abs=1e-9)
    assert found.share == pytest.approx(REFERENCE["share"], abs=1e-9)
    # neither the neighbouring estimators nor the observed spread pass for it
    assert abs(found.sd**2 - REFERENCE["tau2_reml"]) > 1e-4
    assert abs(found.sd**2 - REFERENCE["tau2_dl"]) > 1e-3
    assert found.share - REFERENCE["share_observed"] > 0.01
    assert found.observed_sd == pytest.approx(float(np.std(Y, ddof=1)), abs=1e-12)


def test_the_variance_of_a_quantile_is_that_of_the_q_profile() -> None:
    q = stats.chi2.ppf([0.975, 0.025], Y.size - 1)
    tau2, _mean, _weight = solve_q_profile(q, Y, V)
    # between points of its grid the inverse of the sum of squares is taken for a line
    np.testing.assert_allclose(tau2, [REFERENCE["tau2_lower"], REFERENCE["tau2_upper"]], rtol=2e-4)
    at_estimate, mean, weight = solve_q_profile(np.array([Y.size - 1.0]), Y, V)
    assert at_estimate[0] == pytest.approx(REFERENCE["tau2"], rel=2e-4)
    assert mean[0] == pytest.approx(REFERENCE["mean"], abs=1e-5)
    assert 1 / np.sqrt(weight[0]) == pytest.approx(REFERENCE["se"], rel=2e-4)


def test_errors_of_the_score_and_of_the_norm_widen_the_interval() -> None:
    found = place()
    width = found.ci_upper - found.ci_lower
    sure = place(error=0.001)
    assert sure.ci_upper - sure.ci_lower < width
    many = place(y=np.tile(Y, 4), v=np.tile(V, 4))
    assert many.ci_upper - many.ci_lower < width
    wider = place(conf_level=0.99)
    assert wider.ci_upper - wider.ci_lower > width


def test_alike_partnerships_of_a_client_widen_it_and_others_do_not() -> None:
    order = np.argsort(Y)
    alike, different = np.empty(24, int), np.empty(24, int)
    alike[order], different[order] = np.arange(24) // 4, np.tile([0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0], 2)
    assert place(cluster=different) == place()  # partnerships of a client are less alike than chance has it
    found = place(cluster=alike)
    assert found.df < 20
    assert found.ci_upper - found.ci_lower > place().ci_upper - place().ci_lower
    assert found.share == place().share


def test_what_cannot_be_said_is_nan() -> None:
    chance = place(y=np.array([7.0, 7.1, 6.9, 7.0]), v=np.full(4, 0.3))
    assert np.isnan([chance.share, chance.ci_lower]).all()
    assert chance.sd == 0.0
    assert np.isnan(place(y=Y[:2], v=V[:2]).share)
    unsure = place(error=float("nan"))
    assert unsure.share == place().share
    assert np.isnan(unsure.ci_lower)


def test_the_same_seed_gives_the_same_interval() -> None:
    assert place() == place()
    assert place().ci_lower != place(seed=2).ci_lower
    # the error of a quantile of 4,000 draws: about a hundredth of the scale
    assert place().ci_lower == pytest.approx(place(seed=2).ci_lower, abs=0.03)


@pytest.mark.parametrize(
    ("k", "of_client", "alike", "share"), [(20, 1, 0.0, 0.9), (20, 5, 0.3, 0.5), (48, 4, 0.5, 0.75)]
)
def test_intervals_of_95_percent_hold_the_truth(k: int, of_client: int, alike: float, share: float) -> None:
    rng = np.random.default_rng(k)
    runs, spread, sd, held = 1_000, 0.6, 1.5, 0
    client = np.arange(k) // of_client
    truth = 7.0 + stats.norm.ppf(share) * spread
    for _run in range(runs):
        common, own = rng.standard_normal(client.max() + 1)[client], rng.standard_normal(k)
        n = rng.integers(10, 41, k)
        y = (
            7.0
            + spread * (np.sqrt(alike) * common + np.sqrt(1 - alike) * own)
            + rng.standard_normal(k) * sd / np.sqrt(n)
        )
        v = sd**2 * rng.chisquare(n - 1) / (n - 1) / n
        value, error = truth + rng.standard_normal() * sd / np.sqrt(60), sd * np.sqrt(rng.chisquare(59) / 59 / 60)
        found = place_among(value, error, 59, y, v, client, n_draws=1_000, rng=rng)
        held += not found.ci_lower > share and not found.ci_upper < share
    # 1,000 runs know a coverage of .95 within .014 either way; too wide is less of a fault than too narrow
    assert 0.936 <= held / runs <= 0.974
