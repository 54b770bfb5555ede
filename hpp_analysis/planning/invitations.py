"""Who will be invited: the list is read, and the groups of its reports are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError
from scipy.stats import binom

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import nearest
from hpp_analysis.study.invited import Invited
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.readers import read_raw
from hpp_analysis.survey.spelling import canonical
from hpp_analysis.survey.strict_yaml import read_yaml

FLOOR, DETAIL = 5, 10
"""Persons from which reports show a rounded mean of a group, and all of its numbers, as `docs/privacy.md` says."""
LIKELY = 0.8
N = "n"
_COUNTS = ("n", "invited", "number", "persons", "aantal", "uitgenodigd", "personen")
_PERSON = "respondent"


def read_invitations(source: str | Path | pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Read who will be invited: a list of persons, or numbers by group.

    Parameters
    ----------
    source : path or DataFrame
        A table (CSV, workbook) with a row for each person, or for each group with its number in a column `n`; its other columns
        are those of the questionnaire that say who answers. Or a YAML file with `invited`, as study.yaml has it.
    instrument : Instrument

    Returns
    -------
    DataFrame
        The columns of the questionnaire, in its order, and n; of a list of persons also `respondent`, for one who is invited
        to rate several partners is one person.

    Raises
    ------
    SurveyError
        With everything that is wrong in it.
    """
    if isinstance(source, str | Path) and Path(source).suffix.lower() in (".yaml", ".yml"):
        return _from_yaml(Path(source), instrument)
    raw = read_raw(source)
    columns = _columns(raw.header, instrument, raw.source)
    frame = raw.cells[list(columns)].rename(columns=columns).reset_index(drop=True)
    failures: list[Failure] = []
    for name in frame.columns.difference([N]):
        frame[name] = [
            _value(value, name, instrument, raw.source, int(row), failures)
            for value, row in zip(frame[name], raw.rows, strict=True)
        ]
    groups = [column.id for column in instrument.columns if column.id in frame and column.id != _PERSON]
    if N in frame:
        numbers = pd.to_numeric(frame[N], errors="coerce")
        for row, value, number in zip(raw.rows, frame[N], numbers, strict=True):
            if not np.isfinite(number) or number < 1 or number != round(number):
                rule = "A number of invited persons must be a whole number from 1 on."
                failures.append(Failure(rule, "Correct it, or remove the row.", raw.source, int(row), N, str(value)))
        frame[N] = numbers
    if not len(frame):
        failures.append(Failure("The list must name somebody who is invited.", "Add rows to it.", raw.source))
    if failures:
        raise SurveyError(failures)
    persons = frame[_PERSON] if _PERSON in frame else pd.Series(np.arange(len(frame)).astype(str))
    own = {_PERSON: persons, N: 1} if N not in frame else {N: frame[N].astype(int)}
    return frame[groups].assign(**own)


def _from_yaml(path: Path, instrument: Instrument) -> pd.DataFrame:
    """The numbers that a study file names under `invited`."""
    try:
        content = read_yaml(path)
    except (OSError, ValueError) as error:
        rule = f"The list of invitations must be a YAML file that can be read ({error})."
        raise SurveyError([Failure(rule, "Correct it.", path.name)]) from error
    listed = content.get("invited") if isinstance(content, Mapping) else content
    if not listed:
        rule = "The file must say under `invited` how many persons are invited."
        raise SurveyError([Failure(rule, "Add it, as `invited: [{client: Acme, side: client, n: 40}]`.", path.name)])
    try:
        entries = TypeAdapter(list[Invited]).validate_python(listed)
    except ValidationError as error:
        failures = [
            Failure(
                f"Each entry of `invited` must name its group and `n` ({problem['msg']}).",
                "Correct it, as `{client: Acme, side: client, n: 40}`.",
                path.name,
                value=".".join(map(str, problem["loc"])),
            )
            for problem in error.errors()
        ]
        raise SurveyError(failures) from error
    frame = pd.DataFrame([entry.plain() for entry in entries])
    if frame.drop(columns=N).isna().any(axis=None):
        rule = "All entries of `invited` must name the same columns, so that groups can be counted."
        raise SurveyError([Failure(rule, "Complete them.", path.name, value=", ".join(frame.columns.drop(N)))])
    return read_invitations(frame, instrument)


