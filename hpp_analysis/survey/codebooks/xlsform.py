"""XLSForm, the questionnaire of ODK, KoboToolbox and others: a workbook with the sheets survey and choices."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from hpp_analysis.survey.codebooks.codebook import (
    UNKNOWN_LANGUAGE,
    Codebook,
    Kind,
    Question,
    Words,
    language_code,
    plain,
    unusable,
)
from hpp_analysis.survey.spelling import normalise

_LABEL = re.compile(r"label(?:::?\s*(.*))?", re.IGNORECASE)
_NAMED = re.compile(r".*\(([\w-]+)\)\s*")  # "Nederlands (nl)"
_SELECT = re.compile(r"select[ _](one|multiple)\s+(\S+)(?:\s+or[ _]other)?", re.IGNORECASE)
_KINDS: dict[str, Kind] = {"integer": "number", "int": "number", "decimal": "number", "range": "number", "text": "text"}
_NOT_ASKED = {
    "note",
    "calculate",
    "start",
    "end",
    "today",
    "deviceid",
    "username",
    "hidden",
    "audit",
    "background-audio",
}


def is_one(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bool:
    """Whether the sheets are those of an XLSForm."""
    survey = next((rows for name, rows in sheets.items() if normalise(name) == "survey"), None)
    return bool(survey) and {"type", "name"} <= {normalise(text) for text in survey[0]}  # type: ignore[index]


def read(sheets: Mapping[str, Sequence[Sequence[str]]], source: str, language: str) -> Codebook:
    """Read the sheets of an XLSForm."""
    tables = {normalise(name): rows for name, rows in sheets.items()}
    settings = next(iter(_records(tables.get("settings", []))), {})
    default = _language(settings.get("default_language", ""))
    if default == UNKNOWN_LANGUAGE:
        default = language
    choices: dict[str, dict[str, Words]] = defaultdict(dict)
    for record in _records(tables.get("choices", [])):
        choices[record.get("list_name") or record.get("list name", "")][record.get("name", "")] = _words(
            record, default
        )
    questions: list[Question] = []
    groups: dict[str, Words] = {}
    path: list[tuple[str, Words]] = []
    for record in _records(tables["survey"]):
        type_, name, text = " ".join(record.get("type", "").split()), record.get("name", ""), _words(record, default)
        begins, ends = (re.fullmatch(rf"{word}[ _](group|repeat)", type_, re.IGNORECASE) for word in ("begin", "end"))
        if begins:
            path.append((name, text))
            groups[name] = text
        elif ends and path:
            path.pop()
        elif name and type_ not in _NOT_ASKED and not ends:
            select = _SELECT.fullmatch(type_)
            if select:
                kind: Kind = "choice" if select[1].lower() == "one" else "multiple"
            else:
                kind = _KINDS.get(type_, "other")
            names = [one for one, _text in path] + [name]
            headers = ("/".join(names), "-".join(names)) if path else ()
            group = path[-1][0] if path else ""
            section = next(iter(path[0][1].values()), "") if path else ""
            questions.append(
                Question(name, text, kind, group, section, choices[select[2]] if select else {}, headers=headers)
            )
    if not questions:
        raise unusable("The sheet 'survey' of an XLSForm must have questions.", "Give the form that was asked.", source)
    used = {code for question in questions for code in question.text}
    title = plain(settings.get("form_title"))
    return Codebook(
        source,
        "xlsform",
        {default: title} if title else {},
        tuple(dict.fromkeys((*([default] if default in used else []), *sorted(used)))),
        tuple(questions),
        {name: text for name, text in groups.items() if any(one.group == name for one in questions)},
    )


def _records(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    if not rows:
        return []
    header = [text.strip() if _LABEL.fullmatch(text.strip()) else normalise(text) for text in rows[0]]
    return [dict(zip(header, (cell.strip() for cell in row), strict=False)) for row in rows[1:]]


def _words(record: Mapping[str, str], default: str) -> Words:
    found = {}
    for header, cell in record.items():
        label = _LABEL.fullmatch(header)
        if label and cell:
            code = _language(label[1] or "")
            found[default if code == UNKNOWN_LANGUAGE else code] = plain(cell)
    return found


def _language(header: str) -> str:
    """The code of a language written as "Nederlands (nl)" or "nl"."""
    named = _NAMED.fullmatch(header)
    return language_code(named[1] if named else header)
