"""Sample moments: means, covariances and patterns of missing answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.correlation.em import normal_moments
from hpp_analysis.core.sem.fiml import Patterns, find_patterns


@dataclass(frozen=True, slots=True)
class Moments:
    """The answers of one group of respondents.

    Attributes
    ----------
    n : int
        Respondents used.
    n_given : int
        Respondents before any was left out.
    mean : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Divisor n. With missing answers the maximum-likelihood estimates of the saturated model.
    loglik : float
        Log-likelihood of the saturated model; NaN where the covariances are singular or the answers are unknown.
    rows : ndarray of int, shape (n,)
        The rows that were used.
    answers : ndarray, shape (n, p) or None
        Their answers, NaN where missing; None if only the covariances are known.
    patterns : Patterns or None
        Respondents with the same gaps together; None where no answer is missing.
    flags : tuple of str
        Those of `normal_moments` ("constant", "never_together", "singular", "not_converged"), "few_rows" (fewer
        respondents than variables), "no_rows".
    """

    n: int
    n_given: int
    mean: Floats
    covariance: Floats
    loglik: float
    rows: Ints
    answers: Floats | None
    patterns: Patterns | None
    flags: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no answer of the rows used is missing."""
        return self.patterns is None


def sample_moments(x: Floats, *, fiml: bool) -> Moments:
    """Take the moments of one group.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.
    fiml : bool
        Use every row with an answer, by maximum likelihood; otherwise the complete rows alone. Without a missing
        answer both are the same.

    Examples
    --------
    >>> moments = sample_moments(np.array([[1.0, 2.0], [2.0, 3.0], [3.0, np.nan], [4.0, 7.0]]), fiml=False)
    >>> moments.n, moments.n_given
    (3, 4)
    """
    x = np.asarray(x, dtype=np.float64)
    answered = ~np.isnan(x)
    used_rows = np.flatnonzero(answered.any(axis=1) if fiml else answered.all(axis=1))
    all_used = used_rows.size == len(x)
    answers = x if all_used else x[used_rows]
    complete = bool(answered.all() if all_used else answered[used_rows].all())
    quick = _complete(answers) if complete and used_rows.size > 1 else None
    mean, covariance, loglik, flags = quick or _by_em(answers)
    if used_rows.size == 0:
        flags.append("no_rows")
    elif used_rows.size <= x.shape[1]:
        flags.append("few_rows")
    return Moments(
        n=int(used_rows.size),
        n_given=int(x.shape[0]),
        mean=mean,
        covariance=covariance,
        loglik=loglik,
        rows=used_rows.astype(np.int64),
        answers=answers,
        patterns=None if complete else find_patterns(answers),
        flags=tuple(dict.fromkeys(flags)),
    )


_Estimates = tuple[Floats, Floats, float, list[str]]


def _by_em(x: Floats) -> _Estimates:
    found = normal_moments(x)
    return found.mean, found.covariance, found.loglik, list(found.flags)


def _complete(x: Floats) -> _Estimates | None:
    """Moments of complete answers; None where a variable is constant or follows from others."""
    n, p = x.shape
    mean = x.mean(axis=0)
    deviations = x - mean
    covariance = deviations.T @ deviations / n
    sd = np.sqrt(np.diag(covariance))
    if not (sd > 0).all():
        return None
    size = np.linalg.eigvalsh(covariance / np.outer(sd, sd))
    if size[0] < 1e-8:  # the general way says what is wrong
        return None
    log_det = float(np.log(size).sum() + 2.0 * np.log(sd).sum())
    return mean, covariance, -0.5 * n * (p * np.log(2.0 * np.pi) + log_det + p), []


def moments_of_covariance(covariance: Floats, n: int, *, mean: Floats | None = None, divisor: str = "n-1") -> Moments:
    """Moments where only a covariance matrix (and means) are known, as lavaan's `sample.cov`.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
    n : int
        Respondents behind it.
    mean : ndarray, shape (p,), optional
        NaN in the result if it is not given.
    divisor : {"n-1", "n"}
        What the given covariances were divided by; the result has divisor n.

    Examples
    --------
    >>> moments_of_covariance(np.array([[1.0, 0.5], [0.5, 1.0]]), 101).covariance[0, 0].round(4)
    np.float64(0.9901)
    """
    s = np.asarray(covariance, dtype=np.float64)
    p = s.shape[0]
    if divisor == "n-1":
        s = s * (n - 1) / n
    sign, log_det = np.linalg.slogdet(s) if np.isfinite(s).all() else (0.0, np.nan)
    flags = [] if sign > 0 and np.linalg.eigvalsh(s)[0] > 0 else ["singular"]
    if n <= p:
        flags.append("few_rows")
    loglik = np.nan if flags[:1] == ["singular"] else -0.5 * n * (p * np.log(2 * np.pi) + log_det + p)
    return Moments(
        n=int(n),
        n_given=int(n),
        mean=np.full(p, np.nan) if mean is None else np.asarray(mean, dtype=np.float64),
        covariance=s,
        loglik=float(loglik),
        rows=np.arange(n, dtype=np.int64),
        answers=None,
        patterns=None,
        flags=tuple(flags),
    )


def group_moments(x: Floats, codes: Sequence[int] | Ints, *, n_groups: int, fiml: bool) -> tuple[Moments, ...]:
    """Moments of each group; `codes` counts groups from 0, and the rows of a group are numbered in all rows.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 1.0], [5.0, 5.0], [7.0, 1.0], [3.0, 4.0]])
    >>> [group.n for group in group_moments(x, [0, 0, 1, 1, 1], n_groups=2, fiml=False)]
    [2, 3]
    """
    codes = np.asarray(codes)
    if n_groups == 1 and not codes.any():
        return (sample_moments(x, fiml=fiml),)
    found = []
    for group in range(n_groups):
        members = np.flatnonzero(codes == group)
        moments = sample_moments(x[members], fiml=fiml)
        found.append(replace(moments, rows=members[moments.rows]))
    return tuple(found)
