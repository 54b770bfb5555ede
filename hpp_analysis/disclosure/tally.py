"""From ratings and group masks to what the plan needs: atoms, counts, sums, and the rows an attacker has.

An *atom* is a set of ratings that every group holds together or not at all; whatever is published is a
weighted sum over atoms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from hpp_analysis.disclosure.cells import Key
from hpp_analysis.errors import OptionError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

UNIT = 1.0  # one scale point: what an attacker may not get below
EQUAL = 1e-9  # answers closer than this are the same answer
NO_ANSWER = np.iinfo(np.int64).min  # code of an atom whose answers differ


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Counts and sums of one run.

    The last of the V columns is not a variable but all of them: whoever gave any answer, with the average of
    the answers. The plan for it is where the plans of all variables start.

    Attributes
    ----------
    keys : tuple of frozenset
        The G groups.
    members : list of ndarray of int
        Per group, its atoms.
    children : dict of int to list of int
        Groups that are published as the equally weighted mean of these groups.
    n_persons, n_ratings : ndarray (G, V)
        Distinct persons with an answer, and answers.
    unanimous : ndarray of bool (G, V)
        Everybody gave the same answer, or the mean alone says so to within one scale point.
    alike : ndarray of bool (G, V)
        All answers lie within one scale point.
    atom_ratings, atom_sums, atom_persons : ndarray (A, V)
        Ratings, their sum and their persons, by atom.
    atom_answer : ndarray of int (A, V)
        Code of the one answer in the atom, `NO_ANSWER` where answers differ.
    scale : tuple of float
        Ends of the answer scale.
    """

    keys: tuple[Key, ...]
    members: list[IntArray]
    children: dict[int, list[int]]
    n_persons: IntArray
    n_ratings: IntArray
    unanimous: BoolArray
    alike: BoolArray
    atom_ratings: IntArray
    atom_sums: FloatArray
    atom_persons: IntArray
    atom_answer: IntArray
    scale: tuple[float, float]
    _pairs: tuple[IntArray, IntArray, BoolArray]
    _sets: dict[tuple[int, int], frozenset[int]] = field(default_factory=dict)

    def persons(self, atom: int, variable: int) -> frozenset[int]:
        """Return who answered a variable in an atom."""
        found = self._sets.get((atom, variable))
        if found is None:
            starts, person, answered = self._pairs
            part = slice(starts[atom], starts[atom + 1])
            found = frozenset(person[part][answered[part, variable]].tolist())
            self._sets[atom, variable] = found
        return found

    @property
    def size(self) -> IntArray:
        """Persons with any answer, per group: the order in which cells are given up, in every variable."""
        size: IntArray = self.n_persons[:, -1]
        return size


def _checked_values(values: pd.DataFrame, scale: tuple[float, float]) -> FloatArray:
    answers = values.to_numpy(dtype=float)
    low, high = scale
    outside = (answers < low - EQUAL) | (answers > high + EQUAL)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise OptionError(
            f"`values` must lie on the answer scale {low:g} to {high:g}. Given: {answers[row, column]:g} in "
            f"column {values.columns[column]!r}, row {row}. Pass the ends of the scale as `scale`."
        )
    answered = ~np.isnan(answers)
    n = answered.sum(axis=1)
    total = np.where(answered, answers, 0.0).sum(axis=1)
    average = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    return np.column_stack([answers, average])


def _checked_persons(person: ArrayLike, n_ratings: int) -> IntArray:
    codes = pd.factorize(np.asarray(person))[0]
    if len(codes) != n_ratings:
        raise OptionError(
            f"`person` must name one person per rating. Given: {len(codes)} for {n_ratings} ratings. "
            "Pass the column of the same table."
        )
    if (codes < 0).any():
        raise OptionError(
            f"`person` must be known for every rating. Given: {(codes < 0).sum()} missing. "
            "Give each unknown respondent an own id, or drop the rating."
        )
    checked: IntArray = codes.astype(np.int64)
    return checked


def _checked_rows(groups: Mapping[Key, ArrayLike], n_ratings: int) -> list[IntArray]:
    rows = []
    for key, mask in groups.items():
        chosen = np.asarray(mask)
        if chosen.dtype != np.bool_ or chosen.shape != (n_ratings,):
            raise OptionError(
                f"A group must be a boolean mask over the {n_ratings} ratings. Given: {chosen.dtype} of "
                f"shape {chosen.shape} for {sorted(key)}. Build it by comparing columns of the same table."
            )
        rows.append(np.flatnonzero(chosen))
    return rows


def _checked_children(parts: Mapping[Key, Sequence[Key]], keys: Sequence[Key]) -> dict[int, list[int]]:
    place = {key: row for row, key in enumerate(keys)}
    for key in [*parts, *(child for children in parts.values() for child in children)]:
        if key not in place:
            raise OptionError(
                f"`parts` must name planned groups. Given: {sorted(key)}. Add the group to `groups`."
            )
    return {place[key]: [place[child] for child in children] for key, children in parts.items()}


def _atoms(rows: Sequence[IntArray], n_ratings: int) -> IntArray:
    """Return the atom of every rating, -1 for ratings of no group."""
    label = np.full(n_ratings, -1, dtype=np.int64)
    label_count = 0
    for chosen in rows:  # each group splits the atoms it cuts through
        parents, inverse = np.unique(label[chosen], return_inverse=True)
        label[chosen] = label_count + inverse
        label_count += len(parents)
    used, inverse = np.unique(label, return_inverse=True)
    outside = int((used == -1).any())
    return (inverse - outside).astype(np.int64)


