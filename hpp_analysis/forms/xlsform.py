"""The questionnaire as an XLSForm, the workbook that ODK, KoboToolbox and others make a form of."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

import xlsxwriter
from babel.core import Locale, UnknownLocaleError

from hpp_analysis.display.packages import CREATED, without_clock
from hpp_analysis.forms.pages import Page, asked_columns, pages_of, written_columns
from hpp_analysis.survey.codes import dont_know_code
from hpp_analysis.survey.questionnaire import Instrument, RespondentColumn

Row = dict[str, object]
_WIDTHS = {"type": 24, "name": 18, "list_name": 18}


def xlsform(instrument: Instrument, languages: Sequence[str], fixed: Mapping[str, str]) -> bytes:
    """The sheets survey, choices and settings.

    Parameters
    ----------
    instrument : Instrument
    languages : sequence of str
        The first is the form's default language.
    fixed : mapping of str to str
        Respondent columns that are the same for everybody: calculated, not asked.
    """
    label = {language: f"label::{_named(language)}" for language in languages}
    choices: dict[str, list[Row]] = {}
    survey = _about(instrument, label, fixed, choices)
    for page in pages_of(instrument):
        survey += _questions(page, label, choices)
    written = written_columns(instrument)
    survey += [
        {**_asked(column, label, choices), **({} if column.values else {"appearance": "multiline"})}
        for column in written
    ]
    settings: Row = {
        "form_title": instrument.title[languages[0]],
        "form_id": instrument.name,
        "version": instrument.version,
        "default_language": _named(languages[0]),
    }
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": CREATED})
    heading = book.add_format({"bold": True, "bottom": 1})
    columns = ["type", "name", *label.values(), "appearance", "required", "calculation", "constraint"]
    for name, header, rows in (
        ("survey", columns, survey),
        (
            "choices",
            ["list_name", "name", *label.values()],
            [choice for listed in choices.values() for choice in listed],
        ),
        ("settings", list(settings), [settings]),
    ):
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, text in enumerate(header):
            sheet.set_column(place, place, _WIDTHS.get(text, 60 if text in label.values() else 16))
            sheet.write_string(0, place, text, heading)
            for number, row in enumerate(rows, start=1):
                sheet.write_string(number, place, str(row.get(text, "")))
    book.close()
    return without_clock(out.getvalue())


def _named(language: str) -> str:
    """A language as XLSForm writes it: "Nederlands (nl)"."""
    try:
        name = Locale.parse(language).get_display_name()
    except (ValueError, UnknownLocaleError):
        name = None
    tag = language.replace("_", "-")
    return f"{(name or tag).capitalize()} ({tag})"


def _list(name: str, entries: Iterable[tuple[str, Mapping[str, str]]], label: Mapping[str, str]) -> list[Row]:
    """The choices of one list."""
    return [
        {"list_name": name, "name": code, **{label[language]: text[language] for language in label}}
        for code, text in entries
    ]


def _about(
    instrument: Instrument, label: Mapping[str, str], fixed: Mapping[str, str], choices: dict[str, list[Row]]
) -> list[Row]:
    """The questions about the respondent, and those that are answered for everybody."""
    rows: list[Row] = []
    for column in asked_columns(instrument, fixed):
        rows.append(_asked(column, label, choices))
    for id_, value in fixed.items():
        quote = "'" if "'" not in value else '"'
        rows.append({"type": "calculate", "name": id_, "calculation": f"{quote}{value}{quote}"})
    return rows


def _asked(column: RespondentColumn, label: Mapping[str, str], choices: dict[str, list[Row]]) -> Row:
    """A question that is answered with a text, or with one of its values."""
    kind = "text"
    if column.values:
        kind = f"select_one {column.id}"
        choices[column.id] = _list(column.id, [(value.id, value.text) for value in column.values], label)
    texts = {label[language]: column.text[language] for language in label}
    return {"type": kind, "name": column.id, "required": "yes" if column.required else "", **texts}


def _questions(page: Page, label: Mapping[str, str], choices: dict[str, list[Row]]) -> list[Row]:
    """A group of questions on one screen, as a table where the points are shown."""
    scale = page.scale
    instructions = {label[language]: page.instruction(language) for language in label}
    appearance = "field-list" if page.typed else "table-list"
    rows: list[Row] = [{"type": "begin_group", "name": f"page_{page.number}", "appearance": appearance, **instructions}]
    more: Row
    if page.typed:
        more = {
            "type": "decimal" if scale.decimals else "integer",
            "constraint": f". >= {scale.min} and . <= {scale.max}",
        }
    else:
        name = f"scale_{page.scale_name}" if page.scale_name else "scale"
        points = [
            (str(point), {language: page.points(language)[point] for language in label})
            for point in range(scale.min, scale.max + 1)
        ]
        if scale.dont_know:
            points.append((dont_know_code(scale.dont_know), scale.dont_know.text))
        choices[name] = _list(name, points, label)
        more = {"type": f"select_one {name}"}
    for item in page.items:
        rows.append({**more, "name": item.id, **{label[language]: item.text[language] for language in label}})
    return [*rows, {"type": "end_group", "name": f"page_{page.number}"}]
