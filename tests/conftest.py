"""What all tests share."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest

from hpp_analysis.simulation.simulate import simulate_study
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.survey import Survey, read_survey

collect_ignore_glob = ["reference/*.py"]  # scripts that made reference values, with programs that tests do without

ROOT = Path(__file__).parent.parent
Once = Callable[[str, Callable[[Path], object]], Path]
SHARED_DATA = ROOT.parent / "shared" / "data"
EXAMPLE_FILES = {
    "army_leadership": "multilevel/bhr2000.csv",
    "cncf_maintainers": "cncf_surveys/maintainer_*.csv",
    "pierce_county": "pierce_county/pierce_county_long.csv",
    "team_state": "mltable/teamstate.csv",
}


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
def example_studies(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example studies, each with the public files that it asks for beside its study file."""
    studies = tmp_path_factory.mktemp("studies") / "examples"
    shutil.copytree(ROOT / "examples", studies, ignore=shutil.ignore_patterns("*.csv"))
    for study, files in EXAMPLE_FILES.items():
        for file in shared_data.glob(files):
            (studies / study / file.name).symlink_to(file)
    return studies


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
def once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Make a folder once in a run of the tests, whichever of its processes asks first: what is in it is read, not changed."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if hasattr(request.config, "workerinput") else base) / "once"  # of all processes
    shared.mkdir(exist_ok=True)

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                unfinished = shared / f"{name}.unfinished"
                shutil.rmtree(unfinished, ignore_errors=True)  # of a test that failed to make it
                unfinished.mkdir()
                make(unfinished)
                unfinished.rename(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def execute_notebook(once: Once) -> Callable[..., nbformat.NotebookNode]:
    """Execute one of our notebooks with some parameters."""

    def execute(name: str, **parameters: Any) -> nbformat.NotebookNode:
        def make(folder: Path) -> None:
            papermill.execute_notebook(
                str(ROOT / "notebooks" / f"{name}.ipynb"),
                str(folder / "done.ipynb"),
                parameters=parameters,
                cwd=str(ROOT / "notebooks"),
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
            )

        given = json.dumps(parameters, sort_keys=True)
        done = once(f"{name}-{hashlib.sha256(given.encode()).hexdigest()[:8]}", make)
        return nbformat.read(done / "done.ipynb", as_version=4)

    return execute


@pytest.fixture(scope="session")
def demo_reports(once: Once) -> Path:
    """The reports of the demo study in both languages, made by the command line."""

    def make(out: Path) -> None:
        study = ROOT / "data" / "demo" / "study.yaml"
        command = [sys.executable, "-m", "hpp_analysis.cli", "report", str(study), "--out", str(out)]
        subprocess.run(command, check=True)

    return once("demo-reports", make)


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
    who = frame[["partner", "side"]].assign(client="X", respondent=[f"r{place}" for place in range(len(frame))])
    return read_survey(pd.concat([who, wide], axis=1), instrument=instrument)
