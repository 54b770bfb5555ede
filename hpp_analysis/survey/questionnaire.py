"""The questionnaire as data: what is asked, in every language, and how answers are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from hpp_analysis.options import names_in
from hpp_analysis.survey.defaults import filled_in
from hpp_analysis.survey.strict_yaml import FileFormat
from hpp_analysis.texts.wording import WORDS, Wording, WordSet

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Za-z]+)?$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Text = Annotated[
    dict[LanguageCode, Words],
    Field(min_length=1),
    # a plain text is in the `language` of the instrument, which `filled_in` writes before it; editors must know both
    BeforeValidator(lambda value: value, json_schema_input_type=dict[LanguageCode, Words] | Words),
]
Code = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OwnWords(_Part):
    """What a study calls a client, a partner and so on: a set of the package, or each word in the forms of each language.

    Attributes
    ----------
    set : {"partnership", "employees", "survey"}
        The words of all that is not named. Without it, those of a partnership where the answers tell partnerships
        apart, else those of a survey.
    client, partner, partnership, side, rating, report, respondent : mapping
        By language, the forms that it needs: English `singular` and `plural`, Dutch `article` (de, het) as well.
    """

    set: WordSet | None = None
    client: dict[LanguageCode, dict[str, Words]] = {}
    partner: dict[LanguageCode, dict[str, Words]] = {}
    partnership: dict[LanguageCode, dict[str, Words]] = {}
    side: dict[LanguageCode, dict[str, Words]] = {}
    rating: dict[LanguageCode, dict[str, Words]] = {}
    report: dict[LanguageCode, dict[str, Words]] = {}
    respondent: dict[LanguageCode, dict[str, Words]] = {}

    @property
    def own(self) -> dict[str, dict[str, dict[str, str]]]:
        """The words that are given, by word and language."""
        return {word: given for word in WORDS if (given := getattr(self, word))}

    def over(self, other: OwnWords | None) -> Self:
        """These words, and those of `other` that they do not name."""
        return self if other is None else self.model_copy(update={**_given(other), **_given(self)})

    def wording(self, usual: WordSet) -> Wording:
        """All words, from the set `usual` where none is named."""
        return Wording(self.set or usual, self.own)


def _given(words: OwnWords) -> dict[str, Any]:
    return {name: value for name in OwnWords.model_fields if (value := getattr(words, name))}


def _words_by_language(value: Any) -> Any:
    """The words as a mapping; what is wrong with its keys is said here, where the fix is known."""
    if isinstance(value, str):
        value = {"set": value}
    if not isinstance(value, Mapping):
        return value
    sets = get_args(WordSet)
    for word, given in value.items():
        problem = ""
        if word == "set":
            if given not in sets:
                problem = f"`words` must be one of {', '.join(sets)}, or words by language{_meant(given, sets)}"
        elif word not in WORDS:
            problem = f"A study names the words {', '.join(WORDS)}; {word!r} is none of them{_meant(word, WORDS)}"
        elif not isinstance(given, Mapping) or not all(isinstance(forms, Mapping) for forms in given.values()):
            problem = (
                f"`words.{word}` must say for each language its forms, as {{en: {{singular: team, plural: teams}}}}"
            )
        if problem:
            raise ValueError(problem)
    return value


def _meant(given: object, known: Collection[str]) -> str:
    close = get_close_matches(str(given), known, 1)
    return f" (perhaps {close[0]!r} is meant)" if close else ""


StudyWords = Annotated[OwnWords, BeforeValidator(_words_by_language, json_schema_input_type=OwnWords | WordSet)]
"""`OwnWords`, or the name of a set alone."""


class DontKnow(_Part):
    """How a respondent says "don't know" or "not applicable"."""

    text: Text
    codes: tuple[Code, ...] = ()


class Scale(_Part):
    """An answer scale: its ends, the texts of its points, and the codes that are no answer.

    Attributes
    ----------
    min, max : int
        The ends. A scale may be written as `1-5`.
    labels : dict of int to texts
        What points are called; without any, both ends are called by their number.
    spellings : dict of int to tuple of str
        How exports write a point besides its number and labels.
    dont_know : DontKnow, optional
        How "don't know" is said.
    missing : tuple of str
        Codes of answers that were skipped.
    decimals : bool
        Whether answers between the points are allowed.
    """

    min: int
    max: int
    labels: dict[int, Text]
    spellings: dict[int, tuple[Code, ...]] = {}
    dont_know: DontKnow | None = None
    missing: tuple[Code, ...] = ()
    decimals: bool = False


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
    description: Text | None = None
    threshold: float | None = None


def _label_from_text(keys: Any) -> Any:
    """A question without a label is called by its text."""
    if isinstance(keys, dict) and "label" not in keys and "text" in keys:
        return {**keys, "label": keys["text"]}
    return keys


class Item(_Part):
    """One question.

    Attributes
    ----------
    id, factor : str
        Its own name, and that of the factor or outcome that it measures. Without ids, the third item is `item3`; without
        factors, all items measure one.
    text, label, idea : dict of str
        By language: the question, what figures call it (the question itself where no label is given), and what may
        be done about a low score.
    headers : tuple of str
        Further texts that may stand above its column.
    scale : str, optional
        The one of the instrument's `scales` on which it is answered; its values are brought to the instrument's own
        scale by a straight line between the ends.
    reverse : bool
        Whether a high answer means a low score.
    optional : bool
        Whether an export may lack it.
    repeated : {"error", "first"}
        What holds when several columns, or several answers of one person in a long file, are this item.
    """

    id: Id
    factor: Id
    text: Text
    label: Text
    idea: Text | None = None
    headers: tuple[Words, ...] = ()
    scale: Id | None = None
    reverse: bool = False
    optional: bool = False
    repeated: Literal["error", "first"] = "error"

    _label_from_text = model_validator(mode="before")(_label_from_text)


class Comment(_Part):
    """A question that is answered in the respondent's own words; among the items it says `type: comment`.

    Attributes
    ----------
    id, text, label, headers
        As of an item.
    factor : str, optional
        The factor, outcome or item that it asks about; without one, all of them.
    """

    id: Id
    type: Literal["comment"] = "comment"
    text: Text
    label: Text
    factor: Id | None = None
    headers: tuple[Words, ...] = ()

    _label_from_text = model_validator(mode="before")(_label_from_text)


CONSENT = "consent"
_MAY_QUOTE = {
    "en": "May we quote what you wrote, without your name?",
    "nl": "Mogen we citeren wat u schreef, zonder uw naam?",
}


class Instrument(_Part):
    """A questionnaire. It needs a name, a scale, and items with texts; `docs/questionnaire.md` explains every key.

    Attributes
    ----------
    format : int
        The form of the file, 1.
    name, version : str
        Which questionnaire, and which edition of it.
    language : str, optional
        Of texts that do not say theirs.
    title, description, source : dict of str
        Texts by language; `source` says where the questions come from. Without a title, the name is it.
    scale : Scale
        The answer scale: of all items unless they name another, and of all scores.
    scales : dict of str to Scale
        Other scales, by name: of single items, or of the files in which a mapping says so.
    unit : {"rating", "person"}
        Whether a person answers once for each partnership, or once.
    repeated : {"error", "first"}
        What holds when several columns have the same header: as `Item.repeated`, for all columns.
    columns : tuple of RespondentColumn
        Who answered.
    factors, outcomes : tuple of Factor
        What the items measure.
    items : tuple of Item
        The questions, in the order of the questionnaire, those of the outcomes included.
    comments : tuple of Comment
        The questions that are answered in own words. They measure nothing and are no part of the fingerprint.
    words : OwnWords, optional
        What reports call a client, a partner and so on; a study may say otherwise. They are no part of the fingerprint.
    """

    format: FileFormat = 1
    name: Id
    version: Words = "1.0"
    language: LanguageCode | None = Field(default=None, exclude=True)  # `filled_in` takes it: each text says its own
    title: Text
    description: Text | None = None
    source: Text | None = None
    scale: Scale
    scales: dict[Id, Scale] = {}
    unit: Literal["rating", "person"] = "rating"
    repeated: Literal["error", "first"] = "error"
    columns: tuple[RespondentColumn, ...] = ()
    factors: tuple[Factor, ...]
    outcomes: tuple[Factor, ...] = ()
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = Field(default=(), exclude=True)
    words: StudyWords | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, keys: Any) -> Any:
        return filled_in(keys)

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
        named |= {item.id: item.label for item in self.items} | {one.id: one.label for one in self.comments}
        for column in self.columns:
            named[column.id] = column.text
            named |= {f"{column.id}={value.id}": value.text for value in column.values}
        return named

    @property
    def threshold(self) -> float | None:
        """The line that all factors share; None where they have none, or different ones."""
        lines = {factor.threshold for factor in self.factors}
        return lines.pop() if len(lines) == 1 else None

    @cached_property
    def written(self) -> tuple[Comment, ...]:
        """What is answered in own words and, unless a column of the questionnaire asks it, whether it may be quoted."""
        if not self.comments or self.column(CONSENT) is not None:
            return self.comments
        texts = {code: _MAY_QUOTE.get(code, _MAY_QUOTE["en"]) for code in self.languages}
        return (*self.comments, Comment(id=CONSENT, text=texts, label=texts, headers=("toestemming",)))

    def items_of(self, factor: str) -> tuple[Item, ...]:
        """The items of one factor or outcome, in order."""
        return tuple(item for item in self.items if item.factor == factor)

    def factor(self, id: str) -> Factor:  # noqa: A002 - the field's own name
        """The factor or outcome with this id."""
        parts = {part.id: part for part in (*self.factors, *self.outcomes)}
        (name,) = names_in(id, parts, "id", kind="a factor or an outcome")
        return parts[name]

    def column(self, id: str) -> RespondentColumn | None:  # noqa: A002
        """The respondent column with this id, or None."""
        return next((column for column in self.columns if column.id == id), None)

    def texts(self, language: str) -> dict[str, str]:
        """The questions in one language: item id to text."""
        (code,) = names_in(language, self.languages, "language", kind="a language of the questionnaire")
        return {item.id: item.text[code] for item in self.items}

    def model(self, *, exploratory: bool = False) -> str:
        """The factors and their items as lavaan syntax.

        Parameters
        ----------
        exploratory : bool
            Let each factor measure all items, as one exploratory block (ESEM); `fit_cfa` rotates it.

        Examples
        --------
        >>> from hpp_analysis import load_instrument
        >>> print(load_instrument("hpp").model().splitlines()[2])
        conflict_management =~ con1 + con2 + con3 + con4
        >>> print(load_instrument("hpp").model(exploratory=True)[:70])
        efa("all")*openness + efa("all")*equality + efa("all")*conflict_manage
        """
        if exploratory:
            factors = " + ".join(f'efa("all")*{factor.id}' for factor in self.factors)
            return f"{factors} =~ {' + '.join(item.id for factor in self.factors for item in self.items_of(factor.id))}"
        lines = (
            f"{factor.id} =~ {' + '.join(item.id for item in self.items_of(factor.id))}" for factor in self.factors
        )
        return "\n".join(lines)
