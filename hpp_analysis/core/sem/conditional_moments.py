r"""Sample statistics of ordered items and numbers given fixed covariates.

Each variable is regressed on the covariates by itself: an ordered item by an ordered probit model, whose thresholds are those
of respondents with covariates of 0, and a number by least squares. Given these, the correlation of each pair's residuals
maximises the likelihood of the pair; thresholds differ between respondents, so that no table says it all. The influence of a
respondent on all statistics follows as in `ordinal_moments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.correlation.bivariate_normal import Corners
from hpp_analysis.core.correlation.categories import Categories
from hpp_analysis.core.correlation.polychoric import CAP, bracketed_step
from hpp_analysis.core.correlation.polyserial import FAR, polyserial_within, probability_between
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments, number_correlations, second_step

_FLOOR = 1e-15
"""A probability below this is rounding error."""

_CONVERGED = 2e-5
"""A Newton step (in the arcsine of a correlation) so small is the last one: it is as exact as its square."""

_DECREMENT = 1e-12
"""The log-likelihood per respondent that the last Newton step of a regression may still promise."""

_ITERATIONS = 60

_FLAT = 1e-7
"""Less information per respondent settles no parameter: covariates tell categories apart, and a slope is infinite."""

_ROUNDING = 1e-9
"""A residual this much smaller than the answers is rounding: the number follows from the covariates."""

_POINTS = 60_000
"""Corner points handled at once: bounds the memory, and stays near the processor."""


def conditional_moments(
    x: Floats,
    categories: Categories,
    ordered: Flags,
    covariates: Floats,
    *,
    rows: Ints | None = None,
    n_given: int | None = None,
) -> OrdinalMoments:
    """Estimate the statistics of one group given covariates, each from all respondents who gave the answers that it needs.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Of the respondents used; NaN is not answered.
    categories : Categories
        Of the ordered columns of `x`, in their order, each with two or more.
    ordered : ndarray of bool, shape (p,)
    covariates : ndarray, shape (n, k)
        Complete; none constant, and none follows from others.
    rows : ndarray of int, shape (n,), optional
        The places of the respondents in all data.
    n_given : int, optional
        Respondents before any was left out.

    Returns
    -------
    OrdinalMoments
        Of the variables, and behind them the covariates. Flags are "separated:VARIABLE" (covariates tell its categories apart, so
        that a slope is infinite, or a number follows from them; there are no correlations then), and those of `ordinal_moments`.

    References
    ----------
    Muthén (1984), doi:10.1007/BF02294210; McKelvey & Zavoina (1975), doi:10.1080/0022250X.1975.9989847

    Examples
    --------
    >>> from hpp_analysis.core.correlation.categories import categorise
    >>> rng = np.random.default_rng(1)
    >>> age = rng.normal(size=(4000, 1))
    >>> x = np.clip(np.round(0.5 * age + rng.normal(size=(4000, 2))), -1, 1)
    >>> found = conditional_moments(x, categorise(x), np.array([True, True]), age)
    >>> found.statistics.round(1)  # two items with two thresholds each, their slopes, and a correlation
    array([-0.5,  0.5, -0.5,  0.5,  0.5,  0.5,  0. ])
    """
    n, p = x.shape
    k = covariates.shape[1]
    centre, spread = covariates.mean(axis=0), covariates.std(axis=0)
    scaled = (covariates - centre) / spread
    shift = centre / spread
    items = iter(zip(categories.codes.T, categories.thresholds, strict=True))
    variables = [_item(*next(items), scaled) if ordered[j] else _number(x[:, j], scaled) for j in range(p)]
    flags = [f"separated:{j}" for j, one in enumerate(variables) if not one.settled]
    first, second = np.triu_indices(p, 1)
    r, of_pairs = np.zeros(first.size), np.zeros((first.size, n))
    if not flags:
        r, of_pairs = _pairs(variables)
        flags += [f"at_cap:{first[pair]}:{second[pair]}" for pair in np.flatnonzero(np.abs(r) >= CAP)]
        if not np.isfinite(r).all():
            flags.append("never_together")
            r = np.nan_to_num(r)
    sd = np.array([one.sd for one in variables])
    covariance = np.zeros((p + k, p + k))
    covariance[np.arange(p), np.arange(p)] = sd**2
    covariance[first, second] = covariance[second, first] = r * sd[first] * sd[second]
    covariance[p:, p:] = scaled.T @ scaled / (n - 1) * np.outer(spread, spread)
    own = [one.at_zero(shift, spread) for one in variables]
    influence = [one.own_influence(shift, spread) for one in variables]
    answers = np.column_stack([x, covariates])
    answers[:, np.flatnonzero(ordered)] = np.where(categories.codes < 0, np.nan, categories.codes)
    kinds = range(3)
    return OrdinalMoments(
        n=int(n),
        n_given=int(n if n_given is None else n_given),
        mean=np.concatenate([[part[1].sum() for part in own], centre]),
        covariance=covariance,
        loglik=float("nan"),
        rows=np.arange(n) if rows is None else rows,
        answers=answers,
        patterns=None,
        flags=tuple(flags),
        thresholds=(*(part[0] for part in own), *([np.zeros(0)] * k)),
        statistics=np.concatenate(
            [*(part[kind] for kind in kinds for part in own), sd[~ordered] ** 2, covariance[first, second]]
        ),
        influence=np.vstack([*(part[kind] for kind in (*kinds, 3) for part in influence), of_pairs]),
        n_covariates=k,
    )


@dataclass(frozen=True, slots=True)
class _Regression:
    """One variable given standardised covariates, with its own parameters: thresholds or an intercept, slopes, a variance.

    Attributes
    ----------
    code : ndarray of int, shape (n,)
        Category; -1 where not answered. None answered of numbers.
    lower, upper : ndarray, shape (n,)
        Between which values the standardised residual of an item lies.
    z : ndarray, shape (n,)
        Standardised residual of a number; NaN where not answered.
    used : ndarray of bool, shape (n,)
    level, slope : ndarray
        Thresholds or the intercept, and slopes.
    sd : float
        Of the residual; 1 for items.
    design : ndarray, shape (n, k)
    influence : ndarray, shape (parameters, n)
    settled : bool
    """

    code: NDArray[np.intp]
    lower: Floats
    upper: Floats
    z: Floats
    used: Flags
    level: Floats
    slope: Floats
    sd: float
    design: Floats
    influence: Floats
    settled: bool

    @property
    def is_item(self) -> bool:
        """Whether it is an ordered item."""
        return bool((self.code >= 0).any())

    def scores(self, *pull: Floats) -> Floats:
        """Scores of the own parameters, shape (parameters, n), from the slopes of a log-likelihood.

        They are its slopes by the upper and the lower value of an item, or minus that by the residual of a number.
        """
        if not self.is_item:
            inner = pull[0] / self.sd
            of_variance = np.where(self.used, pull[0] * np.nan_to_num(self.z) - 1.0, 0.0) / (2.0 * self.sd**2)
            return np.vstack([inner, inner * self.design.T, of_variance])
        high, low = pull
        cut = np.arange(self.level.size)[:, None]
        of_cuts = np.where(self.code == cut, high, 0.0) + np.where(self.code == cut + 1, low, 0.0)
        return np.vstack([of_cuts, -(high + low) * self.design.T])

    def at_zero(self, centre: Floats, spread: Floats) -> tuple[Floats, Floats, Floats]:
        """Thresholds, intercept and slopes by the covariates as they are given."""
        shift = float(self.slope @ centre)
        if self.is_item:
            return self.level + shift, np.zeros(0), self.slope / spread
        return np.zeros(0), self.level - shift, self.slope / spread

    def own_influence(self, centre: Floats, spread: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Influence on thresholds, intercept, slopes and variance, as `at_zero` has them."""
        size, k = self.level.size, self.slope.size
        of_level, of_slope, rest = np.split(self.influence, [size, size + k])
        none = np.zeros((0, self.influence.shape[1]))
        if self.is_item:
            return of_level + centre @ of_slope, none, of_slope / spread[:, None], none
        return none, of_level - centre @ of_slope, of_slope / spread[:, None], rest


