"""Whether the shown means bound a protected set too narrowly, although it does not follow exactly.

A mean close to an end of the scale says something about everybody in it. A set is safe if some other answers,
on the scale and with the same shown means, move its mean by a full scale point. That is asked of the true
answers and in one direction, which is stricter than an interval of one point: the truth is never its only
whole number. Rounding of shown means is granted to the attacker as if there were none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from hpp_analysis.disclosure.arithmetic import ZERO
from hpp_analysis.disclosure.tally import UNIT, BoolArray, FloatArray

_SLACK = 1e-7  # the linear programme's own tolerance


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """The published arithmetic of one variable of one block.

    Attributes
    ----------
    rows : ndarray (r, k)
        Weights of atom sums in the shown means.
    sums, lowest, highest : ndarray (k,)
        True sum of each atom, and what the answer scale allows.
    """

    rows: FloatArray
    sums: FloatArray
    lowest: FloatArray
    highest: FloatArray


def narrow(
    figures: Figures, sets: BoolArray, ratings: FloatArray, *, unit: float = UNIT
) -> FloatArray | None:
    """Return which shown rows pin the first set that is not safe, or None.

    Parameters
    ----------
    figures : Figures
        What is shown.
    sets : ndarray of bool (t, k)
        Protected sets of atoms.
    ratings : ndarray (k,)
        Ratings per atom; none is 0.
    unit : float
        How far the mean of a set must be free to move.

    Returns
    -------
    ndarray of float (r,) or None
        Non-zero for rows that hold the set in place.
    """
    shift = unit * (sets @ ratings)
    for index in np.flatnonzero(~_has_room(figures, sets, ratings, shift)):
        binding = _pinned_by(figures, sets[index].astype(float), shift[index])
        if binding is not None:
            return binding
    return None


def _has_room(figures: Figures, sets: BoolArray, ratings: FloatArray, shift: FloatArray) -> BoolArray:
    """Whether some even change of answers that moves a set, unseen in the shown means, stays on the scale.

    Sufficient, not necessary: it spares most linear programmes. Even means that atoms take part by their
    number of ratings, or by how far they are from the ends of the scale.
    """
    up, down = figures.highest - figures.sums, figures.sums - figures.lowest
    room = np.zeros(len(sets), dtype=bool)
    for part in (ratings, np.minimum(up, down)):
        left = np.flatnonzero(~room)
        if not len(left):
            break
        change = _unseen_change(figures.rows, sets[left], part, shift[left])
        fits = (change <= up + ZERO) & (-change <= down + ZERO)
        fits_back = (-change <= up + ZERO) & (change <= down + ZERO)
        room[left] = fits.all(axis=1) | fits_back.all(axis=1)
    return room


def _unseen_change(rows: FloatArray, sets: BoolArray, part: FloatArray, shift: FloatArray) -> FloatArray:
    """Return, per set, the change of sums closest to `part` that moves it by `shift`; inf if none does."""
    _, size, right = np.linalg.svd(rows * part, full_matrices=False)
    seen = right[size > ZERO * max(1.0, size.max(initial=0.0))]
    wanted = sets * part
    free = wanted - (wanted @ seen.T) @ seen
    gain = (free**2).sum(axis=1, keepdims=True)
    moved = free * part * np.divide(shift[:, None], gain, out=np.zeros_like(gain), where=gain > ZERO)
    return np.where(gain > ZERO, moved, np.inf)


def _pinned_by(figures: Figures, chosen: FloatArray, shift: float) -> FloatArray | None:
    """Return the shadow prices of the shown means if the set cannot move by `shift`, else None."""
    binding = np.zeros(len(figures.rows))
    truth = float(chosen @ figures.sums)
    for sign, reach in ((1.0, truth - chosen @ figures.lowest), (-1.0, chosen @ figures.highest - truth)):
        if reach < shift - _SLACK:  # the scale itself ends here: the shown means have no part in it
            continue
        solution = linprog(
            sign * chosen,
            A_eq=figures.rows,
            b_eq=figures.rows @ figures.sums,
            bounds=np.column_stack([figures.lowest, figures.highest]),
            method="highs",
        )
        if solution.status == 0 and abs(sign * solution.fun - truth) >= shift - _SLACK:
            return None
        if solution.status == 0:
            binding += np.abs(solution.eqlin.marginals)
    if not (binding > ZERO).any():  # not priced: any shown group that holds part of the set
        binding = np.abs(figures.rows) @ chosen
    return binding if (binding > ZERO).any() else None
