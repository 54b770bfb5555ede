"""Intervals of proportions against base R, and what must hold for any of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.groups.proportions import newcombe, wilson

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "proportions.json").read_text())
TOLERANCE = 1e-12
"""Closed formulas in double precision, printed with 15 digits."""


@pytest.mark.parametrize("case", REFERENCE["single"], ids=lambda case: f"{case['x']} of {case['n']}")
def test_the_score_interval_is_that_of_r(case):
    share = case["x"] / case["n"]
    assert wilson(share, case["n"]) == pytest.approx(case["wilson"], abs=TOLERANCE)
    assert wilson(share, case["n"], conf_level=0.99) == pytest.approx(case["wilson_99"], abs=TOLERANCE)
    assert wilson(share, case["n"]) != pytest.approx(case["corrected"], abs=1e-3)


@pytest.mark.parametrize("case", REFERENCE["pairs"], ids=lambda case: str(case["x"]))
def test_the_difference_is_newcombes(case):
    x, n, y, m = case["x"]
    assert newcombe(x / n, n, y / m, m) == pytest.approx(case["newcombe"], abs=TOLERANCE)
    assert newcombe(x / n, n, y / m, m, conf_level=0.99) == pytest.approx(case["newcombe_99"], abs=TOLERANCE)
    assert newcombe(x / n, n, y / m, m) != pytest.approx(case["wald"], abs=1e-3)


def test_nobody_asked_is_undefined():
    assert np.isnan(wilson(np.nan, 0.0)).all()


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), st.floats(1, 500), st.floats(0, 1), st.floats(1, 500))
def test_intervals_hold_their_estimate_and_stay_possible(p, n, q, m):
    low, high = wilson(p, n)
    assert -1e-12 <= low <= p + 1e-12 and p - 1e-12 <= high <= 1 + 1e-12
    low, high = newcombe(p, n, q, m)
    assert -1 - 1e-12 <= low <= p - q + 1e-12 and p - q - 1e-12 <= high <= 1 + 1e-12
    assert newcombe(q, m, p, n) == pytest.approx((-high, -low), abs=1e-12)
