"""A small study and a small notebook: reports in about a second each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from hpp_analysis import simulate_study

HOSTILE = ["<script>alert(1)</script>", "=1+1", "../../x", "{{7*7}}", "[red]Bold[/red] & Söhne", "q' or client != 'q"]

PARAMETERS = """\
responses = ["nowhere.csv"]  # the survey exports
instrument = "hpp"
by = "client"
client = "nobody"
wave = ""
language = "en"
note = ""
level = 0.95
rounds = 3
names = ["a"]
label = "a = b # c"
"""

# What a client is called decides what happens to its report.
BODY = """\
import os, signal, sys, warnings
from IPython.display import display
from hpp_analysis.display.blocks import MIME, FactsBlock, FigureBlock, HeaderCell, TableBlock, TextBlock, to_json

def show(block):
    display({MIME: to_json([block]), "text/html": "<script>bad()</script>", "text/plain": repr(block)}, raw=True)

if client == "Breaks":
    1 / 0
if client == "Kills its kernel":
    os.kill(os.getpid(), signal.SIGKILL)
if client == "Kills its worker":
    os.kill(os.getppid(), signal.SIGKILL)
if client == "Sleeps":
    import time
    time.sleep(600)
"""
COVER = 'show(FactsBlock("cover", client, [["Partners", "A & B"]], [note] if note else []))'
TABLE = """\
show(TableBlock("scores", "Scores of " + client,
    [HeaderCell("who", "Who", "text"), HeaderCell("mean", "Mean", "score"),
     HeaderCell("ci_lower", "Interval", "score", "ci_upper")],
    [["=2+2", "7.25", "7.00 to 7.50"], ["<b>B</b>", "–", "–"]],
    [{"who": "=2+2", "mean": 7.25, "ci_lower": 7.0, "ci_upper": 7.5, "state": "full", "why": ""},
     {"who": "<b>B</b>", "mean": None, "ci_lower": None, "ci_upper": None, "state": "withheld", "why": "too_few"}],
    ["A note."]))
"""
FIGURE = """\
svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="3"/></svg>'
show(FigureBlock("dots", "A figure", svg, "One dot: " + client))
"""
WARNING = """\
warnings.warn("somewhere " + responses[0])
print(level, rounds, os.path.basename(responses[0]), threads := os.environ["OMP_NUM_THREADS"], sys.executable != "")
"""


def code(source: str, *tags: str) -> Any:
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def prose(source: str, *tags: str) -> Any:
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)} if tags else {})


def write_cells(path: Path, *cells: Any) -> Path:
    """Write a notebook of cells."""
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


@pytest.fixture(scope="session")
def write_notebook() -> Callable[..., Path]:
    """Write a notebook of cells; the file's path comes back."""
    return write_cells


@pytest.fixture(scope="session")
def small_notebook(tmp_path_factory: pytest.TempPathFactory, write_notebook: Callable[..., Path]) -> Path:
    return write_notebook(
        tmp_path_factory.mktemp("notebook") / "small {odd} name.ipynb",
        prose("# A small report"),
        code(PARAMETERS, "parameters"),
        code(BODY),
        code(COVER),
        prose("## The numbers\n\nOne paragraph."),
        code(TABLE),
        code(FIGURE),
        code(WARNING),
    )


@pytest.fixture(scope="session")
def export_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write the answers of simulated clients with the given names; the file's path comes back."""

    def export(*clients: str, waves: int = 1) -> Path:
        plain = [f"C{number}" for number in range(len(clients))]
        study = simulate_study(clients=plain, partners=1, persons_per_side=6, waves=waves, seed=0)
        frame = study.frame()
        called = dict(zip(plain, clients, strict=True))
        for column in ("client", "organisation"):
            if column in frame:
                frame[column] = frame[column].replace(called)
        path = tmp_path_factory.mktemp("answers") / "answers.csv"
        frame.to_csv(path, index=False)
        return path

    return export
