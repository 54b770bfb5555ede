"""Numbers of invited persons: whom they are about, and the share that answered."""

from typing import Any

import pytest

from hpp_analysis import plan_disclosure, publish, simulate_study
from hpp_analysis.answers import compute_response_rate
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


def test_a_share_follows_from_what_is_shown(survey: Survey) -> None:
    """A group whose answers are withheld has no share, and what was invited is told all the same."""
    answers = survey.wave("2").where(client="A")
    invited = [{"client": "A", "wave": "2", "n": 300}]
    for pair in answers.values("partnership"):
        for side in ("client", "partner"):
            invited.append({"client": "A", "wave": "2", "side": side, "partnership": pair, "n": 50})
    rate = compute_response_rate(answers, [*invited, {"client": "B", "wave": "2", "n": 300}])
    assert len(rate.to_frame()) == len(invited), "of the report's own client only"
    shown = publish(rate, plan_disclosure(survey)).to_frame()
    small = rate.to_frame()["n_persons"] < 5
    assert small.any() and not small.all()
    assert shown.loc[small, ["n_persons", "share"]].isna().all(axis=None)
    assert shown["n_invited"].tolist() == [one["n"] for one in invited]
    seen = shown["n_persons"].notna()
    own = shown["n_persons"] / shown["n_invited"]
    assert (shown["share"] - own)[seen].abs().max() < 1e-12  # the same division
    whole = shown["partnership"].eq("(all)")
    assert shown.loc[whole, "n_persons"].max() < rate.to_frame()["n_persons"].max(), (
        "nor does the whole count the small group"
    )


def test_sentences_say_how_many() -> None:
    survey = simulate_study(clients=["A"], partners=1, persons_per_side=6, seed=0).survey.where(client="A")
    rate = compute_response_rate(survey, [{"client": "A", "n": 24}, {"client": "A", "side": "client", "n": 8}])
    assert rate.summary() == ("Of 24 invited persons 12 answered (50%). Client: of 8 invited persons 6 answered (75%).")
    assert "75" in rate.summary("nl") and "uitgenodigde" in rate.summary("nl")
    assert "invited" in compute_response_rate(survey, []).summary()
    assert len(rate.alt()) > 20
