"""How a model fits samples of a known population: the same model, or one that misses something that is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.sem.chisquare import degrees_of_freedom
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.fit import Pair, incremental, srmr
from hpp_analysis.core.sem.moments import moments_of_covariance
from hpp_analysis.core.sem.table import Table

MEASURES = ("cfi", "rmsea", "srmr")
_ROOM = 0.95
"""Of what a cross-loading may be until an item has no variance of its own: the share that is used at most."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Cross-loadings that a population has and the model leaves out.

    Attributes
    ----------
    items, factors : tuple of int
        The places of the items, and of the factors on which they load beside their own.
    loadings : tuple of float
    lambda_ : ndarray, shape (p, k)
        All loadings of the population.
    """

    items: tuple[int, ...]
    factors: tuple[int, ...]
    loadings: tuple[float, ...]
    lambda_: Floats


def cross_loadings(lambda_: Floats, phi: Floats) -> tuple[Misfit, ...]:
    r"""Levels of misspecification of a model with several factors, each with one more cross-loading.

    Of each factor the item with the lowest loading is a candidate (factors of three items and more first); the candidates of
    lowest loading are taken one after the other, on all factors but one. The item also loads on the other factor of highest
    coefficient H (:math:`1 / (1 + 1 / \sum \lambda^2 / (1 - \lambda^2))`), as much as on its own or, if that is too much,
    .95 of what would leave it no variance of its own.

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
        Standardised loadings; each item loads on one factor.
    phi : ndarray, shape (k, k)

    References
    ----------
    Hu & Bentler (1999), doi:10.1080/10705519909540118; McNeish & Wolf (2023), doi:10.1037/met0000425

    Examples
    --------
    >>> lambda_ = np.array([[0.8, 0.0], [0.7, 0.0], [0.5, 0.0], [0.0, 0.6], [0.0, 0.7], [0.0, 0.8]])
    >>> one, = cross_loadings(lambda_, np.array([[1.0, 0.3], [0.3, 1.0]]))
    >>> one.items, one.factors, one.loadings
    ((2,), (1,), (0.5,))
    """
    k = lambda_.shape[1]
    size = np.abs(lambda_)
    ratio = np.sum(size**2 / np.maximum(1.0 - size**2, 1e-12), axis=0)
    h = ratio / (1.0 + ratio)
    lowest = []
    for factor in range(k):
        own = np.flatnonzero(size[:, factor] > 0.0)
        item = int(own[np.argmin(size[own, factor])])
        lowest.append((own.size < 3, float(size[item, factor]), factor, item))
    levels: list[Misfit] = []
    changed = lambda_.copy()
    items, factors, loadings = [], [], []
    for _few, loading, factor, item in sorted(lowest)[: k - 1]:
        other = max((place for place in range(k) if place != factor), key=lambda place: h[place])
        r = float(phi[factor, other])
        room = np.sqrt((loading * r) ** 2 + 1.0 - loading**2) - loading * r
        cross = float(min(loading, _ROOM * room))
        changed = changed.copy()
        changed[item, other] = cross
        items.append(item)
        factors.append(other)
        loadings.append(cross)
        levels.append(Misfit(tuple(items), tuple(factors), tuple(loadings), changed))
    return tuple(levels)


def correlations_of(lambda_: Floats, phi: Floats) -> Floats:
    """The correlations of items that follow from standardised loadings and correlations of factors."""
    sigma = lambda_ @ phi @ lambda_.T
    np.fill_diagonal(sigma, 1.0)
    return np.asarray(sigma)


RESIDUAL_CORRELATION = 0.3
"""Between the residuals of a pair of items that have more in common than their factor (McNeish & Wolf 2023)."""


def residual_pairs(lambda_: Floats) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Levels of misspecification of a model with one factor: pairs of items whose residuals correlate.

    A third of the items, two thirds, and all of them stand in pairs; items of low loadings come first, and neighbours in this order
    are a pair. Of four or five items there are two levels.

    Parameters
    ----------
    lambda_ : ndarray, shape (p,)
        Standardised loadings of four items or more.

    References
    ----------
    McNeish & Wolf (2023), doi:10.3758/s13428-022-01847-y

    Examples
    --------
    >>> residual_pairs(np.array([0.8, 0.7, 0.6, 0.5, 0.4, 0.3]))
    (((5, 4),), ((5, 4), (3, 2)), ((5, 4), (3, 2), (1, 0)))
    """
    order = [int(item) for item in np.argsort(np.abs(lambda_), kind="stable")]
    pairs = list(zip(order[::2], order[1::2], strict=False))
    counts = dict.fromkeys(len(order) * third // 6 for third in (1, 2, 3))
    return tuple(tuple(pairs[:n]) for n in counts if n)


def with_residual_pairs(sigma: Floats, lambda_: Floats, pairs: tuple[tuple[int, int], ...]) -> Floats:
    """The correlations of items of one factor when the residuals of some pairs correlate too."""
    sigma = sigma.copy()
    for one, other in pairs:
        sigma[one, other] += RESIDUAL_CORRELATION * np.sqrt((1.0 - lambda_[one] ** 2) * (1.0 - lambda_[other] ** 2))
        sigma[other, one] = sigma[one, other]
    return sigma


@dataclass(frozen=True, slots=True)
class SimulatedFit:
    """Fit of a model in samples; NaN in those without a solution.

    Attributes
    ----------
    chi2, cfi, rmsea, srmr : ndarray, shape (runs,)
    df : int
    """

    chi2: Floats
    cfi: Floats
    rmsea: Floats
    srmr: Floats
    df: int

    @property
    def usable(self) -> int:
        """Samples with a solution."""
        return int(np.isfinite(self.chi2).sum())


def simulated_fit(table: Table, sigma: Floats, n: int, *, runs: int, rng: np.random.Generator) -> SimulatedFit:
    """Fit a model by maximum likelihood to samples of normal answers with a known covariance matrix.

    Samples are drawn as covariance matrices (Wishart), estimation starts from the model's values in the population.

    Parameters
    ----------
    table : Table
        The model, without a mean structure, of one group.
    sigma : ndarray, shape (p, p)
        In the order of the table's variables.
    n : int
        Respondents in a sample, more than p.
    runs : int
    rng : Generator

    References
    ----------
    Smith & Hocking (1972), doi:10.2307/2346290 (drawing a Wishart matrix)

    Examples
    --------
    >>> from hpp_analysis.core.sem.table import build_table
    >>> sigma = correlations_of(np.full((4, 1), 0.7), np.ones((1, 1)))
    >>> table = build_table("f =~ a + b + c + d", std_lv=True)
    >>> found = simulated_fit(table, sigma, 200, runs=5, rng=np.random.default_rng(0))
    >>> found.df, found.usable
    (2, 5)
    """
    start = in_population(table, sigma, n).theta
    root = np.asarray(np.linalg.cholesky(sigma), dtype=np.float64)
    found = [fit_of(_fitted(table, _drawn(root, n, rng), n, start)) for _run in range(runs)]
    chi2, cfi, rmsea, residual = np.array(found).reshape(-1, 4).T
    return SimulatedFit(chi2, cfi, rmsea, residual, degrees_of_freedom(in_population(table, sigma, n)))


def in_population(table: Table, sigma: Floats, n: int) -> Estimate:
    """The model as it fits the population itself."""
    return estimate(table, [moments_of_covariance(sigma, n, divisor="n")])


def _drawn(root: Floats, n: int, rng: np.random.Generator) -> Floats:
    """The covariance matrix (divisor n) of a sample of n, by Bartlett's decomposition."""
    p = root.shape[0]
    triangle = np.tril(rng.standard_normal((p, p)), -1)
    triangle[np.diag_indices(p)] = np.sqrt(rng.chisquare(n - 1.0 - np.arange(p)))
    half = root @ triangle
    return np.asarray(half @ half.T / n)


def _fitted(table: Table, covariance: Floats, n: int, start: Floats) -> Estimate | None:
    try:
        found = estimate(table, [moments_of_covariance(covariance, n, divisor="n")], start=start)
    except np.linalg.LinAlgError:
        return None
    return found if found.converged else None


def fit_of(found: Estimate | None) -> tuple[float, float, float, float]:
    """Chi-square, CFI, RMSEA and SRMR of a model of one group without covariates; NaN without an estimate."""
    if found is None:
        return (float("nan"),) * 4
    s, n = found.objective.moments[0].covariance, found.objective.scale
    chi2, df = 2.0 * n * found.point.value, degrees_of_freedom(found)
    p = s.shape[0]
    _sign, log_det = np.linalg.slogdet(s)
    base = n * float(np.log(np.diag(s)).sum() - log_det)
    cfi = incremental(Pair(chi2, df, df, base, p * (p - 1) // 2, p * (p - 1) // 2), "")["cfi"]
    rmsea = float(np.sqrt(max(chi2 - df, 0.0) / (df * n))) if df else 0.0
    return chi2, cfi, rmsea, srmr(found)


def power_of_test(table: Table, sigma: Floats, n: int, *, alpha: float = 0.05) -> float:
    r"""The power of the chi-square test of a model in a population in which it does not hold, in closed form.

    The statistic is noncentral chi-square with :math:`\lambda = n F_0`, F the discrepancy of model and population.

    References
    ----------
    Satorra & Saris (1985), doi:10.1007/BF02294150

    Examples
    --------
    >>> from hpp_analysis.core.sem.table import build_table
    >>> table = build_table("f =~ a + b + c + d", std_lv=True)
    >>> sigma = correlations_of(np.full((4, 1), 0.7), np.ones((1, 1)))
    >>> sigma[0, 1] = sigma[1, 0] = 0.6
    >>> round(power_of_test(table, sigma, 200), 3)
    0.296
    """
    found = in_population(table, sigma, n)
    df = degrees_of_freedom(found)
    critical = special.chdtri(df, alpha)
    return float(1.0 - special.chndtr(critical, df, 2.0 * n * found.point.value))
