"""Means of groups of ratings, with intervals for fixed organisations: what scores and descriptions share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.common.design import Design, GroupMeans, design_of
from hpp_analysis.options import Weight
from hpp_analysis.survey.survey import Survey


def group_means(
    survey: Survey, values: pd.DataFrame, groups: tuple[str, ...], *, weight: Weight, conf_level: float
) -> tuple[dict[str, Any], tuple[str, ...], bool]:
    """The mean of each column of `values` in each combination of the columns `groups`.

    Returns
    -------
    columns : dict of str to list or ndarray
        variable, the columns of `groups`, mean, ci_lower, ci_upper, se, df, sd, n_persons, n_ratings. With the weight
        "organisation" the SD is that within partnerships and sides, weighed as the mean; else that of all ratings.
    flags : tuple of str
    pooled : bool
        Whether a mean weighs cells of different size by their ratings.
    """
    design = design_of(survey, tuple(dict.fromkeys((*groups, "partnership", "side"))))
    keys, members = design.groups(groups)
    found = design.means(values, members, weight, conf_level=conf_level)
    lower, upper, _p = found.intervals()
    n_groups, variables = len(keys), list(values)
    sd = _spread_of_ratings(values, design, members) if weight == "respondent" else _spread_within(found)
    columns = {
        "variable": [str(variable) for variable in variables for _group in range(n_groups)],
        **{group: [key[place] for key in keys] * len(variables) for place, group in enumerate(groups)},
        "mean": found.contrasts.estimate.T.ravel(),
        "ci_lower": lower.T.ravel(),
        "ci_upper": upper.T.ravel(),
        "se": found.contrasts.se.T.ravel(),
        "df": found.contrasts.df.T.ravel(),
        "sd": sd.T.ravel(),
        "n_persons": found.n_persons.T.ravel(),
        "n_ratings": found.n_ratings.T.ravel(),
    }
    pooled = weight == "respondent" and any(member.sum() > 1 for member in members)
    return columns, found.contrasts.flags, pooled


def _spread_of_ratings(values: pd.DataFrame, design: Design, members: list[np.ndarray]) -> np.ndarray:
    """The standard deviation of all ratings of each group, groups x variables."""
    return np.array([values[member[design.cell]].std(ddof=1).to_numpy(dtype=float) for member in members])


def _spread_within(found: GroupMeans) -> np.ndarray:
    """The standard deviation within the cells of each group, weighed as its mean, groups x variables."""
    cell_sd = found.contrasts.cell_sd
    weights = np.where(~np.isnan(cell_sd), found.weights, 0.0)
    total = weights.sum(axis=1)
    squares = np.sum(weights * np.nan_to_num(cell_sd) ** 2, axis=1)
    return np.sqrt(np.where(total > 0, squares / np.where(total > 0, total, 1.0), np.nan))
