"""What structural models need besides estimates, against lavaan 0.6-14 (sem_details.R)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import simulate_study
from hpp_analysis.errors import AnswersError, OptionError
from hpp_analysis.models.cfa import CFA, fit_cfa
from hpp_analysis.models.invariance import measurement_invariance

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE: dict[str, Any] = json.loads((FOLDER / "sem_details.json").read_text(encoding="utf-8"))
MEASURED = "ind60 =~ x1 + x2 + x3; dem60 =~ y1 + y2 + y3 + y4; dem65 =~ y5 + y6 + y7 + y8; "
FOUR = "f =~ ope1 + ope2 + ope3 + ope4"
EQUAL = "ind60 =~ x1 + x2 + x3; dem60 =~ y1 + a*y2 + b*y3 + c*y4; dem65 =~ y5 + a*y6 + b*y7 + c*y8; "
CHAIN = "f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6; f3 =~ y7 + y8 + y9; f2 ~ f1; f3 ~ f2"
TWO = "f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6"
CURVED = "f1 =~ y1 + a*y2 + b*y3; f2 =~ y4 + c*y5 + d*y6; f1 ~~ v*f1; a*c == b*d; exp(a - 1) == v; ratio := a/b"
STRUCTURAL: dict[str, tuple[str, str, dict[str, Any]]] = {
    "pd_one": (MEASURED + "dem60 ~ ind60", "democracy", {"estimator": "ML"}),
    "pd_equal": (EQUAL + "dem60 ~ ind60; dem65 ~ dem60; y1 ~~ y5", "democracy", {"estimator": "ML"}),
    "pd_robust": (MEASURED + "dem60 ~ ind60; dem65 ~ dem60", "democracy", {}),
    "pd_paths": ("y5 ~ y1 + x1; y6 ~ y5; y7 ~ y6", "democracy", {"estimator": "ML"}),
    "pd_covariates": ("dem60 =~ y1 + y2 + y3; dem60 ~ x1; y5 ~ dem60 + x2", "democracy", {"estimator": "ML"}),
    "chain_fiml": (CHAIN, "gaps", {"estimator": "ML"}),
    "chain_groups": (CHAIN, "complete", {"estimator": "ML", "group": "side"}),
}
SIDES: dict[str, Any] = {"group": "side"}
SHARED: dict[str, Any] = {"group": "side", "group_equal": ["loadings"]}
RESIDUALS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ML": (TWO, "complete", {"estimator": "ML"}),
    "MLM": (TWO, "complete", {"estimator": "MLM"}),
    "MLR": (TWO, "complete", {}),
    "GLS": (TWO, "complete", {"estimator": "GLS"}),
    "groups_ML": (TWO, "complete", {"estimator": "ML", **SIDES}),
    "groups_MLR": (TWO, "complete", SIDES),
    "fiml_ML": (TWO, "gaps", {"estimator": "ML"}),
    "fiml_MLR": (TWO, "gaps", {}),
    "fiml_groups": (TWO, "gaps", SIDES),
    "covariates": ("f1 =~ y1 + y2 + y3; f1 ~ y7 + y8; y4 ~ y7", "complete", {"estimator": "ML"}),
    "covariates_MLM": ("f1 =~ y1 + y2 + y3; f1 ~ y7 + y8; y4 ~ y7", "complete", {"estimator": "MLM"}),
    "covariates_MLR": ("f1 =~ y1 + y2 + y3; f1 ~ y7 + y8; y4 ~ y7", "complete", {}),
}


@pytest.fixture(scope="module")
def data(request: pytest.FixtureRequest) -> dict[str, pd.DataFrame]:
    gaps = pd.read_csv(FOLDER / "data" / "sem_items.csv")
    shared: Path = request.getfixturevalue("shared_data")
    return {
        "gaps": gaps,
        "complete": gaps.dropna(),
        "democracy": pd.read_csv(shared / "lavaan" / "PoliticalDemocracy.csv"),
    }


@pytest.mark.parametrize("name", STRUCTURAL)
def test_modification_indices_of_structural_models_are_lavaans(name: str, data: dict[str, pd.DataFrame]) -> None:
    model, source, options = STRUCTURAL[name]
    cfa = fit_cfa(model, data[source], **options)
    ours = cfa.modification_indices().set_index(["lhs", "op", "rhs", "group"])
    theirs, covariates = REFERENCE["mi"][name], cfa.found.model.table.variables.exogenous
    paths = 0
    for k, key in enumerate(zip(theirs["lhs"], theirs["op"], theirs["rhs"], theirs["group"], strict=True)):
        if key[0] in covariates:  # lavaan lists arrows into covariates; their moments are not explained by a model
            assert key not in ours.index
            continue
        found = ours.loc[key]
        # lavaan's slopes are taken where its iteration stopped: near zero they are that much off
        assert found["mi"] == pytest.approx(theirs["mi"][k], rel=1e-3, abs=2e-3), key
        se = np.sqrt(found["epc"] ** 2 / found["mi"])
        assert abs(found["epc"] - theirs["epc"][k]) < 1e-3 * max(abs(theirs["epc"][k]), se), key
        scale = found["sepc"] / found["epc"]
        assert abs(found["sepc"] - theirs["sepc"][k]) < 1e-3 * max(abs(theirs["sepc"][k]), se * scale), key
        paths += key[1] == "~"
    assert paths >= (1 if name in ("pd_one", "pd_covariates") else 3)


def test_a_path_that_is_freed_lowers_the_test_as_foreseen(data: dict[str, pd.DataFrame]) -> None:
    model = "y5 ~ y1 + x1; y6 ~ y5; y7 ~ y5"
    before = fit_cfa(model, data["democracy"], estimator="ML")
    row = before.modification_indices().set_index(["lhs", "op", "rhs"]).loc[("y6", "~", "x1")]
    after = fit_cfa(model + "; y6 ~ x1", data["democracy"], estimator="ML")
    fall = before.fit_measures["chi2"] - after.fit_measures["chi2"]
    estimate = after.estimates.set_index(["lhs", "op", "rhs"]).loc[("y6", "~", "x1")]
    # a score test is a local approximation of a likelihood ratio: good for a small index
    assert row["mi"] == pytest.approx(fall, rel=0.05)
    assert row["epc"] == pytest.approx(estimate["est"], rel=0.05)
    assert row["sepc"] == pytest.approx(estimate["std_all"], rel=0.05)


def _z(cfa: CFA) -> list[pd.DataFrame]:
    frame = cfa.residuals_z
    return [frame] if len(cfa.sizes) == 1 else [frame.loc[name] for name in cfa.group_names]


@pytest.mark.parametrize("name", RESIDUALS)
def test_residuals_in_standard_errors_are_lavaans(name: str, data: dict[str, pd.DataFrame]) -> None:
    model, source, options = RESIDUALS[name]
    cfa = fit_cfa(model, data[source], **options)
    # GLS: lavaan's errors have the divisor n where the residual has n - 1; the others: a residual is a small
    # difference of large values, and lavaan's estimates are converged to about 1e-6
    close = 0.01 if name == "GLS" else 1e-3
    for ours, theirs in zip(_z(cfa), REFERENCE["residual_z"][name], strict=True):
        names = theirs["names"]
        lower = np.tril_indices(len(names), -1)
        mine, other = ours.loc[names, names].to_numpy()[lower], np.array(theirs["z"], dtype=float)[lower]
        there = ~np.isnan(mine)
        there &= np.abs(other) > 1e-4  # lavaan does not divide a residual as small as that
        np.testing.assert_allclose(mine[there], other[there], atol=close)
        assert np.abs(np.nan_to_num(mine[~there])).max(initial=0.0) < 0.01
        assert there.sum() >= len(mine) - 2
    flags = cfa.residuals_z_flags
    assert (cfa.residuals_z.isna() == (flags != "")).all(axis=None), "never NaN without a reason, nor the reverse"


def test_kinds_of_residual_errors_differ() -> None:
    z = {name: np.array(parts[0]["z"], dtype=float) for name, parts in REFERENCE["residual_z"].items()}
    for one, other in (("ML", "MLR"), ("MLM", "MLR"), ("fiml_ML", "fiml_MLR"), ("ML", "fiml_ML"), ("ML", "GLS")):
        assert np.nanmax(np.abs(z[one] - z[other])) > 0.03, (one, other)


def test_shared_parameters_carry_errors_between_groups(data: dict[str, pd.DataFrame]) -> None:
    """lavaan leaves out what the other group's answers do to shared loadings, and its z are too large."""
    cfa = fit_cfa(TWO, data["complete"], estimator="ML", **SHARED)
    (first, _second), theirs = _z(cfa), REFERENCE["residual_z"]["groups_shared"]
    assert np.abs(first.to_numpy() - np.array(theirs[0]["z"], dtype=float)).max() > 1.0
    rng = np.random.default_rng(2)
    found = []
    for _study in range(80):
        factors = [rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size) for size in (120, 240)]
        answers = [
            np.repeat(f * scale, 3, axis=1) * [1, 0.8, 1.2, 1, 0.9, 0.7] + scale * rng.normal(size=(len(f), 6))
            for f, scale in zip(factors, (1.0, 1.3), strict=True)
        ]
        frame = pd.DataFrame(np.vstack(answers), columns=[f"y{k}" for k in range(1, 7)])
        frame["side"] = np.repeat(["a", "b"], [120, 240])
        found.append(fit_cfa(TWO, frame, estimator="ML", **SHARED).residuals_z.to_numpy())
    z = np.array(found)
    # 42 different z of 80 studies: their mean square is 1 within about .05 (they hang together); by lavaan's way 1.6
    assert np.mean(z**2) == pytest.approx(1.0, abs=0.15)


