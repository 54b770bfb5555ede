"""Which answers are still possible, by enumeration: every multiset of answers of every small group, held against every fact.

An *unknown* is the answers of one small group to one item. Its possible values are the rows of a table of counts: how many of
its persons gave each answer, and how many gave none. A *fact* says between which bounds a sum lies of one number per
unknown (a mean, a sum of squares, a share); a *check* is a condition on several unknowns together that is no sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Counts = NDArray[np.int16]
LARGEST = 1_000_000  # combinations that are held side by side; what needs more is counted in `Puzzle.relaxed`
MOST = 8  # unknowns that are joined; facts over more are used by their bounds
_EPS = 1e-7  # far below any rounding, far above what sums of a few floats lose


@lru_cache(maxsize=64)
def tables(n: int, points: int, *, unknown: int | None = None) -> Counts:
    """All multisets of n persons: columns count each point, the last one those without an answer.

    With `unknown` given, exactly that many gave none.
    """
    if unknown is not None:
        known = tables(n - unknown, points, unknown=0) if unknown else _multisets(n, points)
        if not unknown:
            return np.column_stack([known, np.zeros(len(known), dtype=np.int16)])
        return np.column_stack([known[:, :-1], np.full(len(known), unknown, dtype=np.int16)])
    return _multisets(n, points + 1)


def _multisets(n: int, kinds: int) -> Counts:
    if n == 0:
        return np.zeros((1, kinds), dtype=np.int16)
    chosen = np.fromiter(
        (v for one in combinations_with_replacement(range(kinds), n) for v in one), dtype=np.int16
    ).reshape(-1, n)
    counts = np.zeros((len(chosen), kinds), dtype=np.int16)
    rows = np.arange(len(chosen))
    for column in chosen.T:
        counts[rows, column] += 1
    return counts


@dataclass(eq=False)
class Unknown:
    """The answers of one small group to one item.

    Attributes
    ----------
    name : tuple
        Group and item.
    counts : ndarray, rows x (points + 1)
    points : ndarray
        The answers that a column stands for; the last column has none.
    truth : ndarray, points + 1
        What was really answered; only to show that every fact is true.
    """

    name: tuple[object, ...]
    counts: Counts
    points: Floats
    truth: Counts
    open: Bools = field(init=False)

    def __post_init__(self) -> None:
        self.open = np.ones(len(self.counts), dtype=bool)

    def keep(self, stays: Bools) -> None:
        """Leave out the other rows for good."""
        if not stays.all():
            self.counts = self.counts[stays]
            self.open = self.open[stays]

    @property
    def left(self) -> Counts:
        """The rows that are still possible."""
        return self.counts[self.open]


Number = Callable[[Counts, Floats], Floats]
"""One number per row of a table of counts."""


@dataclass(frozen=True, eq=False)
class Term:
    """What one unknown adds to a fact."""

    unknown: Unknown
    number: Number
    factor: float = 1.0

    def of(self, counts: Counts) -> Floats:
        """Of rows of counts."""
        return self.factor * self.number(counts, self.unknown.points)


@dataclass(frozen=True, eq=False)
class Fact:
    """low <= sum of the terms <= high."""

    terms: tuple[Term, ...]
    low: float
    high: float
    source: str

    def true(self) -> bool:
        """Whether the real answers satisfy it: a fact that they do not was misread."""
        total = sum(float(term.of(term.unknown.truth[None, :])[0]) for term in self.terms)
        return self.low - _EPS <= total <= self.high + _EPS


@dataclass(frozen=True, eq=False)
class Check:
    """A condition on several unknowns: `passes` takes for each of them an array (combinations, numbers)."""

    unknowns: tuple[Unknown, ...]
    numbers: tuple[tuple[Number, ...], ...]
    passes: Callable[[list[Floats]], Bools]
    source: str

    def true(self) -> bool:
        """Whether the real answers satisfy it."""
        columns = [
            np.column_stack([number(one.truth[None, :], one.points) for number in numbers])
            for one, numbers in zip(self.unknowns, self.numbers, strict=True)
        ]
        return bool(self.passes(columns)[0])


class Puzzle:
    """Facts about unknowns, and what they leave open."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.checks: list[Check] = []
        self.relaxed = 0
        self._values: dict[tuple[int, int], Floats] = {}

    def solve(self) -> None:
        """Strike out every row that contradicts a fact, alone or together with any rows of others."""
        untrue = [fact.source for fact in (*self.facts, *self.checks) if not fact.true()]
        if untrue:
            raise AssertionError(f"misread: {untrue[:5]}")
        for fact in self.facts:
            if len(fact.terms) == 1:
                term = fact.terms[0]
                value = term.of(term.unknown.counts)
                term.unknown.keep((value >= fact.low - _EPS) & (value <= fact.high + _EPS))
        shared = [fact for fact in self.facts if len(fact.terms) > 1]
        self._narrow(shared)
        for facts, checks in self._together(shared):
            self._join(facts, checks)
            self._narrow(shared)

    def _value(self, term: Term) -> Floats:
        key = id(term.unknown), id(term)
        if key not in self._values:
            self._values[key] = term.of(term.unknown.counts)
        return self._values[key]

    def _narrow(self, facts: Sequence[Fact]) -> None:
        """By the bounds of each sum, until nothing changes."""
        changed = True
        while changed:
            changed = False
            for fact in facts:
                values = [self._value(term) for term in fact.terms]
                ends = [
                    (v[t.unknown.open].min(), v[t.unknown.open].max()) for v, t in zip(values, fact.terms, strict=True)
                ]
                low, high = sum(end[0] for end in ends), sum(end[1] for end in ends)
                if low >= fact.low - _EPS and high <= fact.high + _EPS:
                    continue
                for term, value, end in zip(fact.terms, values, ends, strict=True):
                    least, most = fact.low - (high - end[1]), fact.high - (low - end[0])
                    stays = (value >= least - _EPS) & (value <= most + _EPS)
                    if (term.unknown.open & ~stays).any():
                        term.unknown.open &= stays
                        changed = True

    def _together(self, facts: Sequence[Fact]) -> Iterator[tuple[list[Fact], list[Check]]]:
        """Facts over the same unknowns, or over some of them, are held together; few unknowns first."""

        def support(unknowns: Iterable[Unknown]) -> frozenset[int]:
            return frozenset(id(one) for one in unknowns if one.open.sum() > 1)

        of_facts = [(support(t.unknown for t in fact.terms), fact) for fact in facts]
        of_checks = [(support(check.unknowns), check) for check in self.checks]
        supports = {one for one, _ in (*of_facts, *of_checks) if one}
        for whole in sorted(supports, key=len):
            if len(whole) > MOST:
                self.relaxed += 1
                continue
            yield (
                [fact for one, fact in of_facts if one and one <= whole],
                [check for one, check in of_checks if one and one <= whole],
            )

    def _join(self, facts: list[Fact], checks: list[Check]) -> None:
        """Go through all combinations of rows, as far as they can still lead to the sums."""
        unknowns = list(
            {
                id(u): u
                for u in [*(t.unknown for f in facts for t in f.terms), *(u for c in checks for u in c.unknowns)]
            }.values()
        )
        # of each unknown: its open rows, merged where no fact can tell them apart
        merged = [_Merged(unknown, facts, checks, self._value) for unknown in unknowns]
        order = sorted(range(len(unknowns)), key=lambda at: len(merged[at].sums))
        merged = [merged[at] for at in order]
        low = np.array([fact.low for fact in facts]) - _EPS
        high = np.array([fact.high for fact in facts]) + _EPS
        after_low = [np.zeros(len(facts))]
        after_high = [np.zeros(len(facts))]
        for one in reversed(merged[1:]):
            after_low.insert(0, after_low[0] + one.sums.min(axis=0))
            after_high.insert(0, after_high[0] + one.sums.max(axis=0))
        chosen = np.arange(len(merged[0].sums))[:, None]
        total = merged[0].sums
        for place, one in enumerate(merged):
            if place:
                if len(chosen) * len(one.sums) > LARGEST:
                    self.relaxed += 1
                    return
                total = (total[:, None, :] + one.sums[None, :, :]).reshape(len(total) * len(one.sums), len(facts))
                new = np.tile(np.arange(len(one.sums)), len(chosen))[:, None]
                chosen = np.hstack([np.repeat(chosen, len(one.sums), axis=0), new])
            fits = ((total + after_low[place] <= high) & (total + after_high[place] >= low)).all(axis=1)
            chosen, total = chosen[fits], total[fits]
        for check in checks:
            columns = []
            for unknown in check.unknowns:
                place = next(at for at, one in enumerate(merged) if one.unknown is unknown)
                columns.append(merged[place].columns[id(check)][chosen[:, place]])
            chosen = chosen[check.passes(columns)]
        for place, one in enumerate(merged):
            one.keep(np.unique(chosen[:, place]))


