"""A general factor above correlated ones."""

import numpy as np
import pytest

from hpp_analysis.core.factors.schmid_leiman import schmid_leiman

PHI = np.array([[1.0, 0.42, 0.48], [0.42, 1.0, 0.56], [0.48, 0.56, 1.0]])
LAMBDA = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6]]))


@pytest.mark.parametrize("method", ["minres", "pa"])
def test_it_reproduces_the_common_part(method: str) -> None:
    found = schmid_leiman(LAMBDA, PHI, method=method)
    # correlations of three factors identify their general factor exactly: .6, .7 and .8
    np.testing.assert_allclose(found.second_order, [0.6, 0.7, 0.8], atol=1e-6)
    common = np.outer(found.general, found.general) + found.groups @ found.groups.T
    np.testing.assert_allclose(common, LAMBDA @ PHI @ LAMBDA.T, atol=1e-6)
    assert found.flags == ()


def test_the_general_factor_points_the_way_of_the_items() -> None:
    np.testing.assert_allclose(schmid_leiman(-LAMBDA, PHI).general, -schmid_leiman(LAMBDA, PHI).general)


def test_two_factors_do_not_identify_a_third() -> None:
    found = schmid_leiman(LAMBDA[:, :2], PHI[:2, :2])
    assert found.flags == ("too_few_factors",)
    assert np.isnan(found.general).all()
