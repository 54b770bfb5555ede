"""Breakdowns in a plan: what is published of them, and what a ledger does to later runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError
from hpp_analysis.publishing.ledger import open_ledger


@pytest.fixture(scope="module")
def survey():
    """Sides of 6 and 30 persons or more; every second person is a manager."""
    whole = hpp.simulate_study(partners=2, persons_per_side=[[30, 6], [30, 30]], seed=4).survey
    role = np.where(np.arange(len(whole)) % 2, "employee", "manager")
    tenure = np.where(np.arange(len(whole)) % 5, "long", "short")
    return replace(whole, respondents=whole.respondents.assign(role=role, tenure=tenure))


def shown(survey, cells, by="role") -> pd.DataFrame:
    frame = hpp.publish(hpp.partners.compare_groups(survey, by=by), cells).to_frame()
    return frame[frame["mean"].notna()]


def own(survey):
    return survey.where(client=survey.values("client")[0])


def test_what_no_plan_names_is_withheld(survey):
    assert shown(own(survey), hpp.plan_disclosure(survey)).empty
    assert not shown(own(survey), hpp.plan_disclosure(survey, breakdowns="role")).empty


def test_small_sides_of_partnerships_do_not_count(survey):
    """Other answers of the six persons change nothing."""
    cells = hpp.plan_disclosure(survey, breakdowns="role")
    small = survey.respondents.groupby(["partnership", "side"])["respondent"].transform("nunique").lt(10)
    items = survey.items.copy()
    items.loc[small] = 11 - items.loc[small]
    other = replace(survey, items=items)
    pd.testing.assert_frame_equal(
        shown(own(survey), cells), shown(own(other), hpp.plan_disclosure(other, breakdowns="role"))
    )
    assert shown(own(survey), cells)["n_persons"].max() < survey.n_persons


def test_a_selection_of_persons_is_not_what_the_plan_knows(survey):
    cells = hpp.plan_disclosure(survey, breakdowns="role")
    some = own(survey).keep(np.arange(len(own(survey))) > 0, why="the first one left")
    assert set(shown(some, cells)["side"]) < set(shown(own(survey), cells)["side"])


def test_published_differences_follow_from_published_means(survey):
    frame = shown(own(survey), hpp.plan_disclosure(survey, breakdowns="role"))
    np.testing.assert_allclose(frame["difference"], (frame["mean"] - frame["mean_rest"]).round(2), atol=1e-9)
    assert frame["se"].isna().all()


@pytest.mark.parametrize("names", [("role", "tenure", "organisation"), ("client",), ("rol",), ("side",)])
def test_breakdowns_that_cannot_be_are_refused(survey, names):
    with pytest.raises(OptionError):
        hpp.plan_disclosure(survey, breakdowns=names)


class TestLedger:
    def test_the_same_run_again_shows_the_same(self, survey, tmp_path):
        place = tmp_path / "one.ledger.json"
        first, second = (hpp.plan_disclosure(survey, breakdowns="role", ledger=place) for _time in range(2))
        pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())
        assert len(open_ledger(place).levels) == 4

    def test_a_breakdown_may_be_added(self, survey, tmp_path):
        place = tmp_path / "two.ledger.json"
        hpp.plan_disclosure(survey, ledger=place)
        hpp.plan_disclosure(survey, breakdowns="role", ledger=place)
        both = hpp.plan_disclosure(survey, breakdowns=["role", "tenure"], ledger=place)
        assert not shown(own(survey), both).empty

    def test_another_division_of_the_same_persons_is_withheld(self, survey, tmp_path):
        place = tmp_path / "three.ledger.json"
        hpp.plan_disclosure(survey, breakdowns="role", ledger=place)
        moved = survey.respondents["role"].where(np.arange(len(survey)) > 3, "manager")
        other = replace(survey, respondents=survey.respondents.assign(role=moved))
        cells = hpp.plan_disclosure(other, breakdowns="role", ledger=place)
        assert set(shown(own(other), cells)["side"]) < {"client", "partner"}
        again = hpp.plan_disclosure(other, breakdowns="role", ledger=place, release_anew=True)
        assert set(shown(own(other), again)["side"]) == {"client", "partner"}

    def test_a_part_that_changed_is_held_against_earlier_levels(self, survey, tmp_path):
        """Twelve persons left, two of them managers: with the levels of before, the difference would tell of few."""
        place = tmp_path / "four.ledger.json"
        hpp.plan_disclosure(survey, breakdowns="role", ledger=place)
        size = survey.respondents.groupby(["partnership", "side"])["respondent"].transform("nunique")
        part = survey.respondents["side"].eq("partner") & size.eq(30)
        employees = survey.items.index[part & survey.respondents["role"].eq("employee")][:10]
        managers = survey.items.index[part & survey.respondents["role"].eq("manager")][:2]
        stays = ~survey.items.index.isin([*employees, *managers])
        later = survey._take(np.asarray(stays))
        cells = hpp.plan_disclosure(later, ledger=place)
        assert (cells.reasons == "released").any()
        without = tmp_path / "five.ledger.json"
        hpp.plan_disclosure(survey, ledger=without)
        assert not (hpp.plan_disclosure(later, ledger=without).reasons == "released").any()
