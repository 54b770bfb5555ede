"""Does a factor model hold? Confirmatory factor analysis and structural equation models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.common.interpret import CFI_FAIR, RMSEA_FAIR, SRMR_FAIR
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.modification import modification_indices
from hpp_analysis.core.sem.residuals import ResidualZ, residual_z
from hpp_analysis.display.formats import Column, format_value
from hpp_analysis.models.cfa_bootstrap import CFABootstrap, bootstrap_cfa
from hpp_analysis.models.cfa_fit_table import fit_table
from hpp_analysis.models.cfa_parts import factor_scores
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
from hpp_analysis.options import BootstrapInterval, FactorScores, checked, in_range, one_of
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
            names=self.names,
            selection=self.selection,
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
