"""Multiple imputation of normal variables, and estimates pooled over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.correlation.em import normal_moments
from hpp_analysis.errors import NotIdentifiedError

_TRIES = 10
"""Samples of persons that may fail, by chance, to settle the covariances, for each one that does."""

_UNSETTLED = {"constant", "singular", "never_together", "not_converged"}
"""Flags of moments from which nothing can be predicted."""


class Pooled(NamedTuple):
    """Estimates over several imputations.

    Attributes
    ----------
    estimate, se, df : ndarray
        Without the first axis of what was pooled. `df` is that of the complete answers where imputations do not differ.
    """

    estimate: Floats
    se: Floats
    df: Floats


def impute_normal(x: Floats, *, draws: int, person: Ints, rng: np.random.Generator) -> Floats:
    r"""Fill the gaps of jointly normal variables several times.

    Each draw estimates means and covariances by EM from a sample of persons, with replacement, so that their uncertainty is
    part of what differs between draws; then it draws each gap given what its row answers.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Rows are ratings; NaN is a gap.
    draws : int
    person : ndarray of int, shape (n,)
        Whose rating a row is: a sample takes all rows of a person, or none.
    rng : Generator

    Returns
    -------
    ndarray, shape (draws, n, p)
        Rows without any answer stay NaN. A variable with one value only is filled with it.

    Raises
    ------
    NotIdentifiedError
        When there are too few rows to settle the covariances.

    References
    ----------
    Honaker, King & Blackwell (2011), doi:10.18637/jss.v045.i07

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(400, 1)) + rng.normal(scale=0.1, size=(400, 2))
    >>> x[0] = [2.0, np.nan]
    >>> filled = impute_normal(x, draws=200, person=np.arange(400), rng=rng)
    >>> float(filled[:, 0, 1].mean().round(1))
    2.0
    """
    x = np.asarray(x, dtype=np.float64)
    order = np.argsort(person, kind="stable")
    rows_of_person = np.split(order, np.flatnonzero(np.diff(person[order])) + 1)
    gaps = _Gaps.of(x)
    if not gaps.any:
        return np.repeat(x[None], draws, axis=0)
    return np.array(
        [gaps.filled(x, *_sampled_moments(x[:, gaps.columns], rows_of_person, rng), rng) for _draw in range(draws)]
    )


def predict_normal(x: Floats) -> Floats:
    """Fill the gaps of jointly normal variables with what is expected given the answers of their row.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Rows are ratings; NaN is a gap.

    Returns
    -------
    ndarray, shape (n, p)
        As `impute_normal`, without its draws: fit for means, not for their errors.

    Raises
    ------
    NotIdentifiedError
        When there are too few rows to settle the covariances.

    Examples
    --------
    >>> predict_normal(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 5.0], [4.0, np.nan]]))[3].round(2)
    array([4.  , 6.67])
    """
    x = np.asarray(x, dtype=np.float64)
    gaps = _Gaps.of(x)
    if not gaps.any:
        return x.copy()
    found = normal_moments(x[:, gaps.columns])
    if _UNSETTLED & set(found.flags):
        raise _too_few(x)
    return gaps.filled(x, found.mean, found.covariance, None)


@dataclass(frozen=True, eq=False, slots=True)
class _Gaps:
    """Where the gaps are.

    Attributes
    ----------
    columns : ndarray of int
        The variables with two different answers.
    constant : ndarray, shape (p,)
        The value of those with one; else NaN.
    patterns : list of (ndarray of bool, ndarray of int)
        Which of `columns` are answered, and the rows of which that holds.
    any : bool
        Whether a row with an answer has a gap.
    """

    columns: Ints
    constant: Floats
    patterns: list[tuple[Flags, Ints]]
    any: bool

    @classmethod
    def of(cls, x: Floats) -> _Gaps:
        answered = ~np.isnan(x)
        rows = np.flatnonzero(answered.any(axis=1))
        low = np.min(np.where(answered, x, np.inf), axis=0, initial=np.inf)
        varies = np.max(np.where(answered, x, -np.inf), axis=0, initial=-np.inf) > low
        columns = np.flatnonzero(varies)
        patterns, number = np.unique(answered[np.ix_(rows, columns)], axis=0, return_inverse=True)
        of_pattern = [(has, rows[number.ravel() == place]) for place, has in enumerate(patterns)]
        constant = np.where(varies | np.isinf(low), np.nan, low)
        return cls(columns, constant, of_pattern, not answered[rows].all())

    def filled(self, x: Floats, mean: Floats, covariance: Floats, rng: np.random.Generator | None) -> Floats:
        """The rows with their gaps drawn or, without `rng`, expected."""
        values = np.where(np.isnan(x) & ~np.isnan(x).all(axis=1, keepdims=True), self.constant, x)
        for has, rows in self.patterns:
            if not has.all():
                given = x[np.ix_(rows, self.columns)]
                values[np.ix_(rows, self.columns[~has])] = _given(given, has, mean, covariance, rng)
        return values


def _sampled_moments(x: Floats, rows_of_person: list[Ints], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Means and covariances of a sample of persons."""
    for _try in range(_TRIES):
        sample = rng.integers(len(rows_of_person), size=len(rows_of_person))
        found = normal_moments(x[np.concatenate([rows_of_person[one] for one in sample])])
        if not _UNSETTLED & set(found.flags):
            return found.mean, found.covariance
    raise _too_few(x)


