"""Regression of an outcome: slopes with their errors, assumptions, blocks of predictors, and importance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hpp_analysis.common.interpret import (
    CHECK_P,
    COOK_LARGE,
    MIN_CLUSTERS,
    MIN_CLUSTERS_BOOT,
    MIN_UNITS_TIERS,
    VIF_HIGH,
    importance_is_sound,
)
from hpp_analysis.core.correlation.em import normal_moments
from hpp_analysis.core.correlation.weighted import WeightedCorrelations, resampled_correlations
from hpp_analysis.core.importance.importance import lmg, relative_weights, standardised_slopes, subset_r2
from hpp_analysis.core.importance.ranks import rank_estimates
from hpp_analysis.core.importance.regression import WildTests, draw_signs, fit_clustered
from hpp_analysis.drivers.regression_data import DriverData

FloatArray = NDArray[np.float64]


class Fit:
    """Least squares on standardised variables, with the errors that the design asks for.

    Parameters
    ----------
    data : DriverData
    columns : list of int
        Places of the predictors that take part.

    Attributes
    ----------
    errors : str
        "cluster" (CR2 by organisation), "person" (CR2 by person) or "hc3".
    slopes, se, df : ndarray, shape (k,)
        Errors are NaN with too few organisations.
    """

    def __init__(self, data: DriverData, columns: list[int]) -> None:
        self.y, self.x = regression_of(data, impute_predictors(data), columns)
        self.errors = errors_of(data)
        k = self.x.shape[1]
        if self.errors == "hc3":
            from statsmodels.regression.linear_model import OLS  # takes a second: loaded when it is used

            fitted = OLS(self.y, self.x).fit().get_robustcov_results("HC3")
            self.slopes, self.residuals = np.asarray(fitted.params), np.asarray(fitted.resid)
            self.se, self.df = np.asarray(fitted.bse), np.full(k, float(len(self.y) - k))
        else:
            clustered = fit_clustered(self.x, self.y, data.unit)
            self.se, self.df = clustered.se, clustered.df
            self.slopes, self.residuals = clustered.coefficients, clustered.residuals
        if not has_enough_clusters(data):
            self.se, self.df = np.full((2, k), np.nan)

    @property
    def p(self) -> FloatArray:
        """Of each slope by itself, by t."""
        with np.errstate(divide="ignore", invalid="ignore"):  # a perfect fit has no error and no test
            return np.where(self.se > 0.0, 2.0 * stats.t.sf(np.abs(self.slopes / self.se), self.df), np.nan)

    @property
    def r2(self) -> float:
        """The share of the outcome's variance that is explained."""
        return float(1.0 - self.residuals @ self.residuals / (self.y @ self.y))


def regression_of(data: DriverData, z: FloatArray, columns: list[int]) -> tuple[FloatArray, FloatArray]:
    """The standardised outcome, and the columns that explain it: ones, predictors, and a column for each group but one."""
    # the means of groups have been estimated: a column each
    groups = data.group[:, None] == np.arange(1, data.n_groups)
    return z[:, -1], np.column_stack([np.ones(len(z)), z[:, columns], groups])


def has_enough_clusters(data: DriverData) -> bool:
    """Whether there are enough clusters for errors and tests, if clusters vary."""
    return not data.n_clusters or data.n_clusters >= MIN_CLUSTERS


class Tests:
    """Tests of slopes by a wild bootstrap with the null imposed; all of them share the same signs.

    Parameters
    ----------
    data : DriverData
    n_wild : int
        Samples; 0: every test is NaN.
    seed : int
    """

    def __init__(self, data: DriverData, *, n_wild: int, seed: int) -> None:
        self._data, self._places, self._z = data, list(range(len(data.predictors))), impute_predictors(data)
        self._unit = np.unique(data.unit, return_inverse=True)[1]
        # bootstrap samples of rows have the seed itself
        self._signs = draw_signs(data.n_units, n_wild, np.random.default_rng((seed, 1)))
        self._known = has_enough_clusters(data) and n_wild > 0

    def _of(self, columns: list[int]) -> WildTests:
        y, x = regression_of(self._data, self._z, columns)
        errors = errors_of(self._data)
        return WildTests.of(x, y, self._unit, self._signs, errors="hc3" if errors == "hc3" else "cr2")

    def together(self, tested: list[int], model: list[int] | None = None) -> tuple[float, float]:
        """Whether the slopes of these predictors are all 0 in a regression on those of `model`: F and p."""
        model = self._places if model is None else model
        if not self._known:
            return np.nan, np.nan
        return self._of(model).wald(np.array([1 + model.index(place) for place in tested]))

    def each(self, alpha: float) -> FloatArray:
        """The p-value of each slope, adjusted for their number by a step-down of the largest t."""
        if not self._known:
            return np.full(len(self._places), np.nan)
        return self._of(self._places).step_down(1 + np.array(self._places), alpha=alpha)[1]


