"""Which words of a comment may tell who wrote it, or of whom? Rules that propose; a person decides.

Names are found by where they stand, not by lists alone: Dutch and English write few other words with a capital within a
sentence. Faker (MIT) lends given names and places. At the beginning of a sentence a word is a name if it is a given name, or if
nobody writes it without a capital and what follows says that it is somebody. A word too many costs a glance, a name too few a
person's trust: the rules lean to the former.
"""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from hpp_analysis.options import checked

Kind = Literal["name", "place", "address", "email", "phone", "number", "role"]

_WORD = re.compile(r"[^\W\d_]+(?:[.'’-](?=[^\W\d_])[^\W\d_]+)*")
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|nl|org|net|be|eu|uk)/\S+"),
    ("number", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),  # an account (IBAN)
    ("number", r"\b[A-Z]{1,4}[-/]\d[\d/-]*\d\b"),
    ("phone", r"(?<![\w.])(?:\+\d{1,3}[ -]?)?(?:\(\d{2,5}\)[ -]?|0)\d(?:[ -]?\d){5,11}\b|\+\d(?:[ -]?\d){7,13}\b"),
    ("phone", r"(?<=\btoestel )\d{2,6}\b|(?<=\bextension )\d{2,6}\b"),
    ("number", r"\b(?!(?:19|20)\d{2}\b)\d(?:[.-]?\d){3,}\b"),
)
_ENDS_SENTENCE = re.compile(r"(?:^|[.!?:;…\n\"“‘(])[\s\"“‘(-]*$")


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text that may tell of somebody: where it starts and ends, and what it seems to be."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Masked:
    """A comment with what was proposed for masking.

    Attributes
    ----------
    text : str
        The comment with a word in brackets in the place of each span.
    spans : tuple of Span
        What was masked, in order.
    language : str
        Of the rules whose words the comment uses most.
    """

    text: str
    spans: tuple[Span, ...]
    language: str


@dataclass(frozen=True, eq=False)
class _Rules:
    """What the rules know of one language."""

    code: str
    given: frozenset[str]
    rare: frozenset[str]
    places: frozenset[str]
    common: frozenset[str]
    titles: tuple[str, ...]
    particles: frozenset[str]
    joins: frozenset[str]
    verbs: frozenset[str]
    proper: frozenset[str]
    patterns: tuple[tuple[Kind, re.Pattern[str]], ...]
    masks: Mapping[str, str]


@cache
def _rules() -> dict[str, _Rules]:
    """The rules of each language that has a file in `words/`."""
    found = {}
    for file in sorted((files("hpp_analysis.comments") / "words").iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".toml"):
            continue
        words = tomllib.loads(file.read_text(encoding="utf-8"))
        own: list[tuple[Kind, str]] = [
            ("address", words["streets"]),
            ("address", words["postcode"]),
            ("role", words["roles"]),
            ("name", rf"(?:\b[A-Z]\.[ ]?){{1,4}}(?:(?:{'|'.join(words['particles'])}) )*[A-Z][\w'’-]+"),
        ]
        code = file.name.removesuffix(".toml")
        found[code] = _Rules(
            code=code,
            given=frozenset(name for locale in words["names"] for name in _faker("person", locale)),
            rare=frozenset(name for locale in words["rare_names"] for name in _faker("person", locale)),
            places=frozenset(name for locale in words["places"] for name in _faker("address", locale)),
            common=frozenset(words["common"].split()),
            titles=tuple(words["titles"]),
            particles=frozenset(words["particles"]),
            joins=frozenset(words["joins"]),
            verbs=frozenset(words["verbs"].split()),
            proper=frozenset(words["proper"].split()),
            patterns=tuple((kind, re.compile(pattern)) for kind, pattern in (*_PATTERNS[:1], *own, *_PATTERNS[1:])),
            masks=words["masks"],
        )
    return found


def _faker(provider: str, locale: str) -> set[str]:
    """Given names or places of a locale, in lower case, from the lists of Faker alone: it need not start."""
    lists = importlib.import_module(f"faker.providers.{provider}.{locale}").Provider
    names = ("first_names", "first_names_male", "first_names_female") if provider == "person" else ("cities",)
    return {str(name).lower() for attribute in names for name in getattr(lists, attribute, ())}


@cache
def _ordinary() -> frozenset[str]:
    """Words that the catalogues of the package write without a capital: they are no names by themselves."""
    words: set[str] = set()
    for file in (files("hpp_analysis.texts")).iterdir():
        if file.name.endswith(".po"):
            words |= set(re.findall(r"(?<![\w{])[^\W\d_A-Z]{2,}\b", file.read_text(encoding="utf-8")))
    return frozenset(words)


@checked
def mask_comments(texts: Iterable[str], *, known: Iterable[str] = ()) -> list[Masked]:
    """Propose what to mask in comments: names, places, addresses, e-mail, telephone and other numbers, rare roles.

    Parameters
    ----------
    texts : iterable of str
        All comments of a study together: a word that others write without a capital is no name.
    known : iterable of str
        Names that may stay, as those of the organisations.

    Returns
    -------
    list of Masked
        One for each text.

    Notes
    -----
    It is a proposal: docs/comments.md says what a person must still correct.

    Examples
    --------
    >>> mask_comments(["Since Wendy left, nobody answers 06-12345678."])[0].text
    'Since [name] left, nobody answers [phone].'
    """
    comments = list(texts)
    lower = {
        match.group()
        for text in comments
        for match in _WORD.finditer(text)
        if match.group().islower() and not all(word.islower() for word in _WORD.findall(text))
    }
    given = frozenset[str]().union(*(rules.given for rules in _rules().values()))
    ordinary = _ordinary() | (lower - given)
    stay = frozenset(word.lower() for name in known for word in _WORD.findall(name))
    return [_mask(text, ordinary, stay) for text in comments]


