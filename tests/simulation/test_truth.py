"""The means, gaps and changes that a simulated study tells of are found again."""

import json

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.simulation.simulate import simulate_study
from tests.simulation.conftest import CELL, CLEAN, factors_only


def test_means_are_as_told_with_response_styles():
    """Expected answers come by quadrature over styles; 152 means, so the largest of them is near 3 SE."""
    study = simulate_study(factors_only(), persons_per_side=2500, several=0.0, style=1.0, seed=6, **CLEAN)
    groups = study.survey.items.groupby([study.survey.respondents[column] for column in CELL])
    told = study.truth.item_means.droplevel("wave")
    z = (groups.mean() - told.loc[groups.mean().index]) / groups.sem()
    assert np.abs(z.to_numpy()).max() < 4.5
    assert 0.6 < z.to_numpy().std() < 1.4  # nor closer than chance; items share factors: some 30 means' worth


def test_gaps_are_those_asked_for_and_found_by_means():
    asked = {"openness": -0.5, "equality": 1.0}
    study = simulate_study(persons_per_side=2000, gaps=asked, several=0.0, seed=7, **CLEAN)
    told = study.truth.gaps.loc["1"]
    # brentq stops within 1e-11 SD and the effect is kept to 9 digits
    assert told[["openness", "equality", "conflict_management"]].to_numpy() == pytest.approx([-0.5, 1, 0], abs=1e-7)
    assert (study.truth.gap_effects["conflict_management"] == 0).all()
    assert told["success"] != 0  # it follows from the factors
    for factor in told.index:
        scores = study.survey[factor].mean(axis=1)
        groups = scores.groupby([study.survey.respondents[column] for column in CELL])
        means = groups.mean()
        found = (means.xs("client", level="side") - means.xs("partner", level="side")).mean()
        se = np.sqrt((groups.sem() ** 2).sum()) / 4  # partnerships; about .02
        assert abs(found - told[factor]) < 4 * se


def test_changes_are_those_asked_for_and_found_by_means():
    study = simulate_study(
        factors_only(),
        persons_per_side=1000,
        waves=3,
        changes={"equality": -0.4},
        several=0.0,
        returning=0.0,
        seed=8,
        **CLEAN,
    )
    factors = ["openness", "equality", "conflict_management"]
    assert study.truth.changes[factors].to_numpy() == pytest.approx(np.array([[0, -0.4, 0]] * 2), abs=1e-7)
    scores = study.survey["equality"].mean(axis=1)
    groups = scores.groupby([study.survey.respondents[column] for column in ("wave", *CELL)])
    steps = groups.mean().groupby("wave").mean().diff().iloc[1:]
    # two means of 8,000 ratings with SD about 1.4: standard error .022
    assert steps.to_numpy() == pytest.approx(study.truth.changes["equality"].to_numpy(), abs=0.09)


def test_partnerships_differ_as_told():
    quality = [0.8, 0.2, 0.2, -1.2]
    study = simulate_study(quality=quality, dips=3)
    assert study.truth.organisation_effects.mean(axis=1).to_numpy() == pytest.approx(quality, abs=0.4)
    assert study.truth.organisation_effects.mean(axis=1).idxmin() == ("Client", "Partner 4")
    assert len(study.truth.dips) == 12
    flat = simulate_study(quality=quality, dips=0).truth
    pd.testing.assert_frame_equal(flat.loadings, study.truth.loadings)
    fall = (study.truth.item_means - flat.item_means).droplevel(["wave", "client"])
    for dip in study.truth.dips.itertuples():
        assert (fall.loc[dip.partner, dip.item] < -0.5).all()
    even = simulate_study(quality=0, gaps=0, dips=0, coefficients={}).truth.means
    assert even.to_numpy() == pytest.approx(np.broadcast_to(even.iloc[0], even.shape), abs=1e-12)


def test_dont_know_and_skipped_come_as_often_as_told():
    study = simulate_study(factors_only(), persons_per_side=2000, careless=0.0, skipped=0.02, seed=9)
    told = study.truth.dont_know
    sides = study.survey.respondents["side"]
    for side in ("client", "partner"):
        reasons = study.survey.reasons[(sides == side).to_numpy()]
        found = (reasons == "dont_know").mean()
        se = np.sqrt(told[side] * (1 - told[side]) / len(reasons))
        assert (np.abs(found - told[side]) < 4 * se + 1e-9).all()
        assert (reasons == "skipped").to_numpy().mean() == pytest.approx(0.02, abs=0.002)  # 152,000 cells
    assert told.to_numpy().max() == pytest.approx(0.15)
    assert told.to_numpy().mean() < 0.075
    assert {"client", "partner"} == set(told.idxmax(axis=1))
    assert (study.survey.items.notna() == (study.survey.reasons == "answered")).all(axis=None)


def test_the_truth_can_be_written_as_json():
    told = simulate_study(waves=2, seed=14).truth.to_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["gaps"]["1"]["equality"] == 0.8
    assert set(told["means"][0]) >= {"wave", "client", "partner", "side", "openness", "success"}
    assert set(told["careless"].values()) == {"straight", "random"}