def _item(codes: NDArray[np.int16], start: Floats, design: Floats) -> _Regression:
    """Regress an ordered item on covariates by an ordered probit model."""
    n, k = design.shape
    code = codes.astype(np.intp)
    used = code >= 0
    given, x = code[used], design[used]
    size = start.size
    at_upper, at_lower = (given[:, None] == np.arange(size) + shift for shift in (0, 1))
    by_upper, by_lower = np.hstack([at_upper, -x]), np.hstack([at_lower, -x])
    no_upper, no_lower = given == size, given == 0

    def bounds(theta: Floats) -> tuple[Floats, Floats]:
        return np.where(no_lower, -FAR, by_lower @ theta), np.where(no_upper, FAR, by_upper @ theta)

    theta = np.concatenate([start, np.zeros(k)])
    lower, upper = bounds(theta)
    cell = probability_between(lower, upper)
    settled = False
    for _iteration in range(_ITERATIONS):
        high, low = _density(upper) / cell, -_density(lower) / cell
        gradient = high @ by_upper + low @ by_lower
        cross = (-high * low)[:, None] * by_lower
        information = by_upper.T @ ((upper * high + high**2)[:, None] * by_upper - cross)
        information += by_lower.T @ ((lower * low + low**2)[:, None] * by_lower) - cross.T @ by_upper
        step = np.linalg.solve(information + 1e-10 * np.eye(len(theta)), gradient)
        decrement = float(step @ gradient) / n
        share, value = 1.0, float(np.log(cell).sum())
        for _halving in range(30):
            moved = theta + share * step
            lower, upper = bounds(moved)
            cell = probability_between(lower, upper)
            if (np.diff(moved[:size]) > 0).all() and float(np.log(cell).sum()) >= value - 1e-9:
                break
            share *= 0.5
        theta = moved
        if decrement < _DECREMENT:
            settled = bool(np.linalg.eigvalsh(information / n)[0] > _FLAT)
            break
    ends = np.full((2, n), FAR)
    ends[0] = -FAR
    ends[0, used], ends[1, used] = lower, upper
    high, low = np.zeros(n), np.zeros(n)
    high[used], low[used] = _density(upper) / cell, -_density(lower) / cell
    found = _Regression(
        code=code,
        lower=ends[0],
        upper=ends[1],
        z=np.full(n, np.nan),
        used=used,
        level=theta[:size],
        slope=theta[size:],
        sd=1.0,
        design=design,
        influence=np.zeros((size + k, n)),
        settled=settled,
    )
    return _with_influence(found, found.scores(high, low))


