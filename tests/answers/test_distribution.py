"""Shares of answers: what they are, what is never shown of them, and what may be said."""

import dataclasses
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpp_analysis import load_instrument, read_survey, simulate_study
from hpp_analysis.answers.distribution import count_answers
from hpp_analysis.answers.dont_know import count_dont_know
from hpp_analysis.common.interpret import LOW_SHARE
from hpp_analysis.common.result import show
from hpp_analysis.core.groups.proportions import wilson
from hpp_analysis.publishing.masking import plan_disclosure, publish

BANDS = ["share_low", "share_middle", "share_high"]


def test_partnerships_count_equally(two_partners):
    shares = count_answers(two_partners).to_frame().set_index(["item", "side"])
    # client: A 9, 7; B 5 five times, 7. Of A half is high and none low, of B five of six are low and none high
    assert shares.loc[("ope1", "client"), BANDS].tolist() == pytest.approx([5 / 12, 1 / 3, 1 / 4])
    # partner: A 6, 8; B 4 five times, 10
    assert shares.loc[("ope1", "partner"), BANDS].tolist() == pytest.approx([5 / 12, 1 / 2, 1 / 12])
    assert shares.loc[("ope1", "client"), "n_persons"] == 8


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(3, 16), min_size=2, max_size=4), st.integers(0, 1000))
def test_no_spread_of_fewer_than_ten_persons_follows(sizes, seed):
    """What is shown of a side, less what is shown of its partnerships, is always the spread of ten persons or more."""
    study = simulate_study(partners=len(sizes), persons_per_side=(3, 16), seed=seed).survey
    sizes = np.array(sizes)
    place = study.respondents.groupby(["partnership", "side"]).cumcount()
    order = dict(zip(study.values("partnership"), sizes, strict=False))
    survey = study.keep(place < study.respondents["partnership"].map(order), why="sizes")
    cells = plan_disclosure(survey)
    client = survey.where(client=survey.values("client")[0])
    whole = publish(count_answers(client), cells).to_frame().set_index(["item", "side"])
    parts = publish(count_answers(client, by=("partnership", "side")), cells).to_frame()
    for frame in (whole, parts):
        shown = frame[BANDS].notna().all(axis=1)
        assert frame.loc[shown, "n_persons"].ge(10).all()
        assert frame.loc[~shown, BANDS].isna().all(axis=None)
    for item, side in whole.index[whole["share_low"].notna()]:
        inside = parts[parts["item"].eq(item) & parts["side"].eq(side)]
        shown = inside[inside["share_low"].notna()]
        raters = client.respondents["side"].eq(side) & client.items[item].notna()
        people = {
            name: set(client.persons[raters & client.respondents["partnership"].eq(name)])
            for name in inside["partnership"]
        }
        # groups of fewer than ten persons are in no share
        assert whole.loc[(item, side), "n_persons"] == len(
            set().union(*(who for who in people.values() if len(who) >= 10))
        )
        people = {name: who for name, who in people.items() if len(who) >= 10}
        for n in range(1, len(shown) + 1):
            for some in combinations(shown["partnership"], n):
                left = set().union(*(people[name] for name in people if name not in some))
                assert not left or len(left) >= 10, (item, side, some)


def test_the_shares_of_a_whole_rest_on_its_large_parts():
    """One partner of three persons: its side's shares are those of the others alone."""
    survey = simulate_study(partners=3, persons_per_side=(15, 20), seed=2).survey
    place = survey.respondents.groupby(["partnership", "side"]).cumcount()
    small = survey.respondents["partner"].eq(survey.values("partner")[0]) & survey.respondents["side"].eq("partner")
    survey = survey.keep(~small | (place < 3), why="few")
    client = survey.where(client=survey.values("client")[0])
    published = publish(count_answers(client), plan_disclosure(survey))
    partner = published.to_frame().query("side == 'partner'")
    assert partner["state"].eq("full").all()
    three = small[client.items.index]
    others = count_answers(client.keep(~three, "the three")).to_frame().query("side == 'partner'")
    raw = count_answers(client).to_frame().query("side == 'partner'")
    assert (partner["share_low"] == others["share_low"].round(2)).all()
    assert (partner["share_low"] != raw["share_low"].round(2)).any()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 10), min_size=10, max_size=60), st.lists(st.integers(1, 10), min_size=10, max_size=60))
def test_what_is_said_of_low_answers_is_certain(client, partner):
    survey = answers_of({"client": client, "partner": partner})
    result = count_answers(survey)
    said = result.summary("en")
    for side, given_ in (("The clients", client), ("The partners", partner)):
        share = np.mean(np.array(given_) <= 5)
        certain = wilson(share, len(given_))[0] >= LOW_SHARE
        assert (f"{side}: a fifth or more of the answers are low" in said) == certain
        assert (f"{side}: for no characteristic is it certain" in said) == (not certain)


def answers_of(by_side):
    rows = [(side, value) for side, values in by_side.items() for value in values]
    frame = pd.DataFrame(rows, columns=["side", "value"])
    instrument = load_instrument("hpp")
    wide = pd.DataFrame({item.id: frame["value"] for item in instrument.items})
    who = frame[["side"]].assign(client="X", partner="A", respondent=[f"r{place}" for place in range(len(frame))])
    return read_survey(pd.concat([who, wide], axis=1), instrument=instrument)


def test_one_sided_answers_have_one_share(survey):
    one = survey.where(side="client")
    respondents = one.respondents.drop(columns="side")
    plain = dataclasses.replace(one, respondents=respondents, selection={})
    assert count_dont_know(plain).to_frame().columns.tolist() == [
        "factor", "item", "share_first", "asked_first", "n_first", "often", "differs",
    ]  # fmt: skip
    assert count_answers(plain).groups == ()


def test_of_few_characteristics_none_is_among_the_lowest_by_number_alone():
    survey = simulate_study(partners=1, persons_per_side=40, seed=3).survey
    few = count_answers(survey)
    for n, low, high in ((8, 2, 2), (19, 5, 3)):  # a third of eight is two; of many, five and three
        items = few.table["item"].drop_duplicates().head(n)
        drawn = dataclasses.replace(few, table=few.table[few.table["item"].isin(items)])._extremes()
        ends = drawn.data[0].drop_duplicates(["group", "label"])["group"].value_counts().to_dict()
        assert ends == {"Most low answers": low, "Most high answers": high}


def test_without_shares_there_is_no_figure_of_the_ends():
    few = count_answers(simulate_study(partners=1, persons_per_side=12, seed=3).survey)
    hidden = dataclasses.replace(few, table=few.table.assign(**dict.fromkeys(BANDS, np.nan)))
    assert show(hidden, "extremes").blocks == ()
    assert len(show(few, "extremes").blocks) == 1
