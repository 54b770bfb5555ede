"""Whether gaps compare like with like."""

import pytest

from hpp_analysis.common.interpret import MIN_INVARIANCE_GROUP
from hpp_analysis.errors import OptionError
from hpp_analysis.partners.gaps import partner_gaps


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
