"""Turn files with one row for each answer into one row for each person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.audit import Entry
from hpp_analysis.survey.cells import spelling
from hpp_analysis.survey.mapping import Long
from hpp_analysis.survey.matching import known_texts, located
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import normalise


def to_wide(raw: RawTable, instrument: Instrument, long: Long) -> tuple[RawTable, list[Entry]]:
    """Make a table with a row for each person and a column for each question.

    Parameters
    ----------
    raw : RawTable
        One row an answer.
    instrument : Instrument
        Two wordings of one question that it knows become one column.
    long : Long
        The headers of the columns with question, answer and person (or rater and target). Without the latter each row is
        a person.

    Returns
    -------
    wide : RawTable
        The other columns, as they stand in the first row of a person, then the questions. A row's number is that of
        the person's first.
    audit : list of Entry
        Repeated answers of a person to a question, where the first counts.

    Raises
    ------
    SurveyError
        When a column is not there, or a person answers a question twice.
    """
    (at_question,), (at_answer,), who = _places(raw, long)
    person = _persons(raw, who)
    question, headers = _questions(raw, at_question, instrument)
    pair = pd.Series(person * max(len(headers), 1) + question)
    again = (pair.duplicated() & (question >= 0)).to_numpy()
    audit = _repeated_answers(raw, again, question, headers, at_answer, instrument)
    first = ~pd.Series(person).duplicated().to_numpy()
    cells = np.full((int(person.max(initial=-1)) + 1, len(headers)), None, dtype=object)
    use = ~again & (question >= 0)
    answers = raw.cells[at_answer].astype(object)
    cells[person[use], question[use]] = answers.where(answers.notna(), None).to_numpy()[use]
    other_places = [place for place in range(len(raw.header)) if place not in (at_question, at_answer)]
    wide = pd.concat(
        [raw.cells.loc[first, other_places].reset_index(drop=True), pd.DataFrame(cells)], axis=1, ignore_index=True
    )
    header = [*(raw.header[place] for place in other_places), *headers]
    came_from = [*other_places, *[at_answer] * len(headers)]  # by position what stood where before
    table = replace(
        raw,
        header=header,
        cells=wide,
        rows=raw.rows[first],
        headers=tuple(raw.headers[place] for place in other_places) + ((),) * len(headers) if raw.headers else (),
        labels={at: raw.labels[place] for at, place in enumerate(came_from) if place in raw.labels},
        missing={at: raw.missing[place] for at, place in enumerate(came_from) if place in raw.missing},
    )
    return table, audit


def _places(raw: RawTable, long: Long) -> list[list[int]]:
    """The columns that hold the question, the answer and the person."""
    found, failures = [], []
    for part, headers in {"question": (long.question,), "answer": (long.answer,), "person": long.respondent}.items():
        places = [located(raw, header) for header in headers]
        for header, matches in zip(headers, places, strict=True):
            if len(matches) != 1:
                rule = f"One column of a file with one row an answer must hold the {part}; {len(matches)} have this header."
                failures.append(Failure(rule, "Correct `long` in the mapping.", raw.source, 1, header))
        found.append([place for matches in places for place in matches])
    if failures:
        raise SurveyError(failures)
    return found


def _persons(raw: RawTable, places: list[int]) -> np.ndarray:
    """The number of the person of each row, in order of appearance; a row without a name is a new person."""
    if not places:
        return np.arange(len(raw.cells))
    codes = [pd.factorize(raw.cells[place])[0] for place in places]
    blank = np.any([code < 0 for code in codes], axis=0)
    person = pd.factorize(pd.MultiIndex.from_arrays(codes))[0].astype(np.intp)
    person[blank] = person.max(initial=-1) + 1 + np.arange(blank.sum())
    return np.asarray(pd.factorize(person)[0])


def _questions(raw: RawTable, place: int, instrument: Instrument) -> tuple[np.ndarray, list[str]]:
    """For each row the place of its question (-1 for none), and the questions: item ids where they are known."""
    codes, values = pd.factorize(raw.cells[place])
    labels = raw.labels.get(place, {})
    wanted = known_texts(instrument)
    called = []
    for value in values:
        text = labels.get(spelling(value), spelling(value))
        ids = wanted.get(normalise(text), set())
        called.append(next(iter(ids)) if len(ids) == 1 else str(text).strip())
    headers = list(dict.fromkeys(called))
    places = np.array([headers.index(name) for name in called] + [-1])
    return places[codes], headers


def _repeated_answers(
    raw: RawTable, again: np.ndarray, question: np.ndarray, headers: list[str], at_answer: int, instrument: Instrument
) -> list[Entry]:
    """Drop a repeated answer of a person to a question, or refuse one that differs."""
    first_counts = {item.id for item in instrument.items if item.repeated == "first"}
    entries, failures = [], []
    for row in np.flatnonzero(again):
        item = headers[question[row]]
        value = str(raw.cells[at_answer].iloc[row])
        number, header = int(raw.rows[row]), raw.header[at_answer]
        if item in first_counts or instrument.repeated == "first":
            entries.append(Entry(raw.source, number, header, item, value, "", "repeated_answer", 1))
        else:
            failures.append(
                Failure(
                    "A person must answer a question once; these were given after another one in an earlier row.",
                    "Keep one of the answers, or say `repeated: first` in the instrument.",
                    raw.source,
                    number,
                    header,
                    value,
                )
            )
    if failures:
        raise SurveyError(failures)
    return entries
