"""Does what a criterion assumes hold for these data?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from hpp_analysis.common.interpret import (
    CONTINUOUS_CATEGORIES,
    DESIGN_EFFECT,
    KURTOSIS_NORMAL,
    MIN_ITEMS_PER_FACTOR,
    MINOR_FACTORS_SHOW,
    POWER_ENOUGH,
    SKEW_NORMAL,
)
from hpp_analysis.core.groups.agreement import one_way
from hpp_analysis.core.retention.model_fit import CLOSE_FIT
from hpp_analysis.core.retention.verdict import Verdict
from hpp_analysis.factors.retention_criteria import CRITERIA
from hpp_analysis.texts import N_

State = Literal["met", "doubtful", "not_met", "unknown"]

ASSUMES: dict[str, str] = {
    "own_margins": N_("reference data with the distributions of the items"),
    "product_moment": N_("product-moment correlations, whose sampling error is counted on"),
    "normal_items": N_("about normal items: no |skewness| above 2 and no |kurtosis| above 7; the worst"),
    "n_above_p": N_("more observations than items; as many times as"),
    "enough_items": N_("at least three items for each factor; there are"),
    "tolerates_close_fit": N_("a model that fits closely (RMSEA .05) is spared; its chance to be rejected"),
    "no_minor_factors": N_(
        "no small factors beside the major ones, which many respondents bring to light; respondents"
    ),
    "no_sampling_error": N_("no sampling error; without any factor the first eigenvalue would be about"),
    "independent": N_("respondents who answer independently of each other; the design effect of sides of partnerships"),
    "enough_categories": N_("at least five categories, to count as continuous; the fewest"),
}
"""What each code says; the value stands beside it."""

_COUNT_ON_CHANCE = frozenset(CRITERIA) - {"map", "map4", "hull", "kaiser"}
"""Criteria that compare with what chance makes of n independent respondents."""

OF_KIND = frozenset({"own_margins", "product_moment"})
"""Assumptions that hold or not: they have no value."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at.

    Attributes
    ----------
    n : float
    p : int
    correlation : str
        The method.
    reference : str
        "permuted" or "normal".
    alpha : float
        Level of tests.
    skewness, kurtosis : float
        The largest sizes among the items; NaN where there are no answers.
    fewest_categories : float
        Of any item; NaN where there are no answers.
    design_effect : float
        How many times the variance of an item's mean is larger than that of independent answers, as those of one side of
        a partnership resemble each other; the mean of the items. NaN where it is not known who rated what.
    """

    n: float
    p: int
    correlation: str
    reference: str
    alpha: float = 0.05
    skewness: float = np.nan
    kurtosis: float = np.nan
    fewest_categories: float = np.nan
    design_effect: float = np.nan

    @classmethod
    def of(
        cls,
        answers: pd.DataFrame | None,
        groups: NDArray[np.int64] | None,
        n: float,
        p: int,
        correlation: str,
        reference: str,
        alpha: float,
    ) -> Facts:
        """Look at the answers, where there are any, and at who gave them: `groups` has a number for each row."""
        if answers is None or answers.empty:
            return cls(n, p, correlation, reference, alpha)
        x = answers.to_numpy(dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            answered = ~np.isnan(x)
            count = np.maximum(answered.sum(axis=0), 1)
            away = np.where(answered, x - np.where(answered, x, 0.0).sum(axis=0) / count, 0.0)
            sd = np.sqrt((away**2).sum(axis=0) / count)
            skewness = (away**3).sum(axis=0) / count / sd**3
            kurtosis = (away**4).sum(axis=0) / count / sd**4 - 3.0
        fewest = min(int(answers[name].nunique()) for name in answers.columns)
        largest = [float(np.abs(found[np.isfinite(found)]).max(initial=0.0)) for found in (skewness, kurtosis)]
        effect = np.nan if groups is None else _design_effect(x, groups)
        return cls(n, p, correlation, reference, alpha, largest[0], largest[1], float(fewest), effect)


def _design_effect(x: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    found = [one_way(column, groups) for column in x.T]
    effects = [1.0 + (one.n0 - 1.0) * one.icc1_n0 for one in found if not one.reason]
    return float(np.mean(effects)) if effects else np.nan


def check(verdicts: Mapping[str, Verdict], facts: Facts) -> pd.DataFrame:
    """Check what each criterion assumes.

    Returns
    -------
    DataFrame
        criterion, assumes (a code), value (what was found; NaN where that is unknown), state ("met", "doubtful",
        "not_met", "unknown").
    """
    rows = []
    for name, found in verdicts.items():
        assumed = list(CRITERIA[name].assumes)
        if name in _COUNT_ON_CHANCE:
            assumed.append("independent")
        if facts.correlation in ("pearson", "given") and name != "kaiser":
            assumed.append("enough_categories")
        for code in assumed:
            value, state = _checked(code, found, facts)
            rows.append({"criterion": name, "assumes": code, "value": value, "state": state})
    return pd.DataFrame(rows, columns=["criterion", "assumes", "value", "state"])


def misled_by_minor_factors(validity: pd.DataFrame) -> list[str]:
    """The criteria of a `check` whose number may count small minor factors: their votes count half."""
    doubtful = validity["assumes"].eq("no_minor_factors") & validity["state"].eq("doubtful")
    return [str(name) for name in validity.loc[doubtful, "criterion"]]


def _checked(code: str, found: Verdict, facts: Facts) -> tuple[float, State]:
    """A number, and what it says of an assumption; where the assumption is one of kind, 1 for yes and 0 for no."""
    ordered = facts.correlation in ("polychoric", "mixed")
    match code:
        case "own_margins":
            own = facts.reference == "permuted"
            normal = np.isfinite(facts.skewness) and _is_normal(facts)
            if own:
                return 1.0, "met"
            if ordered:
                return 0.0, "not_met"
            return 0.0, "met" if normal else "unknown" if np.isnan(facts.skewness) else "doubtful"
        case "product_moment":
            if facts.correlation == "given":
                return np.nan, "unknown"
            return float(not ordered), "not_met" if ordered else "met"
        case "normal_items":
            if np.isnan(facts.skewness):
                return np.nan, "unknown"
            worst = max(facts.skewness / SKEW_NORMAL, facts.kurtosis / KURTOSIS_NORMAL)
            value = facts.skewness if facts.skewness / SKEW_NORMAL == worst else facts.kurtosis
            return value, "met" if _is_normal(facts) else "doubtful"
        case "n_above_p":
            if not facts.n > 0:
                return np.nan, "unknown"
            return facts.n / facts.p, "met" if facts.n > facts.p else "not_met"
        case "enough_items":
            if not found.n_factors > 0:
                return np.nan, "unknown"
            per = facts.p / found.n_factors
            return per, "met" if per >= MIN_ITEMS_PER_FACTOR else "doubtful"
        case "tolerates_close_fit":
            return _power(found, facts)
        case "no_minor_factors":
            if not facts.n > 0:
                return np.nan, "unknown"
            return facts.n, "met" if facts.n < MINOR_FACTORS_SHOW else "doubtful"
        case "independent":
            if np.isnan(facts.design_effect):
                return np.nan, "unknown"
            return facts.design_effect, "met" if facts.design_effect < DESIGN_EFFECT else "doubtful"
        case "enough_categories":
            if np.isnan(facts.fewest_categories):
                return np.nan, "unknown"
            few = facts.fewest_categories < CONTINUOUS_CATEGORIES
            return facts.fewest_categories, "doubtful" if few else "met"
    if not facts.n > 0:  # eigenvalues above 1, of a sample
        return np.nan, "not_met"
    return float((1.0 + np.sqrt(facts.p / facts.n)) ** 2), "not_met"


def _is_normal(facts: Facts) -> bool:
    return facts.skewness <= SKEW_NORMAL and facts.kurtosis <= KURTOSIS_NORMAL


def _power(found: Verdict, facts: Facts) -> tuple[float, State]:
    """The power of the test of exact fit against an RMSEA of .05 (MacCallum, Browne & Sugawara 1996).

    Of the solution that the test kept; where it kept none, of the last that it rejected.
    """
    df = found.values.get("df")
    if df is None or not facts.n > 0:
        return np.nan, "unknown"
    at = float(df[int(found.n_factors)] if np.isfinite(found.n_factors) else df[-1])
    if at <= 0:
        return np.nan, "unknown"
    critical = special.chdtri(at, facts.alpha)
    power = 1.0 - float(special.chndtr(critical, at, (facts.n - 1) * at * CLOSE_FIT**2))
    return power, "not_met" if power >= POWER_ENOUGH else "met"
