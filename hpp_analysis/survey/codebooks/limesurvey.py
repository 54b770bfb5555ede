"""The structure of a LimeSurvey survey: .lss (XML), or the tab-separated .txt that people write in a spreadsheet."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from hpp_analysis.survey.codebooks.codebook import Codebook, Kind, Question, Words, language_code, plain, unusable

_EXPORT = "Export the survey structure (.lss) of LimeSurvey again."
_ONE_OF_LIST = {"L", "!", "O"}
_FIXED: dict[str, dict[str, str]] = {
    "5": {str(point): str(point) for point in range(1, 6)},
    "A": {str(point): str(point) for point in range(1, 6)},
    "B": {str(point): str(point) for point in range(1, 11)},
    "C": {"Y": "Yes", "U": "Uncertain", "N": "No"},
    "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
    "Y": {"Y": "Yes", "N": "No"},
    "G": {"F": "Female", "M": "Male"},
}
"""Answers that the question type itself brings; LimeSurvey words them, in English here."""
_ROWS_OF_LIST = {"F", "H", "A", "B", "C", "E"}
_ROWS: dict[str, Kind] = {"M": "multiple", "P": "multiple", "K": "number", "Q": "text", "R": "choice"}
_ALONE: dict[str, Kind] = {
    "N": "number",
    "S": "text",
    "T": "text",
    "U": "text",
    "D": "other",
    "|": "other",
    "*": "other",
}
_NOT_ASKED = {"X", "I"}  # a text, and the choice of a language


@dataclass(slots=True)
class _Part:
    """A question or subquestion of either file."""

    type: str
    title: str
    text: dict[str, str]
    section: str = ""
    other: bool = False
    rows: list[_Part] = field(default_factory=list)
    columns: list[_Part] = field(default_factory=list)  # of arrays of numbers or texts
    answers: dict[int, dict[str, dict[str, str]]] = field(default_factory=lambda: defaultdict(dict))  # by scale


def read_lss(data: bytes, source: str) -> Codebook:
    """Read an .lss file; text and structure lie in one table or, since version 4, in two."""
    root = _parsed(data, source)
    if root.findtext("LimeSurveyDocType") != "Survey":
        rule = "XML must be a survey structure of LimeSurvey (`LimeSurveyDocType` Survey)."
        raise unusable(rule, _EXPORT, source, value=root.findtext("LimeSurveyDocType") or root.tag)
    languages = [language_code(one.text or "") for one in root.iterfind("languages/language")]

    def table(name: str) -> list[dict[str, str]]:
        return [{cell.tag: cell.text or "" for cell in row} for row in root.iterfind(f"{name}/rows/row")]

    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in [*table("questions"), *table("subquestions"), *table("question_l10ns")]:
        if "question" in row:
            texts[row.get("qid", "")][language_code(row.get("language", ""))] = plain(row["question"])
    sections: dict[str, str] = {}
    for row in [*table("groups"), *table("group_l10ns")]:
        if "group_name" in row:
            sections.setdefault(row.get("gid", ""), plain(row["group_name"]))
    order = {row.get("gid", ""): _number(row.get("group_order")) for row in table("groups")}
    by_id: dict[str, _Part] = {}
    rows = table("questions")
    for row in sorted(rows, key=lambda row: (order.get(row.get("gid", ""), 0.0), _number(row.get("question_order")))):
        qid = row.get("qid", "")
        section = sections.get(row.get("gid", ""), "")
        by_id.setdefault(
            qid, _Part(row.get("type", ""), row.get("title", ""), texts[qid], section, row.get("other") == "Y")
        )
    seen = set()
    for row in sorted(table("subquestions"), key=lambda row: _number(row.get("question_order"))):
        parent = by_id.get(row.get("parent_qid", ""))
        if parent and row.get("qid") not in seen:
            seen.add(row.get("qid"))
            into = parent.columns if row.get("scale_id") == "1" else parent.rows
            into.append(_Part("", row.get("title", ""), texts[row.get("qid", "")]))
    by_answer: dict[str, dict[str, str]] = defaultdict(dict)
    for row in table("answer_l10ns"):
        by_answer[row.get("aid", "")][language_code(row.get("language", ""))] = plain(row.get("answer"))
    for row in sorted(table("answers"), key=lambda row: _number(row.get("sortorder"))):
        if row.get("qid") in by_id:
            words = by_id[row["qid"]].answers[int(_number(row.get("scale_id")))].setdefault(row.get("code", ""), {})
            words |= by_answer[row["aid"]] if "aid" in row else {}
            if "answer" in row:
                words[language_code(row.get("language", ""))] = plain(row["answer"])
    title = {
        language_code(row.get("surveyls_language", "")): plain(row.get("surveyls_title"))
        for row in table("surveys_languagesettings")
    }
    main = next((language_code(row.get("language", "")) for row in table("surveys")), "")
    languages.sort(key=lambda code: code != main)
    return _codebook(by_id.values(), title, languages, source)


def _parsed(data: bytes, source: str) -> Element:
    """Parse XML into a tree; refuse a document type, because its entities may expand to gigabytes."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data

    def refuse(*_said: object) -> None:
        rule = "An .lss file must have no document type (<!DOCTYPE ...>); LimeSurvey writes none."
        raise unusable(rule, _EXPORT, source, row=parser.CurrentLineNumber)

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, ValueError, AssertionError) as error:
        raise unusable(f"An .lss file must be whole XML ({error}).", _EXPORT, source) from error


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


