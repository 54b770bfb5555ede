"""Fit in samples of a known population, and the power of the chi-square test."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from hpp_analysis.core.sem.simulated_fit import cross_loadings, in_population, power_of_test, simulated_fit
from hpp_analysis.core.sem.table import build_table

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "study_planning.json").read_text(encoding="utf-8"))
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
SIGMA = np.array(REFERENCE["sigma"])


@pytest.mark.parametrize("case", REFERENCE["satorra_saris"], ids=lambda case: str(case["n"]))
def test_power_is_that_of_satorra_and_saris(case: dict) -> None:
    table = build_table(MODEL, std_lv=True)
    # lavaan's estimates stop about 1e-6 from the minimum
    assert power_of_test(table, SIGMA, case["n"]) == pytest.approx(case["power"], abs=1e-5)
    assert power_of_test(table, SIGMA, case["n"], alpha=0.01) < case["power"] - 0.02


def test_samples_reject_as_often_as_the_closed_form_says() -> None:
    """At 400 respondents the statistic of nine items is about 1 % too large; three Monte Carlo errors."""
    table, runs = build_table(MODEL, std_lv=True), 1500
    expected = next(case["power"] for case in REFERENCE["satorra_saris"] if case["n"] == 200)
    found = simulated_fit(table, SIGMA, 200, runs=runs, rng=np.random.default_rng(1))
    assert found.usable == runs and found.df == 24
    power = np.mean(found.chi2 > stats.chi2.ppf(0.95, found.df))
    assert power == pytest.approx(expected, abs=3.0 * np.sqrt(expected * (1 - expected) / runs) + 0.015)


def test_a_right_model_has_the_mean_of_chi_square() -> None:
    table = build_table(MODEL, std_lv=True)
    sigma = in_population(table, SIGMA, 400).point.at[0].sigma
    found = simulated_fit(table, sigma, 400, runs=800, rng=np.random.default_rng(2))
    # three standard errors of 800 draws, and 1 % for 400 respondents
    assert found.chi2.mean() == pytest.approx(24, abs=3.0 * np.sqrt(48 / 800) + 0.3)
    assert (found.cfi <= 1).all() and (found.rmsea >= 0).all()


def test_cross_loadings_leave_items_a_variance_of_their_own() -> None:
    lambda_ = np.zeros((6, 2))
    lambda_[:3, 0], lambda_[3:, 1] = 0.9, 0.92
    (one,) = cross_loadings(lambda_, np.array([[1.0, 0.5], [0.5, 1.0]]))
    row = one.lambda_[one.items[0]]
    communality = row @ np.array([[1.0, 0.5], [0.5, 1.0]]) @ row
    assert 0.9 < communality < 1.0 and one.loadings[0] < 0.9
