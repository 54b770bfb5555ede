"""Residual covariances in standard errors, where a closed form is known; lavaan's are in tests/models."""

import numpy as np
import pytest

from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.moments import sample_moments
from hpp_analysis.core.sem.residuals import residual_z
from hpp_analysis.core.sem.table import build_table

N = 400


def fitted(model: str, n_items: int, seed: int = 0) -> tuple[Estimate, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 1)) + rng.normal(size=(N, n_items))
    return estimate(build_table(model), [sample_moments(x, fiml=False)]), x


def test_a_covariance_fixed_at_zero_has_the_error_of_a_sample_covariance() -> None:
    found, x = fitted("x1 ~~ 0*x2", 2)
    s = np.cov(x.T, ddof=0)
    (result,) = residual_z(found)
    # for normal answers n var(s12) = s11 s22 + s12^2; the model moves the variances alone
    assert result.z[0, 1] == pytest.approx(s[0, 1] / np.sqrt((s[0, 0] * s[1, 1] + s[0, 1] ** 2) / N), rel=1e-6)
    assert result.z[1, 0] == result.z[0, 1]
    assert result.why.tolist() == [["reproduced", ""], ["", "reproduced"]]
    (robust,) = residual_z(found, robust=True)
    products = (x - x.mean(axis=0)).prod(axis=1)
    assert robust.z[0, 1] == pytest.approx(s[0, 1] / np.sqrt(np.var(products) / N), rel=1e-6)
    assert abs(robust.z[0, 1] - result.z[0, 1]) > 1e-3


def test_clusters_of_copies_count_once() -> None:
    rng = np.random.default_rng(1)
    one = rng.normal(size=(100, 1)) + rng.normal(size=(100, 2))
    found = estimate(build_table("x1 ~~ 0*x2"), [sample_moments(np.repeat(one, 4, axis=0), fiml=False)])
    rows, persons = (
        residual_z(found, robust=True, cluster=cluster)[0].z[0, 1] for cluster in (None, np.repeat(np.arange(100), 4))
    )
    # four copies double z; clusters carry the root of J / (J - 1)
    assert rows / persons == pytest.approx(2.0 * np.sqrt(100 / 99), rel=1e-6)


def test_what_a_saturated_model_reproduces_has_no_z() -> None:
    found, _x = fitted("f =~ x1 + x2 + x3", 3)
    (result,) = residual_z(found)
    assert (result.why == "reproduced").all()
    assert np.isnan(result.z).all()