_TAB_COLUMNS = dict.fromkeys(("class", "type/scale", "name", "text", "language", "other"), "")


def is_tab_separated(start: bytes) -> bool:
    """Whether a file starts as LimeSurvey's tab-separated structure does."""
    head = start.split(b"\n", 1)[0].replace(b'"', b"").strip().lower().split(b"\t")
    return {b"class", b"type/scale", b"name"} <= set(head)


def read_tab_separated(data: bytes, source: str) -> Codebook:
    """Read the tab-separated structure: one row for each part of the survey and each language."""
    try:
        reader = csv.DictReader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter="\t", strict=True)
        rows = [_TAB_COLUMNS | {str(key).lower(): value or "" for key, value in row.items() if key} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        rule = f"A tab-separated structure must be UTF-8 text ({error})."
        raise unusable(rule, "Export it again.", source) from error
    main = next((language_code(row["text"]) for row in rows if row["class"] == "S" and row["name"] == "language"), "")
    languages = dict.fromkeys(
        filter(None, (main, *(language_code(row.get("language", "")) for row in rows if row.get("language"))))
    )
    title: dict[str, str] = {}
    by_name: dict[str, _Part] = {}
    section: dict[str, str] = {}
    at: _Part | None = None
    for row in rows:
        code, text = language_code(row.get("language", "")), plain(row.get("text"))
        kind, name, scale = row["class"], row["name"], row["type/scale"]
        if kind == "SL" and name == "surveyls_title":
            title[code] = text
        elif kind == "G":
            section[code] = plain(name)
        elif kind == "Q":
            first = section.get(main) or next(iter(section.values()), "")
            at = by_name.setdefault(name, _Part(scale, name, {}, first, row.get("other") == "Y"))
            at.text[code] = text
        elif kind == "SQ" and at is not None:
            into = at.columns if scale == "1" else at.rows
            part = next((one for one in into if one.title == name), None)
            if part is None:
                into.append(part := _Part("", name, {}))
            part.text[code] = text
        elif kind == "A" and at is not None:
            at.answers[int(_number(scale))].setdefault(name, {})[code] = text
    return _codebook(by_name.values(), title, list(languages), source)


def _codebook(parts: Iterable[_Part], title: Mapping[str, str], languages: list[str], source: str) -> Codebook:
    questions: list[Question] = []
    groups: dict[str, Words] = {}
    unknown = []
    for part in parts:
        columns = list(_columns(part, languages))
        if not columns and part.type not in _NOT_ASKED:
            unknown.append(f"question {part.title!r} is of a type that is not known here ({part.type!r}), left out")
        questions += columns
        if any(column.group for column in columns):
            groups[part.title] = part.text
    if not questions:
        raise unusable("A survey structure must have questions.", _EXPORT, source)
    title = {code: text for code, text in title.items() if text}
    return Codebook(
        source, "limesurvey", title, tuple(dict.fromkeys(languages)), tuple(questions), groups, tuple(unknown)
    )


def _columns(part: _Part, languages: list[str]) -> Iterator[Question]:
    """The columns that a question of this type has in an export."""
    lists = part.answers
    fixed = {code: dict.fromkeys(languages, text) for code, text in _FIXED.get(part.type, {}).items()}

    def column(suffix: str, text: Words, kind: Kind, choices: Mapping[str, Words] | None = None) -> Question:
        code = f"{part.title}{suffix}"
        inner = suffix.strip("[]").replace("][", "_")
        headers = (f"{part.title}_{inner}", f"{part.title}{inner}", inner) if suffix else ()
        group = part.title if suffix and suffix != "[comment]" else ""
        return Question(code, text, kind, group, part.section, choices or {}, headers=headers)

    if part.type in _ONE_OF_LIST:
        yield column("", part.text, "choice", lists[0])
        if part.type == "O":
            yield column("[comment]", part.text, "text")
    elif part.type in _ROWS_OF_LIST:
        for row in part.rows:
            yield column(f"[{row.title}]", row.text, "choice", fixed or lists[0])
    elif part.type == "1":
        for row in part.rows:
            for scale in sorted(lists):
                yield column(f"[{row.title}][{scale + 1}]", row.text, "choice", lists[scale])
    elif part.type in (":", ";"):
        for row in part.rows:
            for across in part.columns:
                words = {code: f"{text} - {across.text.get(code, '')}" for code, text in row.text.items()}
                yield column(f"[{row.title}_{across.title}]", words, "number" if part.type == ":" else "text")
    elif part.type == "R" and not part.rows:
        for place, _answer in enumerate(lists[0], start=1):
            yield column(f"[{place}]", part.text, "choice", lists[0])
    elif part.type in _ROWS:
        ticked: Mapping[str, Words] = (
            {"Y": dict.fromkeys(languages, "Yes")} if _ROWS[part.type] == "multiple" else lists[0]
        )
        for row in part.rows:
            yield column(f"[{row.title}]", row.text, _ROWS[part.type], ticked)
            if part.type == "P":
                yield column(f"[{row.title}comment]", row.text, "text")
    elif part.type in _FIXED:
        yield column("", part.text, "choice", fixed)
    elif part.type in _ALONE:
        yield column("", part.text, _ALONE[part.type])
    if part.other:
        yield column("[other]", dict.fromkeys(languages, "Other"), "text")
