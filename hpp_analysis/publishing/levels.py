"""Breakdowns in a disclosure plan: which levels of which columns reports may show, and the answers that tell of them.

A breakdown is made of the answers of large parts alone. Within each side of each report its levels are joined until
nothing that is shown leads to fewer than ten persons (`disclosure.levels`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.cleared import ClearedSurvey
from hpp_analysis.disclosure import Cells, Key
from hpp_analysis.disclosure.levels import join_levels
from hpp_analysis.disclosure.plan import persons_with
from hpp_analysis.errors import OptionError
from hpp_analysis.options import names_in
from hpp_analysis.partners.group_differences import check_breakdown, with_levels
from hpp_analysis.publishing.ledger import Ledger, Released
from hpp_analysis.survey.survey import Survey

MOST_BREAKDOWNS = 2
"""Each further breakdown leads to more groups by subtraction, so that fewer levels could be shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The levels that reports show.

    Attributes
    ----------
    shown : DataFrame, ratings x breakdowns
        The level in which each rating is shown, also that of joined levels; "" for none.
    domain : ndarray of int, ratings
        The side of a report that each rating belongs to.
    keys : tuple of frozenset
        Groups that a report could speak of: each level of each side.
    states, reasons : tuple of str
        Of each key.
    released : tuple of Released
        The shown levels, for the ledger.
    """

    shown: pd.DataFrame
    domain: np.ndarray
    keys: tuple[Key, ...] = ()
    states: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    released: tuple[Released, ...] = ()


def check_breakdowns(survey: Survey, breakdowns: str | Sequence[str], by: str | None) -> tuple[str, ...]:
    """The columns of breakdowns, each of which must be one whose values can be compared within a report."""
    names = tuple(dict.fromkeys(names_in(breakdowns, survey.respondents.columns, "breakdowns")))
    if len(names) > MOST_BREAKDOWNS or by in names:
        raise OptionError(
            f"`breakdowns` must name at most {MOST_BREAKDOWNS} columns, other than the one that makes the reports. Given: "
            f"{', '.join(names)}{f' in reports by {by}' if by in names else ''}. Name those that matter most, such as role."
        )
    for name in names:
        check_breakdown(survey, name)
    return names


def plan_levels(
    survey: Survey,
    breakdowns: Sequence[str],
    chosen: Sequence[str],
    answers: pd.DataFrame,
    part: np.ndarray,
    *,
    detail: int,
    ledger: Ledger | None = None,
    anew: bool = False,
) -> Levels:
    """Decide which levels may be shown.

    Parameters
    ----------
    survey : Survey
        All answers.
    breakdowns : sequence of str
        The columns, the most important one first: its levels are joined least.
    chosen : sequence of str
        The columns that make reports: a wave, and the column of `by`.
    answers : DataFrame, ratings x items
        Of large parts.
    part : ndarray of int, ratings
        The large part of each rating; -1 for others.
    detail : int
        Least number of persons.
    ledger : Ledger, optional
        What earlier runs released.
    anew : bool
        Whether to show levels although earlier reports and these together could tell of a few persons.
    """
    columns = [*chosen, *(["side"] if "side" in survey.respondents and "side" not in chosen else [])]
    domain, names = _domains(survey, columns)
    levels = pd.DataFrame({name: with_levels(survey, name).respondents[name].astype(str) for name in breakdowns})
    shown = pd.DataFrame("", survey.items.index, list(breakdowns), dtype=object)
    scores = scale_values(replace(survey, items=answers)).to_numpy(dtype=float)
    person = survey.persons.to_numpy()
    blocked: set[int] = set()
    released: list[Released] = []
    for number in range(len(names)):
        rows = np.flatnonzero((domain == number) & (part >= 0))
        divisions = [part[rows]]
        for name in breakdowns if len(rows) else ():
            own = levels[name].to_numpy(dtype=object)[rows]
            joined = join_levels(own, person[rows], divisions, scores[rows], detail=detail)
            if joined is not None:
                divisions.append(joined)
                shown.iloc[rows, shown.columns.get_loc(name)] = joined
        if ledger is not None and len(divisions) > 1:
            groups = _groups(ledger, survey, rows, divisions)
            if not anew and not ledger.fits(groups):
                blocked.add(number)
                shown.iloc[rows] = ""
            else:
                released += groups[len(np.unique(divisions[0])) :]
    keys = dict(_keys(survey, levels, shown, domain, names, columns, blocked))
    states, reasons = zip(*keys.values(), strict=True) if keys else ((), ())
    return Levels(shown, domain, tuple(keys), states, reasons, tuple(released))


def _domains(survey: Survey, columns: Sequence[str]) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Of each rating, the number of its side of its report; and what these are."""
    if not columns:
        return np.zeros(len(survey), dtype=int), [()]
    rows = list(survey.respondents[list(columns)].astype(str).itertuples(index=False, name=None))
    names = list(dict.fromkeys(rows))
    number = {name: place for place, name in enumerate(names)}
    return np.array([number[row] for row in rows], dtype=int), names


