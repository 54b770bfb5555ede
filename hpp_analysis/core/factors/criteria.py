"""What a rotation makes small: each criterion gives its value and its gradient for a stack of loading matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Stack: TypeAlias = NDArray[np.float64]
"""Loadings of shape (s, p, k): s solutions of p variables and k factors."""
Criterion: TypeAlias = Callable[[Stack], tuple[NDArray[np.float64], Stack]]
"""Loadings in; values of shape (s,) and gradients of shape (s, p, k) out."""


def _total(x: Stack) -> NDArray[np.float64]:
    return np.asarray(x.reshape(len(x), -1).sum(axis=1))


def crawford_ferguson(kappa: float) -> Criterion:
    """A weighing of the complexity of rows, 1 - kappa, and of columns, kappa.

    For orthogonal rotation kappa 0 is quartimax, 1/p varimax, k/(2p) equamax. Crawford & Ferguson (1970),
    doi:10.1007/BF02310792; Browne (2001), doi:10.1207/S15327906MBR3601_05.
    """

    def criterion(lambda_: Stack) -> tuple[NDArray[np.float64], Stack]:
        squares = lambda_ * lambda_
        others = (1.0 - kappa) * (squares.sum(axis=2, keepdims=True) - squares)
        others += kappa * (squares.sum(axis=1, keepdims=True) - squares)
        return _total(squares * others) / 4.0, lambda_ * others

    return criterion


def oblimin(gamma: float, p: int) -> Criterion:
    """Covariances of squared loadings, gamma = 0 without means (quartimin), 1 with them (covarimin).

    Jennrich & Sampson (1966), doi:10.1007/BF02289465; Clarkson & Jennrich (1988), doi:10.1007/BF02294141.
    """

    def criterion(lambda_: Stack) -> tuple[NDArray[np.float64], Stack]:
        squares = lambda_ * lambda_
        others = squares.sum(axis=2, keepdims=True) - squares
        if gamma:
            others = others - gamma / p * others.sum(axis=1, keepdims=True)
        return _total(squares * others) / 4.0, lambda_ * others

    return criterion


def geomin(epsilon: float) -> Criterion:
    """The geometric mean of a row's squared loadings, epsilon added to each. Yates (1987), ISBN 0887066550."""

    def criterion(lambda_: Stack) -> tuple[NDArray[np.float64], Stack]:
        squares = lambda_ * lambda_ + epsilon
        mean = np.exp(np.log(squares).mean(axis=2, keepdims=True))
        return _total(mean), (2.0 / lambda_.shape[2]) * lambda_ / squares * mean

    return criterion


def bifactor() -> Criterion:
    """Quartimin of all factors but the first, which is free to be general.

    Jennrich & Bentler (2011), doi:10.1007/s11336-011-9218-4.
    """

    def criterion(lambda_: Stack) -> tuple[NDArray[np.float64], Stack]:
        groups = lambda_[:, :, 1:]
        squares = groups * groups
        others = squares.sum(axis=2, keepdims=True) - squares
        gradient = np.zeros_like(lambda_)
        gradient[:, :, 1:] = groups * others
        return _total(squares * others) / 4.0, gradient

    return criterion


def target(wanted: NDArray[np.float64]) -> Criterion:
    """Squared distance to the loadings that are wanted; NaN where any will do (a partial target).

    Browne (1972), doi:10.1111/j.2044-8317.1972.tb00482.x.
    """
    counts = ~np.isnan(wanted)
    aim = np.where(counts, wanted, 0.0)

    def criterion(lambda_: Stack) -> tuple[NDArray[np.float64], Stack]:
        away = np.where(counts, lambda_ - aim, 0.0)
        return _total(away * away), 2.0 * away

    return criterion
