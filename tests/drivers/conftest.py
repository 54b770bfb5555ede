"""Answers that several tests of drivers share."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.simulation.simulate import Simulation

REFERENCE = Path(__file__).parent.parent / "reference"


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "drivers.csv")


@pytest.fixture(scope="session")
def study() -> Simulation:
    return hpp.simulate_study(persons_per_side=60, seed=3)


@pytest.fixture(scope="session")
def drivers(study: Simulation) -> hpp.drivers.Drivers:
    return hpp.rank_drivers(study.survey, hpo=study.hpo_survey, n_boot=200)


def unrelated(n: int, seed: int) -> pd.DataFrame:
    """Nineteen predictors of which none counts."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(rng.normal(size=(n, 19)) + rng.normal(size=(n, 1))).add_prefix("x")
    return x.assign(y=rng.normal(size=n))
