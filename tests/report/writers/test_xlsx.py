"""The workbook: numbers as numbers, texts as texts."""

import re
import zipfile
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

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
    assert not any(cell.hyperlink.target for cell in cells if cell.hyperlink), "links lead to other sheets only"
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
    assert made.sheetnames == ["Contents", "Figures", "Second", "First"]
    listed = [[cell.value for cell in row] for row in made["Contents"].iter_rows(min_row=4)]
    assert listed == [
        ["Figure 1", "Second", "F"],
        ["Table 2", "First", "First"],
        ["Figure 3", "First", "G"],
        ["Figure 4", "Second", "H"],
    ]
    assert from_json(to_json(drawn)) == drawn, "a notebook keeps it"


def scores(
    name: str, caption: str, *more: HeaderCell, sides: tuple[str, ...] = ("Client", "Partner"), n: int = 3
) -> TableBlock:
    """A table with a row for each factor and side."""
    heads = [
        HeaderCell("factor", "Factor", "text"),
        HeaderCell("side", "Side", "text"),
        HeaderCell("mean", "Mean", "score"),
    ]
    rows = [(f"Factor {at}", side) for at in range(n) for side in sides]
    values = [
        {"factor": factor, "side": side, "mean": 7.0 + at / 10, "ci_lower": 6.5, "ci_upper": 8.0, "threshold": 8.5}
        for at, (factor, side) in enumerate(rows)
    ]
    cells = [[*row, "7.0", *["6.5 to 8.0" for _ in more]] for row in rows]
    return TableBlock(name, caption, [*heads, *more], cells, values, [f"About {name}.", "About both."], 2)


INTERVAL = HeaderCell("ci_lower", "Interval", "score", "ci_upper")


def test_tables_about_the_same_rows_stand_beside_each_other() -> None:
    second = scores("b", "Second", INTERVAL)
    made = book(scores("a", "First"), second, scores("c", "Third", sides=("Client",)))
    assert made.sheetnames == ["Contents", "Factor × Side"]
    sheet = made["Factor × Side"]
    rows = [[cell.value for cell in row][:6] for row in sheet.iter_rows(min_row=3, max_row=6)]
    assert rows[0] == [None, None, "First", "Second", None, "Third"]
    assert rows[1] == ["Factor", "Side", "Mean", "Interval: lower bound", "Interval: upper bound", "Mean"]
    assert rows[2] == ["Factor 0", "Client", 7.0, 6.5, 8.0, 7.0], "the mean of the second is that of the first"
    assert rows[3] == ["Factor 0", "Partner", 7.1, 6.5, 8.0, None]
    assert sheet.freeze_panes == "C5" and sheet.auto_filter.ref == "A4:F10"
    notes = [sheet[f"A{row}"].value for row in range(12, 19)]
    assert notes == ["About both.", "First", "About a.", "Second", "About b.", "Third", "About c."]
    listed = [[cell.value for cell in row] for row in made["Contents"].iter_rows(min_row=4)]
    assert [row[1] for row in listed] == ["Factor × Side"] * 3
    assert [made["Contents"][f"B{row}"].hyperlink.location for row in (4, 5, 6)] == ["'Factor × Side'!A1"] * 3


def test_rows_that_are_named_otherwise_or_twice_stay_apart() -> None:
    twice = scores("b", "Twice", sides=("Client", "Client"))
    other = scores("c", "Other")
    other.header[0] = HeaderCell("factor", "Elsewhere", "text")
    assert book(scores("a", "First"), twice, other).sheetnames == ["Contents", "First", "Twice", "Other"]


def test_every_sheet_prints_as_wide_as_a_page_with_its_heads() -> None:
    wide = [
        scores(
            name, f"Table {name}", *[HeaderCell(f"m{name}{at}", f"Measure {name} {at}", "score") for at in range(12)]
        )
        for name in "abcd"
    ]
    drawn = FigureBlock("f_profile", "F", "<svg/>", "alt", table=wide[0])
    made = book(*wide, drawn, scores("e", "E", sides=("Client",)))
    assert len(made.sheetnames) > 3, "not everything fits beside each other"
    for sheet in made:
        setup = sheet.page_setup
        assert setup.paperSize == 9 and sheet.sheet_properties.pageSetUpPr.fitToPage
        assert setup.fitToWidth in (None, 1) and setup.fitToHeight == 0, "one page wide, as many high as it takes"
        assert sheet.print_area
        assert "&P / &N" in (sheet.oddFooter.right.text or "")
        if sheet.title not in ("Contents", "Figures"):
            assert sheet.print_title_rows and sheet.auto_filter.ref
            assert sum(dimension.width for dimension in sheet.column_dimensions.values()) <= 300


def test_figures_are_charts_of_excel_beside_their_numbers() -> None:
    table = scores("a", "First", INTERVAL)
    figures = [
        FigureBlock(f"a_{kind}", f"Caption {kind}", "<svg/>", "What it shows", table=table)
        for kind in ("profile", "heatmap")
    ]
    sheet = book(*figures, table)["Figures"]
    assert len(sheet._charts) == 1, "Excel has no heat map"
    assert (sheet["A3"].value, sheet["B3"].value) == ("Figure 1", "Caption profile")
    rows = [[cell.value for cell in row][13:] for row in sheet.iter_rows(min_row=4, max_row=5)]
    assert rows == [
        [None, "Client", "Partner", "Threshold", "Client −", "Client +", "Partner −", "Partner +"],
        ["Factor 0", 7.0, 7.1, 8.5, 0.5, 1.0, pytest.approx(0.6), pytest.approx(0.9)],
    ]
    [chart] = sheet._charts
    assert [series.val.numRef.f for series in chart.series] == [f"Figures!${column}$5:${column}$7" for column in "OPQ"]
    assert not chart.title or not chart.title.tx


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "<c:f>x</c:f>", "\u202ex"])
def test_words_of_charts_are_cells(text: str) -> None:
    table = scores("a", "First", sides=(text, "Partner"))
    made = tables_xlsx(
        Document((BlockPart(FigureBlock("a_profile", text, "<svg/>", text, table=table), 1),)), title=text
    )
    with zipfile.ZipFile(BytesIO(made)) as parts:
        chart = ET.fromstring(parts.read("xl/charts/chart1.xml"))
    formulas = {node.text for node in chart.iter("{http://schemas.openxmlformats.org/drawingml/2006/chart}f")}
    assert all(re.fullmatch(r"Figures!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", formula) for formula in formulas)
    assert not any("\u202e" in word for word in chart.itertext())


def test_long_names_of_sheets_end_after_a_word() -> None:
    long = "Wie is uitgenodigd en wie heeft geantwoord"
    assert sheet_names([long, long, "a" * 40]) == [
        "Wie is uitgenodigd en wie…",
        "Wie is uitgenodigd en wie… (2)",
        "a" * 31,
    ]
