"""The example studies on the public data that they were written for; skipped where the data are absent."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hpp_analysis import load_study, read_survey
from hpp_analysis.survey import Survey, load_mapping

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="module")
def wave(shared_data: Path) -> Callable[..., Survey]:
    def read(name: str, **mapping: object) -> Survey:
        return read_survey(
            shared_data / "cncf_surveys" / f"maintainer_{name}.csv",
            instrument=EXAMPLES / "cncf_maintainers.yaml",
            mapping={"columns": {"client": {"value": "CNCF"}}, **mapping},
        )

    return read


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("2022_h1", "resources staff_quick toc_quick documentation ci security tooling marketing support recommend"),
        ("2023_h1", "recommend support staff_quick resources governance devstats toc_quick"),
    ],
)
def test_means_and_valid_answers_are_those_of_the_reference(
    wave: Callable[..., Survey], name: str, items: str, shared_data: Path
) -> None:
    with (shared_data / "reference_values" / "cncf_reference_dev.csv").open(newline="") as file:
        reference = {row["dataset"]: row for row in csv.DictReader(file)}[f"cncf_surveys/maintainer_{name}"]
    survey = wave(name)
    answers = survey.items[items.split()]
    assert answers.notna().sum().tolist() == json.loads(reference["valid"])
    # the reference is rounded to three decimals
    np.testing.assert_allclose(answers.mean(), json.loads(reference["means"]), atol=5.1e-4)


def test_the_stale_copy_is_left_out_and_told(wave: Callable[..., Survey]) -> None:
    told = wave("2022_h1").audit.query("reason == 'repeated_column'")
    assert {"staff_quick", "recommend", "landscape"} <= set(told["item"])
    stale = load_mapping(EXAMPLES / "cncf_maintainers" / "stale_2022.yaml").ignore
    survey = wave("2022_h1", ignore=list(stale))
    assert "radar" not in survey.items  # asked in the copy only: it is not of this wave
    assert (survey.audit["reason"] == "ignored_column").sum() == 1


def test_waves_in_words_are_read_on_their_scales(wave: Callable[..., Survey]) -> None:
    words = {"items": {"experience": {"scale": "ten_points_in_words"}, "recommend": {"scale": "ten_points_in_words"}}}
    survey = wave("2019_h2", scale="five_points", **words)
    assert survey.items["recommend"].value_counts()[10.0] == 21
    assert survey.items["resources"].value_counts()[1 + 3 * 9 / 4] == 31  # "Agree", the fourth of five points
    assert wave("2020_h1", scale="five_points").items["support"].notna().all()


def test_all_seven_waves_are_read_together(example_studies: Path) -> None:
    survey = load_study(example_studies / "cncf_maintainers" / "study.yaml").survey()
    assert survey.respondents["wave"].value_counts(sort=False).tolist() == [64, 70, 79, 93, 99, 117, 145]
    first = survey.where(wave="2019 H1").items["experience"]  # one column a scale point
    assert first.value_counts().sort_index().tolist() == [3, 11, 32, 18]


def test_army_and_county(example_studies: Path) -> None:
    army = load_study(example_studies / "army_leadership" / "study.yaml").survey()
    assert (len(army), len(army.values("client"))) == (5400, 99)
    county = load_study(example_studies / "pierce_county" / "study.yaml").survey()
    answered = int(county.items.notna().sum().sum())
    # 15 answers stand in the file twice: 14,725 rows, 14,710 answers
    assert len(county) == 14_710 and len(county.values("client")) == 21
    assert answered + (county.reasons == "dont_know").sum().sum() == 14_710 - 135
    assert (county.audit["reason"] == "repeated_answer").sum() == 15


def test_teams(example_studies: Path) -> None:
    teams = load_study(example_studies / "team_state" / "study.yaml").survey()
    assert (len(teams), len(teams.values("organisation"))) == (221, 65)
    assert teams.respondents["side"].value_counts().to_dict() == {"coded_other": 155, "coded_1": 66}
    assert teams.items.notna().all(axis=None) and teams.items.shape[1] == 24
