"""Rotation by gradient projection, from one start or from many at once.

The loadings that come in are orthogonal (`lambda_`); a rotation gives `lambda_ @ inv(t).T` and the correlations
`phi = t.T @ t` of its factors, with `t` orthogonal or with columns of length one (Jennrich 2001,
doi:10.1007/BF02294840, and 2002, doi:10.1007/BF02294706).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats

Stack: TypeAlias = Floats
"""Loadings of shape (s, p, k): s solutions of p variables and k factors."""


Criterion: TypeAlias = Callable[[Stack], tuple[Floats, Stack]]
"""Loadings in; values of shape (s,) and gradients of shape (s, p, k) out."""


_SLOPE = 1e-7
"""Iteration ends when the projected gradient is this small, relative to a stack of unit loadings."""


_SLOPE_OF_MANY = 1e-6
"""The same for resampled solutions: their errors of sampling are ten thousand times what is left."""


_MAX_ITERATIONS = 2000


_SAME = 1e-6
"""Two optima whose values differ by less, relatively, are one."""


_MEMORY = 5
"""Values among which a step must bring a decrease: a little patience makes long steps possible."""


def _total(x: Stack) -> Floats:
    return np.asarray(np.add.reduce(x.reshape(len(x), -1), axis=1))  # half the time of `sum` on small arrays


def crawford_ferguson(kappa: float) -> Criterion:
    """Weigh the complexity of rows by 1 - kappa, and that of columns by kappa.

    For orthogonal rotation kappa 0 is quartimax, 1/p varimax, k/(2p) equamax. Crawford & Ferguson (1970),
    doi:10.1007/BF02310792; Browne (2001), doi:10.1207/S15327906MBR3601_05.
    """

    def criterion(lambda_: Stack) -> tuple[Floats, Stack]:
        squares = lambda_ * lambda_
        others = (1.0 - kappa) * (squares.sum(axis=2, keepdims=True) - squares)
        others += kappa * (squares.sum(axis=1, keepdims=True) - squares)
        return _total(squares * others) / 4.0, lambda_ * others

    return criterion


def oblimin(gamma: float, p: int) -> Criterion:
    """Covariances of squared loadings, gamma = 0 without means (quartimin), 1 with them (covarimin).

    Jennrich & Sampson (1966), doi:10.1007/BF02289465; Clarkson & Jennrich (1988), doi:10.1007/BF02294141.
    """

    def criterion(lambda_: Stack) -> tuple[Floats, Stack]:
        squares = lambda_ * lambda_
        others = np.add.reduce(squares, axis=2, keepdims=True) - squares
        if gamma:
            others = others - gamma / p * others.sum(axis=1, keepdims=True)
        return _total(squares * others) / 4.0, lambda_ * others

    return criterion


def geomin(epsilon: float) -> Criterion:
    """Sum the geometric means of the rows' squared loadings, epsilon added to each. Yates (1987), ISBN 0887066550."""

    def criterion(lambda_: Stack) -> tuple[Floats, Stack]:
        squares = lambda_ * lambda_ + epsilon
        mean = np.exp(np.log(squares).mean(axis=2, keepdims=True))
        return _total(mean), (2.0 / lambda_.shape[2]) * lambda_ / squares * mean

    return criterion


def bifactor() -> Criterion:
    """Quartimin of all factors but the first, which is free to be general.

    Jennrich & Bentler (2011), doi:10.1007/s11336-011-9218-4.
    """

    def criterion(lambda_: Stack) -> tuple[Floats, Stack]:
        groups = lambda_[:, :, 1:]
        squares = groups * groups
        others = squares.sum(axis=2, keepdims=True) - squares
        gradient = np.zeros_like(lambda_)
        gradient[:, :, 1:] = groups * others
        return _total(squares * others) / 4.0, gradient

    return criterion


def target(wanted: Floats) -> Criterion:
    """Squared distance to target loadings; NaN leaves a loading free (a partial target).

    Browne (1972), doi:10.1111/j.2044-8317.1972.tb00482.x.
    """
    counts = ~np.isnan(wanted)
    aim = np.where(counts, wanted, 0.0)

    def criterion(lambda_: Stack) -> tuple[Floats, Stack]:
        away = np.where(counts, lambda_ - aim, 0.0)
        return _total(away * away), 2.0 * away

    return criterion


