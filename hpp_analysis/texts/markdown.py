"""Prose of notebooks: which parts of a Markdown cell are messages, and the cell in another language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hpp_analysis.texts import gettext

# what stands before the words of a line: heading, list and quote marks
_MARK = re.compile(r"^(\s*(?:#{1,6}\s+|[-*+]\s+|\d+[.)]\s+|>\s*)?)(.*)$", re.DOTALL)
_FENCE = re.compile(r"^(```|~~~)")


def _pieces(source: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces that join to the whole, each with whether it is words to translate."""
    fenced = False
    paragraph: list[str] = []
    for line in source.splitlines(keepends=True):
        starts = bool(re.match(r"^\s*(#{1,6}\s|[-*+]\s|\d+[.)]\s|>)", line))
        code = fenced or bool(_FENCE.match(line))
        if _FENCE.match(line):
            fenced = not fenced
        if paragraph and (not line.strip() or starts or code):
            yield "".join(paragraph), True
            paragraph = []
        if code or not line.strip():
            yield line, False
        else:
            paragraph.append(line)
    if paragraph:
        yield "".join(paragraph), True


def _split(piece: str) -> tuple[str, str, str]:
    """The mark before the words, the words on one line, and the white space after them."""
    match = _MARK.match(piece)
    mark, rest = (match.group(1), match.group(2)) if match else ("", piece)
    words = rest.rstrip()
    return mark, " ".join(words.split()), rest[len(words) :]


def paragraphs(source: str) -> list[str]:
    r"""The messages of a Markdown cell: its headings, paragraphs and list items, without their marks.

    Examples
    --------
    >>> paragraphs("# Who answered\n\nEach side has\nits own line.")
    ['Who answered', 'Each side has its own line.']
    """
    return [_split(piece)[1] for piece, words in _pieces(source) if words]


def translate(source: str, say: Callable[[str], str] = gettext) -> str:
    """The cell with each of its messages in the language in use; what stays the same keeps its lines."""
    parts = []
    for piece, words in _pieces(source):
        if words:
            mark, message, end = _split(piece)
            said = say(message)
            parts.append(piece if said == message else mark + said + end)
        else:
            parts.append(piece)
    return "".join(parts)
