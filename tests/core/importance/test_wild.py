"""The wild bootstrap with the null imposed: against R with the same signs, its level, and its edges."""

import numpy as np
import pytest

from hpp_analysis.core.importance.regression import WildTests, draw_signs
from tests.core.conftest import REFERENCE, read_table, read_values

R = read_values("wild")


@pytest.fixture(scope="module")
def regression() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    names, table = read_table(REFERENCE / "data" / "drivers.csv")
    columns = dict(zip(names, table.T, strict=True))
    z = np.column_stack([columns[name] for name in ("x1", "x2", "x3", "x4", "x5", "y")])
    z = (z - z.mean(axis=0)) / z.std(axis=0, ddof=1)
    signs = np.loadtxt(REFERENCE / "data" / "wild_signs.csv", delimiter=",")
    return np.column_stack([np.ones(len(z)), z[:, :-1]]), z[:, -1], columns["person"].astype(int) - 1, signs


def wild(regression: tuple[np.ndarray, ...], errors: str) -> WildTests:
    x, y, person, signs = regression
    if errors == "hc3":
        return WildTests.of(x, y, np.arange(len(y)), signs, errors="hc3")
    return WildTests.of(x, y, person, signs[:, : person.max() + 1], errors="cr2")


@pytest.mark.parametrize(("errors", "case"), [("hc3", "hc3"), ("cr2", "person")])
def test_tests_are_those_of_r_with_the_same_signs(regression: tuple[np.ndarray, ...], errors: str, case: str) -> None:
    tests, expected = wild(regression, errors), R[case]
    for columns, name in (([1, 2, 3, 4, 5], "all"), ([3, 4, 5], "block")):
        f, p = tests.wald(np.array(columns))
        assert f == pytest.approx(expected[name]["f"], rel=1e-9)  # a ratio of a 5 x 5 form
        assert p == expected[name]["p"]  # a count over 100
    t, adjusted = tests.step_down(np.arange(1, 6), alpha=0.05)
    assert t == pytest.approx(expected["t"], rel=1e-9)
    assert adjusted.tolist() == expected["step_down"]
    assert adjusted.tolist() != expected["first_step_only"]
    once = tests.step_down(np.arange(1, 6), alpha=-1.0)[1]  # nothing is found, so that samples are made once
    assert once.tolist() == expected["first_step_only"]


def test_one_slope_is_tested_alike_by_wald_and_by_t(regression: tuple[np.ndarray, ...]) -> None:
    tests = wild(regression, "cr2")
    t, adjusted = tests.step_down(np.array([2]), alpha=0.05)
    f, p = tests.wald(np.array([2]))
    assert f == pytest.approx(t[0] ** 2, rel=1e-10)
    assert p == adjusted[0]


def test_the_order_of_rows_does_not_matter(regression: tuple[np.ndarray, ...]) -> None:
    x, y, person, signs = regression
    order = np.random.default_rng(0).permutation(len(y))
    mixed = WildTests.of(x[order], y[order], person[order], signs[:, : person.max() + 1], errors="cr2")
    once = wild(regression, "cr2")
    assert mixed.wald(np.array([3, 4])) == pytest.approx(once.wald(np.array([3, 4])), rel=1e-10)


def test_what_cannot_be_tested_is_nan() -> None:
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(40), rng.normal(size=(40, 5))])
    y = rng.normal(size=40)
    few = WildTests.of(x, y, np.arange(40) % 6, draw_signs(6, 99, rng), errors="cr2")
    assert np.isnan(few.wald(np.arange(1, 6))).all()  # no more clusters than columns
    assert np.isfinite(few.step_down(np.arange(1, 6), alpha=0.05)[1]).all()
    none = WildTests.of(x, y, np.arange(40), draw_signs(40, 0, rng), errors="hc3")
    assert np.isnan(none.wald(np.array([1]))[1])


def shares(n: int, runs: int, seed: int, *, several: bool) -> np.ndarray:
    """How often 19 predictors of which none counts are found together, and some of them named; of 16, by a block."""
    rng = np.random.default_rng(seed)
    found = []
    for _run in range(runs):
        ratings = rng.choice([1, 2, 4], size=n, p=[0.6, 0.25, 0.15]) if several else np.ones(n, dtype=int)
        person = np.repeat(np.arange(n), ratings)
        common = rng.normal(size=(n, 20))[person] * several
        z = common + rng.normal(size=common.shape)
        x = np.column_stack([np.ones(len(z)), z[:, :19] + rng.normal(size=(len(z), 1))])
        y = np.exp(0.3 * z[:, 0]) * z[:, 19]
        signs = draw_signs(n, 99, rng)
        errors = "cr2" if several else "hc3"
        tests = WildTests.of(x, y, person, signs, errors=errors)
        related = WildTests.of(x, y + 0.5 * x[:, 1:4].sum(axis=1), person, signs, errors=errors)
        every = np.arange(1, 20)
        found.append(
            (
                tests.wald(every)[1] <= 0.05,
                (tests.step_down(every, alpha=0.05)[1] <= 0.05).any(),
                related.wald(every[3:])[1] <= 0.05,
                (related.step_down(every, alpha=0.05)[1][3:] <= 0.05).any(),
            )
        )
    return np.mean(found, axis=0)


def gate(runs: int) -> float:
    """Five percent and 2.33 of its Monte Carlo errors: right tests fail once in a hundred seeds."""
    return 0.05 + 2.33 * float(np.sqrt(0.05 * 0.95 / runs))


@pytest.mark.parametrize("several", [False, True])
def test_level_in_a_few_runs(several: bool) -> None:
    runs = 200
    assert (shares(60, runs, 1, several=several) <= gate(runs)).all()
