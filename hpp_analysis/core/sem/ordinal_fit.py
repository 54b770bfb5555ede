r"""Standard errors, tests and fit of models of ordered items.

With weights W of the statistics, slopes :math:`\Delta` of what the model implies, and :math:`\Gamma` the asymptotic covariance
matrix of the statistics, the estimates have the covariance matrix :math:`H^{-1}\Delta'W\Gamma W\Delta H^{-1}/n` with
:math:`H = \Delta'W\Delta`, and the test statistic is distributed as :math:`\sum \lambda_k\chi^2_1`, where :math:`\lambda` are the
eigenvalues of :math:`U\Gamma`, :math:`U = W - W\Delta H^{-1}\Delta'W`. Both are projections in the metric of W: with
:math:`G = W^{1/2}\Gamma W^{1/2}` and Q an orthonormal basis of :math:`W^{1/2}\Delta`, their traces need no inverse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack, solve_triangular

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.factors.solution import noncentrality_interval
from hpp_analysis.core.sem.chisquare import p_of
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.fiml import normal_information
from hpp_analysis.core.sem.fit import Pair, incremental, rmsea
from hpp_analysis.core.sem.inference import cluster_sums
from hpp_analysis.core.sem.objective import inverse
from hpp_analysis.core.sem.ordinal import OrdinalObjective, as_ordinal
from hpp_analysis.core.sem.residuals import ResidualZ

_WELL_CONDITIONED = 1e-4
"""From this diagonal of the scaled Cholesky factor on, its square costs no more than eight of sixteen digits."""

_EXACT = 1e-8
"""A residual has no variance below this share of that of its statistic: the model reproduces the statistic."""


@dataclass(frozen=True, slots=True)
class Spread:
    r"""The errors of the statistics of all groups in the metric of the weights.

    Attributes
    ----------
    root : tuple of ndarray, shape (s,) or (s, s)
        :math:`W^{1/2}` of each group; the upper triangle R of W = R'R where W is full.
    g : tuple of ndarray
        Blocks of :math:`G`: one per group, or a single one over all groups where clusters join them.
    ends : ndarray of int
        Where the blocks end.
    """

    root: tuple[Floats, ...]
    g: tuple[Floats, ...]
    ends: Ints

    def scaled(self, group: int, of: Floats) -> Floats:
        """Multiply by the root of the weights from the left."""
        root = self.root[group]
        if root.ndim > 1:
            return np.asarray(root @ of)
        return np.asarray(root * of if of.ndim == 1 else root[:, None] * of)

    def times(self, of: Floats) -> Floats:
        """Multiply by G from the left."""
        return np.vstack([g @ of[end - len(g) : end] for g, end in zip(self.g, self.ends, strict=True)])

    @property
    def trace(self) -> float:
        """Of G."""
        return float(sum(np.trace(g) for g in self.g))

    @property
    def square(self) -> float:
        """Trace of G G."""
        return float(sum(np.vdot(g, g) for g in self.g))


def spread_of(objective: OrdinalObjective, *, cluster: Ints | None = None) -> Spread:
    """Take the errors of the statistics from the respondents.

    Parameters
    ----------
    objective : OrdinalObjective
    cluster : ndarray of int, shape (N,), optional
        Of each respondent, group after group: their influences are summed within clusters.
    """
    groups = objective.groups
    roots: list[Floats] = []
    for w in objective.inverse_spread:
        roots.append(np.sqrt(w) if w.ndim == 1 else np.asarray(np.linalg.cholesky(w).T))
    bare = Spread(tuple(roots), (), np.zeros(0, dtype=np.int64))
    parts = [bare.scaled(g, group.influence) for g, group in enumerate(groups)]
    if cluster is None:
        blocks = [part @ part.T / group.n for part, group in zip(parts, groups, strict=True)]
    elif len(groups) == 1:
        sums = cluster_sums(parts[0].T, cluster, [groups[0].n])
        blocks = [sums.T @ sums / groups[0].n]
    else:  # a cluster may have respondents in several groups
        sizes = [group.n for group in groups]
        wide = np.zeros((sum(sizes), sum(len(part) for part in parts)))
        row = column = 0
        for part, n in zip(parts, sizes, strict=True):
            wide[row : row + n, column : column + len(part)] = part.T / np.sqrt(n)
            row, column = row + n, column + len(part)
        sums = cluster_sums(wide, cluster, sizes)
        blocks = [sums.T @ sums]
    return Spread(tuple(roots), tuple(blocks), np.cumsum([len(block) for block in blocks]))


def scaled_slopes(found: Estimate, spread: Spread) -> Floats:
    """Slopes of all statistics along the free directions, in the metric of the weights; groups weigh by their shares."""
    objective = found.objective
    parts = []
    for g, (share, move, group) in enumerate(zip(objective.weight, found.point.moves, found.model.groups, strict=True)):
        slopes = spread.scaled(g, np.asarray(move))
        joined = np.zeros((len(slopes), found.model.n_free))
        np.add.at(joined.T, group.free[group.free >= 0], slopes.T)
        parts.append(np.sqrt(share) * joined)
    every = np.vstack(parts)
    return np.asarray(every @ found.basis) if found.restrictions.any else every


@dataclass(frozen=True, slots=True)
class Errors:
    """How the errors of the statistics become errors of estimates and of residuals.

    Attributes
    ----------
    found : Estimate
    objective : OrdinalObjective
    spread : Spread
    q : ndarray, shape (s, f)
        Orthonormal basis of the slopes in the metric of the weights, all groups.
    r : ndarray, shape (f, f)
        Their triangle.
    moved : ndarray, shape (s, f)
        G times `q`.
    """

    found: Estimate
    objective: OrdinalObjective
    spread: Spread
    q: Floats
    r: Floats
    moved: Floats

    @property
    def both(self) -> Floats:
        """The residuals' part in the errors: G less `q` times this transposed, less this times `q` transposed."""
        return np.asarray(self.moved - 0.5 * self.q @ (self.q.T @ self.moved))


