"""Names of items as other programs allow them: nothing in a name can become a command."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from hpp_analysis.options import checked

Program = Literal["lavaan", "spss", "mplus"]


@dataclass(frozen=True, slots=True)
class _Grammar:
    """What a program allows in a name of ASCII letters, digits and some signs."""

    signs: str
    longest: int
    reserved: list[str]


_GRAMMARS: dict[Program, _Grammar] = {
    "lavaan": _Grammar(
        "._",
        64,
        [
            "if",
            "else",
            "repeat",
            "while",
            "function",
            "for",
            "next",
            "break",
            "true",
            "false",
            "null",
            "inf",
            "nan",
            "na",
            "in",
            "group",
            "level",
            "block",
            "class",
            "start",
            "equal",
            "rv",
            "modifier",
            "efa",
            "c",
            "na_integer_",
            "na_real_",
            "na_character_",
        ],
    ),
    "spss": _Grammar("_", 64, ["all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"]),
    "mplus": _Grammar(
        "_",
        8,
        [
            "by",
            "on",
            "with",
            "pon",
            "pwith",
            "at",
            "is",
            "are",
            "eq",
            "ne",
            "ge",
            "gt",
            "le",
            "lt",
            "all",
            "if",
            "then",
            "else",
            "not",
            "and",
            "or",
            "log",
            "exp",
            "sqrt",
            "abs",
            "title",
            "data",
            "variable",
            "define",
            "analysis",
            "model",
            "output",
            "plot",
            "savedata",
            "montecar",
            "names",
            "usev",
            "usevar",
            "file",
            "type",
            "missing",
            "new",
            "test",
            "using",
            "cluster",
            "grouping",
        ],
    ),
}


@checked
def safe_item_names(names: Iterable[str], program: Program) -> dict[str, str]:
    """What each name is called in another program: ASCII, short enough, and different from all others.

    A name that the program allows stays as it is. Where letters have an ASCII base it is taken; other signs become
    underscores, except at the ends. Names that would be equal, whatever the case of their letters, are numbered.

    Parameters
    ----------
    names : iterable of str
    program : {"lavaan", "spss", "mplus"}
        SPSS allows 64 characters, Mplus 8.

    Returns
    -------
    dict of str to str
        In the order given.

    Examples
    --------
    >>> safe_item_names(["ope1", "Één vraag?", "openness_1", "openness_2", "by"], "mplus")
    {'ope1': 'ope1', 'Één vraag?': 'Een_vraa', 'openness_1': 'openness', 'openness_2': 'opennes2', 'by': 'by_'}
    """
    grammar = _GRAMMARS[program]
    found: dict[str, str] = {}
    taken: set[str] = set()
    # names that may stay as they are come first, so that no other takes theirs
    ordered = sorted(dict.fromkeys(names), key=lambda name: _cleaned(name, grammar) != name)
    for name in ordered:
        base = _cleaned(name, grammar)
        safe, number = base, 2
        while safe.lower() in taken:
            safe = f"{base[: grammar.longest - len(str(number))]}{number}"
            number += 1
        taken.add(safe.lower())
        found[name] = safe
    return {name: found[name] for name in dict.fromkeys(names)}


def _cleaned(name: str, grammar: _Grammar) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    allowed = re.escape(grammar.signs)
    plain = re.sub(rf"[^A-Za-z0-9{allowed}]+", "_", plain)
    plain = re.sub(r"^[^A-Za-z]+", "", plain)[: grammar.longest].rstrip("._" if plain != name else ".")
    plain = plain or "v"
    if plain.lower() in grammar.reserved:
        plain = f"{plain[: grammar.longest - 1]}_"
    return plain


def in_comment(text: str, longest: int = 60) -> str:
    """Text that is harmless in a comment of any of the programs: one line of letters, digits and a few signs."""
    kept = "".join(
        letter if letter.isalnum() or letter in " _-,()?" else " " for letter in unicodedata.normalize("NFC", text)
    )
    return " ".join(kept.split())[:longest]
