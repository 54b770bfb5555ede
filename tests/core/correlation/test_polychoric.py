from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from hpp_analysis.core.correlation.categories import Categories, categorise
from hpp_analysis.core.correlation.polychoric import CAP, polychoric, polychoric_covariance
from hpp_analysis.errors import OptionError
from tests.core.conftest import ordinal_answers, read_table, read_values, symmetric

VALUES = read_values("correlation")


NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)


def likelihood(categories: Categories, i: int, j: int, rho: float) -> float:
    """The plain definition: P(a < X, b < Y) as an integral over x of the conditional distribution of Y."""
    table = np.zeros((categories.values[i].size, categories.values[j].size))
    both = (categories.codes[:, i] >= 0) & (categories.codes[:, j] >= 0)
    np.add.at(table, (categories.codes[both, i], categories.codes[both, j]), 1)
    edges = np.concatenate([[-9.0], categories.thresholds[i], [9.0]])
    cuts = np.concatenate([[-np.inf], categories.thresholds[j], [np.inf]])
    total = 0.0
    for row, low, high in zip(table, edges, edges[1:], strict=False):
        x = low + (high - low) * (NODES + 1) / 2
        density = WEIGHTS * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * (high - low) / 2
        cells = np.diff(density @ ndtr((cuts - rho * x[:, None]) / np.sqrt(1 - rho**2)))
        total += row[row > 0] @ np.log(cells[row > 0])
    return float(total)


def likert(n: int, rho: float, seed: int, cuts: tuple[list[float], list[float]]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=n)
    return np.column_stack([np.searchsorted(cut, z[:, k]) for k, cut in enumerate(cuts)]).astype(float)


def check(x: np.ndarray, values: dict) -> None:
    categories = categorise(x)
    found = polychoric(categories)
    assert found.converged
    # lavaan's optimiser stops within 4e-8 of the maximum
    np.testing.assert_allclose(found.r, symmetric(values["r"]), rtol=0, atol=1e-7)
    if "thresholds" in values:
        # the file holds 12 digits
        np.testing.assert_allclose(np.concatenate(categories.thresholds), values["thresholds"], atol=1e-10)
        # the neighbour: Pearson's correlations of the codes
        assert np.abs(found.r - symmetric(values["pearson"])).max() > 0.03


def test_own_items_of_two_to_ten_categories_are_those_of_lavaan() -> None:
    x = ordinal_answers()[1]
    check(x[:, :5], VALUES["ordinal"]["poly"])
    check(x[:, :6], VALUES["ordinal"]["ten"])
    # psych's thresholds and joint tables come from the same rows only with complete answers: near, not equal
    psych = np.abs(polychoric(categorise(x[:, :5])).r - symmetric(VALUES["ordinal"]["poly"]["psych"]))
    assert 1e-4 < psych.max() < 0.05


def test_bfi_complete_and_with_gaps_are_those_of_lavaan(shared_data: Path) -> None:
    x = read_table(shared_data / "psychTools" / "bfi.csv")[1][:, 1:26]
    complete = x[~np.isnan(x).any(axis=1)]
    check(complete, VALUES["bfi"]["poly"])
    check(x, VALUES["bfi"]["pairwise"])
    # psych integrates to about five digits
    r = polychoric(categorise(complete)).r
    np.testing.assert_allclose(r, symmetric(VALUES["bfi"]["poly"]["psych"]), rtol=0, atol=5e-5)


def test_items_of_ten_categories_of_mobi_are_those_of_lavaan(shared_data: Path) -> None:
    check(read_table(shared_data / "semPLS" / "mobi.csv")[1], VALUES["mobi"]["poly"])


def test_where_lavaan_differs_on_grips_ours_is_more_likely(shared_data: Path) -> None:
    categories = categorise(read_table(shared_data / "EFAtools" / "GRiPS_raw.csv")[1])
    r = polychoric(categories).r
    theirs = symmetric(VALUES["grips"]["poly"]["r"])
    # psych agrees with us to its five digits
    np.testing.assert_allclose(r, symmetric(VALUES["grips"]["poly"]["psych"]), rtol=0, atol=5e-5)
    apart = np.argwhere(np.triu(np.abs(r - theirs) > 1e-6))
    assert len(apart) > 10  # lavaan stops short of the maximum in these pairs
    for i, j in apart:
        assert likelihood(categories, i, j, r[i, j]) > likelihood(categories, i, j, theirs[i, j]) + 0.1
    same = np.abs(r - theirs) <= 1e-6
    np.testing.assert_allclose(r[same], theirs[same], rtol=0, atol=1e-7)


@pytest.mark.parametrize("rho", [-0.97, -0.6, 0.0, 0.3, 0.85, 0.98])
def test_an_estimate_is_the_maximum_of_the_exact_likelihood(rho: float) -> None:
    categories = categorise(likert(400, rho, 5, ([-1.0, 0.1, 1.2], [-1.5, -0.5, 0.4, 1.0, 1.8])))
    best = minimize_scalar(
        lambda r: -likelihood(categories, 0, 1, r),
        bounds=(rho - 0.1, min(rho + 0.1, 0.9999)) if rho > -0.9 else (-0.9999, rho + 0.1),
        method="bounded",
        options={"xatol": 1e-9},
    )
    # a minimum is found to the square root of the machine's precision
    assert polychoric(categories).r[0, 1] == pytest.approx(best.x, abs=2e-7)


