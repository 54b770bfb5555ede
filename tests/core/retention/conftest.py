"""Answers, what R found for them (reference/retention.R), and populations with known factors."""

from typing import Any

import numpy as np
import pytest

from tests.core.conftest import REFERENCE, read_table, read_values

VALUES = read_values("retention")


EXACT = 1e-9  # both sides compute to rounding; the file has 12 digits


@pytest.fixture(scope="module")
def own() -> np.ndarray:
    return read_table(REFERENCE / "data" / "retention.csv")[1]


@pytest.fixture(params=["own", "bfi"])
def case(request: pytest.FixtureRequest) -> tuple[np.ndarray, dict[str, Any]]:
    """Answers, and what R found; public data may be absent, which skips."""
    if request.param == "own":
        return request.getfixturevalue("own"), VALUES["own"]
    names, table = read_table(request.getfixturevalue("shared_data") / "psychTools" / "bfi.csv")
    items = table[:, [place for place, name in enumerate(names) if name[:1] in set("ACENO") and name[1:].isdigit()]]
    return items[~np.isnan(items).any(axis=1)], VALUES["bfi"]


def correlated(x: np.ndarray) -> np.ndarray:
    return np.corrcoef(x.T)


def population(phi: float = 0.4, per: int = 6, factors: int = 3, loading: float = 0.7) -> np.ndarray:
    """Correlations of items of correlated factors."""
    lambda_ = np.kron(np.eye(factors), np.full((per, 1), loading))
    r = lambda_ @ (np.full((factors, factors), phi) + np.eye(factors) * (1 - phi)) @ lambda_.T
    np.fill_diagonal(r, 1.0)
    return r
