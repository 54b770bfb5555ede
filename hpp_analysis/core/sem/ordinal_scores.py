"""Factor scores of respondents from their categories: the most probable values of the factors."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.sem.ordinal import OrdinalImplied
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments

_FAR = 40.0
_ITERATIONS = 50
_SMALL = 1e-9


def ordinal_scores(at: OrdinalImplied, moments: OrdinalMoments, *, prior: bool = True) -> Floats:
    """Estimate factor scores by Newton's method, for all respondents at once.

    The log-density of the answers given the factors, and with `prior` that of the factors, is largest there (empirical
    Bayes modal scores). Answers are independent given the factors.

    Parameters
    ----------
    at : OrdinalImplied
    moments : OrdinalMoments
    prior : bool
        Without it the likelihood alone; NaN where it has no maximum, as for who chose the last category of every item.

    Returns
    -------
    ndarray, shape (n, factors)
        NaN where a residual variance is not positive.

    References
    ----------
    Muthén (1984), doi:10.1007/BF02294210; Skrondal & Rabe-Hesketh (2004), Generalized latent variable modeling, chapter 7
    """
    p = len(at.mu)
    reach = np.linalg.inv(np.eye(p) - at.a[:p, :p])
    lambda_, nu = reach @ at.a[:p, p:], reach @ (at.total_mean - at.a @ at.total_mean)[:p]
    variance = np.diag(reach @ at.s[:p, :p] @ reach.T)
    if not (variance > 0.0).all():  # answers have no probability then
        return np.full((moments.n, at.total.shape[0] - p), np.nan)
    sd = np.sqrt(variance)
    psi, alpha = at.total[p:, p:], at.total_mean[p:]
    precision = np.linalg.pinv(psi, hermitian=True) if prior else np.zeros_like(psi)
    answers = moments.answers if moments.answers is not None else np.zeros((0, p))
    answered, ordered = ~np.isnan(answers), moments.ordered
    ends = np.full((max(cuts.size for cuts in moments.thresholds) + 2, p), _FAR)
    ends[0] = -_FAR
    for item in np.flatnonzero(ordered):
        ends[1 : 1 + moments.thresholds[item].size, item] = (at.thresholds[at.item == item] - nu[item]) / sd[item]
    code = np.where(answered & ordered, answers, 0).astype(np.intp)
    lower, upper = np.take_along_axis(ends, code, axis=0), np.take_along_axis(ends, code + 1, axis=0)
    numbers = np.where(answered & ~ordered, (answers - nu) / sd, 0.0)
    slope = lambda_ / sd[:, None]
    eta = np.tile(alpha, (len(answers), 1))

    def derivatives(eta: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-density, its slopes by what each item measures, and minus its second derivatives."""
        x = eta @ slope.T
        above, below = upper - x, lower - x
        tail = below > 0.0
        cell = ndtr(np.where(tail, -below, above)) - ndtr(np.where(tail, -above, below))
        cell = np.maximum(cell, 1e-300)
        high, low = (np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi) / cell for u in (above, below))
        pull = np.where(ordered, low - high, numbers - x)
        bend = np.where(ordered, pull**2 + above * high - below * low, 1.0)
        value = np.where(ordered, np.log(cell), -0.5 * (numbers - x) ** 2)
        value, pull, bend = (np.where(answered, part, 0.0) for part in (value, pull, bend))
        away = eta - alpha
        return value.sum(axis=1) - 0.5 * ((away @ precision) * away).sum(axis=1), pull, bend

    value, pull, bend = derivatives(eta)
    for _iteration in range(_ITERATIONS):
        gradient = pull @ slope - (eta - alpha) @ precision
        information = np.einsum("ni,ia,ib->nab", bend, slope, slope, optimize=True) + precision
        step = np.linalg.solve(information + 1e-12 * np.eye(len(psi)), gradient[:, :, None])[:, :, 0]
        size = np.ones((len(eta), 1))
        for _halving in range(20):
            moved = derivatives(eta + size * step)
            worse = moved[0] < value - 1e-12
            if not worse.any():
                break
            size[worse] *= 0.5
        eta = eta + size * step
        value, pull, bend = moved
        if np.abs(step).max(initial=0.0) < _SMALL:
            break
    undefined = np.abs(step).max(axis=1) >= 1e-4
    eta[undefined | ~answered.any(axis=1)] = np.nan
    return np.asarray(eta)
