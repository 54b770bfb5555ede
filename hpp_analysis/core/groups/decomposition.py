"""How much of a difference between two groups comes from their composition, and how certain is that?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Flags, Floats


@dataclass(frozen=True, slots=True)
class Composition:
    """Kitagawa's two parts of a difference of means.

    Attributes
    ----------
    share_first, share_second : ndarray, shape (k,)
        Of each category in either group.
    mean_first, mean_second : ndarray, shape (k,)
    mix : float
        Of the difference, what comes from other shares.
    within : float
        What is left: differences between persons of the same category.
    """

    share_first: Floats
    share_second: Floats
    mean_first: Floats
    mean_second: Floats
    mix: float
    within: float


def composition(y: Floats, weight: Floats, first: Flags, category: NDArray[np.int_], n_categories: int) -> Composition:
    r"""Split the difference of two weighted means into the part of the categories' shares and the rest.

    With shares :math:`w` and means :math:`m` of the categories r in the groups A and B,

    .. math::
        m_A - m_B = \sum_r (w_{rA} - w_{rB}) \frac{m_{rA} + m_{rB}}{2}
        + \sum_r \frac{w_{rA} + w_{rB}}{2} (m_{rA} - m_{rB}).

    Neither group is the standard for the other; it is the twofold Oaxaca-Blinder decomposition with dummies and the mean of
    both groups' coefficients.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Without NaN.
    weight : ndarray, shape (n,)
        Not negative; those of each group are made to sum to 1.
    first : ndarray of bool, shape (n,)
        Whether in the first group.
    category : ndarray of int, shape (n,)
        From 0; every category occurs in both groups.
    n_categories : int

    References
    ----------
    Kitagawa (1955), doi:10.1080/01621459.1955.10501299; Oaxaca (1973), doi:10.2307/2525981

    Examples
    --------
    >>> y = np.array([8.0, 8.0, 6.0, 8.0, 6.0, 6.0])
    >>> first = np.array([True, True, True, False, False, False])
    >>> parts = composition(y, np.ones(6), first, np.array([0, 0, 1, 0, 1, 1]), 2)
    >>> round(parts.mix, 3), round(parts.within, 3)
    (0.667, 0.0)
    """
    shares, means = [], []
    for group in (first, ~first):
        w = np.where(group, weight, 0.0)
        w = w / w.sum()
        share = np.asarray(np.bincount(category, w, n_categories), dtype=np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            means.append(np.asarray(np.bincount(category, w * y, n_categories) / share, dtype=np.float64))
        shares.append(share)
    (share_a, share_b), (mean_a, mean_b) = shares, means
    return Composition(
        share_a,
        share_b,
        mean_a,
        mean_b,
        float(np.sum((share_a - share_b) * (mean_a + mean_b) / 2.0)),
        float(np.sum((share_a + share_b) / 2.0 * (mean_a - mean_b))),
    )


def person_weights(person: NDArray[np.int_], cell: NDArray[np.int_], n_boot: int, rng: np.random.Generator) -> Floats:
    r"""Weights of a Bayesian bootstrap over persons, which gives the mean of a cell its usual standard error.

    A person's ratings get one weight, drawn from a gamma distribution with the shape :math:`(n - 2) / n` for a cell of n
    persons (the smallest of the person's cells). Shares of such weights have a Dirichlet distribution, under which the
    variance of the mean of a cell is :math:`s^2 / n` with the divisor n - 1 in :math:`s^2`; with the shape 1 of Rubin's
    bootstrap it would be smaller, by half in a cell of three.

    Parameters
    ----------
    person, cell : ndarray of int, shape (n,)
        Of each rating, from 0.
    n_boot : int
    rng : Generator

    Returns
    -------
    ndarray, shape (n_boot, n)

    References
    ----------
    Rubin (1981), doi:10.1214/aos/1176345338

    Examples
    --------
    >>> person_weights(np.array([0, 1, 1]), np.array([0, 0, 1]), 2, np.random.default_rng(1)).shape
    (2, 3)
    """
    pairs = np.unique(np.column_stack([cell, person]), axis=0)
    persons_in = np.bincount(pairs[:, 0])
    smallest = np.full(int(person.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, person, persons_in[cell])
    shape = np.maximum((smallest - 2.0) / smallest, 0.05)
    drawn = rng.gamma(shape, size=(n_boot, len(shape)))
    return np.asarray(np.maximum(drawn, np.finfo(np.float64).tiny)[:, person])


def likely_noise(difference: float, se: float) -> float:
    r"""How much of a difference is noise, on average over differences of its size.

    A measured difference has the expected square :math:`\delta^2 + se^2`: of the square, :math:`se^2` is noise. The part of
    the difference is in proportion (positive-part shrinkage), at most all of it.

    References
    ----------
    Efron & Morris (1975), doi:10.1080/01621459.1975.10479864

    Examples
    --------
    >>> likely_noise(0.5, 0.25), likely_noise(-0.1, 0.25), likely_noise(0.0, 0.25)
    (0.125, -0.1, 0.0)
    """
    if abs(difference) <= se:
        return float(difference)
    return float(difference * (se / difference) ** 2)
