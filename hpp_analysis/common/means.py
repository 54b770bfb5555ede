"""Means of groups of ratings, with intervals for fixed organisations: what scores and descriptions share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpp_analysis.common.design import design_of
from hpp_analysis.common.interpret import interval_is_sound
from hpp_analysis.core.groups.cell_means import Contrasts
from hpp_analysis.options import Weight
from hpp_analysis.survey.survey import Survey


def has_interval(means: Contrasts, weights: np.ndarray, place: int) -> bool:
    """Whether the interval of one combination of cell means may be given."""
    weighed = means.cell_n[weights[place] != 0]
    whole = means.reason[place] == "" and len(weighed) > 0
    return bool(
        whole and interval_is_sound(int(weighed.min()), float(means.df_design[place]), int(means.most_ratings[place]))
    )


def group_means(
    survey: Survey, values: pd.DataFrame, groups: tuple[str, ...], *, weight: Weight, conf_level: float
) -> tuple[pd.DataFrame, tuple[str, ...], bool]:
    """The mean of each column of `values` in each combination of the columns `groups`.

    Returns
    -------
    table : DataFrame
        variable, the columns of `groups`, mean, ci_lower, ci_upper, sd, n_persons, n_ratings. With the weight
        "organisation" the SD is that within partnerships and sides, weighed as the mean; else that of all ratings.
    flags : tuple of str
    pooled : bool
        Whether a mean weighs cells of different size by their ratings.
    """
    design = design_of(survey, tuple(dict.fromkeys((*groups, "partnership", "side"))))
    keys = design.cells[list(groups)] if groups else pd.DataFrame(index=design.cells.index)
    distinct = list(dict.fromkeys(keys.itertuples(index=False, name=None)))
    members = [np.array([row == key for row in keys.itertuples(index=False, name=None)]) for key in distinct]
    rows, flags = [], set()
    for variable in values:
        y = values[variable].to_numpy(dtype=float)
        valid = ~np.isnan(y)
        counts = np.bincount(design.cell[valid], minlength=len(design.cells))
        weights = design.weights(members, counts, weight)
        means = design.contrasts(str(variable), y, weights, conf_level=conf_level)
        flags |= set(means.flags)
        for place, (key, member) in enumerate(zip(distinct, members, strict=True)):
            inside = valid & member[design.cell]
            sound = has_interval(means, weights, place)
            rows.append(
                {
                    "variable": variable,
                    **dict(zip(groups, key, strict=True)),
                    "mean": means.estimate[place],
                    "ci_lower": means.ci_lower[place] if sound else np.nan,
                    "ci_upper": means.ci_upper[place] if sound else np.nan,
                    "sd": _spread(y[inside], means.cell_sd, weights[place], weight),
                    "n_persons": len(np.unique(design.person[inside])),
                    "n_ratings": int(inside.sum()),
                }
            )
    pooled = weight == "respondent" and any(member.sum() > 1 for member in members)
    return pd.DataFrame(rows), tuple(sorted(flags)), pooled


def _spread(inside: np.ndarray, cell_sd: np.ndarray, weights: np.ndarray, weight: Weight) -> float:
    if weight == "respondent":
        return float(np.std(inside, ddof=1)) if len(inside) > 1 else np.nan
    known = ~np.isnan(cell_sd) & (weights > 0)
    return float(np.sqrt(np.average(cell_sd[known] ** 2, weights=weights[known]))) if known.any() else np.nan
