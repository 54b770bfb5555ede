"""How good must the fit of this model be? Cut-offs from samples in which it holds, and in which it misses something."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.sem.simulated_fit import (
    MEASURES,
    RESIDUAL_CORRELATION,
    SimulatedFit,
    correlations_of,
    cross_loadings,
    residual_pairs,
    simulated_fit,
    with_residual_pairs,
)
from hpp_analysis.core.sem.table import Table, build_table
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa import CFA
from hpp_analysis.options import checked
from hpp_analysis.planning.population import Floats
from hpp_analysis.planning.replicates import progress_bar, replicate
from hpp_analysis.simulation.options import whole_number
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

ERRORS = (0.05, 0.10)
"""The shares of right models above a cut-off, and of wrong ones below it, that are tried in turn (McNeish & Wolf 2023)."""
_LABELS = {"cfi": "CFI", "rmsea": "RMSEA", "srmr": "SRMR"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DynamicCutoffs(Result):
    """Cut-offs of fit for one model and one number of respondents.

    Attributes
    ----------
    table : DataFrame
        One row per level of misspecification: level (from 1), cfi, rmsea, srmr (the cut-offs; NaN where the distributions
        of right and wrong models overlap too much), their `*_error` (the share of right models that a cut-off rejects at
        most, and of wrong ones that it lets pass: .05 or .10), their `*_mc_error` (Monte Carlo standard errors); item, factor and
        loading (of the cross-loading that this level adds), or of a model with one factor n_pairs (of items whose residuals
        correlate) and residual_correlation.
    fit : Series
        CFI, RMSEA and SRMR of the fitted model; empty where loadings were given.
    loadings : DataFrame, items x factors
        Standardised, as assumed.
    factor_correlations : DataFrame
    n_obs, n_sim, n_used, seed : int
        Respondents; samples a level; samples with a solution at the level that has fewest; the seed.
    distributions : DataFrame
        level (0: the model holds), cfi, rmsea, srmr of every sample.
    """

    fit: pd.Series
    loadings: pd.DataFrame
    factor_correlations: pd.DataFrame
    n_obs: int
    n_sim: int
    n_used: int
    seed: int
    distributions: pd.DataFrame

    def _declare(self) -> Declaration:
        return Declaration(
            name="dynamic_cutoffs",
            caption=_("Cut-offs of fit for this model"),
            variable="level",
            columns=(
                Column("name", _("Level"), key=True),
                Column("misfit", _("Added to what the model misses")),
                *(Column(name, label, "fit") for name, label in _LABELS.items()),
                *hidden("model", "level", *(f"{name}_error" for name in MEASURES), *self._added),
            ),
            figures={name: partial(self._distributions, name) for name in MEASURES},
            whole_study=True,
        )

    @property
    def _added(self) -> tuple[str, ...]:
        """The columns that say what a level adds."""
        return ("n_pairs", "residual_correlation") if "n_pairs" in self.table else ("item", "factor", "loading")

    def _labelled(self) -> pd.DataFrame:
        return (
            super()
            ._labelled()
            .assign(
                name=[_("Level {level}").format(level=level) for level in self.table["level"]],
                misfit=[self._misfit(row) for row in self.table.itertuples()],
            )
        )

    def _misfit(self, row: Any) -> str:
        """What the model misses at a level."""
        if "n_pairs" in self.table:
            return ngettext(
                "{n} pair of items has more in common than the factor: residuals correlate {r}",
                "{n} pairs of items have more in common than the factor: residuals correlate {r}",
                row.n_pairs,
            ).format(n=format_value(row.n_pairs, "count"), r=format_value(row.residual_correlation, "coefficient"))
        return _("{item} also loads {loading} on {factor}").format(
            item=row.item, loading=format_value(row.loading, "coefficient"), factor=self._called(row.factor)
        )

    def _notes(self) -> list[str]:
        notes = [_("A dash: right and wrong models fit too much alike for a cut-off.")] if self._gaps() else []
        worst = float(np.nanmax(self.table[[f"{name}_mc_error" for name in MEASURES]].to_numpy(), initial=0.0))
        return [
            *notes,
            _("Of {n} samples a level; the Monte Carlo standard error of a cut-off is at most {error}.").format(
                n=format_value(self.n_sim, "count"), error=format_value(worst, "fit")
            ),
        ]

    def _gaps(self) -> bool:
        return bool(self.table[list(MEASURES)].isna().to_numpy().any())

    def _summary(self) -> list[str]:
        return [*(self._level_sentence(row) for row in self.table.itertuples()), *self._fit_sentences()]

    def _level_sentence(self, row: Any) -> str:
        known = [
            _("{measure} {sign} {value}").format(
                measure=_LABELS[name], sign="≥" if name == "cfi" else "≤", value=format_value(getattr(row, name), "fit")
            )
            for name in MEASURES
            if np.isfinite(getattr(row, name))
        ]
        if not known:
            return _("Level {level}: no index tells the right model from one that misses so much.").format(
                level=row.level
            )
        return _("Level {level}: a fit better than a model that misses so much takes {cutoffs}.").format(
            level=row.level, cutoffs=join_names(known)
        )

    def _fit_sentences(self) -> list[str]:
        """Compare the fitted model with the levels: what it fits as badly as."""
        if self.fit.empty:
            return []
        sentences = []
        for name in MEASURES:
            cutoffs = self.table[["level", name]].dropna()
            value = self.fit[name]
            if not len(cutoffs) or not np.isfinite(value):
                continue
            fails = cutoffs[cutoffs[name].gt(value) if name == "cfi" else cutoffs[name].lt(value)]
            sentence = (
                _("Its {measure} of {value} is no better than that of models of level {level}.").format(
                    measure=_LABELS[name], value=format_value(value, "fit"), level=int(fails["level"].max())
                )
                if len(fails)
                else _("Its {measure} of {value} meets the cut-off of level {level}.").format(
                    measure=_LABELS[name], value=format_value(value, "fit"), level=int(cutoffs["level"].min())
                )
            )
            sentences.append(sentence)
        return sentences

    def _methods(self) -> list[str]:
        text = (
            _(
                "Cut-offs are those of this model and of {n_obs} respondents (McNeish & Wolf, 2023): {n} samples of normal answers were "
                "drawn in which it holds, and as many in which, level by level, a third, two thirds and all of the items stand in pairs "
                "whose residuals correlate (seed {seed}). Loadings of {low} to {high} were assumed to be the true ones."
            )
            if "n_pairs" in self.table
            else _(
                "Cut-offs are those of this model and of {n_obs} respondents (McNeish & Wolf, 2023): {n} samples of normal answers were "
                "drawn in which it holds, and as many in which it misses one cross-loading a level, as large as the item's own "
                "loading where that is possible (seed {seed}). Loadings of {low} to {high} were assumed to be the true ones."
            )
        )
        return [
            text.format(
                n_obs=format_value(self.n_obs, "count"),
                n=format_value(self.n_sim, "count"),
                seed=self.seed,
                low=format_value(float(_own(self.loadings.to_numpy()).min()), "coefficient"),
                high=format_value(float(_own(self.loadings.to_numpy()).max()), "coefficient"),
            ),
            _(
                "A cut-off rejects at most 5% of right models and lets at most 5% of wrong ones pass, or else 10%; where that is not "
                "possible there is none."
            ),
        ]

    def _distributions(self, name: str) -> Figure:
        """The middle 90 % of an index at each level, and the fitted model's value."""
        rows = []
        for level, values in self.distributions.groupby("level")[name]:
            label = (
                _("The model holds")
                if level == 0
                else _("Level {level}").format(level=format_value(float(level), "count"))
            )
            low, middle, high = np.nanquantile(values, [0.05, 0.5, 0.95])
            rows.append({"label": label, "estimate": middle, "ci_lower": low, "ci_upper": high})
        value = float(self.fit[name]) if len(self.fit) else None
        return Figure(
            plots.intervals,
            pd.DataFrame(rows),
            reference=value if value is not None and np.isfinite(value) else None,
            xlabel=_("{measure}: the middle 90% of samples").format(measure=_LABELS[name]),
            unit_decimals=3,
            width=plots.NARROW,
            caption=_("{measure} of samples in which the model holds, or misses something").format(
                measure=_LABELS[name]
            ),
        )


