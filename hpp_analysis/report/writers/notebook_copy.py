"""The copy of the executed notebook beside a report, without local paths, times and random ids."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from papermill.translators import PythonTranslator

import hpp_analysis
from hpp_analysis.display.blocks import MIME
from hpp_analysis.report.notebook.nodes import node_of
from hpp_analysis.report.notebook.parameters import public_parameters
from hpp_analysis.report.writers.prose_nodes import plain

_INJECTED = "injected-parameters"
# after the codes by which a traceback has colours, which end in a letter
_COLOURED = r"(?<=\x1b\[\dm)|(?<=\x1b\[\d\dm)|(?<=\x1b\[\d;\d\dm)"


def shareable(notebook: NotebookNode, parameters: Mapping[str, Any]) -> NotebookNode:
    """Copy an executed notebook without local paths, warnings and traces of the execution.

    Parameters
    ----------
    notebook : NotebookNode
        As it was executed; it stays as it is.
    parameters : mapping
        What it was given.

    Returns
    -------
    NotebookNode
        File names in the place of paths, no traces of the execution in the metadata, stable ids, no warnings.
    """
    copy = node_of(notebook)
    copy.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    hide = _Paths(parameters)
    for place, cell in enumerate(copy.cells):
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if _INJECTED in tags:
            parameters_code = PythonTranslator.codify(public_parameters(parameters), "Parameters").strip()
            cell.source = hide.text(parameters_code)
        if _INJECTED in tags or any(tag.startswith("papermill-error") for tag in tags):
            cell.id = f"hpp-{place}"  # papermill's are random
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source)
        if cell.cell_type == "code":
            cell.outputs = [hide.clean(output) for output in cell.outputs if output.get("name") != "stderr"]
    return copy


def without_paths(text: str, parameters: Mapping[str, Any]) -> str:
    """A text in which the paths of this machine are shortened."""
    return _Paths(parameters).text(text)


def count_warnings(notebook: NotebookNode) -> int:
    """How many outputs of a notebook went to stderr; a report shows none of them."""
    return sum(
        output.get("name") == "stderr" for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    )


def _plain(value: Any) -> Any:
    """Plain data without controlling characters in its texts."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return _node({plain(key): _plain(part) for key, part in value.items()})
    return value


def _node(content: dict[str, Any]) -> NotebookNode:
    """A mapping whose parts are nodes already."""
    return NotebookNode(content)  # type: ignore[no-untyped-call]


class _Paths:
    """Finds the paths of this machine in texts."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        files = [*parameters.get("responses", []), parameters.get("instrument", "")]
        known = {str(Path(file).parent): "" for file in files if file and Path(file).is_absolute()}
        known |= {
            str(Path(hpp_analysis.__file__).parent.parent): "",
            sys.prefix: "",
            str(Path.cwd()): "",
            os.path.realpath(tempfile.gettempdir()): "",
            str(Path.home()): "~",
        }
        known = {path: short for path, short in known.items() if len(Path(path).parts) > 1}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = known
        paths = "|".join(re.escape(path) for path in longest_first)
        self._pattern = re.compile(rf"(?:(?<![\w/])|{_COLOURED})(?:{paths})(?P<rest>/|(?![\w-]))")

    def text(self, text: str) -> str:
        """The text with each known path shortened."""

        def shorter(match: re.Match[str]) -> str:
            short = self._known[match[0].removesuffix("/")]
            return f"{short}/" if short and match["rest"] else short

        return self._pattern.sub(shorter, text)

    def clean(self, value: Any) -> Any:
        """An output with all its texts shortened; blocks, and the HTML beside them, are our own and stay.

        Characters that control something, as the direction of writing, are left out everywhere.
        """
        if isinstance(value, str):
            return plain(self.text(value))
        if isinstance(value, list):
            return [self.clean(part) for part in value]
        if isinstance(value, dict):
            own = MIME in value
            return _node(
                {key: _plain(part) if own or key == "image/png" else self.clean(part) for key, part in value.items()}
            )
        return value
