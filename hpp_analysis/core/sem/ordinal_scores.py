"""Factor scores of respondents from their categories: the most probable values of the factors."""

from __future__ import annotations

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.core.correlation.polyserial import FAR, probability_between
from hpp_analysis.core.sem.ordinal import OrdinalImplied
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments

_ITERATIONS = 50
"""Newton's method needs fewer than ten; without an end it would follow scores that do not exist towards infinity."""

_SMALL = 1e-9
"""Iteration ends when no score moves by more: the next step of Newton's method would be the square of it."""

_SETTLED = 1e-4
"""A score whose last step is larger has no maximum: on the way to infinity steps are still about 5e-3 after all iterations."""

_RIDGE = 1e-12
"""Added to the information, which is singular where answers do not settle a factor: far below the smallest that settles one."""

_ROUNDING = 1e-12
"""Log-densities may fall by this much between steps: rounding errors of sums over items."""

_INDEPENDENT = 1e-8
"""Loadings, scaled to unit length, settle factors only in directions with larger eigenvalues of their cross-products."""


def ordinal_scores(at: OrdinalImplied, moments: OrdinalMoments, *, prior: bool = True) -> Floats:
    """Estimate factor scores by Newton's method, for all respondents at once.

    The log-density of the answers given the factors, and with `prior` that of the factors, is largest there (empirical
    Bayes modal scores). Answers are independent given the factors.

    Parameters
    ----------
    at : OrdinalImplied
    moments : OrdinalMoments
    prior : bool
        Without it the likelihood alone. A score is NaN where this has no maximum, as of a factor of whose items the last
        category was chosen each time, or no single one, as of a factor without an answered item.

    Returns
    -------
    ndarray, shape (n, factors)
        NaN where a residual variance is not positive.

    References
    ----------
    Muthén (1984), doi:10.1007/BF02294210; Skrondal & Rabe-Hesketh (2004), Generalized latent variable modeling, chapter 7
    """
    p, x = len(at.mu), at.covariates
    reach = np.linalg.inv(np.eye(p) - at.a[:p, :p])
    answers = moments.answers if moments.answers is not None else np.zeros((0, x.stop))
    given, answers = answers[:, x], answers[:, :p]
    lambda_ = reach @ at.a[:p, x.stop :]
    # means of factors, and of variables there, of respondents with these covariates
    alpha = at.total_mean[x.stop :] + given @ at.b[x.stop :, x].T
    nu = reach @ (at.total_mean - at.a @ at.total_mean)[:p] + given @ (reach @ at.a[:p, x]).T + alpha @ lambda_.T
    variance = np.diag(reach @ at.s[:p, :p] @ reach.T)
    if not (variance > 0.0).all():  # answers have no probability then
        return np.full((moments.n, at.total.shape[0] - x.stop), np.nan)
    sd = np.sqrt(variance)
    psi = at.total[x.stop :, x.stop :]
    precision = np.linalg.pinv(psi, hermitian=True) if prior else np.zeros_like(psi)
    answered, ordered = ~np.isnan(answers), at.ordered
    ends = np.full((max(cuts.size for cuts in moments.thresholds) + 2, p), np.inf)
    ends[0] = -np.inf
    for item in np.flatnonzero(ordered):
        ends[1 : 1 + moments.thresholds[item].size, item] = at.thresholds[at.item == item] / sd[item]
    code = np.where(answered & ordered, answers, 0).astype(np.intp)
    lower, upper = (np.clip(np.take_along_axis(ends, place, axis=0) - nu / sd, -FAR, FAR) for place in (code, code + 1))
    numbers = np.where(answered & ~ordered, (answers - nu) / sd, 0.0)
    slope = lambda_ / sd[:, None]
    eta = np.zeros_like(alpha)  # from their means

    def derivatives(eta: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-density, its slopes by what each item measures, and minus its second derivatives."""
        x = eta @ slope.T
        above, below = upper - x, lower - x
        cell = probability_between(below, above)
        high, low = (np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi) / cell for u in (above, below))
        pull = np.where(ordered, low - high, numbers - x)
        bend = np.where(ordered, pull**2 + above * high - below * low, 1.0)
        value = np.where(ordered, np.log(cell), -0.5 * (numbers - x) ** 2)
        value, pull, bend = (np.where(answered, part, 0.0) for part in (value, pull, bend))
        return value.sum(axis=1) - 0.5 * ((eta @ precision) * eta).sum(axis=1), pull, bend

    value, pull, bend = derivatives(eta)
    for _iteration in range(_ITERATIONS):
        gradient = pull @ slope - eta @ precision
        information = np.einsum("ni,ia,ib->nab", bend, slope, slope, optimize=True) + precision
        step = np.linalg.solve(information + _RIDGE * np.eye(len(psi)), gradient[:, :, None])[:, :, 0]
        size = np.ones((len(eta), 1))
        for _halving in range(20):
            moved = derivatives(eta + size * step)
            worse = moved[0] < value - _ROUNDING
            if not worse.any():
                break
            size[worse] *= 0.5
        eta = eta + size * step
        value, pull, bend = moved
        if np.abs(step).max(initial=0.0) < _SMALL:
            break
    settled: Flags = np.asarray(answered.any(axis=1))[:, None]
    if not prior:
        patterns, which = np.unique(answered, axis=0, return_inverse=True)
        settled = np.array([settled_factors(slope[pattern]) for pattern in patterns])[which.ravel()]
    return np.where(settled & (np.abs(step) < _SETTLED), alpha + eta, np.nan)


def settled_factors(loadings: Floats) -> Flags:
    """Which factors the answers to some items settle by themselves, shape (factors,).

    Not those that no item measures, nor two that share all their items.

    Parameters
    ----------
    loadings : ndarray, shape (items, factors)
        Of the items that were answered.

    Examples
    --------
    >>> settled_factors(np.array([[0.7, 0.0, 0.0], [0.0, 0.8, 0.6]]))
    array([ True, False, False])
    """
    square = loadings.T @ loadings
    length = np.sqrt(np.diag(square))
    scale = np.where(length > 0.0, length, 1.0)
    size, directions = np.linalg.eigh(square / np.outer(scale, scale))
    flat = directions[:, size < _INDEPENDENT]
    return np.asarray((flat**2).sum(axis=1) < _INDEPENDENT)
