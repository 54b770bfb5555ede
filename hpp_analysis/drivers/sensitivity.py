"""Do the slopes depend on the model? The slopes of other models beside those of the regression."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.drivers.regression import Fit, FloatArray, standardised, why_undefined
from hpp_analysis.drivers.regression_data import DriverData, center_within_groups, select_rows
from hpp_analysis.texts import gettext as _

Slopes = tuple[FloatArray, FloatArray, FloatArray, FloatArray]  # estimate, lower, upper, p
Model = Callable[[DriverData, float], Slopes]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Sensitivity(Result):
    """Slopes of several models beside each other.

    Attributes
    ----------
    table : DataFrame
        predictor, model ("main", "within", "mixed", "ordinal", "ranks", "trimmed", "complete"), estimate (slope of
        standardised variables), ci_lower, ci_upper, p, n_used. NaN where a model has no solution.
    outcome : str
    conf_level : float
    named : tuple of str
        The predictors that the regression itself names, by tests adjusted for their number.
    """

    outcome: str
    conf_level: float
    named: tuple[str, ...] = ()

    def _declare(self) -> Declaration:
        return Declaration(
            name="drivers_sensitivity",
            caption=_("{outcome}: slopes under other models").format(outcome=self._called(self.outcome)),
            variable="predictor",
            whole_study=True,
            columns=(
                Column("predictor", _("Predictor"), key=True),
                Column("model", _("Model"), key=True, words=model_names()),
                Column("estimate", _("β"), "coefficient"),
                Column("ci_lower", _("Interval"), "coefficient", upper="ci_upper"),
                Column("p", _("p"), "p"),
                Column("n_used", _("Ratings"), "count"),
            ),
            figures={"intervals": self._intervals},
        )

    @property
    def steady(self) -> tuple[str, ...]:
        """Of the named predictors, those whose interval lies on the same side of zero in every model."""
        return self._by_sides(lambda low, high: low == high != 0)

    @property
    def unsteady(self) -> tuple[str, ...]:
        """Of the named predictors, those whose interval holds zero in some model, or lies on different sides."""
        return self._by_sides(lambda low, high: not low == high != 0)

    def _by_sides(self, chosen: Callable[[float, float], bool]) -> tuple[str, ...]:
        sign = np.sign(self.table["ci_lower"]).where(self.table["ci_lower"] * self.table["ci_upper"] > 0, 0.0)
        known = self.table["estimate"].notna() & self.table["predictor"].isin(self.named)
        sides = sign[known].groupby(self.table["predictor"][known], sort=False).agg(["min", "max"])
        return tuple(str(row.Index) for row in sides.itertuples() if chosen(row.min, row.max))

    def _notes(self) -> list[str]:
        return [
            _("Slopes of standardised variables with their {level} confidence intervals.").format(
                level=format_value(self.conf_level, "share")
            )
        ]

    def _summary(self) -> list[str]:
        said = []
        if self.steady:
            said.append(
                _("Named by the regression, and of the same sign in every other model: {names}.").format(
                    names=join_names([self._called(name) for name in self.steady])
                )
            )
        if self.unsteady:
            said.append(
                _("Named by the regression, but not clear in every other model: {names}.").format(
                    names=join_names([self._called(name) for name in self.unsteady])
                )
            )
        if not said:
            said.append(_("The regression names no predictor, so that none is compared with other models."))
        unsolved = self.table.groupby("model", sort=False)["estimate"].apply(lambda column: column.isna().all())
        lost = [model_names()[str(model)] for model in unsolved.index[unsolved]]
        if lost:
            said.append(_("Without a solution: {models}.").format(models=join_names(lost)))
        return said

    def _methods(self) -> list[str]:
        sentences = {
            "within": _("within partnerships and sides (fixed effects)"),
            "mixed": _("with a random intercept for each partnership and side (restricted maximum likelihood)"),
            "ordinal": _(
                "an ordered logit of the outcome in whole points, its slopes divided by the standard deviation of the "
                "latent outcome (McKelvey & Zavoina, 1975)"
            ),
            "ranks": _("of the ranks of all variables"),
            "trimmed": _("without the ratings whose Cook's distance exceeds 4 / n"),
            "complete": _("of complete ratings only"),
        }
        tried = [sentences[str(model)] for model in dict.fromkeys(self.table["model"]) if model in sentences]
        return [_("The regression was repeated: {models}.").format(models="; ".join(tried))]

    def _intervals(self) -> Figure:
        frame = self._labelled()
        rows = frame[["estimate", "ci_lower", "ci_upper"]].assign(label=frame["predictor"], series=frame["model"])
        return Figure(plots.intervals, rows, reference=0.0, xlabel=_("Standardised slope"), unit_decimals=2)


def model_names() -> dict[str, str]:
    """Name the models."""
    return {
        "main": _("Regression"),
        "within": _("Within groups"),
        "mixed": _("Random intercepts"),
        "ordinal": _("Ordered logit"),
        "ranks": _("Ranks"),
        "trimmed": _("Without influential ratings"),
        "complete": _("Complete ratings"),
    }


def compare_models(
    data: DriverData,
    slopes: pd.DataFrame,
    *,
    named: tuple[str, ...],
    outcome: str,
    conf_level: float,
    flags: tuple[str, ...],
) -> Sensitivity:
    """The slopes of other models beside those of the regression."""
    beta, lower, upper, p = slopes[["beta", "ci_lower", "ci_upper", "p"]].to_numpy(dtype=float).T
    found = {"main": ((beta, lower, upper, p), data.n_used)}
    if np.isfinite(beta).all():
        for name, (model, rows) in _models(data).items():
            found[name] = (model(rows, conf_level) if len(rows.values) else _unsolved(rows), len(rows.values))
    tables = [
        pd.DataFrame(
            {"predictor": data.predictors, "model": name, "estimate": one[0], "ci_lower": one[1],
             "ci_upper": one[2], "p": one[3], "n_used": n}
        )
        for name, (one, n) in found.items()
    ]  # fmt: skip
    table = pd.concat(tables, ignore_index=True)
    order = table["predictor"].map({name: place for place, name in enumerate(data.predictors)})
    return Sensitivity(
        table=table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True),
        context=Context(names=data.names, selection=data.selection, words=data.words),
        outcome=outcome,
        conf_level=conf_level,
        named=named,
        flags=flags,
    )


def _models(data: DriverData) -> dict[str, tuple[Model, DriverData]]:
    if data.pairwise:
        whole = data.values.notna().all(axis=1).to_numpy()
        return {"complete": (_robust, select_rows(data, whole))}
    models: dict[str, tuple[Model, DriverData]] = {
        "ordinal": (_ordinal, data),
        "ranks": (_robust, replace(data, values=data.values.rank())),
        "trimmed": (_robust, select_rows(data, ~_influential(data))),
    }
    if data.n_groups == 1 and np.unique(data.cell).size > 1:
        models = {"within": (_robust, center_within_groups(data, data.cell)), "mixed": (_mixed, data), **models}
    return models


def _influential(data: DriverData) -> NDArray[np.bool_]:
    from statsmodels.regression.linear_model import OLS  # takes a second: loaded when it is used

    z = standardised(data)
    fit = OLS(z[:, -1], _with_ones(z)).fit()
    return np.asarray(fit.get_influence().cooks_distance[0] > 4.0 / len(z))


def _robust(data: DriverData, level: float) -> Slopes:
    """The regression itself, of other rows or values."""
    if why_undefined(data):
        return _unsolved(data)
    p = len(data.predictors)
    fit = Fit(data, list(range(p)))
    beta, se, df = fit.slopes[1 : p + 1], fit.se[1 : p + 1], fit.df[1 : p + 1]
    return _bounded(beta, se, level, df)


def _bounded(beta: FloatArray, se: FloatArray, level: float, df: FloatArray | float = np.inf) -> Slopes:
    """Interval and p-value by t, or with endless degrees of freedom by the normal distribution."""
    half = stats.t.ppf((1.0 + level) / 2.0, df) * se
    with np.errstate(divide="ignore", invalid="ignore"):  # a perfect fit has no error and no test
        p_value = np.where(se > 0.0, 2.0 * stats.t.sf(np.abs(beta / se), df), np.nan)
    return beta, beta - half, beta + half, p_value


def _with_ones(z: FloatArray) -> FloatArray:
    """The predictors with a column of ones before them."""
    return np.column_stack([np.ones(len(z)), z[:, :-1]])


def _mixed(data: DriverData, level: float) -> Slopes:
    from statsmodels.regression.mixed_linear_model import MixedLM

    z = standardised(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance at its bound is an answer: no spread between groups
        try:
            fit = MixedLM(z[:, -1], _with_ones(z), groups=data.cell).fit()
            beta, se = np.asarray(fit.fe_params)[1:], np.asarray(fit.bse_fe)[1:]
        except (np.linalg.LinAlgError, ValueError):
            return _unsolved(data)
    if not fit.converged or not np.isfinite(se).all():
        return _unsolved(data)
    return _bounded(beta, se, level)


def _ordinal(data: DriverData, level: float) -> Slopes:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    z, p = standardised(data)[:, :-1], len(data.predictors)
    points = np.unique(np.round(data.values.iloc[:, -1].to_numpy()), return_inverse=True)[1]
    if points.max() < 2:
        return _unsolved(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is looked at below
        try:
            fit = OrderedModel(points, z, distr="logit").fit(method="bfgs", disp=False, maxiter=500)
            beta, se = np.asarray(fit.params)[:p], np.asarray(fit.bse)[:p]
        except (np.linalg.LinAlgError, ValueError):
            return _unsolved(data)
    if not fit.mle_retvals["converged"] or not np.isfinite(se).all():
        return _unsolved(data)
    latent = np.sqrt(beta @ np.atleast_2d(np.cov(z.T)) @ beta + np.pi**2 / 3.0)
    return _bounded(beta / latent, se / latent, level)


def _unsolved(data: DriverData) -> Slopes:
    nothing = np.full(len(data.predictors), np.nan)
    return nothing, nothing, nothing, nothing
