"""Measurement invariance against lavaan 0.6-14, level by level, and its verdicts on made answers."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import AnswersError, OptionError
from hpp_analysis.models.invariance import Invariance, measurement_invariance

OWN = Path(__file__).parents[1] / "reference" / "data" / "two_groups.csv"


MODEL = "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(OWN)


@pytest.fixture(scope="module")
def found(own: pd.DataFrame) -> Invariance:
    return measurement_invariance(MODEL, own, group="group")


def test_the_shifted_item_is_found_and_released(found: Invariance) -> None:
    assert found.verdicts.to_dict() == {
        "configural": "holds",
        "metric": "holds",
        "scalar": "holds",
        "strict": "holds",
        "means": "fails",
    }
    frame = found.to_frame()
    failed = frame[(frame["level"] == "scalar") & (frame["verdict"] == "fails")]
    assert failed["items"].tolist() == ["x2"]
    assert found.releases.iloc[0][["level", "item", "relation"]].tolist() == ["scalar", "x2", "x2 ~ 1"]
    assert found.releases["p"].iloc[0] < 0.001


def test_item_bias_is_that_of_the_simulation(found: Invariance) -> None:
    items = found.items.set_index("item")
    # x2 was answered 0.9 lower; the standard error of a mean of 220 answers on each side is about 0.12
    assert items.loc["x2", "signed_points"] == pytest.approx(-0.9, abs=0.3)
    assert items["d_macs"].idxmax() == "x2"
    assert items.drop("x2")["points"].max() < 0.35
    assert items.loc["x2", "released"]


def test_factor_means_are_those_of_the_simulation(found: Invariance) -> None:
    means = found.factor_means
    # 0.3 of a factor whose t distribution has a standard deviation of 1.15; standard errors are about .1
    assert means["mean"].between(0.0, 0.6).all()
    assert means["se"].between(0.05, 0.2).all()


def test_words_in_both_languages(found: Invariance) -> None:
    english, dutch = found.summary("en"), found.summary("nl")
    assert "holds, with x2 free" in english
    assert english != dutch
    assert "x2" in dutch
    assert "dMACS" in found.methods("nl")
    assert found.alt("ladder", "nl") != found.alt("ladder", "en")
    for kind in ("table", "items", "releases", "factor_means"):
        assert found._block(kind, "nl").cells


def test_small_groups_are_not_testable_but_shown(own: pd.DataFrame) -> None:
    small = own[(own["group"] == "a") | (np.arange(len(own)) < 270)]
    result = measurement_invariance(MODEL, small, group="group", levels=["configural", "metric"])
    frame = result.to_frame()
    assert set(frame["verdict"]) <= {"not_testable", "fails"}
    assert "few" in set(frame["why"])
    assert frame["chi2"].notna().all()
    assert "50" in result.summary("en")


def test_levels_bring_what_they_need(own: pd.DataFrame) -> None:
    result = measurement_invariance(MODEL, own, group="group", levels="means", estimator="ML")
    assert list(result.verdicts.index) == ["configural", "metric", "scalar", "means"]


def test_three_groups_are_compared_with_the_first(own: pd.DataFrame) -> None:
    three = own.assign(group=np.where((own["group"] == "a") & (np.arange(len(own)) % 2 == 0), "c", own["group"]))
    result = measurement_invariance(MODEL, three, group="group", levels=["scalar"], estimator="ML")
    assert result.group_names == ("c", "a", "b")
    assert set(result.items["group"]) == {"a", "b"}
    assert result.releases["df"].dropna().eq(2).all()


def test_clusters_change_the_test_but_not_the_estimates(own: pd.DataFrame) -> None:
    data = pd.concat([own, own], ignore_index=True).assign(person=np.tile(np.arange(len(own)), 2))
    twice = measurement_invariance(MODEL, data, group="group", levels=["configural"])
    known = measurement_invariance(MODEL, data, group="group", levels=["configural"], cluster="person")
    assert known.to_frame()["chi2"][0] == pytest.approx(twice.to_frame()["chi2"][0])
    # every answer stands twice: the plain chi-square is twice too large, and clusters know it
    ratio = twice.to_frame()["chi2_scaled"][0] / known.to_frame()["chi2_scaled"][0]
    assert ratio == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize(("options", "words"), [({}, "full information"), ({"missing": "listwise"}, "left out")])
def test_what_became_of_missing_answers_is_told(own: pd.DataFrame, options: dict[str, Any], words: str) -> None:
    found = measurement_invariance(MODEL, own, group="group", levels="configural", **options)
    assert words in found.methods("en")
    assert "complete" not in found.methods("en")
    whole = measurement_invariance(MODEL, own.dropna(), group="group", levels="configural", **options)
    assert "All answers were complete" in whole.methods("en")


def test_bad_input_is_refused_with_item_group_and_remedy(own: pd.DataFrame) -> None:
    with pytest.raises(AnswersError) as caught:
        measurement_invariance(MODEL, own.assign(x4=own["x4"].where(own["group"] == "a")), group="group")
    assert caught.value.failures[0].column == "x4"
    assert "'b'" in caught.value.failures[0].rule
    with pytest.raises(OptionError, match="ordered"):
        measurement_invariance(MODEL, own, group="group", ordered=["x1"], estimator="MLR")
    with pytest.raises(OptionError, match="levels"):
        measurement_invariance(MODEL, own, group="group", levels=["weak"])
    with pytest.raises(OptionError, match="MLM"):
        measurement_invariance(MODEL, own, group="group", estimator="MLM")


def test_a_survey_by_side() -> None:
    import hpp_analysis as hpp

    survey = hpp.simulate_study(persons_per_side=60, seed=3).survey
    result = measurement_invariance(survey.instrument.model(), survey, group="side", levels=["configural", "metric"])
    assert set(result.group_names) == {"client", "partner"}
    assert "conflict_management" not in result.summary("nl")  # factors have names
