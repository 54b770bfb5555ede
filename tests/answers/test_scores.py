"""Scale scores and their means."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hpp_analysis.answers.scores import precision_sentences, scale_values, score_scales
from hpp_analysis.errors import OptionError


def openness(table: pd.DataFrame, **chosen: str) -> pd.Series:
    rows = table[table["factor"] == "openness"]
    for column, value in chosen.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_score_is_the_mean_of_the_answered_items(survey) -> None:
    values = scale_values(survey)
    items = survey["openness"]
    enough = items.notna().sum(axis=1) >= 4
    np.testing.assert_allclose(values["openness"][enough], items.mean(axis=1)[enough], rtol=0, atol=1e-12)
    assert values["openness"][~enough].isna().all()


@pytest.mark.parametrize(("min_valid", "kept"), [(0.5, True), (0.51, False), (1.0, False)])
def test_min_valid_is_a_share_of_the_items(two_partners, min_valid: float, kept: bool) -> None:
    survey = two_partners
    half = survey.items.copy()
    half.loc[0, ["ope1", "ope2", "ope3", "ope4"]] = np.nan  # four of eight are left
    object.__setattr__(survey_copy := survey.keep([True] * len(survey), "a copy"), "items", half)
    assert scale_values(survey_copy, min_valid)["openness"].notna().iloc[0] == kept


def test_each_partnership_or_each_rating_counts(two_partners) -> None:
    by_partnership = score_scales(two_partners).to_frame()
    by_rating = score_scales(two_partners, weight="respondent").to_frame()
    assert openness(by_partnership, side="client")["mean"] == pytest.approx((8 + 32 / 6) / 2, abs=1e-12)
    assert openness(by_rating, side="client")["mean"] == pytest.approx((16 + 32) / 8, abs=1e-12)


def test_a_single_group_has_the_t_interval(two_partners) -> None:
    """One partnership, one side, one rating a person: Student's t, exactly up to rounding."""
    table = score_scales(two_partners, by=("partnership", "side")).to_frame()
    row = openness(table, partnership="X – B", side="partner")
    y = np.array([4, 4, 4, 4, 4, 10.0])
    lower, upper = stats.t.interval(0.95, 5, y.mean(), stats.sem(y))
    assert (row["ci_lower"], row["ci_upper"]) == pytest.approx((lower, upper), abs=1e-10)
    assert row["sd"] == pytest.approx(y.std(ddof=1))
    assert (row["n_persons"], row["n_ratings"]) == (6, 6)


def test_too_few_degrees_of_freedom_give_no_interval(two_partners) -> None:
    row = openness(
        score_scales(two_partners, by=("partnership", "side")).to_frame(), partnership="X – A", side="client"
    )
    assert row["mean"] == 8
    assert np.isnan(row["ci_lower"])
    assert row["verdict"] == "cannot_tell"


def test_the_sides_come_in_the_instruments_order(survey) -> None:
    assert score_scales(survey).to_frame()["side"].unique().tolist() == ["client", "partner"]


def test_outcomes_have_no_verdict(survey) -> None:
    table = score_scales(survey).to_frame()
    assert table.loc[table["factor"] == "success", "verdict"].isna().all()
    assert table.loc[table["factor"] != "success", "verdict"].notna().all()


def test_a_survey_without_sides_is_scored_as_one(survey) -> None:
    nobody_says = dataclasses.replace(survey, respondents=survey.respondents.drop(columns="side"))
    scores = score_scales(nobody_says)
    assert scores.groups == ()
    assert len(scores.to_frame()) == 4
    assert "All participants: " in scores.summary()


@pytest.mark.parametrize(
    "options", [{"weight": "equal"}, {"conf_level": 95}, {"min_valid": 0}, {"conf_level": True}, {"min_valid": "half"}]
)
def test_options_are_checked(survey, options) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        score_scales(survey, **options)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.just(np.nan), st.floats(0.05, 3)), min_size=1, max_size=6))
def test_precision_is_that_of_the_narrowest_and_the_widest_interval(halves):
    half = np.array(halves)
    table = pd.DataFrame({"mean": 5.0, "ci_lower": 5 - half, "ci_upper": 5 + half})
    sentences = precision_sentences(table, 0.95)
    if np.isnan(half).all():
        assert sentences == ["Too few persons answered to say how precisely the scores are known."]
        return
    numbers = [float(number) for number in re.findall(r"\d+\.\d", sentences[0])]
    assert (min(numbers), max(numbers)) == pytest.approx(
        (np.nanmin(half), np.nanmax(half)), abs=0.051
    )  # said with one decimal
    assert (len(sentences) == 2) == bool(np.isnan(half).any())
