"""Scores and the Schmid-Leiman transformation of a solution."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import fit_efa
from tests.core.conftest import REFERENCE, apart, matched
from tests.factors.test_efa import OWN, PROGRAM, answers


def test_scores_keep_the_index_and_are_nan_where_an_answer_is_missing() -> None:
    x = answers().set_index(pd.Index(range(1000, 1200)))
    x.iloc[3, 2] = np.nan
    scores = fit_efa(x, 1).scores(x)
    assert scores.index.equals(x.index)
    assert scores.index[scores["F1"].isna()].tolist() == [1003]


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "correlations_12.csv")


@pytest.mark.parametrize("method", ["regression", "bartlett", "tenberge"])
def test_score_weights_are_those_of_psych(own: pd.DataFrame, method: Any) -> None:
    weights = fit_efa(own, 3, n_obs=400, like="psych").score_weights(method)
    # psych's oblimin stops at a gradient of 1e-5
    np.testing.assert_allclose(weights, matched(OWN["weights"][method], weights)[0], rtol=0, atol=PROGRAM)
    others = [OWN["weights"][other] for other in OWN["weights"] if other != method]
    assert all(apart(weights, other) > 10 * PROGRAM for other in others)


def test_schmid_leiman_is_that_of_psych(own: pd.DataFrame) -> None:
    ours = fit_efa(own, 3, n_obs=400, like="psych").schmid_leiman().drop(columns="communality")
    # minres of three correlations is exact, but psych's optimiser stops at about 1e-4
    theirs = matched(OWN["schmid_leiman"], ours)[0]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=5e-4)
