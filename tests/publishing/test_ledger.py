"""What was released before is known to the next plan: no difference between two runs tells of a few persons."""

import dataclasses
import json
import stat

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import DisclosureError
from hpp_analysis.publishing.ledger import open_ledger
from hpp_analysis.survey.survey import Survey

PAIR = ("partnership", "side")


def study(**how) -> Survey:
    return hpp.simulate_study(
        **{"partners": 3, "persons_per_side": [[15, 14], [12, 13], [11, 7]], "seed": 3, "several": 0} | how
    ).survey


def shown(survey: Survey, path, **how) -> pd.DataFrame:
    cells = hpp.plan_disclosure(survey, ledger=path, **how)
    own = survey.where(client=survey.values("client")[0])
    return hpp.publish(hpp.describe(own, by=PAIR, weight="organisation"), cells).to_frame()


def without(survey: Survey, place: int) -> Survey:
    """The study before one of its ratings came in."""
    mask = np.arange(len(survey)) != place
    return dataclasses.replace(
        survey, items=survey.items[mask], reasons=survey.reasons[mask], respondents=survey.respondents[mask]
    )


def test_the_same_answers_give_the_same_report_again(tmp_path):
    survey = study()
    first = shown(survey, tmp_path / "ledger.json")
    pd.testing.assert_frame_equal(first, shown(survey, tmp_path / "ledger.json"))
    assert first["state"].eq("full").any()


def test_one_more_answer_closes_its_group_and_no_other(tmp_path):
    survey = study()
    place = int(np.flatnonzero(survey.respondents["side"].eq("client"))[0])
    key = survey.respondents.iloc[place]
    shown(without(survey, place), tmp_path / "ledger.json")
    again = shown(survey, tmp_path / "ledger.json")
    own = again["partnership"].eq(key["partnership"]) & again["side"].eq(key["side"])
    assert again.loc[own, "why"].eq("released").all() and again.loc[own, "mean"].isna().all()
    fresh = shown(survey, tmp_path / "other.json")
    pd.testing.assert_frame_equal(again[~own], fresh[~own])
    on_purpose = shown(survey, tmp_path / "ledger.json", release_anew=True)
    assert on_purpose.loc[own, "mean"].notna().all()


def test_an_answer_that_was_corrected_closes_its_group(tmp_path):
    survey = study()
    shown(survey, tmp_path / "ledger.json")
    items = survey.items.astype(float).copy()
    items.iloc[0, 0] = 11 - items.iloc[0, 0]
    again = shown(dataclasses.replace(survey, items=items), tmp_path / "ledger.json")
    assert again["why"].eq("released").sum() == survey.items.shape[1]


def test_ten_more_persons_open_a_group_again(tmp_path):
    survey = study(partners=1, persons_per_side=[[30, 30]])
    client = np.flatnonzero(survey.respondents["side"].eq("client"))
    for n, closed in ((9, True), (10, False)):
        early = np.ones(len(survey), dtype=bool)
        early[client[:n]] = False
        before = dataclasses.replace(
            survey, items=survey.items[early], reasons=survey.reasons[early], respondents=survey.respondents[early]
        )
        path = tmp_path / f"{n}.json"
        shown(before, path)
        assert shown(survey, path).query("side == 'client'")["why"].eq("released").all() == closed


def test_another_division_of_the_same_persons_is_seen(tmp_path):
    """By role, groups of the same persons overlap those of the reports by client."""
    survey = study()
    shown(survey, tmp_path / "ledger.json")
    cells = hpp.plan_disclosure(survey, by="role", ledger=tmp_path / "ledger.json")
    assert (cells.reasons == "released").any()
    assert not (hpp.plan_disclosure(survey, by="role").reasons == "released").any()
    # by partner the groups are the same, but for their names
    same = hpp.plan_disclosure(survey, by="partner", ledger=tmp_path / "ledger.json")
    assert not (same.reasons == "released").any()


