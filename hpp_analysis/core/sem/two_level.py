r"""Models of two levels: persons in clusters, with random intercepts, by maximum likelihood.

An answer is the sum of what its cluster and its person bring: :math:`y_{ij} = u_j + e_{ij}`, with :math:`e \sim N(\mu_W,
\Sigma_W)` and :math:`(u, z) \sim N(\mu_B, \Sigma_B)`; z are variables of clusters alone, and u of a variable that differs
within clusters only is 0. All answers of a cluster together are normal with covariances :math:`V_j = D_j + Z_j\Sigma_BZ_j'`,
:math:`D_j` holding :math:`\Sigma_W` of the answers that each person gave. With :math:`A_j = Z_j'D_j^{-1}Z_j`, a sum over the
patterns of gaps, everything takes inverses of p x p matrices only, and clusters with the same numbers of persons of each
pattern (of complete answers: clusters of one size) share them.

References
----------
McDonald & Goldstein (1989), doi:10.1111/j.2044-8317.1989.tb00911.x; Muthén (1990), Mean and covariance structure analysis of
hierarchical data, UCLA Statistics Series 62; Lee (1990), doi:10.1093/biomet/77.4.763
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.sem.fiml import Patterns, find_patterns, precisions
from hpp_analysis.core.sem.model import Directions, Model, curvature, directions, implied
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.objective import Objective, Point, slopes_of

WITHIN, BETWEEN = 0, 1
"""The places of the levels among the groups of a model."""

_LOG_2PI = float(np.log(2.0 * np.pi))

_CHUNK = 4_000_000
"""Numbers held at once while second derivatives are summed: 32 megabytes, some times over."""

_FLOOR = 0.05
"""Least share of a variable's variance that a level starts with: estimates of moments may be negative between clusters."""


@dataclass(frozen=True, slots=True)
class ClusterAnswers:
    """Answers of persons in clusters, as far as the likelihood needs them.

    Variables are centred at `centre`. A pair is a cluster and a pattern of gaps that occurs in it; a composition is what the
    clusters have in common whose persons have the same patterns.

    Attributes
    ----------
    n, n_clusters, p : int
        Persons, clusters, variables.
    y, z : ndarray of int
        Places of the variables that persons differ in, and of those of clusters alone.
    shared : ndarray of bool, shape (len(y),)
        Whether clusters differ in a variable of persons too.
    centre : ndarray, shape (p,)
    patterns : Patterns
        Of the answers of persons; g patterns.
    pair_cluster, pair_pattern, pair_n : ndarray of int, shape (r,)
        In order of the clusters.
    pair_sum : ndarray, shape (r, len(y))
        Sums of the answers of each pair; 0 where missing.
    clusters_in_pairs : ndarray of int
        The clusters that have pairs, in order, and where each begins.
    pair_start : ndarray of int
    answers_z : ndarray, shape (j, len(z))
        0 where missing.
    z_patterns : ndarray of bool, shape (h, len(z))
        Which of them are known.
    composition : ndarray of int, shape (j,)
    counts : sparse array, shape (c, g)
        Persons of each pattern in a cluster of each composition.
    composition_n : ndarray, shape (c,)
        Clusters of each.
    composition_z : ndarray of int, shape (c,)
        Their pattern of z.
    filled : ClusterAnswers or None
        The same persons as if they had given every answer; None where they have.
    """

    n: int
    n_clusters: int
    p: int
    y: Ints
    z: Ints
    shared: Flags
    centre: Floats
    patterns: Patterns
    pair_cluster: Ints
    pair_pattern: Ints
    pair_n: Ints
    pair_sum: Floats
    clusters_in_pairs: Ints
    pair_start: Ints
    answers_z: Floats
    z_patterns: Flags
    composition: Ints
    counts: csr_array
    composition_n: Floats
    composition_z: Ints
    filled: ClusterAnswers | None

    @property
    def sizes(self) -> Ints:
        """Persons of each cluster, shape (j,)."""
        return np.bincount(self.pair_cluster, weights=self.pair_n, minlength=self.n_clusters).astype(np.int64)

    @property
    def n_values(self) -> int:
        """Answers given: those of persons, and those of clusters."""
        given = int(self.patterns.n @ self.patterns.answered.sum(axis=1))
        return given + int(self.composition_n @ self.z_patterns.sum(axis=1)[self.composition_z])