def _too_few(x: Floats) -> NotIdentifiedError:
    return NotIdentifiedError(
        f"Gaps can be predicted only where the answers settle the covariances. Given: {len(x)} ratings of {x.shape[1]} "
        "variables. Use more ratings, or fewer items."
    )


def _given(x: Floats, has: Flags, mean: Floats, covariance: Floats, rng: np.random.Generator | None) -> Floats:
    """The gaps of rows that answer the same variables."""
    within = covariance[np.ix_(~has, ~has)]
    centre = np.broadcast_to(mean[~has], (len(x), int((~has).sum())))
    if has.any():
        between = covariance[np.ix_(~has, has)]
        slopes = np.linalg.solve(covariance[np.ix_(has, has)], between.T)
        centre = mean[~has] + (x[:, has] - mean[has]) @ slopes
        within = within - between @ slopes
    if rng is None:
        return np.asarray(centre)
    values, vectors = np.linalg.eigh((within + within.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(centre + rng.standard_normal(centre.shape) @ root.T)


def pool_imputations(estimate: ArrayLike, se: ArrayLike, df: ArrayLike) -> Pooled:
    """Pool estimates over imputations by Rubin's rules, with the degrees of freedom of Barnard and Rubin.

    Parameters
    ----------
    estimate, se : array_like, shape (m, ...)
        Of each imputation.
    df : array_like, shape (m, ...) or (...)
        Degrees of freedom that the complete answers would have; their mean counts.

    References
    ----------
    Rubin (1987), doi:10.1002/9780470316696; Barnard & Rubin (1999), doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> pooled = pool_imputations([1.0, 1.2, 1.1], [0.2, 0.2, 0.2], [30, 30, 30])
    >>> round(float(pooled.estimate), 2), round(float(pooled.se), 3), round(float(pooled.df), 1)
    (1.1, 0.231, 12.7)
    """
    q, within = np.asarray(estimate, dtype=np.float64), (np.asarray(se, dtype=np.float64) ** 2).mean(axis=0)
    nu = np.broadcast_to(np.asarray(df, dtype=np.float64), q.shape).mean(axis=0)
    m = len(q)
    between = (1 + 1 / m) * q.var(axis=0, ddof=1) if m > 1 else np.zeros(q.shape[1:])
    total = within + between
    differ = between > 1e-24 * np.maximum(within, 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(differ, between / total, 0.0)
        observed = (nu + 1) / (nu + 3) * nu * (1 - share)
        old = (m - 1) / share**2
        # with infinitely many degrees of freedom of the complete answers only those of the imputations are left
        pooled = np.where(np.isinf(nu), old, old * observed / (old + observed))
    return Pooled(q.mean(axis=0), np.sqrt(total), np.where(differ, pooled, nu))
