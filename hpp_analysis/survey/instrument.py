"""Questionnaires on disk: the packaged ones, and anybody's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from hpp_analysis.errors import Failure, InstrumentError
from hpp_analysis.options import checked, nearest
from hpp_analysis.survey.defaults import filled_in
from hpp_analysis.survey.handover import made_once
from hpp_analysis.survey.instrument_checks import contradictions
from hpp_analysis.survey.mapping import not_twice, said
from hpp_analysis.survey.questionnaire import (
    Comment,
    DontKnow,
    Factor,
    Instrument,
    Item,
    OwnWords,
    RespondentColumn,
    Scale,
    StudyWords,
    Value,
)
from hpp_analysis.survey.strict_yaml import read_yaml
from hpp_analysis.texts.wording import word_failures

_NEEDED = {
    "Item": ["text"],
    "Comment": ["text", "type"],
    "Factor": ["id"],
    "RespondentColumn": ["id"],
    "Value": ["id"],
    "DontKnow": [],
    "Scale": ["min", "max"],
}
"""The keys that each part must have; `filled_in` gives the rest."""
_SHORT: dict[str, dict[str, Any]] = {
    "Item": {"type": "string", "description": "The question."},
    "Factor": {"type": "string", "description": "Its id."},
    "RespondentColumn": {"type": "string", "description": "Its id."},
    "Value": {"type": "string", "description": "Its id."},
    "DontKnow": {"type": "string", "description": "How it is said."},
    "Scale": {"type": "string", "pattern": r"^\s*[+-]?\d+\s*(-|\.\.|to|tot)\s*[+-]?\d+\s*$", "description": "As 1-5."},
}
"""The short form of each part."""


def packaged_instruments() -> tuple[str, ...]:
    """The names of the instruments that come with the package."""
    folder = files("hpp_analysis.survey") / "instruments"
    return tuple(sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml")))


@checked
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
                    "An instrument must be the name of a packaged one or a YAML file.",
                    f"{nearest(str(name_or_path).rsplit('/', 1)[-1], packaged_instruments())} Packaged are "
                    f"{', '.join(packaged_instruments())}; or give the path of a file.",
                    value=str(name_or_path),
                )
            ]
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return made_once("instrument", [digest, path.name], lambda: _read_instrument(path))


def _read_instrument(path: Path) -> Instrument:
    try:
        content = read_yaml(path)
    except ValueError as error:
        raise InstrumentError(
            [Failure(f"An instrument must be a YAML file: {error}.", "Correct it.", path.name)]
        ) from error
    return parse_instrument(content, file=path.name)


def parse_instrument(content: Any, *, file: str = "instrument") -> Instrument:
    """Build an instrument from the content of its file; errors name `file`."""
    try:
        instrument = Instrument.model_validate(content)
    except ValidationError as error:
        raise InstrumentError(_failures(error.errors(), filled_in(content), file)) from error
    failures = list(contradictions(instrument, file))
    if failures:
        raise InstrumentError(failures)
    return instrument


def with_words(instrument: Instrument, words: OwnWords | Mapping[str, Any] | str | None) -> Instrument:
    """The instrument with words of a study over its own.

    Raises
    ------
    InstrumentError
        With everything that is wrong in them.
    """
    if not words:
        return instrument
    try:
        own = TypeAdapter(dict[str, StudyWords]).validate_python({"words": words})["words"]
    except ValidationError as error:
        raise InstrumentError(_failures(error.errors(), {}, "words")) from error
    if failures := list(word_failures(own.own, instrument.languages, "words")):
        raise InstrumentError(failures)
    return instrument.model_copy(update={"words": own.over(instrument.words)})


def _failures(problems: Sequence[Any], content: Any, file: str) -> Iterator[Failure]:
    """Pydantic's errors as failures; a wrong key that several items share is one cause."""
    problems = [*not_twice(problems)]
    first = next((problem["input"] for problem in problems if problem["type"] == "dict_type"), "")
    for problem in problems:
        *above, key = problem["loc"] or ("the file",)
        part, place, named = _place(above, content)
        if key == "label" and isinstance(part, dict) and key not in part:
            continue  # it is the item's text, of which the same is told
        of = f" of each of the {place}" if named else f" of `{place}`" if place else ""
        if problem["type"] == "extra_forbidden":
            suggestion = nearest(str(key), _keys_at(above))
            remedy = suggestion if suggestion.startswith("Did") else "Correct its spelling, or remove it."
            yield Failure(f"`{key}`{of} is not a key of an instrument.", remedy, file, value=named)
        elif problem["type"] == "missing":
            yield Failure(f"`{key}`{of} must be given.", "Add it.", file, value=named)
        elif problem["type"] == "dict_type" and isinstance(problem["input"], str):
            example = json.dumps(first[:40], ensure_ascii=False)
            remedy = (
                f"Where all texts are Dutch, write `language: nl` at the top; else {{nl: {example}}}, and so for each."
            )
            yield Failure("A text must say its language.", remedy, file, value=problem["input"])
        else:
            given = repr(problem["input"])[:80]
            yield Failure(f"{said(problem)}.", f"Correct `{key}`{of}.", file, value=given)


_PARTS: dict[str, type[BaseModel]] = {
    "items": Item, "comments": Comment, "factors": Factor, "outcomes": Factor, "columns": RespondentColumn, "values": Value, "scale": Scale,
    "dont_know": DontKnow, "words": OwnWords,
}  # fmt: skip


def _keys_at(above: Sequence[Any]) -> list[str]:
    """The keys that may stand at a place."""
    names = [step for step in above if not isinstance(step, int)]
    part = Instrument if not names else Scale if names[0] == "scales" else _PARTS.get(names[-1])
    return [] if part is None else [*part.model_fields]


def _place(above: Sequence[Any], content: Any) -> tuple[Any, str, str | None]:
    """The part that has or lacks a key, with its location and, in a list, its id or number."""
    at, named = content, None
    for step in above:
        try:
            at = at[step]
        except (KeyError, IndexError, TypeError):
            at = None
        if isinstance(step, int):
            named = str(at["id"]) if isinstance(at, dict) and "id" in at else f"the {step + 1}th"
    return at, ".".join(str(step) for step in above if not isinstance(step, int)), named


def instrument_schema() -> dict[str, Any]:
    """The JSON Schema of an instrument file, with which editors complete and check it.

    Examples
    --------
    >>> instrument_schema()["required"]
    ['name', 'scale', 'items']
    """
    schema = Instrument.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A questionnaire of hpp_analysis"
    schema["required"] = ["name", "scale", "items"]
    parts = schema["$defs"]
    for name, needed in _NEEDED.items():
        whole = {**parts[name], "required": needed}
        shapes = [whole, *([_SHORT[name]] if name in _SHORT else [])]
        parts[name] = {"anyOf": shapes, "description": whole.get("description", "").split("\n")[0]}
    schema["properties"]["items"]["items"] = {"anyOf": [{"$ref": "#/$defs/Item"}, {"$ref": "#/$defs/Comment"}]}
    return schema
