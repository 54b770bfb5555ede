"""Standardised differences, equivalence, partial pooling, profiles and the bootstrap of organisations, against R."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.groups.cell_means import contrast_means
from hpp_analysis.core.groups.effects import equivalence_p, standardised_difference
from hpp_analysis.core.groups.organisation_bootstrap import bootstrap_difference
from hpp_analysis.core.groups.pooling import paired_differences, partially_pooled, profile_similarity
from tests.core.conftest import REFERENCE as FOLDER
from tests.core.conftest import read_values

REFERENCE = read_values("gaps")
DIGITS = 1e-11  # closed forms, printed with 13 significant digits
SIDES = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])


@pytest.fixture(scope="module")
def one_partnership(ratings):
    """Cell 0 of the client's against cell 5 of the partners'."""
    chosen = np.isin(ratings["cell"], [0, 5])
    cell = (ratings["cell"][chosen] == 5).astype(int)
    return contrast_means(ratings["y1"][chosen], cell, ratings["person"][chosen], SIDES)


def difference_of_means(found) -> float:
    return float(found.estimate[2])


def test_the_effect_is_hedges_g_of_unequal_variances(one_partnership) -> None:
    found, expected = one_partnership, REFERENCE["effect"]
    effect = standardised_difference(
        found.estimate[2], found.se[2], found.df[2], found.cell_sd, found.cell_n, SIDES[0], SIDES[1]
    )
    assert effect.effect == pytest.approx(expected["g"], abs=DIGITS)
    # effectsize's own correction has the degrees of freedom of Welch's t, 18.6 in the place of 17.9
    assert effect.effect == pytest.approx(expected["g_welch_df"], abs=0.002)
    assert difference_of_means(found) / effect.sd == pytest.approx(expected["d"], abs=DIGITS)
    assert effect.sd == pytest.approx(expected["sd"], abs=DIGITS)
    assert effect.df == pytest.approx(expected["df"], abs=1e-9)
    assert [effect.ci_lower, effect.ci_upper] == pytest.approx(expected["ci"], abs=1e-10)
    # neighbours: pooled variance, no correction; and effectsize's interval from a noncentral t lies within .04
    assert abs(expected["g_pooled_sd"] - expected["g"]) > 0.01
    assert abs(expected["d"] - expected["g"]) > 0.03
    assert [effect.ci_lower, effect.ci_upper] == pytest.approx(expected["effectsize_ci"], abs=0.04)


def test_equivalence_is_two_one_sided_tests(one_partnership) -> None:
    found = one_partnership
    for name, margin in {"half": 0.5, "two": 2.0, "three": 3.0}.items():
        p = equivalence_p(found.estimate[2], found.se[2], found.df[2], margin)
        assert p == pytest.approx(REFERENCE["tost"][name], abs=1e-9), name
        assert abs(p - REFERENCE["tost"]["two_sided"]) > 0.02  # of another hypothesis
    assert equivalence_p(0.2, 0.0, np.nan, 0.5) == 0.0
    assert equivalence_p(0.7, 0.0, np.nan, 0.5) == 1.0
    assert np.isnan(equivalence_p(np.nan, 0.1, 5.0, 0.5))


def test_an_effect_without_spread_is_undefined() -> None:
    for sd, n in (([0.0, 0.0], [5, 5]), ([1.0, np.nan], [5, 1])):
        effect = standardised_difference(1.0, 0.2, 8.0, np.array(sd), np.array(n), SIDES[0], SIDES[1])
        assert np.isnan([effect.effect, effect.ci_lower, effect.ci_upper]).all()


def test_partial_pooling_is_paule_and_mandel() -> None:
    expected = REFERENCE["pooling"]
    found = partially_pooled(np.array(expected["y"]), np.array(expected["v"]))
    assert found.tau2 == pytest.approx(expected["tau2"], abs=1e-10)  # two root finders
    assert found.mean == pytest.approx(expected["mean"], abs=1e-10)
    np.testing.assert_allclose(found.estimate, expected["estimate"], atol=1e-10)
    assert expected["tau2_naive"] - found.tau2 > 0.1  # the plain variance holds the noise too


def test_pooling_at_its_edges() -> None:
    alike = partially_pooled(np.array([1.0, 1.1, 0.9]), np.array([0.5, 0.5, 0.5]))
    assert alike.tau2 == 0.0  # chance explains it all: everyone is the mean
    np.testing.assert_allclose(alike.estimate, 1.0)
    assert np.isnan(partially_pooled(np.array([1.0, 2.0]), np.array([0.1, 0.1])).estimate).all()
    some = partially_pooled(np.array([1.0, np.nan, 3.0, 2.0]), np.array([0.1, 0.1, 0.1, 0.1]))
    assert np.isnan(some.estimate[1]) and not np.isnan(some.estimate[[0, 2, 3]]).any()


def test_pooled_means_are_nearer_to_the_truth() -> None:
    """What partial pooling is for: 30 partnerships of 4 persons, 200 studies."""
    rng = np.random.default_rng(20261128)
    raw, pooled = [], []
    for _ in range(200):
        truth = rng.normal(0.3, 0.4, size=30)
        y = truth + rng.normal(0, np.sqrt(0.5), size=30)
        estimate = partially_pooled(y, np.full(30, 0.5)).estimate
        raw.append(np.mean((y - truth) ** 2))
        pooled.append(np.mean((estimate - truth) ** 2))
    assert np.mean(pooled) < 0.45 * np.mean(raw)  # in theory .16 / (.16 + .5) = .24, and tau is estimated


def pairs_of(n_pairs: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Cells of both sides of each pair, and the weights of their differences."""
    weights = np.zeros((n_pairs, 2 * n_pairs))
    weights[np.arange(n_pairs), 2 * np.arange(n_pairs)] = 1.0
    weights[np.arange(n_pairs), 2 * np.arange(n_pairs) + 1] = -1.0
    return np.repeat(np.arange(2 * n_pairs), n), weights


