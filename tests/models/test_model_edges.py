"""Models near an edge against lavaan 0.6-14 (sem_edges.R), and what is refused or told there."""

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import AnswersError, ConvergenceError, ModelSyntaxError, NotIdentifiedError, OptionError
from hpp_analysis.models.cfa import fit_cfa
from hpp_analysis.models.invariance import measurement_invariance
from hpp_analysis.models.validity import convergent_validity

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE: dict[str, Any] = json.loads((FOLDER / "sem_edges.json").read_text(encoding="utf-8"))
THREE = "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6\nf3 =~ y7 + y8 + y9"
HOLZINGER = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
NAMES = {"chisq": "chi2", "chisq.scaling.factor": "scaling_factor", "chisq.scaled": "chi2_scaled"}
NAMES["baseline.chisq.scaled"] = "baseline_chi2_scaled"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "data" / "sem_items.csv")
    place = np.arange(1, len(frame) + 1)
    return frame.assign(uneven=np.floor(np.sqrt(2 * place)), crossed=place * 7 % 37)


@pytest.fixture(scope="module")
def holzinger(shared_data: Path) -> pd.DataFrame:
    return pd.read_csv(shared_data / "lavaan" / "HolzingerSwineford1939.csv")


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("none", {}),
        ("team", {"cluster": "team"}),
        ("uneven", {"cluster": "uneven"}),
        ("groups", {"cluster": "team", "group": "side", "group_equal": "loadings"}),
        ("groups_none", {"group": "side", "group_equal": "loadings"}),
        ("crossed", {"cluster": "crossed", "group": "side"}),
    ],
)
def test_clusters_count_in_robust_fit_from_missing_answers(
    case: str, options: dict[str, Any], data: pd.DataFrame
) -> None:
    theirs, cfa = REFERENCE["clusters"][case], fit_cfa(THREE, data, **options)
    for measure, value in theirs["fit"].items():
        ours = cfa.fit_measures[NAMES.get(measure, measure.replace(".", "_"))]
        # lavaan's iteration and EM stop at about 1e-6 of the discrepancy
        close = {"abs": 5e-6} if measure.startswith(("cfi", "tli")) else {"rel": 1e-4}
        assert ours == pytest.approx(value, **close), measure
    frame = cfa.estimates
    # lavaan's observed information is a finite difference
    np.testing.assert_allclose(frame.loc[frame["op"] == "=~", "se"], theirs["se"], rtol=1e-3, atol=1e-6)


def test_clusters_make_a_difference_to_robust_fit() -> None:
    fits = {name: case["fit"] for name, case in REFERENCE["clusters"].items()}
    for one, other in (("none", "team"), ("none", "uneven"), ("groups", "groups_none")):
        # more than the tolerance of 5e-6 above
        assert abs(fits[one]["cfi.robust"] - fits[other]["cfi.robust"]) > 1.5e-5
        assert abs(fits[one]["chisq.scaled"] - fits[other]["chisq.scaled"]) > 0.1


def test_a_negative_correction_is_no_fit(holzinger: pd.DataFrame) -> None:
    theirs = REFERENCE["negative"]
    cfa = fit_cfa("f =~ x1 + x2 + x3 + x4", holzinger, cluster="school")
    for measure, value in theirs.items():
        ours = cfa.fit_measures[NAMES.get(measure, measure.replace(".", "_"))]
        # lavaan's NA is NaN; the rest as above
        assert ours == pytest.approx(np.nan if value is None else value, rel=1e-4, nan_ok=True), measure
    assert {"few_clusters:2", "negative_scaling"} <= set(cfa.flags)
    for text in (cfa.summary("en"), cfa.methods("en"), " ".join(cfa._block("table", "en").notes)):
        assert "cannot be judged" in text
        assert "negative" in text
    assert "fits fairly" not in cfa.summary("en")
    assert "does not fit" not in cfa.summary("en")


