import numpy as np

from hpp_analysis.core.multiple_testing import holm
from tests.core.conftest import read_values

REFERENCE = read_values("groups")


def test_holm_is_rs() -> None:
    p = np.array([np.nan if value is None else value for value in REFERENCE["holm"]["p"]], dtype=float)
    expected = np.array(REFERENCE["holm"]["adjusted"], dtype=float)
    np.testing.assert_allclose(holm(p), expected, rtol=1e-14)  # products of two numbers
    bonferroni = np.array(REFERENCE["holm"]["bonferroni"], dtype=float)
    assert np.nanmax(np.abs(holm(p) - bonferroni)) > 0.01
    assert holm([]).shape == (0,)
    assert np.isnan(holm([np.nan, np.nan])).all()