def test_residuals_of_clusters_and_of_covariances_alone(data: dict[str, pd.DataFrame]) -> None:
    complete = data["complete"]
    rows, teams = fit_cfa(TWO, complete), fit_cfa(TWO, complete, cluster="team")
    assert np.abs(rows.residuals_z - teams.residuals_z).max(axis=None) > 0.02
    alone = complete.assign(team=np.arange(len(complete)))
    each = fit_cfa(TWO, alone, cluster="team").residuals_z
    n = len(complete)
    np.testing.assert_allclose(each * np.sqrt(n / (n - 1)), rows.residuals_z, atol=1e-6, equal_nan=True)
    items = complete[[f"y{k}" for k in range(1, 7)]]
    known = fit_cfa(TWO, sample_cov=items.cov(), n_obs=n)
    np.testing.assert_allclose(
        known.residuals_z, fit_cfa(TWO, complete, estimator="ML").residuals_z, atol=1e-6, equal_nan=True
    )
    assert set(known.residuals_z_flags.to_numpy().diagonal()) == {"reproduced"}
    with pytest.raises(OptionError, match="'MLM' needs answers"):
        fit_cfa(TWO, sample_cov=items.cov(), n_obs=n, estimator="MLM")


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_nonlinear_constraints_are_lavaans(estimator: Any, data: dict[str, pd.DataFrame]) -> None:
    theirs = REFERENCE["curved"][estimator]
    cfa = fit_cfa(CURVED, data["complete"], estimator=estimator)
    ours = cfa.estimates.set_index(["lhs", "op", "rhs"])
    keys = list(zip(theirs["lhs"], theirs["op"], theirs["rhs"], strict=True))
    compared = [k for k, key in enumerate(keys) if key in ours.index]
    assert all(keys[k][1] == "~1" for k in set(range(len(keys))) - set(compared))
    assert len(compared) == len(ours)
    # lavaan's constrained iteration stops when the constraints hold to 1e-5
    for column, close in (("est", 2e-4), ("se", 1e-3)):
        np.testing.assert_allclose(
            ours.loc[[keys[k] for k in compared], column], np.array(theirs[column])[compared], rtol=close, atol=2e-5
        )
    value = cfa.estimates.set_index("label")["est"]
    assert value["a"] * value["c"] == pytest.approx(value["b"] * value["d"], abs=1e-9)
    assert np.exp(value["a"] - 1) == pytest.approx(value["v"], abs=1e-9)
    if estimator == "ML":
        assert cfa.fit_measures["df"] == theirs["df"] == fit_cfa(TWO, data["complete"]).fit_measures["df"] + 2
        assert cfa.fit_measures["chi2"] == pytest.approx(theirs["chi2"], rel=1e-4)
        free = fit_cfa(TWO, data["complete"], estimator="ML").estimates["est"]
        assert abs(free[1] * free[4] - free[2] * free[5]) > 0.02, "the constraint costs something"


