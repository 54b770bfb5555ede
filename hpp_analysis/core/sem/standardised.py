"""Standardised solutions, with standard errors by the delta method, and explained variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.model import DIRECTED, MEAN, SYMMETRIC, Cells, Implied, directions_of_total


@dataclass(frozen=True, slots=True)
class Standardised:
    """One value per row of the parameter table.

    Attributes
    ----------
    value, se : ndarray, shape (m,)
    jacobian : ndarray, shape (m, q)
        By the free parameters.
    """

    value: NDArray[np.float64]
    se: NDArray[np.float64]
    jacobian: NDArray[np.float64]


def standardise(found: Estimate, covariance: NDArray[np.float64], *, observed: bool) -> Standardised:
    r"""Standardise a solution.

    A directed relation is multiplied by :math:`s_{from}/s_{to}`, a mean divided by :math:`s`, a variance by :math:`s^2`;
    the covariance of two residuals is divided by their own standard deviations, which makes it a correlation.

    Parameters
    ----------
    found : Estimate
    covariance : ndarray, shape (q, q)
        Of the free parameters.
    observed : bool
        Standardise observed variables too ("std_all"), or latent ones only ("std_lv").

    References
    ----------
    Bollen (1989), doi:10.1002/9781118619179, chapter 4
    """
    table, model = found.model.table, found.model
    value, slopes = np.full(len(table), np.nan), np.zeros((len(table), model.n_free))
    for group, at in zip(model.groups, found.point.at, strict=True):
        own, by_cell = _group(at, group.cells, group.free_cells, model.n_observed, observed=observed)
        raw = np.zeros((len(group.rows), model.n_free))
        raw[group.free >= 0] = group.join
        value[group.rows] = own.value
        slopes[group.rows] = by_cell @ group.join + own.weight[:, None] * raw
    variance = ((slopes @ covariance) * slopes).sum(axis=1)
    # what is fixed in standardised form too has no error, whatever rounding leaves
    variance = np.where(np.abs(slopes).max(axis=1, initial=0.0) < 1e-10, 0.0, variance)
    return Standardised(value, np.sqrt(np.where(variance >= 0.0, variance, np.nan)), slopes)


@dataclass(frozen=True, slots=True)
class _Own:
    value: NDArray[np.float64]
    weight: NDArray[np.float64]


def _group(
    at: Implied, cells: Cells, free: Cells, p: int, *, observed: bool
) -> tuple[_Own, NDArray[np.float64]]:
    """Values, their slope by their own cell, and by all free cells through the variances."""
    total = np.diag(at.total)
    row, column = cells.row, cells.column
    directed, mean = cells.kind == DIRECTED, cells.kind == MEAN
    raw = np.where(directed, at.a[row, column], np.where(mean, _mean(at, row), at.s[row, column]))
    scaled = np.ones(len(total), dtype=bool) if observed else np.arange(len(total)) >= p
    move = directions_of_total(at, free)
    # half the logarithmic derivative of each variance: d log s
    log_total = np.where(scaled & (total > 0), total, 1.0)
    by_total = np.where((scaled & (total > 0))[:, None], 0.5 * move / log_total[:, None], 0.0)
    own = np.diag(at.s)
    usable = scaled & (own > 0)
    by_own = np.zeros_like(move)
    at_variance = (free.kind == SYMMETRIC) & (free.row == free.column)
    where = np.flatnonzero(at_variance)
    by_own[free.row[where], where] = 0.5 / np.where(own[free.row[where]] > 0, own[free.row[where]], np.nan)
    by_own[~usable] = 0.0
    size = np.sqrt(log_total)
    size_own = np.sqrt(np.where(usable, own, 1.0))
    off = (cells.kind == SYMMETRIC) & (row != column)
    weight = np.where(
        directed,
        size[column] / size[row],
        np.where(
            mean,
            1.0 / size[row],
            np.where(off, 1.0 / (size_own[row] * size_own[column]), 1.0 / size[row] ** 2),
        ),
    )
    undefined = (scaled & (total <= 0))[row] | (directed & (scaled & (total <= 0))[column])
    undefined |= off & ((scaled & (own < 0))[row] | (scaled & (own < 0))[column])
    weight = np.where(undefined, np.nan, weight)
    signs = np.where(
        directed[:, None],
        by_total[column] - by_total[row],
        np.where(
            mean[:, None],
            -by_total[row],
            np.where(off[:, None], -by_own[row] - by_own[column], -2.0 * by_total[row]),
        ),
    )
    value = raw * weight
    return _Own(value, np.nan_to_num(weight)), np.nan_to_num(value)[:, None] * signs


def _mean(at: Implied, row: NDArray[np.int64]) -> NDArray[np.float64]:
    own = at.total_mean - at.a @ at.total_mean
    return np.asarray(own[row])


def explained_variance(found: Estimate) -> list[dict[str, float]]:
    """R2 of each dependent variable, per group: 1 minus its residual's share of its variance.

    Returns
    -------
    list of dict
        NaN where a residual variance is negative.
    """
    table, model = found.model.table, found.model
    names = (*table.observed, *table.latent)
    result = []
    for group, at in zip(model.groups, found.point.at, strict=True):
        into = sorted(set(group.cells.row[group.cells.kind == DIRECTED].tolist()))
        own, total = np.diag(at.s), np.diag(at.total)
        result.append(
            {
                names[k]: float(1.0 - own[k] / total[k]) if own[k] >= 0 and total[k] > 0 else float("nan")
                for k in into
            }
        )
    return result
