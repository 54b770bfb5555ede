"""Tables of published results: a mean near an end of the scale is told as a bound."""

import pandas as pd

from hpp_analysis.display.columns import Column
from hpp_analysis.display.tables import table_block


def test_a_coded_mean_is_a_bound_and_the_table_keeps_its_name() -> None:
    frame = pd.DataFrame({"who": ["A", "B", "C"], "mean": [9.0, 2.0, 7.25]})
    columns = (Column("who", "Who"), Column("mean", "Mean", "score"))
    ends = pd.Series(["mean=high;", "mean=low;", ""])
    block = table_block(frame, columns, name="scores", caption="Scores", notes=[], row_headers=1, ends=ends)
    assert block.name == "scores"
    assert [row[1] for row in block.cells] == ["9 or more", "2 or less", "7.25"]
    assert [row["mean"] for row in block.values] == ["9 or more", "2 or less", 7.25]


NUMBERS = [1, 10, 2]


def test_partners_stand_as_people_count_with_the_factor_that_they_are_rated_on() -> None:
    names = ["All", *(f"Partner {n}" for n in NUMBERS), "Other"]
    rows = [(factor, name, side) for factor in "ba" for name in names for side in ("Client", "Partner")]
    frame = pd.DataFrame(rows, columns=["factor", "partnership", "side"]).assign(mean=range(len(rows)))
    columns = (
        *(Column(key, key, key=True) for key in ("factor", "partnership", "side")),
        Column("mean", "Mean", "count"),
    )
    coarse = frame["partnership"].eq("Partner 10")
    block = table_block(
        frame, columns, name="scores", caption="Scores", notes=[], row_headers=3, counted=True, coarse=coarse
    )
    counted = [name for name in ("All", "Partner 1", "Partner 2", "Partner 10", "Other") for _side in range(2)]
    assert [row[1] for row in block.cells] == counted * 2
    assert [row[0] for row in block.cells] == ["b"] * 10 + ["a"] * 10
    found = {tuple(row[:3]): row[3] for row in block.cells}
    assert found == {key: str(mean) for key, mean in zip(rows, range(len(rows)), strict=True)}


def test_an_order_by_something_else_stays() -> None:
    columns = (Column("partnership", "Partnership", key=True), Column("mean", "Mean", "count"))
    for numbers, counted in (([2, 1, 10], True), ([10, 2], False)):
        frame = pd.DataFrame({"partnership": [f"Partner {n}" for n in numbers], "mean": numbers})
        block = table_block(frame, columns, name="a", caption="A", notes=[], row_headers=1, counted=counted)
        assert [row[1] for row in block.cells] == [str(n) for n in numbers]


def test_rows_stand_in_the_order_of_the_names_that_are_shown() -> None:
    """The verdict on all together names the partnership of its lowest score in a column that is not shown."""
    whose = [*(f"Partner {n}" for n in NUMBERS), "All"]
    frame = pd.DataFrame({"whose": whose, "partnership": [*whose[:3], "Partner 1"], "mean": range(4)})
    columns = (Column("whose", "Whose"), Column("mean", "Mean", "count"))
    block = table_block(frame, columns, name="a", caption="A", notes=[], row_headers=1, counted=True)
    assert [row[0] for row in block.cells] == ["Partner 1", "Partner 2", "Partner 10", "All"]
