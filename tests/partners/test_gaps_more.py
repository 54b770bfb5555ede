"""Gaps beyond two sides of a client's partnerships: waves, organisations in general, comparability, single partnerships."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hpp_analysis.answers.scores import scale_values, score_scales
from hpp_analysis.common.interpret import MIN_INVARIANCE_GROUP
from hpp_analysis.errors import DisclosureError, OptionError, SurveyError
from hpp_analysis.models.invariance import Invariance, measurement_invariance
from hpp_analysis.partners.gaps import Gaps, partner_gaps
from hpp_analysis.publishing.masking import plan_disclosure, publish
from hpp_analysis.simulation.simulate import Simulation, simulate_study
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import languages


@pytest.fixture(scope="module")
def network() -> Simulation:
    """Five clients with four partners each work together: 5 + 4 organisations, 20 partnerships."""
    return simulate_study(clients=5, partners=4, persons_per_side=6, waves=2, seed=5)


@pytest.fixture(scope="module")
def many() -> Survey:
    """Eleven clients and partners, each client with the partner of its number: 11 organisations a side."""
    survey = simulate_study(clients=11, partners=11, persons_per_side=5, seed=6, several=0.0).survey
    own = (
        survey.respondents["client"].str.extract(r"(\d+)")[0] == survey.respondents["partner"].str.extract(r"(\d+)")[0]
    )
    return survey.keep(own, "one partnership each")


def test_the_effect_of_one_partnership_is_the_gap_in_standard_deviations(two_partners) -> None:
    row = partner_gaps(two_partners.where(partner="B")).to_frame().set_index("factor").loc["openness"]
    one, two = [5, 5, 5, 5, 5, 7], [4, 4, 4, 4, 4, 10]
    s = np.sqrt((np.var(one, ddof=1) + np.var(two, ddof=1)) / 2)
    assert 0.8 * row["gap"] / s < row["effect"] < row["gap"] / s  # smaller by Hedges' correction
    assert row["effect_ci_lower"] < row["effect"] < row["effect_ci_upper"]
    tost = max(
        stats.ttest_ind(np.array(one) + 0.5, two, equal_var=False, alternative="greater").pvalue,
        stats.ttest_ind(np.array(one) - 0.5, two, equal_var=False, alternative="less").pvalue,
    )
    assert row["p_equivalence"] == pytest.approx(tost, abs=1e-10)
    assert abs(tost - row["p"]) > 0.02


def test_the_effect_does_not_depend_on_units(survey) -> None:
    """Answers on 1 to 10 and the same answers halved have the same effects, and gaps half as large."""
    half = dataclasses.replace(survey, items=survey.items / 2)
    one, two = partner_gaps(survey).to_frame(), partner_gaps(half).to_frame()
    np.testing.assert_allclose(two["gap"], one["gap"] / 2, atol=1e-12)
    for column in ("effect", "effect_ci_lower", "effect_ci_upper"):
        np.testing.assert_allclose(two[column], one[column], atol=1e-9)


def test_a_wave_against_the_one_before(network) -> None:
    """The later minus the earlier; the means are those of the scores, so one report holds one mean of a wave."""
    gaps = partner_gaps(network.survey, side="wave")
    assert gaps.sides == ("2", "1")
    scores = score_scales(network.survey, by=("wave",)).to_frame().set_index(["scale", "wave"])["mean"]
    for row in gaps.to_frame().itertuples():
        assert row.mean_first == pytest.approx(scores[row.factor, "2"], abs=1e-12)
        assert row.gap == pytest.approx(scores[row.factor, "2"] - scores[row.factor, "1"], abs=1e-12)


def test_persons_in_both_waves_make_a_change_more_certain(network) -> None:
    survey = network.survey
    stranger = survey.respondents.assign(respondent=[f"r{place}" for place in range(len(survey))])
    blind = dataclasses.replace(survey, respondents=stranger)
    knowing = partner_gaps(survey, side="wave").to_frame()["se"]
    assert (knowing < partner_gaps(blind, side="wave").to_frame()["se"]).all()


def test_a_change_between_waves_can_be_published(network) -> None:
    survey = network.survey
    client = survey.where(client=survey.values("client")[0])
    published = publish(partner_gaps(client, side="wave"), plan_disclosure(survey))
    table = published.to_frame()
    assert table["state"].isin(["full", "mean_only", "withheld"]).all()
    assert table.loc[table["state"].ne("full"), ["effect", "p_equivalence", "se"]].isna().all(axis=None)


def test_few_organisations_have_no_interval_in_general(network) -> None:
    for survey, counts in ((network.survey.wave("1"), (5, 4)), (simulate_study(seed=7).survey, (1, 4))):
        gaps = partner_gaps(survey, inference="clusters")
        table = gaps.to_frame()
        assert table[["se", "df", "ci_lower", "ci_upper", "p", "boot_ci_lower"]].isna().all(axis=None)
        assert table["gap"].notna().all()
        assert (table[["n_organisations_first", "n_organisations_second"]] == list(counts)).all(axis=None)
        assert table["undefined"].eq("few_organisations").all() and "few_organisations" in gaps.flags
        assert table["verdict"].eq("cannot_tell").all()
        assert any("10" in note and "organisations" in note for note in gaps._block("table", "en").notes)


def test_ten_organisations_a_side_are_compared_by_their_means(many) -> None:
    """No organisation is on both sides: Welch's test on the means of organisations."""
    table = partner_gaps(many, inference="clusters").to_frame().set_index("factor")
    scores = scale_values(many)["openness"]
    means = scores.groupby([many.respondents["side"], many.respondents["organisation"]]).mean()
    welch = stats.ttest_ind(means["client"], means["partner"], equal_var=False)
    interval = welch.confidence_interval(0.95)
    row = table.loc["openness"]
    assert row["gap"] == pytest.approx(means["client"].mean() - means["partner"].mean(), abs=1e-12)
    assert row["p"] == pytest.approx(welch.pvalue, abs=1e-10)
    assert (row["ci_lower"], row["ci_upper"]) == pytest.approx((interval.low, interval.high), abs=1e-9)
    fixed = partner_gaps(many).to_frame().set_index("factor").loc["openness"]
    assert abs(fixed["p"] - row["p"]) > 1e-4  # persons are the sample there
    assert row["undefined"] == "few_for_bootstrap" and np.isnan(row["boot_ci_lower"])


