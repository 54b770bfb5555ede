"""Stack the files of one study, tell persons apart, and check across files."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from hpp_analysis.errors import Failure
from hpp_analysis.survey.audit import Entry
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.schema import Answers
from hpp_analysis.survey.spelling import typed


def stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One frame below the other."""
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def in_order(frame: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Put the items in the order of the questionnaire."""
    return frame[[item.id for item in instrument.items if item.id in frame]]


def with_persons(parsed: list[Answers], raws: list[RawTable], entries: list[Entry]) -> list[pd.DataFrame]:
    """The respondent columns of each file; if only some files name persons, each row of the others is a person."""
    frames = [one.respondents for one in parsed]
    if len({"respondent" in frame for frame in frames}) < 2:
        return frames
    with_person = []
    for number, (frame, raw) in enumerate(zip(frames, raws, strict=True), start=1):
        if "respondent" in frame:
            with_person.append(frame)
            continue
        with_person.append(frame.assign(respondent=[f"file {number} row {row}" for row in range(len(frame))]))
        entries.append(Entry(raw.source, None, "", "respondent", "", "", "no_person", len(frame)))
    return with_person


def one_spelling(respondents: pd.DataFrame, known: Iterable[str], entries: list[Entry], source: str) -> pd.DataFrame:
    """Give names that differ in punctuation marks their first spelling: O’Brien with a curly quote is O'Brien.

    Parameters
    ----------
    respondents : DataFrame
    known : iterable of str
        The columns that identify who answered; others stay as they are.
    entries : list of Entry
        Collects the changes.
    source : str
        The name of the files in these entries.
    """
    changed = {}
    for column in known:
        if column not in respondents:
            continue
        codes, values = pd.factorize(respondents[column])
        written = [str(value) for value in values]
        if all(value.isascii() for value in written):
            continue
        first: dict[str, str] = {}
        same = [first.setdefault(" ".join(typed(value).split()), value) for value in written]
        for code, (was, became) in enumerate(zip(written, same, strict=True)):
            if was != became:
                n = int((codes == code).sum())
                entries.append(Entry(source, None, "", column, was, became, "recoded", n))
        if same != written:
            changed[column] = np.array(same, dtype=object)[codes]
    return respondents.assign(**changed) if changed else respondents


def derived(respondents: pd.DataFrame) -> pd.DataFrame:
    """Add the partnership and the respondent's own organisation, derived from client, partner and side."""
    if {"client", "partner"} <= set(respondents.columns):
        added = {}
        if "partnership" not in respondents:
            added["partnership"] = respondents["client"] + " – " + respondents["partner"]
        if "organisation" not in respondents and "side" in respondents:
            added["organisation"] = respondents["client"].where(respondents["side"] == "client", respondents["partner"])
        return respondents.assign(**added)
    return respondents


def double_ratings(
    respondents: pd.DataFrame, where: Callable[[int], tuple[str, int]], instrument: Instrument
) -> list[Failure]:
    """Refuse two ratings of a partnership by one person in a wave; the user must choose one."""
    once = instrument.unit == "person"
    parts = ("respondent", "wave") if once else ("respondent", "partnership", "wave")
    key = [column for column in parts if column in respondents]
    if key[: len(parts) - 1] != list(parts[:-1]):
        return []
    rule = "A person must rate a partnership once a wave at most; these did so in an earlier row."
    if once:
        rule = "A person must answer this questionnaire once a wave at most; these did so in an earlier row."
    twice = (respondents.duplicated(key) & (respondents["respondent"] != "")).to_numpy()
    return [
        Failure(
            rule,
            "Keep one of the ratings.",
            *where(int(place)),
            "respondent",
            str(respondents["respondent"].iloc[place]),
        )
        for place in np.flatnonzero(twice)
    ]


def two_organisations(respondents: pd.DataFrame, where: Callable[[int], tuple[str, int]]) -> list[Failure]:
    """Failures for persons with two organisations, as in files that each number their persons from 1."""
    if not {"respondent", "organisation"} <= set(respondents.columns):
        return []
    key = [column for column in ("respondent", "wave") if column in respondents]
    named = (respondents["respondent"] != "") & (respondents["organisation"] != "")
    first = respondents[named].groupby(key)["organisation"].transform("first")
    other = np.flatnonzero(named.to_numpy())[(respondents.loc[named, "organisation"] != first).to_numpy()]
    return [
        Failure(
            "A respondent must work for one organisation; in an earlier row these work for another one.",
            "Give each person an own id.",
            *where(int(place)),
            "respondent",
            str(respondents["respondent"].iloc[place]),
        )
        for place in other
    ]
