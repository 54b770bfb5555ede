r"""Sample statistics of ordered items, mixed with numbers, and the part of every respondent in their errors.

The statistics of a group are thresholds, then means and variances of the variables that are numbers, then the correlations
of the normal variables behind the answers (covariances where numbers take part). They solve one set of equations: the
scores of each variable's own parameters, and of each pair's correlation, sum to 0. With :math:`B` the derivatives of these
sums, taken as sums of products of scores, and :math:`s_i` the scores of respondent i, :math:`z_i = n B^{-1} s_i` is the
influence of the respondent, and :math:`\Gamma = \sum_i z_i z_i' / n` the asymptotic covariance matrix (Muthén 1984).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.correlation.bivariate_normal import Corners, bordered
from hpp_analysis.core.correlation.categories import Categories, cross_tables
from hpp_analysis.core.correlation.polychoric import polychoric
from hpp_analysis.core.correlation.polyserial import FAR, polyserial, probability_between
from hpp_analysis.core.sem.moments import Moments

_FLOOR = 1e-15
"""A probability below this is rounding error."""


@dataclass(frozen=True, slots=True)
class OrdinalMoments(Moments):
    """Statistics of one group of respondents whose answers are categories, or categories and numbers.

    `covariance` holds the correlations of the normal variables behind the items, and covariances where numbers take part;
    `mean` is 0 for items; `answers` holds codes from 0 for items, and NaN for what was not answered.

    Attributes
    ----------
    thresholds : tuple of ndarray
        Per variable; empty for numbers.
    statistics : ndarray, shape (s,)
        Thresholds, means, variances, and the covariances of pairs in the order of `numpy.triu_indices(p, 1)`.
    influence : ndarray, shape (s, n)
        Of each respondent used.
    n_covariates : int
        Variables, behind the others, that these statistics are conditional on. `mean` and `covariance` hold their moments, and
        of the others the intercepts and the covariances of residuals; `statistics` is about the others, with slopes, variable by
        variable, behind the means.
    """

    thresholds: tuple[Floats, ...]
    statistics: Floats
    influence: Floats
    n_covariates: int = 0

    @property
    def ordered(self) -> Flags:
        """Which variables are items with categories."""
        return np.array([cuts.size > 0 for cuts in self.thresholds])

    def gamma(self) -> Floats:
        """Covariance matrix of the root of n times the statistics, shape (s, s)."""
        return np.asarray(self.influence @ self.influence.T / self.n)


def ordinal_moments(
    x: Floats, categories: Categories, ordered: Flags, *, rows: Ints | None = None, n_given: int | None = None
) -> OrdinalMoments:
    """Estimate the statistics of one group, each from all respondents who gave the answers that it needs.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Of the respondents used; NaN is not answered.
    categories : Categories
        Of the ordered columns of `x`, in their order, each with two or more.
    ordered : ndarray of bool, shape (p,)
    rows : ndarray of int, shape (n,), optional
        The places of the respondents in all data.
    n_given : int, optional
        Respondents before any was left out.

    References
    ----------
    Muthén (1984), doi:10.1007/BF02294210; Olsson (1979), doi:10.1007/BF02296207; Olsson, Drasgow & Dorans (1982),
    doi:10.1007/BF02294164

    Examples
    --------
    >>> from hpp_analysis.core.correlation.categories import categorise
    >>> z = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=900)
    >>> x = np.clip(np.round(z), -1, 1)
    >>> found = ordinal_moments(x, categorise(x), np.array([True, True]))
    >>> found.statistics.shape, found.gamma().shape
    ((5,), (5, 5))
    """
    answered = ~np.isnan(x)
    n, p = x.shape
    codes = np.full((n, p), -1, dtype=np.int16)
    codes[:, ordered] = categories.codes
    numbers = np.flatnonzero(~ordered)
    items = np.flatnonzero(ordered)
    cuts: list[Floats] = [np.zeros(0)] * p
    for item, threshold in zip(items, categories.thresholds, strict=True):
        cuts[item] = threshold
    variables = _Variables.of(x, codes, cuts, ordered)
    r = np.eye(p)
    found = polychoric(categories)
    r[np.ix_(items, items)] = found.r
    if numbers.size:
        mixed = polyserial(x[:, numbers], codes[:, items], tuple(cuts[item] for item in items))
        r[np.ix_(numbers, items)], r[np.ix_(items, numbers)] = mixed, mixed.T
        own = number_correlations(variables.z[:, numbers])
        r[np.ix_(numbers, numbers)] = own
    flags = []
    if not np.isfinite(r).all():
        flags.append("never_together")
        r = np.nan_to_num(r)
    sd = np.where(ordered, 1.0, variables.sd)
    covariance = r * np.outer(sd, sd)
    first, second = np.triu_indices(p, 1)
    influence = np.vstack([variables.influence, _pair_influence(variables, r, sd)])
    if found.at_cap[np.triu_indices(len(items), 1)].any():
        flags += [f"at_cap:{items[i]}:{items[j]}" for i, j in np.argwhere(np.triu(found.at_cap, 1)).tolist()]
    if not found.converged:
        flags.append("not_converged")
    held = np.where(answered, np.where(ordered, codes, x), np.nan)
    return OrdinalMoments(
        n=int(n),
        n_given=int(n if n_given is None else n_given),
        mean=np.where(ordered, 0.0, variables.mean),
        covariance=covariance,
        loglik=float("nan"),
        rows=np.arange(n) if rows is None else rows,
        answers=held,
        patterns=None,
        flags=tuple(flags),
        thresholds=tuple(cuts),
        statistics=np.concatenate(
            [*cuts, variables.mean[numbers], variables.sd[numbers] ** 2, covariance[first, second]]
        ),
        influence=influence,
    )


@dataclass(frozen=True, slots=True)
class _Variables:
    """What single variables say, p of them, t their own statistics.

    Attributes
    ----------
    codes : ndarray of int, shape (n, p)
        -1: not answered, or a number.
    cuts : ndarray, shape (k, p)
        Thresholds; infinite where a variable has fewer.
    z : ndarray, shape (n, p)
        Standardised numbers; NaN where not answered.
    mean, sd : ndarray, shape (p,)
        Of numbers; 0 and 1 for items.
    influence : ndarray, shape (t, n)
    by_category : ndarray, shape (k, k + 2, p)
        Influence of a category on each threshold of its item; the last category stands for no answer.
    mean_at, variance_at : ndarray of int, shape (p,)
        Rows of `influence`; -1 for items.
    """

    codes: NDArray[np.int16]
    cuts: Floats
    z: Floats
    mean: Floats
    sd: Floats
    influence: Floats
    by_category: Floats
    mean_at: Ints
    variance_at: Ints
    ordered: Flags

    @classmethod
    def of(cls, x: Floats, codes: NDArray[np.int16], thresholds: Sequence[Floats], ordered: Flags) -> _Variables:
        n, p = x.shape
        widest = max((cut.size for cut in thresholds), default=0)
        cuts = np.full((max(widest, 1), p), np.inf)
        for item, cut in enumerate(thresholds):
            cuts[: cut.size, item] = cut
        by_category = np.zeros((len(cuts), len(cuts) + 2, p))
        parts: list[Floats] = []
        for item in np.flatnonzero(ordered).tolist():
            cut, n_answered = thresholds[item], int((codes[:, item] >= 0).sum())
            shares = ndtr(cut)
            places = np.arange(len(cuts) + 1)
            below = (places[None, :] <= np.arange(cut.size)[:, None]) - shares[:, None]
            density = np.exp(-0.5 * cut**2) / np.sqrt(2.0 * np.pi)
            by_category[: cut.size, :-1, item] = n / n_answered * below / density[:, None]
            parts.append(by_category[: cut.size, :, item][:, codes[:, item]])  # code -1 takes the last: no answer
        numbers = np.flatnonzero(~ordered)
        answered = ~np.isnan(x[:, numbers])
        count = answered.sum(axis=0)
        values = np.where(answered, x[:, numbers], 0.0)
        mean = np.zeros(p)
        mean[numbers] = values.sum(axis=0) / np.maximum(count, 1)
        deviations = np.where(answered, x[:, numbers] - mean[numbers], 0.0)
        sd = np.ones(p)
        sd[numbers] = np.sqrt((deviations**2).sum(axis=0) / np.maximum(count, 1))
        z = np.full((n, p), np.nan)
        z[:, numbers] = (x[:, numbers] - mean[numbers]) / np.where(sd[numbers] > 0, sd[numbers], 1.0)
        t = sum(len(part) for part in parts)
        at = np.full(p, -1)
        at[numbers] = t + np.arange(numbers.size)
        means, variances = _number_influence(z[:, numbers], sd[numbers])
        return cls(
            codes=codes,
            cuts=cuts,
            z=z,
            mean=mean,
            sd=sd,
            influence=np.vstack([*parts, means, variances]) if parts else np.vstack([means, variances]),
            by_category=by_category,
            mean_at=at,
            variance_at=np.where(at >= 0, at + numbers.size, -1),
            ordered=ordered,
        )


def _number_influence(z: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Influence on means and variances, shape (numbers, n): scores by the inverse of their cross-products."""
    n, c = z.shape
    means, variances = np.zeros((c, n)), np.zeros((c, n))
    for k in range(c):
        score = _number_scores(z[:, k], sd[k])
        information = score @ score.T
        means[k], variances[k] = n * np.linalg.solve(information, score)
    return means, variances


