"""The workbook: numbers as numbers, texts as texts."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, HeaderCell, TableBlock, from_json, to_json
from hpp_analysis.report.writers.document import BlockPart, Document
from hpp_analysis.report.writers.xlsx import sheet_names, tables_xlsx
from tests.report.conftest import HOSTILE


def block(name: str = "scores", text: str = "Openness") -> TableBlock:
    return TableBlock(
        name,
        text,
        [
            HeaderCell("who", text, "text"),
            HeaderCell("mean", "Mean", "score"),
            HeaderCell("ci_lower", "Interval", "difference", "ci_upper"),
            HeaderCell("n", "Persons", "count"),
        ],
        [[text, "7.26", "+0.10 to +0.30", "12"], ["B", "7.3", "–", "–"], ["C", "–", "–", "–"]],
        [
            {"who": "ope", "mean": 7.256, "ci_lower": 0.1, "ci_upper": 0.3, "n": 12, "state": "full", "why": ""},
            {
                "who": "b",
                "mean": 7.3,
                "ci_lower": None,
                "ci_upper": None,
                "n": None,
                "state": "mean_only",
                "coarse": True,
                "why": "too_few",
            },
            {
                "who": "c",
                "mean": None,
                "ci_lower": None,
                "ci_upper": None,
                "n": None,
                "state": "withheld",
                "why": "unanimous",
            },
        ],
        [text, "=2+2"],
    )


def book(*blocks: TableBlock, title: str = "") -> Any:
    parts = tuple(BlockPart(one, number) for number, one in enumerate(blocks, start=1))
    return openpyxl.load_workbook(BytesIO(tables_xlsx(Document(parts), title=title)))


def test_raw_numbers_with_the_format_of_their_unit() -> None:
    sheet = book(block())["Openness"]
    head = [cell.value for cell in sheet[3]]
    assert head == ["Openness", "Mean", "Interval: lower bound", "Interval: upper bound", "Persons", "Remark"]
    assert [cell.value for cell in sheet[4]] == ["Openness", 7.256, 0.1, 0.3, 12, None]
    assert sheet["B4"].number_format == "0.00"
    assert sheet["C4"].number_format == "+0.00;-0.00;0.00"
    assert sheet["B5"].number_format == "0.0", "of a small group the mean is rounded"
    assert sheet.freeze_panes == "B4"
    assert [sheet[f"A{row}"].value for row in (8, 9)] == ["Openness", "=2+2"]


def test_withheld_values_are_empty_and_the_reason_tells_no_more_than_it_may() -> None:
    sheet = book(block())["Openness"]
    assert [cell.value for cell in sheet[6]] == ["C", None, None, None, None, "Withheld to protect a small group"]
    assert sheet["F5"].value is None
    assert not any("unanimous" in str(cell.value) for row in sheet for cell in row)


@pytest.mark.parametrize("text", [*HOSTILE, "+1", "-1", "@x", "http://example.org", "00123", "1e5", "'x"])
def test_texts_stay_texts(text: str) -> None:
    made = book(block(name=text, text=text), title=text)
    cells = [cell for sheet in made for row in sheet for cell in row if cell.value is not None]
    assert all(cell.data_type in ("s", "n") for cell in cells), "no formulas"
    assert not any(cell.hyperlink for cell in cells)
    assert made[made.sheetnames[1]]["A4"].value == text


def test_the_first_sheet_lists_the_others() -> None:
    made = book(block(), block("gaps", "Gaps"), title="DemoCable")
    first = made.worksheets[0]
    assert first.title == "Contents"
    assert first["A1"].value == "DemoCable"
    assert [[cell.value for cell in row] for row in first["A4:C5"]] == [
        ["Table 1", "Openness", "Openness"],
        ["Table 2", "Gaps", "Gaps"],
    ]


def test_equal_tables_give_equal_bytes() -> None:
    document = Document((BlockPart(block(), 1), BlockPart(FactsBlock("f", "t", []))))
    assert tables_xlsx(document) == tables_xlsx(document)


@settings(deadline=None)  # other tests run beside it
@given(st.lists(st.text(max_size=50), max_size=12))
def test_every_name_of_a_sheet_is_valid(wanted: list[str]) -> None:
    names = sheet_names(wanted)
    assert len({name.casefold() for name in names}) == len(wanted)
    for name in names:
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\")
        assert name[0] != "'" != name[-1]
        assert name.casefold() != "history"


def test_every_figure_has_its_numbers_on_a_sheet() -> None:
    """That of the table where the report shows it, else one of its own; in the order of the report."""
    first, second = block("a", "First"), block("b", "Second")
    drawn = [
        FigureBlock("f", caption, "<svg/>", "alt", table=table) for caption, table in (("F", second), ("G", first))
    ]
    made = book(drawn[0], block("a", "First"), drawn[1], FigureBlock("h", "H", "<svg/>", "alt", table=second))
    assert made.sheetnames == ["Contents", "Second", "First"]
    listed = [[cell.value for cell in row] for row in made["Contents"].iter_rows(min_row=4)]
    assert listed == [
        ["Figure 1", "Second", "F"],
        ["Table 2", "First", "First"],
        ["Figure 3", "First", "G"],
        ["Figure 4", "Second", "H"],
    ]
    assert from_json(to_json(drawn)) == drawn, "a notebook keeps it"
