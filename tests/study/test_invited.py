"""Numbers of invited persons: whom they are about, and the share that answered."""

from typing import Any

import pytest

from hpp_analysis import simulate_study
from hpp_analysis.study.invited import Invited, settled
from hpp_analysis.survey.survey import Survey


@pytest.fixture(scope="module")
def survey() -> Survey:
    return simulate_study(
        clients=["A", "B"],
        partners=3,
        persons_per_side=[[30, 30], [12, 20], [9, 3], [30, 30], [12, 20], [9, 3]],
        waves=2,
        seed=0,
    ).survey


def wrong(survey: Survey, *entries: dict[str, Any]) -> list[str]:
    return [str(failure) for failure in settled(entries, survey, by="client", file="study.yaml")[1]]


def partners(survey: Survey) -> tuple[str, ...]:
    return survey.where(client="A").values("partner")


def test_who_was_invited_is_found(survey: Survey) -> None:
    partner = partners(survey)[0]
    said = [
        Invited.model_validate({"client": "A", "wave": 2, "side": "partner", "partner": partner, "n": 99}),
        Invited.model_validate({"client": "A", "wave": 2, "n": 999}),
    ]
    entries, failures = settled([one.plain() for one in said], survey, by="client")
    assert failures == []
    pair = survey.where(client="A", partner=partner).values("partnership")[0]
    assert entries == [
        {"client": "A", "wave": "2", "side": "partner", "partnership": pair, "n": 99},
        {"client": "A", "wave": "2", "n": 999},
    ]


def test_what_there_is_one_of_goes_without_saying() -> None:
    one = simulate_study(clients=["A"], partners=1, persons_per_side=6, seed=0).survey
    assert settled([{"side": "client", "n": 9}], one, by="client")[0] == [{"client": "A", "side": "client", "n": 9}]


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"client": "A", "n": 9}, "'wave'"),
        ({"wave": "2", "n": 9}, "'client'"),
        ({"client": "C", "wave": "2", "n": 9}, "'C'"),
        ({"client": "A", "wave": "2", "sid": "client", "n": 9}, "Did you mean 'side'?"),
        ({"client": "A", "wave": "2", "side": "clent", "n": 9}, "Did you mean 'client'?"),
        ({"client": "A", "wave": "2", "partner": "P", "n": 9}, "`side`"),
        ({"client": "A", "wave": "2", "side": "client", "n": 3}, "side client"),
    ],
)
def test_what_does_not_fit_is_named(survey: Survey, entry: dict[str, Any], part: str) -> None:
    found = wrong(survey, entry)
    assert any(part in problem for problem in found), found
    assert all(problem.startswith("study.yaml") for problem in found)


def test_every_problem_is_told(survey: Survey) -> None:
    whole = {"client": "A", "wave": "2", "n": 999}
    assert len(wrong(survey, {"client": "A", "wave": "2", "side": "x", "n": 9}, whole, whole, {**whole, "n": 1})) == 3
