"""Whether a protected set of persons follows from the shown means by arithmetic.

Shown means are weighted sums over atoms, so an attacker can work out exactly the vectors in the row space of
the shown rows. A set is disclosed if some vector of the row space is zero outside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hpp_analysis.disclosure.tally import NO_ANSWER, BoolArray, FloatArray, IntArray

ZERO = 1e-9  # rows are scaled to a largest weight of 1, and are small: rounding stays far below this
_MAX_SETS = 400  # sets of persons tried before a knot of tiny atoms is given up as a whole

PersonSets = list[frozenset[int] | None]


@dataclass(frozen=True, slots=True, eq=False)
class Protected:
    """What must not follow, for one variable of one block.

    Attributes
    ----------
    persons : list of frozenset or None
        Per atom who is in it; None for `threshold` persons or more.
    answer : ndarray of int
        Per atom the code of its one answer, `NO_ANSWER` where answers differ.
    threshold : int
        Sets of fewer persons are protected.
    """

    persons: PersonSets
    answer: IntArray
    threshold: int

    def is_open(self) -> BoolArray:
        """Whether an atom can be part of a protected set."""
        small = np.array([people is not None for people in self.persons], dtype=bool)
        either: BoolArray = small | (self.answer != NO_ANSWER)
        return either


def eliminate(stack: FloatArray, last: BoolArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Gauss-Jordan elimination row by row, over a stack of matrices.

    Parameters
    ----------
    stack : ndarray (b, r, k)
        Matrices. A row that depends on earlier rows takes no part: representations use early rows.
    last : ndarray of bool (b, k)
        Columns that become pivots only where a row has nothing else.

    Returns
    -------
    reduced : ndarray (b, r, k)
        The eliminated matrices.
    combination : ndarray (b, r, r)
        `combination @ stack` is `reduced`.
    late : ndarray of bool (b, r)
        Rows with a pivot in a `last` column: a basis of all row-space vectors that are zero elsewhere.
    """
    b, r, k = stack.shape
    work = np.concatenate([stack, np.broadcast_to(np.eye(r), (b, r, r))], axis=2)
    late = np.zeros((b, r), dtype=bool)
    batch = np.arange(b)
    for row in range(r):
        size = np.abs(work[:, row, :k])
        # sizes are far below 1e6: every wanted column comes before every last one
        preference = np.where(size > ZERO, np.where(last, size, size + 1e6), 0.0)
        column = preference.argmax(axis=1)
        live = preference[batch, column] > 0
        if not live.any():
            continue
        scaled = work[:, row] / np.where(live, work[batch, row, column], 1.0)[:, None]
        factor = np.where(live[:, None], work[batch, :, column], 0.0)
        factor[:, row] = 0.0
        work -= factor[:, :, None] * scaled[:, None, :]
        work[live, row] = scaled[live]
        late[:, row] = live & last[batch, column]
    return work[:, :, :k], work[:, :, k:], late


def leaks(stack: FloatArray, protected: list[Protected]) -> list[FloatArray | None]:
    """Return, per matrix, the weights of shown rows that disclose a protected set, or None."""
    inside = np.array([p.is_open() for p in protected]).reshape(len(stack), stack.shape[2])
    reduced, combination, late = eliminate(stack, inside)
    found: list[FloatArray | None] = []
    for matrix, weights, chosen, each in zip(reduced, combination, late, protected, strict=True):
        found.append(_leak(_Space(_clean(matrix[chosen]), weights[chosen]), each) if chosen.any() else None)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """Vectors that an attacker can work out, as independent rows, and the weights of shown rows in each."""

    vectors: FloatArray
    weights: FloatArray

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def recipe(self) -> FloatArray:
        """Weights of the shown rows in the first vector."""
        first: FloatArray = self.weights[0]
        return first

    def within(self, allowed: BoolArray) -> _Space:
        """Return the subspace of vectors that are zero outside the allowed columns."""
        outside = self.vectors[:, ~allowed]
        crossing = (outside != 0).sum(axis=1) > 0
        kept = self._rows(~crossing)
        if crossing.sum() < 2:  # a single crossing row has nothing to cancel it
            return kept
        reduced, combination, late = eliminate(self.vectors[crossing][None], allowed[None])
        vectors = np.concatenate([kept.vectors, _clean(reduced[0][late[0]])])
        weights = np.concatenate([kept.weights, combination[0][late[0]] @ self.weights[crossing]])
        return _Space(vectors, weights)

    def pieces(self) -> Iterator[_Space]:
        """Split into subspaces that share no column."""
        touched = self.vectors != 0
        left = np.ones(len(self), dtype=bool)
        while left.any():
            piece = np.arange(len(self)) == left.argmax()
            size = 0
            while piece.sum() > size:
                size = int(piece.sum())
                piece = (touched & touched[piece].any(axis=0)).any(axis=1)
            left &= ~piece
            yield self._rows(piece)

    def _rows(self, chosen: BoolArray) -> _Space:
        return _Space(self.vectors[chosen], self.weights[chosen])