def cluster_answers(x: Floats, cluster: Ints, *, within: Flags, between: Flags) -> ClusterAnswers:
    """Reduce answers to what the likelihood needs.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered. A variable of clusters alone has one value in each cluster.
    cluster : ndarray of int, shape (n,)
        From 0, each number occurring.
    within, between : ndarray of bool, shape (p,)
        At which levels variables are; at least at one.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, np.nan], [3.0, 1.0], [4.0, 6.0]])
    >>> both = np.ones(2, dtype=bool)
    >>> cluster_answers(x, np.array([0, 0, 1, 1]), within=both, between=both).sizes
    array([2, 2])
    """
    x = np.asarray(x, dtype=np.float64)
    y, z = np.flatnonzero(within), np.flatnonzero(~within)
    n_clusters = int(cluster.max()) + 1
    values = np.full((n_clusters, len(z)), np.nan)
    for k, place in enumerate(z):
        known = ~np.isnan(x[:, place])
        values[cluster[known], k] = x[known, place]
    answered = ~np.isnan(x[:, y]).all(axis=1)
    centre = np.zeros(x.shape[1])
    centre[y] = np.nanmean(x[:, y], axis=0)
    if z.size:
        centre[z] = np.nanmean(values, axis=0)
    rows, codes = x[np.ix_(answered, y)] - centre[y], cluster[answered]
    patterns = find_patterns(rows)
    pairs, place, pair_n = np.unique(
        codes * len(patterns.n) + patterns.pattern, return_inverse=True, return_counts=True
    )
    pair_sum = np.zeros((len(pairs), len(y)))
    np.add.at(pair_sum, place, np.nan_to_num(rows))
    pair_cluster, pair_pattern = pairs // len(patterns.n), pairs % len(patterns.n)
    known_z = ~np.isnan(values)
    z_patterns, own_z = np.unique(known_z, axis=0, return_inverse=True)
    table = np.zeros((n_clusters, len(patterns.n) + 1))
    table[pair_cluster, pair_pattern] = pair_n
    table[:, -1] = own_z.ravel()
    kinds, composition, composition_n = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    in_pairs, start = np.unique(pair_cluster, return_index=True)
    found = ClusterAnswers(
        n=len(rows),
        n_clusters=n_clusters,
        p=x.shape[1],
        y=y,
        z=z,
        shared=between[y],
        centre=centre,
        patterns=patterns,
        pair_cluster=pair_cluster,
        pair_pattern=pair_pattern,
        pair_n=pair_n.astype(np.int64),
        pair_sum=pair_sum,
        clusters_in_pairs=in_pairs,
        pair_start=start,
        answers_z=np.nan_to_num(values - centre[z]),
        z_patterns=z_patterns,
        composition=composition.ravel().astype(np.int64),
        counts=csr_array(kinds[:, :-1]),
        composition_n=composition_n.astype(np.float64),
        composition_z=kinds[:, -1].astype(np.int64),
        filled=None,
    )
    if found.patterns.answered.all() and z_patterns.all():
        return found
    values = np.where(np.isnan(values), centre[z], values)
    whole = np.where(np.isnan(x), centre, x)[answered]
    whole[:, z] = values[codes]
    own = np.unique(codes, return_inverse=True)[1]
    filled = cluster_answers(whole, own.astype(np.int64), within=within, between=between)
    return replace(found, filled=filled)


@dataclass(frozen=True, slots=True)
class ClusterLikelihood:
    """The log-likelihood at some moments, its slopes, and what second derivatives need.

    The letters are those of the module; a cluster's r are deviations of its answers, x = V^-1 r, one row per person.

    Attributes
    ----------
    loglik : float
    by_mu : ndarray, shape (p,)
    by_within, by_between : ndarray, shape (p, p)
        Symmetric: the change of the log-likelihood is the sum of `by_within * change` over all p * p elements.
    w : ndarray, shape (g, py, py)
        Inverse of Sigma_W of the answers of each pattern, 0 where missing.
    xx : ndarray, shape (g, py, py)
        Sum of x x' over the persons of a pattern.
    pair_x : ndarray, shape (r, py)
        Sum of x over the persons of a pair.
    spread : ndarray, shape (c, py, py)
        Covariances of u given all answers of a cluster.
    k : ndarray, shape (c, p, p)
        Z'V^-1 Z, over u and z.
    f : ndarray, shape (c, p, py)
        Z'V^-1 of a person is f w.
    pull : ndarray, shape (j, p)
        Z'V^-1 r.
    """

    loglik: float
    by_mu: Floats
    by_within: Floats
    by_between: Floats
    w: Floats
    xx: Floats
    pair_x: Floats
    spread: Floats
    k: Floats
    f: Floats
    pull: Floats


