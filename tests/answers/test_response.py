"""Who took part: persons and ratings are counted apart."""

from hpp_analysis import simulate_study
from hpp_analysis.answers import count_response


def test_a_person_who_rates_several_partnerships_is_one_person() -> None:
    survey = simulate_study(partners=3, persons_per_side=12, several=1.0, seed=1).survey
    response = count_response(survey, by=("partnership", "side"))
    assert response.n_persons == survey.persons.nunique() < response.n_ratings == len(survey)
    assert response.to_frame()["n_persons"].sum() == len(survey), "one rating of each person per partnership"
    assert f"{response.n_persons} persons" in response.summary("en")
    assert "counts in each of them" in " ".join(response._notes())
