"""How many answers settle a verdict: R's power.t.test, and what must hold whatever the numbers are."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hpp_analysis.core.groups.planning import persons_to_settle

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "planning.json").read_text())["cases"]


def half_width(sd: float, n: int) -> float:
    return float(stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n))


@pytest.mark.parametrize("case", REFERENCE, ids=str)
def test_one_cell_is_the_one_sample_t_test(case: dict) -> None:
    """R's root is found to 1e-10; its own noncentral t agrees with scipy's to about 1e-9."""
    found = persons_to_settle(3, half_width(case["sd"], 3), case["delta"], power=case["power"], most_times=1000)
    assert float(found) == pytest.approx(case["n"], rel=1e-7)
    other = persons_to_settle(3, half_width(case["sd"], 3), case["delta"], power=case["power"] + 0.05, most_times=1000)
    assert float(other) > case["n"] * 1.05  # the power matters


@settings(deadline=None)
@given(n=st.integers(5, 200), sd=st.floats(0.2, 3), share=st.floats(0.05, 0.999))
def test_what_is_unclear_takes_more_answers_than_there_are(n: int, sd: float, share: float) -> None:
    """A line inside the interval: never fewer persons, never more than the bound; nearer takes more."""
    h = half_width(sd, n)
    needed = persons_to_settle(n, h, [share * h, -share * h, share * h / 2])
    assert needed[0] == needed[1] or np.isnan(needed[:2]).all()
    if np.isfinite(needed[0]):
        assert n < needed[0] <= 3 * n
        assert not needed[2] < needed[0]


def test_the_promise_is_kept() -> None:
    """Simulated: with that many answers the interval clears the line in about 80 % of cases."""
    n, sd, d = 20, 1.2, 0.45
    needed = int(np.ceil(persons_to_settle(n, half_width(sd, n), d, most_times=10)))
    y = np.random.default_rng(3).normal(8.5 - d, sd, (4000, needed))
    upper = y.mean(axis=1) + stats.t.ppf(0.975, needed - 1) * y.std(axis=1, ddof=1) / np.sqrt(needed)
    assert (upper < 8.5).mean() == pytest.approx(0.80, abs=0.025)  # four standard errors of 4,000 runs


@pytest.mark.parametrize(
    ("n", "h", "d"), [(20, np.nan, 0.3), (20, 0.5, np.nan), (1, 0.5, 0.3), (20, 0.0, 0.0), (20, 0.5, 0.0)]
)
def test_what_is_undefined_or_endless_is_no_number(n: int, h: float, d: float) -> None:
    assert np.isnan(persons_to_settle(n, h, d))
