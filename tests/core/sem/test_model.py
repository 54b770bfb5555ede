"""A model in matrices: implied moments and their derivatives."""

import numpy as np

from hpp_analysis.core.sem.model import build_model, directions_of_total, implied, jacobian
from hpp_analysis.core.sem.table import build_table

TEXT = "f =~ x1 + x2 + x3; g =~ x4 + x5 + x6; g ~ f; x1 ~~ x4; x1 ~ 1; g ~ 1"
MODEL = build_model(build_table(TEXT, meanstructure=True))


def theta_of(seed: int) -> np.ndarray:
    """Parameters with positive variances."""
    theta, table = np.random.default_rng(seed).uniform(0.3, 0.9, MODEL.n_free), MODEL.table
    variances = [table.op[k] == "~~" and table.lhs[k] == table.rhs[k] and table.free[k] > 0 for k in range(len(table))]
    theta[table.free[np.array(variances)] - 1] += 1.0
    return theta


def test_moments_are_those_of_the_matrices_of_the_paper() -> None:
    """Sigma = L (I - B)^-1 Psi (I - B)^-T L' + Theta, mu = nu + L (I - B)^-1 alpha (LISREL)."""
    theta, table = theta_of(1), MODEL.table
    value = np.where(table.free > 0, theta[table.free - 1], table.value)
    of = {(table.lhs[k], table.op[k], table.rhs[k]): value[k] for k in range(len(table))}
    factors, items = ("f", "g"), [f"x{k}" for k in range(1, 7)]
    lambda_ = np.array([[of.get((factor, "=~", item), 0.0) for factor in factors] for item in items])
    inner = np.linalg.inv(np.eye(2) - np.array([[0.0, 0.0], [of["g", "~", "f"], 0.0]]))
    psi = np.diag([of["f", "~~", "f"], of["g", "~~", "g"]])
    residual = np.diag([of[item, "~~", item] for item in items])
    residual[0, 3] = residual[3, 0] = of["x1", "~~", "x4"]
    (found,) = implied(MODEL, theta)
    np.testing.assert_allclose(found.sigma, lambda_ @ inner @ psi @ inner.T @ lambda_.T + residual, atol=1e-12)
    alpha = np.array([of.get((factor, "~1", ""), 0.0) for factor in factors])
    np.testing.assert_allclose(found.mu, [of[item, "~1", ""] for item in items] + lambda_ @ inner @ alpha, atol=1e-12)


def test_derivatives_are_differences() -> None:
    theta, (part,) = theta_of(2), MODEL.groups
    (at,) = implied(MODEL, theta)
    i, j = np.triu_indices(MODEL.n_observed)
    slopes = jacobian(at, part.free_cells, means=True) @ part.join
    of_variances = directions_of_total(at, part.free_cells) @ part.join
    for k, step in enumerate(1e-6 * np.eye(MODEL.n_free)):
        (up,), (down,) = implied(MODEL, theta + step), implied(MODEL, theta - step)
        moments = [np.concatenate([one.mu, one.sigma[i, j]]) for one in (up, down)]
        # central differences of step 1e-6 of numbers of about 1
        np.testing.assert_allclose(slopes[:, k], (moments[0] - moments[1]) / 2e-6, atol=1e-8)
        np.testing.assert_allclose(of_variances[:, k], np.diag(up.total - down.total) / 2e-6, atol=1e-8)
