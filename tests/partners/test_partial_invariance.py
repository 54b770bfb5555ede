"""Whether gaps compare like with like."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.common.interpret import MIN_INVARIANCE_GROUP
from hpp_analysis.errors import OptionError
from hpp_analysis.models.invariance import Invariance, measurement_invariance
from hpp_analysis.partners.gap_decomposition import decompose_gaps
from hpp_analysis.partners.gaps import partner_gaps
from hpp_analysis.survey.survey import Survey


def test_where_the_sides_read_differently_the_gap_says_so(large, invariance) -> None:
    gaps = partner_gaps(large, invariance=invariance)
    table = gaps.to_frame().set_index("factor")
    assert table.loc["openness", "comparable"] == "fails"
    assert "ope1" in table.loc["openness", "comparable_items"].split(",")
    assert table.loc["equality", "comparable"] == "holds"
    assert table.loc["success", "comparable"] == "not_tested"  # the model has no such factor
    assert "Compare with care" in gaps.summary("en") and "Vergelijk met voorzichtigheid" in gaps.summary("nl")
    items = partner_gaps(large, level="item", invariance=invariance).to_frame().set_index("item")
    assert items.loc["ope1", "comparable"] == "fails"
    assert items.loc["equ1", "comparable"] == "holds"


def test_without_a_test_the_gap_says_that_too(large, survey, invariance) -> None:
    assert partner_gaps(large).to_frame()["comparable"].eq("not_tested").all()
    assert "was not tested" in partner_gaps(large).summary("en")
    small = partner_gaps(survey)
    assert small.to_frame()["comparable"].eq("not_testable").all()
    assert f"takes {MIN_INVARIANCE_GROUP} a side" in small.summary("en")
    with pytest.raises(OptionError, match="invariance"):
        partner_gaps(large, side="role", invariance=invariance)


def with_four_categories(survey: Survey) -> Survey:
    """The same answers on a scale of four points, whose means and extremes differ from question to question."""
    cuts = np.quantile(survey.items.to_numpy(), [0.15, 0.4, 0.75])
    items = survey.items.apply(
        lambda answers: pd.Series(np.searchsorted(cuts, answers, side="right") + 1.0, answers.index)
    )
    scale = survey.instrument.scale.model_copy(update={"min": 1, "max": 4, "labels": {}})
    return dataclasses.replace(survey, items=items, instrument=survey.instrument.model_copy(update={"scale": scale}))


@pytest.fixture(scope="module")
def alike(large: Survey) -> Survey:
    """Four categories; the known bias of the partners in one question is taken back."""
    items = large.items.copy()
    items.loc[large.respondents["side"].eq("partner"), "ope1"] -= 2
    return with_four_categories(dataclasses.replace(large, items=items.clip(1, 10)))


MODEL = "openness =~ ope1 + ope2 + ope3 + ope4\n equality =~ equ1 + equ2 + equ3 + equ4"


def test_few_categories_are_compared_as_ordered(large: Survey, alike: Survey) -> None:
    """A bias of two points in ten is found, and nothing where there is none."""
    for survey, state, found in ((with_four_categories(large), "fails", "ope1"), (alike, "holds", "")):
        invariance = measurement_invariance(
            MODEL, survey, group="side", ordered=True, levels=["configural", "thresholds", "metric", "scalar"]
        )
        gaps = partner_gaps(survey, invariance=invariance)
        table = gaps.to_frame().set_index("factor")
        assert (table.loc["openness", "comparable"], table.loc["openness", "comparable_items"]) == (state, found)
        assert table.loc["equality", "comparable"] == "holds"
        assert "as ordered categories" in gaps.methods("en") and "geordende categorieën" in gaps.methods("nl")


def test_how_the_items_were_taken_is_said(large: Survey, alike: Survey, invariance: Invariance) -> None:
    assert "as numbers." in partner_gaps(large, invariance=invariance).methods("en")
    numbers = measurement_invariance(MODEL, alike, group="side", levels=["configural", "metric", "scalar"])
    gaps = partner_gaps(alike, invariance=numbers)
    assert "fewer than 5 categories" in gaps.methods("en") and "minder dan 5 categorieën" in gaps.methods("nl")
    assert "Measurement invariance was tested" not in partner_gaps(large).methods("en")


@pytest.mark.parametrize("categories", [2, 3])
def test_levels_that_leave_nothing_to_compare_do_not_count(alike: Survey, categories: int) -> None:
    """Of items with two or three categories later levels test thresholds and loadings too."""
    survey = dataclasses.replace(alike, items=alike.items.clip(upper=3) if categories == 3 else (alike.items > 2) + 1.0)
    invariance = measurement_invariance(MODEL, survey, group="side", ordered=True)
    assert invariance.table["why"].eq("nothing").any()
    assert (
        partner_gaps(survey, invariance=invariance).to_frame().set_index("factor").loc["openness", "comparable"]
        == "holds"
    )


def test_the_part_of_biased_items_rests_on_ordered_ones_where_they_are_few(large: Survey, alike: Survey) -> None:
    biased, fair = (decompose_gaps(survey, n_boot=20) for survey in (with_four_categories(large), alike))
    for found in (biased, fair):
        assert found.invariance is not None
        assert found.invariance.ordered
        assert "as ordered categories" in found.methods("en")
    openness = biased.to_frame().set_index("factor").loc["openness"]
    # two of ten points are about 0.8 of four categories; over four items, client minus partner, that is -0.2
    assert openness["items"] == "ope1"
    assert -0.35 < openness["item_bias"] < -0.1
    assert (fair.to_frame()["item_bias"] == 0.0).all()
    numbers = decompose_gaps(large, n_boot=20)
    assert numbers.invariance is not None
    assert not numbers.invariance.ordered
