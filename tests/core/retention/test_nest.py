import numpy as np
import pytest

from hpp_analysis.core.retention.draws import normal_correlations
from hpp_analysis.core.retention.eigenvalues import reference_curve, reference_spectra
from hpp_analysis.core.retention.nest import next_eigenvalue


def test_nest_is_parallel_analysis_at_its_first_step() -> None:
    r = np.eye(6) * 0.9 + 0.1
    found = next_eigenvalue(r, 40, 400, np.random.default_rng(1))
    curve = reference_curve(
        reference_spectra(normal_correlations(40, 6, 400, np.random.default_rng(1)), ["pca"])["pca"], "quantile", 0.95
    )
    assert found.n_factors == 0
    assert found.values["reference"][0] == pytest.approx(curve[0], abs=1e-12)
