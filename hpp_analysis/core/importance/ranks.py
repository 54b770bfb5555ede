"""Which of several estimates is the largest, as far as their samples can tell: tiers, ranks, chances of being first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Ranks:
    """The order of estimates and its uncertainty.

    Attributes
    ----------
    rank : ndarray of int, shape (p,)
        1 is the largest estimate.
    p_first : ndarray, shape (p,)
        Share of the samples in which each is the largest; ties share.
    rank_lower, rank_upper : ndarray of int, shape (p,)
        Interval of each rank.
    tier : ndarray of int, shape (p,)
        1: cannot be told apart from the largest; 2: likewise among the rest; and so on.
    """

    rank: Ints
    p_first: Floats
    rank_lower: Ints
    rank_upper: Ints
    tier: Ints


def rank_estimates(estimate: Floats, samples: Floats, *, conf_level: float = 0.95) -> Ranks:
    r"""Rank estimates, with what their bootstrap samples say of the order.

    The first tier is a confidence set for the largest. Estimate i stays in it unless some other is clearly larger:

    .. math:: \max_j \frac{\hat\theta_j - \hat\theta_i}{s_{ij}} \le c_i,

    where :math:`s_{ij}` is the bootstrap standard error of the difference and :math:`c_i` the `conf_level` quantile,
    over the samples, of the same maximum of differences centred at their estimates. The truly largest is then left out
    in at most 1 - `conf_level` of all studies, however many are compared. The next tier is found in the same way
    among those that are left. Intervals of ranks count the estimates that are clearly larger and clearly smaller, by the
    quantile of the largest absolute difference.

    Parameters
    ----------
    estimate : ndarray, shape (p,)
    samples : ndarray, shape (B, p)
        The estimates of bootstrap samples; samples with NaN are left out.
    conf_level : float

    References
    ----------
    Hsu (1984), doi:10.1214/aos/1176346801 (comparisons with the best); Mogstad, Romano, Shaikh & Wilhelm (2024),
    doi:10.1093/restud/rdad006 (confidence sets of ranks)

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = np.array([0.30, 0.29, 0.10, 0.09])
    >>> rank_estimates(truth, truth + 0.02 * rng.normal(size=(1000, 4))).tier
    array([1, 1, 2, 2])
    """
    samples = samples[np.isfinite(samples).all(axis=1)]
    p = estimate.size
    order = np.argsort(-estimate, kind="stable")
    rank = np.empty(p, dtype=np.int64)
    rank[order] = np.arange(1, p + 1)
    largest = samples == samples.max(axis=1, keepdims=True)
    p_first = (largest / largest.sum(axis=1, keepdims=True)).mean(axis=0)
    better, worse = np.zeros(p, dtype=np.int64), np.zeros(p, dtype=np.int64)
    observed, drawn = _studentised(estimate, samples)
    for i in range(p):
        others = np.arange(p) != i
        limit = np.quantile(np.abs(drawn[:, i, others]).max(axis=1), conf_level) if p > 1 else np.inf
        better[i] = int(np.sum(observed[i, others] > limit))
        worse[i] = int(np.sum(observed[i, others] < -limit))
    return Ranks(rank, p_first, 1 + better, p - worse, _tiers(observed, drawn, conf_level))


def _studentised(estimate: Floats, samples: Floats) -> tuple[Floats, Floats]:
    """Entry [i, j]: by how many standard errors j is larger than i; observed, and of the samples about it."""
    apart = samples[:, None, :] - samples[:, :, None]
    observed = estimate[None, :] - estimate[:, None]
    se = apart.std(axis=0, ddof=1)
    sound = se > 1e-12
    scale = np.where(sound, se, 1.0)
    # estimates that keep their distance in all samples are told apart for certain
    certain = np.select([observed > 1e-12, observed < -1e-12], [np.inf, -np.inf], 0.0)
    return np.where(sound, observed / scale, certain), np.where(sound, (apart - observed) / scale, 0.0)


def _tiers(observed: Floats, drawn: Floats, conf_level: float) -> Ints:
    p = len(observed)
    tier = np.zeros(p, dtype=np.int64)
    level = 0
    while (left := np.flatnonzero(tier == 0)).size:
        level += 1
        for i in left:
            others = left[left != i]
            if not others.size:
                tier[i] = level
                continue
            limit = np.quantile(drawn[:, i, others].max(axis=1), conf_level)
            if observed[i, others].max() <= max(limit, 0.0):
                tier[i] = level
    return tier
