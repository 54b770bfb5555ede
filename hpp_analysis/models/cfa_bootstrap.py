"""How sure are the estimates of a model? Errors and intervals by the bootstrap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.common.context import Context
from hpp_analysis.common.interpret import BOOTSTRAP_CLUSTERS
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.correlation.bootstrap import acceleration, bca_levels
from hpp_analysis.core.sem.bootstrap import bootstrap_estimates, influence, strata_of
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.inference import rows_of_table
from hpp_analysis.core.sem.standardised import standardise, standardised_definitions, standardised_values
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa_words import left_out, relation, without_errors_of_fixed
from hpp_analysis.options import BootstrapInterval, in_range, one_of
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ENOUGH = 0.9
"""The share of samples that must have a solution for intervals to be given."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CFABootstrap(StudyResult):
    """Bootstrap errors and intervals of a model's parameters.

    Attributes
    ----------
    samples : DataFrame
        The estimates in each sample: one row per sample that has a solution, one column per row of `to_frame`.
    group_names : tuple of str
    n_boot : int
        Samples drawn.
    n_converged : int
        Samples in which estimation converged to identified parameters; the others are left out.
    n_improper : int
        Of these, samples with a negative variance or a correlation above 1; they are kept.
    n_units : int
        Respondents, or clusters, that samples were drawn from.
    clustered : bool
        Whether clusters were drawn.
    within_groups : bool
        Whether each group of the model kept its number of them.
    seed : int
    interval : str
        "percentile" or "bca".
    conf_level : float
    """

    samples: pd.DataFrame
    group_names: tuple[str, ...]
    n_boot: int
    n_converged: int
    n_improper: int
    n_units: int
    clustered: bool
    within_groups: bool
    seed: int
    interval: str
    conf_level: float

    name: ClassVar[str] = "cfa_bootstrap"
    keys: ClassVar[tuple[str, ...]] = ("relation",)
    variable: ClassVar[str] = "relation"
    kinds: ClassVar[tuple[str, ...]] = ("intervals",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("relation", N_("Relation")),
        Column("group_text", N_("Group")),
        Column("est", N_("Estimate"), "coefficient"),
        Column("se", N_("Bootstrap SE"), "coefficient"),
        Column("ci_lower", N_("Interval"), "coefficient", upper="ci_upper"),
        Column("std_all", N_("Standardised"), "coefficient"),
        Column("std_all_ci_lower", N_("Interval"), "coefficient", upper="std_all_ci_upper"),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per parameter and per defined parameter.

        Returns
        -------
        DataFrame
            lhs, op, rhs, group, label, est, bias (mean of the samples minus the estimate), se (their standard
            deviation), ci_lower, ci_upper, and the same of the standardised solution: std_all, std_all_se,
            std_all_ci_lower, std_all_ci_upper.
        """
        return super().to_frame()

    def _relations(self) -> list[str]:
        return [relation(self._called, row.lhs, row.op, row.rhs) for row in self.table.itertuples()]

    def _labelled(self) -> pd.DataFrame:
        return without_errors_of_fixed(self.to_frame()).assign(
            relation=self._relations(),
            group_text=[
                self._called(self.group_names[row.group - 1]) if row.group else "" for row in self.table.itertuples()
            ],
        )

    def _columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.name != "group_text" or len(self.group_names) > 1)

    def _caption(self) -> str:
        return _("Bootstrap of a confirmatory model")

    def _caption_over(self, kind: str) -> str:  # noqa: ARG002
        if (self._shown()["op"] == ":=").any():
            return _("Defined parameters with bootstrap intervals")
        return _("Loadings and paths with bootstrap intervals")

    def _notes(self) -> list[str]:
        said = []
        if lost := self.n_boot - self.n_converged:
            said.append(
                ngettext(
                    "{n} of {of} samples had no solution and was left out.",
                    "{n} of {of} samples had no solution and were left out.",
                    lost,
                ).format(n=format_value(lost, "count"), of=format_value(self.n_boot, "count"))
            )
        if "few_converged" in self.flags:
            said.append(_("Too few samples had a solution for an interval."))
        if self.n_improper:
            said.append(
                ngettext(
                    "{n} sample had an improper solution (a negative variance, or a correlation above 1).",
                    "{n} samples had an improper solution (a negative variance, or a correlation above 1).",
                    self.n_improper,
                ).format(n=format_value(self.n_improper, "count"))
            )
        if "few_clusters" in self.flags:
            said.append(
                _(
                    "There are fewer than {n} clusters to draw from: intervals come out too narrow; use with care."
                ).format(n=BOOTSTRAP_CLUSTERS)
            )
        return [*said, *left_out(self.flags)]

    def _summary(self) -> list[str]:
        shown = self._shown()
        apart = shown[(shown["ci_lower"] > 0) | (shown["ci_upper"] < 0)]
        sentence = (
            _("Defined parameters whose {level} bootstrap interval leaves out zero: {k} of {n}.")
            if (shown["op"] == ":=").any()
            else _("Loadings and paths whose {level} bootstrap interval leaves out zero: {k} of {n}.")
        )
        said = sentence.format(
            level=format_value(self.conf_level, "share"),
            k=format_value(len(apart), "count"),
            n=format_value(len(shown), "count"),
        )
        return [said, *self._notes()]

    def _methods(self) -> list[str]:
        sentence = (
            _(
                "Standard errors and {level} intervals come from {n} bootstrap samples of {units} clusters, each with all of "
                "its answers (seed {seed}); {used} samples had a solution."
            )
            if self.clustered
            else _(
                "Standard errors and {level} intervals come from {n} bootstrap samples of {units} respondents (seed {seed}); "
                "{used} samples had a solution."
            )
        )
        said = sentence.format(
            level=format_value(self.conf_level, "share"),
            n=format_value(self.n_boot, "count"),
            units=format_value(self.n_units, "count"),
            seed=self.seed,
            used=format_value(self.n_converged, "count"),
        )
        within = [_("Samples were drawn within groups.")] if self.within_groups else []
        how = (
            _("Intervals are corrected for bias and skewness (BCa; Efron, 1987).")
            if self.interval == "bca"
            else _("Intervals are percentiles of the samples (Efron & Tibshirani, 1993).")
        )
        return [said, *within, how]

    def _shown(self) -> pd.DataFrame:
        """What the figure shows: defined parameters, or without any the standardised loadings and paths."""
        frame = self.table.assign(label=self._relations())
        defined = frame[frame["op"] == ":="]
        if len(defined):
            return defined.assign(label=defined["lhs"], estimate=defined["est"])
        if len(self.group_names) > 1:
            frame["label"] = [
                f"{row.label} ({self._called(self.group_names[row.group - 1])})" for row in frame.itertuples()
            ]
        directed = frame[frame["op"].isin(["=~", "~"])]
        return directed.assign(
            estimate=directed["std_all"], ci_lower=directed["std_all_ci_lower"], ci_upper=directed["std_all_ci_upper"]
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import intervals

        shown = self._shown()
        xlabel = _("Estimate") if (shown["op"] == ":=").any() else _("Standardised")
        return intervals(shown[_DRAWN], reference=0.0, xlabel=xlabel, unit_decimals=2, ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import intervals_alt

        return intervals_alt(self._shown()[_DRAWN], reference=0.0, unit_decimals=2)


_DRAWN = ["label", "estimate", "ci_lower", "ci_upper"]


def bootstrap_cfa(
    found: Estimate,
    estimates: pd.DataFrame,
    *,
    clusters: NDArray[np.int64] | None,
    groups: tuple[str, ...],
    names: Mapping[str, Mapping[str, str]],
    selection: Mapping[str, str],
    n: int,
    seed: int,
    interval: BootstrapInterval,
    flags: tuple[str, ...],
    conf_level: float,
) -> CFABootstrap:
    """Bootstrap an estimated model; see `CFA.bootstrap`."""
    one_of(interval, BootstrapInterval, "interval")
    in_range(n, "n", above=99)
    if any(part.answers is None for part in found.objective.moments):
        raise OptionError(
            "A bootstrap draws respondents, so it needs answers. Given: a covariance matrix. Fit the model to answers."
        )
    _unit, stratum = strata_of(found, clusters)
    units = np.bincount(stratum)
    if clusters is not None and units.min() < 3:
        raise OptionError(
            f"A bootstrap of clusters needs three or more (in each group). Given: {units.min()}. "
            "Choose another column of clusters, or leave `cluster` out."
        )
    drawn = bootstrap_estimates(found, _statistics, n=int(n), rng=np.random.default_rng(seed), cluster=clusters)
    values = drawn.values[drawn.usable]
    own = [flag for flag in flags if flag.startswith(("without_", "clusters_ignored"))]
    if len(values) < _ENOUGH * n:
        own.append("few_converged")
    if drawn.improper.any():
        own.append("improper_samples")
    if clusters is not None and units.min() < BOOTSTRAP_CLUSTERS:
        own.append("few_clusters")
    point = _statistics(found)
    tails = np.array([(1.0 - conf_level) / 2.0, (1.0 + conf_level) / 2.0])
    levels = np.tile(tails, (len(point), 1))
    if interval == "bca":
        skew = acceleration(influence(found, _slopes(found), clusters))
        levels = np.array(
            [bca_levels(*each, tails) for each in zip(values.T, point.tolist(), skew.tolist(), strict=True)]
        )
    bounds = np.full((len(point), 2), np.nan)
    if "few_converged" not in own:
        bounds = np.array([_quantiles(*each) for each in zip(values.T, levels, strict=True)])
    se = np.std(values, axis=0, ddof=1) if len(values) > 1 else np.full(len(point), np.nan)
    se = np.where(se > 1e-12 * np.maximum(np.abs(point), 1.0), se, np.where(np.isnan(se), np.nan, 0.0))
    rows = len(estimates)
    standard = slice(rows, 2 * rows)
    frame = estimates[["lhs", "op", "rhs", "group", "label", "est"]].assign(
        bias=(values.mean(axis=0) - point)[:rows] if len(values) else np.nan,
        se=se[:rows],
        ci_lower=bounds[:rows, 0],
        ci_upper=bounds[:rows, 1],
        std_all=point[standard],
        std_all_se=se[standard],
        std_all_ci_lower=bounds[standard, 0],
        std_all_ci_upper=bounds[standard, 1],
    )
    return CFABootstrap(
        table=frame,
        context=Context(names=names, selection=selection),
        flags=tuple(own),
        samples=pd.DataFrame(values[:, :rows], columns=_columns_of(frame)),
        group_names=groups,
        n_boot=int(n),
        n_converged=len(values),
        n_improper=int(drawn.improper.sum()),
        n_units=len(stratum),
        clustered=clusters is not None,
        within_groups=len(units) > 1,
        seed=seed,
        interval=interval,
        conf_level=conf_level,
    )


def _statistics(found: Estimate) -> NDArray[np.float64]:
    """Parameters, defined parameters and the standardised solution of an estimate."""
    rows, _se = rows_of_table(found, np.zeros((found.model.n_free,) * 2))
    defined, _by = found.restrictions.values(found.theta, ":=")
    standard = standardised_values(found, observed=True)
    return np.concatenate([rows, defined, standard, standardised_definitions(found, standard)[0]])


def _slopes(found: Estimate) -> NDArray[np.float64]:
    """Of the same, by the free parameters."""
    table, q = found.model.table, found.model.n_free
    own = np.zeros((len(table), q))
    free = np.flatnonzero(table.free)
    own[free, table.free[free] - 1] = 1.0
    standard = standardise(found, np.zeros((q, q)), observed=True)
    defined = standardised_definitions(found, standard.value)[1] @ standard.jacobian
    return np.vstack([own, found.restrictions.values(found.theta, ":=")[1], standard.jacobian, defined])


def _quantiles(sample: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the samples in which the statistic is defined; NaN where it mostly is not."""
    there = sample[np.isfinite(sample)]
    if there.size < _ENOUGH * sample.size or not np.isfinite(levels).all():
        return np.full(2, np.nan)
    return np.asarray(np.quantile(there, levels))


def _columns_of(frame: pd.DataFrame) -> list[str]:
    """A name for each parameter: what `:=` defines, or the relation, and the group of several."""
    several = frame["group"].max() > 1
    return [
        row.lhs if row.op == ":=" else f"{row.lhs} {row.op} {row.rhs}".strip() + (f" @{row.group}" if several else "")
        for row in frame.itertuples()
    ]
