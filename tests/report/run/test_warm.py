"""The process from which reports are forked: it refuses to fork unsafely, and says why it does not start."""

import os
import threading
import time
from pathlib import Path

import pytest

from hpp_analysis.errors import OptionError, ReportError
from hpp_analysis.report.run import limits
from hpp_analysis.report.run.limits import can_fork, limits_of, memory_share
from hpp_analysis.report.run.tasks import ReportTask, TaskResult
from hpp_analysis.report.run.warm import ForkWorker, make_forked
from tests.report.conftest import code, write_cells

linux = pytest.mark.skipif(not can_fork(), reason="this system cannot fork reports")


@linux
@pytest.mark.parametrize(
    ("at_start", "told"),
    [
        ("import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", "2 threads"),
        ("import sys; sys.exit('no such thing')", "no such thing"),
    ],
)
def test_what_keeps_it_from_forking_is_told(at_start: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(at_start)
    task = ReportTask(notebook="none", parameters={}, language="en", formats=[], folder="none", failed="none")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    with pytest.raises(ReportError, match=told):
        list(make_forked([task], jobs=1, folder=tmp_path / "forks", environment=environment))


def test_by_default_a_report_has_minutes_and_its_share_of_the_memory() -> None:
    usual = limits_of(2, timeout=limits.SECONDS, memory=None, engine=None)
    assert usual["engine"] == ("fork" if can_fork() else "kernel")
    assert usual["timeout"] == limits.SECONDS
    if (share := memory_share(2)) is not None:
        assert usual["memory"] == share
        assert memory_share(1) == pytest.approx(2 * share, rel=0.01)  # whole bytes, and a machine of over 2 GB
        assert memory_share(10**6) == 1 << 30, "a report needs some"


@pytest.mark.parametrize(
    "wrong", [{"engine": "thread"}, {"timeout": 0.0}, {"timeout": float("nan")}, {"memory": 0}, {"memory": -1}]
)
def test_limits_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        limits_of(1, **({"timeout": 1.0, "memory": None, "engine": None} | wrong))  # type: ignore[arg-type]


def test_what_a_system_cannot_do_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "can_fork", lambda: False)
    monkeypatch.setattr(limits, "can_limit_memory", lambda: False)
    assert limits_of(1, timeout=None, memory=None, engine=None) == {"engine": "kernel", "timeout": None, "memory": None}
    for wrong in ({"engine": "fork"}, {"memory": 10**9}):
        with pytest.raises(OptionError):
            limits_of(1, **({"timeout": None, "memory": None, "engine": None} | wrong))  # type: ignore[arg-type]


@linux
def test_a_process_that_was_stopped_is_not_started_anew(tmp_path: Path) -> None:
    """A Dask worker leaves a run while a thread of it still makes a report."""
    sleeps = write_cells(tmp_path / "sleeps.ipynb", code("", "parameters"), code("import time; time.sleep(60)"))
    out = tmp_path / "out"
    task = ReportTask(
        notebook=str(sleeps),
        parameters={},
        language="en",
        formats=[],
        folder=str(out / "a"),
        failed=str(out / "f.ipynb"),
    )
    worker = ForkWorker(tmp_path / "forks", dict(os.environ), many=False)
    results: list[TaskResult] = []
    thread = threading.Thread(target=lambda: results.append(worker.make(task)))
    thread.start()
    deadline = time.monotonic() + 60
    while not (worker._template and worker._template.begun) and time.monotonic() < deadline:
        time.sleep(0.05)  # the thread reads the message that the report has begun
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert worker._template is None and [one.status for one in results] == ["failed"]
    assert worker._number == 1 and not (tmp_path / "forks" / "2").exists(), "no second process"
