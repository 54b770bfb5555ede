"""Does a factor model hold? Confirmatory factor analysis and structural equation models."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.analysis.cfa_parts import (
    check_moments,
    estimates_table,
    factor_scores,
    given_moments,
    r2_of,
    refuse_no_solution,
    residual_correlations,
)
from hpp_analysis.analysis.design import names_of
from hpp_analysis.analysis.interpret import CFI_FAIR, RMSEA_FAIR, SRMR_FAIR
from hpp_analysis.analysis.model_data import model_data
from hpp_analysis.analysis.study_result import StudyResult
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.fit import fit_measures
from hpp_analysis.core.sem.inference import covariance_of_estimates
from hpp_analysis.core.sem.modification import modification_indices
from hpp_analysis.core.sem.moments import Moments, group_moments
from hpp_analysis.core.sem.residuals import residual_z
from hpp_analysis.core.sem.syntax import parse_syntax
from hpp_analysis.core.sem.table import build_table
from hpp_analysis.core.sem.variables import find_variables
from hpp_analysis.display.formats import Column, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import CfaEstimator, CfaMissing, FactorScores, in_range, one_of
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CORRECTIONS = {"ML": "none", "MLR": "yuan_bentler", "MLM": "satorra_bentler", "GLS": "none", "ULS": "none"}
_ERRORS = {"MLR": "huber_white", "MLM": "satorra_bentler"}


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
        """Loadings and covariances that are fixed at 0, those first that would improve the fit most.

        Returns
        -------
        DataFrame
            lhs, op, rhs, group, mi, epc, sepc.
        """
        one = modification_indices(self.found)
        frame = pd.DataFrame(
            {field: getattr(one, field) for field in ("lhs", "op", "rhs", "group", "mi", "epc", "sepc")}
        )
        return frame.sort_values("mi", ascending=False, ignore_index=True, na_position="last")

    @property
    def residuals_z(self) -> pd.DataFrame:
        """Residual covariances in standard errors, shaped as `residuals`.

        NaN where a residual is 0 by the model, and throughout unless the estimator is "ML", answers are
        complete and there is one group.

        References
        ----------
        Maydeu-Olivares (2017), doi:10.1007/s11336-016-9552-7
        """
        if self.estimator != "ML":
            return self.residuals * np.nan
        values = np.vstack(residual_z(self.found))
        return pd.DataFrame(values, index=self.residuals.index, columns=self.residuals.columns)

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

    def _labelled(self) -> pd.DataFrame:
        frame = self.to_frame()
        return frame.assign(
            relation=[self._relation(row.lhs, row.op, row.rhs) for row in frame.itertuples()],
            group_text=[
                self._called(self.group_names[row.group - 1]) if row.group else ""
                for row in frame.itertuples()
            ],
        )

    def _relation(self, lhs: str, op: str, rhs: str) -> str:
        one, other = self._called(lhs), self._called(rhs) if rhs else ""
        signs = {"=~": "→", "~": "←", "~~": "↔"}
        if op == "~1":
            return _("{variable}: intercept").format(variable=one)
        if op == "~~" and lhs == rhs:
            return _("{variable}: variance").format(variable=one)
        return f"{one} {signs[op]} {other}" if op in signs else f"{one} {op} {rhs}"

    def _columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.name != "group_text" or len(self.sizes) > 1)

    def _caption(self) -> str:
        return _("Confirmatory factor analysis")

    def _best(self, name: str) -> float:
        """The robust version of a measure where there is one."""
        for suffix in ("_robust", "_scaled", ""):
            value = float(self.fit_measures.get(f"{name}{suffix}", np.nan))
            if np.isfinite(value):
                return value
        return float("nan")

    def _fit_sentence(self) -> str:
        measures = self.fit_measures
        scaled = "_scaled" if "chi2_scaled" in measures and np.isfinite(measures["chi2_scaled"]) else ""
        return _(
            "Fit: χ²({df}) = {chi2}, p {p}, CFI = {cfi}, TLI = {tli}, RMSEA = {rmsea}, SRMR = {srmr}, n = {n}."
        ).format(
            df=format_value(measures["df"], "count"),
            chi2=format_value(measures[f"chi2{scaled}"], "coefficient"),
            p=_equal(format_value(measures[f"p{scaled}"], "p")),
            cfi=format_value(self._best("cfi"), "fit"),
            tli=format_value(self._best("tli"), "fit"),
            rmsea=format_value(self._best("rmsea"), "fit"),
            srmr=format_value(measures["srmr"], "fit"),
            n=format_value(self.n_used, "count"),
        )

    def _notes(self) -> list[str]:
        notes = [self._fit_sentence()]
        if any(flag.startswith(("negative_variance", "covariances_not_positive")) for flag in self.flags):
            notes.append(_("The solution is improper: a variance is negative, or a correlation exceeds 1."))
        return notes

    def _summary(self) -> list[str]:
        fair = self._best("cfi") >= CFI_FAIR and not (
            self._best("rmsea") > RMSEA_FAIR and self.fit_measures["srmr"] > SRMR_FAIR
        )
        said = [self._fit_sentence()]
        said.append(
            _("The model fits fairly: the CFI reaches {cfi}, and RMSEA or SRMR stays within {limit}.")
            if fair
            else _(
                "The model does not fit: the CFI should reach {cfi}, and RMSEA or SRMR stay within {limit}."
            )
        )
        said[1] = said[1].format(
            cfi=format_value(CFI_FAIR, "coefficient"), limit=format_value(RMSEA_FAIR, "coefficient")
        )
        return [*said, *self._notes()[1:]]

    def _methods(self) -> list[str]:
        estimators = {
            "ML": _("maximum likelihood"),
            "MLR": _("maximum likelihood with robust standard errors and tests (Yuan & Bentler, 2000)"),
            "MLM": _("maximum likelihood with Satorra-Bentler standard errors and tests"),
            "GLS": _("generalised least squares"),
            "ULS": _("unweighted least squares"),
        }
        ways = {
            "fiml": _("Missing answers entered by full information."),
            "listwise": _("Respondents with a missing answer were left out ({used} of {given} used).").format(
                used=format_value(self.n_used, "count"), given=format_value(self.n_given, "count")
            ),
            "complete": _("All answers were complete."),
        }
        cluster = (
            _("Standard errors and tests take clusters of answers into account.")
            if self.clusters is not None
            else ""
        )
        text = _(
            "The model was estimated by {estimator}. {missing} {cluster} Fit is judged by CFI ({cfi} or more; Bentler, 1990), "
            "RMSEA ({rmsea} or less; Browne & Cudeck, 1992) and SRMR ({srmr} or less; Hu & Bentler, 1999), in their robust "
            "versions where the estimator is robust."
        ).format(
            estimator=estimators[self.estimator],
            missing=ways[self.missing],
            cluster=cluster,
            cfi=format_value(CFI_FAIR, "coefficient"),
            rmsea=format_value(RMSEA_FAIR, "coefficient"),
            srmr=format_value(SRMR_FAIR, "coefficient"),
        )
        return [" ".join(text.split())]

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:  # noqa: ARG002
        frame = self.fit_measures.rename_axis("measure").reset_index(name="value")
        columns = (Column("measure", N_("Measure")), Column("value", N_("Value"), "fit"))
        return frame, columns, _("Fit")

    def _labels(self) -> dict[str, str]:
        table = self.found.model.table
        return {name: self._called(name) for name in (*table.observed, *table.latent)}

    def _drawn(self) -> pd.DataFrame:
        frame = self.table[(self.table["group"] == 1) & self.table["op"].isin(["=~", "~", "~~"])]
        return frame.rename(columns={"std_all": "value"})[["lhs", "op", "rhs", "value"]]

    def _square(self) -> pd.DataFrame:
        return self.residuals if len(self.sizes) == 1 else self.residuals.loc[self.group_names[0]]

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        from hpp_analysis.plots.paths import path_diagram
        from hpp_analysis.plots.residuals import residual_heatmap

        if kind == "residuals":
            return residual_heatmap(self._square(), labels=self._labels(), ax=ax)
        return path_diagram(self._drawn(), labels=self._labels(), ax=ax)

    def _alt(self, kind: str) -> str:
        from hpp_analysis.plots.paths import path_diagram_alt
        from hpp_analysis.plots.residuals import residual_heatmap_alt

        if kind == "residuals":
            return residual_heatmap_alt(self._square(), labels=self._labels())
        return path_diagram_alt(self._drawn(), labels=self._labels())


def _equal(p: str) -> str:
    return p if p.startswith("<") else f"= {p}"


def fit_cfa(
    model: str | Survey,
    data: Survey | pd.DataFrame | None = None,
    *,
    estimator: CfaEstimator = "MLR",
    missing: CfaMissing = "auto",
    ordered: Sequence[str] = (),
    group: str | None = None,
    group_equal: Collection[str] = (),
    group_partial: Collection[str] = (),
    cluster: str | None = None,
    sample_cov: pd.DataFrame | None = None,
    n_obs: int | None = None,
    std_lv: bool = False,
    conf_level: float = 0.95,
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
        "auto": full information (FIML) where an answer is missing and the estimator is "MLR" or "ML".
    ordered : sequence of str
        Ordered items are not supported yet: must be empty.
    group : str, optional
        A column; groups are in order of appearance.
    group_equal : collection of str
        "loadings", "intercepts", "residuals", "means", "regressions", "lv_variances", "lv_covariances",
        "residual_covariances".
    group_partial : collection of str
        Relations that stay free: "x2 ~ 1".
    cluster : str, optional
        A column: respondents within organisations. Persons with several ratings in a survey are clusters by default.
        Needs "MLR".
    sample_cov : DataFrame, optional
        Covariances, divisor n - 1.
    n_obs : int, optional
        Respondents behind them.
    std_lv : bool
        Latent variances 1 instead of first loadings 1.
    conf_level : float

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
    one_of(estimator, CfaEstimator, "estimator")
    one_of(missing, CfaMissing, "missing")
    in_range(conf_level, "conf_level", above=0, below=1)
    if ordered:
        raise OptionError(
            f"`ordered` must be empty: ordered items are not supported yet. Given: {list(ordered)!r}. "
            "Treat the answers as numbers with estimator='MLR'."
        )
    if isinstance(model, Survey):
        if data is not None:
            raise OptionError(
                "A model is a text where `data` are given. Given: two sets of answers. Give fit_cfa(survey), or a text and the data."
            )
        model, data = model.instrument.model(), model
    syntax = parse_syntax(model)
    observed = find_variables(syntax).observed
    clusters: NDArray[np.int64] | None = None
    groups: tuple[str, ...] = ("",)
    if data is None:
        moments: tuple[Moments, ...] = (given_moments(observed, sample_cov, n_obs),)
        chosen: str = "ML" if estimator == "MLR" else estimator
        way = "complete"
    else:
        chosen, fiml = estimator, missing != "listwise" and estimator in ("ML", "MLR")
        if missing == "fiml" and not fiml:
            raise OptionError(
                f"`missing='fiml'` needs 'ML' or 'MLR'. Given: estimator={estimator!r}. Choose one of these."
            )
        answers = model_data(observed, data, group=group, cluster=cluster, fiml=fiml)
        moments = group_moments(answers.x, answers.codes, n_groups=len(answers.groups), fiml=fiml)
        groups = answers.groups
        lost = 1.0 - sum(part.n for part in moments) / len(answers.x)
        if lost > 0.10 and missing != "listwise":
            raise OptionError(
                f"Leaving out respondents with gaps must be asked for where it costs more than 10 %. Given: "
                f"estimator={estimator!r}, {lost:.0%} would go. Choose 'MLR', which uses all answers, or missing='listwise'."
            )
        if answers.clusters is not None and chosen == "MLR":
            clusters = answers.clusters[np.concatenate([part.rows for part in moments])]
        elif cluster is not None:
            raise OptionError(f"`cluster` needs estimator='MLR'. Given: {estimator!r}. Choose 'MLR'.")
        way = "complete" if lost == 0 else "listwise"
        if any(not part.is_complete for part in moments):
            way = "fiml"
    check_moments(moments, groups, observed)
    table = build_table(
        syntax,
        n_groups=len(groups),
        meanstructure=way == "fiml" or len(groups) > 1 or clusters is not None,
        std_lv=std_lv,
        group_equal=group_equal,
        group_partial=group_partial,
    )
    found = estimate(table, moments, estimator=chosen if chosen in ("GLS", "ULS") else "ML")
    refuse_no_solution(found, table)
    se = _ERRORS.get(chosen, "observed" if way == "fiml" else "expected")
    covariance = covariance_of_estimates(found, se=se, cluster=clusters)
    measures = fit_measures(found, correction=_CORRECTIONS[chosen], cluster=clusters)
    return CFA(
        table=estimates_table(found, covariance, conf_level),
        names=names_of(data) if isinstance(data, Survey) else {},
        selection=data.selection if isinstance(data, Survey) else {},
        flags=found.flags,
        fit_measures=pd.Series(measures, name="value"),
        r2=r2_of(found, groups),
        residuals=residual_correlations(found, groups),
        found=found,
        clusters=clusters,
        group_names=groups,
        sizes=tuple(part.n for part in moments),
        n_given=sum(part.n_given for part in moments),
        estimator=chosen,
        missing=way,
        conf_level=conf_level,
    )
