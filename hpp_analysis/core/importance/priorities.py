"""What to do first: importance, distance to the threshold and the gap between the sides, weighed together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class Priorities:
    """Priorities and how sure they are.

    Attributes
    ----------
    priority : ndarray, shape (p,)
        From 0 up; NaN where importance or mean is not known.
    share : ndarray, shape (p,)
        Of all draws, those in which each is among the first; NaN where there is no priority.
    """

    priority: Floats
    share: Floats


def weigh(
    importance: Floats,
    mean: Floats,
    gap: Floats,
    *,
    threshold: float,
    weights: tuple[float, float, float],
    reach: float,
) -> Floats:
    r"""The priority of each characteristic.

    .. math:: \frac{w_1\,p\,i/2 + w_2\,d/r + w_3\,|g|/r}{w_1 + w_2 + w_3}

    with i the share of importance (twice the average share counts as 1), d the distance by which the mean falls short of
    the threshold, g the gap between the sides, and r the scale points that count as 1. It is 0 where nothing falls short
    and there is no gap: importance alone is no reason to act.

    Parameters
    ----------
    importance : ndarray, shape (..., p)
        Shares; their sum is 1.
    mean, gap : ndarray, shape (..., p)
        In scale points. A gap that is not sure is given as 0.
    threshold : float
        The score to reach.
    weights : tuple of float
        Of importance, distance and gap.
    reach : float
        The scale points of a distance or a gap that count as 1.

    Returns
    -------
    ndarray, shape (..., p)

    Examples
    --------
    >>> weigh(np.array([.6, .4]), np.array([7.5, 8.5]), np.zeros(2), threshold=8.5, weights=(1, 1, 0), reach=2.0)
    array([0.55, 0.  ])
    """
    known = np.isfinite(importance)
    p = known.sum(axis=-1, keepdims=True)
    parts = (p * importance / 2.0, np.maximum(threshold - mean, 0.0) / reach, np.abs(gap) / reach)
    found = sum(w * part for w, part in zip(weights, parts, strict=True)) / sum(weights)
    return np.asarray(np.where((parts[1] > 0) | (parts[2] > 0), found, parts[1] * 0.0))


def draw_priorities(
    importance: Floats,
    importance_draws: Floats,
    mean: Floats,
    mean_se: Floats,
    gap: Floats,
    gap_se: Floats,
    *,
    threshold: float,
    weights: tuple[float, float, float],
    reach: float,
    first: int,
    rng: np.random.Generator,
) -> Priorities:
    """Weigh, and draw again what is not sure to see which characteristics stay among the first.

    Parameters
    ----------
    importance, mean, gap : ndarray, shape (p,)
        As `weigh` takes them.
    importance_draws : ndarray, shape (B, p)
        Importance in B bootstrap samples.
    mean_se, gap_se : ndarray, shape (p,)
        Standard errors; draws are normal and independent of each other, which makes the shares cautious where answers
        to different characteristics go together. NaN: that characteristic has no share.
    first : int
        How many are the first in a draw.

    Examples
    --------
    >>> sure = np.zeros(3)
    >>> found = draw_priorities(
    ...     np.array([.5, .3, .2]), np.tile([.5, .3, .2], (9, 1)), np.array([7.0, 7.0, 8.6]), sure, sure, sure,
    ...     threshold=8.5, weights=(1, 1, 0), reach=2.0, first=1, rng=np.random.default_rng(0))
    >>> found.share
    array([1., 0., 0.])
    """
    settings = {"threshold": threshold, "weights": weights, "reach": reach}
    priority = weigh(importance, mean, gap, **settings)  # type: ignore[arg-type]
    shape = importance_draws.shape
    draws = weigh(
        importance_draws,
        mean + np.nan_to_num(mean_se) * rng.standard_normal(shape),
        gap + np.nan_to_num(gap_se) * rng.standard_normal(shape),
        **settings,  # type: ignore[arg-type]
    )
    unsure = ~np.isfinite(priority) | ~np.isfinite(mean_se)
    draws[:, ~np.isfinite(priority)] = -np.inf
    # where several are equal at the edge, chance decides: they share the place
    jitter = rng.random(shape) * 1e-9
    order = np.argsort(-(draws + jitter), axis=1)[:, :first]
    share = np.bincount(order.ravel(), minlength=shape[1]) / max(len(draws), 1)
    nothing = draws.max(axis=0, initial=0.0) <= 0.0  # in no draw a reason to act
    share = np.where(nothing, 0.0, share)
    return Priorities(priority, np.where(unsure, np.nan, share))
