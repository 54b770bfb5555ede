"""How sure are loadings? Intervals of a factor solution, from the solutions of resampled respondents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import CONGRUENCE_FAIR, PRIMARY_LOADING, UNSTABLE_SHARE
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.correlation.bootstrap import (
    drawn_weights,
    jackknife_levels,
    left_out_weights,
    percentile_bounds,
    tails,
)
from hpp_analysis.core.factors.solutions_many import Solutions, solve_many
from hpp_analysis.core.retention.draws import normal_correlations
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.factor_solution import FactorSolution
from hpp_analysis.factors.factor_source import FactorSource, persons_of, units_of, usable_rows, weighted_correlations
from hpp_analysis.options import BootstrapInterval, in_range
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

FEWEST = 100
"""Samples below which the tails of an interval mean nothing."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class EFABootstrap(Result):
    """Intervals of a factor solution, from the solutions of resampled respondents.

    Attributes
    ----------
    table : DataFrame
        One row per item and factor: item, factor, loading, se, ci_lower, ci_upper.
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

    def _declare(self) -> Declaration:
        return Declaration(
            name="efa_bootstrap",
            caption=_("Loadings with bootstrap intervals"),
            variable="item",
            columns=(
                Column("item", _("Item"), key=True),
                Column("factor", _("Factor"), key=True),
                Column("loading", _("Loading"), "coefficient"),
                *self._error_columns(),
            ),
            figures={"loadings": self._intervals},
            tables={
                "correlations_of_factors": self._correlations_table,
                "item_communalities": self._communalities_table,
                "stability": self._stability_table,
            },
            whole_study=True,
        )

    def _error_columns(self) -> tuple[Column, ...]:
        interval = _("{level} interval").format(level=format_value(self.conf_level, "share"))
        return (Column("se", _("Standard error"), "p"), Column("ci_lower", interval, "coefficient", upper="ci_upper"))

    def _correlations_table(self) -> FurtherTable:
        columns = (
            Column("factor", _("Factor")),
            Column("with", _("With")),
            Column("r", _("Correlation"), "coefficient"),
            *self._error_columns(),
        )
        return FurtherTable(
            self.factor_correlations, columns, _("Correlations of the factors with bootstrap intervals")
        )

    def _communalities_table(self) -> FurtherTable:
        columns = (
            Column("item", _("Item")),
            Column("communality", _("Communality"), "coefficient"),
            *self._error_columns(),
        )
        named = self.communalities.assign(item=self._item_names(self.communalities["item"]))
        return FurtherTable(named, columns, _("Communalities with bootstrap intervals"))

    def _stability_table(self) -> FurtherTable:
        columns = (
            Column("factor", _("Factor")),
            Column("mean", _("Mean congruence"), "coefficient"),
            Column("low", _("5% quantile"), "coefficient"),
            Column("share_different", _("Samples with another factor"), "share"),
        )
        caption = _("How alike the factors of the samples are to those of all respondents")
        return FurtherTable(self.congruence.rename_axis("factor").reset_index(), columns, caption)

    def _intervals(self) -> Figure:
        primary = self._primary()
        return Figure(plots.loadings_intervals, primary.assign(item=self._item_names(primary["item"])))

    def _primary(self) -> pd.DataFrame:
        """The largest loading of each item, by factor and size."""
        sizes = self.efa.loadings.abs().to_numpy()
        p, k = sizes.shape
        rows = self.table.iloc[np.arange(p) * k + sizes.argmax(axis=1)]
        return rows.iloc[np.lexsort((-sizes.max(axis=1), sizes.argmax(axis=1)))].reset_index(drop=True)

    def _item_names(self, items: pd.Series) -> list[str]:
        return [self._called(str(item), "item") for item in items]

    def _notes(self) -> list[str]:
        counts = (
            (
                self.n_without,
                ngettext(
                    "{n} of {of} samples has no solution and is left out of the intervals.",
                    "{n} of {of} samples have no solution and are left out of the intervals.",
                    self.n_without,
                ),
            ),
            (
                int("undefined_bounds" in self.flags),
                _("Where more than a tenth of the samples have no value there is no interval."),
            ),
            (
                self.n_heywood,
                ngettext(
                    "In {n} of {of} samples a uniqueness lies at its lower bound (a Heywood case); it counts.",
                    "In {n} of {of} samples a uniqueness lies at its lower bound (a Heywood case); they count.",
                    self.n_heywood,
                ),
            ),
            (
                self.n_unconverged,
                ngettext(
                    "In {n} of {of} samples the iteration did not end; it counts.",
                    "In {n} of {of} samples the iteration did not end; they count.",
                    self.n_unconverged,
                ),
            ),
        )
        notes = [note.format(n=n, of=self.n_samples) for n, note in counts if n]
        if "unstable_factors" in self.flags:
            unstable = self.congruence.index[self.congruence["share_different"] > UNSTABLE_SHARE]
            notes.append(
                _(
                    "In more than {share} of the samples another factor stands in the place of {factors} (congruence below "
                    "{cut}): intervals then mix factors."
                ).format(
                    share=format_value(UNSTABLE_SHARE, "share"),
                    factors=join_names([str(factor) for factor in unstable]),
                    cut=format_value(CONGRUENCE_FAIR, "coefficient"),
                )
            )
        return notes

    def _summary(self) -> list[str]:
        primary = self._primary()
        width = (primary["ci_upper"] - primary["ci_lower"]).median()
        if np.isnan(width):
            return [_("No primary loading has an interval: too few of the samples have a solution."), *self._notes()]
        sentences = [
            _("Half of the primary loadings have an interval of at most {width}.").format(
                width=format_value(width, "coefficient")
            )
        ]
        unsure = primary.loc[(primary["ci_lower"] < PRIMARY_LOADING) & (primary["loading"] >= PRIMARY_LOADING), "item"]
        if len(unsure):
            sentences.append(
                _("The primary loading may lie below {cut} for {items}.").format(
                    cut=format_value(PRIMARY_LOADING, "coefficient"), items=join_names(self._item_names(unsure))
                )
            )
        return [*sentences, *self._notes()]

    def _methods(self) -> list[str]:
        from_answers = self.efa.source is not None and self.efa.source.has_answers
        drawn = (
            _(
                "The {level} intervals of loadings, factor correlations and communalities rest on {n} samples (seed {seed}) of "
                "{units} observations each, drawn from a normal population with the correlations that were given."
            )
            if not from_answers
            else _(
                "The {level} intervals of loadings, factor correlations and communalities rest on {n} bootstrap samples (seed "
                "{seed}), in which {units} persons were drawn with replacement, with all of their {rows} rows."
            )
            if self.n_rows != self.n_units
            else _(
                "The {level} intervals of loadings, factor correlations and communalities rest on {n} bootstrap samples (seed "
                "{seed}), in which {units} respondents were drawn with replacement."
            )
        ).format(
            level=format_value(self.conf_level, "share"),
            n=format_value(self.n_samples, "count"),
            seed=self.seed,
            units=format_value(self.n_units, "count"),
            rows=format_value(self.n_rows, "count"),
        )
        weights = _("The weights of the correlations were those of all respondents.")
        if self.method == "percentile":
            intervals = _("Intervals are percentile intervals.")
        elif self.n_jackknife < self.n_units:
            intervals = _(
                "Intervals are bias-corrected and accelerated (BCa; Efron, 1987), with the acceleration from a jackknife "
                "that left out {g} groups of persons in turn."
            ).format(g=format_value(self.n_jackknife, "count"))
        else:
            intervals = _(
                "Intervals are bias-corrected and accelerated (BCa; Efron, 1987), with the acceleration from a jackknife "
                "that left out each person in turn."
            )
        return [
            drawn,
            *([self._correlations_sentence()] if from_answers else []),
            _(
                "Extraction and rotation were repeated in each sample, started from the solution of all respondents; factors "
                "were matched to that solution by optimal assignment on Tucker's congruence and reflected, loadings and "
                "factor correlations together."
            ),
            *([weights] if self.efa.extraction == "dwls" else []),
            intervals,
            _(
                "Of the samples {without} had no solution and were left out, {heywood} had a Heywood case and {unconverged} "
                "did not converge; these were kept."
            ).format(without=self.n_without, heywood=self.n_heywood, unconverged=self.n_unconverged),
        ]

    def _correlations_sentence(self) -> str:
        if self.efa.missing == "listwise":
            return _("Complete rows were drawn, and correlated anew in each sample.")
        if self.efa.source is not None and not self.efa.source.answers.isna().to_numpy().any():
            return _("In each sample the correlations were computed anew.")
        if self.efa.missing == "em":
            return _("In each sample the correlations were estimated anew from all answers by maximum likelihood (EM).")
        return _("In each sample the correlations were computed anew, missing answers left out pair by pair.")


def bootstrap_efa(
    efa: FactorSolution,
    n: int = 1000,
    *,
    seed: int = 0,
    conf_level: float = 0.95,
    method: BootstrapInterval = "percentile",
    units: pd.Series | None = None,
) -> EFABootstrap:
    """Resample the respondents of a factor solution; `EFA.bootstrap` documents it."""
    in_range(n, "n", at_least=FEWEST)
    source = efa.source
    if source is None:
        raise OptionError(
            "There must be respondents to resample, or Pearson correlations of a known number of them. Given: a solution of other "
            "correlations. Fit the answers themselves, or give `n_obs`."
        )
    if not efa.is_defined:
        raise NotIdentifiedError(
            f"A bootstrap must start from a solution. Given: flags {', '.join(efa.flags)}. See what they say of the answers."
        )
    if not source.has_answers and (method == "bca" or units is not None):
        raise OptionError(
            'With correlations alone `method` must be "percentile" and `units` left out. Given: `method="bca"` or `units`. '
            "Leave them out, or fit the answers themselves."
        )
    rows = usable_rows(source.answers, source.missing)
    persons = source.persons if units is None else persons_of(source.answers, units)
    unit = units_of(persons, rows)
    n_units = int(unit.max()) + 1 if source.has_answers else int(efa.n_used)
    if n_units < 3:
        raise OptionError(f"There must be three persons or more. Given: {n_units}. Collect more answers.")
    if source.has_answers:
        found = resampled(source, rows, unit, n, seed)
    else:
        found = normal_samples(source, efa.correlations.to_numpy(), n_units, n, seed)
    k = efa.loadings.shape[1]
    values = statistics(found.lambda_, found.phi, found.communality)
    estimate = statistics(*_estimates(efa))[0]
    levels = np.repeat(tails(conf_level)[None], estimate.size, axis=0)
    n_jackknife = 0
    if method == "bca":
        left = left_out_weights(unit)
        n_jackknife = len(left)
        rng = np.random.default_rng(seed)
        correlate = weighted_correlations(source.answers[rows], source.correlation, source.missing)
        without = solve_many(correlate(left), source.known, source.recipe, rng)
        levels = jackknife_levels(
            values, estimate, statistics(without.lambda_, without.phi, without.communality), conf_level
        )
    bounds = percentile_bounds(values, levels)
    se = np.full(len(bounds), np.nan)
    known = ~np.isnan(bounds[:, 0])
    se[known] = np.nanstd(values[:, known], axis=0, ddof=1)
    similar = found.congruence[found.defined]
    mean, low, share_low = (
        (similar.mean(axis=0), np.quantile(similar, 0.05, axis=0), (similar < CONGRUENCE_FAIR).mean(axis=0))
        if len(similar)
        else (np.full(k, np.nan),) * 3
    )
    flags = [*efa.flags]
    flags += ["no_solution"] if not found.defined.all() else []
    flags += ["undefined_bounds"] if np.isnan(bounds).any() else []
    flags += ["heywood_samples"] if found.heywood.any() else []
    flags += ["unconverged_samples"] if (found.defined & ~found.converged).any() else []
    flags += ["unstable_factors"] if (share_low > UNSTABLE_SHARE).any() else []
    return EFABootstrap(
        **_tables(efa, estimate, se, bounds, k),
        congruence=pd.DataFrame({"mean": mean, "low": low, "share_different": share_low}, efa.loadings.columns),
        context=efa.context,
        flags=tuple(dict.fromkeys(flags)),
        efa=efa,
        samples=found,
        method=method,
        conf_level=conf_level,
        seed=seed,
        n_samples=int(n),
        n_units=n_units,
        n_rows=int(rows.sum()) if source.has_answers else n_units,
        n_jackknife=n_jackknife,
    )


def resampled(source: FactorSource, rows: np.ndarray, unit: np.ndarray, n: int, seed: int) -> Solutions:
    """Solutions of n samples of units, part by part so that memory stays bounded."""
    rng = np.random.default_rng(seed)
    p = source.answers.shape[1]
    correlate = weighted_correlations(source.answers[rows], source.correlation, source.missing)
    parts = [
        solve_many(correlate(weights), source.known, source.recipe, rng)
        for weights in drawn_weights(unit, n, rng, width=8 * p * p)
    ]
    return _together(parts)


def normal_samples(source: FactorSource, r: np.ndarray, n_rows: int, n: int, seed: int) -> Solutions:
    """Solutions of n samples of normal variables that correlate as the items do, where their answers are not known."""
    rng = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(r)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    stacks = normal_correlations(n_rows, len(r), n, rng, root)
    return _together([solve_many(stack, source.known, source.recipe, rng) for stack in stacks])


def _together(parts: list[Solutions]) -> Solutions:
    return Solutions(
        np.concatenate([part.lambda_ for part in parts]),
        np.concatenate([part.phi for part in parts]),
        np.concatenate([part.congruence for part in parts]),
        np.concatenate([part.heywood for part in parts]),
        np.concatenate([part.converged for part in parts]),
    )


def _estimates(efa: FactorSolution) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (efa.loadings.to_numpy()[None], efa.factor_correlations.to_numpy()[None], efa.communalities.to_numpy()[None])


def statistics(lambda_: np.ndarray, phi: np.ndarray, communality: np.ndarray) -> np.ndarray:
    """Loadings by item and factor, correlations of factors, communalities: one row for each solution."""
    k = phi.shape[1]
    return np.column_stack([lambda_.reshape(len(lambda_), -1), phi[:, *np.triu_indices(k, 1)], communality])


def _tables(
    efa: FactorSolution, estimate: np.ndarray, se: np.ndarray, bounds: np.ndarray, k: int
) -> dict[str, pd.DataFrame]:
    numbers = pd.DataFrame({"estimate": estimate, "se": se, "ci_lower": bounds[:, 0], "ci_upper": bounds[:, 1]})
    items, factors = efa.loadings.index, efa.loadings.columns
    p, pairs = len(items), k * (k - 1) // 2
    one, other = np.triu_indices(k, 1)
    loadings = pd.DataFrame({"item": np.repeat(items, k), "factor": np.tile(factors, p)})
    between = pd.DataFrame({"factor": factors[one], "with": factors[other]})
    of_items = pd.DataFrame({"item": items})
    return {
        "table": pd.concat([loadings, numbers.iloc[: p * k]], axis=1).rename(columns={"estimate": "loading"}),
        "factor_correlations": pd.concat(
            [between, numbers.iloc[p * k : p * k + pairs].reset_index(drop=True)], axis=1
        ).rename(columns={"estimate": "r"}),
        "communalities": pd.concat([of_items, numbers.iloc[p * k + pairs :].reset_index(drop=True)], axis=1).rename(
            columns={"estimate": "communality"}
        ),
    }
