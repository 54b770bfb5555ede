"""The other end of `template.py`: it starts the process from which reports are forked, and hears of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.report.run.tasks import ReportTask, TaskResult
from hpp_analysis.survey.private import FOLDER_MODE

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_GRACE = 10  # seconds until a process that does not end is killed


class TemplateGoneError(Exception):
    """The process from which reports are forked has ended."""


class Template:
    """A running template process.

    Parameters
    ----------
    folder : Path
        For its forks.
    jobs : int
        How many forks may be alive.
    environment : mapping
        Its environment variables.
    rooms : sequence of str
        Packages of which it imports every module, besides what every notebook needs.
    """

    def __init__(self, folder: Path, *, jobs: int, environment: Mapping[str, str], rooms: Sequence[str] = ()) -> None:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self.jobs = jobs
        self._alive: dict[int, int] = {}
        self._log = folder / "template.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "hpp_analysis.report.run.template", str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env={
                    **environment,
                    **dict.fromkeys(ONE_THREAD, "1"),
                    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow's allocator would start a thread
                    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
                    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
                },
                start_new_session=True,  # Ctrl-C is for us to handle
            )
        self._send({"jobs": jobs, "rooms": list(rooms)})

    def __enter__(self) -> Template:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def begun(self) -> list[int]:
        """The numbers of what is under way now, without that which waits."""
        return list(self._alive)

    def request(self, number: int, request: Mapping[str, Any]) -> None:
        """Have something done; its messages will carry the number."""
        self._send({"number": number, **request})

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError as error:
            raise TemplateGoneError from error

    def receive(self) -> dict[str, Any]:
        """The next message."""
        line = self._process.stdout.readline()  # type: ignore[union-attr]
        if not line.endswith(b"\n"):
            raise TemplateGoneError
        message: dict[str, Any] = json.loads(line)
        if "refused" in message:
            rule = "The process from which reports are forked must have one thread."
            remedy = "Look what starts threads when Python starts, or use `--engine kernel`."
            raise ReportError([Failure(rule, remedy, value=message["refused"])])
        if "pid" in message:
            self._alive[message["number"]] = message["pid"]
        if "ended" in message:
            self._alive.pop(message["number"], None)
        return message

    def how_it_ended(self) -> str:
        """Why nothing comes any more, in words."""
        code = self._process.wait()
        if code < 0:
            return signal.Signals(-code).name
        log = self._log.read_text(encoding="utf-8", errors="replace").strip() if self._log.is_file() else ""
        return "; ".join([f"exit status {code}", *log.splitlines()[-1:]])

    def stop(self) -> None:
        """End it and its forks."""
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]
        for pid in self._alive.values():  # they died with it; what they have started may not have
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)


_ROOMS = ("answers", "common", "drivers", "partners", "plots", "publishing", "reliability", "report.writers")
MANY = 10  # reports of each processor that are worth importing what the first one has imported


def make_forked(
    tasks: Sequence[ReportTask], *, jobs: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[tuple[int, TaskResult]]:
    """Make reports, each in a forked process.

    Where the process that forks is ended itself, as by a notebook or for want of memory, the reports that were being made
    are made again one by one: the one that ends it again is the failed one.

    Yields
    ------
    int, TaskResult
        The place of a task, and its result.
    """
    waiting, alone = deque(range(len(tasks))), deque[int]()
    under_way: list[int] = []
    template: Template | None = None
    starts = in_vain = 0
    learn = len(tasks) >= MANY * jobs
    try:
        while waiting or alone or under_way:
            try:
                if template is None:
                    starts += 1
                    own = folder / str(starts)
                    template = Template(own, jobs=1 if alone else jobs, environment=environment, rooms=_rooms())
                queue = alone if template.jobs == 1 < jobs else waiting
                while queue and len(under_way) < 2 * template.jobs:  # the next ones are at hand when a report is done
                    under_way.append(queue.popleft())
                    template.request(under_way[-1], _request(tasks[under_way[-1]], learn=learn))
                message = template.receive()
            except TemplateGoneError:
                how, begun = (template.how_it_ended(), template.begun) if template else ("", [])
                in_vain = 0 if begun else in_vain + 1
                if in_vain > 1:
                    raise _not_started(how) from None
                waiting.extendleft(place for place in reversed(under_way) if place not in begun)
                under_way = []
                if len(begun) == 1:
                    yield begun[0], _gone(how)
                else:
                    alone.extend(begun)
            else:
                if ended := message.get("ended"):
                    under_way.remove(message["number"])
                    yield message["number"], _result(ended)
                if alone or under_way or template.jobs == jobs:
                    continue
            if template is not None:  # it is gone, or there is nothing left to be made alone
                template.stop()
                template = None
    finally:
        if template is not None:
            template.stop()


class ForkWorker:
    """A process from which one report at a time is forked; started anew when it has died."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, many: bool) -> None:
        self._folder, self._environment, self._many = folder, environment, many
        self._template: Template | None = None
        self._number = 0
        self._stopped = False

    def make(self, task: ReportTask) -> TaskResult:
        """Have a report made; where the process that forks is ended meanwhile, the report is a failed one."""
        how = ""
        for _attempt in range(2):  # it may have been ended while it waited for this report
            try:
                template = self._alive()
                template.request(self._number, _request(task, learn=self._many))
                while not (ended := template.receive().get("ended")):
                    continue
                return _result(ended)
            except TemplateGoneError:
                how, begun = (self._template.how_it_ended(), self._template.begun) if self._template else ("", [])
                self._end()
                if begun or self._stopped:
                    return _gone(how)
        raise _not_started(how)

    def _alive(self) -> Template:
        self._number += 1
        if self._template is None:
            folder = self._folder / str(self._number)
            self._template = Template(folder, jobs=1, environment=self._environment, rooms=_rooms())
        if self._stopped:  # meanwhile, by another thread
            self._end()
            raise TemplateGoneError
        return self._template

    def stop(self) -> None:
        """End the process, and the report that it is making; no other one is started."""
        self._stopped = True
        self._end()

    def _end(self) -> None:
        template, self._template = self._template, None
        if template is not None:
            template.stop()


def _rooms() -> list[str]:
    return [f"hpp_analysis.{room}" for room in _ROOMS]


def _not_started(how: str) -> ReportError:
    rule = "The process from which reports are forked must start."
    return ReportError([Failure(rule, "Correct what it says, or use `--engine kernel`.", value=how)])


def _request(task: ReportTask, *, learn: bool) -> dict[str, Any]:
    return {"do": "report", "task": asdict(task), "seconds": task.timeout, "memory": task.memory, "learn": learn}


def _result(ended: Mapping[str, Any]) -> TaskResult:
    if ended["result"] is None:
        kind, message = ended["died"]
        result = TaskResult("failed", broken={"kind": kind, "message": message, "cell": None, "source": ""})
    else:
        result = TaskResult(**ended["result"])
    return replace(result, cpu=round(ended["cpu"], 2), memory=ended["memory"])


def _gone(how: str) -> TaskResult:
    message = (
        f"The process from which reports are forked ended when this one was made ({how}). "
        "Look for what ends processes here, as too little memory; then make the report again."
    )
    return TaskResult("failed", broken={"kind": "WorkerDied", "message": message, "cell": None, "source": ""})
