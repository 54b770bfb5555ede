"""Priorities: what counts, what is sure, and what cannot be weighed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.importance.priorities import draw_priorities, weigh

SETTINGS = {"threshold": 8.5, "weights": (1.0, 1.0, 0.5), "reach": 2.0}


def drawn(mean: np.ndarray, se: np.ndarray, *, importance: np.ndarray | None = None, first: int = 3, draws: int = 2000):
    p = len(mean)
    shares = np.full(p, 1 / p) if importance is None else importance
    return draw_priorities(
        shares,
        np.tile(shares, (draws, 1)),
        mean,
        se,
        np.zeros(p),
        np.zeros(p),
        **SETTINGS,
        first=first,
        rng=np.random.default_rng(1),
    )


def test_each_reason_counts_and_nothing_counts_where_nothing_falls_short() -> None:
    even = np.full(4, 0.25)
    base = np.array([7.5, 7.5, 7.5, 9.0])
    flat = weigh(even, base, np.zeros(4), **SETTINGS)
    assert flat[3] == 0.0
    assert weigh(np.array([0.4, 0.2, 0.2, 0.2]), base, np.zeros(4), **SETTINGS)[0] > flat[0]
    assert weigh(even, base - [0.5, 0, 0, 0], np.zeros(4), **SETTINGS)[0] > flat[0]
    assert weigh(even, base, np.array([1.0, 0, 0, -1.0]), **SETTINGS)[[0, 3]] == pytest.approx(
        [(0.5 + 0.5 + 0.25) / 2.5, (0.5 + 0.0 + 0.25) / 2.5]
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1, 10), min_size=2, max_size=12), st.integers(0, 3))
def test_priorities_are_never_negative_and_fall_with_the_mean(means: list[float], at: int) -> None:
    mean = np.array(means)
    even = np.full(len(mean), 1 / len(mean))
    found = weigh(even, mean, np.zeros(len(mean)), **SETTINGS)
    assert (found >= 0).all()
    at %= len(mean)
    higher = mean.copy()
    higher[at] = min(10.0, higher[at] + 0.5)
    assert weigh(even, higher, np.zeros(len(mean)), **SETTINGS)[at] <= found[at] + 1e-12


def test_what_is_known_for_sure_is_first_in_every_draw() -> None:
    found = drawn(np.array([6.0, 7.0, 8.0, 8.4]), np.zeros(4), first=2)
    assert found.share.tolist() == [1.0, 1.0, 0.0, 0.0]


def test_the_first_places_are_shared_by_what_cannot_be_told_apart() -> None:
    found = drawn(np.full(6, 7.0), np.full(6, 0.3), first=3)
    # 3 of 6 places, each equally likely: .5, within 4 standard errors of 2,000 draws
    assert found.share == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 2000))
    assert found.share.sum() == pytest.approx(3.0)


def test_the_share_is_the_chance_that_normal_means_put_it_first() -> None:
    from scipy.stats import norm

    found = drawn(np.array([7.0, 7.3]), np.array([0.3, 0.4]), first=1, draws=20_000)
    # the chance that one normal is below another; four Monte Carlo errors
    assert found.share[0] == pytest.approx(norm.cdf(0.3 / 0.5), abs=4 * np.sqrt(0.25 / 20_000))


def test_what_has_no_interval_or_mean_is_not_weighed() -> None:
    found = drawn(np.array([6.0, np.nan, 7.0]), np.array([0.2, 0.2, np.nan]), first=1)
    assert np.isnan(found.share).tolist() == [False, True, True]
    assert np.isnan(found.priority).tolist() == [False, True, False]


def test_where_all_have_reached_the_line_nothing_is_first() -> None:
    assert drawn(np.array([9.0, 9.2]), np.zeros(2), first=1).share.tolist() == [0.0, 0.0]