@pytest.mark.parametrize(("name", "source"), [("complete", "complete"), ("fiml", "gaps"), ("groups", "complete")])
def test_first_order_errors_are_lavaans(name: str, source: str, data: dict[str, pd.DataFrame]) -> None:
    theirs = REFERENCE["first_order"][name]
    options: dict[str, Any] = SHARED if name == "groups" else {}
    fits = {
        kind: fit_cfa(TWO, data[source], estimator="ML", information=kind, **options).estimates.set_index(
            ["lhs", "op", "rhs", "group"]
        )
        for kind in ("first_order", "observed", "expected", "auto")
    }
    keys = list(zip(theirs["lhs"], theirs["op"], theirs["rhs"], theirs["group"], strict=True))
    kept = [k for k, key in enumerate(keys) if key in fits["auto"].index]
    assert len(kept) == len(fits["auto"])
    se = np.array(theirs["se"])[kept]
    mine = {kind: frame.loc[[keys[k] for k in kept], "se"].to_numpy() for kind, frame in fits.items()}
    # scores are taken where lavaan's iteration stopped
    np.testing.assert_allclose(mine["first_order"], se, rtol=1e-3, atol=1e-6)
    for kind in ("observed", "expected"):
        assert np.abs(mine[kind] - se).max() > 0.005
    np.testing.assert_array_equal(mine["auto"], mine["observed" if name == "fiml" else "expected"])


