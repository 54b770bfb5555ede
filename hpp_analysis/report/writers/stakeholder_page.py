"""A page for stakeholders: the cleared tables of a report, to filter, order and compare in a browser without a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hpp_analysis.display.blocks import TableBlock
from hpp_analysis.display.formats import format_number
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import Document
from hpp_analysis.report.writers.pages import TEMPLATES, environment, policy
from hpp_analysis.report.writers.stakeholder_script import SCRIPT

_VALUES: Final = ("mean", "gap", "change", "share")
"""The numbers that are compared, by the names of their columns; of several in a table the last of these is meant."""
_OF_WHAT: Final = ("factor", "item")
"""A table is compared when its rows are of these."""
_CSS = (TEMPLATES / "stakeholder.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: its role ("group", "value", "interval" or "more"), name and label, and whether it holds numbers."""

    role: str
    name: str
    label: str
    number: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """A table of the page, and the threshold that all its rows share."""

    block: TableBlock
    heads: tuple[Head, ...]
    threshold: float | None

    @property
    def threshold_text(self) -> str:
        """The threshold as it is written."""
        return "" if self.threshold is None else format_number(self.threshold)


def stakeholder_page(document: Document, appearance: Appearance) -> str:
    """Write the page for stakeholders in the language in use.

    Parameters
    ----------
    document : Document
        Of a report. Only its tables that `publish` cleared are used, as they stand there: nothing is computed.
    appearance : Appearance

    Returns
    -------
    str
        One HTML file that loads nothing and needs no `eval`; empty where the document has no table to compare. Equal input
        gives equal bytes.
    """
    topics = topics_of(document)
    if not topics:
        return ""
    css = appearance.css + _CSS
    return (
        environment()
        .get_template("stakeholder.html.j2")
        .render(
            topics=topics, cover=document.cover, name=document.cover.title if document.cover else "", look=appearance,
            css=css, policy=policy(css, SCRIPT), script=SCRIPT,
        )
    )  # fmt: skip


def topics_of(document: Document) -> list[Topic]:
    """The cleared tables with a number for factors or characteristics; one whose rows an earlier table has is left out."""
    topics: list[Topic] = []
    rows_before: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for part in document.tables:
        block = part.block
        if not (isinstance(block, TableBlock) and block.cleared) or block.form or not block.cells:
            continue
        heads = _heads(block)
        if heads is None:
            continue
        named = [place for place, head in enumerate(heads) if head.role == "group"]
        kind = tuple(head.name for head in heads if head.role in ("group", "value"))
        rows = {tuple(row[place] for place in named) for row in block.cells}
        if rows <= rows_before.get(kind, set()):
            continue
        rows_before[kind] = rows_before.get(kind, set()) | rows
        topics.append(Topic(block, heads, _threshold(block)))
    return topics


def _heads(block: TableBlock) -> tuple[Head, ...] | None:
    """The heads of a table with their roles; None where it has no number to compare."""
    names = [cell.name for cell in block.header]
    groups = names[: block.row_headers]
    value = next((name for name in reversed(_VALUES) if name in names[block.row_headers :]), None)
    if value is None or not set(_OF_WHAT) & set(groups):
        return None
    after = names.index(value) + 1
    interval = names[after] if after < len(names) and block.header[after].upper else None
    roles: dict[Any, str] = {
        **dict.fromkeys(groups, "group"),
        value: "value",
        **({interval: "interval"} if interval else {}),
    }
    return tuple(
        Head(roles.get(cell.name, "more"), cell.name, cell.label, cell.unit != "text") for cell in block.header
    )


def _threshold(block: TableBlock) -> float | None:
    thresholds = {float(value) for row in block.values if (value := row.get("threshold")) is not None}
    return thresholds.pop() if len(thresholds) == 1 else None
