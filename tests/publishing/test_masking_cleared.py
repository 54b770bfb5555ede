"""What a block declares: cleared when `publish` has seen it, or when nobody's answers are in it; else not."""

import dataclasses
from typing import Any

import pytest

import hpp_analysis as hpp
from hpp_analysis.common.result import Result, Shown, mimebundle
from hpp_analysis.disclosure import Cells
from hpp_analysis.display.blocks import MIME, Block, FactsBlock, FigureBlock, TextBlock, from_json, to_json
from hpp_analysis.errors import ReportError
from hpp_analysis.publishing.published import published_json
from hpp_analysis.survey.survey import Survey


@pytest.fixture(scope="module")
def survey() -> Survey:
    return hpp.simulate_study(clients=["A", "B"], partners=2, persons_per_side=12, waves=2, seed=0).survey


@pytest.fixture(scope="module")
def own(survey: Survey) -> Survey:
    return survey.where(client="A").wave("")


@pytest.fixture(scope="module")
def allowed(survey: Survey) -> Cells:
    return hpp.plan_disclosure(survey)


def blocks_of(shown: Any) -> list[Block]:
    """What a notebook gets."""
    return from_json(shown._repr_mimebundle_()[MIME])


def results(own: Survey) -> list[Result]:
    return [
        hpp.score_scales(own), hpp.score_scales(own, by=("partnership", "side")), hpp.describe(own, weight="organisation"),
        hpp.partner_gaps(own), hpp.judge_performance(own), hpp.answers.rank_partners(own), hpp.answers.count_response(own), hpp.answers.count_dont_know(own),
        hpp.answers.count_answers(own), hpp.partners.compare_agreement(own), hpp.scale_reliability(own), hpp.partners.check_robustness(own),
    ]  # fmt: skip


def parts_of(result: Result) -> list[str | None]:
    return [
        None,
        "table",
        "summary",
        "headline",
        "methods",
        *result.declaration().figures,
        *result.declaration().tables,
    ]


def test_a_result_is_cleared_when_it_is_published_and_not_before(own: Survey, allowed: Cells) -> None:
    for result in results(own):
        published = hpp.publish(result, allowed)
        shown = [hpp.show(published, part) for part in parts_of(published)]
        for one in (*shown, published):
            for block in blocks_of(one):
                assert block.cleared, (result.name, block.name)
                assert not isinstance(block, FigureBlock) or block.table is None or block.table.cleared
        for block in [*blocks_of(result), *blocks_of(hpp.show(result)), *blocks_of(hpp.show(result, "summary"))]:
            assert not block.cleared, (result.name, block.name)


def test_what_is_made_of_results_is_cleared_when_all_of_them_are(own: Survey, allowed: Cells) -> None:
    tiers, gaps = hpp.answers.rank_partners(own), hpp.partner_gaps(own, level="item")
    for parts, cleared in (
        ((tiers, gaps), False),
        ((hpp.publish(tiers, allowed), gaps), False),
        ((tiers, hpp.publish(gaps, allowed)), False),
        ((hpp.publish(tiers, allowed), hpp.publish(gaps, allowed)), True),
    ):
        agenda = hpp.action_agenda(*parts)
        assert {block.cleared for block in blocks_of(hpp.show(agenda, "reasons"))} == {cleared}


def test_what_holds_nobodys_answers_declares_so(survey: Survey, own: Survey, allowed: Cells) -> None:
    for shown in (
        hpp.publishing.show_cover(own, client="A"), hpp.publishing.show_audit_trail(own), hpp.publishing.show_provenance(own, cells=allowed), hpp.publishing.show_worksheet(),
    ):  # fmt: skip
        assert all(block.cleared for block in blocks_of(shown))


def test_results_about_the_study_and_the_overview_are_the_researchers(survey: Survey, allowed: Cells) -> None:
    wave = survey.wave("")
    overview = hpp.publishing.summarise_study(wave, allowed)
    for result in (overview.response, overview.profile, overview.withheld, hpp.correlate(wave)):
        for block in [*blocks_of(result), *blocks_of(hpp.show(result, "table"))]:
            assert not block.cleared, block.name


def test_what_declares_nothing_is_not_cleared() -> None:
    for block in (TextBlock("own", ["7.3"]), FactsBlock("own", "T", [["a", "b"]])):
        assert not blocks_of(Shown((block,)))[0].cleared
        told = to_json([block])
        for part in told["blocks"]:
            del part["cleared"]  # as earlier versions wrote it
        assert not from_json(told)[0].cleared
        with pytest.raises(ReportError):
            published_json({"own": block}, "A", "en")
    cleared = dataclasses.replace(block, cleared=True)
    assert from_json(mimebundle([cleared])[MIME])[0].cleared
