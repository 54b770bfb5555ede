from typing import Any

import numpy as np
import pytest
from scipy import stats

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.correlation.polychoric import polychoric
from hpp_analysis.core.retention.draws import normal_correlations, permuted_correlations, recorrelated
from hpp_analysis.core.retention.eigenvalues import eigenvalues
from tests.core.retention.conftest import population

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