def _number_scores(z: Floats, sd: float) -> Floats:
    """Scores of mean and variance of a normal variable, shape (2, n); 0 where not answered."""
    value = np.nan_to_num(z)
    return np.array([value / sd, np.where(np.isnan(z), 0.0, (value**2 - 1.0) / (2.0 * sd**2))])


def number_correlations(z: Floats) -> Floats:
    """Correlations of standardised numbers by maximum likelihood given their means and variances, pair by pair.

    The equation of one pair is cubic; with complete answers its root is the product-moment correlation.
    """
    c = z.shape[1]
    r = np.eye(c)
    for i in range(c):
        for j in range(i + 1, c):
            both = ~np.isnan(z[:, i]) & ~np.isnan(z[:, j])
            a, b = z[both, i], z[both, j]
            if a.size < 2:
                r[i, j] = r[j, i] = np.nan
                continue
            cross, square = float(np.mean(a * b)), float(np.mean(a**2 + b**2))
            roots = np.roots([-1.0, cross, 1.0 - square, cross])
            real = roots[(np.abs(roots.imag) < 1e-9) & (np.abs(roots.real) < 1.0)].real
            r[i, j] = r[j, i] = real[np.argmin(np.abs(real - cross))] if real.size else np.nan
    return r


def _pair_influence(variables: _Variables, r: Floats, sd: Floats) -> Floats:
    """Influence of each respondent on the covariance of each pair, shape (pairs, n)."""
    n, p = variables.codes.shape
    first, second = np.triu_indices(p, 1)
    place = np.zeros((p, p), dtype=np.int64)
    place[first, second] = np.arange(first.size)
    found = np.empty((first.size, n))
    items, numbers = np.flatnonzero(variables.ordered), np.flatnonzero(~variables.ordered)
    if items.size > 1:
        i, j = (items[index] for index in np.triu_indices(items.size, 1))
        tables = _item_pairs(variables, r, i, j)
        width = tables.shape[1]
        flat = np.ascontiguousarray(tables.reshape(len(tables), -1))
        codes = np.where(variables.codes < 0, width - 1, variables.codes).astype(np.intp).T
        for k, (one, other) in enumerate(zip(i, j, strict=True)):
            np.take(flat[k], codes[one] * width + codes[other], out=found[place[one, other]], mode="clip")
    for one in numbers:
        for other in (*items, *numbers[numbers > one]):
            rho = r[one, other]
            at = place[min(one, other), max(one, other)]
            if variables.ordered[other]:
                part, slope = _number_and_item(variables, int(one), int(other), rho), 0.0
            else:
                part, slope = _numbers(variables, int(one), int(other), rho), 1.0
            # from the correlation to the covariance: the standard deviations have errors too
            total = sd[one] * sd[other] * part
            for own in (one, other) if slope else (one,):
                total += (
                    rho * sd[one] * sd[other] / (2.0 * sd[own] ** 2) * variables.influence[variables.variance_at[own]]
                )
            found[at] = total
    return found


