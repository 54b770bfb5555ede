"""The papermill engine `hpp-fork`: executes a notebook in a fork of a warm process.

`papermill --engine hpp-fork in.ipynb out.ipynb`, or `papermill.execute_notebook(..., engine_name="hpp-fork")`. The warm
process starts with the first notebook and stays for the next ones; each notebook gets a process of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from papermill.engines import Engine, NBClientEngine
from papermill.log import logger

if TYPE_CHECKING:
    from hpp_analysis.report.run.warm import Template

_KERNEL = "python3"
_OF_KERNELS = {"input_path", "start_timeout", "startup_timeout", "shutdown_kernel", "iopub_timeout", "extra_arguments"}
_OF_KERNELS |= {"raise_on_iopub_timeout", "kernel_manager_class", "interrupt_on_timeout", "ipython_hist_file"}
_LOCK, _NUMBERS = threading.Lock(), count()
_WARM: dict[int, Template] = {}
"""By process: a fork of this process starts a warm process of its own."""


class ForkEngine(Engine):  # type: ignore[misc]
    """Executes a notebook in a process forked for it; its outputs are those of the stock kernel.

    Where the system cannot fork, and for other kernels than `python3`, papermill's own engine does it and says so.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Execute a parameterised notebook.

        Parameters
        ----------
        nb_man : NotebookExecutionManager
        kernel_name : str
        **options
            As papermill's own engine takes them; those that concern the starting and stopping of a kernel do nothing.
            Besides, `notebook_timeout` and `memory`: seconds that the notebook may take, bytes that its process may hold.
        """
        from hpp_analysis.report.run.limits import can_fork

        if not can_fork() or kernel_name != _KERNEL:
            logger.warning(f"The engine hpp-fork needs Linux and the kernel {_KERNEL}: the stock kernel is used.")
            own = {"notebook_timeout", "memory"}
            options = {name: option for name, option in options.items() if name not in own}
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **options)
            return
        client, request = _prepared(nb_man, **options)
        with _LOCK:  # papermill changes the working directory: there is one notebook at a time
            try:
                ended = _followed(nb_man, client, request)
            except BaseException:
                _end()  # with the notebook that is being executed
                raise
        if ended["result"] is None:
            raise _error(*ended["died"])
        for cell, after in zip(nb_man.nb.cells, ended["result"]["cells"], strict=True):
            _update(cell, after)  # a later cell may have changed what an earlier one shows
        nb_man.nb.metadata.update(_node(ended["result"]["metadata"]))


def _prepared(
    nb_man: Any,
    *,
    execution_timeout: float | None = None,
    timeout: float | None = None,
    notebook_timeout: float | None = None,
    memory: int | None = None,
    log_output: bool = False,
    stdout_file: Any = None,
    stderr_file: Any = None,
    **options: Any,
) -> tuple[Any, dict[str, Any]]:
    """A client that logs outputs, and what the warm process is asked for."""
    from papermill.clientwrap import PapermillNotebookClient

    from hpp_analysis.options import names_in

    mine = {name: option for name, option in options.items() if name not in _OF_KERNELS}
    names_in(list(mine), PapermillNotebookClient.class_trait_names(), "engine options")
    client = PapermillNotebookClient(
        nb_man, log=logger, log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file
    )
    return client, {
        "do": "notebook",
        "notebook": nb_man.nb,
        "options": {**mine, "timeout": execution_timeout or timeout},
        "cwd": str(Path.cwd()),
        "environment": dict(os.environ),
        "seconds": notebook_timeout,
        "memory": memory,
    }


def _followed(nb_man: Any, client: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """Have a notebook executed, and tell papermill of each cell."""
    template, number = _warm(), next(_NUMBERS)
    template.request(number, request)
    while True:
        message = template.receive()
        if message.get("number") != number:
            continue
        if "ended" in message:
            ended: dict[str, Any] = message["ended"]
            return ended
        if "event" not in message:
            continue
        place = message["cell"]
        cell = nb_man.nb.cells[place]
        if message["event"] == "start":
            nb_man.cell_start(cell, place)
        elif message["event"] == "exception":
            nb_man.cell_exception(cell, cell_index=place)
        else:
            _update(cell, message["content"])
            for output in cell.get("outputs", []):
                client.log_output_message(output)
            nb_man.cell_complete(cell, cell_index=place)


def _warm() -> Template:
    from hpp_analysis.report.run.warm import Template

    if os.getpid() not in _WARM:
        folder = Path(tempfile.mkdtemp(prefix="hpp-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        atexit.register(_end)
        _WARM[os.getpid()] = Template(folder / "forks", jobs=1, environment=os.environ)
    return _WARM[os.getpid()]


def _end() -> None:
    """End the warm process of this process."""
    if template := _WARM.pop(os.getpid(), None):
        template.stop()


def _node(content: Mapping[str, Any]) -> Any:
    from hpp_analysis.report.notebook.nodes import node_of

    return node_of(content)


def _update(cell: Any, after: Mapping[str, Any]) -> None:
    """Let a cell be as its process left it; papermill's own notes stay."""
    notes = cell.metadata.papermill
    cell.update(_node({name: part for name, part in after.items() if name != "source"}))
    cell.metadata.papermill = notes


def _error(kind: str, message: str) -> Exception:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    known = {error.__name__: error for error in (CellTimeoutError, DeadKernelError, MemoryError)}
    if kind == CellTimeoutError.__name__:
        message = message or "The notebook took longer than it may."
    return known[kind](message) if kind in known else RuntimeError(f"{kind}: {message}")
