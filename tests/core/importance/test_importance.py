"""Importance against regressions of R on every subset, and its invariants."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.importance.importance import dominance, lmg, relative_weights, standardised_slopes, subset_r2
from tests.core.conftest import REFERENCE, read_table, read_values

R = read_values("drivers")
DIGITS = 1e-12  # sums of products of numbers below 1, printed with 15 digits


@pytest.fixture(scope="module")
def correlations() -> np.ndarray:
    names, table = read_table(REFERENCE / "data" / "drivers.csv")
    return np.corrcoef(table[:, [names.index(name) for name in ("x1", "x2", "x3", "x4", "x5", "y")]].T)


def random_correlations(p: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.corrcoef((rng.normal(size=(40, p + 1)) + 0.7 * rng.normal(size=(40, 1))).T)


def test_every_subset_is_that_of_r(correlations: np.ndarray) -> None:
    assert subset_r2(correlations) == pytest.approx(R["subset_r2"], abs=DIGITS)


def test_lmg_is_the_average_over_all_orders(correlations: np.ndarray) -> None:
    shares = lmg(subset_r2(correlations))
    assert shares == pytest.approx(R["lmg"], abs=DIGITS)
    assert shares != pytest.approx(R["last"], abs=0.01)  # not what a predictor adds last
    assert shares != pytest.approx(R["relative_weights"], abs=1e-4)


def test_dominance_is_that_of_r(correlations: np.ndarray) -> None:
    found = dominance(subset_r2(correlations))
    assert found.conditional == pytest.approx(np.array(R["conditional"]), abs=DIGITS)
    assert found.general == pytest.approx(R["lmg"], abs=DIGITS)
    assert found.complete.tolist() == R["complete"]
    assert (found.complete != found.conditionally).any()  # the two levels are different things here
    settled = found.complete != 0
    assert (found.conditionally[settled] == found.complete[settled]).all()  # complete implies conditional


def test_relative_weights_are_johnsons(correlations: np.ndarray) -> None:
    assert relative_weights(correlations) == pytest.approx(R["relative_weights"], abs=DIGITS)
    assert relative_weights(correlations) != pytest.approx(R["orthogonal_weights"], abs=0.01)


def test_slopes_are_those_of_r(correlations: np.ndarray) -> None:
    assert standardised_slopes(correlations) == pytest.approx(R["slopes"][1:], abs=DIGITS)


@given(st.integers(1, 7), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_shares_are_never_negative_and_sum_to_r2(p: int, seed: int) -> None:
    r = random_correlations(p, seed)
    r2 = subset_r2(r)
    whole = standardised_slopes(r) @ r[:-1, -1]
    shares = lmg(r2)
    assert shares.min() >= -1e-12
    assert shares.sum() == pytest.approx(whole, abs=1e-10)  # one inverse and one sweep of up to 7 x 7
    assert relative_weights(r).sum() == pytest.approx(whole, abs=1e-10)


@given(st.permutations(range(4)), st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_order_and_signs_of_predictors_do_not_matter(order: list[int], seed: int) -> None:
    r = random_correlations(4, seed)
    turn = np.diag([1.0, -1.0, 1.0, -1.0, -1.0])
    places = [*order, 4]
    turned = (turn @ r @ turn)[np.ix_(places, places)]
    for method in (lambda m: lmg(subset_r2(m)), relative_weights):
        assert method(turned) == pytest.approx(method(r)[list(order)], abs=1e-10)


def test_stacks_are_done_one_by_one_or_together() -> None:
    stack = np.array([random_correlations(5, seed) for seed in range(6)])
    alone = np.array([lmg(subset_r2(one)) for one in stack])
    assert lmg(subset_r2(stack)) == pytest.approx(alone, abs=1e-14)
    assert lmg(subset_r2(stack.reshape(2, 3, 6, 6))).shape == (2, 3, 5)
    assert relative_weights(stack)[2] == pytest.approx(relative_weights(stack[2]), abs=1e-14)


def test_uncorrelated_predictors_have_their_squared_correlations() -> None:
    r = np.eye(4)
    r[:3, 3] = r[3, :3] = [0.5, -0.3, 0.0]
    assert lmg(subset_r2(r)) == pytest.approx([0.25, 0.09, 0.0], abs=1e-15)
    assert relative_weights(r) == pytest.approx([0.25, 0.09, 0.0], abs=1e-15)


def test_a_predictor_twice_shares_its_importance() -> None:
    r = random_correlations(2, 3)
    twice = r[np.ix_([0, 0, 1, 2], [0, 0, 1, 2])]
    shares = lmg(subset_r2(twice))
    assert shares[0] == pytest.approx(shares[1], abs=1e-12)
    assert shares.sum() == pytest.approx(subset_r2(r)[-1], abs=1e-12)
    assert relative_weights(twice).sum() == pytest.approx(subset_r2(r)[-1], abs=1e-12)


def test_twelve_predictors_match_the_definition() -> None:
    r = random_correlations(12, 1)
    r2 = subset_r2(r)
    for chosen in itertools.islice(itertools.combinations(range(12), 5), 0, 792, 97):
        places = [*chosen, 12]
        part = r[np.ix_(places, places)]
        direct = standardised_slopes(part) @ part[:-1, -1]
        assert r2[sum(1 << place for place in chosen)] == pytest.approx(direct, abs=1e-9)  # 12 sweeps, r up to .9
    assert lmg(r2).sum() == pytest.approx(r2[-1], abs=1e-12)
