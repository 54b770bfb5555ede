"""Shares of persons who reach the threshold: against R, and never of fewer than ten persons."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import load_instrument, plan_disclosure, publish, read_survey, simulate_study
from hpp_analysis.answers import count_reaching_threshold
from hpp_analysis.errors import OptionError

NUMBERS = ["share", "share_ci_lower", "share_ci_upper"]


REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "threshold.json").read_text())


def test_shares_and_intervals_are_those_of_r() -> None:
    instrument = load_instrument("hpp")
    rows = [(partner, 9.0 if hit else 8.0) for partner, hits in REFERENCE["reached"].items() for hit in hits]
    frame = pd.DataFrame({item.id: [value for _partner, value in rows] for item in instrument.items})
    frame = frame.assign(client="X", side="client", partner=[partner for partner, _value in rows])
    survey = read_survey(frame.assign(respondent=[f"r{row}" for row in range(len(frame))]), instrument=instrument)
    found = count_reaching_threshold(survey).to_frame()
    expected = [[REFERENCE["share"], REFERENCE["ci_lower"], REFERENCE["ci_upper"]]] * len(found)
    # R writes fifteen digits
    np.testing.assert_allclose(found[NUMBERS], expected, rtol=0, atol=1e-14)
    assert abs(REFERENCE["pooled"] - REFERENCE["share"]) > 0.05, "all persons together would give another share"
    assert found["n_persons"].eq(42).all()


def test_a_published_share_rests_on_ten_persons_of_each_group() -> None:
    """In one of two large groups each characteristic of a factor has enough answers, but only three persons have a score."""
    survey = simulate_study(partners=2, persons_per_side=[[100, 20], [20, 20]], seed=2).survey
    first = survey.respondents["partnership"].eq(survey.values("partnership")[0])
    openness = list(survey["openness"])
    items = survey.items.copy()
    for place, row in enumerate(items.index[first & survey.respondents["side"].eq("client")]):
        chosen = openness if place < 3 else [openness[place % len(openness)]]
        items.loc[row, [item for item in openness if item not in chosen]] = np.nan
    reasons = survey.reasons.mask(items.isna() & survey.items.notna(), "skipped")
    survey = dataclasses.replace(survey, items=items, reasons=reasons)
    client = survey.where(client=survey.values("client")[0])
    cells = plan_disclosure(survey)
    made = count_reaching_threshold(client, by=("partnership", "side"))
    few = made.table["factor"].eq("openness") & made.table["n_persons"].lt(10)
    assert few.sum() == 1
    shown = publish(made, cells).to_frame()
    assert shown.loc[few, NUMBERS].isna().all(axis=None)
    assert shown.loc[~few, NUMBERS].notna().all(axis=None)
    whole, parts = publish(count_reaching_threshold(client), cells).to_frame(), shown[~few]
    other = parts[parts["factor"].eq("openness") & parts["side"].eq("client")]
    both = whole[whole["factor"].eq("openness") & whole["side"].eq("client")]
    assert both["share"].tolist() == other["share"].tolist(), "the three are in no share"
    assert shown["share"].dropna().mul(100).round(9).mod(1).eq(0).all(), "whole percents"


def test_a_questionnaire_without_thresholds_is_refused() -> None:
    survey = simulate_study(seed=1).survey
    factors = [factor.model_copy(update={"threshold": None}) for factor in survey.instrument.factors]
    instrument = survey.instrument.model_copy(update={"factors": factors})
    with pytest.raises(OptionError, match="threshold"):
        count_reaching_threshold(dataclasses.replace(survey, instrument=instrument))
