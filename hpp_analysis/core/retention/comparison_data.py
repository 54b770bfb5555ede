"""Comparison data: samples of populations with known factors and the items' own distributions."""

from __future__ import annotations

import numpy as np
from scipy.stats import mannwhitneyu

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.correlation.correlation import pairwise_correlation
from hpp_analysis.core.correlation.weighted import resampled_correlations
from hpp_analysis.core.factors.extraction import uls_factors
from hpp_analysis.core.retention.eigenvalues import eigenvalues
from hpp_analysis.core.retention.verdict import Verdict, no_verdict

POPULATION, SAMPLES, LEVEL = 10_000, 500, 0.30
"""Ruscio & Roche (2012): rows of a population, samples of each, and the level that was best in their simulations."""

_TRIALS = 5
"""A population is accepted after this number of shorter steps without improvement."""


def comparison_population(x: Floats, r: Floats, n_factors: int, rng: np.random.Generator) -> Floats:
    """Make a population with `n_factors` factors, the items' distributions, and correlations near `r`.

    Normal variables of a factor model are replaced, rank by rank, by values drawn from the items. The correlations that
    the model starts from are corrected by what the result lacks, step by step, until that gains nothing.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Answers; NaN is not answered.
    r : ndarray, shape (p, p)
        The correlations to reproduce.
    n_factors : int
    rng : Generator

    Returns
    -------
    ndarray, shape (10000, p)

    References
    ----------
    Ruscio & Kaczetow (2008), doi:10.1080/00273170802285693
    """
    p = len(r)
    margins = np.column_stack(
        [np.sort(rng.choice(column[~np.isnan(column)], POPULATION)) for column in np.asarray(x).T]
    )
    shared = rng.standard_normal((POPULATION, n_factors))
    unique = rng.standard_normal((POPULATION, p))
    off = ~np.eye(p, dtype=bool)
    best, least, trials = margins, np.inf, 0
    aim = base = np.array(r, dtype=np.float64)
    lacking = np.zeros_like(base)
    while trials < _TRIALS:
        found = uls_factors(aim, n_factors)
        if np.isnan(found.psi).any():
            break
        z = shared @ found.lambda_.T + unique * np.sqrt(found.psi)
        made = np.empty_like(margins)
        np.put_along_axis(made, np.argsort(z, axis=0), margins, axis=0)
        residual = r - pairwise_correlation(made).r
        size = float(np.sqrt(np.mean(residual[off] ** 2)))
        if size < least:
            best, least, base, lacking, trials = made, size, aim, residual, 0
        else:
            trials += 1
        aim = base + lacking * 0.5**trials
        np.fill_diagonal(aim, 1.0)
    return best


def comparison_data(x: Floats, r: Floats, most: int, rng: np.random.Generator) -> Verdict:
    """Add factors as long as samples of a population with one more have eigenvalues nearer to the observed ones.

    Of a population for each number of factors, 500 samples of the size of the study are drawn. The next number is taken
    when the root mean square differences of its samples' eigenvalues from the observed ones are smaller (one-sided
    Mann-Whitney test at the level .30).

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Answers; NaN is not answered.
    r : ndarray, shape (p, p)
        Their correlations.
    most : int
        The largest number to try.
    rng : Generator

    Returns
    -------
    Verdict
        At least 1: a population without factors is not tried. NaN ("at_limit") where `most` is still an improvement.

    References
    ----------
    Ruscio & Roche (2012), doi:10.1037/a0025697
    """
    observed = eigenvalues(r)
    if np.isnan(observed).any():
        return no_verdict("undefined_correlation")
    distance = np.full(most + 2, np.nan)
    before = np.empty(0)
    for k in range(1, most + 2):
        population = comparison_population(x, r, k, rng)
        spectra = eigenvalues(resampled_correlations(population, SAMPLES, rng, size=len(x)))
        spectra = spectra[np.isfinite(spectra).all(axis=1)]
        away = np.sqrt(np.mean((spectra - observed) ** 2, axis=1))
        distance[k] = float(np.median(away))
        if k > 1 and mannwhitneyu(away, before, alternative="less").pvalue > LEVEL:
            return Verdict(k - 1, values={"distance": distance})
        before = away
    return Verdict(np.nan, "at_limit", {"distance": distance})
