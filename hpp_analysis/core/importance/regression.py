"""Regression of clustered rows: CR2 standard errors, and tests of slopes by a wild bootstrap with the null imposed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Floats

IntArray = NDArray[np.int_]


_SMALLEST = 1e-10
"""Eigenvalues of I - H below it are 0: a cluster that determines a slope by itself."""


_RIDGE = 1e-12
"""Added to the variances of correlations that are to be inverted: changes no digit that is shown."""


_CHUNK = 1_000_000
"""Numbers in one stack of samples: bounds the memory, and fits in the processor's."""


@dataclass(frozen=True, slots=True)
class Clustered:
    """A least-squares fit with cluster-robust standard errors.

    Attributes
    ----------
    coefficients, se, df : ndarray, shape (k,)
        Degrees of freedom are Satterthwaite's.
    covariance : ndarray, shape (k, k)
        CR2.
    residuals : ndarray, shape (n,)
    n_clusters : int
    """

    coefficients: Floats
    se: Floats
    df: Floats
    covariance: Floats
    residuals: Floats
    n_clusters: int


def fit_clustered(x: Floats, y: Floats, cluster: NDArray[np.int_]) -> Clustered:
    r"""Least squares with the cluster-robust covariance CR2.

    With :math:`M = (X'X)^{-1}` and residuals :math:`e`, it is

    .. math:: M \Big(\sum_g X_g' A_g e_g e_g' A_g X_g\Big) M, \qquad A_g = (I - X_g M X_g')^{-1/2},

    which is unbiased where errors are independent and equally spread; with one row a cluster it is HC2. Clusters of the
    same size are done in one stack, and everything about pairs of clusters follows from k x k sums.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Of full rank, with a column of ones where there is an intercept.
    y : ndarray, shape (n,)
    cluster : ndarray, shape (n,)
        The cluster of each row.

    References
    ----------
    Bell & McCaffrey (2002), Survey Methodology 28, 169-181; Pustejovsky & Tipton (2018),
    doi:10.1080/07350015.2016.1247004

    Examples
    --------
    >>> x = np.column_stack([np.ones(6), [0.0, 0, 0, 1, 1, 1]])
    >>> fit = fit_clustered(x, np.array([7.0, 8, 9, 5, 6, 7]), np.arange(6))
    >>> fit.coefficients, fit.df[1].round(6)  # Welch's test
    (array([ 8., -2.]), np.float64(4.0))
    """
    _, place, size = np.unique(cluster, return_inverse=True, return_counts=True)
    order = np.argsort(place, kind="stable")
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])
    q, r = np.linalg.qr(x)
    beta = np.linalg.solve(r, q.T @ y)
    residuals = y - x @ beta
    inverse = np.linalg.inv(r)
    bread = inverse @ inverse.T
    k = x.shape[1]
    meat_parts = np.empty((size.size, k))
    scores, own = np.empty((size.size, k, k)), np.empty((size.size, k, k))
    for m in np.unique(size):
        here = np.flatnonzero(size == m)
        rows = order[starts[here][:, None] + np.arange(m)]
        adjusted = _adjusted(q[rows], x[rows])
        meat_parts[here] = np.einsum("gma,gm->ga", adjusted, residuals[rows])
        scores[here] = x[rows].swapaxes(1, 2) @ adjusted
        own[here] = adjusted.swapaxes(1, 2) @ adjusted
    covariance = bread @ (meat_parts.T @ meat_parts) @ bread
    return Clustered(
        coefficients=beta,
        se=np.sqrt(np.diag(covariance)),
        df=_satterthwaite(scores, own, bread),
        covariance=covariance,
        residuals=residuals,
        n_clusters=size.size,
    )


