"""Factor solutions of many correlation matrices at once, each aligned with a known solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from hpp_analysis.core.extraction_many import Extractions, components_many, ml_many, uls_many
from hpp_analysis.core.rotation import rotate_many
from hpp_analysis.core.rotations import KINDS, Recipe, extract, turn
from hpp_analysis.core.solution import Solution

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

    The extraction starts from the known uniquenesses; where Newton's steps from there go astray, the search of
    `extract` takes over. The rotation starts from the known one, to which the unrotated loadings were turned
    orthogonally before (Schönemann 1966, doi:10.1007/BF02289451), so that all samples look at the same optimum. Factors
    are permuted by optimal assignment on Tucker's congruence and reflected, loadings and correlations together.

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
    lambda_, heywood, converged = np.full((s, p, k), np.nan), np.zeros(s, bool), np.zeros(s, bool)
    if usable.any():
        lambda_[usable], heywood[usable], converged[usable] = _extracted(correlations[usable], known, recipe)
    phi, congruence = np.full((s, k, k), np.nan), np.full((s, k), np.nan)
    here = np.isfinite(lambda_).all(axis=(1, 2))
    if here.any():
        turned, correlated, ended = _rotated(lambda_[here], known, recipe, rng)
        lambda_[here], phi[here], congruence[here] = aligned(turned, correlated, known.solution.lambda_)
        converged[here] &= ended
    return Solutions(lambda_, phi, congruence, heywood, converged)


def _extracted(correlations: Stack, known: Known, recipe: Recipe) -> tuple[Stack, Flags, Flags]:
    k = known.unrotated.shape[1]
    match recipe.extraction:
        case "minres" | "uls":
            found = uls_many(correlations, known.psi, k)
        case "ml":
            found = ml_many(correlations, known.psi, k)
        case "pca":
            found = components_many(correlations, k)
        case _:
            nothing = np.zeros(len(correlations), dtype=bool)
            found = Extractions(np.empty((len(correlations), *known.unrotated.shape)), nothing, nothing)
    lambda_, heywood, converged = found.lambda_, found.at_bound.copy(), found.done.copy()
    for place in np.flatnonzero(~found.done):
        one = extract(correlations[place], k, recipe, known.weights)
        lambda_[place], converged[place] = one.lambda_, one.converged
        heywood[place] = "heywood" in one.flags
    return lambda_, heywood, converged


def _rotated(
    lambda_: Stack, known: Known, recipe: Recipe, rng: np.random.Generator
) -> tuple[Stack, Stack, Flags]:
    s, _p, k = lambda_.shape
    u, _, v = np.linalg.svd(lambda_.transpose(0, 2, 1) @ known.unrotated)
    near = u @ v
    if recipe.rotation == "none" or k < 2:
        return lambda_, np.repeat(np.eye(k)[None], s, axis=0), np.ones(s, dtype=bool)
    kind = KINDS[recipe.rotation]
    if recipe.rotation == "promax" or recipe.early_varimax:
        close = lambda_ @ near
        found = [turn(one, recipe, rng) for one in close]
        return (
            np.array([one.lambda_ for one in found]),
            np.array([one.phi for one in found]),
            np.array([one.converged for one in found]),
        )
    criterion = kind.criterion(recipe.settings, *known.unrotated.shape)
    many = rotate_many(
        lambda_, near @ known.solution.t, criterion, oblique=kind.oblique, normalize=recipe.normalize
    )
    return many.lambda_, many.phi, many.converged


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
