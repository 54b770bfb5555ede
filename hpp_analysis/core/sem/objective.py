r"""The objective of estimation: half the discrepancy per respondent, with its derivatives.

Maximum likelihood, generalised and unweighted least squares share one form: with a weight matrix W (the inverse of the
implied covariances, of the sample's, or the identity) the expected second derivatives are
:math:`\tfrac12\mathrm{tr}(W\dot\Sigma_a W\dot\Sigma_b) + \dot\mu_a'W\dot\mu_b`. Because each place in the matrices moves
the covariances by :math:`uv' + vu'`, this needs products of p x k matrices only (`model.directions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.sem.fiml import casewise_scores, likelihood, saturated_information
from hpp_analysis.core.sem.model import Cells, Directions, Implied, Model, curvature, directions, implied, jacobian
from hpp_analysis.core.sem.moments import Moments

_LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class Point:
    """The discrepancy at some parameters.

    Attributes
    ----------
    theta : ndarray, shape (q,)
    value : float
        Infinite where the implied covariances are not positive definite.
    gradient : ndarray, shape (q,)
    at : tuple of Implied
    by_sigma : tuple of ndarray, shape (p, p)
        Derivative of each group's own discrepancy by its implied covariances.
    by_mu : tuple of ndarray, shape (p,)
    values : tuple of float
        Each group's own discrepancy.
    moves : tuple of Directions, ndarray or None
        How each group's moments, or the statistics of its ordered items, move with its free places; None where its discrepancy
        is infinite.
    """

    theta: Floats
    value: float
    gradient: Floats
    at: tuple[Implied, ...]
    by_sigma: tuple[Floats, ...]
    by_mu: tuple[Floats, ...]
    values: tuple[float, ...]
    moves: tuple[Directions | Floats | None, ...]


@dataclass(frozen=True, slots=True)
class GroupDerivatives:
    """Derivatives of the discrepancy of one group that were computed before.

    Attributes
    ----------
    move : Directions
    by_sigma : ndarray, shape (p, p)
    by_mu : ndarray, shape (p,)
    """

    move: Directions
    by_sigma: Floats
    by_mu: Floats


@dataclass(frozen=True, slots=True)
class Objective:
    """A model, the answers and an estimator.

    Attributes
    ----------
    model : Model
    moments : tuple of Moments
        Per group, variables in the model's order.
    estimator : str
        "ML", "GLS" or "ULS". Where answers are missing "ML" uses all that are given.
    weight : ndarray, shape (g,)
        Each group's share.
    n_total : int
    scale : float
        The test statistic is twice this times the discrepancy: N for ML, N minus the number of groups for the others.
    covariance : tuple of ndarray, shape (p, p)
        The sample's; divisor n for ML, n - 1 for the others.
    log_det : tuple of float
        Of them.
    fixed_weight : tuple of ndarray, shape (p, p)
        W of GLS and ULS; empty for ML.
    """

    model: Model
    moments: tuple[Moments, ...]
    estimator: str
    weight: Floats
    n_total: int
    scale: float
    covariance: tuple[Floats, ...]
    log_det: tuple[float, ...]
    fixed_weight: tuple[Floats, ...]

    @classmethod
    def of(cls, model: Model, moments: Sequence[Moments], estimator: str = "ML") -> Objective:
        """Prepare what does not depend on the parameters.

        Parameters
        ----------
        model : Model
        moments : sequence of Moments
            Covariances must be positive definite.
        estimator : {"ML", "GLS", "ULS"}

        References
        ----------
        Jöreskog (1969), doi:10.1007/BF02289343; Browne (1974), South African Statistical Journal 8, 1-24
        """
        n = np.array([group.n for group in moments], dtype=np.float64)
        ml = estimator == "ML"
        parts = n if ml else n - 1.0
        covariance = tuple(group.covariance if ml else group.covariance * group.n / (group.n - 1) for group in moments)
        fixed: tuple[Floats, ...] = ()
        if estimator == "GLS":
            fixed = tuple(np.asarray(np.linalg.inv(s), dtype=np.float64) for s in covariance)
        elif estimator == "ULS":
            fixed = tuple(np.eye(len(s)) for s in covariance)
        return cls(
            model=model,
            moments=tuple(moments),
            estimator=estimator,
            weight=parts / parts.sum(),
            n_total=int(n.sum()),
            scale=float(parts.sum()),
            covariance=covariance,
            log_det=tuple(float(np.linalg.slogdet(s)[1]) for s in covariance),
            fixed_weight=fixed,
        )

    @property
    def means(self) -> bool:
        """Whether means are part of the model."""
        return self.model.table.meanstructure

    @property
    def covariates(self) -> Ints | None:
        """Places of the variables whose moments are those of the sample; None without any."""
        table = self.model.table
        if not table.exo.any():
            return None
        return np.array([table.observed.index(name) for name in table.variables.exogenous])

    def mean_residual(self, group: int, at: Implied) -> Floats:
        """Sample means minus implied means; 0 without a mean structure."""
        if not self.means:
            return np.zeros(len(at.mu))
        return self.moments[group].mean - at.mu

    def point(self, theta: Floats) -> Point:
        """Evaluate the discrepancy and its gradient."""
        ats = implied(self.model, theta)
        values, sigmas, mus = [], [], []
        moves: list[Directions | Floats | None] = []
        gradient = np.zeros(self.model.n_free)
        for group, at in enumerate(ats):
            value, by_sigma, by_mu = self._group(group, at)
            values.append(value)
            sigmas.append(by_sigma)
            mus.append(by_mu)
            moves.append(None)
            if np.isfinite(value):
                part = self.model.groups[group]
                moves[group] = move = directions(at, part.free_cells)
                slopes = slopes_of(move, by_sigma, by_mu)
                gradient += self.weight[group] * (slopes @ part.join)
        value = float(self.weight @ np.array(values))
        if not np.isfinite(value):
            value = np.inf
        return Point(theta, value, gradient, ats, tuple(sigmas), tuple(mus), tuple(values), tuple(moves))

    def _group(self, group: int, at: Implied) -> tuple[float, Floats, Floats]:
        moments, s = self.moments[group], self.covariance[group]
        if self.fixed_weight:
            w, d = self.fixed_weight[group], self.mean_residual(group, at)
            residual = s - at.sigma
            pulled = w @ residual @ w
            value = 0.25 * float((pulled * residual).sum()) + 0.5 * float(d @ w @ d)
            return value, -0.5 * pulled, -w @ d
        w, log_det = inverse(at.sigma)
        if not np.isfinite(log_det):
            return np.inf, np.zeros_like(s), np.zeros(len(s))
        if moments.patterns is not None:
            found = likelihood(moments.patterns, at.mu, at.sigma)
            if not np.isfinite(found.loglik):
                return np.inf, np.zeros_like(s), np.zeros(len(s))
            value = (moments.loglik - found.loglik) / moments.n
            return value, -found.by_sigma / moments.n, -found.by_mu / moments.n
        d = self.mean_residual(group, at)
        moment = s + np.outer(d, d)
        pull = w @ d
        value = 0.5 * (log_det - self.log_det[group] - len(s) + float((w * moment).sum()))
        return value, 0.5 * (w - w @ moment @ w), -pull

    def slopes(self, group: int, point: Point, cells: Cells) -> Floats:
        """Slopes of one group's own discrepancy by what stands in some places of its matrices, shape (k,)."""
        return slopes_of(directions(point.at[group], cells), point.by_sigma[group], point.by_mu[group])

    def weight_matrix(self, group: int, at: Implied) -> Floats:
        """W at the implied moments of a group."""
        return self.fixed_weight[group] if self.fixed_weight else inverse(at.sigma)[0]

    def information_of(
        self, group: int, at: Implied, cells: Cells, *, kind: str, known: GroupDerivatives | None = None
    ) -> Floats:
        """Second derivatives of one group's own discrepancy by what stands in places of its matrices.

        Parameters
        ----------
        group : int
        at : Implied
        cells : Cells
            k places.
        kind : {"expected", "metric", "observed"}
            The expectation under the model, given what is missing; the same as if nothing were missing (a metric for
            iteration); or the second derivatives themselves.
        known : GroupDerivatives, optional
            What was computed at these places before.

        Returns
        -------
        ndarray, shape (k, k)
        """
        moments = self.moments[group]
        move = known.move if known else directions(at, cells)
        incomplete = moments.patterns is not None and not self.fixed_weight
        w = self.weight_matrix(group, at)
        if kind == "metric" or (kind == "expected" and not incomplete):
            return expected_of(move, w, means=self.means)
        if incomplete and moments.patterns is not None:
            steps = jacobian(at, cells, means=True)
            full = saturated_information(moments.patterns, at.mu, at.sigma, kind=kind) / moments.n
            found = np.asarray(steps.T @ full @ steps)
            if kind == "expected":
                return found
        else:
            found = self._observed_complete(group, at, move, w)
        by_sigma, by_mu = (known.by_sigma, known.by_mu) if known else self._group(group, at)[1:]
        return np.asarray(found + curvature(at, cells, by_sigma, by_mu))

    def _observed_complete(self, group: int, at: Implied, move: Directions, w: Floats) -> Floats:
        if self.fixed_weight:
            return expected_of(move, w, means=self.means)
        u, v, m = move.u, move.v, move.m
        d = self.mean_residual(group, at)
        pull = w @ d
        middle = w @ (self.covariance[group] + np.outer(d, d)) @ w
        c, vv, uu = _products(u, v, w)
        c2, vv2, uu2 = _products(u, v, middle)
        found = c2 * c.T + vv2 * uu + uu2 * vv + c2.T * c - c * c.T - vv * uu
        if self.means:
            mixed = (m.T @ (w @ u)) * (pull @ v) + (m.T @ (w @ v)) * (pull @ u)
            found += m.T @ (w @ m) + mixed + mixed.T
        return np.asarray(found)

    def information(self, point: Point, kind: str = "expected") -> Floats:
        """Second derivatives by the free parameters, shape (q, q); see `information_of`."""
        found = np.zeros((self.model.n_free, self.model.n_free))
        for group, (part, at) in enumerate(zip(self.model.groups, point.at, strict=True)):
            move = point.moves[group]
            known = (
                None
                if not isinstance(move, Directions)
                else GroupDerivatives(move, point.by_sigma[group], point.by_mu[group])
            )
            own = self.information_of(group, at, part.free_cells, kind=kind, known=known)
            found += self.weight[group] * (part.join.T @ own @ part.join)
        return found

    def scores_of(self, group: int, at: Implied, cells: Cells, *, about_sample: bool = False) -> Floats:
        """Derivatives of each respondent's log-likelihood by what stands in places of one group's matrices.

        Parameters
        ----------
        group : int
            Its answers must be known.
        at : Implied
        cells : Cells
        about_sample : bool
            Take deviations from the sample's means and centre the scores, as fourth-order moments do. What covariates
            explain does not vary then.

        Returns
        -------
        ndarray, shape (n, k)
        """
        moments = self.moments[group]
        if moments.answers is None:
            raise ValueError("scores need the answers")
        if moments.patterns is not None and not self.fixed_weight:
            scores = casewise_scores(moments.patterns, at.mu, at.sigma) @ jacobian(at, cells, means=True)
            return np.asarray(scores)
        move, w = directions(at, cells), self.weight_matrix(group, at)
        centre = moments.mean if about_sample or not self.means else at.mu
        z = (moments.answers - centre) @ w
        found = (z @ move.u) * (z @ move.v) - (move.u * (w @ move.v)).sum(axis=0)
        if about_sample and self.covariates is not None:
            known = explained(moments.answers - moments.mean, self.covariates) @ w
            found -= (known @ move.u) * (known @ move.v)
            z = z - known
        if self.means:
            found += z @ move.m
        return np.asarray(found - found.mean(axis=0) if about_sample else found)

    def scores(self, point: Point, *, about_sample: bool = False) -> Floats:
        """Scores by the free parameters, shape (N, q), group after group."""
        return np.vstack(
            [
                self.scores_of(group, at, part.free_cells, about_sample=about_sample) @ part.join
                for group, (part, at) in enumerate(zip(self.model.groups, point.at, strict=True))
            ]
        )

    def loglik(self, point: Point) -> float:
        """Log-likelihood of the answers under the model."""
        return self.saturated_loglik() - self.n_total * point.value

    def saturated_loglik(self) -> float:
        """Log-likelihood of the answers under the saturated model."""
        total = 0.0
        for group, moments in enumerate(self.moments):
            if moments.patterns is not None:
                total += moments.loglik
            else:
                p = len(moments.covariance)
                total -= 0.5 * moments.n * (p * _LOG_2PI + self.log_det[group] + p)
        return total


