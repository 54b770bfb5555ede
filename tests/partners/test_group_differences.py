"""Groups against the rest: held against R, and what a report says of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError, SurveyError
from hpp_analysis.partners.group_differences import UNKNOWN

R = json.loads((Path(__file__).parents[1] / "reference" / "group_differences.json").read_text(encoding="utf-8"))


def employees(answers: list[float], levels: list[str]) -> hpp.survey.Survey:
    """One answer to every question a person, and no sides."""
    survey = hpp.simulate_study(persons_per_side=len(answers) // 2, partners=1, seed=1).survey
    items = survey.items.copy()
    items[:] = np.repeat(np.array(answers, dtype=float)[:, None], items.shape[1], axis=1)
    who = survey.respondents[["respondent"]].assign(department=levels)
    return replace(survey, items=items, respondents=who)


@pytest.fixture(scope="module")
def three():
    table = hpp.partners.compare_groups(employees(R["y"], R["g"]), by="department").to_frame()
    return table[table["factor"].eq("openness")].set_index("department")


@pytest.mark.parametrize("row", R["rows"][:2], ids=lambda row: row["level"])
def test_a_level_against_the_rest_is_a_contrast_of_means_as_in_r(three, row):
    ours = three.loc[row["level"]]
    for name in ("difference", "se", "df", "p"):  # both compute in doubles: R prints twelve decimals
        assert ours[name] == pytest.approx(row[name], rel=1e-9)
    assert abs(ours["se"] - row["se_together"]) > 0.005  # the neighbour: all others thrown together


def test_an_interval_is_never_narrower_than_that_contrast_alone(three):
    """The third level spreads less than the others: its variance is drawn to theirs, and the wider interval counts."""
    assert three.loc["c", "se"] > R["rows"][2]["se"] * 1.01


def test_of_two_levels_it_is_welchs_test_once():
    two = [place for place, level in enumerate(R["g"]) if level != "c"]
    survey = employees([R["y"][place] for place in two], [R["g"][place] for place in two])
    table = hpp.partners.compare_groups(survey, by="department").to_frame()
    first, second = (table[table["department"].eq(level)].reset_index(drop=True) for level in ("a", "b"))
    known = R["two"]
    assert first.loc[0, ["ci_lower", "ci_upper", "p"]].tolist() == pytest.approx(list(known.values()), rel=1e-9)
    np.testing.assert_allclose(first["difference"], -second["difference"])
    assert first["verdict"].tolist() == second["verdict"].tolist()
    np.testing.assert_allclose(first["p_adjusted"], second["p_adjusted"])
    # four scales of the same answers are four tests, not eight
    assert first["p_adjusted"].tolist() == pytest.approx([4 * known["p"]] * 4, rel=1e-9)


def test_each_side_is_compared_within_itself():
    survey = hpp.simulate_study(persons_per_side=40, seed=2).survey
    whole = hpp.partners.compare_groups(survey, by="role").to_frame()
    alone = hpp.partners.compare_groups(survey.where(side="client"), by="role").to_frame()
    np.testing.assert_allclose(whole.loc[whole["side"].eq("client"), "difference"], alone["difference"])


def test_whoever_did_not_say_is_a_level_and_one_level_has_no_rest():
    survey = employees(R["y"], ["" if level == "c" else "a" for level in R["g"]])
    assert hpp.partners.compare_groups(survey, by="department").table["department"].unique().tolist() == ["a", UNKNOWN]
    lonely = hpp.partners.compare_groups(employees(R["y"], ["a"] * 32), by="department")
    assert lonely.table["difference"].isna().all()
    assert set(lonely.table["undefined"]) == {"one_level"}
    assert lonely.table["mean"].notna().all()
    assert lonely.summary()


def test_sentences_name_the_groups_that_differ_once():
    groups = hpp.partners.compare_groups(employees(R["y"], R["g"]), by="department")
    said = groups.summary("en")
    assert "B: lower scores than the rest for " in said
    assert "C: higher scores than the rest for " in said
    assert "side" not in said + " ".join(groups._block("table").notes) + groups.methods("en")
    assert len(groups.counting) == 8


@pytest.mark.parametrize("column", ["side", "partnership", "wave", "respondent"])
def test_columns_that_make_reports_are_refused(column):
    with pytest.raises(OptionError):
        hpp.partners.compare_groups(hpp.simulate_study(seed=1).survey, by=column)


def test_a_number_is_no_breakdown():
    survey = employees(R["y"] * 2, [str(place) for place in range(64)])
    with pytest.raises(SurveyError):
        hpp.partners.compare_groups(survey, by="department")
