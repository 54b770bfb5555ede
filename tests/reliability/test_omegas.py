"""Ordinal omega and the omegas of a whole instrument, against R (reference/omegas.R)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp

HERE = Path(__file__).parent.parent / "reference"
VALUES = json.loads((HERE / "omegas.json").read_text())
REVERSED = ("A1", "C4", "C5", "E1", "E2", "O2", "O5")


@pytest.fixture(scope="module")
def bfi(shared_data: Path) -> pd.DataFrame:
    frame = pd.read_csv(shared_data / "psychTools" / "bfi.csv").filter(regex="^[ACENO][1-5]$").dropna()
    return frame.assign(**{item: 7 - frame[item] for item in REVERSED})


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(HERE / "data" / "items_complete.csv")


def few_categories(own: pd.DataFrame) -> pd.DataFrame:
    return np.floor(own / 2.5).clip(1, 3)


def test_ordinal_omega_of_our_own_data(own: pd.DataFrame) -> None:
    found = hpp.scale_reliability(few_categories(own), ordinal=True).to_frame().iloc[0]
    # two optimisers of one criterion, on polychorics that agree to 1e-7
    assert found["omega_ordinal"] == pytest.approx(VALUES["own"]["omega_ordinal"], abs=1e-5)
    assert abs(found["omega_ordinal"] - found["omega"]) > 0.01  # not the omega of the answers as numbers


@pytest.mark.parametrize("scale", ["A", "N", "O"])
def test_ordinal_omega_and_dwls_loadings_equal_lavaan(bfi: pd.DataFrame, scale: str) -> None:
    items = [f"{scale}{i}" for i in range(1, 6)]
    expected = VALUES[f"bfi_{scale}"]
    found = hpp.scale_reliability(bfi, {scale: items}, ordinal=True).to_frame().iloc[0]
    assert found["omega_ordinal"] == pytest.approx(expected["omega_ordinal"], abs=1e-5)
    fits = {
        method: hpp.fit_efa(bfi[items], 1, extraction=method, rotation="none", correlation="polychoric").loadings
        for method in ("dwls", "minres")
    }
    wanted = np.array(expected["loadings"])
    away = {method: np.abs(fit.to_numpy()[:, 0] - wanted).max() for method, fit in fits.items()}
    assert away["dwls"] < 1e-5  # polychorics and their variances agree to 1e-6
    assert away["minres"] > 1e-3


def whole(answers: pd.DataFrame, case: str) -> tuple[pd.Series, dict]:
    expected = VALUES[case]
    return hpp.scale_reliability(answers, group_factors=expected["group_factors"]).instrument, expected


def test_omegas_of_an_instrument_equal_psych(bfi: pd.DataFrame, shared_data: Path) -> None:
    holzinger = pd.read_csv(shared_data / "lavaan" / "HolzingerSwineford1939.csv")[[f"x{i}" for i in range(1, 10)]]
    for answers, case in ((bfi, "bfi"), (holzinger, "holzinger")):
        found, expected = whole(answers, case)
        # psych stops its rotation at a gradient of 1e-5, which is some 1e-4 in a second-order loading
        assert found["omega_hierarchical"] == pytest.approx(expected["omega_hierarchical"], abs=1e-3)
        assert found["omega_total"] == pytest.approx(expected["omega_total"], abs=1e-3)
        assert abs(found["omega_hierarchical"] - found["omega_total"]) > 0.05


def test_it_is_said_what_the_omegas_rest_on(bfi: pd.DataFrame, own: pd.DataFrame) -> None:
    found = hpp.scale_reliability(bfi, group_factors=5)
    assert "negative_loading" in found.instrument["undefined"]  # neuroticism runs against the rest
    assert "direction" in repr(found)
    two = hpp.scale_reliability(own, group_factors=2)
    assert "equal_constraint" in two.instrument["undefined"]
    assert "assumption" in repr(two)
    assert "Schmid-Leiman" in two.methods()
    assert hpp.scale_reliability(own).instrument.empty


def test_undefined_ordinal_omega_has_a_reason(own: pd.DataFrame) -> None:
    continuous = own + np.random.default_rng(1).normal(size=own.shape)
    found = hpp.scale_reliability(continuous, ordinal=True).to_frame().iloc[0]
    assert np.isnan(found["omega_ordinal"])
    assert "ordinal_too_many_categories" in found["undefined"]
    two = hpp.scale_reliability(own[["i1", "i2"]], ordinal=True).to_frame().iloc[0]
    assert "ordinal_few_items" in two["undefined"]


def test_a_published_result_has_neither() -> None:
    survey = hpp.simulate_study(seed=1).survey
    client = survey.where(client=survey.values("client")[0])
    found = hpp.scale_reliability(client, ordinal=True, group_factors=3)
    published = hpp.publish(found, hpp.plan_disclosure(survey))
    assert "omega_ordinal" in found.to_frame()
    assert "omega_ordinal" not in published.to_frame()
    assert published.instrument.empty
