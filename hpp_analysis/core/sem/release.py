"""Which equalities across groups do not hold: score tests of setting one of them free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_distribution

from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.model import directions
from hpp_analysis.core.sem.objective import slopes_of


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
    chi2: NDArray[np.float64]
    df: NDArray[np.int64]
    p: NDArray[np.float64]


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
        move = directions(at, group.free_cells)
        slope[part] = objective.weight[g] * slopes_of(move, point.by_sigma[g], point.by_mu[g])
        information[part, part] = objective.weight[g] * objective.information_of(g, at, group.free_cells, kind=kind)
    kept = np.vstack([group.join for group in groups]) @ found.basis
    inner = np.linalg.pinv(kept.T @ information @ kept, hermitian=True)
    cross = information @ kept
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


def _test(
    places: Sequence[int],
    slope: NDArray[np.float64],
    information: NDArray[np.float64],
    bare: NDArray[np.float64],
    scale: float,
) -> tuple[float, int]:
    own = bare[np.ix_(places, places)]
    size = np.sqrt(np.diag(information)[list(places)])
    left = np.linalg.eigvalsh(own / np.outer(size, size))
    if not left[0] > 1e-8:  # the others can make up for it: the release changes nothing that can be seen
        return float("nan"), len(places)
    return float(scale * slope[places] @ np.linalg.solve(own, slope[places])), len(places)
