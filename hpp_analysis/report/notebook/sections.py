"""The sections of a report notebook: what they are called, and the notebook without some of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from nbformat import NotebookNode

from hpp_analysis.errors import Failure
from hpp_analysis.options import nearest
from hpp_analysis.report.notebook.nodes import node_of, parse
from hpp_analysis.report.notebook.notebooks import SECTION

COMMENTARY = "commentary"
APPENDIX = "appendix"
"""The tag of the heading that begins the appendix: it and all that follows it are left out of the board edition."""
_HEADING = re.compile(r"^##\s+(.+?)\s*$", re.MULTILINE)


def section_of(cell: NotebookNode) -> str | None:
    """The id of the section that a cell begins; None where it begins none.

    A section begins with a heading of the second level. Its id is in a tag `section-ID` of the cell, or made of the words of
    the heading, as `how-to-read-this-report`.
    """
    if cell.cell_type != "markdown" or not cell.source.lstrip().startswith("## "):
        return None
    for tag in cell.metadata.get("tags", []):
        if tag.startswith(SECTION):
            return str(tag.removeprefix(SECTION))
    match = _HEADING.search(cell.source)
    return re.sub(r"[^a-z0-9]+", "-", match[1].lower()).strip("-") if match else None


def heading_of(cell: NotebookNode) -> str:
    """The words of the heading by which a cell begins a section; empty where it begins none."""
    match = _HEADING.search(cell.source) if section_of(cell) else None
    return match[1] if match else ""


def sections_of(notebook: NotebookNode) -> list[str]:
    """The ids of all sections, in order."""
    return list(dict.fromkeys(filter(None, map(section_of, notebook.cells))))


def headings_of(notebooks: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By section and language, what its heading says.

    Parameters
    ----------
    notebooks : mapping of str to str
        By language, the notebook of a report, as `ReportPlan.notebooks`.
    """
    headings: dict[str, dict[str, str]] = {}
    for code, text in notebooks.items():
        for cell in parse(text).cells:
            if (section := section_of(cell)) is not None:
                headings.setdefault(section, {})[code] = heading_of(cell)
    return headings


def tagged(notebook: NotebookNode) -> NotebookNode:
    """The notebook with the id of each section in a tag, so that it stays when headings are translated."""
    cells = []
    for cell in notebook.cells:
        copy, section = node_of(cell), section_of(cell)
        if section and f"{SECTION}{section}" not in copy.metadata.get("tags", []):
            copy.metadata["tags"] = [*copy.metadata.get("tags", []), f"{SECTION}{section}"]
        cells.append(copy)
    return node_of({**notebook, "cells": cells})


def check_sections(sections: Mapping[str, bool], known: Collection[str], file: str | None) -> Iterator[Failure]:
    """What is wrong with the sections that a study switches on and off."""
    for name in sections:
        if name not in known:
            rule = f"The report has the sections {', '.join(known)}."
            yield Failure(rule, nearest(name, list(known)), file, value=name)
    if known and all(not sections.get(name, True) for name in known):
        yield Failure("A report keeps at least one section.", "Switch one on.", file, column="sections")


def without(notebook: NotebookNode, off: Collection[str]) -> NotebookNode:
    """The notebook without the prose of some sections, and without what their cells show.

    What these cells compute stays, because later sections may use it.
    """
    cells: list[NotebookNode] = []
    section: str | None = None
    begins_appendix = False
    for cell in notebook.cells:
        section = section_of(cell) or section
        tags = cell.metadata.get("tags", [])
        if section not in off:
            # the appendix begins with what is left of it
            cells.append(
                node_of({**cell, "metadata": {**cell.metadata, "tags": [*tags, APPENDIX]}}) if begins_appendix else cell
            )
            begins_appendix = False
            continue
        begins_appendix = begins_appendix or APPENDIX in tags
        if cell.cell_type == "code" and (source := _silent(cell.source)):
            cells.append(node_of({**cell, "source": source}))
    return node_of({**notebook, "cells": cells})


def has_appendix(notebook: NotebookNode) -> bool:
    """Whether a notebook has an appendix, and so two editions."""
    return any(APPENDIX in cell.metadata.get("tags", []) for cell in notebook.cells)


def without_appendix(notebook: NotebookNode) -> NotebookNode:
    """The notebook up to its appendix; all of it where it has none."""
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        if APPENDIX in cell.metadata.get("tags", []):
            break
        cells.append(cell)
    return node_of({**notebook, "cells": cells})


def commented(notebook: NotebookNode, commentary: Mapping[str, Collection[str]], label: str) -> NotebookNode:
    """The notebook with the consultant's words at the end of their sections, each marked as such.

    Parameters
    ----------
    notebook : NotebookNode
        With tags that name its sections.
    commentary : mapping of str to collection of str
        By section, Markdown that `load_notes` has checked.
    label : str
        What the words are called.
    """
    cells: list[NotebookNode] = []
    section: str | None = None
    for cell in [*notebook.cells, None]:
        begins = section_of(cell) if cell is not None else None
        if (begins or cell is None) and section:
            cells += [
                _comment(text, f"note-{section}-{at}", label) for at, text in enumerate(commentary.get(section, ()))
            ]
        section = begins or section
        cells += [cell] if cell is not None else []
    return node_of({**notebook, "cells": cells})


def _comment(text: str, name: str, label: str) -> NotebookNode:
    """Commentary as a quote under its label, so that it is seen to be one in the notebook too."""
    lines = [f"**{label}**", "", *text.splitlines()]
    source = "\n".join(f"> {line}".rstrip() for line in lines)
    plain = re.sub(r"[^a-zA-Z0-9-]", "-", name)[:64]
    return node_of({"cell_type": "markdown", "id": plain, "metadata": {"tags": [COMMENTARY]}, "source": source})


def comment_of(cell: NotebookNode) -> tuple[str, str] | None:
    """The label and the Markdown of a cell that `commented` has added; None of any other."""
    if cell.cell_type != "markdown" or COMMENTARY not in cell.metadata.get("tags", []):
        return None
    lines = [re.sub(r"^> ?", "", line) for line in cell.source.splitlines()]
    return lines[0].strip("*"), "\n".join(lines[2:])


def _silent(source: str) -> str:
    """The code of a cell without the value that it shows at its end; empty where nothing else is left."""
    statements = ast.parse(source).body
    if len(statements) < 2 and not (statements and not isinstance(statements[-1], ast.Expr)):
        return ""
    last = statements[-1]
    if not isinstance(last, ast.Expr):
        return source
    lines = source.splitlines()[: last.lineno]
    lines[-1] = lines[-1].encode()[: last.col_offset].decode()  # columns of the syntax tree are bytes
    return "\n".join(lines).rstrip().removesuffix(";")
