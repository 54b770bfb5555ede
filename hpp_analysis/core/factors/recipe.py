"""The recipe of a factor solution: extraction and rotation with every choice named, and how to follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.factors.alignment import procrustes
from hpp_analysis.core.factors.extraction import (
    Extraction,
    Rule,
    components,
    dwls_factors,
    gls_factors,
    ml_factors,
    pa_factors,
    uls_factors,
)
from hpp_analysis.core.factors.rotation import (
    KINDS,
    Rotation,
    early_varimax,
    promax,
    random_starts,
    rotate,
    row_lengths,
    setting_of,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a factor solution is made, every choice named; ready to be repeated on resampled correlations.

    Attributes
    ----------
    extraction : str
        "minres", "uls", "ml", "pa", "gls", "dwls" or "pca".
    rotation : str
        A name of `KINDS`, or "none".
    settings : mapping
        Of the rotation.
    normalize : bool
        Kaiser's normalisation while rotating.
    n_starts : int
        Starts of the rotation.
    pa_tolerance, pa_rule : float, str
        When principal axes end; see `pa_factors`.
    row_normalized_target : bool
        See `promax`.
    early_varimax : bool
        Whether varimax stops as early as R's, see `early_varimax`.
    """

    extraction: str = "minres"
    rotation: str = "oblimin"
    settings: Mapping[str, object] = field(default_factory=dict)
    normalize: bool = False
    n_starts: int = 1
    pa_tolerance: float = 1e-9
    pa_rule: Rule = "largest"
    row_normalized_target: bool = False
    early_varimax: bool = False

    @property
    def reorder(self) -> bool:
        """Whether factors may be put in order of the variance that they account for; see `solution.finish`."""
        return self.rotation == "none" or KINDS[self.rotation].reorder


def extract(correlation: Floats, n_factors: int, recipe: Recipe, weights: Floats | None = None) -> Extraction:
    """Unrotated loadings by the method that the recipe names.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    n_factors : int
    recipe : Recipe
    weights : ndarray, shape (p, p), optional
        For "dwls": see `dwls_factors`.
    """
    match recipe.extraction:
        case "ml":
            return ml_factors(correlation, n_factors)
        case "gls":
            return gls_factors(correlation, n_factors)
        case "dwls":
            return dwls_factors(correlation, n_factors, normal_weights(correlation) if weights is None else weights)
        case "pa":
            return pa_factors(correlation, n_factors, tolerance=recipe.pa_tolerance, rule=recipe.pa_rule)
        case "pca":
            return components(correlation, n_factors)
        case _:
            return uls_factors(correlation, n_factors)


def normal_weights(correlation: Floats) -> Floats:
    """One over the variance of a correlation of normal variables, up to 1/n (Olkin & Siotani 1976)."""
    return np.asarray(1.0 / np.maximum(1.0 - correlation**2, 1e-4) ** 2)


def rotate_by_recipe(lambda_: Floats, recipe: Recipe, rng: np.random.Generator) -> Rotation:
    """Rotate as the recipe says.

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
    recipe : Recipe
    rng : Generator
        Of the random starts.
    """
    p, k = lambda_.shape
    if recipe.rotation == "none" or k < 2:
        return Rotation(lambda_, np.eye(k), np.eye(k), np.nan, True, 1, 1)
    kind = KINDS[recipe.rotation]
    if recipe.early_varimax and recipe.rotation == "varimax":
        return early_varimax(lambda_, normalize=recipe.normalize)
    criterion = kind.criterion(recipe.settings, p, k)
    starts = random_starts(recipe.n_starts, k, rng) if recipe.n_starts > 1 else None
    if "target" in recipe.settings:
        starts = _start_at_target(lambda_, recipe, starts)
    if recipe.rotation == "promax":  # its varimax is always normalised
        if recipe.early_varimax:
            varimax = early_varimax(lambda_, normalize=True)
        else:
            varimax = rotate(lambda_, criterion, oblique=False, normalize=True, starts=starts)
        weights = row_lengths(lambda_) if recipe.normalize else None
        return promax(
            varimax,
            weights,
            power=setting_of(recipe.settings, "power"),
            row_normalized_target=recipe.row_normalized_target,
        )
    return rotate(lambda_, criterion, oblique=kind.oblique, normalize=recipe.normalize, starts=starts)


def _start_at_target(lambda_: Floats, recipe: Recipe, starts: Floats | None) -> Floats | None:
    """Start from the orthogonal rotation closest to a whole target: gradients cannot reach a reflection of a factor."""
    target = np.asarray(recipe.settings["target"], dtype=np.float64)
    if np.isnan(target).any():
        return starts
    first = procrustes(lambda_, target).rotation[None]
    return first if starts is None else np.concatenate([first, starts[1:]])