def _item_pairs(variables: _Variables, r: Floats, first: Ints, second: Ints) -> Floats:
    """Influence on the polychoric correlation of each pair of categories, shape (pairs, k + 2, k + 2).

    The last row and column stand for no answer.
    """
    k = len(variables.cuts)
    counts = cross_tables(variables.codes, np.full(variables.codes.shape[1], k + 1)).of(first, second, k + 1, k + 1)
    a, b, rho = variables.cuts[:, first], variables.cuts[:, second], r[first, second]
    corners = Corners(a, b)
    corners.move(np.arcsin(rho))
    cells = np.maximum(corners.cells(), _FLOOR)
    # by rho: the bivariate density is that by theta over the cosine
    score = bordered(corners.density(corners.theta)[0] / (2.0 * np.pi * np.sqrt(1.0 - rho**2))) / cells
    weight = counts * score / cells
    by_rho = np.einsum("ijp,ijp->p", counts, score**2)
    table = np.zeros((k + 2, k + 2, first.size))
    table[:-1, :-1] = score
    table -= _carried(weight, a, b, rho, variables.by_category[:, :, first])[:, None, :] / len(variables.codes)
    turned = weight.transpose(1, 0, 2)
    table -= _carried(turned, b, a, rho, variables.by_category[:, :, second])[None, :, :] / len(variables.codes)
    settled = np.where(by_rho > 0.0, by_rho, np.nan)
    return np.asarray((len(variables.codes) * table / settled).transpose(2, 0, 1))


