"""A finished factor solution: order and sign, communalities and variance, factor scores, and how well it fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import optimize, special

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.factors.alignment import Alignment, conventional
from hpp_analysis.core.factors.rotation import Rotation
from hpp_analysis.options import ScoreMethod


@dataclass(frozen=True, slots=True)
class Solution:
    """A rotated factor solution of p variables with k factors in its final order and sign.

    Attributes
    ----------
    lambda_ : ndarray, shape (p, k)
        Loadings (the pattern).
    phi : ndarray, shape (k, k)
        Correlations of the factors.
    t : ndarray, shape (k, k)
        `lambda_` is the unrotated loadings times `inv(t).T`; `phi` is `t.T @ t`.
    """

    lambda_: Floats
    phi: Floats
    t: Floats

    @property
    def structure(self) -> Floats:
        """Correlations of variables with factors, shape (p, k)."""
        return self.lambda_ @ self.phi

    @property
    def communality(self) -> Floats:
        """The diagonal of L Phi L', shape (p,)."""
        return np.asarray(np.sum(self.lambda_ @ self.phi * self.lambda_, axis=1))

    @property
    def variance(self) -> Floats:
        """Variance that each factor accounts for, the diagonal of Phi L'L, shape (k,); its sum is that of communalities."""
        return np.asarray(np.sum(self.lambda_ * self.structure, axis=0))


def finish(rotation: Rotation, *, reorder: bool = True) -> Solution:
    """Order factors by the variance they account for, and turn each so that its loadings sum to something positive.

    Loadings, correlations and the rotation matrix are permuted and reflected together.

    Parameters
    ----------
    rotation : Rotation
    reorder : bool
        False where a factor's place means something: a target, or a general factor that comes first.
    """
    aligned = conventional(rotation.lambda_, rotation.phi)
    if not reorder:
        signs = np.empty_like(aligned.signs)
        signs[aligned.order] = aligned.signs
        aligned = Alignment(np.arange(len(signs)), signs)
    return Solution(aligned.columns(rotation.lambda_), aligned.both(rotation.phi), aligned.columns(rotation.t))


def score_weights(correlation: Floats, lambda_: Floats, phi: Floats, psi: Floats, method: ScoreMethod) -> Floats:
    """Weights that turn standardised answers into factor scores.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
        Positive definite.
    lambda_, phi, psi : ndarray, shapes (p, k), (k, k), (p,)
        Loadings, factor correlations, uniquenesses.
    method : {"regression", "bartlett", "tenberge"}
        Thurstone's (1935) least distance from the factors; Bartlett's (1937, doi:10.1111/j.2044-8295.1937.tb00863.x)
        unbiased scores; or those whose correlations are `phi` (ten Berge, Krijnen, Wansbeek & Shapiro 1999,
        doi:10.1016/S0024-3795(97)10007-6).

    Returns
    -------
    ndarray, shape (p, k)
    """
    if method == "regression":
        return np.asarray(np.linalg.solve(correlation, lambda_ @ phi))
    if method == "bartlett":
        scaled = lambda_ / psi[:, None]
        return np.asarray(scaled @ np.linalg.inv(lambda_.T @ scaled))
    root = _power(phi, 0.5)
    inverse_root = _power(correlation, -0.5)
    turned = lambda_ @ root
    middle = _power(turned.T @ np.linalg.solve(correlation, turned), -0.5)
    return np.asarray(inverse_root @ (inverse_root @ turned @ middle) @ root)


def _power(matrix: Floats, power: float) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-12) ** power) @ vectors.T)


class Fit(NamedTuple):
    """How well a factor model fits; NaN where undefined.

    chi2, df, p : the likelihood-ratio test. rmsea with bounds. tli. bic, sabic. rmsr: root mean square of the
    residual correlations off the diagonal. chi2_null, df_null: of the model without factors. cfi. srmr: as rmsr, with the
    diagonal, which fits exactly.
    """

    chi2: float
    df: float
    p: float
    rmsea: float
    rmsea_ci_lower: float
    rmsea_ci_upper: float
    tli: float
    bic: float
    sabic: float
    rmsr: float
    chi2_null: float
    df_null: float
    cfi: float
    srmr: float


def residuals(correlation: Floats, solution: Solution) -> Floats:
    """Observed less reproduced correlations; the diagonal holds the uniquenesses 1 - h2. Shape (p, p)."""
    return np.asarray(correlation - solution.lambda_ @ solution.phi @ solution.lambda_.T)


