"""What every result can do, in every language of the package; and what publishing takes away."""

import dataclasses
import json
import re

import pytest

from hpp_analysis.answers.description import describe
from hpp_analysis.answers.distribution import count_answers
from hpp_analysis.answers.dont_know import count_dont_know
from hpp_analysis.answers.response import count_response
from hpp_analysis.answers.scores import score_scales
from hpp_analysis.answers.tiers import rank_partners
from hpp_analysis.common.result import Result, show, show_all
from hpp_analysis.display.blocks import MIME, from_json, to_json
from hpp_analysis.errors import DisclosureError, OptionError
from hpp_analysis.partners.changes import compare_waves
from hpp_analysis.partners.gaps import partner_gaps
from hpp_analysis.publishing.masking import plan_disclosure, publish
from hpp_analysis.reliability.reliability import scale_reliability
from hpp_analysis.simulation.simulate import simulate_study
from hpp_analysis.texts import language, languages

MAKERS = {
    "scores": score_scales,
    "scores per partner": lambda survey: score_scales(survey, by=("partnership", "side")),
    "gaps": partner_gaps,
    "gaps per item": lambda survey: partner_gaps(survey, level="item"),
    "reliability": scale_reliability,
    "description": lambda survey: describe(survey, weight="organisation"),
    "response": count_response,
    "distribution": count_answers,
    "don't know": count_dont_know,
    "tiers": rank_partners,
    "changes": lambda survey: compare_waves(simulate_study(waves=2, seed=7).survey),
}


@pytest.fixture(params=list(MAKERS))
def result(request, survey) -> Result:
    return MAKERS[request.param](survey.where(client=survey.values("client")[0]))


@pytest.fixture(scope="module")
def cells(survey):
    return plan_disclosure(survey)


def test_results_speak_every_language(result: Result) -> None:
    said = {code: (result.summary(code), result.methods(code), result.alt(language=code)) for code in languages()}
    for texts in said.values():
        assert all(len(text) > 10 and "{" not in text for text in texts)
    for place in range(3):
        assert len({texts[place] for texts in said.values()}) == len(said), "each language says it in its own words"


def test_numbers_are_the_same_in_every_language(result: Result) -> None:
    blocks = [result._block("table", code) for code in languages()]
    numbers = [
        [{name: value for name, value in row.items() if not isinstance(value, str)} for row in block.values]
        for block in blocks
    ]
    assert all(json.dumps(rows) == json.dumps(numbers[0]) for rows in numbers)
    assert sum(len(row) for row in numbers[0]) >= 2 * len(numbers[0])


def test_dutch_has_a_decimal_comma(result: Result) -> None:
    written = [text for row in result._block("table", "nl").cells for text in row if re.search(r"\d[.,]\d", text)]
    assert written or result.declaration().name in ("response", "distribution", "dont_know"), (
        "counts and percents have none"
    )
    assert not any(re.search(r"\d\.\d", text) for text in written)


def test_every_figure_can_be_drawn_and_has_an_alt(result: Result) -> None:
    for kind in result.declaration().figures:
        block = result._block(kind)
        assert block.svg.lstrip().startswith(("<?xml", "<svg"))
        assert len(block.alt) > 20
        assert result._block(kind).svg == block.svg, "the same drawing twice is the same text"


def test_a_result_is_frozen_and_its_table_safe(result: Result) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.table = None
    frame = result.to_frame()
    column = frame.columns[-1]
    frame[column] = 0
    frame.iloc[0, 0] = frame.iloc[0, 0]
    assert not (result.to_frame()[column].astype(str) == "0").all()


def test_outputs_carry_the_block(result: Result) -> None:
    bundle = show(result)._repr_mimebundle_()
    assert from_json(bundle[MIME]) == [result._block()]
    assert bundle["text/html"].startswith("<figure>")
    assert from_json(json.loads(json.dumps(result._repr_mimebundle_()[MIME]))) == [result._block("table")]
    assert "<table>" in result._repr_html_()
    assert result._block("table").caption in repr(result)


