"""Reports of a run hand over what they made, by content: nothing old, and nobody else's copy."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.publishing import clearing
from hpp_analysis.survey import handover
from hpp_analysis.survey.handover import FOLDER, made_once


@pytest.fixture(autouse=True)
def empty(monkeypatch) -> None:
    monkeypatch.setattr(handover, "_MADE", {})


@pytest.fixture
def survey():
    return hpp.simulate_study(partners=2, persons_per_side=12, waves=2, seed=1).survey


def test_what_was_made_is_handed_over_to_other_processes(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    calls: list[str] = []

    def make(answer: str) -> list[str]:
        calls.append(answer)
        return [answer]

    assert made_once("plan", ["a", 1], lambda: make("a1")) == ["a1"]
    monkeypatch.setattr(handover, "_MADE", {})  # as another process has it
    assert made_once("plan", ["a", 1], lambda: make("again")) == ["a1"]
    assert made_once("plan", ["a", 2], lambda: make("a2")) == ["a2"]
    assert made_once("drivers", ["a", 1], lambda: make("d1")) == ["d1"]
    assert calls == ["a1", "a2", "d1"] and len(list(tmp_path.iterdir())) == 3


def test_another_run_makes_its_own(monkeypatch, tmp_path: Path) -> None:
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        monkeypatch.setenv(FOLDER, str(tmp_path / run))
        assert made_once("plan", ["a"], lambda run=run: run) == run


def test_without_a_run_nothing_is_written(monkeypatch, tmp_path: Path, survey) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    made_once("plan", ["a"], lambda: 1)
    hpp.plan_disclosure(survey)
    assert not list(tmp_path.iterdir())


def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(handover, "_MOST_BYTES", 1000)
    for number in range(20):
        made_once("bytes", [number], lambda: bytes(300))
        made_once("large", [number], lambda: bytes(3000))
    assert sum(map(len, handover._MADE.values())) <= 1000


def test_a_changed_file_is_read_anew(tmp_path: Path, survey) -> None:
    frame = hpp.simulate_study(partners=2, persons_per_side=12, seed=1).frame()
    path = tmp_path / "answers.csv"
    frame.to_csv(path, index=False)
    first, second = (hpp.read_survey(path, instrument="hpp") for _time in range(2))
    pd.testing.assert_frame_equal(first.items, second.items)
    first.items.iloc[:, 0] = 1.0  # whoever changes one copy leaves the others alone
    pd.testing.assert_frame_equal(second.items, hpp.read_survey(path, instrument="hpp").items)
    frame.assign(ope1=1).to_csv(path, index=False)
    assert (hpp.read_survey(path, instrument="hpp").items["ope1"] == 1.0).all()


def test_a_changed_questionnaire_is_loaded_anew(tmp_path: Path, root) -> None:
    text = (root / "hpp_analysis" / "survey" / "instruments" / "hpp.yaml").read_text(encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    one = hpp.load_instrument(path)
    path.write_text(text.replace("8.5", "7.5"), encoding="utf-8")
    assert (one.threshold, hpp.load_instrument(path).threshold) == (8.5, 7.5)


def test_plans_and_drivers_are_those_of_the_answers(survey) -> None:
    cells = hpp.plan_disclosure(survey)
    assert hpp.plan_disclosure(survey, by=None).keys != cells.keys
    fewer = survey.keep(np.arange(len(survey)) % 12 > 7, "why")
    assert hpp.plan_disclosure(fewer).n_persons.sum() < cells.n_persons.sum()
    again = hpp.plan_disclosure(survey)
    assert again is not cells
    pd.testing.assert_frame_equal(again.to_frame(), cells.to_frame())
    options = {"n_boot": 100, "n_wild": 99}
    drivers = hpp.rank_drivers(survey, **options)
    pd.testing.assert_frame_equal(hpp.rank_drivers(survey, **options).table, drivers.table)
    odd = (np.arange(len(survey)) % 2 == 1)[:, None]
    other = dataclasses.replace(survey, items=survey.items.mask(np.broadcast_to(odd, survey.items.shape), 5.0))
    assert not hpp.rank_drivers(other, **options).table["importance"].equals(drivers.table["importance"])
    assert not np.array_equal(hpp.rank_drivers(survey, seed=1, **options).samples, drivers.samples)


def test_reports_of_a_run_share_one_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survey) -> None:
    other = hpp.simulate_study(partners=2, persons_per_side=12, seed=2).survey
    made = []
    plan = clearing._plan
    monkeypatch.setattr(clearing, "_plan", lambda *given, **how: made.append(1) or plan(*given, **how))
    ledger = tmp_path / "released.yaml"
    hpp.plan_disclosure(survey, ledger=ledger), hpp.plan_disclosure(survey, ledger=ledger)
    assert len(made) == 2  # the first one is on record: what it released is known to the second
    (tmp_path / "run").mkdir()
    monkeypatch.setenv(FOLDER, str(tmp_path / "run"))
    first, second = hpp.plan_disclosure(survey), hpp.plan_disclosure(survey)
    assert len(made) == 3
    assert first.to_frame().equals(second.to_frame())
    hpp.plan_disclosure(other), hpp.plan_disclosure(survey, by=None), hpp.plan_disclosure(survey.where(side="client"))
    assert len(made) == 6


def test_a_survey_of_other_words_is_another_one(survey, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    hpp.simulate_study(partners=2, persons_per_side=12, seed=1).frame().to_csv(path, index=False)
    sets = ["employees", None, "survey", "employees"]
    read = [hpp.read_survey(path, instrument="hpp", words=words) for words in sets]
    assert [one.words.set for one in read] == ["employees", "partnership", "survey", "employees"]