def fit_of(
    correlation: Floats,
    residual: Floats,
    n_factors: int,
    n: float,
    *,
    correction: Literal["bartlett", "none"] = "bartlett",
    conf_level: float = 0.90,
) -> Fit:
    r"""Fit of a solution, whatever the method that found it.

    The discrepancy is that of maximum likelihood, :math:`F = \log|\Sigma| - \log|R| + \mathrm{tr}(\Sigma^{-1}R) - p`.
    Bartlett's multiplier (1950, doi:10.1111/j.2044-8317.1950.tb00285.x) is :math:`n - 1 - (2p + 5)/6 - 2k/3`; without it
    the test is :math:`nF`.

    Parameters
    ----------
    correlation, residual : ndarray, shape (p, p)
        `residual` as `residuals` gives it.
    n_factors : int
    n : float
        Observations; NaN leaves the tests undefined.
    correction : {"bartlett", "none"}
    conf_level : float
        Of the interval of RMSEA.
    """
    p = len(correlation)
    df = ((p - n_factors) ** 2 - p - n_factors) / 2.0
    df_null = p * (p - 1) / 2.0
    off = residual[~np.eye(p, dtype=bool)]
    rmsr = float(np.sqrt(np.mean(off**2))) if p > 1 else np.nan
    model = correlation - residual
    np.fill_diagonal(model, 1.0)
    discrepancy = _ml_discrepancy(correlation, model)
    null = _ml_discrepancy(correlation, np.eye(p))
    bartlett = correction == "bartlett"
    weight = n - 1.0 - (2 * p + 5) / 6.0 - 2.0 * n_factors / 3.0 if bartlett else n
    weight_null = n - 1.0 - (2 * p + 5) / 6.0 if bartlett else n
    chi2 = discrepancy * weight if weight > 0 else np.nan
    chi2_null = null * weight_null if weight_null > 0 else np.nan
    p_value = float(special.chdtrc(df, chi2)) if df > 0 else np.nan
    tli = np.nan
    if df > 0 and chi2_null / df_null != 1.0:
        tli = (chi2_null / df_null - chi2 / df) / (chi2_null / df_null - 1.0)
    scale = n - 1.0 if bartlett else n
    rmsea, lower, upper = rmsea_of(chi2, df, scale, conf_level)
    bic = chi2 - df * np.log(n) if n > 0 else np.nan
    sabic = chi2 - df * np.log((n + 2.0) / 24.0) if n > 0 else np.nan
    over, over_null = max(chi2 - df, 0.0), chi2_null - df_null
    largest = max(over, over_null)
    cfi = (1.0 - over / largest if largest > 0 else 1.0) if np.isfinite(chi2 - chi2_null) and df >= 0 else np.nan
    srmr = rmsr * np.sqrt((p - 1) / (p + 1))
    return Fit(chi2, df, p_value, rmsea, lower, upper, tli, bic, sabic, rmsr, chi2_null, df_null, cfi, float(srmr))


def _ml_discrepancy(correlation: Floats, model: Floats) -> float:
    if not (np.isfinite(model).all() and np.isfinite(correlation).all()):
        return np.nan
    sign, log_model = np.linalg.slogdet(model)
    sign_r, log_r = np.linalg.slogdet(correlation)
    if not (sign > 0 and sign_r > 0 and np.isfinite(log_r)):
        return np.nan
    discrepancy = log_model - log_r + np.trace(np.linalg.solve(model, correlation)) - len(model)
    return max(float(discrepancy), 0.0)  # of a perfect fit rounding may leave less than nothing


def rmsea_of(chi2: float, df: float, n: float, conf_level: float = 0.90) -> tuple[float, float, float]:
    """RMSEA and its interval from the noncentral chi-square (Browne & Cudeck 1992, doi:10.1177/0049124192021002005).

    Examples
    --------
    >>> [round(x, 3) for x in rmsea_of(85.306, 24, 301)]
    [0.092, 0.071, 0.114]
    """
    if not (df > 0 and np.isfinite(chi2) and np.isfinite(n)):
        return np.nan, np.nan, np.nan
    lower, upper = noncentrality_interval(chi2, df, conf_level)
    point, lower, upper = (float(np.sqrt(value / (df * n))) for value in (max(chi2 - df, 0.0), lower, upper))
    return point, lower, upper


def noncentrality_interval(chi2: float, df: float, conf_level: float) -> tuple[float, float]:
    """Interval of the noncentrality of a chi-square statistic.

    Examples
    --------
    >>> [round(bound, 2) for bound in noncentrality_interval(85.306, 24, .90)]
    [36.85, 93.35]
    """
    if not (df > 0 and np.isfinite(chi2)):
        return np.nan, np.nan
    tail = (1.0 - conf_level) / 2.0
    return _noncentrality(chi2, df, 1.0 - tail), _noncentrality(chi2, df, tail)


def _noncentrality(chi2: float, df: float, share: float) -> float:
    """The noncentrality of which this share of statistics is below `chi2`; 0 where it would be negative."""
    if special.chdtr(df, chi2) <= share:
        return 0.0

    def excess(value: float) -> float:
        return float(special.chndtr(chi2, df, value)) - share

    high = max(chi2, 1.0)
    while excess(high) > 0.0:
        high *= 2.0
    return float(optimize.brentq(excess, 1e-12, high, xtol=1e-10, rtol=1e-13))
