"""Correlation matrices of reference data without factors and of bootstrap samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.correlation.categories import Categories, categorise
from hpp_analysis.core.correlation.correlation import spearman
from hpp_analysis.core.correlation.polychoric import polychoric
from hpp_analysis.core.correlation.weighted import resampled_correlations
from hpp_analysis.core.retention.draws import normal_correlations, permuted_correlations, recorrelated
from hpp_analysis.factors.estimate_correlation import estimate
from hpp_analysis.factors.factor_input import FactorInput


def reference_draws(
    data: FactorInput,
    answers: pd.DataFrame | None,
    reference: str,
    n_sets: int,
    rng: np.random.Generator,
    *,
    half: bool = False,
) -> Iterator[Floats]:
    """Correlations of data without factors, of the same kind as the correlations of the answers; in portions.

    With `half` they have half as many rows: a sample that was drawn from a sample holds chance twice, so that it is like
    one of half the size.
    """
    if reference == "normal" or answers is None:
        return normal_correlations(round(data.n / 2 if half else data.n), len(data.r), n_sets, rng)
    x = answers.to_numpy(dtype=float)
    size = len(x) // 2 if half else None
    if data.correlation == "pearson":
        return permuted_correlations(x, n_sets, rng, size=size)
    if data.correlation == "spearman" and not np.isnan(x).any():  # shuffling keeps the ranks
        return permuted_correlations(np.asarray(rankdata(x, axis=0), dtype=np.float64), n_sets, rng, size=size)
    if data.correlation == "polychoric" and not half:
        whole = categorise(x)
        codes = whole.codes.astype(np.float64)
        return recorrelated(codes, n_sets, rng, lambda shuffled: _polychoric(whole, shuffled))
    return recorrelated(x, n_sets, rng, _by_rows(answers, data), size=size)


def bootstrap_samples(
    data: FactorInput, answers: pd.DataFrame | None, n: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Correlations of respondents drawn with replacement; without answers, of samples of a normal population."""
    if answers is None:
        r = data.r.to_numpy(dtype=np.float64)
        if data.n > 1 and np.linalg.eigvalsh(r)[0] > 1e-10:
            root = np.asarray(np.linalg.cholesky(r), dtype=np.float64)
            for portion in normal_correlations(round(data.n), len(r), n, rng, root):
                yield from portion
        return
    x = answers.to_numpy(dtype=float)
    if data.correlation == "pearson":
        yield from resampled_correlations(x, n, rng)
        return
    correlate = _by_rows(answers, data)
    for _sample in range(n):
        yield correlate(x[rng.integers(0, len(x), len(x))])


def _polychoric(whole: Categories, shuffled: Floats) -> Floats:
    """Thresholds are those of the items themselves: shuffling keeps them."""
    return polychoric(replace(whole, codes=np.ascontiguousarray(shuffled, dtype=np.int16))).r


def _by_rows(answers: pd.DataFrame, data: FactorInput) -> Callable[[Floats], Floats]:
    """Rows to correlations, as `correlate` makes them with pairwise deletion."""

    def mixed(rows: Floats) -> Floats:
        return estimate(pd.DataFrame(rows, columns=answers.columns), "mixed", "pairwise", None, 0).r

    ways: dict[str, Callable[[Floats], Floats]] = {
        "spearman": lambda rows: spearman(rows).r,
        "polychoric": lambda rows: polychoric(categorise(rows)).r,
        "mixed": mixed,
    }
    return ways[data.correlation]
