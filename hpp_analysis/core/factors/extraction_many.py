"""Factors of many correlation matrices at once: those of resampled answers, which lie near a known solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Stack = NDArray[np.float64]

_SLOPE = 1e-8
_MAX_STEPS = 15
"""Newton's steps from a near solution; where they do not do, the search for one matrix takes over."""
_LONGEST = 0.5
"""As far as the quadratic picture is trusted in any uniqueness, or its logarithm."""


@dataclass(frozen=True, slots=True)
class Extractions:
    """Unrotated loadings of many matrices.

    Attributes
    ----------
    lambda_ : ndarray, shape (s, p, k)
    psi : ndarray, shape (s, p)
        Uniquenesses; of components the variance that they leave.
    at_bound : ndarray of bool, shape (s,)
        Whether a uniqueness lies at its lower bound (a Heywood case).
    done : ndarray of bool, shape (s,)
        Where Newton's steps ended at a minimum; the loadings of the others mean nothing.
    """

    lambda_: Stack
    psi: Stack
    at_bound: NDArray[np.bool_]
    done: NDArray[np.bool_]


class _Points(Protocol):
    """Discrepancies with their derivatives at one place for each matrix."""

    @property
    def value(self) -> Stack: ...

    @property
    def gradient(self) -> Stack: ...

    def hessian(self, which: NDArray[np.bool_]) -> Stack: ...


def uls_many(correlations: Stack, psi: NDArray[np.float64], n_factors: int, *, lower: float = 0.005) -> Extractions:
    """Unweighted least squares (minres) as `uls_factors` has it, started from known uniquenesses.

    Parameters
    ----------
    correlations : ndarray, shape (s, p, p)
    psi : ndarray, shape (p,) or (s, p)
        Uniquenesses near the solutions, one set for all or one for each.
    n_factors : int
    lower : float
        The smallest uniqueness allowed; the largest is 1.

    Returns
    -------
    Extractions

    Examples
    --------
    >>> lambda_ = np.array([0.8, 0.7, 0.6, 0.5])
    >>> stack = (np.outer(lambda_, lambda_) + np.diag(1 - lambda_**2))[None]
    >>> bool(np.allclose(np.abs(uls_many(stack, np.full(4, 0.5), 1).lambda_[0, :, 0]), lambda_))
    True
    """

    def at(x: Stack, which: NDArray[np.bool_]) -> _Unweighted:
        return _Unweighted.at(x, correlations[which], n_factors)

    x, done = _minimise(at, psi, len(correlations), lower, 1.0)
    theta, omega = _descending(correlations - _diagonals(x))
    strength = np.sqrt(np.maximum(theta[:, None, :n_factors], 0.0))
    return Extractions(omega[:, :, :n_factors] * strength, x, np.asarray((x <= lower).any(axis=1)), done)


def ml_many(correlations: Stack, psi: NDArray[np.float64], n_factors: int, *, lower: float = 0.005) -> Extractions:
    """Maximum likelihood as `ml_factors` has it, started from known uniquenesses; see `uls_many`."""

    def at(x: Stack, which: NDArray[np.bool_]) -> _Likely:
        return _Likely.at(x, correlations[which], n_factors)

    x, done = _minimise(at, np.log(psi), len(correlations), float(np.log(lower)), 0.0)
    root = np.exp(x / 2.0)
    theta, omega = _descending(correlations / (root[:, :, None] * root[:, None, :]))
    strength = np.sqrt(np.maximum(theta[:, None, :n_factors] - 1.0, 0.0))
    lambda_ = root[:, :, None] * omega[:, :, :n_factors] * strength
    return Extractions(lambda_, np.exp(x), np.asarray((x <= np.log(lower)).any(axis=1)), done)


def components_many(correlations: Stack, n_factors: int) -> Extractions:
    """Principal components of many matrices, as `components` has them for one."""
    theta, omega = _descending(correlations)
    lambda_ = omega[:, :, :n_factors] * np.sqrt(np.maximum(theta[:, None, :n_factors], 0.0))
    every = np.ones(len(correlations), dtype=bool)
    return Extractions(lambda_, 1.0 - np.sum(lambda_**2, axis=2), ~every, every)


