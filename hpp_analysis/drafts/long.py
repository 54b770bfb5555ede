"""Exports with one row for each answer: a column of questions, and one of answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis.drafts.columns import Column
from hpp_analysis.drafts.people import person_of
from hpp_analysis.drafts.scales import Block, Family, read_block
from hpp_analysis.drafts.words import no_answer
from hpp_analysis.survey.spelling import canonical, normalise

_QUESTION = re.compile(
    r"(survey )?(questions?|vraag|vragen|items?|statements?|stelling|variables?|variabele)([ _](text|tekst|name|naam|id))?"
)
_ANSWER = re.compile(
    r"(responses?|answers?|scores?|antwoord|values?|waarde|ratings?|oordeel|beoordeling)([ _](value|code|numeric))?"
)
_MOST_QUESTIONS = 500


@dataclass(eq=False, slots=True)
class Long:
    """The columns of a file with one row for each answer.

    Attributes
    ----------
    question, answer : Column
    questions : list of list of str
        The wordings of each question.
    family : Family
        The scale of the answers.
    labels : dict of str to str
        By code the text that another column has beside each answer.
    repeats : bool
        Whether a person answers a question twice.
    alone : bool
        Whether no two answers have the same respondent.
    """

    question: Column
    answer: Column
    questions: list[list[str]]
    family: Family
    labels: dict[str, str]
    repeats: bool
    alone: bool


def long_of(columns: Sequence[Column]) -> Long | None:
    """The questions and answers of a file with one row an answer; None where it has another layout."""
    questions = [column for column in columns if _QUESTION.fullmatch(normalise(column.header)) and _lists(column)]
    answers = [column for column in columns if _ANSWER.fullmatch(normalise(column.header))]
    for question in questions:
        for answer in sorted(answers, key=lambda column: not column.answers.numbers):
            labels = _labels(answer, columns)
            for code, label in labels.items():
                number = float(code)
                if no_answer(label) and number in answer.answers.numbers:
                    answer.answers.none[code] += answer.answers.numbers.pop(number)
                elif not no_answer(label):
                    answer.answers.beside[int(number)] = label
            block = read_block(Block([answer], "one row an answer"))
            if block is not None and block.kind in ("numbers", "words"):
                return _built(question, answer, Family([block]), labels, columns)
    return None


def _lists(column: Column) -> bool:
    """Whether a column lists questions: few, each of them often."""
    distinct = len(column.counts)
    return 2 < distinct <= _MOST_QUESTIONS and column.n_answered >= 3 * distinct


def _labels(answer: Column, columns: Sequence[Column]) -> dict[str, str]:
    """The words that another column has beside each number."""
    if not answer.answers.numbers:
        return {}
    for other in columns:
        if other is answer or not other.answers.words or len(other.counts) > len(answer.counts) + 1:
            continue
        pairs = pd.DataFrame({"number": answer.codes, "words": other.codes}).drop_duplicates()
        pairs = pairs[[bool(answer.spellings[one] and other.spellings[two]) for one, two in pairs.to_numpy()]]
        if len(pairs) > 2 and pairs["number"].is_unique and pairs["words"].is_unique:
            return {
                canonical(answer.spellings[number]): other.spellings[words]
                for number, words in pairs.to_numpy()
                if canonical(answer.spellings[number]).lstrip("+-").isdigit()
            }
    return {}


def _built(question: Column, answer: Column, family: Family, labels: dict[str, str], columns: Sequence[Column]) -> Long:
    wordings: dict[str, list[str]] = {}
    for wording in question.counts:
        key = re.sub(r"\W+", " ", normalise(wording).replace("&", "and")).strip()
        wordings.setdefault(key, []).append(wording)
    number = {wording: place for place, several in enumerate(wordings.values()) for wording in several}
    question_at = np.array([number.get(wording, -1) for wording in question.spellings])[question.codes]
    person = next((column for column in columns if (who := person_of(column)) and who.role == "respondent"), None)
    pairs = pd.DataFrame({"person": person.codes if person else np.arange(len(question_at)), "asked": question_at})
    ordered = sorted(wordings.values(), key=lambda several: _place(several[0]))
    return Long(
        question,
        answer,
        ordered,
        family,
        labels,
        bool(pairs.duplicated().any()),
        person is not None and len(person.counts) > 0.9 * person.n_answered,
    )


def _place(question: str) -> tuple[int, str]:
    """Questions with a number before them in its order."""
    match = re.match(r"\D{0,3}(\d+)", question)
    return (int(match[1]) if match else 10_000, question)
