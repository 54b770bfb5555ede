"""What drives success: against R, on simulated studies with a known truth, at its edges, and in words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import DisclosureError, OptionError
from hpp_analysis.simulation.simulate import Simulation

REFERENCE = Path(__file__).parent.parent / "reference"
R = json.loads((REFERENCE / "drivers.json").read_text(encoding="utf-8"))
X = ["x1", "x2", "x3", "x4", "x5"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "drivers.csv")


@pytest.fixture(scope="module")
def study() -> Simulation:
    return hpp.simulate_study(persons_per_side=60, seed=3)


@pytest.fixture(scope="module")
def drivers(study: Simulation) -> hpp.Drivers:
    return hpp.rank_drivers(study.survey, hpo=study.hpo_survey, n_boot=200)


def test_slopes_are_those_of_r_with_hc3(frame: pd.DataFrame) -> None:
    found = hpp.rank_drivers(frame, outcome="y", predictors={"first": X[:2], "rest": X[2:]}, n_boot=0)
    assert found.errors == "hc3"
    assert found.slopes["beta"].tolist() == pytest.approx(R["slopes"][1:], abs=1e-12)
    assert found.slopes["slope"].tolist() == pytest.approx(R["raw"][1:], abs=1e-12)
    assert found.slopes["se"].tolist() == pytest.approx(R["hc3"]["se"][1:], rel=1e-10)
    assert found.slopes["se"].tolist() != pytest.approx(R["hc3"]["ols"][1:], rel=0.01)
    assert found.adjusted_r2 == pytest.approx(R["adjusted_r2"], abs=1e-12)
    assert found.slopes["vif"].tolist() == pytest.approx(R["vif"], rel=1e-10)
    rest = found.hierarchy.iloc[1]
    assert (rest["f"], rest["p"]) == pytest.approx((R["hc3"]["wald"]["f"], R["hc3"]["wald"]["p"]), rel=1e-9)
    assert rest["r2_change"] == pytest.approx(R["subset_r2"][31] - R["subset_r2"][3], abs=1e-12)


@pytest.mark.parametrize("cluster", ["person", "firm"])
def test_slopes_are_those_of_r_with_cr2(frame: pd.DataFrame, cluster: str) -> None:
    blocks = {"first": X[:2], "rest": X[2:]}
    found = hpp.rank_drivers(frame, outcome="y", predictors=blocks, cluster=cluster, n_boot=0)
    expected = R[cluster]
    assert found.slopes["se"].tolist() == pytest.approx(expected["se"][1:], rel=1e-10)
    assert found.slopes["df"].tolist() == pytest.approx(expected["df"][1:], rel=1e-9)
    assert found.slopes["p"].tolist() == pytest.approx(expected["p"][1:], rel=1e-8)
    rest = found.hierarchy.iloc[1]
    assert (rest["f"], rest["df"], rest["p"]) == pytest.approx(tuple(expected["wald"].values()), rel=1e-8)


def test_fixed_effects_are_columns_of_groups(frame: pd.DataFrame) -> None:
    found = hpp.rank_drivers(frame, outcome="y", predictors=X, within="firm", n_boot=0)
    expected = R["within"]
    assert found.slopes["slope"].tolist() == pytest.approx(expected["raw"], abs=1e-11)
    raw = found.slopes["se"] * found.slopes["slope"] / found.slopes["beta"]  # from standardised to raw units
    assert raw.tolist() == pytest.approx(expected["hc3"], rel=1e-9)
    assert found.slopes["slope"].tolist() != pytest.approx(R["raw"][1:], abs=0.01)
    persons = hpp.rank_drivers(frame, outcome="y", predictors=X, within="firm", cluster="person", n_boot=0)
    raw = persons.slopes["se"] * persons.slopes["slope"] / persons.slopes["beta"]
    assert raw.tolist() == pytest.approx(expected["cr2"], rel=1e-9)
    assert persons.slopes["df"].tolist() == pytest.approx(expected["df"], rel=1e-8)
    centred = frame[[*X, "y"]] - frame.groupby("firm")[[*X, "y"]].transform("mean")
    plain = hpp.rank_drivers(centred, outcome="y", predictors=X, n_boot=0)
    assert found.slopes["se"].tolist() != pytest.approx(
        plain.slopes["se"].tolist(), rel=0.02
    )  # firms cost degrees of freedom


def test_assumptions_are_checked_as_in_r(frame: pd.DataFrame) -> None:
    checks = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0).checks.set_index("check")
    assert checks.loc["overlap", "statistic"] == pytest.approx(max(R["vif"]), rel=1e-10)
    # RESET: powers of fitted values of a standardised and of a raw outcome differ by their scale, not by their F
    assert (checks.loc["linearity", "statistic"], checks.loc["linearity", "p"]) == pytest.approx(
        (R["reset"]["f"], R["reset"]["p"]), rel=1e-6
    )
    assert (checks.loc["spread", "statistic"], checks.loc["spread", "p"]) == pytest.approx(
        (R["breusch_pagan"]["statistic"], R["breusch_pagan"]["p"]), rel=1e-8
    )
    assert checks.loc["spread", "statistic"] != pytest.approx(R["breusch_pagan"]["original"], rel=0.01)
    assert checks.loc["influence", "statistic"] == pytest.approx(max(R["cook"]), rel=1e-8)
    assert not checks.loc["normality", "look"]


def test_importance_is_that_of_r_and_sums_to_r2(frame: pd.DataFrame) -> None:
    lmg = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0).to_frame().set_index("predictor")
    assert lmg.loc[X, "importance"].tolist() == pytest.approx(R["lmg"], abs=1e-12)
    weights = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0, importance="relative_weights")
    found = weights.to_frame().set_index("predictor").loc[X, "importance"]
    assert found.tolist() == pytest.approx(R["relative_weights"], abs=1e-12)
    assert found.sum() == pytest.approx(weights.r2, abs=1e-12)
    assert weights.dominance.empty


def test_the_simulated_truth_is_found_again() -> None:
    """Success hangs on equality twice as much as on openness, and on nothing else."""
    study = hpp.simulate_study(
        persons_per_side=400, coefficients={"equality": 0.6, "openness": 0.3}, several=0.0, careless=0.0, style=0.0,
        seed=5,
    )  # fmt: skip
    found = hpp.rank_drivers(study.survey, within=["partnership", "side"], n_boot=300)
    assert found.leading == ("equality",)
    table = found.to_frame().set_index("predictor")
    assert table["rank"].to_dict() == {"equality": 1, "openness": 2, "conflict_management": 3}
    assert table.loc["equality", "p_first"] > 0.99
    slopes = found.slopes.set_index("predictor")["beta"]
    # scores hold errors of measurement, so slopes are somewhat smaller than those of the factors
    assert 0.4 < slopes["equality"] < 0.6
    assert slopes["equality"] > 1.5 * slopes["openness"]
    assert abs(slopes["conflict_management"]) < 0.12


def test_hpo_answers_are_joined_by_person_and_wave() -> None:
    study = hpp.simulate_study(persons_per_side=20, waves=2, seed=1)
    found = hpp.rank_drivers(study.survey, hpo=study.hpo_survey, n_boot=0)
    assert found.n_given == len(study.survey)
    assert found.errors == "person"  # some rated several partnerships, and many twice
    assert found.hierarchy["block"].tolist() == ["hpo", "hpp"]
    assert found.hierarchy["n_predictors"].tolist() == [5, 3]
    row = study.survey.respondents.loc[found.data.values.index[7]]
    same = (study.hpo["respondent"] == row["respondent"]) & (study.hpo["wave"] == row["wave"])
    mine = study.hpo[same].filter(regex="^man").iloc[0]
    assert found.data.values["management_quality"].iloc[7] == pytest.approx(mine.mean())


def test_hpo_answers_that_belong_to_nobody_or_come_twice_are_refused(study: Simulation) -> None:
    hpo = study.hpo_survey
    assert hpo is not None
    from dataclasses import replace

    other = replace(
        hpo, respondents=hpo.respondents.assign(respondent="nobody" + hpo.respondents["respondent"])
    )
    with pytest.raises(OptionError, match="nobody who did"):
        hpp.rank_drivers(study.survey, hpo=other)
    same = replace(hpo, respondents=hpo.respondents.assign(respondent=hpo.respondents["respondent"].iloc[0]))
    with pytest.raises(OptionError, match="once by a person"):
        hpp.rank_drivers(study.survey, hpo=same)


def test_characteristics_are_ranked_by_relative_weights_on_pairs(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, predictors="items", n_boot=200)
    assert found.method == "relative_weights"
    assert len(found.table) == 19
    assert "pairwise" in found.flags  # up to 15 % don't know an item: hardly any rating has all
    assert found.table["importance"].sum() == pytest.approx(found.r2, abs=1e-10)
    assert found.slopes["ci_lower"].notna().all()
    assert found.slopes["p"].isna().all()
    assert "more than a tenth" in found.methods()


def test_a_factor_can_be_the_outcome(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, outcome="equality", n_boot=0)
    assert found.slopes["predictor"].tolist() == ["openness", "conflict_management"]
    items = hpp.rank_drivers(study.survey, outcome="equality", predictors="items", n_boot=0)
    assert len(items.table) == 12  # not of itself


def test_few_organisations_have_no_errors_and_say_so(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, cluster="organisation")
    assert {"few_clusters", "few_clusters_boot"} <= set(found.flags)
    assert found.slopes["ci_lower"].isna().all()
    assert found.table["tier"].isna().all()
    assert found.leading == ()
    assert "too few organisations" in found.summary()


def test_many_organisations_have_them() -> None:
    study = hpp.simulate_study(clients=12, partners=2, persons_per_side=4, seed=2)
    clients = study.survey.where(side="client")
    found = hpp.rank_drivers(clients, cluster="organisation", n_boot=100)
    assert found.errors == "cluster"
    assert set(found.flags) == {"several_ratings", "few_clusters_boot", "few_units", "few_units_intervals"}
    assert found.slopes["ci_lower"].notna().all()
    assert found.slopes["df"].max() < 12
    assert found.table["ci_lower"].isna().all()


def test_ratings_of_one_person_are_known(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, n_boot=0)
    assert found.errors == "person"
    assert found.n_persons < found.n_used
    once = ~study.survey.respondents["respondent"].duplicated()
    assert hpp.rank_drivers(study.survey.keep(once, "one each"), n_boot=0).errors == "hc3"


def test_what_cannot_be_computed_is_a_reason(frame: pd.DataFrame) -> None:
    for data, why in (
        (frame.head(7), "few_ratings"),
        (frame.assign(x2=5.0), "constant"),
        (frame.assign(x5=frame["x1"] + frame["x2"]), "dependent"),
    ):
        found = hpp.rank_drivers(data, outcome="y", predictors=X)
        assert found.flags[-1] == why
        assert found.table["importance"].isna().all()
        assert "cannot be told" in found.summary()
        assert found.summary("nl") != found.summary("en")
        assert "–" in repr(found)
        assert found.alt()
        found.plot()


def test_one_predictor_is_a_correlation(frame: pd.DataFrame) -> None:
    found = hpp.rank_drivers(frame, outcome="y", predictors="x1", n_boot=100)
    assert found.to_frame().loc[0, "importance"] == pytest.approx(
        frame["x1"].corr(frame["y"]) ** 2, abs=1e-12
    )
    assert found.to_frame().loc[0, ["tier", "p_first"]].tolist() == [1, 1]


@pytest.mark.parametrize(
    "options",
    [
        {"outcome": "nothing"}, {"predictors": ["openness", "openness"]}, {"predictors": ["success"]},
        {"predictors": []}, {"cluster": "nothing"}, {"within": ["nothing"]}, {"n_boot": 5},
        {"conf_level": 1.0}, {"importance": "guess"}, {"predictors": "items", "importance": "lmg"},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(study: Simulation, options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        hpp.rank_drivers(study.survey, **options)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_tiers(study: Simulation) -> None:
    once, again, other = (
        hpp.rank_drivers(study.survey, n_boot=100, seed=seed).to_frame() for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(once, again)
    assert not once["ci_lower"].equals(other["ci_lower"])
    assert once["importance"].equals(other["importance"])


def test_it_speaks_both_languages_and_never_of_causes(drivers: hpp.Drivers) -> None:
    for language in ("en", "nl"):
        assert drivers.summary(language)
        assert drivers.methods(language)
        for kind in ("importance", "slopes"):
            assert drivers.alt(kind, language)
            assert drivers.block(kind, language).svg.startswith("<svg")
        for kind in ("table", "slopes_table", "blocks", "checks", "dominance"):
            assert drivers.block(kind, language).cells
    assert "associations" in drivers.summary("en")
    assert "geen" in drivers.summary("nl")
    assert drivers.summary("en") != drivers.summary("nl")


def test_it_is_for_the_study_only(drivers: hpp.Drivers, study: Simulation) -> None:
    with pytest.raises(DisclosureError):
        hpp.publish(drivers, hpp.plan_disclosure(study.survey, by="client"))


def test_other_models_tell_the_same_story(drivers: hpp.Drivers) -> None:
    other = drivers.sensitivity()
    table = other.to_frame()
    assert set(table["model"]) == {"main", "within", "mixed", "ordinal", "ranks", "trimmed"}
    assert table["estimate"].notna().all()
    main = table[table["model"] == "main"].set_index("predictor")
    for model in ("within", "mixed", "ordinal", "ranks"):
        theirs = table[table["model"] == model].set_index("predictor")
        assert (theirs["estimate"] - main["estimate"]).abs().max() < 0.12
        assert not np.allclose(theirs["ci_lower"], main["ci_lower"], atol=1e-6)  # another model indeed
    assert "openness" in other.steady
    assert not set(other.steady) & set(other.unsteady)
    for language in ("en", "nl"):
        assert other.summary(language) and other.methods(language) and other.alt(language=language)
    other.plot()


def test_an_ordinal_outcome_of_two_points_has_no_ordered_logit(frame: pd.DataFrame) -> None:
    two = frame.assign(y=(frame["y"] > frame["y"].median()).astype(float))
    other = hpp.rank_drivers(two, outcome="y", predictors=X, n_boot=0).sensitivity()
    table = other.to_frame()
    assert table.loc[table["model"] == "ordinal", "estimate"].isna().all()
    assert "Ordered logit" in other.summary()
    assert "within" not in set(table["model"])  # nothing says who belongs together


def test_pairs_are_compared_with_complete_rows(study: Simulation) -> None:
    other = hpp.rank_drivers(study.survey, predictors="items", n_boot=100).sensitivity()
    assert set(other.to_frame()["model"]) == {"main", "complete"}


SMALL = {
    "factors": {}, "items": {"predictors": "items"}, "one": {"predictors": ["openness"]},
    "within": {"within": ["partnership", "side"]}, "organisations": {"cluster": "organisation"},
    "blocks": {"predictors": {"items": ["ope1", "ope2"], "scale": ["equality"]}},
}  # fmt: skip


@pytest.mark.parametrize("options", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("persons", [1, 2, 5])
def test_tiny_studies_have_reasons_and_no_warnings(persons: int, options: dict[str, object]) -> None:
    study = hpp.simulate_study(persons_per_side=persons, seed=0)
    found = hpp.rank_drivers(study.survey, n_boot=100, **options)  # type: ignore[arg-type]
    other = found.sensitivity()
    assert found.table["ci_lower"].isna().all()  # nobody should read an interval into so few
    assert (
        found.summary("nl")
        and found.methods("en")
        and found.alt("slopes")
        and other.summary("nl")
        and other.alt()
    )
    found.plot()
    other.plot()


def test_who_is_alone_in_a_group_tells_nothing_of_it(frame: pd.DataFrame) -> None:
    alone = pd.concat([frame, frame.head(1).assign(firm=99, y=50.0)], ignore_index=True)
    found = hpp.rank_drivers(alone, outcome="y", predictors=X, within="firm", n_boot=0)
    assert found.n_used == len(frame)
    assert found.n_given == len(alone)
    assert found.slopes["slope"].tolist() == pytest.approx(R["within"]["raw"], abs=1e-11)
