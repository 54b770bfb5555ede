"""Scores in a sentence: from where to where they run, and what is said of a mean that is not told exactly."""

import pandas as pd
import pytest

from hpp_analysis.common.who import Who
from hpp_analysis.findings.rows import score_range
from hpp_analysis.findings.score_overview import ScoreOverview


def said(*scores: tuple[float, str]) -> str:
    rows = pd.DataFrame(scores, columns=["mean", "end"]).assign(factor=list("ABCDEF")[: len(scores)])
    rows = rows.assign(partnership="", side="")
    return score_range(rows, Who(ScoreOverview(table=rows)))


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        ([(7.1, ""), (9.3, "")], "The scores run from 7.1 (A) to 9.3 (B)."),
        ([(3.1, ""), (4.4, "mean=high;")], "The scores run from 3.1 (A) to 4.4 or more (B)."),
        ([(2.6, "mean=low;"), (4.4, "mean=high;")], "The scores run from 2.6 or less (A) to 4.4 or more (B)."),
        # what lies beyond the bound may be lower than the score that is told: neither is named
        ([(2.6, "mean=low;"), (2.2, ""), (4, "")], "The scores run from 2.6 or less (2 scores) to 4.0 (C)."),
        ([(9, "mean=high;"), (9, "mean=high;")], "Every score shown is 9 or more."),
        ([(9, "mean=high;"), (9.5, "")], "Every score shown is 9 or more."),
        ([(4.4, "mean=high;")], "The score of A is 4.4 or more."),
        ([(7.02, ""), (7.01, "")], "Every score shown is 7.0."),
        ([], "No score may be shown."),
    ],
)
def test_a_mean_that_is_not_told_exactly_is_given_as_a_bound(scores, sentence) -> None:
    assert said(*scores) == sentence
