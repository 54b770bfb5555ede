"""From raw cells to answers: what each cell says, and what was changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.audit import Entry
from hpp_analysis.survey.cells import distinct, plain_text
from hpp_analysis.survey.codes import answer_codes
from hpp_analysis.survey.joined import with_joined_columns
from hpp_analysis.survey.long import to_wide
from hpp_analysis.survey.mapping import ColumnMap
from hpp_analysis.survey.matching import Matched, match
from hpp_analysis.survey.questionnaire import Instrument, Item, RespondentColumn, Scale
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import WHOLE, canonical, normalise
from hpp_analysis.survey.understand import ANSWERED, DONT_KNOW, REASONS, SKIPPED, Meaning, reader_of
from hpp_analysis.survey.unread import Unread, answers_unread, labels_silent, numbered_otherwise

__all__ = ["ANSWERED", "DONT_KNOW", "REASONS", "SKIPPED", "Answers", "parse"]


@dataclass(frozen=True, eq=False, slots=True)
class Answers:
    """The parsed content of one raw table.

    Attributes
    ----------
    items : DataFrame
        Answers as numbers on the instrument's scale, reverse items turned round; NaN where not answered.
    reasons : DataFrame
        Of the same shape: answered, dont_know or skipped.
    comments : DataFrame
        What was written in own words, "" for nothing.
    respondents : DataFrame
        The respondent columns by id, then the columns that the instrument does not know, by their header.
    unknown : tuple of str
        The headers of the latter.
    rows : Index of int
        The row of each rating in its file, as a spreadsheet counts.
    audit : list of Entry
        What was dropped or changed.
    """

    items: pd.DataFrame
    reasons: pd.DataFrame
    comments: pd.DataFrame
    respondents: pd.DataFrame
    unknown: tuple[str, ...]
    rows: pd.Index
    audit: list[Entry] = field(default_factory=list)


def parse(
    raw: RawTable, instrument: Instrument, mapping: ColumnMap | None = None, *, unread: list[Unread] | None = None
) -> Answers:
    """Read the answers of a raw table, or raise every problem at once.

    Parameters
    ----------
    raw : RawTable
    instrument : Instrument
    mapping : ColumnMap, optional
    unread : list of Unread, optional
        Collects the answers that no scale knows, to report those of all files together; if None, they are raised here.

    Raises
    ------
    SurveyError
    """
    mapping = mapping or ColumnMap()
    audit = [
        Entry(raw.source, note.row, note.column, "", note.value, note.what, "reader", note.n) for note in raw.notes
    ]
    if mapping.long is not None:
        raw, entries = to_wide(raw, instrument, mapping.long)
        audit += entries
    raw, mapping = with_joined_columns(raw, mapping)
    matched = match(raw, instrument, mapping)
    failures = matched.failures
    wrong_answers: list[Unread] = []
    items, reasons, respondents = {}, {}, {}
    for item in instrument.items:
        if item.id in matched.places:
            scale = _scale_of(item, instrument, mapping)
            if scale is None:
                continue  # a name that no scale has was told above
            cells = Column(raw, matched.places[item.id], item.id)
            try:
                items[item.id], reasons[item.id], strange = _answers(cells, item, scale, instrument.scale, audit)
            except SurveyError as error:
                failures += error.failures
            else:
                wrong_answers += [
                    Unread(scale, cells.distinct[code], cells.of(code), cells.distinct) for code in strange
                ]
    if unread is None:
        failures += answers_unread(wrong_answers, instrument)
    else:
        unread += wrong_answers
    known = {column.id: column for column in instrument.columns}
    extra = {id_: RespondentColumn(id=id_, text={"en": id_}) for id_ in mapping.columns if id_ not in known}
    for column in [*instrument.columns, *extra.values()]:
        place = mapping.columns.get(column.id)
        if place is not None and place.value is not None:
            respondents[column.id], wrong = _constant(raw, column, place.value, audit)
            failures += wrong
        elif column.id in matched.places:
            respondents[column.id], wrong = _respondent_column(raw, matched.places[column.id], column, audit)
            if place is not None and place.prefix:
                respondents[column.id] = _prefixed(respondents[column.id], place.prefix)
                n = int((respondents[column.id] != "").sum())
                header = raw.header[matched.places[column.id]]
                audit.append(Entry(raw.source, None, header, column.id, "x", f"{place.prefix}x", "recoded", n))
            failures += wrong
    if failures:
        raise SurveyError(failures)
    written = [comment.id for comment in instrument.written if comment.id in matched.places]
    texts = _texts(raw, [matched.places[id_] for id_ in written])
    others = _unknown_columns(raw, matched, set(respondents))
    audit += _column_entries(raw, instrument, matched)
    return Answers(
        items=pd.DataFrame(items, dtype=float, copy=len(raw.rows) < _LARGE),
        reasons=pd.DataFrame(reasons),
        comments=pd.DataFrame(
            {id_: texts[matched.places[id_]] for id_ in written}, index=raw.cells.index, dtype=object
        ),
        respondents=pd.DataFrame(respondents | others, index=raw.cells.index),
        unknown=tuple(others),
        rows=raw.rows,
        audit=audit,
    )


def _scale_of(item: Item, instrument: Instrument, mapping: ColumnMap) -> Scale | None:
    """The scale on which a file answers an item: that of the mapping, or else of the item."""
    named = mapping.items[item.id].scale if item.id in mapping.items else None
    name = named or item.scale or mapping.scale
    return instrument.scale if name is None else instrument.scales.get(name)


def _unknown_columns(raw: RawTable, matched: Matched, taken: set[str]) -> dict[str, np.ndarray]:
    """The columns that the instrument does not know, as text by header; a repeated header gets the column's number."""
    found: dict[str, np.ndarray] = {}
    texts = _texts(raw, matched.unknown)
    for place in matched.unknown:
        header = raw.header[place]
        if not header or header in found or header in taken:
            header = f"{header} (column {place + 1})".strip()
        found[header] = texts[place]
    return found


