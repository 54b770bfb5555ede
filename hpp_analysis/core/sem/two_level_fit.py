"""How well a model of two levels fits, how much of each item is its clusters', and how reliable scales are at each level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.sem.chisquare import p_of
from hpp_analysis.core.sem.estimation import Estimate, objective_of
from hpp_analysis.core.sem.fit import Pair, incremental, rmsea
from hpp_analysis.core.sem.model import MEAN, build_model
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.restrictions import Restrictions
from hpp_analysis.core.sem.syntax import Block, Syntax, Term, find_variables
from hpp_analysis.core.sem.table import Table, build_level_table
from hpp_analysis.core.sem.two_level import BETWEEN, WITHIN, LevelMoments

DIFFUSE = 1e6
"""Variance between clusters, in units of an item's, that stands for "unknown": each cluster then has means of its own."""


_FLAT = 1e-5
"""Largest slope at a minimum, in units in which second derivatives are 1: the log-likelihood is right to 1e-10 per person."""

_OUTSIDE = 1e10
"""Discrepancy of covariances that are none, for a minimiser that must have a number."""


@dataclass(frozen=True, slots=True)
class References:
    """The models that a fit is judged against.

    Attributes
    ----------
    saturated, independent : Estimate
        All covariances at both levels are free; or none but those of covariates.
    """

    saturated: Estimate
    independent: Estimate


def without_between(syntax: Syntax, levels: Sequence[LevelMoments], observed: Sequence[str]) -> Syntax:
    """Replace the model between clusters by means that each cluster has of its own.

    Constraints and definitions with labels of that level are left out. What is left is the likelihood of differences within
    clusters.

    Parameters
    ----------
    syntax : Syntax
        Of two levels.
    levels : sequence of LevelMoments
    observed : sequence of str
        The variables of the moments.

    References
    ----------
    Patterson & Thompson (1971), doi:10.1093/biomet/58.3.545
    """
    within, between = syntax.blocks
    both = set(find_variables(Syntax(between.terms, ())).observed)
    shared = [name for name in find_variables(Syntax(within.terms, ())).observed if name in both]
    diffuse = []
    for name in shared:
        place = list(observed).index(name)
        variance = DIFFUSE * float(levels[WITHIN].covariance[place, place])
        diffuse.append(Term(name, "~~", name, fixed=(variance,)))
        diffuse.append(Term(name, "~1", "", fixed=(float(levels[BETWEEN].mean[place]),)))
    known = {label for term in within.terms for label in term.labels if label}
    constraints, waiting = [], list(syntax.constraints)
    while ready := [item for item in waiting if item.expression.labels <= known]:
        constraints += ready
        waiting = [item for item in waiting if item not in ready]
        known |= {item.lhs for item in ready if item.op == ":="}
    block = Block(between.name, tuple(diffuse), between.line)
    return Syntax((*within.terms, *diffuse), tuple(constraints), (within, block))


def reference_models(found: Estimate, *, diffuse: bool = False) -> References:
    """Estimate the saturated model and the one of independent variables from the same answers.

    Parameters
    ----------
    found : Estimate
        Of a model of two levels.
    diffuse : bool
        The level between clusters is that of `without_between`, and stays as it is.
    """
    table, levels = found.model.table, found.objective.moments
    tables = []
    for free in (True, False):
        blocks = []
        for level in (WITHIN, BETWEEN):
            names = variables_at(table, level)
            covariates = set(table.variables.exogenous)
            if diffuse and level == BETWEEN:
                rows = [k for k in range(len(table)) if table.group[k] == BETWEEN + 1]
                terms = [Term(table.lhs[k], table.op[k], table.rhs[k], fixed=(float(table.value[k]),)) for k in rows]
            else:
                terms = [
                    Term(one, "~~", other)
                    for i, one in enumerate(names)
                    for other in names[i:]
                    if free or one == other or {one, other} <= covariates
                ]
            blocks.append(Block(("within", "between")[level], tuple(terms), 0))
        syntax = Syntax(tuple(term for block in blocks for term in block.terms), (), tuple(blocks))
        own = build_level_table(syntax)
        tables.append(replace(own, variables=replace(own.variables, observed=table.observed)))
    return References(*(_unrestricted(one, levels) for one in tables))


