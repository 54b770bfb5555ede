"""What `hpp report` tells while it works: lines of JSON for programs, a bar on a terminal, nothing where nobody watches."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from hpp_analysis import cli, simulate_study
from hpp_analysis.cli import progress
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.tasks import TaskResult
from tests.report.conftest import PARAMETERS, code, prose, write_cells

SHOWN = """\
from IPython.display import display
from hpp_analysis.display.blocks import MIME, FactsBlock, to_json
if client == "Breaks":
    1 / 0
display({MIME: to_json([FactsBlock("cover", client, [["a", "b"]], [], cleared=True)]), "text/plain": client}, raw=True)
"""
MADE = Outcome("A", "a", "en", TaskResult("made", seconds=1.0))
FAILED = Outcome("B", "b", "en", TaskResult("failed", broken={"kind": "ValueError", "message": "m"}))


def told(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    monkeypatch.setenv("TERM", "xterm")  # on a dumb terminal nothing can be drawn again
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=120, highlight=False)
    monkeypatch.setattr(progress, "ERR", console)
    with progress.progress_of(3, as_json=False) as bar:
        bar.tell(MADE)
        bar.tell(FAILED)
    return written.getvalue()


def test_a_terminal_sees_a_bar_and_who_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(monkeypatch, terminal=True)
    assert "2/3" in text
    assert "B (en): failed" in text


def test_nothing_is_said_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, terminal=False) == ""


def test_programs_get_lines_of_json(tmp_path: Path) -> None:
    frame = simulate_study(clients=["Works", "Breaks"], partners=1, persons_per_side=6, seed=0).frame()
    frame.to_csv(tmp_path / "answers.csv", index=False)
    notebook = write_cells(tmp_path / "tiny.ipynb", prose("# Tiny"), code(PARAMETERS, "parameters"), code(SHOWN))
    arguments = ["report", str(tmp_path / "answers.csv"), "--notebook", str(notebook), "--languages", "en", "--json"]
    arguments += ["--formats", "html", "--out", str(tmp_path / "out"), "--timeout", "200", "--memory", "2"]
    result = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    assert result.exit_code == cli.SOME_FAILED
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in events] == ["start", "report", "report", "end"]
    status = {event["client"]: event["status"] for event in events[1:3]}
    assert status == {"Works": "made", "Breaks": "failed"}
    assert [event["remaining_seconds"] == 0 for event in events[1:3]] == [False, True]
    assert {event["error"]["kind"] for event in events[1:3] if event["error"]} == {"ZeroDivisionError"}
    assert {name: events[-1][name] for name in ("made", "failed", "empty")} == {"made": 1, "failed": 1, "empty": 0}
    assert Path(events[-1]["manifest"]).is_file()


@pytest.mark.parametrize("option", [["--engine", "thread"], ["--timeout", "-1"], ["--memory", "0"]])
def test_options_that_cannot_be_are_told(option: list[str], tmp_path: Path) -> None:
    simulate_study(clients=["A"], partners=1, persons_per_side=6, seed=0).frame().to_csv(
        tmp_path / "a.csv", index=False
    )
    arguments = ["report", str(tmp_path / "a.csv"), "--languages", "en", "--out", str(tmp_path / "out"), *option]
    assert CliRunner().invoke(cli.app, arguments).exit_code == cli.BAD_INPUT
    assert not (tmp_path / "out").exists()
