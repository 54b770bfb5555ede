"""What the attacker has learnt, held against what must never be learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.attack.knowing import FLOOR, LARGE, Knowledge, Part
from tests.attack.solving import Counts, Unknown, answered, lowest, mean, not_answered, ordered, variance

WIDE, FACTOR, LONG = 1.0, 1.5, 8
"""Scale points that the mean of a group under five stays open; the factor that the SD of five to nine stays open; from how
many points on a scale is long, so that none of its answers may be forced."""


@dataclass(frozen=True)
class Breach:
    """Something that must not be learnt, and was.

    Attributes
    ----------
    kind : {"mean", "spread", "ordered", "unknown", "alike"}
    part, batch, item
        Whose answers to what.
    n : int
        Persons of the group.
    insider : bool
        Whether only a respondent of the group learns it, from the others' answers without the own.
    told : str
        What remains open.
    """

    kind: str
    part: Part
    batch: int
    item: str
    n: int
    insider: bool
    told: str


@dataclass
class Verdict:
    """All breaches, and how many cells were looked at."""

    breaches: list[Breach]
    cells: int = 0
    insiders: int = 0

    @property
    def outsider(self) -> list[Breach]:
        """What anybody with the reports learns."""
        return [one for one in self.breaches if not one.insider]

    @property
    def insider(self) -> list[Breach]:
        """What a respondent of the group learns."""
        return [one for one in self.breaches if one.insider]


def judge(knowledge: Knowledge) -> Verdict:
    """Hold what is left of every small group against what must stay open."""
    verdict = Verdict([])
    for (part, batch, item), unknown in knowledge.unknowns.items():
        n = int(unknown.truth.sum())
        given = n - int(unknown.truth[-1])
        if given >= LARGE:
            continue
        verdict.cells += 1
        for kind, insider, told in _found(unknown, n, given, verdict):
            verdict.breaches.append(Breach(kind, part, batch, item, n, insider, told))
    return verdict


def _found(unknown: Unknown, n: int, given: int, verdict: Verdict) -> Iterator[tuple[str, bool, str]]:
    left, points = unknown.left, unknown.points
    if n < FLOOR:
        # that nobody of them answered would be known of each: a mean is open as long as answers are
        means = mean(left, points)[answered(left, points) > 0]
        if not len(means) or np.ptp(means) < WIDE - 1e-9:
            yield "mean", False, _range(means)
        missing = not_answered(left, points)
        if np.ptp(missing) == 0:
            yield "unknown", False, f"{missing[0]:g} did not know"
        return
    if given < FLOOR:
        return  # too few answers for a mean of their own: what is known of them is known of a group under five
    if not _spread_open(left, points):
        yield "spread", False, _range(np.sqrt(variance(left, points)))
    forced = [rank for rank, values in enumerate(_orders(left, points), start=1) if np.ptp(values) == 0]
    if (len(points) >= LONG and forced) or (len(points) < LONG and (2 * len(forced) >= given or 1 in forced)):
        yield "ordered", False, f"answers {forced} of {given}"
    for own in np.flatnonzero(unknown.truth):
        verdict.insiders += 1
        others = left[left[:, own] > 0].copy()
        others[:, own] -= 1
        if not _spread_open(others, points):
            yield "spread", True, f"own answer {own}: {_range(np.sqrt(variance(others, points)))}"
        elif np.ptp(lowest(others, points)) == 0:
            yield "ordered", True, f"own answer {own}: the lowest is {lowest(others, points)[0]:g}"


def _spread_open(left: Counts, points: np.ndarray) -> bool:
    spread = np.sqrt(variance(left, points)[answered(left, points) > 1])
    return bool(len(spread)) and spread.max() > 0 and spread.max() >= FACTOR * spread.min() - 1e-9


def _orders(left: Counts, points: np.ndarray) -> Iterator[np.ndarray]:
    """The possible values of each ordered answer, from the lowest; only where it is known how many answered."""
    given = answered(left, points)
    if np.ptp(given) > 0:
        yield lowest(left, points)
        return
    for rank in range(1, int(given[0]) + 1):
        yield ordered(left, points, rank)


def _range(values: np.ndarray) -> str:
    return f"{values.min():.2f} to {values.max():.2f}" if len(values) else "nobody answered"
