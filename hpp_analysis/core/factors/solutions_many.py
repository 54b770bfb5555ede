"""Factor solutions of many correlation matrices at once, started near a known solution and aligned with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.core.factors.recipe import Recipe, extract, rotate_by_recipe
from hpp_analysis.core.factors.rotation import KINDS, Rotations, rotate_many
from hpp_analysis.core.factors.solution import Solution

Stack = Floats


_SLOPE = 1e-8


_MAX_STEPS = 15
"""Newton's steps from a near solution; where they do not suffice, the search for one matrix takes over."""


_LONGEST = 0.5
"""Longest step in any uniqueness, or its logarithm."""


@dataclass(frozen=True, slots=True)
class KnownSolution:
    """The solution that others are near to.

    Attributes
    ----------
    unrotated : ndarray, shape (p, k)
    psi : ndarray, shape (p,)
        Uniquenesses of the extraction.
    solution : Solution
    weights : ndarray, shape (p, p), optional
        Of "dwls": kept for all.
    """

    unrotated: Floats
    psi: Floats
    solution: Solution
    weights: Floats | None = None


@dataclass(frozen=True, slots=True)
class Solutions:
    """Factor solutions in the order and with the signs of a known one.

    Attributes
    ----------
    lambda_ : ndarray, shape (s, p, k)
        NaN where there is no solution.
    phi : ndarray, shape (s, k, k)
    congruence : ndarray, shape (s, k)
        Of each factor with its namesake in the known solution.
    heywood, converged : ndarray of bool, shape (s,)
        Whether a uniqueness is at its bound; whether extraction and rotation ended.
    """

    lambda_: Stack
    phi: Stack
    congruence: Stack
    heywood: Flags
    converged: Flags

    @property
    def defined(self) -> Flags:
        """Which matrices have a solution, shape (s,)."""
        return np.asarray(np.isfinite(self.lambda_).all(axis=(1, 2)))

    @property
    def communality(self) -> Stack:
        """The diagonals of L Phi L', shape (s, p)."""
        return np.asarray(np.sum(self.lambda_ @ self.phi * self.lambda_, axis=2))


def solve_many(correlations: Stack, known: KnownSolution, recipe: Recipe, rng: np.random.Generator) -> Solutions:
    """Solve each matrix by a recipe, starting from a known solution, and align it with that.

    Factors are permuted by optimal assignment on Tucker's congruence and reflected, loadings and correlations together.

    Parameters
    ----------
    correlations : ndarray, shape (s, p, p)
        NaN where there is none.
    known : KnownSolution
    recipe : Recipe
    rng : Generator
        Of what the recipe draws where it has to be followed one by one.
    """
    s, p, k = len(correlations), *known.unrotated.shape
    usable = np.isfinite(correlations).all(axis=(1, 2))
    lambda_, phi, congruence = np.full((s, p, k), np.nan), np.full((s, k, k), np.nan), np.full((s, k), np.nan)
    heywood, converged = np.zeros(s, bool), np.zeros(s, bool)
    if usable.any():
        start = StartingPoint(known.unrotated[None], known.psi[None], known.solution.t[None])
        found = solve_near(correlations[usable], start, recipe, rng, known.weights)
        heywood[usable], converged[usable] = found.heywood, found.converged
        lambda_[usable], phi[usable] = found.lambda_, found.phi
        here = np.isfinite(lambda_).all(axis=(1, 2))
        lambda_[here], phi[here], congruence[here] = aligned(lambda_[here], phi[here], known.solution.lambda_)
    return Solutions(lambda_, phi, congruence, heywood, converged)


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where to start: one place for all matrices (s = 1), or one for each.

    Attributes
    ----------
    unrotated : ndarray, shape (s, p, k)
    psi : ndarray, shape (s, p)
    t : ndarray, shape (s, k, k)
        Of the rotation.
    """

    unrotated: Stack
    psi: Stack
    t: Stack


@dataclass(frozen=True, slots=True)
class RotatedSolutions:
    """Rotated solutions, not yet aligned, and where others near them would start.

    Attributes
    ----------
    lambda_, phi : ndarray, shapes (s, p, k) and (s, k, k)
        NaN where there is no solution.
    heywood, converged : ndarray of bool, shape (s,)
    near : StartingPoint
    """

    lambda_: Stack
    phi: Stack
    heywood: Flags
    converged: Flags
    near: StartingPoint

    @property
    def communality(self) -> Stack:
        """The diagonals of L Phi L', shape (s, p)."""
        return np.asarray(np.sum(self.lambda_ @ self.phi * self.lambda_, axis=2))


