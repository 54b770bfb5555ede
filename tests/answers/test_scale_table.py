from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from hpp_analysis import describe, plan_disclosure, publish, scale_reliability, simulate_study
from hpp_analysis.answers.scores import scale_values


@pytest.fixture(scope="module")
def survey():
    return simulate_study(seed=6, partners=4, persons_per_side=12).survey


def test_the_table_holds_means_reliability_and_correlations(survey) -> None:
    scales = describe(survey).scales
    table = scales.to_frame().set_index("factor")
    scores = scale_values(survey)
    exact = {"rtol": 0, "atol": 1e-12}  # the same sums in another order
    np.testing.assert_allclose(table["mean"], scores.mean(), **exact)
    np.testing.assert_allclose(table["sd"], scores.std(), **exact)
    np.testing.assert_allclose(scales.r, scores.corr(), **exact)
    assert (table["n"] == scores.notna().sum()).all()
    reliability = scale_reliability(survey).to_frame().set_index("factor")
    square = table[list(table.index)].to_numpy()
    np.testing.assert_array_equal(np.diag(square), reliability["alpha"])
    np.testing.assert_array_equal(table["omega"], reliability["omega"])
    np.testing.assert_allclose(square[1, 0], scores.corr().iloc[1, 0], **exact)
    assert np.isnan(square[0, 1])
    first = survey[table.index[0]].columns
    assert table["share_dont_know"].iloc[0] == (survey.reasons[first] == "dont_know").to_numpy().mean()


def test_within_groups_is_about_the_means_of_each(survey) -> None:
    scales = describe(survey, within="partnership").scales
    scores = scale_values(survey)
    complete = scores.notna().all(axis=1)
    centred = scores[complete] - scores[complete].groupby(survey.respondents["partnership"][complete]).transform("mean")
    # the same sums in another order
    np.testing.assert_allclose(
        describe(survey.keep(complete, "complete"), within="partnership").scales.r, centred.corr(), atol=1e-12
    )
    assert scales.within
    assert "pooled" in scales.methods()
    assert np.abs(scales.r - describe(survey).scales.r).to_numpy().max() > 1e-3


def test_a_frame_has_its_columns_in_the_table() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3, 5], "b": [2, 1, 4, None], "g": ["x", "x", "y", "y"]})
    found = describe(frame, within="g")
    assert found.to_frame()["item"].tolist() == ["a", "b"]
    assert found.scales.of_items
    assert found.scales.to_frame()["n"].tolist() == [4, 3]
    assert "alpha" not in repr(found).lower()


def test_the_table_is_never_published(survey) -> None:
    plan = plan_disclosure(survey)
    client = survey.where(client=survey.values("client")[0])
    shown = describe(client, weight="organisation")
    assert shown.scales is None
    published = publish(replace(shown, scales=describe(client).scales), plan)
    assert published.scales is None
    assert "Alpha" not in published._repr_html_()


def test_it_shows_draws_and_speaks(survey) -> None:
    found = describe(survey)
    assert found._repr_html_().count("<table") == 2
    for language in ("en", "nl"):
        assert found.scales.summary(language)
        assert found.scales.methods(language)
        assert found.scales.alt(language=language)
        plt.close(found.scales.plot(language=language).figure)
