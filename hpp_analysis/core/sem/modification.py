"""Modification indices: what freeing one more parameter would do to the test and to the parameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.model import DIRECTED, SYMMETRIC, Cells, Implied, directions
from hpp_analysis.core.sem.objective import slopes_of
from hpp_analysis.core.sem.table import Table


@dataclass(frozen=True, slots=True)
class Modifications:
    """One candidate per entry: a loading, a covariance or a regression that the model fixes, and that matters if free.

    Attributes
    ----------
    lhs, op, rhs : tuple of str
    group : ndarray of int
        From 1.
    mi : ndarray
        How much the test statistic would fall, to a first approximation.
    epc, sepc : ndarray
        The expected change of the parameter, raw and standardised (covariances of residuals as correlations).
    """

    lhs: tuple[str, ...]
    op: tuple[str, ...]
    rhs: tuple[str, ...]
    group: NDArray[np.int64]
    mi: NDArray[np.float64]
    epc: NDArray[np.float64]
    sepc: NDArray[np.float64]


def modification_indices(found: Estimate, *, kind: str = "expected") -> Modifications:
    r"""Test each loading, covariance and regression that is fixed by its score.

    With the slope s of the discrepancy along a candidate, the information :math:`I_{cc}` of it and :math:`I_{cf}` shared
    with the free parameters, :math:`V = I_{cc} - I_{cf}I_{ff}^{-1}I_{fc}`: the index is :math:`N s^2/V`, the expected
    change :math:`-s/V`.

    Parameters
    ----------
    found : Estimate
    kind : {"expected", "observed"}
        The information.

    References
    ----------
    Sörbom (1989), doi:10.1007/BF02294623; Saris, Satorra & Sörbom (1987), doi:10.2307/271030
    """
    objective, model = found.objective, found.model
    table = model.table
    names = (*table.observed, *table.latent)
    free = found.basis.T @ objective.information(found.point, kind) @ found.basis
    inner = np.linalg.pinv(free, hermitian=True)
    parts: list[
        tuple[list[tuple[str, str, str]], int, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    ] = []
    for g, (group, at) in enumerate(zip(model.groups, found.point.at, strict=True)):
        keys, new = _candidates(table, names, g + 1)
        if not keys:
            continue
        own = group.free_cells
        both = Cells(*(np.concatenate([getattr(new, f), getattr(own, f)]) for f in ("kind", "row", "column")))
        share, k = objective.weight[g], len(keys)
        information = share * objective.information_of(g, at, both, kind=kind)
        slope = share * slopes_of(directions(at, new), found.point.by_sigma[g], found.point.by_mu[g])
        cross = information[:k, k:] @ group.join @ found.basis
        own_information = np.diag(information)[:k]
        left = own_information - np.einsum("ij,jk,ik->i", cross, inner, cross)
        changes = left > 1e-8 * own_information
        keys = [key for key, does in zip(keys, changes, strict=True) if does]
        new, slope, left = new.take(changes), slope[changes], left[changes]
        epc = -slope / left
        parts.append((keys, g + 1, objective.scale * slope**2 / left, epc, epc * _scale(at, new)))
    return Modifications(
        lhs=tuple(key[0] for part in parts for key in part[0]),
        op=tuple(key[1] for part in parts for key in part[0]),
        rhs=tuple(key[2] for part in parts for key in part[0]),
        group=np.array([part[1] for part in parts for _key in part[0]], dtype=np.int64),
        mi=np.concatenate([part[2] for part in parts]) if parts else np.zeros(0),
        epc=np.concatenate([part[3] for part in parts]) if parts else np.zeros(0),
        sepc=np.concatenate([part[4] for part in parts]) if parts else np.zeros(0),
    )


def _candidates(table: Table, names: tuple[str, ...], group: int) -> tuple[list[tuple[str, str, str]], Cells]:
    """What could be set free in one group.

    Cross-loadings, covariances of residuals and of latent variables, and regressions that are not in the model; and
    what the model fixes at another value. Regressions are those among the variables that the model has in a
    regression, in both directions; covariates are not explained, and an item's regression on its factor is its loading.
    """
    mine = [k for k in range(len(table)) if table.group[k] == group and not table.exo[k]]
    there = {(table.lhs[k], table.op[k], table.rhs[k]) for k in mine if table.free[k] or table.value[k] != 0}
    fixed = [
        (table.lhs[k], table.op[k], table.rhs[k])
        for k in mine
        if table.op[k] != "~1" and not table.free[k] and table.value[k] != 0
    ]
    variables = table.variables
    skip = {*variables.exogenous, *variables.only_indicators}
    observed = [name for name in table.observed if name not in skip]
    keys = fixed + [
        (factor, "=~", item)
        for factor in table.latent
        if factor in variables.first_order
        for item in variables.indicators
        if item in observed and (factor, "=~", item) not in there and (item, "~", factor) not in there
    ]
    for block in (observed, table.latent):
        keys += [
            (one, "~~", other)
            for i, one in enumerate(block)
            for other in block[i + 1 :]
            if (one, "~~", other) not in there and (other, "~~", one) not in there
        ]
    related = list(dict.fromkeys((*variables.dependent, *variables.predictors)))
    keys += [
        (one, "~", other)
        for one in related
        if one not in variables.exogenous
        for other in related
        if one != other
        and (one, "~", other) not in there
        and not (one in variables.indicators and other in table.latent)
    ]
    place = {name: i for i, name in enumerate(names)}
    kinds = np.array([SYMMETRIC if op == "~~" else DIRECTED for _lhs, op, _rhs in keys], dtype=np.int64)
    rows = np.array([place[rhs if op == "=~" else lhs] for lhs, op, rhs in keys], dtype=np.int64)
    columns = np.array([place[lhs if op == "=~" else rhs] for lhs, op, rhs in keys], dtype=np.int64)
    return keys, Cells(kinds, rows, columns)


def _scale(at: Implied, cells: Cells) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        total, own = np.sqrt(np.diag(at.total)), np.sqrt(np.diag(at.s))
        loading = total[cells.column] / total[cells.row]
        sd = np.where(cells.row == cells.column, total[cells.row] ** 2, own[cells.row] * own[cells.column])
        covariance = 1.0 / sd
    return np.asarray(np.where(cells.kind == DIRECTED, loading, covariance))