def _columns(header: Sequence[str], instrument: Instrument, source: str) -> dict[int, str]:
    """By position, the columns of the questionnaire that a table has; one that fits none is an error."""
    known = {canonical(word): N for word in _COUNTS}
    for column in instrument.columns:
        for word in (column.id, *column.text.values(), *column.headers):
            known[canonical(word)] = column.id
    found: dict[int, str] = {}
    failures = []
    names = [column.id for column in instrument.columns]
    for place, text in enumerate(header):
        name = known.get(canonical(text))
        if name is None:
            rule = f"A column of the list of invitations must be one of {', '.join([*names, N])}."
            failures.append(Failure(rule, f"{nearest(text, [*names, N])} Rename or remove it.", source, column=text))
        elif name in found.values():
            rule = "Each column must stand once in the list of invitations."
            failures.append(Failure(rule, "Remove one.", source, column=text, value=name))
        else:
            found[place] = name
    if failures:
        raise SurveyError(failures)
    return found


def _value(value: Any, name: str, instrument: Instrument, source: str, row: int, failures: list[Failure]) -> str:
    """The value as the questionnaire calls it; what is empty or unknown is added to the failures."""
    column = instrument.column(name)
    text = "" if pd.isna(value) else str(value).strip()
    if not text:
        rule = "Each invitation must say in every column whom it is for."
        failures.append(Failure(rule, "Fill it in, or remove the column.", source, row, name))
    if column is None or not column.values or not text:
        return text
    known = {canonical(word): one.id for one in column.values for word in (one.id, *one.text.values(), *one.codes)}
    if canonical(text) not in known:
        ids = [one.id for one in column.values]
        rule = f"A {name} must be one of {', '.join(ids)}."
        failures.append(Failure(rule, f"{nearest(text, ids)} Correct it.", source, row, name, text))
    return known.get(canonical(text), text)


def count_groups(invitations: pd.DataFrame, response: float, by: str) -> pd.DataFrame:
    """Count the groups that reports show, and how likely each has enough answers to be shown.

    Each person is taken to answer with the same probability, whoever else does; where a team answers together or not at all, a
    group is less certain than this says.

    Parameters
    ----------
    invitations : DataFrame
        As `read_invitations` gives it.
    response : float
        The share of invited persons who answer.
    by : str
        The column whose values get a report each.

    Returns
    -------
    DataFrame
        The columns that tell groups apart (empty: all), n, expected, p_floor and p_detail (the chances of five and of ten answers
        or more), outcome ("never", "unlikely", "doubtful", "mean", "all"), and level (0: a report, 1: its parts, 2: theirs).
    """
    columns = [name for name in invitations.columns if name not in (N, _PERSON)]
    what, how = (_PERSON, "nunique") if _PERSON in invitations else (N, "sum")
    head = [name for name in ("wave", by) if name in columns]
    further = [name for name in ("side", "partner") if name in columns and name not in head]
    rest = [name for name in columns if name not in (*head, *further, "organisation")]
    levels: list[list[str]] = [head]  # groups of one level do not overlap
    if "side" in further:
        levels.append([*head, "side"])
    if "partner" in further:
        levels.append([*head, *(["partner", "side"] if "side" in further else ["partner"])])
    if not further:
        levels += [[*head, name] for name in rest]
    shown = list(dict.fromkeys(name for level in levels for name in level))
    parts = []
    for depth, level in enumerate(levels):
        of_level = invitations.groupby(level, sort=False)[what].agg(how) if level else invitations[[what]].agg(how)
        parts.append(of_level.rename(N).reset_index().reindex(columns=[*shown, N]).assign(level=depth))
    groups = pd.concat(parts, ignore_index=True).astype(dict.fromkeys(shown, object))
    groups[shown] = groups[shown].where(groups[shown].notna(), "")
    invited = groups[N].astype(int).to_numpy()
    floor, detail = (binom.sf(least - 1, invited, response) for least in (FLOOR, DETAIL))
    outcome = np.select(
        [invited < FLOOR, floor < 1.0 - LIKELY, floor < LIKELY, detail < LIKELY],
        ["never", "unlikely", "doubtful", "mean"],
        "all",
    )
    return groups.assign(**{N: invited}, expected=invited * response, p_floor=floor, p_detail=detail, outcome=outcome)
