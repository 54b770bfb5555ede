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
from hpp_analysis.report.run.folders import partial_of, sync_tree, write_aside
from hpp_analysis.report.run.orders import Made, Order
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import Document, read_document
from hpp_analysis.report.writers.html import report_html
from hpp_analysis.report.writers.kept import count_warnings, shareable, without_paths
from hpp_analysis.report.writers.pdf import report_pdf
from hpp_analysis.report.writers.xlsx import tables_xlsx
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import language


def make_report(order: Order) -> Made:
    """Make the report that is ordered, in the working directory, which should be empty."""
    start = time.perf_counter()
    partial = partial_of(Path(order.folder))
    shutil.rmtree(partial, ignore_errors=True)
    node, broken = execute(_notebook(order), order.parameters, timeout=order.timeout)
    warnings = count_warnings(node)
    kept = shareable(node, order.parameters)
    files: list[dict[str, Any]] = []
    withheld, nothing = 0, ""
    if broken is None:
        try:
            document = read_document(kept)
            withheld, nothing = document.withheld, document.without_numbers
            if not nothing:
                files = _write(kept, document, order, partial)
        except (HppError, OSError, ValueError, KeyError, TypeError, LookupError) as error:
            broken = Broken(type(error).__name__, str(error))
    if broken is not None:
        broken = replace(broken, message=without_paths(broken.message, order.parameters))
        shutil.rmtree(partial, ignore_errors=True)
        if why := _keep_broken(Path(order.failed), text_of(kept)):
            broken = replace(
                broken, message=f"{broken.message}\nThe broken notebook could not be kept ({why})."
            )
    return Made(
        "failed" if broken is not None else "empty" if nothing else "made",
        round(time.perf_counter() - start, 2),
        warnings,
        withheld,
        files,
        asdict(broken) if broken is not None else None,
        nothing,
    )


def _keep_broken(path: Path, notebook: str) -> str:
    """Keep a notebook that broke; where that is not possible, say why."""
    if path.parent.is_symlink():
        return f"{path.parent.name} is a link, which is not followed; remove it"
    try:
        write_aside(path, notebook)
    except OSError as error:
        return f"{path.parent.name}: {error.strerror or type(error).__name__}"
    return ""


def _notebook(order: Order) -> str:
    """The notebook in the report's language, with what the consultant adds."""
    text = Path(order.notebook).read_text(encoding="utf-8")
    if not order.commentary:
        return text
    with language(order.language):
        return text_of(commented(parse(text), order.commentary, _("Commentary by the consultant")))


def _write(node: NotebookNode, document: Document, order: Order, partial: Path) -> list[dict[str, Any]]:
    partial.mkdir(parents=True)
    appearance = Appearance.of(order.appearance)
    with language(order.language):
        if "html" in order.formats:
            (partial / "report.html").write_text(report_html(node, appearance), encoding="utf-8")
        if "pdf" in order.formats:
            (partial / "report.pdf").write_bytes(report_pdf(document, appearance))
        if "docx" in order.formats:
            from hpp_analysis.report.writers.word import report_docx  # loaded when it is asked for

            (partial / "report.docx").write_bytes(report_docx(document, appearance))
        if "xlsx" in order.formats and document.tables:
            title = document.cover.title if document.cover else ""
            (partial / "tables.xlsx").write_bytes(tables_xlsx(document, title=title, appearance=appearance))
    _write_figures(document, partial / "figures")
    (partial / "notebook.ipynb").write_text(text_of(node), encoding="utf-8")
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


def _write_figures(document: Document, folder: Path) -> None:
    """Each figure as a file of its own, numbered as in the report."""
    for number, figure in enumerate(document.figures, start=1):
        folder.mkdir(exist_ok=True)
        plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in figure.name)
        name = f"{number:02d}-{plain[:60].strip('-') or 'figure'}.svg"
        (folder / name).write_text(figure.svg, encoding="utf-8")
