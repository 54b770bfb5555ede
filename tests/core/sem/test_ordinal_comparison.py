"""Comparisons of nested models of ordered items; the values of lavaan are checked in `tests/models/test_invariance_ordinal.py`."""

import numpy as np
from scipy.stats import kstest

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.sem.estimation import estimate
from hpp_analysis.core.sem.model import DIRECTED, Cells
from hpp_analysis.core.sem.ordinal_comparison import Candidate, ordinal_difference, ordinal_releases
from hpp_analysis.core.sem.ordinal_fit import Errors, errors_of
from hpp_analysis.core.sem.ordinal_moments import ordinal_moments
from hpp_analysis.core.sem.table import build_table

ORDERED = dict.fromkeys("abcd", 2)


def fits(rng: np.random.Generator, loading: float = 0.7) -> tuple[Errors, Errors]:
    """Models with and without equal loadings of two groups that answer alike, but for the loading of the second item."""
    groups = []
    for last in (0.7, loading):
        lambda_ = np.array([0.7, last, 0.7, 0.7])
        z = rng.normal(size=(400, 1)) * lambda_ + np.sqrt(1 - lambda_**2) * rng.normal(size=(400, 4))
        x = np.digitize(z, [-0.6, 0.5]).astype(float)
        groups.append(ordinal_moments(x, categorise(x), np.ones(4, dtype=bool)))
    tables = [
        build_table("f =~ a + b + c + d", n_groups=2, ordered=ORDERED, std_lv=True, group_equal=equal)
        for equal in ((), ("loadings",))
    ]
    wide, narrow = (errors_of(estimate(table, groups, estimator="DWLS")) for table in tables)
    return narrow, wide


def test_difference_and_score_tests_are_distributed_as_chi_square() -> None:
    rng = np.random.default_rng(11)
    p, scores = [], []
    for _sample in range(250):
        narrow, wide = fits(rng)
        p.append(ordinal_difference(narrow, wide).p_scaled)
        scores.append(ordinal_releases(narrow, [_loading()]).p[0])
    # a fixed seed
    assert kstest(p, "uniform").pvalue > 0.001
    assert kstest(scores, "uniform").pvalue > 0.001


def _loading() -> Candidate:
    """The second loading in the second group."""
    one = np.array([1], dtype=np.int64)
    return Candidate("f", "=~", "b", [(1, Cells(np.array([DIRECTED]), one, np.array([4])))])


def test_what_differs_is_rejected() -> None:
    narrow, wide = fits(np.random.default_rng(12), loading=0.3)
    assert ordinal_difference(narrow, wide).p_scaled < 0.001
    found = ordinal_releases(narrow, [_loading()])
    assert found.p[0] < 0.001
    assert found.df[0] == 1


def test_what_restricts_nothing_has_no_test() -> None:
    narrow, wide = fits(np.random.default_rng(13))
    same = ordinal_difference(wide, wide)
    assert same.df == 0
    assert np.isnan(same.p_scaled)
    free = ordinal_releases(wide, [_loading()])  # free already
    assert free.df[0] == 0
    assert np.isnan(free.chi2[0])
    assert narrow.found.n_free < wide.found.n_free
