"""Correlations by maximum likelihood from incomplete answers, for many weightings of the same rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.correlation.correlation import correlation_from
from hpp_analysis.core.correlation.em import Rows, iterate

FloatArray = NDArray[np.float64]

_TOLERANCE = 1e-5
"""A step of standardised moments; errors of sampling are a thousand times that."""
_MAX_ITERATIONS = 200


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

    def __init__(self, x: FloatArray) -> None:
        answered = ~np.isnan(x)
        counts = np.maximum(answered.sum(axis=0), 1)
        centre = np.where(answered, x, 0.0).sum(axis=0) / counts
        deviations = np.where(answered, x - centre, 0.0)
        z = deviations / np.sqrt((deviations**2).sum(axis=0) / counts)
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
            self._weighted(np.ones(len(x)), *self._sums(np.ones((1, len(x))), 0)), _TOLERANCE, _MAX_ITERATIONS
        )
        self._start = mu, sigma

    def __call__(self, weights: FloatArray) -> FloatArray:
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

    def _sums(self, weights: FloatArray, b: int) -> tuple[FloatArray, FloatArray]:
        inner = weights[b, self._complete]
        p = self._mask.shape[1]
        return inner @ self._z, (inner @ self._products).reshape(p, p)

    def _weighted(self, weight: FloatArray, sums: FloatArray, products: FloatArray) -> Rows:
        """The rows as often as a weight says: incomplete ones first, then the condensed complete ones."""
        rows, p = self._rows, self._mask.shape[1]
        mine = weight[rows.places]
        root = np.sqrt(mine)
        gaps = []
        for gap in rows.gaps:
            n = np.bincount(gap.pattern, weights=mine[gap.rows], minlength=len(gap.missing))
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
        total = float(mine.sum()) + n_complete
        n_answers = float(mine @ rows.answered.sum(axis=1)) + p * n_complete
        return Rows(x, weights, mask, gaps, total, n_answers, rows.places)
