"""Standardised differences, equivalence, partial pooling, profiles and the bootstrap of organisations, against R."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.groups.cell_means import contrast_means
from hpp_analysis.core.groups.pooling import paired_differences, partially_pooled, profile_similarity
from tests.core.conftest import read_values

REFERENCE = read_values("gaps")


DIGITS = 1e-11  # closed forms, printed with 13 significant digits


def test_partial_pooling_is_paule_and_mandel() -> None:
    expected = REFERENCE["pooling"]
    found = partially_pooled(np.array(expected["y"]), np.array(expected["v"]))
    assert found.tau2 == pytest.approx(expected["tau2"], abs=1e-10)  # two root finders
    assert found.mean == pytest.approx(expected["mean"], abs=1e-10)
    np.testing.assert_allclose(found.estimate, expected["estimate"], atol=1e-10)
    assert expected["tau2_naive"] - found.tau2 > 0.1  # the plain variance holds the noise too


def test_pooling_at_its_edges() -> None:
    alike = partially_pooled(np.array([1.0, 1.1, 0.9]), np.array([0.5, 0.5, 0.5]))
    assert alike.tau2 == 0.0  # chance explains it all: everyone is the mean
    np.testing.assert_allclose(alike.estimate, 1.0)
    assert np.isnan(partially_pooled(np.array([1.0, 2.0]), np.array([0.1, 0.1])).estimate).all()
    some = partially_pooled(np.array([1.0, np.nan, 3.0, 2.0]), np.array([0.1, 0.1, 0.1, 0.1]))
    assert np.isnan(some.estimate[1]) and not np.isnan(some.estimate[[0, 2, 3]]).any()


def test_pooled_means_are_nearer_to_the_truth() -> None:
    """What partial pooling is for: 30 partnerships of 4 persons, 200 studies."""
    rng = np.random.default_rng(20261128)
    raw, pooled = [], []
    for _ in range(200):
        truth = rng.normal(0.3, 0.4, size=30)
        y = truth + rng.normal(0, np.sqrt(0.5), size=30)
        estimate = partially_pooled(y, np.full(30, 0.5)).estimate
        raw.append(np.mean((y - truth) ** 2))
        pooled.append(np.mean((estimate - truth) ** 2))
    assert np.mean(pooled) < 0.45 * np.mean(raw)  # in theory .16 / (.16 + .5) = .24, and tau is estimated


def pairs_of(n_pairs: int, n: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Cells of both sides of each pair, and what makes their differences: the pair and the weight of each cell."""
    pairs = {"pair": np.repeat(np.arange(n_pairs), 2), "weights": np.tile([1.0, -1.0], n_pairs)[:, None]}
    return np.repeat(np.arange(2 * n_pairs), n), pairs


def test_the_reliability_of_differences_is_the_share_that_is_not_chance() -> None:
    """Differences of variance .36 between 600 pairs; four persons a side with variance 1.28: noise .64."""
    rng = np.random.default_rng(20261129)
    cell, pairs = pairs_of(600, 4)
    level = np.zeros(1200)
    level[::2] = rng.normal(0, 0.6, 600)
    y = level[cell] + rng.normal(0, np.sqrt(1.28), cell.size)
    found = paired_differences(y[:, None], cell, np.arange(cell.size), **pairs)
    assert found.noise == pytest.approx(0.64, abs=0.04)
    assert found.reliability == pytest.approx(0.36, abs=0.08)  # two to three standard errors of a variance of 600
    assert np.isnan(
        paired_differences(y[:2, None], cell[::4][:2], np.arange(2), np.zeros(2, int), pairs["weights"][:2]).noise
    )


def test_a_person_who_rates_in_every_pair_is_no_noise_between_them() -> None:
    """40 pairs whose first side is always rated by the same five persons, each generous or strict throughout."""
    rng = np.random.default_rng(20261202)
    cell, pairs = pairs_of(40, 5)
    person = np.where(cell % 2 == 0, np.tile(np.arange(5), 80), 100 + np.arange(cell.size))
    y = rng.normal(0, 1.0, 1000)[person] + rng.normal(0, 0.3, cell.size)
    knowing = paired_differences(y[:, None], cell, person, **pairs)
    blind = paired_differences(y[:, None], cell, np.arange(cell.size), **pairs)
    np.testing.assert_allclose(knowing.variance, blind.variance)  # of each pair alone nothing changes
    assert knowing.noise < 0.65 * blind.noise
    assert abs(knowing.reliability) < 0.5 < abs(blind.reliability)  # the truth is 0


def test_variances_of_pairs_are_those_of_contrasts(ratings) -> None:
    """The persons of cells 0 and 2 overlap; cells are a pair each."""
    weights = np.zeros((2, 6))
    weights[0, [0, 3]], weights[1, [2, 5]] = (1, -1), (1, -1)
    pair, together = np.array([0, -1, 1, 0, -1, 1]), np.column_stack([ratings["y1"], ratings["y2"]])
    signs = np.repeat(weights.sum(axis=0)[:, None], 2, axis=1)
    found = paired_differences(together, ratings["cell"], ratings["person"], pair, signs)
    for place, y in enumerate(together.T):
        expected = contrast_means(y, ratings["cell"], ratings["person"], weights)
        np.testing.assert_allclose(found.estimate[:, place], expected.estimate, atol=1e-12)
        np.testing.assert_allclose(np.sqrt(found.variance[:, place]), expected.se, atol=1e-12)


def test_profiles_are_compared_in_level_scatter_and_shape() -> None:
    expected = REFERENCE["profile"]
    found = profile_similarity(np.array(expected["first"]), np.array(expected["second"]))
    for name in ("elevation", "d2", "correlation", "double_entry"):
        assert getattr(found, name) == pytest.approx(expected[name], abs=DIGITS), name
    assert expected["correlation"] - expected["double_entry"] > 0.2  # one is blind to level
    flat = profile_similarity(np.full(5, 7.0), np.arange(5.0))
    assert np.isnan(flat.correlation) and not np.isnan(flat.double_entry)


numbers = st.lists(st.floats(-3, 3), min_size=3, max_size=12)


@settings(max_examples=60, deadline=None)
@given(values=numbers, shift=st.floats(-2, 2), spread=st.floats(0.05, 2))
def test_invariants_of_pooling(values, shift, spread) -> None:
    """Pooling moves every estimate towards the mean and never past it, and a shift of all shifts all."""
    y, v = np.array(values), np.full(len(values), spread)
    found, moved = partially_pooled(y, v), partially_pooled(y + shift, v)
    assert ((found.weight >= 0) & (found.weight <= 1)).all()
    assert (np.abs(found.estimate - found.mean) <= np.abs(y - found.mean) + 1e-12).all()
    np.testing.assert_allclose(moved.estimate, found.estimate + shift, atol=1e-6)
