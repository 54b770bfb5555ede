"""Arithmetic on labels: the right-hand sides of `:=` and the two sides of `==`, with derivatives.

An expression is a tree of nodes. Nothing is ever handed to Python's `eval`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_FUNCTIONS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "exp": (math.exp, math.exp),
    "log": (math.log, lambda x: 1 / x),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x)),
    "abs": (abs, lambda x: math.copysign(1.0, x)),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "atanh": (math.atanh, lambda x: 1 / (1 - x * x)),
}
"""Each function with its derivative."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d][\w.]*|\.[^\W\d][\w.]*)|"
    r"(?P<sign>\*\*|[-+*/^(),]))"
)


class ExpressionError(ValueError):
    """Where the text stops to be arithmetic: `token`, and what was `expected` there."""

    def __init__(self, token: str, expected: str) -> None:
        self.token = token
        self.expected = expected
        super().__init__(f"{expected} expected, {token!r} found")


@dataclass(frozen=True, slots=True)
class Expression:
    """A node of a parsed expression.

    Attributes
    ----------
    kind : str
        "number", "label", "negative", "call", or an operator: "+", "-", "*", "/", "^".
    number : float
        Of a number.
    name : str
        Of a label or a function.
    parts : tuple of Expression
        The operands.
    """

    kind: str
    number: float = math.nan
    name: str = ""
    parts: tuple[Expression, ...] = ()

    @property
    def labels(self) -> frozenset[str]:
        """The labels that the value depends on."""
        own = {self.name} if self.kind == "label" else set()
        return frozenset(own.union(*(part.labels for part in self.parts)))

    @property
    def linear(self) -> bool:
        """Whether the value is a linear function of the labels."""
        if not self.labels:
            return True
        if self.kind in ("label", "negative", "+", "-"):
            return all(part.linear for part in self.parts)
        if self.kind == "*":
            return all(part.linear for part in self.parts) and sum(bool(part.labels) for part in self.parts) == 1
        if self.kind == "/":
            return self.parts[0].linear and not self.parts[1].labels
        return False

    def evaluate(self, values: Mapping[str, float]) -> tuple[float, dict[str, float]]:
        """Return the value and its derivative by each label.

        Outside the domain of a function (the logarithm of a negative number, a division by zero) both are NaN.

        Parameters
        ----------
        values : mapping of str to float
            One value per label.

        Examples
        --------
        >>> parse_expression("a*b + 2*a").evaluate({"a": 3, "b": 4})
        (18.0, {'a': 6.0, 'b': 3.0})
        """
        try:
            value, slopes = self._evaluate(values)
        except (ValueError, ZeroDivisionError, OverflowError):
            return math.nan, dict.fromkeys(sorted(self.labels), math.nan)
        return value, {name: slopes.get(name, 0.0) for name in sorted(self.labels)}

    def _evaluate(self, values: Mapping[str, float]) -> tuple[float, dict[str, float]]:
        if self.kind == "number":
            return self.number, {}
        if self.kind == "label":
            return float(values[self.name]), {self.name: 1.0}
        inner = [part._evaluate(values) for part in self.parts]
        (x, dx) = inner[0]
        if self.kind == "negative":
            return -x, _combine(dx, -1.0)
        if self.kind == "call":
            function, slope = _FUNCTIONS[self.name]
            return function(x), _combine(dx, slope(x)) if dx else {}
        y, dy = inner[1]
        if self.kind == "+":
            return x + y, _combine(dx, 1.0, dy, 1.0)
        if self.kind == "-":
            return x - y, _combine(dx, 1.0, dy, -1.0)
        if self.kind == "*":
            return x * y, _combine(dx, y, dy, x)
        if self.kind == "/":
            return x / y, _combine(dx, 1 / y, dy, -x / y**2)
        power = math.pow(x, y)
        by_base = y * math.pow(x, y - 1) if dx else 0.0
        by_exponent = power * math.log(x) if dy else 0.0
        return power, _combine(dx, by_base, dy, by_exponent)


def _combine(
    first: dict[str, float], weight: float, second: dict[str, float] | None = None, other: float = 0.0
) -> dict[str, float]:
    total = {name: weight * slope for name, slope in first.items()}
    for name, slope in (second or {}).items():
        total[name] = total.get(name, 0.0) + other * slope
    return total


def parse_expression(text: str) -> Expression:
    """Read arithmetic: numbers, labels, `+ - * / ^ ( )` and exp, log, sqrt, abs, tanh, atanh.

    Raises
    ------
    ExpressionError
        With the offending token and what was expected instead.

    Examples
    --------
    >>> sorted(parse_expression("a*b + sqrt(c)^2").labels)
    ['a', 'b', 'c']
    """
    reader = _Reader(_tokens(text))
    tree = reader.sum()
    if reader.here[0] != "end":
        raise ExpressionError(reader.here[1], "an operator or the end of the line")
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(text[position:].strip()[:1], "a number, a label or an operator")
        kind = str(match.lastgroup)
        found.append((kind, match.group(kind)))
        position = match.end()
    return [*found, ("end", "the end of the line")]


class _Reader:
    """Recursive descent: a sum of products of powers."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def here(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self, *signs: str) -> str | None:
        kind, text = self.here
        if kind == "sign" and text in signs:
            self._at += 1
            return text
        return None

    def sum(self) -> Expression:
        tree = self._product()
        while sign := self._take("+", "-"):
            tree = Expression(sign, parts=(tree, self._product()))
        return tree

    def _product(self) -> Expression:
        tree = self._signed()
        while sign := self._take("*", "/"):
            tree = Expression(sign, parts=(tree, self._signed()))
        return tree

    def _signed(self) -> Expression:
        if self._take("-"):
            return Expression("negative", parts=(self._signed(),))
        if self._take("+"):
            return self._signed()
        base = self._atom()
        if self._take("^", "**"):
            return Expression("^", parts=(base, self._signed()))
        return base

    def _atom(self) -> Expression:
        kind, text = self.here
        if kind == "number":
            self._at += 1
            return Expression("number", number=float(text))
        if kind == "name":
            self._at += 1
            if self._take("("):
                if text not in _FUNCTIONS:
                    raise ExpressionError(text, f"one of the functions {', '.join(_FUNCTIONS)}")
                inner = self.sum()
                self._close()
                return Expression("call", name=text, parts=(inner,))
            return Expression("label", name=text)
        if self._take("("):
            inner = self.sum()
            self._close()
            return inner
        raise ExpressionError(text, "a number, a label or an opening bracket")

    def _close(self) -> None:
        if not self._take(")"):
            raise ExpressionError(self.here[1], "a closing bracket")
