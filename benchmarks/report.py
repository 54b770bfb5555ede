"""Reports of many clients, against the stock tools: papermill and nbconvert, one by one, with the same notebook.

`python -m benchmarks.report 40 160 640` takes the numbers of clients. A study is simulated and its reports are made in one
language (HTML, PDF and XLSX); of the same clients the stock tools make a few reports (HTML only). Time is processor time
of all processes: it does not depend on what else the machine does.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_STOCK = 3  # reports that the stock tools make: one takes as long as the other


def run(clients: int = 40) -> Iterator[tuple[str, float, float | None]]:
    """Name, our processor seconds a report, theirs."""
    for name, ours, theirs, _ in _measured(clients):
        yield name, ours, theirs


def _measured(clients: int) -> Iterator[tuple[str, float, float | None, str]]:
    """Name, our processor seconds a report, theirs, and what else was seen of our run."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        answers = _study(folder, clients)
        command = [sys.executable, "-m", "hpp_analysis.cli", "report", str(answers), "--languages", "en", "--json"]
        ours, wall, output = _took([*command, "--out", str(folder / "out")])
        events = [json.loads(line) for line in output.splitlines()]
        reports = [event for event in events if event["event"] == "report"]
        made = [report for report in reports if report["status"] == "made"]
        theirs = sum(_stock(folder, answers, f"C{number}") for number in range(_STOCK)) / _STOCK
    costs, memory = sorted(report["cpu"] for report in made), max(report["memory"] for report in made)
    seen = (
        f"{len(made)} of {clients} made in {wall:.0f} s, in their own processes {costs[len(costs) // 2]:.2f} s each "
        f"(median), the first {made[0]['cpu']:.2f} s; at most {memory / 1e6:.0f} MB in a process"
    )
    yield f"reports of {clients} clients, processor seconds a report", ours / len(made), theirs, seen


def _study(folder: Path, clients: int) -> Path:
    """A study of so many clients, with three partners each, as an export."""
    from hpp_analysis import simulate_study

    names = [f"C{number}" for number in range(clients)]
    path = folder / "answers.csv"
    simulate_study(clients=names, partners=3, persons_per_side=12, waves=1, seed=1).frame().to_csv(path, index=False)
    return path


def _stock(folder: Path, answers: Path, client: str) -> float:
    """The processor seconds of papermill, then nbconvert, for one client."""
    notebook, done = _ROOT / "notebooks" / "client_report.ipynb", folder / f"{client}.ipynb"
    given = {"responses": [str(answers)], "client": client, "plan": "", "invited": [], "mapping": []}
    parameters = folder / "parameters.yaml"
    parameters.write_text(json.dumps(given), encoding="utf-8")
    papermill = [sys.executable, "-m", "papermill", str(notebook), str(done), "-f", str(parameters)]
    html = [sys.executable, "-m", "nbconvert", "--to", "html", "--no-input", str(done)]
    return _took(papermill)[0] + _took(html)[0]


def _took(command: list[str]) -> tuple[float, float, str]:
    """Processor seconds of a command and all its processes, seconds by the clock, and what it printed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=_ROOT)  # noqa: S603
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, done.stdout


if __name__ == "__main__":
    for size in map(int, sys.argv[1:] or ["40"]):
        for name, ours, theirs, seen in _measured(size):
            print(f"{name}: {ours:.2f}; stock {theirs:.2f}, {theirs / ours:.1f}x as long\n  {seen}")
