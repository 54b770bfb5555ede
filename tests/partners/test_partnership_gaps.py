"""Gaps of single partnerships, their reliability, and the similarity of profiles."""

import dataclasses

import numpy as np
import pytest

from hpp_analysis.partners.gaps import partner_gaps
from hpp_analysis.simulation.simulate import simulate_study


def test_single_partnerships_raw_and_partially_pooled(network) -> None:
    survey = network.survey.wave("1")
    gaps = partner_gaps(survey)
    frame = gaps.partnerships
    assert len(frame) == 4 * 20
    rows = frame[frame["factor"].eq("openness")].set_index("partnership")
    np.testing.assert_allclose(rows["gap"].mean(), gaps.to_frame().loc[0, "gap"], atol=1e-12)
    one = survey.where(partnership=rows.index[0])
    alone = partner_gaps(one).to_frame().iloc[0]
    assert rows["gap"].iloc[0] == pytest.approx(alone["gap"], abs=1e-12)
    assert rows["se"].iloc[0] == pytest.approx(alone["se"], abs=1e-12)
    assert rows["gap_pooled"].std() < rows["gap"].std()
    assert rows["weight"].between(0, 1).all()
    centre = rows["gap_pooled"].mean()
    assert (np.sign(rows["gap"] - rows["gap_pooled"]) == np.sign(rows["gap"] - centre)).mean() > 0.8


def test_reliability_and_profiles_only_where_they_are_defined(network, survey) -> None:
    table = partner_gaps(network.survey.wave("1")).to_frame()
    assert (table["n_paired"] == 20).all()
    assert table["reliability"].notna().all() and (table["reliability"] <= 1).all()
    assert table["correlation_sides"].between(-1, 1).all()
    few = partner_gaps(survey)
    assert few.to_frame()[["reliability", "correlation_sides"]].isna().all(axis=None)
    assert few.profiles["undefined"].eq("few_variables").all()  # three factors and an outcome are no profile
    assert few.profiles[["correlation", "double_entry"]].isna().all(axis=None)
    profiles = partner_gaps(survey, level="item").profiles
    assert (profiles["n_variables"] == 19).all()
    assert profiles["double_entry"].between(-1, 1).all()
    assert (profiles["d2"] >= profiles["elevation"] ** 2 - 1e-12).all()


def test_gaps_that_differ_between_partnerships_are_reliable() -> None:
    """All of one side's answers shifted by 1.5 points in every second partnership: the differences are not chance."""
    survey = simulate_study(clients=5, partners=5, persons_per_side=10, seed=9, dont_know=0.0, skipped=0.0).survey
    pairs = survey.values("partnership")
    shifted = survey.respondents["partnership"].isin(pairs[::2]) & survey.respondents["side"].eq("client")
    moved = dataclasses.replace(survey, items=survey.items.where(~shifted, survey.items - 3))
    before, after = (partner_gaps(one).to_frame()["reliability"] for one in (survey, moved))
    assert (after > 0.8).all() and (before < 0.6).all()
