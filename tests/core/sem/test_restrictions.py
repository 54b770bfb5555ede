from collections.abc import Callable

import pytest

from tests.core.sem.conftest import Fitted


def test_general_constraints_hold_at_the_estimates(fitted: Callable[[str], Fitted]) -> None:
    found = fitted("own_paths").found
    table = found.model.table
    labels = {label: found.theta[table.free[row] - 1] for label, row in table.rows_of_label.items()}
    assert labels["b"] == pytest.approx(2 * labels["a"] - 1, abs=1e-10)
    assert found.basis.shape == (len(found.theta), len(found.theta) - 1)