def test_unknown_kinds_list_the_known(result: Result) -> None:
    with pytest.raises(OptionError, match="'summary'"):
        show(result, "pie")


def test_publishing_withholds_numbers_and_keeps_names(result: Result, cells) -> None:
    published = publish(result, cells)
    table = published.to_frame()
    hidden = table["state"] == "withheld"
    keys = list(result.declaration().keys)
    numbers = [column for column in table.select_dtypes("number").columns if column not in keys]
    assert table.loc[hidden, numbers].isna().all(axis=None)
    assert table[keys].equals(result.to_frame()[keys])
    assert published.published
    assert type(published) is type(result)
    for code in languages():
        assert published.summary(code)
        assert published._block("table", code).cells
        assert published._block(None, code).svg


def test_hostile_names_are_text(survey) -> None:
    hostile = "<script>alert(1)</script> $x^2$ & {7*7} %s"
    respondents = survey.respondents.assign(
        partnership=survey.respondents["partnership"].where(
            survey.respondents["partner"] != survey.values("partner")[0], hostile
        ),
        partner=survey.respondents["partner"].where(
            survey.respondents["partner"] != survey.values("partner")[0], hostile
        ),
    )
    other = dataclasses.replace(survey, respondents=respondents)
    for result in (score_scales(other, by=("partnership", "side")), count_response(other)):
        html = result._repr_html_() + show(result)._repr_mimebundle_()["text/html"]
        assert "<script" not in html
        assert "&lt;script&gt;" in html


# What the plan of a run decides


def test_a_group_of_four_is_withheld_and_does_not_follow(survey) -> None:
    """Ten persons of one partner become four: they are hidden, and nothing is computed from their answers."""
    small = survey.values("partner")[0]
    chosen = (survey.respondents["partner"] == small) & (survey.respondents["side"] == "partner")
    four = survey.persons[chosen].unique()[:4]
    smaller = survey.keep(~chosen | survey.persons.isin(four), "a test")
    plan = plan_disclosure(smaller)
    client = smaller.where(client=smaller.values("client")[0])
    table = publish(score_scales(client, by=("partnership", "side")), plan).to_frame()
    rows = table[(table["factor"] == "openness") & (table["side"] == "partner")].set_index("partnership")
    assert rows.loc[next(name for name in rows.index if name.endswith(small)), "state"] == "withheld"
    assert (rows["state"] == "withheld").sum() == 1
    sides = publish(score_scales(client), plan)
    assert sides.to_frame()["mean"].notna().all()
    assert "Groups of fewer than five persons do not count in it." in sides._block("table", "en").notes
    others = score_scales(
        smaller.where(client=smaller.values("client")[0]).keep(~chosen[client.items.index], "the four")
    )
    for shown, without in zip(sides.to_frame()["mean"], others.to_frame()["mean"].round(2), strict=True):
        assert shown == without


def test_five_to_nine_persons_show_a_rounded_mean_and_nothing_else(survey) -> None:
    small = survey.values("partner")[0]
    chosen = (survey.respondents["partner"] == small) & (survey.respondents["side"] == "partner")
    seven = survey.persons[chosen].unique()[:7]
    smaller = survey.keep(~chosen | survey.persons.isin(seven), "a test")
    client = smaller.where(client=smaller.values("client")[0])
    published = publish(score_scales(client, by=("partnership", "side")), plan_disclosure(smaller))
    rounded = published.to_frame().query("state == 'mean_only'")
    assert len(rounded)
    assert (rounded["mean"] == rounded["mean"].round(1)).all()
    assert rounded[["ci_lower", "ci_upper", "sd", "verdict"]].isna().all(axis=None)
    assert rounded["n_persons"].eq(7).all()
    assert any("rounded means only" in note or "rounded mean only" in note for note in published._block("table").notes)
    assert published.values.empty


def test_what_nobody_planned_is_withheld(survey, cells) -> None:
    table = publish(score_scales(survey.where(role="manager")), cells).to_frame()
    assert (table["state"] == "withheld").all()
    assert table["mean"].isna().all()


