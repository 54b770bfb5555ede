"""Criteria for the number of factors against psych and factanal (reference/retention.R), and known populations."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.correlation.polychoric import polychoric
from hpp_analysis.core.retention.average_partials import average_partials, minimum_average_partial
from hpp_analysis.core.retention.comparison_data import comparison_data, comparison_population
from hpp_analysis.core.retention.draws import (
    normal_correlations,
    permuted_correlations,
    recorrelated,
    resampled_correlations,
)
from hpp_analysis.core.retention.eigenvalues import (
    eigenvalues,
    eigenvalues_above_one,
    empirical_kaiser,
    empirical_reference,
    parallel_analysis,
    reference_curve,
    reference_spectra,
)
from hpp_analysis.core.retention.hull import hull
from hpp_analysis.core.retention.model_fit import Series, close_fit, information, most_factors, sequential_chi2, series
from hpp_analysis.core.retention.nest import next_eigenvalue
from hpp_analysis.core.retention.verdict import leading
from tests.core.conftest import REFERENCE, read_table, read_values

VALUES = read_values("retention")
EXACT = 1e-9  # both sides compute to rounding; the file has 12 digits
PRINTED = 1e-8  # psych's optimisers stop at about 1e-7 in a uniqueness, which a minimum feels by its square
OPTIMISER = 2e-4  # factanal and psych stop at 1e-8 relative in the discrepancy; chi-square multiplies that by n
KINDS = {"pca": "eigenvalues", "smc": "eigenvalues_smc", "factor": "eigenvalues_factor"}


@pytest.fixture(scope="module")
def own() -> np.ndarray:
    return read_table(REFERENCE / "data" / "retention.csv")[1]


@pytest.fixture(params=["own", "bfi"])
def case(request: pytest.FixtureRequest) -> tuple[np.ndarray, dict[str, Any]]:
    """Answers, and what R found; public data may be absent, which skips."""
    if request.param == "own":
        return request.getfixturevalue("own"), VALUES["own"]
    names, table = read_table(request.getfixturevalue("shared_data") / "psychTools" / "bfi.csv")
    items = table[:, [place for place, name in enumerate(names) if name[:1] in set("ACENO") and name[1:].isdigit()]]
    return items[~np.isnan(items).any(axis=1)], VALUES["bfi"]


def correlated(x: np.ndarray) -> np.ndarray:
    return np.corrcoef(x.T)


def population(phi: float = 0.4, per: int = 6, factors: int = 3, loading: float = 0.7) -> np.ndarray:
    """Correlations of items of correlated factors."""
    lambda_ = np.kron(np.eye(factors), np.full((per, 1), loading))
    r = lambda_ @ (np.full((factors, factors), phi) + np.eye(factors) * (1 - phi)) @ lambda_.T
    np.fill_diagonal(r, 1.0)
    return r


# What R finds


@pytest.mark.parametrize("kind", ["pca", "smc", "factor"])
def test_eigenvalues_are_those_of_psych(case: tuple[np.ndarray, dict[str, Any]], kind: Any) -> None:
    x, values = case
    found = eigenvalues(correlated(x), kind)
    # minres: psych's optimiser stops when the objective changes by about 1e-8, which leaves 1e-5 in a communality
    np.testing.assert_allclose(found, values[KINDS[kind]], rtol=0, atol=2e-5 if kind == "factor" else EXACT)
    for other in set(KINDS) - {kind}:
        assert np.max(np.abs(found - values[KINDS[other]])) > 0.01


def test_map_is_velicers(case: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, values = case
    r = correlated(x)
    squares, fourths = average_partials(r, 2), average_partials(r, 4)
    np.testing.assert_allclose(squares[:-1], values["map"], rtol=0, atol=EXACT)
    np.testing.assert_allclose(squares[1:-1], values["map_psych"], rtol=0, atol=EXACT)
    np.testing.assert_allclose(fourths[:-1], values["map4"], rtol=0, atol=EXACT)
    assert np.max(np.abs(squares[:-1] - values["map4"])) > 0.01
    assert minimum_average_partial(r).n_factors == int(np.argmin(values["map"]))
    assert minimum_average_partial(r, 4).n_factors == int(np.argmin(values["map4"]))


def test_the_powers_of_map_can_disagree(own: np.ndarray) -> None:
    r = correlated(own)
    assert minimum_average_partial(r, 2).n_factors == 3
    assert minimum_average_partial(r, 4).n_factors == 1


def test_the_reference_of_ekc(case: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, values = case
    observed = eigenvalues(correlated(x))
    np.testing.assert_allclose(empirical_reference(observed, values["n"]), values["ekc"], rtol=0, atol=EXACT)
    above = np.asarray(values["eigenvalues"]) > np.asarray(values["ekc"])
    assert empirical_kaiser(observed, values["n"]).n_factors == int(np.argmin(above))
    assert np.max(np.abs(empirical_reference(observed, 10 * values["n"]) - values["ekc"])) > 0.01


def test_models_have_the_tests_of_factanal_and_the_criteria_of_psych(case: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, values = case
    theirs = values["solutions"]
    ours = series(correlated(x), len(x), len(theirs["chi2"]), "ml")
    np.testing.assert_allclose(ours.of("chi2")[1:], theirs["chi2"], rtol=OPTIMISER, atol=OPTIMISER)
    np.testing.assert_array_equal(ours.df[1:], theirs["df"])
    np.testing.assert_allclose(ours.of("p")[1:], theirs["p"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours.of("chi2")[0], theirs["null_chi2"], rtol=1e-9)
    np.testing.assert_allclose(ours.cfi[1:], theirs["cfi"], rtol=0, atol=1e-5)
    # psych's BIC and SABIC are of its own solutions, within 0.1 of factanal's where an optimiser stops early
    np.testing.assert_allclose(ours.of("bic")[1:], theirs["bic"], rtol=1e-4, atol=0.1)
    np.testing.assert_allclose(ours.of("sabic")[1:], theirs["sabic"], rtol=1e-4, atol=0.1)
    assert np.max(np.abs(np.subtract(theirs["bic"], theirs["sabic"]))) > 1
    assert information(ours, "bic").n_factors == 1 + int(np.argmin(theirs["bic"]))
    assert information(ours, "sabic").n_factors == 1 + int(np.argmin(theirs["sabic"]))


def test_the_common_part_accounted_for_is_that_of_the_residuals(case: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, values = case
    theirs = values["solutions"]["caf"]
    ours = series(correlated(x), len(x), len(theirs) - 1, "uls")
    # a Kaiser-Meyer-Olkin measure of residuals divides by small numbers: 1e-5 in a loading is 1e-3 there
    np.testing.assert_allclose(ours.caf, theirs, rtol=0, atol=2e-3)
    assert np.max(np.abs(series(correlated(x), len(x), len(theirs) - 1, "ml").caf - theirs)) > 2e-3


@pytest.mark.parametrize("draws", ["permuted", "normal"])
@pytest.mark.parametrize("kind", ["pca", "factor", "smc"])
def test_reference_eigenvalues_are_those_of_fa_parallel(own: np.ndarray, draws: str, kind: Any) -> None:
    found = VALUES["own"]["parallel_smc" if kind == "smc" else "parallel"]
    theirs = found[f"{'factor' if kind == 'smc' else kind}_{draws}"]
    n_iter, n_sets = VALUES["n_iter"], 1000
    rng = np.random.default_rng(5)
    drawn = (
        permuted_correlations(own, n_sets, rng) if draws == "permuted" else normal_correlations(*own.shape, n_sets, rng)
    )
    spectra = reference_spectra(drawn, [kind])[kind]
    sd = np.asarray(theirs["sd"])
    # four standard errors of a difference of two simulated means, and of two quantiles: density of the normal at its
    # 95 % quantile .103, so sqrt(.05 * .95) / .103 = 2.1 standard errors of a mean
    error = 4 * sd * np.sqrt(1 / n_iter + 1 / n_sets)
    mean = reference_curve(spectra, "mean", 0.95)
    quantile = reference_curve(spectra, "quantile", 0.95)
    assert np.all(np.abs(mean - theirs["mean"]) < error)
    assert np.all(np.abs(quantile - theirs["q95"]) < 2.3 * error)
    assert np.all(quantile[:3] - mean[:3] > error[:3])


@pytest.mark.parametrize(
    ("study", "kind", "expected"), [("own", "pca", 3), ("own", "factor", 3), ("bfi", "pca", 5), ("bfi", "factor", 6)]
)
def test_parallel_analysis_counts_as_psych(study: str, kind: Any, expected: int) -> None:
    values = VALUES[study]
    reference = np.asarray(values["parallel"][f"{kind}_permuted"]["q95"])
    found = parallel_analysis(np.asarray(values[KINDS[kind]]), reference)
    assert found.n_factors == expected == values["parallel"]["n_components" if kind == "pca" else "n_factors"]


# Draws


def test_wishart_draws_are_the_correlations_of_normal_samples() -> None:
    n, p, n_sets = 30, 6, 3000
    root = np.linalg.cholesky(population(per=2))
    rng = np.random.default_rng(11)
    drawn = np.concatenate(list(normal_correlations(n, p, n_sets, rng, root)))
    plain = np.array([np.corrcoef((rng.standard_normal((n, p)) @ root.T).T) for _set in range(n_sets)])
    pairs = np.triu_indices(p, 1)
    compared = [stats.ks_2samp(drawn[:, i, j], plain[:, i, j]).pvalue for i, j in zip(*pairs, strict=True)]
    ours, theirs = eigenvalues(drawn), eigenvalues(plain)
    compared += [stats.ks_2samp(ours[:, place], theirs[:, place]).pvalue for place in range(p)]
    # 21 dependent comparisons: Bonferroni at one in a hundred
    assert min(compared) > 0.01 / len(compared)
    wrong = np.concatenate(list(normal_correlations(2 * n, p, n_sets, rng, root)))
    assert stats.ks_2samp(eigenvalues(wrong)[:, 0], theirs[:, 0]).pvalue < 1e-6


def test_few_rows_are_drawn_themselves() -> None:
    drawn = np.concatenate(list(normal_correlations(5, 8, 50, np.random.default_rng(1))))
    np.testing.assert_allclose(np.diagonal(drawn, axis1=1, axis2=2), 1.0)
    assert np.all(np.linalg.matrix_rank(drawn, tol=1e-8) == 4)  # five rows about their mean


def test_shuffled_answers_with_gaps_are_deleted_pairwise() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(1, 6, (60, 4)).astype(float)
    x[rng.random(x.shape) < 0.2] = np.nan
    (drawn,) = permuted_correlations(x, 30, np.random.default_rng(7))
    shuffled = np.array(x.T, order="C")
    again = np.random.default_rng(7)
    for found in drawn:
        again.permuted(shuffled, axis=1, out=shuffled)
        for i in range(4):
            for j in range(i):
                both = ~np.isnan(shuffled[i]) & ~np.isnan(shuffled[j])
                expected = np.corrcoef(shuffled[i, both], shuffled[j, both])[0, 1]
                assert found[i, j] == pytest.approx(expected, abs=1e-12)  # rounding


@pytest.mark.parametrize("gaps", [False, True])
def test_a_weighted_sample_is_the_sample_of_its_rows(gaps: bool) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((40, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.3], [0, 0, 1]])
    if gaps:
        x[rng.random(x.shape) < 0.15] = np.nan
    draws = np.random.default_rng(4)
    for found in resampled_correlations(x, 5, np.random.default_rng(4)):
        rows = x[np.repeat(np.arange(40), np.bincount(draws.integers(0, 40, 40), minlength=40))]
        for i, j in ((0, 1), (1, 2), (0, 2)):
            both = ~np.isnan(rows[:, [i, j]]).any(axis=1)
            assert found[i, j] == pytest.approx(np.corrcoef(rows[both][:, [i, j]].T)[0, 1], abs=1e-12)


def test_polychoric_references_keep_the_categories(own: np.ndarray) -> None:
    def counted(codes: np.ndarray) -> np.ndarray:
        seen.append([np.bincount(column.astype(int), minlength=5) for column in codes.T])
        return polychoric(categorise(codes)).r

    seen: list[Any] = []
    codes = own[:, 6:] - 1
    drawn = np.concatenate(list(recorrelated(codes, 5, np.random.default_rng(1), counted)))
    assert all(np.array_equal(found, seen[0]) for found in seen)
    assert drawn.shape == (5, 6, 6)
    assert np.all(np.abs(drawn[:, 0, 1:]) < 0.35)  # shuffled: five standard errors of a polychoric of 300


# Known populations


@pytest.mark.parametrize("phi", [0.0, 0.4])
def test_criteria_find_the_factors_of_a_population(phi: float) -> None:
    r, n = population(phi), 100_000
    observed = eigenvalues(r)
    rng = np.random.default_rng(1)
    curve = reference_curve(reference_spectra(normal_correlations(n, 18, 50, rng), ["pca"])["pca"], "quantile", 0.95)
    models = series(r, n, 6, "ml")
    assert parallel_analysis(observed, curve).n_factors == 3
    assert minimum_average_partial(r, 2).n_factors == minimum_average_partial(r, 4).n_factors == 3
    assert empirical_kaiser(observed, n).n_factors == 3
    assert next_eigenvalue(r, n, 50, rng).n_factors == 3
    assert sequential_chi2(models).n_factors == close_fit(models).n_factors == 3
    assert information(models, "bic").n_factors == information(models, "sabic").n_factors == 3
    assert eigenvalues_above_one(observed).n_factors == 3


def test_hull_finds_the_elbow_and_says_when_there_is_none() -> None:
    df = np.array([45.0, 35.0, 26.0, 18.0, 11.0])
    found = hull(np.array([0.0, 0.3, 0.9, 0.91, 0.915]), df)
    assert found.n_factors == 2
    assert np.isnan(found.values["st"][1])  # below the line from 0 to 2 factors
    assert hull(np.array([0.0, 0.5, 0.6, 0.91, 0.915]), df).n_factors == 3
    # nothing improves on a perfect fit
    assert hull(np.array([0.0, 0.3, 1.0, 1.0, 1.0]), df).n_factors == 2
    assert hull(np.array([0.0, 0.3, 0.9, 0.8, 0.95]), df).n_factors == 2
    line = hull(-df, df)
    assert np.isnan(line.n_factors)
    assert line.why == "no_elbow"
    falling = hull(np.array([0.5, 0.4, 0.3, 0.2, 0.1]), df)
    assert falling.why == "no_elbow"


def test_nest_is_parallel_analysis_at_its_first_step() -> None:
    r = np.eye(6) * 0.9 + 0.1
    found = next_eigenvalue(r, 40, 400, np.random.default_rng(1))
    curve = reference_curve(
        reference_spectra(normal_correlations(40, 6, 400, np.random.default_rng(1)), ["pca"])["pca"], "quantile", 0.95
    )
    assert found.n_factors == 0
    assert found.values["reference"][0] == pytest.approx(curve[0], abs=1e-12)


def test_comparison_populations_have_the_items_distributions_and_correlations(own: np.ndarray) -> None:
    r = correlated(own)
    made = comparison_population(own, r, 3, np.random.default_rng(1))
    off = ~np.eye(12, dtype=bool)
    assert np.sqrt(np.mean((correlated(made) - r)[off] ** 2)) < 0.03
    for theirs, ours in zip(own.T, made.T, strict=True):
        shares = np.bincount(theirs.astype(int), minlength=6) / len(theirs)
        # 10,000 draws: five standard errors of a share are at most .025
        np.testing.assert_allclose(np.bincount(ours.astype(int), minlength=6) / len(ours), shares, atol=0.025)
    poor = comparison_population(own, r, 1, np.random.default_rng(1))
    assert np.sqrt(np.mean((correlated(poor) - r)[off] ** 2)) > 0.06


def test_comparison_data_count_factors(own: np.ndarray) -> None:
    found = comparison_data(own, correlated(own), 4, np.random.default_rng(1))
    assert found.n_factors == 3
    assert np.argmin(found.values["distance"][1:5]) == 2
    short = comparison_data(own, correlated(own), 1, np.random.default_rng(1))
    assert short.why == "at_limit"


def test_stops_at_the_first_eigenvalue_below_its_reference() -> None:
    found = parallel_analysis(np.array([2.0, 1.0, 1.2, 0.5]), np.array([1.5, 1.1, 1.0, 0.8]))
    assert found.n_factors == 1
    assert leading(np.array([True, False, True])) == 1


# Invariants

matrices = st.integers(0, 10_000).map(lambda seed: np.corrcoef(np.random.default_rng(seed).standard_normal((40, 7)).T))


@given(r=matrices, seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_order_and_sign_of_items_do_not_matter(r: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order, sign = rng.permutation(7), rng.choice([-1.0, 1.0], 7)
    turned = (r * np.outer(sign, sign))[np.ix_(order, order)]
    for kind in ("pca", "smc"):
        np.testing.assert_allclose(eigenvalues(turned, kind), eigenvalues(r, kind), atol=1e-9)  # rounding
    for power in (2, 4):
        # the last averages divide by what rounding leaves of an item
        np.testing.assert_allclose(average_partials(turned, power)[:5], average_partials(r, power)[:5], rtol=1e-6)
    one, other = series(r, 40, 2, "ml"), series(turned, 40, 2, "ml")
    np.testing.assert_allclose(one.of("chi2"), other.of("chi2"), atol=1e-5)  # Newton ends at a slope of 1e-9


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_larger_reference_retains_no_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    observed, low = np.sort(rng.random(6))[::-1] * 2, np.sort(rng.random(6))[::-1]
    high = low + rng.random(6)
    assert parallel_analysis(observed, high).n_factors <= parallel_analysis(observed, low).n_factors


# What cannot be told


def test_undefined_singular_and_tiny() -> None:
    r = np.full((4, 4), np.nan)
    assert np.isnan(eigenvalues(r)).all()
    assert minimum_average_partial(r).why == "undefined_correlation"
    singular = np.corrcoef(np.random.default_rng(1).standard_normal((4, 6)).T)
    assert np.isnan(eigenvalues(singular, "smc")).all()
    assert np.isfinite(eigenvalues(singular)).all()
    assert minimum_average_partial(np.eye(2)).why == "too_few_items"
    assert empirical_kaiser(np.array([1.5, 0.5]), np.nan).why == "n_unknown"


def test_none_fits() -> None:
    models = series(population(), 100_000, 2, "ml")
    assert sequential_chi2(models).why == "none_fits"
    assert isinstance(models, Series)


@pytest.mark.parametrize(("p", "most"), [(3, 0), (4, 1), (6, 2), (19, 13)])
def test_the_most_factors_leave_degrees_of_freedom(p: int, most: int) -> None:
    assert most_factors(p) == most
    assert (p - most - 1) ** 2 <= p + most + 1
