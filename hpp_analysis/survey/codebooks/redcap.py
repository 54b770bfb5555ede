"""The data dictionary of REDCap: one row for each field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from hpp_analysis.survey.codebooks.codebook import Codebook, Kind, Question, Words, plain, unusable
from hpp_analysis.survey.spelling import normalise

_COLUMNS = {
    "variable / field name": "field_name", "form name": "form_name", "field type": "field_type", "field label": "field_label",
    "choices, calculations, or slider labels": "select_choices_or_calculations", "choices or calculations": "select_choices_or_calculations",
    "text validation type or show slider number": "text_validation_type_or_show_slider_number",
    "text validation min": "text_validation_min", "text validation max": "text_validation_max",
    "matrix group name": "matrix_group_name",
}  # fmt: skip
"""The headers of a file that the website writes, and the names that its interface for programs has for them."""
_YES_NO = {"yesno": ("Yes", "No"), "truefalse": ("True", "False")}
_KINDS: dict[str, Kind] = {
    "radio": "choice",
    "dropdown": "choice",
    "calc": "number",
    "slider": "number",
    "file": "other",
}
_NUMBERS = ("integer", "number")
_NOT_ASKED = {"descriptive"}


def is_one(header: Sequence[str]) -> bool:
    """Whether the file with this header is a data dictionary."""
    names = {_COLUMNS.get(normalise(text), normalise(text)) for text in header}
    return {"field_name", "field_type", "field_label"} <= names


def read(rows: Sequence[Sequence[str]], source: str, language: str) -> Codebook:
    """Read a data dictionary: one `Question` for each column of an export."""
    header = [_COLUMNS.get(normalise(text), normalise(text)) for text in rows[0]]
    questions: list[Question] = []
    groups: dict[str, Words] = {}
    for row in rows[1:]:
        cells = dict(zip(header, [*row, *[""] * len(header)], strict=False))  # a row may be cut short
        questions += _columns(cells, language)
        if cells["field_type"] == "checkbox":
            groups[cells["field_name"]] = {language: plain(cells["field_label"])}
        elif cells.get("matrix_group_name"):
            title = plain(cells.get("section_header") or cells.get("section header"))
            groups.setdefault(cells["matrix_group_name"], {language: title} if title else {})
    if not questions:
        raise unusable("A data dictionary must describe fields; it has a header only.", "Export it again.", source)
    return Codebook(source, "redcap", {}, (language,), tuple(questions), groups)


def _columns(cells: Mapping[str, str], language: str) -> Iterator[Question]:
    name, type_ = cells["field_name"].strip(), cells["field_type"].strip()
    if not name or type_ in _NOT_ASKED:
        return
    text, section = plain(cells["field_label"]), cells.get("form_name", "")
    listed = choices_of(cells.get("select_choices_or_calculations", ""))
    choices = {code: {language: label} for code, label in listed.items()}
    if type_ == "checkbox":
        for code, label in listed.items():
            header = f"{name}___{re.sub(r'[^a-z0-9]', '_', code.lower())}"
            also = (f"{name}___{code}", f"{text} (choice={label})")
            yield Question(header, {language: label}, "multiple", name, section, headers=also)
        return
    validation = cells.get("text_validation_type_or_show_slider_number", "")
    low, high = (_number(cells.get(f"text_validation_{end}", "")) for end in ("min", "max"))
    kind: Kind = _KINDS.get(type_, "text")
    if type_ in _YES_NO:
        kind = "choice"
        choices = {code: {language: label} for code, label in zip("10", _YES_NO[type_], strict=True)}
    elif type_ == "text" and validation:
        kind = "number" if validation.startswith(_NUMBERS) else "other"
    if type_ == "slider":
        low, high = (0.0 if low is None else low), (100.0 if high is None else high)
    group = cells.get("matrix_group_name", "")
    yield Question(
        name,
        {language: text} if text else {},
        kind,
        group,
        section,
        choices if kind == "choice" else {},
        low=low,
        high=high,
    )


def choices_of(text: str) -> dict[str, str]:
    """The codes and labels in "1, male | 2, female".

    Examples
    --------
    >>> choices_of("1, male | 2, female, or other")
    {'1': 'male', '2': 'female, or other'}
    """
    pairs = [part.partition(",") for part in text.split("|")]
    return {code.strip(): plain(label) for code, comma, label in pairs if comma and code.strip()}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
