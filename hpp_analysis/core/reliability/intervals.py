"""Confidence intervals as pairs, and bootstrap intervals of statistics of a covariance matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.correlation.bootstrap import (
    drawn_weights,
    jackknife_levels,
    left_out_weights,
    percentile_bounds,
    tails,
)
from hpp_analysis.core.correlation.weighted import weighted_covariances


class Interval(NamedTuple):
    """The ends of a confidence interval; NaN where there is none."""

    lower: float
    upper: float


UNDEFINED = Interval(float("nan"), float("nan"))


def bootstrap_intervals(
    x: Floats,
    statistic: Callable[[Floats], Floats],
    *,
    rng: np.random.Generator,
    units: NDArray[np.intp] | None = None,
    n_boot: int = 1000,
    conf_level: float = 0.95,
    method: Literal["percentile", "bca"] = "percentile",
) -> list[Interval]:
    """Bootstrap intervals of statistics of a covariance matrix.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        NaN is not answered; covariances are pairwise.
    statistic : callable
        Covariances (b, k, k) in, statistics (b, m) out.
    rng : Generator
    units : ndarray of int, shape (n,), optional
        Whom each row comes from: units are drawn, with all of their rows. By default each row is its own.
    n_boot : int
    conf_level : float
    method : {"percentile", "bca"}
        The second corrects for bias and skewness.

    Returns
    -------
    list of Interval
        One for each statistic; NaN where more than a tenth of the samples have no value.

    References
    ----------
    Efron (1987), doi:10.1080/01621459.1987.10478410

    Examples
    --------
    >>> from hpp_analysis.core.reliability.alpha import cronbach_alpha
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(50, 1)) + rng.normal(size=(50, 4))
    >>> alphas = lambda s: np.array([[cronbach_alpha(one)] for one in s])
    >>> [(low, high)] = bootstrap_intervals(x, alphas, rng=rng, n_boot=200)
    >>> low < cronbach_alpha(np.cov(x.T)) < high
    True
    """
    _, unit = np.unique(np.arange(len(x)) if units is None else units, return_inverse=True)
    n_units = int(unit.max()) + 1 if unit.size else 0
    m = statistic(weighted_covariances(x, np.ones((1, len(x))))).shape[1]
    if n_units < 3:
        return [UNDEFINED] * m

    drawn = drawn_weights(unit, n_boot, rng, width=x.shape[1] ** 2)
    values = np.concatenate([statistic(weighted_covariances(x, weights)) for weights in drawn])
    levels = np.repeat(tails(conf_level)[None, :], m, axis=0)
    if method == "bca":
        estimate = statistic(weighted_covariances(x, np.ones((1, len(x)))))[0]
        left_out = statistic(weighted_covariances(x, left_out_weights(unit)))
        levels = jackknife_levels(values, estimate, left_out, conf_level)
    return [Interval(float(low), float(high)) for low, high in percentile_bounds(values, levels)]
