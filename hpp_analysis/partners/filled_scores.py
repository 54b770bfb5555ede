"""Scores of ratings whose gaps are filled: predicted from the other answers of the person, and from the side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import given_as, places_of
from hpp_analysis.core.arrays import Floats
from hpp_analysis.survey.survey import Survey
from hpp_analysis.survey.understand import DONT_KNOW, NOT_ASKED


@dataclass(frozen=True, eq=False, slots=True)
class FilledScores:
    """The score of each rating with its gaps filled, and how much of it is "don't know".

    Attributes
    ----------
    scales : list of str
    scores : ndarray, shape (scales, ..., ratings)
        NaN where nothing was asked, or the person answered nothing at all.
    unknown : ndarray, shape (scales, ratings)
        The share of "don't know" among the items that were asked: what one point less for each takes off the score.
    """

    scales: list[str]
    scores: Floats
    unknown: Floats


def fill_scores(survey: Survey, fill: Callable[[Floats], Floats]) -> FilledScores:
    """Fill the items of one scale at a time: from each other, the means of the other scales, and the side.

    Parameters
    ----------
    survey : Survey
    fill : callable
        Fills the gaps of ratings x variables, once (ratings x variables) or several times (draws x ratings x variables).
    """
    answers = survey.items.to_numpy(dtype=float)
    answered, asked, said = ~np.isnan(answers), ~given_as(survey, NOT_ASKED), given_as(survey, DONT_KNOW)
    places = {part.id: places_of(survey, part.id) for part in (*survey.instrument.factors, *survey.instrument.outcomes)}
    places = {scale: own for scale, own in places.items() if own}
    means = {scale: _mean(answers[:, own], answered[:, own]) for scale, own in places.items()}
    side = survey.respondents["side"].astype(str) if "side" in survey.respondents else pd.Series("", survey.items.index)
    dummies = [side.eq(name).to_numpy(dtype=float) for name in sorted(set(side))[1:]]
    scores, unknown = [], []
    for scale, own in places.items():
        x = np.column_stack([answers[:, own], *(means[other] for other in places if other != scale), *dummies])
        x[~answered.any(axis=1)] = np.nan  # the side alone tells nothing about a person
        scores.append(_mean(fill(x)[..., : len(own)], asked[:, own]))
        unknown.append(said[:, own].sum(axis=1) / np.maximum(asked[:, own].sum(axis=1), 1))
    return FilledScores(list(places), np.array(scores), np.array(unknown))


def _mean(values: Floats, counting: np.ndarray) -> Floats:
    """The mean of the items that count; NaN where none does."""
    n = counting.sum(axis=1)
    return np.where(n > 0, np.where(counting, values, 0.0).sum(axis=-1) / np.maximum(n, 1), np.nan)