def _texts(raw: RawTable, places: Sequence[int]) -> dict[int, np.ndarray]:
    """The cells of columns as stripped text, "" where empty; short columns of text all at once, as they may be thousands."""
    short = len(raw.cells) < _LARGE // 10
    kinds = dict(zip(raw.cells.columns, raw.cells.dtypes, strict=True))
    at_once = [place for place in places if short and isinstance(kinds[place], pd.StringDtype)]
    found: dict[int, np.ndarray] = {}
    for some in (at_once[start : start + 1000] for start in range(0, len(at_once), 1000)):
        block = raw.cells[some].to_numpy(dtype=object)
        codes, spellings = distinct(pd.Series(block.ravel(), dtype="str"))
        texts = np.array(spellings, dtype=object)[codes].reshape(block.shape)
        found |= {place: texts[:, column] for column, place in enumerate(some)}
    return found | {place: _text(raw.cells[place]).to_numpy() for place in places if place not in found}


_LARGE = 100_000
"""Rows from which columns stay apart: bringing them together would write every answer a second time."""
_REASON = pd.CategoricalDtype(list(REASONS))


@dataclass(eq=False, slots=True)
class Column:
    """One column of a raw table as text, each distinct spelling once."""

    raw: RawTable
    place: int
    id: str
    codes: np.ndarray = field(init=False)
    distinct: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.codes, self.distinct = distinct(self.raw.cells[self.place])

    @property
    def labels(self) -> Mapping[str, str]:
        """The value labels of the file."""
        return self.raw.labels.get(self.place, {})

    def label(self, value: str) -> str:
        """The text that the file gives to a value; without one, the value."""
        return self.labels.get(value, value)

    def declared_missing(self, value: str) -> bool:
        """Whether the file says that a value is no answer."""
        return value in self.raw.missing.get(self.place, ())

    @property
    def header(self) -> str:
        return self.raw.header[self.place]

    def of(self, code: int) -> list[tuple[str, int, str]]:
        """The file, row and column of each cell that holds a spelling."""
        rows = self.raw.rows[np.flatnonzero(self.codes == code)].tolist()
        return [(self.raw.source, row, self.header) for row in rows]

    def failures(self, code: int, rule: str, remedy: str) -> list[Failure]:
        """One failure for each row that holds a spelling."""
        value = self.distinct[code] or None
        return [Failure(rule, remedy, *place, value) for place in self.of(code)]

    def entry(self, code: int, became: str, reason: str) -> Entry:
        """The audit entry for all cells with one spelling."""
        n = int((self.codes == code).sum())
        return Entry(self.raw.source, None, self.header, self.id, self.distinct[code], became, reason, n)


def _text(cells: pd.Series) -> pd.Series:
    """The cells as stripped text, "" where empty."""
    codes, spellings = distinct(cells)
    return pd.Series(np.array(spellings, dtype=object)[codes], index=cells.index)


