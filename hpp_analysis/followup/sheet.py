"""The sheet of agreements beside the study: written once, then only added to."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.followup.agreements import (
    BLANK_COLUMNS,
    REVIEW_DAYS,
    Agreement,
    column_labels,
    find_sheet,
    numbered,
    read_agreements,
    row_texts,
    status_words,
)
from hpp_analysis.survey.private import FILE_MODE
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import spoken

_WIDTHS = {"id": 9, "wave": 7, "about": 34, "agreement": 44, "evidence": 34, "client": 18, "partnership": 22}
_WIDTH = 15
_HEAD, _MORE = 2, 500  # the row of the heads from 0, and the rows below the last that offer the choice of a status
_FILLED_IN = ("agreement", "owner_first", "owner_second", "by_when", "status", "evidence", "review")
_EMPTY_STATUS = "open"


def add_agreements(
    path: Path, new: Sequence[Agreement], survey: Survey, *, by: str, language: str, day: dt.date
) -> list[Agreement]:
    """Add rows to the sheet, which is made where it is not there; what a person filled in stays as it is.

    Parameters
    ----------
    path : Path
        The workbook beside the study.
    new : sequence of Agreement
        Rows whose id or point the sheet holds already are left out.
    survey : Survey
        All answers.
    by, language : str
        The column that makes the reports; in which the heads and names are written.
    day : date
        Of the reports: the review of a new row comes some months later.

    Returns
    -------
    list of Agreement
        The rows that were added.
    """
    known = read_agreements(path, survey, by=by) if path.is_file() else ()
    ids, points = {one.id for one in known}, {one.point for one in known}
    rows = [
        replace(one, review=one.review or (day + dt.timedelta(REVIEW_DAYS)).isoformat())
        for one in new
        if one.id not in ids and (one.agreement or one.point not in points)
    ]
    with spoken(language, words=survey.words):
        if not path.is_file():
            _write(path, _new_book(rows, survey))
        elif rows:
            _append(path, rows, survey)
    return rows


def carry_over(
    path: Path, filled: Sequence[Agreement], survey: Survey, *, by: str, language: str, day: dt.date, source: str = ""
) -> tuple[int, int]:
    """Bring what was filled in elsewhere, as in the workbook of a report, into the sheet, and number rows that have no id.

    Parameters
    ----------
    path, survey, by, language, day
        As `add_agreements`.
    filled : sequence of Agreement
        Rows with an id that the sheet holds fill its empty cells; others are added.
    source : str
        Where they come from, for messages.

    Returns
    -------
    tuple of int
        How many rows were filled in, and how many were added.

    Raises
    ------
    SurveyError
        When a cell says something else in both; nothing is written then.
    """
    known = {one.id: one for one in (read_agreements(path, survey, by=by) if path.is_file() else ()) if one.id}
    said = {(one.point, one.agreement) for one in known.values()}
    updates: dict[str, dict[str, str]] = {}
    failures: list[Failure] = []
    new = []
    for one in filled:
        own = known.get(one.id)
        if own is None:
            if one.agreement and (one.point, one.agreement) not in said:  # a second time brings nothing new
                new.append(one)
            continue
        for name in _FILLED_IN:
            here, there = getattr(own, name), getattr(one, name)
            empty = _EMPTY_STATUS if name == "status" else ""
            if there in (here, empty):
                continue
            if here not in ("", empty) and not (name == "review" and not own.agreement):
                failures.append(
                    Failure(
                        f"Two sheets must not say different things of one agreement; {path.name} says {here!r} of {one.id!r}.",
                        "Decide which holds, and write it into both, or empty one of the cells.", source, None, name, there,
                    )
                )  # fmt: skip
            else:
                updates.setdefault(one.id, {})[name] = there
        for name in ("about", "partnership", "side"):
            if getattr(own, name) != getattr(one, name):
                failures.append(
                    Failure(
                        f"What an agreement is about must stay; {path.name} says {getattr(own, name)!r} of {one.id!r}.",
                        "Put it back, and write the other agreement into a row without an id.",
                        source, None, name, getattr(one, name),
                    )
                )  # fmt: skip
    if failures:
        raise SurveyError(failures)
    with spoken(language, words=survey.words):
        if updates:
            _fill(path, updates, survey)
    added = add_agreements(path, _numbered_with(new, known), survey, by=by, language=language, day=day)
    return len(updates), len(added)


def number_rows(path: Path, survey: Survey, *, by: str, language: str, day: dt.date) -> int:
    """Give an id, a status and a day of review to rows that a person added; how many got one."""
    rows = read_agreements(path, survey, by=by)
    complete = numbered(rows)
    missing = [
        (place, new)
        for place, (old, new) in enumerate(zip(rows, complete, strict=True))
        if not old.id or (old.agreement and not old.review)
    ]
    if missing:
        review = (day + dt.timedelta(REVIEW_DAYS)).isoformat()
        cells = {place: {"id": new.id, "status": new.status, "review": new.review or review} for place, new in missing}
        with spoken(language, words=survey.words):
            _fill_places(path, cells, survey)
    return sum(not rows[place].id for place, _new in missing)


def due(agreements: Sequence[Agreement], day: dt.date, *, within: int = 14) -> list[tuple[str, Agreement]]:
    """What asks for attention, soonest first: "overdue", "due" within some days, "review", and "nobody" without an owner.

    Examples
    --------
    >>> due([Agreement(agreement="Call.", by_when="2026-03-01")], dt.date(2026, 3, 2))[0][0]
    'overdue'
    """
    found: list[tuple[str, str, Agreement]] = []
    today, soon = day.isoformat(), (day + dt.timedelta(within)).isoformat()
    for one in agreements:
        if not one.agreement or one.status in ("done", "dropped"):
            continue
        if one.by_when and one.by_when < today:
            found.append((one.by_when, "overdue", one))
        elif one.by_when and one.by_when <= soon:
            found.append((one.by_when, "due", one))
        elif one.review and one.review <= today:
            found.append((one.review, "review", one))
        elif not one.owner_first and not one.owner_second:
            found.append((one.by_when or "9999", "nobody", one))
    return [(why, one) for _when, why, one in sorted(found, key=lambda entry: entry[0])]


def _numbered_with(new: Sequence[Agreement], known: Mapping[str, Agreement]) -> list[Agreement]:
    """New rows with ids that the sheet does not have."""
    return numbered([*known.values(), *new])[len(known) :]


def _new_book(rows: Sequence[Agreement], survey: Survey) -> bytes:
    """A workbook with the sheet, and with what may be written there."""
    from xlsxwriter import Workbook

    labels, buffer = column_labels(survey), BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001, RUF100 - not a time
        title = _("Agreements")
        sheet = book.add_worksheet(title[:31])
        text = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "border_color": "#d9dee3"})
        head = book.add_format({"bold": True, "text_wrap": True, "bottom": 2, "valign": "bottom"})
        sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 13}))
        for place, (name, label) in enumerate(labels.items()):
            sheet.write_string(_HEAD, place, label, head)
            sheet.set_column(place, place, _WIDTHS.get(name, _WIDTH))
            if name == "status":
                choices = {"validate": "list", "source": list(status_words().values())}
                sheet.data_validation(_HEAD + 1, place, _HEAD + len(rows) + _MORE, place, choices)
        for row, one in enumerate(rows, start=_HEAD + 1):
            for place, value in enumerate(row_texts(one, survey, labels)):
                sheet.write_string(row, place, value, text)
        sheet.freeze_panes(_HEAD + 1, 1)
        sheet.autofilter(_HEAD, 0, _HEAD + max(len(rows), 1), len(labels) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # Excel's number of A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEAD)
    return buffer.getvalue()


def _opened(path: Path, survey: Survey) -> tuple[Any, Any, int, dict[str, int]]:
    """The workbook, its sheet of agreements, the row of the heads, and the column of each name, from 1."""
    import openpyxl

    title, head, columns = find_sheet(path, survey)
    book = openpyxl.load_workbook(path)
    return book, book[title], head, {name: place + 1 for name, place in columns.items()}


def _append(path: Path, rows: Sequence[Agreement], survey: Survey) -> None:
    """Write rows below the last one that holds anything, in the looks of that row."""
    book, sheet, head, columns = _opened(path, survey)
    last = head
    for row in range(head + 1, sheet.max_row + 1):
        if any(sheet.cell(row, column).value not in (None, "") for column in columns.values()):
            last = row
    for at, one in enumerate(rows, start=last + 1):
        for (name, column), value in zip(columns.items(), row_texts(one, survey, columns), strict=True):
            cell = sheet.cell(at, column)
            _put(cell, value)
            if last > head:
                cell._style = sheet.cell(last, columns[name])._style
    if sheet.auto_filter.ref:
        first, *_rest = sheet.auto_filter.ref.split(":")
        end = sheet.cell(last + len(rows), max(columns.values())).coordinate
        sheet.auto_filter.ref = f"{first}:{end}"
    _save(book, path)


def _fill(path: Path, updates: Mapping[str, Mapping[str, str]], survey: Survey) -> None:
    """Write into cells of rows with these ids."""
    book, sheet, head, columns = _opened(path, survey)
    for row in range(head + 1, sheet.max_row + 1):
        for name, value in updates.get(str(sheet.cell(row, columns["id"]).value or "").strip(), {}).items():
            if name in columns:
                _put(sheet.cell(row, columns[name]), status_words()[value] if name == "status" else value)
    _save(book, path)


def _fill_places(path: Path, cells: Mapping[int, Mapping[str, str]], survey: Survey) -> None:
    """Write into the rows at these places, counted among those that hold anything, where nothing stands yet."""
    book, sheet, head, columns = _opened(path, survey)
    place = -1
    for row in range(head + 1, sheet.max_row + 1):
        filled = {name for name, column in columns.items() if str(sheet.cell(row, column).value or "").strip()}
        if not filled - set(BLANK_COLUMNS):
            continue
        place += 1
        for name, value in cells.get(place, {}).items():
            if name in columns and name not in filled:
                _put(sheet.cell(row, columns[name]), status_words()[value] if name == "status" else value)
    _save(book, path)


def _put(cell: Any, value: str) -> None:
    """Write a text as a text, never as a formula."""
    cell.value = value or None
    if value:
        cell.data_type = "s"


def _save(book: Any, path: Path) -> None:
    buffer = BytesIO()
    book.save(buffer)
    _write(path, buffer.getvalue())


def _write(path: Path, data: bytes) -> None:
    """Write the file whole or not at all; only its owner may read it."""
    partial = path.with_name(f".{path.name}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    partial.replace(path)
