"""Does a factor model hold? Confirmatory factor analysis and structural equation models."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.common.context import Context
from hpp_analysis.common.design import names_of
from hpp_analysis.common.interpret import CFI_FAIR, RMSEA_FAIR, SRMR_FAIR
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.fit import fit_measures
from hpp_analysis.core.sem.inference import covariance_of_estimates
from hpp_analysis.core.sem.moments import Moments, group_moments
from hpp_analysis.core.sem.residuals import ResidualZ, residual_z
from hpp_analysis.core.sem.score_tests import modification_indices
from hpp_analysis.core.sem.syntax import find_variables, parse_syntax
from hpp_analysis.core.sem.table import build_table
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa_bootstrap import CFABootstrap, bootstrap_cfa
from hpp_analysis.models.cfa_fit_table import fit_table
from hpp_analysis.models.cfa_parts import (
    check_moments,
    estimates_table,
    factor_scores,
    given_moments,
    is_correlation,
    r2_of,
    refuse_no_solution,
    residual_correlations,
    undefined,
    unjudged,
)
from hpp_analysis.models.cfa_words import (
    best,
    counted,
    fit_sentence,
    left_out,
    methods_of,
    not_judged,
    relation,
    without_errors_of_fixed,
    without_value,
)
from hpp_analysis.models.lavaan_names import refuse_ordered, refuse_unknown
from hpp_analysis.models.model_data import model_data
from hpp_analysis.options import (
    BootstrapInterval,
    CfaEstimator,
    CfaInformation,
    CfaMissing,
    FactorScores,
    checked,
    in_range,
    one_of,
)
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CFA(StudyResult):
    """A fitted model.

    Attributes
    ----------
    fit_measures : Series
        chi2 df p cfi tli rmsea rmsea_ci_lower rmsea_ci_upper srmr aic bic sabic loglik, and with a robust estimator
        `*_scaled` and `*_robust`. Undefined is NaN.
    r2 : Series or DataFrame
        Explained variance by variable; one column per group where there are several.
    residuals : DataFrame
        Residual correlations (observed minus implied), items x items; with several groups stacked under their names.
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

    name: ClassVar[str] = "cfa"
    keys: ClassVar[tuple[str, ...]] = ("relation",)
    variable: ClassVar[str] = "relation"
    kinds: ClassVar[tuple[str, ...]] = ("paths", "residuals")
    tables: ClassVar[tuple[str, ...]] = ("fit",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("relation", N_("Relation")),
        Column("group_text", N_("Group")),
        Column("est", N_("Estimate"), "coefficient"),
        Column("se", N_("SE"), "coefficient"),
        Column("p", N_("p"), "p"),
        Column("ci_lower", N_("Interval"), "coefficient", upper="ci_upper"),
        Column("std_all", N_("Standardised"), "coefficient"),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per parameter: what `estimates` holds.

        Returns
        -------
        DataFrame
            lhs, op, rhs, group (from 1), label, est, se, z, p, ci_lower, ci_upper, std_lv, std_all, and the
            standard errors of the last two: std_lv_se, std_all_se.
        """
        return super().to_frame()

    @property
    def estimates(self) -> pd.DataFrame:
        """The parameters; see `to_frame`."""
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
        one = modification_indices(self.found)
        frame = pd.DataFrame(
            {field: getattr(one, field) for field in ("lhs", "op", "rhs", "group", "mi", "epc", "sepc")}
        )
        return frame.sort_values("mi", ascending=False, ignore_index=True)

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
            Closest to the factors, or unbiased given them. Bartlett's are NaN for who answered no item of a factor.

        References
        ----------
        Thurstone (1935), The Vectors of Mind; Thomson (1939), The Factorial Analysis of Human Ability; Bartlett (1937),
        doi:10.1111/j.2044-8295.1937.tb00863.x
        """
        one_of(method, FactorScores, "method")
        return factor_scores(self.found, method)

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
            The model was fitted to a covariance matrix, or there are fewer than three clusters (in a group).

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
        if conf_level is not None:
            in_range(conf_level, "conf_level", above=0, below=1)
        return bootstrap_cfa(
            self.found,
            self.to_frame(),
            clusters=self.clusters,
            groups=self.group_names,
            names=self.context.names,
            selection=self.context.selection,
            n=n,
            seed=seed,
            interval=interval,
            flags=self.flags,
            conf_level=self.conf_level if conf_level is None else conf_level,
        )

    def _labelled(self) -> pd.DataFrame:
        frame = without_errors_of_fixed(self.to_frame())
        return frame.assign(
            relation=[relation(self._called, row.lhs, row.op, row.rhs) for row in frame.itertuples()],
            group_text=[
                self._called(self.group_names[row.group - 1]) if row.group else "" for row in frame.itertuples()
            ],
        )

    def _columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.name != "group_text" or len(self.sizes) > 1)

    def _caption(self) -> str:
        return _("Confirmatory factor analysis")

    def _caption_over(self, kind: str) -> str:
        return _("Residual correlations: what the factors leave") if kind == "residuals" else self._caption()

    def _notes(self) -> list[str]:
        notes = [fit_sentence(self.fit_measures, self.n_used)]
        if any(flag.startswith(("negative_variance", "covariances_not_positive")) for flag in self.flags):
            notes.append(_("The solution is improper: a variance is negative, or a correlation exceeds 1."))
        return [*notes, *self._left_out_and_not_judged()]

    def _left_out_and_not_judged(self) -> list[str]:
        return [
            *left_out(self.flags),
            *without_value(self.flags),
            *not_judged(self.flags, int(self.fit_measures["n_par"])),
        ]

    def _summary(self) -> list[str]:
        measures = self.fit_measures
        fair = best(measures, "cfi") >= CFI_FAIR and not (
            best(measures, "rmsea") > RMSEA_FAIR and measures["srmr"] > SRMR_FAIR
        )
        said = [fit_sentence(self.fit_measures, self.n_used)]
        if not_judged(self.flags, int(measures["n_par"])):
            return [*said, *self._notes()[1:]]
        said.append(
            _("The model fits fairly: the CFI reaches {cfi}, and RMSEA or SRMR stays within {limit}.")
            if fair
            else _("The model does not fit: the CFI should reach {cfi}, and RMSEA or SRMR stay within {limit}.")
        )
        said[1] = said[1].format(
            cfi=format_value(CFI_FAIR, "coefficient"), limit=format_value(RMSEA_FAIR, "coefficient")
        )
        return [*said, *self._notes()[1:]]

    def _methods(self) -> list[str]:
        return methods_of(
            self.estimator,
            self.missing,
            n_used=self.n_used,
            n_given=self.n_given - sum(counted(self.flags, f"without_{kind}") for kind in ("group", "cluster")),
            clustered=self.clusters is not None,
            further=self._left_out_and_not_judged(),
        )

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:  # noqa: ARG002
        return *fit_table(self.fit_measures, self.n_used), _("Fit")

    def _labels(self) -> dict[str, str]:
        table = self.found.model.table
        return {name: self._called(name) for name in (*table.observed, *table.latent)}

    def _drawn(self) -> pd.DataFrame:
        frame = self.table[(self.table["group"] == 1) & self.table["op"].isin(["=~", "~", "~~"])]
        return frame.rename(columns={"std_all": "value"})[["lhs", "op", "rhs", "value"]]

    def _square(self) -> pd.DataFrame:
        return self.residuals if len(self.sizes) == 1 else self.residuals.loc[self.group_names[0]]

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        from hpp_analysis.plots import path_diagram, residual_heatmap

        if kind == "residuals":
            return residual_heatmap(self._square(), labels=self._labels(), ax=ax)
        return path_diagram(self._drawn(), labels=self._labels(), ax=ax)

    def _alt(self, kind: str) -> str:
        from hpp_analysis.plots import path_diagram_alt, residual_heatmap_alt

        if kind == "residuals":
            return residual_heatmap_alt(self._square(), labels=self._labels())
        return path_diagram_alt(self._drawn(), labels=self._labels())


