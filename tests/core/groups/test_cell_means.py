"""Contrasts of cell means against R, at their edges, and their invariants. For coverage see test_cell_means_coverage.py."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.groups.cell_means import Contrasts, contrast_means, contrast_means_many
from hpp_analysis.errors import OptionError
from tests.core.conftest import read_values

REFERENCE = read_values("groups")


DIGITS = 1e-12  # closed forms of numbers of about 1 to 30, printed with 15 digits


Ratings = dict[str, np.ndarray]


def in_cells(ratings: Ratings, cells: list[int], a: list[float], y: str = "y1", **options: Any) -> Contrasts:
    weights = np.zeros((1, 6))
    weights[0, cells] = a
    return contrast_means(ratings[y], ratings["cell"], ratings["person"], weights, **options)


def assert_is(result: Contrasts, expected: dict[str, Any]) -> None:
    assert result.estimate[0] == pytest.approx(expected["estimate"], abs=DIGITS)
    assert result.se[0] == pytest.approx(expected["se"], abs=DIGITS)
    assert result.df[0] == pytest.approx(expected["df"], rel=DIGITS)
    # quantiles and tails of t by two libraries agree to 1e-12 relatively
    assert [result.ci_lower[0], result.ci_upper[0]] == pytest.approx(expected["ci"], abs=1e-10)
    assert result.p_value[0] == pytest.approx(expected["p"], rel=1e-10)
    assert result.reason[0] == ""


def test_one_cell_is_the_one_sample_t_test(ratings: Ratings) -> None:
    assert_is(in_cells(ratings, [4], [1]), REFERENCE["one_cell"])


def test_two_cells_are_welchs_t_test(ratings: Ratings) -> None:
    result = in_cells(ratings, [3, 5], [1, -1])
    assert_is(result, REFERENCE["welch"])
    assert_is(in_cells(ratings, [3, 5], [1, -1], conf_level=0.9), REFERENCE["welch_90"])
    # the neighbour: Student's pooled variance
    assert abs(result.se[0] - REFERENCE["pooled"]["se"]) > 0.1
    assert abs(result.df[0] - REFERENCE["pooled"]["df"]) > 0.1


def test_two_cells_of_the_same_persons_are_the_paired_t_test(ratings: Ratings) -> None:
    paired = np.isin(ratings["person"], REFERENCE["paired_persons"]) & np.isin(ratings["cell"], [0, 2])
    chosen = {name: column[paired] for name, column in ratings.items()}
    result = in_cells(chosen, [0, 2], [1, -1])
    assert_is(result, REFERENCE["paired"])
    # the neighbour: as if they were different persons
    apart = in_cells({**chosen, "person": np.arange(paired.sum())}, [0, 2], [1, -1])
    assert abs(result.se[0] - apart.se[0]) > 0.1


@pytest.mark.parametrize("y", ["y1", "y2"])
def test_independent_cells_have_welch_and_satterthwaites_degrees_of_freedom(ratings: Ratings, y: str) -> None:
    expected = REFERENCE["independent_cells"][y]
    result = in_cells(ratings, expected["cells"], expected["a"], y)
    assert result.estimate[0] == pytest.approx(expected["estimate"], abs=DIGITS)
    assert result.se[0] == pytest.approx(expected["se"], abs=DIGITS)
    assert result.df[0] == pytest.approx(expected["df"], rel=DIGITS)
    # the neighbour: degrees of freedom of the design alone
    assert abs(result.df[0] - result.df_design[0]) > 0.5


@pytest.mark.parametrize("y", ["y1", "y2"])
def test_persons_who_rated_several_cells_have_the_cr2_variance(ratings: Ratings, y: str) -> None:
    expected = REFERENCE["robust"][y]
    weights = np.array(REFERENCE["weights"])
    result = contrast_means(ratings[y], ratings["cell"], ratings["person"], weights)
    np.testing.assert_allclose(result.estimate, expected["estimate"], rtol=0, atol=DIGITS)
    np.testing.assert_allclose(result.se / np.sqrt(result.inflation), expected["se_cr2"], rtol=0, atol=DIGITS)
    # the neighbours: CR0, CR1, and ignoring that one person rated several (row 1 holds independent persons only)
    assert np.abs(result.se - expected["se_cr0"]).min() > 0.01
    assert np.abs(result.se - expected["se_cr1"]).min() > 0.01
    assert np.abs(result.se - expected["se_ignoring_persons"])[[0, 2, 3, 4]].min() > 0.01
    assert result.se[1] == pytest.approx(expected["se_ignoring_persons"][1], abs=DIGITS)


@pytest.mark.parametrize("y", ["y1", "y2"])
def test_what_cr2_lacks_where_persons_rate_in_some_cells(ratings: Ratings, y: str) -> None:
    """Against full matrices of the working model; none for independent persons (row 1)."""
    expected = REFERENCE["working"][y]
    result = contrast_means(ratings[y], ratings["cell"], ratings["person"], np.array(REFERENCE["weights"]))
    assert result.rho == pytest.approx(expected["rho"], abs=DIGITS)
    np.testing.assert_allclose(result.inflation, expected["inflation"], rtol=0, atol=DIGITS)
    assert result.inflation[1] == pytest.approx(1.0, abs=DIGITS)
    assert np.abs(result.inflation[[0, 2, 3]] - 1.0).min() > 0.002


def test_standard_errors_are_right_where_few_persons_rate_much() -> None:
    """Twenty partnerships, five raters each of eight in all: the mean squared standard error is the variance."""
    rng = np.random.default_rng(20261205)
    person = np.concatenate([rng.permutation(8)[:5] for _ in range(20)])
    cell = np.repeat(np.arange(20), 5)
    y = rng.normal(size=(8, 6000))[person] + rng.normal(size=(100, 6000))
    found = contrast_means_many(y, cell, person, np.full((1, 20), 0.05))
    ratio = np.sqrt(np.mean(found.se[0] ** 2) / found.estimate[0].var())
    assert ratio == pytest.approx(1.0, abs=0.03)  # three standard errors: those of a variance of 6,000 and of 8 persons
    assert np.sqrt(np.mean(found.se[0] ** 2 / found.inflation[0]) / found.estimate[0].var()) < 0.97  # CR2 alone


@pytest.mark.parametrize("y", ["y1", "y2"])
def test_degrees_of_freedom_of_the_design_are_cr2s_usual_ones(ratings: Ratings, y: str) -> None:
    expected = np.array(REFERENCE["robust"][y]["df_equal_variances"])
    weights = np.array(REFERENCE["weights"])
    result = contrast_means(ratings[y], ratings["cell"], ratings["person"], weights)
    # exact where persons are in one cell each; where some are in several, ours leaves out small covariances
    assert result.df_design[1] == pytest.approx(expected[1], rel=DIGITS)
    np.testing.assert_allclose(result.df_design, expected, rtol=0.04)
    assert np.abs(result.df / expected - 1).max() > 0.3  # the neighbour: the estimated ones


def test_cells_are_described(ratings: Ratings) -> None:
    result = in_cells(ratings, [0], [1], "y2")
    for cell in range(6):
        y = ratings["y2"][ratings["cell"] == cell]
        y = y[~np.isnan(y)]
        assert result.cell_n[cell] == len(y)
        assert result.cell_mean[cell] == pytest.approx(y.mean(), abs=DIGITS)
        assert result.cell_sd[cell] == pytest.approx(y.std(ddof=1), abs=DIGITS)


def test_within_person_correlation_is_the_pooled_one() -> None:
    rng = np.random.default_rng(4)
    y = rng.normal(size=(2000, 1)) + rng.normal(size=(2000, 3))  # correlation .5
    cell, person = np.tile(np.arange(3), 2000), np.repeat(np.arange(2000), 3)
    rho = contrast_means(y.ravel(), cell, person, np.eye(3)).rho
    expected = np.mean(np.corrcoef(y.T)[np.triu_indices(3, 1)])
    assert rho == pytest.approx(expected, abs=1e-3)  # divisor n beside n - 1
    assert np.isnan(contrast_means(y.ravel(), cell, np.arange(6000), np.eye(3)).rho)


def test_several_ratings_by_a_person_in_a_cell_count_once() -> None:
    y = np.array([4.0, 6.0, np.nan, 8.0, 7.0, np.nan])
    cell, person = np.array([0, 0, 0, 0, 0, 0]), np.array([1, 1, 1, 2, 3, 4])
    result = contrast_means(y, cell, person, np.array([[1.0]]))
    once = contrast_means(np.array([5.0, 8.0, 7.0]), np.zeros(3, int), np.arange(3), np.array([[1.0]]))
    assert result.cell_n[0] == 3
    assert (result.estimate, result.se, result.df) == (once.estimate, once.se, once.df)


def test_many_variables_are_done_one_by_one(ratings: Ratings) -> None:
    weights = np.array(REFERENCE["weights"])
    y = np.column_stack([ratings["y1"], ratings["y2"], np.full(len(ratings["y1"]), np.nan)])
    many = contrast_means_many(y, ratings["cell"], ratings["person"], weights)
    assert many.estimate.shape == (5, 3)
    assert many.cell_mean.shape == (6, 3)
    for column in range(3):
        one = contrast_means(y[:, column], ratings["cell"], ratings["person"], weights)
        for name in (
            "estimate",
            "se",
            "df",
            "df_design",
            "ci_lower",
            "ci_upper",
            "p_value",
            "cell_sd",
            "cell_n",
            "rho",
        ):
            # sums of the same numbers, possibly in another order
            np.testing.assert_allclose(getattr(many, name)[..., column], getattr(one, name), rtol=1e-12)
        assert many.reason[:, column].tolist() == one.reason.tolist()
    assert many.flags == ("empty_cell",)


def test_no_interval_without_variance() -> None:
    # 7.1 three times: the mean is not 7.1 to the last digit, and that is no variance
    result = contrast_means(np.array([7.1] * 3), np.zeros(3, int), np.arange(3), np.array([[1.0]]))
    assert (result.se[0], result.cell_sd[0]) == (0.0, 0.0)
    assert np.isnan(result.df[0]) and np.isnan(result.p_value[0])
    assert result.ci_lower[0] == result.ci_upper[0] == result.estimate[0]
    assert result.df_design[0] == pytest.approx(2.0)  # n - 1, up to rounding
    assert result.flags == ("no_variance",)


def test_one_unanimous_cell_leaves_the_others_variance() -> None:
    y, cell = np.array([8.0, 8, 8, 5, 6, 9]), np.array([0, 0, 0, 1, 1, 1])
    gap = contrast_means(y, cell, np.arange(6), np.array([[1.0, -1.0]]))
    alone = contrast_means(y, cell, np.arange(6), np.array([[0.0, 1.0]]))
    assert gap.se[0] == pytest.approx(alone.se[0], abs=DIGITS)
    assert gap.df[0] == pytest.approx(2.0, abs=DIGITS)
    assert gap.flags == ()


def test_a_cell_of_one_leaves_the_estimate() -> None:
    y, cell = np.array([8.0, 5, 6, 9]), np.array([0, 1, 1, 1])
    result = contrast_means(y, cell, np.arange(4), np.array([[1.0, -1.0], [0.0, 1.0]]))
    assert result.estimate[0] == pytest.approx(8 - 20 / 3)
    assert np.isnan([result.se[0], result.df[0], result.df_design[0], result.ci_lower[0], result.p_value[0]]).all()
    assert result.reason.tolist() == ["cell_of_one", ""]
    assert result.flags == ("cell_of_one",)
    assert np.isfinite(result.se[1])


def test_an_empty_cell_leaves_nothing_unless_it_has_no_weight() -> None:
    y, cell = np.array([8.0, 7.0, 5.0, np.nan]), np.array([0, 0, 1, 2])
    result = contrast_means(y, cell, np.arange(4), np.array([[0.5, 0.0, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]))
    np.testing.assert_array_equal(np.isnan(result.estimate), [True, False, True])
    assert result.reason.tolist() == ["empty_cell", "", "empty_cell"]
    assert np.isnan(result.cell_mean[2]) and result.cell_n.tolist() == [2, 1, 0]


def test_no_ratings_at_all() -> None:
    nothing = np.empty(0)
    result = contrast_means(nothing, nothing.astype(int), nothing.astype(int), np.array([[1.0, -1.0]]))
    assert result.reason.tolist() == ["empty_cell"]
    assert np.isnan(result.estimate).all() and np.isnan(result.ci_upper).all()


def test_a_combination_without_weights_is_nothing() -> None:
    result = contrast_means(np.arange(4.0), np.zeros(4, int), np.arange(4), np.zeros((1, 1)))
    assert (result.estimate[0], result.se[0]) == (0.0, 0.0)
    assert result.reason.tolist() == ["no_variance"]


@pytest.mark.parametrize(
    ("y", "cell", "person", "weights"),
    [
        (np.zeros(3), np.zeros(2, int), np.zeros(3, int), np.ones((1, 1))),
        (np.zeros(2), np.array([0, 1]), np.arange(2), np.ones((1, 1))),
        (np.zeros(2), np.array([0, -1]), np.arange(2), np.ones((1, 2))),
        (np.zeros(2), np.array([0, 0]), np.arange(2), np.array([[np.nan]])),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    y: np.ndarray, cell: np.ndarray, person: np.ndarray, weights: np.ndarray
) -> None:
    with pytest.raises(OptionError):
        contrast_means(y, cell, person, weights)


def test_results_cannot_be_changed(ratings: Ratings) -> None:
    result = in_cells(ratings, [0], [1])
    with pytest.raises(AttributeError):
        result.se = np.zeros(1)


quick = settings(deadline=None, database=None, max_examples=40)


@st.composite
def studies(draw: Callable[..., Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers, cells and persons; every cell of three holds two persons at least."""
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    n = draw(st.integers(12, 40))
    cell = np.r_[0, 0, 1, 1, 2, 2, rng.integers(0, 3, n)]
    person = np.r_[0, 1, 0, 2, 1, 3, rng.integers(0, n // 2, n)]
    return rng.integers(1, 11, n + 6).astype(float), cell, person


GAP = np.array([[0.5, 0.5, -1.0]])


NAMES = ("se", "df", "df_design", "p_value")


LAST = {"rtol": 1e-9, "atol": 1e-9}  # rounding, also where numbers of about 1,000 are taken apart again


@quick
@given(studies())
def test_a_gap_the_other_way_round_is_the_same_gap(study: tuple[np.ndarray, ...]) -> None:
    one, other = contrast_means(*study, GAP), contrast_means(*study, -GAP)
    np.testing.assert_allclose(one.estimate, -other.estimate, **LAST)
    np.testing.assert_allclose(one.ci_lower, -other.ci_upper, **LAST)
    for name in NAMES:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), **LAST)


