"""Page one follows from the tables by rules (R1 to R7), and says no more than the numbers carry."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

import hpp_analysis as hpp
from hpp_analysis.display.blocks import FactsBlock, TextBlock
from hpp_analysis.display.formats import natural
from hpp_analysis.errors import OptionError
from hpp_analysis.findings.key_findings import KeyFindings, key_findings

PAIR = ("partnership", "side")
LINE = 8.5


@pytest.fixture(scope="module")
def survey():
    return hpp.simulate_study(
        partners=["Alfa", "Bravo", "Charlie"], clients=["Acme"], persons_per_side=20, seed=2
    ).survey


@pytest.fixture(scope="module")
def scores(survey):
    return hpp.score_scales(survey.where(client="Acme"))


@pytest.fixture(scope="module")
def verdict(survey):
    return hpp.judge_performance(survey.where(client="Acme"))


def judged(verdict, means: dict[str, list[float]], half: float = 0.2, hidden: tuple[str, ...] = ()):
    """The verdict with other means: by partnership, one mean for each factor, the same for both sides."""
    table = verdict.to_frame()
    factors = list(dict.fromkeys(table["factor"]))
    for place, row in table.iterrows():
        partner = row["partnership"].removeprefix("Acme – ")
        if partner in means:
            mean = means[partner][factors.index(row["factor"])]
            table.loc[place, ["mean", "ci_lower", "ci_upper"]] = mean, mean - half, mean + half
            code = "reached" if mean - half >= LINE else "not_reached" if mean + half < LINE else "cannot_tell"
            table.loc[place, "verdict"] = code
            table.loc[place, "p_below"] = norm.cdf((mean - LINE) / (half / norm.ppf(0.975)))
        table.loc[place, ["state", "why"]] = "full", ""
        if partner in hidden and row["side"] == "partner":
            table.loc[place, ["mean", "ci_lower", "ci_upper", "p_below", "verdict"]] = (*[np.nan] * 4, None)
            table.loc[place, ["state", "why"]] = "withheld", "too_few"
    return replace(verdict, table=table)


def headline(found: KeyFindings) -> str:
    return " ".join(found._headline())


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ({"Alfa": [7, 7, 7], "Bravo": [7, 7, 7], "Charlie": [7, 7, 7]}, "None of the 3 partnerships reaches 8.5."),
        ({"Alfa": [9, 9, 9], "Bravo": [9, 9, 9], "Charlie": [9, 9, 9]}, "All 3 partnerships reach 8.5."),
        (
            {"Alfa": [7, 9, 9], "Bravo": [9, 9, 9], "Charlie": [9, 9, 9]},
            "Of the 3 partnerships, 1 falls short of 8.5 and 2 reach it.",
        ),
        (
            {"Alfa": [7, 7, 7], "Bravo": [7, 7, 7], "Charlie": [9, 9, 9]},
            "Of the 3 partnerships, 2 fall short of 8.5 and 1 reaches it.",
        ),
        (
            {"Alfa": [7, 7, 7], "Bravo": [7, 7, 7], "Charlie": [8.5, 8.5, 8.5]},
            "Of the 3 partnerships, 2 fall short of 8.5; for Charlie these answers cannot tell yet.",
        ),
        (
            {"Alfa": [9, 9, 9], "Bravo": [8.5, 9, 9], "Charlie": [9, 9, 8.5]},
            "Of the 3 partnerships, 1 reaches 8.5; for Bravo and Charlie these answers cannot tell yet.",
        ),
        (
            {"Alfa": [8.5, 9, 9], "Bravo": [8.5, 9, 9], "Charlie": [9, 9, 8.5]},
            "Whether the 3 partnerships reach 8.5, these answers cannot tell yet.",
        ),
    ],
)
def test_r1_counts_and_names_what_is_unclear(scores, verdict, means, said) -> None:
    assert headline(key_findings(scores, verdict=judged(verdict, means))).startswith(said)


def test_r1_none_is_said_only_where_nothing_is_unclear(scores, verdict) -> None:
    some_unclear = judged(verdict, {"Alfa": [7, 7, 7], "Bravo": [7, 7, 7], "Charlie": [8.5, 8.5, 8.5]})
    assert "None" not in headline(key_findings(scores, verdict=some_unclear))


@pytest.mark.parametrize(
    ("code", "english", "dutch"),
    [
        ("reached", "Openness reaches 8.5.", "Openheid haalt de norm van 8,5."),
        ("not_reached", "Openness does not reach 8.5.", "Openheid haalt de norm van 8,5 niet."),
        (
            "cannot_tell",
            "Whether openness reaches 8.5, these answers cannot tell yet.",
            "Of openheid de norm van 8,5 haalt, is nog niet te zeggen.",
        ),
    ],
)
def test_r1_the_only_factor_has_a_sentence_of_its_own_and_no_count(scores, verdict, code, english, dutch) -> None:
    table = verdict.to_frame()
    table = table[table["factor"].eq("openness") & table["partnership"].eq("")]
    table = table.assign(verdict=code, p_below={"reached": 0.99, "not_reached": 0.001, "cannot_tell": 0.4}[code])
    found = key_findings(scores, verdict=replace(verdict, table=table))
    assert found.units == "factor" and headline(found) == english
    assert not any(" of 1" in number for number, _meaning in found._numbers())
    assert hpp.show(found, "page", language="nl").blocks[0].paragraphs == [dutch]


def test_r1_dutch_verbs_agree_with_their_numbers(scores, verdict) -> None:
    def said(**means: list[float]) -> str:
        found = key_findings(scores, verdict=judged(verdict, means))
        return hpp.show(found, "page", language="nl").blocks[0].paragraphs[0]

    assert "haalt er 1 de norm van 8,5 niet en 2 wel." in said(Alfa=[7, 9, 9], Bravo=[9, 9, 9], Charlie=[9, 9, 9])
    assert "halen er 2 de norm van 8,5 niet en 1 wel." in said(Alfa=[7, 9, 9], Bravo=[7, 9, 9], Charlie=[9, 9, 9])
    unclear = {"Bravo": [8.5, 9, 9], "Charlie": [9, 9, 8.5]}
    assert "haalt er 1 de norm van 8,5; van Bravo en Charlie is dat" in said(Alfa=[9, 9, 9], **unclear)


def test_r2_the_lowest_alone_only_where_its_interval_lies_below_all_others(scores, verdict) -> None:
    apart = {"Alfa": [7, 7, 5], "Bravo": [7, 7, 7], "Charlie": [7, 7, 7]}
    assert "Alfa scores lowest, mainly on conflict management." in headline(
        key_findings(scores, verdict=judged(verdict, apart))
    )
    tied = {"Alfa": [7, 7, 6.8], "Bravo": [7, 7, 6.7], "Charlie": [8, 8, 8]}
    assert "Bravo and Alfa score lowest; these answers cannot tell them apart." in headline(
        key_findings(scores, verdict=judged(verdict, tied))
    )
    alike = {"Alfa": [7, 7, 7], "Bravo": [7, 7, 7], "Charlie": [7, 7, 7]}
    assert "lowest" not in headline(key_findings(scores, verdict=judged(verdict, alike)))
    everywhere = {"Alfa": [5, 5, 5], "Bravo": [7, 7, 7], "Charlie": [7, 7, 7]}
    assert headline(key_findings(scores, verdict=judged(verdict, everywhere))).endswith("Alfa scores lowest.")


def test_r2_warns_where_something_may_not_be_shown(scores, verdict) -> None:
    apart = {"Alfa": [7, 7, 5], "Bravo": [7, 7, 7], "Charlie": [7, 7, 7]}
    found = key_findings(scores, verdict=judged(verdict, apart, hidden=("Charlie",)))
    assert "Of what may be shown, Alfa scores lowest" in headline(found)
    said = "The scores from Charlie, to protect small groups."
    assert ["Not shown", said] in found._certainty(), "small or not: an earlier report may be why"
    facts = [block for block in hpp.show(found, "page", language="nl").blocks if isinstance(block, FactsBlock)]
    assert ["Niet getoond", "De cijfers van Charlie, om kleine groepen te beschermen."] in facts[-1].facts


def test_r3_numbers_are_reached_lowest_and_the_gap_that_counts(survey, scores, verdict) -> None:
    gaps = hpp.partner_gaps(survey.where(client="Acme"))
    low = judged(verdict, {"Alfa": [7, 7, 5], "Bravo": [9, 9, 9], "Charlie": [7, 7, 7]})
    table = gaps.to_frame()
    counting = table.assign(
        gap=[0.7, 0.9, 0.2, 2.0], verdict=["different", "different", "cannot_tell", "different"],
    )  # fmt: skip
    found = key_findings(scores, verdict=low, gaps=replace(gaps, table=counting))
    numbers = [number for number, _meaning in found._numbers()]
    assert numbers == ["1 of 3", "5.0", "0.9"], "success of the partnership is no factor"
    assert "the partners on equality" in found._numbers()[2][1]
    tied = replace(gaps, table=counting.assign(gap=[0.9, 0.9, 0.2, 2.0]))
    assert "openness and equality" in key_findings(scores, verdict=low, gaps=tied)._numbers()[2][1]
    for second, reads_the_same in ((0.96, True), (0.94, False), (-0.98, False)):  # 1.0, 0.9, and 1.0 the other way
        near = replace(gaps, table=counting.assign(gap=[0.98, second, 0.2, 2.0]))
        said = key_findings(scores, verdict=low, gaps=near)._numbers()[2]
        assert said[0] == "1.0" and ("openness and equality" in said[1]) == reads_the_same
    none = replace(gaps, table=table.assign(verdict="cannot_tell"))
    response = hpp.answers.count_response(survey)
    last = key_findings(scores, verdict=low, gaps=none, response=response)._numbers()[-1]
    assert last == [str(response.n_persons), "persons took part"]


def test_r4_the_question_follows_the_higher_side(survey, scores, verdict) -> None:
    gaps = hpp.partner_gaps(survey.where(client="Acme"))
    table = gaps.to_frame()

    def asked(**columns: object) -> str:
        return key_findings(scores, verdict=verdict, gaps=replace(gaps, table=table.assign(**columns)))._conversation()[
            0
        ][1]

    assert "Ask the partners: what do you see that Acme may miss?" in asked(gap=0.9, verdict="different")
    assert "Ask Acme: what do you see that the partners may miss?" in asked(gap=-0.9, verdict="different")
    assert "cannot tell yet" in asked(verdict="cannot_tell")
    assert "about alike" in asked(verdict="alike")


def test_r4_the_gap_of_a_partnership_is_named_with_it(survey, scores, verdict) -> None:
    answers = survey.where(client="Acme")
    partners = hpp.score_scales(answers, by=PAIR)
    differences = hpp.findings.compare_sides_by_partnership(partners)
    table = differences.to_frame()
    table.loc[:, "verdict"] = "cannot_tell"
    place = table.index[table["partnership"].eq("Acme – Bravo") & table["factor"].eq("equality")]
    table.loc[place, ["mean_first", "mean_second", "gap", "verdict"]] = 8.2, 7.1, 1.1, "different"
    found = key_findings(
        scores, verdict=verdict, gaps=hpp.partner_gaps(answers), differences=replace(differences, table=table)
    )
    assert found._conversation() == [
        ["Equality, Bravo", "Acme gives 8.2, Bravo 7.1. Ask Bravo: what do you see that Acme may miss?"]
    ]


def test_r5_three_actions_at_most_with_their_reasons(survey, scores, verdict) -> None:
    answers = survey.where(client="Acme")
    tiers, details = hpp.answers.rank_partners(answers), hpp.partner_gaps(answers, level="item")
    agenda = hpp.action_agenda(tiers, details)
    pressing = agenda.to_frame().assign(tier="later", share=0.1)
    pressing.loc[pressing.index[:5], ["tier", "share"]] = "start_here", 0.8
    cells = hpp.describe(answers, by=PAIR, weight="organisation")
    counting = replace(details, table=details.to_frame().assign(verdict="cannot_tell"))
    found = key_findings(
        scores, verdict=verdict, gaps=hpp.partner_gaps(answers), details=counting, cells=cells,
        agenda=replace(agenda, table=pressing),
    )  # fmt: skip
    actions = found.rows("action")
    assert [row["item"] for row in actions] == list(pressing["item"][:3])
    own = cells.to_frame()
    lowest = own.loc[own[own["item"].eq(actions[0]["item"])]["mean"].idxmin()]
    assert (actions[0]["partnership"], actions[0]["mean_second"]) == (lowest["partnership"], lowest["mean"])
    assert "overall" in found._actions()[0][1] and "lower than" not in found._actions()[0][1]
    nothing = replace(agenda, table=pressing.assign(tier="later"))
    assert key_findings(scores, verdict=verdict, agenda=nothing)._actions() == []


def test_r5_reasons_rest_on_ten_persons_or_more(survey) -> None:
    few = hpp.simulate_study(partners=2, persons_per_side=[[30, 7], [30, 12]], seed=5).survey
    answers = few.where(client=few.values("client")[0])
    cells = hpp.publish(hpp.describe(answers, by=PAIR, weight="organisation"), hpp.plan_disclosure(few))
    tiers = hpp.answers.rank_partners(answers)
    found = key_findings(hpp.score_scales(answers), cells=cells, agenda=hpp.action_agenda(tiers))
    shown = cells.to_frame().set_index(["item", "partnership", "side"])
    for row in found.rows("action"):
        if row["partnership"]:
            assert shown.loc[(row["item"], row["partnership"], row["side"]), "state"] == "full"


def test_r6_verdicts_that_other_analyses_do_not_share_are_named(survey, scores, verdict) -> None:
    robust = hpp.partners.check_robustness(survey.where(client="Acme"))
    table = robust.to_frame()
    firm = replace(robust, table=table.assign(n_hold=table["n_choices"]))
    assert "every verdict that can be shown stays the same" in str(
        key_findings(scores, verdict=verdict, robust=firm)._certainty()
    )
    table.loc[table.index[0], "n_hold"] = table["n_choices"].iloc[0] - 1
    unsure = key_findings(scores, verdict=verdict, robust=replace(robust, table=table))
    assert "the verdict may differ for openness" in str(unsure._certainty())


def test_r7_changes_that_count_else_that_none_can_be_shown() -> None:
    waves = hpp.simulate_study(partners=2, persons_per_side=12, waves=2, seed=1).survey
    changes = hpp.partners.compare_waves(waves)
    scores = hpp.score_scales(waves.wave())
    table = changes.to_frame().assign(verdict="cannot_tell")
    none = key_findings(scores, changes=replace(changes, table=table))
    assert ["Since wave 1", "No change can be shown."] in none._certainty()
    table.loc[table.index[0], ["verdict", "mean_before", "mean_after", "change"]] = "different", 6.0, 7.0, 1.0
    told = dict(key_findings(scores, changes=replace(changes, table=table))._certainty())
    assert told["Since wave 1"] == "Openness (the clients) rose from 6.0 to 7.0."


def test_without_a_gap_a_change_is_the_third_number_and_no_number_stands_twice() -> None:
    waves = hpp.simulate_study(partners=2, persons_per_side=12, waves=2, seed=1).survey
    changes, scores = hpp.partners.compare_waves(waves), hpp.score_scales(waves.wave())
    response = hpp.answers.count_response(waves.wave())
    table = changes.to_frame().assign(verdict="cannot_tell")
    table.loc[table.index[:2], "verdict"] = "different"
    table.loc[table.index[:2], ["mean_before", "mean_after", "change"]] = [[6.0, 6.6, 0.6], [8.0, 7.0, -1.0]]
    found = key_findings(scores, changes=replace(changes, table=table), response=response)
    assert found._numbers()[-1][0] == "1.0", "the largest"
    assert found._numbers()[-1][1].startswith("points down since wave 1: openness")
    assert dict(found._certainty())["Answers"].endswith("persons took part.")
    none = key_findings(scores, changes=replace(changes, table=table.assign(verdict="alike")), response=response)
    assert none._numbers()[-1][1] == "persons took part"
    assert "Answers" not in dict(none._certainty()), "it is one of the numbers"
    assert "Answers" in dict(key_findings(scores, response=None)._certainty())


def test_where_several_score_lowest_they_are_named(survey, scores) -> None:
    tiers = hpp.answers.rank_partners(survey)
    means = np.linspace(5, 8, 19)
    for n, said in ((1, ""), (4, "for an order."), (7, "for an order. 3 more may be as low.")):
        table = tiers.table.assign(mean=means, tier=["lowest"] * n + ["between"] * (19 - n))
        found = key_findings(scores, tiers=replace(tiers, table=table))
        assert len(found.rows("action")) == (n if n <= 3 else 0)
        assert len(found.rows("tied")) == (n if n > 3 else 0)
        [block] = [block for block in hpp.show(found, "page").blocks if block.name == "key_findings_actions"]
        assert isinstance(block, FactsBlock) and len(block.facts) == min(n, 4)
        assert " ".join(block.notes).endswith(said) and block.facts[0][1] == "Scores 5.0 overall."
    wide = replace(tiers, table=tiers.table.assign(mean=means, tier="lowest"))
    assert "19 characteristics score too close together" in key_findings(scores, tiers=wide)._no_action()


def test_margins_are_told_where_no_verdict_is(survey, scores, verdict) -> None:
    assert "(95% intervals)" in dict(key_findings(scores)._certainty())["Margins"]
    robust = hpp.partners.check_robustness(survey.where(client="Acme"))
    assert "Margins" not in dict(key_findings(scores, verdict=verdict, robust=robust)._certainty())


def test_page_one_is_short_and_cleared_as_its_parts_are(survey, scores, verdict) -> None:
    cells = hpp.plan_disclosure(survey)
    answers = survey.where(client="Acme")
    published = key_findings(
        hpp.publish(hpp.score_scales(answers), cells), verdict=hpp.publish(hpp.judge_performance(answers), cells),
        gaps=hpp.publish(hpp.partner_gaps(answers), cells),
    )  # fmt: skip
    assert all(block.cleared for block in hpp.show(published, "page").blocks)
    mixed = key_findings(hpp.publish(hpp.score_scales(answers), cells), verdict=verdict)
    assert not any(block.cleared for block in hpp.show(mixed, "page").blocks)
    blocks = hpp.show(published, "page").blocks
    texts = [text for block in blocks if isinstance(block, TextBlock) for text in block.paragraphs]
    texts += [part for block in blocks if isinstance(block, FactsBlock) for fact in block.facts for part in fact]
    assert len(" ".join(texts).split()) <= 160, "a page that is read at once"


def test_without_threshold_sides_and_partnerships() -> None:
    survey = hpp.simulate_study(partners=1, persons_per_side=40, seed=3).survey.where(side="client")
    scores = hpp.score_scales(survey)
    plain = replace(scores, table=scores.to_frame().assign(threshold=np.nan, verdict=None))
    found = key_findings(plain, tiers=hpp.answers.rank_partners(survey))
    assert headline(found).startswith("The scores run from ") and "Client" not in headline(found)
    both = hpp.simulate_study(partners=1, persons_per_side=40, gaps={"openness": 3.0}, seed=3).survey
    table = hpp.score_scales(both, by="side").to_frame().assign(threshold=np.nan, verdict=None)
    one = replace(scores, table=table[table["factor"].eq("openness")])
    assert re.fullmatch(
        r"The scores run from .{3} \(Openness, the partners\) to .{3} \(Openness, the clients\)\.",
        headline(key_findings(one)),
    )
    assert not found.sides and "key_findings_gap" not in [block.name for block in hpp.show(found, "page").blocks]
    judged_alone = key_findings(scores, verdict=hpp.judge_performance(survey))
    assert judged_alone.units == "factor" and "factors" in headline(judged_alone)


def test_a_report_of_which_nothing_may_be_shown_has_a_page_one() -> None:
    survey = hpp.simulate_study("hpo", partners=1, persons_per_side=20, seed=3).survey
    table = hpp.score_scales(survey).to_frame().assign(mean=np.nan, ci_lower=np.nan, ci_upper=np.nan, state="withheld")
    found = key_findings(replace(hpp.score_scales(survey), table=table))
    facts = [block for block in hpp.show(found, "page").blocks if isinstance(block, FactsBlock)]
    assert facts and all(block.facts for block in facts)
    assert ["Not shown", "The scores, to protect small groups."] in facts[-1].facts
    assert headline(found) == "No score may be shown."


def test_names_are_sorted_as_people_count() -> None:
    names = [f"Partner {n}" for n in (1, 10, 2, 80, 11)]
    assert sorted(names, key=natural) == [f"Partner {n}" for n in (1, 2, 10, 11, 80)]


def test_a_mean_that_is_not_told_exactly_is_a_bound_on_page_one_as_in_its_table() -> None:
    survey = hpp.simulate_study(partners=2, persons_per_side=[[7, 12], [12, 12]], mean=9.6, seed=5).survey
    seven = survey.where(client=survey.values("client")[0], partnership=survey.values("partnership")[0], side="client")
    scores = hpp.publish(hpp.score_scales(seven), hpp.plan_disclosure(survey))
    assert set(scores.table["end"]) == {"mean=high;"} and "9 or more" in str(scores)
    assert headline(key_findings(scores)) == "Every score shown is 9 or more."
    only = replace(scores, table=scores.table.head(1))
    assert headline(key_findings(only)) == "The score of Openness is 9 or more."
    assert "9 of hoger" in hpp.show(key_findings(only), "page", language="nl").blocks[0].paragraphs[0]


def test_means_are_by_partnership_and_side_at_most(survey, scores) -> None:
    answers = survey.where(client="Acme")
    with pytest.raises(OptionError):
        key_findings(hpp.score_scales(answers, by=("client", "side")))
    with pytest.raises(OptionError):
        key_findings(scores, partners=hpp.score_scales(answers, by=("client", *PAIR)))
    with pytest.raises(OptionError):
        key_findings(scores, cells=hpp.describe(answers, by=("client", *PAIR)))
