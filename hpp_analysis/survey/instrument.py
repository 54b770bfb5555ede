"""The questionnaire as data: what is asked, in every language, and how answers are written."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from hpp_analysis.errors import Failure, InstrumentError
from hpp_analysis.survey.spelling import canonical
from hpp_analysis.survey.strict_yaml import read_yaml

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Za-z]+)?$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Text = Annotated[dict[LanguageCode, Words], Field(min_length=1)]
Code = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


_MOST_POINTS = 1000  # steps of an answer scale


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DontKnow(_Part):
    """How a respondent says "don't know" or "not applicable"."""

    text: Text
    codes: tuple[Code, ...] = ()


class Scale(_Part):
    """The answer scale: its ends, the texts of its points, and the codes that are no answer."""

    min: int
    max: int
    labels: dict[int, Text]
    dont_know: DontKnow | None = None
    missing: tuple[Code, ...] = ()


class Value(_Part):
    """One allowed value of a respondent column."""

    id: Id
    text: Text
    codes: tuple[Code, ...] = ()


class RespondentColumn(_Part):
    """A column that says who answered, and about whom."""

    id: Id
    text: Text
    headers: tuple[Words, ...] = ()
    required: bool = False
    values: tuple[Value, ...] = ()


class Factor(_Part):
    """A group of items; as an outcome, what the factors should explain."""

    id: Id
    name: Text
    description: Text
    threshold: float | None = None


class Item(_Part):
    """One question."""

    id: Id
    factor: Id
    text: Text
    label: Text
    idea: Text | None = None
    headers: tuple[Words, ...] = ()
    reverse: bool = False
    optional: bool = False
    repeated: Literal["error", "first"] = "error"


class Instrument(_Part):
    """A questionnaire.

    Attributes
    ----------
    name, version : str
        Which questionnaire, and which edition of it.
    title, description, source : dict of str
        Texts by language; `source` says where the questions come from.
    scale : Scale
        The answer scale that all items share.
    columns : tuple of RespondentColumn
        Who answered.
    factors, outcomes : tuple of Factor
        What the items measure.
    items : tuple of Item
        The questions, in the order of the questionnaire, those of the outcomes included.
    """

    name: Id
    version: Words
    title: Text
    description: Text
    source: Text
    scale: Scale
    columns: tuple[RespondentColumn, ...] = ()
    factors: tuple[Factor, ...]
    outcomes: tuple[Factor, ...] = ()
    items: tuple[Item, ...]

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages in which every text stands."""
        return tuple(sorted(self.title))

    @cached_property
    def sha256(self) -> str:
        """A fingerprint of the content: the same whatever the file's layout and comments are."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """What figures and tables call each factor, item, column and value: id to text by language."""
        named: dict[str, dict[str, str]] = {part.id: part.name for part in (*self.factors, *self.outcomes)}
        named |= {item.id: item.label for item in self.items}
        for column in self.columns:
            named[column.id] = column.text
            named |= {f"{column.id}={value.id}": value.text for value in column.values}
        return named

    @property
    def threshold(self) -> float | None:
        """The line that all factors share; None where they have none, or different ones."""
        lines = {factor.threshold for factor in self.factors}
        return lines.pop() if len(lines) == 1 else None

    def items_of(self, factor: str) -> tuple[Item, ...]:
        """The items of one factor or outcome, in order."""
        return tuple(item for item in self.items if item.factor == factor)

    def factor(self, id: str) -> Factor:  # noqa: A002 - the field's own name
        """The factor or outcome with this id."""
        return next(part for part in (*self.factors, *self.outcomes) if part.id == id)

    def column(self, id: str) -> RespondentColumn | None:  # noqa: A002
        """The respondent column with this id, or None."""
        return next((column for column in self.columns if column.id == id), None)

    def texts(self, language: str) -> dict[str, str]:
        """The questions in one language: item id to text."""
        return {item.id: item.text[language] for item in self.items}

    def model(self) -> str:
        """The factors and their items as lavaan syntax.

        Examples
        --------
        >>> print(load_instrument("hpp").model().splitlines()[2])
        conflict_management =~ con1 + con2 + con3 + con4
        """
        lines = (
            f"{factor.id} =~ {' + '.join(item.id for item in self.items_of(factor.id))}"
            for factor in self.factors
        )
        return "\n".join(lines)


def _texts(instrument: Instrument) -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of the instrument with the place where it stands."""
    yield "title", instrument.title
    yield "description", instrument.description
    yield "source", instrument.source
    for point, text in instrument.scale.labels.items():
        yield f"scale.labels.{point}", text
    if instrument.scale.dont_know:
        yield "scale.dont_know.text", instrument.scale.dont_know.text
    for column in instrument.columns:
        yield f"columns.{column.id}.text", column.text
        for value in column.values:
            yield f"columns.{column.id}.values.{value.id}.text", value.text
    for kind, parts in (("factors", instrument.factors), ("outcomes", instrument.outcomes)):
        for part in parts:
            yield f"{kind}.{part.id}.name", part.name
            yield f"{kind}.{part.id}.description", part.description
    for item in instrument.items:
        for field in ("text", "label", "idea"):
            text = getattr(item, field)
            if text is not None:
                yield f"items.{item.id}.{field}", text


