"""From the parameter table to matrices, implied moments and their derivatives.

All variables, observed and latent, lie in one vector (the reticular action model): a matrix of directed relations A,
a symmetric matrix S of variances and covariances, and a vector of intercepts. With B = (I - A)^-1 the implied
covariances of all variables are P = B S B', their means B m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.sem.table import Table

DIRECTED, SYMMETRIC, MEAN, THRESHOLD, SCALE = 0, 1, 2, 3, 4
"""The kinds of a cell: in A, in S, among the intercepts; a threshold or the scale of an ordered item.

The row of a threshold is its place among all thresholds, its column the item. Only `ordinal` knows the last two kinds."""


_KINDS = {"=~": DIRECTED, "~": DIRECTED, "~~": SYMMETRIC, "~1": MEAN, "|": THRESHOLD, "~*~": SCALE}


@dataclass(frozen=True, slots=True)
class Cells:
    """Places in the matrices of one group, k of them.

    Attributes
    ----------
    kind, row, column : ndarray of int, shape (k,)
    """

    kind: Ints
    row: Ints
    column: Ints

    def take(self, places: Ints | Flags) -> Cells:
        """Select some places."""
        return Cells(self.kind[places], self.row[places], self.column[places])


@dataclass(frozen=True, slots=True)
class GroupModel:
    """One group's part of a model.

    Attributes
    ----------
    rows : ndarray of int, shape (m,)
        The rows of the parameter table.
    cells : Cells
        Their places, all m.
    value : ndarray, shape (m,)
        Fixed values; free ones NaN.
    free : ndarray of int, shape (m,)
        The number of the free parameter from 0; -1 where fixed.
    free_cells : Cells
        The free places, k of them.
    join : ndarray, shape (k, q)
        1 where a free place holds a free parameter.
    """

    rows: Ints
    cells: Cells
    value: Floats
    free: Ints
    free_cells: Cells
    join: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """A model in matrices.

    Attributes
    ----------
    table : Table
    n_observed, n_variables, n_free : int
        p, p + number of latent variables, q. The observed variables come first.
    groups : tuple of GroupModel
    """

    table: Table
    n_observed: int
    n_variables: int
    n_free: int
    groups: tuple[GroupModel, ...]


@dataclass(frozen=True, slots=True)
class Implied:
    """What parameters imply in one group.

    Attributes
    ----------
    a, s : ndarray, shape (v, v)
    b : ndarray, shape (v, v)
        (I - A)^-1.
    total : ndarray, shape (v, v)
        Covariances of all variables.
    total_mean : ndarray, shape (v,)
    sigma : ndarray, shape (p, p)
    mu : ndarray, shape (p,)
    """

    a: Floats
    s: Floats
    b: Floats
    total: Floats
    total_mean: Floats
    sigma: Floats
    mu: Floats

    @property
    def whole(self) -> Implied:
        """What is implied about all variables, whatever the others are conditional on."""
        return self


@dataclass(frozen=True, slots=True)
class Directions:
    """How the moments of one group move with each of k places: d Sigma = u v' + v u', d mu = m.

    Attributes
    ----------
    u, v, m : ndarray, shape (p, k)
    """

    u: Floats
    v: Floats
    m: Floats


def build_model(table: Table, exogenous: list[tuple[Floats, Floats]] | None = None) -> Model:
    """Place the parameters of a table in matrices.

    Parameters
    ----------
    table : Table
    exogenous : list of (mean, covariance), optional
        The sample's moments of all observed variables, per group; needed where covariates are fixed to them.

    Examples
    --------
    >>> from hpp_analysis.core.sem.table import build_table
    >>> model = build_model(build_table("f =~ x1 + x2 + x3"))
    >>> model.n_observed, model.n_variables, model.n_free
    (3, 4, 6)
    """
    names = {name: i for i, name in enumerate((*table.observed, *table.latent))}
    kinds, first, second = [], [], []
    cuts = threshold_places(table)
    for lhs, op, rhs in zip(table.lhs, table.op, table.rhs, strict=True):
        kinds.append(_KINDS[op])
        if op == "|":
            first.append(cuts[lhs, rhs])
            second.append(names[lhs])
            continue
        one, other = names[lhs], names[rhs] if rhs else 0
        first.append(other if op == "=~" else one)
        second.append(one if op == "=~" else other)
    every = Cells(np.array(kinds), np.array(first), np.array(second))
    groups = []
    for group in range(table.n_groups):
        rows = np.flatnonzero(table.group == group + 1)
        cells, free = every.take(rows), table.free[rows] - 1
        value = np.where(free >= 0, np.nan, table.value[rows])
        if table.ordered:  # what follows from other parameters of ordered items is added later
            value[(free < 0) & np.isnan(value) & ~table.exo[rows]] = 0.0
        if exogenous is not None:
            mean, covariance = exogenous[group]
            for k in np.flatnonzero(table.exo[rows]):
                i, j = cells.row[k], cells.column[k]
                value[k] = mean[i] if cells.kind[k] == MEAN else covariance[i, j]
        is_free = free >= 0
        join = np.zeros((int(is_free.sum()), table.n_free))
        join[np.arange(len(join)), free[is_free]] = 1.0
        groups.append(GroupModel(rows, cells, value, free, cells.take(is_free), join))
    return Model(table, len(table.observed), len(names), table.n_free, tuple(groups))


def threshold_places(table: Table) -> dict[tuple[str, str], int]:
    """The place of each threshold among all of a group: item by item in the order of the variables.

    Examples
    --------
    >>> from hpp_analysis.core.sem.table import build_table
    >>> threshold_places(build_table("f =~ a + b + c", ordered={"a": 1, "c": 2}))
    {('a', 't1'): 0, ('c', 't1'): 1, ('c', 't2'): 2}
    """
    names = [(name, f"t{c + 1}") for name in table.observed for c in range(table.ordered.get(name, 0))]
    return {name: place for place, name in enumerate(names)}


def implied(model: Model, theta: Floats) -> tuple[Implied, ...]:
    """Compute the moments that parameters imply, group by group.

    Parameters
    ----------
    model : Model
    theta : ndarray, shape (q,)
        The free parameters.
    """
    return tuple(_implied(model, group, theta) for group in model.groups)


def _implied(model: Model, group: GroupModel, theta: Floats) -> Implied:
    v, p = model.n_variables, model.n_observed
    value = group.value.copy()
    is_free = group.free >= 0
    value[is_free] = theta[group.free[is_free]]
    kind, row, column = group.cells.kind, group.cells.row, group.cells.column
    a, s, mean = np.zeros((v, v)), np.zeros((v, v)), np.zeros(v)
    at = kind == DIRECTED
    a[row[at], column[at]] = value[at]
    at = kind == SYMMETRIC
    s[row[at], column[at]] = value[at]
    s[column[at], row[at]] = value[at]
    at = kind == MEAN
    mean[row[at]] = value[at]
    b = np.asarray(np.linalg.inv(np.eye(v) - a), dtype=np.float64)
    total = b @ s @ b.T
    total_mean = b @ mean
    return Implied(a, s, b, total, total_mean, total[:p, :p], total_mean[:p])


def directions(at: Implied, cells: Cells) -> Directions:
    """Differentiate the implied moments by what stands in some places of the matrices.

    Parameters
    ----------
    at : Implied
    cells : Cells
        Any places, free or not.

    Returns
    -------
    Directions
        Exact; see `Directions` for the form.
    """
    p = len(at.mu)
    kind, row, column = cells.kind, cells.row, cells.column
    reach = at.b[:p]
    directed, mean = kind == DIRECTED, kind == MEAN
    u = reach[:, row]
    v = np.where(directed, at.total[:p][:, column], reach[:, column] * np.where(row == column, 0.5, 1.0))
    m = u * np.where(mean, 1.0, np.where(directed, at.total_mean[column], 0.0))
    if mean.any():
        u, v = np.where(mean, 0.0, u), np.where(mean, 0.0, v)
    return Directions(u, v, m)


def curvature(at: Implied, cells: Cells, by_sigma: Floats, by_mu: Floats) -> Floats:
    """Sum the second derivatives of the implied moments, weighed by a function's gradient at them.

    Parameters
    ----------
    at : Implied
    cells : Cells
        k places.
    by_sigma : ndarray, shape (p, p)
        The symmetric W with d f = tr(W d Sigma).
    by_mu : ndarray, shape (p,)

    Returns
    -------
    ndarray, shape (k, k)
    """
    p = len(at.mu)
    reach = at.b[:p]
    t = reach.T @ by_sigma @ reach
    r = at.total[:, :p] @ by_sigma @ reach
    w = by_mu @ reach
    i, j = cells.row, cells.column
    directed, symmetric, mean = (cells.kind == kind for kind in (DIRECTED, SYMMETRIC, MEAN))
    b_ji = at.b[np.ix_(j, i)]  # from the end of one arrow to the start of the next
    both = np.outer(directed, directed)
    chain = b_ji * (2.0 * r[np.ix_(j, i)].T + np.outer(w[i], at.total_mean[j]))
    found = both * (chain + chain.T + 2.0 * t[np.ix_(i, i)] * at.total[np.ix_(j, j)])
    half = np.where(i == j, 0.5, 1.0)
    mixed = 2.0 * half * (b_ji * t[np.ix_(i, j)] + at.b[np.ix_(j, j)] * t[np.ix_(i, i)])
    mixed = mixed * np.outer(directed, symmetric)
    if mean.any():
        mixed += np.outer(directed, mean) * np.outer(w[i], np.ones(len(i))) * b_ji
    return found + mixed + mixed.T


def jacobian(at: Implied, cells: Cells, *, means: bool) -> Floats:
    """Differentiate the implied means (with `means`) and the covariances, in the order of `numpy.triu_indices`.

    Returns
    -------
    ndarray, shape (p + p (p + 1) / 2 or p (p + 1) / 2, k)
    """
    move = directions(at, cells)
    i, j = np.triu_indices(len(at.mu))
    sigma = move.u[i] * move.v[j] + move.v[i] * move.u[j]
    return np.vstack([move.m, sigma]) if means else sigma


def directions_of_total(at: Implied, cells: Cells) -> Floats:
    """Differentiate the variances of all variables, observed and latent, by what stands in k places.

    Returns
    -------
    ndarray, shape (v, k)
    """
    row, column = cells.row, cells.column
    other = np.where(cells.kind == DIRECTED, at.total[:, column], at.b[:, column] * np.where(row == column, 0.5, 1.0))
    return np.asarray(np.where(cells.kind == MEAN, 0.0, 2.0 * at.b[:, row] * other))
