"""Gaps of single partnerships, raw and partially pooled; their reliability; and the similarity of both sides' profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.common.design import Design
from hpp_analysis.common.interpret import MIN_PAIRED, MIN_PROFILE
from hpp_analysis.core.groups.cell_means import contrast_means_many
from hpp_analysis.core.groups.pooling import Differences, paired_differences, partially_pooled, profile_similarity
from hpp_analysis.options import Level
from hpp_analysis.partners.contrasts import Comparison, compared_variables
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
    pairs = _pairs(design, comparison)
    if not pairs:
        return pd.DataFrame(), pd.DataFrame(), _no_reliability(len(values.columns))
    cells_of = _cells(design, comparison, pairs)
    none = np.zeros((1, len(design.cells)))  # only the means of cells are needed
    found = contrast_means_many(values.to_numpy(dtype=float), design.cell, design.person, none)
    rows, reliability, profiles = [], [], {}
    for place, variable in enumerate(values):
        sides = _Sides.of(found.cell_mean[:, place], found.cell_sd[:, place], found.cell_n[:, place], cells_of)
        both = np.flatnonzero(sides.both)
        differences = paired_differences(
            values[variable].to_numpy(dtype=float), design.cell, design.person, sides.weights[both]
        )
        frame = _frame(sides, both, differences)
        reliability.append(_reliability(sides, both, differences))
        profiles[variable] = sides.mean
        described = pd.DataFrame([keys[variable]] * len(frame))
        rows.append(pd.concat([described, pd.Series(pairs, name=comparison.pair), frame], axis=1))
    return (pd.concat(rows, ignore_index=True), _profiles(profiles, pairs, comparison.pair), pd.DataFrame(reliability))


def _no_reliability(n: int) -> pd.DataFrame:
    return pd.DataFrame({"reliability": [np.nan] * n, "correlation_sides": np.nan, "n_paired": 0})


def _pairs(design: Design, comparison: Comparison) -> list[str]:
    if comparison.pair not in design.cells or comparison.pair == comparison.side:
        return []
    chosen = design.cells[comparison.side].isin(comparison.sides)
    return list(dict.fromkeys(design.cells.loc[chosen, comparison.pair]))


def _cells(design: Design, comparison: Comparison, pairs: list[str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The cells of both sides of each partnership."""
    first, second = comparison.members(design)
    of = [(design.cells[comparison.pair] == pair).to_numpy() for pair in pairs]
    return [(np.flatnonzero(first & one), np.flatnonzero(second & one)) for one in of]


@dataclass(frozen=True, eq=False, slots=True)
class _Sides:
    """Both sides of each partnership, partnerships x sides.

    Attributes
    ----------
    mean, variance : ndarray
        The mean of its cells, and its sampling variance from the spread within the side, pooled over partnerships: that of
        a handful of persons is hardly known.
    persons : ndarray of int
    weights : ndarray, partnerships x cells
        That make the gap of each partnership.
    """

    mean: np.ndarray
    variance: np.ndarray
    persons: np.ndarray
    weights: np.ndarray

    @property
    def both(self) -> np.ndarray:
        """Which partnerships both sides rated."""
        return np.asarray(~np.isnan(self.mean).any(axis=1))

    @classmethod
    def of(
        cls, mean: np.ndarray, sd: np.ndarray, n: np.ndarray, cells_of: list[tuple[np.ndarray, np.ndarray]]
    ) -> _Sides:
        means, variances = np.full((len(cells_of), 2), np.nan), np.full((len(cells_of), 2), np.nan)
        persons, weights = np.zeros((len(cells_of), 2), dtype=int), np.zeros((len(cells_of), len(n)))
        within = [_pooled_variance(sd, n, np.concatenate([cells[side] for cells in cells_of])) for side in (0, 1)]
        for place, cells in enumerate(cells_of):
            for side, sign in ((0, 1.0), (1, -1.0)):
                used = cells[side][n[cells[side]] > 0]
                persons[place, side] = n[used].sum()
                if used.size:
                    means[place, side] = mean[used].mean()
                    variances[place, side] = within[side] * np.sum(1.0 / n[used]) / used.size**2
                    weights[place, used] = sign / used.size
        return cls(means, variances, persons, weights)


def _frame(sides: _Sides, both: np.ndarray, differences: Differences) -> pd.DataFrame:
    """One row per partnership: raw and partially pooled means and gap."""
    gap, se = np.full(len(sides.mean), np.nan), np.full(len(sides.mean), np.nan)
    gap[both], se[both] = differences.estimate, np.sqrt(differences.variance)
    # persons on both sides (as in waves) make gaps more certain than the spread of each side suggests
    spread = sides.variance.sum(axis=1)
    known = ~np.isnan(se) & ~np.isnan(spread)
    certain = np.sum(se[known] ** 2) / np.sum(spread[known]) if np.sum(spread[known]) > 0 else 1.0
    pooled = partially_pooled(gap, spread * certain)
    return pd.DataFrame(
        {
            "mean_first": sides.mean[:, 0],
            "mean_second": sides.mean[:, 1],
            "gap": gap,
            "se": se,
            "n_first": sides.persons[:, 0],
            "n_second": sides.persons[:, 1],
            "mean_first_pooled": partially_pooled(sides.mean[:, 0], sides.variance[:, 0]).estimate,
            "mean_second_pooled": partially_pooled(sides.mean[:, 1], sides.variance[:, 1]).estimate,
            "gap_pooled": pooled.estimate,
            "weight": pooled.weight,
        }
    )


def _reliability(sides: _Sides, both: np.ndarray, differences: Differences) -> dict[str, float]:
    enough = len(both) >= MIN_PAIRED
    first, second = sides.mean[both].T
    varies = enough and first.std() > 0 and second.std() > 0
    return {
        "reliability": differences.reliability if enough else np.nan,
        "correlation_sides": float(np.corrcoef(first, second)[0, 1]) if varies else np.nan,
        "n_paired": len(both),
    }


def _pooled_variance(sd: np.ndarray, n: np.ndarray, cells: np.ndarray) -> float:
    known = cells[n[cells] > 1]
    if not known.size:
        return float("nan")
    return float(np.sum((n[known] - 1) * sd[known] ** 2) / np.sum(n[known] - 1))


def _profiles(means: dict[str, np.ndarray], pairs: list[str], pair: str) -> pd.DataFrame:
    first = np.column_stack([mean[:, 0] for mean in means.values()])
    second = np.column_stack([mean[:, 1] for mean in means.values()])
    rows: list[dict[str, Any]] = []
    for place, name in enumerate(pairs):
        alike = profile_similarity(first[place], second[place])
        found = dict(
            zip(_PROFILE, (alike.n, alike.elevation, alike.d2, alike.correlation, alike.double_entry), strict=True)
        )
        few = alike.n < MIN_PROFILE
        if few:
            found |= dict.fromkeys(_PROFILE[1:], np.nan)
        rows.append({pair: name, **found, "undefined": "few_variables" if few else ""})
    return pd.DataFrame(rows)
