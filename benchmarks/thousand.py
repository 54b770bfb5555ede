"""A large run that everything happens to, against an undisturbed one.

`python -m benchmarks.thousand --clients 1000` simulates a study (three partnerships and 72 ratings a client, as
`benchmarks.report` does). The notebook raises an error for one client and never ends for another. Its reports are made in one
language (HTML, PDF and XLSX, both editions): one run is killed (SIGKILL) when half of the reports are there, and run again;
another one is left alone. All files of both must be equal, but the journal, which holds how long each report took.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent.parent
_STUDY = """\
format: 1
name: thousand
title: {en: A simulated study}
responses: [answers.csv]
instrument: hpp
by: client
languages: [en]
"""
_RAISES, _ENDLESS = "Client 5", "Client 7"
_POISON = f"""\
if client == {_RAISES!r}:
    raise ValueError("poisoned")
while client == {_ENDLESS!r}: pass
"""


@dataclass
class Run:
    """What a run told."""

    seconds: float = 0.0
    cpu: float = 0.0
    """Processor seconds of all processes; of a killed run those of its finished reports."""
    events: list[dict[str, Any]] = field(default_factory=list)

    def having(self, status: str) -> list[dict[str, Any]]:
        """Its reports that have this status."""
        return [event for event in self.events if event.get("status") == status]


def main() -> None:
    """Make both runs, and compare them; the exit status is 1 where something is not as it must be."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=1000)
    options.add_argument("--timeout", type=float, default=150, help="seconds that a report may take")
    options.add_argument(
        "--jobs", type=int, help="reports made side by side; by default as many as there are processors"
    )
    options.add_argument(
        "--folder", type=Path, help="where the study and the reports stay; by default they are removed"
    )
    chosen = options.parse_args()
    if chosen.clients < 8:
        options.error("--clients must be 8 or more: clients 5 and 7 break, and the run is killed in its middle")
    with _folder(chosen.folder) as folder:
        _make_study(folder, chosen.clients)
        further = ["--timeout", str(chosen.timeout), *(["--jobs", str(chosen.jobs)] if chosen.jobs else [])]
        killed = _run(folder, "disturbed", further, kill_after=chosen.clients // 2)
        _tell("killed with SIGKILL", killed)
        resumed = _run(folder, "disturbed", further)
        _tell("run again", resumed)
        whole = _run(folder, "undisturbed", further)
        _tell("undisturbed", whole)
        different = _differences(folder / "disturbed", folder / "undisturbed")
    wrong = [
        *(f"another file, or in one run only: {name}" for name in different),
        *([] if len(whole.having("made")) == chosen.clients - 2 else ["reports are missing"]),
        *([] if {event["client"] for event in whole.having("failed")} == {_RAISES, _ENDLESS} else ["others failed"]),
        *([] if len(resumed.having("kept")) >= chosen.clients // 2 else ["finished reports were made again"]),
    ]
    print(f"{chosen.clients} clients: " + ("; ".join(wrong[:20]) or "both runs are equal, byte for byte"))
    sys.exit(bool(wrong))


@contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        chosen.mkdir(parents=True)
        yield chosen.resolve()
        return
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def _make_study(folder: Path, clients: int) -> None:
    from hpp_analysis import simulate_study

    names = [f"Client {number}" for number in range(1, clients + 1)]
    study = simulate_study(clients=names, partners=3, persons_per_side=12, waves=1, seed=3)
    study.frame().to_csv(folder / "answers.csv", index=False)
    (folder / "study.yaml").write_text(_STUDY, encoding="utf-8")
    notebook = json.loads((_ROOT / "notebooks" / "client_report.ipynb").read_text(encoding="utf-8"))
    first = next(cell for cell in notebook["cells"] if "".join(cell["source"]).startswith("import hpp_analysis"))
    first["source"] = "".join(first["source"]) + "\n" + _POISON
    (folder / "report.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def _run(folder: Path, name: str, further: list[str], *, kill_after: int | None = None) -> Run:
    """Make the reports of the study; kill the run when so many are there."""
    command = [
        sys.executable,
        "-m",
        "hpp_analysis.cli",
        "report",
        str(folder / "study.yaml"),
        "--no-overview",
        "--json",
    ]
    command += ["--notebook", str(folder / "report.ipynb"), "--out", str(folder / name), *further]
    run, before, start = Run(), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:  # noqa: S603
        for line in process.stdout or ():
            run.events.append(json.loads(line))
            if len(run.having("made")) == kill_after:
                os.kill(process.pid, signal.SIGKILL)
                break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    run.seconds = time.monotonic() - start
    run.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if kill_after is not None:
        run.cpu = sum(event.get("cpu", 0.0) for event in run.events)
    return run


def _tell(what: str, run: Run) -> None:
    """Print what a run has made, and what it took."""
    made = run.having("made")
    counts = ", ".join(f"{len(run.having(status))} {status}" for status in ("made", "kept", "failed"))
    costs = sorted(event["cpu"] for event in made)
    memory = max((event.get("memory", 0) for event in run.events), default=0)
    print(
        f"{what}: {counts}; {run.seconds:.0f} s by the clock, {run.cpu:.0f} s of processors; a report {costs[len(costs) // 2]:.2f} s "
        f"(median), the dearest {costs[-1]:.1f} s; at most {memory / 1e9:.2f} GB in a process",
        flush=True,
    )


def _differences(one: Path, other: Path) -> list[str]:
    """The names of files that are not the same in both runs."""
    files = [
        {
            path.relative_to(out): path.read_bytes()
            for path in out.rglob("*")
            if path.is_file() and path.name != "journal.jsonl"
        }
        for out in (one, other)
    ]
    return sorted(str(name) for name in {*files[0], *files[1]} if files[0].get(name) != files[1].get(name))


if __name__ == "__main__":
    main()
