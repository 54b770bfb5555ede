"""How much of an outcome's variance each predictor accounts for: LMG (Shapley), dominance, relative weights.

All of it needs the correlations alone, so that thousands of bootstrap samples are done in one stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import comb

import numpy as np

from hpp_analysis.core.arrays import Floats, Ints

MOST_PREDICTORS = 14
"""Beyond these all subsets (2^p of them) are too many; relative weights take any number."""

_SINGULAR = 1e-10
"""What is left of a predictor's variance, at most, when others determine it."""

_STACK = 2_000_000
"""Numbers in one stack of subsets: bounds the memory."""


def subset_r2(correlations: Floats) -> Floats:
    r"""The squared multiple correlation of an outcome with every subset of its predictors.

    Predictors are decided on one after the other: each is either passed over or swept out of all that come after it,

    .. math:: r_{ab} \leftarrow r_{ab} - r_{aj} r_{jb} / r_{jj},

    so that the number of matrices doubles while they shrink. What a predictor adds is 0 where those before it determine
    it, so that dependent predictors do no harm.

    Parameters
    ----------
    correlations : ndarray, shape (..., p + 1, p + 1)
        Of p predictors and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., 2^p)
        Entry s is the subset whose predictors are the ones in the binary number s, the first predictor being its last
        digit; entry 0 is the empty set.

    References
    ----------
    Goodnight (1979), doi:10.1080/00031305.1979.10482685 (the sweep operator)

    Examples
    --------
    >>> r = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.3], [0.6, 0.3, 1.0]])
    >>> subset_r2(r).round(2)
    array([0.  , 0.36, 0.09, 0.45])
    """
    p = correlations.shape[-1] - 1
    stack = correlations.reshape(-1, p + 1, p + 1)
    most = max(_STACK >> p, 1)
    parts = [_sweep(stack[start : start + most]) for start in range(0, len(stack), most)]
    found = np.concatenate(parts) if parts else np.empty((0, 2**p))
    return found.reshape(*correlations.shape[:-2], 2**p)


def _sweep(stack: Floats) -> Floats:
    """`subset_r2` of one stack; samples lie along the last axis, where arithmetic is fastest."""
    left = np.ascontiguousarray(stack.transpose(1, 2, 0))[None]
    for _predictor in range(stack.shape[1] - 1):
        pivot = left[:, :1, :1]
        sound = pivot > _SINGULAR
        scaled = np.where(sound, left[:, 1:, :1] / np.where(sound, pivot, 1.0), 0.0)
        rest = left[:, 1:, 1:]
        left = np.concatenate([rest, rest - scaled * left[:, :1, 1:]])
    return np.asarray((stack[:, -1, -1] - left[:, 0, 0]).T)


def lmg(r2: Floats) -> Floats:
    """What each predictor adds to the R2, averaged over all orders in which predictors can be entered.

    These are the Shapley values of the R2, and general dominance: never negative, and their sum is the R2 of all.

    Parameters
    ----------
    r2 : ndarray, shape (..., 2^p)
        As `subset_r2` gives them.

    Returns
    -------
    ndarray, shape (..., p)

    References
    ----------
    Lindeman, Merenda & Gold (1980), Introduction to Bivariate and Multivariate Analysis; Grömping (2007),
    doi:10.1198/000313007X188252; Azen & Budescu (2003), doi:10.1037/1082-989X.8.2.129 (general dominance)

    Examples
    --------
    >>> r = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.3], [0.6, 0.3, 1.0]])
    >>> shares = lmg(subset_r2(r))
    >>> shares.round(3), bool(np.isclose(shares.sum(), subset_r2(r)[-1]))
    (array([0.315, 0.045]), True)
    """
    return r2 @ _average_over_orders(r2.shape[-1].bit_length() - 1)


@cache
def _average_over_orders(p: int) -> Floats:
    """The weight that each subset's R2 has in each predictor's share, shape (2^p, p)."""
    sets = np.arange(2**p)
    has = (sets[:, None] >> np.arange(p)) & 1
    size = has.sum(axis=1)
    # entered as the k-th of p (after k - 1 others): one in p * comb(p - 1, k - 1) of all orders
    of_size = np.array([1.0 / (p * comb(p - 1, k)) for k in range(p)])
    with_it = of_size[np.maximum(size - 1, 0)]
    without = of_size[np.minimum(size, p - 1)]
    weights = np.where(has == 1, with_it[:, None], -without[:, None])
    weights.setflags(write=False)
    return np.asarray(weights)


