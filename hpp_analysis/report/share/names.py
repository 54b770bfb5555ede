"""Finds names in texts, however they are spelled there, and tells them from ordinary words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

from hpp_analysis.texts import messages
from hpp_analysis.texts.wording import current_words

Phrase = tuple[str, ...]
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
_OPENS = re.compile(r"[.!?:;\u2022\u2013\u2026(\[\"\u201c\u2018>#*-]\s*$")
_DIGITS = 5  # a shorter number is no sign of a person or a firm: results are numbers too
_SHORT = 100  # letters of a text that is looked for as a whole: within the name of a factor there is no other name
_JOINED = 6  # letters that a name written as one word must have
_GAP = "\N{REFERENCE MARK}"  # where a text of the package is filled in


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    Attributes
    ----------
    folded, spelled : str
        For comparing, and with its capitals.
    cell : int
        Of the text, in which it stands: a table's cell, a line.
    opens : bool
        Whether a sentence may begin with it, so that its capital tells nothing.
    """

    folded: str
    spelled: str
    cell: int
    opens: bool


def words_of(text: str) -> list[Word]:
    """The words of a text, whatever stands between them, however their letters are coded.

    Accents are compared as the letters without them, and signs that nobody sees are left out.

    Examples
    --------
    >>> [word.folded for word in words_of("Socie\u0301te\u0301_G\u00e9n\u00e9rale, STRASSE")]
    ['societe', 'generale', 'strasse']
    """
    hyphened = re.sub("[\u00ad-]\\s*\n\\s*(?=[^\\W\\d_])", "", text) if "\n" in text else text
    plain = hyphened if hyphened.isascii() else "".join(map(_plain, unicodedata.normalize("NFKD", hyphened)))
    words: list[Word] = []
    end = cell = 0
    for match in _WORD.finditer(plain):
        between = plain[end : match.start()]
        is_separate = bool(re.search(r"[\t\n]|\s{2,}", between))
        cell += is_separate
        opens = not words or is_separate or bool(_OPENS.search(between))
        words.append(Word(match[0].casefold(), match[0], cell, opens))
        end = match.end()
    return words


@cache
def _plain(letter: str) -> str:
    """A letter, and nothing for accents and for signs that nobody sees."""
    return "" if unicodedata.category(letter) in ("Mn", "Cf") else letter


def phrase_of(name: str) -> Phrase:
    """The words of a name, for comparing."""
    return tuple(word.folded for word in words_of(name))


