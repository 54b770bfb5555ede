"""Parallel analysis: eigenvalues above those of data without factors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from hpp_analysis.core.retention.spectrum import Matrix, Spectrum, eigenvalues
from hpp_analysis.core.retention.verdict import Verdict, leading, nothing


def reference_spectra(draws: Iterable[Matrix], kinds: Iterable[Spectrum]) -> dict[Spectrum, Matrix]:
    """Eigenvalues of each kind of every drawn matrix, shape (sets, p): the same draws serve all kinds."""
    kinds = tuple(kinds)
    parts: dict[Spectrum, list[Matrix]] = {kind: [] for kind in kinds}
    for r in draws:
        for kind in kinds:
            parts[kind].append(eigenvalues(r, kind))
    return {kind: np.concatenate(found) for kind, found in parts.items()}


def reference_curve(spectra: Matrix, rule: Literal["quantile", "mean"], quantile: float) -> Matrix:
    """The value that each eigenvalue has to exceed, shape (p,); sets without eigenvalues are left out."""
    defined = spectra[np.isfinite(spectra).all(axis=1)]
    if not len(defined):
        return np.full(spectra.shape[1], np.nan)
    return np.asarray(defined.mean(axis=0) if rule == "mean" else np.quantile(defined, quantile, axis=0))


def parallel_analysis(observed: Matrix, reference: Matrix) -> Verdict:
    """Count the eigenvalues above their reference, up to the first that is not (Horn 1965).

    Parameters
    ----------
    observed, reference : ndarray, shape (p,)
        In descending order, of the same kind.

    Returns
    -------
    Verdict
        Of "smc" and "factor" eigenvalues those that are not positive count for nothing. NaN ("singular") where there
        are none: squared multiple correlations of a singular matrix are undefined.

    References
    ----------
    Horn (1965), doi:10.1007/BF02289447; Glorfeld (1995), doi:10.1177/0013164495055003002 (quantiles); Humphreys &
    Montanelli (1975), doi:10.1207/s15327906mbr1002_5 (squared multiple correlations)

    Examples
    --------
    >>> parallel_analysis(np.array([3.0, 1.2, 1.1]), np.array([1.4, 1.2, 1.0])).n_factors
    1
    """
    if np.isnan(observed).any() or np.isnan(reference).any():
        return nothing("singular")
    k = leading(observed > np.maximum(reference, 0.0))
    return Verdict(k, values={"eigenvalue": observed, "reference": reference}, first=1)
