"""Codes that survey platforms accept for questions and answers, derived from the ids of an instrument.

LimeSurvey takes letters and digits only: 20 for a question, 5 for an answer. An export has these codes, so they are known
when answers are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hpp_analysis.survey.questionnaire import DontKnow, Value

_LONGEST_QUESTION, _LONGEST_ANSWER = 20, 5
_PLAIN = re.compile(r"[A-Za-z0-9]{1,5}")
_DONT_KNOW = "DK"


def question_codes(ids: Iterable[str]) -> dict[str, str]:
    """A code for each question; its id if that is short and has no underscore.

    Examples
    --------
    >>> question_codes(["ope1", "success_overall", "conflict_management_1", "conflict_management_2"])
    {'ope1': 'ope1', 'success_overall': 'successoverall', 'conflict_management_1': 'conflictmanagement1',
     'conflict_management_2': 'conflictmanagement2'}
    """
    return _codes(list(ids), _LONGEST_QUESTION)


def answer_codes(values: Sequence[Value]) -> dict[str, str]:
    """A code for each value of a respondent column: one of its `codes`, its id, or a shortened id.

    Examples
    --------
    >>> answer_codes([Value(id=id_, text={"en": id_}) for id_ in ("hr", "client", "clientele")])
    {'hr': 'hr', 'client': 'clien', 'clientele': 'clie2'}
    """
    own = {value.id: next(filter(_PLAIN.fullmatch, value.codes), "") for value in values}
    generated = _codes([id_ for id_, code in own.items() if not code], _LONGEST_ANSWER, taken=set(own.values()))
    return {id_: code or generated[id_] for id_, code in own.items()}


def dont_know_code(answer: DontKnow) -> str:
    """The code of "don't know": its first code that is short enough, or DK."""
    return next(filter(_PLAIN.fullmatch, answer.codes), _DONT_KNOW)


def _codes(ids: Sequence[str], longest: int, taken: Iterable[str] = ()) -> dict[str, str]:
    """Cut each id to its first letters and digits; number the later one of two equal codes."""
    used = {code.casefold() for code in taken}  # answers are read without regard to case
    found = {}
    for number, id_ in enumerate(ids):
        code = id_.replace("_", "")[:longest]
        while code.casefold() in used:
            code = f"{code[: longest - len(str(number))]}{number}"
            number += len(ids)
        used.add(code.casefold())
        found[id_] = code
    return found
