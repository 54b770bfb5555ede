"""The result of resampling the respondents of a factor solution, and how it shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import CONGRUENCE_FAIR, PRIMARY_LOADING, UNSTABLE_SHARE
from hpp_analysis.common.result import join_names
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.factors.solutions_many import Solutions
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.factors.factor_solution import FactorSolution
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class EFABootstrap(StudyResult):
    """Intervals of a factor solution, from the solutions of resampled respondents.

    Attributes
    ----------
    factor_correlations : DataFrame
        One row per pair of factors: factor, with, r, se, ci_lower, ci_upper.
    communalities : DataFrame
        One row per item: item, communality, se, ci_lower, ci_upper.
    congruence : DataFrame, factors x (mean, low, share_different)
        Tucker's congruence of a sample's factor with its namesake: the mean, the 5 % quantile, and the share of samples
        in which it is below .85.
    efa : FactorSolution
        The solution of all respondents.
    samples : Solutions
        The aligned solutions: `lambda_` (n, items, factors), `phi` (n, factors, factors), `heywood`, `converged`.
    method : str
        "percentile" or "bca".
    conf_level : float
    seed : int
    n_samples, n_units, n_rows : int
        Samples; persons that were drawn; their rows.
    n_jackknife : int
        Groups of persons that were left out in turn for the acceleration; 0 for percentile intervals.
    """

    factor_correlations: pd.DataFrame
    communalities: pd.DataFrame
    congruence: pd.DataFrame
    efa: FactorSolution
    samples: Solutions
    method: str
    conf_level: float
    seed: int
    n_samples: int
    n_units: int
    n_rows: int
    n_jackknife: int

    name: ClassVar[str] = "efa_bootstrap"
    keys: ClassVar[tuple[str, ...]] = ("item", "factor")
    kinds: ClassVar[tuple[str, ...]] = ("loadings",)
    tables: ClassVar[tuple[str, ...]] = ("correlations_of_factors", "item_communalities", "stability")

    def to_frame(self) -> pd.DataFrame:
        """One row per item and factor.

        Returns
        -------
        DataFrame
            item, factor, loading, se, ci_lower, ci_upper.
        """
        return super().to_frame()

    @property
    def n_without(self) -> int:
        """Samples without a solution, which are left out of the intervals."""
        return int((~self.samples.defined).sum())

    @property
    def n_heywood(self) -> int:
        """Samples with a Heywood case; they count."""
        return int(self.samples.heywood.sum())

    @property
    def n_unconverged(self) -> int:
        """Samples whose extraction or rotation did not end; they count."""
        return int((self.samples.defined & ~self.samples.converged).sum())

    # How it shows itself

    @property
    def _interval(self) -> Column:
        level = format_value(self.conf_level, "share")
        label = _("{level} interval").format(level=level)
        return Column("ci_lower", label, "coefficient", upper="ci_upper", translate=False)

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column("item", N_("Item")),
            Column("factor", N_("Factor")),
            Column("loading", N_("Loading"), "coefficient"),
            Column("se", N_("Standard error"), "p"),
            self._interval,
        )

    def _caption(self) -> str:
        return _("Loadings with bootstrap intervals")

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:
        se = Column("se", N_("Standard error"), "p")
        if kind == "correlations_of_factors":
            columns: tuple[Column, ...] = (
                Column("factor", N_("Factor")),
                Column("with", N_("With")),
                Column("r", N_("Correlation"), "coefficient"),
                se,
                self._interval,
            )
            return (self.factor_correlations, columns, _("Correlations of the factors with bootstrap intervals"))
        if kind == "item_communalities":
            frame = self.communalities.copy()
            frame["item"] = [self._called(str(item), "item") for item in frame["item"]]
            columns = (
                Column("item", N_("Item")),
                Column("communality", N_("Communality"), "coefficient"),
                se,
                self._interval,
            )
            return frame, columns, _("Communalities with bootstrap intervals")
        return (
            self.congruence.rename_axis("factor").reset_index(),
            (
                Column("factor", N_("Factor")),
                Column("mean", N_("Mean congruence"), "coefficient"),
                Column("low", N_("5% quantile"), "coefficient"),
                Column("share_different", N_("Samples with another factor"), "share"),
            ),
            _("How alike the factors of the samples are to those of all respondents"),
        )

    def _notes(self) -> list[str]:
        said = []
        if self.n_without:
            said.append(
                ngettext(
                    "{n} of {of} samples has no solution and is left out of the intervals.",
                    "{n} of {of} samples have no solution and are left out of the intervals.",
                    self.n_without,
                ).format(n=self.n_without, of=self.n_samples)
            )
        if "undefined_bounds" in self.flags:
            said.append(_("Where more than a tenth of the samples have no value there is no interval."))
        if self.n_heywood:
            said.append(
                ngettext(
                    "In {n} of {of} samples a uniqueness lies at its lower bound (a Heywood case); it counts.",
                    "In {n} of {of} samples a uniqueness lies at its lower bound (a Heywood case); they count.",
                    self.n_heywood,
                ).format(n=self.n_heywood, of=self.n_samples)
            )
        if self.n_unconverged:
            said.append(
                ngettext(
                    "In {n} of {of} samples the iteration did not end; it counts.",
                    "In {n} of {of} samples the iteration did not end; they count.",
                    self.n_unconverged,
                ).format(n=self.n_unconverged, of=self.n_samples)
            )
        if "unstable_factors" in self.flags:
            shaky = self.congruence.index[self.congruence["share_different"] > UNSTABLE_SHARE]
            said.append(
                _(
                    "In more than {share} of the samples another factor stands in the place of {factors} (congruence below "
                    "{cut}): intervals then mix factors."
                ).format(
                    share=format_value(UNSTABLE_SHARE, "share"),
                    factors=join_names([str(factor) for factor in shaky]),
                    cut=format_value(CONGRUENCE_FAIR, "coefficient"),
                )
            )
        return said

    def _summary(self) -> list[str]:
        primary = self._primary
        width = (primary["ci_upper"] - primary["ci_lower"]).median()
        if np.isnan(width):
            return [_("No primary loading has an interval: too few of the samples have a solution."), *self._notes()]
        said = [
            _("Half of the primary loadings have an interval of at most {width}.").format(
                width=format_value(width, "coefficient")
            )
        ]
        unsure = primary.loc[(primary["ci_lower"] < PRIMARY_LOADING) & (primary["loading"] >= PRIMARY_LOADING), "item"]
        if len(unsure):
            said.append(
                _("The primary loading may lie below {cut} for {items}.").format(
                    cut=format_value(PRIMARY_LOADING, "coefficient"),
                    items=join_names([self._called(str(item), "item") for item in unsure]),
                )
            )
        return [*said, *self._notes()]

    @property
    def _primary(self) -> pd.DataFrame:
        """The largest loading of each item, by factor and size, turned so that it is positive."""
        sizes = self.efa.loadings.abs().to_numpy()
        p, k = sizes.shape
        rows = self.table.iloc[np.arange(p) * k + sizes.argmax(axis=1)].reset_index(drop=True)
        order = np.lexsort((-sizes.max(axis=1), sizes.argmax(axis=1)))
        return rows.iloc[order].reset_index(drop=True)

    def _methods(self) -> list[str]:
        return methods_of(self)

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import loadings_intervals

        return loadings_intervals(self._drawn(), ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import loadings_intervals_alt

        return loadings_intervals_alt(self._drawn())

    def _drawn(self) -> pd.DataFrame:
        frame = self._primary.copy()
        frame["item"] = [self._called(str(item), "item") for item in frame["item"]]
        return frame


def methods_of(boot: EFABootstrap) -> list[str]:
    """Sentences for a method section, in the language in use."""
    level = format_value(boot.conf_level, "share")
    drawn = boot.efa.source is not None and boot.efa.source.has_answers
    said = [
        _(
            "The {level} intervals of loadings, factor correlations and communalities rest on {n} samples (seed {seed}) of "
            "{units} observations each, drawn from a normal population with the correlations that were given."
        ).format(
            level=level,
            n=format_value(boot.n_samples, "count"),
            seed=boot.seed,
            units=format_value(boot.n_units, "count"),
        )
        if not drawn
        else _(
            "The {level} intervals of loadings, factor correlations and communalities rest on {n} bootstrap samples (seed "
            "{seed}), in which {units} persons were drawn with replacement, with all of their {rows} rows."
        ).format(
            level=level,
            n=format_value(boot.n_samples, "count"),
            seed=boot.seed,
            units=format_value(boot.n_units, "count"),
            rows=format_value(boot.n_rows, "count"),
        )
        if boot.n_rows != boot.n_units
        else _(
            "The {level} intervals of loadings, factor correlations and communalities rest on {n} bootstrap samples (seed "
            "{seed}), in which {units} respondents were drawn with replacement."
        ).format(
            level=level,
            n=format_value(boot.n_samples, "count"),
            seed=boot.seed,
            units=format_value(boot.n_units, "count"),
        ),
        *([_correlations(boot.efa)] if drawn else []),
        _(
            "Extraction and rotation were repeated in each sample, started from the solution of all respondents; factors were "
            "matched to that solution by optimal assignment on Tucker's congruence and reflected, loadings and factor "
            "correlations together."
        ),
    ]
    if boot.efa.extraction == "dwls":
        said.append(_("The weights of the correlations were those of all respondents."))
    if boot.method == "bca":
        said.append(
            _(
                "Intervals are bias-corrected and accelerated (BCa; Efron, 1987), with the acceleration from a jackknife "
                "that left out {g} groups of persons in turn."
            ).format(g=format_value(boot.n_jackknife, "count"))
            if boot.n_jackknife < boot.n_units
            else _(
                "Intervals are bias-corrected and accelerated (BCa; Efron, 1987), with the acceleration from a jackknife "
                "that left out each person in turn."
            )
        )
    else:
        said.append(_("Intervals are percentile intervals."))
    said.append(
        _(
            "Of the samples {without} had no solution and were left out, {heywood} had a Heywood case and {unconverged} did "
            "not converge; these were kept."
        ).format(without=boot.n_without, heywood=boot.n_heywood, unconverged=boot.n_unconverged)
    )
    return said


def _correlations(efa: FactorSolution) -> str:
    if efa.missing == "listwise":
        return _("Complete rows were drawn, and correlated anew in each sample.")
    if efa.source is not None and not efa.source.answers.isna().to_numpy().any():
        return _("In each sample the correlations were computed anew.")
    if efa.missing == "em":
        return _("In each sample the correlations were estimated anew from all answers by maximum likelihood (EM).")
    return _("In each sample the correlations were computed anew, missing answers left out pair by pair.")