def _unrestricted(table: Table, levels: Sequence[Moments]) -> Estimate:
    """Estimate a model without loadings by a quasi-Newton method.

    Its parameters are moments, which are so many that exact second derivatives cost more than the further steps do.
    """
    model = build_model(table, [(level.mean, level.covariance) for level in levels])
    objective = objective_of(model, levels, "ML")
    start = objective.point(_start(table, levels))
    converged, point, steps = False, start, 0
    if np.isfinite(start.value):
        size, vectors = np.linalg.eigh(objective.information(start, "metric"))
        scale = vectors / np.sqrt(np.maximum(size, 1e-12 * size[-1]))

        def function(x: Floats) -> tuple[float, Floats]:
            at = objective.point(start.theta + scale @ x)
            return (at.value if np.isfinite(at.value) else _OUTSIDE), scale.T @ at.gradient

        options = {"gtol": 1e-6, "maxiter": 500}
        found = minimize(function, np.zeros(len(start.theta)), jac=True, method="BFGS", options=options)
        point, steps = objective.point(start.theta + scale @ found.x), int(found.nit)
        converged = bool(np.abs(scale.T @ point.gradient).max(initial=0.0) < _FLAT)
    return Estimate(
        objective=objective,
        point=point,
        basis=np.eye(model.n_free),
        restrictions=Restrictions.of(table),
        converged=converged,
        n_iterations=steps,
        flags=(),
        loose=(),
    )


def _start(table: Table, levels: Sequence[Moments]) -> Floats:
    """Start where the moments of the levels are."""
    model = build_model(table, [(level.mean, level.covariance) for level in levels])
    theta = np.zeros(model.n_free)
    for group, level in zip(model.groups, levels, strict=True):
        cells = group.free_cells
        value = np.where(cells.kind == MEAN, level.mean[cells.row], level.covariance[cells.row, cells.column])
        theta[group.free[group.free >= 0]] = value
    return theta


def variables_at(table: Table, level: int) -> list[str]:
    """The observed variables of a level, in order."""
    own = {name for k in range(len(table)) if table.group[k] == level + 1 for name in (table.lhs[k], table.rhs[k])}
    return [name for name in table.observed if name in own]


def two_level_measures(
    found: Estimate, references: References, *, diffuse: bool = False, interval: float = 0.90
) -> dict[str, float]:
    """Fit measures by name; undefined ones are NaN.

    Parameters
    ----------
    found : Estimate
    references : References
    diffuse : bool
        Only the level within clusters has a model: the likelihood is that of differences within clusters, n is the number of
        persons less that of clusters.
    interval : float
        Level of the RMSEA's interval.
    """
    objective = found.objective
    table, n = found.model.table, float(objective.n_total)
    if diffuse:
        n -= objective.moments[BETWEEN].n
    loglik, saturated, independent = (
        one.objective.loglik(one.point) if one.converged else float("nan")
        for one in (found, references.saturated, references.independent)
    )
    n_saturated, n_par = references.saturated.n_free - int(table.exo.sum()), found.n_free
    df, base_df = n_saturated - n_par, references.saturated.n_free - references.independent.n_free
    chi2, base_chi2 = 2.0 * (saturated - loglik), 2.0 * (saturated - independent)
    by_level = {
        f"srmr_{name}": srmr_of_level(found, references.saturated, level)
        for level, name in ((WITHIN, "within"), (BETWEEN, "between"))
    }
    if diffuse:
        by_level["srmr_between"] = float("nan")
    covariates = _covariate_loglik(found)
    told = float("nan") if diffuse else loglik - covariates
    return {
        "n_par": float(n_par),
        "chi2": chi2,
        "df": float(df),
        "p": p_of(chi2, df),
        "baseline_chi2": base_chi2,
        "baseline_df": float(base_df),
        "baseline_p": p_of(base_chi2, base_df),
        **incremental(Pair(chi2, df, df, base_chi2, base_df, base_df), ""),
        **rmsea(chi2, df, n, 1, interval),
        "srmr": sum(by_level.values()),
        **by_level,
        "loglik": told,
        "saturated_loglik": float("nan") if diffuse else saturated - covariates,
        "aic": -2.0 * told + 2.0 * n_par,
        "bic": -2.0 * told + n_par * np.log(n),
        "sabic": -2.0 * told + n_par * np.log((n + 2.0) / 24.0),
    }


