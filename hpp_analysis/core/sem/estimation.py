"""Estimates of a model: the minimum of the discrepancy, and the flags of the solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.sem.model import SYMMETRIC, Model, build_model
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.objective import Objective, Point
from hpp_analysis.core.sem.ordinal import OrdinalObjective
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments
from hpp_analysis.core.sem.restrictions import Restrictions
from hpp_analysis.core.sem.starts import start_values
from hpp_analysis.core.sem.table import Table
from hpp_analysis.core.sem.two_level import LevelMoments, TwoLevelObjective

_DECREMENT = 1e-14
"""Iteration ends when a Newton step would lower the discrepancy per respondent by less than half of this."""

_MAX_ITERATIONS = 300

_RETRIES = 100
"""The same of each further attempt where the first failed: a valley near the start is found soon, or never."""

_SUFFICIENT = 1e-4
"""Armijo's constant: the share of the predicted decrease that a step must bring."""

_NEAR = 1e-2
"""A predicted decrease below this: the exact second derivatives take over from the expected ones."""

_IDENTIFIED = 1e-8
"""Smallest eigenvalue of the information, scaled to unit diagonal, below which parameters are not identified."""


_OUTSIDE = 1e-8
"""A bound that is missed by less is met, and so is a slope towards it."""


_SAME = 0.03
"""Exact second derivatives are kept as long as each step predicts so small a share of the decrease before it."""

_WELL_CONDITIONED = 1e-5
"""Above this estimated reciprocal condition number the scaled information is regular; its eigenvalues are not needed."""


@dataclass(frozen=True, slots=True)
class _Curvature:
    """Second derivatives, scaled to unit diagonal, with their Cholesky factor.

    Attributes
    ----------
    exact : bool
    scale : ndarray, shape (f,)
    matrix : ndarray, shape (f, f)
    factor : ndarray, shape (f, f), or None
        Of Cholesky; None where they are not positive definite.
    """

    exact: bool
    scale: Floats
    matrix: Floats
    factor: Floats | None

    def step(self, slope: Floats) -> Floats:
        """Step to the minimum of the parabola; where there is none, downhill along each axis."""
        scaled = self.scale * slope
        if self.factor is not None:
            return np.asarray(-self.scale * lapack.dpotrs(self.factor, scaled, lower=1)[0])
        size, vectors = np.linalg.eigh(self.matrix)
        size = np.maximum(np.abs(size), 1e-6 * size.max())
        return np.asarray(-self.scale * (vectors @ ((vectors.T @ scaled) / size)))


