"""What all tests share."""

import os
import shutil
from pathlib import Path

import pytest

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
