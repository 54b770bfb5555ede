"""The meaning of a spelling of an answer on a scale."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from hpp_analysis.survey.codes import dont_know_code
from hpp_analysis.survey.questionnaire import Scale
from hpp_analysis.survey.spelling import WHOLE, canonical

ANSWERED, DONT_KNOW, SKIPPED, NOT_ASKED = REASONS = ("answered", "dont_know", "skipped", "not_asked")

_WORDS = r"(.*[^\W\d_].*?)"
# "10 - helemaal mee eens": a number, a mark with a space on at least one side ("1-jan" is a date), and words
_NUMBER_FIRST = re.compile(
    rf"([+-]?\d{{1,15}})(?:\s+[-:=]\s*|\s*[-:=)]\s+|\.\s+){_WORDS}"
    rf"|[(\[]([+-]?\d{{1,15}})[)\]]\s*{_WORDS}"  # "(1) none at all"
    rf"|([+-]?\d{{1,15}})\s*[(\[]{_WORDS}[)\]]",  # "1 (none at all)"
    re.DOTALL,
)
_NUMBER_LAST = re.compile(
    rf"{_WORDS}\s*[(\[]([+-]?\d{{1,15}})[)\]]|{_WORDS}(?:\s+-|\s*[:=])\s+([+-]?\d{{1,15}})", re.DOTALL
)
_DECIMAL = re.compile(r"[+-]?(?:\d+|\d*[.,]\d+)(?:e[+-]?\d{1,3})?")
_NOISE = 1e-9
"""The share of a scale's width by which a computed number may lie beyond its end."""


class Meaning(NamedTuple):
    """What a spelling says.

    Attributes
    ----------
    value : float
        NaN if it is no answer.
    reason : str or None
        answered, dont_know or skipped; None when the scale does not know the spelling.
    how : str
        Why the value differs from the spelling, as a code of `hpp_analysis.survey.audit.REASONS`; or empty.
    """

    value: float
    reason: str | None
    how: str = ""


def reader_of(scale: Scale) -> Callable[[str], Meaning]:
    """A function that understands spellings on a scale.

    Examples
    --------
    >>> from hpp_analysis import load_instrument
    >>> understand = reader_of(load_instrument("hpp").scale)
    >>> [understand(said).value for said in ("7", "Helemaal mee eens", "10 - strongly agree", "good (9)")]
    [7.0, 10.0, 10.0, 9.0]
    >>> understand("n.v.t.").reason, understand("11").reason, understand("1 - strongly agree").reason
    ('dont_know', None, None)
    """
    skipped = {canonical(code) for code in scale.missing}
    unknown = {
        canonical(word)
        for answer in filter(None, [scale.dont_know])
        for word in (*answer.codes, *answer.text.values(), dont_know_code(answer))
    }
    points = {canonical(word): point for point, text in scale.labels.items() for word in text.values()}
    points |= {canonical(word): point for point, words in scale.spellings.items() for word in words}

    def understand(spelling: str) -> Meaning:
        text = canonical(spelling)
        if not text:
            return Meaning(np.nan, SKIPPED)
        if text in skipped:
            return Meaning(np.nan, SKIPPED, "missing_code")
        if text in unknown:
            return Meaning(np.nan, DONT_KNOW, "dont_know")
        if text in points:
            return Meaning(float(points[text]), ANSWERED, "" if text == str(points[text]) else "label")
        number = _number(text, scale)
        if number is not None:
            return Meaning(number, ANSWERED)
        return _labelled_number(text)

    def _labelled_number(text: str) -> Meaning:
        pair = number_and_words(text)
        if pair is None:
            return Meaning(np.nan, None)
        number, words = pair
        contradicted = points.get(words, number) != number
        if str(number) in unknown or words in unknown:
            return Meaning(np.nan, DONT_KNOW, "dont_know") if not contradicted else Meaning(np.nan, None)
        if contradicted or not scale.min <= number <= scale.max:
            return Meaning(np.nan, None)
        return Meaning(float(number), ANSWERED, "label")

    return understand


def number_and_words(text: str) -> tuple[int, str] | None:
    """The number and the words of an answer that has both, as "10 - fully agree" and "fully agree (10)"."""
    first, last = _NUMBER_FIRST.fullmatch(text), _NUMBER_LAST.fullmatch(text)
    found = first.groups() if first else last.groups()[::-1] if last else ()
    pair = [part for part in found if part is not None]
    return (int(pair[0]), canonical(pair[1])) if pair else None


def _number(text: str, scale: Scale) -> float | None:
    """A number on the scale; with a decimal point or comma, of any length, where the scale has decimals."""
    if WHOLE.fullmatch(text):
        value = float(text)
    elif scale.decimals and _DECIMAL.fullmatch(text):
        value = float(text.replace(",", "."))
        noise = _NOISE * (scale.max - scale.min)
        if scale.min - noise <= value <= scale.max + noise:
            value = min(max(value, float(scale.min)), float(scale.max))  # a mean of fives may be 5.000000000000001
    else:
        return None
    return value if scale.min <= value <= scale.max else None