def test_the_reliability_of_differences_is_the_share_that_is_not_chance() -> None:
    """Differences of variance .36 between 600 pairs; four persons a side with variance 1.28: noise .64."""
    rng = np.random.default_rng(20261129)
    cell, weights = pairs_of(600, 4)
    level = np.zeros(1200)
    level[::2] = rng.normal(0, 0.6, 600)
    y = level[cell] + rng.normal(0, np.sqrt(1.28), cell.size)
    found = paired_differences(y, cell, np.arange(cell.size), weights)
    assert found.noise == pytest.approx(0.64, abs=0.04)
    assert found.reliability == pytest.approx(0.36, abs=0.08)  # two to three standard errors of a variance of 600
    assert np.isnan(paired_differences(y[:2], cell[::4][:2], np.arange(2), weights[:1, :2]).noise)


def test_a_person_who_rates_in_every_pair_is_no_noise_between_them() -> None:
    """40 pairs whose first side is always rated by the same five persons, each generous or strict throughout."""
    rng = np.random.default_rng(20261202)
    cell, weights = pairs_of(40, 5)
    person = np.where(cell % 2 == 0, np.tile(np.arange(5), 80), 100 + np.arange(cell.size))
    y = rng.normal(0, 1.0, 1000)[person] + rng.normal(0, 0.3, cell.size)
    knowing = paired_differences(y, cell, person, weights)
    blind = paired_differences(y, cell, np.arange(cell.size), weights)
    np.testing.assert_allclose(knowing.variance, blind.variance)  # of each pair alone nothing changes
    assert knowing.noise < 0.65 * blind.noise
    assert abs(knowing.reliability) < 0.5 < abs(blind.reliability)  # the truth is 0


def test_variances_of_pairs_are_those_of_contrasts(ratings) -> None:
    """The persons of cells 0 and 2 overlap; cells are a pair each."""
    weights = np.zeros((2, 6))
    weights[0, [0, 3]], weights[1, [2, 5]] = (1, -1), (1, -1)
    for y in (ratings["y1"], ratings["y2"]):
        found = paired_differences(y, ratings["cell"], ratings["person"], weights)
        expected = contrast_means(y, ratings["cell"], ratings["person"], weights)
        np.testing.assert_allclose(found.estimate, expected.estimate, atol=1e-12)
        np.testing.assert_allclose(np.sqrt(found.variance), expected.se, atol=1e-12)


def test_profiles_are_compared_in_level_scatter_and_shape() -> None:
    expected = REFERENCE["profile"]
    found = profile_similarity(np.array(expected["first"]), np.array(expected["second"]))
    for name in ("elevation", "d2", "correlation", "double_entry"):
        assert getattr(found, name) == pytest.approx(expected[name], abs=DIGITS), name
    assert expected["correlation"] - expected["double_entry"] > 0.2  # one is blind to level
    flat = profile_similarity(np.full(5, 7.0), np.arange(5.0))
    assert np.isnan(flat.correlation) and not np.isnan(flat.double_entry)


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


numbers = st.lists(st.floats(-3, 3), min_size=3, max_size=12)


@settings(max_examples=60, deadline=None)
@given(values=numbers, shift=st.floats(-2, 2), spread=st.floats(0.05, 2))
def test_invariants_of_pooling(values, shift, spread) -> None:
    """Pooling moves every estimate towards the mean and never past it, and a shift of all shifts all."""
    y, v = np.array(values), np.full(len(values), spread)
    found, moved = partially_pooled(y, v), partially_pooled(y + shift, v)
    assert ((found.weight >= 0) & (found.weight <= 1)).all()
    assert (np.abs(found.estimate - found.mean) <= np.abs(y - found.mean) + 1e-12).all()
    np.testing.assert_allclose(moved.estimate, found.estimate + shift, atol=1e-6)
