"""Studies that several tests of partners share."""

import dataclasses

import pytest

from hpp_analysis.models.invariance import Invariance, measurement_invariance
from hpp_analysis.simulation.simulate import Simulation, simulate_study
from hpp_analysis.survey.survey import Survey


@pytest.fixture(scope="session")
def network() -> Simulation:
    """Five clients with four partners each work together: 5 + 4 organisations, 20 partnerships."""
    return simulate_study(clients=5, partners=4, persons_per_side=6, waves=2, seed=5)


@pytest.fixture(scope="session")
def many() -> Survey:
    """Eleven clients and partners, each client with the partner of its number: 11 organisations a side."""
    survey = simulate_study(clients=11, partners=11, persons_per_side=5, seed=6, several=0.0).survey
    own = (
        survey.respondents["client"].str.extract(r"(\d+)")[0] == survey.respondents["partner"].str.extract(r"(\d+)")[0]
    )
    return survey.keep(own, "one partnership each")


@pytest.fixture(scope="session")
def large() -> Survey:
    """260 persons a side who read every question alike, but for one item that the partners judge two points higher."""
    survey = simulate_study(
        partners=2, persons_per_side=130, seed=10, dont_know=0.0, skipped=0.0, careless=0.0, dips=0, several=0.0
    ).survey
    items = survey.items.copy()
    items.loc[survey.respondents["side"].eq("partner"), "ope1"] += 2
    return dataclasses.replace(survey, items=items.clip(1, 10))


@pytest.fixture(scope="session")
def invariance(large) -> Invariance:
    model = "openness =~ ope1 + ope2 + ope3 + ope4\n equality =~ equ1 + equ2 + equ3 + equ4"
    return measurement_invariance(model, large, group="side", levels=["configural", "metric", "scalar"], estimator="ML")
