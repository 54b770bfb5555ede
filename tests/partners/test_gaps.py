"""The difference between the sides."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hpp_analysis.errors import DisclosureError, OptionError, SurveyError
from hpp_analysis.partners.gaps import Gaps, partner_gaps
from hpp_analysis.publishing.masking import plan_disclosure, publish
from hpp_analysis.simulation.simulate import simulate_study
from hpp_analysis.texts import languages


def test_a_gap_is_client_minus_partner_over_partnerships(two_partners) -> None:
    row = partner_gaps(two_partners).to_frame().set_index("factor").loc["openness"]
    assert row["mean_first"] == pytest.approx((8 + 32 / 6) / 2, abs=1e-12)
    assert row["mean_second"] == pytest.approx((7 + 5) / 2, abs=1e-12)
    assert row["gap"] == pytest.approx(row["mean_first"] - row["mean_second"], abs=1e-12)


def test_weight_matters(two_partners) -> None:
    row = partner_gaps(two_partners, weight="respondent").to_frame().set_index("factor").loc["openness"]
    assert row["gap"] == pytest.approx(48 / 8 - 44 / 8, abs=1e-12)  # 6.67 - 6.00 when partnerships are equal


def test_one_partnership_is_welch(two_partners) -> None:
    survey = two_partners.where(partner="B")
    row = partner_gaps(survey).to_frame().set_index("factor").loc["openness"]
    one, two = [5, 5, 5, 5, 5, 7], [4, 4, 4, 4, 4, 10]
    welch, pooled = stats.ttest_ind(one, two, equal_var=False), stats.ttest_ind(one, two)
    assert row["p"] == pytest.approx(welch.pvalue, abs=1e-10)  # the same formula: rounding only
    assert row["df"] == pytest.approx(welch.df, abs=1e-8)
    assert abs(welch.df - pooled.df) > 3  # and not the neighbouring one
    interval = welch.confidence_interval(0.95)
    assert (row["ci_lower"], row["ci_upper"]) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_turning_the_sides_turns_the_gap(survey) -> None:
    """Any two values of a column are sides; a gap between roles has no instrument-given direction to protect."""
    one = partner_gaps(survey).to_frame()
    swapped = survey.respondents["side"].map({"client": "partner", "partner": "client"})
    object.__setattr__(
        other := survey.keep([True] * len(survey), "copy"), "respondents", survey.respondents.assign(side=swapped)
    )
    two = partner_gaps(other).to_frame()
    np.testing.assert_allclose(one["gap"], -two["gap"], atol=1e-12)
    np.testing.assert_allclose(one["ci_lower"], -two["ci_upper"], atol=1e-12)
    assert one["verdict"].tolist() == two["verdict"].tolist()


def test_characteristics_are_those_of_the_factors(survey) -> None:
    table = partner_gaps(survey, level="item").to_frame()
    assert len(table) == 19
    assert (table["p_adjusted"] >= table["p"]).all()
    unadjusted = partner_gaps(survey, level="item", adjust="none").to_frame()
    assert (unadjusted["p_adjusted"] == unadjusted["p"]).all()
    assert (table["p_adjusted"] > table["p"]).any()


def test_known_gaps_are_found() -> None:
    """A large study: each 95 % interval of four holds its true gap, and a gap that is there is told."""
    simulation = simulate_study(seed=11, persons_per_side=400)
    careless = simulation.survey.persons.map(simulation.truth.careless).notna()
    survey = simulation.survey.keep(~careless, "the truth is that of persons who answer with care")
    table = partner_gaps(survey).to_frame().set_index("factor")
    for factor, gap in simulation.truth.gaps.iloc[0].items():
        row = table.loc[factor]
        assert row["ci_lower"] < gap < row["ci_upper"], factor
    assert table.loc["equality", "verdict"] == "different"  # 0.8 points
    assert table.loc["conflict_management", "verdict"] == "alike"  # none


def test_roles_can_be_compared(survey) -> None:
    gaps = partner_gaps(survey, side="role")
    assert set(gaps.sides) == {"manager", "employee"}
    assert gaps._block("table").header[1].label == "Manager"


def test_a_gap_needs_two_sides(survey) -> None:
    with pytest.raises(SurveyError, match="exactly two"):
        partner_gaps(survey, side="partner")
    with pytest.raises(OptionError, match="colour"):
        partner_gaps(survey, side="colour")


def test_with_one_side_the_gap_is_undefined_not_an_error(survey) -> None:
    gaps = partner_gaps(survey.where(side="client"))
    table = gaps.to_frame()
    assert table["mean_first"].notna().all()
    assert table[["mean_second", "gap", "ci_lower", "p", "p_adjusted"]].isna().all(axis=None)
    assert table["verdict"].isna().all()
    for kind in (*gaps.declaration().figures, "table", "summary"):
        assert gaps._block(kind)


def test_partnerships_rated_by_one_side_are_counted(two_partners) -> None:
    survey = two_partners.keep(
        ~((two_partners.respondents["partner"] == "A") & (two_partners.respondents["side"] == "partner")), "a test"
    )
    gaps = partner_gaps(survey)
    assert gaps.n_one_sided == 1
    assert "1 partnership was rated by one side only." in gaps._block("table").notes


@pytest.mark.parametrize("options", [{"level": "scale"}, {"inference": "random"}, {"margin": 0}, {"adjust": "fdr"}])
def test_options_are_checked(survey, options) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        partner_gaps(survey, **options)


def test_a_change_between_waves_can_be_published(network) -> None:
    survey = network.survey
    client = survey.where(client=survey.values("client")[0])
    published = publish(partner_gaps(client, side="wave"), plan_disclosure(survey))
    table = published.to_frame()
    assert table["state"].isin(["full", "mean_only", "withheld"]).all()
    assert table.loc[table["state"].ne("full"), ["effect", "p_equivalence", "se"]].isna().all(axis=None)


def test_what_generalises_is_not_published(many) -> None:
    """Its interval tells how the means of organisations spread, a withheld one among them."""
    with pytest.raises(DisclosureError, match="clusters"):
        publish(partner_gaps(many, inference="clusters"), plan_disclosure(many, by=None))
    with pytest.raises(OptionError, match="weight"):
        partner_gaps(many, inference="clusters", weight="respondent")
    nameless = dataclasses.replace(many, respondents=many.respondents.drop(columns="organisation"))
    with pytest.raises(SurveyError, match="organisation"):
        partner_gaps(nameless, inference="clusters")


def test_single_partnerships_are_drawn_where_they_were_pooled(survey, two_partners) -> None:
    gaps = partner_gaps(survey)
    assert tuple(gaps.declaration().figures) == ("dumbbell", "intervals", "partnerships")
    assert gaps._block("partnerships", "en")
    assert "As answered: The values run from" in gaps.alt("partnerships", "en")
    assert tuple(partner_gaps(survey, level="item").declaration().figures) == ("dumbbell", "intervals")
    assert tuple(partner_gaps(two_partners).declaration().figures) == ("dumbbell", "intervals")  # two are not pooled


def test_a_published_gap_is_without_what_single_partnerships_would_tell(survey) -> None:
    client = survey.where(client=survey.values("client")[0])
    published = publish(partner_gaps(client, level="item"), plan_disclosure(survey))
    assert published.partnerships.empty and published.profiles.empty


def test_a_gap_does_not_rest_on_a_hidden_part(survey) -> None:
    """Whatever the four answer who are left of one partner, the published gaps are the same."""
    partner = survey.values("partner")[0]
    chosen = (survey.respondents["partner"] == partner) & (survey.respondents["side"] == "partner")
    smaller = survey.keep(~chosen | survey.persons.isin(survey.persons[chosen].unique()[:4]), "a test")
    told = []
    for answer in (1.0, 10.0):
        items = smaller.items.mask(chosen[smaller.items.index], answer)
        other = dataclasses.replace(smaller, items=items)
        told.append(
            publish(partner_gaps(other.where(client=other.values("client")[0])), plan_disclosure(other)).to_frame()
        )
    pd.testing.assert_frame_equal(*told)
    assert told[0][["gap", "p", "effect"]].notna().all(axis=None)


@pytest.mark.parametrize("language", languages())
def test_every_kind_speaks(many, large, invariance, language: str) -> None:
    results: list[Gaps] = [
        partner_gaps(many, inference="clusters"),
        partner_gaps(many, inference="clusters", level="item"),
        partner_gaps(large, invariance=invariance),
    ]
    for result in results:
        texts = [result.summary(language), result.methods(language), *result._block("table", language).notes]
        assert not any("{" in text or " nan" in text.lower() for text in texts)
        for kind in result.declaration().figures:
            assert result._block(kind, language)


def test_a_report_about_one_client_names_it_as_page_one_does(survey) -> None:
    client = survey.values("client")[0]
    said = {
        name: " ".join(partner_gaps(answers)._notes())
        for name, answers in {"all": survey, "client": survey.where(client=client)}.items()
    }
    assert "the mean of Client minus that of Partner." in said["all"]
    assert f"the mean of {client} minus that of the partners." in said["client"]
