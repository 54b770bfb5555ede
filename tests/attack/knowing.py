"""From what the reports say to facts about the answers of each group.

The attacker knows the rules. Whether a number of a whole adds to what is known of its parts depends on how it was made, so
each is held against two readings: that it is made of all answers, and that it follows from the cells that the same run shows.
The first makes a fact, the second tells nothing. A number that neither reading explains is reported.

Of groups of ten persons or more the attacker is given all answers: these may become known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from tests.attack.reading import ROLES, Report, Row
from tests.attack.solving import (
    Check,
    Fact,
    Number,
    Puzzle,
    Term,
    Unknown,
    answered,
    between,
    highest,
    lowest,
    mean,
    not_answered,
    per_answer,
    tables,
    total,
    variance,
)
from tests.attack.studies import FACTORS, ITEMS, RandomStudy

FLOOR, LARGE = 5, 10
_EPS = 1e-7
FIFTHS = 0.2
_HALVES_UP = 1e-6  # more than _EPS for a sum of five answers, and far less than the distance between two means
Part = tuple[str, str, str, str]
"""Client, partner, side and wave."""
_ALL = {"", "All", "Alle", "All partnerships", "Alle samenwerkingen", "Alle partnerships"}
_SIDES = {"client side": "client", "partner side": "partner"}
_COLUMN_SIDE = {"first": "client", "second": "partner"}
_COLUMN_WAVE = {"before": "1", "after": "2"}
REPEATS = {
    "agenda", "verdict_together", "scores_total", "characteristics_total", "score_overview", "extremes",
    "partnership_differences", "key_findings", "response_sides",
}  # fmt: skip
"""Tables whose means and gaps are those of other tables of the same report."""
COLUMN_OF = {"department": "partner"}
"""Under which name a group of a study of departments stands in `Part`."""


class Seen(NamedTuple):
    """One number in a report: about whom, what, and how exactly."""

    run: int
    parts: tuple[Part, ...]
    pooled: bool
    variable: str
    role: str
    column: str
    low: float
    high: float
    row: Row
    second: tuple[Part, ...] = ()
    own: bool = False

    @property
    def same(self) -> tuple[Any, ...]:
        """What two numbers share that say the same: the first is enough."""
        # a gap is held against the means of its own row, and the ends of an interval belong together
        where = self.row.table if self.role in ("gap", "estimate", "interval", "standard error") else ""
        column = self.column if where or self.role == "band" else ""
        return (
            self.run,
            self.parts,
            self.second,
            self.pooled,
            self.variable,
            self.role,
            column,
            self.low,
            self.high,
            where,
        )

    @property
    def source(self) -> str:
        """Where it stands."""
        about = "+".join(" ".join(part) for part in self.parts)
        return (
            f"run {self.run}: {self.row.table}.{self.column} of {self.variable}, {about}: {self.low:g} to {self.high:g}"
        )


def _follows_from_its_row(row: Row) -> bool:
    """Whether the gap of a row is the difference of the two means in it."""
    first, second, gap = (row.values.get(name) for name in ("mean_first", "mean_second", "gap"))
    numbers = [value for value in (first, second, gap) if isinstance(value, int | float)]
    return len(numbers) == 3 and abs(numbers[0] - numbers[1] - numbers[2]) < 0.0051


@dataclass
class Knowledge:
    """What the attacker has.

    Attributes
    ----------
    puzzle : Puzzle
    unknowns : dict
        By part, batch and item, the answers of small groups.
    unexplained : list of str
        Numbers that no reading explains.
    pools : set
        By run, the parts that are told together.
    alone : set
        The parts of which some run tells alone.
    alike : list of str
        Numbers that tell of ten persons or more that all of them gave the same answer.
    """

    puzzle: Puzzle
    unknowns: dict[tuple[Part, int, str], Unknown]
    unexplained: list[str] = field(default_factory=list)
    pools: set[tuple[int, tuple[Part, ...]]] = field(default_factory=set)
    alone: set[Part] = field(default_factory=set)
    alike: list[str] = field(default_factory=list)


def know(study: RandomStudy, reports: Sequence[Report], *, wholes: bool = True) -> Knowledge:
    """What the reports say, as facts.

    With `wholes` false, what is told of single groups and pools only: where twins show that all other numbers follow from
    these.
    """
    return _Attacker(study, reports, wholes=wholes).knowledge


class _Attacker:
    def __init__(self, study: RandomStudy, reports: Sequence[Report], *, wholes: bool) -> None:
        self.study = study
        self.points = np.arange(study.low, study.high + 1, dtype=float)
        keys = ["client", "partner", "side", "wave"]
        answers = study.answers
        self.groups: dict[tuple[Part, int], pd.DataFrame] = {
            ((c, p, s, w), int(b)): rows[list(ITEMS)]
            for (c, p, s, w, b), rows in answers.groupby([*keys, "batch"], sort=True)
        }
        self.people = {
            ((c, p, s, w), int(b)): list(rows["respondent"])
            for (c, p, s, w, b), rows in answers.groupby([*keys, "batch"], sort=True)
        }
        self._kept: dict[tuple[Any, ...], Any] = {}
        self.knowledge = Knowledge(Puzzle(), {})
        for (part, batch), rows in self.groups.items():
            for item in ITEMS:
                self.knowledge.unknowns[part, batch, item] = self._unknown(part, batch, item, rows[item])
        self.shown: dict[tuple[int, tuple[Part, ...], str], tuple[float, float, float]] = {}
        seen = list({one.same: one for report in reports for one in self._seen(report)}.values())
        if not wholes:
            seen = [one for one in seen if one.own and one.variable in ITEMS]
        self._remember(seen)
        self.knowledge.alone = {one.parts[0] for one in seen if one.own and not one.pooled and len(one.parts) == 1}
        self.knowledge.pools = {(one.run, one.parts) for one in seen if one.pooled}
        self.knowledge.alike = [one.source for one in seen if self._tells_alike(one)]
        self._pools_shown(reports)
        for report in reports if wholes else ():
            self._audit(report)
            self._repeats(report)
        for role, rows in _by_role(seen).items():
            self._take(role, rows)

    def _unknown(self, part: Part, batch: int, item: str, answers: pd.Series) -> Unknown:
        n, missing = len(answers), int(answers.isna().sum())
        truth = np.array([*(int((answers == v).sum()) for v in self.points), missing], dtype=np.int16)
        if n - missing >= LARGE:
            counts = truth[None, :]
        elif n >= LARGE:
            counts = tables(n, len(self.points), unknown=missing)
        else:
            counts = tables(n, len(self.points))
        return Unknown((part, batch, item), counts, self.points, truth)

    # What a row speaks of

    def _parts(self, run: int) -> list[Part]:
        there = self.study.there(self.study.runs[run])
        return list(there[["client", "partner", "side", "wave"]].drop_duplicates().itertuples(index=False, name=None))

    def _size(self, run: int, part: Part) -> int:
        return sum(len(self.groups[part, b]) for b in self._batches(run, part))

    def _seen(self, report: Report) -> Iterator[Seen]:
        run = self.study.runs[report.run]
        wave = report.wave or run.waves[-1]
        own = [
            p
            for p in self._parts(report.run)
            if dict(zip(("client", "partner"), p, strict=False))[COLUMN_OF.get(report.by, report.by)] == report.whose
        ]
        for row in report.rows:
            variable = self._variable(row)
            if variable is None or row.table in REPEATS or row.table.startswith("groups_"):
                continue
            for column, value in row.values.items():
                role = ROLES.get(column, "")
                bound = row.bound(column) if role == "mean" else None
                if row.table == "robustness_scores" and column == "n_second":
                    continue  # no second side: always 0
                if isinstance(value, bool) or role in ("key", "nothing", "model", "follows", ""):
                    continue
                if bound is None and not isinstance(value, int | float):
                    continue
                ending = column.rsplit("_", 1)[-1]
                waves = {_COLUMN_WAVE.get(ending, str(row.values.get("wave") or wave))}
                side = _COLUMN_SIDE.get(ending) or _SIDES.get(str(row.values.get("side", "")))
                if ending in _COLUMN_SIDE and row.values.get("side"):
                    side = _SIDES.get(str(row.values["side"]))
                parts = [p for p in own if p[3] in waves and side in (None, p[2])]
                label = str(row.values.get("partnership") or "")
                pooled, own_row = False, label not in _ALL or report.by in COLUMN_OF
                if label not in _ALL:
                    named = [p for p in parts if label in (p[0], p[1], f"{p[0]} – {p[1]}")]
                    pooled = not named
                    parts = named or self._pool(report, row, parts)
                second: list[Part] = []
                of_gap = row.table.startswith(("gaps", "robustness_gaps")) and role in (
                    "estimate",
                    "interval",
                    "standard error",
                )
                if column == "gap" or of_gap:
                    second = [p for p in parts if p[2] == "partner"]
                    parts = [p for p in parts if p[2] == "client"]
                elif column == "change" or (
                    row.table in ("changes", "agreements") and role in ("interval", "standard error")
                ):
                    both = [p for p in own if side in (None, p[2])]
                    if label not in _ALL:
                        both = [p for p in both if label in (p[0], p[1], f"{p[0]} – {p[1]}")]
                    second = [p for p in both if p[3] == "1"]
                    parts = [p for p in both if p[3] == "2"]
                if not parts:
                    continue
                low, high = _bounds(row, column, value, bound, (self.points[0], self.points[-1]), self.study.step)
                about, other = tuple(sorted(parts)), tuple(sorted(second))
                yield Seen(report.run, about, pooled, variable, role, column, low, high, row, other, own_row)

    def _variable(self, row: Row) -> str | None:
        for key in ("item", "scale", "factor", "about"):
            name = row.values.get(key)
            if name in ITEMS:
                return str(name)
            if name in FACTORS:
                return FACTORS[name][0] if len(FACTORS[name]) == 1 else str(name)
        return None

    def _pool(self, report: Report, row: Row, parts: list[Part]) -> list[Part]:
        """The parts that are told together: those of which no row of their own tells anything."""
        shown = {
            (str(other.values.get("partnership") or ""), str(other.values.get("side") or ""))
            for other in report.rows
            if other.values.get("state") in ("full", "mean_only")
        }
        alone = [
            p for p in parts if not any((label, f"{p[2]} side") in shown for label in (p[0], p[1], f"{p[0]} – {p[1]}"))
        ]
        n = next(
            (row.values[c] for c in ("n_persons", "n_ratings", "n") if isinstance(row.values.get(c), int | float)), None
        )
        sizes = {p: self._size(report.run, p) for p in alone}
        tiny = [p for p in alone if sizes[p] < FLOOR]
        small = sorted((p for p in alone if FLOOR <= sizes[p] < LARGE), key=lambda p: sizes[p])
        # the rule is known: all under five, and if needed the smallest of five to nine
        for chosen in (tiny, *([*tiny, p] for p in small), alone):
            if n is None or sum(sizes[p] for p in chosen) == n:
                return chosen
        return alone

    # Tables of their own

    def _pools_shown(self, reports: Sequence[Report]) -> None:
        """Whether a pool has a mean tells whether five or more of all its parts answered."""
        found: dict[tuple[int, tuple[Part, ...], str], bool] = {}
        for report in reports:
            for row in report.rows:
                variable, side = self._variable(row), _SIDES.get(str(row.values.get("side", "")))
                for run, parts in self.knowledge.pools if variable in ITEMS else ():
                    by = COLUMN_OF.get(report.by, report.by)
                    name = {dict(zip(("client", "partner"), p, strict=False))[by] for p in parts}
                    label = str(row.values.get("partnership") or "")
                    known = label in _ALL or any(label in (p[0], p[1], f"{p[0]} – {p[1]}") for p in self._parts(run))
                    if (run, name, side) != (report.run, {report.whose}, parts[0][2]) or known:
                        continue
                    if parts[0][3] == (report.wave or self.study.runs[run].waves[-1]):
                        state = row.values.get("state")
                        found[run, parts, str(variable)] = state in ("full", "mean_only")
        checks = [self._shown_check(*key, shown) for key, shown in found.items()]
        if all(check.true() for check in checks):  # otherwise that is not the rule
            self.knowledge.puzzle.checks += checks

    def _shown_check(self, run: int, parts: tuple[Part, ...], variable: str, shown: bool) -> Check:
        terms = [term for part in parts for term in self._terms(run, part, variable, answered)]

        def passes(columns: list[np.ndarray]) -> np.ndarray:
            given = np.column_stack([column[:, 0] for column in columns])
            return np.asarray((given.sum(axis=1) >= FLOOR) == shown)

        unknowns = tuple(term.unknown for term in terms)
        source = f"run {run}: {variable} of {parts} {'' if shown else 'not '}shown"
        return Check(unknowns, ((answered,),) * len(unknowns), passes, source)

    def _audit(self, report: Report) -> None:
        """How many answers "don't know" were read: of all files, or of groups that may be told of."""
        for row in report.rows:
            told = row.values.get("cells")
            if row.table != "audit" or row.values.get("reason") != "dont_know" or not isinstance(told, int | float):
                continue
            parts = self._parts(report.run)
            by = COLUMN_OF.get(report.by, report.by)
            own = [p for p in parts if dict(zip(("client", "partner"), p, strict=False))[by] == report.whose]

            def missing(chosen: Iterable[Part], run: int = report.run) -> int:
                return sum(int(self._answers(run, part).isna().sum(axis=None)) for part in chosen)

            large = [p for p in parts if self._size(report.run, p) >= LARGE]
            if told in (missing(large), missing(p for p in large if p in own)):
                continue
            source = f"run {report.run}: audit of {report.whose}: {told:g}"
            about = next((chosen for chosen in (parts, own) if missing(chosen) == told), None)
            if about is None:
                self.knowledge.unexplained.append(source)
                continue
            terms = [t for p in about for item in ITEMS for t in self._terms(report.run, p, item, not_answered)]
            self.knowledge.puzzle.facts.append(Fact(tuple(terms), float(told), float(told), source))

    def _repeats(self, report: Report) -> None:
        told = {
            round(abs(value), 6)
            for row in report.rows
            for column, value in row.values.items()
            if row.table not in REPEATS and ROLES.get(column) in ("mean", "gap") and isinstance(value, int | float)
        }
        for row in report.rows:
            for column in ("mean", "gap", "mean_first", "mean_second", "mean_low", "mean_high"):
                value = row.values.get(column)
                if column == "gap" and _follows_from_its_row(row):
                    continue
                if row.table in REPEATS and isinstance(value, int | float) and round(abs(value), 6) not in told:
                    self.knowledge.unexplained.append(
                        f"run {report.run}: {row.table}.{column} of {report.whose}: {value}"
                    )

    def _tells_alike(self, one: Seen) -> bool:
        """Whether it shows that all of a large group answered the same: its spread, or a mean at the end of the scale."""
        if not one.own or one.pooled or one.second or one.variable not in ITEMS or len(one.parts) > 1:
            return False
        values = self._values(one.run, one.parts[0], one.variable)
        if len(values) < LARGE or len(set(values)) > 1:
            return False
        near = 1 / len(values)  # the next mean from the end
        at_end = one.role == "mean" and (one.low > self.points[-1] - near or one.high < self.points[0] + near)
        return at_end or one.role in ("sd", "min", "max", "band", "standard error")

    # Readings

    def _batches(self, run: int, part: Part) -> list[int]:
        return [b for b in range(1, self.study.runs[run].batches + 1) if (part, b) in self.groups]

    def _answers(self, run: int, part: Part) -> pd.DataFrame:
        key = (run, part)
        if key not in self._kept:
            self._kept[key] = pd.concat([self.groups[part, b] for b in self._batches(run, part)])
        return self._kept[key]

    def _values(self, run: int, part: Part, variable: str) -> np.ndarray:
        key = (run, part, variable)
        if key not in self._kept:
            answers = self._answers(run, part)
            items = list(FACTORS.get(variable, (variable,)))
            enough = answers[items].notna().mean(axis=1) >= 0.5
            self._kept[key] = answers[items].mean(axis=1)[enough].to_numpy()
        return self._kept[key]

    def _is_large(self, run: int, part: Part, variable: str) -> bool:
        return len(self._values(run, part, variable)) >= LARGE

    def _remember(self, seen: Iterable[Seen]) -> None:
        """Means of single parts and pools, as they are shown."""
        for one in seen:
            if one.column == "mean" and (len(one.parts) == 1 or one.pooled):
                value = one.row.values["mean"]
                if isinstance(value, int | float):
                    self.shown[one.run, one.parts, one.variable] = (float(value), one.low, one.high)

    def _terms(self, run: int, part: Part, variable: str, number: Number, factor: float = 1.0) -> list[Term]:
        return [
            Term(self.knowledge.unknowns[part, batch, variable], number, factor) for batch in self._batches(run, part)
        ]

    def _take(self, role: str, seen: list[Seen]) -> None:
        readings: dict[str, Callable[[list[Seen]], None]] = {
            "mean": self._means,
            "estimate": self._estimates,
            "gap": self._gaps,
            "interval": self._intervals,
            "sd": self._spreads,
            "band": self._bands,
            "unknown": self._unknowns,
            "skipped": lambda rows: None,  # nobody skips in these studies
            "answered": self._counts,
            "persons": self._counts,
            "asked": self._asked,
            "min": self._ends,
            "max": self._ends,
            "standard error": self._standard_errors,
        }
        readings[role](seen)

    def _decide(
        self,
        seen: list[Seen],
        follows: Callable[[Seen], float | None],
        made: Callable[[Seen], float | None],
        facts: Callable[[Seen], Iterable[Fact]],
    ) -> None:
        """Whether these numbers follow from shown cells, or are made of all answers; then they are facts."""

        def fits(one: Seen, value: float | None) -> bool:
            return value is not None and one.low - _EPS <= value <= one.high + _EPS

        if seen and all(fits(one, follows(one)) for one in seen):
            return
        for one in seen:
            if fits(one, made(one)):
                self.knowledge.puzzle.facts += facts(one)
            elif not fits(one, follows(one)):
                self.knowledge.unexplained.append(one.source)

    # Means

    def _means(self, seen: list[Seen]) -> None:
        single = [one for one in seen if len(one.parts) == 1 or one.pooled]
        for one in single:
            if not self._fits_pool(one):
                self.knowledge.unexplained.append(one.source)
                continue
            self.knowledge.puzzle.facts += self._mean_fact(one)
            if one.own and not one.pooled:
                self.knowledge.puzzle.facts += self._all_answers(one)
        self._decide(
            [one for one in seen if len(one.parts) > 1 and not one.pooled],
            self._shown_mean,
            self._true_mean,
            self._mean_fact,
        )

    def _all_answers(self, one: Seen) -> Iterator[Fact]:
        """Of a group of ten or more that grew from a smaller one: how often each answer was given."""
        (part,) = one.parts
        full = one.row.values.get("state") == "full" and self._is_large(one.run, part, one.variable)
        if full and len(self._batches(one.run, part)) > 1 and one.variable in ITEMS:
            values = self._values(one.run, part, one.variable)
            for point in self.points:
                terms = self._terms(one.run, part, one.variable, between(point, point))
                often = float((values == point).sum())
                yield Fact(tuple(terms), often, often, one.source)

    def _fits_pool(self, one: Seen) -> bool:
        values = np.concatenate([self._values(one.run, part, one.variable) for part in one.parts])
        return bool(len(values)) and one.low - _EPS <= values.mean() <= one.high + _EPS

    def _true_mean(self, one: Seen) -> float | None:
        return self._equal(one, one.parts)

    def _equal(self, one: Seen, parts: Iterable[Part]) -> float | None:
        found = [v.mean() for part in parts if len(v := self._values(one.run, part, one.variable))]
        return float(np.mean(found)) if found else None

    def _shown_mean(self, one: Seen, parts: tuple[Part, ...] | None = None) -> float | None:
        """The mean of what is shown of the parts: large ones exactly, small ones as they are told, others left out."""
        left = list(one.parts if parts is None else parts)
        found = []
        for (run, members, variable), (value, _low, _high) in self.shown.items():
            if (run, variable) != (one.run, one.variable) or not set(members) <= set(left):
                continue
            exact = len(members) == 1 and self._is_large(run, members[0], variable)
            alike = exact and len(set(self._values(run, members[0], variable))) < 3
            found.append(float(self._values(run, members[0], variable).mean()) if exact and not alike else value)
        return float(np.mean(found)) if found else None

    def _mean_fact(self, one: Seen) -> Iterator[Fact]:
        if one.variable in ITEMS:
            yield from self._item_mean(one)
        else:
            yield from self._score_mean(one)

    def _item_mean(self, one: Seen) -> Iterator[Fact]:
        """The middle of the bounds is taken off each answer, or each mean, so that nobody needs to know how many there are."""
        middle, half = (one.low + one.high) / 2, (one.high - one.low) / 2
        if one.pooled or len(one.parts) == 1:
            terms = [t for part in one.parts for t in self._terms(one.run, part, one.variable, _less(total, middle))]
            terms += [t for part in one.parts for t in self._terms(one.run, part, one.variable, answered, -half)]
            yield Fact(_merged(terms), -np.inf, 0.0, one.source)
            terms = [
                t for part in one.parts for t in self._terms(one.run, part, one.variable, _less(total, middle), -1.0)
            ]
            terms += [t for part in one.parts for t in self._terms(one.run, part, one.variable, answered, -half)]
            yield Fact(_merged(terms), -np.inf, 0.0, one.source)
            there = [t for part in one.parts for t in self._terms(one.run, part, one.variable, answered)]
            size = sum(self._size(one.run, part) for part in one.parts)
            yield Fact(tuple(there), min(size, FLOOR), np.inf, one.source)  # of fewer answers no mean is told
            return
        if any(len(self._terms(one.run, part, one.variable, mean)) > 1 for part in one.parts):
            parts = [(part, len(self._values(one.run, part, one.variable))) for part in one.parts]
            terms = [
                t
                for part, n in parts
                if n
                for t in self._terms(one.run, part, one.variable, _less(total, middle), 1 / n)
            ]
        else:
            terms = [t for part in one.parts for t in self._terms(one.run, part, one.variable, _less(mean, middle))]
        slack = half * len(one.parts)
        yield Fact(_merged(terms), -slack, slack, one.source)

    def _score_mean(self, one: Seen) -> Iterator[Fact]:
        """A score is the mean of its items where nobody lacks an answer; otherwise nothing is made of it."""
        items = FACTORS[one.variable]
        if any(self._answers(one.run, part)[list(items)].isna().any(axis=None) for part in one.parts):
            return
        sizes = [self._size(one.run, part) for part in one.parts]
        weights = [n / sum(sizes) if one.pooled else 1 / len(sizes) for n in sizes]
        terms = [
            term
            for part, n, weight in zip(one.parts, sizes, weights, strict=True)
            for item in items
            for term in self._terms(one.run, part, item, total, weight / (n * len(items)))
        ]
        yield Fact(_merged(terms), one.low, one.high, one.source)

    def _estimates(self, seen: list[Seen]) -> None:
        self._means([one for one in seen if not one.second])
        self._gaps([one for one in seen if one.second])

    def _gaps(self, seen: list[Seen]) -> None:
        def follows(one: Seen) -> float | None:
            first, second = (one.row.values.get(c) for c in self._two(one))
            if isinstance(first, int | float) and isinstance(second, int | float):
                return float(first) - float(second)
            a, b = self._shown_mean(one), self._shown_mean(one, one.second)
            return None if a is None or b is None else a - b

        def made(one: Seen) -> float | None:
            a, b = self._equal(one, one.parts), self._equal(one, one.second)
            return None if a is None or b is None else a - b

        def facts(one: Seen) -> Iterator[Fact]:
            if one.variable not in ITEMS:
                return
            terms = [
                Term(t.unknown, t.number, t.factor * sign / len(parts))
                for sign, parts in ((1, one.parts), (-1, one.second))
                for part in parts
                for t in self._terms(one.run, part, one.variable, mean)
            ]
            if all(len(self._values(one.run, p, one.variable)) for p in (*one.parts, *one.second)) and len(
                terms
            ) == len(one.parts) + len(one.second):
                yield Fact(tuple(terms), one.low, one.high, one.source)

        for table in sorted({one.row.table for one in seen}):
            self._decide([one for one in seen if one.row.table == table], follows, made, facts)

    @staticmethod
    def _two(one: Seen) -> tuple[str, str]:
        return ("mean_after", "mean_before") if one.column == "change" else ("mean_first", "mean_second")

    # Spread

    def _spreads(self, seen: list[Seen]) -> None:
        def squares(one: Seen) -> Seen:
            return one._replace(low=max(one.low, 0.0) ** 2, high=one.high**2)

        def spread(one: Seen, parts: Iterable[Part]) -> float | None:
            found = [v.var(ddof=1) for part in parts if len(v := self._values(one.run, part, one.variable)) > 1]
            return float(np.mean(found)) if found else None

        def facts(one: Seen) -> Iterator[Fact]:
            parts = [p for p in one.parts if len(self._values(one.run, p, one.variable)) > 1]
            terms = (
                [t for part in parts for t in self._terms(one.run, part, one.variable, variance, 1 / len(parts))]
                if one.variable in ITEMS
                else []
            )
            if terms and len(terms) == len(parts):
                yield Fact(tuple(terms), one.low, one.high, one.source)

        self._decide(
            [squares(one) for one in seen],
            lambda one: spread(one, [p for p in one.parts if self._is_large(one.run, p, one.variable)]),
            lambda one: spread(one, one.parts),
            facts,
        )

    def _standard_errors(self, seen: list[Seen]) -> None:
        """The square root of the parts' variances over their numbers, where these are the parts' own."""
        for one in seen:
            weighed = self._weighed(one)
            if one.variable not in ITEMS or weighed is None:
                continue
            terms = tuple(
                Term(term.unknown, _variance_of_mean, weight**2)
                for part, weight in weighed
                for term in self._terms(one.run, part, one.variable, variance)
            )
            fact = Fact(terms, max(one.low, 0.0) ** 2 - 1e-9, one.high**2 + 1e-9, one.source)
            if len(terms) == len(weighed) and fact.true():
                self.knowledge.puzzle.facts.append(fact)

    def _weighed(self, one: Seen) -> list[tuple[Part, float]] | None:
        """The parts of a mean or a gap with their weights; None where another formula holds: people who rate several
        partnerships, or parts of one answer.
        """
        weighed = [(part, 1.0 / len(one.parts)) for part in one.parts]
        weighed += [(part, -1.0 / len(one.second)) for part in one.second]
        people = [who for part, _ in weighed for b in self._batches(one.run, part) for who in self.people[part, b]]
        few = any(len(self._values(one.run, part, one.variable)) < 2 for part, _ in weighed)
        return None if few or len(people) != len(set(people)) else weighed

    def _intervals(self, seen: list[Seen]) -> None:
        """Both ends of an interval that is made of the parts' own spread; otherwise it rests on lent spread."""
        pairs: dict[tuple[Any, ...], dict[str, Seen]] = {}
        for one in seen:
            pairs.setdefault((one.run, one.row.table, one.parts, one.second, one.variable), {})[one.column] = one
        for ends in pairs.values():
            if len(ends) != 2 or ends["ci_lower"].variable not in ITEMS:
                continue
            check = self._interval_check(ends["ci_lower"], ends["ci_upper"])
            if check is not None and check.true():
                self.knowledge.puzzle.checks.append(check)

    def _interval_check(self, lower: Seen, upper: Seen) -> Check | None:
        signs = self._weighed(lower)
        if signs is None:
            return None
        terms = [(self._terms(lower.run, part, lower.variable, mean), weight) for part, weight in signs]
        if any(len(found) != 1 for found, _ in terms) or all(len(found[0].unknown.counts) == 1 for found, _ in terms):
            return None
        weights = [weight for _, weight in terms]

        def passes(columns: list[np.ndarray]) -> np.ndarray:
            centre = sum(w * c[:, 0] for w, c in zip(weights, columns, strict=True))
            parts = [w**2 * c[:, 1] / np.maximum(c[:, 2], 1) for w, c in zip(weights, columns, strict=True)]
            whole = np.asarray(sum(parts))
            squares = sum(p**2 / np.maximum(c[:, 2] - 1, 1) for p, c in zip(parts, columns, strict=True))
            with np.errstate(divide="ignore", invalid="ignore"):
                half = np.where(whole > 0, stats.t.ppf(0.975, whole**2 / squares) * np.sqrt(whole), 0.0)
            enough = np.all([c[:, 2] > 1 for c in columns], axis=0)
            least, most = centre - half, centre + half
            good = (least >= lower.low - 1e-6) & (least <= lower.high + 1e-6)
            return np.asarray(enough & good & (most >= upper.low - 1e-6) & (most <= upper.high + 1e-6))

        unknowns = tuple(found[0].unknown for found, _ in terms)
        return Check(unknowns, ((mean, variance, answered),) * len(unknowns), passes, lower.source)

    def _ends(self, seen: list[Seen]) -> None:
        for one in seen:
            values = [self._values(one.run, part, one.variable) for part in one.parts]
            found = np.concatenate(values)
            number = lowest if one.role == "min" else highest
            extreme = (found.min() if one.role == "min" else found.max()) if len(found) else None
            if extreme is None or not one.low - _EPS <= extreme <= one.high + _EPS:
                large = np.concatenate([v for v in values if len(v) >= LARGE] or [np.zeros(0)])
                if (
                    not len(large)
                    or not one.low - _EPS <= (large.min() if one.role == "min" else large.max()) <= one.high + _EPS
                ):
                    self.knowledge.unexplained.append(one.source)
                continue
            for part in one.parts:
                for term in self._terms(one.run, part, one.variable, number):
                    ends = (one.low, np.inf) if one.role == "min" else (-np.inf, one.high)
                    if len(one.parts) == 1 and len(self._terms(one.run, part, one.variable, number)) == 1:
                        ends = one.low, one.high
                    self.knowledge.puzzle.facts.append(Fact((term,), *ends, one.source))

    # Shares and counts

    def _bands(self, seen: list[Seen]) -> None:
        def limits(one: Seen) -> tuple[float, float]:
            numbers = [float(x) for x in _NUMBERS.findall(one.row.labels.get(one.column, ""))]
            return (numbers[0], numbers[-1]) if numbers else (np.nan, np.nan)

        def share(one: Seen, parts: Iterable[Part]) -> float | None:
            low, high = limits(one)
            found = [
                float(np.mean((v >= low) & (v <= high)))
                for p in parts
                if len(v := self._values(one.run, p, one.variable))
            ]
            return float(np.mean(found)) if found else None

        def facts(one: Seen) -> Iterator[Fact]:
            parts = [p for p in one.parts if len(self._values(one.run, p, one.variable))]
            terms = [
                t
                for p in parts
                for t in self._terms(one.run, p, one.variable, per_answer(between(*limits(one))), 1 / len(parts))
            ]
            if len(terms) == len(parts):
                yield Fact(tuple(terms), one.low, one.high, one.source)

        self._decide(
            seen,
            lambda one: share(one, [p for p in one.parts if self._is_large(one.run, p, one.variable)]),
            lambda one: share(one, one.parts),
            facts,
        )

    def _unknowns(self, seen: list[Seen]) -> None:
        def number(one: Seen, parts: Iterable[Part], among: Iterable[Part]) -> float | None:
            missing = sum(int(self._answers(one.run, p)[one.variable].isna().sum()) for p in parts)
            asked = sum(self._size(one.run, p) for p in among)
            return missing / asked if asked else None

        def follows(one: Seen) -> float | None:
            large = [p for p in one.parts if self._is_large(one.run, p, one.variable)]
            tried = [number(one, large, large), number(one, large, one.parts), 0.0 if not large else None]
            fits = [v for v in tried if v is not None and one.low - _EPS <= v <= one.high + _EPS]
            return fits[0] if fits else None

        def facts(one: Seen) -> Iterator[Fact]:
            n = sum(self._size(one.run, p) for p in one.parts)
            terms = [t for p in one.parts for t in self._terms(one.run, p, one.variable, not_answered)]
            yield Fact(tuple(terms), one.low * n, one.high * n, one.source)

        self._decide(
            [one for one in seen if one.variable in ITEMS],
            follows,
            lambda one: number(one, one.parts, one.parts),
            facts,
        )

    def _counts(self, seen: list[Seen]) -> None:
        """Numbers of persons with an answer; of small parts it may be their size, which is no secret."""

        def persons(one: Seen, parts: Iterable[Part]) -> set[str]:
            found: set[str] = set()
            for (part, batch), rows in self.groups.items():
                if part in parts and batch <= self.study.runs[one.run].batches:
                    items = [one.variable] if one.variable in ITEMS else list(FACTORS[one.variable])
                    there = (rows[items].notna().mean(axis=1) >= 0.5).to_numpy()
                    found |= {w for w, t in zip(self.people[part, batch], there, strict=True) if t}
            return found

        def everybody(one: Seen, parts: Iterable[Part]) -> set[str]:
            return {
                w
                for (part, batch), who in self.people.items()
                if part in parts and batch <= self.study.runs[one.run].batches
                for w in who
            }

        def follows(one: Seen) -> float | None:
            large = [p for p in one.parts if self._size(one.run, p) >= LARGE]
            small = [p for p in one.parts if p not in large]
            counted = len(persons(one, large) | everybody(one, small))
            ratings = sum(len(self._values(one.run, p, one.variable)) for p in large)
            ratings += sum(self._size(one.run, p) for p in small)
            tried = [counted, ratings, len(persons(one, large)), len(everybody(one, one.parts))]
            told = [m for (run, ms, v) in self.shown if (run, v) == (one.run, one.variable) for m in ms if m in small]
            tried += [len(persons(one, large) | everybody(one, told))]
            tried += [
                sum(len(self._values(one.run, p, one.variable)) for p in large)
                + sum(self._size(one.run, p) for p in told)
            ]
            fits = [v for v in tried if one.low - _EPS <= v <= one.high + _EPS]
            return float(fits[0]) if fits else None

        def made(one: Seen) -> float | None:
            tried = [len(persons(one, one.parts)), sum(len(self._values(one.run, p, one.variable)) for p in one.parts)]
            fits = [v for v in tried if one.low - _EPS <= v <= one.high + _EPS]
            return float(fits[0]) if fits else None

        def facts(one: Seen) -> Iterator[Fact]:
            people = [w for (p, _b), who in self.people.items() if p in one.parts for w in who]
            if one.variable in ITEMS and len(people) == len(set(people)):
                terms = [t for p in one.parts for t in self._terms(one.run, p, one.variable, answered)]
                yield Fact(tuple(terms), one.low, one.high, one.source)

        self._decide(seen, follows, made, facts)

    def _asked(self, seen: list[Seen]) -> None:
        """Numbers of persons who were asked: sizes of groups are no secret."""


