import numpy as np

from hpp_analysis.core.correlation.categories import categorise


def test_sparse_categories_are_merged_on_request() -> None:
    x = np.repeat([1.0, 2, 3, 4, 5], [2, 30, 30, 30, 3])[:, None]
    kept = categorise(x)
    assert kept.counts[0].tolist() == [2, 30, 30, 30, 3]
    assert kept.merged == ({},)
    merged = categorise(x, min_count=5)
    assert merged.counts[0].tolist() == [32, 30, 33]
    assert merged.merged == ({1.0: 1.0, 2.0: 1.0, 3.0: 3.0, 4.0: 4.0, 5.0: 4.0},)


def test_values_that_are_no_whole_numbers_are_categories_too() -> None:
    x = np.array([[0.5, 100.0], [1.5, 200.0], [0.5, np.nan], [2.5, 900.0]])
    found = categorise(x)
    assert found.codes.tolist() == [[0, 0], [1, 1], [0, -1], [2, 2]]
    assert [values.tolist() for values in found.values] == [[0.5, 1.5, 2.5], [100.0, 200.0, 900.0]]
