"""Agreement within groups and intraclass correlations against R, at their edges, and their invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.groups.agreement import one_way, rwg, rwg_j, skewed_null, uniform_null, within_groups
from hpp_analysis.core.reliability.intraclass import intraclass_correlations
from tests.core.conftest import REFERENCE as FOLDER
from tests.core.conftest import read_values

REFERENCE = read_values("agreement")


DIGITS = 1e-11  # closed forms, printed with 12 significant digits


F_DIGITS = 1e-9  # quantiles of F by two libraries


@pytest.fixture(scope="module")
def teams() -> tuple[np.ndarray, np.ndarray]:
    """Answers and the codes of teams t01 to t30."""
    lines = (FOLDER / "data" / "teams.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split(",") for line in lines]
    return np.array([row[1:] for row in rows], dtype=float), np.array([int(row[0][1:]) - 1 for row in rows])


def by_team(name: str) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in REFERENCE[name].values()])


def test_variance_between_teams_is_that_of_multilevel(teams) -> None:
    x, team = teams
    found = one_way(x.mean(axis=1), team)
    for name in ("icc1", "icc1_n0", "icc2", "f", "icc2_group_mean"):
        assert getattr(found, name) == pytest.approx(REFERENCE[name], abs=DIGITS), name
    assert found.icc1_ci == pytest.approx(REFERENCE["icc1_ci"], abs=F_DIGITS)
    assert found.icc2_ci == pytest.approx(REFERENCE["icc2_ci"], abs=F_DIGITS)
    # neighbours: the other group size, and the two meanings of ICC(2)
    assert abs(found.icc1 - found.icc1_n0) > 1e-3
    assert abs(found.icc2 - found.icc2_group_mean) > 0.02
    # the mean reliability by a mixed model, whose ICC(1) is another estimate of the same
    assert found.icc2_group_mean == pytest.approx(REFERENCE["gmeanrel_reml"], abs=0.02)


def test_agreement_within_teams_is_that_of_multilevel(teams) -> None:
    x, team = teams
    within = within_groups(x, team, 30)
    even, leaning = uniform_null(10), skewed_null(10)
    assert (even, leaning) == (8.25, pytest.approx(5.61, abs=1e-12))
    raw = rwg_j(within.variance, within.n_items, even)
    apart = within.variance > even
    np.testing.assert_allclose(np.where(apart, 0, raw), by_team("rwg_j"), atol=DIGITS)
    skewed = np.where(within.variance > leaning, 0, rwg_j(within.variance, within.n_items, leaning))
    np.testing.assert_allclose(skewed, by_team("rwg_j_skewed"), atol=DIGITS)
    np.testing.assert_allclose(rwg(within.variance, even), by_team("rwg_lindell"), atol=DIGITS)  # R does not cut it
    np.testing.assert_allclose(within.ad_mean, by_team("ad"), atol=DIGITS)
    np.testing.assert_allclose(within.ad_median, by_team("ad_median"), atol=DIGITS)
    one = within_groups(x[:, :1], team, 30)
    np.testing.assert_allclose(np.maximum(rwg(one.variance, even), 0), by_team("rwg_one_item"), atol=DIGITS)
    # the reference tells these apart: nulls, deviations, a team that lies further apart than chance, a team of one
    assert np.nanmax(np.abs(by_team("rwg_j") - by_team("rwg_j_default_null"))) > 0.1
    assert np.nanmax(np.abs(by_team("ad") - by_team("ad_median"))) > 0.02
    assert apart.any() and np.isnan(within.variance[0])


def test_what_is_undefined_says_why() -> None:
    y = np.array([1.0, 2.0, 3.0])
    assert one_way(y, np.zeros(3, dtype=int)).reason == "one_group"
    assert one_way(y, np.arange(3)).reason == "groups_of_one"
    assert one_way(np.full(4, 7.3), np.array([0, 0, 1, 1])).reason == "no_variance"
    assert one_way(np.full(4, np.nan), np.array([0, 0, 1, 1])).reason == "one_group"
    assert np.isnan(one_way(y, np.arange(3)).icc1)
    assert intraclass_correlations(np.ones((1, 3))).reason == "few_subjects"
    assert intraclass_correlations(np.ones((3, 1))).reason == "few_raters"
    assert intraclass_correlations(np.ones((3, 2))).reason == "no_variance"


def test_full_agreement_and_none_within_groups() -> None:
    """All variance between groups: both are 1; all within: ICC(1) is negative and stays so, as far as -1 / (k - 1)."""
    together = one_way(np.array([3.0, 3, 8, 8]), np.array([0, 0, 1, 1]))
    assert (together.icc1, together.icc2, together.icc1_ci) == (1.0, 1.0, (1.0, 1.0))
    apart = one_way(np.array([3.0, 8, 8, 3]), np.array([0, 0, 1, 1]))
    assert apart.icc1 == pytest.approx(-1.0) and apart.icc2 == -np.inf
    assert apart.icc2_group_mean == 0.0
    same = intraclass_correlations(np.array([[1.0, 1.0], [5.0, 5.0], [9.0, 9.0]]))
    np.testing.assert_allclose(same.icc, 1.0)


@pytest.mark.parametrize("shift", [0.0, 0.1, 1e3])
def test_rounding_is_no_variance(shift: float) -> None:
    """Means of thirds are equal but for their last digits; the estimates are those of equal means."""
    thirds = np.array([1.0, 2.0, 3.0, 1.0, 2.0, 3.0]) / 3.0 + shift
    equal = one_way(thirds, np.array([0, 0, 0, 1, 1, 1]))
    assert (equal.f, equal.icc2, equal.p) == (0.0, -np.inf, 1.0)
    assert equal.icc1 == -0.5  # -1 / (k - 1), its least
    alike = intraclass_correlations(np.tile(thirds[:3], (3, 1)))  # no error: consistency is 0 / 0
    assert np.isnan(alike.icc[[2, 5]]).all() and np.isnan(alike.f[1])
    assert alike.icc[[1, 4]].tolist() == [0.0, 0.0]
    # a real difference of a millionth stays one
    assert one_way(thirds + 1e-6 * np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 1])).f > 0.0


def test_item_answers_that_are_missing_count_where_they_are() -> None:
    x = np.array([[5.0, np.nan], [7.0, 4.0], [6.0, 8.0], [np.nan, np.nan]])
    within = within_groups(x, np.array([0, 0, 0, 1]), 2)
    assert within.variance[0] == pytest.approx((1.0 + 8.0) / 2)
    assert within.n_items.tolist() == [2, 0]
    assert np.isnan([within.variance[1], within.ad_mean[1]]).all()


def test_the_skewed_null_keeps_its_shape_on_every_scale() -> None:
    ratios = [skewed_null(k) / uniform_null(k) for k in range(3, 21)]
    assert min(ratios) > 0.6 and max(ratios) < 0.8  # .67 on five options
    assert skewed_null(5) == pytest.approx(1.34, abs=1e-12)  # James, Demaree & Wolf, 1984


answers = st.lists(st.tuples(st.integers(0, 3), *[st.integers(1, 10)] * 3), min_size=6, max_size=30)


@settings(max_examples=60, deadline=None)
@given(rows=answers, shift=st.integers(-5, 5))
def test_invariants(rows, shift) -> None:
    """Neither the order of rows, nor a shift of all answers, nor turning the scale round changes anything."""
    table = np.array(rows, dtype=float)
    group, x = table[:, 0].astype(int), table[:, 1:]
    one, within = one_way(x.mean(axis=1), group), within_groups(x, group, 4)
    order = np.random.default_rng(0).permutation(len(x))
    for other, codes in ((x[order], group[order]), (x + shift, group), (11 - x, group)):
        again, spread = one_way(other.mean(axis=1), codes), within_groups(other, codes, 4)
        assert again.reason == one.reason
        np.testing.assert_allclose([again.icc1, again.icc2], [one.icc1, one.icc2], atol=1e-8)
        np.testing.assert_allclose(spread.variance, within.variance, atol=1e-9)
        np.testing.assert_allclose(spread.ad_median, within.ad_median, atol=1e-9)
    if not one.reason and np.isfinite(one.f):
        assert one.icc1_ci[0] <= one.icc1 <= one.icc1_ci[1]
    assert (within.ad_median <= within.ad_mean + 1e-12)[~np.isnan(within.ad_mean)].all()


def test_intervals_of_icc1_cover_with_unequal_groups() -> None:
    """1,000 runs of 12 groups of 3 to 20 at an ICC of .10 and .30: 95 % intervals within .926 to .974 (the F is exact for
    equal groups only)."""
    rng = np.random.default_rng(20261126)
    group = np.repeat(np.arange(12), [3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 20])
    for icc in (0.10, 0.30):
        covered = []
        for _ in range(1000):
            y = np.sqrt(icc) * rng.normal(size=12)[group] + np.sqrt(1 - icc) * rng.normal(size=len(group))
            low, high = one_way(y, group).icc1_n0_ci
            covered.append(low <= icc <= high)
        assert 0.926 <= np.mean(covered) <= 0.974, icc