def test_information_is_for_ml(data: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(OptionError, match="'ML' alone"):
        fit_cfa(TWO, data["complete"], information="observed")
    items = data["complete"][[f"y{k}" for k in range(1, 7)]]
    with pytest.raises(OptionError, match="answers"):
        fit_cfa(TWO, sample_cov=items.cov(), n_obs=253, information="first_order")


COVARIATES = "f1 =~ y1 + y2 + y3; f1 ~ y7 + y8; y4 ~ y7"
NAMES = {
    "chisq": "chi2",
    "chisq.scaled": "chi2_scaled",
    "logl": "loglik",
    "baseline.chisq": "baseline_chi2",
    "chisq.scaling.factor": "scaling_factor",
    "baseline.chisq.scaling.factor": "baseline_scaling_factor",
}


def _same_as_lavaan(cfa: CFA, theirs: dict[str, Any]) -> None:
    ours = cfa.estimates.set_index(["lhs", "op", "rhs", "group"])
    for k, key in enumerate(zip(theirs["lhs"], theirs["op"], theirs["rhs"], theirs["group"], strict=True)):
        # as in the other references: lavaan's iteration stops earlier, and its information is a finite difference
        assert ours.loc[key, "est"] == pytest.approx(theirs["est"][k], rel=1e-4, abs=1e-4), key
        assert ours.loc[key, "se"] == pytest.approx(theirs["se"][k], rel=1e-3, abs=1e-5), key
    for measure, value in theirs["fit"].items():
        mine = cfa.fit_measures[NAMES.get(measure, measure.replace(".", "_"))]
        assert mine == pytest.approx(value, rel=1e-3 if "scal" in measure or "robust" in measure else 1e-4, abs=1e-5)


@pytest.mark.parametrize("name", ["MLM", "MLM_groups"])
def test_moment_corrections_beside_covariates_are_lavaans(name: str, data: dict[str, pd.DataFrame]) -> None:
    """Fourth-order moments leave out what covariates explain, for these do not vary."""
    options: dict[str, Any] = SIDES if name == "MLM_groups" else {}
    cfa = fit_cfa(COVARIATES, data["complete"], estimator="MLM", **options)
    _same_as_lavaan(cfa, REFERENCE["covariates"][name])
    robust = fit_cfa(COVARIATES, data["complete"], **options)
    assert abs(robust.fit_measures["scaling_factor"] - cfa.fit_measures["scaling_factor"]) > 0.01


@pytest.mark.parametrize("name", ["ML", "MLR", "groups", "random"])
def test_gaps_in_covariates_are_lavaans(name: str, data: dict[str, pd.DataFrame]) -> None:
    """With `fixed.x`, who lacks a covariate is left out; random covariates use all answers."""
    theirs = REFERENCE["covariates"][name]
    model = COVARIATES + "; y7 ~~ y7 + y8; y8 ~~ y8" if name == "random" else COVARIATES
    options: dict[str, Any] = {"group": "side"} if name == "groups" else {}
    estimator: Any = "ML" if name in ("ML", "random") else "MLR"
    cfa = fit_cfa(model, data["gaps"], estimator=estimator, missing="fiml", **options)
    assert cfa.n_used == np.sum(theirs["n"]) == (400 if name == "random" else 349)
    assert cfa.n_given == 400
    assert cfa.flags == (() if name == "random" else ("without_covariate:51",))
    _same_as_lavaan(cfa, theirs)
    if name != "random":
        assert "51" in cfa._block("table", "nl").notes[-1]
        random = REFERENCE["covariates"]["random"]
        assert abs(random["fit"]["chisq"] - theirs["fit"]["chisq"]) > 0.5


def test_gaps_in_covariates_that_cost_much_must_be_asked_for(data: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(OptionError, match=r"y7 ~~ y7 \+ y8; y8 ~~ y8"):
        fit_cfa(COVARIATES, data["gaps"])
    fewer = data["gaps"].dropna(subset=["y8"])
    cfa = fit_cfa("f1 =~ y1 + y2 + y3; f1 ~ y7", fewer)
    assert cfa.flags == (f"without_covariate:{int(fewer['y7'].isna().sum())}",)
    scores = cfa.scores()
    kept = np.flatnonzero(fewer["y7"].notna())
    np.testing.assert_array_equal(scores.index, kept)


def test_ratings_of_one_person_are_told_where_the_estimator_ignores_them() -> None:
    survey = simulate_study(clients=2, partners=2, persons_per_side=30, several=1.0, seed=1).survey
    assert survey.n_persons < len(survey)
    flag = f"clusters_ignored:{survey.n_persons}"
    robust = fit_cfa(FOUR, survey)
    assert robust.clusters is not None and not any("clusters" in each for each in robust.flags)
    for estimator in ("ML", "MLM", "GLS", "ULS"):
        cfa = fit_cfa(FOUR, survey, estimator=estimator, missing="listwise")
        assert flag in cfa.flags and cfa.clusters is None
        assert "MLR" in str(cfa.methods()) and "MLR" in str(cfa.summary())
    assert flag in cfa.bootstrap(100).flags
    invariance = measurement_invariance(FOUR, survey, group="side", levels="configural", estimator="ML")
    assert flag in invariance.flags and "MLR" in str(invariance.methods())
    once = survey.keep(~survey.persons.duplicated(), why="one rating a person")
    assert fit_cfa(FOUR, once, estimator="ML").flags == ()


def test_defined_parameters_without_a_value_are_flagged() -> None:
    survey = simulate_study(persons_per_side=60, seed=1).survey
    # a is .89, and standardised .68: the logarithm of a - .8 is defined for the first only
    cfa = fit_cfa("f =~ ope1 + a*ope2 + b*ope3 + ope4; none := log(a - 9); raw := log(a - 0.8); fine := a + b", survey)
    rows = cfa.to_frame().set_index("lhs").loc[["none", "raw", "fine"], ["est", "std_all"]]
    assert rows.notna().to_numpy().tolist() == [[False, False], [True, False], [True, True]]
    assert [flag for flag in cfa.flags if "undefined" in flag] == ["undefined:none", "undefined_standardised:raw"]
    assert "none" in str(cfa.summary()) and "raw" in str(cfa.summary())


ITEMS = ["ope1", "ope2", "ope3", "ope4"]


def covariances() -> pd.DataFrame:
    return simulate_study(persons_per_side=60, seed=1).survey.items[ITEMS].cov()


def with_cell(value: float) -> pd.DataFrame:
    s = covariances()
    s.iloc[0, 1] = value
    return s


@pytest.mark.parametrize(
    ("sample_cov", "column"),
    [
        (with_cell(9.0), None),
        (with_cell(np.nan), None),
        (covariances().where(np.tril(np.ones((4, 4), dtype=bool)), 0.0), None),
        (covariances().reset_index(drop=True), "ope1"),
        (pd.concat([covariances(), covariances()[["ope2"]]], axis=1), "ope2"),
        (covariances().rename(columns={"ope4": "ope5"}), "ope4"),
    ],
)
def test_covariances_that_are_not_whole_are_refused(sample_cov: pd.DataFrame, column: str | None) -> None:
    with pytest.raises(AnswersError) as caught:
        fit_cfa(FOUR, sample_cov=sample_cov, n_obs=100)
    assert caught.value.failures[0].column == column


def test_the_order_of_covariances_does_not_matter_and_correlations_are_told() -> None:
    s = covariances()
    usual = fit_cfa(FOUR, sample_cov=s, n_obs=100)
    turned = fit_cfa(FOUR, sample_cov=s.iloc[::-1, [2, 0, 3, 1]], n_obs=100)
    pd.testing.assert_frame_equal(usual.to_frame(), turned.to_frame())
    assert usual.flags == ()
    sd = np.sqrt(np.diag(s))
    scaled = fit_cfa(FOUR, sample_cov=s / np.outer(sd, sd), n_obs=100)
    assert scaled.flags == ("correlation_matrix",) and "correlation" in str(scaled.methods())


@pytest.mark.parametrize(
    "options",
    [
        {"n_obs": 100},
        {"sample_cov": covariances()},
        {"group": "side", "group_partial": "f =~ ope2"},
        {"group": "side", "group_equal": "loadings", "group_partial": "ope2 ~ 1"},
        {"group": "side", "group_equal": "loadings", "group_partial": ["f =~ ope2", "f =~ ope1"]},  # the marker
    ],
)
def test_what_would_do_nothing_is_refused(options: dict[str, Any]) -> None:
    survey = simulate_study(persons_per_side=60, seed=1).survey
    with pytest.raises(OptionError):
        fit_cfa(FOUR, survey, **options)


def test_units_that_hide_what_answers_say_are_named() -> None:
    items = simulate_study(persons_per_side=60, seed=1).survey.items[ITEMS].dropna()
    usual = fit_cfa(FOUR, items)
    thousand = fit_cfa(FOUR, items.assign(ope2=items["ope2"] * 100))
    # the fit does not depend on units; 1e-5: both stop where the gradient is small
    assert thousand.fit_measures["chi2"] == pytest.approx(usual.fit_measures["chi2"], abs=1e-5)
    with pytest.raises(AnswersError) as caught:
        fit_cfa(FOUR, items.assign(ope2=items["ope2"] * 1e5))
    assert [failure.column for failure in caught.value.failures] == ["ope2"]


@pytest.mark.parametrize("estimator", ["WLSMV", "dwls", "PML", "WLSM"])
def test_estimators_for_ordered_items_are_named_as_such(estimator: str) -> None:
    with pytest.raises(OptionError, match=r"(?i)WLS"):
        fit_cfa(FOUR, simulate_study(seed=1).survey, estimator=estimator)


def test_options_of_methods_are_checked() -> None:
    cfa = fit_cfa(FOUR, simulate_study(persons_per_side=60, seed=1).survey)
    for options in ({"n": 100.5}, {"seed": -1}, {"seed": 1.5}, {"conf_level": 95}, {"interval": "bc"}):
        with pytest.raises(OptionError):
            cfa.bootstrap(**{"n": 100, **options})
