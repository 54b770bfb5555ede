"""Norms whose numbers are known, made without answers."""

import datetime
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.norms import Contribution, Norm
from hpp_analysis.norms.measures import Measures
from hpp_analysis.norms.norm_file import content_id, key_of, with_contribution

FACTORS = ("openness", "equality", "conflict_management", "success")


@pytest.fixture(scope="session")
def everybody() -> hpp.survey.Survey:
    return hpp.simulate_study(clients=["Acme"], partners=["Bolt", "Cord"], persons_per_side=25, seed=3).survey


@pytest.fixture(scope="session")
def survey(everybody) -> hpp.survey.Survey:
    return everybody.where(client="Acme")


@pytest.fixture(scope="session")
def measures(survey) -> Measures:
    return Measures.of(survey)


@pytest.fixture(scope="session")
def contribution(measures) -> Callable:
    """Add a contribution of one client to a norm: a mean for each partnership, the same on each scale and side."""

    def add(
        norm: Norm,
        client: str,
        means: Sequence[float],
        *,
        date: str = "2025-01-01",
        n: int = 20,
        sides: Sequence[str] = ("client", "partner"),
        partners: Sequence[str] = (),
        measured: Measures | None = None,
        **about,
    ) -> Norm:
        partners = partners or [f"{client}'s partner {place}" for place in range(len(means))]
        rows = [
            {
                "contribution": "",
                "client": key_of(norm.salt, "client", client),
                "unit": key_of(norm.salt, "unit", client, partner),
                "side": side,
                "factor": factor,
                "mean": mean,
                "sd": 1.4,
                "n": n,
            }
            for partner, mean in zip(partners, means, strict=True)
            for side in sides
            for factor in FACTORS
        ]
        made = {"salt": norm.salt, "date": datetime.date.fromisoformat(date), "measures": measured or measures, **about}
        cells = pd.DataFrame(rows)
        described = Contribution(id="", **made)
        return with_contribution(norm, Contribution(id=content_id(described, cells), **made), cells)

    return add


@pytest.fixture(scope="session")
def norm(contribution) -> Norm:
    """Forty partnerships of ten clients."""
    rng = np.random.default_rng(4)
    found = Norm(salt="salt")
    for place in range(10):
        found = contribution(
            found, f"Client {place}", np.round(rng.normal(7.0, 0.6, 4), 2), sector="care", country="NL"
        )
    return found
