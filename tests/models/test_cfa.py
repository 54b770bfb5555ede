"""fit_cfa against lavaan 0.6-14, and its refusals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import simulate_study
from hpp_analysis.errors import AnswersError, ModelSyntaxError, NotIdentifiedError, OptionError
from hpp_analysis.models.cfa import CFA, fit_cfa

FOLDER = Path(__file__).parents[1] / "reference"


REFERENCE = json.loads((FOLDER / "cfa.json").read_text(encoding="utf-8"))["cases"]


THREE = "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"


SECOND = THREE + "\n g =~ visual + textual + speed"


DEMOCRACY = """ind60 =~ x1 + x2 + x3; dem60 =~ y1 + a*y2 + b*y3 + c*y4; dem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ ind60; dem65 ~ ind60 + dem60; y1 ~~ y5; y2 ~~ y4 + y6; y3 ~~ y7; y4 ~~ y8; y6 ~~ y8; ratio := a/b"""


CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "own_mlr": (THREE, "own", {}),
    "own_ml": (THREE, "own", {"estimator": "ML", "missing": "listwise"}),
    "own_mlm": (THREE, "own", {"estimator": "MLM", "missing": "listwise"}),
    "own_gls": (THREE, "own", {"estimator": "GLS", "missing": "listwise"}),
    "own_uls": (THREE, "own", {"estimator": "ULS", "missing": "listwise"}),
    "own_second": (SECOND, "own", {"estimator": "ML", "missing": "listwise"}),
    "own_groups": (THREE, "own", {"group": "group", "group_equal": ["loadings"]}),
    "holzinger": (THREE, "HolzingerSwineford1939", {"estimator": "ML"}),
    "democracy": (DEMOCRACY, "PoliticalDemocracy", {"estimator": "ML"}),
}


NAMES = {"chisq": "chi2", "pvalue": "p", "logl": "loglik", "chisq_scaled": "chi2_scaled"}


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data" / "two_groups.csv")


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, CFA]:
    model, data, options = CASES[request.param]
    if data == "own":
        frame = pd.read_csv(FOLDER / "data" / "two_groups.csv")
    else:
        frame = pd.read_csv(request.getfixturevalue("shared_data") / "lavaan" / f"{data}.csv")
    return request.param, fit_cfa(model, frame, **options)


def test_estimates_and_errors_are_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    ours = cfa.estimates.set_index(["lhs", "op", "rhs", "group"])
    checked = 0
    for row in REFERENCE[name]["rows"]:
        key = (row["lhs"], row["op"], row.get("rhs", ""), row["group"])
        if row["op"] == ":=":
            key = ("ratio", ":=", "a/b", 0)
        if key not in ours.index:  # intercepts of a saturated mean structure, which complete answers do not need
            assert row["op"] == "~1"
            continue
        found = ours.loc[key]
        # lavaan's optimiser stops at a relative change of 1e-10 of the function: 1e-4 and 1e-3 leave room for that
        assert found["est"] == pytest.approx(row["est"], rel=1e-4, abs=1e-4), key
        if name != "own_uls":  # lavaan 0.6-14 takes the weights of ULS for those of normality; later versions do not
            assert found["se"] == pytest.approx(row["se"], rel=1e-3, abs=1e-5), key
        if row["op"] not in (":=", "~1"):
            assert found["std_all"] == pytest.approx(row["std"], rel=1e-3, abs=1e-4), key
        checked += 1
    assert checked > 15


def test_fit_is_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    means = sum(row["op"] == "~1" for row in REFERENCE[name]["rows"])
    saturated = means and not (cfa.estimates["op"] == "~1").any()
    for measure, value in REFERENCE[name]["fit"].items():
        if not isinstance(value, (int, float)) or (saturated and measure in ("srmr", "aic", "bic")):
            continue  # means that fit perfectly count in these
        tolerance = 1e-3 if "scaled" in measure or "robust" in measure else 1e-4
        ours = cfa.fit_measures[NAMES.get(measure, measure)]
        assert ours == pytest.approx(value, rel=tolerance, abs=tolerance), measure


@pytest.mark.parametrize("case", [name for name in CASES if "mi" in REFERENCE[name]], indirect=True)
def test_modification_indices_are_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    ours = cfa.modification_indices().set_index(["lhs", "op", "rhs", "group"])
    for row in REFERENCE[name]["mi"]:
        key = (row["lhs"], row["op"], row["rhs"], row["group"])
        if key[:2] == ("g", "=~"):  # items of a second-order factor are not proposed; lavaan proposes them
            assert name == "own_second" and key not in ours.index
            continue
        for column in ("mi", "epc", "sepc"):  # the tolerance of the issue for modification indices
            assert ours.loc[key, column] == pytest.approx(row[column], rel=1e-3), (key, column)


@pytest.mark.parametrize("case", [name for name in CASES if "scores" in REFERENCE[name]], indirect=True)
def test_scores_are_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    # estimates agree to 1e-4 of themselves, and scores are sums of a dozen of them
    np.testing.assert_allclose(cfa.scores().to_numpy()[:3], REFERENCE[name]["scores"], atol=1e-3)


@pytest.mark.parametrize(("method", "other"), [("regression", "bartlett"), ("bartlett", "regression")])
def test_scores_of_both_methods_are_lavaans(method: Any, other: str) -> None:
    theirs = json.loads((FOLDER / "sem.json").read_text(encoding="utf-8"))["scores"]
    answers = pd.read_csv(FOLDER / "data" / "sem_items.csv").dropna()
    model = "f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6; f3 =~ y7 + y8 + y9"
    ours = fit_cfa(model, answers, estimator="ML").scores(method).to_numpy()[:3]
    np.testing.assert_allclose(ours, theirs[method], atol=1e-5)  # lavaan's estimates are converged to about 1e-6
    assert np.abs(ours - np.array(theirs[other])).max() > 0.01


def test_standard_errors_of_standardised_solutions_are_lavaans() -> None:
    sem = json.loads((FOLDER / "sem.json").read_text(encoding="utf-8"))
    theirs = sem["cases"]["own_MLR"]
    answers = pd.read_csv(FOLDER / "data" / "sem_items.csv").dropna()
    cfa = fit_cfa("f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6; f3 =~ y7 + y8 + y9; twice := 2 * 1", answers)
    assert cfa.estimates["op"].iloc[-1] == ":="
    assert cfa.estimates[["std_all", "std_all_se"]].iloc[-1].tolist() == [2.0, 0.0]
    ours = cfa.estimates.iloc[:-1].set_index(["lhs", "op", "rhs"])
    keys = list(zip(theirs["lhs"], theirs["op"], theirs["rhs"], strict=True))
    # lavaan differentiates the standardised solution numerically
    np.testing.assert_allclose(ours.loc[keys, "std_all_se"], theirs["std_se"], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(ours.loc[keys, "std_lv_se"], sem["std_lv_se"], rtol=1e-3, atol=1e-6)
    assert np.abs(np.array(theirs["std_se"]) - np.array(sem["std_lv_se"])).max() > 0.05


def test_residuals_in_standard_errors_are_lavaans() -> None:
    theirs = json.loads((FOLDER / "sem.json").read_text(encoding="utf-8"))["residual_z"]
    answers = pd.read_csv(FOLDER / "data" / "sem_items.csv").dropna()
    model = "f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6; f3 =~ y7 + y8 + y9"
    one = fit_cfa(model, answers, estimator="ML")
    off = ~np.eye(9, dtype=bool)
    # lavaan's estimates are converged to about 1e-6, and a residual is a small difference of large values
    np.testing.assert_allclose(one.residuals_z.to_numpy()[off], np.array(theirs)[off], atol=1e-3)


def test_bartlett_scores_need_an_item_of_the_factor() -> None:
    answers = pd.read_csv(FOLDER / "data" / "sem_items.csv")
    answers.loc[5, ["y1", "y2", "y3"]] = np.nan
    cfa = fit_cfa("f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6", answers)
    assert np.isnan(cfa.scores("bartlett").loc[5, "f1"])
    assert np.isfinite(cfa.scores("bartlett").loc[5, "f2"])
    assert np.isfinite(cfa.scores().loc[5, "f1"])


def test_bartlett_scores_of_factors_that_one_item_cannot_tell_apart_do_not_exist() -> None:
    answers = pd.read_csv(FOLDER / "data" / "sem_items.csv")
    answers.loc[5, ["y1", "y2", "y4", "y5", "y6"]] = np.nan  # y3, which measures both factors, is left
    answers.loc[6, ["y1", "y2", "y5", "y6"]] = np.nan  # y4 settles the other, and with it the first
    scores = fit_cfa("f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6 + y3", answers).scores("bartlett")
    assert scores.loc[5].isna().all()
    assert scores.loc[6].notna().all()


def test_a_survey_is_fitted_to_the_model_of_its_instrument() -> None:
    survey = simulate_study(persons_per_side=40, seed=1).survey
    alone, told = fit_cfa(survey), fit_cfa(survey.instrument.model(), survey)
    np.testing.assert_array_equal(alone.estimates["est"], told.estimates["est"])
    with pytest.raises(OptionError, match="two sets"):
        fit_cfa(survey, survey)


def test_estimators_differ() -> None:
    chi2 = [REFERENCE[name]["fit"]["chisq"] for name in ("own_mlr", "own_ml", "own_gls", "own_uls")]
    assert min(abs(a - b) for i, a in enumerate(chi2) for b in chi2[i + 1 :]) > 0.1


def test_a_covariance_matrix_gives_the_same(own: pd.DataFrame) -> None:
    complete = own.dropna()
    items = complete.drop(columns="group")
    ours = fit_cfa(THREE, sample_cov=items.cov(), n_obs=len(items))
    answers = fit_cfa(THREE, complete, estimator="ML")
    np.testing.assert_allclose(ours.estimates["est"], answers.estimates["est"], atol=1e-8)
    assert ours.estimator == "ML"


def test_words_figures_and_residuals(own: pd.DataFrame) -> None:
    cfa = fit_cfa(THREE, own)
    assert "CFI" in cfa.summary("nl")
    assert cfa.methods("en") != cfa.methods("nl")
    assert cfa.alt("paths", "nl") != cfa.alt("residuals", "nl")
    assert cfa.plot("paths").texts
    assert np.allclose(cfa.residuals, cfa.residuals.T)
    assert cfa.r2["x1"] == pytest.approx(cfa.estimates["std_all"].iloc[0] ** 2)
    assert cfa._block("fit", "nl").cells


def test_bad_input_is_typed(own: pd.DataFrame) -> None:
    with pytest.raises(NotIdentifiedError, match="f"):
        fit_cfa("f =~ x1 + x2", own)
    with pytest.raises(ModelSyntaxError):
        fit_cfa("f =~ x1 +", own)
    with pytest.raises(AnswersError, match="nope"):
        fit_cfa("f =~ x1 + x2 + nope", own)
    twice = own.assign(x3=own["x1"] + own["x2"])
    with pytest.raises(AnswersError, match="x1, x2, x3"):
        fit_cfa("f =~ x1 + x2 + x3 + x4", twice.dropna())
    with pytest.raises(OptionError, match="10 %"):
        fit_cfa(THREE, own, estimator="MLM")
    with pytest.raises(OptionError, match="sample_cov"):
        fit_cfa(THREE)


def test_fit_is_told_in_words_and_units(own: pd.DataFrame) -> None:
    plain = fit_cfa(THREE, own.dropna(), estimator="ML")._block("fit", "nl")
    robust = fit_cfa(THREE, own, estimator="MLR")._block("fit", "nl")
    assert len(robust.cells[0]) == len(plain.cells[0]) + 2 == 4
    cells = {row[0]: row[1:] for row in robust.cells}
    assert {"CFI", "RMSEA", "SRMR", "AIC"} <= set(cells)
    assert all("," in value for value in cells["CFI"])
    assert not any("_" in name for name in cells)
    assert list(cells["SRMR"][1:]) == ["–", "–"]
    english = {row[0]: row[1:] for row in fit_cfa(THREE, own)._block("fit", "en").cells}
    assert english["Degrees of freedom"][0] == "24"
    assert english["Respondents used"][0] == str(len(own))
    assert set(english) != set(cells)
