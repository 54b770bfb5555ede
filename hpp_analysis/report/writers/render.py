"""A report in every format that is asked for, from one executed notebook."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from nbformat import NotebookNode

from hpp_analysis.options import EDITIONS, Edition
from hpp_analysis.report.notebook.sections import has_appendix, without_appendix
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import Document, read_document
from hpp_analysis.report.writers.html import report_html
from hpp_analysis.report.writers.pdf import report_pdf
from hpp_analysis.report.writers.xlsx import tables_xlsx

FILES = {
    "html": "report.html",
    "pdf": "report.pdf",
    "docx": "report.docx",
    "pptx": "slides.pptx",
    "xlsx": "tables.xlsx",
    "page": "compare.html",
}
"""The file of each format; a workbook and the page for stakeholders hold the tables of all editions, slides what the board
edition says."""
BOARD_FILES = {"html": "board.html", "pdf": "board.pdf", "docx": "board.docx"}
"""The same of the board edition."""


def formats_of(files: Collection[str]) -> list[str]:
    """In which formats a report was written, by the names of its files.

    Examples
    --------
    >>> formats_of(["board.html", "tables.xlsx"])
    ['html', 'xlsx']
    """
    return [name for name in FILES if FILES[name] in files or BOARD_FILES.get(name) in files]


def editions_of(files: Collection[str]) -> list[Edition]:
    """In which editions a report was written; slides and workbooks belong to none, and alone count as full.

    Examples
    --------
    >>> editions_of(["board.html", "slides.pptx"]), editions_of(["report.pdf", "board.pdf"]), editions_of(["tables.xlsx"])
    (['board'], ['board', 'full'], ['full'])
    """
    board = any(name in files for name in BOARD_FILES.values())
    written: list[Edition] = ["board"] if board else []
    if not board or any(FILES[name] in files for name in BOARD_FILES):
        written.append("full")
    return written


def rendered(
    node: NotebookNode,
    document: Document,
    appearance: Appearance,
    formats: Collection[str],
    editions: Collection[Edition] = EDITIONS,
) -> dict[str, bytes]:
    """The files of a report in the language in use, by their names.

    Parameters
    ----------
    node : NotebookNode
        Executed.
    document : Document
        What `read_document` found in it.
    appearance : Appearance
    formats : collection of {"html", "pdf", "xlsx", "docx", "pptx", "page"}
    editions : collection of {"board", "full"}
        A notebook without an appendix has one edition, the full one.

    Returns
    -------
    dict of str to bytes
        A workbook or page for stakeholders only where there are tables for it, and each figure as a file of its own, numbered as in the report.
    """
    files: dict[str, bytes] = {}
    board = without_appendix(node) if has_appendix(node) else None
    for_board = document if board is None else replace(read_document(board), edition="board")
    if board is not None and "board" in editions:
        files |= _pages(board, for_board, appearance, formats, BOARD_FILES)
    if board is None or "full" in editions:
        files |= _pages(node, document, appearance, formats, FILES)
    if "pptx" in formats:
        from hpp_analysis.report.writers.slides import report_pptx  # loaded when it is asked for

        files[FILES["pptx"]] = report_pptx(for_board, appearance)
    if "xlsx" in formats and document.tables:
        title = document.cover.title if document.cover else ""
        files[FILES["xlsx"]] = tables_xlsx(document, title=title, appearance=appearance)
    if "page" in formats:
        from hpp_analysis.report.writers.stakeholder_page import stakeholder_page  # loaded when it is asked for

        if page := stakeholder_page(document, appearance):
            files[FILES["page"]] = page.encode("utf-8")
    for number, figure in enumerate(document.figures, start=1):
        plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in figure.name)
        name = f"figures/{number:02d}-{plain[:60].strip('-') or 'figure'}.svg"
        files[name] = figure.svg.encode("utf-8")
    return files


def _pages(
    node: NotebookNode, document: Document, appearance: Appearance, formats: Collection[str], names: dict[str, str]
) -> dict[str, bytes]:
    """One edition in each format that has pages."""
    files = {}
    if "html" in formats:
        files[names["html"]] = report_html(node, appearance).encode("utf-8")
    if "pdf" in formats:
        files[names["pdf"]] = report_pdf(document, appearance)
    if "docx" in formats:
        from hpp_analysis.report.writers.word import report_docx  # loaded when it is asked for

        files[names["docx"]] = report_docx(document, appearance)
    return files
