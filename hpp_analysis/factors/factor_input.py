"""What a factor analysis is given, as one correlation matrix with its answers: the one check of that input."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import answers_of
from hpp_analysis.common.context import Context
from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.correlation.correlation import Smoothing
from hpp_analysis.core.correlation.polychoric import polychoric, polychoric_covariance
from hpp_analysis.errors import Failure, OptionError, SurveyError
from hpp_analysis.factors.correlation import Correlation, correlate
from hpp_analysis.factors.estimate_correlation import Estimate, estimate
from hpp_analysis.factors.factor_source import persons_of
from hpp_analysis.options import CorrelationMethod, CorrelationMissing
from hpp_analysis.survey.survey import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorInput:
    """The correlations that are analysed, and the answers behind them.

    Attributes
    ----------
    r : DataFrame, items x items
    n : float
        Rows behind the correlations; NaN where unknown.
    correlation, missing : str
        How the answers were correlated; "given" for a matrix of the user.
    flags : tuple of str
    context : Context
    centre, scale : Series by item
        Means and standard deviations of the answers; NaN where these are not known.
    weights : ndarray, items x items, or None
        The precision of each correlation, for "dwls".
    answers, persons : DataFrame and Series, or None
        The answers, and whom each row comes from.
    """

    r: pd.DataFrame
    n: float
    correlation: str
    missing: str
    flags: tuple[str, ...] = ()
    context: Context = field(default_factory=Context)
    centre: pd.Series
    scale: pd.Series
    weights: np.ndarray | None = None
    answers: pd.DataFrame | None = None
    persons: pd.Series | None = None


def factor_input(
    data: Survey | pd.DataFrame | Correlation,
    correlation: CorrelationMethod,
    missing: CorrelationMissing | None,
    n_obs: int | None,
    extraction: str,
) -> FactorInput:
    """Take answers, correlations or a result of `correlate`, and check them."""
    if isinstance(data, Correlation):
        unknown = pd.Series(np.nan, data.r.index)
        return FactorInput(
            r=data.r,
            n=float(n_obs or data.n_used),
            correlation=data.method,
            missing=data.missing,
            flags=_smoothed_flag(data.smoothed),
            context=data.context,
            centre=unknown,
            scale=unknown,
        )
    if n_obs is not None:
        if isinstance(data, Survey):
            raise OptionError("`n_obs` must go with a correlation matrix. Given: a survey. Leave `n_obs` out.")
        r = _matrix(data)
        unknown = pd.Series(np.nan, r.index)
        n = float(n_obs) if n_obs else np.nan
        return FactorInput(r=r, n=n, correlation="given", missing="given", centre=unknown, scale=unknown)
    answers = answers_of(data)
    if missing is None:
        missing = "em" if correlation == "pearson" else "pairwise"
    weights = None
    found: Correlation | Estimate
    if correlation == "pearson":  # the matrix alone: a whole result takes as long as the factors
        found = estimate(answers, correlation, missing, None, 0)
    else:
        found = correlate(answers, method=correlation, missing=missing)
        weights = _precision(answers, found) if extraction == "dwls" else None
    centre, scale = _moments(answers)
    return FactorInput(
        r=pd.DataFrame(found.r, answers.columns, answers.columns),
        n=float(found.n_used),
        correlation=correlation,
        missing=missing,
        flags=_smoothed_flag(found.smoothed),
        context=Context.of(data) if isinstance(data, Survey) else Context(),
        centre=centre,
        scale=scale,
        weights=weights,
        answers=answers,
        persons=persons_of(data),
    )


def _smoothed_flag(smoothed: Smoothing | None) -> tuple[str, ...]:
    return () if smoothed is None else ("smoothed",)


def _moments(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Means and standard deviations of what was answered; NaN where nothing was."""
    values = frame.to_numpy()
    if not np.isnan(values).any() and len(values) > 1:  # pandas looks for gaps column by column
        return pd.Series(values.mean(axis=0), frame.columns), pd.Series(values.std(axis=0, ddof=1), frame.columns)
    return frame.mean(), frame.std(ddof=1)


def _precision(frame: pd.DataFrame, found: Correlation) -> np.ndarray | None:
    """One over the variance of each polychoric correlation; None where it is that of normal variables."""
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
    """Return a square frame of correlations; an error names all that is wrong with another one."""
    values = frame.to_numpy(dtype=float, na_value=np.nan)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        rule = "With `n_obs` the items must be a square frame of correlations."
        shape = " x ".join(map(str, values.shape))
        raise SurveyError([Failure(rule, "Give the correlations, or leave `n_obs` out for answers.", value=shape)])
    failures = []
    if not np.allclose(values, values.T, rtol=0.0, atol=1e-6, equal_nan=True):
        failures.append(Failure("Correlations must be symmetric.", "Give the whole matrix.", value="not symmetric"))
    diagonal, largest = np.diag(values), np.nanmax(np.abs(values), initial=0.0)
    if not np.allclose(diagonal, 1.0, rtol=0.0, atol=1e-6):
        worst = int(np.nanargmax(np.abs(diagonal - 1.0))) if np.isfinite(diagonal).any() else 0
        rule = "The diagonal of correlations must be 1; this looks like a covariance matrix."
        column, value = str(frame.columns[worst]), f"{diagonal[worst]:g}"
        failures.append(Failure(rule, "Divide by the standard deviations.", column=column, value=value))
    elif largest > 1.0 + 1e-6:
        failures.append(Failure("Correlations must lie between -1 and 1.", "Correct the matrix.", value=f"{largest:g}"))
    if failures:
        raise SurveyError(failures)
    names = [str(name) for name in frame.columns]
    return pd.DataFrame((values + values.T) / 2.0, names, names)
