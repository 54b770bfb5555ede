"""Attack breakdowns: what roles, tenures, parts and totals of all runs tell together of a few persons.

The attacker is given more than reports show: of each part of ten or more that was shown the exact sum of scores, of each
level the sum within the rounding of its mean, and who answered. Then

- every set of atoms (persons with the same part and levels in every run) of fewer than ten persons is tried: is there a
  combination of what is known that is about these alone? That is a matter of rank, found without the program's own search;
- linear programs give the least and the greatest mean of every small level, with scores anywhere on the scale.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from hpp_analysis.disclosure.levels import SMALLER
from tests.attack.reading import Report, Row
from tests.attack.studies import FACTORS, RandomStudy

FLOOR, LARGE = 5, 10
UNSAID = "(unknown)"
_MOST_SETS = 4_000
"""Sets of atoms tried in one group of ratings."""


@dataclass
class LevelsFound:
    """What an attack on breakdowns found.

    Attributes
    ----------
    shown : int
        Rows with a mean.
    small : int
        Levels of fewer than ten persons whose means were sought, once for each factor.
    sets : int
        Sets of atoms that were tried.
    narrowest : float
        How far the mean of a level under five stayed open, in scale points.
    breaches : list of str
    """

    shown: int = 0
    small: int = 0
    sets: int = 0
    narrowest: float = np.inf
    breaches: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.shown} means of levels, {self.small} small levels open by {self.narrowest:.2f}, {self.sets} sets of persons"


def attack_levels(study: RandomStudy, reports: list[Report]) -> LevelsFound:
    """Try to work out the mean of a few persons from the breakdowns of all reports."""
    found = LevelsFound()
    if not study.breakdowns:
        return found
    for factor in FACTORS:
        known = _Known()
        for report in reports:
            there = _cleared(_there(study, report), factor)
            for (client, partner, side), rows in there.groupby(["client", "partner", "side"]):
                if report.run == 0 or _is_shown(report, {client, partner, f"{client} – {partner}"}, side):
                    known.add(rows)
            for fact in _told(study, there, report, factor, known):
                found.shown += 1
                found.breaches += [fact.wrong] if fact.wrong else []
        _search(study, factor, known, found)
    return found


@dataclass(frozen=True)
class _Fact:
    """A group of scores whose sum is known, within a margin."""

    columns: frozenset[int]
    total: float
    margin: float = 0.0
    is_level: bool = False
    wrong: str = ""


class _Known:
    """What is known of scores; a score of which another run left out a question is another score."""

    def __init__(self) -> None:
        self.columns: dict[tuple[int, str], int] = {}
        self.rows: list[pd.Series] = []
        self.facts: dict[tuple[frozenset[int], bool], _Fact] = {}

    def add(self, rows: pd.DataFrame, margin: float = 0.0, *, is_level: bool = False, wrong: str = "") -> _Fact:
        for index, row in rows.iterrows():
            if (index, row["kept"]) not in self.columns:
                self.columns[index, row["kept"]] = len(self.rows)
                self.rows.append(row)
        columns = frozenset(self.columns[index, row["kept"]] for index, row in rows.iterrows())
        fact = _Fact(columns, float(rows["score"].sum()), margin * len(rows), is_level, wrong)
        return self.facts.setdefault((columns, is_level), fact)


def _there(study: RandomStudy, report: Report) -> pd.DataFrame:
    """The answers that a report is about."""
    run = study.runs[report.run]
    rows = study.there(run)
    rows = rows[rows[report.by].eq(report.whose) & rows["wave"].eq(report.wave or run.waves[-1])]
    return rows.assign(tenure=rows["tenure"].replace("", UNSAID))


def _cleared(there: pd.DataFrame, factor: str) -> pd.DataFrame:
    """The scores that rule 2 leaves: those of sides of ten persons or more, of questions that were not answered alike."""
    cleared = []
    items = list(FACTORS[factor])
    for _part, rows in there.groupby(["client", "partner", "side"]):
        scored = rows[items].notna().mean(axis=1) >= 0.5
        if rows.loc[scored, "respondent"].nunique() < LARGE or rows["respondent"].nunique() < LARGE:
            continue
        kept = [
            item
            for item in items
            if rows.loc[rows[item].notna(), "respondent"].nunique() >= LARGE and not _alike(rows[item].dropna())
        ]
        left = rows[kept].reindex(columns=items)
        rows = rows.assign(score=left.mean(axis=1).where(left.notna().mean(axis=1) >= 0.5), kept=",".join(kept))
        cleared.append(rows[rows["score"].notna()])
    return pd.concat(cleared) if cleared else there.iloc[:0].assign(score=np.nan, kept="")


def _alike(values: pd.Series) -> bool:
    return int(values.value_counts().max()) >= len(values) - 1


def _told(study: RandomStudy, there: pd.DataFrame, report: Report, factor: str, known: _Known) -> Iterator[_Fact]:
    """The levels that a report shows; that their means are those of the persons whom the rules name is checked."""
    for breakdown in study.breakdowns:
        table = [row for row in report.rows if row.table == f"groups_{breakdown}" and _number(row, "mean") is not None]
        rows = {(str(row.values["side"]), _plain(row, breakdown)): row for row in table if _is_of(row, factor)}
        for (side_name, name), row in rows.items():
            own = there[there["side"].eq("client" if "client" in side_name.lower() else "partner")]
            alone = {other for whose, other in rows if whose == side_name} - {SMALLER}
            chosen = own[~own[breakdown].isin(alone)] if name == SMALLER else own[own[breakdown].eq(name)]
            persons, mean = chosen["respondent"].nunique(), chosen["score"].mean()
            is_right = persons == _number(row, "n_persons") and abs(mean - (_number(row, "mean") or 0)) <= 0.00501
            wrong = (
                ""
                if is_right and persons >= LARGE
                else f"{row.table} {factor}: {name} is shown of {persons} persons, or is not their mean"
            )
            yield known.add(chosen, 0.005, is_level=True, wrong=wrong)


def _is_shown(report: Report, names: set[str], side: str) -> bool:
    """Whether a report tells a mean of this side of this partnership: a ledger may withhold what changed since."""
    return any(
        str(row.values.get("partnership")) in names
        and side in str(row.values.get("side")).lower()
        and _number(row, "mean") is not None
        for row in report.rows
    )


def _is_of(row: Row, factor: str) -> bool:
    return str(row.values["factor"]).lower() == factor


def _plain(row: Row, breakdown: str) -> str:
    """The level of a row as the answers have it."""
    text = str(row.values[breakdown]).lower()
    return {"smaller groups together": SMALLER, "kleinere groepen samen": SMALLER, "not stated": UNSAID, "niet opgegeven": UNSAID}.get(text, text)  # fmt: skip


def _number(row: Row, column: str) -> float | None:
    value = row.values.get(column)
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value) else None
    )


def _search(study: RandomStudy, factor: str, known: _Known, found: LevelsFound) -> None:
    """Hold all facts together, in each set of ratings that they link."""
    facts = list(known.facts.values())
    member = np.zeros((len(facts), len(known.rows)), dtype=bool)
    for place, fact in enumerate(facts):
        member[place, list(fact.columns)] = True
    persons = np.array([row["respondent"] for row in known.rows], dtype=object)
    for linked in _linked(member):
        if any(facts[place].is_level for place in linked):
            columns = np.flatnonzero(member[linked].any(axis=0))
            if isolated := _isolated(member[linked][:, columns], persons[columns], found):
                found.breaches.append(f"{factor}: {len(isolated)} persons can be told apart: {sorted(isolated)}")
            about = pd.DataFrame([known.rows[column] for column in columns]).assign(column=columns)
            _narrow(study, factor, [facts[place] for place in linked], about, found)


def _linked(member: np.ndarray) -> Iterator[list[int]]:
    """Facts that share ratings, also through others."""
    left = set(range(len(member)))
    while left:
        group, waiting = [], [left.pop()]
        while waiting:
            one = waiting.pop()
            group.append(one)
            near = {other for other in left if (member[one] & member[other]).any()}
            left -= near
            waiting += near
        yield sorted(group)


def _isolated(known: np.ndarray, persons: np.ndarray, found: LevelsFound) -> set[str]:
    """The first set of fewer than ten persons that a combination of groups is about; empty where there is none."""
    patterns, atom = np.unique(known, axis=1, return_inverse=True)
    atom = atom.ravel()
    of_atom = [frozenset(persons[atom == place]) for place in range(patterns.shape[1])]
    matrix = patterns.astype(float)
    rank = np.linalg.matrix_rank(matrix)
    order = sorted(range(len(of_atom)), key=lambda place: len(of_atom[place]))
    waiting: deque[tuple[int, tuple[int, ...], frozenset[str]]] = deque([(0, (), frozenset())])
    tried = 0
    while waiting and tried < _MOST_SETS:  # the smallest sets first
        start, chosen, whom = waiting.popleft()
        for at in range(start, len(order)):
            together = whom | of_atom[order[at]]
            if len(together) >= LARGE:
                continue
            now = (*chosen, order[at])
            tried += 1
            rest = np.setdiff1d(np.arange(len(of_atom)), now)
            if np.linalg.matrix_rank(matrix[:, rest]) < rank:
                found.sets += tried
                return set(together)
            waiting.append((at + 1, now, together))
    found.sets += tried
    return set()


def _narrow(study: RandomStudy, factor: str, facts: list[_Fact], about: pd.DataFrame, found: LevelsFound) -> None:
    """How far the mean of each small level stays open."""
    columns = about["column"].to_numpy()
    lines = np.array([np.isin(columns, list(fact.columns)).astype(float) for fact in facts])
    upper = np.vstack([lines, -lines])
    limits = [fact.total + fact.margin + 1e-6 for fact in facts] + [fact.margin - fact.total + 1e-6 for fact in facts]
    for breakdown in study.breakdowns:
        for _key, level in about.groupby(["client", "side", "wave", breakdown]):
            n = level["respondent"].nunique()
            if n >= LARGE:
                continue
            line = np.isin(columns, level["column"]).astype(float) / len(level)
            least, most = (
                sign * linprog(sign * line, upper, limits, bounds=(study.low, study.high)).fun for sign in (1, -1)
            )
            found.small += 1
            around = [fact for fact in facts if fact.columns & set(level["column"])]
            if n < FLOOR and all(_is_open(study, fact) for fact in around):
                found.narrowest = min(found.narrowest, most - least)
                if most - least < 1.0:
                    found.breaches.append(f"{factor}: the mean of {n} persons lies within {most - least:.2f} points")


def _is_open(study: RandomStudy, fact: _Fact) -> bool:
    """Whether the mean of a group lies so far from the ends that it says little of each of its persons by itself."""
    mean = fact.total / len(fact.columns)
    return study.low + 1 <= mean <= study.high - 1
