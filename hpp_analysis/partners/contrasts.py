"""Contrasts between two sides: both means, their difference, and its uncertainty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.design import Design, GroupMeans, design_of
from hpp_analysis.common.interpret import MIN_CLUSTERS, MIN_CLUSTERS_BOOT
from hpp_analysis.core.groups.cell_means import contrast_means
from hpp_analysis.core.groups.effects import equivalence_p, standardised_difference
from hpp_analysis.core.groups.organisation_bootstrap import bootstrap_difference
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import Inference, Level, Weight
from hpp_analysis.survey.survey import Survey

_CONTRAST = ("mean_first", "mean_second", "gap", "se", "df", "ci_lower", "ci_upper", "p")
SIDES = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
"""Combinations of the means of two sides: both, and the first minus the second."""


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
        several = len(set(design.cells[self.side])) < len(design.cells)
        mixed = self.pair != "partnership" and "partnership" in survey.respondents
        return mixed or (self.weight == "respondent" and several)

    def members(self, design: Design) -> list[np.ndarray]:
        """The cells of either side."""
        values = design.cells[self.side].to_numpy(dtype=object)
        return [np.asarray(values == value) for value in self.sides]


def side_contrasts(
    survey: Survey, design: Design, comparison: Comparison, *, level: Level, seed: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Contrast two sides on each factor or characteristic: one row each; and the flags."""
    values, keys = compared_variables(survey, level)
    found = design.means(
        values, comparison.members(design), comparison.weight, combinations=SIDES, conf_level=comparison.conf_level
    )
    if comparison.inference == "clusters":
        clusters = _clusters(survey, comparison)
        columns = _joined(
            _clustered(values[name].to_numpy(dtype=float), clusters, comparison, np.random.default_rng(seed))
            for name in values
        )
    else:
        columns = side_columns(found)
        few = np.where(np.isnan(columns["ci_lower"]), "few_persons", "")
        columns["undefined"] = np.where((found.n_ratings == 0).any(axis=0), "one_side", few)
    table = pd.DataFrame(
        {
            **key_columns(keys, 1),
            **{name: columns[name] for name in _CONTRAST},
            **sized_columns(columns, found, margin=comparison.margin, conf_level=comparison.conf_level),
            **{name: numbers for name, numbers in columns.items() if name not in _CONTRAST},
            **dict(zip(("n_first", "n_second"), found.n_persons, strict=True)),
        }
    )
    return table, tuple(sorted({*found.contrasts.flags, *table["undefined"]} - {""}))


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


def key_columns(keys: Mapping[str, dict[str, Any]], times: int) -> dict[str, list[Any]]:
    """The key columns of variables, each variable so many times."""
    names = next(iter(keys.values()), {})
    return {name: [key[name] for key in keys.values() for _time in range(times)] for name in names}


def side_columns(found: GroupMeans) -> dict[str, np.ndarray]:
    """The means of both sides and their difference, an array by variable; those of a side without answers are undefined."""
    means = found.contrasts
    lower, upper, p = found.intervals()
    columns = {
        "mean_first": means.estimate[0],
        "mean_second": means.estimate[1],
        "gap": means.estimate[2],
        "se": means.se[2],
        "df": means.df[2],
        "ci_lower": lower[2],
        "ci_upper": upper[2],
        "p": p[2],
    }
    first, second = found.n_ratings == 0
    absent = {"mean_first": first, "mean_second": second}
    return {name: np.where(absent.get(name, first | second), np.nan, numbers) for name, numbers in columns.items()}


def sized_columns(
    columns: Mapping[str, np.ndarray], found: GroupMeans, *, margin: float, conf_level: float
) -> dict[str, np.ndarray]:
    """Compute the standardised gap and the equivalence test against the margin, an array by variable."""
    gap, se, df = (columns[name] for name in ("gap", "se", "df"))
    effect = standardised_difference(
        gap, se, df, found.contrasts.cell_sd, found.contrasts.cell_n, *found.weights, conf_level=conf_level
    )
    sound = ~np.isnan(columns["ci_lower"])
    return {
        "p_equivalence": np.where(sound, equivalence_p(gap, se, df, margin), np.nan),
        "effect": effect.effect,
        "effect_ci_lower": np.where(sound, effect.ci_lower, np.nan),
        "effect_ci_upper": np.where(sound, effect.ci_upper, np.nan),
    }


def _joined(rows: Iterable[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Arrays by column."""
    listed = list(rows)
    return {name: np.array([row[name] for row in listed]) for name in (listed[0] if listed else {})}


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


def _clustered(y: np.ndarray, clusters: _Clusters, comparison: Comparison, rng: np.random.Generator) -> dict[str, Any]:
    """Contrast the means of organisations, each of which counts once."""
    means = _organisation_means(y, clusters)
    n_first, n_second = (~np.isnan(means)).sum(axis=1).tolist()
    fewest = min(n_first, n_second)
    side, organisation = np.nonzero(~np.isnan(means))
    # organisations in the place of persons: CR2 by organisation, which is Welch's where none is on both sides
    found = contrast_means(means[side, organisation], side, organisation, SIDES, conf_level=comparison.conf_level)
    enough = fewest >= MIN_CLUSTERS
    boot = (np.nan, np.nan)
    if fewest >= MIN_CLUSTERS_BOOT:
        boot = bootstrap_difference(means[0], means[1], rng=rng, conf_level=comparison.conf_level)
    uncertain = {
        "se": found.se[2],
        "df": found.df[2],
        "ci_lower": found.ci_lower[2],
        "ci_upper": found.ci_upper[2],
        "p": found.p_value[2],
    }
    codes = {"one_side": not fewest, "few_organisations": not enough, "few_for_bootstrap": fewest < MIN_CLUSTERS_BOOT}
    return {
        "mean_first": found.estimate[0],
        "mean_second": found.estimate[1],
        "gap": found.estimate[2],
        **{name: number if enough else np.nan for name, number in uncertain.items()},
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


def count_one_sided(design: Design, pair: str, side: str) -> int:
    """Count the partnerships that only one side rated."""
    if pair not in design.cells:
        return 0
    return int((design.cells.groupby(pair)[side].nunique() == 1).sum())
