"""How many persons were invited, so that a report can say which share of them answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hpp_analysis.errors import Failure
from hpp_analysis.survey.questionnaire import Id, Words
from hpp_analysis.survey.survey import Survey

N = "n"
Key = Annotated[Words, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]


class Invited(BaseModel):
    """A number of persons who were invited, and which: `{client: DemoCable, side: client, n: 40}`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[Id, Key] = Field(init=False)

    n: Annotated[int, Field(ge=1, le=10_000_000)]

    def plain(self) -> dict[str, Any]:
        """As a mapping: the columns that name the group, and `n`."""
        return {**(self.__pydantic_extra__ or {}), N: self.n}


def settled(
    invited: Sequence[Mapping[str, Any]], survey: Survey, *, by: str, file: str | None = None
) -> tuple[list[dict[str, Any]], list[Failure]]:
    """Assign numbers of invited persons to the groups of a report, and collect what does not fit.

    Parameters
    ----------
    invited : sequence of mapping
        Each with `n`, and who: the report (`by`), `wave`, `side`, `partner` or `partnership`. Report and wave may be left out
        where the answers have only one.
    survey : Survey
        All answers of the study.
    by : str
        The column whose values get a report each.
    file : str, optional
        The name of the study file, for failures.

    Returns
    -------
    entries : list of dict
        With `by`, `wave` (of several), and where they were given `side` and `partnership`.
    failures : list of Failure
    """
    waves = survey.values("wave") if "wave" in survey.respondents else ()
    needed = {by: survey.values(by)} | ({"wave": waves} if len(waves) > 1 else {})
    entries: list[dict[str, Any]] = []
    failures: list[Failure] = []
    for number, one in enumerate(invited, start=1):
        stated = {column: value for column, value in one.items() if column != N}
        place = f"`invited`, number {number}"
        wrong = [*_check(stated, survey, needed, place, file)]
        if wrong:
            failures += wrong
            continue
        who = {column: stated.get(column, values[0]) for column, values in needed.items()}
        who |= {column: stated[column] for column in ("side",) if column in stated}
        pair = {column: stated[column] for column in ("partner", "partnership", *needed) if column in stated}
        if pair.keys() & {"partner", "partnership"}:
            who["partnership"] = str(_matching(survey, pair | who)["partnership"].iloc[0])
        entry = {**who, N: int(one[N])}
        if any(who == {column: value for column, value in other.items() if column != N} for other in entries):
            failures.append(
                Failure(
                    f"Each group of invited persons must be named once; {place} says it again.", "Remove one.", file
                )
            )
            continue
        failures += _too_few(entry, survey, place, file)
        entries.append(entry)
    return entries, failures


def _check(
    stated: Mapping[str, Any], survey: Survey, needed: Mapping[str, Sequence[str]], place: str, file: str | None
) -> Iterator[Failure]:
    known = [
        column
        for column in dict.fromkeys((*needed, "wave", "side", "partner", "partnership"))
        if column in survey.respondents
    ]
    for column, value in stated.items():
        if column not in known:
            rule = f"Invited persons are counted by {', '.join(known)} ({place})."
            similar = get_close_matches(column, known, 1)
            yield Failure(rule, f"Did you mean {similar[0]!r}?" if similar else "Leave it out.", file, value=column)
        elif value not in survey.values(column):
            rule = f"Nobody who answered has this {column} ({place})."
            similar = get_close_matches(str(value), survey.values(column), 1)
            remedy = f"Did you mean {similar[0]!r}?" if similar else "Correct it, or leave it out."
            yield Failure(rule, remedy, file, value=str(value))
    for column, values in needed.items():
        if column not in stated and len(values) > 1:
            yield Failure(f"Invited persons of several must be told apart by {column!r} ({place}).", "Add it.", file)
    if stated.keys() & {"partner", "partnership"} and "side" in survey.respondents and "side" not in stated:
        rule = f"Invited persons of a partnership must be counted for each side ({place})."
        yield Failure(rule, "Add `side`.", file)
    each = all(column in known and value in survey.values(column) for column, value in stated.items())
    if each and not len(_matching(survey, stated)):
        yield Failure(f"No answer has these values together ({place}).", "Correct one.", file, value=str(dict(stated)))


def _matching(survey: Survey, who: Mapping[str, Any]) -> Any:
    frame = survey.respondents
    for column, value in who.items():
        frame = frame[frame[column].astype(str) == str(value)]
    return frame


def _too_few(entry: Mapping[str, Any], survey: Survey, place: str, file: str | None) -> Iterator[Failure]:
    rows = _matching(survey, {column: value for column, value in entry.items() if column != N}).index
    answered = int(survey.persons.loc[rows].nunique())
    if answered > entry[N]:
        who = ", ".join(f"{column} {value}" for column, value in entry.items() if column != N)
        rule = f"At least as many persons were invited as answered; {answered} answered ({who})."
        yield Failure(rule, f"Correct the number ({place}).", file, value=str(entry[N]))
