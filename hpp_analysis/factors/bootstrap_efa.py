"""How sure are loadings? Factor solutions of resampled respondents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import CONGRUENCE_FAIR, UNSTABLE_SHARE
from hpp_analysis.core.correlation.bootstrap import (
    drawn_weights,
    jackknife_levels,
    left_out_weights,
    percentile_bounds,
    tails,
)
from hpp_analysis.core.factors.solutions_many import Solutions, solve_many
from hpp_analysis.core.retention.draws import normal_correlations
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.efa_bootstrap import EFABootstrap
from hpp_analysis.factors.factor_solution import FactorSolution
from hpp_analysis.factors.factor_source import FactorSource, persons_of, units_of, usable_rows, weighted_correlations
from hpp_analysis.options import BootstrapInterval, in_range, one_of

FEWEST = 100
"""Samples below which the tails of an interval mean nothing."""


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
    one_of(method, BootstrapInterval, "method")
    in_range(conf_level, "conf_level", above=0, below=1)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < FEWEST:
        raise OptionError(f"`n` must be a whole number of samples from {FEWEST}. Given: {n!r}. Ask for more.")
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
