"""The codebook of any platform: the question, answers and group of each column of an export."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.matching import parts_of
from hpp_analysis.survey.spelling import normalise, visible

Kind = Literal["choice", "multiple", "number", "text", "other"]
Words = Mapping[str, str]
"""A text by language: `{"en": "We talk", "nl": "Wij praten"}`."""

UNKNOWN_LANGUAGE = "und"
"""The language of a text where the file does not say it (ISO 639 for undetermined)."""
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


@dataclass(frozen=True, slots=True)
class Question:
    """One column of an export: a question, a row of a matrix, or a tick box.

    Attributes
    ----------
    code : str
        The header that the platform's export of codes has: "Q2_1", "B1[SQ001]", "race___1".
    text : mapping of str to str
        The question by language, without HTML; of a matrix the row, of a tick box the label.
    kind : {"choice", "multiple", "number", "text", "other"}
        One answer of a list, a tick box, a number, free text, or another kind (dates, files).
    group : str
        The key in `Codebook.groups` of the matrix or multiple-choice question to which it belongs; else "".
    section : str
        The page, block or form.
    choices : mapping of str to mapping of str to str
        The code of each answer with its label by language, in the order of the questionnaire.
    missing : frozenset of str
        Codes that the file declares missing.
    low, high : float, optional
        The limits of a number or slider.
    headers : tuple of str
        Other headers that its column may have.
    factor : str
        The scale to which a codebook sheet assigns it; else "".
    reverse : bool, optional
        Whether a codebook sheet marks it as reversed; None if the sheet does not say.
    """

    code: str
    text: Words
    kind: Kind = "text"
    group: str = ""
    section: str = ""
    choices: Mapping[str, Words] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    low: float | None = None
    high: float | None = None
    headers: tuple[str, ...] = ()
    factor: str = ""
    reverse: bool | None = None


@dataclass(frozen=True, eq=False)
class Codebook:
    """The questions of a survey as its platform describes them.

    Attributes
    ----------
    source : str
        The name of the file.
    platform : str
        "qualtrics", "limesurvey", "redcap", "xlsform", "spss", "stata", "sas" or "sheet".
    title : mapping of str to str
        By language; empty where the file has none.
    languages : tuple of str
        The survey's main language first; "und" where the file does not say which.
    questions : tuple of Question
        In the order of the questionnaire.
    groups : mapping of str to mapping of str to str
        The text of each matrix and multiple-choice question by its code.
    notes : tuple of str
        Questions and values that were left out or cannot be used.
    """

    source: str
    platform: str
    title: Words
    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    groups: Mapping[str, Words] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def question_of(self, *headers: str) -> Question | None:
        """The question of a column.

        Parameters
        ----------
        *headers : str
            Every text above the column, its header first: the code, the question, or both ("B1[SQ001]. Do you ...? [row]").

        Returns
        -------
        Question or None
            None if none of these texts belongs to exactly one question.
        """
        parts = [*headers, *(part for header in headers for part in parts_of(header))]
        for index in (self._by_code, self._by_text):
            for part in parts:
                found = index.get(normalise(part), set())
                if len(found) == 1:
                    return self._by_own_code[next(iter(found))]
        return None

    @cached_property
    def _by_own_code(self) -> dict[str, Question]:
        return {question.code: question for question in self.questions}

    @cached_property
    def _by_code(self) -> dict[str, set[str]]:
        found = defaultdict(set)
        for question in self.questions:
            for header in (question.code, *question.headers):
                found[normalise(header)].add(question.code)
        return found

    @cached_property
    def _by_text(self) -> dict[str, set[str]]:
        found = defaultdict(set)
        for question in self.questions:
            for language, text in question.text.items():
                group = self.groups.get(question.group, {}).get(language)
                for known in (text, f"{group} - {text}", f"{group}-{text}", f"{group} [{text}]") if group else (text,):
                    found[normalise(known)].add(question.code)
        return found


def plain(text: object) -> str:
    """A text without HTML, in one line.

    Examples
    --------
    >>> plain("<p>We talk&nbsp;&amp; <b>listen</b></p><style>p {}</style>")
    'We talk & listen'
    """
    unmarked = html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", str(text or ""))))
    return " ".join(visible(unmarked).split())


def language_code(name_or_code: str) -> str:
    """The code of a language as instruments have it.

    Examples
    --------
    >>> language_code("EN"), language_code("PT-BR"), language_code("nl-informal"), language_code("")
    ('en', 'pt_BR', 'nl_informal', 'und')
    """
    name, _mark, more = name_or_code.strip().replace("-", "_").partition("_")
    if not re.fullmatch(r"[A-Za-z]{2,3}", name):
        return UNKNOWN_LANGUAGE
    region = re.sub(r"[^A-Za-z].*", "", more)
    return name.lower() + (f"_{region}" if region else "")


def unusable(rule: str, remedy: str, source: str, *, row: int | None = None, value: str | None = None) -> SurveyError:
    """The error of a codebook that cannot be read."""
    return SurveyError([Failure(rule, remedy, source, row, None, value)])