def test_fewer_clusters_than_parameters_are_told(data: pd.DataFrame) -> None:
    items = [f"y{k}" for k in range(1, 10)]
    complete = data.dropna(subset=items)
    few = complete.assign(few=np.arange(len(complete)) % 12)
    cfa = fit_cfa(THREE, few, cluster="few")
    assert "few_clusters:12" in cfa.flags
    assert "fits fairly" not in cfa.summary("en")
    assert fit_cfa(THREE, complete, cluster="team").flags == ()
    ladder = measurement_invariance(THREE, few, group="side", cluster="few", levels="metric")
    assert set(ladder.verdicts) == {"not_testable"}
    assert "fewer clusters" in ladder.summary("en")


def test_rows_without_group_or_cluster_are_told(data: pd.DataFrame) -> None:
    items = data[[f"y{k}" for k in range(1, 10)]]
    gaps = data.assign(side=data["side"].where(data.index >= 30), team=data["team"].where(data.index % 10 != 0))
    without = gaps[gaps["side"].notna() & gaps["team"].notna()]
    both = fit_cfa(THREE, gaps, group="side", cluster="team")
    assert both.flags == ("without_group:30", "without_cluster:37")
    assert both.n_given == len(items)
    assert both.n_used == len(without)
    known = fit_cfa(THREE, without, group="side", cluster="team")
    pd.testing.assert_frame_equal(both.estimates, known.estimates)
    blank = gaps.assign(team=gaps["team"].astype(object).where(gaps["team"].notna(), " "))
    assert fit_cfa(THREE, blank, group="side", cluster="team").flags == both.flags
    ladder = measurement_invariance(THREE, gaps, group="side", cluster="team", levels="configural")
    one = fit_cfa(THREE, gaps, cluster="team")
    for result in (both, ladder):
        assert set(both.flags) <= set(result.flags)
        assert "30 respondents without a group" in result.methods("en")
        assert "37" in result.methods("nl")
    for result in (one, convergent_validity(one, n_boot=20), one.bootstrap(100)):
        assert "without_cluster:40" in result.flags
        assert "40 respondents without a cluster" in " ".join([result.methods("en"), result.summary("en")])


def test_clusters_need_two(data: pd.DataFrame) -> None:
    with pytest.raises(AnswersError):
        fit_cfa(THREE, data.assign(one=1), cluster="one")
    with pytest.raises(OptionError):
        measurement_invariance(THREE, data, group="side", cluster="team", estimator="ML")


@pytest.mark.parametrize("place", range(len(REFERENCE["small"])))
def test_small_samples_have_the_solutions_of_lavaan(place: int, holzinger: pd.DataFrame) -> None:
    case = REFERENCE["small"][place]
    rows = holzinger.iloc[case["first"] : case["first"] + case["n"]]
    if not case["converged"]:  # we may find a minimum all the same; none is called not identified
        with contextlib.suppress(ConvergenceError):
            fit_cfa(HOLZINGER, rows, estimator="ML")
        return
    cfa = fit_cfa(HOLZINGER, rows, estimator="ML")
    # lavaan stops at about 1e-7 of the discrepancy; the minimum is flat in small samples
    assert cfa.fit_measures["chi2"] == pytest.approx(case["chi2"], abs=1e-4)
    negative = {f"negative_variance:x{k + 1}" for k, value in enumerate(case["theta"]) if value < 0}
    assert negative == {flag for flag in cfa.flags if flag.startswith("negative")}
    if case["n"] < 21:
        assert f"few_respondents:{case['n']}" in cfa.flags
        assert "fits fairly" not in cfa.summary("en")


@pytest.mark.parametrize(
    "model",
    [
        "f =~ x1 + x2",
        "f =~ NA*x1 + x2 + x3 + x4",
        "a =~ x1 + x2; b =~ x3 + x4; a ~~ 0*b",
        "a =~ x1 + x2 + x3; b =~ x4 + x5 + x6; g =~ a + b",
        "a =~ x1 + x2 + x3; b =~ x4 + x5 + x6; a ~ b; b ~ a",
        "f =~ NA*x1 + a*x2 + b*x3; a == 2*b",
        "f =~ x1 + x2 + x3; f ~ NA*1; x1 ~ 1",
    ],
)
@pytest.mark.parametrize("n", [14, 301])
def test_models_that_no_answers_settle_are_refused(model: str, n: int, holzinger: pd.DataFrame) -> None:
    with pytest.raises(NotIdentifiedError):
        fit_cfa(model, holzinger.tail(n), estimator="ML")


