import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from hpp_analysis.core.sem.item_bias import Curve, item_bias, linked, ordinal_item_bias, pooled_sd


@settings(deadline=None)
@given(
    steeper=st.floats(-1, 1),
    shift=st.floats(-1, 1),
    mean=st.floats(-1, 1),
    variance=st.floats(0.2, 3),
    sd=st.floats(0.5, 3),
)
def test_the_closed_form_is_the_integral(steeper: float, shift: float, mean: float, variance: float, sd: float) -> None:
    root = np.sqrt(variance)
    square, _error = quad(
        lambda eta: (shift + steeper * eta) ** 2 * norm.pdf(eta, mean, root), mean - 12 * root, mean + 12 * root
    )
    bias = item_bias(
        np.array([1.0]),
        np.array([3.0]),
        np.array([1.0 + steeper]),
        np.array([3.0 + shift]),
        factor_mean=mean,
        factor_variance=variance,
        sd=np.array([sd]),
    )
    assert bias.d_macs[0] == pytest.approx(np.sqrt(square) / sd, abs=1e-6)
    assert abs(bias.signed_points[0]) <= bias.points[0] + 1e-12


def test_items_that_behave_alike_have_no_bias_in_any_metric() -> None:
    loadings, intercepts = np.array([0.8, 1.0, 1.2]), np.array([3.0, 4.0, 5.0])
    # the focal group's own metric: eta_F = (eta_R - 0.5) / 2
    focal_loadings, focal_intercepts = loadings * 2, intercepts + loadings * 0.5
    focal_intercepts[2] -= 0.7  # and one item that it answers lower
    link = linked(
        loadings,
        intercepts,
        focal_loadings,
        focal_intercepts,
        factor_mean=0.0,
        factor_variance=1.0,
        anchors=np.array([True, True, False]),
    )
    bias = item_bias(
        loadings,
        intercepts,
        link.loadings,
        link.intercepts,
        factor_mean=link.factor_mean,
        factor_variance=link.factor_variance,
        sd=np.ones(3),
    )
    np.testing.assert_allclose(bias.signed_points, [0, 0, -0.7], atol=1e-12)
    assert (link.factor_mean, link.factor_variance) == pytest.approx((0.5, 4.0))


def test_without_anchors_nothing_is_linked() -> None:
    one = np.ones(2)
    link = linked(one, one, one, one, factor_mean=0, factor_variance=1, anchors=np.zeros(2, dtype=bool))
    assert np.isnan(link.loadings).all()


def test_pooled_sd_weighs_by_respondents() -> None:
    assert pooled_sd(np.array([[1.0], [4.0]]), np.array([21, 11]))[0] == pytest.approx(2.0)


def test_ordinal_bias_is_the_integral_over_the_focal_group() -> None:
    """A shift of both groups' metrics changes nothing; the integral is that of a fine grid."""
    reference = [Curve(1.2, np.array([-1.0, 0.3, 1.1])), Curve(0.8, np.array([-0.5, 0.5]))]
    # the same curves where eta' = (eta + 0.4) / 1.5, the second with higher thresholds
    focal = [Curve(one.slope * 1.5, one.cuts + 0.4 * one.slope) for one in reference]
    focal[1] = Curve(focal[1].slope, focal[1].cuts + 0.6)
    anchors, sd = np.array([True, False]), np.array([1.0, 0.8])
    found = ordinal_item_bias(reference, focal, factor_mean=0.0, factor_sd=1.0, anchors=anchors, sd=sd)
    eta = np.linspace(-8, 8, 4001)
    density = np.exp(-0.5 * eta**2)
    density /= density.sum()
    shift = focal[1].expected(eta) - reference[1].expected(1.5 * eta - 0.4)
    # 61 nodes integrate such smooth curves to nine digits
    np.testing.assert_allclose(found.signed_points, [0.0, density @ shift], atol=1e-8)
    np.testing.assert_allclose(found.d_macs[1], np.sqrt(density @ shift**2) / 0.8, rtol=1e-8)
    none = ordinal_item_bias(reference, focal, factor_mean=0, factor_sd=1, anchors=np.array([False, False]), sd=sd)
    assert np.isnan(none.d_macs).all()