def _adjusted(q: Floats, x: Floats, exponent: float = -0.5) -> Floats:
    """(I - Q_g Q_g')^exponent X_g of clusters of one size, with Q the orthogonal factor of X; shapes (g, m, k)."""
    m, k = x.shape[1:]
    if m <= k:
        values, vectors = np.linalg.eigh(np.eye(m) - q @ q.swapaxes(1, 2))
        power = np.where(values > _SMALLEST, np.maximum(values, _SMALLEST) ** exponent, 0.0)
        return np.asarray((vectors * power[:, None, :]) @ (vectors.swapaxes(1, 2) @ x))
    # I - Q Q' is the identity but for k directions
    left, singular, _ = np.linalg.svd(q, full_matrices=False)
    values = 1.0 - singular**2
    power = np.where(values > _SMALLEST, np.maximum(values, _SMALLEST) ** exponent, 0.0)
    return np.asarray(x + (left * (power - 1.0)[:, None, :]) @ (left.swapaxes(1, 2) @ x))


def _satterthwaite(scores: Floats, own: Floats, bread: Floats) -> Floats:
    """Degrees of freedom of each coefficient's variance; errors independent and equally spread."""
    d = np.einsum("ac,gab,bc->gc", bread, own, bread)
    b = np.einsum("gab,bc->gca", scores, bread)
    c = b @ np.linalg.cholesky(bread)
    cross = np.einsum("gck,gcl->ckl", c, c)
    within = np.sum(c**2, axis=2)
    expected = d.sum(axis=0) - within.sum(axis=0)
    squared = np.sum(d**2, axis=0) - 2.0 * np.sum(d * within, axis=0) + np.sum(cross**2, axis=(1, 2))
    return np.where(squared > 0.0, expected**2 / np.where(squared > 0.0, squared, 1.0), np.nan)


