"""The notebook that makes a report: where it lies, and its prose in the language of the report."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode, ValidationError

import hpp_analysis
from hpp_analysis.errors import Failure, HppError, ReportError
from hpp_analysis.report.notebook.nodes import node_of, parse
from hpp_analysis.texts import SOURCE, gettext, language
from hpp_analysis.texts.markdown import paragraphs, translate
from hpp_analysis.texts.wording import Wording, worded

if TYPE_CHECKING:
    from hpp_analysis.survey.survey import Survey

_LANGUAGE_TAG = "lang-"
PLACE = "hpp_cell"
"""The cell metadata that remembers a cell's place in the notebook as its author knows it."""


def packaged_notebook(name: str = "client_report") -> Path:
    """The path of a notebook that comes with the package.

    Parameters
    ----------
    name : str
        Without folder and ending.

    Returns
    -------
    Path
        Inside the installed package, or in the source tree of which it is a part.
    """
    package = Path(hpp_analysis.__file__).parent
    installed = package / "notebooks" / f"{name}.ipynb"
    return installed if installed.is_file() else package.parent / "notebooks" / f"{name}.ipynb"


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook in the current format, its outputs left out.

    Raises
    ------
    ReportError
        When there is no notebook, or it is not one for Python.
    """
    try:
        node = parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, AttributeError, KeyError, TypeError, ValidationError) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise ReportError(
            [Failure(f"The notebook of a report can be read ({why}).", "Correct the path or the file.", str(path))]
        ) from error
    spoken = node.metadata.get("kernelspec", {}).get("language", "python")
    if str(spoken).lower() != "python":
        raise ReportError(
            [
                Failure(
                    "The notebook of a report is in Python.", "Choose another notebook.", path.name, value=str(spoken)
                )
            ]
        )
    node.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return node


def _own_languages(cell: NotebookNode) -> set[str]:
    """The languages that a Markdown cell was written in for its own; empty for a cell that is translated."""
    tags = cell.metadata.get("tags", []) if cell.cell_type == "markdown" else []
    return {tag.removeprefix(_LANGUAGE_TAG) for tag in tags if tag.startswith(_LANGUAGE_TAG)}


def untranslated(notebook: NotebookNode, code: str) -> Iterator[tuple[int, str]]:
    """The paragraphs that the catalogue of a language does not hold, each with the place of its cell."""
    if code == SOURCE:
        return
    with language(code):
        for place, cell in enumerate(notebook.cells):
            if cell.cell_type != "markdown" or _own_languages(cell):
                continue
            for paragraph in paragraphs(cell.source):
                try:
                    gettext(paragraph)
                except HppError:
                    yield place, paragraph


NEEDS = {"needs-sides": "side", "needs-partnerships": "partnership"}
"""Cells with one of these tags are left out where the answers have no such column, or one side only; with `needs-threshold`, where the
factors have no threshold, with `needs-several`, where no client has several partnerships, with `needs-ideas`, where no characteristic comes with an idea, with `needs-agenda`, where they do not share one or the questionnaire asks for no success, with
`needs-drivers`, where fewer than a hundred persons answered a wave as well, with `needs-dont-know`, where it offers no such answer, with
`needs-waves`, where there is one wave only. Cells with a tag of `GIVEN` are left out where the study has no such thing. With `without-` in the
place of `needs-` a cell is left out where there is one."""
GIVEN = ("agreements", "breakdowns", "comments", "invited", "norms", "total")
"""What a study may have, and what its cells need by their tag `needs-NAME`: agreements of an earlier wave, groups to compare, reviewed
comments, numbers of invited persons, a norm, and a total."""
SECTION = "section-"
"""The heading of each section of the client report is a cell of its own with such a tag, as `section-summary`; the section
runs to the next one."""


def fitting(notebook: NotebookNode, survey: Survey, given: Collection[str] = ()) -> NotebookNode:
    """The notebook without the cells that these answers cannot fill.

    Parameters
    ----------
    notebook : NotebookNode
        From `read_notebook`; it stays as it is.
    survey : Survey
        All answers of the run.
    given : collection of str
        Which of `GIVEN` the study has.
    """
    # what knows of answers loads here: a worker that only executes a notebook does without
    from hpp_analysis.common.design import characteristics
    from hpp_analysis.common.interpret import MIN_PERSONS_IMPORTANCE

    is_available = {tag: column in survey.respondents for tag, column in NEEDS.items()}
    if "side" in survey.respondents:
        is_available["needs-sides"] = len(survey.values("side")) > 1
    is_available |= {f"needs-{name}": name in given for name in GIVEN}
    is_available["needs-dont-know"] = survey.instrument.scale.dont_know is not None
    is_available["needs-waves"] = "wave" in survey.respondents and len(survey.values("wave")) > 1
    is_available["needs-threshold"] = any(factor.threshold is not None for factor in survey.instrument.factors)
    is_available["needs-several"] = "partnership" in survey.respondents and (
        len(survey.values("partnership")) > len(survey.values("client") if "client" in survey.respondents else ())
    )
    is_available["needs-ideas"] = any(item.idea is not None for item in characteristics(survey))
    is_available["needs-agenda"] = survey.instrument.threshold is not None and "success" in (
        outcome.id for outcome in survey.instrument.outcomes
    )
    # what a few persons' answers add up to is nobody's to see, not even as slopes
    fewest = min((survey.wave(wave).n_persons for wave in _waves(survey)), default=0)
    is_available["needs-drivers"] = is_available["needs-agenda"] and fewest >= MIN_PERSONS_IMPORTANCE
    left_out = {tag.replace("needs-", "without-", 1) if present else tag for tag, present in is_available.items()}
    cells = [
        node_of({**cell, "metadata": {**cell.metadata, PLACE: place}})
        for place, cell in enumerate(notebook.cells)
        if not left_out.intersection(cell.metadata.get("tags", []))
    ]
    return node_of({**notebook, "cells": [*_without_empty_sections(cells, notebook.cells)]})


def _without_empty_sections(cells: Sequence[NotebookNode], whole: Sequence[NotebookNode]) -> Iterator[NotebookNode]:
    """The cells without headings that have lost all that stood under them in the whole notebook."""
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        was_empty = _is_empty_section(cell, next(iter(whole[cell.metadata[PLACE] + 1 :]), None))
        if was_empty or not _is_empty_section(cell, following):
            yield cell


def _is_empty_section(cell: NotebookNode, following: NotebookNode | None) -> bool:
    """Whether a cell is a heading alone, and the next one begins another section, or there is none."""
    level, next_level = _heading(cell), 1 if following is None else _heading(following)
    return "\n" not in cell.source.strip() and 0 < next_level <= level


def _heading(cell: NotebookNode) -> int:
    """The level of the heading that a cell begins with; 0 where it begins with none."""
    found = re.match(r"(#+) ", cell.source) if cell.cell_type == "markdown" else None
    return len(found[1]) if found else 0


def _waves(survey: Survey) -> tuple[str, ...]:
    return survey.values("wave") if "wave" in survey.respondents else ("",)


def localised(notebook: NotebookNode, code: str, words: Wording | None = None) -> NotebookNode:
    """The notebook as a reader of the language gets it.

    Parameters
    ----------
    notebook : NotebookNode
        From `read_notebook`; it stays as it is.
    code : str
        The language. Markdown cells tagged `lang-xx` stay in reports in xx only, and as they are; all others
        are translated, paragraph by paragraph.
    words : Wording, optional
        What the study calls a client, a partner and so on.

    Returns
    -------
    NotebookNode

    Raises
    ------
    HppError
        When a paragraph has no translation; `untranslated` finds them all.
    """
    cells = []
    with language(code), worded(words):
        for place, cell in enumerate(notebook.cells):
            own = _own_languages(cell)
            if own and code not in own:
                continue
            copy = node_of({**cell, "metadata": {PLACE: place, **cell.metadata}})
            if cell.cell_type == "markdown" and not own:
                copy.source = translate(cell.source)
            cells.append(copy)
    return node_of({**notebook, "cells": cells})