def standardised(data: DriverData) -> FloatArray:
    """Predictors and outcome with mean 0 and standard deviation 1 (divisor n - 1)."""
    x = data.values.to_numpy()
    return np.asarray((x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0, ddof=1))


def impute_predictors(data: DriverData) -> FloatArray:
    r"""Return `standardised` with each missing score of a predictor at what the row's other predictors lead to expect.

    Expectations are of the normal distribution whose moments EM finds, :math:`\Sigma_{mo} \Sigma_{oo}^{-1} x_o`. The
    outcome takes no part in them: what is filled in is a function of the predictors alone, so that slopes which are 0
    stay 0 and their tests hold their level; where slopes are not 0 they are consistent (Little 1992).

    References
    ----------
    Little (1992), doi:10.1080/01621459.1992.10476282
    """
    z = standardised(data)
    if not data.pairwise:
        return z
    x = z[:, :-1]
    moments = normal_moments(x)
    gaps = np.isnan(x)
    for pattern in np.unique(gaps[gaps.any(axis=1)], axis=0):
        rows = (gaps == pattern).all(axis=1)
        weights = np.linalg.lstsq(
            moments.covariance[np.ix_(~pattern, ~pattern)], moments.covariance[np.ix_(~pattern, pattern)], rcond=None
        )[0]
        x[np.ix_(rows, pattern)] = (
            moments.mean[pattern] + (x[np.ix_(rows, ~pattern)] - moments.mean[~pattern]) @ weights
        )
    return z


def errors_of(data: DriverData) -> str:
    """Return the kind of standard errors: "cluster", "person" or "hc3"."""
    if data.n_clusters:
        return "cluster"
    return "person" if data.several else "hc3"


def why_undefined(data: DriverData) -> str:
    """Return the code of why a regression is impossible, or ""."""
    if data.n_used < len(data.predictors) + data.n_groups + 2:
        return "few_ratings"
    spread = data.values.std().to_numpy()
    if not (spread > 1e-12).all():
        return "constant"
    r = correlations_of(data)
    if not np.isfinite(r).all():
        return "few_ratings"
    return "dependent" if np.linalg.eigvalsh(r[:-1, :-1])[0] < 1e-8 and not data.pairwise else ""


def correlations_of(data: DriverData) -> FloatArray:
    """Correlations of the predictors and, last, the outcome."""
    x = data.values.to_numpy()
    return np.asarray(WeightedCorrelations(x)(np.ones((1, len(x))))[0])


def variance_inflation(correlations: FloatArray) -> FloatArray:
    """How much its overlap with the other predictors inflates each slope's variance."""
    return np.asarray(np.diag(np.linalg.inv(correlations[:-1, :-1])))


def slopes_table(data: DriverData, tests: Tests, *, conf_level: float) -> tuple[pd.DataFrame, dict[str, Any]]:
    """One row per predictor, and of the whole: r2, adjusted_r2, f, df_num, p."""
    predictors, r = data.predictors, correlations_of(data)
    p = len(predictors)
    spread = data.values.std().to_numpy()
    fit = Fit(data, list(range(p)))
    beta, se, df = fit.slopes[1 : p + 1], fit.se[1 : p + 1], fit.df[1 : p + 1]
    half = stats.t.ppf((1.0 + conf_level) / 2.0, df) * se
    table = pd.DataFrame(
        {"predictor": predictors, "correlation": r[:-1, -1], "beta": beta, "se": se, "df": df, "ci_lower": beta - half,
         "ci_upper": beta + half, "p": fit.p[1 : p + 1], "p_adjusted": tests.each(1.0 - conf_level),
         "slope": beta * spread[-1] / spread[:-1], "vif": variance_inflation(r)}
    )  # fmt: skip
    r2 = float(standardised_slopes(r) @ r[:-1, -1]) if data.pairwise else fit.r2
    rest = data.n_used - p - data.n_groups
    adjusted = 1.0 - (1.0 - r2) * (data.n_used - data.n_groups) / rest if rest > 0 else np.nan
    f, p_of_all = tests.together(list(range(p)))
    return table, {"r2": r2, "adjusted_r2": adjusted, "f": f, "df_num": float(p), "p": p_of_all}


