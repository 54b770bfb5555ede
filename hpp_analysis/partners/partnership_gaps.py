"""Gaps of single partnerships, raw and partially pooled; their reliability; and the similarity of both sides' profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.common.design import Design
from hpp_analysis.common.interpret import MIN_PAIRED, MIN_PROFILE
from hpp_analysis.core.groups.cell_means import CellRatings
from hpp_analysis.core.groups.pooling import Differences, paired_differences, partially_pooled, profile_similarity
from hpp_analysis.options import Level
from hpp_analysis.partners.contrasts import Comparison, compared_variables, key_columns
from hpp_analysis.survey.survey import Survey

_PROFILE = ("n_variables", "elevation", "d2", "correlation", "double_entry")


def partnership_gaps(
    survey: Survey, design: Design, comparison: Comparison, *, level: Level
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Compute gaps per partnership, similarity of profiles, and reliability of gaps.

    Returns
    -------
    partnerships : DataFrame
        One row per variable and partnership: factor, (item,) the pair column, mean_first, mean_second, gap, se (from its
        own answers), n_first, n_second (persons), mean_first_pooled,
        mean_second_pooled, gap_pooled (empirical Bayes), weight (how much of its own gap each keeps).
    profiles : DataFrame
        One row per partnership: the pair column, n_variables, elevation, d2, correlation, double_entry, undefined.
    reliability : DataFrame
        One row per variable: reliability (of the differences), correlation_sides (over partnerships), n_paired;
        NaN for fewer than 20 partnerships that both sides rated.
    """
    values, keys = compared_variables(survey, level)
    pairs, pair, side = _pairs(design, comparison)
    if not pairs:
        nothing = {"reliability": [np.nan] * values.shape[1], "correlation_sides": np.nan, "n_paired": 0}
        return pd.DataFrame(), pd.DataFrame(), pd.DataFrame(nothing)
    y = values.to_numpy(dtype=float)
    sides = _Sides.of(CellRatings.of(y, design.cell, design.person, pair.size), pair, side, len(pairs))
    differences = paired_differences(y, design.cell, design.person, pair, sides.weights)
    described = {**key_columns(keys, len(pairs)), comparison.pair: pairs * values.shape[1]}
    return (
        pd.DataFrame({**described, **_numbers(sides, differences)}),
        _profiles(sides.mean, pairs, comparison.pair),
        _reliability(sides, differences),
    )


def _pairs(design: Design, comparison: Comparison) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The partnerships, and of each cell the number of its partnership (-1: none) and its side (0, 1)."""
    first, second = comparison.members(design)
    side = np.where(first, 0, 1)
    if comparison.pair not in design.cells or comparison.pair == comparison.side:
        return [], np.full(len(first), -1), side
    pair, pairs = pd.factorize(design.cells[comparison.pair].where(first | second))
    return list(pairs), pair, side


@dataclass(frozen=True, eq=False, slots=True)
class _Sides:
    """Both sides of each partnership, of all variables.

    Attributes
    ----------
    mean, variance : ndarray, shape (sides, partnerships, variables)
        The mean of its cells, and its sampling variance from the spread within the side, pooled over partnerships: that of
        a handful of persons is hardly known.
    persons : ndarray of int, of the same shape
    weights : ndarray, shape (cells, variables)
        That make the gap of each partnership; 0 where only one side rated.
    """

    mean: np.ndarray
    variance: np.ndarray
    persons: np.ndarray
    weights: np.ndarray

    @property
    def both(self) -> np.ndarray:
        """Which partnerships both sides rated, partnerships x variables."""
        return np.asarray(~np.isnan(self.mean).any(axis=0))

    @classmethod
    def of(cls, ratings: CellRatings, pair: np.ndarray, side: np.ndarray, n_pairs: int) -> _Sides:
        own = np.flatnonzero(pair >= 0)
        n, mean, sd = ratings.n[own], ratings.mean[own], ratings.sd[own]

        def summed(numbers: np.ndarray) -> np.ndarray:
            """Sums over the cells of each side of each partnership."""
            sums = np.zeros((2, n_pairs, n.shape[1]))
            np.add.at(sums, (side[own], pair[own]), numbers)
            return sums

        answered, several = n > 0, n > 1
        cells = summed(answered)
        rated = cells > 0
        df = summed(np.where(several, n - 1, 0)).sum(axis=1, keepdims=True)
        squares = summed(np.where(several, (n - 1) * np.nan_to_num(sd) ** 2, 0.0)).sum(axis=1, keepdims=True)
        within = np.where(df > 0, squares / np.where(df > 0, df, 1), np.nan)
        inverse = summed(np.where(answered, 1.0 / np.maximum(n, 1), 0.0))
        divisor = np.where(rated, cells, 1.0)
        means = np.where(rated, summed(np.where(answered, mean, 0.0)) / divisor, np.nan)
        counted = answered & (rated[0] & rated[1])[pair[own]]
        weights = np.zeros(ratings.n.shape)
        sign = np.where(side[own] == 0, 1.0, -1.0)[:, None]
        weights[own] = np.where(counted, sign / divisor[side[own], pair[own]], 0.0)
        return cls(means, np.where(rated, within * inverse / divisor**2, np.nan), summed(n).astype(int), weights)


def _numbers(sides: _Sides, differences: Differences) -> dict[str, np.ndarray]:
    """One row per variable and partnership: raw and partially pooled means and gap."""
    gap, se = differences.estimate, np.sqrt(differences.variance)
    # persons on both sides (as in waves) make gaps more certain than the spread of each side suggests
    spread = sides.variance.sum(axis=0)
    known = ~np.isnan(se) & ~np.isnan(spread)
    total = np.where(known, spread, 0.0).sum(axis=0)
    certain = np.where(total > 0, np.where(known, se**2, 0.0).sum(axis=0) / np.where(total > 0, total, 1.0), 1.0)
    pooled = partially_pooled(gap, spread * certain)
    first, second = (partially_pooled(*side).estimate for side in zip(sides.mean, sides.variance, strict=True))
    columns = {
        "mean_first": sides.mean[0],
        "mean_second": sides.mean[1],
        "gap": gap,
        "se": se,
        "n_first": sides.persons[0],
        "n_second": sides.persons[1],
        "mean_first_pooled": first,
        "mean_second_pooled": second,
        "gap_pooled": pooled.estimate,
        "weight": pooled.weight,
    }
    return {name: numbers.T.ravel() for name, numbers in columns.items()}


def _reliability(sides: _Sides, differences: Differences) -> pd.DataFrame:
    both = sides.both
    enough = both.sum(axis=0) >= MIN_PAIRED
    correlation = np.full(both.shape[1], np.nan)
    for place in np.flatnonzero(enough):
        first, second = sides.mean[:, both[:, place], place]
        if first.std() > 0 and second.std() > 0:
            correlation[place] = np.corrcoef(first, second)[0, 1]
    return pd.DataFrame(
        {
            "reliability": np.where(enough, differences.reliability, np.nan),
            "correlation_sides": correlation,
            "n_paired": both.sum(axis=0),
        }
    )


def _profiles(mean: np.ndarray, pairs: list[str], pair: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for name, first, second in zip(pairs, *mean, strict=True):
        alike = profile_similarity(first, second)
        found = dict(
            zip(_PROFILE, (alike.n, alike.elevation, alike.d2, alike.correlation, alike.double_entry), strict=True)
        )
        few = alike.n < MIN_PROFILE
        if few:
            found |= dict.fromkeys(_PROFILE[1:], np.nan)
        rows.append({pair: name, **found, "undefined": "few_variables" if few else ""})
    return pd.DataFrame(rows)
