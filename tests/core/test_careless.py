"""Signs of careless answering: equal to R, and found where they were put."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hpp_analysis.core.careless import answer_variability, even_odd_consistency, longest_run, odd_distance

REFERENCE = json.loads((Path(__file__).parent.parent / "reference" / "careless.json").read_text())
X = np.array(REFERENCE["x"], dtype=float)


def test_runs_and_variability_equal_r() -> None:
    np.testing.assert_array_equal(longest_run(X), REFERENCE["longest_run"])
    # sums of at most eight numbers: rounding only
    np.testing.assert_allclose(answer_variability(X), REFERENCE["variability"], rtol=0, atol=1e-12)
    population = np.nanstd(X, axis=1)
    assert np.abs(population - REFERENCE["variability"]).max() > 0.05  # divisor n - 1, not n


def test_distances_equal_r_and_lavaan() -> None:
    distance, df = odd_distance(X)
    # lavaan stops its own EM at 1e-5 or so: 1e-6 relative is what both share
    np.testing.assert_allclose(distance, np.array(REFERENCE["distance"], dtype=float), rtol=1e-6)
    np.testing.assert_array_equal(df, (~np.isnan(X)).sum(axis=1))
    complete = X[~np.isnan(X).any(axis=1)]
    np.testing.assert_allclose(odd_distance(complete)[0], REFERENCE["distance_complete"], rtol=1e-10)
    n = len(complete)
    unbiased = np.array(REFERENCE["distance_complete"]) * (n - 1) / n
    assert not np.allclose(odd_distance(complete)[0], unbiased, rtol=1e-3)  # maximum likelihood, divisor n


@settings(deadline=None, max_examples=40)
@given(arrays.arrays(np.float64, (6, 7), elements=st.one_of(st.integers(1, 4).map(float), st.just(np.nan))))
def test_a_run_is_what_a_reader_counts(x: np.ndarray) -> None:
    for row, found in zip(x, longest_run(x), strict=True):
        given_answers = [value for value in row if not np.isnan(value)]
        longest, run = 0, 0
        for place, value in enumerate(given_answers):
            run = run + 1 if place and value == given_answers[place - 1] else 1
            longest = max(longest, run)
        assert found == longest


def test_careless_raters_are_found() -> None:
    """Simulated: of 300 careful ratings few are marked, of random ones most."""
    rng = np.random.default_rng(5)
    careful = 6 + rng.normal(0, 1.2, (300, 1)) + rng.normal(0, 0.8, (300, 19))
    odd = rng.integers(1, 11, (12, 19)).astype(float)
    distance, _df = odd_distance(np.vstack([careful, odd]))
    cut = 43.8  # chi-square of 19 degrees of freedom exceeds it once in a thousand
    assert (distance[:300] > cut).mean() < 0.02
    assert (distance[300:] > cut).mean() > 0.8


@pytest.mark.parametrize("x", [np.ones((5, 3)), np.tile(np.arange(5.0)[:, None], 3)])
def test_without_a_covariance_there_is_no_distance(x: np.ndarray) -> None:
    assert np.isnan(odd_distance(x)[0]).all()


def test_even_odd_consistency_is_that_of_r() -> None:
    answers, known = (np.array(REFERENCE[name], dtype=float) for name in ("answers", "consistency"))
    found = even_odd_consistency([answers[:, 5 * scale : 5 * scale + 5] for scale in range(5)])
    defined = ~np.isnan(found)
    assert defined.sum() > 110
    np.testing.assert_allclose(found[defined], known[defined], rtol=0, atol=1e-10)  # the same sums in another order
    # the correlation of the halves, not stepped up, is another number
    halves = np.array(REFERENCE["half_correlation"], dtype=float)
    assert np.nanmax(np.abs(found - halves)) > 0.1


def test_few_scales_say_nothing_of_a_person() -> None:
    assert np.isnan(even_odd_consistency([np.random.default_rng(1).normal(size=(4, 3))] * 4)).all()
