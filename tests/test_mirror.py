"""A reader finds the tests of a file by its name: `core/sem/fit.py` is tested in `tests/core/sem/test_fit.py`."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = (
    "core",
    "simulation",
    "factors",
    "models",
    "answers",
    "reliability",
    "publishing",
    "disclosure",
    "partners",
    "drivers",
)
"""Rooms whose tests mirror their files."""
FILES = [
    path
    for room in ROOMS
    for path in sorted((ROOT / "hpp_analysis" / room).rglob("*.py"))
    if path.stem != "__init__" and "\ndef " in path.read_text(encoding="utf-8")  # types alone have nothing to test
]
TESTS = [path for room in ROOMS for path in sorted((ROOT / "tests" / room).rglob("test_*.py"))]


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_every_file_has_tests_of_its_name(path: Path) -> None:
    folder = ROOT / "tests" / path.parent.relative_to(ROOT / "hpp_analysis")
    assert (folder / f"test_{path.stem}.py").is_file()


@pytest.mark.parametrize("path", TESTS, ids=[str(path.relative_to(ROOT)) for path in TESTS])
def test_every_test_file_names_the_file_that_it_tests(path: Path) -> None:
    """Long simulations may stand beside: `test_fit_coverage.py` also tests `fit.py`."""
    folder = ROOT / "hpp_analysis" / path.parent.relative_to(ROOT / "tests")
    name = path.stem.removeprefix("test_")
    assert any(name == file.stem or name.startswith(f"{file.stem}_") for file in folder.glob("*.py"))
