"""Equality constraints between parameters, and the directions that they leave free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.sem.table import Table

_RANK = 1e-10
"""Singular values below this share of the largest are zero: constraints that repeat each other."""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """The general `==` constraints of a model.

    Attributes
    ----------
    table : Table
    linear : bool
    """

    table: Table
    linear: bool

    @classmethod
    def of(cls, table: Table) -> Restrictions:
        """Collect the constraints of a parameter table."""
        return cls(table, all(item.expression.linear for item in table.constraints if item.op == "=="))

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(item.op == "==" for item in self.table.constraints)

    def values(self, theta: Floats, op: str = "==") -> tuple[Floats, Floats]:
        """Values and Jacobian of the constraints, or with ":=" of the defined parameters.

        Parameters
        ----------
        theta : ndarray, shape (q,)
        op : {"==", ":="}

        Returns
        -------
        values : ndarray, shape (c,)
        slopes : ndarray, shape (c, q)
        """
        table = self.table
        rows = table.rows_of_label
        known = {
            label: float(theta[table.free[row] - 1] if table.free[row] else table.value[row])
            for label, row in rows.items()
        }
        chosen = [item.expression for item in table.constraints if item.op == op]
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