@dataclass(frozen=True, slots=True)
class Dominance:
    """Which predictors dominate which.

    Attributes
    ----------
    conditional : ndarray, shape (p, p)
        What a predictor (row) adds on average to the subsets of each size (column 0: alone, to p - 1: to all others).
    general : ndarray, shape (p,)
        The mean of a row: LMG.
    complete : ndarray of int, shape (p, p)
        1 where the row's predictor adds at least as much as the column's to every subset of the others (and more to
        one), -1 the other way round, 0 where neither holds.
    conditionally : ndarray of int, shape (p, p)
        The same of the averages by size.
    """

    conditional: Floats
    general: Floats
    complete: Ints
    conditionally: Ints


def dominance(r2: Floats) -> Dominance:
    """Complete, conditional and general dominance of the predictors of one outcome.

    Parameters
    ----------
    r2 : ndarray, shape (2^p,)
        As `subset_r2` gives them.

    References
    ----------
    Azen & Budescu (2003), doi:10.1037/1082-989X.8.2.129

    Examples
    --------
    >>> r = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.3], [0.6, 0.3, 1.0]])
    >>> dominance(subset_r2(r)).complete
    array([[ 0,  1],
           [-1,  0]])
    """
    p = r2.shape[-1].bit_length() - 1
    sets = np.arange(2**p)
    size = np.bitwise_count(sets)
    conditional = np.empty((p, p))
    complete = np.zeros((p, p), dtype=np.int64)
    for i in range(p):
        without = sets[(sets >> i) & 1 == 0]
        adds = r2[without | 1 << i] - r2[without]
        conditional[i] = np.bincount(size[without], weights=adds) / np.bincount(size[without])
        for j in range(i):
            neither = without[(without >> j) & 1 == 0]
            complete[i, j] = _above(r2[neither | 1 << i] - r2[neither | 1 << j])
            complete[j, i] = -complete[i, j]
    conditionally = np.array([[_above(one - other) for other in conditional] for one in conditional])
    return Dominance(conditional, conditional.mean(axis=1), complete, conditionally)


def _above(differences: Floats) -> int:
    """1 where none is negative and some positive, -1 where none is positive and some negative, else 0."""
    signs = np.where(np.abs(differences) <= _SINGULAR, 0.0, differences)
    if not signs.any():
        return 0
    return 1 if (signs >= 0.0).all() else -1 if (signs <= 0.0).all() else 0


def relative_weights(correlations: Floats) -> Floats:
    r"""Johnson's relative weights, an approximation of LMG that takes any number of predictors.

    With :math:`\Lambda = R^{1/2}`, the symmetric root of the predictors' correlations: the regression on the orthogonal
    variables closest to the predictors has slopes :math:`\beta = \Lambda^{-1} r`, and the weights are
    :math:`\Lambda^{2}\beta^{2}` (squares by element). Their sum is the R2.

    Parameters
    ----------
    correlations : ndarray, shape (..., p + 1, p + 1)
        Of p predictors and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., p)

    References
    ----------
    Johnson (2000), doi:10.1207/S15327906MBR3501_1

    Examples
    --------
    >>> r = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.3], [0.6, 0.3, 1.0]])
    >>> relative_weights(r).round(3)
    array([0.315, 0.045])
    """
    values, vectors = np.linalg.eigh(correlations[..., :-1, :-1])
    positive = values > _SINGULAR * values[..., -1:]
    root = np.sqrt(np.where(positive, values, 0.0))
    inverse = np.where(positive, 1.0 / np.where(positive, root, 1.0), 0.0)
    turned = vectors.swapaxes(-1, -2)
    beta = (vectors * inverse[..., None, :]) @ (turned @ correlations[..., :-1, -1:])
    lambda_ = (vectors * root[..., None, :]) @ turned
    return np.asarray(((lambda_**2) @ beta**2)[..., 0])


def standardised_slopes(correlations: Floats) -> Floats:
    """Slopes of the standardised outcome on the standardised predictors.

    Parameters
    ----------
    correlations : ndarray, shape (..., p + 1, p + 1)
        Of p predictors and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., p)
        The shortest solution where predictors are dependent.

    Examples
    --------
    >>> standardised_slopes(np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.6], [0.6, 0.6, 1.0]]))
    array([0.4, 0.4])
    """
    values, vectors = np.linalg.eigh(correlations[..., :-1, :-1])
    positive = values > _SINGULAR * values[..., -1:]
    inverse = np.where(positive, 1.0 / np.where(positive, values, 1.0), 0.0)
    turned = vectors.swapaxes(-1, -2) @ correlations[..., :-1, -1:]
    return np.asarray((vectors @ (inverse[..., None] * turned))[..., 0])
