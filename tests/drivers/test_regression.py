"""Slopes, errors, assumptions and importance are those of R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.drivers.regression import impute_predictors, standardised
from hpp_analysis.drivers.regression_data import driver_data
from tests.drivers.conftest import unrelated

REFERENCE = Path(__file__).parent.parent / "reference"
R = json.loads((REFERENCE / "drivers.json").read_text(encoding="utf-8"))
X = ["x1", "x2", "x3", "x4", "x5"]


def test_slopes_are_those_of_r_with_hc3(frame: pd.DataFrame) -> None:
    found = hpp.rank_drivers(frame, outcome="y", predictors={"first": X[:2], "rest": X[2:]}, n_boot=0)
    assert found.errors == "hc3"
    assert found.slopes["beta"].tolist() == pytest.approx(R["slopes"][1:], abs=1e-12)
    assert found.slopes["slope"].tolist() == pytest.approx(R["raw"][1:], abs=1e-12)
    assert found.slopes["se"].tolist() == pytest.approx(R["hc3"]["se"][1:], rel=1e-10)
    assert found.slopes["se"].tolist() != pytest.approx(R["hc3"]["ols"][1:], rel=0.01)
    assert found.adjusted_r2 == pytest.approx(R["adjusted_r2"], abs=1e-12)
    assert found.slopes["vif"].tolist() == pytest.approx(R["vif"], rel=1e-10)
    rest = found.hierarchy.iloc[1]
    assert rest["f"] == pytest.approx(R["hc3"]["wald"]["f"], rel=1e-9)
    # p is of the wild bootstrap: of 1,000 samples, near .2 known to .013, and not that of the F distribution by chance
    assert rest["p"] == pytest.approx(R["hc3"]["wald"]["p"], abs=0.05)
    assert rest["p"] != pytest.approx(R["hc3"]["wald"]["p"], abs=1e-6)
    assert rest["r2_change"] == pytest.approx(R["subset_r2"][31] - R["subset_r2"][3], abs=1e-12)


@pytest.mark.parametrize("cluster", ["person", "firm"])
def test_slopes_are_those_of_r_with_cr2(frame: pd.DataFrame, cluster: str) -> None:
    blocks = {"first": X[:2], "rest": X[2:]}
    found = hpp.rank_drivers(frame, outcome="y", predictors=blocks, cluster=cluster, n_boot=0)
    expected = R[cluster]
    assert found.slopes["se"].tolist() == pytest.approx(expected["se"][1:], rel=1e-10)
    assert found.slopes["df"].tolist() == pytest.approx(expected["df"][1:], rel=1e-9)
    assert found.slopes["p"].tolist() == pytest.approx(expected["p"][1:], rel=1e-8)
    rest = found.hierarchy.iloc[1]
    assert rest["f"] == pytest.approx(expected["naive"]["f"], rel=1e-8)
    assert rest["p"] == pytest.approx(expected["wald"]["p"], abs=0.06)  # the samples', not Hotelling's approximation


def test_fixed_effects_are_columns_of_groups(frame: pd.DataFrame) -> None:
    found = hpp.rank_drivers(frame, outcome="y", predictors=X, within="firm", n_boot=0)
    expected = R["within"]
    assert found.slopes["slope"].tolist() == pytest.approx(expected["raw"], abs=1e-11)
    raw = found.slopes["se"] * found.slopes["slope"] / found.slopes["beta"]  # from standardised to raw units
    assert raw.tolist() == pytest.approx(expected["hc3"], rel=1e-9)
    assert found.slopes["slope"].tolist() != pytest.approx(R["raw"][1:], abs=0.01)
    persons = hpp.rank_drivers(frame, outcome="y", predictors=X, within="firm", cluster="person", n_boot=0)
    raw = persons.slopes["se"] * persons.slopes["slope"] / persons.slopes["beta"]
    assert raw.tolist() == pytest.approx(expected["cr2"], rel=1e-9)
    assert persons.slopes["df"].tolist() == pytest.approx(expected["df"], rel=1e-8)
    centred = frame[[*X, "y"]] - frame.groupby("firm")[[*X, "y"]].transform("mean")
    plain = hpp.rank_drivers(centred, outcome="y", predictors=X, n_boot=0)
    assert found.slopes["se"].tolist() != pytest.approx(
        plain.slopes["se"].tolist(), rel=0.02
    )  # firms cost degrees of freedom


def test_assumptions_are_checked_as_in_r(frame: pd.DataFrame) -> None:
    checks = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0).checks.set_index("check")
    assert checks.loc["overlap", "statistic"] == pytest.approx(max(R["vif"]), rel=1e-10)
    # RESET: powers of fitted values of a standardised and of a raw outcome differ by their scale, not by their F
    assert (checks.loc["linearity", "statistic"], checks.loc["linearity", "p"]) == pytest.approx(
        (R["reset"]["f"], R["reset"]["p"]), rel=1e-6
    )
    assert (checks.loc["spread", "statistic"], checks.loc["spread", "p"]) == pytest.approx(
        (R["breusch_pagan"]["statistic"], R["breusch_pagan"]["p"]), rel=1e-8
    )
    assert checks.loc["spread", "statistic"] != pytest.approx(R["breusch_pagan"]["original"], rel=0.01)
    assert checks.loc["influence", "statistic"] == pytest.approx(max(R["cook"]), rel=1e-8)
    assert not checks.loc["normality", "look"]


def test_importance_is_that_of_r_and_sums_to_r2(frame: pd.DataFrame) -> None:
    lmg = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0).to_frame().set_index("predictor")
    assert lmg.loc[X, "importance"].tolist() == pytest.approx(R["lmg"], abs=1e-12)
    weights = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0, importance="relative_weights")
    found = weights.to_frame().set_index("predictor").loc[X, "importance"]
    assert found.tolist() == pytest.approx(R["relative_weights"], abs=1e-12)
    assert found.sum() == pytest.approx(weights.r2, abs=1e-12)
    assert weights.dominance.empty


def test_the_outcome_takes_no_part_in_what_is_filled_in() -> None:
    data = unrelated(80, 1)
    holes = data.mask(np.random.default_rng(2).random(data.shape) < 0.1)
    holes["y"] = data["y"]
    rows = driver_data(holes, outcome="y", predictors=None, hpo=None, cluster=None, within=None)
    other = driver_data(
        holes.assign(y=np.arange(80.0)), outcome="y", predictors=None, hpo=None, cluster=None, within=None
    )
    assert rows.pairwise
    z = impute_predictors(rows)
    assert np.isfinite(z).all()
    np.testing.assert_array_equal(z[:, :-1], impute_predictors(other)[:, :-1])
    given = rows.values.notna().to_numpy()
    np.testing.assert_array_equal(z[given], standardised(rows)[given])
    assert np.abs(z[~given]).max() > 0.1  # an expectation, not the mean
