"""The report as a PDF for readers, printers and screen readers: PDF/UA-1, set by Typst from the parts of the document.

The template is Typst code of our own; the document is data to it (`sys.inputs`), and a string of data is text there,
never markup. So nothing that a survey, a client's name or a notebook says can run, read a file, or change the layout.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import typst

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, HeaderCell, TableBlock, TextBlock
from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.report.writers.document import Document
from hpp_analysis.report.writers.fonts import font_folder, fonts
from hpp_analysis.report.writers.html import FORM_WIDTHS, Element, column_widths, page_of, rows_elsewhere
from hpp_analysis.report.writers.pages import TEMPLATES
from hpp_analysis.report.writers.prose_nodes import plain, prose_nodes
from hpp_analysis.texts import current_language, gettext, locale

_BRAND = "#12436d"
_BREAK = "\N{ZERO WIDTH SPACE}"
_LONGEST_WORD, _PIECE = 30, 10  # characters; a longer word may break after each piece, and at a hyphen anyway
_LONGEST_NAME = 60  # characters of a name in the head of a page
_ONE_LINE = 18  # characters of a word, or of a number with its bounds, that is not cut where there is room
_SHORT = 12  # rows of a table that is kept on one page
_UNUSUAL = r"[^\n\t -~\u00a0-\u024f\u2010-\u2026\u200b\u2212\u2264\u2265]"  # the others are in the font for certain


def report_pdf(document: Document, appearance: Appearance = PLAIN) -> bytes:
    """A document as a PDF in the language in use.

    Parameters
    ----------
    document : Document
        What `read_document` found in an executed notebook.
    appearance : Appearance
        The brand, and whether it is a draft. Fonts of a brand are used where the machine has them.

    Returns
    -------
    bytes
        A tagged PDF (PDF/UA-1) with bookmarks, alternative texts, a cover and page numbers. It carries no date, and
        its font is the DejaVu Sans that comes with matplotlib: equal input gives equal bytes. Only where a text has
        letters that this font lacks are the fonts of the system asked too.

    Raises
    ------
    ReportError
        When a part cannot be set.

    Examples
    --------
    >>> report_pdf(Document((), FactsBlock("cover", "DemoCable", [["Wave", "2"]])))[:8]
    b'%PDF-1.7'
    """
    page = _page(document)
    page["strip"] += [_text(part) for part in appearance.imprint()]
    data = json.dumps(page | _look(appearance), ensure_ascii=False)
    try:
        pdf = typst.compile(
            TEMPLATES / "report.typ",
            root=TEMPLATES,  # nothing outside can be read, and nothing in it is secret
            font_paths=fonts(system=bool(appearance.brand.fonts) or not _in_our_fonts(data)),
            sys_inputs={"document": data},
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as error:
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ReportError(
            [
                Failure(
                    f"Each part of a report can be set on a page; one cannot ({why}).",
                    "Look at the figures and pictures of the notebook, or leave `pdf` out of the formats.",
                )
            ]
        ) from error
    return bytes(pdf)


def _page(document: Document) -> dict[str, Any]:
    """What the template sets: texts, numbers and trees of nodes, nothing else."""
    page = page_of(document)
    name, title = plain(page["name"]), plain(page["title"])
    cover = document.cover
    return {
        "language": current_language(),
        "direction": locale().text_direction,
        "title": title,
        "name": _breakable(name),
        "short": name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…",
        "strip": [" ".join(_text(part) for part in fact) for fact in cover.facts] if cover else [],
        "banners": [_text(note) for note in cover.notes] if cover else [],
        "contents": gettext("Contents") if len(page["contents"]) > 1 and document.edition != "board" else "",
        "leads": page["leads"],
        "elements": [_element(element) | {"section": element.section} for element in page["elements"]],
    }


def _look(appearance: Appearance) -> dict[str, Any]:
    """Colours, fonts, logo, and the mark of a draft."""
    brand = appearance.brand
    logo = _svg(appearance.logo) if brand.logo else ""
    return {
        "brand": brand.colour or _BRAND,
        "accent": brand.accent or brand.colour or _BRAND,
        "fonts": [*brand.fonts, "DejaVu Sans"],
        "logo": logo,
        "logo_alt": plain(brand.name) or gettext("Logo"),
        "mark": appearance.mark,
        "mark_note": appearance.mark_note,
    }


def _element(element: Element) -> dict[str, Any]:
    block = element.block
    match block:
        case TableBlock():
            return _table(block, element)
        case FigureBlock():
            label = gettext("Figure {n}").format(n=element.number)
            return {
                "kind": "figure",
                "label": label,
                "caption": _text(block.caption),
                "svg": block.svg,
                "share": element.share,
                "alt": plain(block.alt),
                "notes": _text(" ".join(block.notes)),
            }
        case TextBlock():
            return {"kind": "text", "style": block.style, "texts": [_text(paragraph) for paragraph in block.paragraphs]}
        case FactsBlock():
            return {
                "kind": "facts",
                "heading": prose_nodes(element.html, _breakable),
                "facts": _pairs(block.facts),
                "style": block.style,
                "notes": _text(" ".join(block.notes)),
            }
    if element.kind == "picture":
        return {"kind": "picture", "svg": _svg(element.source), "share": 1.0, "alt": plain(element.alt)}
    if element.kind == "commentary":
        nodes = prose_nodes(element.html, _breakable)
        return {"kind": "commentary", "label": _text(element.text), "nodes": nodes}
    if element.kind == "plain":
        return {"kind": "plain", "text": _text(element.text)}
    return {"kind": "prose", "nodes": prose_nodes(element.html, _breakable)}


def _table(block: TableBlock, element: Element) -> dict[str, Any]:
    """Heads, and rows of texts; a row with one cell is the title of the rows after it."""
    elsewhere = rows_elsewhere(block)
    grouped = bool(element.groups and element.groups[0].title)
    heads = block.header[1:] if grouped else block.header
    rows: list[dict[str, Any]] = []
    for group in () if elsewhere else element.groups:
        if group.title:
            rows.append({"title": _text(group.title)})
        rows += [
            {
                "cells": [_text(cell.text) for cell in row],
                "heads": [cell.heads for cell in row],
                "again": [cell.again for cell in row],
            }
            for row in group.rows
        ]
    return {
        "kind": "table",
        "label": gettext("Table {n}").format(n=element.number),
        "caption": _text(block.caption),
        "heads": [_text(cell.label) for cell in heads],
        "widths": FORM_WIDTHS if block.form else column_widths([cell.label for cell in heads], element.groups),
        "numbers": [cell.unit != "text" for cell in heads],
        "least": _least(heads, rows),
        "rows": rows,
        "whole": len(rows) <= _SHORT,
        "form": block.form,
        "notes": _text(" ".join([elsewhere] if elsewhere else block.notes)),
    }


def _least(heads: Sequence[HeaderCell], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What stays on one line in each column: the longest word, and all of a number with its bounds."""
    texts = [[row["cells"][at] for row in rows if "cells" in row] for at in range(len(heads))]
    least = []
    for head, column in zip(heads, texts, strict=True):
        words = (word for text in column for word in ([text] if head.unit != "text" else re.split(r"[\s-]", text)))
        least.append(max((word for word in words if len(word) <= _ONE_LINE), key=len, default=""))
    return least


