"""An executed notebook as the document that it is: prose, blocks, plain text and pictures, in order. Code is hidden."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from nbformat import NotebookNode

from hpp_analysis.display.blocks import MIME, Block, FactsBlock, FigureBlock, TableBlock, from_json
from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.options import Edition
from hpp_analysis.report.notebook.sections import comment_of, heading_of

_PICTURES = ("image/svg+xml", "image/png")


@dataclass(frozen=True, slots=True)
class Prose:
    """A Markdown cell."""

    source: str


@dataclass(frozen=True, slots=True)
class Commentary:
    """The consultant's own words.

    Attributes
    ----------
    label : str
        What they are called.
    source : str
        Markdown.
    section : str
        The heading that they stand under, as Markdown.
    """

    label: str
    source: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class BlockPart:
    """A block; tables and figures are counted, each for itself."""

    block: Block
    number: int = 0


@dataclass(frozen=True, slots=True)
class PlainText:
    """The text of an output without a block. Its HTML is not trusted."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a notebook made for itself, with the alt text of its metadata."""

    mime: str
    data: str
    alt: str


Part = Prose | Commentary | BlockPart | PlainText | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of a report.

    Attributes
    ----------
    parts : tuple of Part
        In the order of the notebook, without the cover.
    cover : FactsBlock or None
        The first block of facts, when it comes before everything but prose.
    edition : {"full", "board"}
        Whether it is all of the report, or what a board reads.
    """

    parts: tuple[Part, ...]
    cover: FactsBlock | None = None
    edition: Edition = "full"

    @property
    def tables(self) -> list[BlockPart]:
        """The tables, in order."""
        return [part for part in self.parts if isinstance(part, BlockPart) and isinstance(part.block, TableBlock)]

    @property
    def figures(self) -> list[FigureBlock]:
        """The figures, in order."""
        return [
            part.block for part in self.parts if isinstance(part, BlockPart) and isinstance(part.block, FigureBlock)
        ]

    @property
    def commentary(self) -> list[Commentary]:
        """The consultant's own words, in order."""
        return [part for part in self.parts if isinstance(part, Commentary)]

    @property
    def cleared(self) -> bool:
        """Whether every part is prose or was cleared by `publish`."""
        blocks = [part.block for part in self.parts if isinstance(part, BlockPart)]
        foreign = any(isinstance(part, PlainText | Picture) for part in self.parts)
        return not foreign and all(block.cleared for block in [self.cover, *blocks] if block is not None)

    @property
    def withheld(self) -> int:
        """How many table rows the disclosure plan has emptied."""
        return self._states().count("withheld")

    @property
    def without_numbers(self) -> Literal["", "too_few", "no_answers"]:
        """Why none of the rows that the disclosure plan covers has a number; empty where one has, or it covers none."""
        states = {*self._states(), *_states_of(figure.table for figure in self.figures)} - {None}
        if not states or {"full", "mean_only"} & states:
            return ""
        return "too_few" if "withheld" in states else "no_answers"

    def _states(self) -> list[Any]:
        return _states_of(part.block for part in self.tables)


def _states_of(blocks: Iterable[Block | None]) -> list[Any]:
    """What the disclosure plan says of each row of some tables."""
    tables = [block for block in blocks if isinstance(block, TableBlock)]
    return [row.get("state") for table in tables for row in table.values]


def read_document(notebook: NotebookNode) -> Document:
    """Read an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        With its outputs.

    Returns
    -------
    Document

    Raises
    ------
    ReportError
        When a picture has no alt text, or a block another form.
    """
    parts: list[Part] = []
    section = ""
    for place, cell in enumerate(notebook.cells):
        if (comment := comment_of(cell)) is not None:
            parts.append(Commentary(*comment, section))
        elif cell.cell_type == "markdown" and cell.source.strip():
            section = heading_of(cell) or section
            before = parts[-1] if parts else None
            if isinstance(before, Prose) and _is_list(before.source) and _is_list(cell.source):
                parts[-1] = Prose(f"{before.source}\n{cell.source}")  # of points that not every study has
            else:
                parts.append(Prose(cell.source))
        elif cell.cell_type == "code":
            for output in cell.outputs:
                parts += _parts(output, place)
    cover = _cover(parts)
    rest = [part for part in parts if not (isinstance(part, BlockPart) and part.block is cover)]
    return Document(tuple(_numbered(rest)), cover)


def _is_list(source: str) -> bool:
    """Whether Markdown is a list and nothing else, each point on a line."""
    return all(line.startswith("- ") for line in source.strip().split("\n"))


def _parts(output: NotebookNode, place: int) -> list[Part]:
    if output.output_type == "stream":
        return [PlainText(output.text)] if output.name == "stdout" and output.text.strip() else []
    data: dict[str, Any] = output.get("data", {})
    if MIME in data:
        return [BlockPart(block) for block in from_json(data[MIME])]
    for mime in _PICTURES:
        if mime in data:
            return [Picture(mime, _text(data[mime]), _alt(output, mime, place))]
    text = _text(data.get("text/plain", ""))
    return [PlainText(text)] if text.strip() else []


def _text(content: str | list[str]) -> str:
    return content if isinstance(content, str) else "".join(content)


def _alt(output: NotebookNode, mime: str, place: int) -> str:
    alt = output.get("metadata", {}).get(mime, {}).get("alt", "")
    if not str(alt).strip():
        raise ReportError(
            [
                Failure(
                    f"Each picture of a report has an alternative text; that of cell {place + 1} has none.",
                    "Show a result of the package, or put `alt` into the metadata of the output.",
                )
            ]
        )
    return str(alt)


def _cover(parts: list[Part]) -> FactsBlock | None:
    for part in parts:
        if isinstance(part, BlockPart):
            return part.block if isinstance(part.block, FactsBlock) else None
    return None


def _numbered(parts: list[Part]) -> list[Part]:
    counts = {TableBlock: 0, FigureBlock: 0}
    numbered: list[Part] = []
    for part in parts:
        kind = type(part.block) if isinstance(part, BlockPart) else None
        if isinstance(part, BlockPart) and kind in counts:
            counts[kind] += 1
            numbered.append(BlockPart(part.block, counts[kind]))
        else:
            numbered.append(part)
    return numbered
