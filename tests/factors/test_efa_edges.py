"""What fit_efa does where there is little or nothing to find, and what no option may change."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis import fit_efa
from hpp_analysis.errors import NotIdentifiedError, OptionError, SurveyError
from tests.core.conftest import REFERENCE

EXTRACTIONS = ("minres", "ml", "pa", "gls", "dwls", "pca")


def answers(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(n, 1)) + rng.normal(size=(n, 6)), columns=list("abcdef"))


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "correlations_12.csv")


@pytest.mark.parametrize("missing", ["em", "pairwise", "listwise"])
@pytest.mark.parametrize("extraction", EXTRACTIONS)
@pytest.mark.parametrize(
    "x",
    [answers().assign(a=3.0), answers().assign(a=np.nan), answers().iloc[:0], answers() * np.nan],
    ids=["constant item", "item without answers", "no rows", "no answers"],
)
def test_what_cannot_be_known_is_nan_with_a_reason(x: pd.DataFrame, extraction: Any, missing: Any) -> None:
    """No traceback and no warning: the tests turn warnings into errors."""
    efa = fit_efa(x, 1, extraction=extraction, missing=missing)
    assert "undefined_correlation" in efa.flags
    assert efa.loadings.isna().all().all() and np.isnan(efa.chi2)
    for language in ("en", "nl"):
        assert efa.summary(language)
        assert efa.methods(language)
    assert "<table" in efa._repr_html_()


@pytest.mark.parametrize("extraction", ["ml", "gls"])
def test_singular_correlations_have_no_likelihood(extraction: Any) -> None:
    twins = answers().assign(b=lambda x: x["a"])
    efa = fit_efa(twins, 1, extraction=extraction)
    assert "not_positive_definite" in efa.flags
    assert np.isfinite(fit_efa(twins, 1).loadings).all().all()  # least squares needs no inverse


def test_fewer_rows_than_items_and_a_heywood_case_are_flagged() -> None:
    assert "heywood" in fit_efa(answers().iloc[:4], 1).flags


def test_an_over_factored_solution_says_that_it_did_not_converge() -> None:
    assert "not_converged" in fit_efa(answers(), 3, extraction="pa").flags


@pytest.mark.parametrize(("items", "k"), [(answers()[["a", "b"]], 1), (answers(), 4)])
def test_more_unknowns_than_correlations_are_refused(items: pd.DataFrame, k: int) -> None:
    with pytest.raises(NotIdentifiedError, match="unknowns"):
        fit_efa(items, k)


@pytest.mark.parametrize("change", ["covariance", "asymmetric", "beyond one", "not square"])
def test_a_matrix_that_is_none_is_refused(own: pd.DataFrame, change: str) -> None:
    r = own.copy()
    if change == "covariance":
        r = r * 4.0
    elif change == "not square":
        r = r.iloc[:5]
    else:
        r.iloc[0, 1] = 0.1 if change == "asymmetric" else 1.2
        r.iloc[1, 0] = 0.5 if change == "asymmetric" else 1.2
    with pytest.raises(SurveyError):
        fit_efa(r, 3, n_obs=400)


def test_an_option_of_another_rotation_is_refused(own: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="gamma"):
        fit_efa(own, 3, n_obs=400, rotation="varimax", rotation_options={"gamma": 0.5})


def test_scores_keep_the_index_and_are_nan_where_an_answer_is_missing() -> None:
    x = answers().set_index(pd.Index(range(1000, 1200)))
    x.iloc[3, 2] = np.nan
    scores = fit_efa(x, 1).scores(x)
    assert scores.index.equals(x.index)
    assert scores.index[scores["F1"].isna()].tolist() == [1003]


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(12)), rotation=st.sampled_from(["oblimin", "varimax", "promax"]))
def test_the_order_of_items_changes_nothing(order: list[int], rotation: Any) -> None:
    r = pd.read_csv(REFERENCE / "data" / "correlations_12.csv")
    r.index = r.columns
    shuffled = fit_efa(r.iloc[order, order], 3, n_obs=400, rotation=rotation).loadings.loc[r.columns]
    # rotations end at a projected gradient of 1e-8
    np.testing.assert_allclose(shuffled, fit_efa(r, 3, n_obs=400, rotation=rotation).loadings, rtol=0, atol=1e-6)
