"""Does a factor model hold? Confirmatory factor analysis and structural equation models."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import CFI_FAIR, RMSEA_FAIR, SRMR_FAIR
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.reliability.omega import ordinal_omega
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.fit import fit_measures
from hpp_analysis.core.sem.inference import covariance_of_estimates, defined_parameters, intervals, rows_of_table
from hpp_analysis.core.sem.model import Implied
from hpp_analysis.core.sem.moments import Moments, group_moments
from hpp_analysis.core.sem.ordinal import OrdinalImplied
from hpp_analysis.core.sem.ordinal_fit import (
    covariance_of_items,
    errors_of,
    no_robust_fit,
    ordinal_fit,
    ordinal_objective,
    ordinal_residual_z,
    residual_correlations,
)
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments
from hpp_analysis.core.sem.ordinal_scores import ordinal_scores, settled_factors
from hpp_analysis.core.sem.residuals import ResidualZ, residual_z
from hpp_analysis.core.sem.rotation import TurnedBlock, estimate_rotated
from hpp_analysis.core.sem.score_tests import modification_indices
from hpp_analysis.core.sem.standardised import explained_variance, standardise, standardised_definitions
from hpp_analysis.core.sem.syntax import Variables, add_auxiliary, arrange_blocks, find_variables, parse_syntax
from hpp_analysis.core.sem.table import Table, build_table
from hpp_analysis.display.columns import Column, Unit
from hpp_analysis.display.formats import NOTHING, format_interval, format_value
from hpp_analysis.errors import AnswersError, ConvergenceError, Failure, NotIdentifiedError, OptionError
from hpp_analysis.models.cfa_bootstrap import CFABootstrap, bootstrap_cfa
from hpp_analysis.models.esem import Rotating, rotating, rotation_flags, rotation_method, rotation_sentences
from hpp_analysis.models.lavaan_names import refuse_unknown
from hpp_analysis.models.model_data import check_moments, given_moments, is_correlation, model_data
from hpp_analysis.models.ordinal_data import ordered_names, ordinal_data
from hpp_analysis.models.sentences import (
    blank_errors_of_fixed,
    flag_count,
    left_out_sentences,
    merged_sentences,
    relation,
)
from hpp_analysis.options import (
    BootstrapInterval,
    CfaEstimator,
    CfaInformation,
    CfaMissing,
    CfaRotation,
    FactorScores,
    Parameterization,
    checked,
    names_in,
)
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_CORRECTIONS = {"ML": "none", "MLR": "yuan_bentler", "MLM": "satorra_bentler", "GLS": "none", "ULS": "none"}
_ERRORS = {"MLR": "huber_white", "MLM": "satorra_bentler"}

ORDINAL: Final = {"WLSMV": "DWLS", "ULSMV": "OULS", "WLS": "WLS", "DWLS": "DWLS"}
"""Estimators of ordered items, and the weights that they use."""

_CORRECTED = ("WLSMV", "ULSMV")
"""Those with robust standard errors and scaled and shifted tests."""

_LARGE_VARIANCE = 1e6
"""From here on information about a variance, which falls with its square, is lost among rounding errors."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CFA(Result):
    """A fitted model.

    Attributes
    ----------
    table : DataFrame
        One row per parameter, also as `estimates`: lhs, op, rhs, group (from 1), label, est, se, z, p, ci_lower, ci_upper,
        std_lv, std_all, and the standard errors of the last two: std_lv_se, std_all_se.
    fit_measures : Series
        chi2 df p cfi tli rmsea rmsea_ci_lower rmsea_ci_upper srmr aic bic sabic loglik, and with a robust estimator
        `*_scaled` and `*_robust`. Undefined is NaN.
    r2 : Series or DataFrame
        Explained variance by variable; one column per group where there are several.
    residuals : DataFrame
        Residual correlations (observed minus implied), items x items; with several groups stacked under their names. Of ordered
        items beside fixed covariates they are those of what the covariates leave.
    found : Estimate
        The estimated model in matrices.
    clusters : ndarray or None
        The cluster of each respondent that was used.
    group_names : tuple of str
    sizes : tuple of int
        Respondents used in each.
    n_given : int
        Respondents before any was left out.
    estimator, missing : str
    conf_level : float
    ordered : tuple of str
        The items that were taken as ordered categories.
    parameterization : str
        Of ordered items: "delta" or "theta".
    rotating : Rotating or None
        How exploratory blocks were rotated.
    turned : tuple of TurnedBlock
        The rotation of each exploratory block, with the number of its starts and how many reached the best solution.
    """

    fit_measures: pd.Series
    r2: pd.Series | pd.DataFrame
    residuals: pd.DataFrame
    found: Estimate
    clusters: NDArray[np.int64] | None
    group_names: tuple[str, ...]
    sizes: tuple[int, ...]
    n_given: int
    estimator: str
    missing: str
    conf_level: float
    ordered: tuple[str, ...] = ()
    parameterization: str = "delta"
    rotating: Rotating | None = None
    turned: tuple[TurnedBlock, ...] = ()

    @property
    def estimates(self) -> pd.DataFrame:
        """The parameters: the table."""
        return self.to_frame()

    @property
    def n_used(self) -> int:
        """Respondents used."""
        return sum(self.sizes)

    def modification_indices(self) -> pd.DataFrame:
        """Loadings, covariances and regressions that are fixed, those first that would improve the fit most.

        Returns
        -------
        DataFrame
            lhs, op, rhs, group, mi (how much the test statistic would fall if this were free), epc (how much the
            parameter would change) and sepc (the same standardised). What would change nothing is left out.
        """
        indices = modification_indices(self.found)
        columns = ("lhs", "op", "rhs", "group", "mi", "epc", "sepc")
        frame = pd.DataFrame({name: getattr(indices, name) for name in columns})
        home = {factor: each.block.name for each in self.turned for factor in each.block.factors}
        block = frame["lhs"].map(home)
        within = block.notna() & (block == frame["rhs"].map(home))  # what rotation settles would change nothing
        return frame[~within].sort_values("mi", ascending=False, ignore_index=True)

    @property
    def reliability(self) -> pd.Series | pd.DataFrame:
        """Omega of the sum of a factor's items by factor, one column per group where there are several.

        The variance of the sum that the factor explains, by its variance in the sample. Of ordered items it is that of the
        answers as they are given, not of the normal variables behind them. NaN where items measure other factors too (by
        `=~`), are of both kinds, measure no factor by themselves, or are ordered beside fixed covariates.

        References
        ----------
        McDonald (1999), Test theory: a unified treatment; Green & Yang (2009), doi:10.1007/s11336-008-9098-4
        """
        return _reliability(self.found, self.group_names)

    @property
    def residuals_z(self) -> pd.DataFrame:
        """Residual covariances in standard errors, shaped as `residuals`; NaN where `residuals_z_flags` says why.

        Standard errors are of the kind that the estimator's are: of normal answers ("ML", "GLS", "ULS") or robust ("MLR",
        "MLM"), by clusters where the model has them, and with what is missing taken into account.

        References
        ----------
        Maydeu-Olivares (2017), doi:10.1007/s11336-016-9552-7
        """
        return self._by_group([part.z for part in self._residual_z()])

    @property
    def residuals_z_flags(self) -> pd.DataFrame:
        """Why a residual has no z, shaped as `residuals`: "" where it has one.

        "reproduced": the model reproduces this covariance whatever the answers are, as it does most variances.
        """
        return self._by_group([part.why for part in self._residual_z()])

    def _residual_z(self) -> list[ResidualZ]:
        if self.ordered:
            errors = errors_of(self.found, cluster=self.clusters)
            return ordinal_residual_z(errors, robust=self.estimator in _CORRECTED)
        robust = self.estimator in ("MLR", "MLM")
        return residual_z(
            self.found, observed=self.estimator == "MLR", robust=robust, cluster=self.clusters if robust else None
        )

    def _by_group(self, squares: Sequence[NDArray[Any]]) -> pd.DataFrame:
        values = np.vstack(squares)
        return pd.DataFrame(values, index=self.residuals.index, columns=self.residuals.columns)

    @checked
    def scores(self, method: FactorScores = "regression") -> pd.DataFrame:
        """Factor scores, one row per respondent used; gaps are bridged by the answers that are there.

        Parameters
        ----------
        method : {"regression", "bartlett"}
            Closest to the factors, or unbiased given them. Bartlett's are NaN for who answered no item of a factor, or only
            items that measure another factor too and cannot tell the two apart. Of ordered items: the most probable values of
            the factors given the answers (empirical Bayes modal), or with "bartlett" the values under which the answers are
            most probable; the latter do not exist for who chose the lowest or the highest category of every item of a factor,
            and are NaN then.

        References
        ----------
        Thurstone (1935), The Vectors of Mind; Thomson (1939), The Factorial Analysis of Human Ability; Bartlett (1937),
        doi:10.1111/j.2044-8295.1937.tb00863.x
        """
        return _ordinal_factor_scores(self.found, method) if self.ordered else _factor_scores(self.found, method)

    @checked
    def bootstrap(
        self,
        n: int = 1000,
        *,
        seed: int = 0,
        interval: BootstrapInterval = "percentile",
        conf_level: float | None = None,
    ) -> CFABootstrap:
        """Estimate the model again in samples drawn from the respondents: errors and intervals without normality.

        Respondents are drawn with replacement, or whole clusters where the model has them, within each group. Every
        estimation starts from the estimates, so that a thousand take seconds where answers are complete.

        Parameters
        ----------
        n : int
            Samples, 100 or more; for intervals 1,000 or more.
        seed : int
        interval : {"percentile", "bca"}
            Quantiles of the estimates in the samples, or these corrected for bias and skewness.
        conf_level : float, optional
            By default that of the model.

        Returns
        -------
        CFABootstrap
            One row per parameter and per defined parameter (`:=`).

        Raises
        ------
        OptionError
            The model was fitted to a covariance matrix or to ordered items, or there are fewer than three clusters (in a group).

        References
        ----------
        Efron & Tibshirani (1993), An Introduction to the Bootstrap; Efron (1987), doi:10.1080/01621459.1987.10478410;
        Field & Welsh (2007), doi:10.1111/j.1467-9868.2007.00593.x (clusters)

        Examples
        --------
        >>> import hpp_analysis as hpp
        >>> survey = hpp.simulate_study(persons_per_side=40, seed=1).survey
        >>> model = "openness =~ ope1 + a*ope2 + b*ope3 + ope4; difference := a - b"
        >>> sure = hpp.fit_cfa(model, survey).bootstrap(200)
        >>> sure.n_converged
        200
        >>> sure.to_frame().iloc[-1]["op"]
        ':='
        """
        if self.turned:
            raise OptionError(
                "The bootstrap must have a model without exploratory blocks. Given: efa(). Use the standard errors of the table, "
                "which are robust with 'MLR'."
            )
        if self.ordered:
            raise OptionError(
                "The bootstrap must have items that are numbers. Given: ordered items. Use the standard errors of the table, "
                "which are robust with 'WLSMV' and 'ULSMV'."
            )
        return bootstrap_cfa(
            self.found,
            self.table,
            clusters=self.clusters,
            group_names=self.group_names,
            context=self.context,
            flags=self.flags,
            n=n,
            seed=seed,
            interval=interval,
            conf_level=conf_level or self.conf_level,
        )

    def _declare(self) -> Declaration:
        group = (Column("group_text", _("Group")),) if len(self.sizes) > 1 else ()
        return Declaration(
            name="cfa",
            caption=_("Confirmatory factor analysis"),
            variable="relation",
            columns=(
                Column("relation", _("Relation"), key=True),
                *group,
                Column("est", _("Estimate"), "coefficient"),
                Column("se", _("SE"), "coefficient"),
                Column("p", _("p"), "p"),
                Column("ci_lower", _("Interval"), "coefficient", upper="ci_upper"),
                Column("std_all", _("Standardised"), "coefficient"),
            ),
            figures={
                "paths": self._path_diagram,
                **({"loadings": self._loadings_heatmap} if self.turned else {}),
                "residuals": self._residual_heatmap,
            },
            tables={"fit": self._fit_table},
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        groups = ["", *map(self._called, self.group_names)]
        # intercepts and scales of ordered items that are fixed only say so
        idle = self.table["op"].isin(["~1", "~*~"]) & self.table["lhs"].isin(self.ordered) & (self.table["se"] == 0.0)
        shown = self.table[~idle]
        return blank_errors_of_fixed(shown).assign(
            relation=[relation(self._called, row.lhs, row.op, row.rhs) for row in shown.itertuples()],
            group_text=[groups[group] for group in shown["group"]],
        )

    def _variable_names(self) -> dict[str, str]:
        table = self.found.model.table
        return {name: self._called(name) for name in (*table.observed, *table.latent)}

    def _path_diagram(self) -> Figure:
        paths = self.table[(self.table["group"] == 1) & self.table["op"].isin(["=~", "~", "~~"])]
        rows = paths.rename(columns={"std_all": "value"})[["lhs", "op", "rhs", "value"]]
        return Figure(plots.path_diagram, rows, labels=self._variable_names())

    def _loadings_heatmap(self) -> Figure:
        """Standardised loadings of the factors of exploratory blocks, in the first group."""
        factors = list(dict.fromkeys(factor for each in self.turned for factor in each.block.factors))
        rows = self.table[(self.table["group"] == 1) & (self.table["op"] == "=~") & self.table["lhs"].isin(factors)]
        items = list(dict.fromkeys(item for each in self.turned for item in each.block.items))
        loadings = rows.pivot_table(index="rhs", columns="lhs", values="std_all", dropna=False)
        caption = _("Loadings of exploratory blocks")
        return Figure(
            plots.loadings_heatmap, loadings.loc[items, factors], labels=self._variable_names(), caption=caption
        )

    def _residual_heatmap(self) -> Figure:
        first_group = self.residuals if len(self.sizes) == 1 else self.residuals.loc[self.group_names[0]]
        caption = _("Residual correlations: what the factors leave")
        return Figure(plots.residual_heatmap, first_group, labels=self._variable_names(), caption=caption)

    def _fit_table(self) -> FurtherTable:
        """Fit measures, and their scaled and robust versions where the estimator has them."""
        measures = self.fit_measures
        names: dict[str, tuple[str, Unit]] = {
            "chi2": (_("Chi-square"), "score"),
            "df": (_("Degrees of freedom"), "count"),
            "p": (_("p-value"), "p"),
            "scaling_factor": (_("Scaling factor"), "fit"),
            "cfi": ("CFI", "fit"),
            "tli": ("TLI", "fit"),
            "rmsea": ("RMSEA", "fit"),
            "rmsea_ci": (_("RMSEA: 90% interval"), "fit"),
            "srmr": ("SRMR", "fit"),
            "loglik": (_("Log-likelihood"), "score"),
            "aic": ("AIC", "score"),
            "bic": ("BIC", "score"),
            "sabic": (_("BIC adjusted for sample size"), "score"),
            "n_par": (_("Free parameters"), "count"),
        }
        versions = {"value": "", "scaled": "_scaled", "robust": "_robust"}
        versions = {
            version: suffix
            for version, suffix in versions.items()
            if not suffix or np.isfinite(measures.filter(like=suffix)).any()
        }
        rows = []
        for name, (label, unit) in names.items():
            cells = {version: _fit_cell(measures, name, suffix, unit) for version, suffix in versions.items()}
            if any(cell != NOTHING for cell in cells.values()):
                rows.append({"measure": label, **cells})
        rows.append({"measure": _("Respondents used"), "value": format_value(self.n_used, "count")})
        labels = {"value": _("Value"), "scaled": _("Scaled"), "robust": _("Robust")}
        columns = (Column("measure", _("Measure")), *(Column(name, labels[name]) for name in versions))
        return FurtherTable(pd.DataFrame(rows).fillna(NOTHING), columns, _("Fit"))

    def _notes(self) -> list[str]:
        improper = any(flag.startswith(("negative_variance", "covariances_not_positive")) for flag in self.flags)
        return [
            self._fit_sentence(),
            *([_("The solution is improper: a variance is negative, or a correlation exceeds 1.")] if improper else []),
            *self._limits(),
        ]

    def _limits(self) -> list[str]:
        """Whom the model left out, and what has no value or cannot be judged."""
        return [
            *left_out_sentences(self.flags),
            *rotation_sentences(self.flags),
            *self._category_sentences(),
            *self._bound_sentences(),
            *self._undefined_sentences(),
            *self._unjudged_sentences(),
        ]

    def _category_sentences(self) -> list[str]:
        """Which categories were merged, which thresholds are far away, and why robust fit measures are undefined."""
        sentences = merged_sentences(self.flags, self._called)
        reasons = {
            "covariates": _(
                "Robust fit measures are undefined where some variables are fixed covariates; the scaled ones are given."
            ),
            "numbers": _(
                "Robust fit measures are undefined where some variables are numbers; the scaled ones are given."
            ),
            "thresholds": _(
                "Robust fit measures are undefined where thresholds are restricted; the scaled ones are given."
            ),
            "not_positive": _(
                "Robust fit measures are undefined because the polychoric correlations are not positive definite; the scaled "
                "ones are given."
            ),
        }
        if far := [flag.removeprefix("far_covariate:") for flag in self.flags if flag.startswith("far_covariate:")]:
            sentence = _(
                "Thresholds hold where covariates are 0, far from all values of {names}: subtract the mean before thresholds and "
                "factor scores are read."
            )
            sentences = [*sentences, sentence.format(names=", ".join(map(self._called, far)))]
        return [*sentences, *(text for code, text in reasons.items() if f"no_robust_fit:{code}" in self.flags)]

    def _summary(self) -> list[str]:
        fit, *notes = self._notes()
        if self._unjudged_sentences():
            return [fit, *notes]
        fair = self._best("cfi") >= CFI_FAIR and not (
            self._best("rmsea") > RMSEA_FAIR and self.fit_measures["srmr"] > SRMR_FAIR
        )
        verdict = (
            _("The model fits fairly: the CFI reaches {cfi}, and RMSEA or SRMR stays within {limit}.")
            if fair
            else _("The model does not fit: the CFI should reach {cfi}, and RMSEA or SRMR stay within {limit}.")
        ).format(cfi=format_value(CFI_FAIR, "coefficient"), limit=format_value(RMSEA_FAIR, "coefficient"))
        return [fit, verdict, *notes]

    def _best(self, name: str) -> float:
        """The robust version of a fit measure where the estimator has one, even if it is undefined.

        Of ordered items the scaled version stands in for an undefined one.
        """
        robust = self.fit_measures.get(f"{name}_robust", self.fit_measures[name])
        if self.ordered and np.isnan(robust):
            robust = self.fit_measures.get(f"{name}_scaled", robust)
        return float(robust)

    def _fit_sentence(self) -> str:
        """The fit as an article reports it."""
        measures = self.fit_measures
        scaled = "_scaled" if "chi2_scaled" in measures and measures["df"] > 0 else ""
        p = format_value(measures[f"p{scaled}"], "p")
        return _(
            "Fit: χ²({df}) = {chi2}, p {p}, CFI = {cfi}, TLI = {tli}, RMSEA = {rmsea}, SRMR = {srmr}, n = {n}."
        ).format(
            df=format_value(measures["df"], "count"),
            chi2=format_value(measures[f"chi2{scaled}"], "coefficient"),
            p=p if p.startswith("<") else f"= {p}",
            **{name: format_value(self._best(name), "fit") for name in ("cfi", "tli", "rmsea")},
            srmr=format_value(measures["srmr"], "fit"),
            n=format_value(self.n_used, "count"),
        )

    def _bound_sentences(self) -> list[str]:
        """Which parameters lie at a bound."""
        names = [flag.removeprefix("at_bound:") for flag in self.flags if flag.startswith("at_bound:")]
        sentence = _(
            "At a bound that the model sets, and without a test of their own: {names}. The test of the model counts them as free."
        )
        return [sentence.format(names=", ".join(names))] if names else []

    def _undefined_sentences(self) -> list[str]:
        """Which defined parameters have no value."""
        sentences = {
            "undefined": _(
                "Without a value (a division by zero, or a logarithm or root of a negative number): {names}."
            ),
            "undefined_standardised": _(
                "Without a standardised value (a variance it rests on is not positive, or it is a root or logarithm of a negative "
                "number): {names}."
            ),
        }
        named = {
            kind: [flag.split(":", 1)[1] for flag in self.flags if flag.startswith(f"{kind}:")] for kind in sentences
        }
        return [sentences[kind].format(names=", ".join(names)) for kind, names in named.items() if names]

    def _unjudged_sentences(self) -> list[str]:
        """Why the fit cannot be judged; nothing where it can."""
        reasons = (
            (
                flag_count(self.flags, "few_clusters"),
                _(
                    "The fit cannot be judged: there are {n} clusters for {n_par} free parameters, and robust tests need more "
                    "clusters than parameters."
                ),
            ),
            (
                flag_count(self.flags, "few_respondents"),
                _("The fit cannot be judged: there are {n} respondents for {n_par} free parameters."),
            ),
            (
                int("negative_scaling" in self.flags),
                _(
                    "The scaling factor of the robust test comes out negative, so the scaled chi-square and the fit measures "
                    "that rest on it are undefined."
                ),
            ),
        )
        n_par = format_value(self.fit_measures["n_par"], "count")
        return [reason.format(n=format_value(n, "count"), n_par=n_par) for n, reason in reasons if n]

    def _methods(self) -> list[str]:
        estimators = {
            "ML": _("maximum likelihood"),
            "MLR": _("maximum likelihood with robust standard errors and tests (Yuan & Bentler, 2000)"),
            "MLM": _("maximum likelihood with Satorra-Bentler standard errors and tests"),
            "GLS": _("generalised least squares"),
            "ULS": _("unweighted least squares"),
            "WLSMV": _(
                "diagonally weighted least squares from polychoric correlations, with robust standard errors and scaled and "
                "shifted tests (WLSMV; Muthén, 1984; Asparouhov & Muthén, 2010)"
            ),
            "ULSMV": _(
                "unweighted least squares from polychoric correlations, with robust standard errors and scaled and shifted "
                "tests (ULSMV; Asparouhov & Muthén, 2010)"
            ),
            "WLS": _("weighted least squares from polychoric correlations (Muthén, 1984)"),
            "DWLS": _("diagonally weighted least squares from polychoric correlations, with uncorrected tests"),
        }
        n_given = self.n_given - sum(flag_count(self.flags, f"without_{kind}") for kind in ("group", "cluster"))
        treatments = {
            "fiml": _("Missing answers entered by full information."),
            "listwise": _("Respondents with a missing answer were left out ({used} of {given} used).").format(
                used=format_value(self.n_used, "count"), given=format_value(n_given, "count")
            ),
            "complete": _("All answers were complete."),
            "pairwise": _(
                "Each correlation rests on the respondents who answered both items ({used} of {given} used), which assumes that "
                "answers are missing completely at random."
            ).format(used=format_value(self.n_used, "count"), given=format_value(n_given, "count")),
        }
        auxiliary = self.found.model.table.variables.auxiliary if self.found is not None else ()
        if auxiliary:
            treatments["fiml"] += " " + _(
                "{names} helped there as auxiliary variables, which correlate with all items and restrict nothing (Graham, 2003)."
            ).format(names=join_names([self._called(name) for name in auxiliary]))
        clusters = _("Standard errors and tests take clusters of answers into account.")
        text = _(
            "The model was estimated by {estimator}. {missing} {cluster} Fit is judged by CFI ({cfi} or more; Bentler, 1990), "
            "RMSEA ({rmsea} or less; Browne & Cudeck, 1992) and SRMR ({srmr} or less; Hu & Bentler, 1999), in their robust "
            "versions where the estimator is robust."
        ).format(
            estimator=estimators[self.estimator],
            missing=treatments[self.missing] + (f" {rotation_method(self.rotating)}" if self.rotating else ""),
            cluster="" if self.clusters is None else clusters,
            cfi=format_value(CFI_FAIR, "coefficient"),
            rmsea=format_value(RMSEA_FAIR, "coefficient"),
            srmr=format_value(SRMR_FAIR, "coefficient"),
        )
        return [" ".join(" ".join([text, *self._limits()]).split())]


@checked
def fit_cfa(
    model: str | Survey,
    data: Survey | pd.DataFrame | None = None,
    *,
    estimator: CfaEstimator = "auto",
    missing: CfaMissing = "auto",
    ordered: bool | str | Sequence[str] = (),
    parameterization: Parameterization = "delta",
    group: str | Sequence[str] | None = None,
    group_equal: str | Collection[str] = (),
    group_partial: str | Collection[str] = (),
    cluster: str | Sequence[str] | None = None,
    auxiliary: str | Sequence[str] = (),
    sample_cov: pd.DataFrame | None = None,
    n_obs: int | None = None,
    std_lv: bool = False,
    orthogonal: bool = False,
    rotation: CfaRotation | None = None,
    rotation_options: Mapping[str, Any] | None = None,
    information: CfaInformation = "auto",
    conf_level: float = 0.95,
    **unknown: Any,
) -> CFA:
    """Fit a confirmatory factor model, or a structural equation model.

    Parameters
    ----------
    model : str or Survey
        In lavaan's syntax; an instrument's is `instrument.model()`. A survey alone is fitted to the model of its
        instrument.
    data : Survey or DataFrame, optional
        Answers; or give `sample_cov` and `n_obs`.
    estimator : {"auto", "MLR", "ML", "MLM", "GLS", "ULS", "WLSMV", "ULSMV", "WLS", "DWLS"}
        "auto" is "MLR", with `sample_cov` "ML", and for ordered items "WLSMV": diagonally weighted least squares with robust
        standard errors and scaled and shifted tests. "ULSMV" is the same without weights; "WLS" weighs fully, which needs
        thousands of respondents; "DWLS" has the estimates of "WLSMV" without its corrections. These four are for ordered items.
    missing : {"auto", "fiml", "listwise", "pairwise"}
        Of ordered items: "auto" is "pairwise", each statistic from those who gave the answers that it needs, which assumes that
        answers are missing completely at random; "listwise" is lavaan's default. Otherwise "auto": full information (FIML) where an answer is missing and the estimator is "MLR" or "ML". Respondents without
        an answer to an exogenous covariate are left out; more than a tenth of them only with "fiml", "pairwise" or "listwise".
    ordered : bool, str or sequence of str
        The items whose answers are ordered categories; True is all but covariates. A category that a group never used is merged
        with its less used neighbour in all groups, with a flag. Exogenous covariates (`f ~ age`) are taken as they are, and all
        statistics are conditional on them, as with lavaan's `conditional.x = TRUE`.
    parameterization : {"delta", "theta"}
        Of ordered items: whether the scales or the residual variances of what lies behind them are parameters.
    group : str, optional
        A column; groups are in order of appearance. Respondents without a group are left out, with a flag.
    group_equal : str or collection of str
        What is equal in all groups: "thresholds" (of ordered items), "loadings", "intercepts", "residuals" (of ordered items
        with "theta"), "means", "regressions", "lv_variances", "lv_covariances", "residual_covariances".
    group_partial : str or collection of str
        Relations that stay free although `group_equal` names their kind: "x2 ~ 1".
    cluster : str, optional
        A column: respondents within organisations. Persons with several ratings in a survey are clusters by default.
        Needs "MLR", or for ordered items "WLSMV" or "ULSMV"; other estimators ignore such persons, with a flag. Respondents
        without a cluster are left out, with a flag (lavaan makes them one cluster).
    auxiliary : str or sequence of str
        Columns that are no part of the model and tell who left answers out, such as age: with "fiml" they correlate with all
        observed variables, so that estimates hold where answers are missing at random given these too.
    sample_cov : DataFrame, optional
        Covariances, divisor n - 1.
    n_obs : int, optional
        Respondents behind them.
    std_lv : bool
        Latent variances 1 instead of first loadings 1.
    orthogonal : bool
        Factors that no model explains are uncorrelated.
    rotation : str, optional
        Of exploratory blocks, whose factors all measure all items of their block: `efa("a")*f1 + efa("a")*f2 =~ x1 + x2 + x3`.
        Oblique: "geomin" (the default), "oblimin", "quartimin", "crawford_ferguson", "bifactor", "target". Orthogonal:
        "varimax", "quartimax", "equamax", "crawford_ferguson_t", "geomin_t", "bifactor_t", "target_t". Standard errors are
        those of the rotated solution.
    rotation_options : mapping, optional
        "epsilon" (geomin, default 0.001), "gamma" (oblimin, 0), "kappa" (crawford_ferguson, 0); "target": a frame items x
        factors, NaN where any loading will do, or a model such as "f1 =~ x1 + x2; f2 =~ x3 + x4", whose loadings are free and
        all others aim at 0. For all: "normalize" (Kaiser's; True for "varimax" alone), "std_ov" (whether items are rotated as
        if their variances were 1, True), "n_starts" (30), "seed" (0).
    information : {"auto", "expected", "observed", "first_order"}
        What the standard errors of "ML" rest on: the expected second derivatives of the log-likelihood (the default where
        answers are complete), the second derivatives themselves (where some are missing), or the cross-products of
        the scores, which need the answers.
    conf_level : float
    **unknown
        Anything else is refused; for arguments of lavaan the error names the way out.

    Returns
    -------
    CFA

    Raises
    ------
    ModelSyntaxError, AnswersError, OptionError
    NotIdentifiedError
        Naming the parameters that the data do not settle.
    ConvergenceError

    References
    ----------
    Jöreskog (1969), doi:10.1007/BF02289343; Rosseel (2012), doi:10.18637/jss.v048.i02; Yuan & Bentler (2000),
    doi:10.1111/0081-1750.00078; Muthén (1984), doi:10.1007/BF02294210; Savalei (2021), doi:10.1080/00273171.2020.1717922; Asparouhov & Muthén (2009),
    doi:10.1080/10705510903008204 (exploratory blocks)

    Examples
    --------
    >>> import hpp_analysis as hpp
    >>> survey = hpp.simulate_study(persons_per_side=40, seed=1).survey
    >>> cfa = fit_cfa(survey)
    >>> int(cfa.fit_measures["df"])
    149
    >>> answers = survey.items[["ope1", "ope2", "ope3", "ope4"]].clip(5, 9)
    >>> fit_cfa("openness =~ ope1 + ope2 + ope3 + ope4", answers, ordered=True).estimator
    'WLSMV'
    """
    refuse_unknown("fit_cfa", unknown, _ARGUMENTS)
    for name, relations in (("group_equal", group_equal), ("group_partial", group_partial)):
        if relations and not group:
            raise OptionError(f"`{name}` needs `group`. Given: {relations!r}. Name the column of groups.")
    if isinstance(model, Survey):
        if data is not None:
            raise OptionError(
                "A model is a text where `data` are given. Given: two sets of answers. Give fit_cfa(survey), or a text and the data."
            )
        model, data = model.instrument.model(), model
    syntax = parse_syntax(model)
    if auxiliary := (auxiliary,) if isinstance(auxiliary, str) else tuple(auxiliary):
        if data is not None:
            columns = data.items.columns if isinstance(data, Survey) else data.columns
            auxiliary = names_in(auxiliary, columns, "auxiliary", kind="a column of the answers")
        _refuse_auxiliary(
            auxiliary, find_variables(syntax), estimator, missing, ordered=bool(ordered), answers=data is not None
        )
        syntax = add_auxiliary(syntax, auxiliary)
    blocks = rotating(syntax, rotation, rotation_options, orthogonal=orthogonal)
    variables = find_variables(syntax)
    observed = variables.observed
    items = ordered_names(ordered, syntax, variables)
    _refuse_mismatch(estimator, missing, items, data, parameterization)
    _refuse_idle(group_equal, items, observed, parameterization)
    if estimator == "auto":
        estimator = "WLSMV" if items else "MLR"
    thresholds: dict[str, int] = {}
    flags: tuple[str, ...] = ()
    n_given: int | None = None
    clusters: NDArray[np.int64] | None = None
    groups: tuple[str, ...] = ("",)
    if data is not None and (sample_cov is not None or n_obs is not None):
        name = "n_obs" if sample_cov is None else "sample_cov"
        raise OptionError(
            f"`{name}` must not stand beside `data`, which says it already. Given: both. Leave `{name}` out."
        )
    if data is None:
        if missing == "fiml":
            raise OptionError(
                "`missing='fiml'` needs answers. Given: a covariance matrix. Give the answers, or leave `missing` out."
            )
        for name, column in (("group", group), ("cluster", cluster)):
            if column:
                raise OptionError(f"`{name}` needs answers. Given: {column!r}, and no `data`. Give the answers.")
        moments: tuple[Moments, ...] = (given_moments(observed, sample_cov, n_obs),)
        if is_correlation(sample_cov):
            flags = ("correlation_matrix",)
        if estimator == "MLM":
            raise OptionError("'MLM' needs answers. Given: a covariance matrix. Choose 'ML', or give the answers.")
        chosen: str = "ML" if estimator == "MLR" else estimator
        treatment = "complete"
    else:
        chosen, fiml = estimator, missing != "listwise" and (bool(items) or estimator in ("ML", "MLR"))
        if missing == "fiml" and not fiml:
            raise OptionError(
                f"`missing='fiml'` needs 'ML' or 'MLR'. Given: estimator={estimator!r}. Choose one of these."
            )
        answers = model_data(observed, data, group=group, cluster=cluster, fiml=fiml, covariates=variables.exogenous)
        groups = answers.groups
        categories_flags: tuple[str, ...] = ()
        if items:
            categories = ordinal_data(
                answers, observed, items, listwise=missing == "listwise", covariates=variables.exogenous
            )
            moments, thresholds, categories_flags = categories.groups, categories.thresholds, categories.flags
        else:
            moments = group_moments(answers.x, answers.codes, n_groups=len(groups), fiml=fiml)
        n_given = len(data)
        n_usable = len(answers.x) + answers.n_without_covariate
        lost = 1.0 - sum(part.n for part in moments) / n_usable
        costly = answers.n_without_covariate / n_usable if items else lost
        if costly > 0.10 and missing == "auto":
            way_out = "pairwise" if items else "fiml"
            raise OptionError(_costly(estimator, costly, variables.exogenous if fiml else (), way_out))
        flags = (*answers.flags, *categories_flags)
        if answers.clusters is not None and chosen in ("MLR", *_CORRECTED):
            places = np.concatenate([part.rows for part in moments])
            clusters = answers.clusters[np.searchsorted(answers.rows, places) if items else places]
        elif cluster:
            robust = "'WLSMV' or 'ULSMV'" if items else "'MLR'"
            raise OptionError(f"`cluster` needs estimator {robust}. Given: {estimator!r}. Choose {robust}.")
        else:
            flags += answers.clusters_ignored
        treatment = "complete" if lost == 0 else "listwise"
        if items:
            treatment = treatment if missing == "listwise" or categories.is_complete else "pairwise"
        else:
            moments = tuple(replace(part, rows=answers.rows[part.rows]) for part in moments)
        if any(not part.is_complete for part in moments):
            treatment = "fiml"
    if information != "auto" and chosen != "ML":
        raise OptionError(
            f"`information` is chosen for 'ML' alone; robust errors and least squares have their own. Given: "
            f"estimator={chosen!r}. Choose 'ML', or leave `information` out."
        )
    if information == "first_order" and data is None:
        raise OptionError(
            "`information='first_order'` needs answers. Given: a covariance matrix. Choose 'expected' or 'observed'."
        )
    syntax = arrange_blocks(syntax, groups)
    check_moments(moments, groups, observed)
    if chosen == "WLS":
        _refuse_few(moments, groups)
    table_with = partial(
        build_table,
        syntax,
        n_groups=len(groups),
        meanstructure=treatment == "fiml" or len(groups) > 1 or clusters is not None,
        std_lv=std_lv,
        orthogonal=orthogonal,
        group_equal=group_equal,
        ordered=thresholds,
        parameterization=parameterization,
        efa=blocks.correlated if blocks else "refused",
    )
    table = table_with(group_partial=group_partial)
    all_equal = table_with().free.max() if group_partial else 0
    for released in [group_partial] if isinstance(group_partial, str) else group_partial:
        if table_with(group_partial=released).free.max() == all_equal:
            raise OptionError(
                f"`group_partial` must name relations that `group_equal` makes equal. Given: {released!r}, which is free or "
                "fixed already. Leave it out, or add its kind to `group_equal`."
            )
    kinds = {"GLS": "GLS", "ULS": "ULS"} if not items else ORDINAL
    turned: tuple[TurnedBlock, ...] = ()
    if blocks:
        found, turned = estimate_rotated(
            table, moments, blocks.blocks, blocks.recipes, estimator=kinds.get(chosen, "ML"), seed=blocks.seed
        )
    else:
        found = estimate(table, moments, estimator=kinds.get(chosen, "ML"))
    refuse_no_solution(found, found.model.table)
    if items:
        errors = errors_of(found, cluster=clusters)
        covariance = covariance_of_items(errors, robust=chosen in _CORRECTED)
        measures = ordinal_fit(errors, corrected=chosen in _CORRECTED)
        if chosen in _CORRECTED and (why := no_robust_fit(found)):
            flags += (f"no_robust_fit:{why}",)
    else:
        default = "observed" if treatment == "fiml" else "expected"
        se = _ERRORS.get(chosen, default if information == "auto" else information)
        covariance = covariance_of_estimates(found, se=se, cluster=clusters)
        measures = fit_measures(found, correction=_CORRECTIONS[chosen], cluster=clusters)
    estimates = estimates_table(found, covariance, conf_level)
    return CFA(
        table=estimates,
        context=Context.of(data) if isinstance(data, Survey) else Context(),
        flags=(
            *found.flags,
            *rotation_flags(turned),
            *flags,
            *_unjudged_flags(found, measures, clusters),
            *undefined_flags(found, estimates),
        ),
        fit_measures=pd.Series([*measures.values()], [*measures], name="value"),
        r2=_r2(found, groups),
        residuals=_residual_frame(
            found, groups, residual_correlations(found) if items else _residual_correlations(found)
        ),
        found=found,
        clusters=clusters,
        group_names=groups,
        sizes=tuple(part.n for part in moments),
        n_given=moments[0].n_given if n_given is None else n_given,
        estimator=chosen,
        missing=treatment,
        conf_level=conf_level,
        ordered=items,
        parameterization=parameterization,
        rotating=blocks,
        turned=turned,
    )


_ARGUMENTS = tuple(name for name in inspect.signature(fit_cfa).parameters if name != "unknown")


def _refuse_auxiliary(
    auxiliary: Sequence[str], variables: Variables, estimator: str, missing: str, *, ordered: bool, answers: bool
) -> None:
    """Refuse auxiliary variables that would do nothing, or are part of the model.

    Raises
    ------
    OptionError
    """
    if ordered or not answers or missing not in ("auto", "fiml") or estimator not in ("auto", "ML", "MLR"):
        given = (
            "ordered items"
            if ordered
            else "a covariance matrix"
            if not answers
            else f"missing={missing!r}"
            if missing not in ("auto", "fiml")
            else f"estimator={estimator!r}"
        )
        raise OptionError(
            "`auxiliary` must have answers as numbers and full information ('fiml'): only there do other variables help. "
            f"Given: {given}. Leave `auxiliary` out, or choose 'MLR' and missing='fiml'."
        )
    if double := [name for place, name in enumerate(auxiliary) if name in auxiliary[:place]]:
        raise OptionError(f"`auxiliary` must name each column once. Given: {double[0]!r} twice. Leave one out.")
    if inside := [name for name in auxiliary if name in (*variables.observed, *variables.latent)]:
        raise OptionError(
            f"`auxiliary` must name columns that are no part of the model. Given: {inside[0]!r}. Leave it out of one of them."
        )


def _refuse_mismatch(estimator: str, missing: str, items: Sequence[str], data: object, parameterization: str) -> None:
    """Refuse options that ordered items, or numbers, do not have.

    Raises
    ------
    OptionError
    """
    if items and data is None:
        raise OptionError(
            "`ordered` needs answers. Given: a covariance matrix. Give the answers, or leave `ordered` out."
        )
    if items and estimator not in ("auto", *ORDINAL):
        raise OptionError(
            f"Ordered items must be fitted by 'WLSMV', 'ULSMV', 'WLS' or 'DWLS'. Given: {estimator!r}. Choose one of these, or "
            "leave `ordered` out to treat the answers as numbers."
        )
    if not items and estimator in ORDINAL:
        raise OptionError(
            f"{estimator!r} must have ordered items. Given: none. Add ordered=True, or choose 'MLR' for answers as numbers."
        )
    if (missing == "fiml" and items) or (missing == "pairwise" and not items):
        other = "'pairwise' or 'listwise'" if items else "'fiml' or 'listwise'"
        what = "ordered items" if items else "answers as numbers"
        raise OptionError(f"`missing={missing!r}` is not for {what}. Given: {what}. Choose {other}.")
    if parameterization != "delta" and not items:
        raise OptionError(
            f"`parameterization` is for ordered items. Given: {parameterization!r}, and none. Add ordered=True, or leave it out."
        )


def _refuse_idle(
    group_equal: str | Collection[str], items: Sequence[str], observed: Sequence[str], parameterization: str
) -> None:
    """Refuse kinds of parameters that the variables do not have; setting them equal would do nothing.

    Raises
    ------
    OptionError
    """
    kinds = {group_equal} if isinstance(group_equal, str) else set(group_equal)
    if "thresholds" in kinds and not items:
        raise OptionError(
            "`group_equal='thresholds'` must have ordered items. Given: none. Add ordered=True, or choose 'intercepts' for "
            "answers as numbers."
        )
    if "residuals" in kinds and parameterization == "delta" and set(items) == set(observed):
        raise OptionError(
            "`group_equal='residuals'` must have residual variances. Given: ordered items alone in parameterization='delta', "
            "where they follow from the scales. Choose parameterization='theta'."
        )


def _refuse_few(moments: Sequence[Moments], groups: Sequence[str]) -> None:
    """Refuse full weights that the respondents cannot settle."""
    for part, group in zip(moments, groups, strict=True):
        if isinstance(part, OrdinalMoments) and part.n <= len(part.statistics):
            where = f" in the group {group!r}" if group else ""
            raise AnswersError(
                [
                    Failure(
                        f"'WLS' must have more respondents than statistics{where}: there are {part.n} for {len(part.statistics)}.",
                        "Choose 'WLSMV', which weighs by the diagonal alone.",
                    )
                ]
            )


def _costly(estimator: str, lost: float, covariates: Sequence[str], missing: str) -> str:
    rule = "Leaving out respondents with gaps must be asked for where it costs more than 10 %."
    if covariates:
        named = "; ".join(f"{name} ~~ {' + '.join(covariates[i:])}" for i, name in enumerate(covariates))
        return (
            f"{rule} Given: {lost:.0%} without an answer to a covariate ({', '.join(covariates)}). Choose "
            f"missing={missing!r} to leave them out, or add '{named}' to the model, which then uses all answers."
        )
    return (
        f"{rule} Given: estimator={estimator!r}, {lost:.0%} would go. Choose 'MLR', which uses all answers, or "
        "missing='listwise'."
    )


def _fit_cell(measures: pd.Series, name: str, suffix: str, unit: Unit) -> str:
    if name == "scaling_factor":
        return format_value(measures.get(name, np.nan), unit) if suffix == "_scaled" else NOTHING
    if name != "rmsea_ci":
        return format_value(measures.get(f"{name}{suffix}", np.nan), unit)
    lower, upper = (measures.get(f"rmsea_ci_{side}{suffix}", np.nan) for side in ("lower", "upper"))
    return format_interval(lower, upper, unit)


def refuse_no_solution(found: Estimate, table: Table) -> None:
    """Raise the error of estimates that are no solution."""
    if {"not_identified", "not_converged", "nearly_singular"} & set(found.flags):
        _refuse_units(found)
    if "not_identified" in found.flags:
        loose = [k for k in range(len(table)) if table.free[k] - 1 in found.loose]
        named = ", ".join(f"{table.lhs[k]} {table.op[k]} {table.rhs[k]}".strip() for k in loose[:8])
        raise NotIdentifiedError(
            f"A model must have no more unknowns than answers can settle. Not settled: {named}. "
            "Fix a loading or a variance, add items, or remove a relation."
        )
    if "not_converged" in found.flags and (missed := found.restrictions.missed(found.theta)):
        named = "; ".join(f"{item.lhs} and {item.rhs}" for item in missed)
        raise ConvergenceError(
            f"Estimation must end where the constraints of the model hold. Given: no values that meet that of {named}. "
            "Correct constraints that contradict each other or a fixed value, or give starting values with start()."
        )
    if "not_converged" in found.flags:
        raise ConvergenceError(
            f"Estimation must end at a solution. Given: none after {found.n_iterations} steps. "
            "Simplify the model, give starting values with start(), or collect more answers."
        )


def _refuse_units(found: Estimate) -> None:
    """Raise an error where the units of variables are so different that rounding hides what the answers say."""
    variances = np.max([np.diag(part.covariance) for part in found.objective.moments], axis=0)
    far = [
        Failure(
            "Variables of a model must be in units of a similar size: the variance of this one is "
            f"{variance:.0e}, that of the smallest {variances.min():.0e}.",
            f"Divide it by {10 ** round(np.log10(variance) / 2):g}, or choose a larger unit (thousands, years).",
            column=name,
        )
        for name, variance in zip(found.model.table.observed, variances.tolist(), strict=True)
        if variance > _LARGE_VARIANCE
    ]
    if far:
        raise AnswersError(far)


def _unjudged_flags(
    found: Estimate, measures: Mapping[str, float], clusters: NDArray[np.int64] | None
) -> tuple[str, ...]:
    """Why the fit of a model cannot be judged, as flags; nothing where it can."""
    flags = []
    n = found.objective.n_total if clusters is None else len(np.unique(clusters))
    if n < found.n_free:
        flags.append(f"{'few_respondents' if clusters is None else 'few_clusters'}:{n}")
    factors = [measures.get(f"{name}scaling_factor", 1.0) for name in ("", "baseline_")]
    if measures["df"] > 0 and not np.isfinite(factors).all():
        flags.append("negative_scaling")
    return tuple(flags)


def estimates_table(found: Estimate, covariance: NDArray[np.float64], conf_level: float) -> pd.DataFrame:
    """One row per parameter and per defined parameter."""
    table = found.model.table
    latent, every = (standardise(found, covariance, observed=observed) for observed in (False, True))
    frame = pd.DataFrame(
        {
            "lhs": table.lhs,
            "op": table.op,
            "rhs": table.rhs,
            "group": table.group,
            "label": [label if not label.startswith(".p") else "" for label in table.label],
            **_with_intervals(*rows_of_table(found, covariance), conf_level),
            "std_lv": latent.value,
            "std_all": every.value,
            "std_lv_se": latent.se,
            "std_all_se": every.se,
        }
    )
    named = [item for item in table.constraints if item.op == ":="]
    if not named:
        return frame
    defined = {
        "lhs": [item.lhs for item in named],
        "op": ":=",
        "rhs": [item.rhs for item in named],
        "group": 0,
        "label": [item.lhs for item in named],
        **_with_intervals(*defined_parameters(found, covariance), conf_level),
    }
    for name, standard in (("std_lv", latent), ("std_all", every)):
        defined[name], slopes = standardised_definitions(found, standard.value)
        slopes = slopes @ standard.jacobian
        variance = ((slopes @ covariance) * slopes).sum(axis=1)
        defined[f"{name}_se"] = np.sqrt(np.where((variance >= 0.0) & np.isfinite(defined[name]), variance, np.nan))
    return pd.concat([frame, pd.DataFrame(defined)], ignore_index=True)


def _with_intervals(value: NDArray[np.float64], se: NDArray[np.float64], conf_level: float) -> dict[str, Any]:
    rows = intervals(value, se, conf_level)
    columns = {name: getattr(rows, name) for name in ("se", "z", "p", "ci_lower", "ci_upper")}
    return {"est": rows.estimate, **columns}


def undefined_flags(found: Estimate, estimates: pd.DataFrame) -> tuple[str, ...]:
    """What `:=` defines without a value, or without one in the standardised solution, as flags."""
    n_defined = sum(item.op == ":=" for item in found.model.table.constraints)
    if not n_defined:
        return ()
    defined = estimates.tail(n_defined)
    no_value = defined["est"].isna()
    no_standard = ~no_value & defined[["std_lv", "std_all"]].isna().any(axis=1)
    return (
        *(f"undefined:{name}" for name in defined.loc[no_value, "lhs"]),
        *(f"undefined_standardised:{name}" for name in defined.loc[no_standard, "lhs"]),
    )


def _r2(found: Estimate, groups: Sequence[str]) -> pd.Series | pd.DataFrame:
    """Explained variance by variable, one column per group where there are several."""
    parts = explained_variance(found)
    if len(parts) == 1:
        return pd.Series([*parts[0].values()], [*parts[0]], name="r2", dtype=float)  # faster than from a dict
    return pd.DataFrame(dict(zip(groups, parts, strict=True)))


def _reliability(found: Estimate, groups: Sequence[str]) -> pd.Series | pd.DataFrame:
    """Omega of the sum of the items of each factor, one column per group where there are several."""
    table = found.model.table
    place = {name: i for i, name in enumerate((*table.observed, *table.latent))}
    items: dict[str, set[str]] = {name: set() for name in table.latent}
    for lhs, op, rhs in zip(table.lhs, table.op, table.rhs, strict=True):
        if op == "=~":
            items[lhs].add(rhs)
    homes = Counter(item for own in items.values() for item in own)
    columns = []
    for at, moments in zip(found.point.at, found.objective.moments, strict=True):
        column = {}
        for factor, own in items.items():
            n_ordered = sum(item in table.ordered for item in own)
            simple = own <= set(table.observed) and all(homes[item] == 1 for item in own)
            places = np.array(sorted(place[item] for item in own))
            lambda_ = at.a[places, place[factor]] * np.sqrt(at.total[place[factor], place[factor]])
            conditional = isinstance(moments, OrdinalMoments) and moments.n_covariates > 0
            if not simple or conditional or n_ordered not in (0, len(own)):
                column[factor] = float("nan")
            elif n_ordered and isinstance(at, OrdinalImplied):
                cuts = np.full((len(places), max(int(np.sum(at.item == k)) for k in places)), np.nan)
                for row, k in zip(cuts, places, strict=True):
                    own_cuts = at.scale[k] * (at.thresholds[at.item == k] - at.mu[k])
                    row[: len(own_cuts)] = own_cuts
                observed = moments.covariance[np.ix_(places, places)]
                column[factor] = ordinal_omega(lambda_ * at.scale[places], cuts, observed)
            else:
                total = float(moments.covariance[np.ix_(places, places)].sum())
                column[factor] = float(lambda_.sum() ** 2 / total) if total > 0 else float("nan")
        columns.append(column)
    if len(columns) == 1:
        return pd.Series(columns[0], name="omega", dtype=float)
    return pd.DataFrame(dict(zip(groups, columns, strict=True)))


def _residual_correlations(found: Estimate) -> list[NDArray[np.float64]]:
    """Sample correlations minus implied ones, per group."""
    residuals = []
    for at, moments in zip(found.point.at, found.objective.moments, strict=True):
        sample, implied = moments.covariance, at.sigma
        one, other = np.sqrt(np.diag(sample)), np.sqrt(np.diag(implied))
        residuals.append(sample / np.outer(one, one) - implied / np.outer(other, other))
    return residuals


def _residual_frame(found: Estimate, groups: Sequence[str], residuals: Sequence[NDArray[np.float64]]) -> pd.DataFrame:
    """Residuals with the names of items, stacked under their groups."""
    names = pd.Index(found.model.table.observed[: len(residuals[0])])
    frames = [pd.DataFrame(values, index=names, columns=names) for values in residuals]
    return frames[0] if len(frames) == 1 else pd.concat(dict(zip(groups, frames, strict=True)))


def _ordinal_factor_scores(found: Estimate, method: str) -> pd.DataFrame:
    """Factor scores from categories, one row per respondent used, numbered as in the data."""
    objective = ordinal_objective(found)
    rows = np.concatenate([group.rows for group in objective.groups])
    values = [
        ordinal_scores(at, group, prior=method == "regression")
        for at, group in zip(found.point.at, objective.groups, strict=True)
        if isinstance(at, OrdinalImplied)
    ]
    order = np.argsort(rows)
    return pd.DataFrame(np.vstack(values)[order], index=rows[order], columns=list(found.model.table.latent))


def _factor_scores(found: Estimate, method: str = "regression") -> pd.DataFrame:
    """Factor scores, one row per respondent used, numbered as in the data.

    Bartlett's are NaN of a factor that the answers given do not settle: without an answered item, or inseparable from another.
    """
    model, rows, values = found.model, [], []
    p, latent = model.n_observed, list(model.table.latent)
    for at, moments in zip(found.point.at, found.objective.moments, strict=True):
        if moments.answers is None:
            raise OptionError("Factor scores need answers. Given: a covariance matrix. Fit the model to answers.")
        mu = at.mu if found.objective.means else moments.mean
        answered = ~np.isnan(moments.answers)
        scores = np.empty((moments.n, len(latent)))
        for pattern in np.unique(answered, axis=0):
            alike = (answered == pattern).all(axis=1)
            weights = (
                np.linalg.solve(at.sigma[np.ix_(pattern, pattern)], at.total[:p][pattern][:, p:])
                if method == "regression"
                else _bartlett_weights(at, pattern)
            )
            scores[alike] = at.total_mean[p:] + (moments.answers[np.ix_(alike, pattern)] - mu[pattern]) @ weights
        rows.append(moments.rows)
        values.append(scores)
    order = np.argsort(np.concatenate(rows))
    return pd.DataFrame(np.vstack(values)[order], index=np.concatenate(rows)[order], columns=latent)


def _bartlett_weights(at: Implied, pattern: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weighted least squares of the answered items on their factors, weights the inverse residual covariances."""
    p = len(at.mu)
    reach = np.linalg.inv(np.eye(p) - at.a[:p, :p])
    lambda_ = (reach @ at.a[:p, p:])[pattern]
    theta = (reach @ at.s[:p, :p] @ reach.T)[np.ix_(pattern, pattern)]
    weights = np.full(lambda_.shape, np.nan)
    settled = settled_factors(lambda_)
    if settled.any() and np.linalg.eigvalsh(theta)[0] > 0:
        scaled = np.linalg.solve(theta, lambda_)
        weights[:, settled] = (scaled @ np.linalg.pinv(lambda_.T @ scaled, hermitian=True))[:, settled]
    return weights
