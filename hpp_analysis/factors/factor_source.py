"""The answers and options behind a factor solution, so that it can be computed again from resampled answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.core.correlation.weighted import WeightedCorrelations, WeightedLikelihood
from hpp_analysis.core.factors.recipe import Recipe
from hpp_analysis.core.factors.solutions_many import KnownSolution
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.factors.estimate_correlation import estimate
from hpp_analysis.options import CorrelationMethod, CorrelationMissing
from hpp_analysis.survey.survey import Survey

Weighted = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Weights (b, n) in, correlations (b, p, p) out; NaN where a sample has none."""


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class FactorSource:
    """The answers and the recipe of a solution.

    Attributes
    ----------
    answers : DataFrame
        Respondents x items, NaN where not answered; without rows where only correlations are known.
    persons : Series
        Whom each row comes from.
    recipe : Recipe
    known : KnownSolution
        The solution.
    correlation, missing : str
        How the answers were correlated.
    """

    answers: pd.DataFrame
    persons: pd.Series
    recipe: Recipe
    known: KnownSolution
    correlation: CorrelationMethod
    missing: CorrelationMissing

    @property
    def has_answers(self) -> bool:
        """Whether there are respondents to resample."""
        return len(self.answers) > 0


def persons_of(items: Survey | pd.DataFrame, units: pd.Series | None = None) -> pd.Series:
    """Whom each row comes from: `units` by index, the persons of a survey, or each row on its own."""
    rows = items.items.index if isinstance(items, Survey) else items.index
    if units is None:
        if isinstance(items, Survey):
            return items.persons
        return pd.Series(np.arange(len(rows)), rows)
    fits = isinstance(units, pd.Series) and units.index.is_unique and rows.isin(units.index).all()
    if not fits or units.reindex(rows).isna().any():
        raise SurveyError(
            [
                Failure(
                    "`units` must name for each row whom it comes from, by the same index.",
                    "Give a Series with the index of the answers and no gaps.",
                    value=f"{type(units).__name__} of {len(units)}",
                )
            ]
        )
    return units.reindex(rows)


def units_of(persons: pd.Series, rows: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Codes from 0 of those who stand behind the chosen rows."""
    return np.asarray(pd.factorize(persons[rows])[0], dtype=np.intp)


def usable_rows(answers: pd.DataFrame, missing: str) -> NDArray[np.bool_]:
    """The rows that the correlations rest on: complete ones, or those with an answer."""
    answered = answers.notna().to_numpy()
    return np.asarray(answered.all(axis=1) if missing == "listwise" else answered.any(axis=1))


def weighted_correlations(answers: pd.DataFrame, method: CorrelationMethod, missing: CorrelationMissing) -> Weighted:
    """How resampled answers are correlated: all samples at once where that can be, else one by one."""
    x = answers.to_numpy()
    if method == "pearson":
        if missing == "em" and np.isnan(x).any():
            return WeightedLikelihood(x)
        return WeightedCorrelations(x)

    def one_by_one(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        stack = np.empty((len(weights), x.shape[1], x.shape[1]))
        for b, weight in enumerate(weights):
            sample = answers.iloc[np.repeat(np.arange(len(x)), weight.astype(int))]
            stack[b] = estimate(sample, method, missing, None, 0).r
        return stack

    return one_by_one
