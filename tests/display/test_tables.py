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
