"""Contrasts between two sides: persons or organisations vary, of partnerships or waves."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hpp_analysis.answers.scores import scale_values, score_scales
from hpp_analysis.partners.gaps import partner_gaps
from hpp_analysis.simulation.simulate import simulate_study


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
    scores = score_scales(network.survey, by=("wave",)).to_frame().set_index(["factor", "wave"])["mean"]
    for row in gaps.to_frame().itertuples():
        assert row.mean_first == pytest.approx(scores[row.factor, "2"], abs=1e-12)
        assert row.gap == pytest.approx(scores[row.factor, "2"] - scores[row.factor, "1"], abs=1e-12)


def test_persons_in_both_waves_make_a_change_more_certain(network) -> None:
    survey = network.survey
    stranger = survey.respondents.assign(respondent=[f"r{place}" for place in range(len(survey))])
    blind = dataclasses.replace(survey, respondents=stranger)
    knowing = partner_gaps(survey, side="wave").to_frame()["se"]
    assert (knowing < partner_gaps(blind, side="wave").to_frame()["se"]).all()


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


def test_the_sides_are_compared_by_any_column_with_two_values(survey) -> None:
    halves = survey.respondents.assign(half=np.where(np.arange(len(survey)) % 2 == 0, "even", "odd"))
    gaps = partner_gaps(dataclasses.replace(survey, respondents=halves), side="half")
    assert gaps.sides == ("even", "odd")
    assert isinstance(gaps.partnerships, pd.DataFrame) and len(gaps.partnerships) == 16
