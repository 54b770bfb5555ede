from collections.abc import Callable

import numpy as np

from tests.core.sem.conftest import Fitted


def test_derivatives_are_those_of_the_discrepancy(fitted: Callable[[str], Fitted]) -> None:
    rng = np.random.default_rng(1)
    for name in ("own_paths", "own_fiml_group"):
        objective, theta = fitted(name).found.objective, fitted(name).found.theta
        theta = theta * (1 + 0.05 * rng.normal(size=len(theta)))
        point, step = objective.point(theta), 1e-5
        moved = [(objective.point(theta + step * e), objective.point(theta - step * e)) for e in np.eye(len(theta))]
        slope = [(up.value - down.value) / (2 * step) for up, down in moved]
        second = [(up.gradient - down.gradient) / (2 * step) for up, down in moved]
        # central differences: truncation of about step squared
        np.testing.assert_allclose(point.gradient, slope, atol=1e-6)
        np.testing.assert_allclose(objective.information(point, "observed"), second, atol=1e-5)
