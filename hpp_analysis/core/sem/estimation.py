"""Estimates of a model: the minimum of the discrepancy, and what a reader must know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize

from hpp_analysis.core.sem.model import SYMMETRIC, Model, build_model
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.objective import Objective, Point
from hpp_analysis.core.sem.restrictions import Restrictions
from hpp_analysis.core.sem.starts import start_values
from hpp_analysis.core.sem.table import Table

_DECREMENT = 1e-14
"""Iteration ends when a Newton step would lower the discrepancy per respondent by less than half of this."""

_MAX_ITERATIONS = 300

_SUFFICIENT = 1e-4
"""Armijo's constant: the share of the predicted decrease that a step must bring."""

_NEAR = 1e-2
"""A predicted decrease below this: the exact second derivatives take over from the expected ones."""

_IDENTIFIED = 1e-8
"""Smallest eigenvalue of the information, scaled to unit diagonal, below which parameters are not identified."""


_SAME = 0.03
"""Exact second derivatives are kept as long as each step predicts so small a share of the decrease before it."""

_WELL = 1e-5
"""A reciprocal condition number of the scaled information that leaves no doubt: far above `_IDENTIFIED`, and estimated."""


@dataclass(frozen=True, slots=True)
class _Bend:
    """Second derivatives, scaled to unit diagonal, with what solves them.

    Attributes
    ----------
    exact : bool
    scale : ndarray, shape (f,)
    matrix : ndarray, shape (f, f)
    factor : ndarray, shape (f, f), or None
        Of Cholesky; None where they are not positive definite.
    """

    exact: bool
    scale: NDArray[np.float64]
    matrix: NDArray[np.float64]
    factor: NDArray[np.float64] | None

    def step(self, slope: NDArray[np.float64]) -> NDArray[np.float64]:
        """To the minimum of the parabola; where there is none, downhill along each axis."""
        scaled = self.scale * slope
        if self.factor is not None:
            return np.asarray(-self.scale * lapack.dpotrs(self.factor, scaled, lower=1)[0])
        size, vectors = np.linalg.eigh(self.matrix)
        size = np.maximum(np.abs(size), 1e-6 * size.max())
        return np.asarray(-self.scale * (vectors @ ((vectors.T @ scaled) / size)))

    @property
    def well(self) -> bool:
        """Whether they are so far from singular that the parameters are identified beyond doubt."""
        return self.factor is not None and _well(self.factor, self.matrix)


