"""Shares of answers per group of persons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.common.design import design_of
from hpp_analysis.options import Weight
from hpp_analysis.survey.survey import Survey


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Shares per group and variable.

    Attributes
    ----------
    groups : tuple of tuple of str
        The values of the grouping columns; one empty tuple without such columns.
    share : ndarray, groups x variables
        The mean over the cells (partnership and side) of the share of the ratings that count in each; with the weight
        "respondent" the share of all ratings.
    n_effective : ndarray, groups x variables
        So many persons of one group would give a share the same variance; at most the persons there are.
    n_persons : ndarray of int, groups x variables
        Distinct persons with a rating that is looked at.
    """

    groups: tuple[tuple[str, ...], ...]
    share: NDArray[np.float64]
    n_effective: NDArray[np.float64]
    n_persons: NDArray[np.int64]


def shares_of(
    survey: Survey,
    hits: pd.DataFrame,
    counts: pd.DataFrame,
    groups: tuple[str, ...],
    *,
    weight: Weight = "organisation",
) -> Shares:
    """The share of the ratings that `counts` of which `hits` is true.

    Parameters
    ----------
    survey : Survey
        The ratings.
    hits, counts : DataFrame of bool, ratings x variables
        What is looked for, and which ratings are looked at.
    groups : tuple of str
        Respondent columns whose combinations are the groups.
    weight : {"organisation", "respondent"}
        Whether each partnership and side counts equally, or each rating.
    """
    cell_columns = ("partnership", "side") if weight == "organisation" else ()
    design = design_of(survey, tuple(dict.fromkeys((*groups, *cell_columns))))
    keys, members = design.groups(groups)
    n_cells = len(design.cells)
    looked_at = counts.to_numpy(dtype=bool)
    found = _sums(design.cell, hits.to_numpy(dtype=bool) & looked_at, n_cells)
    n_ratings = _sums(design.cell, looked_at, n_cells)
    persons = _persons(design.cell, design.person, looked_at, n_cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        in_cell = found / n_ratings
    share, effective, counted = [], [], []
    for member in members:
        counting = (n_ratings > 0) & member[:, None]
        n_cells_counting = counting.sum(axis=0)
        each = counting / np.maximum(n_cells_counting, 1)
        share.append(np.where(n_cells_counting > 0, np.where(counting, each * in_cell, 0.0).sum(axis=0), np.nan))
        distinct_persons = _persons(1 - member[design.cell].astype(int), design.person, looked_at, 2)[0]
        # the variance of the mean of cell shares, were all of them alike: sum of w^2 / n, against 1 / n of one group
        spread = np.where(counting, each**2 / np.maximum(persons, 1), 0.0).sum(axis=0)
        kish = np.where(n_cells_counting > 0, 1.0 / np.where(n_cells_counting > 0, spread, 1.0), 0.0)
        effective.append(np.minimum(kish, distinct_persons))
        counted.append(distinct_persons)
    return Shares(tuple(keys), np.array(share), np.array(effective), np.array(counted, dtype=np.int64))


def _sums(cell: NDArray[np.int_], table: NDArray[np.bool_], n_cells: int) -> NDArray[np.float64]:
    total = np.zeros((n_cells, table.shape[1]))
    np.add.at(total, cell, table)
    return total


def _persons(
    cell: NDArray[np.int_], person: NDArray[np.int_], counts: NDArray[np.bool_], n_cells: int
) -> NDArray[np.float64]:
    """Distinct persons with a rating that counts, cells x variables."""
    pairs, place = np.unique(np.column_stack([cell, person]), axis=0, return_inverse=True)
    gave_answer = np.zeros((len(pairs), counts.shape[1]), dtype=bool)
    np.logical_or.at(gave_answer, place.ravel(), counts)
    return _sums(pairs[:, 0], gave_answer, n_cells)
