"""Omegas that need a model of more than one scale's covariances: of ordered answers, and of a whole instrument."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpp_analysis.core.reliability.omega import instrument_omega, ordinal_omega
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.correlation import correlate
from hpp_analysis.factors.efa import fit_efa


def ordinal_omega_of(answers: pd.DataFrame) -> tuple[float, str]:
    """Green and Yang's omega of one scale from complete rows, and the reason where there is none.

    The one factor is extracted from polychoric correlations by diagonally weighted least squares.

    Parameters
    ----------
    answers : DataFrame
        Of the scale's items: whole numbers, at most 15 categories each.

    Returns
    -------
    float, str
        NaN with a reason: "few_items", "too_many_categories", "undefined_correlation", "heywood".
    """
    if answers.shape[1] < 3:
        return np.nan, "few_items"
    complete = answers.dropna()
    try:
        found = correlate(complete, method="polychoric", missing="listwise")
        solution = fit_efa(
            complete, 1, extraction="dwls", rotation="none", correlation="polychoric", missing="listwise"
        )
    except NotIdentifiedError:
        return np.nan, "few_items"
    except OptionError:
        return np.nan, "too_many_categories"
    if not solution.is_defined or found.thresholds is None:
        return np.nan, "undefined_correlation"
    if "heywood" in solution.flags:
        return np.nan, "heywood"
    return ordinal_omega(solution.loadings.to_numpy()[:, 0], found.thresholds.to_numpy(), found.r.to_numpy()), ""


def instrument_omegas(answers: pd.DataFrame, group_factors: int) -> pd.Series:
    """Hierarchical and total omega of the sum of all items, by the Schmid-Leiman transformation.

    Parameters
    ----------
    answers : DataFrame
        Of all items; none is reversed.
    group_factors : int
        Factors below the general one, extracted by minres and rotated by oblimin.

    Returns
    -------
    Series
        omega_hierarchical, omega_total, group_factors, n_items, n_used, and undefined: codes of what stood in the way or
        of what was assumed ("equal_constraint": two factors were given equal loadings on the general one;
        "negative_loading": items run against the general factor, and the sum is not one that one would make).
    """
    found = fit_efa(answers, group_factors, missing="pairwise")
    hierarchical, total, flags = np.nan, np.nan, found.flags
    if found.is_defined:
        omega = instrument_omega(
            found.correlations.to_numpy(), found.loadings.to_numpy(), found.factor_correlations.to_numpy()
        )
        hierarchical, total, flags = omega.hierarchical, omega.total, (*found.flags, *omega.solution.flags)
        if bool((omega.solution.general < 0.0).any()):
            flags = (*flags, "negative_loading")
    return pd.Series(
        {
            "omega_hierarchical": hierarchical,
            "omega_total": total,
            "group_factors": group_factors,
            "n_items": answers.shape[1],
            "n_used": found.n_used,
            "undefined": " ".join(dict.fromkeys(flags)),
        }
    )
