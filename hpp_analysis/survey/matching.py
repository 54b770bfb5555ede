"""Which column of a raw table is which item or respondent column: by mapping, code or text, never by guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from hpp_analysis.errors import Failure
from hpp_analysis.survey.mapping import ColumnMap, Place
from hpp_analysis.survey.questionnaire import Instrument, Item, RespondentColumn
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import normalise


@dataclass(eq=False, slots=True)
class Matched:
    """What was found.

    Attributes
    ----------
    places : dict of str to int
        The position of each item and respondent column.
    how : dict of str to str
        How it was found: "mapping", "code" or "text".
    unknown, ignored, empty : list of int
        Columns that the instrument does not know, that the mapping leaves out, without header and content.
    repeated : list of (str, int)
        Later columns of what is there twice, where the first counts; the id is empty for unknown columns.
    failures : list of Failure
    """

    places: dict[str, int] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    unknown: list[int] = field(default_factory=list)
    ignored: list[int] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    repeated: list[tuple[str, int]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def match(raw: RawTable, instrument: Instrument, mapping: ColumnMap) -> Matched:
    """Find the column of each item and respondent column, and everything that stands in the way."""
    done = Matched()
    taken = _by_mapping(raw, instrument, mapping, done)
    wanted = known_texts(instrument, without=set(done.places) | set(mapping.columns))
    ignored = {normalise(header) for header in mapping.ignore}
    found: dict[str, list[int]] = defaultdict(list)
    for place in range(len(raw.header)):
        if place in taken:
            continue
        texts = texts_of(raw, place)
        ids = set[str]().union(*(wanted.get(normalise(text), set()) for text in texts))
        if any(normalise(text) in ignored for text in texts):
            done.ignored.append(place)
        elif len(ids) > 1:
            rule = f"A header must stand for one thing; this one may be {' or '.join(sorted(ids))}."
            remedy = "Rename the column to one of these, or say in a mapping what it is."
            done.failures.append(Failure(rule, remedy, raw.source, 1, raw.header[place]))
        elif ids:
            found[next(iter(ids))].append(place)
        elif not raw.header[place] and raw.cells[place].isna().all():
            done.empty.append(place)
        else:
            done.unknown.append(place)
    for id_, places in found.items():
        done.places[id_] = places[0]
        by_code = any(normalise(text) == id_ for text in texts_of(raw, places[0]))
        done.how[id_] = "code" if by_code else "text"
        done.repeated += [(id_, place) for place in places[1:]]
    done.failures += _repeated(raw, found, instrument)
    done.failures += _absent(raw, instrument, mapping, done)
    _settle_unknown(raw, instrument, done)
    return done


def known_texts(instrument: Instrument, *, without: set[str] = frozenset()) -> dict[str, set[str]]:  # type: ignore[assignment]
    """Normalised header text to the ids that it may stand for."""
    wanted: dict[str, set[str]] = defaultdict(set)
    parts: list[Item | RespondentColumn] = [*instrument.items, *instrument.columns]
    for part in parts:
        if part.id not in without:
            for text in (part.id, *part.text.values(), *part.headers):
                wanted[normalise(text)].add(part.id)
    return wanted


def texts_of(raw: RawTable, place: int) -> tuple[str, ...]:
    """Every text that stands above a column; the first is its header."""
    further: Sequence[Sequence[str]] = getattr(raw, "headers", None) or ()
    return tuple(dict.fromkeys((raw.header[place], *(further[place] if further else ()))))


def _by_mapping(raw: RawTable, instrument: Instrument, mapping: ColumnMap, done: Matched) -> set[int]:
    """Take what the mapping names; the positions that are taken."""
    items = {item.id: item for item in instrument.items}
    owner: dict[int, str] = {}
    for id_, place in mapping.items.items():
        if id_ not in items:
            near = get_close_matches(id_, items, 1)
            remedy = f"Did you mean {near[0]!r}?" if near else "Correct the mapping."
            done.failures.append(Failure("A mapping names items of the instrument.", remedy, value=id_))
        if place.value is not None:
            rule = f"An item is answered by persons; the mapping gives {id_!r} one value for all."
            done.failures.append(Failure(rule, "Name its column.", value=place.value))
    for scale in {
        mapping.scale,
        *(place.scale for place in (*mapping.items.values(), *mapping.columns.values())),
    }:
        if scale is not None and scale not in instrument.scales:
            rule = f"A scale in a mapping is one of the instrument's `scales` ({', '.join(instrument.scales) or 'none'})."
            done.failures.append(
                Failure(rule, "Correct it, or add the scale to the instrument.", value=scale)
            )
    for id_, named in [*mapping.columns.items(), *mapping.items.items()]:
        if named.column is None:
            continue
        places = _located(raw, named)
        first = instrument.repeated == "first" or (id_ in items and items[id_].repeated == "first")
        if len(places) > 1 and not first:
            numbers = ", ".join(f"#{place + 1}" for place in places)
            rule = f"The mapping of {id_!r} means one column; {len(places)} have this header."
            done.failures.append(Failure(rule, f"Say which: {numbers}.", raw.source, 1, named.column))
        elif not places:
            near = get_close_matches(named.column, raw.header, 1)
            remedy = f"Did you mean {near[0]!r}?" if near else "Correct the mapping."
            rule = f"The mapping of {id_!r} names a column of the file."
            done.failures.append(Failure(rule, remedy, raw.source, 1, named.column))
        elif places[0] in owner:
            rule = f"A column holds one thing; the mapping gives it to {owner[places[0]]!r} and {id_!r}."
            done.failures.append(Failure(rule, "Keep one of them.", raw.source, 1, named.column))
        else:
            owner[places[0]] = id_
            done.places[id_], done.how[id_] = places[0], "mapping"
            done.repeated += [(id_, place) for place in places[1:]]
    return set(owner) | {place for _id, place in done.repeated}


def _located(raw: RawTable, named: Place) -> list[int]:
    said = named.column or ""
    if said.startswith("#") and said[1:].isdecimal() and 1 <= int(said[1:]) <= len(raw.header):
        return [int(said[1:]) - 1]
    meant = normalise(said)
    return [
        place
        for place in range(len(raw.header))
        if any(normalise(text) == meant for text in texts_of(raw, place))
    ]


def _repeated(raw: RawTable, found: dict[str, list[int]], instrument: Instrument) -> Iterable[Failure]:
    first_counts = {item.id for item in instrument.items if item.repeated == "first"}
    for id_, places in found.items():
        if len(places) > 1 and id_ not in first_counts and instrument.repeated != "first":
            headers = ", ".join(repr(raw.header[place]) for place in places)
            yield Failure(
                f"One column only may hold {id_!r}; {len(places)} do: {headers}.",
                "Remove or rename the others, say in a mapping which it is, or `repeated: first` in the instrument.",
                raw.source,
                1,
                raw.header[places[1]],
            )


def _absent(raw: RawTable, instrument: Instrument, mapping: ColumnMap, done: Matched) -> Iterator[Failure]:
    unknown = [raw.header[place] for place in done.unknown]
    given = set(done.places) | set(mapping.columns) | set(mapping.items)
    for item in instrument.items:
        if item.id not in given and not item.optional:
            yield Failure(
                f"No column holds {item.id!r} ({next(iter(item.text.values()))}).{_like(item, unknown)}",
                "Add or rename the column, name it in a mapping (`hpp map` writes one), add its header to the "
                "item's `headers`, or make the item optional.",
                raw.source,
                1,
            )
    if not any(item.id in done.places for item in instrument.items) and all(
        i.optional for i in instrument.items
    ):
        yield Failure(
            f"A file holds answers to {instrument.name!r}; this one has none of its items.",
            "Check the instrument, or name the columns in a mapping (`hpp map` writes one).",
            raw.source,
            1,
        )
    for column in instrument.columns:
        if column.id not in given and column.required:
            yield Failure(
                f"No column says who the {column.id} is.{_like(column, unknown)}",
                f"Add a column {column.id!r}, rename the one that is meant, or name it in a mapping.",
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


def _settle_unknown(raw: RawTable, instrument: Instrument, done: Matched) -> None:
    """Unknown columns under the same header: an error, unless the instrument says that the first counts."""
    seen: set[str] = set()
    kept = []
    for place in done.unknown:
        header = raw.header[place]
        if header in seen and instrument.repeated != "first":
            rule, remedy = "No two columns may have the same header.", "Rename one of them."
            done.failures.append(Failure(rule, remedy, raw.source, 1, header))
        elif header in seen:
            done.repeated.append(("", place))
            continue
        seen.add(header)
        kept.append(place)
    done.unknown = kept
