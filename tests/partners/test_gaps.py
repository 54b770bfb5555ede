"""The difference between the sides."""

import numpy as np
import pytest
from scipy import stats

from hpp_analysis.common.interpret import gap_verdict
from hpp_analysis.errors import OptionError, SurveyError
from hpp_analysis.partners.gaps import partner_gaps
from hpp_analysis.simulation.simulate import simulate_study


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