def _contradictions(instrument: Instrument, file: str) -> Iterator[Failure]:
    """What each part alone cannot know: texts missing in a language, ids used twice, factors without items."""
    languages = {language for _, text in _texts(instrument) for language in text}
    for place, text in _texts(instrument):
        for language in sorted(languages - set(text)):
            yield Failure(
                f"Every text stands in each of the languages {', '.join(sorted(languages))}.",
                f"Add {language!r} to `{place}`.",
                file,
            )
    parts = (*instrument.factors, *instrument.outcomes)
    ids = Counter(
        [
            *(part.id for part in parts),
            *(item.id for item in instrument.items),
            *(column.id for column in instrument.columns),
        ]
    )
    for id_, times in ids.items():
        if times > 1:
            yield Failure("An id names one thing.", "Give each its own id.", file, value=id_)
    if not instrument.factors:
        yield Failure("An instrument has factors.", "Add `factors` and their items.", file)
    known = {part.id for part in parts}
    for item in instrument.items:
        if item.factor not in known:
            yield Failure(
                f"An item belongs to a factor or outcome ({', '.join(sorted(known))}).",
                f"Correct the factor of item {item.id!r}, or add the factor.",
                file,
                value=item.factor,
            )
    for part in parts:
        if not instrument.items_of(part.id):
            yield Failure("A factor has items.", "Add items, or remove it.", file, value=part.id)
        if part.threshold is not None and not instrument.scale.min <= part.threshold <= instrument.scale.max:
            yield Failure(
                "A threshold lies on the answer scale.",
                f"Correct that of {part.id!r}.",
                file,
                value=str(part.threshold),
            )
    for column in instrument.columns:
        spellings = [
            (word, value.id)
            for value in column.values
            for word in (value.id, *value.text.values(), *value.codes)
        ]
        yield from _clashes(spellings, f"A spelling stands for one value of {column.id!r}.", file)
    yield from _scale_contradictions(instrument.scale, file)


