"""Correlation matrices from answers, for each method and each treatment of missing answers, with flags."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import MOST_CATEGORIES
from hpp_analysis.core.correlation.categories import Categories, categorise
from hpp_analysis.core.correlation.correlation import (
    Smoothing,
    correlation_from,
    pairwise_correlation,
    smooth,
    spearman,
)
from hpp_analysis.core.correlation.em import normal_moments
from hpp_analysis.core.correlation.polychoric import polychoric
from hpp_analysis.core.correlation.polyserial import polyserial
from hpp_analysis.errors import OptionError
from hpp_analysis.options import CorrelationMethod, CorrelationMissing

_NEGATIVE = -1e-10
_SINGULAR = 1e-10


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Estimate:
    """A correlation matrix and what it rests on; `Correlation` documents the parts."""

    r: np.ndarray
    n: np.ndarray
    n_used: int
    flags: tuple[str, ...] = ()
    thresholds: tuple[np.ndarray, ...] | None = None
    smoothed: Smoothing | None = None
    continuous: tuple[bool, ...]
    merged: tuple[dict[float, float], ...]
    empty_cells: np.ndarray | None = None
    n_groups: int = 0


def estimate(
    frame: pd.DataFrame,
    method: CorrelationMethod,
    missing: CorrelationMissing,
    groups: np.ndarray | None,
    min_count: int,
) -> Estimate:
    """Correlate the columns."""
    x = frame.to_numpy(dtype=float)
    p = x.shape[1]
    if missing == "listwise":
        complete = ~np.isnan(x).any(axis=1)
        x = x[complete]
        groups = None if groups is None else groups[complete]
    plain = {"continuous": (False,) * p, "merged": ({},) * p}
    if missing == "em" and not np.isnan(x).any():  # maximum likelihood of complete answers needs no iteration
        pairs = pairwise_correlation(x, None)
        found = Estimate(r=pairs.r, n=pairs.n, n_used=len(x), **plain)
    elif missing == "em":
        moments = normal_moments(x)
        answered = (~np.isnan(x)).astype(float)
        n = np.rint(answered.T @ answered).astype(np.int64)
        r = correlation_from(moments.covariance)
        flags = tuple(flag for flag in moments.flags if flag != "singular")
        found = Estimate(r=r, n=n, n_used=moments.n_used, flags=flags, **plain)
    elif method in ("pearson", "spearman"):
        pairs = spearman(x) if method == "spearman" else pairwise_correlation(x, groups)
        found = Estimate(r=pairs.r, n=pairs.n, n_used=_smallest_n(pairs.n, len(x), missing), **plain)
        if groups is not None:
            found = replace(found, n_groups=int(np.unique(groups[groups >= 0]).size))
    else:
        found = _ordered(frame, x, method, missing, min_count)
    return _finished(found)


def _smallest_n(n: np.ndarray, rows: int, missing: str) -> int:
    if missing == "listwise":
        return rows
    return int(n.min()) if n.size else 0


def _ordered(frame: pd.DataFrame, x: np.ndarray, method: str, missing: str, min_count: int) -> Estimate:
    categories = categorise(x, min_count=min_count)
    sizes = np.array([values.size for values in categories.values], dtype=int)
    whole = np.array([bool(np.all(values == np.floor(values))) for values in categories.values], dtype=bool)
    free = (sizes > MOST_CATEGORIES) | ~whole if method == "mixed" else np.zeros(x.shape[1], dtype=bool)
    wide = np.flatnonzero((sizes > MOST_CATEGORIES) & ~free)
    if wide.size:
        listed = ", ".join(f"{frame.columns[item]} ({sizes[item]})" for item in wide[:10])
        raise OptionError(
            f"An ordered item must have at most {MOST_CATEGORIES} categories. Given: {listed}. "
            'Take `method="mixed"` or "pearson", or merge sparse categories by `min_count`.'
        )
    order, continuous = np.flatnonzero(~free), np.flatnonzero(free)
    ordered = _only(categories, order)
    found = polychoric(ordered)
    p = x.shape[1]
    r, empty = np.full((p, p), np.nan), np.zeros((p, p), dtype=np.int64)
    r[np.ix_(order, order)], empty[np.ix_(order, order)] = found.r, found.empty_cells
    n = found.n
    if free.any():
        between = polyserial(x[:, continuous], ordered.codes, ordered.thresholds)
        r[np.ix_(continuous, order)], r[np.ix_(order, continuous)] = between, between.T
        pairs = pairwise_correlation(x)
        r[np.ix_(continuous, continuous)], n = pairs.r[np.ix_(continuous, continuous)], pairs.n
    conditions = {
        "boundary": found.at_cap.any(),
        "two_by_two": found.adjusted.any(),
        "not_converged": not found.converged,
    }
    none = np.empty(0)
    return Estimate(
        r=r,
        n=n,
        n_used=_smallest_n(n, len(x), missing),
        flags=tuple(flag for flag, holds in conditions.items() if holds),
        thresholds=tuple(none if is_free else cut for is_free, cut in zip(free, categories.thresholds, strict=True)),
        continuous=tuple(free.tolist()),
        merged=tuple({} if is_free else new for is_free, new in zip(free, categories.merged, strict=True)),
        empty_cells=empty,
    )


def _only(categories: Categories, items: np.ndarray) -> Categories:
    chosen = {
        name: tuple(getattr(categories, name)[item] for item in items)
        for name in ("values", "counts", "thresholds", "merged")
    }
    return Categories(categories.codes[:, items], **chosen)


def _finished(found: Estimate) -> Estimate:
    """Flag what is undefined, and smooth what is not positive definite."""
    flags = list(found.flags)
    if not found.r.size:
        return replace(found, flags=("no_items",))
    if np.isnan(found.r).any():
        if np.isnan(np.diag(found.r)).any():
            flags.append("constant")
        if (found.n == 0).any() and "never_together" not in flags:
            flags.append("never_together")
        if "constant" not in flags and "never_together" not in flags:
            flags.append("undefined")
        return replace(found, flags=tuple(dict.fromkeys(flags)))
    smallest = float(np.linalg.eigvalsh(found.r)[0])
    if smallest < _NEGATIVE:
        smoothing = smooth(found.r)
        return replace(found, r=smoothing.r, smoothed=smoothing, flags=(*flags, "smoothed"))
    if smallest < _SINGULAR:
        flags.append("singular")
    return replace(found, flags=tuple(dict.fromkeys(flags)))
