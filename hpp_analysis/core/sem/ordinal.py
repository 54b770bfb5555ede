r"""Models of ordered items: thresholds cut the normal variables behind the answers.

Behind item i lies :math:`y^*_i`, which follows the model in matrices; its answer is above category c where :math:`y^*_i >
\tau_{ic}`. Answers hold no unit, so that :math:`y^*_i` is multiplied by a scale :math:`\delta_i`, one over its standard
deviation: the statistics of a group are :math:`\delta_i(\tau_{ic} - \mu_i)` and :math:`\delta_i\delta_j\Sigma_{ij}`. In the
delta parameterisation the scales are parameters and the residual variances follow; in theta it is the other way round.

References
----------
Muthén (1984), doi:10.1007/BF02294210; Muthén, du Toit & Spisic (1997), Robust inference using weighted least squares and
quadratic estimating equations in latent variable modeling with categorical and continuous outcomes (unpublished)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.sem.model import (
    DIRECTED,
    MEAN,
    SCALE,
    SYMMETRIC,
    THRESHOLD,
    Cells,
    GroupModel,
    Implied,
    Model,
    curvature,
    directions_of_total,
    implied,
    jacobian,
)
from hpp_analysis.core.sem.objective import GroupDerivatives, Objective, Point
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments


@dataclass(frozen=True, slots=True)
class OrdinalImplied(Implied):
    """What parameters imply in one group of respondents with ordered items.

    `s` holds the residual variances of items that follow from their scales. All moments are conditional on fixed covariates,
    where they are 0: `sigma` and `mu` are about the p other variables, which come first.

    Attributes
    ----------
    thresholds : ndarray, shape (t,)
        Item by item.
    item : ndarray of int, shape (t,)
        Whose thresholds they are.
    scale : ndarray, shape (p,)
        Of the variables behind the items; 1 for numbers.
    ordered : ndarray of bool, shape (p,)
    theta : bool
        Whether scales follow from residual variances.
    covariates : slice
        Their places among all variables.
    covariate_mean : ndarray, shape (k,)
    covariate_covariance : ndarray, shape (k, k)
    """

    thresholds: Floats
    item: Ints
    scale: Floats
    ordered: Flags
    theta: bool
    covariates: slice
    covariate_mean: Floats
    covariate_covariance: Floats

    @property
    def slopes(self) -> Floats:
        """Of the p variables by the covariates, shape (p, k)."""
        return self.b[: len(self.mu), self.covariates]

    @property
    def whole(self) -> Implied:
        """What is implied without conditioning on covariates, which are among the variables then."""
        s, p = self.s.copy(), self.covariates.stop
        s[self.covariates, self.covariates] = self.covariate_covariance
        reach = self.b[:, self.covariates]
        total = self.total + reach @ self.covariate_covariance @ reach.T
        mean = self.total_mean + reach @ self.covariate_mean
        return Implied(self.a, s, self.b, total, mean, total[:p, :p], mean[:p])

    def statistics(self) -> Floats:
        """Implied statistics in the order of `OrdinalMoments`."""
        numbers = ~self.ordered
        i, j = np.triu_indices(len(self.mu), 1)
        cuts = self.scale[self.item] * (self.thresholds - self.mu[self.item])
        pairs = self.scale[i] * self.scale[j] * self.sigma[i, j]
        slopes = self.scale[:, None] * self.slopes
        return np.concatenate([cuts, self.mu[numbers], slopes.ravel(), np.diag(self.sigma)[numbers], pairs])


def imply(model: Model, theta: Floats) -> tuple[OrdinalImplied, ...]:
    """Compute what parameters imply, group by group; NaN where a variance comes out negative."""
    return tuple(
        _complete(model, group, at, theta) for group, at in zip(model.groups, implied(model, theta), strict=True)
    )


def _complete(model: Model, group: GroupModel, at: Implied, theta: Floats) -> OrdinalImplied:
    cells, covariates = group.cells, _covariates(model)
    p = covariates.start
    value = np.where(group.free >= 0, theta[np.maximum(group.free, 0)], group.value)
    cuts = np.flatnonzero(cells.kind == THRESHOLD)
    order = cuts[np.argsort(cells.row[cuts])]
    ordered = np.isin(np.arange(p), cells.column[cuts])
    by_scale = cells.kind == SCALE
    scale = np.ones(p)
    known, known_mean = at.s[covariates, covariates], at.total_mean[covariates]
    reach = at.b[:, covariates]
    s = at.s.copy()
    s[covariates, covariates] = 0.0
    total, total_mean = at.total - reach @ known @ reach.T, at.total_mean - reach @ known_mean
    sigma = total[:p, :p]
    with np.errstate(invalid="ignore", divide="ignore"):
        if model.table.parameterization == "theta":
            scale[ordered] = 1.0 / np.sqrt(np.diag(sigma)[ordered])
        else:
            scale[cells.row[by_scale]] = value[by_scale]
            items = np.flatnonzero(ordered)
            left = 1.0 / scale[items] ** 2 - np.diag(total)[items]
            s[items, items] += np.linalg.solve(at.b[np.ix_(items, items)] ** 2, left)
            total = at.b @ s @ at.b.T
            sigma = total[:p, :p]
    return OrdinalImplied(
        a=at.a,
        s=s,
        b=at.b,
        total=total,
        total_mean=total_mean,
        sigma=sigma,
        mu=total_mean[:p],
        thresholds=value[order],
        item=cells.column[order],
        scale=scale,
        ordered=ordered,
        theta=model.table.parameterization == "theta",
        covariates=covariates,
        covariate_mean=known_mean,
        covariate_covariance=known,
    )


def _covariates(model: Model) -> slice:
    """Places of fixed covariates: the last of the observed variables."""
    n = len(model.table.variables.exogenous) if model.table.exo.any() else 0
    return slice(model.n_observed - n, model.n_observed)


def statistics_jacobian(at: OrdinalImplied, cells: Cells) -> Floats:
    """Differentiate the implied statistics by what stands in k places of the matrices, shape (s, k).

    In the delta parameterisation the residual variances of items follow.
    """
    p, k = len(at.mu), len(cells.kind)
    by_mu, by_sigma, by_scale, by_total = _moment_slopes(at, cells)
    i, j = np.triu_indices(p)
    off, diagonal = i != j, np.flatnonzero(i == j)
    d_cut = np.zeros((len(at.thresholds), k))
    cut = np.flatnonzero(cells.kind == THRESHOLD)
    d_cut[cells.row[cut], cut] = 1.0
    item = at.item
    d_cut = at.scale[item][:, None] * (d_cut - by_mu[item])
    d_cut += by_scale[item] * (at.thresholds - at.mu[item])[:, None]
    i, j = i[off], j[off]
    pairs = (at.scale[i] * at.scale[j])[:, None] * by_sigma[off]
    if by_total:
        pairs += at.sigma[i, j][:, None] * (by_scale[i] * at.scale[j][:, None] + at.scale[i][:, None] * by_scale[j])
    numbers = ~at.ordered
    by_slopes = _slopes_moved(at, cells, by_scale)
    return np.vstack([d_cut, by_mu[numbers], by_slopes, by_sigma[diagonal][numbers], pairs])


def _slopes_moved(at: OrdinalImplied, cells: Cells, by_scale: Floats) -> Floats:
    """Differentiate the slopes by covariates, variable by variable, shape (p k, places)."""
    p, directed = len(at.mu), cells.kind == DIRECTED
    from_covariates = at.b[:, at.covariates]
    start = np.where(directed[:, None], from_covariates[np.where(directed, cells.column, 0)], 0.0)
    moved = at.scale[:, None, None] * at.b[:p, None, np.where(directed, cells.row, 0)] * start.T
    return np.asarray(moved + at.slopes[:, :, None] * by_scale[:, None, :]).reshape(-1, len(cells.kind))


def derived_values(at: OrdinalImplied, cells: Cells, value: Floats) -> Floats:
    """Fill in residual variances (delta) or scales (theta) of ordered items, which follow from other parameters."""
    kind, column = (SCALE, at.scale) if at.theta else (SYMMETRIC, np.diag(at.s)[: len(at.mu)])
    follows = (cells.kind == kind) & (cells.row == cells.column) & (cells.row < len(at.mu))
    follows[follows] = at.ordered[cells.row[follows]]
    found = value.copy()
    found[follows] = column[cells.row[follows]]
    return found


@dataclass(frozen=True, slots=True)
class DerivedSlopes:
    """Slopes of variances, and of what follows from other parameters, by k places.

    Attributes
    ----------
    total, own : ndarray, shape (v, k)
        Of the variances of all variables, and of their residual variances.
    scale : ndarray, shape (p, k)
        Of the scales of items.
    """

    total: Floats
    own: Floats
    scale: Floats


def derived_slopes(at: OrdinalImplied, cells: Cells) -> DerivedSlopes:
    """Differentiate variances (with what covariates explain), residual variances and scales by what stands in some places."""
    v, p, k = len(at.total), len(at.mu), len(cells.kind)
    in_matrices = cells.kind <= MEAN
    total, own, scale = np.zeros((v, k)), np.zeros((v, k)), np.zeros((p, k))
    total[:, in_matrices] = directions_of_total(at.whole, cells.take(in_matrices))
    conditional = np.zeros_like(total)
    conditional[:, in_matrices] = directions_of_total(at, cells.take(in_matrices))
    variances = np.flatnonzero((cells.kind == SYMMETRIC) & (cells.row == cells.column))
    own[cells.row[variances], variances] = 1.0
    items = np.flatnonzero(at.ordered)
    if at.theta:
        scale[items] = -0.5 * at.scale[items][:, None] ** 3 * conditional[items]
        return DerivedSlopes(total, own, scale)
    scales = np.flatnonzero(cells.kind == SCALE)
    scale[cells.row[scales], scales] = 1.0
    move = -2.0 * scale[items] / at.scale[items][:, None] ** 3 - conditional[items]
    residual = np.linalg.solve(at.b[np.ix_(items, items)] ** 2, move)
    own[items] += residual
    total += directions_of_total(at, Cells(np.full(items.size, SYMMETRIC), items, items)) @ residual
    return DerivedSlopes(total, own, scale)


def _moment_slopes(at: OrdinalImplied, cells: Cells) -> tuple[Floats, Floats, Floats, bool]:
    """Slopes of means, covariances and scales; and whether any scale moves."""
    p, k = len(at.mu), len(cells.kind)
    in_matrices = cells.kind <= MEAN
    own = cells.take(in_matrices)
    moments = np.zeros((p + p * (p + 1) // 2, k))
    moments[:, in_matrices] = jacobian(at, own, means=True)
    by_mu, by_sigma = moments[:p], moments[p:]
    by_scale = np.zeros((p, k))
    i, j = np.triu_indices(p)
    diagonal = np.flatnonzero(i == j)
    items = np.flatnonzero(at.ordered)
    if at.theta:
        by_scale[items] = -0.5 * at.scale[items][:, None] ** 3 * by_sigma[diagonal][items]
        return by_mu, by_sigma, by_scale, True
    scales = np.flatnonzero(cells.kind == SCALE)
    by_scale[cells.row[scales], scales] = 1.0
    reach = at.b[:p, items]
    if np.count_nonzero(reach) > items.size:  # an arrow leaves an item: its residual variance moves others
        move = -2.0 * by_scale[items] / at.scale[items][:, None] ** 3 - by_sigma[diagonal][items]
        residual = np.linalg.solve(at.b[np.ix_(items, items)] ** 2, move)
        by_sigma += jacobian(at, Cells(np.full(items.size, SYMMETRIC), items, items), means=False) @ residual
    return by_mu, by_sigma, by_scale, bool(scales.size)


def as_ordinal(at: Implied) -> OrdinalImplied:
    """What is implied for ordered items.

    Raises
    ------
    TypeError
        Of a model without.
    """
    if not isinstance(at, OrdinalImplied):
        raise TypeError("a point of a model of ordered items is needed")
    return at


def _weights(group: OrdinalMoments, estimator: str) -> Floats:
    """What residuals are weighed by."""
    if estimator == "OULS":
        return np.ones(len(group.statistics))
    if estimator == "DWLS":
        return np.asarray(group.n / np.einsum("si,si->s", group.influence, group.influence))
    return np.asarray(np.linalg.inv(group.gamma()))


@dataclass(frozen=True, slots=True)
class OrdinalObjective(Objective):
    """A model of ordered items, its statistics and an estimator; half the weighted squares of the residuals.

    Attributes
    ----------
    groups : tuple of OrdinalMoments
    inverse_spread : tuple of ndarray, shape (s,) or (s, s)
        Weights: the diagonal alone where the others are 0.
    """

    groups: tuple[OrdinalMoments, ...]
    inverse_spread: tuple[Floats, ...]

    @classmethod
    def of_items(cls, model: Model, groups: Sequence[OrdinalMoments], estimator: str) -> OrdinalObjective:
        """Prepare what does not depend on the parameters.

        Parameters
        ----------
        model : Model
        groups : sequence of OrdinalMoments
        estimator : {"WLS", "DWLS", "OULS"}
        """
        n = np.array([group.n for group in groups], dtype=np.float64)
        return cls(
            model=model,
            moments=tuple(groups),
            estimator=estimator,
            weight=(n - 1.0) / (n - 1.0).sum(),
            n_total=int(n.sum()),
            scale=float((n - 1.0).sum()),
            covariance=tuple(group.covariance for group in groups),
            log_det=tuple(float("nan") for _group in groups),
            fixed_weight=(),
            groups=tuple(groups),
            inverse_spread=tuple(_weights(group, estimator) for group in groups),
        )

    def residual(self, group: int, at: OrdinalImplied) -> Floats:
        """Statistics minus implied statistics of one group."""
        return self.groups[group].statistics - at.statistics()

    def weigh(self, group: int, of: Floats) -> Floats:
        """Multiply by the weights of one group from the left."""
        w = self.inverse_spread[group]
        if w.ndim > 1:
            return np.asarray(w @ of)
        return np.asarray(w * of if of.ndim == 1 else w[:, None] * of)

    def point(self, theta: Floats) -> Point:
        """Evaluate the discrepancy and its gradient; what overflows on a long step has an infinite discrepancy."""
        with np.errstate(all="ignore"):
            return self._point(theta)

    def _point(self, theta: Floats) -> Point:
        ats = imply(self.model, theta)
        values, moves = [], []
        gradient = np.zeros(self.model.n_free)
        for g, at in enumerate(ats):
            residual = self.residual(g, at)
            pull = self.weigh(g, residual)
            values.append(0.5 * float(residual @ pull))
            move = statistics_jacobian(at, self.model.groups[g].free_cells)
            moves.append(move)
            gradient -= self.weight[g] * ((pull @ move) @ self.model.groups[g].join)
        value = float(self.weight @ np.array(values))
        return Point(theta, value if np.isfinite(value) else np.inf, gradient, ats, (), (), tuple(values), tuple(moves))

    def slopes(self, group: int, point: Point, cells: Cells) -> Floats:
        """Slopes of one group's own discrepancy by what stands in some places."""
        at = as_ordinal(point.at[group])
        return np.asarray(-self.weigh(group, self.residual(group, at)) @ statistics_jacobian(at, cells))

    def information_of(
        self,
        group: int,
        at: Implied,
        cells: Cells,
        *,
        kind: str,
        known: GroupDerivatives | None = None,  # noqa: ARG002 - holds what other objectives need
    ) -> Floats:
        """Weighted products of the slopes of one group's statistics by what stands in k places, shape (k, k).

        "observed" adds the curvature of the statistics where that is simple; its limit under the model is the same.
        """
        own = as_ordinal(at)
        move = statistics_jacobian(own, cells)
        found = self._products(group, cells, move)
        return self._curved(group, own, cells, found) if kind == "observed" else found

    def _products(self, group: int, cells: Cells, move: Floats) -> Floats:
        """Weighted products of slopes; thresholds move their own statistic alone, which saves most of the work."""
        w = self.inverse_spread[group]
        if w.ndim > 1:
            return np.asarray(move.T @ w @ move)
        cut, others = np.flatnonzero(cells.kind == THRESHOLD), np.flatnonzero(cells.kind != THRESHOLD)
        row = cells.row[cut]
        inner = move[:, others]
        found = np.zeros((len(cells.kind),) * 2)
        found[np.ix_(others, others)] = inner.T @ (w[:, None] * inner)
        own = move[row, cut] * w[row]
        found[cut, cut] = own * move[row, cut]
        cross = own[:, None] * inner[row]
        found[np.ix_(cut, others)], found[np.ix_(others, cut)] = cross, cross.T
        return found

    def _curved(self, group: int, at: OrdinalImplied, cells: Cells, products: Floats) -> Floats:
        """Add the second derivatives of the statistics, weighed by the residuals; not where scales move."""
        p, numbers = len(at.mu), ~at.ordered
        items = np.flatnonzero(at.ordered)
        if at.theta or at.slopes.size or (cells.kind == SCALE).any() or np.count_nonzero(at.b[:p, items]) > items.size:
            return products
        pull = -self.weigh(group, self.residual(group, at))
        cuts, count = len(at.thresholds), int(numbers.sum())
        by_mu = -np.bincount(at.item, weights=at.scale[at.item] * pull[:cuts], minlength=p).astype(np.float64)
        by_mu[numbers] = pull[cuts : cuts + count]
        by_sigma: Floats = np.zeros((p, p))
        i, j = np.triu_indices(p, 1)
        by_sigma[i, j] = by_sigma[j, i] = 0.5 * at.scale[i] * at.scale[j] * pull[cuts + 2 * count :]
        by_sigma[numbers, numbers] = pull[cuts + count : cuts + 2 * count]
        inner = np.flatnonzero(cells.kind <= MEAN)
        products[np.ix_(inner, inner)] += curvature(at, cells.take(inner), by_sigma, by_mu)
        return products

    def information(self, point: Point, kind: str = "expected") -> Floats:
        """Second derivatives by the free parameters, shape (q, q); see `information_of`."""
        with np.errstate(all="ignore"):  # not finite far from any solution, which the step then avoids
            return self._information(point, kind)

    def _information(self, point: Point, kind: str) -> Floats:
        found = np.zeros((self.model.n_free, self.model.n_free))
        for g, part in enumerate(self.model.groups):
            move = np.asarray(point.moves[g])
            own = self._products(g, part.free_cells, move)
            if kind == "observed":
                own = self._curved(g, as_ordinal(point.at[g]), part.free_cells, own)
            number = part.free[part.free >= 0]
            np.add.at(found, (number[:, None], number), self.weight[g] * own)
        return found
