"""Blocks as HTML for notebooks and as text for terminals; HTML is built as a tree, so it is escaped by construction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from hpp_analysis.display.blocks import Block, FactsBlock, FigureBlock, HeaderCell, TableBlock, TextBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_interval, format_number, format_value, is_missing, natural
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    import pandas as pd


def table_block(
    frame: pd.DataFrame,
    columns: tuple[Column, ...],
    *,
    name: str,
    caption: str,
    notes: list[str],
    row_headers: int,
    coarse: pd.Series | None = None,
    ends: pd.Series | None = None,
    counted: bool = False,
) -> TableBlock:
    """Format a frame by its columns.

    `coarse` marks the rows of which only rounded means may be shown. `ends` names the columns of a row ("mean=high;") whose
    mean lies near an end of the scale and is not told exactly: the number, or a mean nearer that end. With `counted`,
    Partner 2 stands before Partner 10.
    """
    if counted:
        order = _counted_order(frame, columns)
        frame, coarse, ends = (part if part is None else part.iloc[order] for part in (frame, coarse, ends))
    shown = [column for column in columns if column.label and column.name in frame]
    rough = [False] * len(frame) if coarse is None else [bool(flag) for flag in coarse]
    records = frame.to_dict("records")
    cells = [[_cell(row, column, flag) for column in shown] for row, flag in zip(records, rough, strict=True)]
    for place, codes in enumerate([] if ends is None else ends):
        for coded, end in (code.split("=") for code in str(codes).split(";") if code):
            number = next((at for at, column in enumerate(shown) if column.name == coded), None)
            if number is not None:
                bound = format_number(records[place][coded])
                said = _("{bound} or more") if end == "high" else _("{bound} or less")
                cells[place][number] = records[place][coded] = said.format(bound=bound)
    header = [HeaderCell(column.name, column.label, column.unit, column.upper) for column in shown]
    values = [{str(key): _plain(value) for key, value in row.items()} for row in records]
    return TableBlock(name, caption, header, cells, values, notes, row_headers)


def _counted_order(frame: pd.DataFrame, columns: tuple[Column, ...]) -> list[int]:
    """Where rows come from once Partner 2 stands before Partner 10.

    Names with a number change places among themselves, where they stand in the order of the alphabet. Rows stay with the
    factor or characteristic that they are about.
    """
    rows = list(range(len(frame)))
    by = next((one.name for one in columns if one.name in ("partnership", "whose") and one.name in frame), None)
    if by is None:
        return rows
    names = frame[by].tolist()
    alphabetical = [name for name in dict.fromkeys(names) if isinstance(name, str) and re.search(r"\d", name)]
    counted = sorted(alphabetical, key=natural)
    if counted == alphabetical or alphabetical != sorted(alphabetical):
        return rows
    others = dict(zip(alphabetical, counted, strict=True))
    place = {others.get(name, name): at for at, name in enumerate(dict.fromkeys(names))}
    keys = [column.name for column in columns if column.key and column.name in frame]
    before = keys[: keys.index(by)] if by in keys else []
    outer = list(frame[before].astype(str).itertuples(index=False, name=None))
    runs = [key for at, key in enumerate(outer) if at == 0 or key != outer[at - 1]]
    first = {key: at for at, key in enumerate(runs)}
    together = len(first) == len(runs)  # else partnerships stand outside factors
    return sorted(rows, key=lambda at: (first[outer[at]] if together else 0, place[names[at]]))


def _cell(row: dict[Any, Any], column: Column, coarse: bool) -> str:
    if column.upper is not None:
        return format_interval(row[column.name], row[column.upper], column.unit, coarse=coarse)
    return format_value(row[column.name], column.unit, coarse=coarse)


def _plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if is_missing(value):
        return None
    return value.item() if hasattr(value, "item") else value


def to_html(block: Block) -> str:
    """A block for a notebook's output."""
    match block:
        case TableBlock():
            return _table_html(block)
        case FigureBlock():
            figure = ET.Element("figure")
            ET.SubElement(figure, "figcaption").text = block.caption
            return ET.tostring(figure, encoding="unicode", method="html").replace("</figure>", block.svg + "</figure>")
        case TextBlock():
            return "".join(_element("p", paragraph) for paragraph in block.paragraphs)
        case FactsBlock():
            listed = ET.Element("dl")
            for label, value in block.facts:
                ET.SubElement(listed, "dt").text = label
                ET.SubElement(listed, "dd").text = value
            notes = "".join(_element("p", note) for note in block.notes)
            return _element("p", block.title) + ET.tostring(listed, encoding="unicode", method="html") + notes


def _element(tag: str, text: str) -> str:
    element = ET.Element(tag)
    element.text = text
    return ET.tostring(element, encoding="unicode", method="html")


def _table_html(block: TableBlock) -> str:
    table = ET.Element("table")
    ET.SubElement(table, "caption").text = block.caption
    head = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    for cell in block.header:
        ET.SubElement(head, "th", scope="col").text = cell.label
    body = ET.SubElement(table, "tbody")
    for row in block.cells:
        line = ET.SubElement(body, "tr")
        for place, text in enumerate(row):
            heads = place < block.row_headers
            ET.SubElement(line, "th" if heads else "td", {"scope": "row"} if heads else {}).text = text
    return ET.tostring(table, encoding="unicode", method="html") + "".join(_element("p", note) for note in block.notes)


def to_text(block: Block) -> str:
    """A block for a terminal."""
    match block:
        case TableBlock():
            rows = [[cell.label for cell in block.header], *block.cells]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines = [" ".join(map(str.rjust, row, widths)) for row in rows]
            return "\n".join([block.caption, *lines, *block.notes])
        case FigureBlock():
            return f"{block.caption}\n{block.alt}"
        case TextBlock():
            return "\n".join(block.paragraphs)
        case FactsBlock():
            return "\n".join([block.title, *(f"{label}: {value}" for label, value in block.facts), *block.notes])