def _orthonormal(a: Floats) -> tuple[Floats, Floats]:
    """An orthonormal basis of columns and its triangle: by Cholesky where that is exact to eight digits, which is faster."""
    gram = a.T @ a
    size = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    factor, info = lapack.dpotrf(gram / np.outer(size, size), lower=0)
    if info == 0 and np.isfinite(factor).all() and np.diag(factor).min(initial=1.0) > _WELL_CONDITIONED:
        r = np.triu(factor) * size
        return np.asarray(solve_triangular(r, a.T, trans=1).T), r
    q, r = np.linalg.qr(a)
    return np.asarray(q), np.asarray(r)


def errors_of(found: Estimate, *, cluster: Ints | None = None, spread: Spread | None = None) -> Errors:
    """Prepare what standard errors, tests and residuals of a model of ordered items share.

    Parameters
    ----------
    found : Estimate
    cluster : ndarray of int, shape (N,), optional
        Of each respondent, group after group.
    spread : Spread, optional
        Of the same answers, where it is known already.
    """
    objective = ordinal_objective(found)
    spread = spread or spread_of(objective, cluster=cluster)
    q, r = _orthonormal(scaled_slopes(found, spread))
    return Errors(found, objective, spread, q, r, spread.times(q))


@dataclass(frozen=True, slots=True)
class OrdinalTest:
    r"""A test of a model against the saturated one.

    Attributes
    ----------
    chi2 : float
    df : int
    trace, square : float
        Of :math:`U\Gamma` and of its square: the mean of the statistic under the model, and half its variance.
    """

    chi2: float
    df: int
    trace: float
    square: float

    @property
    def scaling(self) -> float:
        """What the statistic is divided by before it is shifted."""
        return float(np.sqrt(self.square / self.df)) if self.df > 0 else float("nan")

    @property
    def shift(self) -> float:
        """What is added after that."""
        return self.df - self.trace / self.scaling if self.df > 0 else float("nan")

    @property
    def p(self) -> float:
        """The p-value of the plain statistic."""
        return p_of(self.chi2, self.df)

    @property
    def p_scaled(self) -> float:
        """The p-value of the scaled and shifted statistic."""
        return p_of(self.chi2_scaled, self.df)

    @property
    def chi2_scaled(self) -> float:
        """Scaled and shifted, so that mean and variance are those of chi-square.

        References
        ----------
        Asparouhov & Muthén (2010), Simple second order chi-square correction (Mplus technical appendix)
        """
        return self.chi2 / self.scaling + self.shift


