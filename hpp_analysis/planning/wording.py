"""How are the items worded? Rules that find what an editor should look at: they count words and understand nothing.

The words stand in `words/LANG.toml`, so that another language needs a file and no code; of a language without one only what
needs no words is checked.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

_FOLDER = Path(__file__).parent / "words"
_WORD = re.compile(r"[^\W_]+(?:['’/-][^\W_]+)*-?")
_BRACKETS = re.compile(r"\([^)]*\)")
_PLACEHOLDER = re.compile(r"^\W*(?:todo\b.*|tbd|xxx+|lorem ipsum\b.*|n\.?t\.?b\.?|\W*)\W*$", re.IGNORECASE)

ALIKE = 0.65
"""The cosine of the weights of letter groups from which two items are alike. Set on the odd-numbered of the items in
tests/planning/data/labelled_items.csv; docs/preflight.md tells what it finds among the others."""
_GRAMS = (3, 4, 5)
_FIRST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule found.

    Attributes
    ----------
    check : str
        The rule.
    items : tuple of str
        The items that it is about.
    language : str
        Of the text; empty where several languages, or none, are meant.
    evidence : str
        The words or numbers that it found.
    place : str
        What else it is about: an answer scale, a factor.
    """

    check: str
    items: tuple[str, ...]
    language: str = ""
    evidence: str = ""
    place: str = ""


@cache
def word_list(language: str) -> Mapping[str, Any] | None:
    """The words of a language; None where there is no list."""
    path = _FOLDER / f"{language}.toml"
    if not path.is_file():
        return None
    return tomllib.loads(path.read_text(encoding="utf-8"))


def remarks_on_texts(texts: Mapping[str, Mapping[str, str]]) -> list[Remark]:
    """Screen the texts of items, by language and across languages.

    Parameters
    ----------
    texts : mapping of str to mapping of str to str
        By language, the text of each item.

    Examples
    --------
    >>> [remark.check for remark in remarks_on_texts({"en": {"q1": "Our partner is not fast and cheap."}})]
    ['double_barrelled', 'negated']
    """
    found: list[Remark] = []
    for language, by_item in texts.items():
        words = word_list(language)
        for item, text in by_item.items():
            if is_placeholder(text):
                found.append(Remark("placeholder", (item,), language, text))
            elif words is not None:
                found += _remarks_on_item(item, text, language, words)
        found += _alike(by_item, language)
    for first, second in combinations(texts, 2):
        found += _differences(first, second, texts)
    return found


def is_placeholder(text: str) -> bool:
    """Whether a text stands for one that is still to be written."""
    return _PLACEHOLDER.fullmatch(text.strip()) is not None


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, with a typewriter's apostrophe."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _remarks_on_item(item: str, text: str, language: str, words: Mapping[str, Any]) -> Iterator[Remark]:
    spoken = words_of(text)
    if joined := conjunction_in(text, words):
        yield Remark("double_barrelled", (item,), language, joined)
    if denied := negations_in(text, words):
        twice = len(denied) > 1 or _denied_opposite(spoken, denied[0], words["opposite"])
        yield Remark("denied_twice" if twice else "negated", (item,), language, ", ".join(denied))
    if len(spoken) > words["longest_sentence"]:
        yield Remark("long_sentence", (item,), language, str(len(spoken)))
    if longest := [word for word in spoken if _letters(word) > words["longest_word"]]:
        yield Remark("long_word", (item,), language, ", ".join(longest))


def _letters(word: str) -> int:
    """The length of the longest part of a word."""
    return max(map(len, re.split(r"[/-]", word)))


def negations_in(text: str, words: Mapping[str, Any]) -> list[str]:
    """The words by which a text denies something.

    Examples
    --------
    >>> negations_in("We don't only wait, and not only for you.", word_list("en"))
    ["don't"]
    """
    plain = " ".join(words_of(text))
    for phrase in words["not_negations"]:
        plain = re.sub(rf"\b{re.escape(phrase)}\b", " ", plain)
    endings = tuple(words["negation_endings"])
    return [word for word in plain.split() if word in words["negations"] or (endings and word.endswith(endings))]


def _denied_opposite(spoken: Sequence[str], negation: str, opposite: str) -> bool:
    """Whether the word after a negation is itself the opposite of something, as in "not unclear"."""
    at = spoken.index(negation)
    return any(re.match(opposite, word) for word in spoken[at + 1 : at + 2])


def conjunction_in(text: str, words: Mapping[str, Any]) -> str:
    """The word by which a text asks two things at once; empty where it does not seem to.

    It is none within fixed pairs and examples, between two parties, after "between", and where both parts are related to each
    other, for such an item asks one thing.

    Examples
    --------
    >>> conjunction_in("Fast and cheap", word_list("en")), conjunction_in("Trust between us and them", word_list("en"))
    ('and', '')
    """
    text = _BRACKETS.sub(" ", text)
    for phrase in words["examples"]:
        text = re.sub(rf"\b{re.escape(phrase)}[^.;:?!]*", " ", text, flags=re.IGNORECASE)
    plain = " ".join(words_of(text))
    for pair in words["fixed_pairs"]:
        plain = re.sub(rf"\b{re.escape(pair)}(?!\w)", " ", plain)
    joining = "|".join(re.escape(one) for one in words["conjunctions"])
    openers = "|".join(words["pair_openers"])
    plain = re.sub(rf"\b(?:{openers})\b(?:\s\S+){{1,6}}?\s(?:{joining})\s\S+", " ", plain)
    plain = re.sub(rf"\b(\S+) (?:{joining}) \1\b", " ", plain)
    related = [plain.rfind(phrase) for phrase in words["reciprocal"]]
    for match in re.finditer(rf"(?<=\s)(?:{joining})(?=\s)", plain):
        before, after = plain[: match.start()].split(), plain[match.end() :].split()
        if len(before) < _FIRST_WORDS and max(related) > match.end():
            continue
        if before and before[-1] in words["parties"] and set(after[:2]) & set(words["parties"]):
            continue
        return match[0]
    return ""


