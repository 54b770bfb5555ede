"""What drives success: against R, on simulated studies with a known truth, at its edges, and in words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.drivers.regression import filled, standardised
from hpp_analysis.drivers.regression_data import driver_data
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
def drivers(study: Simulation) -> hpp.drivers.Drivers:
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
    assert rest["f"] == pytest.approx(R["hc3"]["wald"]["f"], rel=1e-9)
    # p is of the wild bootstrap: of 1,000 samples, near .2 known to .013, and not that of the F distribution by chance
    assert rest["p"] == pytest.approx(R["hc3"]["wald"]["p"], abs=0.05)
    assert rest["p"] != pytest.approx(R["hc3"]["wald"]["p"], abs=1e-6)
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
    assert rest["f"] == pytest.approx(expected["naive"]["f"], rel=1e-8)
    assert rest["p"] == pytest.approx(expected["wald"]["p"], abs=0.06)  # the samples', not Hotelling's approximation


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

    other = replace(hpo, respondents=hpo.respondents.assign(respondent="nobody" + hpo.respondents["respondent"]))
    with pytest.raises(OptionError):
        hpp.rank_drivers(study.survey, hpo=other)
    same = replace(hpo, respondents=hpo.respondents.assign(respondent=hpo.respondents["respondent"].iloc[0]))
    with pytest.raises(OptionError):
        hpp.rank_drivers(study.survey, hpo=same)


def test_characteristics_are_ranked_by_relative_weights_on_pairs(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, predictors="items", n_boot=200)
    assert found.method == "relative_weights"
    assert len(found.table) == 19
    assert "pairwise" in found.flags  # up to 15 % don't know an item: hardly any rating has all
    assert found.table["importance"].sum() == pytest.approx(found.r2, abs=1e-10)
    assert found.slopes[["ci_lower", "p", "p_adjusted"]].notna().all(axis=None)
    assert found.hierarchy[["p", "p_last"]].notna().all(axis=None)
    assert "more than a tenth" in found.methods() and "expectation" in found.methods()


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
    assert found.to_frame().loc[0, "importance"] == pytest.approx(frame["x1"].corr(frame["y"]) ** 2, abs=1e-12)
    assert found.to_frame().loc[0, ["tier", "p_first"]].tolist() == [1, 1]


@pytest.mark.parametrize(
    "options",
    [
        {"outcome": "nothing"}, {"predictors": ["openness", "openness"]}, {"predictors": ["success"]},
        {"predictors": []}, {"cluster": "nothing"}, {"within": ["nothing"]}, {"n_boot": 5},
        {"conf_level": 1.0}, {"importance": "guess"}, {"predictors": "items", "importance": "lmg"}, {"n_wild": 20},
        {"n_wild": 999.0}, {"outcome": ["success", "openness"]}, {"predictors": "opennes"}, {"hpo": "hpo.csv"},
        {"predictors": {"a": ["openness"], "b": []}}, {"predictors": {"a": "openness", "b": "openness"}},
        {"predictors": "success"}, {"within": "sid"}, {"predictors": 3}, {"outcome": None},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(study: Simulation, options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        hpp.rank_drivers(study.survey, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [None, "responses.csv", np.zeros((9, 3)), [1, 2]])
def test_what_is_no_survey_and_no_frame_is_refused(given: object) -> None:
    with pytest.raises(OptionError):
        hpp.rank_drivers(given)  # type: ignore[arg-type]
    with pytest.raises(OptionError):
        hpp.drivers.estimate_indirect_effects(given, source="a", mediators="b")  # type: ignore[arg-type]


def test_a_plain_string_is_one_name(study: Simulation, frame: pd.DataFrame) -> None:
    options = {"outcome": "success", "cluster": "organisation", "n_boot": 0}
    alone = hpp.rank_drivers(study.survey, predictors="openness", within="side", **options)  # type: ignore[arg-type]
    listed = hpp.rank_drivers(study.survey, predictors=("openness",), within=("side",), **options)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(alone.slopes, listed.slopes)
    assert (alone.outcome, alone.n_used) == (listed.outcome, listed.n_used)
    pd.testing.assert_frame_equal(
        hpp.rank_drivers(frame, outcome="y", predictors={"a": "x1", "b": ["x2"]}, n_boot=0).hierarchy,
        hpp.rank_drivers(frame, outcome="y", predictors={"a": ("x1",), "b": ("x2",)}, n_boot=0).hierarchy,
    )
    one = hpp.drivers.estimate_indirect_effects(frame, outcome="y", source="x1", mediators="x2", n_boot=100)
    other = hpp.drivers.estimate_indirect_effects(frame, outcome="y", source=["x1"], mediators=["x2"], n_boot=100)
    pd.testing.assert_frame_equal(one.table, other.table)


@pytest.mark.parametrize("empty", [np.nan, None, " "])
@pytest.mark.parametrize("option", ["cluster", "within"])
def test_rows_of_no_cluster_or_group_are_none_of_their_own(frame: pd.DataFrame, option: str, empty: object) -> None:
    team = pd.Series(np.resize(list("abcd"), len(frame)), dtype=object)
    team[3] = empty
    with pytest.raises(hpp.errors.OptionError, match="empty in 1 of"):
        hpp.rank_drivers(frame.assign(team=team.to_numpy()), outcome="y", n_boot=0, **{option: "team"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "predictors"),
    [("success", ["suc1"]), ("openness", ["equality", "ope1"]), ("ope1", ["openness"]), ("ope1", ["ope1"])],
)
def test_nothing_explains_itself(study: Simulation, outcome: str, predictors: list[str]) -> None:
    with pytest.raises(hpp.errors.OptionError, match="outcome"):
        hpp.rank_drivers(study.survey, outcome=outcome, predictors=predictors, n_boot=0, n_wild=0)
    # by default the factor of the item is left out
    usual = hpp.rank_drivers(study.survey, outcome="ope1", n_boot=0, n_wild=0)
    assert usual.slopes["predictor"].tolist() == ["equality", "conflict_management"]


def test_an_outcome_among_the_predictors_of_a_frame_is_said_so(frame: pd.DataFrame) -> None:
    with pytest.raises(hpp.errors.OptionError, match="outcome"):
        hpp.rank_drivers(frame, outcome="y", predictors=["x1", "y"], n_boot=0)


def unrelated(n: int, seed: int) -> pd.DataFrame:
    """Nineteen predictors of which none counts."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(rng.normal(size=(n, 19)) + rng.normal(size=(n, 1))).add_prefix("x")
    return x.assign(y=rng.normal(size=n))