DEFINED = {
    "paths": "f1 =~ y1 + a*y2 + b*y3; f2 =~ y4 + y5 + c*y6; f3 =~ y7 + y8 + y9; f2 ~ p*f1; f3 ~ q*f2 + r*f1\n"
    "ind := p*q; total := ind + r; ratio := a/b; product := exp(c)*p",
    "two": "f1 =~ y1 + a*y2 + y3; f2 =~ y4 + b*y5 + y6; f1 ~~ v*f1; d := a - b; w := a*v",
}


@pytest.mark.parametrize(("name", "estimator"), [("paths", "MLR"), ("two", "ML")])
def test_defined_parameters_are_standardised_as_in_lavaan(name: str, estimator: Any, data: pd.DataFrame) -> None:
    theirs, cfa = REFERENCE["defined"][name], fit_cfa(DEFINED[name], data.dropna(), estimator=estimator)
    ours = cfa.estimates[cfa.estimates["op"] == ":="].set_index("lhs").loc[theirs["name"]]
    pairs = {"est": "est", "std_all": "std", "std_all_se": "se", "std_lv": "lv", "std_lv_se": "lv_se"}
    for column, other in pairs.items():
        # lavaan differentiates the standardised solution numerically
        np.testing.assert_allclose(ours[column], theirs[other], rtol=1e-4, err_msg=column)
    # neither the raw value nor that standardised by latent variables alone
    assert np.abs(np.array(theirs["std"]) - np.array(theirs["lv"])).max() > 0.04
    assert np.abs(np.array(theirs["std"]) - np.array(theirs["est"])).max() > 0.04
    drawn = cfa.bootstrap(100).to_frame()
    assert drawn.loc[drawn["op"] == ":=", ["std_all", "std_all_se", "std_all_ci_lower"]].notna().all(axis=None)


@pytest.mark.parametrize(("estimator", "larger"), [("ML", False), ("GLS", True), ("ULS", True)])
def test_modification_indices_of_least_squares_carry_n_minus_1(
    estimator: Any, larger: bool, data: pd.DataFrame
) -> None:
    """lavaan's slope of GLS and ULS has the divisor n, its test statistic n - 1: ours have n - 1 throughout."""
    theirs = REFERENCE["mi"][estimator]
    ours = fit_cfa(THREE, data.dropna(), estimator=estimator).modification_indices()
    ours = ours.set_index(["lhs", "op", "rhs", "group"])
    factor = theirs["n"] / (theirs["n"] - 1) if larger else 1.0
    keys = zip(theirs["lhs"], theirs["op"], theirs["rhs"], theirs["group"], strict=True)
    compared = [(k, key) for k, key in enumerate(keys) if theirs["mi"][k] > 0.5]
    assert len(compared) > 20
    for k, key in compared:  # lavaan's slopes are taken where its iteration stopped
        assert ours.loc[key, "mi"] == pytest.approx(theirs["mi"][k] * factor, rel=2e-4), key
        assert ours.loc[key, "epc"] == pytest.approx(theirs["epc"][k] * factor, rel=2e-4), key
    assert theirs["n"] / (theirs["n"] - 1) - 1 > 10 * 2e-4


def test_orthogonal_is_lavaans(data: pd.DataFrame) -> None:
    theirs = REFERENCE["orthogonal"]
    cfa = fit_cfa(THREE, data.dropna(), estimator="ML", orthogonal=True)
    # lavaan's iteration stops earlier
    assert cfa.fit_measures["chi2"] == pytest.approx(theirs["chi2"], rel=1e-6)
    assert cfa.fit_measures["df"] == theirs["df"] == 27
    assert fit_cfa(THREE, data.dropna(), estimator="ML").fit_measures["df"] == 24