@checked
def dynamic_cutoffs(
    data: CFA | pd.DataFrame,
    *,
    factor_correlations: pd.DataFrame | None = None,
    n_obs: int | None = None,
    n_sim: int = 1000,
    seed: int = 0,
    jobs: int | None = None,
    progress: bool | None = None,
) -> DynamicCutoffs:
    """Find cut-offs of CFI, RMSEA and SRMR for one's own model and number of respondents.

    Parameters
    ----------
    data : CFA or DataFrame
        A fitted model of one group, whose standardised loadings and factor correlations are then assumed to be true; or such
        loadings (items x factors).
    factor_correlations : DataFrame, optional
        Of loadings that are given; may be left out of a model with one factor.
    n_obs : int, optional
        Respondents; of a fitted model by default those that were used.
    n_sim : int
        Samples in which the model holds, and at each level of misspecification.
    seed, jobs, progress
        As in `plan_study`.

    Returns
    -------
    DynamicCutoffs
        `.to_frame()` has one level a row: as many as there are factors, less one; of a model with one factor three, or two where it
        has fewer than six items.

    Raises
    ------
    OptionError
        When the model is not a plain one (each item on one factor, no residual covariances, one group), or has one factor and
        fewer than four items, which fit perfectly.

    Notes
    -----
    The levels are conventions. A model that meets the cut-off of level 1 fits better than one that misses a single
    cross-loading as large as its lowest loading; it may miss smaller things. A model of one factor cannot miss a cross-loading: there
    pairs of items have something else in common. Cut-offs are for maximum likelihood and normal
    answers; few answer categories and skewed answers shift them. Where loadings are estimated from few respondents, so are the
    cut-offs.

    References
    ----------
    McNeish & Wolf (2023), doi:10.1037/met0000425; of one factor: McNeish & Wolf (2023), doi:10.3758/s13428-022-01847-y;
    Hu & Bentler (1999), doi:10.1080/10705519909540118

    Examples
    --------
    >>> loadings = pd.DataFrame(
    ...     {"f": [0.8, 0.7, 0.6, 0, 0, 0], "g": [0, 0, 0, 0.8, 0.7, 0.5]}, index=["a", "b", "c", "d", "e", "h"]
    ... )
    >>> phi = pd.DataFrame([[1, 0.3], [0.3, 1]], ["f", "g"], ["f", "g"])
    >>> found = dynamic_cutoffs(loadings, factor_correlations=phi, n_obs=400, n_sim=100, jobs=1)
    >>> found.to_frame()[["level", "item", "factor"]].values.tolist()
    [[1, 'h', 'f']]
    """
    whole_number(n_sim, "n_sim", least=20)
    if jobs is not None:
        whole_number(jobs, "jobs", least=1)
    fit = pd.Series(dtype=float)
    context = Context()
    if isinstance(data, CFA):
        if factor_correlations is not None:
            raise OptionError(
                "`factor_correlations` must be left out of a fitted model, which has its own. Given: a CFA and correlations. "
                "Leave them out, or give loadings: dynamic_cutoffs(loadings, factor_correlations=..., n_obs=...)."
            )
        loadings, phi = _of_fitted(data)
        fit, n_obs, context = data.fit_measures[list(MEASURES)], n_obs or data.n_used, data.context
    else:
        loadings, phi = _of_frames(data, factor_correlations)
        if n_obs is None:
            raise OptionError(
                "`n_obs` must say how many respondents the loadings are to be judged with. Given: none. "
                "Pass it: dynamic_cutoffs(loadings, factor_correlations=..., n_obs=400)."
            )
    lambda_, correlations = loadings.to_numpy(dtype=float), phi.to_numpy(dtype=float)
    whole_number(n_obs, "n_obs", least=lambda_.shape[0] + 2)
    added, populations = _levels(loadings, correlations)
    table = build_table(_text(lambda_), std_lv=True)
    order = _order(lambda_)
    seeds = np.random.SeedSequence(seed).spawn(len(populations))
    samples: list[list[SimulatedFit]] = []
    with progress_bar(len(populations) * n_sim, _("Simulated samples"), show=progress) as bar:
        for population, own in zip(populations, seeds, strict=True):
            samples.append(
                replicate(
                    partial(_samples, table, population[np.ix_(order, order)], n_obs),
                    n_sim,
                    seed=own,
                    jobs=jobs,
                    bar=bar,
                )
            )
    values = [{name: np.concatenate([getattr(part, name) for part in parts]) for name in MEASURES} for parts in samples]
    rows = [
        {"level": place, **_cutoffs(values[0], values[place]), **level} for place, level in enumerate(added, start=1)
    ]
    return DynamicCutoffs(
        table=pd.DataFrame(rows),
        context=context,
        fit=fit,
        loadings=loadings,
        factor_correlations=phi,
        n_obs=n_obs,
        n_sim=n_sim,
        n_used=min(sum(part.usable for part in parts) for parts in samples),
        seed=seed,
        distributions=pd.concat(
            [pd.DataFrame(each).assign(level=level) for level, each in enumerate(values)], ignore_index=True
        ),
    )


