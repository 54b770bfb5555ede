"""Differences between all pairs of variables, against scipy's paired t-test and against each pair alone."""

import numpy as np
import pytest
from scipy import stats

from hpp_analysis.core.groups.cell_means import contrast_means
from hpp_analysis.core.groups.pairwise import compare_pairs


@pytest.fixture
def ratings():
    rng = np.random.default_rng(3)
    cell = np.repeat(np.arange(3), [9, 14, 20])
    person = np.concatenate([np.arange(9), np.arange(14), 100 + np.arange(20)])  # nine persons rate twice
    y = np.round(np.clip(rng.normal(7, 2, (len(cell), 5)), 1, 10))
    y[rng.random(y.shape) < 0.1] = np.nan
    return y, cell, person


def test_one_group_is_the_paired_t_test():
    rng = np.random.default_rng(1)
    y = rng.normal(7, 1.5, (30, 3))
    pairs = compare_pairs(y, np.zeros(30, dtype=int), np.arange(30), 1)
    test = stats.ttest_rel(y[:, 0], y[:, 1], alternative="greater")
    assert pairs.p_above[0, 1] == pytest.approx(test.pvalue, rel=1e-10)  # the same formula, other order of sums
    unpaired = stats.ttest_ind(y[:, 0], y[:, 1], alternative="greater", equal_var=False)
    assert abs(pairs.p_above[0, 1] - unpaired.pvalue) > 1e-3
    both = (pairs.p_above + pairs.p_above.T)[np.triu_indices(3, 1)]
    assert both == pytest.approx(np.ones(3))


def test_every_pair_is_what_it_is_alone(ratings):
    y, cell, person = ratings
    pairs = compare_pairs(y, cell, person, 3)
    for i in range(5):
        for j in range(i):
            alone = contrast_means(y[:, i] - y[:, j], cell, person, np.full((1, 3), 1 / 3))
            assert pairs.difference[i, j] == pytest.approx(alone.estimate[0])
            assert 2 * min(pairs.p_above[i, j], pairs.p_above[j, i]) == pytest.approx(alone.p_value[0])
            assert pairs.df_design[i, j] == pytest.approx(alone.df_design[0])
            assert pairs.smallest[i, j] == alone.cell_n.min()


def test_a_cell_that_did_not_answer_has_no_say(ratings):
    y, cell, person = ratings
    y[cell == 2, 0] = np.nan
    pairs = compare_pairs(y, cell, person, 3)
    first_two = cell < 2
    alone = contrast_means((y[:, 0] - y[:, 1])[first_two], cell[first_two], person[first_two], np.full((1, 2), 1 / 2))
    assert pairs.difference[0, 1] == pytest.approx(alone.estimate[0])
    y[:, 0] = np.nan
    pairs = compare_pairs(y, cell, person, 3)
    assert np.isnan(pairs.p_above[0]).all() and not np.isnan(pairs.p_above[1, 2])
