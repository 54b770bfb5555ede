"""The facts of a study tell published numbers only."""

import pytest

from hpp_analysis import plan_disclosure, publish, simulate_study
from hpp_analysis.answers import count_response
from hpp_analysis.errors import DisclosureError
from hpp_analysis.publishing.cover import show_cover, show_study_facts


@pytest.fixture(scope="module")
def survey():
    return simulate_study(partners=2, seed=3).survey


def test_the_facts_of_a_study_tell_published_response_only(survey):
    client = survey.where(client=survey.values("client")[0])
    response = count_response(client)
    with pytest.raises(DisclosureError):
        show_study_facts(client, response=response)
    facts = dict(show_study_facts(client, response=publish(response, plan_disclosure(survey))).blocks[0].facts)
    assert facts["Response"] == response.summary()
    assert "Response" not in dict(show_study_facts(client).blocks[0].facts)


def test_the_head_of_a_report_names_client_and_wave(survey):
    block = show_cover(survey, client="X", note=" ").blocks[0]
    assert block.title == "X" and block.notes == [] and block.cleared
