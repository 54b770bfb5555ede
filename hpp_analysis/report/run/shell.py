"""Execute a notebook in this process, with IPython's own kernel and without its sockets and threads.

Everything but the way of messages is Jupyter's: `ipykernel` executes cells and makes messages of what they show, and
`nbclient` puts these into the notebook. Between them stand two queues instead of sockets. A kernel changes its process
for good (streams, hooks, `__main__`), so the process must be a throw-away one.
"""

from __future__ import annotations

import asyncio
import contextvars
import fcntl
import os
import pickle
import queue
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import ipykernel
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine
from papermill.log import logger
from traitlets.config import Config

_LENGTH = 8  # bytes that say how long a message of a child process is


class _Tray:
    """An anonymous file that this process, its children and C code write to, and this process reads."""

    def __init__(self, name: str) -> None:
        self.fd = os.memfd_create(name)
        fcntl.fcntl(self.fd, fcntl.F_SETFL, os.O_APPEND)  # each write goes to the end, whoever writes
        self._read = 0

    def new(self) -> bytes:
        """What was written since the last call."""
        size = os.fstat(self.fd).st_size - self._read
        if size <= 0:
            return b""
        data = os.pread(self.fd, size, self._read)
        self._read += len(data)
        return data


class _Queues(Session):  # type: ignore[misc,unused-ignore]
    """A session that keeps messages in queues instead of sending them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(key=b"", **options)
        self.outputs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.replies: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.open()

    def open(self) -> None:
        """Be the session of this process."""
        self._owner = os.getpid()  # `pid` is not kept: streams change it in forked processes
        self._of_children = _Tray("messages")
        self._unfinished = b""

    def send(  # type: ignore[override,unused-ignore]
        self,
        _stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,  # noqa: ARG002, RUF100 - of sockets
        buffers: Any = None,
        track: bool = False,  # noqa: ARG002, RUF100
        header: Any = None,
        metadata: Any = None,
    ) -> dict[str, Any]:
        """Keep a message, in the form in which a client would receive it."""
        message = msg_or_type
        if not isinstance(message, dict):
            message = self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        received = {
            **message,
            "content": self.unpack(self.pack(message["content"])),
            "buffers": [bytes(buffer) for buffer in buffers or message.get("buffers") or []],
        }
        if os.getpid() != self._owner:  # a process that a cell has forked
            data = pickle.dumps(received)
            os.write(self._of_children.fd, len(data).to_bytes(_LENGTH, "big") + data)
        else:
            (self.replies if message["msg_type"].endswith("_reply") else self.outputs).put(received)
        return dict(message)

    def collect(self) -> None:
        """Take over the messages of forked processes."""
        data = self._unfinished + self._of_children.new()
        while len(data) >= _LENGTH:
            end = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
            if len(data) < end:
                break
            self.outputs.put(pickle.loads(data[_LENGTH:end]))  # noqa: S301 - written by a fork of this process
            data = data[end:]
        self._unfinished = data


class _NoThread(IOPubThread):  # type: ignore[misc,unused-ignore]
    """Does at once what ipykernel leaves to a thread, and nothing by the clock: streams come in the same order always."""

    def __init__(self, session: _Queues) -> None:
        self.session = session
        self.socket = self.background_socket = self.thread = None  # type: ignore[assignment,unused-ignore]
        self.io_loop = SimpleNamespace(call_later=lambda *_: None)  # type: ignore[assignment,unused-ignore]

    def schedule(self, f: Any) -> None:
        """Call it."""
        f()


class _Stream(OutStream):  # type: ignore[misc,unused-ignore]
    """`sys.stdout` or `sys.stderr` of cells; what C code and child processes write comes in its order."""

    def __init__(self, session: _Queues, thread: _NoThread, name: str, number: int) -> None:
        super().__init__(session, thread, name, watchfd=False)  # type: ignore[no-untyped-call]
        self._number = number
        self._original_stdstream_copy = os.open(os.devnull, os.O_WRONLY)  # a kernel's is a terminal that nobody sees

    def open(self) -> None:
        """Take over the descriptor of this process."""
        self._master_pid = os.getpid()
        self._tray = _Tray(self.name)
        os.dup2(self._tray.fd, self._number)

    def write(self, string: str) -> int:
        """Add text, after what others have written before it."""
        self._take_raw()
        super().write(string)
        return len(string)

    def flush(self) -> None:
        """Make messages of what was written."""
        self._take_raw()
        if self._is_master_process():  # type: ignore[no-untyped-call]
            self.session.collect()
        super().flush()  # type: ignore[no-untyped-call]

    def _take_raw(self) -> None:
        if self._is_master_process() and (data := self._tray.new()):  # type: ignore[no-untyped-call]
            super().write(data.decode(errors="replace"))


class _Kernel(IPythonKernel):  # type: ignore[misc,unused-ignore]
    """IPython's kernel; there is no queue of requests to abort, and no other thread to interrupt it."""

    def _abort_queues(self, *_: Any) -> None: ...

    @contextmanager
    def _cancel_on_sigint(self, _future: Any) -> Iterator[None]:
        yield


