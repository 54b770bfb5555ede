"""What became of the agreements: the numbers, the sentences, and what a report must not tell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError
from hpp_analysis.followup import Agreement, review_agreements
from hpp_analysis.texts import languages


@pytest.fixture(scope="module")
def survey() -> hpp.survey.Survey:
    return hpp.simulate_study(
        partners=["Large", "Small", "Tiny"], persons_per_side=[[30, 30], [20, 7], [20, 3]], waves=2, seed=3
    ).survey


@pytest.fixture(scope="module")
def cells(survey):
    return hpp.plan_disclosure(survey)


def agreed(about: str = "equ3", **others: str) -> Agreement:
    given = {"id": f"1.{about}", "client": "Client", "wave": "1", "agreement": f"Words about {about}.", **others}
    return Agreement(about=about, **given)


def own(survey: hpp.survey.Survey) -> hpp.survey.Survey:
    """The answers of the report, as plans know them."""
    return survey.where(client="Client")


def at(partner: str) -> str:
    return f"Client – {partner}"


def test_a_change_is_that_of_compare_waves(survey) -> None:
    changes = hpp.partners.compare_waves(survey).to_frame().set_index(["factor", "side"])
    rows = [agreed(about, side=side) for about in ("openness", "equality") for side in ("client", "partner")]
    review = review_agreements(survey, rows).to_frame()
    for row in review.to_dict("records"):
        other = changes.loc[row["about"], row["side"]]
        for name in ("mean_before", "mean_after", "change", "se", "df", "ci_lower", "ci_upper", "n_before", "n_after"):
            np.testing.assert_allclose(row[name], other[name], err_msg=name)
    shifted = review["change"] - review["expected"]
    np.testing.assert_allclose(review["excess"].dropna(), shifted[review["excess"].notna()])


def test_an_agreement_of_a_partnership_counts_either_side_equally(survey) -> None:
    review = review_agreements(survey, [agreed("equ3", partnership=at("Large"))]).to_frame().iloc[0]
    part = survey.where(partnership=at("Large"))
    sides = [
        part.where(side=side, wave=wave).items["equ3"].mean() for side in ("client", "partner") for wave in ("1", "2")
    ]
    np.testing.assert_allclose(review["mean_before"], (sides[0] + sides[2]) / 2)
    np.testing.assert_allclose(review["mean_after"], (sides[1] + sides[3]) / 2)


def test_what_was_agreed_last_or_not_at_all_is_left_out(survey) -> None:
    rows = [
        agreed(wave="2"),
        agreed(agreement=""),
        Agreement(id="1.X", wave="1", agreement="We measure again.", status="done"),
    ]
    review = review_agreements(survey, rows)
    assert review.to_frame().empty and len(review.others) == 1
    assert "Agreements made: 1 done." in review.summary("en")
    assert review_agreements(survey, []).summary("en") == "No agreement of an earlier wave is known."
    assert review_agreements(survey.wave(), rows[:1]).to_frame().empty


@pytest.mark.parametrize(
    "wrong", [{"about": "equ33"}, {"side": "left"}, {"partnership": "Nobody"}, {"status": "dne"}], ids=str
)
def test_an_agreement_that_does_not_fit_is_refused(survey, wrong) -> None:
    with pytest.raises(OptionError):
        review_agreements(survey, [dataclasses.replace(agreed(), **wrong)])


def test_a_published_review_leaves_out_points_that_may_not_be_shown(survey, cells) -> None:
    """Whoever knows all may have chosen them because they are low: neither name, nor words, nor id may tell."""
    hidden = [
        agreed(
            "con1", id="1.HID", partnership=at("Tiny"), side="partner", agreement="Secret words.", owner_first="Secret"
        ),
        agreed("con2", id="1.HAD", partnership=at("Tiny"), agreement="Secret words."),
    ]
    shown = agreed("equ3", partnership=at("Large"), side="partner", status="done", evidence="Minutes.")
    review = hpp.publish(review_agreements(own(survey), [*hidden, shown]), cells)
    assert review.to_frame()["id"].tolist() == ["1.equ3"]
    said = [
        repr(review), review.summary("en"), review.methods("en"), review.alt("changes", "en"),
        repr(review._block("changes")), repr(review._block("agreed")), repr(review._block("table")),
    ]  # fmt: skip
    for secret in ("Secret", "1.HID", "1.HAD", "con1", "Tiny", "Preventing"):
        assert not any(secret in text for text in said), secret
    assert "2 agreements are about scores that may not be shown" in review.summary("en")
    assert review.flags.count("small_means") == 1


def test_small_groups_show_no_verdict(survey, cells) -> None:
    review = hpp.publish(
        review_agreements(own(survey), [agreed("openness", partnership=at("Small"), side="partner")]), cells
    )
    assert len(review.to_frame()) == 1
    for row in review.to_frame().to_dict("records"):
        assert row["state"] == "mean_only"
        assert all(np.isnan(row[name]) for name in ("ci_lower", "expected", "excess", "p", "se"))
        assert row["verdict"] is None


def test_numbers_of_a_published_review_follow_from_each_other(survey, cells) -> None:
    rows = [agreed(about, side=side) for about in ("openness", "equ3", "con1") for side in ("client", "partner")]
    table = hpp.publish(review_agreements(own(survey), rows), cells).to_frame()
    np.testing.assert_allclose(table["change"], (table["mean_after"] - table["mean_before"]).round(2))
    np.testing.assert_allclose(table["excess"], table["change"] - table["expected"])
    assert table["p_adjusted"].ge(table["p"]).all()


def shifted(survey: hpp.survey.Survey, item: str, by: float) -> hpp.survey.Survey:
    items = survey.items.astype(float).copy()
    last = survey.respondents["wave"].astype(str).eq("2")
    items.loc[last, item] = (items.loc[last, item] + by).clip(1, 10)
    return dataclasses.replace(survey, items=items)


@pytest.mark.parametrize(("by", "word"), [(3.0, "higher"), (-3.0, "lower"), (0.0, "")])
def test_a_sentence_says_whether_a_change_is_more_than_chance(survey, by, word) -> None:
    """Never that something worked."""
    review = review_agreements(shifted(survey, "con1", by), [agreed("con1", status="done")])
    for code in languages():
        said = review.summary(code).lower()
        assert "werk" not in said and "worked" not in said and "effect" not in said
    said = review.summary("en")
    if word:
        assert f"The score is {word} now than that explains." in said
        assert review.to_frame()["verdict"].tolist() == ["different"]
    else:
        assert "explains" not in said
    assert ("rose" if by > 0 else "fell" if by < 0 else "prevent") in said.lower()


def test_a_point_that_is_no_longer_asked_says_so(survey) -> None:
    reasons = survey.reasons.astype(object).copy()
    last = survey.respondents["wave"].astype(str).eq("2")
    reasons.loc[last, "equ3"] = "not_asked"
    items = survey.items.astype(float).copy()
    items.loc[last, "equ3"] = np.nan
    other = dataclasses.replace(survey, items=items, reasons=reasons)
    review = review_agreements(own(other), [agreed("equ3")])
    assert "not_asked" in review.flags
    assert "wave 2 did not ask this" in review.summary("en")
    published = hpp.publish(review, hpp.plan_disclosure(other))
    assert "wave 2 did not ask this" in published.summary("en")
    assert np.isfinite(published.to_frame()["mean_before"]).all()


def test_a_partnership_that_is_gone_says_so(survey) -> None:
    gone = survey.respondents["wave"].astype(str).eq("2") & survey.respondents["partnership"].astype(str).eq(
        at("Large")
    )
    other = survey.keep(~gone, why="test")
    review = review_agreements(own(other), [agreed("equ3", partnership=at("Large"), side="client")])
    assert "no_answers" in review.flags
    assert "the change cannot be given" in review.summary("en")
    assert hpp.publish(review, hpp.plan_disclosure(other)).to_frame().empty


def test_agreements_of_several_waves_are_compared_with_the_last(survey) -> None:
    three = hpp.simulate_study(partners=2, persons_per_side=12, waves=3, seed=5).survey
    rows = [agreed("equ3", id="1.A"), agreed("equ3", id="2.A", wave="2")]
    review = review_agreements(three, rows)
    assert review.last == "3"
    assert review.to_frame()["mean_after"].nunique() == 1
    assert "since wave 1" in review.summary("en") and "since wave 2" in review.summary("en")
    assert len(review.declaration("en").figures["changes"]().data[0]["label"].unique()) == 2