def draw_signs(n_clusters: int, n_draws: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Rademacher weights: 1 or -1 for each cluster in each sample, shape (n_draws, n_clusters)."""
    signs = np.empty((n_draws, n_clusters), dtype=np.int8)
    for sample in signs:  # one by one: random numbers take eight times as much memory
        sample[:] = 2 * rng.integers(2, size=n_clusters) - 1
    return signs


@dataclass(frozen=True, slots=True)
class WildTests:
    """A regression with robust errors, of which many samples with other signs of the residuals are refitted at once.

    Attributes
    ----------
    x : ndarray, shape (n, k)
        Of full rank.
    y : ndarray, shape (n,)
    signs : ndarray of int, shape (B, clusters)
        The sign that the residuals of a cluster have in each sample.
    """

    x: Floats
    y: Floats
    signs: NDArray[np.int8]
    _q: Floats
    _inverse: Floats
    _blocks: tuple[tuple[IntArray, IntArray, Floats], ...]
    """Clusters of one size, few enough for all samples to fit in memory: their numbers, rows and adjusted `x`."""

    @classmethod
    def of(
        cls, x: Floats, y: Floats, cluster: IntArray, signs: NDArray[np.int8], *, errors: Literal["hc3", "cr2"]
    ) -> WildTests:
        """Prepare the regression.

        Parameters
        ----------
        x : ndarray, shape (n, k)
            With a column of ones where there is an intercept.
        y : ndarray, shape (n,)
        cluster : ndarray of int, shape (n,)
            Whose rows vary as one, coded from 0: a number of its own for each row with "hc3".
        signs : ndarray, shape (B, clusters)
            As `draw_signs` gives them.
        errors : {"hc3", "cr2"}

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> x = np.column_stack([np.ones(50), rng.normal(size=(50, 2))])
        >>> y = x @ [7.0, 1.0, 0.0] + rng.normal(size=50)
        >>> tests = WildTests.of(x, y, np.arange(50), draw_signs(50, 399, rng), errors="hc3")
        >>> t, p = tests.step_down(np.array([1, 2]), alpha=0.05)
        >>> (p < 0.05).tolist()
        [True, False]
        """
        order, size = np.argsort(cluster, kind="stable"), np.bincount(cluster)
        q, r = np.linalg.qr(x)
        starts = np.concatenate([[0], np.cumsum(size)[:-1]])
        blocks = []
        for m in np.unique(size):
            here = np.flatnonzero(size == m)
            most = max(_CHUNK // ((len(signs) + 1) * m), 1)
            for first in range(0, here.size, most):
                numbers = here[first : first + most]
                rows = order[starts[numbers][:, None] + np.arange(m)]
                blocks.append((numbers, rows, _adjusted(q[rows], x[rows], -1.0 if errors == "hc3" else -0.5)))
        return cls(x, y, signs, q, np.linalg.inv(r), tuple(blocks))

    @property
    def n_clusters(self) -> int:
        """What varies as one."""
        return int(self.signs.shape[1])

    def wald(self, tested: IntArray) -> tuple[float, float]:
        """Whether these slopes are all 0: the Wald statistic over their number, and its p-value.

        Other slopes are as the data have them (Freedman & Lane, 1983): samples are made of the residuals of the
        regression without the tested columns. NaN where there are no more clusters than columns.

        References
        ----------
        Freedman & Lane (1983), doi:10.1080/07350015.1983.10509354; Cameron, Gelbach & Miller (2008),
        doi:10.1162/rest.90.3.414; Davidson & Flachaire (2008), doi:10.1016/j.jeconom.2008.08.003
        """
        if self.n_clusters <= self.x.shape[1] or self._is_singular(tested):
            return float("nan"), float("nan")
        found = self._refitted(tested, together=True) / tested.size
        return float(found[0]), _share(found[0], found[1:])

    def step_down(self, tested: IntArray, *, alpha: float) -> tuple[Floats, Floats]:
        r"""The t statistic of each slope, and its p-value adjusted for the number of slopes.

        The largest :math:`|t|` is compared with the largest of each sample in which none of the slopes is there; the
        next with the largest of the others, and so on. When slopes are found at the level `alpha`, samples are made
        again with these in the model, so that the null is imposed on the others only. That a slope is found which is not
        there has the chance `alpha` at most, however many slopes there are (asymptotically).

        Parameters
        ----------
        tested : ndarray of int
            Columns of `x`.
        alpha : float

        Returns
        -------
        (ndarray, ndarray)
            In the order of `tested`.

        References
        ----------
        Romano & Wolf (2005), doi:10.1198/016214504000000539
        """
        t = self._refitted(tested, together=False)
        statistic, adjusted = t[0], np.full(tested.size, np.nan)
        left, floor = np.flatnonzero(np.isfinite(statistic)), 0.0
        t = t[:, left]
        while left.size:
            order = np.argsort(-np.abs(t[0]), kind="stable")
            # the largest among those that are not larger in the data
            largest = np.maximum.accumulate(np.abs(t[:, order[::-1]]), axis=1)[:, ::-1]
            p = np.array([_share(column[0], column[1:]) for column in largest.T])
            p = np.maximum(np.maximum.accumulate(p), floor)
            adjusted[left[order]] = p
            found = p <= alpha
            if not found.any():
                break
            floor, left = float(p[found].max()), left[order[~found]]
            t = self._refitted(tested[left], together=False)
        return statistic, adjusted

    def _refitted(self, tested: IntArray, *, together: bool) -> Floats:
        """Statistics of the data (first) and of each sample in which the tested slopes are 0: t, or with `together` Wald's."""
        others = np.setdiff1d(np.arange(self.x.shape[1]), tested)
        rest = self.y
        if others.size:
            basis = np.linalg.qr(self.x[:, others])[0]
            rest = rest - basis @ (basis.T @ rest)
        # what the other columns explain moves no tested slope: samples are of the residuals alone
        along_q = sum(
            (
                self._signs_of(numbers) @ np.einsum("gm,gmk->gk", rest[rows], self._q[rows])
                for numbers, rows, _ in self._blocks
            ),
            np.zeros((len(self.signs) + 1, self.x.shape[1])),
        )
        beta = along_q @ self._inverse[tested].T
        if together:
            return _quadratic(beta, self._covariance(rest, along_q, tested))
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing left unexplained: no error, no test
            return np.asarray(beta / np.sqrt(self._variance(rest, along_q, tested)))

    def _signs_of(self, numbers: IntArray) -> Floats:
        """The signs of some clusters in the data, where all are 1, and in each sample."""
        return np.vstack([np.ones((1, numbers.size)), self.signs[:, numbers]])

    def _residuals(self, rest: Floats, along_q: Floats, tested: IntArray) -> Iterator[tuple[Floats, Floats]]:
        """By block of clusters: residuals in the data and each sample (as many as `along_q` has), shape (samples, g, m), and
        what they are multiplied with, shape (g, m, tested).
        """
        bread = self._inverse @ self._inverse[tested].T
        for numbers, rows, adjusted in self._blocks:
            fitted = (along_q @ self._q[rows].reshape(-1, along_q.shape[1]).T).reshape(len(along_q), *rows.shape)
            signs = self._signs_of(numbers)[: len(along_q), :, None]
            yield np.subtract(signs * rest[rows], fitted, out=fitted), adjusted @ bread

    def _is_singular(self, tested: IntArray) -> bool:
        """Whether the errors of the slopes determine each other in the data."""
        covariance = self._covariance(self.y, (self._q.T @ self.y)[None], tested)[0]
        spread = np.sqrt(np.diag(covariance))
        if not (spread > 0.0).all():
            return True
        return bool(np.linalg.eigvalsh(covariance / np.outer(spread, spread))[0] < _SMALLEST)

    def _variance(self, rest: Floats, along_q: Floats, tested: IntArray) -> Floats:
        """The robust variance of each tested slope in each sample, shape (samples, tested)."""
        total = np.zeros((len(along_q), tested.size))
        for residuals, along in self._residuals(rest, along_q, tested):
            if along.shape[1] == 1:  # many clusters of one row: a product of matrices instead of a stack
                total += residuals[..., 0] ** 2 @ along[:, 0] ** 2
            else:
                total += np.sum((residuals.swapaxes(0, 1) @ along) ** 2, axis=0)
        return total

    def _covariance(self, rest: Floats, along_q: Floats, tested: IntArray) -> Floats:
        """The robust covariance of the tested slopes in each sample, shape (samples, tested, tested)."""
        q = tested.size
        i, j = np.triu_indices(q)
        total, of_pairs = np.zeros((len(along_q), q, q)), np.zeros((len(along_q), i.size))
        for residuals, along in self._residuals(rest, along_q, tested):
            if along.shape[1] == 1:
                of_pairs += residuals[..., 0] ** 2 @ (along[:, 0, i] * along[:, 0, j])
            else:
                scores = (residuals.swapaxes(0, 1) @ along).swapaxes(0, 1)
                total += scores.swapaxes(1, 2) @ scores
        total[:, i, j] += of_pairs
        total[:, j, i] = total[:, i, j]
        return total


def _quadratic(beta: Floats, covariance: Floats) -> Floats:
    """Wald statistics, shape (samples,); NaN where a slope has no error."""
    spread = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing left unexplained: no error, no test
        t = beta / spread
        r = covariance / (spread[:, :, None] * spread[:, None, :])
    found = np.full(len(beta), np.nan)
    sound = np.isfinite(t).all(axis=1)
    r, t = r[sound], t[sound]
    r += _RIDGE * np.eye(t.shape[1])  # a sample that is singular has a large value, which counts as extreme
    found[sound] = np.sum(t * np.linalg.solve(r, t[..., None])[..., 0], axis=1)
    return found


def _share(observed: float, drawn: Floats) -> float:
    """The p-value: the share of samples at least as extreme, the data being one of them."""
    if not np.isfinite(observed) or not drawn.size:
        return float("nan")
    # a sample with the signs of the data, or all of them turned, is as extreme: rounding must not decide; a sample
    # without a value counts as extreme
    return float((1 + np.sum(~(drawn < observed * (1.0 - 1e-9)))) / (1 + drawn.size))