def covariance_of_items(errors: Errors, *, robust: bool) -> Floats:
    """Covariance matrix of the free parameters, shape (q, q).

    Parameters
    ----------
    errors : Errors
    robust : bool
        From the errors of the statistics; otherwise as if the weights were their inverse.
    """
    found, q, r = errors.found, errors.q, errors.r
    if not np.isfinite(r).all() or (np.abs(np.diag(r)) < 1e-12 * np.abs(r).max(initial=0.0)).any():
        return np.full((found.model.n_free,) * 2, np.nan)
    inner = q.T @ errors.moved if robust else np.eye(len(r))
    half = solve_triangular(r, found.basis.T, trans=1)
    return np.asarray(half.T @ inner @ half / found.objective.scale)


def _test(chi2: float, df: int, spread: Spread, basis: Floats, moved: Floats) -> OrdinalTest:
    """Complete a test: the traces of what is left beside an orthonormal basis of the slopes; `moved` is G times it."""
    inner = basis.T @ moved
    trace = spread.trace - float(np.trace(inner))
    square = spread.square - 2.0 * float(np.vdot(moved, moved)) + float(np.vdot(inner, inner))
    return OrdinalTest(chi2, df, trace, square)


def ordinal_test(errors: Errors) -> OrdinalTest:
    """Test a model of ordered items.

    References
    ----------
    Satorra & Bentler (1994), in von Eye & Clogg, Latent Variables Analysis, 399-419; Asparouhov & Muthén (2010), Simple second
    order chi-square correction (Mplus technical appendix)
    """
    found = errors.found
    chi2 = 2.0 * found.objective.scale * found.point.value
    return _test(chi2, ordinal_df(found), errors.spread, errors.q, errors.moved)


def ordinal_df(found: Estimate) -> int:
    """Statistics minus free parameters."""
    objective = ordinal_objective(found)
    return sum(len(group.statistics) for group in objective.groups) - found.n_free


def ordinal_objective(found: Estimate) -> OrdinalObjective:
    """The objective of a model of ordered items."""
    if not isinstance(found.objective, OrdinalObjective):
        raise TypeError("a model of ordered items is needed")
    return found.objective


def baseline_test(errors: Errors) -> OrdinalTest:
    """Test the model of independent variables, with thresholds, means, slopes and variances of its own in each group."""
    objective, spread, p = errors.objective, errors.spread, len(errors.found.point.at[0].mu)
    n_pairs = p * (p - 1) // 2
    if all(root.ndim == 1 for root in spread.root):
        return _diagonal_baseline(objective, spread, n_pairs)
    chi2, bases, df = 0.0, [], 0
    total = sum(len(group.statistics) for group in objective.groups)
    start = 0
    for g, group in enumerate(objective.groups):
        own = len(group.statistics) - n_pairs
        slopes = spread.scaled(g, np.eye(len(group.statistics), own))
        q = np.linalg.qr(slopes)[0]
        residual = spread.scaled(g, np.where(np.arange(len(group.statistics)) >= own, group.statistics, 0.0))
        residual = residual - q @ (q.T @ residual)
        chi2 += objective.scale * float(objective.weight[g]) * float(residual @ residual)
        wide = np.zeros((total, own))
        wide[start : start + len(q)] = q
        bases.append(wide)
        start += len(q)
        df += n_pairs
    basis = np.hstack(bases)
    return _test(chi2, df, spread, basis, spread.times(basis))


def _diagonal_baseline(objective: OrdinalObjective, spread: Spread, n_pairs: int) -> OrdinalTest:
    """The same where weights are diagonal: all but the pairs are reproduced, and the pairs' own errors are left."""
    is_pair = np.concatenate([np.arange(len(group.statistics))[::-1] < n_pairs for group in objective.groups])
    chi2 = trace = square = 0.0
    for g, group in enumerate(objective.groups):
        residual = spread.scaled(g, group.statistics)[-n_pairs:]
        chi2 += objective.scale * float(objective.weight[g]) * float(residual @ residual)
    for block, end in zip(spread.g, spread.ends, strict=True):
        keep = np.flatnonzero(is_pair[end - len(block) : end])
        own = block[np.ix_(keep, keep)]
        trace += float(np.trace(own))
        square += float(np.vdot(own, own))
    return OrdinalTest(chi2, n_pairs * len(objective.groups), trace, square)


