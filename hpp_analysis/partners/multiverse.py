"""The multiverse of defensible analyses: other scores of the ratings, fewer ratings, or other weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy import stats

from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import as_given, factor_items, given_as, places_of
from hpp_analysis.common.design import design_of
from hpp_analysis.common.interpret import MANY_UNKNOWN, MIN_LEFT, ODD_P, RUN_SHARE, STILL_SHARE
from hpp_analysis.core.careless import answer_variability, longest_run, odd_distance
from hpp_analysis.core.factors.extraction import uls_factors
from hpp_analysis.core.imputation import predict_normal
from hpp_analysis.errors import HppError
from hpp_analysis.options import Weight
from hpp_analysis.partners.filled_scores import fill_scores
from hpp_analysis.survey.survey import Survey
from hpp_analysis.survey.understand import DONT_KNOW
from hpp_analysis.texts import N_


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """The answers under one other choice of analysis.

    Attributes
    ----------
    code : str
        A key of `CHOICES`.
    values : DataFrame, ratings x scales
        The score of each rating; NaN where it has none or is left out.
    weight : {"organisation", "respondent"}
    n_ratings : int
        Ratings that the analysis uses.
    why : str
        Why there is no such analysis, or "": "no_change", "too_few_left", "not_possible".
    """

    code: str
    values: pd.DataFrame
    weight: Weight = "organisation"
    n_ratings: int = 0
    why: str = ""


CHOICES: dict[str, str] = {
    "each_rating": N_("each rating counts equally, not each partnership"),
    "most_items": N_("a score needs 80% of the characteristics"),
    "all_items": N_("a score needs all characteristics"),
    "complete": N_("complete ratings only"),
    "few_unknown": N_("without ratings that often say 'don't know'"),
    "unknown_low": N_("'don't know' counted as one point lower than predicted"),
    "median": N_("the median of the characteristics, not their mean"),
    "factor_weights": N_("characteristics weighted by their loadings"),
    "no_runs": N_("without ratings with long runs of one answer"),
    "no_still": N_("without ratings with hardly any variation"),
    "no_odd": N_("without ratings with odd combinations of answers"),
    "one_rating": N_("without persons who rated several partnerships"),
    "no_extremes": N_("without the highest and lowest rating of each partnership and side"),
}
"""Names of the choices."""

_OF_PERSONS: dict[str, str] = {
    "complete": N_("only persons who answered everything"),
    "few_unknown": N_("without persons who often say 'don't know'"),
    "no_runs": N_("without persons with long runs of one answer"),
    "no_still": N_("without persons with hardly any variation"),
    "no_odd": N_("without persons with odd combinations of answers"),
    "no_extremes": N_("without the highest and the lowest person"),
}


def choice_names(*, partnerships: bool) -> dict[str, str]:
    """Name the choices; without partnerships a rating is a person, and nobody gives several."""
    if partnerships:
        return CHOICES
    of_persons = {code: name for code, name in CHOICES.items() if code not in ("each_rating", "one_rating")}
    return of_persons | _OF_PERSONS


def apply_choices(survey: Survey) -> Iterator[Choice]:
    """Yield the answers under every other choice of analysis, in the order of `CHOICES`."""
    usual = scale_values(survey)
    scores = usual.to_numpy()
    enough = MIN_LEFT * (~np.isnan(scores)).sum(axis=0)
    for code, rescore in _RESCORE.items():
        try:
            changed = rescore(survey, usual)
        except (HppError, np.linalg.LinAlgError):
            changed = "not_possible"
        if isinstance(changed, str):
            yield Choice(code, usual, why=changed)
            continue
        weight: Weight = "respondent" if code == "each_rating" else "organisation"
        used = changed if changed.ndim == 1 else np.full(len(survey), True)
        values = np.where(used[:, None], scores, np.nan) if changed.ndim == 1 else changed
        if weight == "organisation" and np.array_equal(values, scores, equal_nan=True):
            yield Choice(code, usual, why="no_change")
        elif used.mean() < MIN_LEFT or ((~np.isnan(values)).sum(axis=0) < enough).any():
            yield Choice(code, usual, why="too_few_left")
        else:
            yield Choice(code, pd.DataFrame(values, usual.index, usual.columns), weight, int(used.sum()))


Rescored: TypeAlias = np.ndarray | str
"""Other scores (ratings x scales), a mask of the ratings that are used, or why neither was possible."""


def _each_rating(survey: Survey, usual: pd.DataFrame) -> Rescored:
    columns = [column for column in ("side", "partnership") if column in survey.respondents]
    if "partnership" not in columns:
        return "no_change"
    groups = survey.respondents[columns].astype(str).drop_duplicates()
    several = groups["side"].duplicated().any() if "side" in columns else len(groups) > 1
    return usual.to_numpy() if several else "no_change"


def _min_valid(share: float) -> Callable[[Survey, pd.DataFrame], Rescored]:
    return lambda survey, _usual: scale_values(survey, share).to_numpy()


def _complete(survey: Survey, _usual: pd.DataFrame) -> Rescored:
    return np.asarray(survey.items[factor_items(survey)].notna().all(axis=1))


def _few_unknown(survey: Survey, _usual: pd.DataFrame) -> Rescored:
    unknown = given_as(survey, DONT_KNOW)[:, survey.items.columns.get_indexer(factor_items(survey))]
    return np.asarray(unknown.mean(axis=1) <= MANY_UNKNOWN)


def _unknown_low(survey: Survey, usual: pd.DataFrame) -> Rescored:
    """Predict all gaps, and take a point off each "don't know"; ratings without a score stay without one."""
    if not given_as(survey, DONT_KNOW).any():
        return "no_change"
    filled = fill_scores(survey, predict_normal)
    return np.where(usual.isna(), np.nan, (filled.scores - filled.unknown).T)


def _median(survey: Survey, usual: pd.DataFrame) -> Rescored:
    return _averaged(survey, usual, lambda items: np.nanmedian(items, axis=1))


def _factor_weights(survey: Survey, usual: pd.DataFrame) -> Rescored:
    return _averaged(survey, usual, _weighted)


def _weighted(items: np.ndarray) -> np.ndarray:
    """Average the answered items, each weighted by its loading on one factor."""
    if items.shape[1] < 3:
        return np.asarray(np.nanmean(items, axis=1))  # two items have no weights of their own
    loadings = np.abs(uls_factors(pd.DataFrame(items).corr().to_numpy(), 1).lambda_[:, 0])
    return np.asarray(np.nan_to_num(items) @ loadings / (~np.isnan(items) @ loadings))


def _averaged(survey: Survey, usual: pd.DataFrame, average: Callable[[np.ndarray], np.ndarray]) -> Rescored:
    """Score again the ratings that have a score."""
    scores: np.ndarray = usual.to_numpy().copy()
    answers = survey.items.to_numpy(dtype=float)
    for place, scale in enumerate(usual):
        has = ~np.isnan(scores[:, place])
        if has.any():
            scores[has, place] = average(answers[has][:, places_of(survey, str(scale))])
    return scores


def _no_runs(survey: Survey, _usual: pd.DataFrame) -> Rescored:
    given = as_given(survey)
    answered = (~np.isnan(given)).sum(axis=1)
    return np.asarray(longest_run(given) <= np.maximum(RUN_SHARE * answered, 2))


def _no_still(survey: Survey, _usual: pd.DataFrame) -> Rescored:
    spread = answer_variability(as_given(survey))
    cut = np.nanquantile(spread, STILL_SHARE)
    return ~(spread <= cut)


def _no_odd(survey: Survey, _usual: pd.DataFrame) -> Rescored:
    distance, df = odd_distance(as_given(survey))
    if np.isnan(distance).all():
        return "not_possible"
    return np.asarray(~(distance > stats.chi2.isf(ODD_P, np.maximum(df, 1))))


def _one_rating(survey: Survey, _usual: pd.DataFrame) -> Rescored:
    return np.asarray(~survey.persons.duplicated(keep=False))


def _no_extremes(survey: Survey, _usual: pd.DataFrame) -> Rescored:
    """Leave out the ratings with the highest and lowest mean of all characteristics, per partnership and side."""
    mean = survey.items[factor_items(survey)].mean(axis=1).to_numpy()
    cell = design_of(survey, ("partnership", "side")).cell
    order = np.lexsort((mean, cell))  # ratings with equal means stay in their order
    order = order[~np.isnan(mean[order])]
    begins = np.diff(cell[order], prepend=-1) != 0
    ends = np.diff(cell[order], append=-1) != 0
    used = np.full(len(mean), True)
    used[order[begins | ends]] = False
    return used


_RESCORE: dict[str, Callable[[Survey, pd.DataFrame], Rescored]] = {
    "each_rating": _each_rating,
    "most_items": _min_valid(0.8),
    "all_items": _min_valid(1.0),
    "complete": _complete,
    "few_unknown": _few_unknown,
    "unknown_low": _unknown_low,
    "median": _median,
    "factor_weights": _factor_weights,
    "no_runs": _no_runs,
    "no_still": _no_still,
    "no_odd": _no_odd,
    "one_rating": _one_rating,
    "no_extremes": _no_extremes,
}
