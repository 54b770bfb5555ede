"""What the attacker has learnt, held against what must never be learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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
    low_end : bool
        Whether the mean of the group lies in the lowest quarter of the scale. That somebody gave the lowest answer is
        then no more than the mean says itself, and insiders of such groups are counted apart.
    """

    kind: str
    part: Part
    batch: int
    item: str
    n: int
    insider: bool
    told: str
    low_end: bool = False


@dataclass(frozen=True)
class Left:
    """What remains open of the answers of one group to one item: the lowest and the highest that is possible.

    Attributes
    ----------
    part, batch, item
        Whose answers to what.
    n : int
        Persons of the group.
    mean, spread, unknown : tuple of float
        Of the mean, the SD and the number of don't-knows.
    """

    part: Part
    batch: int
    item: str
    n: int
    mean: tuple[float, float]
    spread: tuple[float, float]
    unknown: tuple[float, float]


@dataclass
class Verdict:
    """What remains open of each small group, all breaches, and how many insiders were tried."""

    breaches: list[Breach]
    left: list[Left] = field(default_factory=list)
    insiders: int = 0

    @property
    def cells(self) -> int:
        """How many groups and items were looked at."""
        return len(self.left)

    @property
    def narrowest_mean(self) -> float:
        """Scale points that the means of all groups under five stay open at least."""
        return min((one.mean[1] - one.mean[0] for one in self.left if one.n < FLOOR), default=np.inf)

    @property
    def least_factor(self) -> float:
        """By which factor the SDs of all groups of five to nine stay open at least."""
        spreads = [one.spread for one in self.left if FLOOR <= one.n < LARGE]
        return min((high / low if low > 0 else np.inf for low, high in spreads), default=np.inf)

    @property
    def outsider(self) -> list[Breach]:
        """What anybody with the reports learns."""
        return [one for one in self.breaches if not one.insider]

    @property
    def insider(self) -> list[Breach]:
        """What a respondent of the group learns, but at the low end of the scale."""
        return [one for one in self.breaches if one.insider and not one.low_end]

    @property
    def low_end(self) -> list[Breach]:
        """What a respondent of a group at the low end of the scale learns."""
        return [one for one in self.breaches if one.insider and one.low_end]


def judge(knowledge: Knowledge) -> Verdict:
    """Hold what is left of every small group against what must stay open."""
    verdict = Verdict([])
    for (part, batch, item), unknown in knowledge.unknowns.items():
        n = int(unknown.truth.sum())
        given = n - int(unknown.truth[-1])
        if given >= LARGE:
            continue
        verdict.left.append(Left(part, batch, item, n, *_ranges(unknown.left, unknown.points)))
        for kind, insider, told in _found(unknown, n, given, verdict):
            low, high = unknown.points[0], unknown.points[-1]
            quarter = low + (high - low) / 4
            at_low_end = given > 0 and bool(mean(unknown.truth[None, :], unknown.points)[0] <= quarter)
            verdict.breaches.append(Breach(kind, part, batch, item, n, insider, told, at_low_end))
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
        mine = f"own answer {points[own]:g}" if own < len(points) else "no own answer"
        if not _spread_open(others, points):
            yield "spread", True, f"{mine}: {_range(np.sqrt(variance(others, points)))}"
        elif np.ptp(lowest(others, points)) == 0:
            yield "ordered", True, f"{mine}: the lowest is {lowest(others, points)[0]:g}"


def _ranges(left: Counts, points: np.ndarray) -> tuple[tuple[float, float], ...]:
    anybody = left[answered(left, points) > 0]
    values = (mean(anybody, points), np.sqrt(variance(anybody, points)), not_answered(left, points))
    return tuple((float(v.min()), float(v.max())) if len(v) else (np.nan, np.nan) for v in values)


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
