from collections.abc import Callable

import pytest

from hpp_analysis.core.sem.inference import rows_of_table
from tests.core.sem.conftest import MODELS, Fitted, places


@pytest.mark.parametrize("name", MODELS)
def test_estimates_are_lavaans(name: str, fitted: Callable[[str], Fitted]) -> None:
    fit = fitted(name)
    assert fit.found.converged
    value, _se = rows_of_table(fit.found, fit.covariance)
    for k, row in places(name, fit):
        # lavaan's quasi-Newton iteration stops earlier than ours
        assert value[k] == pytest.approx(row["est"], rel=1e-4, abs=1e-4 * max(row["se"], 1e-2)), row
