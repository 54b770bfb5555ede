"""Drivers of real answers, as R finds them: reputation of firms (corp_rep_data), student teams (BSG2014)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp

R = json.loads((Path(__file__).parent.parent / "reference" / "drivers_public.json").read_text(encoding="utf-8"))
SCALES = ["comp", "like", "qual", "perf", "csor", "attr"]
TEAM = ["TMS", "TeamCommitment", "TaskConflict", "ProceduralJustice", "SharedLeadership"]


@pytest.fixture(scope="module")
def reputation(shared_data: Path) -> pd.DataFrame:
    answers = pd.read_csv(shared_data / "seminr" / "corp_rep_data.csv").replace(-99, np.nan)
    return pd.DataFrame({scale: answers.filter(regex=rf"^{scale}_\d$").mean(axis=1) for scale in [*SCALES, "cusl"]})


@pytest.fixture(scope="module")
def team(shared_data: Path) -> pd.DataFrame:
    return pd.read_csv(shared_data / "robmed" / "BSG2014.csv")


def assert_is(found: hpp.drivers.Drivers, expected: dict[str, Any], predictors: list[str]) -> None:
    assert found.n_used == expected["n"]
    assert found.r2 == pytest.approx(expected["r2"], abs=1e-12)
    assert found.slopes["beta"].tolist() == pytest.approx(expected["slopes"], abs=1e-11)
    assert found.slopes["slope"].tolist() == pytest.approx(expected["raw"], abs=1e-11)
    assert found.slopes["se"].tolist() == pytest.approx(expected["se"], rel=1e-9)  # roots of a 6 x 6 sandwich
    assert found.slopes["vif"].tolist() == pytest.approx(expected["vif"], rel=1e-9)
    shares = found.to_frame().set_index("predictor").loc[predictors, "importance"]
    assert shares.tolist() == pytest.approx(expected["lmg"], abs=1e-11)


def test_loyalty_goes_together_with_likeability(reputation: pd.DataFrame) -> None:
    found = hpp.rank_drivers(reputation, outcome="cusl")
    assert_is(found, R["reputation"], SCALES)
    assert found.table.loc[0, "predictor"] == "like"  # as in Hair et al. (2017): likeability, not competence
    assert found.table.loc[0, "p_first"] > 0.9
    assert "comp" not in found.leading


def test_team_performance(team: pd.DataFrame) -> None:
    found = hpp.rank_drivers(team, outcome="TeamPerformance", predictors=TEAM)
    assert_is(found, R["team"], TEAM)
    assert "few_units_intervals" not in found.flags or found.table["ci_lower"].isna().all()
    assert len(found.leading) >= 1  # 89 teams: tiers, but no intervals of importance


def test_value_diversity_and_commitment_by_way_of_conflict(team: pd.DataFrame) -> None:
    """Alfons, Ates & Groenen (2022): a = .155, b = -.364 by least squares."""
    a, b = R["diversity"]["est"][:2]
    assert (a, b) == pytest.approx((0.155, -0.364), abs=5e-4)  # as printed, three digits
    effects = hpp.drivers.estimate_indirect_effects(
        team, outcome="TeamCommitment", source="ValueDiversity", mediators=["TaskConflict"]
    )
    table = effects.to_frame().set_index("effect")["estimate"]
    std = dict(zip(R["diversity"]["label"], R["diversity"]["std"], strict=True))
    # maximum likelihood of a saturated model is least squares; iterated to 1e-8 by lavaan
    found = table[["to_mediator", "from_mediator", "direct", "indirect"]].tolist()
    assert found == pytest.approx([std[label] for label in ("a", "b", "c", "indirect")], abs=1e-6)
    assert table["total"] == pytest.approx(team["ValueDiversity"].corr(team["TeamCommitment"]), abs=1e-12)