@dataclass(frozen=True, slots=True)
class Kind:
    """A rotation: its criterion, and how it is used.

    Attributes
    ----------
    oblique : bool
        Whether factors may correlate.
    criterion : callable
        Makes the criterion from the settings, the number of variables and that of factors.
    settings : tuple of str
        The names of its settings.
    reorder : bool
        Whether factors may be put in order of the variance that they account for.
    many_optima : bool
        Whether several starts are the rule, because the criterion often has local optima.
    """

    oblique: bool
    criterion: Callable[[Mapping[str, object], int, int], Criterion]
    settings: tuple[str, ...] = ()
    reorder: bool = True
    many_optima: bool = False


def setting_of(settings: Mapping[str, object], name: str) -> float:
    """A numeric setting of a rotation."""
    return float(str(settings[name]))  # checked where the settings came in


def _target(settings: Mapping[str, object], p: int, k: int) -> Criterion:  # noqa: ARG001
    return target(np.asarray(settings["target"], dtype=np.float64))


KINDS: dict[str, Kind] = {
    "varimax": Kind(False, lambda _s, p, _k: crawford_ferguson(1.0 / p)),
    "quartimax": Kind(False, lambda _s, _p, _k: crawford_ferguson(0.0)),
    "equamax": Kind(False, lambda _s, p, k: crawford_ferguson(k / (2.0 * p))),
    "crawford_ferguson_t": Kind(False, lambda s, _p, _k: crawford_ferguson(setting_of(s, "kappa")), ("kappa",)),
    "geomin_t": Kind(False, lambda s, _p, _k: geomin(setting_of(s, "epsilon")), ("epsilon",), many_optima=True),
    "bifactor_t": Kind(False, lambda _s, _p, _k: bifactor(), reorder=False, many_optima=True),
    "target_t": Kind(False, _target, ("target",), reorder=False),
    "promax": Kind(True, lambda _s, p, _k: crawford_ferguson(1.0 / p), ("power",)),
    "oblimin": Kind(True, lambda s, p, _k: oblimin(setting_of(s, "gamma"), p), ("gamma",)),
    "quartimin": Kind(True, lambda _s, p, _k: oblimin(0.0, p)),
    "crawford_ferguson": Kind(True, lambda s, _p, _k: crawford_ferguson(setting_of(s, "kappa")), ("kappa",)),
    "geomin": Kind(True, lambda s, _p, _k: geomin(setting_of(s, "epsilon")), ("epsilon",), many_optima=True),
    "bifactor": Kind(True, lambda _s, _p, _k: bifactor(), reorder=False, many_optima=True),
    "target": Kind(True, _target, ("target",), reorder=False),
}
"""Orthogonal rotations that have an oblique namesake end in `_t`."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotated solution.

    Attributes
    ----------
    lambda_ : ndarray, shape (p, k)
        Rotated loadings (the pattern).
    phi : ndarray, shape (k, k)
        Correlations of the factors; the identity after an orthogonal rotation.
    t : ndarray, shape (k, k)
        `lambda_` is the unrotated loadings times `inv(t).T`.
    value : float
        The criterion; NaN where the rotation has none (promax).
    converged : bool
        Whether the projected gradient of the best solution is small.
    n_starts, n_best : int
        Starts, and how many of them reached the best value.
    """

    lambda_: Floats
    phi: Floats
    t: Floats
    value: float
    converged: bool
    n_starts: int
    n_best: int


def row_lengths(lambda_: Floats) -> Floats:
    """Square roots of the communalities, by which Kaiser (1958, doi:10.1007/BF02289233) divides; 1 for empty rows."""
    lengths = np.sqrt(np.sum(lambda_**2, axis=1))
    return np.where(lengths > 1e-12, lengths, 1.0)


def random_starts(n: int, k: int, rng: np.random.Generator) -> Floats:
    """The identity, then n - 1 random orthogonal matrices (Stewart 1980, doi:10.1137/0717034), shape (n, k, k)."""
    starts = np.empty((n, k, k))
    starts[0] = np.eye(k)
    if n > 1:
        q, r = np.linalg.qr(rng.standard_normal((n - 1, k, k)))
        starts[1:] = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    return starts