def _answers(
    column: Column, item: Item, scale: Scale, target: Scale, audit: list[Entry]
) -> tuple[np.ndarray, pd.Categorical, list[int]]:
    """The numbers of one item, the reasons of missing ones, and the spellings that no scale knows.

    Raises
    ------
    SurveyError
        When the file's value labels number the scale otherwise, and do not speak for all values.
    """
    meanings = _meanings(column, scale)
    values = np.array([meaning.value for meaning in meanings], dtype=float)[column.codes]
    places = [REASONS.index(meaning.reason) if meaning.reason else 0 for meaning in meanings]
    reason = np.array(places, dtype=np.int8)  # as a Categorical keeps them: an eighth of the memory
    wrong = [code for code, meaning in enumerate(meanings) if meaning.reason is None]
    for code, meaning in enumerate(meanings):
        if meaning.reason is not None and meaning.how:
            became = "" if np.isnan(meaning.value) else f"{meaning.value:g}"
            audit.append(column.entry(code, became, meaning.how))
    unknown = [code for code, text in enumerate(column.distinct) if _by_number(column, text, meanings[code], scale)]
    if unknown:
        labelled = ", ".join(f"{column.distinct[code]} = {column.label(column.distinct[code])!r}" for code in unknown)
        n = int(np.isin(column.codes, unknown).sum())
        audit.append(Entry(column.raw.source, None, column.header, item.id, labelled, "", "unknown_label", n))
    whole = (column.raw.source, None, column.header, item.id)
    if (scale.min, scale.max) != (target.min, target.max):
        share = (values - scale.min) / (scale.max - scale.min)
        values = target.min + share * (target.max - target.min)
        change = (f"{scale.min}-{scale.max}", f"{target.min}-{target.max}")
        audit.append(Entry(*whole, *change, "other_scale", int(np.isfinite(values).sum())))
    if item.reverse:  # by the declared ends, not by those that happen to be observed
        values = target.min + target.max - values
        audit.append(Entry(*whole, "x", f"{target.min + target.max} - x", "reversed", int(np.isfinite(values).sum())))
    return (values, pd.Categorical.from_codes(reason[column.codes], dtype=_REASON), wrong)


def _meanings(column: Column, scale: Scale) -> list[Meaning]:
    """The meaning of each spelling of a column.

    Value labels of the file that say other points than its numbers do speak for all values of the column.
    """
    understand = reader_of(scale)
    labels = {value: understand(label) for value, label in column.labels.items() if label != value}
    missing = {value for value in {*column.distinct, *labels} if column.declared_missing(value)}
    contradicting = [value for value in labels if value not in missing and _says_another_point(value, labels[value])]
    if not contradicting and not numbered_otherwise(column.labels, labels, missing, scale):
        return [_meaning(value, understand, labels.get(value), value in missing) for value in column.distinct]

    def no_answer(value: str) -> Meaning:
        own = understand(value)
        return own if own.reason != ANSWERED else Meaning(np.nan, None)

    meanings = [
        Meaning(np.nan, SKIPPED) if not value else _meaning(value, no_answer, labels.get(value), value in missing)
        for value in column.distinct
    ]
    silent = [code for code, meaning in enumerate(meanings) if meaning.reason is None]
    if silent:
        rule, remedy = labels_silent(column.labels, scale)
        raise SurveyError(failure for code in silent for failure in column.failures(code, rule, remedy))
    return meanings


def _by_number(column: Column, value: str, meaning: Meaning, scale: Scale) -> bool:
    """Whether a value counts by its number although the file labels it with words that the scale does not know."""
    label = column.labels.get(value)
    return (
        label is not None and meaning.reason == ANSWERED and not meaning.how and reader_of(scale)(label).reason is None
    )


def _says_another_point(value: str, meant: Meaning) -> bool:
    """Whether a value label stands for a point of the scale that its number does not."""
    if meant.reason != ANSWERED:
        return False
    number = canonical(value)
    return not WHOLE.fullmatch(number) or float(number) != meant.value


def _meaning(
    value: str, understand: Callable[[str], Meaning], labelled: Meaning | None, declared_missing: bool
) -> Meaning:
    """The meaning of a value; its label decides if the label is no answer or the value is not on the scale."""
    if labelled is not None and labelled.reason == DONT_KNOW:
        return labelled
    if declared_missing or (labelled is not None and labelled.reason == SKIPPED):
        return Meaning(np.nan, SKIPPED, "missing_code")
    own = understand(value)
    if own.reason is None and labelled is not None:
        return labelled._replace(how=labelled.how or "label")  # also a label that is a number: 0 = "1"
    return own


