"""Rules for when two spellings are the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_WRITTEN_WHOLE = re.compile(r"([+-]?[0-9]{1,15})\.0+")
_TYPESET = str.maketrans(
    dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−", "-") | {"…": "..."}
)
"""What a word processor writes for the marks of a keyboard."""


def visible(text: str) -> str:
    r"""A text without invisible characters: byte order marks, zero-width and control characters.

    Any kind of blank becomes a plain space; line breaks and tabs stay.

    Examples
    --------
    >>> visible("\ufeffDemo\xa0Cable\u200b")
    'Demo Cable'
    """
    if text.isprintable():
        return text.strip()
    return "".join(_shown(letter) for letter in text).strip()


def _shown(letter: str) -> str:
    if letter in "\t\n\r":
        return letter
    kind = unicodedata.category(letter)
    # joiners and marks of direction shape words in some scripts
    return "" if kind == "Cc" or letter in "\u00ad\u200b\u2060\ufeff" else " " if kind.startswith("Z") else letter


def typed(text: str) -> str:
    """A text with keyboard punctuation: curly quotes become straight ones, dashes hyphens.

    Examples
    --------
    >>> typed("don’t – know…")
    "don't - know..."
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_TYPESET)


@lru_cache(maxsize=100_000, typed=True)
def normalise(text: object) -> str:
    """Header texts and labels compare without case, white space around and repeated, typeset marks, invisible letters."""
    cleaned = visible(typed(str(text)))
    if not cleaned.isascii():
        cleaned = "".join(letter for letter in cleaned if unicodedata.category(letter) != "Cf")
    return " ".join(cleaned.split()).casefold()


@lru_cache(maxsize=100_000, typed=True)
def canonical(text: object) -> str:
    """Normalise a code; whole numbers compare as numbers: 99.0 is 99, and 07 is 7.

    Examples
    --------
    >>> canonical(" N.V.T. "), canonical("99.0"), canonical("07"), canonical("1_0")
    ('n.v.t.', '99', '7', '1_0')
    """
    normal = normalise(text)
    match = _WRITTEN_WHOLE.fullmatch(normal)
    number = match.group(1) if match else normal
    return str(int(number)) if WHOLE.fullmatch(number) else normal
