from typing import Any

import numpy as np
import pytest

from hpp_analysis.core.reliability.intraclass import FORMS, intraclass_correlations
from tests.core.conftest import read_values

REFERENCE = read_values("agreement")


DIGITS = 1e-11  # closed forms, printed with 12 significant digits


F_DIGITS = 1e-9  # quantiles of F by two libraries


@pytest.mark.parametrize("table", ["shrout_fleiss", "raters"])
def test_the_six_intraclass_correlations_are_those_of_psych(table: str) -> None:
    expected: dict[str, Any] = REFERENCE[table]
    found = intraclass_correlations(np.array(expected["table"], dtype=float))
    np.testing.assert_allclose(found.icc, expected["icc"], atol=DIGITS)
    np.testing.assert_allclose(found.ci_lower, expected["lower"], atol=F_DIGITS)
    np.testing.assert_allclose(found.ci_upper, expected["upper"], atol=F_DIGITS)
    np.testing.assert_allclose(found.f, expected["f"], rtol=1e-10)
    np.testing.assert_allclose(found.df2, expected["df2"])
    np.testing.assert_allclose(found.p, expected["p"], rtol=1e-8)
    assert len(np.unique(found.icc.round(3))) == len(FORMS)  # no two forms are alike here


def test_the_published_values_of_shrout_and_fleiss() -> None:
    found = intraclass_correlations(np.array(REFERENCE["shrout_fleiss"]["table"], dtype=float))
    # 1979, table 4, two decimals
    assert found.icc.round(2).tolist() == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