def rotate(
    lambda_: Floats, criterion: Criterion, *, oblique: bool, normalize: bool = False, starts: Floats | None = None
) -> Rotation:
    """Rotate to the least value of a criterion.

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
        Unrotated loadings of uncorrelated factors.
    criterion : callable
        One of the criteria of this module.
    oblique : bool
        Whether the factors may correlate.
    normalize : bool
        Whether rows are brought to length one while rotating (Kaiser's normalisation).
    starts : ndarray, shape (s, k, k), optional
        Where to start from, as `random_starts` makes them; by default the unrotated solution.

    Returns
    -------
    Rotation
        The best of the solutions.

    Examples
    --------
    >>> from hpp_analysis.core.factors.rotation import oblimin
    >>> pattern = np.kron(np.eye(2), np.array([[0.8], [0.7], [0.6]]))
    >>> mixed = pattern @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    >>> found = rotate(mixed, oblimin(0.0, 6), oblique=True)
    >>> bool(np.allclose(np.abs(found.lambda_).sum(axis=1), pattern.sum(axis=1)))
    True
    """
    lambda_ = np.asarray(lambda_, dtype=np.float64)
    k = lambda_.shape[1]
    if k < 2:
        return Rotation(lambda_, np.eye(k), np.eye(k), 0.0, True, 1, 1)
    weights = row_lengths(lambda_)[:, None] if normalize else None
    a = lambda_ / weights if weights is not None else lambda_
    t = np.eye(k)[None] if starts is None else starts
    descend = _Oblique if oblique else _Orthogonal
    t, values, converged = (_descend_from_one if len(t) == 1 else _descend)(a, t, criterion, descend)
    # a start that ran aground does not count, unless all did
    ranked = np.where(converged, values, np.inf) if converged.any() else values
    best = int(np.argmin(ranked))
    reached = ranked <= ranked[best] + _SAME * (abs(ranked[best]) + 1e-12)
    chosen = t[best]
    rotated = lambda_ @ np.linalg.inv(chosen).T if oblique else lambda_ @ chosen
    phi = chosen.T @ chosen if oblique else np.eye(k)
    np.fill_diagonal(phi, 1.0)
    return Rotation(rotated, phi, chosen, float(values[best]), bool(converged[best]), len(t), int(reached.sum()))


@dataclass(frozen=True, slots=True)
class Rotations:
    """Rotated solutions of many matrices of loadings.

    Attributes
    ----------
    lambda_ : ndarray, shape (s, p, k)
    phi, t : ndarray, shape (s, k, k)
        As of `Rotation`.
    converged : ndarray of bool, shape (s,)
    """

    lambda_: Floats
    phi: Floats
    t: Floats
    converged: Flags


def rotate_many(
    lambda_: Floats, starts: Floats, criterion: Criterion, *, oblique: bool, normalize: bool = False
) -> Rotations:
    """Rotate many matrices of loadings at once, each from its own start.

    Parameters
    ----------
    lambda_ : ndarray, shape (s, p, k)
        Unrotated loadings of uncorrelated factors.
    starts : ndarray, shape (s, k, k)
        As `t` of a rotation.
    criterion, oblique, normalize
        As `rotate` has them.
    """
    weights = np.ones(1)
    if normalize:
        lengths = np.sqrt(np.sum(lambda_**2, axis=2, keepdims=True))
        weights = np.where(lengths > 1e-12, lengths, 1.0)
    descend = _Oblique if oblique else _Orthogonal
    t, _values, converged = _descend(lambda_ / weights, starts, criterion, descend, _SLOPE_OF_MANY)
    rotated, _inverse = descend.loadings(lambda_, t)
    k = lambda_.shape[2]
    phi = t.transpose(0, 2, 1) @ t if oblique else np.broadcast_to(np.eye(k), t.shape).copy()
    phi[:, np.arange(k), np.arange(k)] = 1.0
    return Rotations(rotated, phi, t, converged)


class _Oblique:
    """Oblique rotations: the columns of `t` have length one."""

    @staticmethod
    def loadings(a: Floats, t: Floats) -> tuple[Floats, Floats]:
        inverse = np.asarray(np.linalg.inv(t), dtype=np.float64)
        return _times(a, inverse.swapaxes(-1, -2)), inverse

    @staticmethod
    def gradient(a: Floats, lambda_: Floats, slope: Floats, inverse: Floats) -> Floats:  # noqa: ARG004
        return np.asarray(-(inverse.swapaxes(-1, -2) @ slope.swapaxes(-1, -2) @ lambda_))

    @staticmethod
    def project(t: Floats, gradient: Floats) -> Floats:
        return np.asarray(gradient - t * np.add.reduce(t * gradient, axis=-2, keepdims=True))

    @staticmethod
    def retract(t: Floats) -> Floats:
        return np.asarray(t / np.sqrt(np.add.reduce(t * t, axis=-2, keepdims=True)))