def _spellings(column: RespondentColumn) -> Mapping[str, str]:
    short = {normalise(code): id_ for id_, code in answer_codes(column.values).items()}
    return short | {
        normalise(spelling): value.id
        for value in column.values
        for spelling in (value.id, *value.text.values(), *value.codes)
    }


def _respondent_column(
    raw: RawTable, place: int, column: RespondentColumn, audit: list[Entry]
) -> tuple[np.ndarray | pd.Series, list[Failure]]:
    """As `_respondents`, but return ids that need no change at once; there may be a million."""
    if not (column.values or raw.labels.get(place) or raw.missing.get(place)):
        plain = plain_text(raw.cells[place])
        if plain is not None:
            return plain, []
    return _respondents(Column(raw, place, column.id), column, audit)


def _respondents(column: Column, meant: RespondentColumn, audit: list[Entry]) -> tuple[np.ndarray, list[Failure]]:
    """One respondent column as text; values that are listed become their ids."""
    known = _spellings(meant)
    failures, ids = [], []
    # where a label of the file and a code of the instrument name two things, the labels speak for all values
    labels_speak = any(
        known.get(normalise(spelt), meant_by) != meant_by
        for spelt, label in column.labels.items()
        if (meant_by := known.get(normalise(label))) and not column.declared_missing(spelt)
    )
    for code, spelt in enumerate(column.distinct):
        labelled = labels_speak or not known or normalise(spelt) not in known
        value = "" if column.declared_missing(spelt) else column.label(spelt) if labelled else spelt
        if labels_speak and value == spelt != "" and spelt not in column.labels:
            ids.append("")
            failures += column.failures(
                code,
                f"Value labels of the file that name the {meant.id} otherwise than the codes of the questionnaire must "
                "stand at every value.",
                "Label every value in the file, or correct the codes in the instrument.",
            )
            continue
        ids.append(known.get(normalise(value), value) if known else value)
        if value == "" and meant.required:
            failures += column.failures(code, f"Every row must name its {meant.id}.", "Fill it in, or remove the row.")
        elif known and value and normalise(value) not in known:
            choices = ", ".join(dict.fromkeys(known.values()))
            failures += column.failures(
                code,
                f"The {meant.id} must be one of {choices}.",
                "Correct it, or add its spelling to the instrument (a copy of it, passed with --instrument).",
            )
        elif ids[-1] != spelt:
            audit.append(column.entry(code, ids[-1], "recoded"))
    return np.array(ids, dtype=object)[column.codes], failures


def _prefixed(values: np.ndarray | pd.Series, prefix: str) -> np.ndarray:
    return np.array([f"{prefix}{value}" if value else value for value in values], dtype=object)


def _constant(
    raw: RawTable, column: RespondentColumn, value: str, audit: list[Entry]
) -> tuple[np.ndarray, list[Failure]]:
    """A respondent column that the mapping gives one value for the whole file."""
    known = _spellings(column)
    meant = known.get(normalise(value), value)
    if known and normalise(value) not in known:
        choices = ", ".join(dict.fromkeys(known.values()))
        rule = f"The {column.id} must be one of {choices}."
        return np.array([]), [Failure(rule, "Correct the mapping.", raw.source, None, column.id, value)]
    audit.append(Entry(raw.source, None, "", column.id, "", meant, "constant", len(raw.cells)))
    return np.full(len(raw.cells), meant, dtype=object), []


def _column_entries(raw: RawTable, instrument: Instrument, matched: Matched) -> list[Entry]:
    """Audit entries about whole columns."""
    whole = [*matched.unknown, *matched.ignored, *matched.empty, *(place for _id, place in matched.repeated)]
    whole += [matched.places[id_] for id_, how in matched.how.items() if how == "part"]
    filled = dict(zip(whole, raw.cells[whole].notna().sum().tolist(), strict=True))

    def entry(place: int, reason: str, id_: str = "") -> Entry:
        header = raw.header[place] or f"(column {place + 1})"
        return Entry(raw.source, None, header, id_, "", "", reason, int(filled[place]))

    not_asked = [
        Entry(raw.source, None, "", item.id, "", "", "not_asked", 0)
        for item in instrument.items
        if item.id not in matched.places
    ]
    return [
        *(entry(place, "unknown_column") for place in matched.unknown),
        *(entry(place, "ignored_column") for place in matched.ignored),
        *(entry(place, "empty_column") for place in matched.empty),
        *(entry(place, "repeated_column", id_) for id_, place in matched.repeated),
        *(entry(matched.places[id_], "part_of_header", id_) for id_, how in matched.how.items() if how == "part"),
        *not_asked,
    ]
