r"""The normal likelihood of incomplete answers, by patterns of gaps ("full information", FIML).

Everything is a function of means :math:`\mu` and covariances :math:`\Sigma`; a model enters by the chain rule.
Parameters of the saturated model are ordered as :math:`(\mu, \mathrm{vech}\,\Sigma)`: means first, then the lower
triangle column by column (`numpy.triu_indices`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.correlation.em import Rows, expectation_step


@dataclass(frozen=True)
class Patterns:
    """Respondents with the same gaps together.

    Attributes
    ----------
    x : ndarray, shape (n, p)
        The answers, NaN where missing; each row has at least one.
    answered : ndarray of bool, shape (g, p)
        Each pattern of gaps once.
    n : ndarray, shape (g,)
        Respondents with it.
    pattern : ndarray of int, shape (n,)
        The pattern of each row.
    mean : ndarray, shape (g, p)
        Means within each pattern; 0 where missing.
    covariance : ndarray, shape (g, p, p)
        Covariances within each pattern, divisor n; 0 where missing.
    """

    x: Floats
    answered: Flags
    n: Ints
    pattern: Ints
    mean: Floats
    covariance: Floats

    @cached_property
    def centre(self) -> Floats:
        """Where the variables are centred inside, for the sake of precision: the means of all answers."""
        return np.asarray(np.nanmean(self.x, axis=0))

    @cached_property
    def rows(self) -> Rows:
        """The sufficient statistics in the shape that EM uses."""
        answered = ~np.isnan(self.x)
        return Rows.of(np.where(answered, self.x - self.centre, 0.0), answered)


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The log-likelihood and its first derivatives.

    Attributes
    ----------
    loglik : float
        NaN where sigma is not positive definite (as are the derivatives).
    by_mu : ndarray, shape (p,)
    by_sigma : ndarray, shape (p, p)
        Symmetric: the change of the log-likelihood is the sum of `by_sigma * change` over all p * p elements.
    """

    loglik: float
    by_mu: Floats
    by_sigma: Floats


def find_patterns(x: Floats) -> Patterns:
    """Group rows by their gaps; rows without any answer are left out.

    Examples
    --------
    >>> patterns = find_patterns(np.array([[1.0, np.nan], [2.0, 3.0], [3.0, np.nan]]))
    >>> patterns.n
    array([1, 2])
    """
    x = np.asarray(x, dtype=np.float64)
    answered = ~np.isnan(x)
    used = answered.any(axis=1)
    x, answered = x[used], answered[used]
    # most answers first, so that the complete rows, if any, come first
    kinds, pattern, n = np.unique(~answered, axis=0, return_inverse=True, return_counts=True)
    pattern = pattern.ravel()
    filled = np.where(answered, x, 0.0)
    g, p = kinds.shape
    mean = np.zeros((g, p))
    np.add.at(mean, pattern, filled)
    mean /= n[:, None]
    deviations = np.where(answered, filled - mean[pattern], 0.0)
    covariance = np.zeros((g, p, p))
    order = np.argsort(pattern, kind="stable")
    ends = np.cumsum(n)
    for k in range(g):
        if n[k] > 1:
            members = deviations[order[ends[k] - n[k] : ends[k]]]
            covariance[k] = members.T @ members / n[k]
    return Patterns(x, ~kinds, n.astype(np.int64), pattern.astype(np.int64), mean, covariance)


def likelihood(patterns: Patterns, mu: Floats, sigma: Floats) -> Likelihood:
    r"""Log-likelihood of all answers given, with its gradient.

    The gradient follows from one expectation step (Fisher's identity): with the expected mean :math:`\bar d` and second
    moment :math:`T` of the completed deviations from :math:`\mu`, it is :math:`N\Sigma^{-1}\bar d` and
    :math:`\tfrac N2\Sigma^{-1}(T - \Sigma)\Sigma^{-1}`.

    References
    ----------
    Arbuckle (1996), in Marcoulides & Schumacker, Advanced Structural Equation Modeling; Jamshidian & Bentler (1999),
    doi:10.3102/10769986024001021

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, np.nan], [4.0, 3.0], [0.0, 1.0]])
    >>> likelihood(find_patterns(x), np.array([1.5, 2.0]), np.eye(2)).loglik.round(4)
    np.float64(-11.9326)
    """
    p = mu.size
    rows = patterns.rows
    step = expectation_step(rows, mu - patterns.centre, sigma)
    if step is None or not np.isfinite(step[2]):
        return Likelihood(np.nan, np.full(p, np.nan), np.full((p, p), np.nan))
    new_mu, second, loglik = step
    shift = new_mu - (mu - patterns.centre)
    k = np.linalg.inv(sigma)
    k = (k + k.T) / 2.0
    moment = second + np.outer(shift, shift)
    by_sigma = 0.5 * rows.n * (k @ moment @ k - k)
    return Likelihood(loglik, rows.n * (k @ shift), (by_sigma + by_sigma.T) / 2.0)


def precisions(patterns: Patterns, sigma: Floats) -> tuple[Floats, Floats]:
    r"""Inverse of the covariances of the answered variables of each pattern, and their log-determinant.

    Returns
    -------
    w : ndarray, shape (g, p, p)
        0 in the rows and columns of missing variables.
    log_det : ndarray, shape (g,)

    Raises
    ------
    numpy.linalg.LinAlgError
        `sigma` is not positive definite.
    """
    g, p = patterns.answered.shape
    # a missing variable becomes one of variance 1 that is uncorrelated with all others
    both = patterns.answered[:, :, None] & patterns.answered[:, None, :]
    filled = np.where(both, sigma, 0.0)
    gaps = np.nonzero(~patterns.answered)
    filled[gaps[0], gaps[1], gaps[1]] = 1.0
    factor = np.linalg.cholesky(filled)
    log_det = 2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    w = np.linalg.inv(filled)
    w = np.where(both, (w + w.transpose(0, 2, 1)) / 2.0, 0.0)
    return w.reshape(g, p, p), log_det


