"""Equality constraints between parameters, and the directions that they leave free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.sem.syntax import Constraint
from hpp_analysis.core.sem.table import Table

_MET = 1e-8
"""What misses a constraint by less meets it, as a share of its terms: projections and minimisers end far closer."""

_RANK = 1e-10
"""Singular values below this share of the largest are zero: constraints that repeat each other."""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """The general `==` constraints of a model.

    Attributes
    ----------
    table : Table
    all_linear : bool
        Whether all equalities and bounds are.
    active : frozenset of int
        The inequalities that are met as equalities, by their places among the constraints.
    """

    table: Table
    all_linear: bool
    active: frozenset[int] = frozenset()

    @classmethod
    def of(cls, table: Table) -> Restrictions:
        """Collect the constraints of a parameter table."""
        return cls(table, all(item.expression.linear for item in table.constraints if item.op != ":="))

    @property
    def linear(self) -> bool:
        """Whether what holds as an equality is linear."""
        return self.all_linear or all(self.table.constraints[k].expression.linear for k in self._equalities())

    @property
    def any(self) -> bool:
        """Whether something holds as an equality."""
        return bool(self._equalities())

    @property
    def bounds(self) -> tuple[int, ...]:
        """The places of the inequalities among the constraints."""
        return tuple(k for k, item in enumerate(self.table.constraints) if item.op == ">=")

    def _equalities(self) -> list[int]:
        return [k for k, item in enumerate(self.table.constraints) if item.op == "==" or k in self.active]

    def room(self, theta: Floats) -> dict[int, float]:
        """How far each inequality that is not active is from its bound, by its place; negative outside."""
        places = [k for k in self.bounds if k not in self.active]
        return dict(zip(places, self._evaluate(theta, places)[0].tolist(), strict=True))

    def missed(self, theta: Floats) -> tuple[Constraint, ...]:
        """The equalities and inequalities that do not hold, among them those without a value."""
        places = [k for k, item in enumerate(self.table.constraints) if item.op != ":="]
        values, slopes = self._evaluate(theta, places)
        size = 1.0 + np.abs(slopes) @ np.abs(theta)
        missed = []
        for k, value in zip(places, values / size, strict=True):
            item = self.table.constraints[k]
            if not (abs(value) < _MET or (item.op == ">=" and value > 0.0)):
                missed.append(item)
        return tuple(missed)

    def pressure(self, theta: Floats, gradient: Floats) -> dict[int, float]:
        """How hard the discrepancy presses against each active inequality: its Lagrange multiplier, not negative there."""
        places = self._equalities()
        slopes = self._evaluate(theta, places)[1]
        multipliers = np.linalg.lstsq(slopes.T, gradient, rcond=None)[0] if places else np.zeros(0)
        return {k: float(value) for k, value in zip(places, multipliers, strict=True) if k in self.active}

    def values(self, theta: Floats, op: str = "==") -> tuple[Floats, Floats]:
        """Values and Jacobian of what holds as an equality, or with ":=" of the defined parameters.

        Parameters
        ----------
        theta : ndarray, shape (q,)
        op : {"==", ":="}

        Returns
        -------
        values : ndarray, shape (c,)
        slopes : ndarray, shape (c, q)
        """
        places = self._equalities()
        if op == ":=":
            places = [k for k, item in enumerate(self.table.constraints) if item.op == ":="]
        return self._evaluate(theta, places)

    def _evaluate(self, theta: Floats, places: Sequence[int]) -> tuple[Floats, Floats]:
        table = self.table
        rows = table.rows_of_label
        known = {
            label: float(theta[table.free[row] - 1] if table.free[row] else table.value[row])
            for label, row in rows.items()
        }
        chosen = [table.constraints[k].expression for k in places]
        values, slopes = np.zeros(len(chosen)), np.zeros((len(chosen), len(theta)))
        for i, expression in enumerate(chosen):
            values[i], by_label = expression.evaluate(known)
            for label, slope in by_label.items():
                place = table.free[rows[label]] - 1
                if place >= 0:
                    slopes[i, place] += slope
        return values, slopes

    def basis(self, theta: Floats) -> Floats:
        """Directions in which the parameters may move from `theta`, shape (q, q - rank); the identity if all may."""
        if not self.any:
            return np.eye(len(theta))
        slopes = self.values(theta)[1]
        _left, size, right = np.linalg.svd(slopes)
        rank = int((size > _RANK * max(size.max(initial=0.0), 1e-300)).sum())
        return np.asarray(right[rank:].T)

    def project(self, theta: Floats) -> Floats:
        """The nearest parameters that satisfy the constraints (exact where they are linear)."""
        theta = theta.copy()
        for _step in range(1 if self.linear else 50):
            values, slopes = self.values(theta)
            if not np.isfinite(values).all() or np.abs(values).max(initial=0.0) < 1e-13:
                break
            theta -= np.linalg.pinv(slopes) @ values
        return theta