def solve_near(
    correlations: Stack, near: StartingPoint, recipe: Recipe, rng: np.random.Generator, weights: Floats | None = None
) -> RotatedSolutions:
    """Solve each matrix by a recipe, starting from solutions near it.

    The extraction starts from their uniquenesses; where Newton's steps from there go astray, the search of `extract`
    takes over. The rotation starts from theirs, to which the unrotated loadings were turned orthogonally before
    (Schönemann 1966, doi:10.1007/BF02289451), so that it looks at the same optimum.

    Parameters
    ----------
    correlations : ndarray, shape (s, p, p)
    near : StartingPoint
    recipe : Recipe
    rng : Generator
        Of what the recipe draws where it has to be followed one by one.
    weights : ndarray, shape (p, p), optional
        Of "dwls".
    """
    k = near.unrotated.shape[2]
    extracted = _extracted(correlations, near, recipe, weights)
    here = np.asarray(np.isfinite(extracted.lambda_).all(axis=(1, 2)))
    converged = extracted.done & here
    lambda_, phi = extracted.lambda_.copy(), np.full((len(here), k, k), np.nan)
    t = np.broadcast_to(near.t, phi.shape).copy()
    if here.any():
        start = StartingPoint(*(part if len(part) == 1 else part[here] for part in (near.unrotated, near.psi, near.t)))
        turned = _rotated(lambda_[here], start, recipe, rng)
        lambda_[here], phi[here], t[here] = turned.lambda_, turned.phi, turned.t
        converged[here] &= turned.converged
    return RotatedSolutions(
        lambda_, phi, extracted.at_bound, converged, StartingPoint(extracted.lambda_, extracted.psi, t)
    )


def _extracted(correlations: Stack, near: StartingPoint, recipe: Recipe, weights: Floats | None) -> Extractions:
    s, (_one, p, k) = len(correlations), near.unrotated.shape
    match recipe.extraction:
        case "minres" | "uls":
            found = uls_many(correlations, near.psi, k)
        case "ml":
            found = ml_many(correlations, near.psi, k)
        case "pca":
            found = components_many(correlations, k)
        case _:
            nothing = np.zeros(s, dtype=bool)
            found = Extractions(np.empty((s, p, k)), np.empty((s, p)), nothing, nothing)
    lambda_, psi, heywood, done = found.lambda_, found.psi, found.at_bound.copy(), found.done.copy()
    for place in np.flatnonzero(~found.done):
        one = extract(correlations[place], k, recipe, weights)
        lambda_[place], psi[place], done[place] = one.lambda_, one.psi, one.converged
        heywood[place] = "heywood" in one.flags
    return Extractions(lambda_, psi, heywood, done)


def _rotated(lambda_: Stack, near: StartingPoint, recipe: Recipe, rng: np.random.Generator) -> Rotations:
    s, p, k = lambda_.shape
    identity = np.repeat(np.eye(k)[None], s, axis=0)
    if recipe.rotation == "none" or k < 2:
        return Rotations(lambda_, identity, identity, np.ones(s, dtype=bool))
    u, _, v = np.linalg.svd(lambda_.transpose(0, 2, 1) @ near.unrotated)
    turn_to = u @ v
    kind = KINDS[recipe.rotation]
    if recipe.rotation == "promax" or recipe.early_varimax:
        found = [rotate_by_recipe(one, recipe, rng) for one in lambda_ @ turn_to]
        return Rotations(
            np.array([one.lambda_ for one in found]),
            np.array([one.phi for one in found]),
            np.array([one.t for one in found]),
            np.array([one.converged for one in found]),
        )
    criterion = kind.criterion(recipe.settings, p, k)
    return rotate_many(lambda_, turn_to @ near.t, criterion, oblique=kind.oblique, normalize=recipe.normalize)