def _well(factor: NDArray[np.float64], matrix: NDArray[np.float64]) -> bool:
    norm = np.abs(matrix).sum(axis=0).max(initial=0.0)
    return bool(lapack.dpocon(factor, norm, uplo="L")[0] > _WELL)


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated model.

    Attributes
    ----------
    objective : Objective
    point : Point
        The estimates, and the discrepancy there.
    basis : ndarray, shape (q, f)
        Directions that the general constraints leave; f is the number of parameters that are really free.
    restrictions : Restrictions
    converged : bool
    n_iterations : int
    flags : tuple of str
        "not_converged"; "not_identified"; "negative_variance:NAME" and "covariances_not_positive:latent" or
        ":residual" (with "@GROUP" behind in several groups). Numbers of the first two are no estimates.
    loose : tuple of int
        Free parameters (from 0) that the data do not settle.
    """

    objective: Objective
    point: Point
    basis: NDArray[np.float64]
    restrictions: Restrictions
    converged: bool
    n_iterations: int
    flags: tuple[str, ...]
    loose: tuple[int, ...]

    @property
    def model(self) -> Model:
        """The model in matrices."""
        return self.objective.model

    @property
    def theta(self) -> NDArray[np.float64]:
        """The free parameters."""
        return self.point.theta

    @property
    def n_free(self) -> int:
        """Parameters that are really free."""
        return int(self.basis.shape[1])


def estimate(
    table: Table,
    moments: Sequence[Moments],
    *,
    estimator: str = "ML",
    start: NDArray[np.float64] | None = None,
) -> Estimate:
    """Estimate a model.

    Fisher scoring with a line search, then Newton steps with the exact second derivatives; a general minimiser where
    that fails or constraints are not linear.

    Parameters
    ----------
    table : Table
    moments : sequence of Moments
        Per group, variables in the table's order, covariances positive definite. Where answers are missing maximum
        likelihood uses all that are given; the table needs a mean structure then.
    estimator : {"ML", "GLS", "ULS"}
    start : ndarray, shape (q,), optional

    Returns
    -------
    Estimate

    References
    ----------
    Jöreskog (1969), doi:10.1007/BF02289343; Lee & Jennrich (1979), doi:10.1007/BF02293789

    Examples
    --------
    >>> from hpp_analysis.core.sem.moments import moments_of_covariance
    >>> from hpp_analysis.core.sem.table import build_table
    >>> s = np.array([[1.0, 0.56, 0.48], [0.56, 1.0, 0.42], [0.48, 0.42, 1.0]])
    >>> found = estimate(build_table("f =~ a + b + c", std_lv=True), [moments_of_covariance(s, 200, divisor="n")])
    >>> found.theta.round(3)
    array([0.8 , 0.7 , 0.6 , 0.36, 0.51, 0.64])
    """
    model = build_model(table, [(group.mean, group.covariance) for group in moments])
    objective = Objective.of(model, moments, estimator)
    restrictions = Restrictions.of(table)
    theta = start_values(model, moments) if start is None else np.asarray(start, dtype=np.float64)
    theta = restrictions.project(theta)
    bend: _Bend | None = None
    if restrictions.linear:
        point, converged, steps, bend = _score(objective, theta, restrictions.basis(theta))
        if not converged:
            point, converged, more = _general(objective, point, restrictions)
            steps += more
    else:
        point, converged, steps = _general(objective, objective.point(theta), restrictions)
    basis = restrictions.basis(point.theta)
    flags = [] if converged else ["not_converged"]
    # exact second derivatives that are far from singular have settled it
    settled = converged and bend is not None and bend.exact and bend.well
    loose = () if settled else _loose(objective, point, basis)
    if loose:
        flags.append("not_identified")
    flags += _improper(model, point)
    return Estimate(objective, point, basis, restrictions, converged, steps, tuple(flags), loose)


def _score(
    objective: Objective, theta: NDArray[np.float64], basis: NDArray[np.float64]
) -> tuple[Point, bool, int, _Bend | None]:
    """Estimates, whether they converged, the steps taken, and the last second derivatives used."""
    point = objective.point(theta)
    if not np.isfinite(point.value):
        theta = _safe(objective, theta, basis)
        point = objective.point(theta)
        if not np.isfinite(point.value):
            return point, False, 0, None
    bend: _Bend | None = None
    near, last = False, np.inf
    for iteration in range(_MAX_ITERATIONS):
        slope = basis.T @ point.gradient
        decrement = np.inf
        if bend is not None and bend.exact:
            step = bend.step(slope)
            decrement = -float(slope @ step)
        if bend is None or not decrement < _SAME * last:
            bend = _bend(objective, point, basis, exact=near)
            step = bend.step(slope)
            decrement = -float(slope @ step)
        if decrement < _DECREMENT:
            return point, bool(np.isfinite(decrement)), iteration, bend
        near = decrement < _NEAR
        last = decrement
        size = 1.0
        for _halving in range(30):
            trial = objective.point(point.theta + size * (basis @ step))
            if trial.value <= point.value - _SUFFICIENT * size * decrement:
                break
            size *= 0.5
        else:
            # the discrepancy cannot fall any more in floating point: at the minimum to its precision, or stuck
            return point, decrement < 1e-9, iteration, bend
        point = trial
    return point, False, _MAX_ITERATIONS, bend


def _safe(
    objective: Objective, theta: NDArray[np.float64], basis: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Retreat to where the implied covariances are positive definite: covariances, loadings and paths shrink."""
    table = objective.model.table
    variance = [table.op[k] == "~~" and table.lhs[k] == table.rhs[k] for k in range(len(table))]
    keep = np.zeros(len(theta), dtype=bool)
    keep[table.free[np.array(variance) & (table.free > 0)] - 1] = True
    keep[[table.free[k] - 1 for k in range(len(table)) if table.op[k] == "~1" and table.free[k]]] = True
    for share in (0.5, 0.2, 0.05):
        moved = np.where(keep, theta, theta * share)
        moved = theta + basis @ (basis.T @ (moved - theta))
        if np.isfinite(objective.point(moved).value):
            return moved
    return theta


def _bend(objective: Objective, point: Point, basis: NDArray[np.float64], *, exact: bool) -> _Bend:
    """The exact second derivatives where they are positive definite, else those of scoring."""
    for kind in ("observed", "metric") if exact else ("metric",):
        matrix = basis.T @ objective.information(point, kind) @ basis
        scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(matrix)), 1e-300))
        matrix = matrix * np.outer(scale, scale)
        factor, info = lapack.dpotrf(matrix, lower=1)
        if info == 0:
            return _Bend(kind == "observed", scale, matrix, factor)
    return _Bend(False, scale, matrix, None)