def test_where_no_predictor_counts_none_is_named() -> None:
    """Intervals of single slopes would have named one here."""
    found = hpp.rank_drivers(unrelated(100, 3), outcome="y", n_boot=100)
    lower, upper = found.slopes["ci_lower"], found.slopes["ci_upper"]
    assert (lower * upper > 0).any()
    assert found.named == () and not found.related
    assert "No single predictor" in found.summary("en") and "no more than chance" in found.summary("en")
    assert "most important" not in found.summary("en")  # an order of what chance explains is no order
    assert found.sensitivity().steady == found.sensitivity().unsteady == ()
    assert "most important" in hpp.rank_drivers(unrelated(100, 3), outcome="y", n_boot=100, n_wild=0).summary("en")


def test_what_counts_is_named_and_the_level_is_the_users(frame: pd.DataFrame) -> None:
    found = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0, cluster="person")
    adjusted = found.slopes.set_index("predictor")["p_adjusted"]
    assert found.named == tuple(adjusted.index[adjusted <= 0.05])
    assert "x1" in found.named and "x3" not in found.named
    assert (found.slopes["p_adjusted"] >= found.slopes["p"] - 0.02).all()  # a thousand samples: to .02
    strict = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0, cluster="person", conf_level=0.999)
    assert set(strict.named) < set(found.named)
    untested = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0, n_wild=0)
    assert untested.named == () and "no tests were asked for" in untested.summary("en")
    assert "wild" not in untested.methods("en") and "wild" in found.methods("en")


