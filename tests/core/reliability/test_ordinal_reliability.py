import numpy as np
import pytest

from hpp_analysis.core.reliability.omega import ordinal_omega
from tests.core.conftest import read_values

REFERENCE = read_values("green_yang")
LAMBDA, THRESHOLDS, R = (np.array(REFERENCE[name]) for name in ("lambda", "thresholds", "polychoric"))


def test_ordinal_omega_is_semtools() -> None:
    # bivariate probabilities of two libraries: semTools' have about seven digits
    assert ordinal_omega(LAMBDA, THRESHOLDS, R) == pytest.approx(REFERENCE["omega_observed"], abs=1e-6)
    # the neighbour: omega of the normal variables behind the answers
    assert abs(REFERENCE["omega_latent"] - REFERENCE["omega_observed"]) > 0.01


def test_it_is_the_reliability_of_the_sum_that_a_simulation_shows() -> None:
    rng = np.random.default_rng(2)
    factor = rng.normal(size=200_000)
    halves = []
    for _ in range(2):
        y = factor[:, None] * LAMBDA + rng.normal(size=(200_000, 5)) * np.sqrt(1 - LAMBDA**2)
        halves.append(sum((y[:, [j]] > THRESHOLDS[j]).sum(axis=1) for j in range(5)))
    # parallel sums: 200,000 pairs give a standard error of about .001
    assert ordinal_omega(LAMBDA, THRESHOLDS) == pytest.approx(np.corrcoef(halves)[0, 1], abs=4e-3)


def test_items_of_different_numbers_of_categories() -> None:
    ragged = np.array([[0.0, np.nan], [0.0, np.nan], [-0.5, 0.5]])
    value = ordinal_omega(np.full(3, 0.7), ragged)
    assert 0 < value < 1
    assert value == pytest.approx(ordinal_omega(np.full(3, 0.7), np.pad(ragged, ((0, 0), (0, 1)), constant_values=np.nan)), abs=1e-14)  # fmt: skip


def test_undefined_is_nan() -> None:
    assert np.isnan(ordinal_omega(np.array([0.5, np.nan]), np.zeros((2, 1))))
    assert np.isnan(ordinal_omega(np.array([0.5, 1.2]), np.zeros((2, 1))))
    assert np.isnan(ordinal_omega(np.full(2, 0.5), np.full((2, 1), np.nan)))
