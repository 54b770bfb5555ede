"""Validity formulas against semTools 0.5-6 and seminr 3.6."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_analysis.core.sem.validity import (
    average_variance_extracted,
    composite_reliability,
    first_component_share,
    heterotrait_monotrait,
)

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "validity.json").read_text(encoding="utf-8"))
BLOCKS = [np.arange(0, 3), np.arange(3, 6), np.arange(6, 9)]


@pytest.fixture
def seminr(shared_data: Path) -> Path:
    return shared_data / "seminr" / "reference_V_3_6_0"


def test_htmt_and_htmt2_are_semtools() -> None:
    case = REFERENCE["holzinger"]
    htmt = heterotrait_monotrait(np.array(case["cor"]), BLOCKS)
    htmt2 = heterotrait_monotrait(np.array(case["cor"]), BLOCKS, geometric=True)
    np.testing.assert_allclose(htmt, case["htmt"], rtol=1e-8)  # the reference has ten digits
    np.testing.assert_allclose(htmt2, case["htmt2"], rtol=1e-8)
    assert np.abs(htmt - htmt2).max() > 0.05


def test_htmt_is_seminrs(seminr: Path) -> None:
    r = pd.read_csv(seminr / "item_cors.csv", index_col=0).to_numpy()
    expected = pd.read_csv(seminr / "htmt.csv", index_col=0).to_numpy()
    blocks = [np.arange(0, 5), np.arange(5, 8), np.arange(8, 10), np.arange(10, 13)]
    upper = np.triu_indices(4, 1)
    np.testing.assert_allclose(heterotrait_monotrait(r, blocks)[upper], expected[upper], rtol=1e-10)
    assert np.abs(heterotrait_monotrait(r, blocks, geometric=True)[upper] - expected[upper]).max() > 0.01


def test_ave_and_cr_are_seminrs_at_the_same_loadings(seminr: Path) -> None:
    loadings = pd.read_csv(seminr / "cross_loadings.csv", index_col=0)
    expected = pd.read_csv(seminr / "reliability.csv", index_col=0)
    own = np.zeros(loadings.shape)
    for j, block in enumerate([range(5), range(5, 8), range(8, 10), range(10, 13)]):
        own[list(block), j] = loadings.iloc[list(block), j]
    np.testing.assert_allclose(average_variance_extracted(own), expected["AVE"], rtol=1e-8)
    np.testing.assert_allclose(composite_reliability(own), expected["rhoC"], rtol=1e-8)


def test_residual_covariances_lower_composite_reliability() -> None:
    loadings = np.full((3, 1), 0.7)
    residuals = np.diag([0.51] * 3)
    assert composite_reliability(loadings)[0] == pytest.approx(composite_reliability(loadings, residuals)[0])
    residuals[0, 1] = residuals[1, 0] = 0.2
    assert composite_reliability(loadings, residuals)[0] == pytest.approx(2.1**2 / (2.1**2 + 1.53 + 0.4))


def test_factors_of_one_item_have_no_ratio() -> None:
    r = np.array(REFERENCE["holzinger"]["cor"])
    ratios = heterotrait_monotrait(r, [np.array([0]), np.arange(3, 6)])
    assert np.isnan(ratios[0, 1])
    assert ratios[0, 0] == 1


@given(st.floats(0.1, 0.8), st.floats(0.35, 0.9), st.floats(0.35, 0.9))
def test_ratios_estimate_the_correlation_of_factors(phi: float, one: float, other: float) -> None:
    """With equal loadings both ratios are the correlation of the factors; with unequal ones HTMT2 still is."""
    equal = np.r_[[one] * 3, [other] * 4]
    unequal = equal * np.array([0.5, 0.9, 1.1, 0.6, 1.0, 1.1, 0.8])
    blocks = [np.arange(3), np.arange(3, 7)]
    same = np.arange(7) < 3
    cross = np.where(same[:, None] == same[None, :], 1.0, phi)
    for loadings, exact in ((equal, (False, True)), (unequal, (True,))):
        r = np.outer(loadings, loadings) * cross
        np.fill_diagonal(r, 1)
        for geometric in exact:
            assert heterotrait_monotrait(r, blocks, geometric=geometric)[0, 1] == pytest.approx(phi)


def test_first_component() -> None:
    assert first_component_share(np.eye(4)) == pytest.approx(0.25)
    assert np.isnan(first_component_share(np.full((2, 2), np.nan)))