def cluster_likelihood(
    data: ClusterAnswers, mu: Floats, sigma_within: Floats, sigma_between: Floats
) -> ClusterLikelihood | None:
    """Log-likelihood of all answers given, with its slopes.

    Parameters
    ----------
    data : ClusterAnswers
    mu : ndarray, shape (p,)
    sigma_within, sigma_between : ndarray, shape (p, p)
        0 for variables that are not at a level. Between clusters they need not be positive definite.

    Returns
    -------
    ClusterLikelihood or None
        None where the covariances of a cluster's answers are not positive definite.

    Examples
    --------
    >>> x = np.array([[1.0], [2.0], [3.0], [5.0]])
    >>> one = np.ones(1, dtype=bool)
    >>> data = cluster_answers(x, np.array([0, 0, 1, 1]), within=one, between=one)
    >>> round(cluster_likelihood(data, np.array([2.75]), np.eye(1), np.eye(1)).loglik, 3)
    -7.066
    """
    try:
        return _likelihood(data, mu - data.centre, sigma_within, sigma_between)
    except np.linalg.LinAlgError:
        return None


def _likelihood(
    data: ClusterAnswers, mu: Floats, sigma_within: Floats, sigma_between: Floats
) -> ClusterLikelihood | None:
    y, z, code = data.y, data.z, data.composition
    if not (np.isfinite(sigma_within).all() and np.isfinite(sigma_between).all()):
        return None
    w, log_det = precisions(data.patterns, sigma_within[np.ix_(y, y)])
    given_z, log_det_z, slope, left = _given_z(data, sigma_between)
    a = _sums_over_patterns(data.counts, w)
    c = left[data.composition_z]
    spread, k_yy, log_det_u = _shrunk(a, c)
    reduced = np.eye(len(y)) - k_yy @ c  # (I + A C)^-1
    slope_of = slope[data.composition_z]
    f = np.concatenate([reduced, -slope_of.transpose(0, 2, 1) @ reduced], axis=1)
    k_yz = -k_yy @ slope_of
    k_zz = given_z[data.composition_z] - slope_of.transpose(0, 2, 1) @ k_yz
    k = np.concatenate(
        [np.concatenate([k_yy, k_yz], axis=2), np.concatenate([k_yz.transpose(0, 2, 1), k_zz], axis=2)], axis=1
    )
    # deviations: first from the means, then from what z predicts, then from the expected u
    weighed = (w[data.pair_pattern] @ (data.pair_sum - data.pair_n[:, None] * mu[y])[:, :, None])[:, :, 0]
    b = np.zeros((data.n_clusters, len(y)))
    b[data.clusters_in_pairs] = np.add.reduceat(weighed, data.pair_start, axis=0)
    known = data.z_patterns[data.composition_z][code]
    off_z = np.where(known, data.answers_z - mu[z], 0.0)
    pull_z = (given_z[data.composition_z][code] @ off_z[:, :, None])[:, :, 0]
    shift = (slope_of[code] @ off_z[:, :, None])[:, :, 0]
    a_shift = (a[code] @ shift[:, :, None])[:, :, 0]
    late = b - a_shift
    pull_y = (reduced[code] @ late[:, :, None])[:, :, 0]
    expected = (c[code] @ pull_y[:, :, None])[:, :, 0]
    pull = np.concatenate([pull_y, pull_z - (slope_of[code].transpose(0, 2, 1) @ pull_y[:, :, None])[:, :, 0]], axis=1)
    own = data.patterns
    off = np.where(own.answered, own.mean - mu[y], 0.0)
    second = own.n[:, None, None] * (own.covariance + off[:, :, None] * off[:, None, :])
    quadratic = float((w * second).sum() - 2.0 * (shift * b).sum() + (shift * a_shift).sum())
    quadratic += float((pull_z * off_z).sum() - (late * expected).sum())
    log_dets = float(own.n @ log_det + data.composition_n @ (log_det_u + log_det_z[data.composition_z]))
    loglik = -0.5 * (data.n_values * _LOG_2PI + log_dets + quadratic)
    # x of persons: their deviations from all that is expected
    centre = (shift + expected)[data.pair_cluster]
    total = np.where(own.answered[data.pair_pattern], data.pair_sum - data.pair_n[:, None] * mu[y], 0.0)
    pair_x = (w[data.pair_pattern] @ (total - data.pair_n[:, None] * centre)[:, :, None])[:, :, 0]
    cross = _sums_by(data.pair_pattern, total[:, :, None] * centre[:, None, :], len(own.n))
    outer = _sums_by(
        data.pair_pattern, data.pair_n[:, None, None] * centre[:, :, None] * centre[:, None, :], len(own.n)
    )
    xx = w @ (second - cross - cross.transpose(0, 2, 1) + outer) @ w
    all_spread = _sums_over_patterns(data.counts.T, data.composition_n[:, None, None] * spread)
    order = np.concatenate([y, z])
    by_mu, by_within, by_between = np.zeros(data.p), np.zeros((data.p, data.p)), np.zeros((data.p, data.p))
    by_mu[order] = pull.sum(axis=0)
    by_within[np.ix_(y, y)] = 0.5 * (xx + w @ all_spread @ w - own.n[:, None, None] * w).sum(axis=0)
    by_between[np.ix_(order, order)] = 0.5 * (pull.T @ pull - np.tensordot(data.composition_n, k, axes=1))
    return ClusterLikelihood(loglik, by_mu, by_within, by_between, w, xx, pair_x, spread, k, f, pull)


