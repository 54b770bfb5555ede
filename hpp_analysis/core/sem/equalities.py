"""Which parameters are one: by label, by `==`, and across groups."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.sem.expression import Expression
from hpp_analysis.core.sem.syntax import Constraint
from hpp_analysis.errors import Failure, ModelSyntaxError


class Equalities:
    """Rows of a parameter table that are joined one by one.

    Parameters
    ----------
    free : sequence of bool
        Whether a row is free.
    value : sequence of float
        Its fixed or starting value; NaN is none.
    labels : sequence of str
        Rows with one label are one parameter: if one of them is fixed, all are.
    """

    def __init__(self, *, free: Sequence[bool], value: Sequence[float], labels: Sequence[str]) -> None:
        self._free = list(free)
        self._value = list(value)
        self._root = list(range(len(self._free)))
        self._first: dict[str, int] = {}
        for i, label in enumerate(labels):
            if label and label in self._first:
                self._join(self._first[label], i)
            elif label:
                self._first[label] = i

    def settle(self, constraint: Constraint) -> bool:
        """Take up a `==` between two parameters, or one and a number; say whether it was of that kind."""
        left, right = (_plain(side) for side in constraint.expression.parts)
        if left is None or right is None:
            return False
        if isinstance(left, float) and isinstance(right, float):
            return False
        if isinstance(left, float):
            left, right = right, left
        one = self._first[str(left)]
        if isinstance(right, str):
            self._join(one, self._first[right])
        else:
            self._fix(self._find(one), float(right))
        return True

    def numbers(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Number the free parameters in order of appearance, and give every row the value of its parameter."""
        numbers: dict[int, int] = {}
        free = np.zeros(len(self._free), dtype=np.int64)
        value = np.array(self._value, dtype=np.float64)
        for i in range(len(self._free)):
            root = self._find(i)
            if self._free[root]:
                free[i] = numbers.setdefault(root, len(numbers) + 1)
            if math.isnan(value[i]) or not self._free[root]:
                value[i] = self._value[root]
        return free, value

    def _find(self, i: int) -> int:
        while self._root[i] != i:
            i = self._root[i]
        return i

    def _join(self, one: int, other: int) -> None:
        one, other = sorted((self._find(one), self._find(other)))
        if one == other:
            return
        self._root[other] = one
        if not self._free[other]:
            self._fix(one, self._value[other])
        elif math.isnan(self._value[one]):
            self._value[one] = self._value[other]

    def _fix(self, root: int, value: float) -> None:
        if not self._free[root] and self._value[root] != value:
            raise ModelSyntaxError(
                [
                    Failure(
                        f"One parameter has one value, and here two are asked for: {self._value[root]:g} and {value:g}.",
                        "Remove a fixed value, a label or a constraint.",
                        value=f"{value:g}",
                    )
                ]
            )
        self._free[root], self._value[root] = False, value


def _plain(side: Expression) -> str | float | None:
    """Return a label, a number, or None for anything else."""
    if side.kind == "label":
        return side.name
    return side.evaluate({})[0] if not side.labels else None


def substituted(constraints: Sequence[Constraint], labels: Collection[str]) -> list[Constraint]:
    """Replace the names that `:=` defines by what they stand for, so that only labels of parameters are left.

    Raises
    ------
    ModelSyntaxError
        A name that is neither a label nor defined before, or defined twice.
    """
    defined: dict[str, Expression] = {}
    failures, found = [], []
    ordered = sorted(constraints, key=lambda item: item.op == "==")  # a `==` may use what is defined after it
    for item in ordered:
        unknown = sorted(item.expression.labels - set(labels) - set(defined))
        if unknown:
            failures.append(
                Failure(
                    f"`{item.op}` uses labels of the model, or names defined before; {', '.join(unknown)} is neither.",
                    "Give the parameter that label: f =~ a*x2.",
                    row=item.line,
                    value=unknown[0],
                )
            )
            continue
        if item.op == ":=" and (item.lhs in defined or item.lhs in labels):
            failures.append(Failure("A name is given once.", "Choose another name.", row=item.line, value=item.lhs))
            continue
        expression = _replaced(item.expression, defined)
        if item.op == ":=":
            defined[item.lhs] = expression
        found.append(replace(item, expression=expression))
    if failures:
        raise ModelSyntaxError(failures)
    return found


def _replaced(tree: Expression, by: dict[str, Expression]) -> Expression:
    if tree.kind == "label":
        return by.get(tree.name, tree)
    return replace(tree, parts=tuple(_replaced(part, by) for part in tree.parts))


def is_equal_across_groups(
    key: tuple[str, str, str], group_equal: Collection[str], latent: Collection[str], exogenous: Collection[str]
) -> bool:
    """Whether `group_equal` holds the kind of this relation."""
    lhs, op, rhs = key
    if lhs in exogenous:
        return False
    hidden = lhs in latent
    if op == "~~" and lhs == rhs:
        kind = "lv_variances" if hidden else "residuals"
    elif op == "~~":
        kind = "lv_covariances" if hidden and rhs in latent else "residual_covariances"
    elif op == "~1":
        kind = "means" if hidden else "intercepts"
    else:
        kind = {"=~": "loadings", "~": "regressions", "|": "thresholds"}[op]
    return kind in group_equal