class _Merged:
    """Open rows of an unknown that give the same numbers in all facts and checks count as one."""

    def __init__(
        self, unknown: Unknown, facts: list[Fact], checks: list[Check], value: Callable[[Term], Floats]
    ) -> None:
        self.unknown = unknown
        rows = np.flatnonzero(unknown.open)
        sums = np.zeros((len(rows), len(facts)))
        for at, fact in enumerate(facts):
            for term in fact.terms:
                if term.unknown is unknown:
                    sums[:, at] += value(term)[rows]
        parts, widths = [sums], {}
        for check in checks:
            for one, numbers in zip(check.unknowns, check.numbers, strict=True):
                if one is unknown:
                    extra = np.column_stack([number(unknown.counts[rows], unknown.points) for number in numbers])
                    start = sum(part.shape[1] for part in parts)
                    widths[id(check)] = (start, start + extra.shape[1])
                    parts.append(extra)
        everything = np.hstack(parts)
        _, first, self._which = np.unique(np.round(everything, 9), axis=0, return_index=True, return_inverse=True)
        self._which = self._which.ravel()
        self._rows = rows
        self.sums = everything[first][:, : len(facts)]
        self.columns = {key: everything[first][:, a:b] for key, (a, b) in widths.items()}

    def keep(self, kept: NDArray[np.int64]) -> None:
        """Strike out the rows that stand in no combination."""
        stays = np.zeros(len(self.sums), dtype=bool)
        stays[kept] = True
        self.unknown.open[self._rows[~stays[self._which]]] = False


