"""A factor solution: its numbers, and the scores that follow from them."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import answers_of
from hpp_analysis.common.result import Result
from hpp_analysis.core.factors.schmid_leiman import schmid_leiman
from hpp_analysis.core.factors.solution import score_weights
from hpp_analysis.errors import Failure, NotIdentifiedError, SurveyError
from hpp_analysis.factors.factor_source import FactorSource
from hpp_analysis.options import ScoreMethod, checked
from hpp_analysis.survey.survey import Survey

_FIT_MEASURES = (
    "chi2", "df", "p", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr",
)  # fmt: skip
_UNDEFINED = {"undefined_correlation", "not_positive_definite", "not_identified"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FactorSolution(Result, ABC):
    """The numbers of an exploratory factor solution.

    Factors are named F1, F2, ... (C1, C2, ... for components) in the order of the variance that they account for.
    Loadings, correlations, structure and scores have been permuted and reflected together; the loadings of a factor
    sum to a positive number.

    Attributes
    ----------
    table : DataFrame
        One row per item: item, a column of loadings per factor, communality, uniqueness.
    loadings : DataFrame, items x factors
        The pattern: regressions of the items on the factors.
    factor_correlations : DataFrame, factors x factors
        The identity after an orthogonal rotation.
    communalities, uniquenesses : Series by item
        The share of an item's variance that the factors account for, and the rest.
    structure : DataFrame, items x factors
        Correlations of items with factors.
    variance : DataFrame, factors x (variance, share, cumulative)
        Variance that each factor accounts for, as a sum over items, as a share of all, and added up.
    residuals : DataFrame, items x items
        Observed less reproduced correlations; on the diagonal the uniquenesses.
    correlations : DataFrame, items x items
        What was analysed.
    chi2, df, p, cfi, tli, rmsea, rmsea_ci_lower, rmsea_ci_upper, srmr, bic, sabic, rmsr : float
        Fit; the interval of RMSEA covers 90 %. Tests are undefined without a number of observations. SRMR counts the diagonal,
        which fits exactly, and RMSR does not.
    n_used : float
        Rows behind the correlations, with pairwise deletion the smallest number behind a pair; NaN where unknown.
    extraction, rotation, correlation, missing, like : str
        As given to `fit_efa`.
    normalized : bool
        Whether the rotation was under Kaiser's normalisation.
    settings : mapping
        Of the rotation.
    n_starts, n_best : int
        Starts of the rotation, and how many reached the best value of its criterion.
    n_iterations : int
        Of the extraction.
    centre, scale : Series by item
        Means and standard deviations that standardise answers for `scores`; NaN for a correlation matrix.
    source : FactorSource or None
        The answers and the recipe, for `bootstrap`; None for correlations of which nothing more is known.
    """

    loadings: pd.DataFrame
    factor_correlations: pd.DataFrame
    communalities: pd.Series
    uniquenesses: pd.Series
    structure: pd.DataFrame
    variance: pd.DataFrame
    residuals: pd.DataFrame
    correlations: pd.DataFrame
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
    cfi: float
    srmr: float
    n_used: float
    extraction: str = "minres"
    rotation: str = "oblimin"
    correlation: str = "pearson"
    missing: str = "em"
    like: str | None = None
    normalized: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)
    n_starts: int = 1
    n_best: int = 1
    n_iterations: int = 0
    centre: pd.Series
    scale: pd.Series
    source: FactorSource | None = None

    @property
    def is_defined(self) -> bool:
        """Whether there is a solution; otherwise its numbers are NaN and `flags` say why."""
        return not set(self.flags) & _UNDEFINED

    @property
    def fit_measures(self) -> pd.Series:
        """Fit by the names that `fit_cfa` uses: chi2 df p cfi tli rmsea rmsea_ci_lower rmsea_ci_upper srmr.

        They are lavaan's of `efa()` with `like="lavaan"` and `extraction="ml"`. `bic` and `sabic` are not among them: here they
        are the chi-square less a penalty for each degree of freedom (as in psych), there they rest on the log-likelihood.
        """
        return pd.Series({name: getattr(self, name) for name in _FIT_MEASURES}, name="value", dtype=float)

    @checked
    def scores(
        self,
        data: Survey | pd.DataFrame,
        *,
        method: ScoreMethod = "regression",
        standardize: Literal["fitted", "given"] = "fitted",
    ) -> pd.DataFrame:
        """Scores of respondents on the factors.

        Parameters
        ----------
        data : Survey or DataFrame
            Answers to at least the items of the solution; items are found by name.
        method : {"regression", "bartlett", "tenberge"}
            Thurstone's regression scores; Bartlett's unbiased scores; or scores that correlate as the factors do.
        standardize : {"fitted", "given"}
            Whether answers are standardised by the moments of the data that were fitted, or by those given here.

        Returns
        -------
        DataFrame, respondents x factors
            On the index of `data`; NaN for a row with a missing answer, which is not filled in.

        Raises
        ------
        SurveyError
            When items are missing.
        NotIdentifiedError
            When there is no solution, a uniqueness is zero (Bartlett's scores), or the correlations are singular.
        """
        x = answers_of(data)
        rule = "The answers must have a column for each item of the solution."
        if absent := [Failure(rule, "Add it.", column=item) for item in self.loadings.index if item not in x]:
            raise SurveyError(absent)
        x = x[list(self.loadings.index)]
        own = standardize == "given" or bool(self.centre.isna().any())
        centre, scale = (x.mean(), x.std(ddof=1)) if own else (self.centre, self.scale)
        weights = self.score_weights(method)
        z = (x.to_numpy() - centre.to_numpy()) / scale.to_numpy()
        return pd.DataFrame(z @ weights.to_numpy(), x.index, weights.columns)

    @checked
    def score_weights(self, method: ScoreMethod = "regression") -> pd.DataFrame:
        """Weights by which standardised answers make scores, items x factors; see `scores`."""
        psi = self.uniquenesses.to_numpy()
        correlation = self.correlations.to_numpy()
        singular = self.is_defined and np.linalg.eigvalsh(correlation)[0] <= 1e-10
        if not self.is_defined or singular or (method == "bartlett" and bool((psi <= 1e-6).any())):
            raise NotIdentifiedError(
                f"There must be a solution, correlations that are not singular and, for Bartlett's, uniquenesses above 0. "
                f"Given: flags {', '.join(self.flags) or 'none'}, smallest uniqueness {psi.min():.3g}. "
                "Leave out items that others determine, or use another method."
            )
        weights = score_weights(correlation, self.loadings.to_numpy(), self.factor_correlations.to_numpy(), psi, method)
        return pd.DataFrame(weights, self.loadings.index, self.loadings.columns)

    @checked
    def schmid_leiman(self, *, method: Literal["minres", "pa"] = "minres") -> pd.DataFrame:
        """Loadings on a general factor above these factors, and on what is left of each.

        Parameters
        ----------
        method : {"minres", "pa"}
            How the general factor is extracted from the factor correlations.

        Returns
        -------
        DataFrame, items x (general, the factors, communality)

        Raises
        ------
        NotIdentifiedError
            With fewer than three factors: their correlations do not tell how general each of them is.

        References
        ----------
        Schmid & Leiman (1957), doi:10.1007/BF02289209
        """
        found = schmid_leiman(self.loadings.to_numpy(), self.factor_correlations.to_numpy(), method=method)
        if "too_few_factors" in found.flags or not self.is_defined:
            raise NotIdentifiedError(
                f"The solution must have three factors or more. Given: {len(self.loadings.columns)}. "
                "Extract more factors, or name the general factor by theory in a confirmatory model."
            )
        frame = pd.DataFrame(found.groups, self.loadings.index, self.loadings.columns)
        frame.insert(0, "general", found.general)
        frame["communality"] = (frame**2).sum(axis=1)
        return frame