def blocks_table(data: DriverData, tests: Tests) -> pd.DataFrame:
    """One row per block: what it explains alone, after those before it, and after all others."""
    places = {name: [data.predictors.index(one) for one in block] for name, block in data.blocks.items()}
    every = list(range(len(data.predictors)))
    r2 = _r2_of_places(correlations_of(data))
    entered: list[int] = []
    rows = []
    for name, own in places.items():
        before, entered = r2(entered), entered + own
        rest = [place for place in every if place not in own]
        f, p = tests.together(own, entered)
        f_last, p_last = tests.together(own)
        rows.append(
            {"block": name, "n_predictors": len(own), "r2_alone": r2(own), "r2": r2(entered),
             "r2_change": r2(entered) - before, "f": f, "p": p, "r2_last": r2(every) - r2(rest), "f_last": f_last,
             "p_last": p_last}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _r2_of_places(r: FloatArray) -> Any:
    def r2(places: list[int]) -> float:
        chosen = [*places, len(r) - 1]
        part = r[np.ix_(chosen, chosen)]
        return float(standardised_slopes(part) @ part[:-1, -1]) if places else 0.0

    return r2


def draw_samples(data: DriverData, *, n_boot: int, seed: int) -> FloatArray:
    """Correlations of bootstrap samples; none where there are too few organisations to draw from."""
    p = data.values.shape[1]
    if n_boot == 0 or (data.n_clusters and data.n_clusters < MIN_CLUSTERS_BOOT):
        return np.empty((0, p, p))
    drawn = resampled_correlations(data.values.to_numpy(), n_boot, np.random.default_rng(seed), units=data.unit)
    return np.asarray(drawn[np.isfinite(drawn).all(axis=(1, 2))])


def importance_of(correlations: FloatArray, method: str) -> FloatArray:
    """The shares of the predictors in the R2."""
    return lmg(subset_r2(correlations)) if method == "lmg" else relative_weights(correlations)


def importance_table(data: DriverData, drawn: FloatArray, *, method: str, conf_level: float) -> pd.DataFrame:
    """One row per predictor: its importance, and how sure its place in the order is; `drawn` is that of the samples."""
    shares = importance_of(correlations_of(data), method)
    table = pd.DataFrame({"predictor": data.predictors, "importance": shares, "share": shares / shares.sum()})
    p = len(shares)
    order = np.argsort(-shares, kind="stable")
    table["rank"] = np.argsort(order) + 1
    if not len(drawn) or data.n_units < MIN_UNITS_TIERS:
        empty = ["ci_lower", "ci_upper", "p_first", "rank_lower", "rank_upper", "tier"]
        return table.assign(**dict.fromkeys(empty, np.nan))
    ranks = rank_estimates(shares, drawn, conf_level=conf_level)
    lower, upper = _quantiles(drawn, conf_level)
    if not importance_is_sound(data.n_units, p):
        lower, upper = np.full((2, p), np.nan)
    table = table.assign(
        ci_lower=lower, ci_upper=upper, p_first=ranks.p_first, rank_lower=ranks.rank_lower,
        rank_upper=ranks.rank_upper, tier=ranks.tier,
    )  # fmt: skip
    if p == 1:
        table["p_first"] = 1.0
    return table


def _quantiles(samples: FloatArray, conf_level: float) -> tuple[FloatArray, FloatArray]:
    lower, upper = np.quantile(samples, [(1.0 - conf_level) / 2.0, (1.0 + conf_level) / 2.0], axis=0)
    return lower, upper


CHECKS = ("overlap", "linearity", "spread", "influence", "normality")


def check_assumptions(data: DriverData) -> pd.DataFrame:
    """One row per assumption.

    Returns
    -------
    DataFrame
        check, statistic, p (NaN where it is not a test), limit (the largest statistic, or smallest p, that needs no
        look), look (whether it does; normality never: slopes do not need it), n (rows or predictors beyond the limit).
        Where correlations are of pairs of variables, overlap alone can be checked.
    """
    inflation = variance_inflation(correlations_of(data))
    overlap = _check_row("overlap", float(inflation.max()), limit=VIF_HIGH, n=int((inflation > VIF_HIGH).sum()))
    return pd.DataFrame([overlap] if data.pairwise else [overlap, *_of_residuals(data)])


def _of_residuals(data: DriverData) -> list[dict[str, Any]]:
    # takes a second: loaded when it is used
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.diagnostic import het_breuschpagan, linear_reset

    z = standardised(data)
    fit = OLS(z[:, -1], np.column_stack([np.ones(len(z)), z[:, :-1]])).fit()
    reset = linear_reset(fit, power=2, test_type="fitted", use_f=True)
    statistic, p, _f, _pf = het_breuschpagan(fit.resid, fit.model.exog)
    cook = fit.get_influence().cooks_distance[0]
    return [
        _check_row("linearity", float(reset.fvalue), p=float(reset.pvalue), limit=CHECK_P),
        _check_row("spread", float(statistic), p=float(p), limit=CHECK_P),
        _check_row("influence", float(np.nanmax(cook)), limit=COOK_LARGE, n=int((cook > COOK_LARGE).sum())),
        _check_row("normality", float(stats.skew(fit.resid)), limit=np.nan),
    ]


def _check_row(check: str, statistic: float, *, limit: float, p: float = np.nan, n: int = 0) -> dict[str, Any]:
    look = p < limit if p == p else statistic > limit
    return {"check": check, "statistic": statistic, "p": p, "limit": limit, "look": bool(look), "n": n}