def test_a_ledger_is_its_owner_s_and_holds_no_answers(tmp_path):
    survey = study()
    path = tmp_path / "ledger.json"
    shown(survey, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert not any(str(person) in text for person in survey.persons)
    told = json.loads(text)
    assert told["persons"] == "ids"
    assert sorted(one["n"] for one in told["released"]) == [7, 11, 12, 13, 14, 15]
    other = tmp_path / "other.json"
    shown(survey, other)
    assert not set(told["released"][0]["ratings"]) & set(
        json.loads(other.read_text())["released"][0]["ratings"]
    )  # salted


def test_without_ids_a_row_stands_for_its_person(tmp_path):
    survey = study(partners=1, persons_per_side=[[15, 15]])
    nameless = dataclasses.replace(
        survey, respondents=survey.respondents.drop(columns=["respondent", "partnership"], errors="ignore")
    )
    path = tmp_path / "ledger.json"
    hpp.plan_disclosure(nameless, ledger=path)
    assert json.loads(path.read_text())["persons"].startswith("rows")
    cells = hpp.plan_disclosure(without(nameless, 0), ledger=path)
    assert (cells.reasons == "released").any()


@pytest.mark.parametrize("content", ["", "{}", '{"schema": 99}', "[1]"])
def test_a_file_that_is_no_ledger_stops_the_plan(tmp_path, content):
    path = tmp_path / "ledger.json"
    path.write_text(content)
    with pytest.raises(DisclosureError):
        open_ledger(path)


def test_a_group_of_five_tells_nothing_of_those_who_were_too_few_before(tmp_path):
    survey = study(persons_per_side=[[15, 14], [12, 13], [11, 5]])
    small = survey.respondents.groupby(["partnership", "side"], observed=True)["respondent"].transform("nunique").eq(5)
    assert small.sum() == 5
    before = shown(without(survey, int(np.flatnonzero(small)[0])), tmp_path / "ledger.json")
    assert before["why"].eq("too_few").any()
    again = shown(survey, tmp_path / "ledger.json")
    fresh = shown(survey, tmp_path / "other.json")
    key = survey.respondents[small].iloc[0]
    was_small = fresh["partnership"].eq(key["partnership"]) & fresh["side"].eq(key["side"])
    assert fresh.loc[was_small, "mean"].notna().any() and again.loc[was_small, "mean"].isna().all()
    assert again.loc[was_small, "why"].eq("released").all()
    pd.testing.assert_frame_equal(again[~was_small], fresh[~was_small])
    on_purpose = shown(survey, tmp_path / "ledger.json", release_anew=True)
    assert on_purpose.loc[was_small, "mean"].notna().any()


def test_a_group_of_six_is_told_of_although_five_minus_one_were_there_before(tmp_path):
    survey = study(persons_per_side=[[15, 14], [12, 13], [11, 6]])
    small = survey.respondents.groupby(["partnership", "side"], observed=True)["respondent"].transform("nunique").eq(6)
    first, second = np.flatnonzero(small)[:2]
    shown(without(without(survey, int(second)), int(first)), tmp_path / "ledger.json")
    again = shown(survey, tmp_path / "ledger.json")
    assert again["state"].eq("mean_only").any()


def test_a_group_of_five_that_was_released_is_released_again(tmp_path):
    """Also after a run whose reports divided it into groups that were too small."""
    survey = study(persons_per_side=[[15, 14], [12, 13], [11, 5]])
    small = survey.respondents.groupby(["partnership", "side"], observed=True)["respondent"].transform("nunique").eq(5)
    key = survey.respondents[small].iloc[0]
    first = shown(survey, tmp_path / "ledger.json")
    five = first["partnership"].eq(key["partnership"]) & first["side"].eq(key["side"])
    assert first.loc[five, "mean"].notna().any()
    ledger = open_ledger(tmp_path / "ledger.json")
    (group,) = [one for one in ledger.released if len(one.ratings) == 5]
    ledger.record([], [dataclasses.replace(group, ratings=frozenset(sorted(group.ratings)[:3]))])
    pd.testing.assert_frame_equal(first, shown(survey, tmp_path / "ledger.json"))
