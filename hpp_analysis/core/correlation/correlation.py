"""Covariances of answers of which some are missing, and the correlations that they imply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from hpp_analysis.core.arrays import Flags, Floats, Ints


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

    covariance: Floats
    n: Ints


def pairwise_covariance(x: Floats) -> PairwiseCovariance:
    """Estimate covariances by pairwise deletion.

    Each covariance uses the rows where both columns are answered, with the means of those rows and divisor n - 1.
    A variance uses all answers to its column, so the matrix is a patchwork of samples (Little & Rubin 2019,
    doi:10.1002/9781119482260, section 3.4): quote the smallest `n` beside whatever is made of it.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Rows are observations; NaN is not answered.

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
    centred = centred_answers(x, answered)
    mask = answered.astype(np.float64)
    n = mask.T @ mask
    # sums[i, j]: the sum of column i over the rows where column j is answered too
    sums = centred.T @ mask
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (centred.T @ centred - sums * sums.T / n) / (n - 1.0)
    covariance = np.where(n >= 2, covariance, np.nan)
    return PairwiseCovariance((covariance + covariance.T) / 2.0, n.astype(np.int64))


def centred_answers(x: Floats, answered: Flags) -> Floats:
    """Columns about their means, 0 where not answered.

    An answer is taken off first: the means of what is left are small, so a large offset costs no digits and a
    constant column becomes exactly 0.
    """
    if x.shape[0] == 0:
        return x
    if answered.all():
        shifted = x - x[0]
        return np.asarray(shifted - shifted.mean(axis=0))
    first = np.take_along_axis(x, answered.argmax(axis=0)[None, :], axis=0)
    shifted = np.where(answered, x - first, 0.0)
    means = shifted.sum(axis=0) / np.maximum(answered.sum(axis=0), 1)
    return np.where(answered, shifted - means, 0.0)


def correlation_from(covariance: Floats) -> Floats:
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


@dataclass(frozen=True, slots=True)
class PairwiseCorrelation:
    """Correlations from all rows that hold both columns of a pair, their standard deviations included.

    Attributes
    ----------
    r : ndarray, shape (p, p)
        NaN where a column does not vary in the rows of a pair. It need not be positive definite.
    n : ndarray of int, shape (p, p)
        Rows behind each correlation.
    """

    r: Floats
    n: Ints


def pairwise_correlation(x: Floats, groups: Ints | None = None) -> PairwiseCorrelation:
    """Correlate by pairwise deletion; with groups, about the means of each group (pooled within).

    Unlike `correlation_from(pairwise_covariance(x).covariance)`, a pair's standard deviations are those of its own
    rows, as in most programs, so no correlation is beyond 1.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Rows are observations; NaN is not answered.
    groups : ndarray of int, shape (n,), optional
        The group of each row; rows of a negative group are left out.

    Examples
    --------
    >>> x = np.array([[1.0, 1.0], [2.0, 3.0], [11.0, 2.0], [12.0, 4.0]])
    >>> pairwise_correlation(x).r[0, 1].round(3)
    np.float64(0.534)
    >>> pairwise_correlation(x, np.array([0, 0, 1, 1])).r[0, 1]
    np.float64(1.0)
    """
    x = np.asarray(x, dtype=np.float64)
    p = x.shape[1]
    parts = [x] if groups is None else [x[groups == group] for group in np.unique(groups[groups >= 0])]
    n, cross, square = np.zeros((p, p)), np.zeros((p, p)), np.zeros((p, p))
    for part in parts:
        answered = ~np.isnan(part)
        centred = centred_answers(part, answered)
        if answered.all():  # complete rows: all pairs have the same ones, and the means are gone already
            products = centred.T @ centred
            n += float(len(part))
            cross += products
            square += np.diag(products)[:, None]
            continue
        mask = answered.astype(np.float64)
        counts = mask.T @ mask
        per = np.maximum(counts, 1.0)
        sums = centred.T @ mask
        n += counts
        cross += centred.T @ centred - sums * sums.T / per
        square += (centred**2).T @ mask - sums**2 / per
    # what is left of a constant after subtracting its mean is rounding
    noise = 1e-13 * np.maximum(np.diag(square), 0.0)[:, None]
    square = np.where(square > noise, square, 0.0)
    # the root of each first: of tiny variances the product would vanish
    spread = np.sqrt(square)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where((spread > 0.0) & (spread.T > 0.0), cross / spread / spread.T, np.nan)
    r = np.clip((r + r.T) / 2.0, -1.0, 1.0)
    np.fill_diagonal(r, np.where(np.diag(square) > 0.0, 1.0, np.nan))
    return PairwiseCorrelation(r, n.astype(np.int64))


