"""The rows of a regression: joined, checked, and refused in words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError
from hpp_analysis.simulation.simulate import Simulation

REFERENCE = Path(__file__).parent.parent / "reference"
R = json.loads((REFERENCE / "drivers.json").read_text(encoding="utf-8"))
X = ["x1", "x2", "x3", "x4", "x5"]


def test_hpo_answers_are_joined_by_person_and_wave() -> None:
    study = hpp.simulate_study(persons_per_side=20, waves=2, seed=1)
    found = hpp.rank_drivers(study.survey, hpo=study.hpo_survey, n_boot=0)
    assert found.n_given == len(study.survey)
    assert found.errors == "person"  # some rated several partnerships, and many twice
    assert found.hierarchy["block"].tolist() == ["hpo", "hpp"]
    assert found.hierarchy["n_predictors"].tolist() == [5, 3]
    row = study.survey.respondents.loc[found.data.values.index[7]]
    same = (study.hpo["respondent"] == row["respondent"]) & (study.hpo["wave"] == row["wave"])
    mine = study.hpo[same].filter(regex="^man").iloc[0]
    assert found.data.values["management_quality"].iloc[7] == pytest.approx(mine.mean())


def test_hpo_answers_that_belong_to_nobody_or_come_twice_are_refused(study: Simulation) -> None:
    hpo = study.hpo_survey
    assert hpo is not None
    from dataclasses import replace

    other = replace(hpo, respondents=hpo.respondents.assign(respondent="nobody" + hpo.respondents["respondent"]))
    with pytest.raises(OptionError):
        hpp.rank_drivers(study.survey, hpo=other)
    same = replace(hpo, respondents=hpo.respondents.assign(respondent=hpo.respondents["respondent"].iloc[0]))
    with pytest.raises(OptionError):
        hpp.rank_drivers(study.survey, hpo=same)


@pytest.mark.parametrize("given", [None, "responses.csv", np.zeros((9, 3)), [1, 2]])
def test_what_is_no_survey_and_no_frame_is_refused(given: object) -> None:
    with pytest.raises(OptionError):
        hpp.rank_drivers(given)  # type: ignore[arg-type]
    with pytest.raises(OptionError):
        hpp.drivers.estimate_indirect_effects(given, source="a", mediators="b")  # type: ignore[arg-type]


def test_a_plain_string_is_one_name(study: Simulation, frame: pd.DataFrame) -> None:
    options = {"outcome": "success", "cluster": "organisation", "n_boot": 0}
    alone = hpp.rank_drivers(study.survey, predictors="openness", within="side", **options)  # type: ignore[arg-type]
    listed = hpp.rank_drivers(study.survey, predictors=("openness",), within=("side",), **options)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(alone.slopes, listed.slopes)
    assert (alone.outcome, alone.n_used) == (listed.outcome, listed.n_used)
    pd.testing.assert_frame_equal(
        hpp.rank_drivers(frame, outcome="y", predictors={"a": "x1", "b": ["x2"]}, n_boot=0).hierarchy,
        hpp.rank_drivers(frame, outcome="y", predictors={"a": ("x1",), "b": ("x2",)}, n_boot=0).hierarchy,
    )
    one = hpp.drivers.estimate_indirect_effects(frame, outcome="y", source="x1", mediators="x2", n_boot=100)
    other = hpp.drivers.estimate_indirect_effects(frame, outcome="y", source=["x1"], mediators=["x2"], n_boot=100)
    pd.testing.assert_frame_equal(one.table, other.table)


@pytest.mark.parametrize("empty", [np.nan, None, " "])
@pytest.mark.parametrize("option", ["cluster", "within"])
def test_rows_of_no_cluster_or_group_are_none_of_their_own(frame: pd.DataFrame, option: str, empty: object) -> None:
    team = pd.Series(np.resize(list("abcd"), len(frame)), dtype=object)
    team[3] = empty
    with pytest.raises(hpp.errors.OptionError, match="empty in 1 of"):
        hpp.rank_drivers(frame.assign(team=team.to_numpy()), outcome="y", n_boot=0, **{option: "team"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "predictors"),
    [("success", ["suc1"]), ("openness", ["equality", "ope1"]), ("ope1", ["openness"]), ("ope1", ["ope1"])],
)
def test_nothing_explains_itself(study: Simulation, outcome: str, predictors: list[str]) -> None:
    with pytest.raises(hpp.errors.OptionError, match="outcome"):
        hpp.rank_drivers(study.survey, outcome=outcome, predictors=predictors, n_boot=0, n_wild=0)
    # by default the factor of the item is left out
    usual = hpp.rank_drivers(study.survey, outcome="ope1", n_boot=0, n_wild=0)
    assert usual.slopes["predictor"].tolist() == ["equality", "conflict_management"]


def test_an_outcome_among_the_predictors_of_a_frame_is_said_so(frame: pd.DataFrame) -> None:
    with pytest.raises(hpp.errors.OptionError, match="outcome"):
        hpp.rank_drivers(frame, outcome="y", predictors=["x1", "y"], n_boot=0)


def test_who_is_alone_in_a_group_tells_nothing_of_it(frame: pd.DataFrame) -> None:
    alone = pd.concat([frame, frame.head(1).assign(firm=99, y=50.0)], ignore_index=True)
    found = hpp.rank_drivers(alone, outcome="y", predictors=X, within="firm", n_boot=0)
    assert found.n_used == len(frame)
    assert found.n_given == len(alone)
    assert found.slopes["slope"].tolist() == pytest.approx(R["within"]["raw"], abs=1e-11)
