"""All scores at a glance: what is not told exactly is told as such, under the figure, in its text and in the table."""

from dataclasses import replace

import numpy as np
import pytest

import hpp_analysis as hpp
from hpp_analysis.answers.scores import Scores
from hpp_analysis.errors import OptionError
from hpp_analysis.findings.score_overview import ScoreOverview, survey_scores

PAIR = ("partnership", "side")
HATCHED = "Hatched: withheld to protect small groups, or not answered."


def published(mean: float) -> Scores:
    """Scores of two partnerships; one side of the first has seven persons."""
    survey = hpp.simulate_study(partners=2, persons_per_side=[[7, 12], [12, 12]], mean=mean, seed=5).survey
    client = survey.where(client=survey.values("client")[0])
    return hpp.publish(hpp.score_scales(client, by=PAIR), hpp.plan_disclosure(survey))


@pytest.fixture(scope="module")
def high() -> ScoreOverview:
    overview = survey_scores(published(9.6))
    assert overview.table["end"].eq("mean=high;").any()
    return overview


def test_notes_say_that_means_near_an_end_are_not_told_exactly(high) -> None:
    for kind in ("heatmap", "table"):
        assert any("not told exactly near an end" in note for note in high._block(kind).notes)
    told = survey_scores(published(7.0))
    assert not told.table["end"].any()
    assert not any("not told exactly" in note for note in told._block("heatmap").notes)


def test_a_bound_is_the_highest_score_even_beside_a_higher_mean(high) -> None:
    beyond = high.table["mean"].ge(9).sum()
    assert high.table["mean"].max() > 9 and beyond > 3
    sentence = f"to 9 or more ({beyond} scores)."
    assert high.summary().endswith(sentence) and high.alt("heatmap").endswith(sentence)
    assert "on the scale from 1 to 10" in high.alt("heatmap"), "not the ends of the colours"


def test_the_table_counts_what_is_rounded_or_withheld_and_the_figure_explains_hatching() -> None:
    scores = published(7.0)
    table = scores.to_frame()
    assert any(note.startswith("3 rows show rounded means") for note in survey_scores(scores)._block("table").notes)
    table.loc[[1], ["mean", "ci_lower", "ci_upper", "verdict"]] = np.nan, np.nan, np.nan, None
    table.loc[[1], ["state", "why"]] = "withheld", "too_few"
    hidden = survey_scores(replace(scores, table=table))
    assert HATCHED in hidden._block("heatmap").notes and HATCHED not in hidden._block("table").notes
    assert "1 row is withheld to protect small groups." in hidden._block("table").notes
    assert hidden.alt("heatmap").endswith("1 value is not shown.")
    assert HATCHED not in survey_scores(scores)._block("heatmap").notes


def test_scores_are_by_partnership_and_side_at_most() -> None:
    survey = hpp.simulate_study(seed=1).survey
    with pytest.raises(OptionError):
        survey_scores(hpp.score_scales(survey, by=("client", *PAIR)))
    for by in ("side", "partnership", PAIR):
        assert len(survey_scores(hpp.score_scales(survey, by=by)).table)


def test_only_columns_that_are_shown_name_a_row(survey) -> None:
    table = survey_scores(hpp.score_scales(survey, by=()))._block("table", "en")
    assert [head.name for head in table.header][: table.row_headers] == ["factor"]
    both = survey_scores(hpp.score_scales(survey, by="side"))._block("table", "en")
    assert [head.name for head in both.header][: both.row_headers] == ["factor", "side"]
