"""One quantity has one value, wherever a report shows it: in tables, workbooks, figures, alternative texts and sentences."""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import nbformat
import openpyxl
import pytest

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, HeaderCell, TableBlock, TextBlock
from hpp_analysis.report.writers.document import BlockPart, Document, read_document

SIDES = {"en": ("Client", "Partner"), "nl": ("Opdrachtgever", "Partner")}
LAST_WAVE = "2"
TENTHS, HALF = Decimal("0.1"), Decimal("0.5")
NUMBER = re.compile(r"[−+-]?\d+[.,]\d+")
Place = tuple[str, str]  # the table, and the row in it
Key = tuple[str, ...]  # what is measured, of which side, partnership and wave, and the statistic


@pytest.fixture(scope="module", params=["en", "nl"])
def code(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(demo_reports: Path, code: str) -> Path:
    (found,) = demo_reports.glob(f"democable-*/{code}")
    return found


@pytest.fixture(scope="module")
def document(folder: Path) -> Document:
    return read_document(nbformat.read(folder / "notebook.ipynb", as_version=4))


def decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ".").replace("−", "-"))


def tables(document: Document) -> Iterator[TableBlock]:
    for part in document.parts:
        block = part.block if isinstance(part, BlockPart) else None
        if isinstance(block, TableBlock):
            yield block
        elif isinstance(block, FigureBlock) and block.table is not None:
            yield block.table


def statistic(table: TableBlock, column: HeaderCell) -> tuple[str, int | None]:
    """What a column shows, and whose it is: of a gap the first or the second side, or that of the row (None)."""
    sides = {"mean_first": 0, "mean_second": 1}
    if column.name in sides:
        return "mean", sides[column.name]
    if column.name == "estimate" and table.name.startswith("robustness"):
        return ("gap" if table.name == "robustness_gaps" else "mean"), None
    return {"mean_after": "mean"}.get(column.name, column.name), None


def quantities(document: Document, code: str) -> dict[Key, dict[Place, str]]:
    """What the report shows of each quantity, by the table and row that show it."""
    found: dict[Key, dict[Place, str]] = defaultdict(dict)
    for table in tables(document):
        if table.name.startswith("groups_"):  # of the persons of a level, whom no other table is about
            continue
        for row, cells in zip(table.values, table.cells, strict=True):
            what = row.get("item") or row.get("scale") or row.get("factor")
            place = str(row.get("partnership") or "")
            if not what or "whose" in row or row.get("wave", LAST_WAVE) != LAST_WAVE:
                continue
            whole = place in ("All partnerships", "Alle samenwerkingen")
            for column, cell in zip(table.header, cells, strict=True):
                called, side = statistic(table, column)
                if column.unit not in ("score", "difference") or called == "mean_before":
                    continue
                if not NUMBER.search(cell):
                    continue
                if called == "ci_lower":  # of a mean, a gap or a change
                    kind = "gap" if "gap" in table.name else "change" if table.name == "changes" else "mean"
                    called = f"interval of the {kind}"
                whose = str(row.get("side") or "") if side is None else SIDES[code][side]
                key = (str(what), whose, "" if whole else place, called)
                found[key][table.name, "|".join(cells[:3])] = cell
    return found


def test_every_table_says_the_same_of_a_quantity(document: Document, code: str) -> None:
    """What one table shows with two decimals, another may show with one: then it is the rounded number."""
    found = {key: shown for key, shown in quantities(document, code).items() if len(shown) > 1}
    assert len(found) > 40
    assert {"mean", "gap", "interval of the mean"} <= {key[-1] for key in found}
    for key, shown in found.items():
        numbers = [[decimal(one) for one in NUMBER.findall(cell)] for cell in shown.values()]
        for several in zip(*numbers, strict=True):
            finest = min(several, key=lambda one: one.as_tuple().exponent)
            for one in several:
                assert finest.quantize(one, ROUND_HALF_EVEN) == one, f"{key}: {shown}"


