"""From raw cells to answers: which column is which item, and what each cell says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.instrument import Instrument, Item, RespondentColumn, Scale
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import WHOLE, canonical, normalise

ANSWERED, DONT_KNOW, SKIPPED = REASONS = ("answered", "dont_know", "skipped")


@dataclass(frozen=True, eq=False, slots=True)
class Answers:
    """The parsed content of one raw table.

    Attributes
    ----------
    items : DataFrame
        Answers as numbers, reverse items turned round; NaN where not answered.
    reasons : DataFrame
        Of the same shape: answered, dont_know or skipped.
    respondents : DataFrame
        The respondent columns by id, then the columns that the instrument does not know, by their header.
    unknown : tuple of str
        The headers of the latter.
    """

    items: pd.DataFrame
    reasons: pd.DataFrame
    respondents: pd.DataFrame
    unknown: tuple[str, ...]


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def parse(raw: RawTable, instrument: Instrument) -> Answers:
    """Read the answers of a raw table, or tell everything that stands in the way.

    Raises
    ------
    SurveyError
    """
    places, unknown, failures = _match(raw, instrument)
    items, reasons, respondents = {}, {}, {}
    for item in instrument.items:
        if item.id in places:
            values, why, wrong = _answers(raw, places[item.id], item, instrument.scale)
            items[item.id], reasons[item.id] = values, why
            failures += wrong
    for column in instrument.columns:
        if column.id in places:
            respondents[column.id], wrong = _respondents(raw, places[column.id], column)
            failures += wrong
    if failures:
        raise SurveyError(failures)
    others = {raw.header[place]: _text(raw.cells[place]) for place in unknown}
    return Answers(
        items=pd.DataFrame(items, dtype=float),
        reasons=pd.DataFrame(reasons),
        respondents=pd.DataFrame(respondents | others, index=raw.cells.index),
        unknown=tuple(others),
    )


def _match(raw: RawTable, instrument: Instrument) -> tuple[dict[str, int], list[int], list[Failure]]:
    """The place of each item and respondent column, the places of unknown columns, and what is wrong."""
    wanted: dict[str, set[str]] = defaultdict(set)  # header text -> the ids that it may stand for
    parts: list[Item | RespondentColumn] = [*instrument.items, *instrument.columns]
    for part in parts:
        for text in (part.id, *part.text.values(), *part.headers):
            wanted[normalise(text)].add(part.id)
    found: dict[str, list[int]] = defaultdict(list)
    unknown: list[int] = []
    failures: list[Failure] = []
    for place, header in enumerate(raw.header):
        ids = wanted.get(normalise(header), set())
        if len(ids) > 1:
            rule = f"A header must stand for one thing; this one may be {' or '.join(sorted(ids))}."
            failures.append(Failure(rule, "Rename the column to one of these.", raw.source, 1, header))
        elif ids:
            found[next(iter(ids))].append(place)
        else:
            unknown.append(place)
    failures += _repeated(raw, found, instrument)
    failures += _absent(raw, found, [raw.header[place] for place in unknown], instrument)
    failures += _repeated_unknown(raw, unknown)
    return {id_: places[0] for id_, places in found.items()}, unknown, failures


def _repeated(raw: RawTable, found: dict[str, list[int]], instrument: Instrument) -> Iterable[Failure]:
    first_counts = {item.id for item in instrument.items if item.repeated == "first"}
    for id_, places in found.items():
        if len(places) > 1 and id_ not in first_counts:
            headers = ", ".join(repr(raw.header[place]) for place in places)
            yield Failure(
                f"One column only may hold {id_!r}; {len(places)} do: {headers}.",
                "Remove or rename the others, or say `repeated: first` in the instrument.",
                raw.source,
                1,
                raw.header[places[1]],
            )


def _absent(
    raw: RawTable, found: dict[str, list[int]], unknown: list[str], instrument: Instrument
) -> Iterable[Failure]:
    for item in instrument.items:
        if item.id not in found and not item.optional:
            yield Failure(
                f"No column holds {item.id!r} ({next(iter(item.text.values()))}).{_like(item, unknown)}",
                "Add or rename the column, add its header to the item's `headers`, or make the item optional.",
                raw.source,
                1,
            )
    for column in instrument.columns:
        if column.id not in found and column.required:
            yield Failure(
                f"No column says who the {column.id} is.{_like(column, unknown)}",
                f"Add a column {column.id!r}, or rename the one that is meant.",
                raw.source,
                1,
            )


def _like(part: Item | RespondentColumn, unknown: list[str]) -> str:
    """A header that may be meant: proposed, never taken."""
    headers = {normalise(header): header for header in unknown if header}
    for text in (part.id, *part.text.values(), *part.headers):
        near = get_close_matches(normalise(text), headers, n=1, cutoff=0.8)
        if near:
            return f" Is {headers[near[0]]!r} meant?"
    return ""


def _repeated_unknown(raw: RawTable, unknown: list[int]) -> Iterable[Failure]:
    seen: set[str] = set()
    for place in unknown:
        header = raw.header[place]
        if header in seen:
            yield Failure(
                "No two columns may have the same header.", "Rename one of them.", raw.source, 1, header
            )
        seen.add(header)


def _text(cells: pd.Series) -> pd.Series:
    """The cells as stripped text, "" where empty."""
    return cells.astype(object).where(cells.notna(), "").map(_spelling).astype(str)


def _spelling(value: object) -> str:
    """One cell as text: 3.0 in a frame is the "3" of a file; control characters are nobody's answer."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(float(value))
    text = str(value).strip()
    return text if text.isprintable() else _CONTROL.sub("", text)


