"""A proposed mapping to check: every item, its column or the likely ones, the reason, and some values."""

from __future__ import annotations

import json
from difflib import SequenceMatcher
from pathlib import Path

import pandas as pd

from hpp_analysis.survey.mapping import ColumnMap
from hpp_analysis.survey.matching import Matched, match, texts_of
from hpp_analysis.survey.questionnaire import Instrument, Item, RespondentColumn
from hpp_analysis.survey.readers import read_raw
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import normalise

_LIKELY = 0.6
_MOST_PROPOSALS = 3
_MOST_VALUES = 6


def propose_mapping(
    source: str | Path | pd.DataFrame, instrument: Instrument, *, sheet: str | int | None = None
) -> tuple[str, dict[str, int]]:
    """Write a mapping as commented YAML.

    Parameters
    ----------
    source : path or DataFrame
        The export.
    instrument : Instrument
        What was asked.
    sheet : str or int, optional
        Of a workbook: its name, or its number from 1.

    Returns
    -------
    text : str
        YAML that `load_mapping` reads. Columns found by code or text stand in it; those that merely look alike are
        proposed in comments with their similarity, and never applied.
    counts : dict of str to int
        found, proposed and missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from hpp_analysis import load_instrument
    >>> export = pd.DataFrame({"ope1": [7, 8], "Respondent": ["a", "b"]})
    >>> text, counts = propose_mapping(export, load_instrument("hpp"))
    >>> counts["found"]
    2
    """
    raw = read_raw(source, sheet=sheet)
    matched = match(raw, instrument, ColumnMap())
    counts = {"found": 0, "proposed": 0, "missing": 0}
    named = "name or `#5` for the fifth column"
    lines = [
        f"# Which column of {_plain(raw.source)} is what, for the questionnaire {instrument.name} {instrument.version}.",
        f"# Check each line. A column is given by its {named}; remove the # right before a proposal to take it.",
        "# `{value: NAME}` gives a respondent column one value for the whole file.",
        "",
        *([] if sheet is None else [f"sheet: {_quoted(str(sheet))}", ""]),
        "columns:",
    ]
    for column in instrument.columns:
        lines += _lines(column, raw, matched, counts, needed=column.required)
    lines += ["", "items:"]
    for item in instrument.items:
        lines += _lines(item, raw, matched, counts, needed=not item.optional)
    left = [_reference(raw, place) for place in matched.unknown]
    if left:
        lines += ["", "# Columns that nothing above names; they are kept, and shown nowhere. To leave some out:"]
        lines += ["#ignore:", *(f"#  - {header}" for header in left)]
    return "\n".join(lines) + "\n", counts


def _lines(
    part: Item | RespondentColumn, raw: RawTable, matched: Matched, counts: dict[str, int], *, needed: bool
) -> list[str]:
    text = _plain(next(iter(part.text.values())))
    place = matched.places.get(part.id)
    again = [where for id_, where in matched.repeated if id_ == part.id]
    if place is not None:
        counts["found"] += 1
        why = {"code": "its code", "text": "its text", "part": "a part of its header"}.get(
            matched.how[part.id], matched.how[part.id]
        )
        if again:
            why += f"; also in {', '.join(f'#{where + 1}' for where in again)}: say which"
        return [
            f"  # {text}",
            f"  # found by {why}; values: {_values(raw, place)}",
            f"  {part.id}: {_reference(raw, place)}",
        ]
    candidates = _similar_columns(part, raw, matched.unknown)
    counts["proposed" if candidates else "missing"] += 1
    missing = "not found" if needed else "not found (optional)"
    lines = [f"  # {text}", f"  # {missing}" + ("; perhaps:" if candidates else "")]
    for share, where in candidates:
        lines.append(f"  # fuzzy {share:.0%}; values: {_values(raw, where)}")
        lines.append(f"  #{part.id}: {_reference(raw, where)}")
    return lines


def _similar_columns(part: Item | RespondentColumn, raw: RawTable, unknown: list[int]) -> list[tuple[float, int]]:
    """The unknown columns that resemble this item or respondent column, the most similar first."""
    meant = [normalise(text) for text in (part.id, *part.text.values(), *part.headers)]
    found = []
    for place in unknown:
        headers = [normalise(text) for text in texts_of(raw, place) if text]
        share = max((SequenceMatcher(None, one, two).ratio() for one in headers for two in meant), default=0.0)
        if share >= _LIKELY:
            found.append((share, place))
    return sorted(found, key=lambda pair: -pair[0])[:_MOST_PROPOSALS]


def _reference(raw: RawTable, place: int) -> str:
    """The header if it is unique, otherwise the column's number."""
    header = raw.header[place]
    alone = [normalise(other) for other in raw.header].count(normalise(header)) == 1
    return _quoted(header if header and alone and not header.startswith("#") else f"#{place + 1}")


def _values(raw: RawTable, place: int) -> str:
    distinct = raw.cells[place].dropna().astype(str).value_counts()
    shown = [_quoted(_plain(value)[:30]) for value in distinct.index[:_MOST_VALUES]]
    return ", ".join(shown) + (f" and {len(distinct) - len(shown)} more" if len(distinct) > len(shown) else "")


def _plain(text: object) -> str:
    """One line, for a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


def _quoted(text: str) -> str:
    """A text as YAML (a JSON string is one)."""
    return json.dumps(_plain(text) if not text.isprintable() else text, ensure_ascii=False)
