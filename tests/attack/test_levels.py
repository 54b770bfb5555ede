"""Nothing of a few persons can be worked out of breakdowns, over random studies and whole reports of one."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import SurveyError
from hpp_analysis.study.study import load_study
from tests.attack.attacked import attack
from tests.attack.levels import LevelsFound, attack_levels
from tests.attack.reading import Report, Row
from tests.attack.studies import WITH_BREAKDOWNS, RandomStudy, random_study

MANY = range(WITH_BREAKDOWNS, WITH_BREAKDOWNS + 8)


def published(study: RandomStudy, folder: Path) -> list[Report]:
    """What reports tell of partnerships and levels, run by run, without notebooks and files around it."""
    reports = []
    for number, run in enumerate(study.runs):
        survey = load_study(study.write(folder / f"run{number}", run)).survey()
        cells = hpp.plan_disclosure(
            survey, by=run.by, total=study.total, breakdowns=study.breakdowns, ledger=folder / "study.ledger.json"
        )
        for whose in survey.values(run.by):
            for wave in run.waves:
                own = survey.wave(wave) if len(run.waves) > 1 else survey
                try:
                    answers = own.where(**{run.by: whose})
                except SurveyError:  # nobody in this wave
                    continue
                scores = hpp.publish(hpp.score_scales(answers, by=("partnership", "side")), cells)
                tables = {"partners": scores.to_frame()}
                for column in study.breakdowns:
                    found = hpp.publish(hpp.partners.compare_groups(answers, by=column), cells)
                    tables[f"groups_{column}"] = found.to_frame()
                rows = [Row(name, row, {}, {}) for name, table in tables.items() for row in table.to_dict("records")]
                reports.append(Report(number, run.by, whose, wave, rows, [], folder))
    return reports


def attacked(seed: int, folder: Path) -> LevelsFound:
    study = random_study(seed)
    return attack_levels(study, published(study, folder))


def test_nothing_of_a_few_persons_is_told(tmp_path):
    found = {seed: attacked(seed, tmp_path / str(seed)) for seed in MANY}
    assert {seed: one.breaches for seed, one in found.items() if one.breaches} == {}
    assert sum(one.shown for one in found.values()) > 50
    assert sum(one.small for one in found.values()) > 20


def test_levels_that_are_not_held_together_are_found(tmp_path):
    """Levels of ten persons or more by themselves: what lies between them and parts is not looked at."""
    with patch("hpp_analysis.disclosure.levels.isolates_few", lambda *_args: False):
        breaches = attacked(WITH_BREAKDOWNS + 4, tmp_path).breaches
    assert any("can be told apart" in breach for breach in breaches)


def test_levels_under_ten_are_found(tmp_path):
    def alone(level, *_args, **_options):
        return np.asarray(level, dtype=object)

    with patch("hpp_analysis.publishing.levels.join_levels", alone):
        assert attacked(WITH_BREAKDOWNS + 1, tmp_path).breaches


@pytest.mark.parametrize("seed", [WITH_BREAKDOWNS + 1])
def test_whole_reports_and_twins_tell_nothing_either(seed, tmp_path):
    found = attack(seed, tmp_path, quick=True)
    assert list(found.problems()) == []
    assert found.levels.shown
    assert found.changed  # the twin is another study
