"""Fit measures of `fit_efa` against lavaan's `efa()` (reference/esem.R)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import fit_efa

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "esem.json").read_text(encoding="utf-8"))["efa"]
NAMES = {"chi2": "chisq", "df": "df", "p": "pvalue", **{name: name for name in ("cfi", "tli", "rmsea", "srmr")}}
NAMES |= {name: name for name in ("rmsea_ci_lower", "rmsea_ci_upper")}


def answers_of(study: str, folder: Path) -> tuple[pd.DataFrame, int]:
    if study == "hs":
        return pd.read_csv(folder / "lavaan" / "HolzingerSwineford1939.csv")[[f"x{i}" for i in range(1, 10)]], 3
    items = [f"{letter}{i}" for letter in "ACENO" for i in range(1, 6)]
    return pd.read_csv(folder / "psychTools" / "bfi.csv").dropna(subset=[*items, "age"])[items], 5


@pytest.mark.parametrize("study", ["hs", "bfi"])
def test_fit_measures_are_lavaans_by_the_same_names(study: str, shared_data: Path) -> None:
    answers, k = answers_of(study, shared_data)
    measures = fit_efa(answers, k, extraction="ml", rotation="geomin", like="lavaan").fit_measures
    for name, theirs in NAMES.items():
        # both maximise one likelihood; lavaan's optimiser stops at a relative change of 1e-10
        assert measures[name] == pytest.approx(REFERENCE[study][theirs], rel=1e-4, abs=1e-6), name
    corrected = fit_efa(answers, k, extraction="ml", rotation="geomin").fit_measures  # Bartlett's, as psych
    assert abs(corrected["chi2"] / measures["chi2"] - 1.0) > 0.003
    assert abs(corrected["cfi"] - measures["cfi"]) > 1e-5


def test_srmr_counts_the_diagonal_and_rmsr_does_not(shared_data: Path) -> None:
    efa = fit_efa(answers_of("hs", shared_data)[0], 2)
    lower = efa.residuals.to_numpy()[np.tril_indices(9, -1)]
    assert efa.rmsr == pytest.approx(np.sqrt(np.mean(lower**2)), rel=1e-12)
    assert efa.fit_measures["srmr"] == pytest.approx(np.sqrt(np.sum(lower**2) / 45), rel=1e-12)


def test_measures_without_observations_are_undefined(shared_data: Path) -> None:
    correlations = answers_of("hs", shared_data)[0].corr()
    measures = fit_efa(correlations, 2, n_obs=0).fit_measures
    assert measures[["chi2", "p", "cfi", "tli", "rmsea"]].isna().all()
    assert measures[["df", "srmr"]].notna().all()
