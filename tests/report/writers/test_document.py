"""What a document knows of itself."""

import pytest

from hpp_analysis.cli.tables import empty_told
from hpp_analysis.display.blocks import HeaderCell, TableBlock
from hpp_analysis.report.writers.document import BlockPart, Document


def document(*states: str | None) -> Document:
    values = [{} if state is None else {"state": state} for state in states]
    block = TableBlock("t", "T", [HeaderCell("who", "Who", "text")], [["a"] for _ in states], values)
    return Document((BlockPart(block, 1),))


@pytest.mark.parametrize(
    ("states", "nothing"),
    [
        (("withheld", "withheld"), True),
        (("withheld", "empty", None), True),
        (("withheld", "mean_only"), False),
        (("withheld", "full"), False),
        ((None, None), False),  # tables that no plan covers, such as the worksheet
        ((), False),
    ],
)
def test_a_report_without_any_number_is_known(states: tuple[str | None, ...], nothing: bool) -> None:
    assert document(*states).shows_nothing is nothing


def test_clients_without_numbers_are_named_with_the_way_out() -> None:
    told = empty_told([f"C{number}" for number in range(12)])
    assert "C0, C1" in told
    assert "and 2 more" in told
    assert "--by" in told
