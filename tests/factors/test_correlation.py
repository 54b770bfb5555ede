import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from hpp_analysis import adequacy, correlate, simulate_study
from hpp_analysis.errors import OptionError, SurveyError
from tests.core.conftest import ordinal_answers, read_values, symmetric

VALUES = read_values("correlation")["ordinal"]


NAMES, TABLE = ordinal_answers()


ITEMS = pd.DataFrame(TABLE, columns=NAMES)


EXACT = {"rtol": 0, "atol": 1e-11}  # the file holds 12 digits


def test_within_groups_by_column_series_or_survey() -> None:
    group = pd.Series(np.tile([1, 2, 3], 100), name="group")
    within = correlate(ITEMS, within=group, missing="listwise")
    np.testing.assert_allclose(within.r, symmetric(VALUES["within"]["r"]), **EXACT)
    by_name = correlate(ITEMS.assign(group=group), within="group", missing="listwise")
    pd.testing.assert_frame_equal(by_name.r, within.r)
    assert (by_name.n_groups, by_name.within) == (3, "group")
    survey = simulate_study(seed=4).survey
    found = correlate(survey, within="partnership")
    assert found.n_groups == len(survey.values("partnership"))
    assert "pooled" in found.methods()


def test_what_a_matrix_rests_on_is_told() -> None:
    constant = correlate(pd.DataFrame({"a": [1.0, 1, 1, 1], "b": [1, 2, 3, 4], "c": [1, 3, 2, 4]}))
    assert constant.flags == ("constant",)
    assert constant.r.loc["b", "c"] == pytest.approx(0.8)
    apart = pd.DataFrame({"a": [1, 2, np.nan, np.nan], "b": [np.nan, np.nan, 1, 2], "c": [1, 2, 1, 3]})
    assert correlate(apart).flags == ("never_together",)
    few = pd.DataFrame(np.random.default_rng(2).normal(size=(6, 9)))
    assert correlate(few).flags == ("singular",)
    same = pd.DataFrame({"a": [1, 2, 3] * 9, "b": [1, 2, 3] * 9})
    assert "boundary" in correlate(same, method="polychoric").flags
    two = pd.DataFrame({"a": [0] * 50 + [1] * 10, "b": [0] * 30 + [1] * 30})
    found = correlate(two, method="polychoric")
    assert found.flags == ("two_by_two",)
    assert found.empty_cells.loc["a", "b"] == 1
    everything_missing = pd.DataFrame(np.full((4, 2), np.nan), columns=["a", "b"])
    for method in ("pearson", "spearman", "polychoric", "mixed"):
        nothing = correlate(everything_missing, method=method)
        assert nothing.r.isna().all().all()
        assert nothing.summary() == "No correlation can be given."


@pytest.mark.parametrize(
    "options",
    [
        {"method": "kendall"},
        {"missing": "fill"},
        {"method": "polychoric", "missing": "em"},
        {"method": "spearman", "within": "o2"},
        {"missing": "em", "within": "o2"},
        {"min_count": 5},
        {"min_count": -1, "method": "polychoric"},
        {"method": "polychoric"},  # c1 has hundreds of values
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict) -> None:
    with pytest.raises(OptionError):
        correlate(ITEMS, **options)


def test_text_is_never_ordered_by_itself() -> None:
    words = pd.DataFrame({"a": ["low", "high", "low"], "b": ["x", "y", "x"], "c": [1, 2, np.inf]})
    with pytest.raises(SurveyError) as caught:
        correlate(words)
    assert [failure.column for failure in caught.value.failures] == ["a", "b", "c"]
    order = pd.CategoricalDtype(["low", "middle", "high"], ordered=True)
    ordered = pd.DataFrame({"a": pd.Series(["low", "high", "middle", "high"], dtype=order), "b": [1, 3, 2, 3]})
    assert correlate(ordered).r.loc["a", "b"] == 1.0
    with pytest.raises(OptionError):
        correlate(ITEMS, within="nowhere")


def test_it_shows_draws_and_speaks() -> None:
    survey = simulate_study(seed=4).survey
    for found in (correlate(survey["openness"]), adequacy(survey["openness"]), adequacy(survey)):
        for language in ("en", "nl"):
            assert found.summary(language)
            assert found.methods(language)
            assert found.alt(language=language)
            plt.close(found.plot(language=language).figure)
        assert "<table" in found._repr_html_()
    assert list(correlate(survey["openness"]).to_frame())[:2] == ["item", "n"]


def test_the_correlations_of_a_survey_come_by_factor() -> None:
    survey = simulate_study(seed=1).survey
    found = correlate(survey)
    assert found.factors["equ1"] == "equality"
    assert "within factors" in found.alt(language="en")
    assert "within factors" not in correlate(survey.items).alt(language="en")
    assert "Equality" in found._block("correlations", "en").svg
