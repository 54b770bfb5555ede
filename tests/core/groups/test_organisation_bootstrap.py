import numpy as np
import pytest

from hpp_analysis.core.groups.cell_means import contrast_means
from hpp_analysis.core.groups.organisation_bootstrap import bootstrap_difference
from tests.core.conftest import REFERENCE as FOLDER
from tests.core.conftest import read_values

REFERENCE = read_values("gaps")


DIGITS = 1e-11  # closed forms, printed with 13 significant digits


SIDES = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])


def organisations() -> tuple[np.ndarray, list[str], list[str]]:
    lines = (FOLDER / "data" / "organisations.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split(",") for line in lines]
    return np.array([float(row[2]) for row in rows]), [row[0] for row in rows], [row[1] for row in rows]


def test_organisations_in_the_place_of_persons_are_cr2_by_organisation() -> None:
    """clubSandwich on means of organisations, three of which are on both sides; without those it is Welch's test."""
    y, side, name = organisations()
    known = sorted(set(name))
    cell = np.array([["client", "partner"].index(one) for one in side])
    person = np.array([known.index(one) for one in name])
    expected = REFERENCE["clusters"]
    found = contrast_means(y, cell, person, SIDES)
    assert found.estimate[2] == pytest.approx(expected["gap"], abs=DIGITS)
    assert found.se[2] / np.sqrt(found.inflation[2]) == pytest.approx(expected["se"], abs=DIGITS)
    assert abs(expected["se"] - expected["se_ignoring"]) > 0.005  # that three organisations answer twice matters
    once = ~np.isin(name, ["c01", "c02", "c03"])
    welch = contrast_means(y[once], cell[once], person[once], SIDES)
    assert welch.se[2] == pytest.approx(expected["se_apart"], abs=DIGITS)
    assert welch.df[2] == pytest.approx(expected["df_apart"], abs=1e-9)
    assert welch.p_value[2] == pytest.approx(expected["p_apart"], abs=1e-9)
    assert [welch.ci_lower[2], welch.ci_upper[2]] == pytest.approx(expected["ci_apart"], abs=1e-9)


def test_the_bootstrap_of_organisations_is_near_welch_and_turns_with_the_sides() -> None:
    rng = np.random.default_rng(20261130)
    first = np.r_[rng.normal(7, 0.7, 30), np.full(30, np.nan)]
    second = np.r_[np.full(30, np.nan), rng.normal(6.5, 0.5, 30)]
    low, high = bootstrap_difference(first, second, rng=np.random.default_rng(1))
    welch = contrast_means(np.r_[first[:30], second[30:]], np.repeat([0, 1], 30), np.arange(60), SIDES)
    # normal means of 30 a side: the ends agree to a tenth of the width
    assert [low, high] == pytest.approx([welch.ci_lower[2], welch.ci_upper[2]], abs=0.07)
    back = bootstrap_difference(second, first, rng=np.random.default_rng(2))
    assert [-back[1], -back[0]] == pytest.approx([low, high], abs=0.05)  # other draws
    assert bootstrap_difference(first, second, rng=np.random.default_rng(1)) == (low, high)
    assert np.isnan(bootstrap_difference(first[:1], second[:1], rng=rng)).all()
    assert np.isnan(bootstrap_difference(np.r_[1.0, 1, np.nan, np.nan], np.r_[np.nan, np.nan, 2, 2.0], rng=rng)).all()


def test_organisations_on_both_sides_are_drawn_together() -> None:
    """Paired means that move together: the interval is that of their differences, far narrower than without the pairs."""
    rng = np.random.default_rng(20261201)
    level = rng.normal(7, 2, 25)
    first, second = level + rng.normal(0.5, 0.2, 25), level
    low, high = bootstrap_difference(first, second, rng=np.random.default_rng(3))
    assert low < 0.5 < high and high - low < 0.3
    nothing = np.full(25, np.nan)
    apart = bootstrap_difference(np.r_[first, nothing], np.r_[nothing, second], rng=np.random.default_rng(3))
    assert apart[1] - apart[0] > 1.5