def _scale_contradictions(scale: Scale, file: str) -> Iterator[Failure]:
    if scale.min >= scale.max:
        yield Failure(
            "The scale's min is below its max.", "Correct them.", file, value=f"{scale.min}, {scale.max}"
        )
    for point in scale.labels:
        if not scale.min <= point <= scale.max:
            yield Failure(
                "A labelled point lies on the scale.", "Correct `scale.labels`.", file, value=str(point)
            )
    for end in (scale.min, scale.max):
        if end not in scale.labels:
            yield Failure("Both ends of the scale have a text.", f"Add {end} to `scale.labels`.", file)
    if scale.max - scale.min > _MOST_POINTS:
        yield Failure(
            f"A scale has at most {_MOST_POINTS} steps.", "Correct its ends.", file, value=str(scale.max)
        )
        return
    meanings: list[tuple[str, str]] = [(str(point), str(point)) for point in range(scale.min, scale.max + 1)]
    meanings += [(word, str(point)) for point, text in scale.labels.items() for word in text.values()]
    meanings += [(code, "skipped") for code in scale.missing]
    if scale.dont_know:
        meanings += [(code, "dont_know") for code in (*scale.dont_know.codes, *scale.dont_know.text.values())]
    yield from _clashes(meanings, "A spelling means one thing: one answer, don't know, or skipped.", file)


def _clashes(meanings: Iterable[tuple[str, str]], rule: str, file: str) -> Iterator[Failure]:
    """Spellings that stand for two things, compared as answers are: 99.0 is 99, case does not matter."""
    found: dict[str, set[str]] = defaultdict(set)
    for spelling, meaning in meanings:
        found[canonical(spelling)].add(meaning)
    for spelling, several in found.items():
        if len(several) > 1:
            yield Failure(
                rule, f"Now it means {' and '.join(sorted(several))}: keep one.", file, value=spelling
            )


def packaged_instruments() -> tuple[str, ...]:
    """The names of the instruments that come with the package."""
    folder = files("hpp_analysis.survey") / "instruments"
    return tuple(
        sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
    )


def load_instrument(name_or_path: str | Path | Instrument) -> Instrument:
    """Load a questionnaire.

    Parameters
    ----------
    name_or_path : str or Path
        The name of a packaged instrument, or the path of a YAML file. An `Instrument` is returned as it is.

    Returns
    -------
    Instrument

    Raises
    ------
    InstrumentError
        With every problem of the file.

    Examples
    --------
    >>> instrument = load_instrument("hpp")
    >>> [factor.id for factor in instrument.factors]
    ['openness', 'equality', 'conflict_management']
    """
    if isinstance(name_or_path, Instrument):
        return name_or_path
    if str(name_or_path) in packaged_instruments():
        path = Path(str(files("hpp_analysis.survey") / "instruments" / f"{name_or_path}.yaml"))
    else:
        path = Path(name_or_path)
    if not path.is_file():
        raise InstrumentError(
            [
                Failure(
                    "An instrument is the name of a packaged one or a YAML file.",
                    f"Packaged are {', '.join(packaged_instruments())}; or give the path of a file.",
                    value=str(name_or_path),
                )
            ]
        )
    try:
        content = read_yaml(path)
    except ValueError as error:
        raise InstrumentError(
            [Failure(f"An instrument is a YAML file: {error}.", "Correct it.", path.name)]
        ) from error
    return parse_instrument(content, file=path.name)


def parse_instrument(content: Any, *, file: str = "instrument") -> Instrument:
    """Make an instrument of the content of its file; `file` is named in errors."""
    try:
        instrument = Instrument.model_validate(content)
    except ValidationError as error:
        raise InstrumentError(_failure(problem, file) for problem in error.errors()) from error
    failures = list(_contradictions(instrument, file))
    if failures:
        raise InstrumentError(failures)
    return instrument


def _failure(problem: Any, file: str) -> Failure:
    """One of pydantic's complaints in our three parts."""
    place = ".".join(str(part) for part in problem["loc"]) or "the file"
    remedy = f"Correct `{place}`."
    if problem["type"] == "extra_forbidden":
        return Failure(f"`{place}` is not known here.", "Remove it, or correct its spelling.", file)
    if problem["type"] == "missing":
        return Failure(f"`{place}` is required.", "Add it.", file)
    return Failure(f"{problem['msg']}.", remedy, file, value=repr(problem["input"])[:80])
