"""Would another defensible analysis say the same? And of a published answer only the count is left."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import partner_gaps, plan_disclosure, publish, score_scales, simulate_study
from hpp_analysis.display.tables import to_text
from hpp_analysis.errors import OptionError
from hpp_analysis.partners import check_robustness
from hpp_analysis.partners.multiverse import CHOICES
from hpp_analysis.partners.robustness import same_verdict


@pytest.fixture(scope="module")
def study():
    return simulate_study(seed=11, careless=0.1, dont_know=0.05, several=0.5).survey


@pytest.mark.parametrize("of", ["scores", "gaps"])
def test_counts_are_those_of_the_choices(study, of: str) -> None:
    robust = check_robustness(study, of=of)
    table, told = robust.to_frame(), robust.choices
    assert told["choice"].nunique() + len(robust.left_out) == len(CHOICES)
    for row in table.itertuples():
        mine = told[told["factor"].eq(row.factor) & told["side"].eq(row.side)]
        assert row.n_choices == len(mine) == told["choice"].nunique()
        assert row.n_hold == (mine["verdict"] == row.verdict).sum() or of == "gaps"
        assert row.lowest <= row.estimate <= row.highest


@pytest.mark.parametrize("of", ["scores", "gaps"])
def test_the_usual_numbers_are_those_of_the_verbs(study, of: str) -> None:
    """Worked out by a shorter way; only the order of the sums differs: rounding."""
    robust = check_robustness(study, of=of)
    by_rating = robust.choices[robust.choices["choice"].eq("each_rating")]
    for weight, mine in (("organisation", robust.to_frame()), ("respondent", by_rating)):
        if of == "scores":
            theirs = score_scales(study, weight=weight).to_frame()
            theirs = theirs.rename(columns={"mean": "estimate", "n_persons": "n_first"})
        else:
            theirs = partner_gaps(study, weight=weight).to_frame().rename(columns={"gap": "estimate"})
        theirs = theirs[theirs["factor"] != "success"]
        for column in ("estimate", "ci_lower", "ci_upper"):
            np.testing.assert_allclose(mine[column], theirs[column], rtol=1e-12)
        assert mine["verdict"].tolist() == theirs["verdict"].tolist()
        assert mine["n_first"].tolist() == theirs["n_first"].tolist()


@pytest.mark.parametrize(
    ("verdict", "estimate", "directed", "same"),
    [
        ("different", 0.4, True, True),
        ("different", -0.9, True, False),
        ("different", -0.9, False, True),
        ("small_difference", 0.9, True, False),
        ("cannot_tell", 0.9, True, False),
        (None, np.nan, True, False),
    ],
)
def test_a_gap_that_turns_round_does_not_hold(verdict, estimate: float, directed: bool, same: bool) -> None:
    usual = pd.DataFrame({"verdict": ["different"], "estimate": [0.9]})
    other = pd.DataFrame({"verdict": [verdict], "estimate": [estimate]})
    assert same_verdict(usual, other, directed=directed).tolist() == [same]


def test_of_a_published_answer_only_the_count_is_left() -> None:
    survey = simulate_study(seed=2, persons_per_side=[[30, 30], [25, 25], [20, 20], [20, 4]]).survey
    one = survey.where(client=survey.values("client")[0])
    allowed = plan_disclosure(survey)
    for of in ("scores", "gaps"):
        robust = check_robustness(one, of=of)
        shown = publish(robust, allowed)
        assert shown.choices.empty
        assert shown.table[["lowest", "highest", "n_other"]].isna().all(axis=None)
        closed = shown.table["state"].ne("full") | shown.table["coarse"]
        assert shown.table.loc[closed, "n_hold"].isna().all()
        text = f"{shown!r} {shown.summary()} {shown.alt()}"
        told = {f"{value:.2f}" for value in robust.choices["estimate"].dropna()}
        known = {f"{value:.2f}" for value in shown.table["estimate"].dropna()}
        bounds = {f"{value:.2f}" for value in np.ravel(shown.table[["ci_lower", "ci_upper"]])}
        assert not {number for number in told - known - bounds if number in text}
        assert "Nothing to show" in shown.alt()
        with pytest.raises(OptionError):
            shown._block("choices_table")


def test_only_full_cells_say_how_firm_they_are() -> None:
    """Two large partnerships: everything is shown, and so are the counts."""
    survey = simulate_study(seed=2, partners=2, persons_per_side=40).survey
    shown = publish(check_robustness(survey.where(client=survey.values("client")[0])), plan_disclosure(survey))
    assert shown.table["n_hold"].notna().all()
    assert "other defensible analyses" in shown.summary()
    assert "other defensible analyses" in shown._block("headline").paragraphs[0]
    assert shown.summary(language="nl") != shown.summary(language="en")


def test_what_changes_nothing_does_not_count(study) -> None:
    one = study.where(partnership=study.values("partnership")[0])
    robust = check_robustness(one)
    assert robust.left_out["each_rating"] == "no_change"
    assert "nothing would change" in to_text(robust._block("choices_table"))
    never = replace(study, reasons=study.reasons.replace("dont_know", "skipped"))
    assert check_robustness(never).left_out["few_unknown"] == "no_change"


def test_the_figure_counts_what_the_table_counts(study) -> None:
    robust = check_robustness(study, of="gaps")
    ax = robust.plot()
    written = [text.get_text() for text in ax.texts]
    for row in robust.to_frame().itertuples():
        assert f"{row.n_hold} of {row.n_choices}" in written
        assert f"same verdict in {row.n_hold} of {row.n_choices}" in robust.alt()
    assert "Steegen" in robust.methods()
