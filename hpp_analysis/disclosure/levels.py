"""Which levels of a breakdown (roles, departments) may be shown beside the parts of a report.

Levels cut through parts, so numbers of both could be subtracted. Levels are therefore joined until no combination of
shown groups, with whatever coefficients, isolates fewer than `detail` persons.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from hpp_analysis.disclosure.plan import BESIDE, POOL

SMALLER = "(others)"
"""The level that stands for all levels that are joined."""
_REACH = 20.0
"""Largest coefficient of a combination, beside 1 for the group that it isolates. Combinations of two divisions need no
other than 1 and -1; those of three need small whole numbers."""
_SECONDS = 5.0
"""What takes longer to rule out counts as possible."""


def join_levels(
    level: ArrayLike,
    person: ArrayLike,
    divisions: Sequence[ArrayLike],
    scores: NDArray[np.float64],
    *,
    detail: int = 10,
) -> NDArray[np.object_] | None:
    """Join levels until each level that remains, and all that follows by subtraction, is of `detail` persons or more.

    Levels of fewer than `detail` persons are joined. They are shown together where they are at least `POOL` persons, with
    at least `BESIDE` besides each of them; until then, the next smallest level joins them. The same holds while some
    combination of shown groups isolates fewer than `detail` persons, or a group of one mind.

    Parameters
    ----------
    level : array-like of str, ratings
        The level of each rating.
    person : array-like, ratings
        Who gave it.
    divisions : sequence of array-like, ratings
        What is shown besides: the part of each rating, and its level of other breakdowns.
    scores : ndarray, ratings x factors
        NaN where there is none.
    detail : int
        Least number of persons.

    Returns
    -------
    ndarray of str, optional
        The level in which each rating is shown, `SMALLER` for joined ones; None where fewer than two remain.

    Examples
    --------
    >>> level = np.repeat(["sales", "staff", "board", "works"], [14, 12, 4, 9])
    >>> scores = np.resize([6.0, 7.0, 9.0, 4.0], 39)[:, None]
    >>> shown = join_levels(level, np.arange(39), [np.zeros(39, dtype=int)], scores)
    >>> {name: shown.tolist().count(name) for name in ("sales", "staff", SMALLER)}
    {'sales': 14, 'staff': 12, '(others)': 13}
    """
    given = np.asarray(level, dtype=object)
    who = pd.factorize(np.asarray(person))[0]
    groups = [pd.factorize(np.asarray(division))[0] for division in divisions]
    persons = {name: frozenset(who[given == name].tolist()) for name in dict.fromkeys(given.tolist())}
    by_size = sorted(persons, key=lambda name: (len(persons[name]), str(name)))
    joined = [name for name in by_size if len(persons[name]) < detail]
    alone = by_size[len(joined) :]
    while len(alone) + bool(joined) > 1:
        if not joined or _may_be_joined([persons[name] for name in joined]):
            shown = np.where(np.isin(given.astype(str), [str(name) for name in joined]), SMALLER, given)
            if _is_safe(shown, who, groups, scores, detail):
                return np.asarray(shown, dtype=object)
        joined, alone = [*joined, *alone[: 2 if not joined else 1]], alone[2 if not joined else 1 :]
    return None


def _may_be_joined(levels: Sequence[frozenset[int]]) -> bool:
    everybody = frozenset().union(*levels)
    return len(everybody) >= POOL and len(levels) > 1 and all(len(everybody - own) >= BESIDE for own in levels)


def _is_safe(
    shown: NDArray[np.object_],
    who: NDArray[np.int64],
    groups: Sequence[NDArray[np.int64]],
    scores: NDArray[np.float64],
    detail: int,
) -> bool:
    """Whether the levels tell nothing of fewer than `detail` persons on any factor."""
    codes = pd.factorize(shown)[0]
    checked: set[bytes] = set()
    for column in scores.T:
        scored = ~np.isnan(column)
        if any(_of_one_mind(column[scored & (codes == code)]) for code in np.unique(codes[scored])):
            return False
        if (mask := scored.tobytes()) in checked:
            continue
        checked.add(mask)
        if isolates_few([group[scored] for group in (*groups, codes)], who[scored], detail):
            return False
    return True


def _of_one_mind(values: NDArray[np.float64]) -> bool:
    """Whether all values are equal, or all but one."""
    ordered = np.sort(values)
    return len(values) < 3 or bool(ordered[0] == ordered[-2] or ordered[1] == ordered[-1])


def isolates_few(divisions: Sequence[NDArray[np.int64]], person: NDArray[np.int64], detail: int = 10) -> bool:
    """Whether a combination of the groups of several divisions is about fewer than `detail` persons, but about somebody.

    The sums of all groups are known. A combination of them is the sum over ratings, each times the sum of the
    coefficients of its groups; it is about the persons for whom these do not cancel.

    Parameters
    ----------
    divisions : sequence of ndarray of int, ratings
        The group of each rating.
    person : ndarray of int, ratings
    detail : int

    Examples
    --------
    >>> side, role = np.repeat([0, 1], [20, 20]), np.repeat([0, 1], [23, 17])  # role 0 less side 0 is three persons
    >>> isolates_few([side, role], np.arange(40)), isolates_few([side, np.tile([0, 1], 20)], np.arange(40))
    (True, False)
    """
    if not len(person):
        return False
    patterns, atom = np.unique(np.column_stack(divisions), axis=0, return_inverse=True)
    member = np.zeros((len(patterns), person.max() + 1), dtype=bool)
    member[atom.ravel(), person] = True
    size = member.sum(axis=1)
    small = np.flatnonzero(size < detail)
    if not len(small):
        return False
    groups = np.concatenate(
        [np.equal.outer(patterns[:, place], np.unique(patterns[:, place])) for place in range(patterns.shape[1])],
        axis=1,
    ).astype(float)
    kinds, n_of_kind = np.unique(member, axis=1, return_counts=True)
    there = kinds.any(axis=0)
    return any(_can_isolate(int(place), groups, kinds[:, there], n_of_kind[there], detail) for place in small)


def _can_isolate(
    place: int, groups: NDArray[np.float64], kinds: NDArray[np.bool_], n_of_kind: NDArray[np.int64], detail: int
) -> bool:
    """Whether a combination that is about one atom is about fewer than `detail` persons in all: a mixed-integer program."""
    n_atoms, n_groups = groups.shape
    n_kinds = kinds.shape[1]
    n = (
        n_groups + n_atoms + n_kinds
    )  # coefficients; whether it is about each atom; whether it is about each kind of person
    reach = np.eye(n_atoms) * _REACH
    nobody = np.zeros((n_atoms, n_kinds))
    atom_of, kind_of = np.nonzero(kinds)
    about = np.zeros((len(atom_of), n))
    about[np.arange(len(atom_of)), n_groups + n_atoms + kind_of] = 1.0
    about[np.arange(len(atom_of)), n_groups + atom_of] = -1.0
    count = np.concatenate([np.zeros(n_groups + n_atoms), n_of_kind.astype(float)])
    lower = np.concatenate([np.full(n_groups, -_REACH), np.zeros(n_atoms + n_kinds)])
    upper = np.concatenate([np.full(n_groups, _REACH), np.ones(n_atoms + n_kinds)])
    lower[n_groups + place] = 1.0
    found = milp(
        count,
        integrality=np.concatenate([np.zeros(n_groups), np.ones(n_atoms), np.zeros(n_kinds)]),
        bounds=Bounds(lower, upper),
        constraints=[
            LinearConstraint(np.hstack([groups, -reach, nobody]), -np.inf, 0.0),
            LinearConstraint(np.hstack([groups, reach, nobody]), 0.0, np.inf),
            LinearConstraint(np.concatenate([groups[place], np.zeros(n_atoms + n_kinds)]), 1.0, 1.0),
            LinearConstraint(about, 0.0, np.inf),
            LinearConstraint(count, 0.0, detail - 0.5),
        ],
        options={"time_limit": _SECONDS},
    )
    return bool(found.status != 2)  # 2: there is no such combination
