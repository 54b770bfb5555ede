"""Contrasts between two sides: both means, their difference, and its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.design import Design, design_of
from hpp_analysis.common.interpret import MIN_CLUSTERS, MIN_CLUSTERS_BOOT
from hpp_analysis.common.means import has_interval
from hpp_analysis.core.groups.cell_means import Contrasts, contrast_means
from hpp_analysis.core.groups.effects import equivalence_p, standardised_difference
from hpp_analysis.core.groups.organisation_bootstrap import bootstrap_difference
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import Inference, Level, Weight
from hpp_analysis.survey.survey import Survey

_UNCERTAIN = ("se", "df", "ci_lower", "ci_upper", "p")


@dataclass(frozen=True, eq=False, slots=True)
class Comparison:
    """How two sides are compared.

    Attributes
    ----------
    side : str
        The column with the two sides.
    sides : (str, str)
    pair : str
        The column with the partnership.
    weight, inference, margin, conf_level
        As `partner_gaps` documents them.
    """

    side: str
    sides: tuple[str, str]
    pair: str
    weight: Weight
    inference: Inference
    margin: float
    conf_level: float

    def design(self, survey: Survey) -> Design:
        """Cells: each side of each partnership; in a comparison of waves, also per wave."""
        return design_of(survey, (self.pair, *(("side",) if self.side == "wave" else ()), self.side))

    def pools(self, survey: Survey, design: Design) -> bool:
        """Whether a side's mean weighs partnerships by their ratings, whichever option leads to it."""
        several = bool((design.cells.groupby(self.side).size() > 1).any())
        mixed = self.pair != "partnership" and "partnership" in survey.respondents
        return mixed or (self.weight == "respondent" and several)

    def members(self, design: Design) -> list[np.ndarray]:
        """The cells of either side."""
        return [(design.cells[self.side] == value).to_numpy() for value in self.sides]


