"""nbformat with types: notebooks from text, to text, and copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode


def parse(text: str) -> NotebookNode:
    """A notebook of whatever version in the current format.

    Raises
    ------
    ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError
        When the text is no notebook.
    """
    node: NotebookNode = nbformat.v4.upgrade(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
    nbformat.validate(node)
    return node


def text_of(node: NotebookNode) -> str:
    """A notebook as the text of its file."""
    return f"{nbformat.writes(node)}\n"  # type: ignore[no-untyped-call]


def node_of(content: Mapping[str, Any]) -> NotebookNode:
    """A mapping, and all in it, as nodes: a copy that is safe to change."""
    node: NotebookNode = nbformat.from_dict(content)  # type: ignore[no-untyped-call]
    return node


def error_output(kind: str, message: str) -> NotebookNode:
    """What a cell shows that raised."""
    return node_of({"output_type": "error", "ename": kind, "evalue": message, "traceback": [f"{kind}: {message}"]})
