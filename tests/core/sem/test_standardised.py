from collections.abc import Callable

import pytest

from hpp_analysis.core.sem.standardised import standardise
from tests.core.sem.conftest import MODELS, Fitted, places


@pytest.mark.parametrize("name", MODELS)
def test_standardised_solutions_are_lavaans(name: str, fitted: Callable[[str], Fitted]) -> None:
    fit = fitted(name)
    standard = standardise(fit.found, fit.covariance, observed=True)
    for k, row in places(name, fit):
        if row["op"] != "~1":
            assert standard.value[k] == pytest.approx(row["std"], rel=1e-4, abs=1e-4), row
            # lavaan's Jacobian of the standardised solution is a finite difference
            assert standard.se[k] == pytest.approx(row["std_se"], rel=2e-3, abs=1e-5), row
