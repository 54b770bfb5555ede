"""Each way of correlating against R, and what a matrix rests on."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import correlate
from tests.core.conftest import ordinal_answers, symmetric
from tests.factors.test_correlation import EXACT, ITEMS, VALUES

NAMES, TABLE = ordinal_answers()


def test_each_way_of_correlating_is_that_of_r() -> None:
    np.testing.assert_allclose(correlate(ITEMS).r, symmetric(VALUES["pearson"]), **EXACT)
    np.testing.assert_allclose(correlate(ITEMS, method="spearman").r, symmetric(VALUES["spearman"]), **EXACT)
    listwise = correlate(ITEMS, missing="listwise")
    np.testing.assert_allclose(listwise.r, symmetric(VALUES["listwise"]), **EXACT)
    assert listwise.n_used == VALUES["within"]["n"]
    covariance = symmetric(VALUES["em"]["covariance"], VALUES["em"]["variance"])
    sd = np.sqrt(np.diag(covariance))
    em = correlate(ITEMS, missing="em")
    # lavaan's EM leaves about 1e-9
    np.testing.assert_allclose(em.r, covariance / np.outer(sd, sd), rtol=0, atol=1e-8)
    assert em.n_used == len(ITEMS)
    poly = correlate(ITEMS[NAMES[:5]], method="polychoric")
    # lavaan's optimiser stops within 4e-8 of the maximum
    np.testing.assert_allclose(poly.r, symmetric(VALUES["poly"]["r"]), rtol=0, atol=1e-7)
    thresholds = poly.thresholds.to_numpy()
    np.testing.assert_allclose(thresholds[~np.isnan(thresholds)], VALUES["poly"]["thresholds"], atol=1e-10)


def test_mixed_takes_whole_numbers_as_ordered() -> None:
    mixed = correlate(ITEMS, method="mixed")
    assert mixed.continuous == ("c1", "c2")
    theirs = symmetric(VALUES["mixed"]["r"])
    # as in core/correlation/test_polyserial.py; c2, with its outlier, is compared there
    np.testing.assert_allclose(mixed.r.iloc[:7, :7], theirs[:7, :7], rtol=0, atol=5e-7)
    assert mixed.r.loc["c1", "c2"] == pytest.approx(correlate(ITEMS).r.loc["c1", "c2"], abs=1e-15)
    assert mixed.thresholds.loc["c1"].isna().all()


def test_a_matrix_that_is_not_positive_definite_is_smoothed_and_says_so() -> None:
    rng = np.random.default_rng(5)
    x = np.repeat(rng.normal(size=(60, 1)), 3, axis=1) + 0.1 * rng.normal(size=(60, 3))
    x[:20, 0], x[20:40, 1], x[40:, 2] = np.nan, np.nan, np.nan
    x[40:, 0] *= -1  # the pairs contradict each other
    found = correlate(pd.DataFrame(x, columns=list("abc")))
    assert found.flags == ("smoothed",)
    assert found.smoothed.smallest_before < -0.5
    assert found.smoothed.smallest_after > 0
    assert np.linalg.eigvalsh(found.r)[0] > 0
    assert "not positive definite" in repr(found)
    assert correlate(ITEMS).smoothed is None


def test_merged_categories_are_reported() -> None:
    found = correlate(ITEMS[["o7", "o10"]], method="polychoric", min_count=20)
    assert set(found.merged) <= {"o7", "o10"}
    for item, to in found.merged.items():
        assert ITEMS[item].map(to).value_counts().min() >= 20
        assert "merged" in repr(found)
    assert found.merged
    assert correlate(ITEMS[["o7", "o10"]], method="polychoric").merged == {}