@quick
@given(studies(), st.floats(0.01, 100))
def test_weights_scale(study: tuple[np.ndarray, ...], factor: float) -> None:
    one, other = contrast_means(*study, GAP), contrast_means(*study, factor * GAP)
    for name in ("estimate", "se", "ci_lower", "ci_upper"):
        np.testing.assert_allclose(factor * getattr(one, name), getattr(other, name), **LAST)
    for name in ("df", "df_design", "p_value"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), **LAST)


@quick
@given(studies(), st.floats(-1000, 1000))
def test_a_shift_of_all_answers_leaves_gaps(study: tuple[np.ndarray, ...], shift: float) -> None:
    y, cell, person = study
    one, other = contrast_means(y, cell, person, GAP), contrast_means(y + shift, cell, person, GAP)
    for name in ("estimate", "ci_lower", "ci_upper", *NAMES):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), **LAST)
    np.testing.assert_allclose(one.cell_mean + shift, other.cell_mean, **LAST)


@quick
@given(studies(), st.randoms(use_true_random=False))
def test_order_of_rows_and_names_of_persons_do_not_matter(study: tuple[np.ndarray, ...], random: Any) -> None:
    y, cell, person = study
    order = np.array(random.sample(range(len(y)), len(y)))
    one = contrast_means(y, cell, person, GAP)
    other = contrast_means(y[order], cell[order], 1000 - 7 * person[order], GAP)
    for name in ("estimate", *NAMES):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), **LAST)