def _well_conditioned(factor: Floats, matrix: Floats) -> bool:
    norm = np.abs(matrix).sum(axis=0).max(initial=0.0)
    return bool(lapack.dpocon(factor, norm, uplo="L")[0] > _WELL_CONDITIONED)


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
        "at_bound:NAME"; "not_converged"; "not_identified" (no answers could determine the parameters); "nearly_singular" (these answers
        hardly do); "negative_variance:NAME" and "covariances_not_positive:latent" or
        ":residual" (with "@GROUP" behind in several groups). Numbers of the first two are no estimates.
    loose : tuple of int
        Free parameters (from 0) that the data do not determine.
    """

    objective: Objective
    point: Point
    basis: Floats
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
    def theta(self) -> Floats:
        """The free parameters."""
        return self.point.theta

    @property
    def n_free(self) -> int:
        """Free parameters less the general equalities; a bound that is met takes none away."""
        return int(replace(self.restrictions, active=frozenset()).basis(self.theta).shape[1])


def estimate(
    table: Table, moments: Sequence[Moments], *, estimator: str = "ML", start: Floats | None = None
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
    estimator : {"ML", "GLS", "ULS"}, or of ordered items {"DWLS", "WLS", "OULS"}
    start : ndarray, shape (q,), optional

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
    objective = objective_of(model, moments, estimator)
    restrictions = Restrictions.of(table)
    theta = start_values(model, moments) if start is None else np.asarray(start, dtype=np.float64)
    point, converged, steps = _minimum(objective, restrictions.project(theta), restrictions, is_given=start is not None)
    if restrictions.bounds:
        point, converged, more, restrictions = _within_bounds(objective, (point, converged), restrictions)
        steps += more
    # constraints that contradict each other, or fixed values, leave nothing but a compromise
    converged = converged and not restrictions.missed(point.theta)
    basis = restrictions.basis(point.theta)
    flags = [] if converged else ["not_converged"]
    loose = _undetermined(objective, point, basis)
    if loose:
        if set(loose) & set(_never_determined(objective, restrictions)):
            flags.append("not_identified")
        elif converged:
            flags.append("nearly_singular")
    flags += _improper(model, point)
    flags += [f"at_bound:{table.constraints[k].lhs}" for k in sorted(restrictions.active)]
    return Estimate(objective, point, basis, restrictions, converged, steps, tuple(flags), loose)


def _within_bounds(
    objective: Objective, at: tuple[Point, bool], restrictions: Restrictions
) -> tuple[Point, bool, int, Restrictions]:
    """Move a minimum into its bounds: one after the other is taken as an equality, or let go if the slope leads away from it.

    References
    ----------
    Nocedal & Wright (2006), doi:10.1007/978-0-387-40065-5, chapter 12
    """
    (point, converged), steps = at, 0
    tried: set[frozenset[int]] = set()
    while converged and restrictions.active not in tried:
        tried.add(restrictions.active)
        room = restrictions.room(point.theta)
        pressure = restrictions.pressure(point.theta, point.gradient)
        if room and min(room.values()) < -_OUTSIDE:
            active = restrictions.active | {min(room, key=lambda k: room[k])}
        elif pressure and min(pressure.values()) < -_OUTSIDE:
            active = restrictions.active - {min(pressure, key=lambda k: pressure[k])}
        else:
            return point, converged, steps, restrictions
        restrictions = replace(restrictions, active=active)
        point, converged, more = _minimum(objective, restrictions.project(point.theta), restrictions, is_given=False)
        steps += more
    return point, False, steps, restrictions


def _minimum(
    objective: Objective, theta: Floats, restrictions: Restrictions, *, is_given: bool
) -> tuple[Point, bool, int]:
    """The minimum under the equalities from a start, whether it was found, and the steps taken."""
    if restrictions.linear:
        point, converged, steps = _fisher_scoring(objective, theta, restrictions.basis(theta))
        if not is_given and not (converged and _n_negative_variances(objective, point) == 0):
            again = _retry(objective, theta, restrictions, converged=converged)
            found: list[tuple[Point, bool, int]] = [(point, converged, steps)] if converged else []
            found += [each for each in again if each[1]]
            if found:
                point, converged, _steps = min(
                    found, key=lambda each: (_n_negative_variances(objective, each[0]), each[0].value)
                )
            steps += sum(each[2] for each in again)
        if not converged:
            point, converged, more = _quadratic_programming(objective, point, restrictions)
            steps += more
    else:
        point, converged, steps = _quadratic_programming(objective, objective.point(theta), restrictions)
    return point, converged, steps


def objective_of(model: Model, moments: Sequence[Moments], estimator: str) -> Objective:
    """Prepare the objective that a model and its moments need."""
    groups = [group for group in moments if isinstance(group, OrdinalMoments)]
    if groups:
        return OrdinalObjective.of_items(model, groups, estimator)
    levels = [level for level in moments if isinstance(level, LevelMoments)]
    if levels:
        return TwoLevelObjective.of_levels(model, levels)
    return Objective.of(model, moments, estimator)


def _fisher_scoring(
    objective: Objective, theta: Floats, basis: Floats, limit: int = _MAX_ITERATIONS
) -> tuple[Point, bool, int]:
    """Estimates, whether they converged, and the steps taken."""
    point = objective.point(theta)
    if not np.isfinite(point.value):
        theta = _retreat(objective, theta, basis)
        point = objective.point(theta)
        if not np.isfinite(point.value):
            return point, False, 0
    curvature: _Curvature | None = None
    near, last = False, np.inf
    for iteration in range(limit):
        slope = basis.T @ point.gradient
        decrement = np.inf
        if curvature is not None and curvature.exact:
            step = curvature.step(slope)
            decrement = -float(slope @ step)
        if curvature is None or not decrement < _SAME * last:
            curvature = _curvature_at(objective, point, basis, exact=near)
            step = curvature.step(slope)
            decrement = -float(slope @ step)
        if decrement < _DECREMENT:
            return point, bool(np.isfinite(decrement)), iteration
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
            return point, decrement < 1e-9, iteration
        point = trial
    return point, False, limit


def _retry(
    objective: Objective, theta: Floats, restrictions: Restrictions, *, converged: bool
) -> list[tuple[Point, bool, int]]:
    """Estimate again, more carefully: in a small sample long steps pass a minimum near the start, or end in a worse one.

    Attempts end with the first that has no negative variance; where an improper solution is there already there are two.
    """
    alike = restrictions.project(start_values(objective.model, objective.moments, alike=True))
    attempts = [(_damped, theta), (_fisher_scoring, alike), (_damped, alike), (_quasi_newton, alike)]
    found = []
    for method, start in attempts[: 2 if converged else None]:
        found.append(method(objective, start, restrictions.basis(start), _RETRIES))
        if found[-1][1] and _n_negative_variances(objective, found[-1][0]) == 0:
            break
    return found


def _damped(objective: Objective, theta: Floats, basis: Floats, limit: int) -> tuple[Point, bool, int]:
    """Newton's method with short steps, which stays in the valley where it starts; returns what `_fisher_scoring` does.

    References
    ----------
    Marquardt (1963), doi:10.1137/0111030
    """
    point, damping = objective.point(theta), 1.0
    if not np.isfinite(point.value):
        point = objective.point(_retreat(objective, theta, basis))
    for iteration in range(limit if np.isfinite(point.value) else 0):
        metric = np.diag(basis.T @ objective.information(point, "metric") @ basis)
        scale = 1.0 / np.sqrt(np.maximum(metric, 1e-300))
        matrix = (basis.T @ objective.information(point, "observed") @ basis) * np.outer(scale, scale)
        if not np.isfinite(matrix).all():
            return point, False, iteration
        size, vectors = np.linalg.eigh(matrix)
        along = vectors.T @ (scale * (basis.T @ point.gradient))
        decrement = float((along**2 / size).sum()) if size[0] > 0.0 else np.inf
        if decrement < _DECREMENT:
            return point, True, iteration
        for _attempt in range(40):
            step = -(vectors @ (along / (np.abs(size) + damping))) * scale
            trial = objective.point(point.theta + basis @ step)
            if trial.value < point.value:
                break
            damping *= 4.0
        else:
            return point, decrement < 1e-9, iteration
        point, damping = trial, damping / 3.0
    return point, False, limit


def _quasi_newton(objective: Objective, theta: Floats, basis: Floats, limit: int) -> tuple[Point, bool, int]:
    """A quasi-Newton method, which knows the curvature from its own steps alone, then what `_fisher_scoring` does."""

    def function(x: Floats) -> tuple[float, Floats]:
        point = objective.point(theta + basis @ x)
        return (point.value if np.isfinite(point.value) else 1e10), basis.T @ point.gradient

    options = {"maxiter": 2 * limit}
    found = minimize(function, np.zeros(basis.shape[1]), jac=True, method="BFGS", options=options)
    point, converged, steps = _fisher_scoring(objective, theta + basis @ found.x, basis, limit)
    return point, converged, steps + int(found.nit)


def _n_negative_variances(objective: Objective, point: Point) -> int:
    """Count the negative variances."""
    return sum(flag.startswith("negative_variance") for flag in _improper(objective.model, point))


def _retreat(objective: Objective, theta: Floats, basis: Floats) -> Floats:
    """Move to where the implied covariances are positive definite: covariances, loadings and paths shrink."""
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


def _along(basis: Floats, information: Floats) -> Floats:
    """Information along the directions of a basis; the identity, of models without constraints, costs no product."""
    free = basis.shape[0] == basis.shape[1] and np.array_equal(basis, np.eye(len(basis)))
    return information if free else np.asarray(basis.T @ information @ basis)


def _curvature_at(objective: Objective, point: Point, basis: Floats, *, exact: bool) -> _Curvature:
    """The exact second derivatives where they are positive definite, else those of scoring."""
    for kind in ("observed", "metric") if exact else ("metric",):
        matrix = _along(basis, objective.information(point, kind))
        scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(matrix)), 1e-300))
        matrix = matrix * np.outer(scale, scale)
        factor, info = lapack.dpotrf(matrix, lower=1)
        if info == 0:
            return _Curvature(kind == "observed", scale, matrix, factor)
    return _Curvature(False, scale, matrix, None)


def _quadratic_programming(objective: Objective, point: Point, restrictions: Restrictions) -> tuple[Point, bool, int]:
    """Sequential quadratic programming, scaled by the information at the start."""
    q = objective.model.n_free
    scale = (
        1.0 / np.sqrt(np.maximum(np.diag(objective.information(point, "metric")), 1e-8))
        if np.isfinite(point.value)
        else np.ones(q)
    )

    def value(x: Floats) -> float:
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
        step = _curvature_at(objective, best, basis, exact=not restrictions.any).step(slope)
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


def _undetermined(objective: Objective, point: Point, basis: Floats) -> tuple[int, ...]:
    """Find the parameters in directions about which the data hold no information."""
    if not np.isfinite(point.value):
        return ()
    full = objective.information(point, "expected")
    matrix = _along(basis, full)
    if not matrix.size:
        return ()
    diagonal = np.diag(matrix)
    scale = 1.0 / np.sqrt(np.where(diagonal > 1e-14, diagonal, 1.0))
    matrix = matrix * np.outer(scale, scale)
    factor, info = lapack.dpotrf(matrix, lower=1)
    if info == 0 and _well_conditioned(factor, matrix):
        return ()
    size, vectors = np.linalg.eigh(matrix)
    flat = vectors[:, size < _IDENTIFIED]
    if not flat.size:
        return ()
    share = np.abs(basis @ (scale[:, None] * flat)) * np.sqrt(np.maximum(np.diag(full), 1e-14))[:, None]
    share = share.max(axis=1)
    return tuple(int(k) for k in np.flatnonzero(share > 0.1 * share.max()))


def _never_determined(objective: Objective, restrictions: Restrictions) -> tuple[int, ...]:
    """Find the parameters that no answers would determine: those undetermined at an arbitrary point.

    At the estimates from a small sample the information may be close to singular although the model is identified.
    """
    start = restrictions.project(start_values(objective.model, objective.moments, alike=True))
    rng = np.random.default_rng(0)
    spread = rng.uniform(0.5, 1.0, len(start)) * rng.choice([-1.0, 1.0], len(start))
    for size in (0.4, 0.2, 0.1, 0.05):
        theta = restrictions.project(start + size * spread * np.where(start == 0.0, 0.2, np.abs(start)))
        point = objective.point(theta)
        if np.isfinite(point.value):
            return _undetermined(objective, point, restrictions.basis(theta))
    return ()


def _improper(model: Model, point: Point) -> list[str]:
    """Flag negative variances, and covariance matrices that no variables can have."""
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


def _indefinite(block: Floats) -> bool:
    diagonal = np.diag(block)
    if (diagonal < 0.0).any():
        return False  # said as a negative variance
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    return bool(np.linalg.eigvalsh(block * np.outer(scale, scale))[0] < -1e-8)
