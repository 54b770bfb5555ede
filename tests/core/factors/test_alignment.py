import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.factors.alignment import (
    congruence_matrix,
    conventional,
    item_congruence,
    match_factors,
    oblique_procrustes,
    procrustes,
)
from hpp_analysis.errors import OptionError
from tests.core.conftest import read_values

REFERENCE = {key: np.array(value) for key, value in read_values("alignment").items() if key != "made_by"}
A, B = REFERENCE["a"], REFERENCE["b"]
PRINTED = 1e-9  # the reference has ten decimals


def test_congruence_is_psychs() -> None:
    np.testing.assert_allclose(congruence_matrix(A, B), REFERENCE["congruence"], rtol=0, atol=PRINTED)
    # the neighbour: a correlation centres
    assert np.abs(REFERENCE["congruence"] - REFERENCE["correlation"]).max() > 0.1


def test_target_rotations_are_those_of_their_formulas() -> None:
    np.testing.assert_allclose(procrustes(B, A).lambda_, REFERENCE["procrustes"], rtol=0, atol=PRINTED)
    oblique = oblique_procrustes(B, A)
    np.testing.assert_allclose(oblique.lambda_, REFERENCE["oblique"], rtol=0, atol=PRINTED)
    np.testing.assert_allclose(oblique.phi, REFERENCE["oblique_phi"], rtol=0, atol=PRINTED)
    assert np.abs(REFERENCE["oblique"] - REFERENCE["procrustes"]).max() > 0.01
    common = lambda x, phi: np.diag(x @ phi @ x.T)  # noqa: E731
    # communalities do not change; rounding only
    np.testing.assert_allclose(common(oblique.lambda_, oblique.phi), common(B, np.eye(3)), atol=1e-10)


def test_factors_are_matched_and_reflected() -> None:
    match = match_factors(A, B)
    assert match.alignment.order.tolist() == [1, 2, 0]
    assert match.alignment.signs.tolist() == [1, 1, -1]
    aligned = match.alignment.columns(B)
    np.testing.assert_allclose(np.diag(congruence_matrix(A, aligned)), match.congruence, atol=1e-12)
    assert item_congruence(A, aligned).min() > 0.5


def test_pairs_are_chosen_together_not_greedily() -> None:
    first = np.eye(3)[:, :2]
    # greedy: the best pair is (0, 0) with .8, which leaves (1, 1) with 0; together .75 + .6 is more
    second = np.array([[0.8, 0.75], [0.6, 0.0], [0.0, np.sqrt(1 - 0.75**2)]])
    assert match_factors(first, second).alignment.order.tolist() == [1, 0]


def test_solutions_of_different_size() -> None:
    fewer = match_factors(A, B[:, :2])
    assert fewer.rows.tolist() == [0, 2] and fewer.alignment.order.tolist() == [1, 0]
    more = match_factors(A[:, :2], B)
    assert more.alignment.order.tolist() == [1, 2, 0] and more.congruence.size == 2


@settings(deadline=None, database=None, max_examples=30)
@given(st.permutations(range(3)), st.lists(st.sampled_from([-1.0, 1.0]), min_size=3, max_size=3))
def test_whatever_is_shuffled_comes_back(order: list[int], signs: list[float]) -> None:
    phi = np.array([[1, 0.3, 0.1], [0.3, 1, -0.2], [0.1, -0.2, 1.0]])
    flips = np.array(signs)
    shuffled, mixed = A[:, order] * flips, phi[np.ix_(order, order)] * np.outer(flips, flips)
    back = match_factors(A, shuffled).alignment
    np.testing.assert_array_equal(back.columns(shuffled), A)
    np.testing.assert_array_equal(back.both(mixed), phi)
    # the convention does not depend on where it started from
    one, two = conventional(A, phi), conventional(shuffled, mixed)
    np.testing.assert_allclose(one.columns(A), two.columns(shuffled), atol=1e-12)
    np.testing.assert_allclose(one.both(phi), two.both(mixed), atol=1e-12)
    shown = two.columns(shuffled)
    assert (shown.sum(axis=0) > 0).all()
    variance = np.diag(two.both(mixed) @ shown.T @ shown)
    assert (np.diff(variance) <= 1e-12).all()


def test_what_is_undefined_is_nan() -> None:
    zero = np.column_stack([A[:, 0], np.zeros(8)])
    congruence = congruence_matrix(A, zero)
    assert np.isnan(congruence[:, 1]).all() and not np.isnan(congruence[:, 0]).any()
    assert np.isnan(match_factors(A, zero).congruence).sum() == 1
    assert np.isnan(item_congruence(np.zeros((2, 2)), np.ones((2, 2)))).all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(OptionError, match="same variables"):
        congruence_matrix(A, B[:5])
    with pytest.raises(OptionError, match="column per factor"):
        procrustes(A, B[:, :2])
    with pytest.raises(OptionError, match="independent"):
        oblique_procrustes(A[:, [0, 0, 1]], B)
