"""What is left of answers: whole groups, small ones as their mean, and pooled ones under one name."""

import dataclasses

import pytest

from hpp_analysis import plan_disclosure, simulate_study
from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.errors import DisclosureError
from hpp_analysis.publishing import clear_answers


def test_small_groups_are_left_as_means_only_where_they_are_asked_for() -> None:
    survey = simulate_study(partners=2, persons_per_side=[[20, 7], [20, 20]], seed=1).survey
    cells = plan_disclosure(survey)
    groups = [survey.respondents["partnership"], survey.respondents["side"]]
    large = survey.persons.groupby(groups).transform("nunique") >= 10
    assert clear_answers(survey, cells).items.index.equals(survey.items.index[large])
    with_means = clear_answers(survey, cells, small=True)
    assert len(with_means) == len(survey)
    assert with_means.items[~large].nunique().max() == 1 < survey.items[~large].nunique().min()


def test_a_group_of_which_some_ratings_are_missing_is_left_out() -> None:
    survey = simulate_study(partners=2, persons_per_side=20, seed=1).survey
    cells = plan_disclosure(survey)
    fewer = survey.keep(survey.items.index != survey.items.index[0], why="one less")
    left = clear_answers(fewer, cells)
    first = survey.respondents.iloc[0]
    same = survey.respondents["partnership"].eq(first["partnership"]) & survey.respondents["side"].eq(first["side"])
    assert left.items.index.equals(survey.items.index[~same])
    changed = survey.items.copy()
    changed.iloc[0, 0] = 11 - changed.iloc[0, 0] if changed.iloc[0, 0] == changed.iloc[0, 0] else 5
    assert clear_answers(dataclasses.replace(survey, items=changed), cells).items.index.equals(left.items.index)


def test_groups_of_few_persons_are_pooled_under_one_name() -> None:
    survey = simulate_study(partners=3, persons_per_side=[[20, 20], [20, 3], [20, 8]], seed=1).survey
    pooled = clear_answers(survey, plan_disclosure(survey), small=True)
    partner = pooled.respondents["side"].eq("partner")
    names = pooled.respondents["partnership"][partner]
    assert (
        names.str.startswith(OTHERS).any()
        and not pooled.respondents["partnership"][~partner].str.startswith(OTHERS).any()
    )
    with pytest.raises(DisclosureError):
        plan_disclosure(pooled)