def _distinct(
    owner: IntArray, person: IntArray, answered: BoolArray, n_owners: int
) -> tuple[IntArray, tuple[IntArray, IntArray, BoolArray]]:
    """Count distinct persons per owner and variable; also return who they are, sorted by owner."""
    order = np.lexsort((person, owner))
    owner, person = owner[order], person[order]
    first = np.ones(len(owner), dtype=bool)
    first[1:] = (owner[1:] != owner[:-1]) | (person[1:] != person[:-1])
    begin = np.flatnonzero(first)
    any_answer = np.zeros((0, answered.shape[1]), dtype=bool)
    if len(begin):
        any_answer = np.logical_or.reduceat(answered[order], begin, axis=0)
    starts = np.searchsorted(owner[begin], np.arange(n_owners + 1)).astype(np.int64)
    return _sum_by(owner[begin], any_answer, n_owners).astype(np.int64), (starts, person[begin], any_answer)


def _sum_by(owner: IntArray, table: NDArray[Any], n_owners: int) -> FloatArray:
    one = np.ones(len(owner))
    indicator = sparse.csr_matrix((one, (owner, np.arange(len(owner)))), shape=(n_owners, len(owner)))
    total: FloatArray = indicator @ table.astype(float)
    return total


def _extremes(owner: IntArray, answers: FloatArray, n_owners: int) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest answer per owner and variable; inf and -inf where nobody answered."""
    lowest = np.full((n_owners, answers.shape[1]), np.inf)
    highest = -lowest
    order = np.argsort(owner, kind="stable")
    begin = np.searchsorted(owner[order], np.arange(n_owners))
    if len(owner):
        missing = np.isnan(answers[order])
        lowest = np.minimum.reduceat(np.where(missing, np.inf, answers[order]), begin, axis=0)
        highest = np.maximum.reduceat(np.where(missing, -np.inf, answers[order]), begin, axis=0)
    return lowest, highest


def _is_pinned(n: NDArray[Any], total: FloatArray, scale: tuple[float, float]) -> tuple[BoolArray, BoolArray]:
    """Whether the sum alone bounds every answer to less than one scale point from the low, the high end."""
    low, high = scale
    return (n > 0) & (total - low * n < UNIT - EQUAL), (n > 0) & (high * n - total < UNIT - EQUAL)


def _one_answer(n: IntArray, total: FloatArray, spread: FloatArray, scale: tuple[float, float]) -> IntArray:
    """Return the code of the one answer of each atom and variable, `NO_ANSWER` where answers differ."""
    mean = total / np.maximum(n, 1)
    code = np.where((n > 0) & (spread <= EQUAL), np.round(mean / EQUAL / 10), NO_ANSWER).astype(np.int64)
    at_low, at_high = _is_pinned(n, total, scale)
    code[at_low] = round(scale[0] / EQUAL / 10)
    code[at_high] = round(scale[1] / EQUAL / 10)
    return code


def tabulate(
    values: pd.DataFrame,
    person: ArrayLike,
    groups: Mapping[Key, ArrayLike],
    *,
    parts: Mapping[Key, Sequence[Key]],
    scale: tuple[float, float],
    unanimity: bool,
) -> Tally:
    """Count persons and ratings and add up answers, by group and by atom."""
    answers = _checked_values(values, scale)
    people = _checked_persons(person, len(values))
    rows = _checked_rows(groups, len(values))
    children = _checked_children(parts, list(groups))
    label = _atoms(rows, len(values))
    used = np.flatnonzero(label >= 0)
    n_atoms, n_groups = int(label.max(initial=-1)) + 1, len(rows)
    answered = ~np.isnan(answers)
    filled = np.where(answered, answers, 0.0)

    owner = label[used]
    atom_ratings = _sum_by(owner, answered[used], n_atoms).astype(np.int64)
    atom_sums = _sum_by(owner, filled[used], n_atoms)
    atom_persons, pairs = _distinct(owner, people[used], answered[used], n_atoms)
    lowest, highest = _extremes(owner, answers[used], n_atoms)

    flat = np.concatenate([*rows, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    of_group = np.repeat(np.arange(n_groups), [len(chosen) for chosen in rows])
    n_persons, _ = _distinct(of_group, people[flat], answered[flat], n_groups)
    members = [np.unique(label[chosen]) for chosen in rows]

    n_ratings = np.array([atom_ratings[m].sum(axis=0) for m in members]).reshape(n_persons.shape)
    sums = np.array([atom_sums[m].sum(axis=0) for m in members]).reshape(n_persons.shape)
    bottom = np.array([lowest[m].min(axis=0, initial=np.inf) for m in members]).reshape(n_persons.shape)
    top = np.array([highest[m].max(axis=0, initial=-np.inf) for m in members]).reshape(n_persons.shape)
    at_low, at_high = _is_pinned(n_ratings, sums, scale)
    spread = np.where(n_persons > 0, top - bottom, np.inf)
    atom_spread = np.where(atom_ratings > 0, highest - lowest, np.inf)
    judged = unanimity & (np.arange(answers.shape[1]) < values.shape[1])  # not "any answer"
    one_answer = _one_answer(atom_ratings, atom_sums, atom_spread, scale)
    return Tally(
        keys=tuple(groups),
        members=members,
        children=children,
        n_persons=n_persons,
        n_ratings=n_ratings,
        unanimous=judged & ((spread <= EQUAL) | at_low | at_high),
        alike=judged & (spread < UNIT - EQUAL),
        atom_ratings=atom_ratings,
        atom_sums=atom_sums,
        atom_persons=atom_persons,
        atom_answer=np.where(judged, one_answer, NO_ANSWER),
        scale=scale,
        _pairs=pairs,
    )
