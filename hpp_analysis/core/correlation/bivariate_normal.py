r"""The bivariate normal distribution over a grid of thresholds, for many pairs of variables at once.

With :math:`\rho = \sin\vartheta`, :math:`\Phi_2(a, b; \rho) = \Phi(a)\Phi(b) + \frac{1}{2\pi}\int_0^\vartheta
\exp\{-(a^2 + b^2 - 2ab\sin t) / 2\cos^2 t\}\,dt` (Plackett 1954, doi:10.1093/biomet/41.3-4.351; Drezner & Wesolowsky
1990, doi:10.1080/00949659008811236), by Gauss-Legendre nodes.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from hpp_analysis.core.arrays import Floats, Ints

_TAU = 2.0 * np.pi


class Corners:
    """The bivariate normal distribution at the inner corner points of some tables, the pair as the last axis.

    Between thresholds and pairs there may be an axis of respondents, whose thresholds differ.
    """

    __slots__ = ("ab", "columns", "distribution", "half", "rows", "theta")

    def __init__(self, a: Floats, b: Floats) -> None:
        self.rows, self.columns = ndtr(a), ndtr(b)
        self.distribution = self.rows[:, None] * self.columns[None, :]
        # at a threshold of infinity the density is 0, whatever stands in its place
        a, b = np.where(np.isfinite(a), a, 40.0), np.where(np.isfinite(b), b, 40.0)
        self.ab = a[:, None] * b[None, :]
        self.half = (a**2)[:, None] + (b**2)[None, :]
        self.half *= 0.5
        self.theta = np.zeros(max(a.shape[-1], b.shape[-1]))

    def take(self, which: Ints) -> Corners:
        """The same for fewer pairs."""
        fewer = object.__new__(Corners)
        fewer.rows, fewer.columns = self.rows[:, which], self.columns[:, which]
        fewer.distribution = self.distribution[:, :, which]
        fewer.ab, fewer.half = self.ab[:, :, which], self.half[:, :, which]
        fewer.theta = self.theta[which]
        return fewer

    def density(self, theta: Floats) -> tuple[Floats, Floats]:
        """The derivative of the distribution by theta, times 2 pi, and its exponent."""
        exponent = self.ab * np.sin(theta)
        exponent -= self.half
        exponent *= 1.0 / np.cos(theta) ** 2
        return np.exp(exponent), exponent

    def move(self, theta: Floats) -> None:
        """Extend the integrals to `theta`."""
        x, w = _nodes(self.theta, theta)
        middle, half = (theta + self.theta) / 2.0, (theta - self.theta) / 2.0
        total = np.zeros_like(self.ab)
        exponent = np.empty_like(self.ab)
        for node, weight in zip(x, w, strict=True):
            at = middle + half * node
            np.multiply(self.ab, np.sin(at), out=exponent)
            exponent -= self.half
            exponent *= 1.0 / np.cos(at) ** 2
            np.exp(exponent, out=exponent)
            exponent *= weight
            total += exponent
        total *= half / _TAU
        self.distribution += total
        self.theta = theta

    def cells(self) -> Floats:
        """The probability of each cell."""
        i, j, pairs = self.distribution.shape
        full = np.zeros((i + 2, j + 2, pairs))
        full[1:-1, 1:-1] = self.distribution
        full[-1, 1:-1], full[1:-1, -1], full[-1, -1] = self.columns, self.rows, 1.0
        return _differences(full)


def _nodes(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes enough for about ten digits: more for long ways and near plus or minus 1."""
    nearest = np.cos(np.minimum(np.maximum(np.abs(start), np.abs(end)), 1.5566))
    way = float(np.max(np.abs(end - start) / nearest, initial=0.0))
    for limit, nodes in _STEPS:
        if way <= limit:
            return nodes
    return _STEPS[-1][1]


_STEPS = tuple(
    (limit, np.polynomial.legendre.leggauss(count))
    for limit, count in (
        (0.002, 1),
        (0.02, 2),
        (0.08, 3),
        (0.25, 5),
        (0.5, 7),
        (1.0, 10),
        (2.0, 14),
        (4.0, 20),
        (10.0, 36),
        (np.inf, 96),
    )
)
"""The longest way, relative to the cosine at its end, that a number of nodes can bridge."""


def _differences(corners: Floats) -> Floats:
    """Cells from corners: the second difference over rows and columns."""
    rows = corners[1:] - corners[:-1]
    return np.asarray(rows[:, 1:] - rows[:, :-1])


def bordered(inner: Floats) -> Floats:
    """Cells of a quantity that is 0 at the outer corners."""
    i, j, pairs = inner.shape
    rows = np.empty((i + 1, j, pairs))
    rows[0], rows[-1] = inner[0], -inner[-1]
    np.subtract(inner[1:], inner[:-1], out=rows[1:-1])
    cells = np.empty((i + 1, j + 1, pairs))
    cells[:, 0], cells[:, -1] = rows[:, 0], -rows[:, -1]
    np.subtract(rows[:, 1:], rows[:, :-1], out=cells[:, 1:-1])
    return cells