def _carried(weight: Floats, a: Floats, b: Floats, rho: Floats, by_category: Floats) -> Floats:
    """What each category of the rows does to the correlation through the thresholds of the rows, shape (k + 2, pairs)."""
    cosine = np.sqrt(1.0 - rho**2)
    far = np.isinf(a)
    inner = np.where(far, 0.0, a)
    given = ndtr((b[None, :, :] - rho * inner[:, None, :]) / cosine)
    edge = np.zeros((len(a), 1, a.shape[1]))
    along = np.diff(np.concatenate([edge, given, edge + 1.0], axis=1), axis=1)
    density = np.where(far, 0.0, np.exp(-0.5 * inner**2) / np.sqrt(2.0 * np.pi))
    # products of the scores of correlation and threshold
    shared = (along * (weight[:-1] - weight[1:])).sum(axis=1) * density
    return np.asarray(np.einsum("tp,tcp->cp", shared, by_category))


def _number_and_item(variables: _Variables, number: int, item: int, rho: float) -> Floats:
    """Influence on a polyserial correlation, shape (n,)."""
    z, code = variables.z[:, number], variables.codes[:, item]
    used = ~np.isnan(z) & (code >= 0)
    z, code, sd = z[used], code[used].astype(np.intp), variables.sd[number]
    cuts = variables.cuts[np.isfinite(variables.cuts[:, item]), item]
    ends = np.concatenate([[-FAR], cuts, [FAR]])
    cosine = np.sqrt(1.0 - rho**2)
    lower, upper = (ends[code] - rho * z) / cosine, (ends[code + 1] - rho * z) / cosine
    cell = probability_between(lower, upper)
    density_lower, density_upper = (np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi) / cell for u in (lower, upper))
    by_z = -(density_upper - density_lower) * rho / cosine
    by_rho = (density_upper * (ends[code + 1] * rho - z) - density_lower * (ends[code] * rho - z)) / cosine**3
    # z itself moves with the mean and the variance
    scores = np.vstack([(z - by_z) / sd, (z**2 - 1.0 - by_z * z) / (2.0 * sd**2), np.zeros((cuts.size, z.size))])
    rows = np.arange(z.size)
    at_upper, at_lower = code < cuts.size, code > 0
    scores[2 + code[at_upper], rows[at_upper]] += density_upper[at_upper] / cosine
    scores[1 + code[at_lower], rows[at_lower]] -= density_lower[at_lower] / cosine
    n = len(variables.codes)
    own = np.vstack(
        [
            variables.influence[[variables.mean_at[number], variables.variance_at[number]]],
            variables.by_category[: cuts.size, :, item][:, variables.codes[:, item]],
        ]
    )
    return second_step(by_rho, scores, own, used, n)


def _numbers(variables: _Variables, one: int, other: int, rho: float) -> Floats:
    """Influence on the correlation of two numbers, shape (n,)."""
    x, y = variables.z[:, one], variables.z[:, other]
    used = ~np.isnan(x) & ~np.isnan(y)
    x, y, n = x[used], y[used], len(variables.codes)
    square = 1.0 - rho**2
    by_rho = (rho * square + (1.0 + rho**2) * x * y - rho * (x**2 + y**2)) / square**2
    scores = []
    for a, b, sd in ((x, y, variables.sd[one]), (y, x, variables.sd[other])):
        pull = (a - rho * b) / square
        scores += [pull / sd, (pull * a - 1.0) / (2.0 * sd**2)]
    own = variables.influence[[place[k] for k in (one, other) for place in (variables.mean_at, variables.variance_at)]]
    return second_step(by_rho, np.array(scores), own, used, n)


def second_step(by_rho: Floats, scores: Floats, own: Floats, used: Flags, n: int) -> Floats:
    """Influence on a correlation: its score, less what the first step's errors do, by its information."""
    total = np.zeros(n)
    total[used] = n * by_rho
    total -= (scores @ by_rho) @ own
    return np.asarray(total / (by_rho @ by_rho))
