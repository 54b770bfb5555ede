"""What a forked process does: make a report, write down what is left of one, or execute a notebook for papermill."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat

from hpp_analysis.report.notebook.nodes import node_of
from hpp_analysis.report.run.execute import after_crash
from hpp_analysis.report.run.forks import Send
from hpp_analysis.report.run.make import finish, make_report
from hpp_analysis.report.run.shell import ShellClient
from hpp_analysis.report.run.tasks import ReportTask

_LOG = "cells.jsonl"


def warm() -> None:
    """Do once what is slow the first time: the schema of notebooks, the fonts of figures."""
    nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))  # type: ignore[no-untyped-call]
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # not before there is a kernel
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().set_title("a")
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]


def report(request: Mapping[str, Any], folder: Path, send: Send) -> None:
    """Make a report."""
    before = set(sys.modules)
    for variable, name in (
        ("IPYTHONDIR", "ipython"),
        ("JUPYTER_CONFIG_DIR", "config"),
        ("JUPYTER_RUNTIME_DIR", "runtime"),
    ):
        os.environ[variable] = str(folder / name)
    result = make_report(ReportTask(**request["task"]), log=folder / _LOG)
    if request["learn"]:
        send({"modules": [name for name in sys.modules if name not in before]})
    send({"result": asdict(result)})


def write_down(request: Mapping[str, Any], died: tuple[str, str], folder: Path, send: Send) -> None:
    """Finish a failed report whose process ended."""
    task = ReportTask(**request["task"])
    node, broken = after_crash(*died, log=folder / _LOG, notebook=Path(task.notebook), timeout=task.timeout)
    send({"result": asdict(finish(task, node, broken))})


class _Manager:
    """What papermill's client tells about a notebook, as messages to the process that has papermill's own manager."""

    def __init__(self, nb: Any, timeout: float | None, send: Send) -> None:
        self.nb, self._timeout, self._send = nb, timeout, send

    def cell_start(self, _cell: Any, cell_index: int, **_: Any) -> None:
        self._send({"cell": cell_index, "event": "start", "within": self._timeout})

    def cell_exception(self, _cell: Any, cell_index: int, **_: Any) -> None:
        self._send({"cell": cell_index, "event": "exception"})

    def cell_complete(self, cell: Any, cell_index: int, **_: Any) -> None:
        self._send({"cell": cell_index, "event": "complete", "content": cell})

    def autosave_cell(self) -> None: ...


def notebook(request: Mapping[str, Any], _folder: Path, send: Send) -> None:
    """Execute a notebook as papermill's engine does."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.chdir(request["cwd"])
    node = node_of(request["notebook"])
    ShellClient(_Manager(node, request["options"]["timeout"], send), **request["options"]).execute()
    # a later cell may have changed what an earlier one shows
    send({"result": {"cells": node.cells, "metadata": node.metadata}})


DUTIES: Mapping[str, Callable[[Mapping[str, Any], Path, Send], None]] = {"report": report, "notebook": notebook}
