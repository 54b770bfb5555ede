"""Score tests: what freeing a fixed parameter (modification indices) or an equality across groups would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2 as chi2_distribution

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.model import DIRECTED, SYMMETRIC, Cells, Implied
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
    group: Ints
    mi: Floats
    epc: Floats
    sepc: Floats


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
    parts: list[tuple[list[tuple[str, str, str]], int, Floats, Floats, Floats]] = []
    for g, (group, at) in enumerate(zip(model.groups, found.point.at, strict=True)):
        keys, new = _candidates(table, names, g + 1)
        if not keys:
            continue
        own = group.free_cells
        both = Cells(*(np.concatenate([getattr(new, f), getattr(own, f)]) for f in ("kind", "row", "column")))
        share, k = objective.weight[g], len(keys)
        information = share * objective.information_of(g, at, both, kind=kind)
        slope = share * objective.slopes(g, found.point, new)
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
    """Find the parameters that could be set free in one group.

    Cross-loadings, covariances of residuals and of latent variables, and regressions that are not in the model; and
    what the model fixes at another value. Regressions are those among the variables that the model has in a
    regression, in both directions; covariates are not explained, and an item's regression on its factor is its loading.
    """
    group_rows = [k for k in range(len(table)) if table.group[k] == group and not table.exo[k]]
    in_model = {(table.lhs[k], table.op[k], table.rhs[k]) for k in group_rows if table.free[k] or table.value[k] != 0}
    fixed = [
        (table.lhs[k], table.op[k], table.rhs[k])
        for k in group_rows
        if table.op[k] in ("=~", "~", "~~")
        and not table.free[k]
        and table.value[k] != 0
        and not (table.op[k] == "~~" and table.lhs[k] in table.ordered)
    ]
    variables = table.variables
    skip = {*variables.exogenous, *variables.only_indicators}
    observed = [name for name in table.observed if name not in skip]
    keys = fixed + [
        (factor, "=~", item)
        for factor in table.latent
        if factor in variables.first_order
        for item in variables.indicators
        if item in observed and (factor, "=~", item) not in in_model and (item, "~", factor) not in in_model
    ]
    for block in (observed, table.latent):
        keys += [
            (one, "~~", other)
            for i, one in enumerate(block)
            for other in block[i + 1 :]
            if (one, "~~", other) not in in_model and (other, "~~", one) not in in_model
        ]
    related = list(dict.fromkeys((*variables.dependent, *variables.predictors)))
    keys += [
        (one, "~", other)
        for one in related
        if one not in variables.exogenous
        for other in related
        if one != other
        and (one, "~", other) not in in_model
        and not (one in variables.indicators and other in table.latent)
    ]
    place = {name: i for i, name in enumerate(names)}
    kinds = np.array([SYMMETRIC if op == "~~" else DIRECTED for _lhs, op, _rhs in keys], dtype=np.int64)
    rows = np.array([place[rhs if op == "=~" else lhs] for lhs, op, rhs in keys], dtype=np.int64)
    columns = np.array([place[lhs if op == "=~" else rhs] for lhs, op, rhs in keys], dtype=np.int64)
    return keys, Cells(kinds, rows, columns)


def _scale(at: Implied, cells: Cells) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        total, own = np.sqrt(np.diag(at.whole.total)), np.sqrt(np.diag(at.whole.s))
        loading = total[cells.column] / total[cells.row]
        sd = np.where(cells.row == cells.column, total[cells.row] ** 2, own[cells.row] * own[cells.column])
        covariance = 1.0 / sd
    return np.asarray(np.where(cells.kind == DIRECTED, loading, covariance))


@dataclass(frozen=True, slots=True)
class Releases:
    """One test per parameter that several groups share.

    Attributes
    ----------
    lhs, op, rhs : tuple of str
        The parameter.
    chi2, p : ndarray, shape (k,)
        How much the test statistic of the model would fall, to a first approximation, if it were free in all groups.
        NaN where that cannot be told.
    df : ndarray of int, shape (k,)
        Parameters gained.
    """

    lhs: tuple[str, ...]
    op: tuple[str, ...]
    rhs: tuple[str, ...]
    chi2: Floats
    df: Ints
    p: Floats


def release_tests(found: Estimate, *, kind: str = "expected") -> Releases:
    r"""Test each equality across groups by its scores.

    Every place in the matrices of every group is taken as a parameter of its own; the gradient :math:`s` there is not
    zero where an equality presses. With the information :math:`I` of these places, the directions :math:`K` that the
    equalities leave, and :math:`D` the places that one release would add, the test is
    :math:`N s_D'[I_{DD} - I_D K (K'IK)^{-1}K'I_D']^{-1}s_D`.

    Parameters
    ----------
    found : Estimate
        At its minimum.
    kind : {"expected", "observed"}
        The information.

    References
    ----------
    Sörbom (1989), doi:10.1007/BF02294623; Satorra (1989), doi:10.1007/BF02294453
    """
    objective, point = found.objective, found.point
    table, groups = objective.model.table, objective.model.groups
    sizes = [len(group.join) for group in groups]
    ends = np.cumsum([0, *sizes])
    total = int(ends[-1])
    slope, information = np.zeros(total), np.zeros((total, total))
    for g, (group, at) in enumerate(zip(groups, point.at, strict=True)):
        part = slice(ends[g], ends[g + 1])
        slope[part] = objective.weight[g] * objective.slopes(g, point, group.free_cells)
        information[part, part] = objective.weight[g] * objective.information_of(g, at, group.free_cells, kind=kind)
    free_directions = np.vstack([group.join for group in groups]) @ found.basis
    inner = np.linalg.pinv(free_directions.T @ information @ free_directions, hermitian=True)
    cross = information @ free_directions
    bare = information - cross @ inner @ cross.T  # what is left of each place's information once the others may move
    rows = np.concatenate([group.rows[group.free >= 0] for group in groups])
    number = np.concatenate([group.free[group.free >= 0] for group in groups])
    which = np.concatenate([np.full(size, g) for g, size in enumerate(sizes)])
    keys: dict[tuple[str, str, str], list[int]] = {}
    for place, row in enumerate(rows):
        keys.setdefault((table.lhs[row], table.op[row], table.rhs[row]), []).append(place)
    tests = []
    for key, places in keys.items():
        for value in dict.fromkeys(number[places]):
            shared = [place for place in places if number[place] == value]
            if len({which[place] for place in shared}) > 1:
                tests.append((key, *_test(shared[1:], slope, information, bare, objective.scale)))
    return Releases(
        lhs=tuple(key[0] for key, _statistic, _df in tests),
        op=tuple(key[1] for key, _statistic, _df in tests),
        rhs=tuple(key[2] for key, _statistic, _df in tests),
        chi2=np.array([statistic for _key, statistic, _df in tests], dtype=np.float64),
        df=np.array([df for _key, _statistic, df in tests], dtype=np.int64),
        p=np.array([chi2_distribution.sf(statistic, df) for _key, statistic, df in tests], dtype=np.float64),
    )


def _test(places: Sequence[int], slope: Floats, information: Floats, bare: Floats, scale: float) -> tuple[float, int]:
    own = bare[np.ix_(places, places)]
    size = np.sqrt(np.diag(information)[list(places)])
    left = np.linalg.eigvalsh(own / np.outer(size, size))
    if not left[0] > 1e-8:  # the others can make up for it: the release changes nothing that can be seen
        return float("nan"), len(places)
    return float(scale * slope[places] @ np.linalg.solve(own, slope[places])), len(places)