def aligned(lambda_: Stack, phi: Stack, reference: Floats) -> tuple[Stack, Stack, Stack]:
    """Permute and reflect the factors of many solutions so that they match those of one.

    Parameters
    ----------
    lambda_ : ndarray, shape (s, p, k)
    phi : ndarray, shape (s, k, k)
    reference : ndarray, shape (p, k)

    Returns
    -------
    lambda_, phi, congruence : ndarray, shapes (s, p, k), (s, k, k) and (s, k)

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.6, 0.1], [0.0, 0.7]])
    >>> turned, _phi, congruence = aligned(-a[None, :, ::-1], np.eye(2)[None], a)
    >>> bool(np.allclose(turned[0], a)), bool(np.allclose(congruence, 1.0))
    (True, True)
    """
    s, _p, k = lambda_.shape
    lengths = np.linalg.norm(lambda_, axis=1)[:, None, :] * np.linalg.norm(reference, axis=0)[None, :, None]
    congruence = np.einsum("pk,spm->skm", reference, lambda_) / np.where(lengths > 0.0, lengths, 1.0)
    sizes = np.abs(congruence)
    # where each factor's best match is another one, no assignment has a larger sum
    order = sizes.argmax(axis=2)
    for place in np.flatnonzero((np.sort(order, axis=1) != np.arange(k)).any(axis=1)):
        order[place] = linear_sum_assignment(sizes[place], maximize=True)[1]
    matched = np.take_along_axis(congruence, order[:, :, None], axis=2)[:, :, 0]
    signs = np.where(matched < 0.0, -1.0, 1.0)
    loadings = np.take_along_axis(lambda_, order[:, None, :], axis=2) * signs[:, None, :]
    rows = np.arange(s)[:, None, None]
    together = phi[rows, order[:, :, None], order[:, None, :]] * signs[:, :, None] * signs[:, None, :]
    return loadings, together, np.abs(matched)


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
    at_bound: Flags
    done: Flags


class _Points(Protocol):
    """Discrepancies with their derivatives at one place for each matrix."""

    @property
    def value(self) -> Stack: ...

    @property
    def gradient(self) -> Stack: ...

    def hessian(self, which: Flags) -> Stack: ...


def uls_many(correlations: Stack, psi: Floats, n_factors: int, *, lower: float = 0.005) -> Extractions:
    """Unweighted least squares (minres) as `uls_factors` has it, started from known uniquenesses.

    Parameters
    ----------
    correlations : ndarray, shape (s, p, p)
    psi : ndarray, shape (p,) or (s, p)
        Uniquenesses near the solutions, one set for all or one for each.
    n_factors : int
    lower : float
        The smallest uniqueness allowed; the largest is 1.

    Examples
    --------
    >>> lambda_ = np.array([0.8, 0.7, 0.6, 0.5])
    >>> stack = (np.outer(lambda_, lambda_) + np.diag(1 - lambda_**2))[None]
    >>> bool(np.allclose(np.abs(uls_many(stack, np.full(4, 0.5), 1).lambda_[0, :, 0]), lambda_))
    True
    """

    def at(x: Stack, which: Flags) -> _Unweighted:
        return _Unweighted.at(x, correlations[which], n_factors)

    x, done = _minimise(at, psi, len(correlations), lower, 1.0)
    theta, omega = _descending(correlations - _diagonals(x))
    strength = np.sqrt(np.maximum(theta[:, None, :n_factors], 0.0))
    return Extractions(omega[:, :, :n_factors] * strength, x, np.asarray((x <= lower).any(axis=1)), done)


def ml_many(correlations: Stack, psi: Floats, n_factors: int, *, lower: float = 0.005) -> Extractions:
    """Maximum likelihood as `ml_factors` has it, started from known uniquenesses; see `uls_many`."""

    def at(x: Stack, which: Flags) -> _Likely:
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
    at: Callable[[Stack, Flags], _Points], start: Floats, s: int, lower: float, upper: float
) -> tuple[Stack, Flags]:
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

    def hessian(self, which: Flags) -> Stack:
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

    def hessian(self, which: Flags) -> Stack:
        theta, omega, k = self.theta[which], self.omega[which], self.k
        rest, factors = omega[:, :, k:], omega[:, :, :k]
        small, large = theta[:, k:, None], theta[:, None, :k]
        turned = rest.transpose(0, 2, 1)
        within = (rest @ turned) * ((rest * theta[:, None, k:]) @ turned)
        apart = np.maximum(large - small, 1e-8 * large)
        return np.asarray(within + _cross(rest, factors, (1.0 - small) * (large + small) / apart))