def numbers_in(text: str, words: Mapping[str, Any]) -> tuple[set[str], bool]:
    """The numbers that a text names, in digits and in words, and whether it speaks of both of two."""
    spoken = words_of(text)
    digits = {number.replace(",", ".") for number in re.findall(r"\d+(?:[.,]\d+)?", text)}
    return digits | {str(words["numbers"][word]) for word in spoken if word in words["numbers"]}, bool(
        set(spoken) & set(words["both"])
    )


def agreement_in(text: str, language: str) -> int:
    """Whether an answer agrees (1), disagrees (-1), or does not say (0).

    Examples
    --------
    >>> agreement_in("Strongly disagree", "en"), agreement_in("Helemaal mee eens", "nl"), agreement_in("10", "en")
    (-1, 1, 0)
    """
    words = word_list(language)
    if words is None:
        return 0
    plain = f" {' '.join(words_of(text))} "
    if negations_in(text, words) or any(f" {word} " in plain for word in words["disagreement"]):
        return -1
    return 1 if any(f" {word} " in plain for word in words["agreement"]) else 0


def _differences(first: str, second: str, texts: Mapping[str, Mapping[str, str]]) -> Iterator[Remark]:
    """What one language says and the other does not: a negation, a number, or anything, where both texts are the same."""
    one_list, other_list = word_list(first), word_list(second)
    pair = f"{first}, {second}"
    for item in texts[first]:
        one, other = texts[first][item], texts[second][item]
        if is_placeholder(one) or is_placeholder(other):
            continue
        if len(words_of(one)) > 2 and words_of(one) == words_of(other):
            yield Remark("same_text", (item,), pair)
            continue
        if one_list is None or other_list is None:
            continue
        denied = [negations_in(one, one_list), negations_in(other, other_list)]
        if bool(denied[0]) != bool(denied[1]):
            where, word = (first, denied[0]) if denied[0] else (second, denied[1])
            yield Remark("negation_differs", (item,), pair, f"{where}: {', '.join(word)}")
        (named, pair_in_one), (others, pair_in_other) = numbers_in(one, one_list), numbers_in(other, other_list)
        only_one, only_other = named - others, others - named
        # "the two parties" is "beide partijen"
        only_one -= {"2"} if pair_in_other else set()
        only_other -= {"2"} if pair_in_one else set()
        if only_one or only_other:
            said = [
                f"{language}: {', '.join(sorted(numbers)) or '–'}"
                for language, numbers in ((first, named), (second, others))
            ]
            yield Remark("number_differs", (item,), pair, "; ".join(said))


def _alike(by_item: Mapping[str, str], language: str) -> Iterator[Remark]:
    """Pairs of items that ask nearly the same, and of which one may go."""
    names = [item for item, text in by_item.items() if not is_placeholder(text)]
    if len(names) < 2:
        return
    cosine = similarity([by_item[item] for item in names])
    for first, second in zip(*np.triu_indices(len(names), 1), strict=True):
        pair = (names[first], names[second])
        if words_of(by_item[pair[0]]) == words_of(by_item[pair[1]]):
            yield Remark("asked_twice", pair, language)
        elif cosine[first, second] >= ALIKE:
            yield Remark("near_duplicate", pair, language, f"{cosine[first, second]:.2f}")


def similarity(texts: Sequence[str]) -> np.ndarray:
    """The cosine of each pair of texts, by how often groups of letters stand in them, weighted by how rare each group is.

    Letter groups see through endings (goal, goals) in any language. What many items share, as "our partner", hardly counts
    (TF-IDF; Salton & Buckley 1988, doi:10.1016/0306-4573(88)90021-0).

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    ndarray, shape (n, n)
    """
    counts = [Counter(_letter_groups(text)) for text in texts]
    place = {gram: at for at, gram in enumerate(dict.fromkeys(gram for count in counts for gram in count))}
    rows = np.repeat(np.arange(len(counts)), [len(count) for count in counts])
    columns = np.array([place[gram] for count in counts for gram in count], dtype=int)
    values = np.array([times for count in counts for times in count.values()], dtype=float)
    frequency = np.bincount(columns, minlength=len(place))
    weight = np.log((1.0 + len(texts)) / (1.0 + frequency)) + 1.0
    table = csr_array((values * weight[columns], (rows, columns)), shape=(len(texts), max(len(place), 1)))
    length = np.sqrt(np.asarray((table * table).sum(axis=1))).ravel()
    products = np.asarray((table @ table.T).todense())
    return products / np.outer(np.maximum(length, 1e-12), np.maximum(length, 1e-12))


def _letter_groups(text: str) -> Iterator[str]:
    """Groups of letters within the words of a text, with a space where a word begins and ends."""
    for word in words_of(text):
        padded = f" {word} "
        for size in _GRAMS:
            for start in range(max(len(padded) - size + 1, 0)):
                yield padded[start : start + size]
