"""Categories of ordered items: which variables are ordered, and which categories are merged."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.core.sem.syntax import find_variables, parse_syntax
from hpp_analysis.errors import OptionError
from hpp_analysis.models.model_data import model_data
from hpp_analysis.models.ordinal_data import ordered_names, ordinal_data

NAMES = ["a", "b", "c"]


def answers(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(n, 1)) + rng.normal(size=(n, 3))
    frame = pd.DataFrame(np.clip(np.round(z), -2, 2) + 3, columns=NAMES)
    return frame.assign(group=np.where(np.arange(n) % 2, "x", "y"))


def names(text: str, ordered: object) -> tuple[str, ...]:
    syntax = parse_syntax(text)
    return ordered_names(ordered, syntax, find_variables(syntax))


def test_ordered_items_are_named_in_many_ways() -> None:
    assert names("f =~ a + b + c", True) == ("a", "b", "c")
    assert names("f =~ a + b + c", ["c", "a"]) == ("a", "c")
    assert names("f =~ a + b + c; b | t1", ()) == ("b",)
    for nothing in ((), None, False):
        assert names("f =~ a + b + c; f ~ x", nothing) == ()
    with pytest.raises(OptionError):
        names("f =~ a + b + c", "d")
    assert names("f =~ a + b + c; f ~ x", True) == ("a", "b", "c")
    with pytest.raises(OptionError):
        names("f =~ a + b + c; f ~ x", ["a", "x"])


@pytest.mark.parametrize("category", [1, 3])
def test_categories_are_merged_with_the_rarer_neighbour(category: int) -> None:
    frame = answers()
    lacking = (frame["group"] == "x") & (frame["a"] == category)
    frame.loc[lacking, "a"] = category + 1
    data = model_data(NAMES, frame, group="group")
    found = ordinal_data(data, NAMES, NAMES, listwise=False)
    counts = frame["a"].value_counts()
    into = 2 if category == 1 else min((2, 4), key=lambda value: counts[value])
    assert found.flags == (f"merged:a:{category}:{into}:x",)
    assert found.thresholds == {"a": 3, "b": 4, "c": 4}
    assert [group.thresholds[0].size for group in found.groups] == [3, 3]


def test_gaps_are_used_or_left_out() -> None:
    frame = answers().drop(columns="group")
    frame.loc[:9, "b"] = np.nan
    data = model_data(NAMES, frame)
    assert [ordinal_data(data, NAMES, NAMES, listwise=each).groups[0].n for each in (True, False)] == [110, 120]
    assert not ordinal_data(data, NAMES, NAMES, listwise=False).is_complete


def test_many_categories_are_numbers() -> None:
    frame = answers().assign(b=np.arange(120.0) % 16, c=np.arange(120.0))
    with pytest.raises(OptionError, match=r"b \(16\), c \(120\)"):
        ordinal_data(model_data(NAMES, frame), NAMES, NAMES, listwise=False)
    mixed = ordinal_data(model_data(NAMES, frame), NAMES, ["a"], listwise=False)
    assert mixed.groups[0].ordered.tolist() == [True, False, False]


def test_categories_are_counted_before_they_are_merged() -> None:
    """Every group lacks half of them, so that merging leaves few."""
    frame = answers().assign(group=["x", "y"] * 60, c=np.arange(120.0) % 40)
    with pytest.raises(OptionError):
        ordinal_data(model_data(NAMES, frame, group="group"), NAMES, NAMES, listwise=False)
