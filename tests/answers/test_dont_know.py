"""Shares of not knowing: what may be said of them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.answers.dont_know import count_dont_know
from hpp_analysis.common.interpret import DONT_KNOW_OFTEN
from hpp_analysis.core.groups.proportions import wilson
from tests.answers.test_distribution import answers_of


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30))
def test_what_is_said_of_not_knowing_is_certain(client, partner):
    answers = {"client": [99] * client + [7] * (40 - client), "partner": [99] * partner + [7] * (40 - partner)}
    result = count_dont_know(answers_of(answers))
    said, row = result.summary("en"), result.to_frame().iloc[0]
    for side, share in (("The clients", client / 40), ("The partners", partner / 40)):
        often = wilson(share, 40)[0] >= DONT_KNOW_OFTEN
        assert (f"{side}: 10% or more did not know" in said) == often
    assert ("known by the clients than" in said) == (row["differs"] == "first")
    assert ("known by the partners than" in said) == (row["differs"] == "second")
    if row["differs"]:
        assert (row["differs"] == "first") == (client > partner)
    if client == partner:
        assert row["differs"] == ""