def _minimise(
    at: Callable[[Stack, NDArray[np.bool_]], _Points], start: NDArray[np.float64], s: int, lower: float, upper: float
) -> tuple[Stack, NDArray[np.bool_]]:
    """Newton's steps within bounds for all matrices together; a matrix whose discrepancy rises is given up."""
    x = np.broadcast_to(np.clip(start, lower, upper), (s, start.shape[-1])).copy()
    done, active = np.zeros(s, dtype=bool), np.ones(s, dtype=bool)
    before = np.full(s, np.inf)
    for _step in range(_MAX_STEPS):
        here = x[active]
        points = at(here, active)
        gradient = points.gradient
        held = ((here <= lower) & (gradient > 0.0)) | ((here >= upper) & (gradient < 0.0))
        steep = np.max(np.where(held, 0.0, np.abs(gradient)), axis=1)
        # a step that went up (beyond rounding), or into a region without factors, needs a search
        lost = ~(points.value <= before[active] + 1e-12 * (1.0 + np.abs(points.value))) | ~np.isfinite(steep)
        ended = ~lost & (steep < _SLOPE)
        places = np.flatnonzero(active)
        done[places[ended]] = True
        go = ~(lost | ended)
        active[places[~go]] = False
        if not go.any():
            break
        before[places[go]] = points.value[go]
        free = ~held[go]
        hessian = points.hessian(go) * (free[:, :, None] & free[:, None, :])
        hessian[:, np.arange(hessian.shape[1]), np.arange(hessian.shape[1])] += ~free
        try:
            step = -np.linalg.solve(hessian, (gradient[go] * free)[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
        size = np.max(np.abs(step), axis=1, keepdims=True)
        x[places[go]] = np.clip(here[go] + step * np.minimum(1.0, _LONGEST / np.maximum(size, 1e-300)), lower, upper)
    return x, done


def _descending(matrices: Stack) -> tuple[Stack, Stack]:
    theta, omega = np.linalg.eigh(matrices)
    return theta[:, ::-1], omega[:, :, ::-1]


def _diagonals(x: Stack) -> Stack:
    return np.asarray(x[:, :, None] * np.eye(x.shape[1]))


def _cross(omega: Stack, omega_k: Stack, weight: Stack) -> Stack:
    """For each matrix the sums over m, n of weight[m, n] omega[i, m] omega[l, m] omega_k[i, n] omega_k[l, n]."""
    total = np.zeros((len(omega), omega.shape[1], omega.shape[1]))
    for n in range(omega_k.shape[2]):
        spread = (omega * weight[:, None, :, n]) @ omega.transpose(0, 2, 1)
        total += omega_k[:, :, None, n] * omega_k[:, None, :, n] * spread
    return total


@dataclass(frozen=True, slots=True)
class _Unweighted:
    """Half the squared residuals, by the eigenstructure of the correlations less the uniquenesses."""

    theta: Stack
    omega: Stack
    k: int
    value: Stack
    gradient: Stack

    @classmethod
    def at(cls, psi: Stack, correlations: Stack, k: int) -> _Unweighted:
        theta, omega = _descending(correlations - _diagonals(psi))
        rest = theta[:, k:]
        value = np.where(theta[:, k - 1] > 0.0, np.sum(rest**2, axis=1) / 2.0, np.nan)
        return cls(theta, omega, k, value, -np.einsum("sim,sm->si", omega[:, :, k:] ** 2, rest))

    def hessian(self, which: NDArray[np.bool_]) -> Stack:
        theta, omega, k = self.theta[which], self.omega[which], self.k
        rest, factors = omega[:, :, k:], omega[:, :, :k]
        within = (rest @ rest.transpose(0, 2, 1)) ** 2
        apart = np.maximum(theta[:, None, :k] - theta[:, k:, None], 1e-8 * theta[:, None, :k])
        return np.asarray(within - 2.0 * _cross(rest, factors, theta[:, k:, None] / apart))


@dataclass(frozen=True, slots=True)
class _Likely:
    """The discrepancy of maximum likelihood, by the eigenstructure of the scaled correlations."""

    theta: Stack
    omega: Stack
    k: int
    value: Stack
    gradient: Stack

    @classmethod
    def at(cls, log_psi: Stack, correlations: Stack, k: int) -> _Likely:
        scale = np.exp(-log_psi / 2.0)
        theta, omega = _descending(correlations * (scale[:, :, None] * scale[:, None, :]))
        rest = theta[:, k:]
        sound = (theta[:, k - 1] > 1.0) & (rest[:, -1] > 0.0)
        value = np.sum(rest - 1.0 - np.log(np.maximum(rest, 1e-300)), axis=1)
        gradient = np.einsum("sim,sm->si", omega[:, :, k:] ** 2, 1.0 - rest)
        return cls(theta, omega, k, np.where(sound, value, np.nan), gradient)

    def hessian(self, which: NDArray[np.bool_]) -> Stack:
        theta, omega, k = self.theta[which], self.omega[which], self.k
        rest, factors = omega[:, :, k:], omega[:, :, :k]
        small, large = theta[:, k:, None], theta[:, None, :k]
        turned = rest.transpose(0, 2, 1)
        within = (rest @ turned) * ((rest * theta[:, None, k:]) @ turned)
        apart = np.maximum(large - small, 1e-8 * large)
        return np.asarray(within + _cross(rest, factors, (1.0 - small) * (large + small) / apart))
