"""The typed parts of a document.

A notebook's output carries its block as JSON beside the HTML that a person sees in the notebook. The writers of
reports read blocks alone, so that every format shows the same words and the same numbers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from hpp_analysis.errors import Failure, ReportError

MIME = "application/vnd.hpp-analysis.block+json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """The head of a table column: its name in the frame, what it is called, and its unit."""

    name: str
    label: str
    unit: str
    upper: str | None = None


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table: formatted texts to read, raw values to calculate with.

    Attributes
    ----------
    name : str
        A stable short name, for the sheet of a workbook.
    caption : str
        What the table shows.
    header : list of HeaderCell
        One per column that is shown.
    cells : list of list of str
        Formatted texts, one list a row.
    values : list of dict
        The row's raw values by column name; None where withheld or undefined.
    notes : list of str
        What is said under the table.
    row_headers : int
        How many columns, from the left, name the row.
    form : bool
        Whether the cells are there to be written in: rows are high, and printed with lines around each cell.
    cleared : bool
        Whether `publish` has cleared what is shown, or nobody's answers are in it: only then it may be shared.
    workbook : TableBlock, optional
        What a workbook holds in its place: more columns than a page has room for.
    """

    name: str
    caption: str
    header: list[HeaderCell]
    cells: list[list[str]]
    values: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    row_headers: int = 1
    form: bool = False
    cleared: bool = False
    workbook: TableBlock | None = None
    type: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure as SVG text, with what it says for those who do not see it, and the table that it was drawn from."""

    name: str
    caption: str
    svg: str
    alt: str
    notes: list[str] = field(default_factory=list)
    table: TableBlock | None = None
    cleared: bool = False
    type: Literal["figure"] = "figure"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Sentences that were made from numbers; `style` is "summary", "method", "note" or "lead", the headline of a report."""

    name: str
    paragraphs: list[str]
    style: Literal["summary", "method", "note", "lead"] = "summary"
    cleared: bool = False
    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class FactsBlock:
    """Labelled facts: the cover, the provenance. With the style "numbers" each label is a number, and large."""

    name: str
    title: str
    facts: list[list[str]]
    notes: list[str] = field(default_factory=list)
    style: Literal["facts", "numbers"] = "facts"
    cleared: bool = False
    type: Literal["facts"] = "facts"


Block = TableBlock | FigureBlock | TextBlock | FactsBlock
_TYPES: dict[str, Any] = {"table": TableBlock, "figure": FigureBlock, "text": TextBlock, "facts": FactsBlock}


def declared(block: Block, *, cleared: bool) -> Block:
    """The block, with the table that a figure was drawn from, declared as cleared for sharing or as not."""
    if isinstance(block, FigureBlock) and block.table is not None:
        return replace(block, cleared=cleared, table=replace(block.table, cleared=cleared))
    if isinstance(block, TableBlock) and block.workbook is not None:
        return replace(block, cleared=cleared, workbook=replace(block.workbook, cleared=cleared))
    return replace(block, cleared=cleared)


def to_json(blocks: list[Block]) -> dict[str, Any]:
    """The content of one output."""
    return {"version": _VERSION, "blocks": [asdict(block) for block in blocks]}


def from_json(content: Any) -> list[Block]:
    """The blocks of one output.

    Raises
    ------
    ReportError
        When the content was not written by `to_json`.
    """
    try:
        if content["version"] != _VERSION:
            raise ValueError(f"version {content['version']!r}")
        return [_block(dict(part)) for part in content["blocks"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ReportError(
            [
                Failure(
                    f"A document block must have the form of version {_VERSION} ({type(error).__name__}: {error}).",
                    "Run the notebook again with this version of the package.",
                )
            ]
        ) from error


def _block(part: dict[str, Any]) -> Block:
    for inner in ("table", "workbook"):
        if isinstance(part.get(inner), dict):
            part[inner] = _block(dict(part[inner]))
    block: Block = _TYPES[part["type"]](**part)
    if isinstance(block, TableBlock):
        header = [HeaderCell(**cell) for cell in block.header]  # type: ignore[arg-type]
        return replace(block, header=header)
    return block
