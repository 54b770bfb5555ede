"""Answers that several tests of drivers share."""

from pathlib import Path

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
