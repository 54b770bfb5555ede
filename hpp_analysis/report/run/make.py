"""Make one report: execute its notebook, then have each writer write into one folder."""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from hpp_analysis.errors import HppError
from hpp_analysis.report.notebook.nodes import parse, text_of
from hpp_analysis.report.notebook.sections import commented
from hpp_analysis.report.run.execute import Broken, execute
from hpp_analysis.report.run.folders import open_to_readers, partial_of, sync_tree, write_aside
from hpp_analysis.report.run.tasks import ReportTask, TaskResult
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import Document, read_document
from hpp_analysis.report.writers.notebook_copy import count_warnings, shareable, without_paths
from hpp_analysis.report.writers.render import rendered
from hpp_analysis.survey.private import FOLDER_MODE, make_private
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import language
from hpp_analysis.texts.wording import Wording, worded


def make_report(task: ReportTask, *, log: Path | None = None) -> TaskResult:
    """Carry out a task, in the working directory, which should be empty.

    Parameters
    ----------
    task : ReportTask
    log : Path, optional
        As `execute` takes it: with it this process executes the notebook itself, without it a kernel.
    """
    start = time.perf_counter()
    node, broken = execute(_notebook(task), task.parameters, timeout=task.timeout, log=log)
    result = finish(task, node, broken)
    return replace(result, seconds=round(time.perf_counter() - start, 2))


def finish(task: ReportTask, node: NotebookNode, broken: Broken | None) -> TaskResult:
    """Write the files of a report whose notebook was executed, or keep the broken notebook."""
    partial = partial_of(Path(task.folder))
    shutil.rmtree(partial, ignore_errors=True)
    warnings = count_warnings(node)
    copy = shareable(node, task.parameters)
    files: list[dict[str, Any]] = []
    withheld, nothing = 0, ""
    if broken is None:
        try:
            document = read_document(copy)
            withheld, nothing = document.withheld, document.without_numbers
            if not nothing:
                files = _write(copy, document, task, partial)
        except (HppError, OSError, ValueError, KeyError, TypeError, LookupError) as error:
            broken = Broken(type(error).__name__, str(error))
    if broken is not None:
        broken = replace(broken, message=without_paths(broken.message, task.parameters))
        shutil.rmtree(partial, ignore_errors=True)
        if why := _keep_broken(Path(task.failed), text_of(copy)):
            broken = replace(broken, message=f"{broken.message}\nThe broken notebook could not be kept ({why}).")
    return TaskResult(
        "failed" if broken is not None else "empty" if nothing else "made",
        warnings=warnings,
        withheld=withheld,
        files=files,
        broken=asdict(broken) if broken is not None else None,
        nothing=nothing,
    )


def _keep_broken(path: Path, notebook: str) -> str:
    """Write a notebook that broke; return why if that is not possible."""
    if path.parent.is_symlink():
        return f"{path.parent.name} is a link, which is not followed; remove it"
    try:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        write_aside(path, notebook, private=True)  # it may show answers
    except OSError as error:
        return f"{path.parent.name}: {error.strerror or type(error).__name__}"
    return ""


def _notebook(task: ReportTask) -> str:
    """The notebook in the report's language, with what the consultant adds."""
    text = Path(task.notebook).read_text(encoding="utf-8")
    if not task.commentary:
        return text
    with language(task.language):
        return text_of(commented(parse(text), task.commentary, _("Commentary by the consultant")))


def _write(node: NotebookNode, document: Document, task: ReportTask, partial: Path) -> list[dict[str, Any]]:
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir(mode=FOLDER_MODE)
    with language(task.language), worded(Wording(**task.words)):
        files = rendered(node, document, Appearance.of(task.appearance), task.formats, task.editions)
    files["notebook.ipynb"] = text_of(node).encode("utf-8")
    for name, data in files.items():
        path = partial / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    if document.cleared:
        open_to_readers(partial)
    else:  # what `publish` has not seen may tell what somebody answered
        make_private(partial)
    sync_tree(partial)
    return [
        {
            "path": path.relative_to(partial).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(partial.rglob("*"))
        if path.is_file()
    ]
