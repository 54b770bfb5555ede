"""The share that answered follows from what is shown."""

import pytest

from hpp_analysis import plan_disclosure, publish, simulate_study
from hpp_analysis.answers import compute_response_rate
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
    assert rate.summary() == ("Of 24 invited persons 12 answered (50%). A: of 8 invited persons 6 answered (75%).")
    assert "75" in rate.summary("nl") and "uitgenodigde" in rate.summary("nl")
    assert "invited" in compute_response_rate(survey, []).summary()
    assert len(rate.alt()) > 20
