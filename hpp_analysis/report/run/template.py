"""The process from which reports are forked: it imports everything once, and executes nothing itself.

It reads requests and writes messages as lines of JSON; `warm.py` is the other end. It has one thread. Started as
`python -m hpp_analysis.report.run.template FOLDER`.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import selectors
import shutil
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

# Where this is installed, jsonschema compiles a grammar of web addresses for more than a second. It does without where
# it is not, and no notebook needs it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from hpp_analysis.report.run.forks import Fork, fork, import_safely, threads  # noqa: E402
from hpp_analysis.report.run.shell import kernel_app  # noqa: E402

_ALIVE_AFTER = 5  # seconds in which a process that is out of time can say so itself
_AFTERWARDS = 120  # seconds for writing down what is left of a report whose process ended
_STACK = (
    "numpy",
    "pandas",
    "matplotlib_inline.backend_inline",
    "matplotlib.pyplot",
    "ipykernel.debugger",
    "storemagic",
    "IPython.extensions.storemagic",
)
"""What nearly every notebook imports, and the kernel itself."""


@dataclass
class _Job:
    """A request, and what came of it.

    Attributes
    ----------
    number : int
    request : dict
    result : Any
        What its process sent at last.
    raised, died : tuple of str or None
        Kind and message of the exception that ended its process; of whatever ended it before it was done.
    cpu, memory : float, int
        Seconds of processor time, and the most bytes that it held.
    """

    number: int
    request: dict[str, Any]
    result: Any = None
    raised: tuple[str, str] | None = None
    died: tuple[str, str] | None = None
    cpu: float = 0.0
    memory: int = 0


@dataclass
class _Running:
    job: _Job
    fork: Fork
    folder: Path
    ends: float
    """When its time is up, whatever its cells may take."""


class _Template:
    def __init__(self, folder: Path, reading: int, writing: int, jobs: int) -> None:
        self._folder, self._reading, self._writing, self._jobs = folder, reading, writing, jobs
        self._selector = selectors.DefaultSelector()
        self._selector.register(reading, selectors.EVENT_READ, self._read)
        os.set_blocking(writing, False)
        self._unread, self._unwritten = b"", b""
        self._requests: deque[dict[str, Any]] = deque()
        self._running: dict[int, _Running] = {}
        self._open, self._learned, self._forks = True, False, 0

    def work(self) -> None:
        """Carry out requests until there are no more."""
        while self._open:
            deadline = min((one.fork.deadline for one in self._running.values()), default=float("inf"))
            wait = None if deadline == float("inf") else max(0.0, deadline - time.monotonic())
            for key, _ in self._selector.select(wait):
                key.data()
            for one in self._running.values():
                if one.fork.deadline <= time.monotonic():
                    one.fork.late, one.fork.deadline = True, float("inf")
                    one.fork.kill()
            while self._requests and len(self._running) < self._jobs:
                request = self._requests.popleft()
                self._start(_Job(request["number"], request))
        for one in self._running.values():
            one.fork.kill()
            one.fork.end()

    def _read(self) -> None:
        data = os.read(self._reading, 1 << 20)
        self._open = bool(data)
        *lines, self._unread = (self._unread + data).split(b"\n")
        self._requests.extend(json.loads(line) for line in lines)

    def write(self, message: dict[str, Any]) -> None:
        """Send a message, as soon as the other end takes it."""
        self._unwritten += json.dumps(message).encode() + b"\n"
        self._flush()

    def _flush(self) -> None:
        with suppress(BlockingIOError):
            self._unwritten = self._unwritten[os.write(self._writing, self._unwritten) :]
        waiting = self._writing in self._selector.get_map()
        if self._unwritten and not waiting:
            self._selector.register(self._writing, selectors.EVENT_WRITE, self._flush)
        elif waiting and not self._unwritten:
            self._selector.unregister(self._writing)

    def _start(self, job: _Job) -> None:
        from hpp_analysis.report.run.duties import DUTIES

        self._forks += 1
        folder = self._folder / str(self._forks)
        seconds = job.request.get("seconds")
        one = fork(
            lambda send: DUTIES[job.request["do"]](job.request, folder, send),
            folder,
            close=self._mine(),
            memory=job.request.get("memory"),
            seconds=seconds + _ALIVE_AFTER if seconds else None,
        )
        self.write({"number": job.number, "pid": one.pid})
        self._watch(_Running(job, one, folder, one.deadline))

    def _write_down(self, job: _Job, folder: Path) -> None:
        """Have another process write down what is left of a report whose process ended."""
        from hpp_analysis.report.run.duties import write_down

        place = folder / "afterwards"
        one = fork(
            lambda send: write_down(job.request, job.died or ("", ""), folder, send),
            place,
            close=self._mine(),
            seconds=_AFTERWARDS,
        )
        self._watch(_Running(job, one, folder, one.deadline))

    def _watch(self, one: _Running) -> None:
        self._running[one.fork.pid] = one
        self._selector.register(one.fork.handle, selectors.EVENT_READ, lambda: self._end(one))
        self._selector.register(one.fork.pipe, selectors.EVENT_READ, lambda: self._hear(one))

    def _mine(self) -> list[int]:
        """Descriptors that a fork must not have: it could read the requests and results of others."""
        numbers = [self._reading, self._writing, self._selector.fileno()]
        return numbers + [number for one in self._running.values() for number in (one.fork.handle, one.fork.pipe)]

    def _hear(self, one: _Running) -> None:
        messages = one.fork.messages()
        if one.fork.silent:
            self._selector.unregister(one.fork.pipe)
        self._pass_on(one, messages)

    def _pass_on(self, one: _Running, messages: list[dict[str, Any]]) -> None:
        job = one.job
        for message in messages:
            if message.get("within"):  # of a cell; C code may not hear the alarm of its own process
                one.fork.deadline = min(one.ends, time.monotonic() + message["within"] + _ALIVE_AFTER)
            if "modules" in message:
                self._learn(message["modules"])
            elif "raised" in message:
                job.raised = tuple(message["raised"])
            elif "result" in message:
                job.result = message["result"]
            else:
                self.write({"number": job.number, **message})

    def _end(self, one: _Running) -> None:
        job = one.job
        self._selector.unregister(one.fork.handle)
        with suppress(KeyError):
            self._selector.unregister(one.fork.pipe)
        del self._running[one.fork.pid]
        last, how = one.fork.end()
        self._pass_on(one, last)
        job.cpu += one.fork.cpu
        job.memory = max(job.memory, one.fork.memory)
        if job.result is None and job.died is None:
            job.died = _cause(one, how)
            if job.request["do"] == "report":
                self._write_down(job, one.folder)
                return
        shutil.rmtree(one.folder, ignore_errors=True)
        ended = {"result": job.result, "died": job.died, "cpu": job.cpu, "memory": job.memory}
        self.write({"number": job.number, "ended": ended})

    def _learn(self, modules: list[str]) -> None:
        """Import what the first notebook has imported, so that the others need not."""
        if not self._learned:
            self._learned = True
            with kernel_app().kernel.shell.builtin_trap:
                import_safely(modules, self._mine())


def _cause(one: _Running, how: str) -> tuple[str, str]:
    """Kind and message of what ended a process before it was done."""
    if one.fork.late:
        return "CellTimeoutError", ""
    return one.job.raised or (
        "DeadKernelError",
        f"The process that executed the notebook ended before it was done ({how}). "
        "Look for what ends processes here, as too little memory; then make the report again.",
    )


def main(folder: Path) -> None:
    """Carry out requests until the input ends; work in folders within `folder`."""
    reading, writing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # nothing that a fork prints may look like a message
    if sys.path[0] in ("", str(Path.cwd())):  # as a kernel does
        del sys.path[0]
    with os.fdopen(os.dup(reading), "rb", buffering=0) as first:
        settings = json.loads(first.readline())
    with kernel_app().kernel.shell.builtin_trap:  # as within a cell: what is imported now looks for a kernel
        from hpp_analysis.report.run import duties

        for name in _STACK:
            with suppress(ImportError):
                __import__(name)
        for room in settings["rooms"]:
            for module in pkgutil.iter_modules(import_module(room).__path__, f"{room}."):
                import_module(module.name)
        duties.warm()
    gc.collect()
    gc.freeze()  # what all forks share is not visited by the collector, and so not copied
    template = _Template(folder, reading, writing, settings["jobs"])
    if (number := threads()) > 1:
        template.write({"refused": f"{number} threads"})
        return
    template.work()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
