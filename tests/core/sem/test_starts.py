"""Starting values: exact where a model fits, and the user's where there are any."""

import numpy as np
import pytest

from hpp_analysis.core.sem.model import build_model
from hpp_analysis.core.sem.moments import moments_of_covariance
from hpp_analysis.core.sem.starts import start_values
from hpp_analysis.core.sem.table import build_table

LAMBDA = np.kron(np.eye(2), np.array([[1.0], [0.8], [1.2]]))
SIGMA = LAMBDA @ np.array([[0.6, 0.2], [0.2, 0.5]]) @ LAMBDA.T + np.diag([0.5, 0.6, 0.7, 0.4, 0.5, 0.6])
MOMENTS = [moments_of_covariance(SIGMA, 200, divisor="n")]


def starts(model: str, **options: bool) -> dict[str, float]:
    table = build_table(model)
    theta = start_values(build_model(table), MOMENTS, **options)
    return {f"{table.lhs[k]}{table.op[k]}{table.rhs[k]}": theta[n - 1] for k, n in enumerate(table.free) if n}


def test_the_closed_formula_finds_loadings_that_fit() -> None:
    found = starts("f =~ x1 + x2 + x3; g =~ x4 + x5 + x6")
    assert found["f=~x2"] == pytest.approx(0.8) and found["g=~x6"] == pytest.approx(1.2)
    assert found["f~~f"] == pytest.approx(0.6) and found["g~~g"] == pytest.approx(0.5)
    assert found["x3~~x3"] == pytest.approx(0.7)


def test_what_the_user_asked_for_wins() -> None:
    assert starts("f =~ x1 + start(0.3)*x2 + x3; g =~ x4 + x5 + x6")["f=~x2"] == 0.3


def test_the_careful_start_takes_all_indicators_alike() -> None:
    found = starts("f =~ x1 + x2 + x3; g =~ x4 + x5 + x6", alike=True)
    assert found["f=~x2"] == found["f=~x3"] == 1.0
    assert found["f~~g"] == 0.0
    assert found["x1~~x1"] == pytest.approx(SIGMA[0, 0] / 2)