def test_intervals_of_importance_come_with_enough_persons_whatever_the_r2() -> None:
    rng = np.random.default_rng(4)
    x = pd.DataFrame(rng.normal(size=(240, 6))).add_prefix("x")
    data = x.assign(y=x.sum(axis=1) + 0.1 * rng.normal(size=240))  # an R2 close to 1
    few, enough = (hpp.rank_drivers(data.head(n), outcome="y", n_boot=100) for n in (119, 120))
    assert few.r2 > 0.95
    assert few.table["ci_lower"].isna().all() and "few_units_intervals" in few.flags
    assert any("120" in note and "119" in note for note in few._block("table", "en").notes)
    assert few.table["tier"].notna().all()
    assert enough.table["ci_lower"].notna().all() and "few_units_intervals" not in enough.flags


def test_the_outcome_takes_no_part_in_what_is_filled_in() -> None:
    data = unrelated(80, 1)
    holes = data.mask(np.random.default_rng(2).random(data.shape) < 0.1)
    holes["y"] = data["y"]
    rows = driver_data(holes, outcome="y", predictors=None, hpo=None, cluster=None, within=None)
    other = driver_data(
        holes.assign(y=np.arange(80.0)), outcome="y", predictors=None, hpo=None, cluster=None, within=None
    )
    assert rows.pairwise
    z = filled(rows)
    assert np.isfinite(z).all()
    np.testing.assert_array_equal(z[:, :-1], filled(other)[:, :-1])
    given = rows.values.notna().to_numpy()
    np.testing.assert_array_equal(z[given], standardised(rows)[given])
    assert np.abs(z[~given]).max() > 0.1  # an expectation, not the mean


def test_the_same_seed_gives_the_same_tiers(study: Simulation) -> None:
    once, again, other = (hpp.rank_drivers(study.survey, n_boot=100, seed=seed).to_frame() for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(once, again)
    assert not once["ci_lower"].equals(other["ci_lower"])
    assert once["importance"].equals(other["importance"])


def test_it_speaks_both_languages_and_never_of_causes(drivers: hpp.drivers.Drivers) -> None:
    for language in ("en", "nl"):
        assert drivers.summary(language)
        assert drivers.methods(language)
        for kind in ("importance", "slopes"):
            assert drivers.alt(kind, language)
            assert drivers._block(kind, language).svg.startswith("<svg")
        for kind in ("table", "slopes_table", "blocks", "checks", "dominance"):
            assert drivers._block(kind, language).cells
    assert "associations" in drivers.summary("en")
    assert "geen" in drivers.summary("nl")
    assert drivers.summary("en") != drivers.summary("nl")


def test_it_is_for_the_study_only(drivers: hpp.drivers.Drivers, study: Simulation) -> None:
    with pytest.raises(DisclosureError):
        hpp.publish(drivers, hpp.plan_disclosure(study.survey, by="client"))


def test_other_models_tell_the_same_story(drivers: hpp.drivers.Drivers) -> None:
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
    assert found.summary("nl") and found.methods("en") and found.alt("slopes") and other.summary("nl") and other.alt()
    found.plot()
    other.plot()


def test_who_is_alone_in_a_group_tells_nothing_of_it(frame: pd.DataFrame) -> None:
    alone = pd.concat([frame, frame.head(1).assign(firm=99, y=50.0)], ignore_index=True)
    found = hpp.rank_drivers(alone, outcome="y", predictors=X, within="firm", n_boot=0)
    assert found.n_used == len(frame)
    assert found.n_given == len(alone)
    assert found.slopes["slope"].tolist() == pytest.approx(R["within"]["raw"], abs=1e-11)
