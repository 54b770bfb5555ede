"""All criteria of one correlation matrix; what several of them need is worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.correlation.correlation import pairwise_correlation
from hpp_analysis.core.retention.average_partials import minimum_average_partial
from hpp_analysis.core.retention.comparison_data import comparison_data
from hpp_analysis.core.retention.eigenvalues import (
    Spectrum,
    eigenvalues,
    eigenvalues_above_one,
    empirical_kaiser,
    parallel_analysis,
)
from hpp_analysis.core.retention.hull import hull
from hpp_analysis.core.retention.model_fit import Series, close_fit, information, most_factors, sequential_chi2, series
from hpp_analysis.core.retention.nest import next_eigenvalue
from hpp_analysis.core.retention.verdict import Verdict, no_verdict

SPECTRA: dict[str, Spectrum] = {"parallel": "pca", "parallel_smc": "smc", "parallel_factor": "factor"}
"""The eigenvalues that each kind of parallel analysis compares."""

_HULL = {"hull": "uls", "hull_cfi": "ml", "hull_rmsea": "ml"}


@dataclass(frozen=True)
class Panel:
    """One correlation matrix and what the criteria need to judge it.

    Attributes
    ----------
    r : ndarray, shape (p, p)
    n : float
        Observations; NaN where unknown.
    curves : mapping of str to ndarray
        The reference of parallel analysis by kind of eigenvalue.
    n_sets : int
        Samples per step of NEST.
    alpha : float
        Level of tests.
    most : int
        The most factors that models may have.
    seed : tuple of int
        Of the draws of NEST and of comparison data.
    answers : ndarray, shape (n, p), optional
        For comparison data.
    """

    r: Floats
    n: float
    curves: Mapping[Spectrum, Floats]
    n_sets: int
    alpha: float
    most: int
    seed: tuple[int, ...]
    answers: Floats | None = None

    def verdict(self, name: str) -> Verdict:
        """The verdict of one criterion."""
        if not np.isfinite(self.r).all():
            return no_verdict("undefined_correlation")
        if len(self.r) < 3:
            return no_verdict("too_few_items")
        match name:
            case "parallel" | "parallel_smc" | "parallel_factor":
                kind = SPECTRA[name]
                return (
                    parallel_analysis(self.spectrum[kind], self.curves[kind])
                    if kind in self.curves
                    else no_verdict("n_unknown")
                )
            case "map" | "map4":
                return minimum_average_partial(self.r, 4 if name == "map4" else 2)
            case "kaiser":
                return eigenvalues_above_one(self.spectrum["pca"])
            case "ekc":
                return empirical_kaiser(self.spectrum["pca"], self.n)
        if not self.n > 0:
            return no_verdict("n_unknown")
        if self.is_singular:
            return no_verdict("singular")
        match name:
            case "comparison_data":
                return self._comparison_data()
            case "nest":
                rng = np.random.default_rng((*self.seed, 0))
                return next_eigenvalue(self.r, round(self.n), self.n_sets, rng, alpha=self.alpha, most=self.most)
            case "chi2":
                return self._within(sequential_chi2(self.models, self.alpha), "none_fits")
            case "rmsea":
                return self._within(close_fit(self.models), "none_fits")
            case "bic":
                return self._within(information(self.models, "bic"), "at_limit")
            case "sabic":
                return self._within(information(self.models, "sabic"), "at_limit")
        return self._hull(name)

    @cached_property
    def spectrum(self) -> dict[Spectrum, Floats]:
        """Eigenvalues of each kind that has a reference, and of components."""
        return {kind: eigenvalues(self.r, kind) for kind in get_args(Spectrum) if kind == "pca" or kind in self.curves}

    @cached_property
    def is_singular(self) -> bool:
        """Whether items determine each other, so that no factor model has a likelihood."""
        return bool(np.linalg.eigvalsh(self.r)[0] < 1e-10)

    @cached_property
    def models(self) -> Series:
        """Maximum-likelihood solutions, with one factor more than allowed: a minimum shows by what follows it."""
        return series(self.r, self.n, min(self.most + 1, most_factors(len(self.r))), "ml")

    @cached_property
    def largest_hull(self) -> int:
        """The most factors that Hull looks at: one more than parallel analysis of components retains."""
        found = self.verdict("parallel").n_factors
        return min(max(int(found), 1) + 1 if np.isfinite(found) else self.most, most_factors(len(self.r)))

    def _comparison_data(self) -> Verdict:
        if self.answers is None:
            return no_verdict("no_answers")
        # of product-moment correlations, whatever the other criteria look at: populations are compared by those
        r = pairwise_correlation(self.answers).r
        most = min(self.most, max(most_factors(len(r)) - 1, 1))
        return comparison_data(self.answers, r, most, np.random.default_rng((*self.seed, 1)))

    def _hull(self, name: str) -> Verdict:
        method = _HULL[name]
        fits = series(self.r, self.n, self.largest_hull, "uls" if method == "uls" else "ml")
        measure = {"hull": fits.caf, "hull_cfi": fits.cfi, "hull_rmsea": -fits.of("rmsea")}[name]
        return hull(measure, fits.df)

    def _within(self, found: Verdict, why: str) -> Verdict:
        """No verdict where it is beyond the most factors allowed."""
        return Verdict(np.nan, why, found.values) if found.n_factors > self.most else found
