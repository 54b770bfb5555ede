"""CR2 with Satterthwaite degrees of freedom against clubSandwich."""

import numpy as np
import pytest
from scipy import stats

from hpp_analysis.core.importance.regression import fit_clustered
from tests.core.conftest import REFERENCE, read_table, read_values

R = read_values("drivers")
CASES = ["person", "firm", "rows"]


@pytest.fixture(scope="module")
def data() -> dict[str, np.ndarray]:
    names, table = read_table(REFERENCE / "data" / "drivers.csv")
    columns = dict(zip(names, table.T, strict=True))
    z = np.column_stack([columns[name] for name in ("x1", "x2", "x3", "x4", "x5", "y")])
    z = (z - z.mean(axis=0)) / z.std(axis=0, ddof=1)
    x = np.column_stack([np.ones(len(z)), z[:, :-1]])
    return {"x": x, "y": z[:, -1], "rows": np.arange(len(z)), **columns, "y_raw": columns["y"]} | {"y": z[:, -1]}


@pytest.mark.parametrize("cluster", CASES)
def test_standard_errors_are_those_of_clubsandwich(data: dict[str, np.ndarray], cluster: str) -> None:
    fit, expected = fit_clustered(data["x"], data["y"], data[cluster]), R[cluster]
    assert fit.coefficients == pytest.approx(R["slopes"], abs=1e-12)
    assert fit.se == pytest.approx(expected["se"], rel=1e-10)  # a root of a 6 x 6 form
    assert fit.df == pytest.approx(expected["df"], rel=1e-9)  # a ratio of fourth powers of the same
    naive = fit.coefficients[3:] @ np.linalg.solve(fit.covariance[3:, 3:], fit.coefficients[3:]) / 3
    assert naive == pytest.approx(expected["naive"]["f"], rel=1e-9)


def test_the_kinds_of_errors_differ(data: dict[str, np.ndarray]) -> None:
    person = fit_clustered(data["x"], data["y"], data["person"]).se
    assert person != pytest.approx(R["person_cr1"]["se"], rel=0.005)
    assert person != pytest.approx(R["rows"]["se"], rel=0.005)
    rows = fit_clustered(data["x"], data["y"], data["rows"]).se
    assert rows == pytest.approx(R["hc3"]["hc2"], rel=1e-10)  # one row a cluster is HC2
    assert rows != pytest.approx(R["hc3"]["se"], rel=0.005)


def test_two_independent_groups_are_welchs_test_with_equal_variances_in_its_degrees_of_freedom() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=30)
    x = np.column_stack([np.ones(30), np.arange(30) < 8])
    fit = fit_clustered(x, y, np.arange(30))
    welch = stats.ttest_ind(y[:8], y[8:], equal_var=False)
    assert fit.coefficients[1] / fit.se[1] == pytest.approx(welch.statistic, rel=1e-10)


def test_the_order_of_rows_and_the_names_of_clusters_do_not_matter(data: dict[str, np.ndarray]) -> None:
    order = np.random.default_rng(0).permutation(len(data["y"]))
    once = fit_clustered(data["x"], data["y"], data["person"])
    again = fit_clustered(data["x"][order], data["y"][order], 1000 - data["person"][order])
    assert again.se == pytest.approx(once.se, rel=1e-10)
    assert again.df == pytest.approx(once.df, rel=1e-9)


def test_a_large_cluster_is_done_by_its_few_directions() -> None:
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(60), rng.normal(size=(60, 2))])
    y = rng.normal(size=60)
    cluster = np.repeat(np.arange(12), 5)  # larger than the number of columns
    fit = fit_clustered(x, y, cluster)
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    meat = np.zeros((3, 3))
    for g in range(12):
        mine = cluster == g
        values, vectors = np.linalg.eigh(np.eye(5) - hat[np.ix_(mine, mine)])
        u = x[mine].T @ (vectors / np.sqrt(values)) @ vectors.T @ fit.residuals[mine]
        meat += np.outer(u, u)
    assert fit.covariance == pytest.approx(bread @ meat @ bread, rel=1e-9)


def coverage(n_persons: int, runs: int, seed: int) -> float:
    """How often 95 % intervals hold the true slopes when some persons rate several times and spread is unequal."""
    rng = np.random.default_rng(seed)
    true = np.array([0.4, 0.2, 0.0])
    held = []
    for _run in range(runs):
        person = np.repeat(np.arange(n_persons), rng.choice([1, 2, 4], size=n_persons, p=[0.7, 0.2, 0.1]))
        n = person.size
        x = rng.normal(size=(n, 3)) + rng.normal(size=(n_persons, 3))[person] + rng.normal(size=(n, 1))
        error = rng.normal(size=n) + rng.normal(size=n_persons)[person]
        y = x @ true + np.exp(0.2 * x[:, 0]) * error
        fit = fit_clustered(np.column_stack([np.ones(n), x]), y, person)
        half = stats.t.ppf(0.975, fit.df[1:]) * fit.se[1:]
        held.append(np.abs(fit.coefficients[1:] - true) <= half)
    return float(np.mean(held, axis=0).min())


def test_intervals_cover_in_a_few_runs() -> None:
    assert coverage(60, 60, seed=1) >= 0.85  # 60 runs of .95 fall below .85 once in 500


@pytest.mark.slow
@pytest.mark.parametrize("n_persons", [30, 60, 200])
def test_intervals_cover(n_persons: int) -> None:
    assert 0.926 <= coverage(n_persons, 1000, seed=n_persons) <= 0.974
