"""Persons who rate in several cells: how alike their ratings are, and what that adds to the variance of combinations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MAX_RHO = 0.99
"""At a within-person correlation of 1 the spread of a person's difference would be 0 and degrees of freedom 0 / 0."""


@dataclass(frozen=True, slots=True)
class SharedRaters:
    """All ordered pairs of ratings by one person in two cells, and how alike these are.

    Attributes
    ----------
    one, other : ndarray of int, shape (P,)
        The cells of both ratings.
    both : ndarray, shape (P, p)
        1 where both were given, else 0.
    left : ndarray, shape (P, p)
        Which share of the covariance of two deviations is left once the means of their cells are taken off:
        :math:`1 - 1/n_c - 1/n_d + m_{cd} / (n_c n_d)`, with m persons in both cells. 0 where not both were given.
    rho : ndarray, shape (p,)
        Correlation between two ratings of one person, pooled over all pairs; NaN where nobody gave two.
    """

    one: NDArray[np.int_]
    other: NDArray[np.int_]
    both: Floats
    left: Floats
    rho: Floats

    @classmethod
    def of(
        cls,
        cell: NDArray[np.int_],
        person: NDArray[np.int_],
        valid: NDArray[np.bool_],
        deviation: Floats,
        n: Floats,
        sd: Floats,
    ) -> SharedRaters | None:
        """From one row per person and cell, sorted by person; None where nobody rates in two cells.

        Parameters
        ----------
        cell, person : ndarray of int, shape (m,)
        valid, deviation : ndarray, shape (m, p)
            Whether the rating was given, and how far it lies from its cell's mean.
        n, sd : ndarray, shape (C, p)
        """
        first, second = _pairs(person)
        if not first.size:
            return None
        one, other = cell[first], cell[second]
        both = (valid[first] & valid[second]).astype(np.float64)
        _, kind = np.unique(one * n.shape[0] + other, return_inverse=True)
        shared = np.zeros((int(kind.max()) + 1, both.shape[1]))
        np.add.at(shared, kind, both)
        n_one, n_other = np.maximum(n[one], 1.0), np.maximum(n[other], 1.0)
        left = both * (1.0 - 1.0 / n_one - 1.0 / n_other + shared[kind] / (n_one * n_other))
        scale = np.where(sd > 0.0, 1.0 / np.where(sd > 0.0, sd, 1.0), 0.0)
        alike = both * deviation[first] * scale[one] * deviation[second] * scale[other]
        expected = np.sum(np.where(scale[one] * scale[other] > 0.0, left, 0.0), axis=0)
        rho = np.where(expected > 0.0, alike.sum(axis=0) / np.where(expected > 0.0, expected, 1.0), np.nan)
        return cls(one, other, both, left, rho)

    def inflation(self, a: Floats, n: Floats, sd: Floats) -> Floats:
        r"""By how much the variance of a combination exceeds what CR2 expects of it, shape (p,).

        CR2 takes ratings of one person for unrelated when it makes up for the means that were taken off. Where the same
        persons rate in all cells that is right all the same; where some rate in some cells it leaves too little.

        Parameters
        ----------
        a : ndarray, shape (C,)
            The weights of the combination.
        n, sd : ndarray, shape (C, p)
        """
        rho = np.clip(np.nan_to_num(self.rho), 0.0, MAX_RHO)
        known = n > 1
        t = np.where(known, a[:, None] * np.nan_to_num(sd) / np.where(known, n, 1.0), 0.0)
        # CR2 divides each deviation by sqrt(n (n - 1)), the mean by n
        k = t * np.where(known, np.sqrt(n / np.where(known, n - 1.0, 1.0)), 0.0)
        alone = np.sum(t**2 * n, axis=0)
        true = alone + rho * np.sum(self.both * t[self.one] * t[self.other], axis=0)
        expected = alone + rho * np.sum(self.left * k[self.one] * k[self.other], axis=0)
        sound = (true > 0.0) & (expected > 0.0)
        return np.where(sound, true / np.where(sound, expected, 1.0), 1.0)


def _pairs(person: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Places of all ordered pairs of rows by the same person; persons are sorted."""
    _, starts, counts = np.unique(person, return_index=True, return_counts=True)
    first, second = [], []
    for count in np.unique(counts[counts > 1]):
        here = starts[counts == count][:, None]
        i, j = np.nonzero(~np.eye(count, dtype=bool))
        first.append((here + i).ravel())
        second.append((here + j).ravel())
    nothing = np.zeros(0, dtype=np.int64)
    return np.concatenate([nothing, *first]), np.concatenate([nothing, *second])
