"""What a Dask worker does for a run: see whether it has all that reports are made from, and make them.

A report is made in a process of its own, which is no child of Python's `multiprocessing`: a Dask worker has threads and may
be daemonic. That process is kept warm between reports.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from hpp_analysis.errors import Failure, OptionError, ReportError
from hpp_analysis.publishing.ledger import LEDGER
from hpp_analysis.publishing.versions import versions
from hpp_analysis.report.run.folders import scratch_folder
from hpp_analysis.report.run.limits import Engine, limits_of
from hpp_analysis.report.run.origins import software
from hpp_analysis.report.run.pool import KernelWorker, environment_of
from hpp_analysis.report.run.released import ledger_id
from hpp_analysis.report.run.tasks import ReportTask, TaskResult
from hpp_analysis.report.run.warm import ForkWorker

MARK = "run"
"""The file in the shared folder that tells it from another one under the same path."""
_ATTEMPT = "attempt"


@dataclass(frozen=True, slots=True)
class SharedRun:
    """A run, as its workers must know it.

    Attributes
    ----------
    id : str
        Random; the content of the file `MARK`.
    folder : str
        The shared folder: the notebooks, what reports hand over to each other, and the reports before they appear.
    files : mapping of str to str
        The files that notebooks read, with their SHA-256.
    ledger : str
        The name of the ledger; empty where none is kept.
    environment : mapping of str to str
        Variables by which notebooks find the ledger.
    software : str
        The hash of the package and its libraries.
    versions : mapping of str to str
    many : bool
        Whether each worker has enough reports to make for importing what the first one has imported.
    timeout, memory, engine
        As `ReportTask` has them.
    """

    id: str
    folder: str
    files: Mapping[str, str]
    ledger: str
    environment: Mapping[str, str]
    software: str
    versions: Mapping[str, str]
    many: bool
    timeout: float | None = None
    memory: int | None = None
    engine: Engine | None = None


async def look(run: Mapping[str, Any]) -> None:
    """Raise where this worker lacks something that the reports of a run need."""
    await asyncio.to_thread(_check, SharedRun(**run))


def make(task: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """Make a report.

    Another worker may be making the same one, if this one was taken for lost: so it is built in a folder of its own.

    Returns
    -------
    dict
        A `TaskResult`, and as `folder` the one for which it was built.

    Raises
    ------
    ReportError
        When this worker lacks something.
    """
    place = _place_of(SharedRun(**run))
    given = ReportTask(**task)
    folder = Path(run["folder"]) / f"{_ATTEMPT}-{secrets.token_hex(8)}" / "report"
    result = place.make(replace(given, folder=str(folder), **_limits_here(given)))
    return {"folder": str(folder), "result": asdict(result)}


async def leave(run_id: str) -> None:
    """End the processes of a run, and the reports that they are making."""
    with _LOCK:
        _LEFT.add(run_id)
        place = _PLACES.pop(run_id, None)
    if place is not None:
        await asyncio.to_thread(place.close)


def _limits_here(wanted: ReportTask | SharedRun) -> dict[str, Any]:
    """What holds for a report on this worker: what the run wants, and where it leaves that open, what this system can do."""
    return limits_of(os.cpu_count() or 1, timeout=wanted.timeout, memory=wanted.memory, engine=wanted.engine)


class _Place:
    """The warm processes of a run: as many as reports are made at the same time, one for each thread of the worker."""

    def __init__(self, run: SharedRun) -> None:
        self._run = run
        self._held = ExitStack()
        self._scratch = self._held.enter_context(scratch_folder())
        self._numbers = count()
        self._all: list[ForkWorker | KernelWorker] = []
        self._idle: list[ForkWorker | KernelWorker] = []

    @property
    def at_work(self) -> bool:
        """Whether a report is being made."""
        return len(self._idle) < len(self._all)

    def make(self, task: ReportTask) -> TaskResult:
        """Have a report made by a process that is free."""
        with _LOCK:
            worker = self._idle.pop() if self._idle else self._new(task.engine)
        try:
            return worker.make(task)
        finally:
            with _LOCK:
                self._idle.append(worker)

    def _new(self, engine: Engine | None) -> ForkWorker | KernelWorker:
        folder = self._scratch / str(next(self._numbers))
        environment = {**environment_of(folder, Path(self._run.folder) / "plans"), **self._run.environment}
        forks = engine == "fork"
        worker = ForkWorker(folder, environment, many=self._run.many) if forks else KernelWorker(folder, environment)
        self._all.append(worker)
        return worker

    def close(self) -> None:
        """End the processes."""
        for worker in self._all:
            worker.stop()
        self._held.close()


_LOCK = threading.Lock()
_PLACES: dict[str, _Place] = {}
_LEFT: set[str] = set()
"""Runs that are over: a report of theirs that begins late is not made."""


def _place_of(run: SharedRun) -> _Place:
    """The place of a run; that of a run before it is given up, since nobody may have been left to close it."""
    with _LOCK:
        if run.id in _PLACES:
            return _PLACES[run.id]
    _check(run)
    with _LOCK:
        if run.id in _LEFT:
            raise ReportError(
                [Failure("A report is made while its run goes on.", "Start the run again.", value=run.id)]
            )
        earlier = [_PLACES.pop(name) for name, place in [*_PLACES.items()] if name != run.id and not place.at_work]
        if run.id not in _PLACES:
            _PLACES[run.id] = _Place(run)
        place = _PLACES[run.id]
    for other in earlier:
        other.close()
    return place


def _check(run: SharedRun) -> None:
    if failures := list(_lacking(run)):
        raise ReportError(failures)


def _lacking(run: SharedRun) -> Iterator[Failure]:
    if software() != run.software:
        here = versions()
        other = [
            f"{name} {here.get(name, 'missing')} for {version}"
            for name, version in run.versions.items()
            if here.get(name) != version
        ]
        yield Failure(
            "A worker must have the same package, Python and libraries as the run, so that its reports are equal.",
            "Install there what is installed here, and start the worker again.",
            value=", ".join(other)
            or "the same versions, but other files of the package or another version of a further library",
        )
        return  # a run of another version may mean something else by the rest
    try:
        _limits_here(run)
    except OptionError as error:
        rule = "A worker must be able to limit and execute reports as the run wants."
        yield Failure(rule, f"Its system cannot: {error}")
    remedy = "Mount the folder on the worker's machine under this path, and run the worker as the user of the run."
    folder = Path(run.folder)
    try:
        found = (folder / MARK).read_text(encoding="utf-8")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        rule = f"A worker must read and write in the folder of the run ({error.strerror or type(error).__name__})."
        yield Failure(rule, remedy, value=str(folder.parent))
        return
    if found != run.id:
        rule = "A worker must see the folder of the run itself, and not another one under the same path."
        yield Failure(rule, remedy, value=str(folder.parent))
        return
    for name, sha256 in run.files.items():
        try:
            with Path(name).open("rb") as file:
                same, why = hashlib.file_digest(file, "sha256").hexdigest() == sha256, "it has another content there"
        except OSError as error:
            same, why = False, error.strerror or type(error).__name__
        if not same:
            rule = f"A worker must read the files that the reports are made from, as this machine does ({why})."
            yield Failure(rule, "Mount their folder on the worker's machine under this path.", value=name)
    if run.ledger:
        ledger = Path(run.environment[LEDGER])
        if not os.access(ledger, os.R_OK) or ledger_id(ledger) != run.ledger or not os.access(ledger.parent, os.W_OK):
            rule = (
                "A worker must read and write the ledger of the study, in which all reports of a run are one release."
            )
            yield Failure(rule, "Mount its folder on the worker's machine under this path.", value=str(ledger))
