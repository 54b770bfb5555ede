"""What became of an export on its way to a survey: every dropped or changed row, column and value, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from xml.etree import ElementTree as ET

import pandas as pd

from hpp_analysis.texts import N_

REASONS: dict[str, str] = {
    "reader": N_("changed by the reader of the file"),
    "empty_column": N_("column without a header and without content, left out"),
    "unknown_column": N_("column that the questionnaire does not know, shown nowhere"),
    "ignored_column": N_("column that the mapping leaves out"),
    "repeated_column": N_("repeated column, of which the first counts"),
    "part_of_header": N_("column found by a code or a row within its header"),
    "not_asked": N_("characteristic that was not asked in this file"),
    "constant": N_("value given for the whole file"),
    "label": N_("answer in words, read as its number"),
    "unknown_label": N_("value label of the file that the questionnaire does not know, the number counts"),
    "other_scale": N_("answers on another scale, brought to the scale of the questionnaire"),
    "reversed": N_("statement with reversed meaning, turned round"),
    "dont_know": N_("don't know or not applicable"),
    "missing_code": N_("code for a skipped answer"),
    "recoded": N_("spelling of a name or group, read as its code"),
    "repeated_answer": N_("repeated answer of a person to a question, of which the first counts"),
    "no_person": N_("row without a respondent, counted as a person of its own"),
}
"""Each reason by its code, in words."""

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
COLUMNS = ("file", "row", "column", "item", "value", "became", "reason", "n")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was dropped or changed.

    Attributes
    ----------
    file : str
        The name of the file.
    row : int or None
        As a spreadsheet counts; None for all cells with the value, or the whole column.
    column : str
        The header.
    item : str
        The item or respondent column, where there is one.
    value, became : str
        The value in the file, and its value in the survey; empty for a whole column.
    reason : str
        A code of `REASONS`.
    n : int
        The number of cells; for a whole column, of its answers.
    """

    file: str
    row: int | None
    column: str
    item: str
    value: str
    became: str
    reason: str
    n: int


def frame_of(entries: Iterable[Entry]) -> pd.DataFrame:
    """The entries as a table; see `Entry` for its columns."""
    frame = pd.DataFrame([astuple(entry) for entry in entries], columns=list(COLUMNS))
    return frame.astype({"row": "Int64", "n": int})


def audit_text(frame: pd.DataFrame, ending: str) -> str:
    """An audit as a file for a person: CSV that no spreadsheet takes for formulas, or a page of HTML.

    Parameters
    ----------
    frame : DataFrame
        `Survey.audit`.
    ending : {".csv", ".html"}
        Which of them.
    """
    labelled = frame.assign(reason=frame["reason"].map(REASONS).fillna(frame["reason"]))
    if ending == ".csv":
        words = labelled.select_dtypes(exclude="number").columns
        return str(labelled.assign(**{name: labelled[name].map(_quote_formula) for name in words}).to_csv(index=False))
    page = ET.Element("html", lang="en")
    head = ET.SubElement(page, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "title").text = "Audit"
    ET.SubElement(
        head, "style"
    ).text = "body{font-family:sans-serif}td,th{padding:.2em .6em;text-align:left;vertical-align:top}"
    table = ET.SubElement(ET.SubElement(page, "body"), "table")
    line = ET.SubElement(table, "tr")
    for name in labelled:
        ET.SubElement(line, "th", scope="col").text = str(name)
    for row in labelled.itertuples(index=False):
        line = ET.SubElement(table, "tr")
        for value in row:
            ET.SubElement(line, "td").text = "" if pd.isna(value) else _printable(str(value))
    return "<!DOCTYPE html>\n" + ET.tostring(page, encoding="unicode", method="html") + "\n"


def _quote_formula(value: object) -> object:
    """Quote a text that a spreadsheet would run as a formula; leave numbers alone."""
    text = str(value)
    risky = text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if risky and not _NUMBER.fullmatch(text) else value


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