def _number(values: Floats, design: Floats) -> _Regression:
    """Regress a number on covariates by least squares."""
    n, k = design.shape
    used = ~np.isnan(values)
    wide = np.column_stack([np.ones(n), design])
    theta = np.asarray(np.linalg.lstsq(wide[used], values[used], rcond=None)[0], dtype=np.float64)
    residual = values - wide @ theta
    sd = float(np.sqrt(np.mean(residual[used] ** 2)))
    settled = sd > _ROUNDING * float(np.abs(values[used]).max())
    z = residual / (sd if settled else 1.0)
    found = _Regression(
        code=np.full(n, -1, dtype=np.intp),
        lower=np.full(n, -FAR),
        upper=np.full(n, FAR),
        z=z,
        used=used,
        level=theta[:1],
        slope=theta[1:],
        sd=sd if settled else 1.0,
        design=design,
        influence=np.zeros((k + 2, n)),
        settled=settled,
    )
    return _with_influence(found, found.scores(np.nan_to_num(z)))


def _with_influence(found: _Regression, scores: Floats) -> _Regression:
    """Add the influence: scores by the inverse of their cross-products."""
    if found.settled:
        found.influence[:] = scores.shape[1] * np.linalg.solve(scores @ scores.T, scores)
    return found


def _density(u: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi))