def _given_z(data: ClusterAnswers, sigma_between: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each pattern of z: its precision, log-determinant, the slopes of u on it, and the covariances of u that are left."""
    y, z = data.y, data.z
    own = sigma_between[np.ix_(y, y)]
    h = len(data.z_patterns)
    given_z, log_det = np.zeros((h, len(z), len(z))), np.zeros(h)
    slope, left = np.zeros((h, len(y), len(z))), np.repeat(own[None], h, axis=0)
    for q, known in enumerate(data.z_patterns):
        if not known.any():
            continue
        places = z[known]
        factor = np.linalg.cholesky(sigma_between[np.ix_(places, places)])
        log_det[q] = 2.0 * np.log(np.diag(factor)).sum()
        root = np.linalg.inv(factor)
        inverse = root.T @ root
        given_z[np.ix_([q], known, known)] = inverse
        cross = sigma_between[np.ix_(y, places)]
        slope[np.ix_([q], range(len(y)), known)] = cross @ inverse
        left[q] = own - cross @ inverse @ cross.T
    return given_z, log_det, slope, left


def _shrunk(a: Floats, c: Floats) -> tuple[Floats, Floats, Floats]:
    """Of each composition: covariances of u given the answers, Z'V^-1 Z of u, and log |I + C A|.

    Raises
    ------
    numpy.linalg.LinAlgError
        The covariances of the answers are not positive definite.
    """
    place = np.arange(a.shape[1])
    idle = np.diagonal(a, axis1=1, axis2=2) == 0.0  # nobody in the cluster answered this variable
    filled, masked = a, c
    if idle.any():
        filled, masked = a.copy(), c * ~(idle[:, :, None] | idle[:, None, :])
        filled[:, place, place] += idle
    root = np.linalg.cholesky(filled)
    middle = np.eye(len(place)) + root.transpose(0, 2, 1) @ masked @ root
    factor = np.linalg.cholesky(middle)
    half = np.linalg.solve(factor, root.transpose(0, 2, 1))
    k = half.transpose(0, 2, 1) @ half
    k[idle[:, :, None] | idle[:, None, :]] = 0.0
    log_det = 2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    return c - c @ k @ c, k, log_det


def _sums_over_patterns(counts: csr_array, of: Floats) -> Floats:
    """Product of a sparse matrix and a stack of matrices."""
    return np.asarray(counts @ of.reshape(len(of), -1)).reshape(counts.shape[0], *of.shape[1:])


def _sums_by(code: Ints, values: Floats, n: int) -> Floats:
    """Sums of the rows with the same code, from 0 to n - 1."""
    order = np.argsort(code, kind="stable")
    present, start = np.unique(code[order], return_index=True)
    sums = np.zeros((n, *values.shape[1:]))
    sums[present] = np.add.reduceat(values[order], start, axis=0)
    return sums


@dataclass(frozen=True, slots=True)
class LevelMoments(Moments):
    """One level of the answers: moments to start from, and the answers of both levels.

    Attributes
    ----------
    data : ClusterAnswers
    """

    data: ClusterAnswers


def level_moments(data: ClusterAnswers, x: Floats, cluster: Ints) -> tuple[LevelMoments, LevelMoments]:
    """Take moments to start from: pooled within clusters, and what the means of clusters vary beyond them.

    Those of variables at one level alone are the sample's, divisor n: estimates that models with covariates take as they are.

    References
    ----------
    Muthén (1994), doi:10.1177/0049124194022003006
    """
    p = data.p
    y, z = data.y, data.z
    own = x[:, y]
    answered = ~np.isnan(own)
    count = np.zeros((data.n_clusters, len(y)))
    sums = np.zeros((data.n_clusters, len(y)))
    np.add.at(count, cluster, answered)
    np.add.at(sums, cluster, np.nan_to_num(own))
    with np.errstate(invalid="ignore"):
        means = sums / count
    grand = np.nanmean(own, axis=0)
    deviations = np.where(answered, own - np.where(data.shared, means[cluster], grand), 0.0)
    together = answered.T.astype(np.float64) @ answered
    lost = np.where(data.shared, (count > 0).sum(axis=0), 0)
    within, between = np.zeros((p, p)), np.zeros((p, p))
    pooled = deviations.T @ deviations / np.maximum(together - np.minimum(lost[:, None], lost), 1.0)
    within[np.ix_(y, y)] = _positive(pooled)
    off = np.where(count > 0, np.nan_to_num(means) - grand, 0.0) * data.shared
    size = np.maximum((count.sum(axis=0) / np.maximum((count > 0).sum(axis=0), 1)), 1.0)
    spread = off.T @ off / data.n_clusters - pooled / np.sqrt(np.outer(size, size))
    least = _FLOOR * np.diag(pooled)
    spread[np.diag_indices(len(y))] = np.maximum(np.diag(spread), least)
    between[np.ix_(y, y)] = _positive(spread) * np.outer(data.shared, data.shared)
    mean = np.zeros((2, p))
    mean[WITHIN, y] = np.where(data.shared, 0.0, grand)
    mean[BETWEEN, y] = np.where(data.shared, grand, 0.0)
    if z.size:
        known = data.z_patterns[data.composition_z][data.composition]
        pairs = np.maximum(known.T.astype(np.float64) @ known, 1.0)
        between[np.ix_(z, z)] = _positive(data.answers_z.T @ data.answers_z / pairs)
        between[np.ix_(y, z)] = (off.T @ data.answers_z / data.n_clusters) * data.shared[:, None]
        between[np.ix_(z, y)] = between[np.ix_(y, z)].T
        mean[BETWEEN, z] = data.centre[z]
    return (
        LevelMoments(
            n=data.n,
            n_given=len(x),
            mean=mean[WITHIN],
            covariance=within,
            loglik=float("nan"),
            rows=np.arange(len(x), dtype=np.int64),
            answers=None,
            patterns=None,
            flags=(),
            data=data,
        ),
        LevelMoments(
            n=data.n_clusters,
            n_given=data.n_clusters,
            mean=mean[BETWEEN],
            covariance=between,
            loglik=float("nan"),
            rows=np.arange(data.n_clusters, dtype=np.int64),
            answers=None,
            patterns=None,
            flags=(),
            data=data,
        ),
    )


def _positive(s: Floats) -> Floats:
    """The same variances, and correlations shrunk until they can be those of variables."""
    sd = np.sqrt(np.diag(s))
    r = s / np.outer(sd, sd)
    smallest = float(np.linalg.eigvalsh(r)[0])
    if smallest < 1e-6:
        r = (r - smallest * np.eye(len(r))) / (1.0 - smallest) * 0.99 + 0.01 * np.eye(len(r))
    return np.asarray(r * np.outer(sd, sd))


@dataclass(frozen=True, slots=True)
class TwoLevelObjective(Objective):
    """A model of two levels and the answers: minus the log-likelihood per person. Its groups are the levels.

    Attributes
    ----------
    data : ClusterAnswers
    """

    data: ClusterAnswers

    @classmethod
    def of_levels(cls, model: Model, levels: Sequence[LevelMoments]) -> TwoLevelObjective:
        """Prepare what does not depend on the parameters."""
        data = levels[0].data
        return cls(
            model=model,
            moments=tuple(levels),
            estimator="ML",
            weight=np.ones(2),
            n_total=data.n,
            scale=float(data.n),
            covariance=tuple(level.covariance for level in levels),
            log_det=(float("nan"),) * 2,
            fixed_weight=(),
            data=data,
        )

    def point(self, theta: Floats) -> Point:
        """Evaluate the discrepancy and its gradient."""
        ats = implied(self.model, theta)
        p, n = self.data.p, self.data.n
        found = cluster_likelihood(self.data, ats[0].mu + ats[1].mu, ats[0].sigma, ats[1].sigma)
        if found is None:
            nothing = (np.zeros((p, p)),) * 2
            return Point(
                theta, np.inf, np.zeros(len(theta)), ats, nothing, (np.zeros(p),) * 2, (np.inf,) * 2, (None, None)
            )
        sigmas, by_mu = (-found.by_within / n, -found.by_between / n), -found.by_mu / n
        gradient = np.zeros(len(theta))
        moves = tuple(directions(at, part.free_cells) for part, at in zip(self.model.groups, ats, strict=True))
        for part, move, by_sigma in zip(self.model.groups, moves, sigmas, strict=True):
            gradient += slopes_of(move, by_sigma, by_mu) @ part.join
        value = -found.loglik / n
        return Point(theta, value, gradient, ats, sigmas, (by_mu, by_mu), (value, 0.0), moves)

    def information(self, point: Point, kind: str = "expected") -> Floats:
        """Second derivatives by the free parameters, shape (q, q).

        Expected given the gaps, expected as if nothing were missing ("metric", which is far cheaper), or observed.
        """
        ats = point.at
        data = self.data.filled or self.data if kind == "metric" else self.data
        found = cluster_likelihood(data, ats[0].mu + ats[1].mu, ats[0].sigma, ats[1].sigma)
        if found is None:
            return np.full((self.model.n_free,) * 2, np.nan)
        moves = [directions(at, part.free_cells) for part, at in zip(self.model.groups, ats, strict=True)]
        join = np.vstack([part.join for part in self.model.groups])
        full = second_derivatives(data, found, moves[WITHIN], moves[BETWEEN], observed=kind == "observed")
        result = join.T @ full @ join / self.data.n
        if kind == "observed":
            for part, at, by_sigma, by_mu in zip(self.model.groups, ats, point.by_sigma, point.by_mu, strict=True):
                result += part.join.T @ curvature(at, part.free_cells, by_sigma, by_mu) @ part.join
        return np.asarray((result + result.T) / 2.0)

    def loglik(self, point: Point) -> float:
        """Log-likelihood of the answers under the model."""
        return -self.data.n * point.value


def second_derivatives(
    data: ClusterAnswers, at: ClusterLikelihood, within: Directions, between: Directions, *, observed: bool
) -> Floats:
    """Minus the second derivatives of the log-likelihood along directions of the moments of both levels.

    Parameters
    ----------
    data : ClusterAnswers
    at : ClusterLikelihood
    within, between : Directions
        k and l directions.
    observed : bool
        The second derivatives themselves, or their expectation under the model given what is missing.

    Returns
    -------
    ndarray, shape (k + l, k + l)
        Moments are taken to move along straight lines; `model.curvature` adds what they do not.
    """
    y, order = data.y, np.concatenate([data.y, data.z])
    n_own, c, k = data.composition_n, len(data.composition_n), within.u.shape[1]
    u, v = within.u[y], within.v[y]
    ub, vb = between.u[order], between.v[order]
    all_spread = _sums_over_patterns(data.counts.T, n_own[:, None, None] * at.spread)
    inner = at.w @ all_spread @ at.w
    n_pattern = data.patterns.n[:, None, None]
    # of two variances: expected is half a trace of products, observed a quadratic form less that
    middle = at.xx + inner - 0.5 * n_pattern * at.w if observed else 0.5 * n_pattern * at.w - inner
    ww = _traces(middle, at.w, u, v)
    across, chained = np.zeros((k, ub.shape[1])), np.zeros((k, k))
    for part, phi in _weighed_directions(data, at.w, u, v):
        moved = at.spread[part][:, None] @ phi
        left = (moved * n_own[part][:, None, None, None]).transpose(1, 0, 2, 3).reshape(k, -1)
        chained += left @ moved.transpose(0, 3, 2, 1).reshape(-1, k)
        f = at.f[part].transpose(0, 2, 1)
        fu, fv = f @ ub * n_own[part][:, None, None], f @ vb  # shape (part, py, l)
        across += np.tensordot(phi, fu[:, :, None, :] * fv[:, None, :, :], axes=([0, 2, 3], [0, 1, 2]))
    ww += -0.5 * chained if observed else 0.5 * chained
    weight = 0.5 * n_own[:, None, None] * at.k
    mean = within.m[order], between.m[order]
    total = np.hstack(mean)
    if not observed:
        bb, wb = _traces(weight, at.k, ub, vb), across
        mixed = np.zeros((total.shape[1],) * 2)
    else:
        h = np.zeros((data.n_clusters, len(y), k))
        wu, wv = at.w @ u, at.w @ v
        by_pair = wu[data.pair_pattern] * (at.pair_x @ v)[:, None, :]
        by_pair += wv[data.pair_pattern] * (at.pair_x @ u)[:, None, :]
        h[data.clusters_in_pairs] = np.add.reduceat(by_pair, data.pair_start, axis=0)
        code = data.composition
        spread_h = at.spread[code] @ h
        ww -= np.tensordot(h, spread_h, axes=([0, 1], [0, 1]))
        outer = _sums_by(code, at.pull[:, :, None] * at.pull[:, None, :], c)
        bb = _traces(outer - weight, at.k, ub, vb)
        fh = at.f[code] @ h  # shape (j, p, k)
        pu, pv = at.pull @ ub, at.pull @ vb
        wb = (
            np.tensordot(fh, pu, axes=([0], [0])) * vb[:, None, :]
            + np.tensordot(fh, pv, axes=([0], [0])) * ub[:, None, :]
        ).sum(axis=0) - across
        pulls = _sums_by(code, at.pull, c)
        by_between = np.einsum("cij,jl,cl->il", at.k, ub, pulls @ vb) + np.einsum("cij,jl,cl->il", at.k, vb, pulls @ ub)
        mixed = total.T @ np.hstack([fh.sum(axis=0), by_between])
    full = np.block([[ww, wb], [wb.T, bb]])
    full += total.T @ np.tensordot(n_own, at.k, axes=1) @ total + mixed + mixed.T
    return np.asarray(full)


def _weighed_directions(data: ClusterAnswers, w: Floats, u: Floats, v: Floats) -> Iterator[tuple[slice, Floats]]:
    """Sums over the persons of a cluster of W dSigma W, for some compositions after the other; shape (part, k, py, py)."""
    k, p, n_patterns = u.shape[1], len(u), np.diff(data.counts.indptr)
    ends = np.cumsum(n_patterns * k * p * p) // _CHUNK
    starts = [0, *(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(ends)]
    for start, end in pairwise(starts):
        counts = data.counts[start:end]
        patterns, column = np.unique(counts.indices, return_inverse=True)
        own = csr_array((counts.data, column, counts.indptr), shape=(end - start, len(patterns)))
        wu, wv = (w[patterns] @ side for side in (u, v))
        psi = wu.transpose(0, 2, 1)[:, :, :, None] * wv.transpose(0, 2, 1)[:, :, None, :]
        yield slice(start, end), _sums_over_patterns(own, psi + psi.transpose(0, 1, 3, 2))


def _traces(middle: Floats, w: Floats, u: Floats, v: Floats) -> Floats:
    """Sum of tr(M dA W dB) over matrices M and W, for all pairs of directions, made symmetric; shape (k, k)."""
    p, k = u.shape
    directions = (u[:, None] * v[None] + v[:, None] * u[None]).reshape(p * p, k)
    pairs = (middle.reshape(len(middle), -1).T @ w.reshape(len(w), -1)).reshape(p, p, p, p)  # [i, j, k, l]: M_ij W_kl
    by_sides = pairs.transpose(1, 2, 3, 0).reshape(p * p, p * p)
    found = directions.T @ by_sides @ directions
    return np.asarray((found + found.T) / 2.0)
