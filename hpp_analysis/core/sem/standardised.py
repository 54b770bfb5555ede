"""Standardised solutions, with standard errors by the delta method, and explained variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.model import DIRECTED, MEAN, SCALE, SYMMETRIC, THRESHOLD, Cells, Implied, directions_of_total
from hpp_analysis.core.sem.ordinal import OrdinalImplied, derived_slopes


@dataclass(frozen=True, slots=True)
class Standardised:
    """One value per row of the parameter table.

    Attributes
    ----------
    value, se : ndarray, shape (m,)
    jacobian : ndarray, shape (m, q)
        By the free parameters.
    """

    value: Floats
    se: Floats
    jacobian: Floats


def standardise(found: Estimate, covariance: Floats, *, observed: bool) -> Standardised:
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
        scaled = _scaled(at, model.n_observed, observed=observed)
        own = _scaling(at, group.cells, scaled)
        by_cell = _slopes_by_variances(at, group.cells, group.free_cells, scaled, own.raw * own.weight)
        raw = np.zeros((len(group.rows), model.n_free))
        raw[group.free >= 0] = group.join
        if isinstance(at, OrdinalImplied):
            derived = derived_slopes(at, group.free_cells)
            follows = (group.free < 0) & (group.cells.row == group.cells.column)
            for kind, slopes_by_place in ((SYMMETRIC, derived.own), (SCALE, derived.scale)):
                rows = follows & (group.cells.kind == kind)
                raw[rows] = slopes_by_place[group.cells.row[rows]] @ group.join
        value[group.rows] = own.raw * own.weight
        slopes[group.rows] = by_cell @ group.join + np.nan_to_num(own.weight)[:, None] * raw
        if observed:  # standardised scales are 1
            slopes[group.rows[group.cells.kind == SCALE]] = 0.0
    variance = ((slopes @ covariance) * slopes).sum(axis=1)
    # what is fixed in standardised form too has no error, whatever rounding leaves
    variance = np.where(np.abs(slopes).max(axis=1, initial=0.0) < 1e-10, 0.0, variance)
    return Standardised(value, np.sqrt(np.where(variance >= 0.0, variance, np.nan)), slopes)


def standardised_values(found: Estimate, *, observed: bool) -> Floats:
    """The standardised solution alone, shape (m,); see `standardise`."""
    model = found.model
    value = np.full(len(model.table), np.nan)
    for group, at in zip(model.groups, found.point.at, strict=True):
        own = _scaling(at, group.cells, _scaled(at, model.n_observed, observed=observed))
        value[group.rows] = own.raw * own.weight
    return value


def standardised_definitions(found: Estimate, standard: Floats) -> tuple[Floats, Floats]:
    """What the model defines by `:=`, of the standardised solution.

    Parameters
    ----------
    found : Estimate
    standard : ndarray, shape (m,)
        The standardised solution, one value per row of the parameter table. A label that several rows share stands for
        the first of them.

    Returns
    -------
    values : ndarray, shape (c,)
    slopes : ndarray, shape (c, m)
        By the standardised values.
    """
    table = found.model.table
    rows = table.rows_of_label
    known = {label: float(standard[row]) for label, row in rows.items()}
    chosen = [item.expression for item in table.constraints if item.op == ":="]
    values, slopes = np.zeros(len(chosen)), np.zeros((len(chosen), len(table)))
    for i, expression in enumerate(chosen):
        values[i], by_label = expression.evaluate(known)
        for label, slope in by_label.items():
            slopes[i, rows[label]] += slope
    return values, slopes


@dataclass(frozen=True, slots=True)
class _Scaling:
    """Raw values, and the weight that standardises each; NaN where a variance is not positive."""

    raw: Floats
    weight: Floats


def _scaled(at: Implied, p: int, *, observed: bool) -> Flags:
    """Which variables are standardised, shape (v,)."""
    return np.ones(len(at.total), dtype=bool) if observed else np.arange(len(at.total)) >= p


def _scaling(at: Implied, cells: Cells, scaled: Flags) -> _Scaling:
    if isinstance(at, OrdinalImplied):
        return _ordinal_scaling(at, cells, scaled)
    return _matrix_scaling(at, cells, scaled)


def _matrix_scaling(at: Implied, cells: Cells, scaled: Flags) -> _Scaling:
    total, own = np.diag(at.total), np.diag(at.s)
    row, column = cells.row, cells.column
    directed, mean = cells.kind == DIRECTED, cells.kind == MEAN
    off = (cells.kind == SYMMETRIC) & (row != column)
    raw = np.where(directed, at.a[row, column], np.where(mean, _mean(at, row), at.s[row, column]))
    size = np.sqrt(np.where(scaled, np.where(total > 0, total, np.nan), 1.0))
    # a residual without variance stands for itself
    size_own = np.sqrt(np.where(scaled & (own != 0), np.where(own >= 0, own, np.nan), 1.0))
    single = np.where(mean, 1.0 / size[row], 1.0 / size[row] ** 2)
    pair = np.where(off, 1.0 / (size_own[row] * size_own[column]), single)
    return _Scaling(raw, np.where(directed, size[column] / size[row], pair))


def _ordinal_scaling(at: OrdinalImplied, cells: Cells, scaled: Flags) -> _Scaling:
    """Thresholds are divided by the standard deviation of what they cut; scales become 1, which is their definition."""
    in_matrices = cells.kind <= MEAN
    raw, weight = np.empty(len(cells.kind)), np.empty(len(cells.kind))
    plain = _matrix_scaling(at.whole, cells.take(in_matrices), scaled)
    raw[in_matrices], weight[in_matrices] = plain.raw, plain.weight
    total = np.diag(at.whole.total)
    size = np.sqrt(np.where(scaled, np.where(total > 0, total, np.nan), 1.0))
    cut, scale = cells.kind == THRESHOLD, cells.kind == SCALE
    raw[cut], weight[cut] = at.thresholds[cells.row[cut]], 1.0 / size[cells.column[cut]]
    row = cells.row[scale]
    raw[scale], weight[scale] = at.scale[row], np.where(scaled[row], 1.0 / at.scale[row], 1.0)
    return _Scaling(raw, weight)


def _slopes_by_variances(at: Implied, cells: Cells, free: Cells, scaled: Flags, value: Floats) -> Floats:
    """Slopes of standardised values by all free cells through the variances, shape (m, k)."""
    total, own = np.diag(at.whole.total), np.diag(at.whole.s)
    row, column = cells.row, cells.column
    if isinstance(at, OrdinalImplied):
        derived = derived_slopes(at, free)
        move, own_move = derived.total, derived.own
    else:
        move, own_move = directions_of_total(at, free), np.zeros((len(total), len(free.kind)))
        where = np.flatnonzero((free.kind == SYMMETRIC) & (free.row == free.column))
        own_move[free.row[where], where] = 1.0
    # half the logarithmic derivative of each variance: d log s
    usable = scaled & (total > 0)
    by_total = np.where(usable[:, None], 0.5 * move / np.where(usable, total, 1.0)[:, None], 0.0)
    by_own = own_move * np.where(scaled & (own > 0), 0.5 / np.where(own > 0, own, np.nan), 0.0)[:, None]
    cut = cells.kind == THRESHOLD
    row = np.where(cut, column, row)
    directed, mean = cells.kind == DIRECTED, cells.kind == MEAN
    off = (cells.kind == SYMMETRIC) & (row != column)
    signs = np.where(
        directed[:, None],
        by_total[column] - by_total[row],
        np.where(
            (mean | cut)[:, None],
            -by_total[row],
            np.where(off[:, None], -by_own[row] - by_own[column], -2.0 * by_total[row]),
        ),
    )
    return np.asarray(np.nan_to_num(value)[:, None] * signs)


def _mean(at: Implied, row: Ints) -> Floats:
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
        own, total = np.diag(at.whole.s), np.diag(at.whole.total)
        result.append(
            {names[k]: float(1.0 - own[k] / total[k]) if own[k] >= 0 and total[k] > 0 else float("nan") for k in into}
        )
    return result
