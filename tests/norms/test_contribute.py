"""What leaves a study: cleared cells of ten persons and more, no answers, no names."""

import datetime

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import NormError
from hpp_analysis.norms import Norm, compare_norms, contribute_to_norm, save_norm
from tests.publishing.test_masking_interference import study, with_other_answers
from tests.publishing.test_total import survey as departments

DAY = datetime.date(2026, 2, 1)


def contributed(survey, norm=None, **options) -> Norm:
    options = {"date": DAY, **options}
    return contribute_to_norm(survey, hpp.plan_disclosure(survey), norm, **options)


def test_the_cells_are_those_that_reports_show_in_full() -> None:
    survey = study(1, 1)
    plan = hpp.plan_disclosure(survey)
    cells = contribute_to_norm(survey, plan, Norm(salt="s"), date=DAY).cells
    shown = pd.concat(
        hpp.publish(hpp.score_scales(survey.where(client=client), by=("partnership", "side")), plan).to_frame()
        for client in ("A", "B")
    )
    full = shown[shown["state"].eq("full")]
    assert 0 < len(full) < len(shown)
    assert sorted(cells["mean"]) == sorted(full["mean"].round(4))
    assert (cells["n"] >= 10).all()
    assert cells["client"].nunique() == 2


def test_no_name_and_no_answer_is_in_the_file(tmp_path) -> None:
    survey = hpp.simulate_study(clients=["Zyxw Holding"], partners=["Quorvex Ltd"], persons_per_side=12, seed=1).survey
    save_norm(contributed(survey), tmp_path / "norm.parquet")
    content = (tmp_path / "norm.parquet").read_bytes()
    for name in (b"Zyxw", b"Quorvex", survey.persons.iloc[0].encode()):
        assert name not in content
    assert survey.instrument.items[0].text["en"].encode() not in content


@pytest.mark.parametrize("seed", [1, 2])
def test_other_protected_answers_give_the_same_contribution(seed: int) -> None:
    one = study(seed, 1)
    other = with_other_answers(one, hpp.plan_disclosure(one), seed)
    first, second = (contributed(each, Norm(salt="s")) for each in (one, other))
    assert first.contributions == second.contributions
    assert first.cells.equals(second.cells)


def test_adding_a_study_twice_adds_nothing(everybody) -> None:
    once = contributed(everybody)
    assert contributed(everybody, once) is once
    later = contributed(everybody, once, date=datetime.date(2026, 3, 1))
    assert len(later) == 2
    assert later.cells["unit"].nunique() == 2


def test_a_contribution_is_of_one_wave_with_a_group_of_ten(everybody) -> None:
    with pytest.raises(NormError):
        contributed(study(1, 2))
    with pytest.raises(NormError):
        contributed(hpp.simulate_study(persons_per_side=8, seed=1).survey)
    with pytest.raises(NormError):
        contributed(everybody, Norm(simulated=True))
    with pytest.raises(NormError):
        contributed(everybody, contributed(everybody, simulated=True))


def test_loadings_are_those_of_one_factor_within_groups() -> None:
    survey = hpp.simulate_study(partners=3, persons_per_side=60, seed=2).survey
    found = contributed(survey).contributions[0].loadings
    assert set(found) == {"openness", "equality", "conflict_management", "success"}
    answers = survey["openness"]
    within = answers - answers.groupby([survey.respondents["partnership"], survey.respondents["side"]]).transform(
        "mean"
    )
    model = hpp.fit_efa(hpp.correlate(within), 1, extraction="uls")
    # the two find the minimum of the same function; the file keeps three decimals
    np.testing.assert_allclose(list(found["openness"].values()), np.abs(model.loadings.iloc[:, 0]), atol=2e-3)
    assert (
        contributed(hpp.simulate_study(partners=1, persons_per_side=20, seed=2).survey).contributions[0].loadings == {}
    )


def test_a_survey_without_partnerships_gives_what_makes_its_reports() -> None:
    data = departments({"care": 30, "it": 12, "hr": 7, "board": 3})
    plan = hpp.plan_disclosure(data, by="department")
    norm = contribute_to_norm(data, plan, date=DAY, by="department", client="Clinic")
    assert norm.to_frame()[["partnerships", "clients"]].values.tolist() == [[2, 1]]
    assert set(norm.cells["side"]) == {""}
    own = compare_norms(data.where(department="care"), norm, date="2026-03-01", client="Clinic", cells=plan)
    assert own.to_frame()["n_norm"].tolist() == [0]  # its own
    other = compare_norms(data.where(department="care"), norm, date="2026-03-01", client="Hospital", cells=plan)
    assert other.left_out == {"client": 2}  # all of one client
    with pytest.raises(NormError):
        contribute_to_norm(data, plan, date=DAY, by="department")


def test_a_synthetic_twin_is_no_contribution(everybody, tmp_path) -> None:
    twin = hpp.make_twin(everybody.wave())
    survey = hpp.read_survey(twin.write(tmp_path / "twin.csv"), instrument=everybody.instrument)
    with pytest.raises(NormError, match="synthetic"):
        contribute_to_norm(survey, hpp.plan_disclosure(survey), date="2026-02-01")