def ordinal_fit(
    errors: Errors, *, corrected: bool, interval: float = 0.90, base: OrdinalTest | None = None
) -> dict[str, float]:
    """Fit indices by name; undefined ones are NaN.

    Parameters
    ----------
    errors : Errors
    corrected : bool
        Add `*_scaled` measures, of the scaled and shifted statistic, and `*_robust` ones, which estimate what the model would
        have if the normal variables behind the items were observed. The latter are NaN where `no_robust_fit` says why.
    interval : float
        Level of the RMSEA's interval.
    base : OrdinalTest, optional
        Of the model of independent variables, where it is known already.

    References
    ----------
    Asparouhov & Muthén (2010), Simple second order chi-square correction (Mplus technical appendix); Savalei (2021),
    doi:10.1080/00273171.2020.1717922
    """
    found, objective = errors.found, errors.objective
    test, base = ordinal_test(errors), base or baseline_test(errors)
    groups, n = len(found.model.groups), objective.scale
    measures = {
        "n_par": float(found.n_free),
        "chi2": test.chi2,
        "df": float(test.df),
        "p": p_of(test.chi2, test.df),
        "baseline_chi2": base.chi2,
        "baseline_df": float(base.df),
        "baseline_p": p_of(base.chi2, base.df),
        **incremental(Pair(test.chi2, test.df, test.df, base.chi2, base.df, base.df), ""),
        **rmsea(test.chi2, test.df, n, groups, interval),
    }
    if corrected:
        measures |= {
            "chi2_scaled": test.chi2_scaled,
            "df_scaled": float(test.df),
            "p_scaled": p_of(test.chi2_scaled, test.df),
            "scaling_factor": test.scaling,
            "shift": test.shift,
            "baseline_chi2_scaled": base.chi2_scaled,
            "baseline_scaling_factor": base.scaling,
            **incremental(Pair(test.chi2_scaled, test.df, test.df, base.chi2_scaled, base.df, base.df), "_scaled"),
            **rmsea(test.chi2_scaled, test.df, n, groups, interval, "_scaled"),
            **_robust(errors, test, base, interval),
        }
    measures["srmr"] = correlation_srmr(found)
    return measures


def correlation_srmr(found: Estimate) -> float:
    """Root mean square of the residual correlations; groups weigh by size.

    As in lavaan variances count as residuals of 0, those of covariates too.

    References
    ----------
    Bentler (1995), EQS Structural Equations Program Manual
    """
    total = 0.0
    for group, residual in zip(ordinal_objective(found).groups, residual_correlations(found), strict=True):
        p = len(residual)
        square = float((residual[np.triu_indices(p, 1)] ** 2).sum()) / (p * (p + 1) / 2 + group.n_covariates)
        total += group.n / found.objective.n_total * np.sqrt(square)
    return float(total)


def residual_correlations(found: Estimate) -> list[Floats]:
    """Sample minus implied correlations of the variables behind the answers, per group; variances of numbers as shares.

    Beside fixed covariates they are those of what the covariates leave.
    """
    residuals = []
    for group, at in zip(ordinal_objective(found).groups, found.point.at, strict=True):
        p = len(at.mu)
        sample = group.covariance[:p, :p]
        sd = np.sqrt(np.diag(sample))
        scale = as_ordinal(at).scale
        residual = (sample - at.sigma * np.outer(scale, scale)) / np.outer(sd, sd)
        residual[np.diag_indices(len(sd))] = np.where(group.ordered[:p], 0.0, np.diag(residual))
        residuals.append(residual)
    return residuals


def ordinal_residual_z(errors: Errors, *, robust: bool) -> list[ResidualZ]:
    """Divide residual correlations by their standard errors, per group; see `core.sem.residuals`.

    Parameters
    ----------
    errors : Errors
    robust : bool
        From the errors of the statistics; otherwise as if the weights were their inverse.
    """
    found, objective, spread, q = errors.found, errors.objective, errors.spread, errors.q
    p = len(found.point.at[0].mu)
    both = errors.both if robust else 0.5 * q
    i, j = np.triu_indices(p, 1)
    results, end = [], 0
    for g, group in enumerate(objective.groups):
        end += len(group.statistics)
        pairs = slice(end - len(i), end)
        # in the metric of the weights, which are back in units of correlations where they are diagonal
        own = np.diag(_block(spread, g, end, len(i))) if robust else np.ones(len(i))
        variance = own - 2.0 * (q[pairs] * both[pairs]).sum(axis=1)
        determined = variance > _EXACT * own
        residual = spread.scaled(g, objective.residual(g, as_ordinal(found.point.at[g])))[-len(i) :]
        z, why = np.full((p, p), np.nan), np.full((p, p), "reproduced")
        value = np.sqrt(group.n) * residual[determined] / np.sqrt(variance[determined])
        z[i[determined], j[determined]] = z[j[determined], i[determined]] = value
        why[i[determined], j[determined]] = why[j[determined], i[determined]] = ""
        results.append(ResidualZ(z, why))
    return results


