"""The rules: which groups show their answers, which show a mean only, and which show nothing.

Ratings fall into *parts* that do not overlap: one side of one partnership in one wave. Each part is cleared by itself.
Reports compute everything from cleared answers, so differences between reports reveal nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hpp_analysis.errors import OptionError

State = Literal["full", "mean_only", "withheld", "empty"]
Reason = Literal[
    "",  # shown in full
    "no_answers",  # nobody answered
    "too_few",  # fewer than `floor` persons
    "below_detail",  # fewer than `detail` persons
    "alike",  # all answers are equal, or all but one
    "pooled",  # shown together with other small parts only
    "released",  # together with an earlier report it would reveal answers of a few persons
    "unknown_group",  # not part of the plan
]
BESIDE = 3
"""Persons that a pool needs besides each of its small parts, so that no part can subtract its own answers to find the
others'.

All persons of a part count, whether they answered a question or not: otherwise showing a question would reveal who
answered it.
"""
POOL = 11
"""Least number of persons in a pool. A shown mean reveals that at least five answered; in a smaller pool five would be
most persons.
"""
STEP = 0.2
"""Means of small groups are rounded to fifths. Whole answers of five or more persons can have a mean in every such
step, so a rounded mean does not reveal the number of answers. A finer step would: of five, six or seven persons only
seven can have a mean of 8.86.
"""
LONG_SCALE = 8
"""Scales with at least this number of points are long; see `SHORT_TOP`."""
SHORT_TOP = 0.6
"""Width of the range at the top of a shorter scale in which means are not shown exactly. If a mean lies within half a
point of the top, at least half of the answers are the highest one.
"""


def ends_of(scale: tuple[float, float]) -> tuple[float, float]:
    """The bounds between which means of small groups are shown exactly.

    Both are steps of `STEP`. The upper bound lies one point below the top, or 0.6 on scales of fewer than eight points.
    The lower bound lies further from its end: it is the mean of five persons of whom one gave the highest answer and
    all others the second lowest. Below it, a person who gave a high answer would know that one of the others gave the
    lowest.

    Examples
    --------
    >>> ends_of((1, 10)), ends_of((1, 5))
    ((3.6, 9.0), (2.6, 4.4))
    """
    low, high = float(scale[0]), float(scale[1])
    top = high - (1.0 if high - low + 1 >= LONG_SCALE else SHORT_TOP)
    return round((4 * (low + 1) + high) / 5, 1), round(top, 1)


def release(mean: NDArray[np.float64], scale: tuple[float, float]) -> NDArray[np.float64]:
    """Round the means of small groups to steps of 0.2, and replace a mean near an end by the middle of its range.

    The result depends on the mean and the scale only. If it depended on whether all answers are equal, it would reveal
    that they are.

    Examples
    --------
    >>> release(np.array([7.26, 9.2, 9.8, 1.4]), (1, 10)).tolist()
    [7.2, 9.5, 9.5, 2.3]
    """
    low, high = ends_of(scale)
    # halves go up: a mean of 7.1 may be a sum of floats
    released = np.round(STEP * np.floor(mean / STEP + 0.5 + 1e-9), 1)
    released = np.where(released >= high - 1e-9, (high + scale[1]) / 2, released)
    return np.where(released <= low + 1e-9, (low + scale[0]) / 2, released)


@dataclass(frozen=True, slots=True, eq=False)
class Cleared:
    """The ratings of a study after disclosure control.

    Attributes
    ----------
    part : ndarray of int, ratings
        The part or pool of each rating; pools are numbered after the parts. -1 for ratings that are not shown.
    pools : mapping of int to tuple of int
        The parts in each pool.
    states, reasons : ndarray of str, parts x variables
        Of the parts, and then of the pools.
    n_persons : ndarray of int, parts x variables
        Distinct persons with an answer.
    size : ndarray of int, parts
        Distinct persons.
    means : ndarray, ratings x variables
        Answers of large parts; each rating of a small part has the rounded mean of its part instead.
    answers : ndarray, ratings x variables
        Answers of large parts alone.
    """

    part: NDArray[np.int64]
    pools: Mapping[int, tuple[int, ...]]
    states: NDArray[np.object_]
    reasons: NDArray[np.object_]
    n_persons: NDArray[np.int64]
    size: NDArray[np.int64]
    means: NDArray[np.float64]
    answers: NDArray[np.float64]


def clear_parts(
    values: pd.DataFrame,
    person: ArrayLike,
    part: ArrayLike,
    family: Sequence[int],
    *,
    scale: tuple[float, float] = (1.0, 10.0),
    floor: int = 5,
    detail: int = 10,
    factors: Sequence[tuple[Sequence[str], ArrayLike]] = (),
) -> Cleared:
    """Clear the answers of each part.

    A part of at least `detail` persons keeps its answers, except to variables that all persons, or all but one,
    answered alike. A part of at least `floor` persons keeps its means only, rounded by `release`. Smaller parts are
    pooled with others of their family if the pool has at least `POOL` persons, and at least `BESIDE` besides each part;
    a pool shows its means, and its parts show nothing. A small part that cannot be pooled is left out.

    Parameters
    ----------
    values : DataFrame, ratings x variables
        Whole answers, NaN where there is none.
    person : array-like
        Who gave each rating.
    part : array-like of int
        The number of the part of each rating, from 0.
    family : sequence of int
        The family of each part; parts of one family may be pooled. -1: the part is never pooled.
    scale : tuple of float
        The ends of the answer scale.
    floor, detail : int
        Least number of persons for a mean, and for everything else.
    factors : sequence of (sequence of str, array-like of bool)
        The variables of each factor, and which ratings have a score of it. If fewer than `detail` persons of a part
        have a score, the part shows only means of the variables of this factor.

    Returns
    -------
    Cleared

    Examples
    --------
    >>> answers = pd.DataFrame({"x": np.resize([6.0, 7.0, 9.0, 4.0], 23)})
    >>> parts = np.repeat([0, 1, 2], [12, 8, 3])
    >>> cleared = clear_parts(answers, np.arange(23), parts, [0, 0, 0])
    >>> cleared.states[:, 0].tolist(), cleared.pools  # three persons and eight are pooled
    (['full', 'withheld', 'withheld', 'mean_only'], {3: (1, 2)})
    """
    _check(values, floor, detail, scale)
    y = values.to_numpy(dtype=float)
    who = pd.factorize(np.asarray(person))[0]
    part_of_rating = np.asarray(part, dtype=np.int64)
    n_parts = len(family)
    rows_of_parts = rows_by_group(part_of_rating, n_parts)
    persons = [frozenset(who[rows].tolist()) for rows in rows_of_parts]
    pools, left_out = _pools(persons, family, floor)
    shown_in = np.arange(n_parts)
    for pool, members in pools.items():
        shown_in[list(members)] = pool
    shown_in[left_out] = -1
    new = shown_in[part_of_rating]
    total = n_parts + len(pools)
    rows_of_parts += rows_by_group(new - n_parts, len(pools))
    pooled = {place for members in pools.values() for place in members}
    states = np.full((total, y.shape[1]), "withheld", dtype=object)
    reasons = np.full(states.shape, "too_few", dtype=object)
    counts = np.zeros(states.shape, dtype=np.int64)
    size = np.array([*map(len, persons), *np.zeros(len(pools), dtype=int)], dtype=np.int64)
    means, answers = np.full(y.shape, np.nan), np.full(y.shape, np.nan)
    columns = {str(name): place for place, name in enumerate(values.columns)}
    scored = [([columns[str(item)] for item in items], np.asarray(has, dtype=bool)) for items, has in factors]
    for place in range(total):
        rows = rows_of_parts[place]
        counts[place] = persons_with(~np.isnan(y[rows]), who[rows])
        if place >= n_parts:
            size[place] = len(set(who[rows].tolist()))
        if place < n_parts and (shown_in[place] != place or not len(rows)):
            reasons[place] = "pooled" if place in pooled and size[place] >= floor else "too_few"
            continue
        small = size[place] < detail or place >= n_parts
        enough = counts[place] >= floor
        released_means = release(_means(y[rows]), scale)
        thin = (
            enough
            if small
            else enough & ((counts[place] < detail) | _rests_on_few(rows, who, scored, y.shape[1], detail))
        )
        full = np.zeros(len(enough), dtype=bool) if small else (counts[place] >= detail) & ~thin
        alike = full & _alike(y[rows])
        full &= ~alike
        states[place][thin], reasons[place][thin] = "mean_only", "below_detail"
        states[place][full], reasons[place][full] = "full", ""
        reasons[place][alike] = "alike"
        nobody = (counts[place] == 0) & (not small)
        states[place][nobody], reasons[place][nobody] = "empty", "no_answers"
        answers[np.ix_(rows, full)] = y[np.ix_(rows, full)]
        means[np.ix_(rows, full)] = y[np.ix_(rows, full)]
        # every rating of a small part gets its mean, also without an answer: the number of answers is not revealed
        group_means = np.broadcast_to(released_means, (len(rows), len(released_means)))
        gets_mean = thin & (np.ones(group_means.shape, dtype=bool) if small else ~np.isnan(y[rows]))
        means[rows] = np.where(gets_mean, group_means, means[rows])
    return Cleared(new, pools, states, reasons, counts, size, means, answers)


def _pools(
    persons: Sequence[frozenset[int]], family: Sequence[int], floor: int
) -> tuple[dict[int, tuple[int, ...]], list[int]]:
    """Return the pools with their parts, and the parts that are left out."""
    pools: dict[int, tuple[int, ...]] = {}
    left_out: list[int] = []
    families: dict[int, list[int]] = {}
    for place, name in enumerate(family):
        families.setdefault(name, []).append(place)
    for name, relatives in families.items():
        members = sorted(relatives, key=lambda p: (len(persons[p]), p))
        tiny = [p for p in members if len(persons[p]) < floor]
        if not tiny:
            continue
        small = [p for p in members if floor <= len(persons[p]) < 2 * floor] if name >= 0 else []
        chosen = [tiny, *([[*tiny, small[0]]] if small else [])] if name >= 0 else []
        fit = next((group for group in chosen if _safe([persons[p] for p in group])), None)
        if fit is None:
            left_out += tiny
        else:
            pools[len(persons) + len(pools)] = tuple(sorted(fit))
    return pools, left_out


def _safe(groups: Sequence[frozenset[int]]) -> bool:
    """Whether groups may be pooled: enough persons in all, and enough besides each group."""
    everybody = frozenset().union(*groups)
    beside = [len(frozenset().union(*groups[:at], *groups[at + 1 :]) - group) for at, group in enumerate(groups)]
    return len(groups) > 1 and len(everybody) >= POOL and min(beside) >= BESIDE


def rows_by_group(group: NDArray[np.int64], n_groups: int) -> list[NDArray[np.intp]]:
    """The rows of each group in their order; rows of other numbers belong to none.

    Examples
    --------
    >>> [rows.tolist() for rows in rows_by_group(np.array([1, -1, 0, 1]), 2)]
    [[2], [0, 3]]
    """
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(n_groups + 1))
    return [order[start:end] for start, end in pairwise(ends)]


def persons_with(answered: NDArray[np.bool_], who: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distinct persons with an answer, by variable.

    Examples
    --------
    >>> persons_with(np.array([[True, False], [True, True], [False, False]]), np.array([0, 0, 1])).tolist()
    [1, 1]
    """
    order = np.argsort(who, kind="stable")
    starts = np.flatnonzero(np.diff(who[order], prepend=-1))
    if len(starts) < len(who):
        answered = np.logical_or.reduceat(answered[order], starts, axis=0)
    return np.asarray(answered.sum(axis=0), dtype=np.int64)


