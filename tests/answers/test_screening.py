"""Screening: each sign is found where it was put, nothing is left out, and every language says it."""

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp


@pytest.fixture(scope="module")
def study() -> hpp.simulation.Simulation:
    return hpp.simulate_study(persons_per_side=60, seed=4)


def planted(survey: hpp.survey.Survey, **rows: object) -> hpp.survey.Survey:
    """The survey with answers of some ratings changed, read again as a file would be."""
    frame = pd.concat([survey.respondents, survey.items], axis=1)
    items = [item for item in survey.items if not item.startswith("suc")]
    for place, answers in rows.items():
        frame.loc[frame.index[int(place[1:])], items] = answers
    return hpp.read_survey(frame.astype(object).where(frame.notna(), None), instrument="hpp")


def test_each_sign_is_found_where_it_was_put(study: hpp.simulation.Simulation) -> None:
    rng = np.random.default_rng(0)
    varied = rng.integers(3, 9, 19).astype(float)
    run = np.r_[[7.0] * 11, [5, 6, 8, 5, 6, 8, 5, 6]]
    odd = np.tile([1.0, 10.0], 10)[:19]
    few = np.r_[[7.0, 8, 6, 7], [np.nan] * 15]
    made = planted(study.survey, r0=5.0, r1=run, r2=odd, r3=few, r4=varied, r5=varied, r6=np.nan)
    found = hpp.answers.flag_careless(made).ratings.to_numpy()
    signs = list(hpp.answers.flag_careless(made).ratings)
    shown = [{sign for sign, there in zip(signs, found[place], strict=True) if there} for place in range(7)]
    assert "still" in shown[0]
    assert "run" not in shown[0]
    assert "run" in shown[1]
    assert "odd" in shown[2]
    assert shown[3] == {"unknown"}
    assert "twice" in shown[4]
    assert "twice" in shown[5]
    assert shown[6] == {"nothing"}


def test_straight_lines_of_the_simulation_are_found_and_careful_people_seldom(study: hpp.simulation.Simulation) -> None:
    screening = hpp.answers.flag_careless(study.survey)
    careless = study.truth.careless
    straight = study.survey.persons.isin([person for person, kind in careless.items() if kind == "straight"])
    careful = ~study.survey.persons.isin(list(careless))
    answered = study.survey.items.notna().sum(axis=1) >= 10
    assert screening.ratings.loc[straight & answered, "still"].all()
    assert screening.ratings.loc[careful, ["still", "odd"]].any(axis=1).mean() < 0.05


def test_nothing_is_left_out_until_somebody_says_so(study: hpp.simulation.Simulation) -> None:
    screening = hpp.answers.flag_careless(study.survey)
    table = screening.to_frame().set_index("sign")
    assert table["n_ratings"].sum() == screening.ratings.to_numpy().sum()
    kept = study.survey.keep(screening.clear("still"), "The same answer throughout")
    assert len(study.survey) - len(kept) == table.loc["still", "n_ratings"]
    assert kept.exclusions[0].why == "The same answer throughout"
    assert screening.clear().sum() == (~screening.ratings.any(axis=1)).sum()


def test_a_survey_without_signs_says_so(study: hpp.simulation.Simulation) -> None:
    survey = study.survey
    while not hpp.answers.flag_careless(survey).clear().all():  # what is odd is judged among those that are left
        survey = survey.keep(hpp.answers.flag_careless(survey).clear(), "Signs")
    assert len(survey) > 0.5 * len(study.survey)
    assert "No rating" in hpp.answers.flag_careless(survey).summary("en")


def test_it_speaks_every_language(study: hpp.simulation.Simulation) -> None:
    screening = hpp.answers.flag_careless(study.survey)
    for said in (screening.summary, screening.methods, lambda code: screening.alt(language=code)):
        assert said("nl") != said("en")
    assert "Overal hetzelfde antwoord" in str(screening._block("table", "nl"))
