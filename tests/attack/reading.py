"""Read what was written: the tables, sentences and facts of every report, and what each column means.

A column that this file does not know is reported, not skipped: a new number must be understood before it may be shown.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from bs4 import BeautifulSoup

from hpp_analysis.display.blocks import MIME, from_json
from hpp_analysis.display.tables import to_html, to_text

KEY, NOTHING, FOLLOWS, MODEL = "key", "nothing", "follows", "model"
"""What names a row; what says nothing of any answer; what is worked out from other columns of the row (checked in
`follows`); what stems from a model of many answers, of which no equation in single answers is made: that it says nothing of a
small group is shown by twins (`test_twins.py`)."""

ROLES: dict[str, str] = {
    **dict.fromkeys(
        (
            "factor", "item", "scale", "partnership", "side", "wave", "variable", "whose", "what", "whom", "weakest",
            "of_side", "of_partnership", "place", "reason", "group", "label", "name", "item_low", "item_high", "side_low",
            "side_high", "part", "role", "tenure", "about", "id",
        ),
        KEY,
    ),
    **dict.fromkeys(
        (
            "state", "why", "coarse", "end", "threshold", "undefined", "comparable", "comparable_items", "n_choices", "n_items",
            "point", "agreed", "owner", "date", "settles", "stays", "too_few", "offered", "takes", "n_invited",
            "norm_mean", "norm_sd", "norm_sd_observed", "n_norm", "n_clients", "published_mean", "source",
            "agreement", "owners", "owner_first", "owner_second", "by_when", "status", "evidence", "review", "asked",
        ),
        NOTHING,
    ),
    "mean": "mean", "mean_low": "mean", "mean_high": "mean", "client": "persons", "partner": "persons", "mean_first": "mean", "mean_second": "mean", "mean_before": "mean", "mean_after": "mean",
    "estimate": "estimate", "gap": "gap", "change": "gap", "difference": "gap", "mean_rest": "mean", "n_rest": "persons",
    "ci_lower": "interval", "ci_upper": "interval",
    "sd": "sd", "se": "standard error", "min": "min", "max": "max",
    "share_low": "band", "share_high": "band", "share_middle": FOLLOWS,
    "share_dont_know": "unknown", "share_skipped": "skipped", "share_first": "unknown", "share_second": "unknown",
    "n": "answered", "n_ratings": "answered", "n_persons": "persons", "n_first": "persons", "n_second": "persons",
    "n_before": "persons", "n_after": "persons", "asked_first": "asked", "asked_second": "asked", "n_paired": "asked",
    **dict.fromkeys(("distance", "distance_lower", "distance_upper"), FOLLOWS),
    **dict.fromkeys(
        (
            "verdict", "tier", "finding", "often", "differs", "often_low", "n_reached", "n_not_reached", "n_parts", "holds",
            "n_hold", "lowest", "highest", "n_other", "more", "n_more", "p", "p_adjusted", "p_below", "p_equivalence", "df", "effect",
            "effect_ci_lower", "effect_ci_upper", "reliability", "correlation_sides", "alpha", "alpha_ci_lower",
            "alpha_ci_upper", "omega", "n_used", "ad", "rwg_j", "rwg_j_skewed", "importance", "importance_lower",
            "importance_upper", "expected", "excess", "total", "n_persons_total", "priority", "share", "share_ci_lower", "share_ci_upper",
            "percentile", "percentile_ci_lower", "percentile_ci_upper", "standing", "congruence",
        ),
        MODEL,
    ),
}  # fmt: skip
AUDIT = {"what", "columns", "cells", "reason"}
"""The audit trail's columns mean other things than those of the same name elsewhere."""

_END = re.compile(
    r"(?P<value>\d+(?:[.,]\d+)?)\s+(?:(?P<up>or more|of meer|or higher|of hoger)|(?P<down>or less|or lower|of minder|of lager))"
)


@dataclass(frozen=True)
class Row:
    """One row of a table: its raw values, and the texts that people read."""

    table: str
    values: dict[str, Any]
    texts: dict[str, str]
    labels: dict[str, str]

    def bound(self, column: str) -> tuple[str, float] | None:
        """An end-coded mean: ("least", 9.0) for "9 or more"."""
        for text in (self.values.get(column), self.texts.get(column)):
            found = _END.search(text) if isinstance(text, str) else None
            if found:
                value = float(found["value"].replace(",", "."))
                return ("least" if found["up"] else "most"), value
        return None