@pytest.mark.parametrize(
    "options",
    [
        {"group_equal": ("loading",)},
        {"group_equal": "lv.variances"},
        {"group_equal": ("loadings", "loadings")},
        {"group_partial": "f1 =~ y99"},
        {"group_partial": ("y2 =~ f1",)},
        {"group_partial": ("a*y2",)},
        {"group_partial": "f1 =~ a*y2"},
        {"group": "sides"},
        {"group": ("side", "team")},
        {"cluster": "teams"},
    ],
)
def test_names_that_are_none_are_refused(options: dict[str, Any], data: pd.DataFrame) -> None:
    with pytest.raises(OptionError):
        fit_cfa(THREE, data, **{"group": "side", **options})


def test_a_string_is_one_name(data: pd.DataFrame) -> None:
    one = fit_cfa(THREE, data, group="side", cluster="team", group_equal="loadings", group_partial="f1 =~ y2")
    other = fit_cfa(
        THREE, data, group=("side",), cluster=["team"], group_equal=("loadings",), group_partial=["f1 =~ y2"]
    )
    pd.testing.assert_series_equal(one.fit_measures, other.fit_measures)
    assert one.fit_measures["df"] == 48 + 5
    ladder = [
        measurement_invariance(THREE, data, group=g, levels=v)
        for g, v in (("side", "metric"), (("side",), ("metric",)))
    ]
    pd.testing.assert_frame_equal(ladder[0].to_frame(), ladder[1].to_frame())


def test_equalities_need_groups(data: pd.DataFrame) -> None:
    for options in ({"group_equal": "loadings"}, {"group_partial": "f1 =~ y2"}):
        with pytest.raises(OptionError):
            fit_cfa(THREE, data, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "way_out"),
    [
        ({"ordered": True}, "MLR"),
        ({"ordered": "y1"}, "MLR"),
        ({"estimator": "WLSMV"}, "MLR"),
        ({"std.lv": True}, "std_lv="),
        ({"group.equal": "loadings"}, "group_equal="),
        ({"sample.nobs": 5}, "n_obs="),
        ({"meanstructure": True}, "x1 ~ 1"),
        ({"auto.var": True}, "always added"),
        ({"auto_fix_first": False}, "NA*x1"),
        ({"sampling.weights": "w"}, "not supported"),
        ({"bounds": "standard"}, "flag"),
        ({"constraints": "a == b"}, "a == b"),
        ({"se": "bootstrap"}, ".bootstrap()"),
        ({"grup": "side"}, "'group'"),
        ({"nonsense": 1}, "not supported"),
        ({"orthogonal": "yes"}, "True or False"),
    ],
)
def test_arguments_of_lavaan_name_the_way_out(options: dict[str, Any], way_out: str, data: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match=way_out.replace("*", r"\*").replace("(", r"\(").replace(")", r"\)")):
        fit_cfa(THREE, data, **options)


@pytest.mark.parametrize(
    ("model", "way_out"),
    [
        ('efa("e")*f1 + efa("e")*f2 =~ y1 + y2 + y3', "fit_efa"),
        ("f1 =~ y1 + lower(0)*y2 + y3", "flag"),
        ("group: 1\nf1 =~ y1 + y2 + y3", "NA"),
        ("level: 1\nf1 =~ y1 + y2 + y3", "cluster"),
        ("f1 <~ y1 + y2", "weighted sum"),
        ("f1 =~ a*y1 + y2 + y3; a > 0", "=="),
    ],
)
def test_syntax_of_lavaan_names_the_way_out(model: str, way_out: str, data: pd.DataFrame) -> None:
    with pytest.raises(ModelSyntaxError) as caught:
        fit_cfa(model, data)
    failure = caught.value.failures[0]
    assert "not supported" in failure.rule
    assert way_out in failure.remedy
