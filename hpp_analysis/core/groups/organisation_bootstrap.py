"""Intervals of differences that generalise to organisations like these: a bootstrap of organisations."""

from __future__ import annotations

import numpy as np

from hpp_analysis.core.arrays import Floats


def bootstrap_difference(
    first: Floats, second: Floats, *, rng: np.random.Generator, n_boot: int = 1999, conf_level: float = 0.95
) -> tuple[float, float]:
    """The bootstrap-t interval of the difference between two means over organisations.

    Organisations are drawn, not persons; those that are on both sides are drawn with both of their means, those on one
    side only are drawn apart, so that every sample has as many of each kind.

    Parameters
    ----------
    first, second : ndarray, shape (G,)
        The mean of each organisation on either side; NaN where it is not on that side.
    rng : Generator
    n_boot : int
    conf_level : float

    Returns
    -------
    (float, float)
        NaN where a side has fewer than two organisations, or all of each side are equal.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 12; Cameron, Gelbach & Miller (2008),
    doi:10.1162/rest.90.3.414

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> first, second = np.r_[np.arange(20.0) / 10, np.full(20, np.nan)], np.r_[np.full(20, np.nan), np.arange(20.0) / 10]
    >>> low, high = bootstrap_difference(first, second, rng=rng)
    >>> low < 0 < high
    True
    """
    on_first, on_second = ~np.isnan(first), ~np.isnan(second)
    if on_first.sum() < 2 or on_second.sum() < 2:
        return float("nan"), float("nan")
    both = np.stack([first, second])
    estimate, se = _studentised(both[:, None, :])
    if not se[0] > 0.0:
        return float("nan"), float("nan")
    drawn = []
    for chosen in (on_first & ~on_second, on_first & on_second, ~on_first & on_second):
        places = np.flatnonzero(chosen)
        if places.size:
            drawn.append(places[rng.integers(places.size, size=(n_boot, places.size))])
    samples, spread = _studentised(both[:, np.concatenate(drawn, axis=1)])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (samples - estimate[0]) / spread
    low, high = np.quantile(t[np.isfinite(t)], [(1.0 + conf_level) / 2.0, (1.0 - conf_level) / 2.0])
    return float(estimate[0] - low * se[0]), float(estimate[0] - high * se[0])


def _studentised(values: Floats) -> tuple[Floats, Floats]:
    """The difference of both means in each sample, and its standard error; values are sides x samples x organisations."""
    present = ~np.isnan(values)
    n = present.sum(axis=-1, keepdims=True)
    mean = np.where(present, values, 0.0).sum(axis=-1, keepdims=True) / n
    deviation = np.where(present, values - mean, 0.0) / np.sqrt(n * (n - 1.0))
    u = deviation[0] - deviation[1]
    return mean[0, :, 0] - mean[1, :, 0], np.sqrt(np.sum(u**2, axis=-1))