@dataclass(frozen=True)
class Report:
    """What one report says.

    Attributes
    ----------
    run : int
    by, whose, wave : str
        Which column makes the reports, the value of it that this one is about, and the wave ("" for the last).
    rows : list of Row
        Of all tables, those behind figures included.
    texts : list of (style, text)
        Sentences, alternative texts, captions, notes and facts.
    folder : Path
    """

    run: int
    by: str
    whose: str
    wave: str
    rows: list[Row]
    texts: list[tuple[str, str]]
    folder: Path
    columns: dict[str, set[str]] = field(default_factory=dict)


def read_run(out: Path, run: int) -> list[Report]:
    """All reports of a run, from their notebooks; each other file is shown to say no more (`more_than_told`)."""
    return [
        _read(path.parent, run)
        for path in sorted(out.glob("*/*/notebook.ipynb"))
        if not path.parent.parent.name.startswith(("overview", "failed"))
    ]


def blocks_in(path: Path) -> Iterator[dict[str, Any]]:
    """The typed blocks of a kept notebook."""
    for cell in cells_of(path):
        for output in cell.get("outputs", []):
            yield from output.get("data", {}).get(MIME, {}).get("blocks", [])


def cells_of(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook, their sources and texts each as one text."""
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        cell["source"] = "".join(cell["source"])
    return cells


def _read(folder: Path, run: int) -> Report:
    told: dict[str, Any] = {}
    for cell in cells_of(folder / "notebook.ipynb"):
        if "injected-parameters" in cell["metadata"].get("tags", []):
            exec(cell["source"], {}, told)
    rows: dict[str, Row] = {}
    texts: dict[tuple[str, str], None] = {}
    columns: dict[str, set[str]] = {}
    for block in blocks_in(folder / "notebook.ipynb"):
        for text in _texts(block):
            texts[text] = None
        table = block.get("table") if block["type"] == "figure" else block if block["type"] == "table" else None
        if table is None:
            continue
        for text in _texts(table):
            texts[text] = None
        labels = {head["name"]: head["label"] for head in table["header"]}
        for cells, values in zip(table["cells"], table["values"], strict=True):
            heads = [head["name"] for head in table["header"]]
            row = Row(table["name"], values, dict(zip(heads, cells, strict=True)), labels)
            rows[json.dumps([table["name"], values, cells], sort_keys=True)] = row
            columns.setdefault(table["name"], set()).update(values, heads)
    return Report(
        run, told["by"], told["client"], str(told.get("wave", "")), list(rows.values()), list(texts), folder, columns
    )


def _texts(block: dict[str, Any]) -> list[tuple[str, str]]:
    found = [("caption", block[key]) for key in ("caption", "title", "alt") if block.get(key)]
    found += [("note", note) for note in block.get("notes", [])]
    found += [(block.get("style", "text"), said) for said in block.get("paragraphs", [])]
    found += [("fact", f"{label}: {value}") for label, value in block.get("facts", [])]
    return found


def not_understood(reports: list[Report]) -> set[tuple[str, str]]:
    """Columns that stand in a report and whose meaning is not known here."""
    return {
        (table, column)
        for report in reports
        for table, columns in report.columns.items()
        for column in columns
        if column not in (AUDIT if table == "audit" else ROLES)
    }


# What the other files say


def more_than_told(folder: Path) -> list[str]:
    """Texts and numbers of report.html, tables.xlsx and the notebook's own HTML that no block and no prose holds."""
    texts, numbers = _all_told(folder)
    more = []
    if (folder / "report.html").exists():
        more += [
            f"report.html: {text}"
            for text in _html_texts((folder / "report.html").read_text("utf-8"))
            if _new(text, texts) and not _is_rounded(text, numbers)
        ]
    if (folder / "tables.xlsx").exists():
        more += [f"tables.xlsx: {text}" for text in _xlsx(folder / "tables.xlsx", texts, numbers)]
    for cell in cells_of(folder / "notebook.ipynb"):
        more += [f"notebook.ipynb: metadata {key}" for key in cell["metadata"] if key != "tags"]
        for output in cell.get("outputs", []):
            data = dict(output.get("data", {}))
            if MIME not in data:
                more.append(f"notebook.ipynb: an output without a block: {str(output)[:80]}")
                continue
            blocks = from_json(data.pop(MIME))
            if "".join(data.pop("text/html", "")) != "".join(to_html(block) for block in blocks):
                more.append(f"notebook.ipynb: HTML beside the block {blocks[0].name}")
            if "".join(data.pop("text/plain", "")) != "\n\n".join(to_text(block) for block in blocks):
                more.append(f"notebook.ipynb: text beside the block {blocks[0].name}")
            more += [f"notebook.ipynb: {key} beside the block {blocks[0].name}" for key in data]
            more += [f"notebook.ipynb: metadata {key}" for key in output.get("metadata", {})]
    return more


_SPACE = re.compile(r"\s+")


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


_NUMBERED = re.compile(r"(Figure|Table|Figuur|Tabel) \d+")


def _new(text: str, texts: str) -> bool:
    """Whether a sentence with figures in it stands nowhere else."""
    text = re.sub(r" \((\d+|[^()\d]+)\)$", "", text)  # the second sheet of a name; a number with its verdict
    text = re.sub(r" [−+]$", "", text)  # in charts: how far the interval of a series reaches below and above
    pieces = re.split(r"(?<=[.!?])\s+| – | · ", _plain(text))  # "client – report", and in charts "Openness · Wave 1"
    pieces = [part for piece in pieces for part in _labelled(piece)]
    return any(re.search(r"\d", one) and one not in texts and not _NUMBERED.fullmatch(one) for one in pieces)


def _labelled(piece: str) -> list[str]:
    """The parts of "Low (1 to 5): 15%, High (9 to 10): 29%", as lists beside figures have them, as cells with their heads."""
    parts = re.findall(r"(.+?): (\d+%|–)(?:, |$)", piece)
    return (
        [f"{label} {value}" for label, value in parts]
        if ", ".join(": ".join(part) for part in parts) == piece
        else [piece]
    )


def _is_rounded(text: str, numbers: set[float]) -> bool:
    """Whether a text is a number of the blocks with one decimal, as lists on a phone have it, perhaps with its verdict."""
    found = re.fullmatch(r"([+−-]?\d+[.,]\d)( \([^()\d]+\))?", _plain(text))
    if found is None:
        return False
    shown = float(found[1].replace("−", "-").replace(",", "."))
    return any(abs(number - shown) <= 0.05 + 1e-9 for number in numbers)


def _all_told(folder: Path) -> tuple[str, set[float]]:
    """Everything that the blocks and the prose say, as one text, and every number of the blocks."""
    texts, numbers = [], set()
    texts += [cell["source"] for cell in cells_of(folder / "notebook.ipynb")]
    for block in blocks_in(folder / "notebook.ipynb"):
        for part in (block, block.get("table") or {}, block.get("workbook") or {}):
            texts += [text for _style, text in _texts(part)]
            texts += [text for fact in part.get("facts", []) for text in fact]
            texts += [head["label"] for head in part.get("header", [])]
            texts += [f"{len(part.get('cells', []))} {word}" for word in ("rows", "rijen")]  # beside what is folded
            for row in part.get("cells", []):
                texts += row
                texts += [f"{head['label']} {text}" for head, text in zip(part["header"], row, strict=True)]
            for row in part.get("values", []):
                numbers |= {float(v) for v in row.values() if isinstance(v, int | float)} | _reaches(
                    part["header"], row
                )
                texts += [v for v in row.values() if isinstance(v, str)]
        if block.get("svg"):
            texts += _html_texts(block["svg"])
    return " | ".join(_plain(text) for text in texts), numbers


def _reaches(header: list[dict[str, Any]], row: dict[str, Any]) -> set[float]:
    """How far intervals reach from the number before them, which charts are drawn from."""
    reaches = set()
    for head, interval in itertools.pairwise(header):
        found = [row.get(name) for name in (head["name"], interval["name"], interval.get("upper"))]
        if interval.get("upper") and all(isinstance(one, int | float) for one in found):
            middle, low, high = found
            reaches |= {middle - low, high - middle}
    return reaches


def _html_texts(html: str) -> list[str]:
    soup = BeautifulSoup(html, "html.parser")
    for hidden in soup(["style", "script"]):
        hidden.decompose()
    return [_plain(text) for text in soup.stripped_strings]


def _xlsx(path: Path, texts: str, numbers: set[float]) -> Iterator[str]:
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        if _new(sheet.title, texts):
            yield sheet.title
        for row in sheet.iter_rows():
            for cell in row:
                value = cell.value
                if cell.comment is not None:
                    yield f"{sheet.title} {cell.coordinate}: a comment"
                if isinstance(value, bool) or value is None:
                    continue
                if isinstance(value, int | float):
                    if not any(abs(value - known) < 1e-9 for known in numbers):
                        yield f"{sheet.title} {cell.coordinate}: {value}"
                elif _new(str(value), texts):
                    yield f"{sheet.title} {cell.coordinate}: {value}"
