"""Item bias: how differently two groups answer items at the same level of a factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from hpp_analysis.core.arrays import Flags, Floats


@dataclass(frozen=True, slots=True)
class ItemBias:
    """How differently two groups answer items at the same level of the factor.

    Attributes
    ----------
    d_macs : ndarray, shape (k,)
        In pooled standard deviations of the item, never negative.
    points : ndarray, shape (k,)
        The root mean square of the difference, in points of the answer scale.
    signed_points : ndarray, shape (k,)
        The mean difference in points: focal minus reference group at the focal group's levels of the factor.
    """

    d_macs: Floats
    points: Floats
    signed_points: Floats


def item_bias(
    reference_loadings: Floats,
    reference_intercepts: Floats,
    focal_loadings: Floats,
    focal_intercepts: Floats,
    *,
    factor_mean: float,
    factor_variance: float,
    sd: Floats,
) -> ItemBias:
    r"""Effect size of different loadings and intercepts of items of one factor.

    :math:`d_{MACS} = \frac{1}{SD}\sqrt{\int [(\tau_F - \tau_R) + (\lambda_F - \lambda_R)\eta]^2 f_F(\eta)\,d\eta}`, where
    :math:`f_F` is the normal distribution of the factor in the focal group; the integral has a closed form.

    Parameters
    ----------
    reference_loadings, reference_intercepts, focal_loadings, focal_intercepts : ndarray, shape (k,)
        On one metric of the factor (see :func:`linked`).
    factor_mean, factor_variance : float
        Of the factor in the focal group.
    sd : ndarray, shape (k,)
        Pooled standard deviations of the items (see :func:`pooled_sd`).

    References
    ----------
    Nye & Drasgow (2011), doi:10.1037/a0022955

    Examples
    --------
    >>> one = np.array([1.0])
    >>> bias = item_bias(one, one * 3, one, one * 2.5, factor_mean=0, factor_variance=1, sd=one)
    >>> bias.d_macs[0], bias.signed_points[0]
    (np.float64(0.5), np.float64(-0.5))
    """
    steeper = focal_loadings - reference_loadings
    shift = focal_intercepts - reference_intercepts + steeper * factor_mean
    points = np.sqrt(shift**2 + steeper**2 * factor_variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        d_macs = np.where(sd > 0, points / sd, np.nan)
    return ItemBias(d_macs=d_macs, points=points, signed_points=shift)


def pooled_sd(sd: Floats, n: Floats) -> Floats:
    """Pool standard deviations of two groups as Nye & Drasgow (2011) do: the mean weighted by n - 1.

    Parameters
    ----------
    sd : ndarray, shape (2, k)
    n : ndarray, shape (2,)

    Examples
    --------
    >>> pooled_sd(np.array([[1.0], [3.0]]), np.array([11, 11]))
    array([2.])
    """
    weights = (np.asarray(n, dtype=np.float64) - 1.0)[:, None]
    return np.asarray((weights * sd).sum(axis=0) / weights.sum())


@dataclass(frozen=True, slots=True)
class Link:
    """The parameters of the focal group on the metric of the reference group.

    Attributes
    ----------
    loadings, intercepts : ndarray, shape (k,)
    factor_mean, factor_variance : float
        Of the factor in the focal group.
    """

    loadings: Floats
    intercepts: Floats
    factor_mean: float
    factor_variance: float


def linked(
    reference_loadings: Floats,
    reference_intercepts: Floats,
    focal_loadings: Floats,
    focal_intercepts: Floats,
    *,
    factor_mean: float,
    factor_variance: float,
    anchors: Flags,
) -> Link:
    r"""Bring a focal group's parameters of one factor on the metric of the reference group.

    In a model without equalities each group has its own metric. Items that behave alike (`anchors`) tie them: with
    :math:`\eta_R = (\eta_F - B)/A`, the loadings of the anchors get the same sum, and so do their intercepts.

    Returns
    -------
    Link
        NaN without anchors, or where their loadings cancel.

    References
    ----------
    Kolen & Brennan (2014), doi:10.1007/978-1-4939-0317-7, chapter 6 (the mean-mean method)

    Examples
    --------
    >>> link = linked(np.array([1.0, 1.0]), np.array([3.0, 4.0]), np.array([2.0, 2.0]), np.array([4.0, 5.0]),
    ...               factor_mean=0, factor_variance=1, anchors=np.array([True, True]))
    >>> link.loadings, link.intercepts, link.factor_mean, link.factor_variance
    (array([1., 1.]), array([3., 4.]), 1.0, 4.0)
    """
    total = focal_loadings[anchors].sum() if anchors.any() else np.nan
    ours = reference_loadings[anchors].sum() if anchors.any() else np.nan
    if not abs(total) > 0 or not abs(ours) > 0:
        nothing = np.full(focal_loadings.shape, np.nan)
        return Link(nothing, nothing, np.nan, np.nan)
    ratio = total / ours  # eta on the reference metric is ratio * eta + move
    move = (focal_intercepts[anchors] - reference_intercepts[anchors]).sum() / ours
    loadings = focal_loadings / ratio
    return Link(
        loadings=loadings,
        intercepts=focal_intercepts - loadings * move,
        factor_mean=float(ratio * factor_mean + move),
        factor_variance=float(ratio**2 * factor_variance),
    )


@dataclass(frozen=True, slots=True)
class Curve:
    """How an ordered item answers to its factor: the probability of an answer above category c is Phi(slope eta - cuts[c]).

    Attributes
    ----------
    slope : float
    cuts : ndarray, shape (k,)
    """

    slope: float
    cuts: Floats

    def expected(self, eta: Floats) -> Floats:
        """The expected answer, categories counted from 0."""
        return np.asarray(ndtr(self.slope * eta[:, None] - self.cuts).sum(axis=1))


def ordinal_item_bias(
    reference: Sequence[Curve],
    focal: Sequence[Curve],
    *,
    factor_mean: float,
    factor_sd: float,
    anchors: Flags,
    sd: Floats,
) -> ItemBias:
    r"""Effect size of different response curves of ordered items of one factor.

    As :func:`item_bias`, with the difference of the expected answers in the integral, which is taken by Gauss-Hermite
    nodes. The focal group's metric is brought on that of the reference group by the anchors: their slopes get the same sum, and
    so do the levels of the factor at which their answers pass from one category to the next.

    Parameters
    ----------
    reference, focal : sequence of Curve
        Each on the metric of its own group.
    factor_mean, factor_sd : float
        Of the factor in the focal group.
    anchors : ndarray of bool, shape (k,)
    sd : ndarray, shape (k,)
        Pooled standard deviations of the items.

    References
    ----------
    Nye & Drasgow (2011), doi:10.1037/a0022955; Kolen & Brennan (2014), doi:10.1007/978-1-4939-0317-7, chapter 6

    Examples
    --------
    >>> one, other = Curve(1.0, np.array([-1.0, 1.0])), Curve(1.0, np.array([-0.5, 1.5]))
    >>> bias = ordinal_item_bias([one, one], [one, other], factor_mean=0, factor_sd=1, anchors=np.array([True, False]),
    ...                          sd=np.ones(2))
    >>> bias.signed_points.round(2)
    array([ 0.  , -0.22])
    """
    nothing = np.full(len(reference), np.nan)
    kept = np.flatnonzero(anchors).tolist()
    ours, theirs = (sum(curves[k].slope for k in kept) for curves in (reference, focal))
    if not kept or not abs(ours) > 0 or not abs(theirs) > 0:
        return ItemBias(nothing, nothing, nothing)
    ratio = theirs / ours  # eta on the reference metric is ratio * eta + move
    level, own_level = (
        np.mean(np.concatenate([curves[k].cuts / curves[k].slope for k in kept])) for curves in (reference, focal)
    )
    move = level - ratio * own_level
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    eta = factor_mean + factor_sd * nodes
    weights = weights / weights.sum()
    points, signed = nothing.copy(), nothing.copy()
    for k, (one, other) in enumerate(zip(reference, focal, strict=True)):
        shift = other.expected(eta) - one.expected(ratio * eta + move)
        points[k], signed[k] = np.sqrt(weights @ shift**2), weights @ shift
    with np.errstate(divide="ignore", invalid="ignore"):
        d_macs = np.where(sd > 0, points / sd, np.nan)
    return ItemBias(d_macs=d_macs, points=points, signed_points=signed)
