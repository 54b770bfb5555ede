"""Covariances and correlations of many weightings of the same rows, such as bootstrap samples, at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.correlation.bootstrap import drawn_weights
from hpp_analysis.core.correlation.correlation import centred_answers, correlation_from
from hpp_analysis.core.correlation.em import Rows, iterate

_TOLERANCE = 1e-5
"""A step of standardised moments; errors of sampling are a thousand times that."""


_MAX_ITERATIONS = 200


class WeightedCorrelations:
    """Correlations of many weightings of the same rows, each about the means of its own rows.

    Missing answers are left out pair by pair, with the standard deviations of a pair's own rows as
    `core.correlation.pairwise_correlation` has them.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 4.0]])
    >>> bool(np.allclose(WeightedCorrelations(x)(np.ones((1, 3)))[0], np.corrcoef(x.T)))
    True
    """

    def __init__(self, x: Floats) -> None:
        answered = ~np.isnan(x)
        z = centred_answers(x, answered)
        self._z, self._mask = z, None if answered.all() else answered.astype(np.float64)
        self._pairs = np.triu_indices(x.shape[1])
        self._products = z[:, self._pairs[0]] * z[:, self._pairs[1]]

    def __call__(self, weights: Floats) -> Floats:
        """Correlations of each weighting.

        Parameters
        ----------
        weights : ndarray, shape (b, n)

        Returns
        -------
        ndarray, shape (b, p, p)
            NaN where a column does not vary.
        """
        i, j = self._pairs
        cross = weights @ self._products
        if self._mask is None:
            total = weights.sum(axis=1, keepdims=True)
            mean = weights @ self._z / total
            cross = cross / total - mean[:, i] * mean[:, j]
            variance = cross[:, i == j]
            square_i, square_j = variance[:, i], variance[:, j]
        else:
            m = self._mask
            n = np.maximum(weights @ (m[:, i] * m[:, j]), 1e-300)
            mean_i, mean_j = weights @ (self._z[:, i] * m[:, j]) / n, weights @ (self._z[:, j] * m[:, i]) / n
            square = self._z**2
            square_i = weights @ (square[:, i] * m[:, j]) / n - mean_i**2
            square_j = weights @ (square[:, j] * m[:, i]) / n - mean_j**2
            cross = cross / n - mean_i * mean_j
        # what is left of a constant after subtracting its mean is rounding
        noise = 1e-12 * np.mean(self._z**2, axis=0)
        varies = (square_i > noise[i]) & (square_j > noise[j])
        spread = np.sqrt(np.where(varies, square_i, 1.0)) * np.sqrt(np.where(varies, square_j, 1.0))
        r = np.where(varies, np.clip(cross / spread, -1.0, 1.0), np.nan)
        r[:, i == j] = np.where(varies[:, i == j], 1.0, np.nan)
        p = self._z.shape[1]
        stack = np.empty((len(weights), p, p))
        stack[:, i, j] = r
        stack[:, j, i] = r
        return stack


def resampled_correlations(
    x: Floats, n_boot: int, rng: np.random.Generator, *, units: NDArray[np.int_] | None = None, size: int | None = None
) -> Floats:
    """Correlations of bootstrap samples, in which units are drawn with all of their rows.

    A sample is a weighting of the rows, and many samples are one product of matrices. Where answers are missing, each
    correlation is that of the rows which answered both variables.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.
    n_boot : int
        Samples.
    rng : Generator
    units : ndarray of int, shape (n,), optional
        Whom each row comes from; by default each row is a unit.
    size : int, optional
        Units of a sample; by default as many as there are.

    Returns
    -------
    ndarray, shape (n_boot, p, p)
        NaN where a variable does not vary in a sample.

    References
    ----------
    Davison & Hinkley (1997), doi:10.1017/CBO9780511802843

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 2)) @ np.array([[1.0, 0.5], [0.0, 0.5]])
    >>> bool(abs(resampled_correlations(x, 500, rng)[:, 0, 1].mean() - np.corrcoef(x.T)[0, 1]) < 0.02)
    True
    """
    n, p = x.shape
    unit = np.arange(n) if units is None else np.unique(units, return_inverse=True)[1]
    correlate = WeightedCorrelations(x)
    parts = [correlate(weights) for weights in drawn_weights(unit, n_boot, rng, size=size, width=p * (p + 1))]
    return np.concatenate(parts) if parts else np.empty((0, p, p))


def weighted_covariances(x: Floats, weights: Floats) -> Floats:
    """Pairwise covariances of many weightings of the same rows, all at once.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        NaN is not answered.
    weights : ndarray, shape (b, n)
        How often each row occurs in each sample.

    Returns
    -------
    ndarray, shape (b, k, k)
        NaN where a pair has fewer than two rows.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 4.0]])
    >>> bool(np.allclose(weighted_covariances(x, np.ones((1, 3)))[0], np.cov(x.T)))
    True
    """
    answered = ~np.isnan(x)
    centred, mask = centred_answers(x, answered), answered.astype(np.float64)

    def sums(left: Floats, right: Floats) -> Floats:
        products = (left[:, :, None] * right[:, None, :]).reshape(len(x), -1)
        return (weights @ products).reshape(len(weights), x.shape[1], x.shape[1])

    n, one = sums(mask, mask), sums(centred, mask)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (sums(centred, centred) - one * one.transpose(0, 2, 1) / n) / (n - 1.0)
    return np.asarray(np.where(n >= 2.0, covariance, np.nan))


class WeightedLikelihood:
    """EM correlations of resampled rows, each started from the estimates of all rows.

    The complete rows of a sample enter by their mean and a triangular root of their cross-products, the others one by
    one with the root of their weight, so that a weight counts a row as often as it says.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered; every column varies.

    Examples
    --------
    >>> from hpp_analysis.core.correlation.em import normal_moments
    >>> x = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 7.0], [4.0, np.nan], [5.0, 6.0]])
    >>> found = WeightedLikelihood(x)(np.ones((1, 5)))[0, 0, 1]
    >>> bool(abs(found - correlation_from(normal_moments(x).covariance)[0, 1]) < 1e-4)
    True
    """

    def __init__(self, x: Floats) -> None:
        answered = ~np.isnan(x)
        deviations = centred_answers(x, answered)
        z = deviations / np.sqrt((deviations**2).sum(axis=0) / np.maximum(answered.sum(axis=0), 1))
        complete = answered.all(axis=1)
        self._mask = answered
        self._complete = np.flatnonzero(complete)
        self._z = z[complete]
        p = x.shape[1]
        self._products = (self._z[:, :, None] * self._z[:, None, :]).reshape(len(self._z), p * p)
        used = np.flatnonzero(~complete & answered.any(axis=1))
        rows = Rows.of(z[used], answered[used], whole=True)
        self._rows = replace(rows, places=used[rows.places])
        mu, sigma, _loglik, _steps, _why = iterate(
            self._weighted(np.ones(len(x)), self._z.sum(axis=0), self._z.T @ self._z), _TOLERANCE, _MAX_ITERATIONS
        )
        self._start = mu, sigma

    def __call__(self, weights: Floats) -> Floats:
        """Correlations of each weighting.

        Parameters
        ----------
        weights : ndarray, shape (b, n)

        Returns
        -------
        ndarray, shape (b, p, p)
            NaN where the likelihood has no maximum that can be found: a column does not vary in the sample, columns depend
            on each other, or so few rows answer so many columns that it is nearly flat.
        """
        p = self._mask.shape[1]
        found = np.full((len(weights), p, p), np.nan)
        inner = weights[:, self._complete]
        sums, products = inner @ self._z, inner @ self._products
        for b, weight in enumerate(weights):
            rows = self._weighted(weight, sums[b], products[b].reshape(p, p))
            _mu, sigma, _loglik, _steps, why = iterate(rows, _TOLERANCE, _MAX_ITERATIONS, self._start)
            if not why:
                found[b] = correlation_from(sigma)
        return found

    def _weighted(self, weight: Floats, sums: Floats, products: Floats) -> Rows:
        """The rows as often as a weight says: incomplete ones first, then the condensed complete ones."""
        rows, p = self._rows, self._mask.shape[1]
        row_weights = weight[rows.places]
        root = np.sqrt(row_weights)
        gaps = []
        for gap in rows.gaps:
            n = np.bincount(gap.pattern, weights=row_weights[gap.rows], minlength=len(gap.missing))
            gaps.append(replace(gap, n=n.astype(np.float64)))
        n_complete = float(weight[self._complete].sum())
        x, weights, mask = rows.x * root[:, None], root, rows.answered
        if n_complete > 0.0:
            mean = sums / n_complete
            values, vectors = np.linalg.eigh(products - n_complete * np.outer(mean, mean))
            spread = (vectors * np.sqrt(np.maximum(values, 0.0))).T
            x = np.vstack([x, np.sqrt(n_complete) * mean, spread])
            weights = np.concatenate([root, [np.sqrt(n_complete)], np.zeros(p)])
            mask = np.vstack([mask, np.ones((p + 1, p))])
        total = float(row_weights.sum()) + n_complete
        n_answers = float(row_weights @ rows.answered.sum(axis=1)) + p * n_complete
        return Rows(x, weights, mask, gaps, total, n_answers, rows.places)
