"""The cover tells published numbers only."""

import pytest

from hpp_analysis import plan_disclosure, publish, simulate_study
from hpp_analysis.answers import count_response
from hpp_analysis.errors import DisclosureError
from hpp_analysis.publishing.cover import show_cover


@pytest.fixture(scope="module")
def survey():
    return simulate_study(partners=2, seed=3).survey


def test_the_cover_tells_published_response_only(survey):
    client = survey.where(client=survey.values("client")[0])
    response = count_response(client)
    with pytest.raises(DisclosureError):
        show_cover(client, client="X", response=response)
    facts = dict(show_cover(client, client="X", response=publish(response, plan_disclosure(survey))).blocks[0].facts)
    assert facts["Response"] == response.summary()
    assert "Response" not in dict(show_cover(client, client="X").blocks[0].facts)
