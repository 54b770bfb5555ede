"""Have the reports of a run made by the workers of a Dask scheduler, on as many machines as there are.

A report that is under way on a worker that is lost is made again on another one.
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import shutil
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.publishing.ledger import ANEW, LEDGER
from hpp_analysis.publishing.versions import versions
from hpp_analysis.report.run import remote
from hpp_analysis.report.run.folders import partial_of
from hpp_analysis.report.run.origins import software
from hpp_analysis.report.run.released import ledger_id
from hpp_analysis.report.run.remote import SharedRun
from hpp_analysis.report.run.tasks import ReportTask, TaskResult
from hpp_analysis.report.run.warm import MANY
from hpp_analysis.survey.private import FOLDER_MODE

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECTING = 15  # seconds until a scheduler must have answered
_WITHOUT_WORKERS = 60  # seconds that a run waits for a worker
_NAMED = 3  # workers that an error names
_LOOKING = 5  # seconds between two looks whether there are workers, while no report comes


def shared_folder(out: Path) -> Path:
    """Make the folder of a run that its workers share: a hidden one within its own, which `tidy` removes."""
    folder = partial_of(out / f"run-{secrets.token_hex(4)}")  # a worker may still be writing in that of a killed run
    folder.mkdir(mode=FOLDER_MODE)
    return folder


def make_by_scheduler(
    tasks: Sequence[ReportTask], *, address: str, jobs: int | None, shared: Path, files: Mapping[Path, str]
) -> Generator[tuple[int, TaskResult], None, None]:
    """Make reports on the workers of a scheduler.

    The first report of each notebook is made alone: it makes the disclosure plan and writes it into the ledger, and the others
    find it.

    Parameters
    ----------
    tasks : sequence of ReportTask
        Their notebooks lie in `shared`.
    address : str
        As tcp://host:8786.
    jobs : int, optional
        How many at the same time; by default as many as the workers have threads.
    shared : Path
        A folder that every worker sees under this path.
    files : mapping of Path to str
        The files that notebooks read, with their SHA-256.

    Yields
    ------
    int, TaskResult
        The place of a task, and its result, as soon as it is known.

    Raises
    ------
    ReportError
        When Dask is not installed, the scheduler does not answer, there is no worker, or one lacks something.
    """
    with _connected(address) as client:
        threads = _first_workers(client, address)
        ledger = os.environ.get(LEDGER, "")
        run = SharedRun(
            id=secrets.token_hex(16),
            folder=str(shared),
            files={str(path): sha256 for path, sha256 in files.items()},
            ledger=ledger_id(Path(ledger)) if ledger else "",
            environment={LEDGER: ledger, ANEW: os.environ.get(ANEW, "")},
            software=software(),
            versions=versions(),
            many=len(tasks) >= MANY * threads,
            timeout=tasks[0].timeout,
            memory=tasks[0].memory,
            engine=tasks[0].engine,
        )
        (shared / remote.MARK).write_text(run.id, encoding="utf-8")
        _check_workers(client, run)
        try:
            yield from _made(client, tasks, run, address, jobs)
        finally:
            with suppress(Exception):  # the scheduler may be gone, which is told already
                client.run(remote.leave, run.id, on_error="ignore")


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
        from distributed.comm import get_address_host_port
    except ImportError as error:
        rule = "`--scheduler` needs Dask distributed, which is not installed."
        raise ReportError([Failure(rule, "Install it: pip install 'hpp-analysis[dask]'.")]) from error
    try:
        get_address_host_port(address)  # a client that cannot read its address takes half a minute to give up
        client = Client(address, timeout=_CONNECTING, set_as_default=False, name="hpp")
    except (OSError, ValueError, ImportError) as error:
        rule = f"`--scheduler` must be the address of a Dask scheduler that answers ({type(error).__name__})."
        remedy = "Start one with `dask scheduler`, which prints its address, as tcp://host:8786."
        raise ReportError([Failure(rule, remedy, value=address)]) from error
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)  # it writes tracebacks about what we tell in an error of ours
    try:
        yield client
    finally:
        client.close(timeout=_LOOKING)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _first_workers(client: Client, address: str) -> int:
    """Wait for workers; the number of their threads."""
    try:
        client.wait_for_workers(1, timeout=_WITHOUT_WORKERS)
    except TimeoutError as error:
        raise _no_workers(address) from error
    return _threads(client, address)


def _threads(client: Client, address: str) -> int:
    try:
        return sum(client.nthreads().values())
    except (OSError, TimeoutError) as error:
        raise _lost(address) from error


def _no_workers(address: str) -> ReportError:
    rule = f"A scheduler must have workers; this one had none for {_WITHOUT_WORKERS} seconds."
    remedy = f"Start some with `dask worker {address}`, then run again: the reports that are finished stay."
    return ReportError([Failure(rule, remedy, value=address)])


def _lost(address: str) -> ReportError:
    rule = "The scheduler must be there as long as reports are made; it does not answer any more."
    remedy = "Start it and its workers again, then run again: the reports that are finished stay."
    return ReportError([Failure(rule, remedy, value=address)])


def _check_workers(client: Client, run: SharedRun) -> None:
    """Raise what workers lack, before the first report: what several lack, once.

    Raises
    ------
    ReportError
    """
    workers_by_failure: dict[Failure, list[str]] = {}
    for worker, error in client.run(remote.look, asdict(run), on_error="return").items():
        lacking = error.failures if isinstance(error, ReportError) else ()
        if error is not None and not lacking:
            rule = "A worker must have this package, in the version of the run."
            remedy = "Install there what is installed here, and start the worker again."
            lacking = (Failure(rule, remedy, value=f"{type(error).__name__}: {error}"),)
        for failure in lacking:
            workers_by_failure.setdefault(failure, []).append(str(worker))
    if workers_by_failure:
        raise ReportError([replace(failure, file=_named(workers)) for failure, workers in workers_by_failure.items()])


def _named(workers: Sequence[str]) -> str:
    """Name workers, of many the first ones.

    Examples
    --------
    >>> _named(["tcp://10.0.0.1:40001"]), _named(["a", "b", "c", "d", "e"])
    ('worker tcp://10.0.0.1:40001', 'workers a, b, c and 2 more')
    """
    if len(workers) == 1:
        return f"worker {workers[0]}"
    more = f" and {len(workers) - _NAMED} more" if len(workers) > _NAMED else ""
    return f"workers {', '.join(workers[:_NAMED])}{more}"


def _made(
    client: Client, tasks: Sequence[ReportTask], run: SharedRun, address: str, jobs: int | None
) -> Iterator[tuple[int, TaskResult]]:
    first: dict[str, int] = {}
    for place, task in enumerate(tasks):
        first.setdefault(task.notebook, place)
    waiting = deque(sorted(range(len(tasks)), key=lambda place: first[tasks[place].notebook] != place))
    under_way: dict[str, tuple[int, Future]] = {}
    finished: queue.SimpleQueue[Future] = queue.SimpleQueue()
    results, threads, last_seen = 0, _threads(client, address), time.monotonic()
    plain = asdict(run)
    try:
        while waiting or under_way:
            # twice as many as there are threads: the next ones are at hand when a report is done
            room = 1 if results < len(first) else jobs or max(1, 2 * threads)
            while waiting and len(under_way) < room:
                place = waiting.popleft()
                key = f"hpp-{run.id}-{place}"
                future = client.submit(remote.make, asdict(tasks[place]), plain, key=key, pure=False)
                under_way[key] = place, future
                future.add_done_callback(finished.put)
            try:
                future = finished.get(timeout=_LOOKING)
            except queue.Empty:
                threads = _threads(client, address)
                last_seen = time.monotonic() if threads else last_seen
                if time.monotonic() - last_seen > _WITHOUT_WORKERS:
                    raise _no_workers(address) from None
                continue
            place, _future = under_way.pop(future.key)
            result = _taken(future, tasks[place], address)
            results, threads, last_seen = results + 1, _threads(client, address), time.monotonic()
            yield place, result
    finally:
        client.cancel([future for _place, future in under_way.values()])


def _taken(future: Future, task: ReportTask, address: str) -> TaskResult:
    """The result of a task, its report where the run expects it."""
    if future.cancelled():  # Dask cancels what a scheduler does not know any more
        raise _lost(address)
    try:
        error = future.exception(timeout=_WITHOUT_WORKERS)
        made: dict[str, Any] = {} if error else future.result(timeout=_WITHOUT_WORKERS)
    except TimeoutError as late:  # the last worker was lost with the result
        raise _no_workers(address) from late
    if isinstance(error, ReportError):
        raise error
    if error is not None:
        message = (
            f"The workers of the scheduler could not make this report ({' '.join(str(error).split())}). "
            "Look what they say, as of too little memory; then make the report again."
        )
        return _failed(type(error).__name__, message)
    result, built = TaskResult(**made["result"]), partial_of(Path(made["folder"]))
    if result.status == "made":
        target = partial_of(Path(task.folder))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            built.rename(target)
        except OSError as why:
            message = f"The report could not be taken from the worker ({why.strerror or why}). Make it again."
            result = _failed(type(why).__name__, message)
    shutil.rmtree(built.parent, ignore_errors=True)
    return result


def _failed(kind: str, message: str) -> TaskResult:
    return TaskResult("failed", broken={"kind": kind, "message": message, "cell": None, "source": ""})