# Numbers of a row of counts


def answered(counts: Counts, points: Floats) -> Floats:
    """How many gave an answer."""
    return counts[:, :-1].sum(axis=1).astype(float)


def not_answered(counts: Counts, points: Floats) -> Floats:
    """How many gave none."""
    return counts[:, -1].astype(float)


def total(counts: Counts, points: Floats) -> Floats:
    """The sum of the answers."""
    return counts[:, :-1] @ points


def mean(counts: Counts, points: Floats) -> Floats:
    """The mean of the answers; the middle of the scale where there is none."""
    n = answered(counts, points)
    return np.where(n > 0, total(counts, points) / np.maximum(n, 1), points.mean())


def variance(counts: Counts, points: Floats) -> Floats:
    """With divisor n - 1; 0 for one answer or none."""
    n = answered(counts, points)
    squares = counts[:, :-1] @ points**2 - total(counts, points) ** 2 / np.maximum(n, 1)
    return np.where(n > 1, np.maximum(squares, 0.0) / np.maximum(n - 1, 1), 0.0)


def between(low: float, high: float) -> Number:
    """How many answers lie from low to high."""

    def number(counts: Counts, points: Floats) -> Floats:
        return counts[:, :-1][:, (points >= low) & (points <= high)].sum(axis=1).astype(float)

    return number


def lowest(counts: Counts, points: Floats) -> Floats:
    """The lowest answer; above the scale where there is none."""
    return _end(counts, points, np.argmax(counts[:, :-1] > 0, axis=1), points[-1] + 1)


def highest(counts: Counts, points: Floats) -> Floats:
    """The highest answer; below the scale where there is none."""
    last = len(points) - 1 - np.argmax(counts[:, -2::-1] > 0, axis=1)
    return _end(counts, points, last, points[0] - 1)


def _end(counts: Counts, points: Floats, place: NDArray[np.int64], nobody: float) -> Floats:
    return np.where(answered(counts, points) > 0, points[place], nobody)


def per_answer(number: Number) -> Number:
    """A count as a share of the answers; 0 where there is none."""

    def share(counts: Counts, points: Floats) -> Floats:
        return number(counts, points) / np.maximum(answered(counts, points), 1)

    return share


def ordered(counts: Counts, points: Floats, rank: int) -> Floats:
    """The answer of a rank, counted from the lowest; all rows have that many answers."""
    return points[np.argmax(np.cumsum(counts[:, :-1], axis=1) >= rank, axis=1)]
