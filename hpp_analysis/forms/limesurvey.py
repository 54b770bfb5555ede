"""The questionnaire as a survey of LimeSurvey: its tab-separated structure, to be imported as a new survey."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping, Sequence
from itertools import count

from hpp_analysis.errors import OptionError
from hpp_analysis.forms.pages import Page, asked_columns, pages_of, written_columns
from hpp_analysis.survey.codes import answer_codes, dont_know_code, question_codes
from hpp_analysis.survey.questionnaire import Instrument

_HEADER = (
    "id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation", "mandatory",
    "other", "default", "same_default", "hidden", "min_num_value_n", "max_num_value_n", "num_value_int_only",
)  # fmt: skip
_ARRAY, _LIST, _TEXT, _LONG, _NUMBERS = "F", "L", "S", "T", "K"  # LimeSurvey's letters for types of questions
Row = dict[str, object]


def limesurvey(instrument: Instrument, languages: Sequence[str], fixed: Mapping[str, str]) -> bytes:
    """The structure as LimeSurvey imports it: a `.txt` file of UTF-8 with a byte order mark.

    Parameters
    ----------
    instrument : Instrument
    languages : sequence of str
        The first is the survey's main language.
    fixed : mapping of str to str
        Respondent columns that are the same for everybody: hidden questions with this default.

    Raises
    ------
    OptionError
        When a scale has points below 0, for which LimeSurvey has no code.
    """
    for page in pages_of(instrument):
        if page.scale.min < 0 and not page.typed:
            raise OptionError(
                f"LimeSurvey's codes of answers must be letters and digits. The scale of {page.items[0].id!r} starts at "
                f"{page.scale.min}. Let it start at 0 or above, or choose `to='xlsform'`."
            )
    written = io.StringIO()
    table = csv.DictWriter(written, _HEADER, delimiter="\t", lineterminator="\n", restval="")
    table.writeheader()
    code = {language: language.replace("_", "-") for language in languages}
    settings = {"language": code[languages[0]], "additional_languages": " ".join(code[one] for one in languages[1:])}
    table.writerows({"class": "S", "name": name, "text": text} for name, text in {**settings, "format": "G"}.items())
    for language in languages:
        texts = {"surveyls_title": instrument.title[language]}
        if instrument.description:
            texts["surveyls_welcometext"] = instrument.description[language]
        table.writerows(
            {"class": "SL", "name": name, "text": _safe(text), "language": code[language]}
            for name, text in texts.items()
        )
    for language in languages:  # the main language as a whole, then each translation with the same ids
        ids = count(1)
        for row in [*_about(instrument, language, fixed, ids), *_questions(instrument, language, ids)]:
            table.writerow({**row, "language": code[language]})
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _safe(text: str) -> str:
    """Plain text where LimeSurvey reads HTML and {expressions}."""
    return html.escape(text, quote=False).replace("{", "&#123;").replace("}", "&#125;")


def _codes(instrument: Instrument) -> dict[str, str]:
    """The codes of items and columns, as they are known when answers are read."""
    ids = [*(item.id for item in instrument.items), *(column.id for column in instrument.columns)]
    return question_codes([*ids, *(comment.id for comment in instrument.written)])


def _about(instrument: Instrument, language: str, fixed: Mapping[str, str], ids: count[int]) -> list[Row]:
    """The first page: who answers."""
    codes = _codes(instrument)
    shown = asked_columns(instrument, fixed)
    rows: list[Row] = []
    for column in [*shown, *(column for column in instrument.columns if column.id in fixed)]:
        rows.append(
            {
                "id": next(ids), "class": "Q", "type/scale": _LIST if column.values and column in shown else _TEXT,
                "name": codes[column.id], "relevance": "1", "text": _safe(column.text[language]),
                "mandatory": "Y" if column.required and column in shown else "N", "other": "N",
                "default": fixed.get(column.id, "{TOKEN}" if column.id == "respondent" else ""),
                "hidden": "" if column in shown else "1",
            }
        )  # fmt: skip
        if column in shown:
            short = answer_codes(column.values)
            rows += [_answer(rows[-1], short[value.id], value.text[language]) for value in column.values]
    return [_group(next(ids), 0, instrument.title[language]), *rows] if rows else []


def _questions(instrument: Instrument, language: str, ids: count[int]) -> list[Row]:
    """A page for each page of the form, with one question of which the items are the rows."""
    codes = _codes(instrument)
    rows: list[Row] = []
    first = 1
    for page in pages_of(instrument):
        rows.append(_group(next(ids), page.number, f"{first}–{first + len(page.items) - 1}"))
        question: Row = {
            "id": next(ids), "class": "Q", "type/scale": _NUMBERS if page.typed else _ARRAY, "name": _name(page, codes.values()),
            "relevance": "1", "text": _safe(page.instruction(language)), "mandatory": "N", "other": "N",
        }  # fmt: skip
        if page.typed:
            question |= {"min_num_value_n": page.scale.min, "max_num_value_n": page.scale.max}
            question |= {} if page.scale.decimals else {"num_value_int_only": "1"}
        rows.append(question)
        rows += [
            {
                "id": next(ids), "related_id": question["id"], "class": "SQ", "type/scale": "0", "name": codes[item.id],
                "relevance": "1", "text": _safe(item.text[language]),
            }
            for item in page.items
        ]  # fmt: skip
        if not page.typed:
            rows += [_answer(question, str(point), called) for point, called in page.points(language).items()]
            if page.scale.dont_know:
                dont_know = page.scale.dont_know
                rows.append(_answer(question, dont_know_code(dont_know), dont_know.text[language]))
        first += len(page.items)
    if written := written_columns(instrument):
        rows.append(_group(next(ids), len(pages_of(instrument)) + 1, "…"))
    for column in written:
        question = {
            "id": next(ids), "class": "Q", "type/scale": _LIST if column.values else _LONG, "name": codes[column.id],
            "relevance": "1", "text": _safe(column.text[language]), "mandatory": "N", "other": "N",
        }  # fmt: skip
        rows.append(question)
        short = answer_codes(column.values)
        rows += [_answer(question, short[value.id], value.text[language]) for value in column.values]
    return rows


def _name(page: Page, taken: object) -> str:
    """A code for the question of a page that no item or column has."""
    name = f"page{page.number}"
    return name if name not in taken else f"{name}items"  # type: ignore[operator]


def _group(id_: int, number: int, name: str) -> Row:
    return {"id": id_, "class": "G", "type/scale": f"G{number}", "name": _safe(name), "relevance": "1"}


def _answer(question: Row, code: str, text: str) -> Row:
    return {"id": question["id"], "class": "A", "type/scale": "0", "name": code, "text": _safe(text)}
