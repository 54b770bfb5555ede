"""The workers of a Dask scheduler make the reports that this machine would make, also when one of them is lost."""

import asyncio
import builtins
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hpp_analysis import cli, read_survey
from hpp_analysis.errors import ReportError
from hpp_analysis.publishing.ledger import LEDGER, open_ledger
from hpp_analysis.publishing.versions import versions
from hpp_analysis.report.run import limits, remote, scheduler
from hpp_analysis.report.run.limits import can_fork
from hpp_analysis.report.run.origins import software
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.remote import SharedRun
from hpp_analysis.report.run.run import RunReport, run_reports
from tests.report.conftest import BODY, COVER, PARAMETERS, TABLE, code, prose, write_cells

CLIENTS = ["Alfa", "Bravo", "Loses its machine", "Charlie", "Kills its kernel", "Kills its worker", "Delta"]
FAILED = {"Kills its kernel", "Kills its worker"}
# The first time, this report ends the Dask worker: the parent of the process from which it is forked.
LOST = """\
mark = os.path.join(os.path.dirname(responses[0]), "lost")
if client == "Loses its machine" and not os.path.exists(mark):
    open(mark, "w").close()
    with open(f"/proc/{os.getppid()}/stat") as file:
        os.kill(int(file.read().rpartition(")")[2].split()[1]), signal.SIGKILL)
    signal.pause()
"""
PLANNED = """\
from hpp_analysis import plan_disclosure, read_survey
cells = plan_disclosure(read_survey(responses, instrument=instrument), by=by)
"""


@pytest.fixture
def dask() -> None:
    """Dask distributed; under HPP_REQUIRE_ALL its absence is a failure."""
    if not can_fork():
        pytest.skip("this system cannot fork reports")
    if importlib.util.find_spec("distributed") is None:
        if os.environ.get("HPP_REQUIRE_ALL"):
            pytest.fail("distributed is required here (HPP_REQUIRE_ALL is set) and was not found")
        pytest.skip("distributed is not installed")


