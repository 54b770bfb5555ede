"""Cutting the text of a model into statements and tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hpp_analysis.errors import Failure

OPERATORS = {
    "=~": "is measured by",
    "~": "is regressed on",
    "~~": "varies together with",
    "|": "has the thresholds",
    ":=": "is defined as",
    "==": "equals",
}
"""The operators that start a statement, in words."""

_INEQUALITY = (
    "Inequality constraints are not supported.",
    "Leave this statement out: an improper solution is returned with a flag. To fix a parameter write '=='.",
)
UNSUPPORTED = {
    "<~": (
        "Formative measurement (`<~`) is not supported.",
        "Make a column of the weighted sum, or write `=~` if the items reflect the factor.",
    ),
    "~*~": (
        "Scaling parameters (`~*~`) are not supported.",
        "Leave this statement out; the answers are treated as numbers.",
    ),
    "<": _INEQUALITY,
    ">": _INEQUALITY,
    "<=": _INEQUALITY,
    ">=": _INEQUALITY,
}
"""Operators of lavaan that are not understood: why, and the way out."""

MODIFIERS = {
    "efa": "For exploratory factors use hpp.fit_efa(), or write which items measure which factor.",
    "lower": "Leave it out; an improper solution is returned with a flag.",
    "upper": "Leave it out; an improper solution is returned with a flag.",
    "rv": "Random slopes need a model of two levels; `cluster` makes standard errors and tests right.",
    "prior": "Leave it out; there are no priors in maximum likelihood.",
    "da": "Leave it out.",
}
"""Modifiers of lavaan that are not understood, and the way out."""

_TWO_LEVELS = "Write one model, and give `cluster`, which makes standard errors and tests right."
BLOCKS = {
    "group": "Write one model for all groups, and c() where groups differ: f =~ c(1, NA)*x1.",
    "level": _TWO_LEVELS,
    "block": "Write one model for all groups, and c() where groups differ: f =~ c(1, NA)*x1.",
    "class": "Write one model; there are no latent classes.",
}
"""Words that open a block in lavaan, and the way out."""

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\f\v]+)|(?P<string>\"[^\"]*\"|'[^']*')|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|"
    r"(?P<name>\.?[^\W\d][\w.]*)|(?P<operator>=~|~\*~|<~|~~|~|:=|==|<=|>=|<|>|\|)|(?P<sign>[-+*/^(),:])|(?P<other>.)"
)
STARTERS = {*OPERATORS, *UNSUPPORTED}


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign, and the line that it stands in."""

    kind: str
    text: str
    line: int


class SyntaxProblemError(Exception):
    """Where a statement stops to be one; becomes a failure of `ModelSyntaxError`."""

    def __init__(self, token: Token, rule: str, remedy: str) -> None:
        self.failure = Failure(rule=rule, remedy=remedy, row=token.line, value=token.text)
        super().__init__(rule)


def statements(text: str, failures: list[Failure]) -> list[list[Token]]:
    """Cut the text into statements: a piece with an operator starts one, a piece without continues the last."""
    found: list[list[Token]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        for piece in _pieces(line, number):
            bad = next((token for token in piece if token.kind == "other"), None)
            if bad is not None:
                failures.append(
                    Failure("This character has no meaning in a model.", "Remove it.", row=number, value=bad.text)
                )
                piece = [token for token in piece if token.kind != "other"]
            if not piece:
                continue
            if any(token.text in STARTERS and token.kind == "operator" for token in piece) or is_block(piece):
                found.append(piece)
            elif found:
                found[-1] += piece
            else:
                failures.append(
                    Failure(
                        "A statement has an operator (=~, ~, ~~, := or ==); here none was found.",
                        "Write for instance 'f =~ x1 + x2 + x3'.",
                        row=number,
                        value=piece[0].text,
                    )
                )
    return found


def _pieces(line: str, number: int) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(line):
        kind, text = str(match.lastgroup), match.group()
        if kind == "other" and text in "#!":
            break
        if kind == "other" and text == ";":
            pieces.append([])
        elif kind != "space":
            pieces[-1].append(Token(kind, text, number))
    return [piece for piece in pieces if piece]


def is_block(piece: list[Token]) -> bool:
    """Whether a piece opens a block, as `group: 1` does in lavaan."""
    return len(piece) > 1 and piece[0].text in BLOCKS and piece[1].text == ":"


def split(tokens: list[Token], sign: str) -> list[list[Token]]:
    """Cut at a sign outside brackets; an empty part is an error."""
    parts: list[list[Token]] = [[]]
    depth = 0
    last = tokens[0]
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if depth < 0:
            raise SyntaxProblemError(
                token, "Brackets come in pairs; this one closes none.", "Remove it or open one before it."
            )
        if token.kind == "sign" and token.text == sign and depth == 0:
            if not parts[-1]:
                raise SyntaxProblemError(
                    token, f"Before `{sign}` a variable is expected.", "Write a variable or remove the sign."
                )
            parts.append([])
        else:
            parts[-1].append(token)
        last = token
    if depth:
        raise SyntaxProblemError(last, "Brackets come in pairs; a closing bracket is expected here.", "Close it.")
    if not parts[-1]:
        raise SyntaxProblemError(
            last, f"After `{sign}` a variable is expected, but the statement ends.", "Write a variable or remove it."
        )
    return parts
