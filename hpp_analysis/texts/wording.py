"""The words of a study: what it calls a client, a partner, a partnership, a side, a rating, a report and a respondent.

Texts of the catalogues hold them as `{partnership.plural}`: a word and a form of it. Which forms a language needs, which of
them follow from others, and the words that come with the package stand in `words/LANG.toml`; a language that declines its
nouns lists more forms there, and needs no code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from hpp_analysis.errors import Failure
from hpp_analysis.options import nearest

Word = Literal["client", "partner", "partnership", "side", "rating", "report", "respondent"]
WORDS: tuple[Word, ...] = get_args(Word)
WordSet = Literal["partnership", "employees", "survey"]
"""The sets of words that come with the package, by which a study may name its own."""

_FOLDER = Path(__file__).parent / "words"
_HOLE = re.compile(r"\{([A-Za-z]+)\.([a-z_]+)\}")

Forms = Mapping[str, str]
"""The forms of a word in one language."""


@cache
def grammar(code: str) -> Mapping[str, Any]:
    """What a language needs of each word: `forms`, `choices`, `derived` and, by name, the `sets` of the package."""
    with (_FOLDER / f"{code}.toml").open("rb") as file:
        return tomllib.load(file)


def has_grammar(code: str) -> bool:
    """Whether the package knows what a language needs of a word."""
    return (_FOLDER / f"{code}.toml").is_file()


@dataclass(frozen=True)
class Wording:
    """The words of a study: a set of the package, and those that it names itself.

    Attributes
    ----------
    set : str
        The words that come with the package.
    own : mapping
        Word by word and language by language, the forms that the study gives.

    Examples
    --------
    >>> Wording("employees").fill("Elk van de {partnership.plural}", "nl")
    'Elk van de afdelingen'
    """

    set: WordSet = "partnership"
    own: Mapping[str, Mapping[str, Forms]] = field(default_factory=dict)

    def form(self, word: str, form: str, code: str) -> str:
        """One form of a word; with a capital in front where `word` has one."""
        name = word.lower()
        known = grammar(code)
        forms = self.own.get(name, {}).get(code) or known["sets"][self.set][name]
        said = forms[form] if form in forms else _derived(known["derived"][form], forms)
        return said[:1].upper() + said[1:] if word[0].isupper() else said

    def plain(self) -> dict[str, Any]:
        """The words as plain data, of which `Wording(**data)` makes them again."""
        return {"set": self.set, "own": {word: dict(given) for word, given in self.own.items()}}

    def fill(self, text: str, code: str) -> str:
        """A text of the catalogue of a language with the words of the study in it."""
        return _HOLE.sub(lambda hole: self.form(hole[1], hole[2], code), text) if "{" in text else text


def _derived(rules: list[dict[str, str]], forms: Forms) -> str:
    """A form that follows from others, by the first rule that fits."""
    for rule in rules:
        patterns = {name: pattern for name, pattern in rule.items() if name != "text"}
        if all(re.fullmatch(pattern, forms[name], re.IGNORECASE) for name, pattern in patterns.items()):
            return rule["text"].format(**forms)
    raise LookupError(f"The last rule of a form must fit any word. Given: {rules}.")


DEFAULT = Wording()
_current: ContextVar[Wording] = ContextVar("hpp_words", default=DEFAULT)


def current_words() -> Wording:
    """The words in use."""
    return _current.get()


@contextmanager
def worded(words: Wording | None) -> Iterator[Wording]:
    """Use the words of a study inside the block; None leaves those in use."""
    token = _current.set(_current.get() if words is None else words)
    try:
        yield _current.get()
    finally:
        _current.reset(token)


def holes(text: str) -> list[tuple[str, str]]:
    """The words and forms that a text takes in.

    Examples
    --------
    >>> holes("{n} of the {Side.plural}")
    [('side', 'plural')]
    """
    return [(hole[1].lower(), hole[2]) for hole in _HOLE.finditer(text)]


def word_failures(own: Mapping[str, Mapping[str, Forms]], languages: Collection[str], file: str) -> Iterator[Failure]:
    """What a study says wrongly of its own words: languages without a word, forms that are missing or unknown.

    Parameters
    ----------
    own : mapping
        As in `Wording`.
    languages : collection of str
        Those in which reports may be made.
    file : str
        Where the words stand.
    """
    for word, by_language in own.items():
        for code in [code for code in languages if has_grammar(code) and code not in by_language]:
            yield Failure(
                f"A word must be given in each language of the reports; `words.{word}` lacks {code!r}.",
                f"Add {code}: {{{', '.join(f'{form}: ...' for form in grammar(code)['forms'])}}}, or leave the language out.",
                file,
                value=", ".join(by_language) or "nothing",
            )
        for code, forms in by_language.items():
            if has_grammar(code):  # others are not spoken: nothing is said in them
                yield from _form_failures(f"words.{word}.{code}", forms, code, file)


def _form_failures(place: str, forms: Forms, code: str, file: str) -> Iterator[Failure]:
    known = grammar(code)
    needed, derived = known["forms"], known["derived"]
    for form in needed:
        if form not in forms:
            yield Failure(
                f"A word must have each of the forms {', '.join(needed)} in {code!r}; `{place}` lacks {form!r}.",
                f"Add `{form}`.",
                file,
                value=", ".join(f"{name}: {text}" for name, text in forms.items()) or "nothing",
            )
    for form, text in forms.items():
        if form not in (*needed, *derived):
            yield Failure(
                f"The forms of a word in {code!r} must be of {', '.join((*needed, *derived))}.",
                f"{nearest(form, (*needed, *derived))} Correct `{place}.{form}`.",
                file,
                value=form,
            )
        elif text not in (choices := known.get("choices", {}).get(form, [text])):
            yield Failure(f"`{place}.{form}` must be {' or '.join(choices)}.", "Correct it.", file, value=text)