class _App(IPKernelApp):  # type: ignore[misc,unused-ignore]
    """Sets up a kernel as `python -m ipykernel_launcher` does, without connections."""

    stdout: _Stream
    stderr: _Stream

    def _nothing(self, *_: Any, **__: Any) -> None: ...

    init_connection_file = init_poller = init_sockets = init_heartbeat = init_crash_handler = _nothing
    write_connection_file = log_connection_info = _nothing

    def init_io(self) -> None:
        """Make the streams of cells; this process keeps its own until it executes a notebook."""
        self.outstream_class = None  # type: ignore[assignment]
        super().init_io()  # type: ignore[no-untyped-call]
        thread = _NoThread(self.session)
        self.stdout = _Stream(self.session, thread, "stdout", 1)
        self.stderr = _Stream(self.session, thread, "stderr", 2)

    def open(self) -> None:
        """Have cells executed in this process, which may be a fork of the one that made the kernel."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.session.open()
        self.stdout.open()
        self.stderr.open()
        sys.stdout, sys.stderr = self.stdout, self.stderr

    def init_kernel(self) -> None:
        """Make the kernel."""
        self.kernel = _Kernel.instance(
            parent=self,
            session=self.session,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
            shell_channel_thread=SimpleNamespace(parent_thread=None),
        )
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count


class _TimeIsUpError(BaseException):
    """Raised within a cell; `except Exception` does not stop it."""


class _Clock:
    """Interrupts a cell that takes too long; C code that never returns has to be killed from outside."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.rang = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Allow a cell its seconds."""
        if not self.seconds:
            yield
            return

        def ring(_number: int, _frame: FrameType | None) -> None:
            self.rang = True
            # without the seconds: what is left of a report's time is never the same, and broken notebooks shall be
            raise _TimeIsUpError("The cell took longer than it may.")

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


class _Channel:
    """Where a client takes messages from."""

    def __init__(self, messages: queue.SimpleQueue[dict[str, Any]]) -> None:
        self._messages = messages

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message; whatever was to come is there."""
        while self._messages.empty():  # nobody waits: a cell is done before its messages are read
            await asyncio.sleep(timeout or 1)
        return self._messages.get()


class _KernelClient:
    """What nbclient needs of a client: a cell is executed when it is sent."""

    def __init__(self, app: _App, session: _Queues, clock: _Clock) -> None:
        self.kernel, self.session, self.clock = app.kernel, session, clock
        self.shell_channel, self.iopub_channel = _Channel(session.replies), _Channel(session.outputs)
        self._context = contextvars.copy_context()  # what a cell sets there the next one finds

    def kernel_info(self) -> str:
        """Ask what the kernel is."""
        request = self.session.msg("kernel_info_request")
        self.session.send(None, "kernel_info_reply", self.kernel.kernel_info, parent=request)
        return str(request["msg_id"])

    def is_alive(self) -> bool:
        """Whether no cell has called `exit()`."""
        return not self.kernel.shell.exit_now

    async def execute(self, code: str, *, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Execute a cell."""
        if not self.is_alive():
            raise DeadKernelError("Kernel died")
        content = {
            "code": code,
            "silent": False,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        request = self.session.msg("execute_request", content)
        with self.clock.running():
            await asyncio.get_running_loop().create_task(self._execute(request), context=self._context)
        return str(request["msg_id"])

    async def _execute(self, request: dict[str, Any]) -> None:
        kernel = self.kernel
        kernel.set_parent([], request, channel="shell")
        kernel._publish_status("busy", "shell")
        kernel.pre_handler_hook()
        try:
            await kernel.execute_request(None, [], request)
        finally:
            kernel.post_handler_hook()
        sys.stdout.flush()
        sys.stderr.flush()
        kernel._publish_status("idle", "shell")


@cache
def kernel_app() -> _App:
    """The kernel of this process.

    Many libraries look, when they are imported, whether there is a kernel: what they are to find has to be there before.
    """
    launcher = Path(ipykernel.__file__).parent.with_name("ipykernel_launcher.py")
    sys.argv = [str(launcher), "-f", "kernel.json"]  # some look there
    app: _App = _App.instance(session=_Queues(), config=Config({"HistoryManager": {"enabled": False}}))
    app.initialize([])  # type: ignore[no-untyped-call]
    return app


class ShellClient(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client, with a kernel in this process."""

    @contextmanager
    def setup_kernel(self, **_: Any) -> Iterator[None]:
        """Open the kernel, which ends with the process."""
        app = kernel_app()
        app.open()
        self.clock = _Clock()
        self.kc = _KernelClient(app, app.session, self.clock)
        yield

    async def async_execute_cell(self, cell: Any, cell_index: int, *args: Any, **options: Any) -> Any:
        """Execute a cell; one that took too long stops the notebook."""
        self.clock.seconds = seconds = self._get_timeout(cell)
        try:
            return await super().async_execute_cell(cell, cell_index, *args, **options)
        finally:
            if self.clock.rang:
                raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", seconds, cell)

    execute_cell = run_sync(async_execute_cell)


class ShellEngine(Engine):  # type: ignore[misc]
    """A papermill engine that executes in this process."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, execution_timeout: float | None = None, **options: Any
    ) -> None:
        """Execute a parameterised notebook."""
        unused = ("input_path", "start_timeout", "startup_timeout", "kernel_manager_class")
        options = {name: option for name, option in options.items() if name not in unused}
        timeout = execution_timeout or options.pop("timeout", None)
        ShellClient(nb_man, kernel_name=kernel_name, log=logger, timeout=timeout, **options).execute()
