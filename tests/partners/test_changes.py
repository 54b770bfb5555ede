"""Waves compared: the numbers of a gap over waves, and sentences that say no more than the verdicts."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis import simulate_study
from hpp_analysis.answers.scores import score_scales
from hpp_analysis.partners.changes import Changes, compare_waves
from hpp_analysis.publishing.masking import plan_disclosure, publish


@pytest.fixture(scope="module")
def two_waves():
    return simulate_study(waves=2, seed=5).survey


def test_a_change_is_the_difference_of_the_scores_that_are_shown(two_waves):
    changes = compare_waves(two_waves).to_frame().set_index(["factor", "side"])
    scores = score_scales(two_waves, by=("wave", "side")).to_frame()
    scores = scores.set_index(["factor", "side", "wave"])["mean"]
    for (scale, side), row in changes.iterrows():
        assert row["mean_before"] == pytest.approx(scores[scale, side, "1"])
        assert row["mean_after"] == pytest.approx(scores[scale, side, "2"])
        assert row["change"] == pytest.approx(row["mean_after"] - row["mean_before"])
        assert row["ci_lower"] < row["change"] < row["ci_upper"]


def test_the_history_of_a_wave_ends_with_it(two_waves):
    assert set(two_waves.history().values("wave")) == {"1", "2"}
    first = two_waves.history("1")
    assert set(first.values("wave")) == {"1"} and first.selection == two_waves.selection
    changes = compare_waves(first)
    assert changes.waves == () and len(changes.to_frame()) == 0
    assert changes.summary("en") == "There is no earlier wave to compare with."
    assert changes._block("table").cells == [] and changes._block("intervals").svg


def test_waves_are_compared_in_their_own_order(two_waves):
    wave = two_waves.respondents["wave"].astype(str).map({"1": "9", "2": "10"})
    later = dataclasses.replace(two_waves, respondents=two_waves.respondents.assign(wave=wave))
    assert compare_waves(later).waves == ("9", "10")


def test_a_partnership_of_one_wave_only_is_told(two_waves):
    gone = two_waves.respondents["partner"].eq(two_waves.values("partner")[0])
    some = two_waves.keep(~(gone & two_waves.respondents["wave"].eq("2")), why="left")
    changes = compare_waves(some)
    assert changes.n_once == 1
    assert "1 partnership took part in one of the two waves only" in changes._block("table", "en").notes[-1]


def test_published_changes_are_between_published_means(two_waves):
    client = two_waves.where(client=two_waves.values("client")[0])
    table = publish(compare_waves(client), plan_disclosure(two_waves)).to_frame()
    rounded = table[table["state"].eq("mean_only")]
    assert (rounded["change"] - (rounded["mean_after"] - rounded["mean_before"])).abs().max() < 1e-9 or rounded.empty
    assert table["state"].isin(["full", "mean_only", "withheld"]).all()
    assert table.loc[table["state"].eq("full"), "change"].notna().all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["different", "small_difference", "alike", "cannot_tell"]), st.floats(-3, 3)),
        min_size=1,
        max_size=8,
    )
)
def test_rose_and_fell_are_said_of_what_differs_only(rows):
    names = [f"f{place}" for place in range(len(rows))]
    change = np.array([size if size else 0.5 for _code, size in rows])
    table = pd.DataFrame(
        {
            "factor": names, "mean_before": 5.0, "mean_after": 5.0 + change, "change": change,
            "verdict": [code for code, _size in rows],
        }
    )  # fmt: skip
    said = Changes(table=table, waves=("1", "2")).summary("en")
    for code, size, name in zip(table["verdict"], change, names, strict=True):
        sentence = next(
            part for part in _sentences(said) if name in part.replace(",", " ").split() or f"{name} (" in part
        )
        if code == "different":
            assert sentence.startswith("Since wave 1 these rose" if size > 0 else "Since wave 1 these fell")
        elif code == "cannot_tell":
            assert sentence.startswith("These answers cannot tell")
        else:
            assert sentence.startswith("About the same")


def _sentences(said: str) -> list[str]:
    starts = ("Since wave", "About the same", "These answers cannot tell")
    places = sorted(place for start in starts for place in _finds(said, start))
    return [said[one:two].strip().rstrip(".") for one, two in zip(places, [*places[1:], len(said)], strict=True)]


def _finds(said: str, start: str) -> list[int]:
    return [place for place in range(len(said)) if said.startswith(start, place)]