def language_of(text: str) -> str:
    """The language of a text, of those that the rules know, by its most common words; the first one where none tells."""
    words = [word.lower() for word in _WORD.findall(text)]
    return max(_rules().values(), key=lambda rules: sum(word in rules.common for word in words)).code


def _mask(text: str, ordinary: frozenset[str], stay: frozenset[str]) -> Masked:
    rules = _rules()[language_of(text)]
    spans = _by_pattern(text, rules)
    spans += _names(text, rules, ordinary, stay, spans)
    spans.sort(key=lambda span: span.start)
    masked, end = [], 0
    for span in spans:
        masked += [text[end : span.start], f"[{rules.masks[span.kind]}]"]
        end = span.end
    return Masked("".join([*masked, text[end:]]), tuple(spans), rules.code)


def _by_pattern(text: str, rules: _Rules) -> list[Span]:
    """What has a form of its own, of every language: who writes Dutch may live in an English street."""
    spans: list[Span] = []
    for one in (rules, *(other for other in _rules().values() if other is not rules)):
        for kind, pattern in one.patterns:
            for match in pattern.finditer(text):
                if match.group().strip() and not any(
                    match.start() < span.end and span.start < match.end() for span in spans
                ):
                    spans.append(Span(match.start(), match.end(), kind))
    return spans


def _names(text: str, rules: _Rules, ordinary: frozenset[str], stay: frozenset[str], taken: list[Span]) -> list[Span]:
    """Names and places, each run of them as one span."""
    words = [
        match
        for match in _WORD.finditer(text)
        if not any(match.start() < span.end and span.start < match.end() for span in taken)
    ]
    plain = [match.group().lower() for match in words]
    is_name = [
        _is_name(text, words, plain, place, rules, ordinary) and plain[place] not in stay for place in range(len(words))
    ]
    spans: list[Span] = []
    place = 0
    while place < len(words):
        if not is_name[place]:
            place += 1
            continue
        last = place
        while (further := _continues(text, words, plain, is_name, last, rules)) is not None:
            last = further
        start = words[place].start()
        if place and plain[place - 1] in rules.particles and words[place - 1].group()[0].isupper():
            start = words[place - 1].start()  # "Van Dijk"
        kind: Kind = "place" if text[start : words[last].end()].lower() in rules.places else "name"
        spans.append(Span(start, words[last].end(), kind))
        place = last + 1
    return spans


def _continues(
    text: str, words: list[re.Match[str]], plain: list[str], is_name: list[bool], last: int, rules: _Rules
) -> int | None:
    """The word with which a name goes on, particles between: Jeroen *van der Velde*."""
    place = last + 1
    while place < len(words) and text[words[place - 1].end() : words[place].start()].strip("’'`. ") == "":
        if is_name[place] or (
            not text.isupper()
            and words[place].group()[0].isupper()
            and plain[place] not in rules.proper
            and place == last + 1
        ):
            return place
        if plain[place] not in rules.particles:
            return None
        place += 1
    return None


def _is_name(
    text: str, words: list[re.Match[str]], plain: list[str], place: int, rules: _Rules, ordinary: frozenset[str]
) -> bool:
    word, low = words[place].group(), plain[place]
    before = text[: words[place].start()]
    following = plain[place + 1] if place + 1 < len(words) else ""
    first = low.split("-")[0].split("'")[0]
    is_given = low in rules.given or first in rules.given
    if _after_title(before, rules) and (word[0].isupper() or is_given):
        return True
    if word.islower() or text.isupper():
        return is_given and len(low) > 2 and low not in ordinary | rules.common | rules.proper | rules.verbs
    if low in rules.proper or (word.isupper() and 1 < len(word) <= 5) or not word[0].isupper():
        return False
    if not _ENDS_SENTENCE.search(before):
        return len(word) > 1
    somebody = following in rules.verbs
    if low in rules.common:
        return (is_given or first in rules.rare) and somebody
    if is_given:
        return low not in ordinary or somebody or _joined(words, plain, place, rules)
    if first in rules.rare and somebody:
        return True
    if low in ordinary or low in rules.titles:
        return False
    return (
        somebody
        or following in rules.particles & {"van", "el", "al"}
        or _joined(words, plain, place, rules)
        or not following
    )


def _joined(words: list[re.Match[str]], plain: list[str], place: int, rules: _Rules) -> bool:
    """Whether a word with a capital follows, directly or after "and"."""
    following = [match.group() for match in words[place + 1 : place + 3]]
    if following and plain[place + 1] in rules.joins:
        following = following[1:]
    return bool(following) and following[0][0].isupper() and following[0].lower() not in rules.proper


def _after_title(before: str, rules: _Rules) -> bool:
    start = before.rstrip(" .").lower()
    return any(start == title or start.endswith((f" {title}", f"\n{title}")) for title in rules.titles)


def masked_words(masked: Masked, text: str) -> str:
    """What was masked, for whoever reviews it: the kinds and the words."""
    kinds = _rules()[masked.language].masks
    return "; ".join(f"{kinds[span.kind]}: {text[span.start : span.end]}" for span in masked.spans)


def common_words() -> frozenset[str]:
    """Words of every language that tell nothing of what a comment is about."""
    return frozenset[str]().union(*(rules.common | rules.verbs | set(rules.titles) for rules in _rules().values()))
