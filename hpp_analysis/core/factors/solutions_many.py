"""Factor solutions of many correlation matrices at once, each aligned with a known solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from hpp_analysis.core.factors.extraction_many import Extractions, components_many, ml_many, uls_many
from hpp_analysis.core.factors.rotation import Rotations, rotate_many
from hpp_analysis.core.factors.rotations import KINDS, Recipe, extract, turn
from hpp_analysis.core.factors.solution import Solution

Stack = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Known:
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

    unrotated: NDArray[np.float64]
    psi: NDArray[np.float64]
    solution: Solution
    weights: NDArray[np.float64] | None = None


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


def solve_many(correlations: Stack, known: Known, recipe: Recipe, rng: np.random.Generator) -> Solutions:
    """Solve each matrix by a recipe, starting from a known solution, and align it with that.

    Factors are permuted by optimal assignment on Tucker's congruence and reflected, loadings and correlations together.

    Parameters
    ----------
    correlations : ndarray, shape (s, p, p)
        NaN where there is none.
    known : Known
    recipe : Recipe
    rng : Generator
        Of what the recipe draws where it has to be followed one by one.

    Returns
    -------
    Solutions
    """
    s, p, k = len(correlations), *known.unrotated.shape
    usable = np.isfinite(correlations).all(axis=(1, 2))
    lambda_, phi, congruence = np.full((s, p, k), np.nan), np.full((s, k, k), np.nan), np.full((s, k), np.nan)
    heywood, converged = np.zeros(s, bool), np.zeros(s, bool)
    if usable.any():
        start = Near(known.unrotated[None], known.psi[None], known.solution.t[None])
        found = solve_near(correlations[usable], start, recipe, rng, known.weights)
        heywood[usable], converged[usable] = found.heywood, found.converged
        lambda_[usable], phi[usable] = found.lambda_, found.phi
        here = np.isfinite(lambda_).all(axis=(1, 2))
        lambda_[here], phi[here], congruence[here] = aligned(lambda_[here], phi[here], known.solution.lambda_)
    return Solutions(lambda_, phi, congruence, heywood, converged)


@dataclass(frozen=True, slots=True)
class Near:
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
class Found:
    """Rotated solutions, not yet aligned, and where others near them would start.

    Attributes
    ----------
    lambda_, phi : ndarray, shapes (s, p, k) and (s, k, k)
        NaN where there is no solution.
    heywood, converged : ndarray of bool, shape (s,)
    near : Near
    """

    lambda_: Stack
    phi: Stack
    heywood: Flags
    converged: Flags
    near: Near

    @property
    def communality(self) -> Stack:
        """The diagonals of L Phi L', shape (s, p)."""
        return np.asarray(np.sum(self.lambda_ @ self.phi * self.lambda_, axis=2))


def solve_near(
    correlations: Stack,
    near: Near,
    recipe: Recipe,
    rng: np.random.Generator,
    weights: NDArray[np.float64] | None = None,
) -> Found:
    """Solve each matrix by a recipe, starting from solutions near it.

    The extraction starts from their uniquenesses; where Newton's steps from there go astray, the search of `extract`
    takes over. The rotation starts from theirs, to which the unrotated loadings were turned orthogonally before
    (Schönemann 1966, doi:10.1007/BF02289451), so that it looks at the same optimum.

    Parameters
    ----------
    correlations : ndarray, shape (s, p, p)
    near : Near
    recipe : Recipe
    rng : Generator
        Of what the recipe draws where it has to be followed one by one.
    weights : ndarray, shape (p, p), optional
        Of "dwls".

    Returns
    -------
    Found
    """
    k = near.unrotated.shape[2]
    extracted = _extracted(correlations, near, recipe, weights)
    here = np.asarray(np.isfinite(extracted.lambda_).all(axis=(1, 2)))
    converged = extracted.done & here
    lambda_, phi = extracted.lambda_.copy(), np.full((len(here), k, k), np.nan)
    t = np.broadcast_to(near.t, phi.shape).copy()
    if here.any():
        start = Near(*(part if len(part) == 1 else part[here] for part in (near.unrotated, near.psi, near.t)))
        turned = _rotated(lambda_[here], start, recipe, rng)
        lambda_[here], phi[here], t[here] = turned.lambda_, turned.phi, turned.t
        converged[here] &= turned.converged
    return Found(lambda_, phi, extracted.at_bound, converged, Near(extracted.lambda_, extracted.psi, t))


def _extracted(correlations: Stack, near: Near, recipe: Recipe, weights: NDArray[np.float64] | None) -> Extractions:
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


def _rotated(lambda_: Stack, near: Near, recipe: Recipe, rng: np.random.Generator) -> Rotations:
    s, p, k = lambda_.shape
    identity = np.repeat(np.eye(k)[None], s, axis=0)
    if recipe.rotation == "none" or k < 2:
        return Rotations(lambda_, identity, identity, np.ones(s, dtype=bool))
    u, _, v = np.linalg.svd(lambda_.transpose(0, 2, 1) @ near.unrotated)
    turn_to = u @ v
    kind = KINDS[recipe.rotation]
    if recipe.rotation == "promax" or recipe.early_varimax:
        found = [turn(one, recipe, rng) for one in lambda_ @ turn_to]
        return Rotations(
            np.array([one.lambda_ for one in found]),
            np.array([one.phi for one in found]),
            np.array([one.t for one in found]),
            np.array([one.converged for one in found]),
        )
    criterion = kind.criterion(recipe.settings, p, k)
    return rotate_many(lambda_, turn_to @ near.t, criterion, oblique=kind.oblique, normalize=recipe.normalize)


def aligned(lambda_: Stack, phi: Stack, reference: NDArray[np.float64]) -> tuple[Stack, Stack, Stack]:
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
