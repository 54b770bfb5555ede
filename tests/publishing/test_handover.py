"""The plan of a run is made once, and never taken for other answers."""

from pathlib import Path

import pytest

from hpp_analysis import plan_disclosure, simulate_study
from hpp_analysis.publishing import clearing, handover


def test_notebooks_of_a_run_share_one_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    survey = simulate_study(partners=2, persons_per_side=12, seed=1).survey
    other = simulate_study(partners=2, persons_per_side=12, seed=2).survey
    made = []
    plan = clearing._plan
    monkeypatch.setattr(clearing, "_plan", lambda *given, **how: made.append(1) or plan(*given, **how))
    plan_disclosure(survey), plan_disclosure(survey)
    assert len(made) == 2  # nothing is kept unless a run says where
    monkeypatch.setenv(handover.FOLDER, str(tmp_path))
    first, second = plan_disclosure(survey), plan_disclosure(survey)
    assert len(made) == 3
    assert first.to_frame().equals(second.to_frame())
    plan_disclosure(other), plan_disclosure(survey, by=None), plan_disclosure(survey.where(side="client"))
    assert len(made) == 6
