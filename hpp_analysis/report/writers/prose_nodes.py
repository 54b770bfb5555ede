"""Prose as a tree of plain data, for writers of formats other than HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

_CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
_VOID = {"br", "hr"}
_OUTER = {"ul", "ol", "table", "thead", "tbody", "tr", "blockquote"}  # white space in these is no text

Node = str | list[Any]
"""A string is text; a list is a tag and what it holds."""


def plain(text: str) -> str:
    r"""A text without characters that control something, as the direction of writing.

    Examples
    --------
    >>> plain("nul\x00bell\x07")
    'nulbell'
    """
    return re.sub(_CONTROLS, "", text)


def prose_nodes(html: str, text: Callable[[str], str] = str) -> list[Node]:
    """What `prose_html` has written, as a tree.

    Parameters
    ----------
    html : str
        Our own HTML.
    text : callable
        What is done to each text, after its controlling characters are gone.

    Examples
    --------
    >>> prose_nodes("<p>One <strong>bold</strong></p>")
    [['p', 'One ', ['strong', 'bold']]]
    """
    reader = _Reader(text)
    reader.feed(html)
    reader.close()
    return reader.root


def text_of(nodes: list[Node]) -> str:
    """The text of a tree.

    Examples
    --------
    >>> text_of(["One ", ["strong", "bold"]])
    'One bold'
    """
    return "".join(node if isinstance(node, str) else text_of(node[1:]) for node in nodes)


class _Reader(HTMLParser):
    def __init__(self, text: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.root: list[Node] = []
        self._open: list[list[Any]] = [self.root]
        self._text = text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        node: list[Any] = [tag]
        self._open[-1].append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1 and self._open[-1][0] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        within_pre = any(node and node[0] == "pre" for node in self._open)
        text = data if within_pre else re.sub(r"\s+", " ", data)
        if text.strip() or (text and self._open[-1] is not self.root and self._open[-1][0] not in _OUTER):
            self._open[-1].append(self._text(plain(text)))
