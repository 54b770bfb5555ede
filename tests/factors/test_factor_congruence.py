"""Two solutions compared; the coefficient is tested against R in tests/core."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.common.interpret import congruence_band
from hpp_analysis.errors import OptionError
from hpp_analysis.factors.factor_congruence import congruence

FIRST = pd.DataFrame({"F1": [0.8, 0.7, 0.6, 0.1, 0.0], "F2": [0.0, 0.1, -0.1, 0.6, 0.7]}, index=list("abcde"))


def test_items_go_by_name_and_factors_are_matched() -> None:
    other = pd.DataFrame({"X": -FIRST["F2"], "Y": FIRST["F1"]}).iloc[::-1]
    result = congruence(FIRST, other)
    frame = result.to_frame()
    assert frame["matched"].tolist() == ["Y", "X"]
    assert frame["reflected"].tolist() == [False, True]
    np.testing.assert_allclose(frame["congruence"], 1.0, atol=1e-12)  # rounding
    np.testing.assert_allclose(result.aligned.to_numpy(), FIRST.to_numpy(), atol=1e-12)
    np.testing.assert_allclose(result.items["congruence"], 1.0, atol=1e-12)
    assert result.flags == ()


def test_the_item_that_moved_is_found() -> None:
    other = FIRST.copy()
    other.loc["c"] = [0.0, 0.6]
    result = congruence(FIRST, other)
    assert result.items.set_index("item")["congruence"].idxmin() == "c"
    assert result.items.set_index("item")["largest_difference"].idxmax() == "c"
    assert "different" in result.to_frame()["verdict"].tolist()


def test_words_figure_and_tables_in_both_languages() -> None:
    result = congruence(FIRST, FIRST.iloc[:4])
    assert "The same factor in both solutions (congruence 0.95 or higher): F1 and F2." in result.summary("en")
    assert result.summary("nl") != result.summary("en") and result.methods("nl") != result.methods("en")
    assert "e" in result.left_out and result.flags == ("items_left_out",)
    assert "F1 with F1: 1.00" in result.alt(language="en")
    assert result._block("items").cells and "F1" in result._repr_html_()
    assert result.plot().texts


def test_solutions_of_different_size_and_zero_columns() -> None:
    fewer = congruence(FIRST, FIRST[["F2"]])
    assert fewer.to_frame()["factor"].tolist() == ["F2"]
    assert fewer.flags == ("factors_without_a_match",)
    zero = congruence(FIRST, FIRST.assign(F2=0.0))
    assert zero.to_frame()["verdict"].tolist() == ["equal", "undefined"]
    assert "Cannot be compared" in zero.summary("en")
    zero.plot()


def test_a_published_solution_comes_from_a_file(tmp_path) -> None:
    FIRST.to_csv(tmp_path / "published.csv")
    assert congruence(FIRST, tmp_path / "published.csv").to_frame()["congruence"].min() > 0.999
    with pytest.raises(OptionError, match="not there"):
        congruence(FIRST, tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("other", "match"),
    [
        (FIRST.rename(index=str.upper), "same name"),
        (pd.concat([FIRST, FIRST]), "twice"),
        (FIRST.assign(F2="x"), "numbers"),
        (object(), "without any"),
        (pd.DataFrame(), "without any"),
    ],
)
def test_bad_input_is_refused(other: object, match: str) -> None:
    with pytest.raises(OptionError, match=match):
        congruence(FIRST, other)


def test_bands_do_not_round() -> None:
    assert [congruence_band(value) for value in (0.95, 0.9499, 0.85, 0.8499)] == [
        "equal", "fair", "fair", "different",
    ]  # fmt: skip
