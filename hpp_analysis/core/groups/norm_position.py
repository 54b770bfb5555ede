"""Where one mean lies among the true means of many groups, each of which is known with error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.groups.pooling import partially_pooled

_GRID = 500  # points at which the sum of squares is computed; between them its inverse is nearly a line
_FEWEST_CLUSTERS = 3


@dataclass(frozen=True, slots=True)
class Position:
    """The share of true group means below a value.

    Attributes
    ----------
    share, ci_lower, ci_upper : float
        From 0 to 1; NaN where chance explains all differences between the groups, or there are fewer than three.
    mean, sd : float
        Of the true means of the groups.
    observed_sd : float
        Of their estimates, which sampling error makes larger.
    df : float
        How many degrees of freedom the spread between groups has: k - 1, fewer where groups of one cluster are alike.
    """

    share: float
    ci_lower: float
    ci_upper: float
    mean: float
    sd: float
    observed_sd: float
    df: float


def place_among(
    value: float,
    standard_error: float,
    value_df: float,
    y: Floats,
    v: Floats,
    cluster: NDArray[np.int_] | None = None,
    *,
    conf_level: float = 0.95,
    n_draws: int = 4000,
    rng: np.random.Generator,
) -> Position:
    r"""Find the share of true means below a value, with an interval for the error of the value and of the groups.

    The true means are taken as normal, :math:`\theta_j \sim N(\mu, \tau^2)`, and each estimate as :math:`y_j \sim
    N(\theta_j, v_j)`. The variance :math:`\tau^2` is Paule and Mandel's estimate, and the share is
    :math:`\Phi((x - \mu) / \tau)`. The interval is a generalised one: each draw takes :math:`Q(\tau^2) = \sum_j w_j (y_j -
    \hat\mu)^2` as chi-squared (the Q-profile), solves it for :math:`\tau^2`, and draws :math:`\mu` and the true value of x
    from their own errors; the bounds are quantiles of the share over the draws.

    Groups of one cluster may be alike. The correlation within clusters is estimated, where it is positive, and lowers
    the degrees of freedom of Q and widens the error of :math:`\mu`.

    Parameters
    ----------
    value, standard_error, value_df : float
        The value, its standard error and the degrees of freedom of that.
    y, v : ndarray, shape (K,)
        The estimate and the sampling variance of each group.
    cluster : ndarray of int, shape (K,), optional
        To which cluster each group belongs.
    conf_level : float
        Of the interval.
    n_draws : int
        How many draws.
    rng : numpy.random.Generator
        Of the draws.

    References
    ----------
    Paule & Mandel (1982), doi:10.6028/jres.087.022; Viechtbauer (2007), doi:10.1002/sim.2514 (Q-profile); Weerahandi
    (1993), doi:10.1080/01621459.1993.10476355 (generalised intervals)

    Examples
    --------
    >>> y = np.linspace(6, 8, 25)
    >>> one = place_among(7.5, 0.1, 50, y, np.full(25, 0.02), rng=np.random.default_rng(1))
    >>> round(one.share, 2), round(one.sd, 2), round(one.observed_sd, 2), one.ci_lower < one.share < one.ci_upper
    (0.8, 0.6, 0.61, True)
    """
    k = y.size
    pooled = partially_pooled(y, v)
    mean, tau2 = float(pooled.mean), float(pooled.tau2)
    observed = float(np.std(y, ddof=1)) if k > 1 else float("nan")
    nan = float("nan")
    if k < 3 or not tau2 > 0.0:
        return Position(nan, nan, nan, mean, 0.0 if tau2 == 0.0 else nan, observed, nan)
    df, inflation = _effective(y, v, mean, tau2, cluster)
    share = float(special.ndtr((value - mean) / np.sqrt(tau2)))
    if not (np.isfinite(standard_error) and value_df > 0):
        return Position(share, nan, nan, mean, float(np.sqrt(tau2)), observed, df)
    drawn_tau2, at, total = solve_q_profile(rng.chisquare(df, n_draws) * (k - 1) / df, y, v)
    spread = np.sqrt(inflation / total)
    drawn_mean = at + spread * rng.standard_t(
        max(k / inflation - 1.0, 1.0), n_draws
    )  # as of so many independent groups
    drawn_value = value - standard_error * rng.standard_t(value_df, n_draws)
    with np.errstate(divide="ignore"):
        shares = special.ndtr((drawn_value - drawn_mean) / np.sqrt(drawn_tau2))
    tail = (1.0 - conf_level) / 2.0
    lower, upper = np.quantile(shares, [tail, 1.0 - tail])
    return Position(share, float(lower), float(upper), mean, float(np.sqrt(tau2)), observed, df)


def solve_q_profile(q: Floats, y: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
    r"""Find the variance between groups at which the weighted sum of squares has given values.

    Parameters
    ----------
    q : ndarray, shape (n,)
        Values of :math:`Q(\tau^2) = \sum_j w_j (y_j - \hat\mu)^2` with :math:`w_j = 1 / (v_j + \tau^2)`.
    y, v : ndarray, shape (K,)
        The estimate and the sampling variance of each group.

    Returns
    -------
    tau2, mean, weight : ndarray, shape (n,)
        The variance (0 where even without it Q is smaller), and with it the weighted mean and the sum of the weights.

    References
    ----------
    Viechtbauer (2007), doi:10.1002/sim.2514

    Examples
    --------
    >>> tau2, mean, weight = solve_q_profile(np.array([2.0, 9.0]), np.array([6.0, 7.0, 8.0]), np.full(3, 0.2))
    >>> tau2.round(2), mean
    (array([0.8 , 0.02]), array([7., 7.]))
    """
    largest = max(
        float(np.sum((y - y.mean()) ** 2)) / max(float(q.min()), 1e-8), 1e-12
    )  # Q is smaller than that over tau2
    grid = np.concatenate([[0.0], np.geomspace(largest * 1e-6, largest, _GRID)])
    w = 1.0 / (grid[:, None] + np.maximum(v, 1e-12))
    total = w.sum(axis=1)
    means = (w @ y) / total
    inverse = 1.0 / np.maximum((w * (y - means[:, None]) ** 2).sum(axis=1), 1e-300)  # nearly a line in tau2
    tau2 = np.interp(1.0 / q, inverse, grid)
    return tau2, np.interp(tau2, grid, means), 1.0 / np.interp(tau2, grid, 1.0 / total)


def _effective(y: Floats, v: Floats, mean: float, tau2: float, cluster: NDArray[np.int_] | None) -> tuple[float, float]:
    """The degrees of freedom of the spread, and by how much the variance of the mean grows, with groups in clusters."""
    k = y.size
    if cluster is None:
        return float(k - 1), 1.0
    codes = np.unique(cluster, return_inverse=True)[1]
    size = np.bincount(codes).astype(np.float64)
    if size.size < _FEWEST_CLUSTERS or size.max() < 2.0:
        return float(k - 1), 1.0
    z = (y - mean) / np.sqrt(tau2 + v)
    products = (np.bincount(codes, weights=z) ** 2 - np.bincount(codes, weights=z**2)).sum()
    rho = float(np.clip(products / (size * (size - 1.0)).sum(), 0.0, 1.0))
    pairs = (size**2).sum() / k
    inflation = 1.0 + rho * (pairs - 1.0)
    # the variance of a mean of squares of normal variables of which pairs correlate by rho
    df = (k - 1) / (1.0 + rho**2 * (pairs - 1.0))
    return float(df), float(inflation)