def _means(y: NDArray[np.float64]) -> NDArray[np.float64]:
    answered = ~np.isnan(y)
    n = answered.sum(axis=0)
    return np.where(n > 0, np.where(answered, y, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)


def _alike(y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether all answers to a variable are equal, or all but one: then the odd one out knows the answers of the
    others.
    """
    ordered, n = np.sort(y, axis=0), np.sum(~np.isnan(y), axis=0)  # what is missing comes last
    column = np.arange(y.shape[1])
    first, second, last_but_one, last = (
        ordered[np.clip(place, 0, len(y) - 1), column] for place in (n * 0, n * 0 + 1, n - 2, n - 1)
    )
    return np.asarray((n <= 2) | (first == last_but_one) | (second == last))


def _rests_on_few(
    rows: NDArray[np.int64],
    who: NDArray[np.int64],
    factors: Sequence[tuple[list[int], NDArray[np.bool_]]],
    n_variables: int,
    detail: int,
) -> NDArray[np.bool_]:
    """The variables of factors for which at least one person of a part has a score, but fewer than `detail`."""
    few = np.zeros(n_variables, dtype=bool)
    for items, scored in factors:
        few[items] |= 0 < len(set(who[rows[scored[rows]]].tolist())) < detail
    return few


def _check(values: pd.DataFrame, floor: int, detail: int, scale: tuple[float, float]) -> None:
    if not (isinstance(floor, int) and isinstance(detail, int) and 2 <= floor <= detail):
        raise OptionError(
            "`floor` and `detail` must be whole numbers of persons, 2 <= floor <= detail. "
            f"Given: floor={floor!r}, detail={detail!r}. Keep 5 and 10 unless a contract asks for more."
        )
    if not scale[0] < scale[1]:
        raise OptionError(
            f"`scale` must be the lowest and the highest answer. Given: {scale!r}. "
            "Pass the ends of the instrument's scale."
        )
    outside = (values < scale[0] - 1e-9) | (values > scale[1] + 1e-9)
    if outside.to_numpy().any():
        row, column = np.argwhere(outside.to_numpy())[0]
        raise OptionError(
            f"`values` must lie on the answer scale {scale[0]:g} to {scale[1]:g}. Given: {values.iloc[row, column]:g} in "
            f"column {values.columns[column]!r}, row {row}. Pass the ends of the scale as `scale`."
        )
