"""The one gate of a factor analysis: a correlation matrix, whatever came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import answers_of
from hpp_analysis.common.design import names_of
from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.correlation.polychoric import polychoric, polychoric_covariance
from hpp_analysis.errors import Failure, OptionError, SurveyError
from hpp_analysis.factors.correlation import Correlation, correlate
from hpp_analysis.factors.estimate_correlation import estimate
from hpp_analysis.factors.factor_source import persons_of
from hpp_analysis.options import CorrelationMethod, CorrelationMissing, one_of
from hpp_analysis.survey.survey import Survey


@dataclass(frozen=True, slots=True)
class FactorInput:
    """What is analysed, and where it came from."""

    r: pd.DataFrame
    n: float
    correlation: str
    missing: str
    flags: tuple[str, ...]
    names: Mapping[str, Mapping[str, str]]
    selection: Mapping[str, str]
    centre: pd.Series
    scale: pd.Series
    weights: np.ndarray | None = None
    answers: pd.DataFrame | None = None
    persons: pd.Series | None = None


def factor_input(
    items: Survey | pd.DataFrame | Correlation,
    correlation: CorrelationMethod,
    missing: CorrelationMissing | None,
    n_obs: int | None,
    extraction: str,
) -> FactorInput:
    """The one gate: a correlation matrix, whatever came in."""
    if isinstance(items, Correlation):
        nothing = pd.Series(np.nan, items.r.index)
        flags = ("smoothed",) if items.smoothed is not None else ()
        n = float(n_obs) if n_obs else float(items.n_used)
        return FactorInput(
            items.r,
            n,
            items.method,
            items.missing,
            flags,
            items.context.names,
            items.context.selection,
            nothing,
            nothing,
        )
    if n_obs is not None:
        if isinstance(items, Survey):
            raise OptionError("`n_obs` must go with a correlation matrix. Given: a survey. Leave `n_obs` out.")
        r = _matrix(items)
        nothing = pd.Series(np.nan, r.index)
        return FactorInput(r, float(n_obs) if n_obs else np.nan, "given", "given", (), {}, {}, nothing, nothing)
    frame = answers_of(items)
    if missing is None:
        missing = "em" if correlation == "pearson" else "pairwise"
    if correlation == "pearson":  # the matrix alone: a whole result takes as long as the factors
        one_of(missing, CorrelationMissing, "missing")
        plain = estimate(frame, correlation, missing, None, 0)
        r = pd.DataFrame(plain.r, frame.columns, frame.columns)
        smoothed = plain.smoothed
        n_used, weights = float(plain.n_used), None
    else:
        found = correlate(frame, method=correlation, missing=missing)
        r, smoothed, n_used = found.r, found.smoothed, float(found.n_used)
        weights = _precision(frame, found) if extraction == "dwls" else None
    of_survey = isinstance(items, Survey)
    return FactorInput(
        r, n_used, correlation, missing, ("smoothed",) if smoothed is not None else (),
        names_of(items) if of_survey else {}, items.selection if of_survey else {}, *_moments(frame), weights,
        frame, persons_of(items),
    )  # fmt: skip


def _moments(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Means and standard deviations of what was answered; NaN where nothing was."""
    values = frame.to_numpy()
    if not np.isnan(values).any() and len(values) > 1:  # pandas looks for gaps column by column
        return pd.Series(values.mean(axis=0), frame.columns), pd.Series(values.std(axis=0, ddof=1), frame.columns)
    return frame.mean(), frame.std(ddof=1)


def _precision(frame: pd.DataFrame, found: Correlation) -> np.ndarray | None:
    """One over the variance of each polychoric correlation; None where those of normal variables have to do."""
    if found.method != "polychoric" or found.flags or found.merged:
        return None
    complete = frame.dropna()
    categories = categorise(complete.to_numpy())
    r = found.r.to_numpy() if len(complete) == len(frame) or found.missing == "listwise" else polychoric(categories).r
    if not np.isfinite(r).all():
        return None
    spread = polychoric_covariance(categories, r)
    variance = np.diag(spread.gamma)[spread.n_thresholds :]
    weights = np.ones_like(r)
    weights[np.triu_indices(len(r), 1)] = 1.0 / variance
    return np.asarray(np.triu(weights, 1) + np.triu(weights, 1).T)


def _matrix(frame: pd.DataFrame) -> pd.DataFrame:
    """A square frame of correlations, or everything that is wrong with it."""
    failures = []
    values = frame.to_numpy(dtype=float, na_value=np.nan)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        shape = " x ".join(map(str, values.shape))
        raise SurveyError(
            [
                Failure(
                    "With `n_obs` the items must be a square frame of correlations.",
                    "Give the correlations, or leave `n_obs` out for answers.",
                    value=shape,
                )
            ]
        )
    if not np.allclose(values, values.T, rtol=0.0, atol=1e-6, equal_nan=True):
        failures.append(Failure("Correlations must be symmetric.", "Give the whole matrix.", value="not symmetric"))
    diagonal = np.diag(values)
    if not np.allclose(diagonal, 1.0, rtol=0.0, atol=1e-6):
        worst = int(np.nanargmax(np.abs(diagonal - 1.0))) if np.isfinite(diagonal).any() else 0
        failures.append(
            Failure(
                "The diagonal of correlations must be 1; this looks like a covariance matrix.",
                "Divide by the standard deviations.",
                column=str(frame.columns[worst]),
                value=f"{diagonal[worst]:g}",
            )
        )
    elif np.nanmax(np.abs(values), initial=0.0) > 1.0 + 1e-6:
        failures.append(
            Failure(
                "Correlations must lie between -1 and 1.", "Correct the matrix.", value=f"{np.nanmax(np.abs(values)):g}"
            )
        )
    if failures:
        raise SurveyError(failures)
    names = [str(name) for name in frame.columns]
    return pd.DataFrame((values + values.T) / 2.0, names, names)