@quick
@given(studies())
def test_the_variance_is_a_sum_over_persons(study: tuple[np.ndarray, ...]) -> None:
    """The formula once more, with loops."""
    y, cell, person = study
    means = {
        (i, c): y[(person == i) & (cell == c)].mean() for i, c in set(zip(person.tolist(), cell.tolist(), strict=True))
    }
    by_cell = {c: [value for (_, d), value in means.items() if d == c] for c in range(3)}
    variance = 0.0
    for i in set(person.tolist()):
        u = 0.0
        for c in range(3):
            if (i, c) in means:
                n = len(by_cell[c])
                u += GAP[0, c] * (means[i, c] - np.mean(by_cell[c])) / np.sqrt(n * (n - 1))
        variance += u**2
    found = contrast_means(*study, GAP)
    np.testing.assert_allclose(found.se, np.sqrt(variance * found.inflation), **LAST)


def test_each_variable_may_weigh_the_cells_in_its_own_way(ratings) -> None:
    rng = np.random.default_rng(20261130)
    y = np.column_stack([ratings["y1"], ratings["y2"], ratings["y1"] + ratings["y2"]])
    weights = rng.dirichlet(np.ones(6), size=(2, 3)).transpose(0, 2, 1)
    weights[1, 2, 1] = weights[0, 0, 2] = 0.0
    many = contrast_means_many(y, ratings["cell"], ratings["person"], weights)
    for place, column in enumerate(y.T):
        one = contrast_means(column, ratings["cell"], ratings["person"], weights[:, :, place])
        for name in ("estimate", "se", "df", "df_design", "inflation", "most_ratings", "smallest", "p_value"):
            # sums in another order
            np.testing.assert_allclose(getattr(many, name)[:, place], getattr(one, name), rtol=1e-12, err_msg=name)
    shared = contrast_means_many(y, ratings["cell"], ratings["person"], weights[:, :, 0])
    assert (np.abs(shared.estimate[:, 1:] - many.estimate[:, 1:]) > 1e-3).all()  # their own weights matter
