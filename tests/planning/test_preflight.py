"""A questionnaire before it is fielded: what is found, who is invited, and what can be settled."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import hpp_analysis as hpp
from hpp_analysis.cli import app
from hpp_analysis.errors import DisclosureError, InstrumentError, SurveyError
from hpp_analysis.planning.invitations import DETAIL, FLOOR, count_groups, read_invitations
from hpp_analysis.publishing import clearing
from hpp_analysis.survey.instrument import parse_instrument

BAD = {
    "name": "bad",
    "title": {"en": "Bad", "nl": "Slecht"},
    "scale": {
        "min": 1, "max": 4,
        "labels": {
            1: {"en": "Strongly agree", "nl": "Helemaal mee eens"}, 2: {"en": "Agree", "nl": "Mee eens"},
            4: {"en": "Strongly disagree", "nl": "Helemaal mee oneens"},
        },
    },
    "factors": ["trust", "speed"],
    "items": [
        {"id": "t1", "factor": "trust", "text": {"en": "Our partner is honest and open.", "nl": "Onze partner is eerlijk en open."}},
        {"id": "t2", "factor": "trust", "text": {"en": "We trust our partner.", "nl": "We vertrouwen onze partner niet."}},
        {"id": "s1", "factor": "speed", "text": {"en": "They answer within 24 hours.", "nl": "Ze antwoorden binnen 48 uur."}},
        {"id": "s2", "factor": "speed", "text": {"en": "TODO", "nl": "..."}},
        {"id": "s3", "factor": "speed", "text": {"en": "It is quick.", "nl": "Het gaat vlot."}},
    ],
}  # fmt: skip
GROUPS = pd.DataFrame(
    {
        "client": ["Acme"] * 6,
        "partner": ["P1", "P1", "P2", "P2", "P3", "P3"],
        "side": ["client", "partner"] * 3,
        "n": [60, 14, 8, 4, 30, 9],
    }
)


@pytest.fixture(scope="module")
def good() -> hpp.planning.Preflight:
    return hpp.planning.preflight("hpp", invited=GROUPS, n_sim=100)


@pytest.fixture(scope="module")
def bad() -> hpp.planning.Preflight:
    return hpp.planning.preflight(parse_instrument(BAD), n_sim=20)


def checks(result: hpp.planning.Preflight) -> set[str]:
    return set(result.to_frame()["check"])


def test_the_packaged_questionnaire_can_be_fielded(good: hpp.planning.Preflight) -> None:
    assert good.can_be_fielded
    assert checks(good) == {"no_middle"}
    assert "do not judge whether the questionnaire is valid" in good.summary("en")
    assert "proefmeting" in good.summary("nl")


def test_a_bad_one_gets_every_remark_that_it_deserves(bad: hpp.planning.Preflight) -> None:
    assert not bad.can_be_fielded
    assert checks(bad) == {
        "placeholder", "negation_differs", "number_differs", "direction", "double_barrelled", "negated", "no_dont_know",
        "few_points", "no_middle", "uneven_labels", "few_items",
    }  # fmt: skip
    assert bad.to_frame()["severity"].tolist() == sorted(bad.to_frame()["severity"], key=["stop", "mend", "look"].index)
    directions = bad.to_frame().loc[lambda frame: frame["check"].eq("direction"), "language"]
    assert directions.tolist() == ["en", "nl"]


def test_missing_texts_are_told_with_everything_else_that_is_wrong() -> None:
    broken = json.loads(json.dumps(BAD))
    del broken["items"][0]["text"]["nl"]
    broken["scale"]["labels"] = {int(point): text for point, text in broken["scale"]["labels"].items()}
    with pytest.raises(InstrumentError, match="nl"):
        parse_instrument(broken)


@pytest.mark.parametrize(
    ("scale", "check"),
    [
        ({"min": 1, "max": 5, "labels": {1: "bad", 5: "Bad!"}}, "ends_alike"),
        ("1-5", "ends_without_words"),
        ("0-100", "many_points"),
        ({"min": 1, "max": 5, "labels": {1: "always", 5: "never"}}, "direction"),
    ],
)
def test_answer_scales(scale: object, check: str) -> None:
    plain = {"name": "one", "language": "en", "scale": scale, "items": ["It works.", "They help.", "We win."]}
    found = hpp.planning.preflight(parse_instrument(plain), n_sim=20)
    assert check in checks(found)
    assert check not in checks(hpp.planning.preflight("hpp", n_sim=20))


def test_where_no_cutoffs_can_be_given_the_reason_is_told(bad: hpp.planning.Preflight) -> None:
    assert bad.no_cutoffs == "few_items" and bad.cutoffs is None
    one = parse_instrument(
        {"name": "one", "language": "en", "scale": "1-5", "items": ["It works.", "They help.", "We win."]}
    )
    assert hpp.planning.preflight(one, n_sim=20).no_cutoffs == "one_factor"
    few = pd.DataFrame({"client": ["A"], "n": [12]})
    assert hpp.planning.preflight("hpp", invited=few, n_sim=20).no_cutoffs == "few_persons"


def test_cutoffs_and_numbers_of_persons_are_those_of_the_simulations(good: hpp.planning.Preflight) -> None:
    assert good.expected == round(0.6 * 11.5)  # the median of the six groups, 60 % of 8, 9, 14 and so on
    assert good.plan is not None and good.expected in set(good.plan.to_frame()["persons"])
    assert good.cutoffs is not None and good.cutoffs.n_obs == round(0.6 * GROUPS["n"].sum())
    assert good.plan.partnerships == 3
    assert {row[2] for row in good._block("verdicts").cells} == {"not enough"}  # seven persons settle nothing
    many = hpp.planning.preflight("hpp", invited=GROUPS.assign(n=150), n_sim=20)
    assert "enough" in {row[2] for row in many._block("verdicts").cells}


def test_a_handful_of_persons_is_not_passed_off_as_more() -> None:
    """Studies of fewer than three a side are not simulated: the table says for how many it holds."""
    few = hpp.planning.preflight("hpp", invited=GROUPS.assign(n=3), n_sim=20)
    assert few.expected == 2
    assert any("Fewer are expected" in note for note in few._block("verdicts").notes)
    assert (few.groups["outcome"].iloc[-6:] == "never").all()


def test_groups_that_a_report_cannot_show() -> None:
    groups = count_groups(GROUPS, 0.6, "client").set_index(["side", "partner"])
    assert groups.loc[("partner", "P2"), "outcome"] == "never"  # four are invited
    assert groups.loc[("client", "P2"), "outcome"] == "doubtful"  # of eight five answer with a chance of .59
    # 1 - F(4; 8, .6) of the binomial distribution, by hand: .5941
    assert groups.loc[("client", "P2"), "p_floor"] == pytest.approx(0.5941, abs=5e-5)
    assert groups.loc[("partner", "P1"), "outcome"] == "mean"
    assert groups.loc[("client", "P1"), "outcome"] == "all"
    assert groups.loc[("", ""), "n"] == GROUPS["n"].sum()


def test_the_limits_are_those_of_the_disclosure_plan() -> None:
    assert (FLOOR, DETAIL) == (clearing.FLOOR, clearing.DETAIL)


def test_one_person_who_rates_several_partners_is_one(tmp_path: Path) -> None:
    instrument = hpp.load_instrument("hpp")
    file = tmp_path / "invited.csv"
    file.write_text(
        "respondent;opdrachtgever;partner;kant\n" + "".join(f"r{n};Acme;P{p};klant\n" for n in range(6) for p in (1, 2))
    )
    groups = count_groups(read_invitations(file, instrument), 0.5, "client")
    assert groups["n"].tolist() == [6, 6, 6, 6]  # the report, its side, and either partner


def test_a_study_file_says_it_too(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text("name: x\ninvited:\n  - {client: A, side: client, n: 40}\n  - {client: A, side: partner, n: 12}\n")
    read = read_invitations(file, hpp.load_instrument("hpp"))
    assert read.to_dict("records") == [
        {"client": "A", "side": "client", "n": 40},
        {"client": "A", "side": "partner", "n": 12},
    ]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"client": ["A"], "shoe": ["9"], "n": [3]}),
        pd.DataFrame({"client": ["A"], "n": [2.5]}),
        pd.DataFrame({"client": ["A"], "n": ["many"]}),
        pd.DataFrame({"client": ["A"], "side": ["left"], "n": [3]}),
        pd.DataFrame({"client": [None], "n": [3]}),
        pd.DataFrame({"client": ["A"], "opdrachtgever": ["A"], "n": [3]}),
    ],
)
def test_a_list_that_says_something_wrong_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(SurveyError):
        read_invitations(frame, hpp.load_instrument("hpp"))


def test_a_file_without_invitations_is_refused(tmp_path: Path) -> None:
    for text in ("name: x\n", "invited: [{client: A}]\n", "invited: [{client: A, n: 4}, {side: client, n: 3}]\n"):
        (tmp_path / "study.yaml").write_text(text)
        with pytest.raises(SurveyError):
            read_invitations(tmp_path / "study.yaml", hpp.load_instrument("hpp"))


def test_it_is_about_a_study_and_not_published(good: hpp.planning.Preflight) -> None:
    with pytest.raises(DisclosureError):
        hpp.publish(good, hpp.plan_disclosure(hpp.simulate_study(seed=1).survey))


def test_a_study_of_one_side_without_clients() -> None:
    plain = {
        "name": "work", "language": "nl", "unit": "person", "scale": {"min": 1, "max": 5, "labels": {1: "oneens", 5: "eens"}},
        "columns": [{"id": "department", "text": "Afdeling"}], "factors": ["climate", "lead"],
        "items": [{"text": f"Vraag {word}", "factor": factor} for factor in ("climate", "lead") for word in ("aap", "noot", "mies")],
    }  # fmt: skip
    people = pd.DataFrame({"afdeling": ["Inkoop"] * 20 + ["Verkoop"] * 4})
    found = hpp.planning.preflight(parse_instrument(plain), invited=people, by="department", n_sim=20)
    assert found.groups["department"].tolist() == ["Inkoop", "Verkoop"]
    assert found.groups["outcome"].tolist() == ["all", "never"]


def test_the_command_says_by_its_status_whether_it_can_be_fielded(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["preflight", "hpp", "--out", str(page)])
    assert done.exit_code == 0 and page.is_file()
    bad_file = tmp_path / "bad.yaml"
    bad_file.write_text(json.dumps({**BAD, "scale": {**BAD["scale"], "labels": None}}).replace('"labels": null', '"labels": {"1": {"en": "a", "nl": "a"}, "4": {"en": "b", "nl": "b"}}'))  # fmt: skip
    assert CliRunner().invoke(app, ["preflight", str(bad_file), "--out", str(page)]).exit_code == 1
    assert CliRunner().invoke(app, ["preflight", "nowhere.yaml", "--out", str(page)]).exit_code == 2
    assert CliRunner().invoke(app, ["preflight", "hpp", "--out", str(tmp_path / "page.pdf")]).exit_code == 2
