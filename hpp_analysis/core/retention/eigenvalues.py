"""Criteria on eigenvalues: larger than one, than chance (empirical Kaiser criterion), than those of reference data (parallel analysis)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.core.factors.extraction import uls_factors
from hpp_analysis.core.retention.verdict import Verdict, leading, no_verdict

Spectrum = Literal["pca", "smc", "factor"]


_SINGULAR = 1e-10


def eigenvalues(r: Floats, kind: Spectrum = "pca") -> Floats:
    r"""Eigenvalues of correlation matrices, the largest first.

    Parameters
    ----------
    r : ndarray, shape (..., p, p)
    kind : {"pca", "smc", "factor"}
        "pca" leaves the unit diagonal. "smc" puts there the squared multiple correlation of each item with all others
        (Guttman 1956, doi:10.1007/BF02289116), "factor" its communality in a minres solution with one factor.

    Returns
    -------
    ndarray, shape (..., p)
        NaN where a matrix has undefined entries, is singular ("smc"), or has fewer than three items ("factor").

    Examples
    --------
    >>> r = np.full((3, 3), 0.5) + np.diag([0.5] * 3)
    >>> eigenvalues(r).round(3), eigenvalues(r, "smc").round(3)
    (array([2. , 0.5, 0.5]), array([ 1.333, -0.167, -0.167]))
    """
    r = np.asarray(r, dtype=np.float64)
    p = r.shape[-1]
    flat = r.reshape(-1, p, p)
    found = np.full((len(flat), p), np.nan)
    defined: Flags = np.asarray(np.isfinite(flat).all(axis=(1, 2)))
    if kind == "factor":
        defined &= p >= 3
    elif kind == "smc":
        defined[defined] = np.linalg.eigvalsh(flat[defined])[:, 0] > _SINGULAR
    if defined.any():
        reduced = flat[defined]
        if kind != "pca":
            reduced = reduced.copy()
            place = np.arange(p)
            reduced[:, place, place] = _shared(reduced, kind)
        found[defined] = np.linalg.eigvalsh(reduced)[:, ::-1]
    return found.reshape(r.shape[:-1])


def _shared(r: Floats, kind: Spectrum) -> Floats:
    """The variance of each item that others share, shape (matrices, p)."""
    if kind == "smc":
        return np.asarray(1.0 - 1.0 / np.diagonal(np.linalg.inv(r), axis1=1, axis2=2))
    return np.array([1.0 - uls_factors(one, 1).psi for one in r])


def eigenvalues_above_one(observed: Floats) -> Verdict:
    """Count the components that hold more than one item does (Guttman 1954; Kaiser 1960).

    References
    ----------
    Guttman (1954), doi:10.1007/BF02289162; Kaiser (1960), doi:10.1177/001316446002000116

    Examples
    --------
    >>> eigenvalues_above_one(np.array([2.1, 1.01, 0.5, 0.39])).n_factors
    2
    """
    if np.isnan(observed).any():
        return no_verdict("undefined_correlation")
    return Verdict(
        leading(observed > 1.0), values={"eigenvalue": observed, "reference": np.ones(observed.size)}, first=1
    )


def empirical_reference(observed: Floats, n: float) -> Floats:
    r"""The reference of the empirical Kaiser criterion.

    For the j-th eigenvalue :math:`\max\{\frac{p - \sum_{i<j} l_i}{p - j + 1}(1 + \sqrt{p / n})^2, 1\}`: the largest
    eigenvalue that chance gives (Marchenko & Pastur 1967), scaled to the variance that the earlier ones leave.
    """
    p = observed.size
    left = p - np.concatenate([[0.0], np.cumsum(observed)[:-1]])
    return np.asarray(np.maximum(left / (p - np.arange(p)) * (1.0 + np.sqrt(p / n)) ** 2, 1.0))


def empirical_kaiser(observed: Floats, n: float) -> Verdict:
    """Count the eigenvalues above what chance gives after the earlier ones, up to the first that is not.

    Parameters
    ----------
    observed : ndarray, shape (p,)
        Eigenvalues of the correlations, the largest first.
    n : float
        Observations.

    References
    ----------
    Braeken & van Assen (2017), doi:10.1037/met0000074

    Examples
    --------
    >>> empirical_kaiser(np.array([2.1, 1.01, 0.5, 0.39]), 30).n_factors
    1
    """
    if np.isnan(observed).any():
        return no_verdict("undefined_correlation")
    if not n > 0:
        return no_verdict("n_unknown")
    reference = empirical_reference(observed, n)
    return Verdict(leading(observed > reference), values={"eigenvalue": observed, "reference": reference}, first=1)


def reference_spectra(draws: Iterable[Floats], kinds: Iterable[Spectrum]) -> dict[Spectrum, Floats]:
    """Eigenvalues of each kind of every drawn matrix, shape (sets, p): the same draws serve all kinds."""
    kinds = tuple(kinds)
    parts: dict[Spectrum, list[Floats]] = {kind: [] for kind in kinds}
    for r in draws:
        for kind in kinds:
            parts[kind].append(eigenvalues(r, kind))
    return {kind: np.concatenate(found) for kind, found in parts.items()}


def reference_curve(spectra: Floats, rule: Literal["quantile", "mean"], quantile: float) -> Floats:
    """The value that each eigenvalue has to exceed, shape (p,); sets without eigenvalues are left out."""
    defined = spectra[np.isfinite(spectra).all(axis=1)]
    if not len(defined):
        return np.full(spectra.shape[1], np.nan)
    return np.asarray(defined.mean(axis=0) if rule == "mean" else np.quantile(defined, quantile, axis=0))


def parallel_analysis(observed: Floats, reference: Floats) -> Verdict:
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
        return no_verdict("singular")
    k = leading(observed > np.maximum(reference, 0.0))
    return Verdict(k, values={"eigenvalue": observed, "reference": reference}, first=1)