def _groups(ledger: Ledger, survey: Survey, rows: np.ndarray, divisions: Sequence[np.ndarray]) -> list[Released]:
    """The parts and levels of a domain as a ledger knows them: first the parts."""
    numbered = []
    for division in divisions:
        codes = np.full(len(survey), -1)
        codes[rows] = pd.factorize(division)[0]
        numbered.append(codes)
    return [group for grouped in ledger.groups(survey, *numbered) for group in grouped.values()]


def _keys(
    survey: Survey,
    levels: pd.DataFrame,
    shown: pd.DataFrame,
    domain: np.ndarray,
    names: Sequence[tuple[str, ...]],
    columns: Sequence[str],
    blocked: set[int],
) -> Iterator[tuple[Key, tuple[str, str]]]:
    """Each group that reports could speak of, whether it is shown, and why not."""
    for breakdown in levels:
        told = shown[breakdown].to_numpy(dtype=object)
        given = levels[breakdown].to_numpy(dtype=object)
        for number, name in enumerate(names):
            rows = domain == number
            kept = set(told[rows]) - {""}
            why = "released" if number in blocked else "too_few"
            for level in dict.fromkeys([*given[rows], *kept]):
                key = frozenset(
                    {**survey.selection, **dict(zip(columns, name, strict=True)), str(breakdown): level}.items()
                )
                yield key, ("full", "") if level in kept else ("withheld", why)


def count_persons(survey: Survey, cells_columns: Sequence[str], levels: Levels, scored: pd.DataFrame) -> np.ndarray:
    """Persons with an answer or score, keys x variables; of groups that are not shown, 0."""
    persons = pd.factorize(survey.persons.to_numpy())[0]
    counts = np.zeros((len(levels.keys), len(cells_columns)), dtype=np.int64)
    answered = scored.reindex(columns=list(cells_columns)).notna().to_numpy()
    respondents = survey.respondents.astype(str)
    for place, (key, state) in enumerate(zip(levels.keys, levels.states, strict=True)):
        if state == "full":
            rows = np.ones(len(survey), dtype=bool)
            for column, value in key:
                if column in levels.shown:
                    rows &= levels.shown[column].eq(value).to_numpy()
                elif column in respondents:
                    rows &= respondents[column].eq(value).to_numpy()
            counts[place] = persons_with(answered[rows], persons[rows])
    return counts


def clear_levels(
    survey: Survey, cells: Cells, answers: ClearedSurvey, complete: set[int], breakdown: str
) -> ClearedSurvey:
    """The answers that tell of the levels of a breakdown: each rating in the level in which it is shown.

    A side of a report of which the survey holds only some ratings is left out.
    """
    if breakdown not in cells.levels:
        return _taken(answers, np.zeros(len(answers), dtype=bool))
    planned = cells.levels[breakdown]
    domain = cells.ratings["domain"]
    wanted = planned.ne("")
    here = planned.index.isin(survey.items.index)
    parts = cells.ratings["told"]
    partial = set(domain[wanted & (~here | ~parts.isin(list(complete)))])
    level = planned.reindex(answers.items.index).fillna("")
    kept = level.ne("").to_numpy() & ~domain.reindex(answers.items.index).isin(list(partial)).to_numpy()
    chosen = _taken(answers, kept)
    return replace(chosen, respondents=chosen.respondents.assign(**{breakdown: level[kept].to_numpy()}))


def _taken(answers: ClearedSurvey, kept: np.ndarray) -> ClearedSurvey:
    plain: Mapping[str, object] = {one.name: getattr(answers, one.name) for one in fields(ClearedSurvey)}
    frames = {name: getattr(answers, name)[kept] for name in ("items", "reasons", "respondents")}
    return ClearedSurvey(**{**plain, **frames})
