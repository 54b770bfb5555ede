"""Match the columns of a raw table to items and respondent columns by mapping, code or text; never guess."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from hpp_analysis.errors import Failure
from hpp_analysis.survey.codes import question_codes
from hpp_analysis.survey.mapping import ColumnMap
from hpp_analysis.survey.questionnaire import Comment, Instrument, Item, RespondentColumn
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import normalise, typed


@dataclass(eq=False, slots=True)
class Matched:
    """What was found.

    Attributes
    ----------
    places : dict of str to int
        The position of each item and respondent column.
    how : dict of str to str
        How it was found: "mapping", "code", "text" or "part" (a code or row within a header).
    unknown, ignored, empty : list of int
        Columns that the instrument does not know, that the mapping ignores, and that have no header and content.
    repeated : list of (str, int)
        Later columns of repeated headers, where the first counts; the id is empty for unknown columns.
    failures : list of Failure
    disputed : set of str
        Items and columns for which a failure explains why no column was chosen.
    """

    places: dict[str, int] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    unknown: list[int] = field(default_factory=list)
    ignored: list[int] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    repeated: list[tuple[str, int]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    disputed: set[str] = field(default_factory=set)


def match(raw: RawTable, instrument: Instrument, mapping: ColumnMap) -> Matched:
    """Find the column of each item and respondent column, and every problem."""
    done = Matched()
    taken = _by_mapping(raw, instrument, mapping, done)
    settled = {id_ for id_, place in mapping.columns.items() if place.given}
    wanted = known_texts(instrument, without=set(done.places) | settled)
    ignored = {place for header in mapping.ignore for place in located(raw, header)}
    found: dict[str, list[int]] = defaultdict(list)
    several: dict[int, set[str]] = {}
    for place in range(len(raw.header)):
        if place in taken:
            continue
        texts = texts_of(raw, place)
        ids = set[str]().union(*(wanted.get(normalise(text), set()) for text in texts))
        if place in ignored:
            done.ignored.append(place)
        elif len(ids) > 1:
            several[place] = ids
        elif ids:
            found[next(iter(ids))].append(place)
        elif not raw.header[place] and raw.cells[place].isna().all():
            done.empty.append(place)
        else:
            done.unknown.append(place)
    for place, ids in several.items():
        if ids <= set(found):  # each has a column of its own: this one, a question about the same things, is neither
            done.unknown.append(place)
        else:
            done.failures.append(_two_things(raw, place, ids))
            done.disputed |= ids
    done.unknown.sort()
    by_part = _by_parts(raw, instrument, wanted, set(found), done)
    for id_, places in found.items():
        by_code = any(normalise(text) == id_ for text in texts_of(raw, places[0]))
        done.how[id_] = "code" if by_code else "text"
    done.how |= dict.fromkeys(by_part, "part")
    found |= by_part
    for id_, places in found.items():
        done.places[id_] = places[0]
        done.repeated += [(id_, place) for place in places[1:]]
    done.failures += _repeated(raw, found, instrument)
    done.failures += _absent(raw, instrument, mapping, done)
    _settle_unknown(raw, instrument, done)
    return done


def _two_things(raw: RawTable, place: int, ids: set[str]) -> Failure:
    rule = f"A header must stand for one thing; this one may be {' or '.join(sorted(ids))}."
    remedy = "Rename the column to one of these, or say in a mapping what it is."
    return Failure(rule, remedy, raw.source, 1, raw.header[place])


_ROW_OF_QUESTION = re.compile(r"(.*?)\s*\[([^\[\]]+)\]", re.DOTALL)  # "How much do you agree? [We talk]"
_CODE = re.compile(r"[A-Za-z]\w*(?:\[\w+\])*")
_CODE_AND_TEXT = re.compile(rf"({_CODE.pattern})\s*[.:)]\s+(.+)", re.DOTALL)  # "Q1[SQ001]. How ...?"


def parts_of(header: str) -> tuple[str, ...]:
    """The parts of a header: the code before a question, the row of a matrix after it.

    The question of a matrix is not among them, because all its rows and comments share it.

    Examples
    --------
    >>> parts_of("Q1[SQ002]. How much do you agree? [We talk]")
    ('Q1[SQ002]', 'Q1_SQ002', 'Q1SQ002', 'SQ002', 'How much do you agree? [We talk]', 'We talk')
    >>> parts_of("INS2 [We talk]"), parts_of("How much do you agree? - We talk")
    (('INS2', 'We talk'), ('We talk',))
    >>> parts_of("Q1[SQ002]")
    ('Q1_SQ002', 'Q1SQ002', 'SQ002')
    """
    if len(codes := _codes(header)) > 1:
        return tuple(codes[1:])
    found: list[str] = []
    coded = _CODE_AND_TEXT.fullmatch(header)
    text = header
    if coded:
        found += _codes(coded.group(1))
        text = coded.group(2)
        found.append(text)
    row = _ROW_OF_QUESTION.fullmatch(text)
    if row:
        found += _codes(row.group(1)) if _CODE.fullmatch(row.group(1)) else []
        found.append(row.group(2))
    else:
        found += [text[at.end() :] for at in re.finditer(r"\s-\s", text)]
    return tuple(dict.fromkeys(part.strip() for part in found if part.strip() and part != header))


def _codes(text: str) -> list[str]:
    """A code as platforms write it: Q1[SQ002] is Q1_SQ002 in files for statistics."""
    inner = re.fullmatch(r"(\w+)\[(\w+)\]", text)
    return [text, f"{inner[1]}_{inner[2]}", f"{inner[1]}{inner[2]}", inner[2]] if inner else [text]


def _by_parts(
    raw: RawTable, instrument: Instrument, wanted: dict[str, set[str]], found: set[str], done: Matched
) -> dict[str, list[int]]:
    """Match what no whole header names by a part of a header that names nothing else.

    Respondent columns are found by the code or the text of "side. Which side are you on?", but not in brackets. An
    optional item that several columns may hold is in none of them.
    """
    open_ = {item.id: item.optional for item in instrument.items}
    open_ |= {column.id: not column.required for column in instrument.columns}
    open_ |= dict.fromkeys((comment.id for comment in instrument.written), True)
    open_ = {id_: optional for id_, optional in open_.items() if id_ not in found and id_ not in done.places}
    columns = {column.id for column in instrument.columns}
    claims: dict[int, set[str]] = {}
    for place in done.unknown:
        ids: set[str] = set()
        for text in map(typed, texts_of(raw, place)):
            meant = set[str]().union(*(wanted.get(normalise(part), set()) for part in parts_of(text)))
            ids |= meant & set(open_) - (set() if _CODE_AND_TEXT.fullmatch(text) else columns)
        if ids:
            claims[place] = ids
    by_part: dict[str, list[int]] = defaultdict(list)
    for place, ids in claims.items():
        rivals = [other for other, claimed in claims.items() if claimed & ids]
        if (len(ids) > 1 or len(rivals) > 1) and all(open_[id_] for id_ in ids):
            continue
        done.unknown.remove(place)
        if len(ids) > 1:
            done.failures.append(_two_things(raw, place, ids))
            done.disputed |= ids
        else:
            by_part[next(iter(ids))].append(place)
    return by_part


def known_texts(instrument: Instrument, *, without: set[str] = frozenset()) -> dict[str, set[str]]:  # type: ignore[assignment]
    """Normalised header text to the ids that it may stand for."""
    wanted: dict[str, set[str]] = defaultdict(set)
    parts: list[Item | RespondentColumn | Comment] = [*instrument.items, *instrument.columns, *instrument.written]
    for part in parts:
        if part.id not in without:
            for text in (part.id, *part.text.values(), *part.headers):
                wanted[normalise(text)].add(part.id)
    for id_, code in question_codes(part.id for part in parts).items():
        if code not in wanted and id_ not in without:
            wanted[code].add(id_)
    return wanted


def texts_of(raw: RawTable, place: int) -> tuple[str, ...]:
    """Every header text of a column; the first is its main header."""
    further: Sequence[Sequence[str]] = getattr(raw, "headers", None) or ()
    return tuple(dict.fromkeys((raw.header[place], *(further[place] if further else ()))))


def _by_mapping(raw: RawTable, instrument: Instrument, mapping: ColumnMap, done: Matched) -> set[int]:
    """Match the columns that the mapping names; return their positions."""
    items: dict[str, Item | Comment] = {item.id: item for item in instrument.items}
    items |= {comment.id: comment for comment in instrument.written}
    owner: dict[int, str] = {}
    for id_, place in mapping.items.items():
        if id_ not in items:
            rule = "`items` of a mapping must name items of the instrument."
            done.failures.append(Failure(rule, _did_you_mean(id_, items, "Correct the name."), value=id_))
        if place.value is not None:
            rule = "`value` must stand at a respondent column; an item is answered by each person."
            done.failures.append(Failure(rule, f"Name the column of {id_!r}.", value=place.value))
    for scale in dict.fromkeys((mapping.scale, *(place.scale for place in mapping.items.values()))):
        if scale is not None and scale not in instrument.scales:
            rule = f"A scale in a mapping must be one of the instrument's `scales` ({', '.join(instrument.scales) or 'none'})."
            done.failures.append(Failure(rule, "Correct it, or add the scale to the instrument.", value=scale))
    for id_, named in [*mapping.columns.items(), *mapping.items.items()]:
        if named.column is None:
            continue
        places = located(raw, named.column)
        first = instrument.repeated == "first" or getattr(items.get(id_), "repeated", "") == "first"
        if len(places) > 1 and not first:
            numbers = ", ".join(f"#{place + 1}" for place in places)
            rule = f"The mapping of {id_!r} must name one column; {len(places)} have this header."
            done.failures.append(Failure(rule, f"Say which: {numbers}.", raw.source, 1, named.column))
        elif not places:
            remedy = _did_you_mean(named.column, raw.header, "Correct the mapping.")
            rule = f"The mapping of {id_!r} must name a column of the file, or its number as '#5'."
            done.failures.append(Failure(rule, remedy, raw.source, 1, named.column))
        elif places[0] in owner:
            rule = f"A column must hold one thing; the mapping gives it to {owner[places[0]]!r} and {id_!r}."
            done.failures.append(Failure(rule, "Keep one of them.", raw.source, 1, named.column))
        else:
            owner[places[0]] = id_
            done.places[id_], done.how[id_] = places[0], "mapping"
            done.repeated += [(id_, place) for place in places[1:]]
    return set(owner) | {place for _id, place in done.repeated}


def _did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    similar = get_close_matches(name, list(known), 1)
    return f"Did you mean {similar[0]!r}?" if similar else otherwise


def located(raw: RawTable, header: str) -> list[int]:
    """The columns with a header, or the one with a number: `#5`."""
    if header.startswith("#") and header[1:].isdecimal() and 1 <= int(header[1:]) <= len(raw.header):
        return [int(header[1:]) - 1]
    meant = normalise(header)
    return [place for place in range(len(raw.header)) if any(normalise(text) == meant for text in texts_of(raw, place))]


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
    given = set(done.places)
    given |= {id_ for id_, place in (mapping.columns | mapping.items).items() if place.given}  # told above
    given |= done.disputed
    if instrument.items and not given.intersection(item.id for item in instrument.items):
        yield Failure(
            f"The file must hold answers to {instrument.name!r}; it has none of its items.",
            "Name the right questionnaire (`--instrument`) or sheet (`--sheet`), or the columns in a mapping (`hpp map` "
            "writes one).",
            raw.source,
            1,
        )
        return
    for item in instrument.items:
        if item.id not in given and not item.optional:
            yield Failure(
                "Every item that is not optional must have a column.",
                f"{_similar_header(item, unknown)}Add or rename the column, name it in a mapping (`hpp map` writes one), add its "
                "header to the item's `headers`, or make the item optional.",
                raw.source,
                1,
                value=f"{item.id} ({next(iter(item.text.values()))})",
            )
    for column in instrument.columns:
        if column.id not in given and column.required:
            yield Failure(
                "Every required respondent column must be there.",
                f"{_similar_header(column, unknown)}Add it, rename the column that is meant, or name it in a mapping.",
                raw.source,
                1,
                value=column.id,
            )


def _similar_header(part: Item | RespondentColumn, unknown: list[str]) -> str:
    """A similar header, to suggest in an error."""
    headers = {normalise(header): header for header in unknown if header}
    for text in (part.id, *part.text.values(), *part.headers):
        similar = get_close_matches(normalise(text), headers, n=1, cutoff=0.8)
        if similar:
            return f"Is {headers[similar[0]]!r} meant? "
    return ""


def _settle_unknown(raw: RawTable, instrument: Instrument, done: Matched) -> None:
    """Keep the first of unknown columns with the same header if the instrument says so, otherwise all."""
    if instrument.repeated != "first":
        return
    seen: set[str] = set()
    for place in list(done.unknown):
        if raw.header[place] in seen:
            done.repeated.append(("", place))
            done.unknown.remove(place)
        seen.add(raw.header[place])
