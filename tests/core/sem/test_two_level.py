"""The likelihood of persons in clusters against the normal density of each whole cluster, written out."""

import numpy as np
import pytest

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.sem.estimation import estimate
from hpp_analysis.core.sem.model import Directions
from hpp_analysis.core.sem.syntax import Syntax, find_variables, parse_syntax
from hpp_analysis.core.sem.table import build_level_table
from hpp_analysis.core.sem.two_level import (
    ClusterAnswers,
    TwoLevelObjective,
    cluster_answers,
    cluster_likelihood,
    level_moments,
    second_derivatives,
)

# a and b are at both levels, c within clusters only, z between them only
MODEL = """
level: 1
    f =~ a + b + c
level: 2
    g =~ a + b + z
    b ~~ 0.05*b
"""
WITHIN, BETWEEN = np.array([True, True, True, False]), np.array([True, True, False, True])


def drawn(seed: int = 1, clusters: int = 40, *, gaps: float = 0.15) -> tuple[Floats, Ints]:
    """Answers of clusters of 1 to 7 persons, some missing, also those of clusters; one item stays unanswered in some."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(1, 8, clusters))
    u, f = rng.normal(size=clusters), rng.normal(size=len(cluster))
    x = np.empty((len(cluster), 4))
    for k, (own, shared) in enumerate(((1.0, 0.8), (0.8, 0.7), (0.9, 0.0))):
        x[:, k] = own * f + shared * (u + 0.4 * rng.normal(size=clusters))[cluster] + rng.normal(size=len(cluster)) + k
    x[:, 3] = (0.6 * u + 0.7 * rng.normal(size=clusters) + 3.0)[cluster]
    x[:, :3][rng.random((len(cluster), 3)) < gaps] = np.nan
    if gaps:
        x[np.isin(cluster, [3, 4]), 3] = np.nan
        x[np.isin(cluster, [5, 6, 7]), 0] = np.nan
    return x, cluster


def prepared(x: Floats, cluster: Ints) -> ClusterAnswers:
    return cluster_answers(x, cluster, within=WITHIN, between=BETWEEN)


def objective(x: Floats, cluster: Ints) -> TwoLevelObjective:
    found = estimate(
        build_level_table(parse_syntax(MODEL, levels=True)), level_moments(prepared(x, cluster), x, cluster)
    )
    assert isinstance(found.objective, TwoLevelObjective)
    return found.objective


MU = np.array([0.1, 0.9, 2.2, 3.1])
SIGMA_W = np.array([[2.0, 0.7, 0.8, 0.0], [0.7, 1.6, 0.6, 0.0], [0.8, 0.6, 1.7, 0.0], [0.0, 0.0, 0.0, 0.0]])
SIGMA_B = np.array([[0.8, 0.5, 0.0, 0.4], [0.5, 0.6, 0.0, 0.3], [0.0, 0.0, 0.0, 0.0], [0.4, 0.3, 0.0, 0.9]])


def dense(x: Floats, cluster: Ints, mu: Floats, within: Floats, between: Floats) -> list[tuple[Floats, Floats, Floats]]:
    """Of each cluster: the deviations of all that is known, their covariances, and which variable each is."""
    parts = []
    for one in np.unique(cluster):
        rows = x[cluster == one]
        person, variable = np.nonzero(~np.isnan(rows[:, :3]))
        values = rows[person, variable]
        if not np.isnan(rows[0, 3]):
            person, variable = np.append(person, -1), np.append(variable, 3)
            values = np.append(values, rows[0, 3])
        same = person[:, None] == person
        v = between[np.ix_(variable, variable)] + same * within[np.ix_(variable, variable)]
        parts.append((values - mu[variable], v, variable))
    return parts


def dense_loglik(x: Floats, cluster: Ints, mu: Floats, within: Floats, between: Floats) -> float:
    total = 0.0
    for r, v, _variable in dense(x, cluster, mu, within, between):
        total -= 0.5 * (len(r) * np.log(2 * np.pi) + np.linalg.slogdet(v)[1] + r @ np.linalg.solve(v, r))
    return total


@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_the_likelihood_is_that_of_whole_clusters(gaps: float) -> None:
    x, cluster = drawn(gaps=gaps)
    found = cluster_likelihood(prepared(x, cluster), MU, SIGMA_W, SIGMA_B)
    assert found is not None
    # sums of some 500 numbers near 1, in another order
    assert found.loglik == pytest.approx(dense_loglik(x, cluster, MU, SIGMA_W, SIGMA_B), abs=1e-9)
    alone = dense_loglik(x, np.arange(len(x)), MU, SIGMA_W, SIGMA_B)
    assert abs(found.loglik - alone) > 10.0


def test_a_level_between_clusters_need_not_be_positive_definite() -> None:
    x, cluster = drawn()
    singular = np.outer([0.9, 0.7, 0.0, 0.0], [0.9, 0.7, 0.0, 0.0])
    singular[3, 3] = 1.0
    lower = singular - np.diag([0.02, 0.0, 0.0, 0.0])
    for between in (singular, lower):
        found = cluster_likelihood(prepared(x, cluster), MU, SIGMA_W, between)
        assert found is not None
        assert found.loglik == pytest.approx(dense_loglik(x, cluster, MU, SIGMA_W, between), abs=1e-9)
    assert cluster_likelihood(prepared(x, cluster), MU, SIGMA_W, singular - 3.0 * np.eye(4)) is None
    assert cluster_likelihood(prepared(x, cluster), MU, -SIGMA_W, singular) is None


@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_slopes_and_second_derivatives_are_exact(gaps: float) -> None:
    one = objective(*drawn(gaps=gaps))
    rng = np.random.default_rng(3)
    start = np.array([0.9, 0.8, 1.2, 1.1, 1.0, 0.9, 1.0, 0.8, 0.7, 0.1, 0.5, 0.4, 0.2, 1.1, 3.0])
    theta = start[: one.model.n_free] + 0.02 * rng.normal(size=one.model.n_free)
    point = one.point(theta)
    assert np.isfinite(point.value)
    steps = 1e-5 * np.eye(len(theta))
    by_value = [(one.point(theta + h).value - one.point(theta - h).value) / 2e-5 for h in steps]
    by_slope = [(one.point(theta + h).gradient - one.point(theta - h).gradient) / 2e-5 for h in steps]
    # central differences with steps of 1e-5 are right to about 1e-10 relative to third derivatives near 10
    np.testing.assert_allclose(point.gradient, by_value, atol=1e-7)
    observed = one.information(point, "observed")
    np.testing.assert_allclose(observed, by_slope, atol=1e-7)
    assert np.abs(observed - one.information(point, "expected")).max() > 1e-2


def test_expected_information_is_that_of_whole_clusters() -> None:
    x, cluster = drawn()
    data = prepared(x, cluster)
    at = cluster_likelihood(data, MU, SIGMA_W, SIGMA_B)
    assert at is not None
    rng = np.random.default_rng(2)
    k = 3
    parts = [rng.normal(size=(3, 4, k)) for _level in range(2)]
    parts[0][:, 3] = 0.0
    parts[1][:, 2] = 0.0
    within, between = (Directions(u=part[0], v=part[1], m=part[2]) for part in parts)
    moves = [(np.outer(d.u[:, i], d.v[:, i]) + np.outer(d.v[:, i], d.u[:, i]), d.m[:, i]) for d in (within, between) for i in range(k)]  # fmt: skip
    expected = np.zeros((2 * k, 2 * k))
    zero = np.zeros((4, 4))
    all_parts = [
        dense(x, cluster, move[1], move[0] if i < k else zero, move[0] if i >= k else zero)
        for i, move in enumerate(moves)
    ]
    for j, (_r, v, variable) in enumerate(dense(x, cluster, MU, SIGMA_W, SIGMA_B)):
        w = np.linalg.inv(v)
        for a in range(2 * k):
            for b in range(2 * k):
                trace = np.trace(w @ all_parts[a][j][1] @ w @ all_parts[b][j][1])
                expected[a, b] += 0.5 * trace + moves[a][1][variable] @ w @ moves[b][1][variable]
    found = second_derivatives(data, at, within, between, observed=False)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-8)


def test_clusters_of_one_size_share_what_is_computed() -> None:
    x, cluster = drawn(gaps=0.0)
    data = prepared(x, cluster)
    assert len(data.composition_n) == len(np.unique(data.sizes)) < data.n_clusters
    assert data.composition_n.sum() == data.n_clusters
    gaps = prepared(*drawn())
    assert len(gaps.composition_n) > len(np.unique(gaps.sizes))


def test_labels_hold_at_both_levels_and_made_ones_at_their_own() -> None:
    text = "level: 1; f =~ a + k*b + c; level: 2; g =~ a + k*b + c"
    table = build_level_table(parse_syntax(text, levels=True))
    free = build_level_table(parse_syntax(text.replace("k*", ""), levels=True))
    assert table.n_free == free.n_free - 1
    text = 'level: 1; f =~ a + b + equal("f=~b")*c; level: 2; g =~ a + b + equal("g=~b")*c'
    assert build_level_table(parse_syntax(text, levels=True)).n_free == free.n_free - 2
    own = [find_variables(Syntax(block.terms, ())).observed for block in parse_syntax(text, levels=True).blocks]
    assert own == [("a", "b", "c")] * 2
