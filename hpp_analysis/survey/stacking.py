"""Several files of one study as one: stacked, with persons told apart, and what only all of them together can tell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from hpp_analysis.errors import Failure
from hpp_analysis.survey.audit import Entry
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.schema import Answers


def stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One frame below the other."""
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def in_order(frame: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """The items in the order of the questionnaire, whichever file asked them first."""
    return frame[[item.id for item in instrument.items if item.id in frame]]


def with_persons(parsed: list[Answers], raws: list[RawTable], entries: list[Entry]) -> list[pd.DataFrame]:
    """The respondent columns of each file; where one file knows persons and another does not, its rows are persons."""
    frames = [one.respondents for one in parsed]
    if len({"respondent" in frame for frame in frames}) < 2:
        return frames
    made = []
    for number, (frame, raw) in enumerate(zip(frames, raws, strict=True), start=1):
        if "respondent" in frame:
            made.append(frame)
            continue
        made.append(frame.assign(respondent=[f"file {number} row {row}" for row in range(len(frame))]))
        entries.append(Entry(raw.source, None, "", "respondent", "", "", "no_person", len(frame)))
    return made


def derived(respondents: pd.DataFrame) -> pd.DataFrame:
    """Add the partnership, and the respondent's own organisation, where client, partner and side tell them."""
    if {"client", "partner"} <= set(respondents.columns):
        added = {}
        if "partnership" not in respondents:
            added["partnership"] = respondents["client"] + " – " + respondents["partner"]
        if "organisation" not in respondents and "side" in respondents:
            added["organisation"] = respondents["client"].where(
                respondents["side"] == "client", respondents["partner"]
            )
        return respondents.assign(**added)
    return respondents


def double_ratings(
    respondents: pd.DataFrame, where: Callable[[int], tuple[str, int]], instrument: Instrument
) -> list[Failure]:
    """A person rates a partnership once a wave; which of two ratings counts is not ours to choose."""
    once = instrument.unit == "person"
    parts = ("respondent", "wave") if once else ("respondent", "partnership", "wave")
    key = [column for column in parts if column in respondents]
    if key[: len(parts) - 1] != list(parts[:-1]):
        return []
    rule = "A person may rate a partnership once a wave; this one did so in an earlier row."
    if once:
        rule = "A person answers this questionnaire once a wave; this one did so in an earlier row."
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
    """A number that several organisations use is several persons: files that each count from 1, for example."""
    if not {"respondent", "organisation"} <= set(respondents.columns):
        return []
    key = [column for column in ("respondent", "wave") if column in respondents]
    named = (respondents["respondent"] != "") & (respondents["organisation"] != "")
    first = respondents[named].groupby(key)["organisation"].transform("first")
    other = np.flatnonzero(named.to_numpy())[(respondents.loc[named, "organisation"] != first).to_numpy()]
    return [
        Failure(
            f"A respondent works for one organisation; in an earlier row this one works for {earlier!r}.",
            "Give each person an own id.",
            *where(int(place)),
            "respondent",
            str(respondents["respondent"].iloc[place]),
        )
        for place, earlier in zip(other, first[respondents.loc[named, "organisation"] != first], strict=True)
    ]
