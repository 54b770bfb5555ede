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


def test_one_sign_alone_is_not_enough_where_two_are_asked_for(study: hpp.simulation.Simulation) -> None:
    run = np.r_[[1.0] * 10, np.tile([10.0, 1.0], 5)[:9]]  # a long run, and odd
    screening = hpp.answers.flag_careless(planted(study.survey, r0=run, r1=5.0))
    n = screening.ratings.sum(axis=1)
    assert n.iloc[0] > 1
    assert screening.clear(at_least=2).equals(n < 2)
    assert screening.clear().sum() < screening.clear(at_least=2).sum()
    assert f"{(n > 1).sum()} of them" in screening.summary("en")
    with pytest.raises(hpp.HppError):
        screening.clear(at_least=0)


@pytest.mark.parametrize("column", ["Duration (in seconds)", "interviewtime", "took"])
def test_answers_faster_than_one_can_read(study: hpp.simulation.Simulation, column: str) -> None:
    frame = study.frame().astype(object)
    frame[column] = ["20", "300", ""] * (len(frame) // 3) + ["300"] * (len(frame) % 3)
    survey = hpp.read_survey(frame, instrument="hpp")
    screening = hpp.answers.flag_careless(survey, seconds=column if column == "took" else "")
    answered = survey.items[[item for item in survey.items if not item.startswith("suc")]].notna().sum(axis=1)
    expected = (survey.respondents[column] == "20") & (answered > 10)  # 20 seconds for eleven items are under two each
    assert screening.ratings["fast"].equals((expected & (answered >= 5)).rename("fast"))
    assert "2 seconds" in screening.methods("en")
    with pytest.raises(hpp.HppError):
        hpp.answers.flag_careless(survey, seconds="partner")


def test_scales_that_a_person_answers_by_chance_are_inconsistent() -> None:
    """Told where people differ from scale to scale; where all scales go together, careful people would be called careless."""
    study = hpp.simulate_study("hpp_pool", persons_per_side=60, seed=2)
    together = hpp.answers.flag_careless(study.survey)
    assert "inconsistent" not in together.ratings
    assert together.measures["consistency"].notna().any()
    rng, frame = np.random.default_rng(4), study.frame().astype(object)
    by_chance = np.arange(len(frame)) % 10 == 0
    for factor in study.survey.instrument.factors:
        level = rng.integers(2, 10, len(frame))
        for item in study.survey.instrument.items_of(factor.id):
            given = np.where(by_chance, rng.integers(1, 11, len(frame)), level + rng.integers(-1, 2, len(frame)))
            frame[item.id] = 11 - given if item.reverse else given
    screening = hpp.answers.flag_careless(hpp.read_survey(frame, instrument="hpp_pool"))
    assert screening.ratings.loc[by_chance, "inconsistent"].mean() > 0.4
    assert screening.ratings.loc[~by_chance, "inconsistent"].mean() < 0.01
    assert "even-odd" in screening.methods("en")
