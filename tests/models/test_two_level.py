"""Models of two levels against lavaan 0.6-14 and semTools 0.5-6, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.common.interpret import MIN_CLUSTERS_BETWEEN
from hpp_analysis.errors import AnswersError, HppError, ModelSyntaxError, NotIdentifiedError, OptionError
from hpp_analysis.models import TwoLevelCFA, fit_two_level_cfa

REFERENCES = Path(__file__).parent.parent / "reference"
CASES: dict[str, Any] = json.loads((REFERENCES / "two_level.json").read_text(encoding="utf-8"))["cases"]
NAMES = {
    "npar": "n_par", "chisq": "chi2", "pvalue": "p", "baseline.chisq": "baseline_chi2", "baseline.df": "baseline_df",
    "logl": "loglik", "unrestricted.logl": "saturated_loglik", "bic2": "sabic",
}  # fmt: skip
MODEL = "level: 1\nw =~ y1 + y2 + y3 + y4\nlevel: 2\nb =~ y1 + y2 + y3 + y4"


@pytest.fixture(scope="module")
def teams() -> pd.DataFrame:
    return pd.read_csv(REFERENCES / "data" / "two_level.csv")


@pytest.fixture(scope="module")
def incomplete(teams: pd.DataFrame) -> pd.DataFrame:
    gaps = teams[[f"y{k}_na" for k in range(1, 7)]].rename(columns=lambda name: name.removesuffix("_na"))
    return teams[["cluster", "x", "w"]].join(gaps)


def fit_case(name: str, data: pd.DataFrame) -> TwoLevelCFA:
    options: dict[str, Any] = {"std_lv": name == "std_lv"}
    if name.endswith("listwise"):
        options["missing"] = "listwise"
    return fit_two_level_cfa(CASES[name]["model"], data, cluster="cluster", **options)


def check(found: TwoLevelCFA, case: dict[str, Any]) -> None:
    theirs = pd.DataFrame(case["table"])
    theirs["level"] = theirs["level"].map({0: "", 1: "within", 2: "between"})
    keys = ["lhs", "op", "rhs", "level"]
    both = found.estimates.merge(theirs, on=keys, suffixes=("", "_lavaan"))
    assert len(both) == len(theirs) == len(found.estimates)
    for name in ("est", "se", "std_lv", "std_all", "std_all_se"):
        # both stop where steps change the log-likelihood by less than 1e-12 of itself; the largest difference seen is 5e-6
        np.testing.assert_allclose(both[name], both[f"{name}_lavaan"].astype(float), atol=2e-5, err_msg=name)
    for name, value in case["fit"].items():
        if value is None or value == "NA" or (name == "pvalue" and case["fit"]["df"] == 0):
            continue
        # nine digits of numbers up to 50,000
        assert found.fit_measures[NAMES.get(name, name)] == pytest.approx(value, rel=1e-6, abs=5e-5), name
    for name, value in case["icc"].items():
        assert found.icc[name] == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("demo")])
def test_numbers_are_those_of_lavaan(name: str, teams: pd.DataFrame, incomplete: pd.DataFrame) -> None:
    found = fit_case(name, incomplete if name.endswith(("fiml", "listwise")) else teams)
    check(found, CASES[name])
    assert found.n_clusters == CASES[name]["n_clusters"]


@pytest.mark.parametrize("name", ["demo", "demo6"])
def test_lavaans_own_examples(name: str, shared_data: Path) -> None:
    demo = pd.read_csv(shared_data / "lavaan" / "Demo.twolevel_SIMULATED.csv")
    check(fit_case(name, demo), CASES[name])


def test_each_case_differs_from_its_neighbour(teams: pd.DataFrame) -> None:
    """One level, whole rows, and equal loadings give other numbers."""
    chi2 = {name: case["fit"]["chisq"] for name, case in CASES.items()}
    assert abs(chi2["two_fiml"] - chi2["two_listwise"]) > 1.0
    assert abs(chi2["two_fiml"] - chi2["two"]) > 1.0
    assert abs(chi2["equal"] - chi2["equal_fiml"]) > 0.1
    found = fit_case("one", teams).estimates.query("op == '=~' and rhs == 'y2'")
    single = hpp.fit_cfa("fw =~ y1 + y2 + y3", teams, estimator="ML").estimates.query("op == '=~' and rhs == 'y2'")
    assert (found["est"] - float(single["est"].iloc[0])).abs().min() > 0.01


def test_omegas_are_those_of_semtools(teams: pd.DataFrame) -> None:
    found = fit_case("one", teams).reliability.set_index("factor")["omega"]
    theirs = CASES["one"]["omega"]["implied"]
    assert found["fw"] == pytest.approx(theirs["within.fw"], abs=1e-5)
    assert found["fb"] == pytest.approx(theirs["cluster.fb"], abs=1e-5)
    improper = fit_case("two", teams)
    assert "negative_variance:y6@between" in improper.flags
    by_factor = improper.reliability.set_index("factor")["omega"]
    assert by_factor["f1"] == pytest.approx(CASES["two"]["omega"]["implied"]["within.f1"], abs=1e-5)
    assert np.isnan(by_factor["f"])


def test_order_of_levels_and_rows_does_not_matter(teams: pd.DataFrame) -> None:
    one = fit_two_level_cfa(MODEL, teams, cluster="cluster")
    turned = "level: between\nb =~ y1 + y2 + y3 + y4\nlevel: within\nw =~ y1 + y2 + y3 + y4"
    other = fit_two_level_cfa(turned, teams.sample(frac=1.0, random_state=1), cluster="cluster")
    pd.testing.assert_frame_equal(one.estimates, other.estimates, rtol=1e-6)


def test_few_clusters_have_a_model_within_alone(teams: pd.DataFrame) -> None:
    few = teams[teams["cluster"].isin(teams["cluster"].unique()[: MIN_CLUSTERS_BETWEEN - 1])]
    found = fit_two_level_cfa(MODEL, few, cluster="cluster")
    assert f"few_clusters:{MIN_CLUSTERS_BETWEEN - 1}" in found.flags
    by_level = found.estimates.set_index("level")
    assert by_level.loc["between", ["est", "se", "std_all"]].isna().all(axis=None)
    assert by_level.loc["within", ["est", "std_all"]].notna().all(axis=None)
    assert found.icc.isna().all()
    assert found.reliability.set_index("level")["omega"].isna().to_dict() == {"within": False, "between": True}
    assert np.isnan(found.fit_measures[["loglik", "aic", "bic", "srmr_between"]]).all()
    assert found.fit_measures["df"] == 2
    assert found.residuals.loc["between"].isna().all(axis=None)
    assert list(found.declaration().figures) == ["within"]
    assert str(MIN_CLUSTERS_BETWEEN) in found.summary("en")
    enough = teams[teams["cluster"].isin(teams["cluster"].unique()[:MIN_CLUSTERS_BETWEEN])]
    whole = fit_two_level_cfa(MODEL, enough, cluster="cluster")
    assert whole.has_between
    assert whole.estimates["est"].notna().all()


def test_few_clusters_take_what_hangs_on_them_along(teams: pd.DataFrame) -> None:
    few = teams[teams["cluster"].isin(teams["cluster"].unique()[:8])]
    model = (
        "level: 1\nf =~ y1 + a*y2 + b*y3\nlevel: 2\ng =~ y1 + a*y2 + c*y3 + w\ny2 ~~ 0*y2\n"
        "own := a - b\nother := own + c\nc == 2*b"
    )
    found = fit_two_level_cfa(model, few, cluster="cluster").estimates.set_index("lhs")
    assert np.isfinite(found.loc["own", "est"])
    assert np.isnan(found.loc["other", "est"])
    assert (found["level"] == "between").sum() == 14
    assert np.isnan(found.query("level == 'between' and rhs == 'w'")["est"]).all()


def test_four_partnerships_never_have_results_between_them() -> None:
    survey = hpp.simulate_study(partners=4, persons_per_side=15, seed=1).survey
    model = "level: 1; w =~ ope1 + ope2 + ope3 + ope4; level: 2; b =~ ope1 + ope2 + ope3 + ope4"
    found = fit_two_level_cfa(model, survey, cluster="partnership")
    assert "few_clusters:4" in found.flags
    assert found.estimates.query("level == 'between'")["est"].isna().all()
    assert found.estimates.query("level == 'within'")["est"].notna().all()


def test_items_without_variance_between_clusters_are_told(teams: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    f = rng.normal(size=len(teams))
    alike = teams[["cluster"]].assign(**{f"y{k}": f + rng.normal(size=len(teams)) for k in range(1, 5)})
    model = "level: 1\nf =~ y1 + y2 + y3 + y4\nlevel: 2\ny1 ~~ y1\ny2 ~~ y2\ny3 ~~ y3\ny4 ~~ y4"
    found = fit_two_level_cfa(model, alike, cluster="cluster")
    flat = found.icc.index[found.icc <= 0.0]
    assert len(flat) > 0
    assert {flag for flag in found.flags if flag.startswith("no_variance")} == {
        f"no_variance_between:{k}" for k in flat
    }
    assert flat[0] in found.summary("en")
    assert "\u2212" not in found.summary("en").split("n = ")[1]  # no share of variance is told as negative
    assert np.isnan(found.fit_measures["srmr_between"])


@pytest.mark.parametrize(
    ("model", "options", "error"),
    [
        (MODEL, {"cluster": "nowhere"}, OptionError),
        (MODEL, {"cluster": ""}, OptionError),
        (MODEL, {"cluster": ["cluster", "w"]}, OptionError),
        (MODEL, {"group": "cluster"}, OptionError),
        (MODEL, {"ordered": True}, OptionError),
        (MODEL, {"estimator": "MLR"}, OptionError),
        (MODEL, {"missing": "pairwise"}, OptionError),
        (MODEL, {"clusters": "cluster"}, OptionError),
        ("w =~ y1 + y2 + y3", {}, ModelSyntaxError),
        (MODEL + "\ny1 | t1", {}, ModelSyntaxError),
        (MODEL.replace("w =~", "w =~ c(1, 1)*x +"), {}, ModelSyntaxError),
        ("group: 1\n" + MODEL, {}, ModelSyntaxError),
        ("level: 1\nw =~ y1 + y2 + y3\nw ~ x\nlevel: 2\nb =~ y1 + y2 + y3 + x", {}, ModelSyntaxError),
        ("level: 1\nw =~ y1 + y2 + y3\nlevel: 2\nb =~ y1 + y2 + y3\nb ~ w", {}, ModelSyntaxError),
        ("level: 1\nw =~ y1 + y2 + y3\nlevel: 2\nb =~ y1 + y2 + y3 + x", {}, AnswersError),  # x varies in clusters
        (MODEL.replace("w =~", "w =~ w0 +"), {}, AnswersError),  # no such column
        ("level: 1\nv =~ y1 + y2 + w\nlevel: 2\nb =~ y1 + y2 + y3", {}, AnswersError),  # w is one value per cluster
        ("level: 1\nv =~ y1 + y2\nlevel: 2\ny1 ~~ y2", {}, NotIdentifiedError),
        (MODEL + "\nlevel: 1\ny1 ~ 1", {}, ModelSyntaxError),
        (MODEL.replace("\nlevel: 2", "\ny1 ~ NA*1\nlevel: 2"), {}, NotIdentifiedError),
    ],
)
def test_what_two_levels_cannot_have_is_refused(
    teams: pd.DataFrame, model: str, options: dict[str, Any], error: type[HppError]
) -> None:
    with pytest.raises(error):
        fit_two_level_cfa(model, teams, **{"cluster": "cluster", **options})


def test_clusters_must_hold_several_persons(teams: pd.DataFrame) -> None:
    for cluster in (range(len(teams)), [1] * len(teams)):
        with pytest.raises(AnswersError):
            fit_two_level_cfa(MODEL, teams.assign(cluster=list(cluster)), cluster="cluster")


def test_rows_without_a_cluster_are_told(teams: pd.DataFrame) -> None:
    found = fit_two_level_cfa(MODEL, teams.assign(cluster=teams["cluster"].where(teams.index >= 5)), cluster="cluster")
    assert "without_cluster:5" in found.flags
    assert (found.n_used, found.n_given) == (len(teams) - 5, len(teams))
    assert "5 " in found.summary("en")


def test_fit_cfa_names_the_way_out(teams: pd.DataFrame) -> None:
    with pytest.raises(ModelSyntaxError, match="fit_two_level_cfa"):
        hpp.fit_cfa(MODEL, teams, cluster="cluster")
