"""Newton's method within bounds, for discrepancies whose second derivatives are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

_MAX_ITERATIONS = 500
_SUFFICIENT = 1e-4
"""Armijo's constant: the share of the predicted decrease that a step must bring."""


class Point(Protocol):
    """A discrepancy at one place."""

    def discrepancy(self) -> float:
        """The value."""
        ...

    def gradient(self) -> NDArray[np.float64]:
        """The first derivatives, shape (p,)."""
        ...

    def hessian(self) -> NDArray[np.float64]:
        """The second derivatives, shape (p, p)."""
        ...


AnyPoint = TypeVar("AnyPoint", bound=Point)


class Minimum(NamedTuple):
    """Where the search ended: the place, whether it is a minimum, and the number of steps."""

    x: NDArray[np.float64]
    converged: bool
    n_iterations: int


def minimise(
    at: Callable[[NDArray[np.float64]], AnyPoint],
    start: NDArray[np.float64],
    lower: float,
    upper: float,
    *,
    slope: float = 1e-9,
    longest: float = 2.0,
) -> Minimum:
    """Projected Newton steps between `lower` and `upper` (Bertsekas 1982, doi:10.1137/0320018).

    Parameters
    ----------
    at : callable
        The discrepancy at a place.
    start : ndarray, shape (p,)
    lower, upper : float
        Bounds of every coordinate.
    slope : float
        Iteration ends when no free coordinate has a steeper discrepancy.
    longest : float
        As far as the quadratic picture is trusted in any coordinate.

    Returns
    -------
    Minimum
    """
    x = np.clip(start, lower, upper)
    point = at(x)
    for iteration in range(_MAX_ITERATIONS):
        gradient = point.gradient()
        # at a bound, and the discrepancy would fall only beyond it
        held = ((x <= lower) & (gradient > 0.0)) | ((x >= upper) & (gradient < 0.0))
        free = ~held
        if np.max(np.abs(gradient[free]), initial=0.0) < slope:
            return Minimum(x, True, iteration)
        step = np.zeros_like(x)
        step[free] = _newton_step(point.hessian()[np.ix_(free, free)], gradient[free], longest)
        moved = _search(at, x, point, step, gradient, (lower, upper))
        if moved is None:
            return Minimum(x, False, iteration)
        x, point = moved
    return Minimum(x, False, _MAX_ITERATIONS)


def _newton_step(hessian: NDArray[np.float64], gradient: NDArray[np.float64], longest: float) -> NDArray[np.float64]:
    """A descent direction: curvature downwards counts as curvature upwards, and none as a little."""
    curvature, axes = np.linalg.eigh(hessian)
    curvature = np.maximum(np.abs(curvature), 1e-8)
    step: NDArray[np.float64] = -axes @ ((axes.T @ gradient) / curvature)
    length = float(np.max(np.abs(step)))
    return step if length <= longest else step * (longest / length)


def _search(
    at: Callable[[NDArray[np.float64]], AnyPoint],
    x: NDArray[np.float64],
    point: AnyPoint,
    step: NDArray[np.float64],
    gradient: NDArray[np.float64],
    bounds: tuple[float, float],
) -> tuple[NDArray[np.float64], AnyPoint] | None:
    """Halve the step until the discrepancy falls enough; None where rounding leaves nothing to gain."""
    before = point.discrepancy()
    # decreases below the rounding of the discrepancy itself cannot be seen
    rounding = 1e-14 * (1.0 + before + x.size)
    for halving in range(40):
        moved = np.clip(x + step * 0.5**halving, *bounds)
        there = at(moved)
        predicted = float(gradient @ (moved - x))
        if there.discrepancy() <= before + _SUFFICIENT * predicted + rounding:
            return moved, there
    return None