@contextmanager
def started(program: str, *options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A program of Dask as a process of its own."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *map(str, options), "--no-dashboard"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def address_in(file: Path) -> str:
    """The address of a scheduler, as soon as it has written it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return str(json.loads(file.read_text())["address"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise AssertionError("the scheduler did not start")


def statuses(done: RunReport) -> dict[str, tuple[str, str]]:
    return {
        outcome.client: (outcome.result.status, (outcome.result.broken or {}).get("kind", ""))
        for outcome in done.outcomes
    }


def files_in(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.glob("*/en/**/*")) if path.is_file()}


def test_workers_make_the_same_reports_also_when_one_is_killed(
    dask: None, export_of: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = export_of(*CLIENTS)
    cells = prose("# A report"), code(PARAMETERS, "parameters"), code(BODY), code(LOST), code(PLANNED)
    notebook = write_cells(tmp_path / "small.ipynb", *cells, code(COVER), code(TABLE))
    survey = read_survey(answers, instrument="hpp")

    def run(out: Path, **options: Any) -> RunReport:
        plan = plan_reports(
            survey,
            responses=[answers],
            instrument="hpp",
            languages=["en"],
            out=out,
            notebook=notebook,
            formats=["html", "xlsx"],
            ledger=out.parent / "ledger.json",
        )
        return run_reports(plan, **options)

    far, here = tmp_path / "far" / "out", tmp_path / "here" / "out"
    for out in (far, here):
        out.parent.mkdir()
    file = tmp_path / "scheduler.json"
    with started("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", file):
        address = address_in(file)
        with monkeypatch.context() as soon:
            soon.setattr(scheduler, "_WITHOUT_WORKERS", 0.1)
            with pytest.raises(ReportError, match="workers"):
                run(far, scheduler=address)
        worker = "worker", address, "--nthreads", 1, "--no-nanny", "--local-directory", tmp_path
        with started(*worker) as one, started(*worker) as other:
            done = run(far, scheduler=address)
            time.sleep(0.1)  # until a killed process can be waited for
            ends = {one.poll(), other.poll()}
            with scheduler._connected(address) as client, pytest.raises(ReportError, match="worker tcp://") as lacking:
                scheduler._check_workers(client, replace(shared(tmp_path), files={str(tmp_path / "none.csv"): ""}))
            assert str(tmp_path / "none.csv") in str(lacking.value)
    assert ends == {None, -signal.SIGKILL}, "one worker was killed, and the other one made the rest"
    assert {client for client, (status, _kind) in statuses(done).items() if status == "failed"} == FAILED
    assert len(done.outcomes) == len(CLIENTS)
    assert not list(far.glob(".*")), "of what the workers shared nothing stays"

    # reports name their ledger, so that the local run gets the one that the workers wrote
    shutil.copy(far.parent / "ledger.json", here.parent)
    local = run(here, jobs=2)
    assert statuses(local) == statuses(done)
    assert files_in(here) == files_in(far)
    assert {Path(name).name for name in files_in(far)} >= {"notebook.ipynb", "report.html", "tables.xlsx"}
    assert open_ledger(far.parent / "ledger.json").released, "the workers wrote what they released into the ledger"
    assert (here.parent / "ledger.json").read_bytes() == (far.parent / "ledger.json").read_bytes()


def shared(folder: Path) -> SharedRun:
    """A run in a folder, as this process would see it."""
    (folder / remote.MARK).write_text("mine")
    return SharedRun("mine", str(folder), {}, "", {LEDGER: ""}, software(), versions(), many=False)


def test_a_worker_tells_what_it_lacks(tmp_path: Path) -> None:
    fine = shared(tmp_path)
    answers, ledger = tmp_path / "answers.csv", tmp_path / "ledger.json"
    answers.write_text("a")
    open_ledger(ledger).record([])
    sha256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"  # of "a"
    known = replace(fine, ledger=open_ledger(ledger).id, environment={LEDGER: str(ledger)})
    asyncio.run(remote.look(asdict(replace(known, files={str(answers): sha256}))))
    for wrong, value in [
        (replace(fine, software="other", versions={"numpy": "0.1"}), "numpy"),
        (replace(fine, id="theirs"), str(tmp_path.parent)),
        (replace(fine, folder=str(tmp_path / "none")), str(tmp_path)),
        (replace(fine, files={str(tmp_path / "none.csv"): sha256}), "none.csv"),
        (replace(fine, files={str(answers): "other"}), "answers.csv"),
        (replace(known, ledger="other"), "ledger.json"),
        (replace(known, environment={LEDGER: str(tmp_path / "none.json")}), "none.json"),
    ]:
        with pytest.raises(ReportError) as told:
            asyncio.run(remote.look(asdict(wrong)))
        assert value in str(told.value)
        with pytest.raises(ReportError):  # also one that joins later, before it makes anything
            remote.make({}, asdict(wrong))


def test_each_worker_decides_what_it_can_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fine = shared(tmp_path)
    monkeypatch.setattr(limits, "can_fork", lambda: False)
    asyncio.run(remote.look(asdict(fine)))
    assert remote._limits_here(fine)["engine"] == "kernel"
    with pytest.raises(ReportError):  # and not a failed report each
        asyncio.run(remote.look(asdict(replace(fine, engine="fork"))))


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1"])
def test_an_address_without_a_scheduler_is_told(dask: None, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "_CONNECTING", 0.5)
    with pytest.raises(ReportError, match=address), scheduler._connected(address):
        pass


def test_without_dask_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("distributed"):
            raise ImportError(name)
        return known(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReportError, match=r"hpp-analysis\[dask\]"), scheduler._connected("tcp://127.0.0.1:1"):
        pass


def test_the_command_line_hands_the_address_on(dask: None, export_of: Callable[..., Path], tmp_path: Path) -> None:
    answers = export_of("Alfa")
    out = ["--out", str(tmp_path / "out"), "--languages", "en"]
    done = CliRunner().invoke(cli.app, ["report", str(answers), *out, "--scheduler", "nowhere"])
    assert done.exit_code == cli.BAD_INPUT
    assert "'nowhere'" in done.output
    assert not list((tmp_path / "out").glob(".*")), "nothing stays of what was begun"
