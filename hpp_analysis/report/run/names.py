"""Names for folders: what anybody may call an organisation, made safe for every file system."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 60
_DIGITS = 6


def slug(name: str, *, digits: int = _DIGITS, prefix: str = "") -> str:
    """A folder name: ASCII, lower case, at most 60 characters, then six hex digits of the name's hash.

    Parameters
    ----------
    name : str
        Anything.
    digits : int
        How many hex digits of the hash.
    prefix : str
        What stands before it.

    Examples
    --------
    >>> slug("Café de l'Univers")
    'cafe-de-l-univers-6fb108'
    >>> slug("../..")
    'report-0cfd1c'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return "-".join([*([prefix] if prefix else []), words or "report", digest[:digits]])


def slugs(names: Iterable[str]) -> dict[str, str]:
    """A slug for each name, no two alike: where six digits are not enough to tell two names apart, more are used.

    Examples
    --------
    >>> sorted(slugs(["A", "a"])) == ["A", "a"] and len(set(slugs(["A", "a"]).values()))
    2
    """
    distinct = list(dict.fromkeys(names))
    digits = _DIGITS
    slug_by_name = {name: slug(name, digits=digits) for name in distinct}
    while len(set(slug_by_name.values())) < len(distinct):
        digits += 1
        slug_by_name = {name: slug(name, digits=digits) for name in distinct}
    return slug_by_name
