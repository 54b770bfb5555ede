"""Processes forked for one notebook each: private, limited, and gone with everything that they started."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpp_analysis.report.run.limits import limit_memory
from hpp_analysis.survey.private import FOLDER_MODE

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_FIRST_TO_GO = "500"  # where memory runs out, the kernel ends a report before the process that forks reports
_IMPORT_SECONDS = 120  # for importing what the first notebook has imported
_LIBRARY = ctypes.CDLL(None, use_errno=True)

Send = Callable[[Mapping[str, Any]], None]


@dataclass
class Fork:
    """A process, seen from the one that forked it.

    Attributes
    ----------
    pid, handle, pipe : int
        The process, a descriptor that can be read when it has ended, and the end of the pipe of its messages.
    deadline : float
        When it is killed, by `time.monotonic`.
    late : bool
        Whether it was killed for that.
    silent : bool
        Whether the pipe has come to its end.
    cpu, memory : float, int
        Once it has ended: seconds of processor time, and the most bytes that it held, with what it shared with others.
    """

    pid: int
    handle: int
    pipe: int
    deadline: float = float("inf")
    late: bool = False
    silent: bool = False
    cpu: float = 0.0
    memory: int = 0
    _unread: bytes = b""

    def messages(self) -> list[dict[str, Any]]:
        """The messages that have come since the last call."""
        while True:
            try:
                data = os.read(self.pipe, 1 << 20)
            except BlockingIOError:
                break
            if not data:
                self.silent = True
                break
            self._unread += data
        *lines, self._unread = self._unread.split(b"\n")
        return [json.loads(line) for line in lines]

    def kill(self) -> None:
        """End it, and what it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):  # it may not yet lead a group
            os.kill(self.pid, signal.SIGKILL)

    def end(self) -> tuple[list[dict[str, Any]], str]:
        """Wait for it, and end what it has started; its last messages, and in words how it ended."""
        _, status, usage = os.wait4(self.pid, 0)
        self.cpu, self.memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # the number is in use as long as anybody is in the group
        last = self.messages()
        os.close(self.pipe)
        os.close(self.handle)
        code = os.waitstatus_to_exitcode(status)
        return last, signal.Signals(-code).name if code < 0 else f"exit status {code}"


def fork(
    work: Callable[[Send], None],
    folder: Path,
    *,
    close: Iterable[int] = (),
    memory: int | None = None,
    seconds: float | None = None,
) -> Fork:
    """Fork this process, which must have one thread.

    Parameters
    ----------
    work : callable
        What the new process does; it gets a function that sends a message.
    folder : Path
        For the new process alone; it works in the folder `work` within.
    close : iterable of int
        Descriptors that are not for the new process.
    memory : int, optional
        Bytes of data that it may have.
    seconds : float, optional
        How long it may take.
    """
    parent = os.getpid()
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)

            def send(message: Mapping[str, Any]) -> None:
                data = json.dumps(message).encode() + b"\n"
                while data:
                    data = data[os.write(writing, data) :]

            try:
                for number in close:
                    os.close(number)
                _settle(folder, parent, memory)
                work(send)
                code = 0
            except BaseException as error:  # noqa: BLE001, RUF100 - nothing may get out into the code of the parent
                send({"raised": [type(error).__name__, " ".join(str(error).split())]})
        finally:
            os._exit(code)
    os.close(writing)
    deadline = time.monotonic() + seconds if seconds else float("inf")
    return Fork(pid, os.pidfd_open(pid), reading, deadline)


def _settle(folder: Path, parent: int, memory: int | None) -> None:
    """Make a fork a process of its own."""
    os.setsid()
    _LIBRARY.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold answers
    limit_memory(memory)
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    work = folder / "work"
    work.mkdir(mode=FOLDER_MODE, parents=True)
    os.chdir(work)


def threads() -> int:
    """The threads of this process, those of libraries among them."""
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - their number alone


def import_safely(names: Iterable[str], close: Iterable[int] = ()) -> None:
    """Import modules, unless they would start threads: a fork of a process with threads may hang.

    Importing is tried in a fork first. A module that cannot be imported is left out; who needs it will say so.
    """
    new = [name for name in names if name not in sys.modules and name != "__main__"]
    if not new:
        return

    def attempt(send: Send) -> None:
        _import(new)
        send({"threads": threads()})

    with tempfile.TemporaryDirectory() as folder:
        tried = fork(attempt, Path(folder), close=close)
        if not select.select([tried.handle], [], [], _IMPORT_SECONDS)[0]:
            tried.kill()
        messages, _ = tried.end()
    if {"threads": 1} in messages:
        _import(new)
        gc.collect()
        gc.freeze()  # what all forks share is not visited by the collector, and so not copied


def _import(names: Iterable[str]) -> None:
    for name in names:
        with suppress(Exception):
            __import__(name)