def srmr_of_level(found: Estimate, saturated: Estimate, level: int) -> float:
    """Root mean square of the residual correlations of a level and the zeros of their diagonal; NaN where a variance is not positive.

    References
    ----------
    Bollen (1989), doi:10.1002/9781118619179, chapter 7; by level: Ryu & West (2009), doi:10.1080/10705510903203466
    """
    residual = residual_correlations_at(found, saturated, level)
    i, j = np.tril_indices(len(residual))
    return float(np.sqrt(np.mean(residual[i, j] ** 2)))


def residual_correlations_at(found: Estimate, saturated: Estimate, level: int) -> Floats:
    """Correlations of the saturated model minus those of the model; NaN where a variance is not positive."""
    table = found.model.table
    places = [table.observed.index(name) for name in variables_at(table, level)]
    one, other = (_correlations(at.point.at[level].sigma[np.ix_(places, places)]) for at in (saturated, found))
    return np.asarray(one - other)


def _correlations(s: Floats) -> Floats:
    variance = np.diag(s)
    sd = np.sqrt(np.where(variance > 0.0, variance, np.nan))
    return np.asarray(s / np.outer(sd, sd))


def _covariate_loglik(found: Estimate) -> float:
    """The log-likelihood of covariates whose moments are the sample's."""
    table, total = found.model.table, 0.0
    if not table.exo.any():
        return 0.0
    for level, moments in enumerate(found.objective.moments):
        places = [
            table.observed.index(name) for name in variables_at(table, level) if name in table.variables.exogenous
        ]
        if places:
            s = moments.covariance[np.ix_(places, places)]
            total -= 0.5 * moments.n * (len(places) * (np.log(2.0 * np.pi) + 1.0) + np.linalg.slogdet(s)[1])
    return float(total)


def intraclass_correlations(saturated: Estimate) -> dict[str, float]:
    """Share of an item's variance that lies between clusters, of the items at both levels, from the saturated model.

    An estimate below 0 stays as it is.
    """
    table = saturated.model.table
    both = [name for name in variables_at(table, WITHIN) if name in variables_at(table, BETWEEN)]
    within, between = (np.diag(level.sigma) for level in saturated.point.at)
    places = [table.observed.index(name) for name in both]
    return {name: float(between[k] / (between[k] + within[k])) for name, k in zip(both, places, strict=True)}


def level_omegas(found: Estimate, level: int) -> dict[str, float]:
    """Omega of the sum of a factor's items at one level, from the moments that the model implies there.

    NaN where an item measures other factors too, where a variance is negative, and of factors of factors.

    References
    ----------
    Geldhof, Preacher & Zyphur (2014), doi:10.1037/a0032138
    """
    table, at = found.model.table, found.point.at[level]
    place = {name: i for i, name in enumerate((*table.observed, *table.latent))}
    items: dict[str, list[str]] = {}
    for lhs, op, rhs, group in zip(table.lhs, table.op, table.rhs, table.group, strict=True):
        if op == "=~" and group == level + 1:
            items.setdefault(lhs, []).append(rhs)
    homes = Counter(item for own in items.values() for item in own)
    omegas = {}
    for factor, own in items.items():
        simple = all(item in table.observed and homes[item] == 1 for item in own)
        places = np.array([place[item] for item in own])
        explained = float(at.a[places, place[factor]].sum() ** 2 * at.total[place[factor], place[factor]])
        total = float(at.total[np.ix_(places, places)].sum())
        proper = bool((np.diag(at.s)[places] >= 0.0).all()) and explained >= 0.0 and total > 0.0
        omegas[factor] = explained / total if simple and proper else float("nan")
    return omegas
