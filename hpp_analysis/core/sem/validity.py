"""Do items of one factor belong together, and are factors distinct? From loadings and correlations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpp_analysis.core.arrays import Floats, Ints


def average_variance_extracted(loadings: Floats) -> Floats:
    """Average variance extracted: the mean squared standardised loading of each factor's items.

    Parameters
    ----------
    loadings : ndarray, shape (p, k)
        Standardised; 0 where an item does not belong to a factor.

    References
    ----------
    Fornell & Larcker (1981), doi:10.1177/002224378101800104

    Examples
    --------
    >>> average_variance_extracted(np.array([[0.8], [0.6]])).round(3)
    array([0.5])
    """
    items = loadings != 0
    count = items.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0, (loadings**2).sum(axis=0) / np.maximum(count, 1), np.nan))


def composite_reliability(loadings: Floats, residuals: Floats | None = None) -> Floats:
    """Composite reliability of the sum of each factor's standardised items.

    Parameters
    ----------
    loadings : ndarray, shape (p, k)
        Standardised; 0 where an item does not belong to a factor.
    residuals : ndarray, shape (p, p), optional
        Standardised residual covariances; by default 1 minus the squared loadings on the diagonal, 0 elsewhere.

    References
    ----------
    Fornell & Larcker (1981), doi:10.1177/002224378101800104; Raykov (1997), doi:10.1177/01466216970212006

    Examples
    --------
    >>> composite_reliability(np.array([[0.8], [0.6]])).round(3)
    array([0.662])
    """
    found = np.full(loadings.shape[1], np.nan)
    for j in range(loadings.shape[1]):
        items = np.flatnonzero(loadings[:, j])
        if items.size == 0:
            continue
        column = loadings[items, j]
        true = column.sum() ** 2
        error = (1 - column**2).sum() if residuals is None else residuals[np.ix_(items, items)].sum()
        found[j] = true / (true + error)
    return found


def heterotrait_monotrait(correlations: Floats, blocks: Sequence[Ints], *, geometric: bool = False) -> Floats:
    r"""Heterotrait-monotrait ratios of correlations.

    The mean correlation of items of two factors, over the geometric mean of the mean correlations within each. HTMT
    takes arithmetic means (items are tau-equivalent), HTMT2 geometric ones (items are congeneric). Absolute
    correlations are taken, so that reversed items do no harm.

    Parameters
    ----------
    correlations : ndarray, shape (..., p, p)
        One matrix, or a stack of them.
    blocks : sequence of ndarray of int
        The items of each factor.
    geometric : bool
        HTMT2 instead of HTMT.

    Returns
    -------
    ndarray, shape (..., k, k)
        1 on the diagonal; NaN for factors of one item, which have no correlation within.

    References
    ----------
    Henseler, Ringle & Sarstedt (2015), doi:10.1007/s11747-014-0403-8; Roemer, Schuberth & Henseler (2021),
    doi:10.1108/IMDS-02-2021-0082

    Examples
    --------
    >>> r = np.array([[1, 0.5, 0.2, 0.2], [0.5, 1, 0.2, 0.2], [0.2, 0.2, 1, 0.5], [0.2, 0.2, 0.5, 1]])
    >>> heterotrait_monotrait(r, [np.array([0, 1]), np.array([2, 3])])[0, 1].round(3)
    np.float64(0.4)
    """
    size = np.abs(np.asarray(correlations, dtype=np.float64))
    k = len(blocks)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(size) if geometric else size
        within = [_mean(values, block, block) for block in blocks]
        result = np.broadcast_to(np.eye(k), (*size.shape[:-2], k, k)).copy()
        for a in range(k):
            for b in range(a + 1, k):
                between = _mean(values, blocks[a], blocks[b])
                if geometric:
                    ratio = np.exp(between - (within[a] + within[b]) / 2.0)
                else:
                    ratio = between / np.sqrt(within[a] * within[b])
                result[..., a, b] = result[..., b, a] = ratio
    return result


def _mean(values: Floats, one: Ints, other: Ints) -> Floats:
    """Mean over the pairs of items of two factors, or of one."""
    if one is not other:
        return np.asarray(values[..., one[:, None], other[None, :]].mean(axis=(-2, -1)))
    i, j = np.triu_indices(one.size, k=1)
    if i.size == 0:
        return np.full(values.shape[:-2], np.nan)
    return np.asarray(values[..., one[i], one[j]].mean(axis=-1))


def first_component_share(correlations: Floats) -> float:
    """Share of the variance of all items that the first unrotated component takes: Harman's single-factor check.

    References
    ----------
    Podsakoff, MacKenzie, Lee & Podsakoff (2003), doi:10.1037/0021-9010.88.5.879

    Examples
    --------
    >>> first_component_share(np.array([[1, 0.5], [0.5, 1]]))
    0.75
    """
    if not np.isfinite(correlations).all():
        return float("nan")
    return float(np.linalg.eigvalsh(correlations)[-1] / correlations.shape[0])
