"""The parts of validity: what a fitted model says of its factors, and ratios of correlations by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.common.interpret import distinctness
from hpp_analysis.core.correlation.weighted import resampled_correlations
from hpp_analysis.core.sem.model import Implied
from hpp_analysis.core.sem.table import Table
from hpp_analysis.core.sem.validity import heterotrait_monotrait


def factors_of(table: Table) -> dict[str, list[str]]:
    """The indicators of each latent variable, in the order of the model."""
    found: dict[str, list[str]] = {}
    for lhs, op, rhs in zip(table.lhs, table.op, table.rhs, strict=True):
        if op == "=~":
            found.setdefault(lhs, []).append(rhs)
    return found


def _places(table: Table) -> dict[str, int]:
    return {name: i for i, name in enumerate((*table.observed, *table.latent))}


def factor_correlations(table: Table, at: Implied, names: Sequence[str]) -> NDArray[np.float64]:
    """Correlations of the latent variables that the model implies; NaN where a variance is not positive."""
    places = [_places(table)[name] for name in names]
    total = at.total[np.ix_(places, places)]
    sd = np.sqrt(np.where(np.diag(total) > 0, np.diag(total), np.nan))
    return np.asarray(total / np.outer(sd, sd))


def standardised_loadings(table: Table, at: Implied, factor: str, items: Sequence[str]) -> NDArray[np.float64]:
    """Loadings of one factor in units of standard deviations."""
    place = _places(table)
    rows, column = [place[item] for item in items], place[factor]
    variance = np.diag(at.total)
    with np.errstate(invalid="ignore"):
        return np.asarray(at.a[rows, column] * np.sqrt(variance[column] / variance[rows]))


def standardised_residuals(table: Table, at: Implied, items: Sequence[str]) -> NDArray[np.float64]:
    """Residual covariances of some indicators, in units of their standard deviations."""
    place = _places(table)
    rows = [place[item] for item in items]
    sd = np.sqrt(np.diag(at.total)[rows])
    return np.asarray(at.s[np.ix_(rows, rows)] / np.outer(sd, sd))


def factor_pairs(
    table: Table,
    covariance: NDArray[np.float64],
    answers: NDArray[np.float64] | None,
    factors: Mapping[str, Sequence[str]],
    phi: NDArray[np.float64],
    clusters: NDArray[np.int64] | None,
    n_boot: int,
    conf_level: float,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One row per pair of factors with the ratios of correlations and their intervals, and both as squares."""
    place = _places(table)
    names = list(factors)
    counts: dict[str, int] = {}
    for items in factors.values():
        for item in items:
            counts[item] = counts.get(item, 0) + 1
    own = {
        name: np.array([place[item] for item in items if item in table.observed], dtype=np.int64)
        for name, items in factors.items()
        if all(item in table.observed and counts[item] == 1 for item in items)
    }
    blocks = list(own.values())
    sd = np.sqrt(np.diag(covariance))
    r = covariance / np.outer(sd, sd)
    points = [heterotrait_monotrait(r, blocks, geometric=geometric) for geometric in (False, True)]
    nothing = np.full((1, len(blocks), len(blocks)), np.nan)
    samples = [nothing, nothing]
    if answers is not None and n_boot > 0:
        stack = resampled_correlations(answers, n_boot, np.random.default_rng(seed), units=clusters)
        samples = [heterotrait_monotrait(stack, blocks, geometric=geometric) for geometric in (False, True)]
    tail = (1 - conf_level) / 2
    kept = list(own)
    rows = []
    for one, other in combinations(names, 2):
        row: dict[str, object] = {
            "factor": one,
            "other": other,
            "correlation": phi[names.index(one), names.index(other)],
        }
        for label, value, sample in zip(("htmt", "htmt2"), points, samples, strict=True):
            bounds = (np.nan, np.nan, np.nan)
            if one in kept and other in kept:
                i, j = kept.index(one), kept.index(other)
                there = sample[:, i, j][np.isfinite(sample[:, i, j])]
                low, high = np.quantile(there, [tail, 1 - tail]) if there.size > 1 else (np.nan, np.nan)
                bounds = (float(value[i, j]), float(low), float(high))
            row |= dict(zip((label, f"{label}_ci_lower", f"{label}_ci_upper"), bounds, strict=True))
        row["verdict"] = distinctness(float(row["htmt2_ci_lower"]), float(row["htmt2_ci_upper"]))  # type: ignore[arg-type]
        rows.append(row)
    columns = ["factor", "other", "correlation", "htmt", "htmt_ci_lower", "htmt_ci_upper"]
    columns += ["htmt2", "htmt2_ci_lower", "htmt2_ci_upper", "verdict"]
    frames = [pd.DataFrame(value, index=kept, columns=kept).reindex(index=names, columns=names) for value in points]
    return pd.DataFrame(rows, columns=columns), frames[0], frames[1]