def _samples(table: Table, sigma: Floats, n_obs: int, runs: int, rng: np.random.Generator) -> SimulatedFit:
    return simulated_fit(table, sigma, n_obs, runs=runs, rng=rng)


def _text(lambda_: Floats) -> str:
    """The model with names of its own, so that any item name is possible."""
    return "\n".join(
        f"f{factor} =~ " + " + ".join(f"x{item}" for item in np.flatnonzero(lambda_[:, factor]))
        for factor in range(lambda_.shape[1])
    )


def _order(lambda_: Floats) -> np.ndarray:
    """The items in the order of the model's text."""
    return np.concatenate([np.flatnonzero(column) for column in lambda_.T])


def _own(lambda_: Floats) -> Floats:
    """The loading of each item on its factor."""
    return np.asarray(lambda_[lambda_ != 0.0])


def _of_fitted(cfa: CFA) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Standardised loadings and correlations of factors of a fitted model."""
    table = cfa.estimates
    plain = set(table["op"]) <= {"=~", "~~", "~1"} and len(cfa.group_names) <= 1 and not cfa.ordered
    of = table[table["op"] == "=~"]
    factors = list(dict.fromkeys(of["lhs"]))
    covariances = table[(table["op"] == "~~") & (table["lhs"] != table["rhs"])]
    between = covariances[covariances["lhs"].isin(factors) & covariances["rhs"].isin(factors)]
    if not plain or len(between) < len(covariances):
        raise OptionError(
            "The model must be a plain one of one group: continuous items, no regressions, no residual covariances. Given: "
            "another. Give its standardised loadings: dynamic_cutoffs(loadings, factor_correlations=..., n_obs=...)."
        )
    loadings = of.pivot_table(index="rhs", columns="lhs", values="std_all", sort=False).reindex(columns=factors)
    phi = pd.DataFrame(np.eye(len(factors)), factors, factors)
    for row in between.itertuples():
        phi.loc[row.lhs, row.rhs] = phi.loc[row.rhs, row.lhs] = row.std_all
    return _of_frames(loadings.fillna(0.0).rename_axis(index=None, columns=None), phi)


def _of_frames(loadings: pd.DataFrame, phi: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check loadings and correlations."""
    text = [str(name) for name in loadings if not pd.api.types.is_numeric_dtype(loadings[name])]
    if text or loadings.isna().to_numpy().any():
        raise OptionError(
            "Loadings must be numbers, items x factors, 0 where an item does not load. Given: "
            f"{'text in ' + ', '.join(text[:3]) if text else 'missing values'}. Pass a table of loadings, or a model of fit_cfa."
        )
    lambda_ = loadings.to_numpy(dtype=float)
    if lambda_.shape[1] == 1:
        if len(lambda_) < 4:
            raise OptionError(
                "A model of one factor must have four items or more: with fewer it fits all answers perfectly. Given: "
                f"{len(lambda_)}. Add items, or judge them by their loadings."
            )
        phi = pd.DataFrame(1.0, loadings.columns, loadings.columns) if phi is None else phi
    crossed = [str(item) for item, row in zip(loadings.index, lambda_, strict=True) if np.count_nonzero(row) != 1]
    if crossed:
        raise OptionError(
            f"Each item must load on one factor. Given: {', '.join(crossed[:5])} with none or several. Leave them out."
        )
    outside = [str(item) for item, row in zip(loadings.index, lambda_, strict=True) if not 0.0 < row.sum() < 1.0]
    if outside:
        raise OptionError(
            f"Standardised loadings must lie between 0 and 1. Given: others for {', '.join(outside[:5])}. Reverse the items, or "
            "leave out those whose estimates are improper."
        )
    if phi is None or list(phi.index) != list(loadings.columns) or list(phi.columns) != list(loadings.columns):
        raise OptionError(
            "`factor_correlations` must be a square table with the factors of the loadings, in their order. Given: "
            f"{'none' if phi is None else list(phi.index)} for {list(loadings.columns)}. Pass it."
        )
    values = phi.to_numpy(dtype=float)
    if (
        not np.allclose(values, values.T)
        or not np.allclose(np.diag(values), 1.0)
        or np.linalg.eigvalsh(values).min() <= 0
    ):
        raise OptionError(
            "`factor_correlations` must be correlations: symmetric, 1 on the diagonal, positive definite. Given: others. Correct them."
        )
    return loadings, phi


