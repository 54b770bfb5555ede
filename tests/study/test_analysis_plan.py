"""What was planned, its seal, and what is said of comparisons that it does or does not name."""

import hashlib
import inspect
import json
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hpp_analysis as hpp
from hpp_analysis.cli import app
from hpp_analysis.common.planned import compare, follow_plan
from hpp_analysis.common.result import Result
from hpp_analysis.errors import SurveyError
from hpp_analysis.study.analysis_plan import QUESTIONS, load_plan, seal_plan

TEXT = """\
groups: [side, role]
outcomes: [success]
margin: 0.4
exclusions: [Answered in under two minutes]
families:
  - {name: The sides, question: gaps, variables: [openness, equality, conflict_management, success]}
  - {name: Managers, question: gaps, settings: {side: role, level: item}}
"""
VERBS = {
    "gaps": hpp.partner_gaps,
    "groups": hpp.partners.compare_groups,
    "verdict": hpp.judge_performance,
    "changes": hpp.partners.compare_waves,
    "drivers": hpp.rank_drivers,
    "indirect": hpp.drivers.estimate_indirect_effects,
    "invariance": hpp.measurement_invariance,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "plan.yaml"
    place.write_text(TEXT, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def survey() -> hpp.survey.Survey:
    return hpp.simulate_study(persons_per_side=12, seed=3).survey


def everything(kind: type) -> list[type]:
    return [kind, *(below for one in kind.__subclasses__() for below in everything(one))]


def test_the_usual_settings_are_those_of_the_verbs() -> None:
    assert QUESTIONS.keys() == VERBS.keys()
    for question, settings in QUESTIONS.items():
        usual = inspect.signature(VERBS[question]).parameters
        told = {name: value for name, value in settings.items() if value is not None}
        assert {name: usual[name].default for name in told} == told
        assert set(settings) <= set(usual)


def test_every_question_is_that_of_a_result() -> None:
    declared = {
        name for kind in everything(Result) for name in re.findall(r'question="(\w+)"', inspect.getsource(kind))
    }
    assert declared == set(QUESTIONS)


def test_a_planned_comparison_is_called_planned(file: Path, survey: hpp.survey.Survey) -> None:
    seal_plan(file, on=date(2026, 1, 5))
    with follow_plan(file, survey):
        planned, wider = hpp.partner_gaps(survey, margin=0.4), hpp.partner_gaps(survey)
        assert planned._finding.planned
        assert planned._finding.family == "The sides"
        note = planned._block("table", "en").notes[-1]
        assert "January 5, 2026" in note
        assert note.startswith("Planned")
        assert wider._finding.why == ("other_settings",)
        assert wider._finding.differences == {"margin": (0.4, 0.5)}
        assert "0.4 planned, 0.5 here" in wider._block("intervals", "en").notes[-1]
        assert "marge: 0,4 gepland, hier 0,5" in wider._block("table", "nl").notes[-1]
        managers = hpp.partner_gaps(survey, side="role", level="item", margin=0.4)
        assert managers._finding.family == "Managers"
        assert managers._finding.planned
        assert hpp.score_scales(survey)._finding is None  # describes; compares nothing
    assert hpp.partner_gaps(survey)._finding is None  # no plan is followed here


def test_a_verdict_has_the_planned_line(tmp_path: Path, survey: hpp.survey.Survey) -> None:
    place = tmp_path / "plan.yaml"
    place.write_text("threshold: 8.5\nfamilies: [{name: The line, question: verdict}]", encoding="utf-8")
    with follow_plan(seal_plan(place), survey):
        assert hpp.judge_performance(survey)._finding.planned  # the instrument's own line
        assert hpp.judge_performance(survey, threshold=8.0)._finding.differences == {"threshold": (8.5, 8.0)}


def test_what_the_plan_does_not_name_was_found_afterwards(file: Path, survey: hpp.survey.Survey) -> None:
    plan = seal_plan(file)
    assert compare(plan, "drivers", {}, []).why == ("not_named",)
    with follow_plan(plan, survey):
        drivers = hpp.rank_drivers(survey, n_boot=0)
        assert drivers._finding.why == ("not_named",)
        assert "Found afterwards" in drivers._block("table", "en").notes[-1]
    assert compare(plan, "gaps", {"level": "factor", "margin": 0.4}, ["openness", "trust"]).why == ("other_variables",)
    assert compare(plan, "gaps", {"margin": 0.4}, ["openness"]).planned
    left_out = survey.keep(survey.respondents["role"] != "manager", "Managers were too few")
    with follow_plan(plan, left_out):
        assert hpp.partner_gaps(left_out, margin=0.4)._finding.why == ("unplanned_exclusion",)
    quick = survey.keep(survey.respondents["role"] != "manager", "Answered in under two minutes")
    with follow_plan(plan, quick):
        assert hpp.partner_gaps(quick, margin=0.4)._finding.planned


def test_a_plan_counts_when_it_is_sealed_and_unchanged(file: Path, survey: hpp.survey.Survey) -> None:
    settings = {"margin": 0.4}
    assert compare(load_plan(file), "gaps", settings, []).why == ("not_sealed",)
    seal_plan(file)
    file.write_text("# a comment changes nothing\n" + TEXT, encoding="utf-8")
    assert compare(load_plan(file), "gaps", settings, []).planned
    file.write_text(TEXT.replace("0.4", "0.3"), encoding="utf-8")
    assert compare(load_plan(file), "gaps", {"margin": 0.3}, []).why == ("changed",)


def test_answers_that_were_there_already_are_told(file: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.csv"
    hpp.simulate_study(persons_per_side=5, seed=0).frame().to_csv(answers, index=False)
    plan = seal_plan(file, [answers, tmp_path / "later.csv"])
    survey = hpp.read_survey(answers, instrument="hpp")
    assert plan.sealed_answers == (hashlib.sha256(answers.read_bytes()).hexdigest(),)
    assert compare(plan, "gaps", {"margin": 0.4}, [], sha256=survey.sha256).why == ("after_answers",)
    assert compare(plan, "gaps", {"margin": 0.4}, [], sha256="another").planned


def test_a_seal_is_never_replaced(file: Path) -> None:
    seal_plan(file)
    with pytest.raises(SurveyError):
        seal_plan(file)
    file.with_name("plan.seal.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SurveyError):
        load_plan(file)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("families: []", 1),
        ("families: [{name: a, question: horoscope}, {name: a, question: gaps, settings: {marge: 1}}]", 3),
        ("families: [{name: a, question: gaps, settings: {side: age}}]\ngroups: side", 1),
        ("margin: -1\nconf_level: 2\nfamilies: [{name: a, question: gaps}]", 2),
        ("- a", 1),
    ],
)
def test_all_problems_of_a_plan_at_once(tmp_path: Path, text: str, told: int) -> None:
    place = tmp_path / "plan.yaml"
    place.write_text(text, encoding="utf-8")
    with pytest.raises(SurveyError) as caught:
        load_plan(place)
    assert len(caught.value.failures) == told


def test_the_command_seals_before_the_answers_are_there(file: Path) -> None:
    study = file.with_name("study.yaml")
    study.write_text("name: Pilot\nresponses: [later.csv]\nplan: plan.yaml\n", encoding="utf-8")
    shown = CliRunner().invoke(app, ["plan", str(study)])
    assert "Not sealed" in shown.output
    sealed = CliRunner().invoke(app, ["plan", str(study), "--seal"])
    assert sealed.exit_code == 0
    assert load_plan(file).sha256 in sealed.output.replace("\n", "")
    again = CliRunner().invoke(app, ["plan", str(study), "--seal"])
    assert again.exit_code == 2


def test_a_plan_sealed_by_an_earlier_version_still_verifies(root: Path, tmp_path: Path) -> None:
    """The seal that the demo study had before files got a format number."""
    plan = tmp_path / "plan.yaml"
    plan.write_bytes((root / "data/demo/plan.yaml").read_bytes())
    seal = {
        "plan": "febc5f9199bd826fd07bc43b7af9ee5ed41386fd798515749592d5ce539ad44d",
        "on": "2026-01-12",
        "answers": [],
    }
    (tmp_path / "plan.seal.json").write_text(json.dumps(seal))
    assert load_plan(plan).is_intact


def test_the_format_of_a_file_is_no_part_of_its_content(file: Path) -> None:
    before = load_plan(file).sha256
    file.write_text("format: 1\n" + file.read_text())
    assert load_plan(file).sha256 == before
    file.write_text(file.read_text().replace("format: 1", "format: 2"))
    with pytest.raises(SurveyError):
        load_plan(file)
