"""Simulated studies hold the truth that they tell."""

import json

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.simulation.simulate import Simulation, simulate_study
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.survey import read_survey
from tests.simulation.conftest import CLEAN, small_instrument


def assert_same(one: Simulation, survey: object) -> None:
    for part in ("items", "reasons", "respondents"):
        pd.testing.assert_frame_equal(getattr(one.survey, part), getattr(survey, part))
    assert one.survey.sha256 == survey.sha256
    assert one.survey.sources == survey.sources
    assert one.survey.unknown_columns == survey.unknown_columns == ()


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 1},
        {"waves": 2, "clients": 2, "seed": 2},
        {"instrument": "hpo"},
        {"instrument": small_instrument(), "waves": 2, "careless": 0.2},
        {"instrument": small_instrument(columns=("respondent",))},
        {"instrument": small_instrument(columns=())},
    ],
)
def test_the_export_reads_as_the_survey(options):
    study = simulate_study(**{"persons_per_side": 12, **options})
    assert_same(study, read_survey(study.frame(), instrument=study.survey.instrument))


def test_the_export_is_what_a_platform_writes(tmp_path):
    study = simulate_study(persons_per_side=40, seed=3)
    frame = study.frame()
    instrument = study.survey.instrument
    assert list(frame)[:7] == ["respondent", "organisation", "client", "partner", "side", "role", "wave"]
    assert list(frame)[7:] == [item.id for item in instrument.items]
    cells = set(frame[[item.id for item in instrument.items]].to_numpy().ravel())
    assert cells == {*map(str, range(1, 11)), instrument.scale.dont_know.codes[0], ""}
    path = tmp_path / "export.csv"
    frame.to_csv(path, index=False, lineterminator="\n")
    pd.testing.assert_frame_equal(read_survey(path, instrument="hpp").items, study.survey.items)


def test_reverse_items_are_exported_as_asked():
    study = simulate_study(small_instrument(), persons_per_side=600, **CLEAN)
    asked = study.frame()[["ren_1", "ren_2"]].astype(float)
    assert (asked["ren_2"] == 6 - study.survey.items["ren_2"]).all()
    assert asked.corr().iloc[0, 1] < -0.3 < 0.3 < study.survey.items[["ren_1", "ren_2"]].corr().iloc[0, 1]


def test_one_seed_one_study():
    one, again, other = (simulate_study(persons_per_side=10, waves=2, seed=seed) for seed in (7, 7, 8))
    assert_same(one, again.survey)
    pd.testing.assert_frame_equal(one.hpo, again.hpo)
    assert json.dumps(one.truth.to_dict()) == json.dumps(again.truth.to_dict())
    assert one.survey.sha256 != other.survey.sha256


def test_no_global_random_state_is_touched():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - the state that must stay as it is
    simulate_study(persons_per_side=5)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_hpo_is_answered_once_a_person_and_wave():
    study = simulate_study(waves=2, seed=12)
    hpo = study.hpo
    instrument = load_instrument("hpo")
    assert list(hpo) == ["respondent", "organisation", "role", "wave", *(item.id for item in instrument.items)]
    assert not hpo.duplicated(["respondent", "wave"]).any()
    rated = study.survey.respondents[["respondent", "wave"]].drop_duplicates()
    assert set(map(tuple, hpo[["respondent", "wave"]].to_numpy())) == set(map(tuple, rated.to_numpy()))
    assert set(np.unique(hpo.iloc[:, 4:].fillna(1))) == set(range(1, 11))
    read = read_survey(study.hpo_frame(), instrument="hpo")
    pd.testing.assert_frame_equal(read.items, study.hpo_survey.items)
    assert (study.truth.hpo_effects.index == ["Client", *(f"Partner {n}" for n in range(1, 5))]).all()


def test_without_outcomes_no_hpo_is_asked():
    study = simulate_study("hpo", persons_per_side=10)
    assert study.hpo.empty
    assert study.hpo_frame().empty
    assert study.truth.coefficients.empty
    assert study.truth.gaps.isna().all(axis=None)
    assert set(study.survey.respondents["organisation"]) == {f"Partner {n}" for n in range(1, 5)}
    json.dumps(study.truth.to_dict(), allow_nan=False)


def test_any_instrument_will_do():
    study = simulate_study(small_instrument(), persons_per_side=30, waves=2, seed=13)
    assert set(np.unique(study.survey.items.fillna(1))) == {1, 2, 3, 4, 5}
    assert set(study.survey.respondents["region"]) == {"north", "south"}
    assert (study.survey.respondents.groupby("respondent")["region"].nunique() == 1).all()
    assert set(study.survey.respondents["remark"]) == {""}
    assert (study.truth.dont_know == 0).all(axis=None)
    assert list(study.truth.coefficients.index[:2]) == ["renewal", "calm"]
    assert "hpo_renewal" in study.truth.coefficients.index
    assert study.truth.loadings.shape == (8, 2)
    assert study.truth.outcome_loadings.shape == (2, 1)
