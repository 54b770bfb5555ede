"""Sentences that several results about models share."""

from pathlib import Path

import pandas as pd
import pytest

from hpp_analysis.models.cfa import fit_cfa
from tests.models.test_cfa import THREE

FOLDER = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data" / "two_groups.csv")


def test_what_is_fixed_has_no_error_in_the_table(own: pd.DataFrame) -> None:
    cfa = fit_cfa(THREE, own.dropna(), estimator="ML")
    marker, free = cfa._block("table", "en").cells[:2]
    assert marker.count("–") == 3
    assert free.count("–") == 0
    assert cfa.estimates["se"].iloc[0] == 0
