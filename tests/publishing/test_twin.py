"""Synthetic twins: what they look like, what they say of themselves, and that they hardly tell who took part."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import hpp_analysis as hpp
from hpp_analysis.errors import DisclosureError, OptionError
from hpp_analysis.publishing.twin import FEWEST_OF_FACTORS, FEWEST_OF_ITEMS, latent_moments
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.survey import SYNTHETIC
from hpp_analysis.texts import language
from tests.publishing.membership import answers_themselves, studies


@pytest.fixture(scope="module")
def survey() -> hpp.survey.Survey:
    return hpp.simulate_study(
        clients=["Acme"], partners=["Aap", "Noot", "Mies", "Wim"], persons_per_side=40, gaps={"openness": 1.5}, seed=3
    ).survey


@pytest.fixture(scope="module")
def twin(survey: hpp.survey.Survey) -> hpp.publishing.Twin:
    return hpp.make_twin(survey, seed=1)


@pytest.fixture(scope="module")
def correlated(survey: hpp.survey.Survey) -> hpp.publishing.Twin:
    return hpp.make_twin(survey, correlations=True, seed=1)


def test_a_twin_has_the_shape_of_the_study(survey: hpp.survey.Survey, twin: hpp.publishing.Twin) -> None:
    assert list(twin.survey.items) == list(survey.items)
    assert not twin.recipe.pooled and twin.recipe.level == "factor"
    real, drawn = (
        one.items["ope1"].groupby(one.respondents["side"].astype(str)).mean() for one in (survey, twin.survey)
    )
    # rounding to half points adds at most .25, factors pool items whose means lie within a point, 160 answers have an error of .2
    assert (real - drawn).abs().max() < 1.2
    gaps = hpp.partner_gaps(twin.survey).to_frame().set_index("factor")["gap"]
    assert gaps["openness"] > 0.8  # of 1.5, within twice an error of .25 and the rounding


def test_answers_are_independent_unless_correlations_are_asked_for(
    twin: hpp.publishing.Twin, correlated: hpp.publishing.Twin, survey: hpp.survey.Survey
) -> None:
    def mean_within(one: hpp.survey.Survey) -> float:
        openness = one.only("openness").items.corr().to_numpy()
        return float(openness[np.triu_indices(len(openness), 1)].mean())

    # sides differ in openness, which correlates its items a little: the gap of 1.5 points is .4 of a standard deviation either way
    assert mean_within(twin.survey) < 0.2
    assert abs(mean_within(correlated.survey) - mean_within(survey)) < 0.15  # steps of .1, and an error of .05
    alpha = hpp.scale_reliability(correlated.survey).to_frame()["alpha"]
    assert (alpha > 0.7).all()
    assert "no factors in them" in twin.summary("en")
    assert "loadings do not differ" in correlated.summary("en")


def test_the_same_seed_gives_the_same_twin(survey: hpp.survey.Survey, twin: hpp.publishing.Twin) -> None:
    pd.testing.assert_frame_equal(hpp.make_twin(survey, seed=1).frame(), twin.frame())
    assert not hpp.make_twin(survey, seed=2).frame().equals(twin.frame())


def test_no_name_of_the_study_is_in_it(survey: hpp.survey.Survey, twin: hpp.publishing.Twin) -> None:
    text = twin.frame().to_csv()
    for column in ("client", "partner", "organisation"):
        assert not [name for name in survey.values(column) if name in text]
    assert not set(twin.survey.values("respondent")) & set(survey.values("respondent"))


def test_it_is_marked_in_the_file_and_in_the_survey(
    survey: hpp.survey.Survey, twin: hpp.publishing.Twin, tmp_path: Path
) -> None:
    path = twin.write(tmp_path / "twin.csv")
    again = hpp.read_survey(path, instrument="hpp")
    assert again.synthetic and again.where(side="client").synthetic and "synthetic" in repr(again)
    assert set(pd.read_csv(path)[SYNTHETIC]) == {"synthetic"}
    assert not survey.synthetic and "synthetic" not in repr(survey)
    facts = dict(hpp.publishing.show_provenance(again).blocks[0].facts)
    assert "nobody gave these answers" in facts["Answers"]
    assert "Answers" not in dict(hpp.publishing.show_provenance(survey).blocks[0].facts)
    with pytest.raises(OptionError):
        twin.write(tmp_path / "twin.xlsx")


def test_a_ledger_and_another_twin_refuse_it(twin: hpp.publishing.Twin, tmp_path: Path) -> None:
    with pytest.raises(DisclosureError):
        hpp.plan_disclosure(twin.survey, ledger=tmp_path / "ledger.json")
    with pytest.raises(OptionError):
        hpp.make_twin(twin.survey)


def test_its_reports_say_on_every_page_that_it_is_synthetic(twin: hpp.publishing.Twin, tmp_path: Path) -> None:
    from hpp_analysis.report.run.plan import plan_reports

    path = twin.write(tmp_path / "twin.csv")
    plan = plan_reports(
        hpp.read_survey(path, instrument="hpp"),
        responses=[path], instrument="hpp", by="client", languages=["en"], out=tmp_path / "out", ledger=tmp_path / "study.ledger.json",
    )  # fmt: skip
    assert plan.appearance.synthetic
    assert plan.ledger is None  # nobody's answers are released
    assert Appearance.of(plan.appearance.plain()) == plan.appearance
    with language("nl"):
        assert plan.appearance.mark == "Synthetisch"
    assert Appearance().plain() == Appearance(synthetic=False).plain() and "synthetic" not in Appearance().plain()
    with language("en"):
        assert Appearance(draft=True).mark == "Draft" and Appearance().mark == "" == Appearance().mark_note
        both = Appearance(draft=True, synthetic=True)
        assert both.mark == "Synthetic" and "Draft" in both.mark_note


@pytest.mark.parametrize("code", ["en", "nl"])
def test_the_summary_claims_no_more_than_holds(twin: hpp.publishing.Twin, code: str) -> None:
    said = twin.summary(code)
    assert {"en": "not free of all information", "nl": "niet vrij van alle informatie"}[code] in said


def test_small_studies_are_refused() -> None:
    with pytest.raises(DisclosureError):
        hpp.make_twin(hpp.simulate_study(partners=4, persons_per_side=8, seed=1).survey)  # no group of ten
    middle = hpp.simulate_study(partners=2, persons_per_side=12, seed=1).survey
    assert hpp.make_twin(middle).recipe.level == "all"
    with pytest.raises(DisclosureError):
        hpp.make_twin(middle, correlations=True)
    with pytest.raises(OptionError):
        hpp.make_twin(hpp.simulate_study(persons_per_side=20, waves=2, seed=1).survey)


def test_a_study_of_one_side_keeps_its_groups(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    questionnaire = {
        "name": "work", "language": "nl", "unit": "person", "scale": "1-5",
        "columns": [{"id": "department", "text": "Afdeling"}], "factors": ["climate", "lead"],
        "items": [{"id": f"{factor}{n}", "text": f"{factor} {n}", "factor": factor} for factor in ("climate", "lead") for n in (1, 2, 3)],
    }  # fmt: skip
    file = tmp_path / "work.yaml"
    file.write_text(yaml.safe_dump(questionnaire))
    answers = pd.DataFrame(rng.integers(1, 6, (60, 6)), columns=[item["id"] for item in questionnaire["items"]])
    answers.insert(0, "department", np.repeat(["Inkoop", "Verkoop", "Techniek"], 20))
    made = hpp.make_twin(hpp.read_survey(answers, instrument=file), by="department")
    assert set(made.survey.values("department")) == {"Group 1", "Group 2", "Group 3"}
    assert made.survey.items.to_numpy().min() >= 1 and made.survey.items.to_numpy().max() <= 5


def test_items_with_a_scale_of_their_own_and_reversed_ones_come_back_as_they_were() -> None:
    """Means are taken on the scale of the instrument, the file has answers as they were asked."""
    plain = {
        "name": "two", "language": "en", "unit": "person", "scale": {"min": 1, "max": 5, "labels": {1: "no", 5: "yes"}},
        "scales": {"ten": {"min": 1, "max": 10, "labels": {1: "bad", 10: "good"}, "dont_know": "No idea"}}, "factors": ["a", "b"],
        "items": [
            {"id": "a1", "factor": "a", "text": "One"}, {"id": "a2", "factor": "a", "text": "Two", "reverse": True},
            {"id": "b1", "factor": "b", "text": "Three", "scale": "ten"},
        ],
    }  # fmt: skip
    rng = np.random.default_rng(2)
    high = rng.integers(4, 6, 150)
    answers = pd.DataFrame({"a1": high, "a2": 6 - high, "b1": rng.integers(8, 11, 150)})
    survey = hpp.read_survey(answers, instrument=parse_instrument(plain))
    export = hpp.make_twin(survey, by=None).frame()
    assert export["a1"].astype(float).mean() > 4 and export["a2"].astype(float).mean() < 2
    assert export["b1"].astype(float).between(1, 10).all() and export["b1"].astype(float).mean() > 8
    drawn = hpp.make_twin(survey, by=None).survey.items.mean()
    assert (
        drawn - survey.items.mean()
    ).abs().max() < 0.35  # a step of .22 is rounded by .11, errors of .05, the end cuts


def test_means_and_spreads_survive_the_ends_of_the_scale() -> None:
    points = np.arange(1, 11)
    rng = np.random.default_rng(0)
    for mean, spread in ((9.0, 1.5), (5.5, 2.5), (2.0, 1.0)):
        centre, width = latent_moments(mean, spread, points)
        given = np.clip(np.round(rng.normal(centre, width, 200_000)), 1, 10)
        # an error of at most .006 of the mean, and less of the SD
        assert abs(given.mean() - mean) < 0.02 and abs(given.std() - spread) < 0.02
        assert abs(np.clip(rng.normal(mean, spread, 200_000), 1, 10).mean() - mean) > 0.02 or mean == 5.5


@pytest.mark.parametrize(("persons", "correlations"), [(10, False), (30, True)])
def test_whoever_knows_the_twin_hardly_guesses_who_took_part(persons: int, *, correlations: bool) -> None:
    """At most .55 on average over eight studies; docs/synthetic-twin.md has the run of forty."""
    found = studies(8, persons, correlations=correlations)
    assert found["auc"].max() <= 0.55
    assert persons * 4 < FEWEST_OF_FACTORS if not correlations else persons * 4 < FEWEST_OF_ITEMS


def test_the_attacks_find_members_where_answers_are_shared() -> None:
    """Attacks that find nothing anywhere would prove nothing."""
    found = studies(2, 30, share=answers_themselves)
    assert found.loc["nearest", "auc"] > 0.95
    assert found.loc["means", "auc"] > 0.6 and found.loc["shares", "auc"] > 0.6
