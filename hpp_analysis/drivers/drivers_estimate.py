"""The numbers behind drivers: slopes with their errors, blocks of predictors, importance with its uncertainty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hpp_analysis.common.interpret import (
    MIN_CLUSTERS,
    MIN_CLUSTERS_BOOT,
    MIN_UNITS_TIERS,
    importance_is_sound,
)
from hpp_analysis.core.correlation.resampling import WeightedCorrelations, resampled_correlations
from hpp_analysis.core.importance.clustered import Clustered, fit_clustered
from hpp_analysis.core.importance.importance import lmg, relative_weights, standardised_slopes, subset_r2
from hpp_analysis.core.importance.ranks import rank_estimates
from hpp_analysis.drivers.drivers_data import DriverData

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
        NaN where they cannot be known.
    """

    def __init__(self, data: DriverData, columns: list[int]) -> None:
        z = standardised(data)
        # means of groups that were taken off have been estimated: a column each
        groups = data.group[:, None] == np.arange(1, data.n_groups)
        self.y, self.x = z[:, -1], np.column_stack([np.ones(len(z)), z[:, columns], groups])
        self.errors = errors_of(data)
        self._clustered: Clustered | None = None
        k = self.x.shape[1]
        if self.errors == "hc3":
            from statsmodels.regression.linear_model import OLS  # takes a second: loaded when it is used

            fitted = OLS(self.y, self.x).fit().get_robustcov_results("HC3")
            self.covariance = np.asarray(fitted.cov_params())
            self.slopes, self.residuals = np.asarray(fitted.params), np.asarray(fitted.resid)
            self.df = np.full(k, float(len(z) - k))
        else:
            unit = data.cluster if self.errors == "cluster" else data.person
            self._clustered = fit_clustered(self.x, self.y, unit)
            self.covariance, self.df = self._clustered.covariance, self._clustered.df
            self.slopes, self.residuals = self._clustered.coefficients, self._clustered.residuals
        self.se = np.sqrt(np.diag(self.covariance))
        self.known = self.errors != "cluster" or data.n_clusters >= MIN_CLUSTERS

    @property
    def r2(self) -> float:
        """The share of the outcome's variance that is explained."""
        return float(1.0 - self.residuals @ self.residuals / (self.y @ self.y))

    def wald(self, columns: NDArray[np.int_]) -> tuple[float, float, float]:
        """Whether these slopes are all 0: F, its second degrees of freedom, p."""
        if not self.known:
            return np.nan, np.nan, np.nan
        if self._clustered is not None:
            return self._clustered.wald(columns)
        beta, v = self.slopes[columns], self.covariance[np.ix_(columns, columns)]
        f, df = float(beta @ np.linalg.solve(v, beta) / columns.size), float(self.df[0])
        return f, df, float(stats.f.sf(f, columns.size, df))


def standardised(data: DriverData) -> FloatArray:
    """Predictors and outcome with mean 0 and standard deviation 1 (divisor n - 1)."""
    x = data.values.to_numpy()
    return np.asarray((x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0, ddof=1))


def errors_of(data: DriverData) -> str:
    """What standard errors rest on."""
    if data.n_clusters:
        return "cluster"
    return "person" if data.several else "hc3"


def why_not(data: DriverData) -> str:
    """A code of what makes a regression impossible, or ""."""
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


def slopes_table(
    data: DriverData, samples: FloatArray, *, conf_level: float
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """One row per predictor, and of the whole: r2, adjusted_r2, f, df_num, df, p."""
    predictors, r = data.predictors, correlations_of(data)
    p = len(predictors)
    spread = data.values.std().to_numpy()
    table = pd.DataFrame({"predictor": predictors, "correlation": r[:-1, -1]})
    unknown = np.full(p, np.nan)
    if data.pairwise:
        beta = standardised_slopes(r)
        drawn = standardised_slopes(samples) if len(samples) else np.full((2, p), np.nan)
        lower, upper = _quantiles(drawn, conf_level)
        se, df, p_value = drawn.std(axis=0, ddof=1), unknown, unknown
        r2 = float(beta @ r[:-1, -1])
        whole = {"f": np.nan, "df": np.nan, "p": np.nan}
    else:
        fit = Fit(data, list(range(p)))
        beta, se, df = fit.slopes[1 : p + 1], fit.se[1 : p + 1], fit.df[1 : p + 1]
        if not fit.known:
            se, df = unknown, unknown
        half = stats.t.ppf((1.0 + conf_level) / 2.0, df) * se
        lower, upper = beta - half, beta + half
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing is left to explain: no error, no test
            p_value = np.where(se > 0.0, 2.0 * stats.t.sf(np.abs(beta / se), df), np.nan)
        r2 = fit.r2
        whole = dict(zip(("f", "df", "p"), fit.wald(np.arange(1, p + 1)), strict=True))
    table = table.assign(
        beta=beta, se=se, df=df, ci_lower=lower, ci_upper=upper, p=p_value, slope=beta * spread[-1] / spread[:-1],
        vif=variance_inflation(r),
    )  # fmt: skip
    rest = data.n_used - p - data.n_groups
    adjusted = 1.0 - (1.0 - r2) * (data.n_used - data.n_groups) / rest if rest > 0 else np.nan
    return table, {"r2": r2, "adjusted_r2": adjusted, "df_num": p, **whole}


def blocks_table(data: DriverData) -> pd.DataFrame:
    """One row per block: what it explains alone, after those before it, and after all others."""
    places = {name: [data.predictors.index(one) for one in block] for name, block in data.blocks.items()}
    every = list(range(len(data.predictors)))
    r2 = _r2_of_places(correlations_of(data))
    entered: list[int] = []
    rows = []
    for name, mine in places.items():
        before, entered = r2(entered), entered + mine
        rest = [place for place in every if place not in mine]
        row = {
            "block": name, "n_predictors": len(mine), "r2_alone": r2(mine), "r2": r2(entered),
            "r2_change": r2(entered) - before, "r2_last": r2(every) - r2(rest),
        }  # fmt: skip
        for suffix, model in (("", entered), ("_last", every)):
            tested = np.array([1 + model.index(place) for place in mine])
            test = (np.nan,) * 3 if data.pairwise else Fit(data, model).wald(tested)
            row |= {f"{what}{suffix}": value for what, value in zip(("f", "df", "p"), test, strict=True)}
        rows.append(row)
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
    drawn = resampled_correlations(
        data.values.to_numpy(), n_boot, np.random.default_rng(seed), units=data.unit
    )
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
    if not importance_is_sound(data.n_units, float(shares.sum())):
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
