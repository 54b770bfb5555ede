"""Little's test against R, and its behaviour under and away from its hypothesis."""

import json
from pathlib import Path

import numpy as np
import pytest

from hpp_analysis.core.correlation.little import little_test
from tests.core.conftest import read_table

VALUES = json.loads((Path(__file__).parents[2] / "reference" / "little.json").read_text())


@pytest.mark.parametrize("case", ["bfi", "mar"])
def test_values_of_r(case: str, request: pytest.FixtureRequest) -> None:
    if case == "bfi":
        table = read_table(request.getfixturevalue("shared_data") / "psychTools" / "bfi.csv")[1]
        x = table[:, [*range(1, 6), *range(16, 21)]]
    else:
        x = np.array(VALUES["planted"], dtype=float)
    known, test = VALUES[case], little_test(x)
    assert (test.df, test.n_patterns, test.n_used) == (known["df"], known["n_patterns"], known["n_used"])
    # lavaan's EM stops at steps of 1e-5 of the likelihood: the moments agree to about 1e-5, the statistic to 1e-4
    assert test.statistic == pytest.approx(known["statistic"], rel=1e-4)
    if case == "bfi":
        # without the correction n / (n - 1) it would be another number
        assert abs(test.statistic - VALUES["bfi_uncorrected"]["statistic"]) > 0.05


def test_answers_that_are_missing_at_random_are_seldom_called_otherwise() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(200):
        x = rng.multivariate_normal(np.zeros(4), 0.5 + 0.5 * np.eye(4), 300)
        x[rng.random(x.shape) < 0.1] = np.nan
        found.append(little_test(x).p < 0.05)
    # .05 + 2.33 standard errors of a share of .05 in 200 samples
    assert np.mean(found) <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / 200)


def test_what_cannot_be_tested_says_why() -> None:
    x = np.random.default_rng(1).normal(size=(20, 3))
    assert little_test(x).flags == ("complete",)
    x[0, 0] = np.nan
    x[:, 2] = 3.0
    assert "constant" in little_test(x).flags
    assert np.isnan(little_test(x).p)
