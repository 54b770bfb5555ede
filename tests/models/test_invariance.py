"""Measurement invariance against lavaan 0.6-14, level by level, and its verdicts on made answers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.core.sem.chisquare import corrected_difference, fit_test
from hpp_analysis.core.sem.estimation import estimate
from hpp_analysis.core.sem.moments import group_moments
from hpp_analysis.core.sem.score_tests import release_tests
from hpp_analysis.core.sem.table import build_table
from hpp_analysis.errors import AnswersError, OptionError
from hpp_analysis.models.invariance import Invariance, measurement_invariance
from hpp_analysis.models.invariance_steps import BEFORE, EQUAL

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "invariance.json").read_text(encoding="utf-8"))[
    "cases"
]
OWN = Path(__file__).parents[1] / "reference" / "data" / "two_groups.csv"
MODEL = "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(OWN)


@pytest.fixture(scope="module")
def holzinger(shared_data: Path) -> pd.DataFrame:
    return pd.read_csv(shared_data / "lavaan" / "HolzingerSwineford1939.csv")


@pytest.fixture(scope="module")
def found(own: pd.DataFrame) -> Invariance:
    return measurement_invariance(MODEL, own, group="group")


def fitted(data: pd.DataFrame, group: str, level: str, correction: str, partial: tuple[str, ...] = ()) -> Any:
    items = [f"x{i}" for i in range(1, 10)]
    moments = group_moments(data[items].to_numpy(dtype=float), pd.factorize(data[group])[0], n_groups=2, fiml=True)
    table = build_table(
        MODEL, n_groups=2, meanstructure=True, std_lv=True, group_equal=EQUAL[level], group_partial=partial
    )
    model = estimate(table, moments)
    return model, fit_test(model, correction=correction)


def same_levels(case: str, data: pd.DataFrame, group: str, correction: str, partial: tuple[str, ...] = ()) -> None:
    tests = {}
    for level, expected in REFERENCE[case]["levels"].items():
        _model, test = fitted(data, group, level, correction, partial if level != "configural" else ())
        tests[level] = test
        # lavaan stops EM and its optimiser at 1e-6 to 1e-5 of the fit function: chi-squares 1e-4, scaled ones 1e-3
        assert test.chi2 == pytest.approx(expected["chi2"], rel=1e-4), level
        assert test.df == expected["df"]
        if "scaling" in expected:
            assert test.scaling == pytest.approx(expected["scaling"], rel=1e-3), level
        if level in BEFORE:
            difference = corrected_difference(test, tests[BEFORE[level]])
            assert difference.df == expected["ddf"]
            assert difference.chi2_scaled == pytest.approx(expected["difference"], rel=2e-3), level
            assert difference.p_scaled == pytest.approx(expected["p"], rel=2e-2, abs=1e-6), level


def test_levels_are_lavaans(own: pd.DataFrame) -> None:
    same_levels("two_groups_ml", own, "group", "none")
    same_levels("two_groups_mlr", own, "group", "yuan_bentler")


def test_levels_of_holzinger_are_lavaans(holzinger: pd.DataFrame) -> None:
    same_levels("holzinger", holzinger, "school", "none")
    same_levels("holzinger_mlr", holzinger, "school", "yuan_bentler")
    same_levels("holzinger_partial", holzinger, "school", "none", ("x3~1", "x7~1"))


def test_scaled_differences_are_not_differences_of_scaled_chi_squares() -> None:
    levels = REFERENCE["two_groups_mlr"]["levels"]
    scaled = {level: value["chi2"] / value["scaling"] for level, value in levels.items()}
    apart = [abs(scaled[level] - scaled[BEFORE[level]] - levels[level]["difference"]) for level in BEFORE]
    assert max(apart) > 0.5


@pytest.mark.parametrize("case", ["two_groups_ml", "holzinger"])
def test_score_tests_of_equalities_are_lavaans(case: str, request: pytest.FixtureRequest) -> None:
    name, group = ("own", "group") if case.startswith("two") else ("holzinger", "school")
    model, _test = fitted(request.getfixturevalue(name), group, "scalar", "none")
    tests = release_tests(model)
    ours = {(tests.lhs[k], tests.op[k], tests.rhs[k]): tests.chi2[k] for k in range(len(tests.lhs))}
    expected = {(row["lhs"], row["op"], row["rhs"]): row["chi2"] for row in REFERENCE[case]["score"]}
    assert ours.keys() == expected.keys()
    for key, value in expected.items():
        assert ours[key] == pytest.approx(value, rel=1e-3, abs=2e-3), (
            key
        )  # near zero: .001 of a standard error's square


@pytest.mark.parametrize(
    ("case", "estimator", "fixture", "group"),
    [
        ("two_groups_ml", "ML", "own", "group"),
        ("two_groups_mlr", "MLR", "own", "group"),
        ("holzinger_mlr", "MLR", "holzinger", "school"),
    ],
)
def test_measures_and_changes_are_lavaans(
    case: str, estimator: Any, fixture: str, group: str, request: pytest.FixtureRequest
) -> None:
    result = measurement_invariance(MODEL, request.getfixturevalue(fixture), group=group, estimator=estimator)
    table = result.to_frame().drop_duplicates("level").set_index("level")
    levels = REFERENCE[case]["levels"]
    for level in ("configural", "metric", "scalar"):  # later levels build on the partial model
        for name in ("cfi", "rmsea", "srmr", "aic", "bic"):
            assert table.loc[level, name] == pytest.approx(levels[level][name], rel=1e-4, abs=1e-4), (level, name)
    assert table.loc["scalar", "cfi_change"] == pytest.approx(
        levels["scalar"]["cfi"] - levels["metric"]["cfi"], abs=2e-4
    )
    if estimator == "MLR":
        assert abs(table.loc["scalar", "cfi"] - levels["scalar"]["cfi_plain"]) > 1e-4


def test_the_shifted_item_is_found_and_released(found: Invariance) -> None:
    assert found.verdicts.to_dict() == {
        "configural": "holds",
        "metric": "holds",
        "scalar": "holds",
        "strict": "holds",
        "means": "fails",
    }
    frame = found.to_frame()
    failed = frame[(frame["level"] == "scalar") & (frame["verdict"] == "fails")]
    assert failed["items"].tolist() == ["x2"]
    assert found.releases.iloc[0][["level", "item", "relation"]].tolist() == ["scalar", "x2", "x2 ~ 1"]
    assert found.releases["p"].iloc[0] < 0.001


def test_item_bias_is_that_of_the_simulation(found: Invariance) -> None:
    items = found.items.set_index("item")
    # x2 was answered 0.9 lower; the standard error of a mean of 220 answers on each side is about 0.12
    assert items.loc["x2", "signed_points"] == pytest.approx(-0.9, abs=0.3)
    assert items["d_macs"].idxmax() == "x2"
    assert items.drop("x2")["points"].max() < 0.35
    assert items.loc["x2", "released"]


def test_factor_means_are_those_of_the_simulation(found: Invariance) -> None:
    means = found.factor_means
    # 0.3 of a factor whose t distribution has a standard deviation of 1.15; standard errors are about .1
    assert means["mean"].between(0.0, 0.6).all()
    assert means["se"].between(0.05, 0.2).all()


def test_words_in_both_languages(found: Invariance) -> None:
    english, dutch = found.summary("en"), found.summary("nl")
    assert "holds, with x2 free" in english
    assert english != dutch
    assert "x2" in dutch
    assert "dMACS" in found.methods("nl")
    assert found.alt("ladder", "nl") != found.alt("ladder", "en")
    for kind in ("table", "items", "releases", "factor_means"):
        assert found._block(kind, "nl").cells


def test_small_groups_are_not_testable_but_shown(own: pd.DataFrame) -> None:
    small = own[(own["group"] == "a") | (np.arange(len(own)) < 270)]
    result = measurement_invariance(MODEL, small, group="group", levels=["configural", "metric"])
    frame = result.to_frame()
    assert set(frame["verdict"]) <= {"not_testable", "fails"}
    assert "few" in set(frame["why"])
    assert frame["chi2"].notna().all()
    assert "50" in result.summary("en")


def test_levels_bring_what_they_need(own: pd.DataFrame) -> None:
    result = measurement_invariance(MODEL, own, group="group", levels="means", estimator="ML")
    assert list(result.verdicts.index) == ["configural", "metric", "scalar", "means"]


def test_three_groups_are_compared_with_the_first(own: pd.DataFrame) -> None:
    three = own.assign(group=np.where((own["group"] == "a") & (np.arange(len(own)) % 2 == 0), "c", own["group"]))
    result = measurement_invariance(MODEL, three, group="group", levels=["scalar"], estimator="ML")
    assert result.group_names == ("c", "a", "b")
    assert set(result.items["group"]) == {"a", "b"}
    assert result.releases["df"].dropna().eq(2).all()


def test_clusters_change_the_test_but_not_the_estimates(own: pd.DataFrame) -> None:
    data = pd.concat([own, own], ignore_index=True).assign(person=np.tile(np.arange(len(own)), 2))
    twice = measurement_invariance(MODEL, data, group="group", levels=["configural"])
    known = measurement_invariance(MODEL, data, group="group", levels=["configural"], cluster="person")
    assert known.to_frame()["chi2"][0] == pytest.approx(twice.to_frame()["chi2"][0])
    # every answer stands twice: the plain chi-square is twice too large, and clusters know it
    ratio = twice.to_frame()["chi2_scaled"][0] / known.to_frame()["chi2_scaled"][0]
    assert ratio == pytest.approx(2.0, rel=0.05)


def test_bad_input_is_refused_with_item_group_and_remedy(own: pd.DataFrame) -> None:
    with pytest.raises(AnswersError) as caught:
        measurement_invariance(MODEL, own.assign(x4=own["x4"].where(own["group"] == "a")), group="group")
    assert caught.value.failures[0].column == "x4"
    assert "'b'" in caught.value.failures[0].rule
    with pytest.raises(OptionError, match="ordered"):
        measurement_invariance(MODEL, own, group="group", ordered=["x1"])
    with pytest.raises(OptionError, match="levels"):
        measurement_invariance(MODEL, own, group="group", levels=["weak"])
    with pytest.raises(OptionError, match="MLM"):
        measurement_invariance(MODEL, own, group="group", estimator="MLM")


def test_a_survey_by_side() -> None:
    import hpp_analysis as hpp

    survey = hpp.simulate_study(persons_per_side=60, seed=3).survey
    result = measurement_invariance(survey.instrument.model(), survey, group="side", levels=["configural", "metric"])
    assert set(result.group_names) == {"client", "partner"}
    assert "conflict_management" not in result.summary("nl")  # factors have names
