"""Four verdicts on a difference."""

import dataclasses

import pytest

from hpp_analysis.common.interpret import gap_verdict
from hpp_analysis.partners.gaps import partner_gaps


@pytest.mark.parametrize(
    ("lower", "upper", "p", "verdict"),
    [
        (0.6, 1.4, 0.001, "different"),
        (-1.4, -0.6, 0.001, "different"),
        (0.1, 0.45, 0.01, "small_difference"),
        (-0.2, 0.3, 0.7, "alike"),
        (-0.2, 0.6, 0.3, "cannot_tell"),
        (0.1, 0.9, 0.06, "cannot_tell"),  # the interval excludes zero, the adjusted test does not
        (0.1, 0.4, 0.06, "alike"),
        (float("nan"), float("nan"), float("nan"), "cannot_tell"),
    ],
)
def test_nothing_uncertain_is_called_a_difference(lower: float, upper: float, p: float, verdict: str) -> None:
    assert gap_verdict(lower, upper, p) == verdict


def test_a_small_difference_is_told_apart_from_none(large) -> None:
    """Four outcomes: this one is certain and too small to act on."""
    items = large.items.copy()
    client = large.respondents["side"].eq("client")
    items.loc[client] = items.loc[~client].to_numpy()[: client.sum()]
    equal = dataclasses.replace(large, items=items)
    wide = partner_gaps(equal, margin=0.6).to_frame()
    assert wide["verdict"].eq("alike").all()
    moved = items.copy()
    moved.loc[client] += 0.35
    gaps = partner_gaps(dataclasses.replace(large, items=moved), margin=0.8)
    assert gaps.to_frame()["verdict"].eq("small_difference").all()
    assert "by less than 0.8 points" in gaps.summary("en")