def inverse(sigma: Floats) -> tuple[Floats, float]:
    """Invert a covariance matrix; the log-determinant is infinite where it is not positive definite."""
    factor, info = lapack.dpotrf(sigma, lower=1)
    if info != 0 or not np.isfinite(factor[-1, -1]):
        return np.full_like(sigma, np.nan), np.inf
    root, info = lapack.dtrtri(factor, lower=1)  # dpotri waits milliseconds for threads with some BLAS
    return np.asarray(root.T @ root), float(2.0 * np.log(np.diag(factor)).sum())


def explained(deviations: Floats, covariates: Ints) -> Floats:
    """Predict each respondent's deviations from the means by a regression on covariates."""
    given = deviations[:, covariates]
    return np.asarray(given @ np.linalg.lstsq(given, deviations, rcond=None)[0])


def slopes_of(move: Directions, by_sigma: Floats, by_mu: Floats) -> Floats:
    """Chain rule: a function's slopes along directions of the moments."""
    return np.asarray(2.0 * (move.u * (by_sigma @ move.v)).sum(axis=0) + by_mu @ move.m)


def expected_of(move: Directions, w: Floats, *, means: bool) -> Floats:
    """Half the trace of W dSigma W dSigma for all pairs of directions, and the part of the means."""
    c, vv, uu = _products(move.u, move.v, w)
    found = c * c.T + vv * uu
    if means:
        found += move.m.T @ (w @ move.m)
    return np.asarray(found)


def _products(u: Floats, v: Floats, w: Floats) -> tuple[Floats, Floats, Floats]:
    wu, wv = w @ u, w @ v
    return v.T @ wu, v.T @ wv, u.T @ wu
