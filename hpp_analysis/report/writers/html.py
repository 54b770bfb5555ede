"""The report as one HTML file that loads nothing: an exporter of nbconvert with our own template."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape, unescape
from itertools import groupby
from typing import Any, cast

from jinja2 import Environment
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode

from hpp_analysis.display.blocks import Block, FactsBlock, FigureBlock, TableBlock, TextBlock
from hpp_analysis.display.columns import Unit
from hpp_analysis.display.formats import format_value
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.report.writers.document import (
    BlockPart,
    Commentary,
    Document,
    Part,
    Picture,
    PlainText,
    Prose,
    read_document,
)
from hpp_analysis.report.writers.markdown import Outline, heading_html, prose_html
from hpp_analysis.report.writers.pages import TEMPLATES, environment
from hpp_analysis.texts import gettext

_NARROWEST, _WIDEST, _PADDING = 4, 46, 3  # characters of a column, and the room between two
_COLUMN = 518.4  # points: 7.2 inches, the width of a figure that fills the column
FORM_WIDTHS = [3, 22, 22, 10, 9]
"""Of the columns of a form: its number, two to write in, a name and a date."""
_MOST_LISTED, _MOST_FOLDED, _DASH = (
    24,
    240,
    "–",
)  # rows of a figure's table that a phone lists at once, and behind a fold
MOST_PRINTED = 100  # rows of a table on paper and in Word: longer ones are for screens and the workbook
_LONG = 16  # rows of a table; one with more is folded. So many partnerships stand in a board's table at most
_WHOLES = ("All", "Total", "The chain as a whole", "Both sides together")
_SPOTS = re.compile(
    r'<g fill="#ffffff" fill-opacity="0">\n'
    r'((?:<rect x="-?[\d.]+" y="-?[\d.]+" width="[\d.]+" height="[\d.]+"><title>[^<]*</title></rect>\n)+)</g>\n(?=</svg>\n\Z)'
)
_FRAME = re.compile(r'<svg\b[^>]*? viewBox="([\d. ]+)"')
_DIFFERENCES = ("gap", "change")  # what such a list shows of a table that compares two means
_ROWS_PER_GROUP = 3  # from so many rows a shared header becomes a line of its own

Listed = tuple[tuple[str, ...], tuple[str, ...]]
"""A row of a list: what it is of, and the number with its verdict."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its text, and how it stands there."""

    text: str
    heads: bool
    number: bool
    again: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a table that share their first header; `title` is empty where each row shows its own."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Element:
    """A part of the page: what kind it is, and what the template shows of it.

    Attributes
    ----------
    kind : str
        "prose", "commentary", "table", "figure", "text", "facts", "plain" or "picture".
    html : str
        Prose, or the heading of facts: already escaped.
    source : str
        Of an image.
    block : Block or None
    number : int
        Of a table or figure.
    groups : tuple of Group
        The rows of a table.
    text, alt : str
    share : float
        Of a figure: the part of the column that it takes, 1 for all of it.
    section : int
        The section that it stands in, from 1 on.
    listed : tuple of (str, tuple of Listed)
        Of a figure: its numbers for screens too narrow for it, in lists with a title each, or in one without.
    spots, frame : str
        Of a figure: the rectangles that say its values, as SVG, and the view box of both.
    folds : bool
        Whether it is folded until its reader unfolds it: a long table, a long list, or the methods.
    wholes : (bool, bool)
        Whether the first and the last row of a table are of all others together, and stay where they are.
    """

    kind: str
    html: str = ""
    source: str = ""
    block: Block | None = None
    number: int = 0
    groups: tuple[Group, ...] = ()
    text: str = ""
    alt: str = ""
    share: float = 1.0
    section: int = 0
    listed: tuple[tuple[str, tuple[Listed, ...]], ...] = ()
    spots: str = ""
    frame: str = ""
    folds: bool = False
    wholes: tuple[bool, bool] = (False, False)


class ReportExporter(TemplateExporter):
    """Turns an executed notebook into a page in the language in use."""

    def __init__(self, appearance: Appearance = PLAIN, **options: Any) -> None:
        self._appearance = appearance
        super().__init__(  # type: ignore[no-untyped-call]
            template_paths=[str(TEMPLATES)], template_file="report.html.j2", default_preprocessors=[], **options
        )

    def _create_environment(self) -> Environment:
        return environment()

    def from_notebook_node(  # type: ignore[override]
        self,
        nb: NotebookNode,
        resources: dict[str, Any] | None = None,
        **kw: Any,  # noqa: ARG002 - the exporter's interface
    ) -> tuple[str, dict[str, Any]]:
        """Convert an executed notebook; it is only read, so that the copies which nbconvert makes of it are not needed."""
        page = page_of(read_document(nb))
        page["elements"] = _with_methods_together(page["elements"])
        context = {**(resources or {}), "page": page, "look": self._appearance}
        return self.template.render(nb=nb, resources=context), context