class _Orthogonal:
    """Orthogonal rotations: `t` is orthogonal."""

    @staticmethod
    def loadings(a: Floats, t: Floats) -> tuple[Floats, Floats]:
        return _times(a, t), t

    @staticmethod
    def gradient(a: Floats, lambda_: Floats, slope: Floats, inverse: Floats) -> Floats:  # noqa: ARG004
        return np.asarray(a.swapaxes(-1, -2) @ slope)

    @staticmethod
    def project(t: Floats, gradient: Floats) -> Floats:
        inner = t.swapaxes(-1, -2) @ gradient
        return np.asarray(gradient - t @ (inner + inner.swapaxes(-1, -2)) / 2.0)

    @staticmethod
    def retract(t: Floats) -> Floats:
        u, _, v = np.linalg.svd(t)
        return np.asarray(u @ v)


def _times(a: Floats, x: Floats) -> Floats:
    """The products of one matrix with a stack, as one multiplication, or of two stacks: shape (s, p, k)."""
    if a.ndim == 3 or x.ndim == 2:
        return np.asarray(a @ x)
    if len(x) == 1:
        return np.asarray((a @ x[0])[None])
    s, k, m = x.shape
    return np.ascontiguousarray((a @ x.transpose(1, 0, 2).reshape(k, s * m)).reshape(-1, s, m).transpose(1, 0, 2))