def test_twenty_organisations_have_a_bootstrap_interval_too() -> None:
    survey = simulate_study(clients=20, partners=20, persons_per_side=2, seed=8, several=0.0).survey
    own = (
        survey.respondents["client"].str.extract(r"(\d+)")[0] == survey.respondents["partner"].str.extract(r"(\d+)")[0]
    )
    chosen = survey.keep(own, "one partnership each")
    row = partner_gaps(chosen, inference="clusters").to_frame().iloc[0]
    width = row["ci_upper"] - row["ci_lower"]
    # two methods for one interval: with 20 organisations a side their ends lie within a quarter of its width
    assert row["boot_ci_lower"] == pytest.approx(row["ci_lower"], abs=0.25 * width)
    assert row["boot_ci_upper"] == pytest.approx(row["ci_upper"], abs=0.25 * width)
    again = partner_gaps(chosen, inference="clusters").to_frame().iloc[0]
    assert again["boot_ci_lower"] == row["boot_ci_lower"]
    other = partner_gaps(chosen, inference="clusters", seed=1).to_frame().iloc[0]
    assert other["boot_ci_lower"] != row["boot_ci_lower"]


def test_what_generalises_is_not_published(many) -> None:
    """Its interval tells how the means of organisations spread, a withheld one among them."""
    with pytest.raises(DisclosureError, match="clusters"):
        publish(partner_gaps(many, inference="clusters"), plan_disclosure(many, by=None))
    with pytest.raises(OptionError, match="weight"):
        partner_gaps(many, inference="clusters", weight="respondent")
    nameless = dataclasses.replace(many, respondents=many.respondents.drop(columns="organisation"))
    with pytest.raises(SurveyError, match="organisation"):
        partner_gaps(nameless, inference="clusters")


def test_single_partnerships_raw_and_partially_pooled(network) -> None:
    survey = network.survey.wave("1")
    gaps = partner_gaps(survey)
    frame = gaps.partnerships
    assert len(frame) == 4 * 20
    rows = frame[frame["factor"].eq("openness")].set_index("partnership")
    np.testing.assert_allclose(rows["gap"].mean(), gaps.to_frame().loc[0, "gap"], atol=1e-12)
    one = survey.where(partnership=rows.index[0])
    alone = partner_gaps(one).to_frame().iloc[0]
    assert rows["gap"].iloc[0] == pytest.approx(alone["gap"], abs=1e-12)
    assert rows["se"].iloc[0] == pytest.approx(alone["se"], abs=1e-12)
    assert rows["gap_pooled"].std() < rows["gap"].std()
    assert rows["weight"].between(0, 1).all()
    centre = rows["gap_pooled"].mean()
    assert (np.sign(rows["gap"] - rows["gap_pooled"]) == np.sign(rows["gap"] - centre)).mean() > 0.8


