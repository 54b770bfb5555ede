from collections.abc import Callable

import numpy as np
import pytest

from hpp_analysis.core.sem.inference import defined_parameters, rows_of_table
from tests.core.sem.conftest import MODELS, Fitted, places, rows


@pytest.mark.parametrize("name", MODELS)
def test_standard_errors_are_lavaans(name: str, fitted: Callable[[str], Fitted]) -> None:
    fit = fitted(name)
    _value, se = rows_of_table(fit.found, fit.covariance)
    for k, row in places(name, fit):
        # lavaan's observed information is a finite difference
        assert se[k] == pytest.approx(row["se"], rel=1e-3, abs=1e-6), row


def test_defined_parameters_are_lavaans(fitted: Callable[[str], Fitted]) -> None:
    fit = fitted("own_paths")
    value, se = defined_parameters(fit.found, fit.covariance)
    theirs = [row for row in rows("own_paths") if row["op"] == ":="]
    np.testing.assert_allclose(value, [row["est"] for row in theirs], rtol=1e-4)
    np.testing.assert_allclose(se, [row["se"] for row in theirs], rtol=1e-3)  # as for other errors here
