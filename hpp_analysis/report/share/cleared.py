"""What of an executed notebook may be shared: its prose, and the blocks that were cleared. Nothing else travels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from nbformat import NotebookNode

from hpp_analysis.common.result import mimebundle
from hpp_analysis.display.blocks import MIME, Block, FactsBlock, FigureBlock, from_json
from hpp_analysis.errors import ReportError
from hpp_analysis.publishing.published import FILE, published_json
from hpp_analysis.report.notebook.nodes import node_of
from hpp_analysis.report.notebook.notebooks import SECTION
from hpp_analysis.report.notebook.sections import APPENDIX, COMMENTARY
from hpp_analysis.texts import gettext as _

_METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An output that is not shared.

    Attributes
    ----------
    cell : int
        Of the report's notebook, the first is 1.
    source : str
        The first line of the cell.
    what, why : str
        What the output is, and why it stays behind.
    """

    cell: int
    source: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """A report as it may be shared.

    Attributes
    ----------
    cells : tuple of NotebookNode
        Its prose, and a code cell for each block that opens it in `published.json` and shows it.
    blocks : dict of str to Block
        The cleared blocks by name, in order.
    left_out : tuple of LeftOut
    """

    cells: tuple[NotebookNode, ...]
    blocks: dict[str, Block]
    left_out: tuple[LeftOut, ...]

    @property
    def title(self) -> str:
        """Whom the report is about, as its cover says."""
        first = next(iter(self.blocks.values()), None)
        return first.title if isinstance(first, FactsBlock) else ""

    @property
    def document(self) -> NotebookNode:
        """The notebook that the other formats are written from."""
        return _notebook(self.cells)

    @property
    def notebook(self) -> NotebookNode:
        """The notebook for the reader, in the language in use: it runs with `published.json` beside it, and nothing else."""
        introduction = _(
            "This notebook makes the tables and figures of the report from the published numbers in the file "
            "published.json beside it. It holds no answers of respondents, and needs none."
        )
        start = f'import hpp_analysis as hpp\n\nreport = hpp.open_published("{FILE}")'
        return _notebook((_prose(introduction, []), _code(start, []), *self.cells))

    def published(self, language: str) -> str:
        """The text of `published.json`."""
        return published_json(self.blocks, self.title, language)


def cleared(notebook: NotebookNode) -> Cleared:
    """Take from an executed notebook what may be shared.

    Parameters
    ----------
    notebook : NotebookNode
        The one that a run keeps beside a report; it stays as it is.
    """
    cells: list[NotebookNode] = []
    blocks: dict[str, Block] = {}
    left_out: list[LeftOut] = []
    for place, cell in enumerate(notebook.cells, start=1):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            cells.append(_prose(cell.source, [tag for tag in tags if tag.startswith((SECTION, COMMENTARY, APPENDIX))]))
        if cell.cell_type != "code":
            continue
        first = next((line for line in cell.source.splitlines() if line.strip()), "")
        for output in cell.outputs:
            for part in _parts(output):
                if isinstance(part, tuple):
                    left_out.append(LeftOut(place, first.strip()[:80], *part))
                    continue
                name = _free(part.name, blocks)
                blocks[name] = part
                cells.append(_code(f"report[{name!r}]", [part]))
    return Cleared(tuple(cells), blocks, tuple(left_out))


def _parts(output: NotebookNode) -> Iterator[Block | tuple[str, str]]:
    """The cleared blocks of an output, and of everything else what it is and why it stays behind."""
    data: dict[str, Any] = output.get("data", {})
    if output.output_type == "stream":
        yield "printed text", "only blocks that the package makes are shared"
    elif output.output_type == "error":
        yield "an error", "only blocks that the package makes are shared"
    elif MIME not in data:
        kinds = ", ".join(data) or "nothing"
        yield f"an output of the notebook's own ({kinds})", "only blocks that the package makes are shared"
    else:
        try:
            blocks = from_json(data[MIME])
        except ReportError:
            yield "a block of an unknown form", "another version of the package made it"
            return
        for block in blocks:
            if block.cleared is not True:
                yield f"the {block.type} {block.name!r}", "it was shown without `publish`"
            elif isinstance(block, FigureBlock) and block.table is not None and not block.table.cleared:
                yield replace(block, table=None)
            else:
                yield block


def _free(name: str, taken: dict[str, Block]) -> str:
    """A name that no earlier block of the report has."""
    times, free = 1, name
    while free in taken:
        times += 1
        free = f"{name}_{times}"
    return free


def _prose(source: str, tags: list[str]) -> NotebookNode:
    metadata = {"tags": tags} if tags else {}
    return node_of({"cell_type": "markdown", "metadata": metadata, "source": source})


def _code(source: str, blocks: list[Block]) -> NotebookNode:
    """A code cell with what it shows when it is run."""
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
    outputs = [{**output, "data": mimebundle(blocks)}] if blocks else []
    return node_of({"cell_type": "code", "execution_count": 1, "metadata": {}, "source": source, "outputs": outputs})


def _notebook(cells: tuple[NotebookNode, ...]) -> NotebookNode:
    """A notebook of cells, numbered in their order."""
    numbered = [node_of({**cell, "id": f"hpp-{place}"}) for place, cell in enumerate(cells)]
    count = 0
    for cell in numbered:
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                output.execution_count = count
    return node_of({"nbformat": 4, "nbformat_minor": 5, "metadata": _METADATA, "cells": numbered})
