import numpy as np
import pytest

from hpp_analysis.core.sem.chisquare import FitTest, corrected_difference


def test_without_scaling_chi_squares_are_subtracted() -> None:
    test = corrected_difference(FitTest(124.044, 54, 0, 1), FitTest(115.851, 48, 0, 1))
    assert test.chi2_scaled == pytest.approx(8.193)
    assert test.p_scaled == pytest.approx(0.2244, abs=1e-4)  # lavaan: 0.2244


def test_scaled_chi_squares_are_not_subtracted() -> None:
    """Worked by hand: c_d = (54 * 1.1 - 48 * 1.05) / 6 = 1.5."""
    test = corrected_difference(FitTest(124.0, 54, 0, 1.1), FitTest(115.0, 48, 0, 1.05))
    assert test.scaling == pytest.approx(1.5)
    assert test.chi2_scaled == pytest.approx(6.0)
    assert test.chi2_scaled != pytest.approx(124 / 1.1 - 115 / 1.05, abs=0.5)


def test_what_does_not_exist_is_nan() -> None:
    assert np.isnan(corrected_difference(FitTest(60, 10, 0, 1.0), FitTest(50, 9, 0, 1.3)).chi2_scaled)
    assert np.isnan(corrected_difference(FitTest(60, 10, 0, 1), FitTest(50, 10, 0, 1)).p)
    saturated = corrected_difference(FitTest(6, 3, 0, 1.2), FitTest(0, 0, 0, np.nan))
    assert saturated.chi2_scaled == pytest.approx(5.0)
