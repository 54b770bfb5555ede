"""Answers for a model: what is taken, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import AnswersError
from hpp_analysis.models.model_data import model_data
from hpp_analysis.simulation.simulate import simulate_study


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc"))
    return frame.assign(side=["y"] * 15 + ["x"] * 25)


def test_groups_count_in_order_of_appearance(frame: pd.DataFrame) -> None:
    frame.loc[3, "side"] = None
    found = model_data(["c", "a"], frame, group="side")
    assert found.groups == ("y", "x")
    assert found.sizes.tolist() == [14, 25]
    assert found.n_without_group == 1
    np.testing.assert_array_equal(found.x[0], frame.loc[0, ["c", "a"]])
    assert model_data(["a"], frame).groups == ("",)


def test_all_problems_are_told_at_once(frame: pd.DataFrame) -> None:
    with pytest.raises(AnswersError) as caught:
        model_data(["a", "nope", "side"], frame, group="side")
    assert [failure.column for failure in caught.value.failures] == ["nope", "side"]


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"a": 1.0}, "a", "must vary in the group 'y'"),
        ({"side": "x"}, "side", "two groups"),
        ({"side": ["y"] + ["x"] * 39}, "side", "1 for 2"),
        ({"b": [np.nan] * 15 + list(range(25))}, "b", "must have answers in the group 'y'"),
    ],
)
def test_what_cannot_be_compared_names_item_and_group(
    frame: pd.DataFrame, change: dict[str, object], column: str, words: str
) -> None:
    with pytest.raises(AnswersError) as caught:
        model_data(["a", "b"], frame.assign(**change), group="side")
    assert caught.value.failures[0].column == column
    assert words in caught.value.failures[0].rule
    assert caught.value.failures[0].remedy


def test_rows_with_gaps_count_where_they_are_used(frame: pd.DataFrame) -> None:
    frame.loc[:13, "a"] = np.nan
    model_data(["a", "b"], frame)
    with pytest.raises(AnswersError, match="1 for 2"):
        model_data(["a", "b"], frame, group="side", fiml=False)


def test_persons_with_several_ratings_are_clusters() -> None:
    survey = simulate_study(seed=1).survey
    items = list(survey["openness"].columns)
    found = model_data(items, survey, group="side")
    assert set(found.groups) == {"client", "partner"}
    if survey.n_persons < len(survey):
        assert found.clusters is not None
        assert len(np.unique(found.clusters)) == survey.n_persons
    assert model_data(items, survey.items).clusters is None
    assert model_data(items, survey, cluster="side").clusters is not None


def test_a_column_that_stands_twice_is_refused_where_it_matters() -> None:
    frame = pd.DataFrame([[1, 2, 3], [2, 1, 4], [3, 5, 5], [5, 4, 1]], columns=["a", "b", "b"])
    with pytest.raises(AnswersError, match="one column"):
        model_data(["a", "b"], frame)
    other = frame.set_axis(["c", "c", "a"], axis=1)
    np.testing.assert_array_equal(model_data(["a"], other).x[:, 0], [3, 4, 5, 1])