def _pairs(variables: Sequence[_Regression]) -> tuple[Floats, Floats]:
    """Correlations of residuals, and the influence on their covariances, shape (pairs, n)."""
    p, n = len(variables), len(variables[0].used)
    place = np.zeros((p, p), dtype=np.int64)
    first, second = np.triu_indices(p, 1)
    place[first, second] = np.arange(first.size)
    r, influence = np.zeros(first.size), np.zeros((first.size, n))
    for i, one in enumerate(variables):
        others = np.arange(i + 1, p)
        width = max(1, _POINTS // (4 * n))
        for begin in range(0, others.size, width):
            some = others[begin : begin + width]
            r[place[i, some]] = _correlations(one, [variables[j] for j in some.tolist()])
        for j in others.tolist():
            rho = r[place[i, j]]
            if np.isfinite(rho):
                influence[place[i, j]] = _covariance_influence(one, variables[j], rho)
    return r, influence


def _correlations(one: _Regression, others: Sequence[_Regression]) -> Floats:
    """Correlations of one variable's residual with those of others."""
    used = np.column_stack([one.used & other.used for other in others])
    items = np.array([other.is_item for other in others])
    found = np.full(len(others), np.nan)
    # the first step of scoring from 0
    own, *theirs = (_expected(variable) for variable in (one, *others))
    sizes = [float(np.mean(value[variable.used] ** 2)) for value, variable in zip(theirs, others, strict=True)]
    size = used.sum(axis=0) * np.mean(own[one.used] ** 2) * np.array(sizes)
    start = np.arcsin(np.clip(own @ np.column_stack(theirs) / np.maximum(size, 1.0), -0.9, 0.9))
    for kind in (True, False):
        chosen = np.flatnonzero((items == kind) & (used.sum(axis=0) >= 2))
        if not chosen.size:
            continue
        some = [others[k] for k in chosen.tolist()]
        ends = [np.column_stack([getattr(other, name) for other in some]) for name in ("lower", "upper")]
        z = np.nan_to_num(np.column_stack([other.z for other in some]))
        if one.is_item and kind:
            wide = np.array([one.lower, one.upper])[:, :, None]
            found[chosen] = _within_rectangles(wide, np.array(ends), used[:, chosen], start[chosen])
        elif one.is_item or kind:
            if one.is_item:
                ends = [np.repeat(end[:, None], chosen.size, axis=1) for end in (one.lower, one.upper)]
            else:
                z = np.repeat(np.nan_to_num(one.z)[:, None], chosen.size, axis=1)
            found[chosen] = polyserial_within(z, used[:, chosen], ends[0], ends[1], start[chosen])
        else:
            found[chosen] = [number_correlations(np.column_stack([one.z, other.z]))[0, 1] for other in some]
    return found


def _expected(one: _Regression) -> Floats:
    """The standardised residual, or what is expected of it given the category; 0 where not answered."""
    if not one.is_item:
        return np.nan_to_num(one.z)
    value = (_density(one.lower) - _density(one.upper)) / probability_between(one.lower, one.upper)
    return np.where(one.used, value, 0.0)


def _within_rectangles(a: Floats, b: Floats, used: Flags, theta: Floats) -> Floats:
    """Correlations of normal variables of which each respondent tells a rectangle.

    Parameters
    ----------
    a, b : ndarray, shape (2, n, 1) and (2, n, pairs)
        Lower and upper values.
    used : ndarray of bool, shape (n, pairs)
    theta : ndarray, shape (pairs,)
        Where to start: the arcsine of the correlation.
    """
    corners = Corners(a, b)
    limit = np.arcsin(CAP)
    low, high = np.full(theta.size, -limit), np.full(theta.size, limit)
    for _iteration in range(_ITERATIONS):
        corners.move(theta)
        slope, exponent = corners.density(theta)
        bend = slope * (corners.ab / np.cos(theta) + 2.0 * exponent * np.tan(theta))
        cell = np.maximum(_rectangle(corners.distribution), _FLOOR) * 2.0 * np.pi
        relative = np.where(used, _rectangle(slope) / cell, 0.0)
        squared = (relative**2).sum(axis=0)
        curvature = squared - np.where(used, _rectangle(bend) / cell, 0.0).sum(axis=0)
        moved, low, high = bracketed_step(theta, (relative.sum(axis=0), curvature, squared), low, high)
        step = np.abs(moved - theta).max()
        theta = moved
        if step < _CONVERGED:
            break
    return np.where(np.abs(theta) >= limit, np.copysign(CAP, theta), np.sin(theta))


def _rectangle(corners: Floats) -> Floats:
    return np.asarray(corners[1, 1] - corners[0, 1] - corners[1, 0] + corners[0, 0])


def _covariance_influence(one: _Regression, other: _Regression, rho: float) -> Floats:
    """Influence on the covariance of two residuals, shape (n,)."""
    used = one.used & other.used
    if one.is_item and other.is_item:
        by_rho, pulls = _two_items(one, other, rho)
    elif one.is_item or other.is_item:
        item, number = (one, other) if one.is_item else (other, one)
        by_rho, of_number, of_item = _number_and_item(number, item, rho)
        pulls = (of_item, of_number) if one.is_item else (of_number, of_item)
    else:
        by_rho, pulls = _two_numbers(one, other, rho)
    scores = np.vstack([variable.scores(*pull) for variable, pull in zip((one, other), pulls, strict=True)])
    own = np.vstack([one.influence, other.influence])
    total = second_step(by_rho[used], scores[:, used], own, used, len(used))
    total *= one.sd * other.sd
    for variable in (one, other):  # standard deviations have errors too
        if not variable.is_item:
            total += rho * one.sd * other.sd / (2.0 * variable.sd**2) * variable.influence[-1]
    return total


_Pulls = tuple[tuple[Floats, ...], tuple[Floats, ...]]


def _two_items(one: _Regression, other: _Regression, rho: float) -> tuple[Floats, _Pulls]:
    """Slopes of the log-probability of two categories by the correlation, and by the ends of both items."""
    a, b = np.array([one.lower, one.upper])[:, :, None], np.array([other.lower, other.upper])[:, :, None]
    corners = Corners(a, b)
    theta, cosine = np.array([np.arcsin(rho)]), np.sqrt(1.0 - rho**2)
    corners.move(theta)
    cell = np.maximum(_rectangle(corners.distribution)[:, 0], _FLOOR)
    by_rho = _rectangle(corners.density(theta)[0])[:, 0] / (2.0 * np.pi * cosine) / cell
    pulls = []
    for own, far in ((one, other), (other, one)):
        ends = [
            _density(end)
            * probability_between((far.lower - rho * end) / cosine, (far.upper - rho * end) / cosine)
            / cell
            for end in (own.upper, own.lower)
        ]
        pulls.append((ends[0], -ends[1]))
    return by_rho, (pulls[0], pulls[1])


def _number_and_item(
    number: _Regression, item: _Regression, rho: float
) -> tuple[Floats, tuple[Floats, ...], tuple[Floats, ...]]:
    """The same of a number and a category: by the correlation, minus by the number, and by the ends of the item."""
    z, cosine = np.nan_to_num(number.z), np.sqrt(1.0 - rho**2)
    lower, upper = (item.lower - rho * z) / cosine, (item.upper - rho * z) / cosine
    cell = probability_between(lower, upper)
    high, low = _density(upper) / cell, _density(lower) / cell
    by_rho = (high * (item.upper * rho - z) - low * (item.lower * rho - z)) / cosine**3
    pull = z + (high - low) * rho / cosine
    return by_rho, (pull,), (high / cosine, -low / cosine)


def _two_numbers(one: _Regression, other: _Regression, rho: float) -> tuple[Floats, _Pulls]:
    """The same of two numbers."""
    x, y, square = np.nan_to_num(one.z), np.nan_to_num(other.z), 1.0 - rho**2
    by_rho = (rho * square + (1.0 + rho**2) * x * y - rho * (x**2 + y**2)) / square**2
    return by_rho, (((x - rho * y) / square,), ((y - rho * x) / square,))
