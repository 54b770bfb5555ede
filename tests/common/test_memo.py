"""What is remembered of a survey is never that of another one, or of what it was before."""

import dataclasses
import gc
import weakref

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import given_as
from hpp_analysis.common.design import design_of, names_of
from hpp_analysis.common.memo import fingerprint, once


@pytest.fixture
def survey():
    return hpp.simulate_study(partners=2, persons_per_side=12, waves=2, seed=1).survey


def test_a_survey_is_prepared_once(survey) -> None:
    assert design_of(survey, ("partnership", "side")) is design_of(survey, ("partnership", "side"))
    calls: list[int] = []
    for _time in range(3):
        once(survey, "number", [], lambda: calls.append(1))
    assert len(calls) == 1


def test_every_other_survey_is_prepared_anew(survey) -> None:
    whole = scale_values(survey)
    other = dataclasses.replace(survey, items=11 - survey.items)
    np.testing.assert_allclose(scale_values(other), 11 - whole)
    side = survey.where(side="client")
    assert len(design_of(side, ("side",)).cells) == 1 < len(design_of(survey, ("side",)).cells)
    kept = survey.keep(survey.respondents["side"].eq("partner"), "why")
    pd.testing.assert_frame_equal(scale_values(kept), whole[survey.respondents["side"].eq("partner")])


def test_a_change_in_place_is_seen(survey) -> None:
    before = hpp.score_scales(survey).table
    survey.items.loc[:, "ope1"] = 1.0
    after = hpp.score_scales(survey).table
    pd.testing.assert_frame_equal(after, hpp.score_scales(dataclasses.replace(survey)).table)
    assert (after["mean"] < before["mean"]).any()
    survey.respondents.loc[:, "side"] = "client"
    assert hpp.score_scales(survey).table["side"].unique().tolist() == ["client"]
    survey.respondents["region"] = np.where(np.arange(len(survey)) < 20, "north", "south")
    regions = hpp.score_scales(survey, by="region").table
    survey.respondents["region"] = np.where(np.arange(len(survey)) < 40, "north", "south")
    assert not hpp.score_scales(survey, by="region").table["n_ratings"].equals(regions["n_ratings"])
    survey.respondents["partner"] = "Anyone"
    assert "Anyone" in str(names_of(survey))


def test_another_frame_of_reasons_is_seen(survey) -> None:
    assert given_as(survey, "dont_know").any()
    object.__setattr__(survey, "reasons", pd.DataFrame("answered", survey.reasons.index, survey.reasons.columns))
    assert not given_as(survey, "dont_know").any()


def test_who_changes_a_table_changes_a_copy(survey) -> None:
    scores = scale_values(survey)
    scores["openness"] = 0.0
    names_of(survey).clear()
    assert (scale_values(survey)["openness"] != 0.0).all() and names_of(survey)


def test_choices_of_analysis_are_those_of_these_answers(survey) -> None:
    one = hpp.partners.check_robustness(survey.wave())
    other = dataclasses.replace(survey.wave(), items=survey.wave().items.clip(upper=6))
    assert hpp.partners.check_robustness(other).choices["estimate"].max() < one.choices["estimate"].max()
    gaps, again = (
        hpp.partners.check_robustness(one_survey, of="gaps") for one_survey in (other, dataclasses.replace(other))
    )
    pd.testing.assert_frame_equal(gaps.choices, again.choices)


def changed(survey, **frames):
    return dataclasses.replace(survey, **frames)


def test_any_change_of_content_is_another_fingerprint(survey) -> None:
    items, reasons, people = survey.items.copy(), survey.reasons.copy(), survey.respondents.copy()
    items.iloc[3, 2] = 11 - items.iloc[3, 2] if not np.isnan(items.iloc[3, 2]) else 5.0
    reasons.iloc[3, 2] = "skipped" if reasons.iloc[3, 2] != "skipped" else "dont_know"
    people.iloc[3, people.columns.get_loc("role")] = "someone else"
    others = [
        changed(survey, items=items),
        changed(survey, reasons=reasons),
        changed(survey, respondents=people),
        changed(survey, items=survey.items.iloc[:, ::-1]),
        changed(survey, selection={"client": "x"}),
        survey.wave(),
        survey.keep(np.arange(len(survey)) > 0, "why"),
    ]
    found = {fingerprint(one) for one in (survey, *others)}
    assert len(found) == len(others) + 1
    assert fingerprint(changed(survey)) == fingerprint(survey)


def test_what_is_published_follows_the_answers_and_the_plan(survey) -> None:
    cells = hpp.plan_disclosure(survey)
    client = survey.values("client")[0]
    own = survey.wave().where(client=client)
    first = hpp.publish(hpp.score_scales(own), cells).table
    pd.testing.assert_frame_equal(hpp.publish(hpp.score_scales(own), cells).table, first)
    changed_answers = dataclasses.replace(survey, items=11 - survey.items)
    other = hpp.publish(
        hpp.score_scales(changed_answers.wave().where(client=client)), hpp.plan_disclosure(changed_answers)
    ).table
    assert not other["mean"].equals(first["mean"])
    nothing = hpp.plan_disclosure(changed_answers)  # a plan of other answers knows none of these ratings
    assert hpp.publish(hpp.score_scales(own), nothing).table["mean"].isna().all()
    own.items.loc[own.items.index[0], "ope1"] = 11 - own.items["ope1"].fillna(5).iloc[0]
    later = hpp.publish(hpp.score_scales(own), cells).table
    assert later["mean"].isna().sum() > first["mean"].isna().sum()  # no longer the ratings that the plan cleared


def test_a_survey_that_nobody_uses_is_forgotten() -> None:
    survey = hpp.simulate_study(partners=2, persons_per_side=12, seed=2).survey
    hpp.publish(hpp.partners.check_robustness(survey), hpp.plan_disclosure(survey))
    watch = weakref.ref(survey)
    del survey
    gc.collect()
    assert watch() is None