def spearman(x: Floats) -> PairwiseCorrelation:
    """Correlate average ranks, which are taken anew among the rows of each pair.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Rows are observations; NaN is not answered.

    References
    ----------
    Kendall & Gibbons (1990), Rank Correlation Methods, 5th ed., chapter 3

    Examples
    --------
    >>> spearman(np.array([[1.0, 1.0], [2.0, 8.0], [3.0, 27.0], [np.nan, 5.0]])).r[0, 1]
    np.float64(1.0)
    """
    x = np.asarray(x, dtype=np.float64)
    answered = ~np.isnan(x)
    complete = bool(answered.all())
    r, n = np.full((x.shape[1],) * 2, np.nan), np.zeros((x.shape[1],) * 2, dtype=np.int64)
    if complete:
        return pairwise_correlation(rankdata(x, axis=0) if x.size else x)
    for item in range(x.shape[1]):
        rows = answered[:, item]
        n[item] = (answered & rows[:, None]).sum(axis=0)
        if not rows.any():
            continue
        # column j ranked among the rows that answer this item too, and this item ranked among those that answer j
        ranks = rankdata(np.where(answered, x, np.inf)[rows], axis=0)
        ranks = np.where(answered[rows], ranks, np.nan)
        own_ranks = rankdata(np.where(answered[rows], x[rows, item][:, None], np.inf), axis=0)
        own_ranks = np.where(answered[rows], own_ranks, np.nan)
        paired = n[item] > 0
        a = own_ranks[:, paired] - np.nanmean(own_ranks[:, paired], axis=0)
        b = ranks[:, paired] - np.nanmean(ranks[:, paired], axis=0)
        spread = np.sqrt(np.nansum(a**2, axis=0) * np.nansum(b**2, axis=0))
        r[item, paired] = np.where(spread > 0.0, np.nansum(a * b, axis=0) / np.where(spread > 0.0, spread, 1.0), np.nan)
    r = np.clip((r + r.T) / 2.0, -1.0, 1.0)
    np.fill_diagonal(r, np.where(np.isnan(np.diag(r)), np.nan, 1.0))
    return PairwiseCorrelation(r, n)


@dataclass(frozen=True, slots=True)
class Smoothing:
    """A correlation matrix made positive definite.

    Attributes
    ----------
    r : ndarray, shape (p, p)
    smallest_before, smallest_after : float
        The smallest eigenvalue.
    largest_change : float
        Of any correlation.
    """

    r: Floats
    smallest_before: float
    smallest_after: float
    largest_change: float


def smooth(r: Floats, *, floor: float = 1e-6) -> Smoothing:
    """Raise the eigenvalues of a correlation matrix to `floor` and rescale it to a unit diagonal.

    Parameters
    ----------
    r : ndarray, shape (p, p)
        Without NaN.
    floor : float
        Before rescaling.

    References
    ----------
    Knol & ten Berge (1989), doi:10.1007/BF02294196

    Examples
    --------
    >>> found = smooth(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]))
    >>> found.smallest_before < 0 < found.smallest_after
    True
    """
    values, vectors = np.linalg.eigh(r)
    raised = (vectors * np.maximum(values, floor)) @ vectors.T
    scale = np.sqrt(np.diag(raised))
    smoothed = raised / np.outer(scale, scale)
    smoothed = (smoothed + smoothed.T) / 2.0
    np.fill_diagonal(smoothed, 1.0)
    after = float(np.linalg.eigvalsh(smoothed)[0])
    return Smoothing(smoothed, float(values[0]), after, float(np.max(np.abs(smoothed - r))))