def test_a_gap_is_between_the_means_beside_it(document: Document) -> None:
    seen = 0
    for table in tables(document):
        for row in table.values:
            if table.name.startswith("gaps") and row["gap"] is not None:
                assert row["gap"] == pytest.approx(row["mean_first"] - row["mean_second"], abs=1e-9)
                seen += 1
    assert seen > 20


def test_sentences_and_alternative_texts_say_what_tables_say(document: Document, code: str) -> None:
    """`Equality (gap 0.7)`: a number in brackets behind a name is one that a table has of it."""
    allowed: dict[str, set[Decimal]] = defaultdict(set)
    for key, shown in quantities(document, code).items():
        for cell in shown.values():
            numbers = [abs(decimal(one)) for one in NUMBER.findall(cell)]
            allowed[key[0]] |= {*numbers, *(one.quantize(TENTHS, ROUND_HALF_EVEN) for one in numbers)}
    texts = []
    for part in document.parts:
        block = part.block if isinstance(part, BlockPart) else None
        if isinstance(block, TextBlock) and block.style == "summary":
            texts += block.paragraphs
        elif isinstance(block, FigureBlock):
            texts.append(block.alt)
        elif isinstance(block, FactsBlock):
            texts += [f"{name} ({said})" for name, said in block.facts]
    compared = 0
    for text in texts:
        for name, numbers in allowed.items():
            for bracket in re.findall(rf"{re.escape(name)} \(([^()]*)\)", text):
                for said in NUMBER.findall(bracket):
                    if said.replace(",", ".") == "8.5":  # the threshold
                        continue
                    assert abs(decimal(said)) in numbers, f"{name}: {said} in {text!r}"
                    compared += 1
    assert compared > 30


def test_figures_write_what_their_tables_say(document: Document) -> None:
    compared = 0
    for figure in document.figures:
        assert figure.table is not None
        cells = [cell for row in figure.table.cells for cell in row]
        grid = TENTHS if figure.name.startswith("reliability") else HALF
        numbers = {decimal(one) for cell in cells for one in NUMBER.findall(cell)}
        numbers |= {one.quantize(TENTHS, ROUND_HALF_EVEN) for one in numbers}
        for text in re.findall(r"<text[^>]*>([^<]*)</text>", figure.svg):
            if re.search(r"[A-Za-z]{4}", text):  # the threshold, a name, a note
                continue
            for said in NUMBER.findall(text):
                if said == text and decimal(said) % grid == 0:  # on an axis
                    continue
                assert {decimal(said), abs(decimal(said))} & numbers, f"{figure.name}: {text!r}"
                compared += 1
    assert compared > 100


def is_shown_as(value: object, shown: Decimal | None) -> bool:
    if value is None or shown is None:
        return not isinstance(value, int | float) or shown is not None
    # a workbook keeps sixteen digits
    return Decimal(repr(round(float(value), 9))).quantize(shown, ROUND_HALF_EVEN) == shown


def test_the_workbook_holds_the_numbers_of_the_tables(document: Document, folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "tables.xlsx")
    listed = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows(min_row=4)}
    compared = 0
    for part in document.tables:
        table = part.block
        assert isinstance(table, TableBlock)
        (name,) = (name for title, name in listed.items() if re.fullmatch(rf"Tab[a-z]+ {part.number}", str(title)))
        sheet = book[name]
        # tables about the same rows stand side by side, each with its caption above its heads
        start = 3 if table.header[-1].label in [cell.value for cell in sheet[3]] else 4
        head = [cell.value for cell in sheet[start]]
        for at, column in enumerate(table.header):
            if column.unit not in ("score", "difference") or column.upper is not None:
                continue
            shown = [decimal(cells[at]) if re.search(r"\d", cells[at]) else None for cells in table.cells]
            places = [place for place, label in enumerate(head, start=1) if label == column.label]
            found = [[sheet.cell(start + 1 + line, place).value for line in range(len(shown))] for place in places]
            # the lowest and the highest of a table have a score each
            assert any(all(map(is_shown_as, values, shown)) for values in found), (table.name, column.label)
            compared += sum(one is not None for one in shown)
    assert compared > 20
