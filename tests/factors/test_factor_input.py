"""What is taken as correlations, and what is refused."""

import pandas as pd
import pytest

from hpp_analysis import fit_efa
from hpp_analysis.errors import SurveyError
from tests.core.conftest import REFERENCE


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "correlations_12.csv")


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
