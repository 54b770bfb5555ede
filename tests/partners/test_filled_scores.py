"""Scores whose gaps are filled."""

import numpy as np
import pytest

from hpp_analysis import score_scales, simulate_study
from hpp_analysis.core.imputation import predict_normal
from hpp_analysis.partners.filled_scores import fill_scores
from hpp_analysis.survey.survey import Survey


@pytest.fixture(scope="module")
def study() -> Survey:
    return simulate_study(seed=1, dont_know=0.2).survey


def test_ratings_that_answer_everything_keep_their_score(study: Survey) -> None:
    filled = fill_scores(study, predict_normal)
    usual = score_scales(study).values
    for place, scale in enumerate(filled.scales):
        complete = study.items[[str(item) for item in study[scale].columns]].notna().all(axis=1).to_numpy()
        assert complete.any()
        # only the order of the sums differs: rounding
        np.testing.assert_allclose(filled.scores[place, complete], usual[scale][complete], rtol=1e-12)
        assert (filled.unknown[place, complete] == 0).all()


def test_only_who_answered_nothing_has_no_score(study: Survey) -> None:
    filled = fill_scores(study, predict_normal)
    silent = study.items.isna().all(axis=1).to_numpy()
    assert (np.isnan(filled.scores) == silent).all()


def test_shares_count_dont_know_alone(study: Survey) -> None:
    filled = fill_scores(study, predict_normal)
    for place, scale in enumerate(filled.scales):
        expected = study.reasons[[str(item) for item in study[scale].columns]].eq("dont_know").mean(axis=1)
        np.testing.assert_allclose(filled.unknown[place], expected)


def test_several_draws_have_an_axis_of_their_own(study: Survey) -> None:
    filled = fill_scores(study, lambda x: np.stack([predict_normal(x)] * 3))
    assert filled.scores.shape == (len(filled.scales), 3, len(study))