def _robust(errors: Errors, test: OrdinalTest, base: OrdinalTest, level: float) -> dict[str, float]:
    """CFI, TLI and RMSEA of the discrepancy of maximum likelihood between sample and implied correlations.

    Under the model the expectation of this discrepancy is the trace of its weights V times the covariance matrix of the
    residuals, which is that of the statistics projected as estimation projects it.
    """
    found, objective, spread, q = errors.found, errors.objective, errors.spread, errors.q
    names = ("cfi_robust", "tli_robust", "rmsea_robust", "rmsea_ci_lower_robust", "rmsea_ci_upper_robust")
    if no_robust_fit(found):
        return dict.fromkeys(names, float("nan"))
    both = errors.both
    chi2 = base_chi2 = bias = base_bias = 0.0
    end = 0
    for g, (group, at) in enumerate(zip(objective.groups, found.point.at, strict=True)):
        scale = as_ordinal(at).scale
        w, log_det = inverse(at.sigma * np.outer(scale, scale))
        sample_log_det = float(np.linalg.slogdet(group.covariance)[1])
        chi2 += group.n * (log_det - sample_log_det - len(w) + float((w * group.covariance).sum()))
        base_chi2 -= group.n * sample_log_det
        end += len(group.statistics)
        i, j = np.triu_indices(len(w))
        off = np.flatnonzero(i != j)
        pairs = slice(end - len(off), end)
        v = normal_information(w)[len(w) :, len(w) :][np.ix_(off, off)]
        unit = 1.0 / spread.root[g][-len(off) :]
        own = _block(spread, g, end, len(off))
        residual = own - q[pairs] @ both[pairs].T - both[pairs] @ q[pairs].T
        bias += float((v * np.outer(unit, unit) * residual).sum())
        base_bias += float(unit**2 @ np.diag(own))
    df, groups, n = test.df, len(objective.groups), objective.scale
    measures = incremental(Pair(chi2, df, bias, base_chi2, base.df, base_bias), "_robust")
    if df <= 0:
        return measures | dict.fromkeys(names[2:], 0.0 if df == 0 else float("nan"))
    scaling = bias / df
    bounds = (max(chi2 / scaling - df, 0.0), *noncentrality_interval(chi2 / scaling, df, level))
    values = [float(np.sqrt(scaling * bound / (n * df) * groups)) for bound in bounds]
    return measures | dict(zip(names[2:], values, strict=True))


def no_robust_fit(found: Estimate) -> str:
    """Why a model of ordered items has no robust fit measures, as a code; "" where it has.

    They compare correlations alone. "covariates": some variables are fixed covariates; "numbers": some variables are numbers; "thresholds": the model restricts thresholds, and
    their misfit would not be seen; "not_positive": the sample's correlations are not positive definite.
    """
    objective = ordinal_objective(found)
    if any(group.n_covariates for group in objective.groups):
        return "covariates"
    if not all(group.ordered.all() for group in objective.groups):
        return "numbers"
    table = found.model.table
    cuts = table.free[[op == "|" for op in table.op]]
    moves = [op == "~*~" and free for op, free in zip(table.op, table.free, strict=True)]
    own = np.unique(cuts[cuts > 0]) - 1
    # a constraint or a bound leaves a threshold less than its whole direction; rounding leaves 1e-15 of it
    held = (found.basis[own] ** 2).sum(axis=1) < 1.0 - 1e-8
    if len(own) < len(cuts) or held.any() or any(moves):
        return "thresholds"
    return "" if all(np.linalg.eigvalsh(group.covariance)[0] > 0 for group in objective.groups) else "not_positive"


def _block(spread: Spread, group: int, end: int, size: int) -> Floats:
    """The last rows and columns of one group in G."""
    place = group if len(spread.g) > 1 else 0
    within = end - (int(spread.ends[place]) - len(spread.g[place]))
    return spread.g[place][within - size : within, within - size : within]