def test_truth_is_recovered() -> None:
    for rho in (-0.5, 0.2, 0.8):
        x = likert(40_000, rho, 3, ([-0.5, 0.5], [-1.0, 0.0, 1.0, 2.0]))
        # about three standard errors
        assert polychoric(categorise(x)).r[0, 1] == pytest.approx(rho, abs=0.02)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_relabelling_order_and_reversal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(150, 1))
    x = np.round(1.2 * (common + rng.normal(size=(150, 4))))
    x[rng.random(x.shape) < 0.1] = np.nan
    r = polychoric(categorise(x)).r
    np.testing.assert_array_equal(r, r.T)
    np.testing.assert_array_equal(np.diag(r), 1.0)
    # a maximum found from another start: about the square of the last step
    tight = {"rtol": 0, "atol": 1e-8}
    np.testing.assert_array_equal(polychoric(categorise(np.exp(x) + 3.0)).r, r)
    order = rng.permutation(4)
    np.testing.assert_allclose(polychoric(categorise(x[:, order])).r, r[np.ix_(order, order)], **tight)
    sign = np.array([1.0, -1.0, 1.0, 1.0])
    np.testing.assert_allclose(polychoric(categorise(x * sign)).r, r * np.outer(sign, sign), **tight)


def test_empty_cells_and_the_cap() -> None:
    two = np.repeat([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [30, 20, 10], axis=0)
    found = polychoric(categorise(two))
    assert found.adjusted[0, 1]
    assert found.empty_cells[0, 1] == 1
    # one half added to the empty cell with the margins kept: the table of 29.5, 20.5, .5, 9.5
    half = np.repeat([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [59, 41, 1, 19], axis=0)
    assert found.r[0, 1] == pytest.approx(polychoric(categorise(half)).r[0, 1], abs=1e-9)
    same = np.tile([[0.0], [1.0], [2.0]], (20, 2))
    found = polychoric(categorise(same))
    assert found.at_cap[0, 1]
    assert found.r[0, 1] == CAP
    assert not found.adjusted[0, 1]
    assert polychoric(categorise(same * [1.0, -1.0])).r[0, 1] == -CAP


def test_a_likelihood_that_rises_to_the_end_ends_at_the_cap() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 4.0], [1.0, 1.0]])
    categories = categorise(x)
    found = polychoric(categories)
    assert found.converged
    assert found.at_cap[0, 1]
    assert found.r[0, 1] == CAP
    # nothing inside is more likely than the cap, as far as quadrature can tell
    best = max(likelihood(categories, 0, 1, rho) for rho in np.linspace(-0.99, 0.99, 199))
    assert likelihood(categories, 0, 1, 0.9999) >= best - 1e-9


def test_small_and_sparse_samples_always_end() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n, p, k = (int(rng.integers(low, high)) for low, high in ((3, 30), (2, 6), (2, 8)))
        z = rng.normal(size=(n, p)) + rng.normal(size=(n, 1)) * rng.choice([0.0, 0.5, 3.0])
        x = np.clip(np.round(z * k / 5 + k / 2), 0, k)
        x[rng.random(x.shape) < 0.1] = np.nan
        found = polychoric(categorise(x))
        assert found.converged, seed
        assert np.nanmax(np.abs(found.r), initial=0.0) <= 1.0


def test_what_has_no_correlation_is_nan() -> None:
    x = np.array([[1.0, 1, 1, np.nan], [2, 1, 2, np.nan], [3, 1, np.nan, 1], [1, 1, np.nan, 2]] * 10)
    found = polychoric(categorise(x))
    assert np.isnan(found.r[1]).all()  # does not vary
    assert np.isnan(found.r[2, 3])  # never together
    assert found.n[2, 3] == 0
    assert np.isfinite(found.r[0, [2, 3]]).all()
    for empty in (np.empty((0, 2)), np.empty((3, 0)), np.full((3, 2), np.nan)):
        assert np.isnan(polychoric(categorise(empty)).r).all()


def check_covariance(x: np.ndarray, values: dict) -> None:
    categories = categorise(x[~np.isnan(x).any(axis=1)])
    r = polychoric(categories).r
    found = polychoric_covariance(categories, r)
    assert found.n == values["n"]
    wanted = symmetric(values["above"], values["diagonal"])
    # lavaan's correlations lie within 1e-7 of the maximum, and a variance multiplies that by its own slope
    np.testing.assert_allclose(found.gamma, wanted, rtol=1e-5, atol=1e-5)
    # the neighbour: normal theory, as if Pearson's correlations had been computed
    naive = (1 - r[np.triu_indices(len(r), 1)] ** 2) ** 2
    assert np.abs(np.diag(found.gamma)[found.n_thresholds :] / naive - 1).max() > 0.1


def test_covariances_are_those_of_lavaan() -> None:
    check_covariance(ordinal_answers()[1][:, [1, 3, 5]], VALUES["ordinal"]["gamma"])


def test_covariances_of_bfi_are_those_of_lavaan(shared_data: Path) -> None:
    check_covariance(read_table(shared_data / "psychTools" / "bfi.csv")[1][:, 1:6], VALUES["bfi"]["gamma"])


def test_they_tell_how_estimates_vary_over_samples() -> None:
    rng = np.random.default_rng(9)
    estimates, told = [], []
    for _sample in range(300):
        z = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=400)
        categories = categorise(np.column_stack([np.searchsorted([-0.5, 0.8], part) for part in z.T]).astype(float))
        r = polychoric(categories).r
        estimates.append(r[0, 1])
        told.append(polychoric_covariance(categories, r).gamma[-1, -1] / 400)
    # the standard deviation of 300 estimates has a standard error of 4 %
    assert np.std(estimates) == pytest.approx(np.sqrt(np.mean(told)), rel=0.12)


def test_gaps_and_constant_items_are_refused() -> None:
    for x in ([[1.0, np.nan], [2.0, 1.0]], [[1.0, 1.0], [2.0, 1.0]]):
        with pytest.raises(OptionError):
            polychoric_covariance(categorise(np.array(x)), np.eye(2))