_CORRECTIONS = {"ML": "none", "MLR": "yuan_bentler", "MLM": "satorra_bentler", "GLS": "none", "ULS": "none"}
_ERRORS = {"MLR": "huber_white", "MLM": "satorra_bentler"}


@checked
def fit_cfa(
    model: str | Survey,
    data: Survey | pd.DataFrame | None = None,
    *,
    estimator: CfaEstimator = "MLR",
    missing: CfaMissing = "auto",
    ordered: bool | str | Sequence[str] = (),
    group: str | Sequence[str] | None = None,
    group_equal: str | Collection[str] = (),
    group_partial: str | Collection[str] = (),
    cluster: str | Sequence[str] | None = None,
    sample_cov: pd.DataFrame | None = None,
    n_obs: int | None = None,
    std_lv: bool = False,
    orthogonal: bool = False,
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
    estimator : {"MLR", "ML", "MLM", "GLS", "ULS"}
        "MLR" needs answers; with `sample_cov` the default falls back to "ML".
    missing : {"auto", "fiml", "listwise"}
        "auto": full information (FIML) where an answer is missing and the estimator is "MLR" or "ML". Respondents without
        an answer to an exogenous covariate are left out; more than a tenth of them only with "fiml" or "listwise".
    ordered : sequence of str
        Ordered items are not supported yet: must be empty.
    group : str, optional
        A column; groups are in order of appearance. Respondents without a group are left out, with a flag.
    group_equal : str or collection of str
        What is equal in all groups: "loadings", "intercepts", "residuals", "means", "regressions", "lv_variances", "lv_covariances",
        "residual_covariances".
    group_partial : str or collection of str
        Relations that stay free although `group_equal` names their kind: "x2 ~ 1".
    cluster : str, optional
        A column: respondents within organisations. Persons with several ratings in a survey are clusters by default.
        Needs "MLR"; other estimators ignore such persons, with a flag. Respondents without a cluster are left out, with a flag (lavaan makes them one cluster).
    sample_cov : DataFrame, optional
        Covariances, divisor n - 1.
    n_obs : int, optional
        Respondents behind them.
    std_lv : bool
        Latent variances 1 instead of first loadings 1.
    orthogonal : bool
        Factors that no model explains are uncorrelated.
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
    doi:10.1111/0081-1750.00078

    Examples
    --------
    >>> import hpp_analysis as hpp
    >>> survey = hpp.simulate_study(persons_per_side=40, seed=1).survey
    >>> cfa = fit_cfa(survey)
    >>> int(cfa.fit_measures["df"])
    149
    """
    refuse_unknown("fit_cfa", unknown, _ARGUMENTS)
    refuse_ordered(ordered)
    one_of(estimator, CfaEstimator, "estimator")
    one_of(missing, CfaMissing, "missing")
    one_of(information, CfaInformation, "information")
    in_range(conf_level, "conf_level", above=0, below=1)
    for name, given in (("group_equal", group_equal), ("group_partial", group_partial)):
        if given and not group:
            raise OptionError(f"`{name}` needs `group`. Given: {given!r}. Name the column of groups.")
    for name, flag in (("std_lv", std_lv), ("orthogonal", orthogonal)):
        if not isinstance(flag, bool):
            raise OptionError(f"`{name}` must be True or False. Given: {flag!r}. Choose one of these.")
    if isinstance(model, Survey):
        if data is not None:
            raise OptionError(
                "A model is a text where `data` are given. Given: two sets of answers. Give fit_cfa(survey), or a text and the data."
            )
        model, data = model.instrument.model(), model
    syntax = parse_syntax(model)
    variables = find_variables(syntax)
    observed = variables.observed
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
        way = "complete"
    else:
        chosen, fiml = estimator, missing != "listwise" and estimator in ("ML", "MLR")
        if missing == "fiml" and not fiml:
            raise OptionError(
                f"`missing='fiml'` needs 'ML' or 'MLR'. Given: estimator={estimator!r}. Choose one of these."
            )
        answers = model_data(observed, data, group=group, cluster=cluster, fiml=fiml, covariates=variables.exogenous)
        moments = group_moments(answers.x, answers.codes, n_groups=len(answers.groups), fiml=fiml)
        groups = answers.groups
        n_given = len(data)
        there = len(answers.x) + answers.n_without_covariate
        lost = 1.0 - sum(part.n for part in moments) / there
        if lost > 0.10 and missing == "auto":
            raise OptionError(_costly(estimator, lost, variables.exogenous if fiml else ()))
        flags = answers.flags
        if answers.clusters is not None and chosen == "MLR":
            clusters = answers.clusters[np.concatenate([part.rows for part in moments])]
        elif cluster:
            raise OptionError(f"`cluster` needs estimator='MLR'. Given: {estimator!r}. Choose 'MLR'.")
        else:
            flags += answers.clusters_ignored
        moments = tuple(replace(part, rows=answers.rows[part.rows]) for part in moments)
        way = "complete" if lost == 0 else "listwise"
        if any(not part.is_complete for part in moments):
            way = "fiml"
    if information != "auto" and chosen != "ML":
        raise OptionError(
            f"`information` is chosen for 'ML' alone; robust errors and least squares have their own. Given: "
            f"estimator={chosen!r}. Choose 'ML', or leave `information` out."
        )
    if information == "first_order" and data is None:
        raise OptionError(
            "`information='first_order'` needs answers. Given: a covariance matrix. Choose 'expected' or 'observed'."
        )
    check_moments(moments, groups, observed)
    table_with = partial(
        build_table,
        syntax,
        n_groups=len(groups),
        meanstructure=way == "fiml" or len(groups) > 1 or clusters is not None,
        std_lv=std_lv,
        orthogonal=orthogonal,
        group_equal=group_equal,
    )
    table = table_with(group_partial=group_partial)
    all_equal = table_with().free.max()
    for released in [group_partial] if isinstance(group_partial, str) else group_partial:
        if table_with(group_partial=released).free.max() == all_equal:
            raise OptionError(
                f"`group_partial` must name relations that `group_equal` makes equal. Given: {released!r}, which is free or "
                "fixed already. Leave it out, or add its kind to `group_equal`."
            )
    found = estimate(table, moments, estimator=chosen if chosen in ("GLS", "ULS") else "ML")
    refuse_no_solution(found, table)
    plain = "observed" if way == "fiml" else "expected"
    se = _ERRORS.get(chosen, plain if information == "auto" else information)
    covariance = covariance_of_estimates(found, se=se, cluster=clusters)
    measures = fit_measures(found, correction=_CORRECTIONS[chosen], cluster=clusters)
    estimates = estimates_table(found, covariance, conf_level)
    return CFA(
        table=estimates,
        context=Context(
            names=names_of(data) if isinstance(data, Survey) else {},
            selection=data.selection if isinstance(data, Survey) else {},
        ),
        flags=(*found.flags, *flags, *unjudged(found, measures, clusters), *undefined(estimates)),
        fit_measures=pd.Series(measures, name="value"),
        r2=r2_of(found, groups),
        residuals=residual_correlations(found, groups),
        found=found,
        clusters=clusters,
        group_names=groups,
        sizes=tuple(part.n for part in moments),
        n_given=moments[0].n_given if n_given is None else n_given,
        estimator=chosen,
        missing=way,
        conf_level=conf_level,
    )


_ARGUMENTS = tuple(name for name in inspect.signature(fit_cfa).parameters if name != "unknown")


def _costly(estimator: str, lost: float, covariates: Sequence[str]) -> str:
    rule = "Leaving out respondents with gaps must be asked for where it costs more than 10 %."
    if covariates:
        named = "; ".join(f"{name} ~~ {' + '.join(covariates[i:])}" for i, name in enumerate(covariates))
        return (
            f"{rule} Given: {lost:.0%} without an answer to a covariate ({', '.join(covariates)}). Choose missing='fiml' "
            f"to leave them out, or add '{named}' to the model, which then uses all answers."
        )
    return (
        f"{rule} Given: estimator={estimator!r}, {lost:.0%} would go. Choose 'MLR', which uses all answers, or "
        "missing='listwise'."
    )
