"""What publishing leaves, attacked: nothing of a small group follows from several results together."""

import dataclasses

import numpy as np
import pandas as pd

from hpp_analysis import simulate_study
from hpp_analysis.answers.description import describe
from hpp_analysis.answers.distribution import count_answers
from hpp_analysis.answers.dont_know import count_dont_know
from hpp_analysis.answers.response import count_response
from hpp_analysis.answers.tiers import rank_partners
from hpp_analysis.partners.robustness import check_robustness
from hpp_analysis.publishing.clearing import clear_answers
from hpp_analysis.publishing.masking import plan_disclosure, publish
from hpp_analysis.survey.survey import Survey

PAIR = ("partnership", "side")


def study(sizes, **how) -> Survey:
    """One client; of each partnership the numbers of persons on both sides."""
    how = {"several": 0, "dont_know": 0, "skipped": 0, "seed": 3} | how
    return simulate_study(partners=len(sizes), persons_per_side=np.array([sizes]), **how).survey


def of_the_client(survey: Survey) -> Survey:
    return survey.where(client=survey.values("client")[0])


def test_characteristics_that_are_withheld_are_no_rivals_in_a_tier():
    """That no characteristic that is shown may be the lowest would tell that the withheld one is."""
    survey = study([[25, 25]])
    items = survey.items.assign(ope4=2.0)  # all of one mind, and far below the others
    survey = dataclasses.replace(survey, items=items)
    cells, client = plan_disclosure(survey), of_the_client(survey)
    found = rank_partners(client)
    assert found.tier("lowest")["item"].tolist() == ["ope4"]
    published = publish(found, cells)
    assert published.p_above is None
    table = published.to_frame().set_index("item")
    assert table.loc["ope4", "state"] == "withheld" and table["tier"].drop("ope4").eq("lowest").any()
    # another answer that all give changes nothing that is shown
    other = dataclasses.replace(survey, items=items.assign(ope4=9.0))
    again = publish(rank_partners(of_the_client(other)), plan_disclosure(other))
    pd.testing.assert_frame_equal(again.to_frame(), published.to_frame())
    assert again.summary("en") == published.summary("en")
    assert "Only characteristics that may be shown in full were compared." in published.summary("en")


def test_a_description_of_fewer_ratings_than_the_plan_counts_is_withheld():
    """Two descriptions that differ by one person would be that person's answers."""
    survey = study([[15, 15]])
    cells, client = plan_disclosure(survey), of_the_client(survey)
    less = client.keep(pd.Series(np.arange(len(client)) > 0, client.items.index), why="one person")
    for by in ((), PAIR):
        usual = publish(describe(client, by=by, weight="organisation"), cells).to_frame()
        assert usual["state"].eq("full").any()
        without = publish(describe(less, by=by, weight="organisation"), cells).to_frame()
        fewer = without["n_persons"].isna()
        assert without.loc[fewer, ["mean", "sd", "n", "min"]].isna().all(axis=None)
        assert fewer.any() and without.loc[fewer, "why"].eq("unknown_group").all()


def test_the_size_of_a_report_on_fewer_than_five_persons_is_not_told():
    survey = simulate_study(
        clients=["A", "B"], partners=1, persons_per_side=np.array([[[2, 2], [15, 15]]]), several=0, seed=3
    ).survey
    cells = plan_disclosure(survey)
    for by in ((), PAIR):
        told = publish(count_response(survey.where(client="A"), by=by), cells)
        assert told.n_persons is None and told.n_ratings is None
        assert told.summary("en") == "How many persons took part is withheld to protect small groups."
    assert "30 persons" in publish(count_response(survey.where(client="B")), cells).summary("en")


def test_a_published_result_carries_nothing_beside_its_table():
    survey = study([[15, 15], [15, 15]])
    cells, client = plan_disclosure(survey), of_the_client(survey)
    for result in (check_robustness(client), rank_partners(client), count_answers(client), count_dont_know(client)):
        published = publish(result, cells)
        beside = [getattr(published, field.name) for field in dataclasses.fields(published) if field.name != "table"]
        assert not [one for one in beside if isinstance(one, pd.DataFrame) and len(one)]
        assert not [one for one in beside if isinstance(one, np.ndarray)]


def test_that_none_of_a_small_group_answered_looks_like_a_small_group():
    """Of four persons who all did not know, a table must not say more than of four who answered."""
    survey = study([[15, 15], [15, 15], [15, 12], [15, 4]])
    four = survey.respondents["side"].eq("partner") & survey.respondents["partnership"].str.endswith("4")
    assert four.sum() == 4
    items = survey.items.copy()
    items.loc[four, ["ope3"]] = np.nan
    reasons = survey.reasons.copy()
    reasons.loc[four, ["ope3"]] = "dont_know"
    silent = dataclasses.replace(survey, items=items, reasons=reasons)
    found = [
        publish(describe(of_the_client(one), by=PAIR, weight="organisation"), plan_disclosure(one)).to_frame()
        for one in (survey, silent)
    ]
    rows = [frame[frame["side"].eq("partner") & frame["partnership"].str.endswith("4")] for frame in found]
    pd.testing.assert_frame_equal(*rows)
    assert rows[1]["state"].eq("withheld").all()


def few_answer_openness(seed: int, shift: float) -> Survey:
    """One partnership of 14 persons a side; openness is answered by 8 of the partner's only, `shift` lower than they did."""
    survey = study([[14, 14]], careless=0, seed=seed)
    openness = [item for item in survey.items if item.startswith("ope")]
    partner = survey.respondents["side"].eq("partner")
    silent = partner & (survey.respondents.groupby("side").cumcount() >= 8)
    items = survey.items.astype(float).copy()
    items.loc[silent, openness] = np.nan
    items.loc[partner & ~silent, openness] = np.clip(items.loc[partner & ~silent, openness] - shift, 1, 10)
    return dataclasses.replace(survey, items=items)


def test_shares_of_dont_know_count_everybody_who_was_asked():
    """Also where the answers themselves are not told: all of one mind, or fewer than ten of a group of fourteen."""
    survey = study([[14, 20]])
    client = survey.respondents["side"].eq("client").to_numpy()
    items, reasons = survey.items.astype(float).copy(), survey.reasons.copy()
    for item, silent in (("ope3", 2), ("ope4", 6)):
        rows = items.index[client]
        items.loc[rows, item] = 8.0 if item == "ope3" else items.loc[rows, item]
        items.loc[rows[:silent], item] = np.nan
        reasons.loc[rows, item] = "answered"
        reasons.loc[rows[:silent], item] = "dont_know"
    other = dataclasses.replace(survey, items=items, reasons=reasons)
    cells, own = plan_disclosure(other), of_the_client(other)
    side = frozenset({("client", own.values("client")[0]), ("side", "client")})
    assert [cells.state(side, item) for item in ("ope3", "ope4")] == ["withheld", "mean_only"]
    assert clear_answers(own, cells).items.loc[client, ["ope3", "ope4"]].isna().all(axis=None)
    told = clear_answers(own, cells).reasons.loc[client, ["ope3", "ope4"]].eq("dont_know").mean()
    assert told.tolist() == [2 / 14, 6 / 14]
