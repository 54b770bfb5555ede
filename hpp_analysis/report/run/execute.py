"""Execute one notebook, and keep what is left of it when it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import papermill
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError, strip_color
from papermill.execute import ERROR_MARKER_TAG, raise_for_execution_errors

from hpp_analysis.report.notebook.nodes import error_output, parse
from hpp_analysis.report.notebook.notebooks import PLACE
from hpp_analysis.report.run.kernel import OwnKernelManager

_ENGINE = "hpp"
_INPUT, _OUTPUT = "in.ipynb", "out.ipynb"
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


class _Engine(NBClientEngine):  # type: ignore[misc]
    """papermill's own engine, which lets us see the notebook when its kernel dies."""

    notebook: NotebookNode | None = None

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        cls.notebook = nb_man.nb
        super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register(_ENGINE, _Engine)


def execute(
    notebook: str, parameters: Mapping[str, Any], *, timeout: float | None = None
) -> tuple[NotebookNode, Broken | None]:
    """Execute a notebook in the working directory, which should be empty.

    Parameters
    ----------
    notebook : str
        The notebook as JSON.
    parameters : mapping
    timeout : float, optional
        Seconds that one cell may take.

    Returns
    -------
    notebook : NotebookNode
        Executed; after an error up to the broken cell, with papermill's anchor before it.
    broken : Broken or None
    """
    # Names without folders: papermill fills `{...}` in paths, and writes them into the notebook.
    Path(_INPUT).write_text(notebook, encoding="utf-8")
    _Engine.notebook = None
    try:
        executed = papermill.execute_notebook(
            _INPUT,
            _OUTPUT,
            dict(parameters),
            engine_name=_ENGINE,
            kernel_name="python3",
            language="python",
            request_save_on_cell_execute=False,
            progress_bar=False,
            log_output=False,
            kernel_manager_class=OwnKernelManager,
            shutdown_kernel="immediate",
            iopub_timeout=_MESSAGE_WAIT,
            execution_timeout=timeout,
        )
    except PapermillExecutionError as error:
        node, place = _saved()
        return node, _broken(error.ename, error.evalue, error.source, place)
    except Exception as error:  # noqa: BLE001, RUF100 - a dead kernel, a timeout: whatever it is, it is this report's
        return _after_a_crash(error, notebook)
    return executed, None


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


def _after_a_crash(error: Exception, notebook: str) -> tuple[NotebookNode, Broken]:
    """Mark the cell that ran when the kernel died, as papermill marks one that raised."""
    kind, message = type(error).__name__, " ".join(str(error).split())
    node = _Engine.notebook
    if node is None:
        return parse(notebook), _broken(kind, message)
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
