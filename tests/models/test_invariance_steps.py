"""The models behind measurement invariance against lavaan 0.6-14."""

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
from hpp_analysis.models.invariance import measurement_invariance
from hpp_analysis.models.invariance_steps import BEFORE, EQUAL
from tests.models.test_invariance import MODEL, OWN

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "invariance.json").read_text(encoding="utf-8"))[
    "cases"
]


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(OWN)


@pytest.fixture(scope="module")
def holzinger(shared_data: Path) -> pd.DataFrame:
    return pd.read_csv(shared_data / "lavaan" / "HolzingerSwineford1939.csv")


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


@pytest.mark.parametrize("ordered", [False, True])
def test_a_level_releases_its_own_kind_of_relation_alone(ordered: bool) -> None:
    """The regression differs more between the groups than the loading, and the text "~" is a part of "=~"."""
    rng = np.random.default_rng(3)
    later = np.arange(1600) % 2 == 1
    one = rng.normal(size=1600)
    other = np.where(later, 0.8, 0.1) * one + 0.6 * rng.normal(size=1600)
    loadings = np.full((1600, 8), 0.8)
    loadings[later, 2] = 0.3
    answers = loadings * np.column_stack([one] * 4 + [other] * 4) + 0.6 * rng.normal(size=(1600, 8))
    if ordered:
        answers = np.digitize(answers, [-1.0, -0.2, 0.5, 1.2]).astype(float)
    data = pd.DataFrame(answers, columns=[f"q{k}" for k in range(1, 9)]).assign(group=np.where(later, "b", "a"))
    model = "f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7 + q8\nf2 ~ c(b, b)*f1"
    found = measurement_invariance(model, data, group="group", levels=["configural", "metric"], ordered=ordered)
    metric = found.releases[found.releases["level"] == "metric"]
    assert "f1 =~ q3" in metric["relation"].tolist()
    assert metric["relation"].str.contains("=~").all()
