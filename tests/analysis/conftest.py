"""Small surveys for the tests of results."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.simulate import simulate_study
from hpp_analysis.survey.survey import Survey, read_survey


@pytest.fixture(scope="session")
def survey() -> Survey:
    """A simulated study: one client, four partners."""
    return simulate_study(seed=7).survey


@pytest.fixture(scope="session")
def two_partners() -> Survey:
    """Two partnerships of very different size whose means are known by heart.

    Every item of a rating has the same value, so that scores are those values. Client side: A 9, 7 (mean 8); B 5
    five times, 7 (mean 5 1/3). Partner side: A 6, 8 (mean 7); B 4, 4, 4, 4, 4, 10 (mean 5).
    """
    rows = [("A", "client", value) for value in (9, 7)]
    rows += [("B", "client", value) for value in (5, 5, 5, 5, 5, 7)]
    rows += [("A", "partner", value) for value in (6, 8)]
    rows += [("B", "partner", value) for value in (4, 4, 4, 4, 4, 10)]
    instrument = load_instrument("hpp")
    frame = pd.DataFrame(rows, columns=["partner", "side", "value"])
    answers = np.repeat(frame[["value"]].to_numpy(), len(instrument.items), axis=1)
    wide = pd.DataFrame(answers, columns=[item.id for item in instrument.items])
    who = frame[["partner", "side"]].assign(
        client="X", respondent=[f"r{place}" for place in range(len(frame))]
    )
    return read_survey(pd.concat([who, wide], axis=1), instrument=instrument)
