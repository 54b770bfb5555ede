"""Execute one notebook, and keep what is left of it when it breaks."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import papermill
from nbclient.exceptions import CellTimeoutError
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError, strip_color
from papermill.execute import ERROR_MARKER_TAG, raise_for_execution_errors

from hpp_analysis.report.notebook.nodes import error_output, node_of, parse
from hpp_analysis.report.notebook.notebooks import PLACE
from hpp_analysis.report.run.kernel import OwnKernelManager

_KERNEL, _SHELL = "hpp-kernel", "hpp-shell"
_INPUT, _OUTPUT = "in.ipynb", "out.ipynb"
_SHORTEST = 0.01  # seconds; no time at all would mean no limit
_SOME_TIME = "1970-01-01T00:00:00"  # papermill's mark of a cell that was begun
_MESSAGE_WAIT = 60  # seconds that a loaded machine may need to deliver a cell's last output


@dataclass(frozen=True, slots=True)
class Broken:
    """What stopped a report.

    Attributes
    ----------
    kind, message : str
        The class and the text of the exception.
    cell : int or None
        The place of the cell in the notebook as its author knows it, from 0; None outside of cells.
    source : str
        The first line of the cell.
    """

    kind: str
    message: str
    cell: int | None = None
    source: str = ""


class _Seen:
    """What lets us see the notebook when its kernel dies."""

    notebook: NotebookNode | None = None
    log: Path | None = None

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        _Seen.notebook = nb_man.nb
        if _Seen.log is None:
            super().execute_managed_notebook(nb_man, kernel_name, **options)  # type: ignore[misc]
        else:
            with _Seen.log.open("w", encoding="utf-8") as log:
                super().execute_managed_notebook(_Logging(nb_man, log), kernel_name, **options)  # type: ignore[misc]


class _Kernel(_Seen, NBClientEngine):  # type: ignore[misc]
    """papermill's own engine."""


class _Logging:
    """papermill's manager of a notebook, which writes down each cell: where this process dies, others can read it."""

    def __init__(self, manager: Any, log: TextIO) -> None:
        self.nb, self.autosave_cell, self.cell_exception = manager.nb, manager.autosave_cell, manager.cell_exception
        self._manager, self._log = manager, log
        self._write({"notebook": manager.nb})

    def _write(self, line: Mapping[str, Any]) -> None:
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    def cell_start(self, cell: NotebookNode, cell_index: int, **options: Any) -> None:
        self._manager.cell_start(cell, cell_index, **options)
        self._write({"running": cell_index})

    def cell_complete(self, cell: NotebookNode, cell_index: int, **options: Any) -> None:
        self._manager.cell_complete(cell, cell_index, **options)
        if cell.cell_type == "code":
            self._write({"place": cell_index, "cell": cell})


papermill_engines.register(_KERNEL, _Kernel)


def execute(
    notebook: str, parameters: Mapping[str, Any], *, timeout: float | None = None, log: Path | None = None
) -> tuple[NotebookNode, Broken | None]:
    """Execute a notebook in the working directory, which should be empty.

    Parameters
    ----------
    notebook : str
        The notebook as JSON.
    parameters : mapping
    timeout : float, optional
        Seconds that the notebook may take.
    log : Path, optional
        Where each cell is written down. With it the notebook is executed by this process, which must be a throw-away one;
        without it by a kernel.

    Returns
    -------
    notebook : NotebookNode
        Executed; after an error up to the broken cell, with papermill's anchor before it.
    broken : Broken or None
    """
    # Names without folders: papermill fills `{...}` in paths, and writes them into the notebook.
    Path(_INPUT).write_text(notebook, encoding="utf-8")
    _Seen.notebook, _Seen.log = None, log
    if log is not None:
        from hpp_analysis.report.run.shell import ShellEngine  # not where nothing can be forked

        papermill_engines.register(_SHELL, type("_Shell", (_Seen, ShellEngine), {}))
    deadline = time.monotonic() + timeout if timeout else 0.0
    try:
        executed = papermill.execute_notebook(
            _INPUT,
            _OUTPUT,
            dict(parameters),
            engine_name=_KERNEL if log is None else _SHELL,
            kernel_name="python3",
            language="python",
            request_save_on_cell_execute=False,
            progress_bar=False,
            log_output=False,
            kernel_manager_class=OwnKernelManager,
            shutdown_kernel="immediate",
            iopub_timeout=_MESSAGE_WAIT,
            timeout_func=(lambda _cell: max(deadline - time.monotonic(), _SHORTEST)) if timeout else None,
        )
    except PapermillExecutionError as error:
        node, place = _saved()
        return node, _broken(error.ename, error.evalue, error.source, place)
    except Exception as error:  # noqa: BLE001, RUF100 - a dead kernel, a timeout: whatever it is, it is this report's
        node = _Seen.notebook if _Seen.notebook is not None else parse(notebook)
        return _marked(node, type(error).__name__, str(error), timeout)
    return executed, None


def after_crash(
    kind: str, message: str, *, log: Path, notebook: Path, timeout: float | None
) -> tuple[NotebookNode, Broken]:
    """As `execute`, of a notebook whose process has ended; in an empty working directory.

    Parameters
    ----------
    kind, message : str
        What ended it.
    log : Path
        The log that `execute` wrote.
    notebook : Path
        What was to be executed.
    timeout : float, optional
    """
    node = parse(notebook.read_text(encoding="utf-8"))
    for line in log.read_text(encoding="utf-8").split("\n")[:-1] if log.is_file() else []:
        entry = json.loads(line)
        if "notebook" in entry:
            node = node_of(entry["notebook"])
        elif "running" in entry:
            node.cells[entry["running"]].metadata.papermill["start_time"] = _SOME_TIME
        else:
            node.cells[entry["place"]] = node_of(entry["cell"])
    return _marked(node, kind, message, timeout)


def _saved() -> tuple[NotebookNode, int | None]:
    """The notebook that papermill saved, and the place of the cell that its anchor points at."""
    node = parse(Path(_OUTPUT).read_text(encoding="utf-8"))
    marks = [place for place, cell in enumerate(node.cells) if ERROR_MARKER_TAG in cell.metadata.get("tags", [])]
    cell = node.cells[marks[-1] + 1] if marks and marks[-1] + 1 < len(node.cells) else None
    place = cell.metadata.get(PLACE) if cell else None
    return node, None if place is None else int(place)


def _broken(kind: str, message: str, source: str = "", cell: int | None = None) -> Broken:
    lines = [line for line in source.splitlines() if line.strip()]
    return Broken(kind, strip_color(message).strip(), cell, lines[0] if lines else "")


def _marked(node: NotebookNode, kind: str, message: str, timeout: float | None) -> tuple[NotebookNode, Broken]:
    """Mark the cell that ran when its process ended, as papermill marks one that raised."""
    message = " ".join(message.split())
    if kind == CellTimeoutError.__name__ and timeout:
        message = (
            f"A report must be made within {timeout:g} seconds, and this cell was still at work then. "
            "Make the notebook faster, or allow more with `--timeout`."
        )
    running = [cell for cell in node.cells if cell.metadata.get("papermill", {}).get("start_time")]
    if running:
        cell = running[-1]
        cell.metadata.papermill["exception"] = True
        if cell.cell_type == "code":
            cell.outputs.append(error_output(kind, message))
    try:
        raise_for_execution_errors(node, _OUTPUT)
    except PapermillExecutionError as marked:
        saved, place = _saved()
        return saved, _broken(kind, message, marked.source, place)
    return node, _broken(kind, message)