def _cutoffs(right: dict[str, Floats], wrong: dict[str, Floats]) -> dict[str, float]:
    """The cut-off of each index, the error that it has, and its Monte Carlo error; NaN where distributions overlap."""
    row: dict[str, float] = {}
    for name in MEASURES:
        sign = -1.0 if name == "cfi" else 1.0  # a higher CFI is a better fit
        good, bad = (sign * each[name][np.isfinite(each[name])] for each in (right, wrong))
        row |= {name: np.nan, f"{name}_error": np.nan, f"{name}_mc_error": np.nan}
        for error in ERRORS if good.size and bad.size else ():
            cutoff = float(np.quantile(bad, error))
            if cutoff >= np.quantile(good, 1.0 - error):
                row |= {name: sign * cutoff, f"{name}_error": error, f"{name}_mc_error": _quantile_error(bad, error)}
                break
    return row


def _quantile_error(values: Floats, level: float) -> float:
    """The standard error of a quantile, from the order statistics one standard error of the level away."""
    step = np.sqrt(level * (1.0 - level) / values.size)
    ends = np.quantile(values, [max(level - step, 0.0), min(level + step, 1.0)])
    return float((ends[1] - ends[0]) / 2.0)


def _levels(loadings: pd.DataFrame, phi: Floats) -> tuple[list[dict[str, Any]], list[Floats]]:
    """What each level adds, and the correlations of items in each population; the first is the one in which the model holds."""
    lambda_ = loadings.to_numpy(dtype=float)
    right = correlations_of(lambda_, phi)
    if lambda_.shape[1] == 1:
        own = lambda_[:, 0]
        pairs = residual_pairs(own)
        added: list[dict[str, Any]] = [
            {"n_pairs": len(level), "residual_correlation": RESIDUAL_CORRELATION} for level in pairs
        ]
        return added, [right, *(with_residual_pairs(right, own, level) for level in pairs)]
    levels = cross_loadings(lambda_, phi)
    added = [
        {
            "item": str(loadings.index[level.items[-1]]),
            "factor": str(loadings.columns[level.factors[-1]]),
            "loading": level.loadings[-1],
        }
        for level in levels
    ]
    return added, [right, *(correlations_of(level.lambda_, phi) for level in levels)]
