"""How far residual covariances are from zero, in standard errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.inference import bread
from hpp_analysis.core.sem.model import jacobian


def residual_z(found: Estimate) -> list[NDArray[np.float64]]:
    r"""Divide each residual covariance by its standard error, per group.

    With the slopes :math:`\Delta` of the implied moments, the inverse covariances W of the moments at the model and
    :math:`\Gamma` at the sample, the residuals have the covariances
    :math:`(I - \Delta(\Delta'W\Delta)^{-1}\Delta'W)\,\Gamma\,(\cdot)'/N`. Where the model reproduces the variances, the
    residual correlation has the same z to first order.

    Parameters
    ----------
    found : Estimate
        By maximum likelihood.

    Returns
    -------
    list of ndarray, shape (p, p)
        NaN for a residual that the model sets to 0, on the diagonal where variances are free, and throughout where
        answers are missing, with several groups, or if the estimator is not maximum likelihood.

    References
    ----------
    Maydeu-Olivares (2017), doi:10.1007/s11336-016-9552-7
    """
    objective, p = found.objective, found.model.n_observed
    parts = objective.moments
    if objective.estimator != "ML" or len(parts) > 1 or not parts[0].is_complete:
        return [np.full((p, p), np.nan) for _part in parts]
    moments, at, group = parts[0], found.point.at[0], found.model.groups[0]
    i, j = np.triu_indices(p)
    slopes = jacobian(at, group.free_cells, means=objective.means) @ group.join
    weight = np.linalg.inv(_spread(at.sigma, means=objective.means))
    spread = _spread(moments.covariance, means=objective.means) / moments.n
    maker = np.eye(len(spread)) - slopes @ bread(found, "expected") @ slopes.T @ weight
    variance = ((maker @ spread) * maker).sum(axis=1)[-len(i) :]
    # what the model reproduces exactly has no error, whatever rounding leaves
    variance = np.where(variance > 1e-8 * np.diag(spread)[-len(i) :], variance, np.nan)
    z = np.full((p, p), np.nan)
    z[i, j] = (moments.covariance - at.sigma)[i, j] / np.sqrt(variance)
    z[j, i] = z[i, j]
    return [z]


def _spread(sigma: NDArray[np.float64], *, means: bool) -> NDArray[np.float64]:
    """Covariances of the moments of normal answers, times their number."""
    i, j = np.triu_indices(len(sigma))
    found = sigma[np.ix_(i, i)] * sigma[np.ix_(j, j)] + sigma[np.ix_(i, j)] * sigma[np.ix_(j, i)]
    if not means:
        return np.asarray(found)
    p = len(sigma)
    return np.block([[sigma, np.zeros((p, len(i)))], [np.zeros((len(i), p)), found]])
