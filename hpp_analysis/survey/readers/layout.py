"""Which rows are headers, and which columns are one question: the layouts of survey platforms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.readers.raw import Note, RawTable, refused

_WHOLE_QUESTION = {"response", "open-ended response", "antwoord", "reactie", "open antwoord"}
_POINT = re.compile(r"(.*?)\s+-\s*([+-]?\d{1,4})", re.DOTALL)
_SUMMARY = {"answer choices", "antwoordkeuzen", "antwoordopties"}


@dataclass(slots=True)
class Heads:
    """What stands above the answers.

    Attributes
    ----------
    n : int
        How many rows are headers.
    header : list of str
        The text of each column.
    further : list of tuple of str
        Other texts of each column.
    notes : list of Note
    """

    n: int
    header: list[str]
    further: list[tuple[str, ...]]
    notes: list[Note] = field(default_factory=list)


def heads(rows: Sequence[Sequence[str]], source: str) -> Heads:
    """Find the header rows among the first rows of a table.

    Raises
    ------
    SurveyError
        When the table is a summary by question, which holds no respondents.
    """
    top = [[" ".join(text.split()) for text in row] for row in rows[:8]]
    if any(row and row[0].casefold() in _SUMMARY and len(set(row) - {""}) > 1 for row in top):
        raise summary_only(source)
    first = top[0]
    if len(top) > 2 and sum(text.startswith('{"ImportId"') for text in top[2]) * 2 > len(first):
        note = Note("Qualtrics export: rows 2 and 3 are headers (question texts and import ids)", 2)
        return Heads(3, first, list(zip(top[1], strict=True)), [note])
    second = top[1] if len(top) > 1 else []
    if (
        first
        and first[0].casefold() in ("v1", "responseid")
        and second
        and second[0].casefold() == "responseid"
    ):
        note = Note("Qualtrics export of the older kind: row 2 is a header (question texts)", 2)
        return Heads(2, first, list(zip(second, strict=True)), [note])
    if any(text.casefold() in _WHOLE_QUESTION for text in second):
        return _two_rows(first, second)
    return Heads(1, first, [])


def summary_only(source: str) -> SurveyError:
    """The refusal of an export that holds counts instead of answers."""
    return refused(
        "The file must hold one row a respondent; this is a summary by question, with counts and percentages only.",
        "Export the individual responses ('All responses data' in SurveyMonkey).",
        source,
    )


def _two_rows(first: list[str], second: list[str]) -> Heads:
    """SurveyMonkey: the question above its first column, below it what is special of each column."""
    header: list[str] = []
    further: list[tuple[str, ...]] = []
    question = ""
    for above, below in zip(first, second, strict=True):
        question = above or question
        own = above if not below else question
        if below.casefold() in _WHOLE_QUESTION:
            header.append(own)
            further.append((own,))
        elif below:
            mark = below if below.startswith("-") else f"- {below}"
            header.append(f"{own} {mark}".strip())
            further.append((below,))
        else:
            header.append(own)
            further.append((own,))
    note = Note("SurveyMonkey export: row 2 is a second header, joined to the question of row 1", 2)
    return Heads(2, header, further, [note])


def collapsed(raw: RawTable) -> RawTable:
    """One column a question where the export has one column a scale point.

    Columns next to each other are such points when their headers are one text followed by different numbers, and
    each filled cell repeats the number of its column.

    Raises
    ------
    SurveyError
        When a person ticked two points of one question.
    """
    groups = _point_groups(raw)
    if not groups:
        return raw
    failures: list[Failure] = []
    notes = list(raw.notes)
    header: list[str] = []
    further: list[tuple[str, ...]] = []
    columns: list[pd.Series] = []
    start_of = {group[0][0]: group for group in groups}
    inside = {place for group in groups for place, _ in group}
    old = raw.headers or tuple((text,) for text in raw.header)
    for place, text in enumerate(raw.header):
        if place in start_of:
            group = start_of[place]
            stem = _stem(text)
            filled = pd.DataFrame({point: raw.cells[column].notna() for column, point in group})
            ticks = filled.sum(axis=1).to_numpy()
            failures += [
                Failure(
                    "A person may tick one point of a question; this one ticked several.",
                    "Keep one of them.",
                    raw.source,
                    int(raw.rows[row]),
                    stem,
                    ", ".join(point for _, point in group if filled[point].iloc[row]),
                )
                for row in (ticks > 1).nonzero()[0]
            ]
            columns.append(filled.idxmax(axis=1).where(ticks > 0))
            header.append(stem)
            further.append((stem,))
            points = ", ".join(point for _, point in group)
            told = f"{len(group)} columns, one a scale point, joined to one column a question"
            notes.append(Note(told, None, stem, points, int((ticks > 0).sum())))
        elif place not in inside:
            columns.append(raw.cells[place])
            header.append(text)
            further.append(old[place])
    if failures:
        raise SurveyError(failures)
    cells = pd.concat(columns, axis=1)
    cells.columns = pd.RangeIndex(cells.shape[1])
    return RawTable(
        header, cells, raw.rows, raw.source, raw.sha256, tuple(further), raw.labels, raw.missing, tuple(notes)
    )


def _stem(header: str) -> str:
    match = _POINT.fullmatch(header)
    return match.group(1) if match else header


def _point_groups(raw: RawTable) -> list[list[tuple[int, str]]]:
    """Runs of two or more columns that are the points of one question: position and point."""
    groups: list[list[tuple[int, str]]] = []
    run: list[tuple[int, str]] = []
    stem = None
    for place, header in enumerate([*raw.header, ""]):
        match = _POINT.fullmatch(header)
        point = match.group(2) if match else ""
        fits = bool(match and match.group(1)) and _repeats(raw.cells[place], point)
        if not (fits and match and match.group(1) == stem and point not in {seen for _, seen in run}):
            groups += [run] if len(run) > 1 and any(raw.cells[at].notna().any() for at, _ in run) else []
            run, stem = [], match.group(1) if match and fits else None
        if fits:
            run.append((place, point))
    return groups


def _repeats(cells: pd.Series, point: str) -> bool:
    """Whether each filled cell says the number of its column."""
    return all(str(value).strip().removesuffix(".0") == point for value in cells.dropna().unique().tolist())


def without_previews(raw: RawTable) -> RawTable:
    """Leave out the previews and tests of a Qualtrics export, unless it holds nothing else."""
    if "Status" not in raw.header:
        return raw
    status = raw.cells[raw.header.index("Status")].astype(str)
    preview = status.isin(["Survey Preview", "Survey Test", "Preview"]).to_numpy()
    if not preview.any() or preview.all():
        return raw
    left_out = tuple(Note("preview or test of the survey, left out", int(row)) for row in raw.rows[preview])
    kept = raw.cells[~preview].reset_index(drop=True)
    rows = raw.rows[~preview]
    return RawTable(
        raw.header,
        kept,
        rows,
        raw.source,
        raw.sha256,
        raw.headers,
        raw.labels,
        raw.missing,
        raw.notes + left_out,
    )
