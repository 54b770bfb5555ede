"""How well a model fits: indices from its test, from the test of the independence model, and from residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chndtr

from hpp_analysis.core.arrays import Flags, Ints
from hpp_analysis.core.factors.solution import noncentrality_interval
from hpp_analysis.core.sem.chisquare import FitTest, baseline_of, fit_test
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.fiml import casewise_scores, find_patterns, normal_information, saturated_information
from hpp_analysis.core.sem.inference import cluster_sums, sizes_of
from hpp_analysis.core.sem.model import jacobian
from hpp_analysis.core.sem.objective import inverse

_CLOSE = 0.05
"""The RMSEA of close fit whose test `rmsea_p` is (Browne & Cudeck 1992, doi:10.1177/0049124192021002005)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A model's and the independence model's chi-squares, with the bias of each under its own hypothesis."""

    chi2: float
    df: int
    bias: float
    base_chi2: float
    base_df: int
    base_bias: float


def fit_measures(
    found: Estimate, *, correction: str = "none", cluster: Ints | None = None, interval: float = 0.90
) -> dict[str, float]:
    r"""Fit indices by name; undefined ones are NaN.

    Parameters
    ----------
    found : Estimate
    correction : {"none", "satorra_bentler", "yuan_bentler"}
        With one, there are `*_scaled` measures (of the corrected statistic). With one or with missing answers there are
        `*_robust` measures (consistent for the value that complete normal answers would give).
    cluster : ndarray of int, optional
    interval : float
        Level of the RMSEA's interval.

    References
    ----------
    Bentler (1990), doi:10.1037/0033-2909.107.2.238; Tucker & Lewis (1973), doi:10.1007/BF02291170; Steiger (1998),
    doi:10.1080/10705519809540115; Brosseau-Liard, Savalei & Li (2012), doi:10.1080/00273171.2012.715252;
    Brosseau-Liard & Savalei (2014), doi:10.1080/00273171.2014.933697
    """
    base = baseline_of(found)
    test = fit_test(found, correction=correction, cluster=cluster)
    base_test = fit_test(base, correction=correction, cluster=cluster)
    n, groups = found.objective.scale, len(found.model.groups)
    measures: dict[str, float] = {
        "n_par": float(found.n_free),
        "chi2": test.chi2,
        "df": float(test.df),
        "p": test.p,
        "baseline_chi2": base_test.chi2,
        "baseline_df": float(base_test.df),
        "baseline_p": base_test.p,
    }
    plain = Pair(test.chi2, test.df, test.df, base_test.chi2, base_test.df, base_test.df)
    measures |= incremental(plain, "") | rmsea(test.chi2, test.df, n, groups, interval)
    incomplete = any(not group.is_complete for group in found.objective.moments)
    if correction != "none":
        measures |= _scaled(test, base_test, n, groups, interval)
    if correction != "none" or incomplete:
        measures |= _robust(
            found, base, test, base_test, interval, incomplete=incomplete, normal=correction == "none", cluster=cluster
        )
    measures["srmr"] = srmr(found)
    measures |= information_criteria(found)
    return measures


def incremental(pair: Pair, suffix: str) -> dict[str, float]:
    """CFI and TLI."""
    over = pair.chi2 - pair.bias
    base_over = pair.base_chi2 - pair.base_bias
    top, bottom = max(over, 0.0), max(over, base_over, 0.0)
    cfi = 1.0 - top / bottom if bottom > 0 else (1.0 if top == 0 else float("nan"))
    tli = float("nan")
    if pair.df > 0 and pair.base_df > 0 and base_over != 0:
        tli = 1.0 - (over / pair.df) / (base_over / pair.base_df)
    elif pair.df == 0:
        tli = 1.0
    if not np.isfinite(over) or not np.isfinite(base_over):
        cfi = tli = float("nan") if pair.df else 1.0
    return {f"cfi{suffix}": cfi, f"tli{suffix}": tli}


def rmsea(chi2: float, df: float, n: float, groups: int, level: float, suffix: str = "") -> dict[str, float]:
    """RMSEA with its interval and the test of close fit."""
    names = [f"{name}{suffix}" for name in ("rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_p")]
    if df == 0:
        return dict(zip(names, (0.0, 0.0, 0.0, float("nan")), strict=True))
    if not df > 0 or not np.isfinite(chi2):
        return dict.fromkeys(names, float("nan"))
    lower, upper = noncentrality_interval(chi2, df, level)
    bounds = [np.sqrt(value / (n * df) * groups) for value in (max(chi2 - df, 0.0), lower, upper)]
    p = float(1.0 - chndtr(chi2, df, n * df * _CLOSE**2 / groups))
    return dict(zip(names, (*(float(bound) for bound in bounds), p), strict=True))


def _scaled(test: FitTest, base: FitTest, n: float, groups: int, level: float) -> dict[str, float]:
    pair = Pair(test.chi2_scaled, test.df, test.df, base.chi2_scaled, base.df, base.df)
    return {
        "chi2_scaled": test.chi2_scaled,
        "df_scaled": float(test.df),
        "p_scaled": test.p_scaled,
        "scaling_factor": test.scaling,
        "baseline_chi2_scaled": base.chi2_scaled,
        "baseline_scaling_factor": base.scaling,
        **incremental(pair, "_scaled"),
        # the uncorrected statistic against its own expectation: the point is the same, the interval is lavaan's
        **rmsea(test.chi2, test.df * test.scaling, n, groups, level, "_scaled"),
    }


def _robust(
    found: Estimate,
    base: Estimate,
    test: FitTest,
    base_test: FitTest,
    level: float,
    *,
    incomplete: bool,
    normal: bool,
    cluster: Ints | None,
) -> dict[str, float]:
    n, groups, df = found.objective.scale, len(found.model.groups), test.df
    chi2, bias = test.chi2, test.scaling * df
    base_chi2, base_bias = base_test.chi2, base_test.scaling * base_test.df
    if incomplete:
        chi2, bias = corrected_for_missing(found, normal=normal, cluster=cluster)
        base_chi2, base_bias = corrected_for_missing(base, normal=normal, cluster=cluster)
    chi2 = chi2 if bias > 0.0 or df == 0 else float("nan")
    base_chi2 = base_chi2 if base_bias > 0.0 else float("nan")
    measures = incremental(Pair(chi2, df, bias, base_chi2, base_test.df, base_bias), "_robust")
    scaling = bias / df if df > 0 else float("nan")
    names = ("rmsea_robust", "rmsea_ci_lower_robust", "rmsea_ci_upper_robust")
    if df <= 0 or not np.isfinite(scaling) or scaling <= 0:
        value = 0.0 if df == 0 else float("nan")
        return measures | dict.fromkeys(names, value)
    bounds = (max(chi2 / scaling - df, 0.0), *noncentrality_interval(chi2 / scaling, df, level))
    values = [float(np.sqrt(scaling * bound / (n * df) * groups)) for bound in bounds]
    return measures | dict(zip(names, values, strict=True))


def corrected_for_missing(found: Estimate, *, normal: bool = False, cluster: Ints | None = None) -> tuple[float, float]:
    r"""Chi-square that the saturated estimates would have as complete answers, and its expectation under the model.

    The discrepancy of complete answers is taken between the moments that maximum likelihood estimates from the
    incomplete answers and those implied by the model. With :math:`Q = I - \Delta(\Delta'W\Delta)^{-1}\Delta'W`, where W is
    the information of the incomplete answers and V that of complete ones, its expectation is
    :math:`\mathrm{tr}(Q'VQ\Gamma)`; :math:`\Gamma` is the asymptotic covariance matrix of the saturated estimates.

    Parameters
    ----------
    found : Estimate
        By maximum likelihood from incomplete answers.
    normal : bool
        Take the covariance matrix of normal answers instead of the sandwich.
    cluster : ndarray of int, shape (N,), optional
        Of each respondent, group after group: the sandwich sums scores within clusters.

    Returns
    -------
    chi2, bias : float

    References
    ----------
    Zhang & Savalei (2023), doi:10.1037/met0000445
    """
    objective, chi2, total = found.objective, 0.0, 0.0
    q = found.model.n_free
    bread_, complete, mixed, outer = (np.zeros((q, q)) for _part in range(4))
    estimated, sizes = unknown_moments(found), sizes_of(found)
    by_steps, by_v_steps = [], []
    for group, (part, at) in enumerate(zip(found.model.groups, found.point.at, strict=True)):
        moments, share = objective.moments[group], objective.weight[group]
        if moments.answers is None:
            return float("nan"), float("nan")
        d = moments.mean - at.mu
        w, log_det = inverse(at.sigma)
        moment = moments.covariance + np.outer(d, d)
        chi2 += moments.n * (log_det - objective.log_det[group] - len(d) + float((w * moment).sum()))
        patterns = moments.patterns if moments.patterns is not None else find_patterns(moments.answers)
        information = saturated_information(patterns, moments.mean, moments.covariance) / moments.n
        information = information[np.ix_(estimated, estimated)]
        v = normal_information(inverse(moments.covariance)[0])[np.ix_(estimated, estimated)]
        steps = (jacobian(at, part.free_cells, means=True) @ part.join)[estimated]
        v_inverted = np.linalg.solve(information, v)
        v_steps = np.linalg.solve(information, v @ steps)
        if normal:
            products = information
            mixed += share * (steps.T @ products @ v_steps)
            outer += share * (steps.T @ products @ steps)
        else:
            scores = casewise_scores(patterns, moments.mean, moments.covariance)[:, estimated]
            by_steps.append(scores @ steps)
            by_v_steps.append(scores @ v_steps)
            own = None if cluster is None else np.split(cluster, np.cumsum(sizes)[:-1])[group]
            sums = cluster_sums(scores, own, [moments.n])
            products = sums.T @ sums / moments.n
        total += float((v_inverted.T * np.linalg.solve(information, products)).sum())
        bread_ += share * (steps.T @ information @ steps)
        complete += share * (steps.T @ v @ steps)
    if not normal:  # over all groups at once: a cluster may have respondents in several
        one, other = (cluster_sums(np.vstack(part), cluster, sizes) for part in (by_steps, by_v_steps))
        mixed, outer = one.T @ other / sum(sizes), one.T @ one / sum(sizes)
    basis = found.basis
    bread_, complete, mixed, outer = (basis.T @ part @ basis for part in (bread_, complete, mixed, outer))
    inner = np.linalg.solve(bread_, complete)
    bias = total - 2.0 * np.trace(np.linalg.solve(bread_, mixed)) + np.trace(inner @ np.linalg.solve(bread_, outer))
    return chi2, float(bias)


def unknown_moments(found: Estimate) -> Flags:
    """Which moments (means, then covariances) a model is about: not those of covariates, and means where it has them.

    Returns
    -------
    ndarray, shape (p + p (p + 1) / 2,)
    """
    table = found.model.table
    known = np.isin(table.observed, table.variables.exogenous if table.exo.any() else ())
    i, j = np.triu_indices(len(known))
    return np.concatenate([~known & found.objective.means, ~(known[i] & known[j])])


def srmr(found: Estimate) -> float:
    """Standardised root mean square residual, means included where they are modelled; groups weigh by size.

    References
    ----------
    Bentler (1995), EQS Structural Equations Program Manual; Jöreskog & Sörbom (1981), LISREL V
    """
    objective, total = found.objective, 0.0
    for group, at in enumerate(found.point.at):
        s = objective.covariance[group]
        sd = np.sqrt(np.diag(s))
        i, j = np.tril_indices(len(sd))
        residual = ((s - at.sigma) / np.outer(sd, sd))[i, j]
        if objective.means:
            residual = np.concatenate([residual, objective.mean_residual(group, at) / sd])
        total += objective.moments[group].n / objective.n_total * float(np.sqrt(np.mean(residual**2)))
    return total


def information_criteria(found: Estimate) -> dict[str, float]:
    """Log-likelihood, AIC, BIC and sample-size adjusted BIC; NaN for least squares.

    The likelihood of fixed covariates is left out.

    References
    ----------
    Akaike (1974), doi:10.1109/TAC.1974.1100705; Schwarz (1978), doi:10.1214/aos/1176344136; Sclove (1987),
    doi:10.1007/BF02294360
    """
    if found.objective.estimator != "ML":
        return dict.fromkeys(("loglik", "saturated_loglik", "aic", "bic", "sabic"), float("nan"))
    covariates = _covariate_loglik(found)
    loglik, q, n = found.objective.loglik(found.point) - covariates, found.n_free, found.objective.n_total
    return {
        "loglik": loglik,
        "saturated_loglik": found.objective.saturated_loglik() - covariates,
        "aic": -2.0 * loglik + 2.0 * q,
        "bic": -2.0 * loglik + q * np.log(n),
        "sabic": -2.0 * loglik + q * np.log((n + 2.0) / 24.0),
    }


def _covariate_loglik(found: Estimate) -> float:
    table, total = found.model.table, 0.0
    if not table.exo.any():
        return 0.0
    places = [table.observed.index(name) for name in table.variables.exogenous]
    for moments in found.objective.moments:
        s = moments.covariance[np.ix_(places, places)]
        total -= 0.5 * moments.n * (len(places) * (np.log(2.0 * np.pi) + 1.0) + np.linalg.slogdet(s)[1])
    return float(total)
