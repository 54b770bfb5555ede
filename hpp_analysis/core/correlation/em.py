"""Means and covariances of normal variables by maximum likelihood from all answers, complete or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from hpp_analysis.core.arrays import Flags, Floats, Ints

_TOLERANCE = 1e-10
"""A step that moves no mean, variance or covariance of the standardised variables by more ends the iteration."""

_MAX_ITERATIONS = 2000

_SINGULAR = 1e-9
"""Covariances count as singular where an eigenvalue of the correlations is smaller."""

_BLOCK = 2_000_000
"""Numbers in one stack of small matrices: bounds the memory."""


@dataclass(frozen=True, slots=True)
class NormalMoments:
    """Maximum-likelihood estimates of a normal distribution.

    Attributes
    ----------
    mean : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Of maximum likelihood: divisor n with complete answers, not n - 1. NaN in the row and column of a variable
        without two different answers.
    loglik : float
        Of the answers given, at the estimates; NaN where a variable has no estimate or the covariances are singular.
    n_used : int
        Rows with at least one answer.
    n_iterations : int
        Steps of expectation and maximisation; 0 with complete answers.
    converged : bool
    never_together : ndarray of int, shape (k, 2)
        Pairs of variables that no row answers both; their covariance rests on the other variables alone.
    flags : tuple of str
        "constant" (a variable without two different answers), "never_together", "singular" (the variables are
        linearly dependent, or there are fewer rows than variables), "not_converged".
    """

    mean: Floats
    covariance: Floats
    loglik: float
    n_used: int
    n_iterations: int
    converged: bool
    never_together: Ints
    flags: tuple[str, ...]


def normal_moments(x: Floats, *, tolerance: float = _TOLERANCE, max_iterations: int = _MAX_ITERATIONS) -> NormalMoments:
    r"""Estimate means and covariances under normality from incomplete answers, by EM.

    The expectation of a missing answer given the others needs only the small block :math:`K_{mm}` of the precision
    matrix :math:`K = \Sigma^{-1}` that belongs to the missing answers of a row: its mean is
    :math:`\mu_m - K_{mm}^{-1} K_{mo} (x_o - \mu_o)`, its covariance :math:`K_{mm}^{-1}`. Rows with the same gaps share
    them, patterns with equally many gaps are inverted in one stack, and a pattern with more rows than variables is
    carried by its mean and a triangular root of its cross-products. Steps are extrapolated (SQUAREM) as long as the
    likelihood rises.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Rows are observations; NaN is not answered.
    tolerance : float
        See `_TOLERANCE`.
    max_iterations : int
        Steps after which the estimates are flagged as not converged.

    References
    ----------
    Dempster, Laird & Rubin (1977), doi:10.1111/j.2517-6161.1977.tb01600.x; Little & Rubin (2019),
    doi:10.1002/9781119482260, chapter 11; Varadhan & Roland (2008), doi:10.1111/j.1467-9469.2007.00585.x

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 7.0], [4.0, np.nan]])
    >>> moments = normal_moments(x)
    >>> moments.mean.round(6)
    array([2.5 , 5.25])
    >>> moments.n_used, moments.flags
    (4, ())
    """
    x = np.asarray(x, dtype=np.float64)
    p = x.shape[1]
    answered = ~np.isnan(x)
    used = answered.any(axis=1)
    x, answered = x[used], answered[used]
    counts = answered.sum(axis=0)
    low = np.min(np.where(answered, x, np.inf), axis=0, initial=np.inf)
    high = np.max(np.where(answered, x, -np.inf), axis=0, initial=-np.inf)
    varies = high > low
    centre = np.where(answered, x, 0.0).sum(axis=0) / np.maximum(counts, 1)
    deviations = np.where(answered, x - centre, 0.0)
    scale = np.where(varies, np.sqrt((deviations**2).sum(axis=0) / np.maximum(counts, 1)), 1.0)
    flags = [] if varies.all() else ["constant"]

    together = answered[:, varies].astype(np.float64)
    columns = np.flatnonzero(varies)
    never = columns[np.argwhere(np.triu(together.T @ together == 0))]
    if never.size:
        flags.append("never_together")

    keep = answered[:, varies].any(axis=1)
    rows = Rows.of((deviations / scale)[keep][:, varies], answered[keep][:, varies])
    mu, sigma, loglik, n_iterations, why = iterate(rows, tolerance, max_iterations)
    flags.extend(why)

    mean = np.where(counts > 0, centre, np.nan)
    mean[varies] = centre[varies] + scale[varies] * mu
    covariance = np.full((p, p), np.nan)
    covariance[np.ix_(varies, varies)] = sigma * np.outer(scale[varies], scale[varies])
    # densities of the standardised answers, brought back to the scale of the answers
    loglik -= float((counts[varies] * np.log(scale[varies])).sum())
    if not varies.all():
        loglik = np.nan
    return NormalMoments(
        mean,
        covariance,
        loglik,
        int(used.sum()),
        n_iterations,
        "not_converged" not in why,
        never.astype(np.int64),
        tuple(flags),
    )


@dataclass(frozen=True, slots=True)
class Gaps:
    """Patterns that miss equally many variables, m; their rows lie side by side.

    Attributes
    ----------
    missing : ndarray of int, shape (g, m)
        The variables that each pattern misses.
    n : ndarray, shape (g,)
        Rows of each pattern.
    flat : ndarray of int, shape (g, m * m)
        The places of each pattern's missing pairs in a raveled p x p matrix.
    rows : slice
        Of the pseudo-rows.
    pattern : ndarray of int
        The pattern of each of these rows.
    """

    missing: Ints
    n: Floats
    flat: Ints
    rows: slice
    pattern: Ints


@dataclass(frozen=True, slots=True)
class Rows:
    """The answers as pseudo-rows with the same sums and cross-products within each pattern of gaps.

    Attributes
    ----------
    x : ndarray, shape (r, p)
        0 where missing. A row stands for itself, for the mean of its pattern (times the root of n), or for a line of
        the triangular root of the cross-products about that mean.
    weight : ndarray, shape (r,)
        How much of the mean is in the row: 1, root n, or 0.
    answered : ndarray, shape (r, p)
        1 where answered, else 0.
    gaps : list of Gaps
    n : float
        Rows of the data.
    n_answers : float
        Answers in the data.
    places : ndarray of int, shape (r,)
        The row of the data behind each pseudo-row where every row was kept whole; else empty.
    """

    x: Floats
    weight: Floats
    answered: Floats
    gaps: list[Gaps]
    n: float
    n_answers: float
    places: NDArray[np.intp]

    @classmethod
    def of(cls, x: Floats, answered: Flags, *, whole: bool = False) -> Rows:
        """Group the rows of `x` (0 where not answered) by their gaps; `whole`: without condensing patterns."""
        n, p = x.shape
        packed = np.packbits(answered, axis=1)
        keys = np.ascontiguousarray(packed).view([("", packed.dtype)] * packed.shape[1]).ravel() if p else packed
        _unique, first, inverse, size = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        patterns = answered[first]
        n_missing = (~patterns).sum(axis=1)
        order = np.argsort(inverse, kind="stable")
        starts = np.concatenate([[0], np.cumsum(size)])
        ranks = np.argsort(n_missing, kind="stable")
        blocks: list[Floats] = []
        weights: list[Floats] = []
        lengths = np.empty(ranks.size, dtype=np.int64)
        places: list[NDArray[np.intp]] = []
        for place, pattern in enumerate(ranks):
            members = order[starts[pattern] : starts[pattern + 1]]
            block = x[members]
            weight = np.ones(block.shape[0])
            if whole:
                places.append(members)
            elif block.shape[0] > p + 1:
                mean = block.mean(axis=0)
                root = np.asarray(np.linalg.qr(block - mean, mode="r"))
                weight = np.concatenate([[np.sqrt(block.shape[0])], np.zeros(root.shape[0])])
                block = np.vstack([weight[0] * mean, root])
            blocks.append(block)
            weights.append(weight)
            lengths[place] = block.shape[0]
        ends = np.cumsum(lengths)
        gaps = []
        for m in np.unique(n_missing[n_missing > 0]):
            with_m = np.flatnonzero(n_missing[ranks] == m)
            for part in np.array_split(with_m, max(1, with_m.size * int(m) ** 2 // _BLOCK)):
                missing = np.nonzero(~patterns[ranks[part]])[1].reshape(part.size, int(m))
                flat = (missing[:, :, None] * p + missing[:, None, :]).reshape(part.size, -1)
                gaps.append(
                    Gaps(
                        missing,
                        size[ranks[part]].astype(np.float64),
                        flat,
                        slice(int(ends[part[0]] - lengths[part[0]]), int(ends[part[-1]])),
                        np.repeat(np.arange(part.size), lengths[part]),
                    )
                )
        stacked = np.vstack(blocks) if blocks else np.empty((0, p))
        mask = np.repeat(patterns[ranks], lengths, axis=0).astype(np.float64)
        weight = np.concatenate(weights) if weights else np.empty(0)
        behind = np.concatenate(places) if places else np.empty(0, dtype=np.intp)
        return cls(stacked, weight, mask, gaps, float(n), float(answered.sum()), behind)


def expectation_step(rows: Rows, mu: Floats, sigma: Floats) -> tuple[Floats, Floats, float] | None:
    """One step of EM: new means and covariances, and the log-likelihood before it.

    None where sigma is not positive definite. By Fisher's identity the step holds the gradient of the log-likelihood
    too: :func:`hpp_analysis.core.sem.fiml.likelihood` takes it from there.
    """
    factor, info = lapack.dpotrf(sigma, lower=1, clean=1)
    if info:
        return None
    log_det = 2.0 * float(np.log(np.diag(factor)).sum())
    inverse, _info = lapack.dtrtri(factor, lower=1)  # dpotri waits milliseconds for threads with some BLAS
    precision = inverse.T @ inverse
    p = mu.size
    d = rows.x - rows.weight[:, None] * (mu * rows.answered)
    pull = d @ precision
    spread = np.zeros(p * p)
    log_dets = rows.n * log_det
    for gap in rows.gaps:
        block = precision.ravel()[gap.flat].reshape(-1, gap.missing.shape[1], gap.missing.shape[1])
        inverse = np.linalg.inv(block)
        log_dets += float(gap.n @ np.linalg.slogdet(block)[1])
        missing = gap.missing[gap.pattern]
        pull_missing = np.take_along_axis(pull[gap.rows], missing, axis=1)
        fill = -np.matmul(inverse[gap.pattern], pull_missing[:, :, None])[:, :, 0]
        np.put_along_axis(d[gap.rows], missing, fill, axis=1)
        weighted = (gap.n[:, None, None] * inverse).ravel()
        spread += np.bincount(gap.flat.ravel(), weights=weighted, minlength=p * p)
    # at the expected answers the quadratic form is that of the answers given
    quadratic = float(np.einsum("ij,ij->", d @ precision, d))
    loglik = -0.5 * (rows.n_answers * np.log(2.0 * np.pi) + log_dets + quadratic)
    shift = rows.weight @ d / rows.n
    second = (d.T @ d + spread.reshape(p, p)) / rows.n - np.outer(shift, shift)
    return mu + shift, (second + second.T) / 2.0, loglik


def iterate(
    rows: Rows, tolerance: float, max_iterations: int, start: tuple[Floats, Floats] | None = None
) -> tuple[Floats, Floats, float, int, list[str]]:
    """Estimates, log-likelihood, steps taken, and flags."""
    p = rows.x.shape[1]
    if not rows.gaps:
        mu = rows.weight @ rows.x / max(rows.n, 1.0)
        d = rows.x - rows.weight[:, None] * mu
        sigma = d.T @ d / max(rows.n, 1.0)
        at = None if _is_singular(sigma) else expectation_step(rows, mu, sigma)
        return mu, sigma, at[2] if at else np.nan, 0, [] if at else ["singular"]
    mu, sigma = start or (np.zeros(p), np.eye(p))
    count, loglik = 0, np.nan
    while count < max_iterations:
        first = expectation_step(rows, mu, sigma)
        if first is None or (count > 30 and _is_singular(sigma)):
            return mu, sigma, np.nan, count, ["singular", "not_converged"]
        count += 1
        if _moved(mu, sigma, first) < tolerance:
            return first[0], first[1], first[2], count, ["singular"] if _is_singular(first[1]) else []
        second = expectation_step(rows, first[0], first[1])
        if second is None:
            return first[0], first[1], np.nan, count, ["singular", "not_converged"]
        count += 1
        leap = _leap(rows, (mu, sigma), first, second)
        reached = second
        if leap is not None:
            count += 1
            reached = leap
        mu, sigma, loglik = reached
    return mu, sigma, loglik, count, ["not_converged"]


def _leap(
    rows: Rows, start: tuple[Floats, Floats], first: tuple[Floats, Floats, float], second: tuple[Floats, Floats, float]
) -> tuple[Floats, Floats, float] | None:
    """Extrapolate from two steps (SQUAREM, scheme S3); None where the likelihood is lower there."""
    r = [b - a for a, b in zip(start, first[:2], strict=True)]
    v = [c - 2.0 * b + a for a, b, c in zip(start, first[:2], second[:2], strict=True)]
    bend = sum(float((part**2).sum()) for part in v)
    if bend == 0.0:
        return None
    alpha = -float(np.sqrt(sum(float((part**2).sum()) for part in r) / bend))
    if alpha > -1.0:
        return None
    mu, sigma = (a - 2.0 * alpha * b + alpha**2 * c for a, b, c in zip(start, r, v, strict=True))
    reached = expectation_step(rows, mu, sigma)
    # rounding of the log-likelihood itself must not stop the last leaps
    return reached if reached and reached[2] >= second[2] - 1e-12 * abs(second[2]) else None


def _moved(mu: Floats, sigma: Floats, step: tuple[Floats, Floats, float]) -> float:
    return float(max(np.max(np.abs(step[0] - mu)), np.max(np.abs(step[1] - sigma))))


def _is_singular(sigma: Floats) -> bool:
    if sigma.size == 0:
        return True
    sd = np.sqrt(np.diag(sigma))
    if not np.all(sd > 0.0):
        return True
    return bool(np.linalg.eigvalsh(sigma / np.outer(sd, sd))[0] < _SINGULAR)