def report_html(notebook: NotebookNode, appearance: Appearance = PLAIN) -> str:
    """An executed notebook as a page in the language in use.

    Parameters
    ----------
    notebook : NotebookNode
        With its outputs; only blocks, prose, plain text and pictures with alternative texts are shown.
    appearance : Appearance
        The brand, and whether it is a draft.

    Returns
    -------
    str
        One HTML file: nothing remote, no script but the page's own, everything escaped. Equal input gives equal bytes.

    Raises
    ------
    ReportError
        When a part cannot be shown.
    """
    return str(ReportExporter(appearance).from_notebook_node(notebook)[0])


def page_of(document: Document) -> dict[str, Any]:
    """What a page shows of a document: title, name, cover, elements, and the headings of its contents."""
    outline = Outline()
    elements: list[Element] = []
    for part in _gathered(document.parts):
        element = _element(part, outline)
        elements.append(replace(element, section=sum(heading.level == 2 for heading in outline.headings)))
    name = document.cover.title if document.cover else ""
    title = unescape(re.sub(r"<[^>]+>", "", outline.title)) or gettext("Report")
    return {
        "title": title,
        "name": name,
        "cover": document.cover,
        "elements": elements,
        "contents": [heading for heading in outline.headings if heading.level == 2],
        "leads": any(isinstance(element.block, TextBlock) and element.block.style == "lead" for element in elements),
    }


def _gathered(parts: Iterable[Part]) -> list[Part]:
    """The parts, with findings that follow each other as one."""
    gathered: list[Part] = []
    for part in parts:
        findings, before = _findings(part), _findings(gathered[-1]) if gathered else None
        if findings and before:
            gathered[-1] = BlockPart(replace(before, paragraphs=[*before.paragraphs, *findings.paragraphs]))
        else:
            gathered.append(part)
    return gathered


def _findings(part: Part) -> TextBlock | None:
    """The sentences of a part, if it is sentences that were made from numbers."""
    block = part.block if isinstance(part, BlockPart) else None
    return block if isinstance(block, TextBlock) and block.style == "summary" else None


def _with_methods_together(elements: list[Element]) -> list[Element]:
    """The elements, with methods that follow each other as one that is folded."""
    joined: list[Element] = []
    for methods, run in groupby(elements, key=_is_method):
        together = list(run)
        texts = [element.block for element in together if isinstance(element.block, TextBlock)]
        if methods and len(together) > 1:
            paragraphs = [paragraph for text in texts for paragraph in text.paragraphs]
            joined.append(replace(together[0], block=replace(texts[0], paragraphs=paragraphs), folds=True))
        else:
            joined += together
    return joined


def _is_method(element: Element) -> bool:
    return isinstance(element.block, TextBlock) and element.block.style == "method"


def _element(part: Part, outline: Outline) -> Element:
    match part:
        case Prose():
            return Element("prose", html=prose_html(part.source, outline))
        case Commentary():
            return Element("commentary", html=prose_html(part.source, outline), text=part.label)
        case PlainText():
            return Element("plain", text=part.text)
        case Picture():
            data = part.data if part.mime == "image/png" else _base64(part.data)
            return Element("picture", source=f"data:{part.mime};base64,{''.join(data.split())}", alt=part.alt)
        case BlockPart():
            return _block(part.block, part.number, outline)


def _block(block: Block, number: int, outline: Outline) -> Element:
    match block:
        case TableBlock():
            folds = len(block.cells) > _LONG and not block.form
            return Element(
                "table", block=block, number=number, groups=_groups(block), folds=folds, wholes=_wholes(block)
            )
        case FigureBlock():
            found, frame = _SPOTS.search(block.svg), _FRAME.search(block.svg)
            listed = _listed(block.table) or _drawn_values(found[1] if found else "")
            drawn = block.svg if found is None else block.svg[: found.start()] + block.svg[found.end() :]
            return Element(
                "figure",
                block=block,
                number=number,
                source=f"data:image/svg+xml;base64,{_base64(drawn)}",
                alt=block.alt,
                share=width_of(block.svg),
                listed=listed,
                spots=found[1] if found and frame else "",
                frame=frame[1] if found and frame else "",
                folds=sum(len(rows) for _title, rows in listed) > _MOST_LISTED,
            )
        case TextBlock():
            return Element("text", block=block)
        case FactsBlock():
            return Element("facts", block=block, html=_facts_heading(block, outline))


def rows_elsewhere(block: TableBlock) -> str:
    """Where the rows of a table stand that is too long for paper; empty where it is not."""
    if len(block.cells) <= MOST_PRINTED:
        return ""
    n = format_value(len(block.cells), "count")
    return gettext("The {n} rows of this table are in the workbook and on the HTML page.").format(n=n)