@dataclass(frozen=True)
class Names:
    """Names to look for.

    Attributes
    ----------
    phrases : mapping of tuple of str to str
        What each name, as a tuple of words, would reveal; "" for allowed names.
    ordinary : mapping of tuple of str to tuple of str
        Spellings of names that are ordinary words too: "Post" is a name, "post" is not.
    own_words_folded, own_words_spelled : str
        All texts that reports contain by themselves, from `own_words`, folded and as spelled. Words in these texts count
        as a name only where a report would not print them anyway.
    """

    phrases: Mapping[Phrase, str] = field(default_factory=dict)
    ordinary: Mapping[Phrase, frozenset[Phrase]] = field(default_factory=dict)
    own_words_folded: str = ""
    own_words_spelled: str = ""

    @classmethod
    def of(cls, names: Mapping[str, str], own: Collection[str], texts: Collection[str] = ()) -> Names:
        """Collect names, each with what it would reveal; names in `own` are allowed, `texts` are those of the questionnaire."""
        folded_words, spelled_words = (
            f"{own_text}{_joined(texts, folded=folded)}"
            for own_text, folded in zip(own_words(), (True, False), strict=True)
        )
        short = (phrase_of(text) for text in texts if len(text) < _SHORT)
        phrases: dict[Phrase, str] = dict.fromkeys(filter(None, short), "")
        ordinary: dict[Phrase, set[Phrase]] = {}
        for name, what in (*names.items(), *((name, "") for name in own)):
            words = words_of(name)
            phrase = tuple(word.folded for word in words)
            if not phrase:
                continue
            common = len(phrase) == 1 and phrase[0] in _common()
            if what and (common or f" {' '.join(phrase)} " in folded_words):
                ordinary.setdefault(phrase, set()).add(tuple(word.spelled for word in words))
            phrases[phrase] = what
            together = "".join(phrase)
            if len(phrase) > 1 and len(together) >= _JOINED:
                phrases.setdefault((together,), what)
        return cls(
            phrases, {phrase: frozenset(spelled) for phrase, spelled in ordinary.items()}, folded_words, spelled_words
        )

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """By the word that they begin with, how many words names have, the longest first."""
        lengths: dict[str, set[int]] = {}
        for phrase in self.phrases:
            lengths.setdefault(phrase[0], set()).add(len(phrase))
        return {word: sorted(word_counts, reverse=True) for word, word_counts in lengths.items()}

    def within(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the longest names in a text with what each reveals; a name within a longer, allowed name is skipped.

        A name may run over cells, but the number in one cell is no part of the name in another: "company" and the 3 beside
        it are not "company 3".
        """
        words = words_of(text)
        at = 0
        while at < len(words):
            for length in self._lengths.get(words[at].folded, ()):
                candidate = words[at : at + length]
                phrase = tuple(word.folded for word in candidate)
                what = self.phrases.get(phrase)
                if what is None or _is_torn(candidate) or not self._is_name(phrase, words, at):
                    continue
                if what:
                    yield what, " ".join(word.spelled for word in candidate)
                at += length - 1
                break
            at += 1

    def _is_name(self, phrase: Phrase, words: list[Word], at: int) -> bool:
        """Whether an ordinary word is a name where it stands."""
        spellings = self.ordinary.get(phrase)
        if spellings is None:
            return True
        end = at + len(phrase)
        before, after = words[at - 1] if at else None, words[end] if end < len(words) else None
        first, last = words[at], words[end - 1]
        starts = before is None or before.cell != first.cell
        ends = after is None or after.cell != last.cell
        spelling = tuple(word.spelled for word in words[at:end])
        as_spelled = spelling in spellings or (
            spelling == tuple(map(str.upper, spelling)) and max(map(len, spelling)) > 1
        )
        if f" {' '.join(phrase)} " not in self.own_words_folded:
            return as_spelled
        if not as_spelled or (first.opens and not (starts and ends)):
            return False
        if starts and ends:  # a cell or a line of its own, where it is no label
            return f" | {' '.join(phrase)} | " not in self.own_words_folded
        phrase_text = " ".join(spelling)
        around = (
            [f" {neighbour} {phrase_text} " for neighbour in (before.spelled, _GAP)] if before and not starts else []
        )
        around += [f" {phrase_text} {neighbour} " for neighbour in (after.spelled, _GAP)] if after and not ends else []
        return not any(phrase_in_place in self.own_words_spelled for phrase_in_place in around)


def _is_torn(words: list[Word]) -> bool:
    """Whether a number stands in another cell than the word beside it."""
    pairs = pairwise(words)
    return any(
        word.cell != following.cell and (word.folded[0].isdigit() or following.folded[0].isdigit())
        for word, following in pairs
    )


def is_number(name: str) -> bool:
    """Whether a name looks like a number of the results."""
    together = "".join(phrase_of(name))
    return not together or (together.isdigit() and len(together) < _DIGITS)


def is_label(name: str) -> bool:
    """Whether the package says the same words by itself, as a heading or label."""
    return f" | {' '.join(phrase_of(name))} | " in own_words()[0]


def own_words() -> tuple[str, str]:
    """The messages of the package in all languages, as folded words and as spelled words. One mark stands for each value
    that is filled in, another one for each end of a sentence.
    """
    return _own_words(str(current_words().plain()))


@cache
def _own_words(_words: str) -> tuple[str, str]:
    """As `own_words`, made once for the words of a study."""
    return _joined(messages(), folded=True), _joined(messages(), folded=False)


def _joined(texts: Iterable[str], *, folded: bool) -> str:
    lines = []
    for text in texts:
        for line in re.split(r"\n|(?<=[.!?:;])\s", text):
            parts = [words_of(part) for part in re.split(r"\{\w*\}", line)]
            filled = f" {_GAP} ".join(
                " ".join(word.folded if folded else word.spelled for word in part) for part in parts
            )
            lines.append(f" | {' '.join(filled.split())} | ")
    return "".join(lines)


@cache
def _common() -> frozenset[str]:
    """Words that everybody uses, in English and Dutch."""
    text = Path(__file__).with_name("ordinary.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
