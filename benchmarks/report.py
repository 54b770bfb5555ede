"""The demo study's reports, against the stock tools: papermill and nbconvert on the command line, one by one."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_LANGUAGES = ("nl", "en")


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, theirs; whole processes, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        study = _ROOT / "data" / "demo" / "study.yaml"
        ours = _took([sys.executable, "-m", "hpp_analysis.cli", "report", str(study), "--out", folder])
        theirs = sum(_stock(Path(folder), language) for language in _LANGUAGES)
    yield f"{len(_LANGUAGES)} demo reports, HTML, PDF and XLSX", ours, theirs


def _stock(folder: Path, language: str) -> float:
    """papermill, then nbconvert: the report in English prose only, without workbook, checks and index."""
    notebook, done = _ROOT / "notebooks" / "client_report.ipynb", folder / f"{language}.ipynb"
    papermill = [sys.executable, "-m", "papermill", str(notebook), str(done), "-p", "language", language]
    html = [sys.executable, "-m", "nbconvert", "--to", "html", "--no-input", str(done)]
    return _took([*papermill, "--cwd", str(notebook.parent)]) + _took(html)


def _took(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=_ROOT)  # noqa: S603
    return time.perf_counter() - start
