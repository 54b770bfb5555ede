"""When two spellings are the same."""

from __future__ import annotations

import re

WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_WRITTEN_WHOLE = re.compile(r"([+-]?[0-9]{1,15})\.0+")


def normalise(text: object) -> str:
    """Header texts and labels compare without case, outer and repeated white space."""
    return " ".join(str(text).split()).casefold()


def canonical(text: object) -> str:
    """Codes compare as texts, and as numbers where they are whole ones: 99.0 is 99, and 07 is 7.

    Examples
    --------
    >>> canonical(" N.V.T. "), canonical("99.0"), canonical("07"), canonical("1_0")
    ('n.v.t.', '99', '7', '1_0')
    """
    said = normalise(text)
    match = _WRITTEN_WHOLE.fullmatch(said)
    number = match.group(1) if match else said
    return str(int(number)) if WHOLE.fullmatch(number) else said
