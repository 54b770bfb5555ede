"""Every other choice of analysis does what its name says."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import simulate_study
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.partners.multiverse import CHOICES, apply_choices


@pytest.fixture(scope="module")
def study():
    return simulate_study(seed=11, careless=0.1, dont_know=0.05, several=0.5).survey


@pytest.fixture(scope="module")
def made(study) -> dict:
    return {choice.code: choice for choice in apply_choices(study)}


def test_every_choice_has_a_name_and_is_another_analysis(made, study) -> None:
    assert list(made) == list(CHOICES)
    base = scale_values(study)
    for code, choice in made.items():
        if choice.why:
            assert choice.why in {"no_change", "too_few_left", "not_possible"}
        elif code == "each_rating":
            assert choice.weight == "respondent"
        else:
            assert not choice.values.equals(base), code
            assert choice.n_ratings == len(study) or choice.values.isna().all(axis=1).any()


def test_the_choices_are_what_they_say(made, study) -> None:
    median = made["median"].values["openness"]
    enough = scale_values(study)["openness"].notna()
    np.testing.assert_allclose(median[enough], study["openness"].median(axis=1)[enough])
    assert median[~enough].isna().all()
    pd.testing.assert_frame_equal(made["most_items"].values, scale_values(study, 0.8))
    groups = study.respondents[["partnership", "side"]]
    gone = made["no_extremes"].values.isna().all(axis=1)
    assert (gone.groupby([groups["partnership"], groups["side"]]).sum() == 2).all()
    alone = made["one_rating"].values.notna().any(axis=1)
    assert not study.persons[alone].duplicated().any() and study.persons.duplicated().any()


def test_the_weights_are_loadings(made, study) -> None:
    """A score by loadings lies between the extremes of the answers, and is the mean where all answers are equal."""
    weighted, plain = made["factor_weights"].values, scale_values(study)
    assert weighted.corrwith(plain).min() > 0.97
    assert not np.allclose(weighted.fillna(0), plain.fillna(0))
    items = study["openness"]
    seen = plain["openness"].notna()
    assert (weighted["openness"] <= items.max(axis=1) + 1e-9)[seen].all()
    assert (weighted["openness"] >= items.min(axis=1) - 1e-9)[seen].all()


def test_careless_ratings_are_left_out(made) -> None:
    simulation = simulate_study(seed=11, careless=0.1, dont_know=0.05, several=0.5)
    kinds = simulation.survey.persons.map(simulation.truth.careless)
    for code, kind in (("no_runs", "straight"), ("no_odd", "random")):
        gone = made[code].values.isna().all(axis=1)
        assert kinds[gone].eq(kind).mean() > 0.5 > 5 * kinds.eq(kind).mean(), code  # most were made so
