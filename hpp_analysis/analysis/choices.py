"""Other defensible ways to analyse the same answers: each of them is the survey as it would then be.

A choice leaves ratings out, or puts in the place of the answers to a factor's items what would be averaged instead. Any
verb can then be asked the same question of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from hpp_analysis.analysis.interpret import (
    MANY_UNKNOWN,
    MIN_LEFT,
    ODD_P,
    RUN_SHARE,
    STILL_SHARE,
)
from hpp_analysis.analysis.scores import scale_values
from hpp_analysis.core.careless import answer_variability, longest_run, odd_distance
from hpp_analysis.core.least_squares import uls_factors
from hpp_analysis.errors import HppError
from hpp_analysis.options import Weight
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """One other way.

    Attributes
    ----------
    code : str
        A key of `CHOICES`.
    survey : Survey, optional
        None where it cannot be made, or changes nothing.
    weight : {"organisation", "respondent"}
    why : str
        Why it was not made: "no_change", "too_few_left", "not_possible".
    """

    code: str
    survey: Survey | None
    weight: Weight = "organisation"
    why: str = ""


CHOICES: dict[str, str] = {
    "each_rating": N_("each rating counts equally, not each partnership"),
    "most_items": N_("a score needs 80% of the characteristics"),
    "all_items": N_("a score needs all characteristics"),
    "complete": N_("complete ratings only"),
    "few_unknown": N_("without ratings that often say 'don't know'"),
    "median": N_("the median of the characteristics, not their mean"),
    "factor_weights": N_("characteristics weighted by their loadings"),
    "no_runs": N_("without ratings with long runs of one answer"),
    "no_still": N_("without ratings with hardly any variation"),
    "no_odd": N_("without ratings with odd combinations of answers"),
    "one_rating": N_("without persons who rated several partnerships"),
    "no_extremes": N_("without the highest and lowest rating of each partnership and side"),
}
"""What each choice is called."""


def choices(survey: Survey) -> Iterator[Choice]:
    """Every other way to analyse these answers, in the order of `CHOICES`."""
    for code, make in _MAKE.items():
        try:
            made = make(survey)
        except (HppError, np.linalg.LinAlgError):
            yield Choice(code, None, why="not_possible")
            continue
        if isinstance(made, Survey):
            yield Choice(code, made, "respondent" if code == "each_rating" else "organisation")
        elif isinstance(made, str):
            yield Choice(code, None, why=made)
        elif (mask := np.asarray(made, dtype=bool)).all():
            yield Choice(code, None, why="no_change")
        elif mask.mean() < MIN_LEFT:
            yield Choice(code, None, why="too_few_left")
        else:
            yield Choice(code, survey.keep(mask, code))


def _each_rating(survey: Survey) -> Survey | str:
    where = [column for column in ("side", "partnership") if column in survey.respondents]
    if "partnership" not in where:
        return "no_change"
    places = survey.respondents[where].astype(str).drop_duplicates()
    several = places["side"].duplicated().any() if "side" in where else len(places) > 1
    return survey if several else "no_change"


def _min_valid(share: float) -> Callable[[Survey], Survey | str]:
    def make(survey: Survey) -> Survey | str:
        items = survey.items.copy()
        for scale, scores in scale_values(survey, share).items():
            items.loc[scores.isna(), survey[str(scale)].columns] = np.nan
        if items.isna().equals(survey.items.isna()):
            return "no_change"
        usual, left = scale_values(survey).notna().sum(), scale_values(replace(survey, items=items)).notna()
        if (left.sum() < MIN_LEFT * usual).any():
            return "too_few_left"
        return replace(survey, items=items)

    return make


def _complete(survey: Survey) -> np.ndarray:
    return np.asarray(survey.items[_items(survey)].notna().all(axis=1))


def _few_unknown(survey: Survey) -> np.ndarray:
    unknown = survey.reasons[_items(survey)] == "dont_know"
    return np.asarray(unknown.mean(axis=1) <= MANY_UNKNOWN)


def _median(survey: Survey) -> Survey:
    return _averaged(survey, lambda items: items.median(axis=1))


def _factor_weights(survey: Survey) -> Survey:
    return _averaged(survey, _weighted)


def _weighted(items: pd.DataFrame) -> pd.Series:
    """The mean of the answered items, each weighted by its loading on the one factor of all."""
    if items.shape[1] < 3:
        return items.mean(axis=1)  # two items have no weights of their own
    r = items.corr().to_numpy()
    loadings = np.abs(uls_factors(r, 1).lambda_[:, 0])
    answered = items.notna().to_numpy()
    filled = items.fillna(0.0).to_numpy()
    with np.errstate(invalid="ignore"):
        return pd.Series(filled @ loadings / (answered @ loadings), items.index)


def _averaged(survey: Survey, average: Callable[[pd.DataFrame], pd.Series]) -> Survey:
    """The survey with one number in the place of all answers to a factor: their mean is then that number."""
    items = survey.items.copy()
    for part in (*survey.instrument.factors, *survey.instrument.outcomes):
        answers = survey[part.id]
        if answers.shape[1]:
            one = average(answers).to_numpy()
            items[answers.columns] = np.where(answers.notna(), one[:, None], np.nan)
    return replace(survey, items=items)


def _items(survey: Survey) -> list[str]:
    """The items of the factors that were asked, in the order of the questionnaire."""
    factors = {factor.id for factor in survey.instrument.factors}
    return [item.id for item in survey.instrument.items if item.factor in factors and item.id in survey.items]


def _given(survey: Survey) -> np.ndarray:
    """The answers as they were clicked, reversed items turned back, in the order of the questionnaire."""
    items = _items(survey)
    turned = {item.id for item in survey.instrument.items if item.reverse}
    ends = survey.instrument.scale.min + survey.instrument.scale.max
    answers = survey.items[items].to_numpy(dtype=float)
    back = np.array([item in turned for item in items])
    return np.asarray(np.where(back, ends - answers, answers))


def _no_runs(survey: Survey) -> np.ndarray:
    given = _given(survey)
    answered = (~np.isnan(given)).sum(axis=1)
    return np.asarray(longest_run(given) <= np.maximum(RUN_SHARE * answered, 2))


def _no_still(survey: Survey) -> np.ndarray:
    spread = answer_variability(_given(survey))
    cut = np.nanquantile(spread, STILL_SHARE)
    return ~(spread <= cut)


def _no_odd(survey: Survey) -> np.ndarray | str:
    distance, df = odd_distance(_given(survey))
    if np.isnan(distance).all():
        return "not_possible"
    return np.asarray(~(distance > stats.chi2.isf(ODD_P, np.maximum(df, 1))))


def _one_rating(survey: Survey) -> np.ndarray:
    return np.asarray(~survey.persons.duplicated(keep=False))


def _no_extremes(survey: Survey) -> np.ndarray:
    """The rating with the highest and that with the lowest mean of all characteristics, of each partnership and side."""
    mean = survey.items[_items(survey)].mean(axis=1)
    groups = [column for column in ("partnership", "side") if column in survey.respondents]
    keys = (
        survey.respondents[groups].astype(str).agg("|".join, axis=1)
        if groups
        else pd.Series("", survey.items.index)
    )
    ranks = mean.groupby(keys).rank(method="first")
    counts = mean.groupby(keys).transform("count")
    return np.asarray(~((ranks == 1) | (ranks == counts)) | mean.isna())


_MAKE: dict[str, Callable[[Survey], Survey | np.ndarray | str]] = {
    "each_rating": _each_rating,
    "most_items": _min_valid(0.8),
    "all_items": _min_valid(1.0),
    "complete": _complete,
    "few_unknown": _few_unknown,
    "median": _median,
    "factor_weights": _factor_weights,
    "no_runs": _no_runs,
    "no_still": _no_still,
    "no_odd": _no_odd,
    "one_rating": _one_rating,
    "no_extremes": _no_extremes,
}