def _answers(
    raw: RawTable, place: int, item: Item, scale: Scale
) -> tuple[np.ndarray, pd.Categorical, list[Failure]]:
    """The numbers of one item, why some are missing, and the cells that are neither."""
    text = _text(raw.cells[place])
    codes, distinct = pd.factorize(text)  # each distinct spelling is understood once
    meaning = [_understand(spelling, scale) for spelling in distinct]
    values = np.array([value for value, _ in meaning], dtype=float)[codes]
    reason = np.array([REASONS.index(why) if why else -1 for _, why in meaning])[codes]
    failures = [
        Failure(
            f"An answer to {item.id!r} must be a whole number from {scale.min} to {scale.max}.",
            "Correct it, or add the code to the instrument's `missing` or `dont_know`.",
            raw.source,
            int(raw.rows[row]),
            raw.header[place],
            text.iloc[row],
        )
        for row in np.flatnonzero(reason < 0)
    ]
    if item.reverse:  # by the declared ends, not by those that happen to be observed
        values = scale.min + scale.max - values
    return values, pd.Categorical.from_codes(np.maximum(reason, 0), categories=list(REASONS)), failures


def _understand(spelling: str, scale: Scale) -> tuple[float, str | None]:
    """The value of one spelling and its reason; no reason means that it is no answer at all."""
    said = canonical(spelling)
    if not said or said in {canonical(code) for code in scale.missing}:
        return np.nan, SKIPPED
    if scale.dont_know and said in {
        canonical(text) for text in (*scale.dont_know.codes, *scale.dont_know.text.values())
    }:
        return np.nan, DONT_KNOW
    for point, label in scale.labels.items():
        if said in {canonical(text) for text in label.values()}:
            return float(point), ANSWERED
    if WHOLE.fullmatch(said) and scale.min <= int(said) <= scale.max:
        return float(said), ANSWERED
    return np.nan, None


def _respondents(raw: RawTable, place: int, column: RespondentColumn) -> tuple[pd.Series, list[Failure]]:
    """One respondent column as text; values that are listed become their ids."""
    text = _text(raw.cells[place])
    header = raw.header[place]
    known = {
        normalise(spelling): value.id
        for value in column.values
        for spelling in (value.id, *value.text.values(), *value.codes)
    }
    result = text.map(lambda said: known.get(normalise(said), said)) if known else text
    failures = []
    for row in np.flatnonzero((text == "").to_numpy()) if column.required else ():
        rule = f"Every row must name its {column.id}."
        failures.append(
            Failure(rule, "Fill it in, or remove the row.", raw.source, int(raw.rows[row]), header)
        )
    if known:
        wrong = ~result.isin([*known.values(), ""])
        for row in np.flatnonzero(wrong.to_numpy()):
            choices = ", ".join(dict.fromkeys(known.values()))
            failures.append(
                Failure(
                    f"The {column.id} must be one of {choices}.",
                    "Correct it, or add its spelling to the instrument (a copy of it, passed with --instrument).",
                    raw.source,
                    int(raw.rows[row]),
                    header,
                    text.iloc[row],
                )
            )
    return result, failures
