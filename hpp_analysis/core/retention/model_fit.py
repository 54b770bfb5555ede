"""Criteria on model fit: tests and indices of the solutions with 0, 1, ... factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.factors.adequacy import adequacy_measures
from hpp_analysis.core.factors.extraction import Extraction, ml_factors, uls_factors
from hpp_analysis.core.factors.solution import Fit, fit_of
from hpp_analysis.core.retention.verdict import Verdict, no_verdict

CLOSE_FIT = 0.05
"""Browne & Cudeck (1992), doi:10.1177/0049124192021002005: an RMSEA of .05 is a close fit."""


@dataclass(frozen=True, slots=True)
class Series:
    """Solutions with 0, 1, ... factors.

    Attributes
    ----------
    fits : tuple of Fit
    flags : tuple of tuple of str
        Of each extraction: "heywood", "not_converged".
    caf : ndarray, shape (solutions,)
        Common part accounted for: 1 less the Kaiser-Meyer-Olkin measure of the residual correlations.
    df : ndarray, shape (solutions,)
    """

    fits: tuple[Fit, ...]
    flags: tuple[tuple[str, ...], ...]
    caf: Floats
    df: Floats

    def of(self, name: str) -> Floats:
        """Return one fit measure of all solutions."""
        return np.array([getattr(fit, name) for fit in self.fits], dtype=np.float64)

    @property
    def cfi(self) -> Floats:
        """Bentler's (1990) comparative fit index against the model without factors."""
        away = np.maximum(self.of("chi2") - self.df, 0.0)
        worst = np.maximum(away, max(self.fits[0].chi2 - self.df[0], 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(worst > 0.0, 1.0 - away / worst, 1.0)


def most_factors(p: int) -> int:
    """The most factors with degrees of freedom left to test."""
    return max((k for k in range(p) if (p - k) ** 2 > p + k), default=0)


def extract(r: Floats, k: int, method: Literal["ml", "uls"]) -> Extraction:
    """A solution with k factors; with none the items' uniquenesses are 1."""
    if k == 0:
        return Extraction(np.zeros((len(r), 0)), np.ones(len(r)), np.nan, True, 0, ())
    return ml_factors(r, k) if method == "ml" else uls_factors(r, k)


def series(r: Floats, n: float, most: int, method: Literal["ml", "uls"]) -> Series:
    """Extract 0 to `most` factors; the series ends before a solution that does not exist."""
    p = len(r)
    fits, flags, caf = [], [], []
    for k in range(most + 1):
        found = extract(r, k, method)
        if np.isnan(found.psi).any():
            break
        residual = r - found.lambda_ @ found.lambda_.T
        fits.append(fit_of(r, residual, k, n))
        flags.append(found.flags)
        np.fill_diagonal(residual, 1.0)
        caf.append(1.0 - adequacy_measures(residual, 2).kmo)
    counts = np.arange(len(fits))
    return Series(tuple(fits), tuple(flags), np.array(caf), ((p - counts) ** 2 - p - counts) / 2.0)


def sequential_chi2(models: Series, alpha: float = 0.05) -> Verdict:
    """The first maximum-likelihood solution that the chi-square test does not reject (Lawley & Maxwell 1962).

    References
    ----------
    Lawley & Maxwell (1962), doi:10.2307/2986915; Bartlett (1950), doi:10.1111/j.2044-8317.1950.tb00285.x
    """
    p = models.of("p")
    values = {"chi2": models.of("chi2"), "df": models.df, "p": p}
    return _first_that_fits(p > alpha, values)


def close_fit(models: Series) -> Verdict:
    """The first solution of which the 90 % interval of the RMSEA reaches below .05.

    References
    ----------
    Preacher, Zhang, Kim & Mels (2013), doi:10.1080/00273171.2012.710386; Browne & Cudeck (1992)
    """
    lower = models.of("rmsea_ci_lower")
    return _first_that_fits(lower < CLOSE_FIT, {"rmsea": models.of("rmsea"), "rmsea_ci_lower": lower})


def _first_that_fits(fine: np.ndarray, values: dict[str, Floats]) -> Verdict:
    if not fine.any():
        return Verdict(np.nan, "none_fits", values)
    return Verdict(int(np.argmax(fine)), values=values)


def information(models: Series, criterion: Literal["bic", "sabic"]) -> Verdict:
    r"""The solution with the smallest information criterion.

    BIC is :math:`\chi^2 - df \log n`; SABIC has :math:`(n + 2) / 24` in the place of n.

    References
    ----------
    Schwarz (1978), doi:10.1214/aos/1176344136; Sclove (1987), doi:10.1007/BF02294360; Preacher, Zhang, Kim & Mels (2013),
    doi:10.1080/00273171.2012.710386
    """
    values = models.of(criterion)
    if not np.isfinite(values).any():
        return no_verdict("n_unknown")
    return Verdict(int(np.nanargmin(values)), values={criterion: values})
