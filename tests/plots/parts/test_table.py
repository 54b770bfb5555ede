"""The tables that figures are drawn from."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.plots.parts.table import check_on_axis, numbers_of, read_grid, texts_of


def test_a_grid_keeps_order_and_tells_absent_from_withheld():
    data = pd.DataFrame({"label": ["b", "a", "b"], "series": ["y", "y", "x"], "n": [1.0, np.nan, 3.0]})
    grid = read_grid(data)
    assert (grid.labels, grid.series) == (("b", "a"), ("y", "x"))
    np.testing.assert_array_equal(grid.fill(numbers_of(data, "n")), [[1, 3], [np.nan, np.nan]])
    np.testing.assert_array_equal(grid.present, [[True, True], [True, False]])
    ordered = read_grid(data.assign(series=pd.Categorical(data["series"], ["z", "x", "y"])))
    assert ordered.series == ("x", "y")


def test_rows_with_one_label_belong_together_in_their_order():
    data = pd.DataFrame({"label": "a", "series": ["x", "x", "y", "y"], "n": [1.0, 2.0, 3.0, 4.0]})
    np.testing.assert_array_equal(read_grid(data).fill(numbers_of(data, "n")), [[1, 3], [2, 4]])


def test_absent_columns_and_missing_entries():
    data = pd.DataFrame({"label": ["a\n b", None], "n": pd.array([1, None], dtype="Int64")})
    assert texts_of(data, "label") == ["a b", ""]
    assert texts_of(data, "group") == ["", ""]
    np.testing.assert_array_equal(numbers_of(data, "n"), [1.0, np.nan])
    assert np.isnan(numbers_of(data, "mean")).all()


def test_values_lie_on_the_axis():
    check_on_axis(np.array([1.0, 10 + 2e-15, np.nan]), (1, 10))  # the mean of several tens
    for values, limits in (([10.1], (1, 10)), ([0.9], (1, 10)), ([5.0], (10, 1)), ([5.0], (np.nan, 10))):
        with pytest.raises(OptionError):
            check_on_axis(np.array(values), limits)
