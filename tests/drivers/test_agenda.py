"""The action agenda: what it weighs, what it says, and that it tells no more than what it is made of."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.common.interpret import AGENDA_START
from hpp_analysis.errors import DisclosureError, OptionError


@pytest.fixture(scope="module")
def survey() -> hpp.survey.Survey:
    return hpp.simulate_study(seed=1, persons_per_side=40).survey


@pytest.fixture(scope="module")
def drivers(survey: hpp.survey.Survey) -> hpp.drivers.Drivers:
    """Drivers as if the persons were enough for so many predictors."""
    return replace(hpp.rank_drivers(survey, predictors="items", n_boot=200), flags=())


@pytest.fixture(scope="module")
def parts(survey: hpp.survey.Survey) -> tuple[hpp.answers.Tiers, hpp.partners.Gaps]:
    client = survey.values("client")[0]
    answers = survey.where(client=client)
    cells = hpp.plan_disclosure(survey)
    return (
        hpp.publish(hpp.answers.rank_partners(answers), cells),
        hpp.publish(hpp.partner_gaps(answers, level="item"), cells),
    )


def with_means(tiers: hpp.answers.Tiers, **means: float) -> hpp.answers.Tiers:
    """The same tiers with other means for some characteristics."""
    table = tiers.to_frame().set_index("item")
    for item, mean in means.items():
        table.loc[item, ["mean", "ci_lower", "ci_upper"]] = mean, mean - 0.2, mean + 0.2
    return replace(tiers, table=table.reset_index()[list(tiers.to_frame())])


def test_what_falls_far_short_is_where_to_start(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps], drivers: hpp.drivers.Drivers
) -> None:
    tiers = with_means(parts[0], ope1=3.0, equ2=3.5, con4=9.5)
    agenda = hpp.action_agenda(tiers, parts[1], drivers)
    rows = agenda.to_frame().set_index("item")
    assert rows.loc[["ope1", "equ2"], "tier"].eq("start_here").all()
    assert rows.loc["con4", "tier"] == "later"
    assert rows["share"].sum() == pytest.approx(agenda.first)
    assert (rows.loc[rows["tier"].eq("start_here"), "share"] >= AGENDA_START).all()
    told = dict(agenda._block("reasons", "en").facts)
    assert any("3.0" in why and "below the threshold of 8.5" in why and "Idea:" in why for why in told.values())


def test_importance_counts_and_its_weight_can_be_changed(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps], drivers: hpp.drivers.Drivers
) -> None:
    level = dict.fromkeys(parts[0].to_frame()["item"], 7.0)
    tiers = with_means(parts[0], **level)
    by_importance = hpp.action_agenda(tiers, None, drivers).to_frame().set_index("item")
    most = drivers.to_frame()["predictor"].iloc[0]
    assert by_importance["priority"].idxmax() == most
    without = hpp.action_agenda(tiers, None, drivers, weights={"importance": 0.0}).to_frame()
    assert without["priority"].nunique() == 1
    with pytest.raises(OptionError):
        hpp.action_agenda(tiers, None, drivers, weights={"urgency": 1.0})
    with pytest.raises(OptionError):
        hpp.action_agenda(tiers, None, drivers, weights={"importance": -1.0})


def test_a_gap_counts_only_where_the_sides_differ_for_certain(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps],
) -> None:
    tiers, gaps = parts
    table = gaps.to_frame()
    table["verdict"], table["gap"] = "cannot_tell", 3.0
    table.loc[table["item"].eq("ope1"), "verdict"] = "different"
    level = with_means(tiers, **dict.fromkeys(tiers.to_frame()["item"], 7.0))
    rows = hpp.action_agenda(level, replace(gaps, table=table)).to_frame().set_index("item")
    assert rows["gap"].notna().sum() == 1
    assert rows["priority"].idxmax() == "ope1"
    assert rows.loc["ope1", "tier"] == "start_here"


def test_importance_of_few_persons_is_not_used(parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps]) -> None:
    few = hpp.simulate_study(seed=2, partners=1, persons_per_side=20).survey
    drivers = hpp.rank_drivers(few, predictors="items", n_boot=100)
    agenda = hpp.action_agenda(parts[0], parts[1], drivers)
    assert agenda.importance_level == "none"
    assert agenda.to_frame()["importance"].nunique() == 1
    assert "all count equally" in agenda.methods("en")


def test_factors_share_their_importance_among_their_characteristics(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps], survey: hpp.survey.Survey
) -> None:
    factors = hpp.rank_drivers(survey, n_boot=100)
    agenda = hpp.action_agenda(parts[0], parts[1], factors)
    shares = agenda.to_frame().groupby("factor")["importance"].sum()
    expected = factors.to_frame().set_index("predictor")["share"]
    assert agenda.importance_level == "factor"
    pd.testing.assert_series_equal(
        shares.sort_index(), (expected / expected.sum()).sort_index(), check_names=False, check_dtype=False
    )


def test_it_is_published_when_its_parts_are_and_cannot_be_published_itself(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps], survey: hpp.survey.Survey, drivers: hpp.drivers.Drivers
) -> None:
    agenda = hpp.action_agenda(*parts, drivers)
    assert agenda.published
    own = hpp.action_agenda(hpp.answers.rank_partners(survey), hpp.partner_gaps(survey, level="item"), drivers)
    assert not own.published
    with pytest.raises(DisclosureError):
        hpp.publish(own, hpp.plan_disclosure(survey))


def test_what_is_withheld_is_not_weighed(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps], drivers: hpp.drivers.Drivers
) -> None:
    table = parts[0].to_frame()
    table.loc[table["item"].eq("ope3"), ["mean", "ci_lower", "ci_upper"]] = np.nan
    table.loc[table["item"].eq("ope4"), ["ci_lower", "ci_upper"]] = np.nan
    agenda = hpp.action_agenda(replace(parts[0], table=table), parts[1], drivers)
    rows = agenda.to_frame().set_index("item")
    assert rows.loc[["ope3", "ope4"], "tier"].tolist() == ["not_weighed"] * 2
    assert rows.loc["ope3", ["priority", "share"]].isna().all()
    assert "Not weighed for want of answers: 2." in agenda.summary("en")


def test_where_all_have_reached_the_line_nothing_asks_for_action(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps],
) -> None:
    reached = with_means(parts[0], **dict.fromkeys(parts[0].to_frame()["item"], 9.8))
    agenda = hpp.action_agenda(reached)
    assert "asks for action now" in agenda.summary("en")
    assert agenda._block("reasons", "en").paragraphs == [agenda.summary("en")]


def test_the_true_first_is_seldom_left_out() -> None:
    """Means drawn around known truths: what is truly most pressing is started with or considered."""
    truth = np.array([5.5, 7.0, 7.2, 7.5, 7.8, 8.0, 8.2, 8.4])
    rng = np.random.default_rng(5)
    study = hpp.simulate_study(seed=1, persons_per_side=8).survey
    tiers = hpp.answers.rank_partners(study)
    items = tiers.to_frame()["item"].head(len(truth)).tolist()
    base = replace(tiers, table=tiers.to_frame().head(len(truth)))
    hits = 0
    for _round in range(50):
        drawn = with_means(base, **dict(zip(items, truth + 0.1 * rng.standard_normal(len(truth)), strict=True)))
        rows = hpp.action_agenda(drawn, first=3).to_frame().set_index("item")
        hits += rows.loc[items[0], "tier"] == "start_here"
    assert hits == 50  # 1.5 points below the next, with a standard error of .1: missed in none of a thousand


def test_importance_that_chance_can_make_does_not_count(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps], drivers: hpp.drivers.Drivers
) -> None:
    assert drivers.related and drivers.n_persons >= 100
    assert hpp.action_agenda(*parts, drivers).importance_level == "item"
    for p in (0.06, np.nan):
        by_chance = replace(drivers, overall={**drivers.overall, "p": p})
        agenda = hpp.action_agenda(*parts, by_chance)
        assert agenda.importance_level == "none"
        assert agenda.to_frame()["importance"].nunique() == 1
        assert "no more than chance" in agenda.methods("en")


def test_more_than_average_is_said_of_what_is_named_where_intervals_are_sound(
    parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps], drivers: hpp.drivers.Drivers
) -> None:
    first = str(drivers.to_frame()["predictor"].iloc[0])
    level = dict.fromkeys(parts[0].to_frame()["item"], 7.0)
    tiers = with_means(parts[0], **{**level, first: 3.0})
    sure = replace(
        drivers,
        flags=(),
        slopes=drivers.slopes.assign(p_adjusted=np.where(drivers.slopes["predictor"] == first, 0.001, 1.0)),
        samples=np.tile(np.where(drivers.slopes["predictor"] == first, 0.4, 0.01), (100, 1)),
    )
    said = dict(hpp.action_agenda(tiers, None, sure)._block("reasons", "en").facts)
    assert sum("more than average" in why for why in said.values()) == 1
    few = hpp.action_agenda(tiers, None, replace(sure, flags=("few_units_intervals",)))
    assert few.importance_level == "none" and few._block("map", "en").type == "text"
    unnamed = hpp.action_agenda(tiers, None, replace(sure, slopes=sure.slopes.assign(p_adjusted=1.0)))
    for agenda in (few, unnamed):
        assert "more than average" not in str(agenda._block("reasons", "en").facts)
    assert unnamed.plot() is not None


def test_other_arguments_are_refused_in_words(
    survey: hpp.survey.Survey, parts: tuple[hpp.answers.Tiers, hpp.partners.Gaps], drivers: hpp.drivers.Drivers
) -> None:
    for given in ((survey,), (parts[0], drivers), (parts[0], None, parts[1]), (drivers,), (None,)):
        with pytest.raises(OptionError):
            hpp.action_agenda(*given)
    for options in ({"weights": {"importanc": 1.0}}, {"weights": {"gap": True}}, {"weights": ["gap"]}, {"first": 0}):
        with pytest.raises(OptionError):
            hpp.action_agenda(*parts, drivers, **options)