def _listed(table: TableBlock | None) -> tuple[tuple[str, tuple[Listed, ...]], ...]:
    """The rows of a table as names and what it says of them, by their first name where several share it; nothing of a very long
    table, and of one without scores, differences or shares.
    """
    if table is None or not 0 < len(table.cells) <= _MOST_FOLDED:
        return ()
    numbers = _numbers_listed(table)
    names = [tuple(cell for cell in row[: table.row_headers] if cell != _DASH) for row in table.cells]
    rows = list(zip(names, numbers, strict=True)) if numbers else []
    runs = [(first, list(run)) for first, run in groupby(rows, key=lambda row: row[0][:1])]
    if table.row_headers < 2 or len(rows) < 2 * len(runs):
        return (("", tuple(rows)),) if rows else ()
    return tuple((first[0], tuple((own[1:], said) for own, said in run)) for first, run in runs)


def _drawn_values(spots: str) -> tuple[tuple[str, tuple[Listed, ...]], ...]:
    """What a figure says of its values, where its table is too long for a list: it draws a part of it."""
    said = [unescape(title).rpartition(": ") for title in re.findall("<title>([^<]*)</title>", spots)]
    rows = [(names.split(" · "), value) for names, _colon, value in said] if len(said) <= _MOST_FOLDED else []
    runs = groupby(rows, key=lambda row: row[0][:-2])
    return tuple(
        (" · ".join(title), tuple((tuple(names[-2:]), (value,)) for names, value in run)) for title, run in runs
    )


def _numbers_listed(table: TableBlock) -> list[tuple[str, ...]]:
    """What a list says of each row: the difference or score with its verdict, else the shares."""
    heads = [head.name for head in table.header]
    differs = next((heads.index(name) for name in _DIFFERENCES if name in heads), None)
    scored = next((at for at, head in enumerate(table.header) if head.unit == "score"), None)
    number = scored if differs is None else differs
    if number is None:
        shares = [at for at, head in enumerate(table.header) if head.unit == "share" and not head.upper]
        if len(shares) < 2:
            return [(row[at],) for row in table.cells for at in shares]
        return [(", ".join(f"{table.header[at].label}: {row[at]}" for at in shares),) for row in table.cells]
    verdict = next((at for at, head in enumerate(table.header) if head.name == "verdict"), None)
    listed = []
    for cells, values in zip(table.cells, table.values, strict=True):
        value, unit = values.get(heads[number]), cast("Unit", table.header[number].unit)
        exact = isinstance(value, float)  # with the decimals of the figure
        shown = format_value(value, unit, coarse=True) if exact else cells[number]
        listed.append((shown, *([] if verdict is None or cells[verdict] == _DASH else [cells[verdict]])))
    return listed


def width_of(svg: str) -> float:
    """The width of a figure as a part of the column that a whole one fills.

    Examples
    --------
    >>> width_of('<svg width="259.2pt">'), width_of("<svg>")
    (0.5, 1.0)
    """
    match = re.search(r'<svg\b[^>]*?\swidth="([\d.]+)pt"', svg)
    return min(1.0, float(match[1]) / _COLUMN) if match else 1.0


def _facts_heading(block: FactsBlock, outline: Outline) -> str:
    """The title of facts is a heading under that of its section."""
    return heading_html(outline.add(escape(block.title), 3)) if block.title.strip() else ""


def _wholes(block: TableBlock) -> tuple[bool, bool]:
    """Whether the first and the last row are of all others together, by what they are called."""
    names = {gettext(name) for name in _WHOLES}
    first, last = ([] if not block.cells else block.cells[at][: block.row_headers] for at in (0, -1))
    return not names.isdisjoint(first), not names.isdisjoint(last)


def _groups(block: TableBlock) -> tuple[Group, ...]:
    """The rows under their shared first header where that saves a column, else as they are."""
    runs = [list(rows) for _title, rows in groupby(block.cells, key=lambda row: row[0] if row else "")]
    if block.row_headers < 2 or len(block.cells) < _ROWS_PER_GROUP * len(runs):
        return (Group("", rows_of(block, block.cells)),)
    return tuple(Group(rows[0][0], rows_of(block, rows, 1)) for rows in runs)


def rows_of(block: TableBlock, texts: list[list[str]], first: int = 0) -> tuple[tuple[Cell, ...], ...]:
    """The cells of some rows, from the column `first` on."""
    rows = []
    before: list[str] = []
    for row in texts:
        cells = []
        for place, head in list(enumerate(block.header))[first:]:
            heads = place < block.row_headers
            again = heads and row[: place + 1] == before[: place + 1]
            cells.append(Cell(row[place], heads, head.unit != "text", again))
        rows.append(tuple(cells))
        before = row
    return tuple(rows)


def column_widths(heads: list[str], groups: tuple[Group, ...]) -> list[int]:
    """How columns share the width of a page, by the longest text of each; a head may take several lines."""
    widths = [max(map(len, head.split()), default=0) + 1 for head in heads]
    for group in groups:
        for row in group.rows:
            widths = [max(wide, len(cell.text)) for wide, cell in zip(widths, row, strict=True)]
    return [min(max(wide, _NARROWEST), _WIDEST) + _PADDING for wide in widths]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode()
