"""How sure are the estimates of a model? Errors and intervals by the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import BOOTSTRAP_CLUSTERS
from hpp_analysis.common.result import Result
from hpp_analysis.core.correlation.bootstrap import acceleration, bca_levels
from hpp_analysis.core.sem.bootstrap import bootstrap_estimates, influence, strata_of
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.inference import rows_of_table
from hpp_analysis.core.sem.standardised import standardise, standardised_definitions, standardised_values
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.sentences import blank_errors_of_fixed, left_out_sentences, relation
from hpp_analysis.options import BootstrapInterval, in_range
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_ENOUGH = 0.9
"""The share of samples that must have a solution for intervals to be given."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CFABootstrap(Result):
    """Bootstrap errors and intervals of a model's parameters.

    Attributes
    ----------
    table : DataFrame
        One row per parameter and per defined parameter: lhs, op, rhs, group, label, est, bias (mean of the samples minus
        the estimate), se (their standard deviation), ci_lower, ci_upper, and the same of the standardised solution:
        std_all, std_all_se, std_all_ci_lower, std_all_ci_upper.
    samples : DataFrame
        The estimates in each sample: one row per sample that has a solution, one column per row of the table.
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

    def _declare(self) -> Declaration:
        group = (Column("group_text", _("Group")),) if len(self.group_names) > 1 else ()
        return Declaration(
            name="cfa_bootstrap",
            caption=_("Bootstrap of a confirmatory model"),
            variable="relation",
            columns=(
                Column("relation", _("Relation"), key=True),
                *group,
                Column("est", _("Estimate"), "coefficient"),
                Column("se", _("Bootstrap SE"), "coefficient"),
                Column("ci_lower", _("Interval"), "coefficient", upper="ci_upper"),
                Column("std_all", _("Standardised"), "coefficient"),
                Column("std_all_ci_lower", _("Interval"), "coefficient", upper="std_all_ci_upper"),
            ),
            figures={"intervals": self._intervals},
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        groups = ["", *map(self._called, self.group_names)]
        return blank_errors_of_fixed(self.table).assign(
            relation=[relation(self._called, row.lhs, row.op, row.rhs) for row in self.table.itertuples()],
            group_text=[groups[group] for group in self.table["group"]],
        )

    def _intervals(self) -> Figure:
        rows = self._main_estimates()
        defined = (rows["op"] == ":=").any()
        caption = (
            _("Defined parameters with bootstrap intervals")
            if defined
            else _("Loadings and paths with bootstrap intervals")
        )
        return Figure(
            plots.intervals,
            rows[["label", "estimate", "ci_lower", "ci_upper"]],
            reference=0.0,
            xlabel=_("Estimate") if defined else _("Standardised"),
            unit_decimals=2,
            caption=caption,
        )

    def _main_estimates(self) -> pd.DataFrame:
        """Defined parameters, or where there are none the standardised loadings and paths."""
        named = self._labelled()
        frame = self.table.assign(label=named["relation"])
        defined = frame[frame["op"] == ":="]
        if len(defined):
            return defined.assign(label=defined["lhs"], estimate=defined["est"])
        if len(self.group_names) > 1:
            frame["label"] += " (" + named["group_text"] + ")"
        directed = frame[frame["op"].isin(["=~", "~"])]
        return directed.assign(
            estimate=directed["std_all"], ci_lower=directed["std_all_ci_lower"], ci_upper=directed["std_all_ci_upper"]
        )

    def _notes(self) -> list[str]:
        notes = []
        if lost := self.n_boot - self.n_converged:
            notes.append(
                ngettext(
                    "{n} of {of} samples had no solution and was left out.",
                    "{n} of {of} samples had no solution and were left out.",
                    lost,
                ).format(n=format_value(lost, "count"), of=format_value(self.n_boot, "count"))
            )
        if "few_converged" in self.flags:
            notes.append(_("Too few samples had a solution for an interval."))
        if self.n_improper:
            notes.append(
                ngettext(
                    "{n} sample had an improper solution (a negative variance, or a correlation above 1).",
                    "{n} samples had an improper solution (a negative variance, or a correlation above 1).",
                    self.n_improper,
                ).format(n=format_value(self.n_improper, "count"))
            )
        if "few_clusters" in self.flags:
            notes.append(
                _(
                    "There are fewer than {n} clusters to draw from: intervals come out too narrow; use with care."
                ).format(n=BOOTSTRAP_CLUSTERS)
            )
        return [*notes, *left_out_sentences(self.flags)]

    def _summary(self) -> list[str]:
        estimates = self._main_estimates()
        apart = (estimates["ci_lower"] > 0) | (estimates["ci_upper"] < 0)
        sentence = (
            _("Defined parameters whose {level} bootstrap interval leaves out zero: {k} of {n}.")
            if (estimates["op"] == ":=").any()
            else _("Loadings and paths whose {level} bootstrap interval leaves out zero: {k} of {n}.")
        )
        counted = sentence.format(
            level=format_value(self.conf_level, "share"),
            k=format_value(int(apart.sum()), "count"),
            n=format_value(len(estimates), "count"),
        )
        return [counted, *self._notes()]

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
        drawn = sentence.format(
            level=format_value(self.conf_level, "share"),
            n=format_value(self.n_boot, "count"),
            units=format_value(self.n_units, "count"),
            seed=self.seed,
            used=format_value(self.n_converged, "count"),
        )
        within = [_("Samples were drawn within groups.")] if self.within_groups else []
        corrected = (
            _("Intervals are corrected for bias and skewness (BCa; Efron, 1987).")
            if self.interval == "bca"
            else _("Intervals are percentiles of the samples (Efron & Tibshirani, 1993).")
        )
        return [drawn, *within, corrected]


def bootstrap_cfa(
    found: Estimate,
    estimates: pd.DataFrame,
    *,
    clusters: NDArray[np.int64] | None,
    group_names: tuple[str, ...],
    context: Context,
    flags: Sequence[str],
    n: int,
    seed: int,
    interval: BootstrapInterval,
    conf_level: float,
) -> CFABootstrap:
    """Estimate a model again in samples of its respondents; `CFA.bootstrap` documents it."""
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
    flags = [flag for flag in flags if flag.startswith(("without_", "clusters_ignored"))]
    if len(values) < _ENOUGH * n:
        flags.append("few_converged")
    if drawn.improper.any():
        flags.append("improper_samples")
    if clusters is not None and units.min() < BOOTSTRAP_CLUSTERS:
        flags.append("few_clusters")
    point = _statistics(found)
    tails = np.array([(1.0 - conf_level) / 2.0, (1.0 + conf_level) / 2.0])
    levels = np.tile(tails, (len(point), 1))
    if interval == "bca":
        skew = acceleration(influence(found, _derivatives(found), clusters))
        levels = np.array(
            [bca_levels(*each, tails) for each in zip(values.T, point.tolist(), skew.tolist(), strict=True)]
        )
    bounds = np.full((len(point), 2), np.nan)
    if "few_converged" not in flags:
        bounds = np.array([_quantiles(*each) for each in zip(values.T, levels, strict=True)])
    se = np.std(values, axis=0, ddof=1) if len(values) > 1 else np.full(len(point), np.nan)
    se = np.where(se > 1e-12 * np.maximum(np.abs(point), 1.0), se, np.where(np.isnan(se), np.nan, 0.0))
    rows = len(estimates)
    standard = slice(rows, 2 * rows)
    table = estimates[["lhs", "op", "rhs", "group", "label", "est"]].assign(
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
        table=table,
        context=context,
        flags=tuple(flags),
        samples=pd.DataFrame(values[:, :rows], columns=_parameter_names(table)),
        group_names=group_names,
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


def _derivatives(found: Estimate) -> NDArray[np.float64]:
    """How much each of the `_statistics` changes with each free parameter: one row for each statistic."""
    table, q = found.model.table, found.model.n_free
    parameters = np.zeros((len(table), q))
    free = np.flatnonzero(table.free)
    parameters[free, table.free[free] - 1] = 1.0
    standard = standardise(found, np.zeros((q, q)), observed=True)
    defined = standardised_definitions(found, standard.value)[1] @ standard.jacobian
    return np.vstack([parameters, found.restrictions.values(found.theta, ":=")[1], standard.jacobian, defined])


def _quantiles(sample: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles over the samples in which a statistic is defined; NaN where it mostly is not."""
    defined = sample[np.isfinite(sample)]
    if defined.size < _ENOUGH * sample.size or not np.isfinite(levels).all():
        return np.full(2, np.nan)
    return np.asarray(np.quantile(defined, levels))


def _parameter_names(table: pd.DataFrame) -> list[str]:
    """A name for each parameter: what `:=` defines, or the relation, and the group of several."""
    several = table["group"].max() > 1
    return [
        row.lhs if row.op == ":=" else f"{row.lhs} {row.op} {row.rhs}".strip() + (f" @{row.group}" if several else "")
        for row in table.itertuples()
    ]
