"""Item bias against numerical integration (validity_models.R)."""

from pathlib import Path

import pandas as pd
import pytest

from hpp_analysis.models.invariance import measurement_invariance
from tests.models.test_validity import REFERENCE, THREE

FOLDER = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data" / "two_groups.csv")


def test_item_bias_is_the_integral_over_the_focal_group(own: pd.DataFrame) -> None:
    """dMACS of Nye & Drasgow (2011) by R's `integrate`, at lavaan's estimates."""
    found = measurement_invariance(THREE, own, group="group")
    items = found.items.set_index("item")
    assert items.index[items["released"]].tolist() == ["x2"]
    for item, theirs in REFERENCE["bias"].items():
        for column, value in theirs.items():
            # lavaan's estimates are converged to about 1e-5 with gaps; differences of intercepts lose a digit
            assert items.loc[item, column] == pytest.approx(value, abs=5e-4), (item, column)
    # if x2 tied the groups' metrics too, its bias would be shared out over the factor
    assert abs(REFERENCE["bias_all"]["x2"]["points"] - REFERENCE["bias"]["x2"]["points"]) > 0.15
    assert abs(REFERENCE["bias_all"]["x1"]["signed_points"] - REFERENCE["bias"]["x1"]["signed_points"]) > 0.15