def _pairs(facts: list[list[str]]) -> list[list[str]]:
    return [[_text(part) for part in fact] for fact in facts]


def _breakable(text: str) -> str:
    """A text in which no word is wider than a column of a page."""

    def with_breaks(match: re.Match[str]) -> str:
        return _BREAK.join(match[0][at : at + _PIECE] for at in range(0, len(match[0]), _PIECE))

    return re.sub(rf"[^\s-]{{{_LONGEST_WORD},}}", with_breaks, text)


def _text(text: str) -> str:
    return _breakable(plain(text))


def _in_our_fonts(text: str) -> bool:
    return not re.search(_UNUSUAL, text) or set(text) <= _letters()


@cache
def _letters() -> frozenset[str]:
    """What the body's font can show, and what needs no shape."""
    from matplotlib.ft2font import FT2Font  # a quarter of a second that reports in Latin letters do without

    return frozenset(map(chr, FT2Font(str(font_folder() / "DejaVuSans.ttf")).get_charmap())) | {_BREAK, "\n", "\t"}


def _svg(source: str) -> str:
    """A picture's data address as SVG text; a PNG is put into one, in its own size."""
    mime, _comma, data = source.removeprefix("data:").partition(",")
    content = base64.b64decode(data)
    if mime.startswith("image/svg"):
        return content.decode("utf-8")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/></svg>'
    )