def test_means_in_another_weighting_are_not_published(survey, cells) -> None:
    client = survey.where(client=survey.values("client")[0])
    for result in (
        score_scales(client, weight="respondent"),
        describe(client),
        partner_gaps(client, weight="respondent"),
    ):
        with pytest.raises(DisclosureError, match="weight='organisation'"):
            publish(result, cells)


def test_a_choice_of_ratings_is_another_group(survey, cells) -> None:
    """A plan for everybody does not cover the few that somebody keeps afterwards."""
    client = survey.where(client=survey.values("client")[0])
    one = client.keep(client.persons == client.persons.iloc[0], "one person")
    table = publish(score_scales(one), cells).to_frame()
    assert (table["state"] == "withheld").all()
    kept = survey.keep([True] * (len(survey) - 1) + [False], "the last rating is a test")
    fine = publish(score_scales(kept.where(client=survey.values("client")[0])), plan_disclosure(kept)).to_frame()
    assert (fine["state"] == "full").all()


def test_other_scales_and_other_pairs_are_not_published(survey, cells) -> None:
    client = survey.where(client=survey.values("client")[0])
    for result in (
        score_scales(client, min_valid=1.0),
        scale_reliability(client, {"openness": ["ope1", "ope2", "ope3"]}),
        partner_gaps(client, pair="client"),
    ):
        with pytest.raises(DisclosureError):
            publish(result, cells)


def test_without_respondents_nothing_can_be_planned(survey) -> None:
    """Each row would count as a person, and one purchaser who rates six partners as six."""
    nameless = dataclasses.replace(survey, respondents=survey.respondents.drop(columns="respondent"))
    with pytest.raises(DisclosureError, match="respondent"):
        plan_disclosure(nameless)


def test_a_whole_rests_on_the_means_of_small_parts_and_the_spread_of_large_ones(survey) -> None:
    """Other answers of the seven persons with the same means change nothing that is shown."""
    small = survey.values("partner")[0]
    chosen = (survey.respondents["partner"] == small) & (survey.respondents["side"] == "partner")
    smaller = survey.keep(~chosen | survey.persons.isin(survey.persons[chosen].unique()[:7]), "a test")
    client = smaller.where(client=smaller.values("client")[0])
    plan = plan_disclosure(smaller)
    sides = publish(score_scales(client), plan)
    table = sides.to_frame().set_index("side")
    assert table[["mean", "ci_lower", "ci_upper", "sd"]].notna().all(axis=None)
    assert "small_means" in sides.flags
    assert any("counts with its rounded mean" in note for note in sides._block("table", "en").notes)
    raw = score_scales(client).to_frame().set_index("side")
    wide, own = (frame.loc["partner", "ci_upper"] - frame.loc["partner", "ci_lower"] for frame in (table, raw))
    assert (wide != own.round(2)).any()  # not the spread of the seven
    assert (table.loc["partner", "mean"] - raw.loc["partner", "mean"]).abs().max() < 0.1  # means are rounded


def test_several_results_share_an_output_and_say_a_sentence_once(survey) -> None:
    together, by_side, gaps = score_scales(survey, by=()), score_scales(survey), partner_gaps(survey)
    with language("nl"):
        of_scores, of_gaps = together._methods(), gaps._methods()
    blocks = show_all([together, None, by_side, gaps], "methods", language="nl").blocks
    assert [block.name for block in blocks] == ["scores_methods", "gaps_factor_methods"]  # both scores say the same
    new = [sentence for sentence in of_gaps if sentence not in of_scores]
    assert [block.paragraphs for block in blocks] == [[" ".join(of_scores)], [" ".join(new)]]
    tables = show_all([together, gaps], "table").blocks
    assert [to_json([table]) for table in tables] == [
        to_json(list(show(result, "table").blocks)) for result in (together, gaps)
    ]
    with pytest.raises(OptionError, match="results"):
        show_all([None], "table")
    with pytest.raises(OptionError, match="kind"):
        show_all([together, gaps], "profil")
