"""Is the partnership high performing? Three states, the weakest link, and nothing uncertain is called reached."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis import judge_performance, plan_disclosure, publish, read_survey, score_scales, simulate_study
from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.errors import OptionError
from hpp_analysis.partners.verdict import all_reached, invitations, together

STATES = ["reached", "not_reached", "cannot_tell", None]


def rated(cells: dict[tuple[str, str], list[int]]):
    """A survey in which each rating gives the same answer to every item."""
    rows = [(partner, side, value) for (partner, side), values in cells.items() for value in values]
    who = pd.DataFrame(rows, columns=["partner", "side", "value"])
    items = [item.id for item in simulate_study(seed=1).survey.instrument.items]
    answers = pd.DataFrame(np.repeat(who[["value"]].to_numpy(), len(items), axis=1), columns=items)
    who = who.assign(client="X", respondent=[f"r{place}" for place in range(len(who))])
    return read_survey(pd.concat([who[["client", "partner", "side", "respondent"]], answers], axis=1), instrument="hpp")


HIGH, LOW, ON = [9, 10] * 8, [6, 7] * 8, [8, 9] * 6


def row(frame: pd.DataFrame, **chosen: str) -> pd.Series:
    for column, value in chosen.items():
        frame = frame[frame[column].eq(value)]
    assert len(frame) == 1
    return frame.iloc[0]


def test_a_chain_is_as_strong_as_its_weakest_link() -> None:
    judged = judge_performance(
        rated({("A", "client"): HIGH, ("A", "partner"): HIGH, ("B", "client"): HIGH, ("B", "partner"): LOW})
    )
    found = judged.together
    assert row(found, what="partnership", of_partnership="X – A")["verdict"] == "reached"
    assert row(found, what="partnership", of_partnership="X – B")["verdict"] == "not_reached"
    chain = row(found, what="chain")
    assert chain["verdict"] == "not_reached"
    assert (chain["partnership"], chain["side"], chain["mean"]) == ("X – B", "partner", 6.5)
    assert "The chain as a whole did not reach the threshold" in judged.summary()
    assert "High performing on every factor, in the eyes of both sides: A." in judged.summary()


def test_a_side_that_did_not_answer_is_unknown() -> None:
    found = judge_performance(rated({("A", "client"): HIGH, ("B", "client"): HIGH, ("B", "partner"): HIGH})).together
    assert row(found, what="partnership", of_partnership="X – A")["verdict"] == "cannot_tell"
    assert row(found, what="partnership", of_partnership="X – B")["verdict"] == "reached"
    assert row(found, what="chain")["verdict"] == "cannot_tell"


def test_the_verdicts_are_those_of_the_scores(survey) -> None:
    judged = judge_performance(survey).to_frame()
    scores = score_scales(survey, by=("partnership", "side")).to_frame()
    merged = judged.merge(scores, on=["factor", "partnership", "side"], suffixes=("", "_scores"))
    assert len(merged) == 24
    assert (merged["verdict"] == merged["verdict_scores"]).all()
    np.testing.assert_array_equal(merged["distance"], merged["mean"] - 8.5)


def test_a_line_of_ones_own(survey) -> None:
    assert set(judge_performance(survey, threshold=1.5).together["verdict"]) == {"reached"}
    with pytest.raises(OptionError, match="threshold"):
        judge_performance(survey, threshold=10)


@settings(deadline=None)
@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=9), st.integers(1, 9), st.sampled_from([0.002, 0.02]))
def test_nothing_uncertain_is_called_reached(states: list, expected: int, low: float) -> None:
    p_below = {"reached": 0.99, "not_reached": low, "cannot_tell": 0.4}
    parts = pd.DataFrame(
        {"verdict": pd.Series(states, dtype=object), "p_below": [p_below.get(s, np.nan) for s in states]}
    )
    found = all_reached(parts, expected)
    assert (found == "reached") == (set(states) == {"reached"} and len(states) >= expected)
    tests = sum(state is not None for state in states)  # an unknown part is no test
    assert (found == "not_reached") == ("not_reached" in states and tests * low < 0.025)


def test_wholes_adjust_for_their_parts_as_r_does() -> None:
    """The smallest p-value that `p.adjust(method="holm")` gives decides; see reference/moderated.R."""
    holm = json.loads(Path("tests/reference/moderated.json").read_text(encoding="utf-8"))["holm"]
    rows = pd.DataFrame({"verdict": "cannot_tell", "p_below": holm["p"]})
    adjusted = np.array(holm["adjusted"])
    for level in (0.5, 0.8, 0.9, 0.95, 0.99):
        expected = "not_reached" if adjusted.min() < (1 - level) / 2 else "cannot_tell"
        assert all_reached(rows, len(rows), conf_level=level) == expected
    assert all_reached(rows, len(rows)) == "cannot_tell" and min(holm["p"]) < 0.025  # without adjustment it would fail


def test_the_chain_says_that_the_lowest_of_many_may_lie_low_by_chance() -> None:
    cells = {(place, side): ON for place in "ABCDEF" for side in ("client", "partner")}
    judged = judge_performance(rated(cells | {("A", "client"): [8, 8, 8, 7, 8, 9, 8, 8, 8, 7, 8, 8]}))
    factor = row(judged.table, partnership="X – A", side="client", factor="openness")
    assert factor["verdict"] == "not_reached" and 0.025 / 36 < factor["p_below"] < 0.025 / 6
    assert row(judged.together, what="partnership", of_partnership="X – A")["verdict"] == "not_reached"
    assert row(judged.together, what="chain")["verdict"] == "cannot_tell"
    assert "The lowest of 36 scores may lie that far below the threshold by chance." in judged.summary()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["reached", "cannot_tell"]), min_size=12, max_size=12))
def test_no_sentence_calls_the_uncertain_reached(survey, states: list) -> None:
    """Whatever the parts are, a whole is called reached in words only where each part was."""
    judged = judge_performance(survey)
    rows = judged.table["partnership"].ne("")
    table = judged.table.assign(verdict="cannot_tell")
    table.loc[rows, "verdict"] = states * 2
    table["p_below"] = 0.5
    object.__setattr__(judged, "table", table)
    text = judged.summary()
    assert ("The chain as a whole reached the threshold:" in text) == (set(states) == {"reached"})
    high = set(judged.together.query("what == 'partnership' and verdict == 'reached'")["of_partnership"])
    for place, rows_of in table[rows].groupby("partnership"):
        assert (place in high) == rows_of["verdict"].eq("reached").all()


def test_what_would_settle_it_is_an_invitation() -> None:
    judged = judge_performance(
        rated({("A", "client"): [*HIGH, 5, 6], ("A", "partner"): ON, ("B", "client"): HIGH, ("B", "partner"): [9, 10]})
    )
    asked = judged.invitations
    near = row(asked, partnership="X – A", side="client")
    assert 0 < near["n_more"] <= 2 * near["n_persons"]
    assert row(asked, partnership="X – A", side="partner")["on_the_line"] == (
        "openness",
        "equality",
        "conflict_management",
    )
    assert row(asked, partnership="X – B", side="partner")["too_few"]
    assert not ((asked["partnership"] == "X – B") & (asked["side"] == "client")).any()
    assert f"about {near['n_more']:.0f} more from Client, A" in judged.summary()


def test_nothing_to_settle_invites_nobody() -> None:
    judged = judge_performance(rated({("A", "client"): HIGH, ("A", "partner"): LOW}))
    assert judged.invitations.empty
    assert "Answers that" not in judged.summary()
    assert judged.together["what"].tolist() == ["side", "side", "chain"]  # one partnership: its sides are the chain


def published():
    survey = rated(
        {
            ("A", "client"): [*HIGH, 5, 6],
            ("A", "partner"): [7, 8, 9],
            ("B", "client"): HIGH,
            ("B", "partner"): [9, 10, 9, 10, 9, 8, 8],
            ("C", "client"): [8, 9, 9, 9, 7, 10, 9, 9, 8, 9, 10, 9],
            ("C", "partner"): [8, 9, 9, 9, 10, 9, 7, 9, 8, 9, 10, 10],
            ("D", "client"): [9, 8] * 9,
            ("D", "partner"): [5, 6, 7, 4] * 5,
        }
    )
    judged = judge_performance(survey.where(client="X"))
    return judged, publish(judged, plan_disclosure(survey))


def test_what_is_published_rests_on_what_is_shown() -> None:
    """Wholes and invitations are worked out from the published rows: hidden answers change none of them."""
    judged, shown = published()
    hidden = shown.table["state"].ne("full")
    assert hidden.any() and not hidden.all()
    assert shown.table.loc[hidden, ["verdict", "ci_lower", "n_more"]].isna().all(axis=None)
    assert shown.table.loc[hidden, "takes"].dropna().isin(["too_few"]).all()
    single = shown.table[~shown.table["partnership"].str.startswith(OTHERS)]
    again = together(single, factors=3, sides=2)
    pd.testing.assert_frame_equal(shown.together, again)
    pd.testing.assert_frame_equal(shown.invitations, invitations(single))
    assert row(shown.together, what="partnership", of_partnership="X – A")["verdict"] != "reached"
    assert judged.table["n_more"].notna().sum() >= shown.table["n_more"].notna().sum()


def test_a_hidden_part_that_fails_does_not_show_in_the_whole() -> None:
    """B's partner side is too small to be shown: whatever it holds, the published verdict on B is the same."""
    sentences = set()
    for hidden in ([9, 10, 9], [1, 2, 3]):
        cells = {(p, s): HIGH for p in "ABCD" for s in ("client", "partner")} | {("B", "partner"): hidden}
        survey = rated(cells)
        shown = publish(judge_performance(survey.where(client="X")), plan_disclosure(survey))
        sentences.add(row(shown.together, what="partnership", of_partnership="X – B")["verdict"])
    assert sentences == {"cannot_tell"}


def test_the_figures_say_the_states_without_colour() -> None:
    judged, shown = published()
    for result in (judged, shown):
        for kind in result.declaration().figures:
            ax = result.plot(kind)
            markers = {line.get_marker() for line in ax.get_lines() if line.get_linestyle() == "None"}
            tones = result.declaration().figures[kind]().data[0]
            assert len(markers) == tones[tones["estimate"].notna()]["tone"].nunique()
            assert "Reached:" in result.alt(kind)
    assert "Gehaald:" in shown.alt("sides", language="nl")
    assert shown.summary(language="nl") != shown.summary(language="en")
    assert shown._block("together").cells and shown._block("invitations").caption
    assert "Berger" in shown.methods()


def test_a_questionnaire_without_sides_is_judged_too() -> None:
    survey = read_survey("data/demo/hpo.csv", instrument="hpo")
    judged = judge_performance(survey)
    assert set(judged.table["partnership"]) == {""}
    assert judged.together["what"].tolist() == ["side"]
    assert len(judged.to_frame()) == 5