def side_contrasts(
    survey: Survey, design: Design, comparison: Comparison, *, level: Level, seed: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Contrast two sides on each factor or characteristic: one row each; and the flags."""
    values, keys = compared_variables(survey, level)
    rows, flags = [], set()
    clusters = _clusters(survey, comparison) if comparison.inference == "clusters" else None
    for variable in values:
        y = values[variable].to_numpy(dtype=float)
        contrast = SideContrast.of(
            str(variable), y, design, comparison.members(design), comparison.weight, comparison.conf_level
        )
        row = (
            _gap_row(contrast, comparison)
            if clusters is None
            else _clustered(y, clusters, comparison, contrast, np.random.default_rng(seed))
        )
        flags |= {*contrast.means.flags, *row["undefined"].split()}
        rows.append({**keys[variable], **row, **_persons(values[variable], survey, comparison)})
    return pd.DataFrame(rows), tuple(sorted(flags))


def compared_variables(survey: Survey, level: Level) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """The variables that are compared, ratings x variables, and the key columns of each."""
    if level == "factor":
        values = scale_values(survey)
        return values, {name: {"factor": name} for name in values}
    instrument = survey.instrument
    factors = {factor.id for factor in instrument.factors}
    items = [item for item in instrument.items if item.factor in factors and item.id in survey.items]
    return survey.items[[item.id for item in items]], {
        item.id: {"factor": item.factor, "item": item.id} for item in items
    }


@dataclass(frozen=True, eq=False, slots=True)
class SideContrast:
    """The means of two sides of these organisations, and their difference.

    Attributes
    ----------
    means : Contrasts
        Of the first side, the second, and the difference.
    weights : ndarray, 3 x cells
    absent : tuple of bool
        Whether nobody of a side answered.
    """

    means: Contrasts
    weights: np.ndarray
    absent: tuple[bool, ...]

    @classmethod
    def of(
        cls, variable: str, y: np.ndarray, design: Design, members: list[np.ndarray], weight: Weight, conf_level: float
    ) -> SideContrast:
        """Contrast the cells of one side with those of the other."""
        counts = np.bincount(design.cell[~np.isnan(y)], minlength=len(design.cells))
        first, second = design.weights(members, counts, weight)
        weights = np.array([first, second, first - second])
        means = design.contrasts(variable, y, weights, conf_level=conf_level)
        return cls(means, weights, tuple(not (counts[member] > 0).any() for member in members))

    def row(self) -> dict[str, Any]:
        """The columns of the contrast; a mean over no groups is undefined, not zero, and so is the difference."""
        row = _contrast_columns(self.means, sound=has_interval(self.means, self.weights, 2))
        for name, missing in zip(("mean_first", "mean_second"), self.absent, strict=True):
            if missing:
                row |= dict.fromkeys((name, "gap", *_UNCERTAIN), np.nan)
        return row


def _gap_row(contrast: SideContrast, comparison: Comparison) -> dict[str, Any]:
    row = contrast.row()
    row |= _sized(row, contrast, comparison)
    few = "few_persons" if np.isnan(row["ci_lower"]) else ""
    return {**row, "undefined": "one_side" if any(contrast.absent) else few}


def _contrast_columns(means: Contrasts, *, sound: bool) -> dict[str, Any]:
    """The means of both sides and their difference; an interval only if it is sound."""
    return {
        "mean_first": means.estimate[0],
        "mean_second": means.estimate[1],
        "gap": means.estimate[2],
        "se": means.se[2],
        "df": means.df[2],
        "ci_lower": means.ci_lower[2] if sound else np.nan,
        "ci_upper": means.ci_upper[2] if sound else np.nan,
        "p": means.p_value[2] if sound else np.nan,
    }


def _sized(row: dict[str, Any], contrast: SideContrast, comparison: Comparison) -> dict[str, float]:
    """Compute the standardised gap and the equivalence test against the margin."""
    first, second = contrast.weights[:2]
    effect = standardised_difference(
        row["gap"],
        row["se"],
        row["df"],
        contrast.means.cell_sd,
        contrast.means.cell_n,
        first,
        second,
        conf_level=comparison.conf_level,
    )
    sound = not np.isnan(row["ci_lower"])
    return {
        "p_equivalence": equivalence_p(row["gap"], row["se"], row["df"], comparison.margin) if sound else np.nan,
        "effect": effect.effect,
        "effect_ci_lower": effect.ci_lower if sound else np.nan,
        "effect_ci_upper": effect.ci_upper if sound else np.nan,
    }


@dataclass(frozen=True, eq=False, slots=True)
class _Clusters:
    """Organisations as a sample: each side of each of their partnerships is a cell."""

    design: Design
    organisation: np.ndarray  # of each cell
    on: np.ndarray  # of each cell: 0 for the first side, 1 for the second, -1 for neither


def _clusters(survey: Survey, comparison: Comparison) -> _Clusters:
    if "organisation" not in survey.respondents:
        raise SurveyError(
            [
                Failure(
                    "With `inference='clusters'` the answers must say who works for which organisation.",
                    "Add the column `organisation`, or use inference='fixed'.",
                    column="organisation",
                )
            ]
        )
    columns = tuple(dict.fromkeys(("organisation", comparison.pair, comparison.side)))
    design = design_of(survey, columns)
    on = np.full(len(design.cells), -1)
    for place, member in enumerate(comparison.members(design)):
        on[member] = place
    organisation = pd.factorize(design.cells["organisation"])[0]
    return _Clusters(design, organisation, on)


def _clustered(
    y: np.ndarray, clusters: _Clusters, comparison: Comparison, contrast: SideContrast, rng: np.random.Generator
) -> dict[str, Any]:
    """Contrast the means of organisations, each of which counts once."""
    means = _organisation_means(y, clusters)
    n_first, n_second = (~np.isnan(means)).sum(axis=1).tolist()
    fewest = min(n_first, n_second)
    side, organisation = np.nonzero(~np.isnan(means))
    # organisations in the place of persons: CR2 by organisation, which is Welch's where none is on both sides
    found = contrast_means(
        means[side, organisation],
        side,
        organisation,
        np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]),
        conf_level=comparison.conf_level,
    )
    row = _contrast_columns(found, sound=fewest >= MIN_CLUSTERS)
    if fewest < MIN_CLUSTERS:
        row |= dict.fromkeys(_UNCERTAIN, np.nan)
    boot = (np.nan, np.nan)
    if fewest >= MIN_CLUSTERS_BOOT:
        boot = bootstrap_difference(means[0], means[1], rng=rng, conf_level=comparison.conf_level)
    codes = {
        "one_side": not fewest,
        "few_organisations": fewest < MIN_CLUSTERS,
        "few_for_bootstrap": fewest < MIN_CLUSTERS_BOOT,
    }
    return {
        **row,
        **_sized(row, contrast, comparison),
        "boot_ci_lower": boot[0],
        "boot_ci_upper": boot[1],
        "n_organisations_first": n_first,
        "n_organisations_second": n_second,
        "undefined": next((code for code, true in codes.items() if true), ""),
    }


def _organisation_means(y: np.ndarray, clusters: _Clusters) -> np.ndarray:
    """Compute the mean of each organisation over its partnerships, sides x organisations."""
    valid = ~np.isnan(y)
    size = len(clusters.on)
    count = np.bincount(clusters.design.cell[valid], minlength=size)
    total = np.bincount(clusters.design.cell[valid], weights=y[valid], minlength=size)
    means = np.full((2, int(clusters.organisation.max(initial=-1)) + 1), np.nan)
    for side in (0, 1):
        used = (clusters.on == side) & (count > 0)
        of = clusters.organisation[used]
        cells = np.bincount(of, minlength=means.shape[1])
        sums = np.bincount(of, weights=total[used] / count[used], minlength=means.shape[1])
        means[side, cells > 0] = (sums / np.maximum(cells, 1))[cells > 0]
    return means


def _persons(values: pd.Series, survey: Survey, comparison: Comparison) -> dict[str, int]:
    answered = values.notna()
    counts = survey.persons[answered].groupby(survey.respondents.loc[answered, comparison.side]).nunique()
    return {
        name: int(counts.get(value, 0)) for name, value in zip(("n_first", "n_second"), comparison.sides, strict=True)
    }


def count_one_sided(design: Design, pair: str, side: str) -> int:
    """Count the partnerships that only one side rated."""
    if pair not in design.cells:
        return 0
    return int((design.cells.groupby(pair)[side].nunique() == 1).sum())
