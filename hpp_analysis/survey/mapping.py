"""Which column of an export is what, where its headers do not say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import checked, nearest
from hpp_analysis.survey.questionnaire import Id, Words
from hpp_analysis.survey.strict_yaml import read_yaml


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Part):
    """Where an item or a respondent column is found.

    Attributes
    ----------
    column : str, optional
        A header, or `#5` for the fifth column.
    columns : tuple of str, optional
        Of a respondent column: the headers whose values make it together ("A / 2" of study A and time 2).
    value : str, optional
        Of a respondent column: what holds for each row of the file.
    prefix : str
        Of a respondent column: what is put before each value, as "Company " before a number.
    scale : str, optional
        Of an item: the one of the instrument's `scales` on which this file answers it.
    """

    column: Words | None = None
    columns: tuple[Words, ...] = ()
    value: Words | None = None
    prefix: str = ""
    scale: Id | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.column is not None) + bool(self.columns) + (self.value is not None) > 1:
            raise ValueError("a place must have one of `column`, `columns` and `value`")
        if self.value is not None and self.prefix:
            raise ValueError("`prefix` must stand with a `column`; write it into the `value`")
        return self

    @property
    def given(self) -> bool:
        """Whether the mapping gives a place; otherwise headers are searched."""
        return self.column is not None or bool(self.columns) or self.value is not None


def _placed(value: Any) -> Any:
    if isinstance(value, list):
        return {"columns": value}
    return {"column": str(value)} if isinstance(value, str | int) else value


Placed = Annotated[Place, BeforeValidator(_placed)]
# `items:` without any is empty
Places = Annotated[dict[Id, Placed], BeforeValidator(lambda value: {} if value is None else value)]


class Long(_Part):
    """The headers of a file with one row for each answer: the columns of question, answer and person.

    Attributes
    ----------
    question, answer : str
    respondent : tuple of str
        The columns that tell whose answers belong together: the person or, where persons rate others, the rater and the
        target. Without any each row is a person.
    """

    question: Words
    answer: Words
    respondent: Annotated[
        tuple[Words, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
    ] = ()


class ColumnMap(_Part):
    """The mapping of one file.

    Attributes
    ----------
    columns : dict of str to Place
        Of respondent columns; ids that the instrument does not know become columns too.
    items : dict of str to Place
        Of items. What is not named is found by its code or texts.
    ignore : tuple of str
        Headers (or `#5`, the fifth) of columns that are not kept.
    scale : str, optional
        The one of the instrument's `scales` on which this file answers all items that name no other.
    long : Long, optional
        For files with one row an answer.
    sheet : str or int, optional
        Which sheet of a workbook: its name, or its number from 1.
    """

    columns: Places = {}
    items: Places = {}
    ignore: tuple[Words, ...] = ()
    scale: Id | None = None
    long: Long | None = None
    sheet: Words | int | None = None

    @model_validator(mode="after")
    def _each_where_it_works(self) -> Self:
        for id_, place in self.columns.items():
            if place.scale is not None:
                raise ValueError(f"`scale` must stand at an item; the column {id_!r} has one")
        for id_, place in self.items.items():
            if place.prefix or place.columns:
                key = "prefix" if place.prefix else "columns"
                raise ValueError(f"`{key}` must stand at a respondent column; the item {id_!r} has it")
        return self


MappingSource = str | Path | Mapping[str, Any] | ColumnMap


@checked
def load_mapping(source: MappingSource | None) -> ColumnMap:
    """Load a mapping from a YAML file or from its content.

    Raises
    ------
    SurveyError
        With every problem.

    Examples
    --------
    >>> load_mapping({"columns": {"client": {"value": "DemoCable"}}, "items": {"ope1": "Q1"}}).items["ope1"].column
    'Q1'
    """
    if source is None:
        return ColumnMap()
    if isinstance(source, ColumnMap):
        return source
    name, content = "mapping", source
    if isinstance(source, str | Path):
        name = Path(source).name
        try:
            content = read_yaml(Path(source))
        except OSError as error:
            why = error.strerror or type(error).__name__
            rule = f"The mapping file cannot be read ({why})."
            raise SurveyError([Failure(rule, "Correct the path.", str(source))]) from error
        except ValueError as error:
            rule = f"A mapping must be a YAML file: {error}."
            raise SurveyError([Failure(rule, "Correct it.", name)]) from error
    try:
        return ColumnMap.model_validate(content if content is not None else {})
    except ValidationError as error:
        raise SurveyError(problem_failures(error.errors(), name, ColumnMap)) from error


def mappings_for(mapping: MappingSource | Sequence[MappingSource | None] | None, n_sources: int) -> list[ColumnMap]:
    """One mapping for each file: a shared one, or one of its own."""
    if isinstance(mapping, Sequence) and not isinstance(mapping, str):
        if mapping and len(mapping) != n_sources:
            raise SurveyError(
                [
                    Failure(
                        f"A list of mappings must have one for each file; there are {n_sources} files.",
                        "Give one for all, or one for each.",
                        value=str(len(mapping)),
                    )
                ]
            )
        return [load_mapping(one) for one in mapping] or [ColumnMap()] * n_sources
    return [load_mapping(mapping)] * n_sources


def merged(first: ColumnMap, second: ColumnMap) -> ColumnMap:
    """Merge two mappings; the second wins where they overlap."""
    over = second.model_dump(exclude_unset=True)
    below = first.model_dump(exclude_unset=True)
    for key in ("columns", "items"):
        if key in over and key in below:
            over[key] = {**below[key], **over[key]}
    return ColumnMap.model_validate({**below, **over})


def problem_failures(problems: Sequence[Any], file: str, model: type[BaseModel]) -> Iterator[Failure]:
    """Pydantic's errors as failures; a misspelt key is not also reported as missing."""
    for problem in not_twice(problems):
        yield _failure(problem, file, model)


def not_twice(problems: Sequence[Any]) -> Iterator[Any]:
    """The problems without missing keys that stand there misspelt."""
    strange = [tuple(problem["loc"]) for problem in problems if problem["type"] == "extra_forbidden"]
    for problem in problems:
        *above, key = problem["loc"] or ("",)
        beside = [str(loc[-1]) for loc in strange if list(loc[:-1]) == above]
        if problem["type"] != "missing" or not get_close_matches(str(key), beside):
            yield problem


def said(problem: Any) -> str:
    """What pydantic says of a problem; of a check of ours, its own words alone."""
    return str(problem["msg"]).removeprefix("Value error, ")


def _failure(problem: Any, file: str, model: type[BaseModel]) -> Failure:
    """One of pydantic's errors as a failure."""
    place = ".".join(map(str, problem["loc"])) or "the file"
    if problem["type"] == "extra_forbidden":
        if len(problem["loc"]) > 1:
            return Failure(f"`{place}` is not a key here.", "Correct its spelling, or remove it.", file)
        known = [*model.model_fields]
        suggestion = nearest(place, known)
        remedy = suggestion if suggestion.startswith("Did") else "Correct its spelling, or remove it."
        return Failure(f"`{place}` is not a key here; there are {', '.join(known)}.", remedy, file)
    if problem["type"] == "missing":
        return Failure(f"`{place}` must be given.", "Add it.", file)
    return Failure(f"{said(problem)}.", f"Correct `{place}`.", file, value=repr(problem["input"])[:80])