def _general(objective: Objective, point: Point, restrictions: Restrictions) -> tuple[Point, bool, int]:
    """Sequential quadratic programming, scaled by the information at the start."""
    q = objective.model.n_free
    scale = (
        1.0 / np.sqrt(np.maximum(np.diag(objective.information(point, "metric")), 1e-8))
        if np.isfinite(point.value)
        else np.ones(q)
    )

    def value(x: NDArray[np.float64]) -> float:
        found = objective.point(x * scale).value
        return found if np.isfinite(found) else 1e10

    constraints = (
        [
            {
                "type": "eq",
                "fun": lambda x: restrictions.values(x * scale)[0],
                "jac": lambda x: restrictions.values(x * scale)[1] * scale,
            }
        ]
        if restrictions.any
        else []
    )
    found = minimize(
        value,
        point.theta / scale,
        jac=lambda x: objective.point(x * scale).gradient * scale,
        method="SLSQP",
        constraints=constraints,
        options={"maxiter": 1000, "ftol": 1e-14},
    )
    best = objective.point(np.asarray(found.x) * scale)
    steps = int(found.nit)
    for _polish in range(20):  # Newton steps along the constraints, each followed by a return to them
        if not np.isfinite(best.value):
            return best, False, steps
        basis = restrictions.basis(best.theta)
        slope = basis.T @ best.gradient
        step = _bend(objective, best, basis, exact=not restrictions.any).step(slope)
        decrement = -float(slope @ step)
        if decrement < 1e-11:
            miss = np.abs(restrictions.values(best.theta)[0]).max(initial=0.0) if restrictions.any else 0.0
            return best, bool(miss < 1e-8), steps
        size = 1.0
        for _halving in range(20):
            trial = objective.point(restrictions.project(best.theta + size * (basis @ step)))
            if trial.value < best.value:
                break
            size *= 0.5
        else:
            return best, decrement < 1e-9, steps
        best = trial
        steps += 1
    return best, False, steps


def _loose(objective: Objective, point: Point, basis: NDArray[np.float64]) -> tuple[int, ...]:
    """Parameters in directions about which the data say nothing."""
    if not np.isfinite(point.value):
        return ()
    full = objective.information(point, "expected")
    matrix = basis.T @ full @ basis
    if not matrix.size:
        return ()
    diagonal = np.diag(matrix)
    scale = 1.0 / np.sqrt(np.where(diagonal > 1e-14, diagonal, 1.0))
    matrix = matrix * np.outer(scale, scale)
    factor, info = lapack.dpotrf(matrix, lower=1)
    if info == 0 and _well(factor, matrix):
        return ()
    size, vectors = np.linalg.eigh(matrix)
    flat = vectors[:, size < _IDENTIFIED]
    if not flat.size:
        return ()
    share = np.abs(basis @ (scale[:, None] * flat)) * np.sqrt(np.maximum(np.diag(full), 1e-14))[:, None]
    share = share.max(axis=1)
    return tuple(int(k) for k in np.flatnonzero(share > 0.1 * share.max()))


def _improper(model: Model, point: Point) -> list[str]:
    """Variances below zero, and covariance matrices that no variables can have."""
    if not np.isfinite(point.value):
        return []
    flags, p = [], model.n_observed
    names = (*model.table.observed, *model.table.latent)
    for g, (group, at) in enumerate(zip(model.groups, point.at, strict=True)):
        where = f"@{g + 1}" if len(model.groups) > 1 else ""
        cells = group.cells
        for k in np.flatnonzero((cells.kind == SYMMETRIC) & (cells.row == cells.column)):
            if at.s[cells.row[k], cells.row[k]] < 0.0:
                flags.append(f"negative_variance:{names[cells.row[k]]}{where}")
        for name, block in (("residual", at.s[:p, :p]), ("latent", at.total[p:, p:])):
            if block.size and _indefinite(block):
                flags.append(f"covariances_not_positive:{name}{where}")
    return flags


def _indefinite(block: NDArray[np.float64]) -> bool:
    diagonal = np.diag(block)
    if (diagonal < 0.0).any():
        return False  # said as a negative variance
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    return bool(np.linalg.eigvalsh(block * np.outer(scale, scale))[0] < -1e-8)