def casewise_loglik(patterns: Patterns, mu: Floats, sigma: Floats) -> Floats:
    """Log-likelihood of each row of `patterns.x`.

    Examples
    --------
    >>> x = np.array([[1.0, np.nan], [2.0, 3.0]])
    >>> casewise_loglik(find_patterns(x), np.zeros(2), np.eye(2)).round(3)
    array([-1.419, -8.338])
    """
    w, log_det = precisions(patterns, sigma)
    deviations, pulls = _pulls(patterns, mu, w)
    count = patterns.answered.sum(axis=1)
    constant = count * np.log(2 * np.pi) + log_det
    return np.asarray(-0.5 * (constant[patterns.pattern] + (deviations * pulls).sum(axis=1)))


def casewise_scores(patterns: Patterns, mu: Floats, sigma: Floats) -> Floats:
    """Derivatives of the log-likelihood of each row by (mu, vech sigma).

    Returns
    -------
    ndarray, shape (n, p + p * (p + 1) / 2)
        Rows as in `patterns.x`.

    References
    ----------
    Yuan & Bentler (2000), doi:10.1111/0081-1750.00078
    """
    w, _log_det = precisions(patterns, sigma)
    _deviations, y = _pulls(patterns, mu, w)
    i, j, half = _vech(mu.size)
    by_sigma = (y[:, i] * y[:, j] - w[:, i, j][patterns.pattern]) * half
    return np.hstack([y, by_sigma])


def saturated_information(patterns: Patterns, mu: Floats, sigma: Floats, *, kind: str = "observed") -> Floats:
    r"""Information about (mu, vech sigma) of all answers together; divide by n for one respondent.

    Parameters
    ----------
    patterns : Patterns
    mu, sigma : ndarray
        Where it is taken.
    kind : {"observed", "expected", "first_order"}
        Minus the second derivatives; their expectation given the patterns; or the cross-products of the scores.

    References
    ----------
    Savalei (2010), doi:10.1037/a0020143; Yuan & Bentler (2000), doi:10.1111/0081-1750.00078
    """
    if kind == "first_order":
        scores = casewise_scores(patterns, mu, sigma)
        return np.asarray(scores.T @ scores)
    g, p = patterns.answered.shape
    i, j, half = _vech(p)
    q = p + i.size
    w, _log_det = precisions(patterns, sigma)
    n = patterns.n.astype(np.float64)
    result = np.zeros((q, q))
    result[:p, :p] = np.tensordot(n, w, axes=1)
    flat = w.reshape(g, p * p)
    if kind == "expected":
        pairs = (0.5 * n[:, None] * flat).T @ flat
        result[p:, p:] = _kronecker(pairs, p)
        return result
    off = patterns.mean - mu
    off[~patterns.answered] = 0.0
    pull = np.einsum("gij,gj->gi", w, off)
    cross = patterns.covariance + off[:, :, None] * off[:, None, :]
    middle = (w @ cross @ w).reshape(g, p * p)
    # 0.5 (A x W + W x A - W x W) with A = W T W; the first two are each other's mirror image, and become equal in vech
    pairs = (n[:, None] * (middle - 0.5 * flat)).T @ flat
    result[p:, p:] = _kronecker((pairs + pairs.T) / 2.0, p)
    mixed = (flat.T @ (n[:, None] * pull)).reshape(p, p, p)  # [a, b, c]: sum of W_ab y_c
    block = (mixed[:, i, j] + mixed[:, j, i]) * half
    result[:p, p:] = block
    result[p:, :p] = block.T
    return result


def normal_information(w: Floats) -> Floats:
    """Expected information of complete normal answers about (mu, vech sigma), with w the inverse covariances."""
    p = len(w)
    i, j, half = _vech(p)
    full = np.zeros((p + len(i),) * 2)
    full[:p, :p] = w
    full[p:, p:] = (w[np.ix_(i, i)] * w[np.ix_(j, j)] + w[np.ix_(i, j)] * w[np.ix_(j, i)]) * np.outer(half, half)
    return full


def _vech(p: int) -> tuple[Ints, Ints, Floats]:
    """Rows and columns of vech, and the weights that count an element off the diagonal once: 1, on it 1/2."""
    i, j = np.triu_indices(p)
    return i, j, np.where(i == j, 0.5, 1.0)


def _pulls(patterns: Patterns, mu: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Deviations of each row (0 where missing) and the same times the inverse covariances of its pattern."""
    deviations = np.where(np.isnan(patterns.x), 0.0, patterns.x - mu)
    pulls = np.empty_like(deviations)
    order = np.argsort(patterns.pattern, kind="stable")
    ends = np.cumsum(patterns.n)
    for k, (end, size) in enumerate(zip(ends, patterns.n, strict=True)):
        members = order[end - size : end]
        pulls[members] = deviations[members] @ w[k]
    return deviations, pulls


def _kronecker(pairs: Floats, p: int) -> Floats:
    """Reduce the sums of A_ab B_cd, all p^4 of them, to pairs of elements of vech."""
    i, j, half = _vech(p)
    cube = pairs.reshape(p, p, p, p)  # [a, b, c, d]: A_ab B_cd
    one = cube[i[:, None], i[None, :], j[:, None], j[None, :]]
    two = cube[i[:, None], j[None, :], j[:, None], i[None, :]]
    three = cube[j[:, None], i[None, :], i[:, None], j[None, :]]
    four = cube[j[:, None], j[None, :], i[:, None], i[None, :]]
    return np.asarray((one + two + three + four) * np.outer(half, half))
