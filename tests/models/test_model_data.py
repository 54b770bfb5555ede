"""Answers for a model: what is taken, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import AnswersError, OptionError
from hpp_analysis.models.cfa import fit_cfa
from hpp_analysis.models.invariance import measurement_invariance
from hpp_analysis.models.model_data import model_data
from hpp_analysis.models.validity import convergent_validity
from hpp_analysis.simulation.simulate import simulate_study
from tests.models.test_cfa_edges import THREE


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


FOLDER = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "data" / "sem_items.csv")
    place = np.arange(1, len(frame) + 1)
    return frame.assign(uneven=np.floor(np.sqrt(2 * place)), crossed=place * 7 % 37)


def test_rows_without_group_or_cluster_are_told(data: pd.DataFrame) -> None:
    items = data[[f"y{k}" for k in range(1, 10)]]
    gaps = data.assign(side=data["side"].where(data.index >= 30), team=data["team"].where(data.index % 10 != 0))
    without = gaps[gaps["side"].notna() & gaps["team"].notna()]
    both = fit_cfa(THREE, gaps, group="side", cluster="team")
    assert both.flags == ("without_group:30", "without_cluster:37")
    assert both.n_given == len(items)
    assert both.n_used == len(without)
    known = fit_cfa(THREE, without, group="side", cluster="team")
    pd.testing.assert_frame_equal(both.estimates, known.estimates)
    blank = gaps.assign(team=gaps["team"].astype(object).where(gaps["team"].notna(), " "))
    assert fit_cfa(THREE, blank, group="side", cluster="team").flags == both.flags
    ladder = measurement_invariance(THREE, gaps, group="side", cluster="team", levels="configural")
    one = fit_cfa(THREE, gaps, cluster="team")
    for result in (both, ladder):
        assert set(both.flags) <= set(result.flags)
        assert "30 respondents without a group" in result.methods("en")
        assert "37" in result.methods("nl")
    for result in (one, convergent_validity(one, n_boot=20), one.bootstrap(100)):
        assert "without_cluster:40" in result.flags
        assert "40 respondents without a cluster" in " ".join([result.methods("en"), result.summary("en")])


def test_clusters_need_two(data: pd.DataFrame) -> None:
    with pytest.raises(AnswersError):
        fit_cfa(THREE, data.assign(one=1), cluster="one")
    with pytest.raises(OptionError):
        measurement_invariance(THREE, data, group="side", cluster="team", estimator="ML")


@pytest.mark.parametrize(
    "options",
    [
        {"group_equal": ("loading",)},
        {"group_equal": "lv.variances"},
        {"group_equal": ("loadings", "loadings")},
        {"group_partial": "f1 =~ y99"},
        {"group_partial": ("y2 =~ f1",)},
        {"group_partial": ("a*y2",)},
        {"group_partial": "f1 =~ a*y2"},
        {"group": "sides"},
        {"group": ("side", "team")},
        {"cluster": "teams"},
    ],
)
def test_names_that_are_none_are_refused(options: dict[str, Any], data: pd.DataFrame) -> None:
    with pytest.raises(OptionError):
        fit_cfa(THREE, data, **{"group": "side", **options})


def test_a_string_is_one_name(data: pd.DataFrame) -> None:
    one = fit_cfa(THREE, data, group="side", cluster="team", group_equal="loadings", group_partial="f1 =~ y2")
    other = fit_cfa(
        THREE, data, group=("side",), cluster=["team"], group_equal=("loadings",), group_partial=["f1 =~ y2"]
    )
    pd.testing.assert_series_equal(one.fit_measures, other.fit_measures)
    assert one.fit_measures["df"] == 48 + 5
    ladder = [
        measurement_invariance(THREE, data, group=g, levels=v)
        for g, v in (("side", "metric"), (("side",), ("metric",)))
    ]
    pd.testing.assert_frame_equal(ladder[0].to_frame(), ladder[1].to_frame())