def _clean(matrix: FloatArray) -> FloatArray:
    return np.where(np.abs(matrix) > ZERO, matrix, 0.0)


def _leak(space: _Space, protected: Protected) -> FloatArray | None:
    for piece in space.pieces():
        found = _unanimous_leak(piece, protected)
        if found is None:
            found = _small_leak(piece, protected)
        if found is not None:
            return found
    return None


def _unanimous_leak(space: _Space, protected: Protected) -> FloatArray | None:
    answer = protected.answer[space.vectors.any(axis=0)]
    for code in sorted(set(answer.tolist()) - {NO_ANSWER}):
        part = space.within(protected.answer == code)
        if len(part):
            return part.recipe
    return None


def _small_leak(space: _Space, protected: Protected) -> FloatArray | None:
    if len(space) == 1:
        return space.recipe if _is_small(space.vectors[0], protected) else None
    while len(space):
        bundles, people = _bundles(space.vectors, protected.persons, protected.threshold)
        large = np.array([who is None for who in people])
        if not large.any():
            return _search(space, bundles, people, protected.threshold)
        space = space.within(~np.append(large, True)[bundles])  # -1, an untouched column, is the appended one
    return None


def _is_small(vector: FloatArray, protected: Protected) -> bool:
    """Whether a single vector rests on fewer persons than the threshold."""
    people: frozenset[int] = frozenset()
    for column in np.flatnonzero(vector):
        who = protected.persons[column]
        if who is None:
            return False
        people |= who
        if len(people) >= protected.threshold:
            return False
    return True


def _bundles(vectors: FloatArray, persons: PersonSets, threshold: int) -> tuple[IntArray, PersonSets]:
    """Join columns that are multiples of each other: no vector is zero on one and not on the other."""
    names: dict[bytes, int] = {}
    label = np.full(vectors.shape[1], -1, dtype=np.int64)
    people: PersonSets = []
    for column in np.flatnonzero((vectors != 0).any(axis=0)):
        entries = vectors[:, column]
        shape = np.round(entries / entries[np.flatnonzero(entries)[0]], 9) + 0.0  # + 0.0: no negative zero
        name = names.setdefault(shape.tobytes(), len(names))
        label[column] = name
        who = persons[column]
        if name == len(people):
            people.append(who)
            continue
        before = people[name]
        people[name] = None if who is None or before is None else _capped(before | who, threshold)
    return label, people


def _capped(who: frozenset[int], threshold: int) -> frozenset[int] | None:
    return who if len(who) < threshold else None


def _search(space: _Space, bundles: IntArray, people: PersonSets, threshold: int) -> FloatArray | None:
    """Try every largest set of bundles that rests on fewer than `threshold` persons."""
    candidates = _largest_sets([who for who in people if who is not None], threshold)
    if candidates is None:  # withholding too much is the safe way out of a search without end
        every: FloatArray = np.abs(space.weights).sum(axis=0)
        return every
    inside = np.array([np.isin(bundles, chosen) for chosen in candidates])
    # a vector that is zero outside a set is lost when the set's columns are
    ranks = np.linalg.matrix_rank(space.vectors * ~inside[:, None, :], tol=ZERO)
    for lost in np.flatnonzero(ranks < len(space)):
        part = space.within(inside[lost])
        if len(part):
            return part.recipe
    return None


def _largest_sets(sets: list[frozenset[int]], threshold: int) -> list[list[int]] | None:
    """Return the bundles of each set of persons that no other bundle can join; None if too many."""
    seen: set[frozenset[int]] = set()
    found = []
    waiting = list(reversed(sets))
    while waiting:
        who = waiting.pop()
        if who in seen:
            continue
        seen.add(who)
        if len(seen) > _MAX_SETS:
            return None
        wider = [who | other for other in sets if not other <= who and len(who | other) < threshold]
        if wider:
            waiting.extend(reversed(wider))
        else:
            found.append([i for i, other in enumerate(sets) if other <= who])
    return found
