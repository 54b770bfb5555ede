"""Checks across the parts of a questionnaire: texts missing in a language, spellings that mean two things."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hpp_analysis.errors import Failure
from hpp_analysis.survey.spelling import canonical
from hpp_analysis.texts.wording import word_failures

if TYPE_CHECKING:
    from hpp_analysis.survey.questionnaire import Instrument, Scale

_MOST_POINTS = 1000  # steps of an answer scale


def _texts(instrument: Instrument) -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of the instrument with the place where it stands."""
    yield "title", instrument.title
    for field in ("description", "source"):
        if (text := getattr(instrument, field)) is not None:
            yield field, text
    named = {f"scales.{name}": scale for name, scale in instrument.scales.items()}
    for place, scale in {"scale": instrument.scale, **named}.items():
        for point, text in scale.labels.items():
            yield f"{place}.labels.{point}", text
        if scale.dont_know:
            yield f"{place}.dont_know.text", scale.dont_know.text
    for column in instrument.columns:
        yield f"columns.{column.id}.text", column.text
        for value in column.values:
            yield f"columns.{column.id}.values.{value.id}.text", value.text
    for kind, parts in (("factors", instrument.factors), ("outcomes", instrument.outcomes)):
        for part in parts:
            yield f"{kind}.{part.id}.name", part.name
            if part.description is not None:
                yield f"{kind}.{part.id}.description", part.description
    for item in instrument.items:
        for field in ("text", "label", "idea"):
            text = getattr(item, field)
            if text is not None:
                yield f"items.{item.id}.{field}", text
    for comment in instrument.comments:
        yield f"items.{comment.id}.text", comment.text
        yield f"items.{comment.id}.label", comment.label


def contradictions(instrument: Instrument, file: str) -> Iterator[Failure]:
    """Check across parts: texts missing in a language, ids used twice, factors without items."""
    languages = {language for _, text in _texts(instrument) for language in text}
    for place, text in _texts(instrument):
        for language in sorted(languages - set(text)):
            yield Failure(
                f"Every text must stand in each of the languages {', '.join(sorted(languages))}.",
                f"Add {language!r} to it.",
                file,
                value=place,
            )
    if instrument.words is not None:
        yield from word_failures(instrument.words.own, instrument.languages, file)
    parts = (*instrument.factors, *instrument.outcomes)
    ids = Counter(
        [
            *(part.id for part in parts),
            *(item.id for item in instrument.items),
            *(comment.id for comment in instrument.written),
            *(column.id for column in instrument.columns),
        ]
    )
    for id_, times in ids.items():
        if times > 1:
            yield Failure("An id must name one thing.", "Give each its own id.", file, value=id_)
    if not instrument.factors:
        yield Failure("An instrument must have factors.", "Add `factors` and their items.", file)
    known = {part.id for part in parts}
    for item in instrument.items:
        if item.factor not in known:
            yield Failure(
                f"An item must belong to a factor or outcome ({', '.join(sorted(known))}).",
                f"Correct the factor of item {item.id!r}, or add the factor.",
                file,
                value=item.factor,
            )
        if item.scale is not None and item.scale not in instrument.scales:
            yield Failure(
                f"An item's scale must be one of `scales` ({', '.join(instrument.scales) or 'there are none'}).",
                f"Correct the scale of item {item.id!r}, or add it.",
                file,
                value=item.scale,
            )
    for comment in instrument.comments:
        if comment.factor is not None and comment.factor not in known | {item.id for item in instrument.items}:
            yield Failure(
                f"A comment must ask about a factor, an outcome or an item ({', '.join(sorted(known))}, ...).",
                f"Correct the factor of {comment.id!r}, or remove it: then it may be about all of them.",
                file,
                value=comment.factor,
            )
    for part in parts:
        if not instrument.items_of(part.id):
            yield Failure("A factor must have items.", "Add items, or remove it.", file, value=part.id)
        if part.threshold is not None and not instrument.scale.min <= part.threshold <= instrument.scale.max:
            yield Failure(
                "A threshold must lie on the answer scale.",
                f"Correct that of {part.id!r}.",
                file,
                value=str(part.threshold),
            )
    for column in instrument.columns:
        spellings = [
            (word, value.id) for value in column.values for word in (value.id, *value.text.values(), *value.codes)
        ]
        yield from _clashes(spellings, f"A spelling must stand for one value of {column.id!r}.", file)
    for scale in (instrument.scale, *instrument.scales.values()):
        yield from _scale_contradictions(scale, file)


def _scale_contradictions(scale: Scale, file: str) -> Iterator[Failure]:
    if scale.min >= scale.max:
        yield Failure(
            "The scale's min must be below its max.", "Correct them.", file, value=f"{scale.min}, {scale.max}"
        )
    for point in [*scale.labels, *scale.spellings]:
        if not scale.min <= point <= scale.max:
            yield Failure(
                "A labelled point must lie on the scale.", "Correct its labels or spellings.", file, value=str(point)
            )
    for end in (scale.min, scale.max):
        if end not in scale.labels:
            yield Failure("Both ends of the scale must have a text.", f"Add {end} to `scale.labels`.", file)
    if scale.max - scale.min > _MOST_POINTS:
        yield Failure(
            f"A scale must have at most {_MOST_POINTS} steps.", "Correct its ends.", file, value=str(scale.max)
        )
        return
    meanings: list[tuple[str, str]] = [(str(point), str(point)) for point in range(scale.min, scale.max + 1)]
    meanings += [(word, str(point)) for point, text in scale.labels.items() for word in text.values()]
    meanings += [(word, str(point)) for point, words in scale.spellings.items() for word in words]
    meanings += [(code, "skipped") for code in scale.missing]
    if scale.dont_know:
        meanings += [(code, "dont_know") for code in (*scale.dont_know.codes, *scale.dont_know.text.values())]
    yield from _clashes(meanings, "A spelling must mean one thing: one answer, don't know, or skipped.", file)


def _clashes(meanings: Iterable[tuple[str, str]], rule: str, file: str) -> Iterator[Failure]:
    """Spellings that stand for two things, compared as answers are: 99.0 is 99, case does not matter."""
    found: dict[str, set[str]] = defaultdict(set)
    for spelling, meaning in meanings:
        found[canonical(spelling)].add(meaning)
    for spelling, several in found.items():
        if len(several) > 1:
            yield Failure(rule, f"Now it means {' and '.join(sorted(several))}: keep one.", file, value=spelling)
