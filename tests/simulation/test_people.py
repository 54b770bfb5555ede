"""Who rates what, and how persons answer."""

import numpy as np
import pytest

from hpp_analysis.simulation.simulate import simulate_study
from tests.simulation.conftest import CLEAN, factors_only, small_instrument, within


def test_every_side_has_the_size_that_was_asked_for():
    sizes = np.array([[[20, 90], [15, 30], [8, 7]], [[18, 80], [15, 0], [8, 4]]])
    study = simulate_study(partners=["A", "B", "C"], persons_per_side=sizes, waves=2)
    counted = study.survey.respondents.groupby(["wave", "partner", "side"]).size()
    wanted = {
        (str(wave + 1), partner, side): sizes[wave, place, end]
        for wave in (0, 1)
        for place, partner in enumerate("ABC")
        for end, side in enumerate(("client", "partner"))
    }
    assert counted.to_dict() == {cell: n for cell, n in wanted.items() if n}
    assert np.isfinite(study.truth.means.to_numpy()).all()


def test_client_persons_rate_several_partnerships_and_partner_persons_one():
    respondents = simulate_study(persons_per_side=60, several=0.5, clients=2).survey.respondents
    rated = respondents.groupby(["side", "respondent"])["partnership"].nunique()
    assert rated["partner"].max() == 1
    assert set(rated["client"]) == {1, 2, 3, 4}
    assert (respondents.groupby("respondent")["organisation"].nunique() == 1).all()
    alone = simulate_study(persons_per_side=60, several=0.0).survey.respondents
    assert alone["respondent"].is_unique


def test_organisation_is_the_respondents_own():
    respondents = simulate_study(persons_per_side=8, clients=["K", "L"], partners=["P", "Q"]).survey.respondents
    own = respondents["client"].where(respondents["side"] == "client", respondents["partner"])
    assert (respondents["organisation"] == own).all()
    assert set(respondents["partnership"]) == {"K – P", "K – Q", "L – P", "L – Q"}
    assert set(respondents["role"]) == {"manager", "employee"}


def test_the_share_that_returns_answers_both_waves():
    respondents = simulate_study(persons_per_side=50, waves=3, returning=0.6, several=0.0).survey.respondents
    persons = [set(respondents.loc[respondents["wave"] == wave, "respondent"]) for wave in "123"]
    assert len(persons[0] & persons[1]) == len(persons[1] & persons[2]) == 8 * 30  # sides x .6 of 50
    assert max(persons[0]) < max(persons[1] - persons[0])  # numbered in order of arrival


def test_the_ratings_of_one_person_correlate_as_told():
    for share in (0.0, 0.5):
        study = simulate_study(
            factors_only(),
            persons_per_side=4000,
            several=1.0,
            person_share=share,
            style=0.0,
            seed=5,
            partners=2,
            **CLEAN,
        )
        scores = within(study, study.survey.items)["ope1"]
        sides = study.survey.respondents["side"] == "client"
        wide = (
            scores[sides]
            .to_frame()
            .assign(respondent=study.survey.respondents["respondent"], partner=study.survey.respondents["partner"])
            .pivot_table(index="respondent", columns="partner", values="ope1")
            .dropna()
        )
        told = share * study.truth.loadings.loc["ope1", "openness"] ** 2
        # 4,000 pairs: standard error of a correlation .016; cutting lowers it by a few per cent of at most .36
        assert len(wide) == 4000
        assert wide.corr().iloc[0, 1] == pytest.approx(told, abs=0.05)


def test_careless_persons_are_flagged_and_nobody_else_straight_lines():
    study = simulate_study(persons_per_side=100, careless=0.1, skipped=0.0, dont_know=0.0, seed=10)
    flagged = study.truth.careless
    assert len(flagged) == round(0.1 * study.survey.n_persons)
    assert set(flagged) == {"straight", "random"}
    kind = study.survey.persons.map(flagged)
    same = study.survey.items.std(axis=1) == 0
    assert same[kind == "straight"].all()
    assert not same[kind != "straight"].any()
    spread = study.survey.items.std(axis=1)
    assert spread[kind == "random"].mean() > 2.5 > spread[kind.isna()].mean()  # uniform on 1-10: 2.87
    straight = study.hpo[study.hpo["respondent"].isin(flagged.index[flagged == "straight"])]
    assert (straight.iloc[:, 4:].std(axis=1) == 0).all()


def test_careless_persons_answer_reverse_items_as_asked():
    study = simulate_study(small_instrument(), persons_per_side=40, careless=0.5)
    straight = study.truth.careless.index[study.truth.careless == "straight"]
    asked = study.frame().set_index("respondent").loc[straight].iloc[:, -10:]
    assert (asked.nunique(axis=1) == 1).all()
