"""The lowest and the highest scores of each partnership."""

import re

import hpp_analysis as hpp
from hpp_analysis.findings.extremes import find_extremes


def test_scores_have_one_decimal_as_the_other_pages_for_a_board() -> None:
    survey = hpp.simulate_study(seed=1).survey
    found = find_extremes(hpp.describe(survey, by=("partnership", "side"), weight="organisation"))
    block = found._block("table")
    scores = [at for at, cell in enumerate(block.header) if cell.unit == "score"]
    shown = [row[at] for row in block.cells for at in scores]
    assert len(scores) == 2 and all(re.fullmatch(r"\d+\.\d", score) for score in shown)
    assert [float(row[scores[0]]) for row in block.cells] == [round(mean, 1) for mean in found.table["mean_low"]]
