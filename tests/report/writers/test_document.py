"""What a document knows of itself."""

from dataclasses import replace

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from hpp_analysis.cli.tables import describe_empty_reports
from hpp_analysis.display.blocks import FigureBlock, HeaderCell, TableBlock
from hpp_analysis.report.writers.document import BlockPart, Document, Prose, read_document


def document(*states: str | None) -> Document:
    values = [{} if state is None else {"state": state} for state in states]
    block = TableBlock("t", "T", [HeaderCell("who", "Who", "text")], [["a"] for _ in states], values)
    return Document((BlockPart(block, 1),))


@pytest.mark.parametrize(
    ("states", "why"),
    [
        (("withheld", "withheld"), "too_few"),
        (("withheld", "empty", None), "too_few"),
        (("empty", "empty"), "no_answers"),
        (("withheld", "mean_only"), ""),
        (("withheld", "full"), ""),
        ((None, None), ""),  # tables that no plan covers, such as the worksheet
        ((), ""),
    ],
)
def test_a_report_without_any_number_is_known(states: tuple[str | None, ...], why: str) -> None:
    assert document(*states).without_numbers == why


def test_numbers_behind_a_figure_count() -> None:
    table = document("full").tables[0].block
    assert isinstance(table, TableBlock)
    hidden = document("withheld").tables[0]
    figure = FigureBlock("f", "F", "<svg/>", "A figure.", [], table)
    assert Document((hidden, BlockPart(figure, 1))).without_numbers == ""
    assert Document((BlockPart(replace(figure, table=hidden.block), 1),)).without_numbers == "too_few"


def test_clients_without_numbers_are_named_with_the_way_out() -> None:
    message = describe_empty_reports([f"C{number}" for number in range(12)], "too_few")
    assert "C0, C1" in message
    assert "and 2 more" in message
    assert "--by" in message
    assert "--by" not in describe_empty_reports(["C1"], "no_answers")


def test_points_of_cells_that_follow_each_other_are_one_list() -> None:
    sources = ["- one\n- two", "- three", "## Next", "- four", "text\n\n- five"]
    parts = read_document(new_notebook(cells=[new_markdown_cell(source) for source in sources])).parts
    assert parts == tuple(map(Prose, ["- one\n- two\n- three", "## Next", "- four", "text\n\n- five"]))
