"""The next eigenvalue sufficiency test."""

from __future__ import annotations

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.retention.draws import normal_correlations
from hpp_analysis.core.retention.eigenvalues import eigenvalues
from hpp_analysis.core.retention.model_fit import extract, most_factors
from hpp_analysis.core.retention.verdict import Verdict, no_verdict


def next_eigenvalue(
    r: Floats, n: int, n_sets: int, rng: np.random.Generator, *, alpha: float = 0.05, most: int | None = None
) -> Verdict:
    """Add factors until the next eigenvalue is no larger than chance makes it.

    A solution with k factors is taken for the population, from which samples of n normal rows are drawn; k factors are
    enough when the observed eigenvalue k + 1 does not exceed the 1 - alpha quantile of theirs. Solutions are of maximum
    likelihood, and samples are Wishart draws.

    Parameters
    ----------
    r : ndarray, shape (p, p)
        Positive definite.
    n, n_sets : int
        Observations, and samples per number of factors.
    rng : Generator
    alpha : float
    most : int, optional
        The largest number of factors to try; by default as many as can be tested.

    Returns
    -------
    Verdict
        NaN ("none_fits") where none of the numbers is enough.

    References
    ----------
    Achim (2017), doi:10.20982/tqmp.13.1.p064; Brandenburg & Papenberg (2024), doi:10.1037/met0000527
    """
    p = len(r)
    observed = eigenvalues(r)
    limit = most_factors(p) if most is None else most
    reference = np.full(p, np.nan)
    for k in range(limit + 1):
        found = extract(r, k, "ml")
        if np.isnan(found.psi).any():
            return no_verdict(found.flags[0])
        sigma = found.lambda_ @ found.lambda_.T + np.diag(found.psi)
        root = np.asarray(np.linalg.cholesky(sigma), dtype=np.float64)
        drawn = [
            np.linalg.eigvalsh(portion)[:, p - 1 - k]
            for portion in normal_correlations(n, p, n_sets, rng, root if k else None)
        ]
        reference[k] = np.quantile(np.concatenate(drawn), 1.0 - alpha)
        if not observed[k] > reference[k]:
            return Verdict(k, values={"eigenvalue": observed, "reference": reference}, first=1)
    return Verdict(np.nan, "none_fits", {"eigenvalue": observed, "reference": reference}, first=1)
