"""Prose as HTML: nothing of it is trusted, and its headings fit into one outline."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from html import escape
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the document: HTML of its words, and the anchor that leads to it."""

    level: int
    html: str
    anchor: str


@dataclass
class Outline:
    """The headings of a document as they come: one title, and no level skipped.

    Attributes
    ----------
    title : str
        The first heading of level 1, as HTML; empty until it comes.
    headings : list of Heading
        All others.
    """

    title: str = ""
    headings: list[Heading] = field(default_factory=list)

    def add(self, html: str, level: int) -> Heading | None:
        """Place a heading; None when it is the title, which the cover shows."""
        if level == 1 and not self.title:
            self.title = html
            return None
        deepest = self.headings[-1].level + 1 if self.headings else 2
        heading = Heading(min(max(level, 2), deepest), html, self._anchor(html))
        self.headings.append(heading)
        return heading

    def _anchor(self, html: str) -> str:
        words = re.sub(r"<[^>]+>|&[^;]+;", " ", html)
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "section"
        anchor, times = f"s-{stem}", 1
        while anchor in {heading.anchor for heading in self.headings}:
            times += 1
            anchor = f"s-{stem}-{times}"
        return anchor


def heading_html(heading: Heading | None) -> str:
    """A placed heading as an element."""
    if heading is None:
        return ""
    return f'<h{heading.level} id="{heading.anchor}">{heading.html}</h{heading.level}>\n'


class _Renderer(IPythonRenderer):
    """nbconvert's renderer with its HTML escaped; a report loads nothing and leads nowhere."""

    def __init__(self, outline: Outline) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)
        self._outline = outline

    def heading(self, text: str, level: int, **_attrs: Any) -> str:
        return heading_html(self._outline.add(text, level))

    def link(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002 - the renderer's interface
        """The address in words: a report is printed, and opens no other page."""
        address = escape(url)
        return address if text in (address, url) else f"{text} ({address})"

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002 - the renderer's interface
        return f"[{escape(text)}]" if text else ""

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """Without inline styles, which the document's policy forbids; a head says what it heads."""
        kind = ' class="number"' if align == "right" else ""
        return f'  <th scope="col"{kind}>{text}</th>\n' if head else f"  <td{kind}>{text}</td>\n"

    def task_list_item(self, text: str, checked: bool = False) -> str:
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"

    def block_code(self, code: str, info: str | None = None) -> str:  # noqa: ARG002 - no colours, no diagrams
        return f"<pre><code>{escape(code)}</code></pre>\n"


def prose_html(source: str, outline: Outline) -> str:
    r"""A Markdown cell as HTML, its headings added to the outline.

    Examples
    --------
    >>> prose_html("Hello <script>", Outline())
    '<p>Hello &lt;script&gt;</p>\n'
    """
    return str(MarkdownWithMath(renderer=_Renderer(outline)).render(source))
