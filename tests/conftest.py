"""What all tests share."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.simulation.simulate import simulate_study
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.survey import Survey, read_survey

collect_ignore_glob = [
    "reference/*.py"
]  # scripts that made reference values, with programs that tests do without

ROOT = Path(__file__).parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public data sets that are not part of the project; tests of them are skipped where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the public data sets lie beside the project only where it is developed")
    return SHARED_DATA


@pytest.fixture(scope="session")
def poppler() -> None:
    """Other programs than ours that read PDFs; under HPP_REQUIRE_ALL their absence is a failure."""
    if shutil.which("pdftotext") and shutil.which("pdfinfo"):
        return
    if os.environ.get("HPP_REQUIRE_ALL"):
        pytest.fail("poppler-utils is required here (HPP_REQUIRE_ALL is set) and was not found")
    pytest.skip("poppler-utils is not installed")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser; under HPP_REQUIRE_ALL its absence is a failure."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("HPP_REQUIRE_ALL"):
            pytest.fail("chromium is required here (HPP_REQUIRE_ALL is set) and was not found")
        pytest.skip("chromium is not installed")
    return path


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