def _descend(
    a: Floats,
    t: Floats,
    criterion: Criterion,
    manifold: type[_Oblique] | type[_Orthogonal],
    slope_at_end: float = _SLOPE,
) -> tuple[Floats, Floats, Flags]:
    """Descend from all starts at once; they share one matrix of loadings or have one each.

    Steps have the lengths of Barzilai & Borwein (1988, doi:10.1093/imanum/8.1.141), which need not go down each time: a
    step must bring a decrease from the highest of the last few values (Grippo, Lampariello & Lucidi 1986,
    doi:10.1137/0723046).
    """
    final_t, final_value = t.copy(), np.full(len(t), np.inf)
    converged = np.zeros(len(t), dtype=bool)
    active = np.arange(len(t))
    lambda_, inverse = manifold.loadings(a, t)
    value, slope = criterion(lambda_)
    downhill = manifold.project(t, manifold.gradient(a, lambda_, slope, inverse))
    recent = np.repeat(value[:, None], _MEMORY, axis=1)
    step = np.ones(len(t))
    # slopes are compared with those of the criterion on loadings of this size; some criteria grow with its square, others not
    size = np.maximum(np.mean(np.sum(a * a, axis=-1 if a.ndim == 3 else 1), axis=-1), 1e-12)
    scale = np.broadcast_to(np.minimum(size, size**2) * a.shape[-2], len(t))
    for iteration in range(_MAX_ITERATIONS):
        steepness = np.sqrt((downhill * downhill).sum(axis=(1, 2)))
        done = steepness < slope_at_end * scale
        if done.any():
            places = active[done]
            final_t[places], final_value[places], converged[places] = t[done], value[done], True
            if done.all():
                return final_t, final_value, converged
            keep = ~done
            active, t, value, downhill, recent, step, steepness, scale = (
                x[keep] for x in (active, t, value, downhill, recent, step, steepness, scale)
            )
            a = a[keep] if a.ndim == 3 else a
        moved = _step(a, t, criterion, manifold, downhill, step, recent.max(axis=1), steepness)
        new_t, new_lambda, new_inverse, new_value, new_slope = moved
        new_downhill = manifold.project(new_t, manifold.gradient(a, new_lambda, new_slope, new_inverse))
        s, y = new_t - t, new_downhill - downhill
        ss, sy = (s * s).sum(axis=(1, 2)), (s * y).sum(axis=(1, 2))
        yy = (y * y).sum(axis=(1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            proposed = np.where(iteration % 2 == 0, ss / np.abs(sy), np.abs(sy) / yy)
        step = np.clip(np.where(np.isfinite(proposed), proposed, 1.0), 1e-6, 1e4)
        t, value, downhill = new_t, new_value, new_downhill
        recent[:, iteration % _MEMORY] = value
    final_t[active], final_value[active] = t, value
    return final_t, final_value, converged


def _descend_from_one(
    a: Floats, t: Floats, criterion: Criterion, manifold: type[_Oblique] | type[_Orthogonal]
) -> tuple[Floats, Floats, Flags]:
    """The same from a single start, without stacks: half the time of small matrices goes into handling these."""

    def at(t: Floats) -> tuple[Floats, float, Floats, float]:
        lambda_, inverse = manifold.loadings(a, t)
        value, slope = criterion(lambda_[None])
        downhill = manifold.project(t, manifold.gradient(a, lambda_, slope[0], inverse))
        return t, float(value[0]), downhill, math.sqrt(float(np.vdot(downhill, downhill)))

    here, value, downhill, steepness = at(t[0])
    recent, step = [value] * _MEMORY, 1.0
    enough = _SLOPE * max(float(np.vdot(a, a)) / len(a), 1e-12) ** 2 * len(a)
    for iteration in range(_MAX_ITERATIONS):
        if steepness < enough:
            break
        highest = max(recent)
        moved = at(manifold.retract(here - step * downhill))
        for _halving in range(30):
            if moved[1] <= highest - 1e-4 * step * steepness**2 + 1e-14 * abs(highest):
                break
            step /= 4.0
            moved = at(manifold.retract(here - step * downhill))
        s, y = moved[0] - here, moved[2] - downhill
        ss, sy, yy = float(np.vdot(s, s)), abs(float(np.vdot(s, y))), float(np.vdot(y, y))
        top, bottom = (sy, yy) if iteration % 2 else (ss, sy)
        step = min(max(top / bottom, 1e-6), 1e4) if bottom > 0.0 else 1.0
        here, value, downhill, steepness = moved
        recent[iteration % _MEMORY] = value
    return here[None], np.array([value]), np.array([steepness < enough])


def _step(
    a: Floats,
    t: Floats,
    criterion: Criterion,
    manifold: type[_Oblique] | type[_Orthogonal],
    downhill: Floats,
    step: Floats,
    highest: Floats,
    steepness: Floats,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Each start's step, halved as long as it goes up too far."""
    new_t = manifold.retract(t - step[:, None, None] * downhill)
    lambda_, inverse = manifold.loadings(a, new_t)
    value, slope = criterion(lambda_)
    for _halving in range(30):
        bad = ~(value <= highest - 1e-4 * step * steepness**2 + 1e-14 * np.abs(highest))
        if not bad.any():
            break
        step = np.where(bad, step / 4.0, step)
        new_t[bad] = manifold.retract(t[bad] - step[bad, None, None] * downhill[bad])
        lambda_[bad], inverse[bad] = manifold.loadings(a[bad] if a.ndim == 3 else a, new_t[bad])
        value[bad], slope[bad] = criterion(lambda_[bad])
    return new_t, lambda_, inverse, value, slope


def early_varimax(lambda_: Floats, *, normalize: bool, tolerance: float = 1e-5) -> Rotation:
    """Varimax that ends as R's does, to give the numbers of programs that build on it.

    Each round replaces `t` by the orthogonal factor of the criterion's gradient (ten Berge 1984,
    doi:10.1007/BF02294464); iteration ends when the sum of its singular values grows by less than `tolerance`
    relatively, which can be in the third decimal of a loading.

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
    normalize : bool
        Kaiser's normalisation.
    tolerance : float
    """
    k = lambda_.shape[1]
    a = lambda_ / row_lengths(lambda_)[:, None] if normalize else lambda_
    t, total, converged = np.eye(k), 0.0, False
    for _round in range(1000):
        z = a @ t
        u, size, v = np.linalg.svd(a.T @ (z**3 - z * np.mean(z**2, axis=0)))
        t, before, total = u @ v, total, float(size.sum())
        if total < before * (1.0 + tolerance):
            converged = True
            break
    return Rotation(lambda_ @ t, np.eye(k), t, np.nan, converged, 1, 1)


def promax(
    varimax: Rotation, weights: Floats | None, *, power: float = 4.0, row_normalized_target: bool = False
) -> Rotation:
    r"""Let the factors of a varimax solution correlate, towards its loadings raised to a power.

    Parameters
    ----------
    varimax : Rotation
        The orthogonal solution.
    weights : ndarray, shape (p,), optional
        Lengths by which rows are divided while the target is approached (Kaiser's normalisation).
    power : float
        4 in most programs.
    row_normalized_target : bool
        Whether the target is made of rows of length one, as Hendrickson & White (1964,
        doi:10.1111/j.2044-8317.1964.tb00244.x) do.
    """
    v = varimax.lambda_ if weights is None else varimax.lambda_ / weights[:, None]
    if v.shape[1] < 2:
        return varimax
    if row_normalized_target:
        lengths = row_lengths(v)[:, None]
        wanted = np.abs(v / lengths) ** (power + 1.0) * lengths / np.where(v == 0.0, 1.0, v)
    else:
        wanted = v * np.abs(v) ** (power - 1.0)
    u = np.linalg.lstsq(v, wanted, rcond=None)[0]
    u = u * np.sqrt(np.diag(np.linalg.inv(u.T @ u)))
    t = varimax.t @ np.linalg.inv(u).T
    phi = t.T @ t
    np.fill_diagonal(phi, 1.0)
    return Rotation(varimax.lambda_ @ u, phi, t, np.nan, varimax.converged, varimax.n_starts, varimax.n_best)
