from typing import Any

import numpy as np

from hpp_analysis.core.retention.average_partials import average_partials, minimum_average_partial
from tests.core.retention.conftest import EXACT, correlated


def test_map_is_velicers(case: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, values = case
    r = correlated(x)
    squares, fourths = average_partials(r, 2), average_partials(r, 4)
    np.testing.assert_allclose(squares[:-1], values["map"], rtol=0, atol=EXACT)
    np.testing.assert_allclose(squares[1:-1], values["map_psych"], rtol=0, atol=EXACT)
    np.testing.assert_allclose(fourths[:-1], values["map4"], rtol=0, atol=EXACT)
    assert np.max(np.abs(squares[:-1] - values["map4"])) > 0.01
    assert minimum_average_partial(r).n_factors == int(np.argmin(values["map"]))
    assert minimum_average_partial(r, 4).n_factors == int(np.argmin(values["map4"]))


def test_the_powers_of_map_can_disagree(own: np.ndarray) -> None:
    r = correlated(own)
    assert minimum_average_partial(r, 2).n_factors == 3
    assert minimum_average_partial(r, 4).n_factors == 1
