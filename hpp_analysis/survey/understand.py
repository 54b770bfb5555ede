"""What one spelling of an answer means on a scale."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from hpp_analysis.survey.questionnaire import Scale
from hpp_analysis.survey.spelling import WHOLE, canonical

ANSWERED, DONT_KNOW, SKIPPED, NOT_ASKED = REASONS = ("answered", "dont_know", "skipped", "not_asked")

# "10 - helemaal mee eens": a number, a mark with a space on at least one side ("1-jan" is a date), and words
_NUMBER_FIRST = re.compile(r"(\d{1,15})(?:\s+[-–—:=]\s*|\s*[-–—:=)]\s+|\.\s+)(.*[^\W\d_].*)", re.DOTALL)
_NUMBER_LAST = re.compile(r"(.*[^\W\d_].*?)\s*[(\[](\d{1,15})[)\]]", re.DOTALL)
_DECIMAL = re.compile(r"[+-]?\d{1,15}[.,]\d{1,15}")


class Meaning(NamedTuple):
    """What a spelling says.

    Attributes
    ----------
    value : float
        NaN where it is no answer.
    reason : str or None
        answered, dont_know or skipped; None when the scale does not know the spelling.
    how : str
        Why the value is not what stands there, as a code of `hpp_analysis.survey.audit.REASONS`; else empty.
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
        for word in (
            (*scale.dont_know.codes, *scale.dont_know.text.values()) if scale.dont_know is not None else ()
        )
    }
    points = {canonical(word): point for point, text in scale.labels.items() for word in text.values()}
    points |= {canonical(word): point for point, words in scale.spellings.items() for word in words}

    def understand(spelling: str) -> Meaning:
        said = canonical(spelling)
        if not said:
            return Meaning(np.nan, SKIPPED)
        if said in skipped:
            return Meaning(np.nan, SKIPPED, "missing_code")
        if said in unknown:
            return Meaning(np.nan, DONT_KNOW, "dont_know")
        if said in points:
            return Meaning(float(points[said]), ANSWERED, "label")
        number = _number(said, scale)
        if number is not None:
            return Meaning(number, ANSWERED)
        return _labelled_number(said)

    def _labelled_number(said: str) -> Meaning:
        first, last = _NUMBER_FIRST.fullmatch(said), _NUMBER_LAST.fullmatch(said)
        pair = first.groups() if first else last.groups()[::-1] if last else None
        if pair is None:
            return Meaning(np.nan, None)
        number, words = int(pair[0]), canonical(pair[1])
        contradicted = points.get(words, number) != number
        if str(number) in unknown or words in unknown:
            return Meaning(np.nan, DONT_KNOW, "dont_know") if not contradicted else Meaning(np.nan, None)
        if contradicted or not scale.min <= number <= scale.max:
            return Meaning(np.nan, None)
        return Meaning(float(number), ANSWERED, "label")

    return understand


def _number(said: str, scale: Scale) -> float | None:
    """A number on the scale; with a decimal point or comma where the scale has decimals."""
    if WHOLE.fullmatch(said):
        value = float(said)
    elif scale.decimals and _DECIMAL.fullmatch(said):
        value = float(said.replace(",", "."))
    else:
        return None
    return value if scale.min <= value <= scale.max else None