def test_single_partnerships_are_drawn_where_they_were_pooled(survey, two_partners) -> None:
    gaps = partner_gaps(survey)
    assert tuple(gaps.declaration().figures) == ("dumbbell", "intervals", "partnerships")
    assert gaps._block("partnerships", "en")
    assert "As answered: The values run from" in gaps.alt("partnerships", "en")
    assert tuple(partner_gaps(survey, level="item").declaration().figures) == ("dumbbell", "intervals")
    assert tuple(partner_gaps(two_partners).declaration().figures) == ("dumbbell", "intervals")  # two are not pooled


def test_reliability_and_profiles_only_where_they_are_defined(network, survey) -> None:
    table = partner_gaps(network.survey.wave("1")).to_frame()
    assert (table["n_paired"] == 20).all()
    assert table["reliability"].notna().all() and (table["reliability"] <= 1).all()
    assert table["correlation_sides"].between(-1, 1).all()
    few = partner_gaps(survey)
    assert few.to_frame()[["reliability", "correlation_sides"]].isna().all(axis=None)
    assert few.profiles["undefined"].eq("few_variables").all()  # three factors and an outcome are no profile
    assert few.profiles[["correlation", "double_entry"]].isna().all(axis=None)
    profiles = partner_gaps(survey, level="item").profiles
    assert (profiles["n_variables"] == 19).all()
    assert profiles["double_entry"].between(-1, 1).all()
    assert (profiles["d2"] >= profiles["elevation"] ** 2 - 1e-12).all()


def test_gaps_that_differ_between_partnerships_are_reliable() -> None:
    """All of one side's answers shifted by 1.5 points in every second partnership: the differences are not chance."""
    survey = simulate_study(clients=5, partners=5, persons_per_side=10, seed=9, dont_know=0.0, skipped=0.0).survey
    pairs = survey.values("partnership")
    shifted = survey.respondents["partnership"].isin(pairs[::2]) & survey.respondents["side"].eq("client")
    moved = dataclasses.replace(survey, items=survey.items.where(~shifted, survey.items - 3))
    before, after = (partner_gaps(one).to_frame()["reliability"] for one in (survey, moved))
    assert (after > 0.8).all() and (before < 0.6).all()


@pytest.fixture(scope="module")
def large() -> Survey:
    """260 persons a side who read every question alike, but for one item that the partners judge two points higher."""
    survey = simulate_study(
        partners=2, persons_per_side=130, seed=10, dont_know=0.0, skipped=0.0, careless=0.0, dips=0, several=0.0
    ).survey
    items = survey.items.copy()
    items.loc[survey.respondents["side"].eq("partner"), "ope1"] += 2
    return dataclasses.replace(survey, items=items.clip(1, 10))


@pytest.fixture(scope="module")
def invariance(large) -> Invariance:
    model = "openness =~ ope1 + ope2 + ope3 + ope4\n equality =~ equ1 + equ2 + equ3 + equ4"
    return measurement_invariance(model, large, group="side", levels=["configural", "metric", "scalar"], estimator="ML")


def test_where_the_sides_read_differently_the_gap_says_so(large, invariance) -> None:
    gaps = partner_gaps(large, invariance=invariance)
    table = gaps.to_frame().set_index("factor")
    assert table.loc["openness", "comparable"] == "fails"
    assert "ope1" in table.loc["openness", "comparable_items"].split(",")
    assert table.loc["equality", "comparable"] == "holds"
    assert table.loc["success", "comparable"] == "not_tested"  # the model has no such factor
    assert "Compare with care" in gaps.summary("en") and "Vergelijk met voorzichtigheid" in gaps.summary("nl")
    items = partner_gaps(large, level="item", invariance=invariance).to_frame().set_index("item")
    assert items.loc["ope1", "comparable"] == "fails"
    assert items.loc["equ1", "comparable"] == "holds"


def test_without_a_test_the_gap_says_that_too(large, survey, invariance) -> None:
    assert partner_gaps(large).to_frame()["comparable"].eq("not_tested").all()
    assert "was not tested" in partner_gaps(large).summary("en")
    small = partner_gaps(survey)
    assert small.to_frame()["comparable"].eq("not_testable").all()
    assert f"takes {MIN_INVARIANCE_GROUP} a side" in small.summary("en")
    with pytest.raises(OptionError, match="invariance"):
        partner_gaps(large, side="role", invariance=invariance)


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


def test_the_sides_are_compared_by_any_column_with_two_values(survey) -> None:
    halves = survey.respondents.assign(half=np.where(np.arange(len(survey)) % 2 == 0, "even", "odd"))
    gaps = partner_gaps(dataclasses.replace(survey, respondents=halves), side="half")
    assert gaps.sides == ("even", "odd")
    assert isinstance(gaps.partnerships, pd.DataFrame) and len(gaps.partnerships) == 16
