"""Standard errors of a regression whose rows come in clusters: CR2, with Satterthwaite degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_SMALLEST = 1e-10
"""Eigenvalues of I - H below it are 0: a cluster that determines a slope by itself."""


@dataclass(frozen=True, slots=True)
class Clustered:
    """A least-squares fit with cluster-robust standard errors.

    Attributes
    ----------
    coefficients, se, df : ndarray, shape (k,)
        Degrees of freedom are Satterthwaite's.
    covariance : ndarray, shape (k, k)
        CR2.
    residuals : ndarray, shape (n,)
    n_clusters : int
    """

    coefficients: FloatArray
    se: FloatArray
    df: FloatArray
    covariance: FloatArray
    residuals: FloatArray
    n_clusters: int


def fit_clustered(x: FloatArray, y: FloatArray, cluster: NDArray[np.int_]) -> Clustered:
    r"""Least squares with the cluster-robust covariance CR2.

    With :math:`M = (X'X)^{-1}` and residuals :math:`e`, it is

    .. math:: M \Big(\sum_g X_g' A_g e_g e_g' A_g X_g\Big) M, \qquad A_g = (I - X_g M X_g')^{-1/2},

    which is unbiased where errors are independent and equally spread; with one row a cluster it is HC2. Clusters of the
    same size are done in one stack, and everything about pairs of clusters follows from k x k sums.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Of full rank, with a column of ones where there is an intercept.
    y : ndarray, shape (n,)
    cluster : ndarray, shape (n,)
        The cluster of each row.

    Returns
    -------
    Clustered

    References
    ----------
    Bell & McCaffrey (2002), Survey Methodology 28, 169-181; Pustejovsky & Tipton (2018),
    doi:10.1080/07350015.2016.1247004

    Examples
    --------
    >>> x = np.column_stack([np.ones(6), [0.0, 0, 0, 1, 1, 1]])
    >>> fit = fit_clustered(x, np.array([7.0, 8, 9, 5, 6, 7]), np.arange(6))
    >>> fit.coefficients, fit.df[1].round(6)  # Welch's test
    (array([ 8., -2.]), np.float64(4.0))
    """
    _, place, size = np.unique(cluster, return_inverse=True, return_counts=True)
    order = np.argsort(place, kind="stable")
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])
    q, r = np.linalg.qr(x)
    beta = np.linalg.solve(r, q.T @ y)
    residuals = y - x @ beta
    inverse = np.linalg.inv(r)
    bread = inverse @ inverse.T
    k = x.shape[1]
    meat_parts = np.empty((size.size, k))
    scores, own = np.empty((size.size, k, k)), np.empty((size.size, k, k))
    for m in np.unique(size):
        here = np.flatnonzero(size == m)
        rows = order[starts[here][:, None] + np.arange(m)]
        adjusted = _adjusted(q[rows], x[rows])
        meat_parts[here] = np.einsum("gma,gm->ga", adjusted, residuals[rows])
        scores[here] = x[rows].swapaxes(1, 2) @ adjusted
        own[here] = adjusted.swapaxes(1, 2) @ adjusted
    covariance = bread @ (meat_parts.T @ meat_parts) @ bread
    return Clustered(
        coefficients=beta,
        se=np.sqrt(np.diag(covariance)),
        df=_satterthwaite(scores, own, bread),
        covariance=covariance,
        residuals=residuals,
        n_clusters=size.size,
    )


def _adjusted(q: FloatArray, x: FloatArray) -> FloatArray:
    """A_g X_g of clusters of one size, from their rows of the orthogonal factor of X; shapes (g, m, k)."""
    m, k = x.shape[1:]
    if m <= k:
        values, vectors = np.linalg.eigh(np.eye(m) - q @ q.swapaxes(1, 2))
        power = np.where(values > _SMALLEST, np.maximum(values, _SMALLEST) ** -0.5, 0.0)
        return np.asarray((vectors * power[:, None, :]) @ (vectors.swapaxes(1, 2) @ x))
    # I - Q Q' is the identity but for k directions
    left, singular, _ = np.linalg.svd(q, full_matrices=False)
    values = 1.0 - singular**2
    power = np.where(values > _SMALLEST, np.maximum(values, _SMALLEST) ** -0.5, 0.0)
    return np.asarray(x + (left * (power - 1.0)[:, None, :]) @ (left.swapaxes(1, 2) @ x))


def _satterthwaite(scores: FloatArray, own: FloatArray, bread: FloatArray) -> FloatArray:
    """Degrees of freedom of each coefficient's variance; errors independent and equally spread."""
    d = np.einsum("ac,gab,bc->gc", bread, own, bread)
    b = np.einsum("gab,bc->gca", scores, bread)
    c = b @ np.linalg.cholesky(bread)
    cross = np.einsum("gck,gcl->ckl", c, c)
    within = np.sum(c**2, axis=2)
    expected = d.sum(axis=0) - within.sum(axis=0)
    squared = np.sum(d**2, axis=0) - 2.0 * np.sum(d * within, axis=0) + np.sum(cross**2, axis=(1, 2))
    return np.where(squared > 0.0, expected**2 / np.where(squared > 0.0, squared, 1.0), np.nan)
