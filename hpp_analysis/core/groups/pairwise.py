"""Every pair of variables compared: which of them may have the lowest mean, and which the highest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.groups.cell_means import contrast_means_many


@dataclass(frozen=True, slots=True)
class Pairs:
    """Differences between the means of p variables, all from the same ratings.

    Attributes
    ----------
    difference : ndarray, shape (p, p)
        Row minus column, of the ratings that have both; NaN on the diagonal.
    p_above : ndarray, shape (p, p)
        One-sided: the smaller, the surer it is that the row's mean is above the column's. NaN where undefined.
    df_design : ndarray, shape (p, p)
        As in `Contrasts`.
    smallest : ndarray of int, shape (p, p)
        Persons in the smallest cell that has a say.
    """

    difference: Floats
    p_above: Floats
    df_design: Floats
    smallest: Ints


def compare_pairs(y: Floats, cell: NDArray[np.int_], person: NDArray[np.int_], n_cells: int) -> Pairs:
    """Compare the means of all pairs of columns, each cell counting equally.

    The differences are taken within ratings, so what ratings have in common drops out of them.

    Parameters
    ----------
    y : ndarray, shape (n, p)
        A column per variable, NaN where not answered.
    cell, person : ndarray of int, shape (n,)
        As in `contrast_means`.
    n_cells : int

    References
    ----------
    Gupta (1965), doi:10.1080/00401706.1965.10490251 (which set of populations holds the best one); Pustejovsky & Tipton
    (2018), doi:10.1080/07350015.2016.1247004 (the variance, by person)

    Examples
    --------
    >>> y = np.array([[7.0, 5.0], [8.0, 5.0], [9.0, 8.0], [6.0, 5.0]])
    >>> pairs = compare_pairs(y, np.zeros(4, dtype=int), np.arange(4), 1)
    >>> float(pairs.difference[0, 1]), bool(pairs.p_above[0, 1] < .05 < pairs.p_above[1, 0])
    (1.75, True)
    """
    p = y.shape[1]
    first, second = np.triu_indices(p, 1)
    difference = np.full((p, p), np.nan)
    p_above, df_design = difference.copy(), difference.copy()
    smallest = np.zeros((p, p), dtype=np.int64)
    gaps = y[:, first] - y[:, second]
    has_answers = np.zeros((n_cells, len(first)), dtype=bool)
    np.logical_or.at(has_answers, cell, ~np.isnan(gaps))
    used = has_answers.any(axis=0)
    first, second, gaps, has_answers = first[used], second[used], gaps[:, used], has_answers[:, used]
    # a cell without an answer has no say
    found = contrast_means_many(gaps, cell, person, (has_answers / has_answers.sum(axis=0))[None])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(found.se[0] > 0, found.estimate[0] / found.se[0], np.nan)
    difference[first, second], difference[second, first] = found.estimate[0], -found.estimate[0]
    p_above[first, second] = special.stdtr(found.df[0], -t)
    p_above[second, first] = special.stdtr(found.df[0], t)
    df_design[first, second] = df_design[second, first] = found.df_design[0]
    smallest[first, second] = smallest[second, first] = found.smallest[0]
    return Pairs(difference, p_above, df_design, smallest)
