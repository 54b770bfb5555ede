"""Models near an edge against lavaan 0.6-14 (sem_edges.R), and what is refused or told there."""

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import ConvergenceError, NotIdentifiedError, OptionError
from hpp_analysis.models.cfa import fit_cfa
from hpp_analysis.models.invariance import measurement_invariance

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


def test_equalities_need_groups(data: pd.DataFrame) -> None:
    for options in ({"group_equal": "loadings"}, {"group_partial": "f1 =~ y2"}):
        with pytest.raises(OptionError):
            fit_cfa(THREE, data, **options)  # type: ignore[arg-type]
