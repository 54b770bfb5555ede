"""Covariances of answers of which some are missing, and the correlations that they imply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PairwiseCovariance:
    """Covariances from all rows that hold both columns of a pair.

    Attributes
    ----------
    covariance : ndarray, shape (p, p)
        Symmetric; NaN where a pair has fewer than two rows. With missing answers it need not be positive definite.
    n : ndarray of int, shape (p, p)
        Rows behind each covariance.
    """

    covariance: NDArray[np.float64]
    n: NDArray[np.int64]


def pairwise_covariance(x: NDArray[np.float64]) -> PairwiseCovariance:
    """Estimate covariances by pairwise deletion.

    Each covariance uses the rows where both columns are answered, with the means of those rows and divisor n - 1.
    A variance uses all answers to its column, so the matrix is a patchwork of samples (Little & Rubin 2019,
    doi:10.1002/9781119482260, section 3.4): quote the smallest `n` beside whatever is made of it.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Rows are observations; NaN is not answered.

    Returns
    -------
    PairwiseCovariance

    Examples
    --------
    >>> pairs = pairwise_covariance(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, np.nan]]))
    >>> pairs.covariance
    array([[1., 1.],
           [1., 2.]])
    >>> pairs.n
    array([[3, 2],
           [2, 2]])
    """
    x = np.asarray(x, dtype=np.float64)
    answered = ~np.isnan(x)
    centred = _centred(x, answered)
    mask = answered.astype(np.float64)
    n = mask.T @ mask
    # sums[i, j]: the sum of column i over the rows where column j is answered too
    sums = centred.T @ mask
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (centred.T @ centred - sums * sums.T / n) / (n - 1.0)
    covariance = np.where(n >= 2, covariance, np.nan)
    return PairwiseCovariance((covariance + covariance.T) / 2.0, n.astype(np.int64))


def _centred(x: NDArray[np.float64], answered: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Columns about their means, 0 where not answered.

    An answer is taken off first: the means of what is left are small, so a large offset costs no digits and a
    constant column becomes exactly 0.
    """
    if x.shape[0] == 0:
        return x
    first = np.take_along_axis(x, answered.argmax(axis=0)[None, :], axis=0)
    shifted = np.where(answered, x - first, 0.0)
    means = shifted.sum(axis=0) / np.maximum(answered.sum(axis=0), 1)
    return np.where(answered, shifted - means, 0.0)


def correlation_from(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rescale a covariance matrix to correlations.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)

    Returns
    -------
    ndarray, shape (p, p)
        NaN in the row and column of a variable that does not vary, its diagonal included. From pairwise deletion
        values beyond 1 are possible; they are left as they are.

    Examples
    --------
    >>> correlation_from(np.array([[4.0, 3.0], [3.0, 9.0]]))
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    covariance = np.asarray(covariance, dtype=np.float64)
    variance = np.diag(covariance)
    # NaN > 0 is False, so an undefined variance ends here too
    varies = variance > 0.0
    sd = np.sqrt(np.where(varies, variance, np.nan))
    correlation = np.divide(covariance, np.outer(sd, sd))
    # sd * sd may differ from the variance in the last digit
    np.fill_diagonal(correlation, np.where(varies, 1.0, np.nan))
    return np.asarray(correlation)