_NUMBERS = re.compile(r"\d+")


def _by_role(seen: Iterable[Seen]) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for one in seen:
        found.setdefault(one.role, []).append(one)
    return found


def _bounds(
    row: Row, column: str, value: Any, bound: tuple[str, float] | None, scale: tuple[float, float], step: float
) -> tuple[float, float]:
    """Between which numbers the exact one lies, by the decimals or the steps that are told; halves are told as the higher."""
    below = step / 2 - (_HALVES_UP if step == FIFTHS else 0.0)
    if bound is not None:
        kind, end = bound
        return (end - step / 2, scale[1]) if kind == "least" else (scale[0], end + below)
    number = float(value)
    if isinstance(value, int) or ROLES[column] in ("answered", "persons", "asked", "min", "max"):
        return number, number
    coarse = row.values.get("coarse") is True or row.values.get("state") == "mean_only"
    if coarse and ROLES[column] in ("mean", "estimate", "gap", "interval") and abs(round(number, 1) - number) < 1e-9:
        return number - step / 2, number + below
    half = 0.005 if abs(round(number, 2) - number) < 1e-9 else 1e-9
    return number - half, number + half


def _less(number: Number, middle: float) -> Number:
    """A sum less the middle for each answer, or a mean less the middle; 0 where nobody answered."""

    def less(counts: np.ndarray, points: np.ndarray) -> np.ndarray:
        n = answered(counts, points)
        times = n if number is total else (n > 0).astype(float)
        return np.where(n > 0, number(counts, points), 0.0) - middle * times

    return less


def _variance_of_mean(counts: np.ndarray, points: np.ndarray) -> np.ndarray:
    return variance(counts, points) / np.maximum(answered(counts, points), 1)


def _merged(terms: list[Term]) -> tuple[Term, ...]:
    """One term an unknown."""
    by: dict[int, list[Term]] = {}
    for term in terms:
        by.setdefault(id(term.unknown), []).append(term)

    def together(found: list[Term]) -> Term:
        if len(found) == 1:
            return found[0]
        return Term(found[0].unknown, lambda counts, points: sum(t.factor * t.number(counts, points) for t in found))

    return tuple(together(found) for found in by.values())
