"""Ordered items beside fixed covariates against lavaan 0.6-14 (its conditional.x), and their refusals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import convergent_validity
from hpp_analysis.errors import AnswersError, OptionError
from hpp_analysis.models.cfa import CFA, fit_cfa
from hpp_analysis.models.invariance import measurement_invariance

FOLDER = Path(__file__).parents[1] / "reference"

REFERENCE = json.loads((FOLDER / "ordinal_covariates.json").read_text(encoding="utf-8"))["cases"]

ITEMS = [f"y{i}" for i in range(1, 11)]

TWO = "f1 =~ y1 + y2 + y3 + y4\nf2 =~ y5 + y6 + y7 + y8\n"

MIMIC = TWO + "f1 + f2 ~ y12 + client"

DIRECT = MIMIC + "\ny2 ~ client\ny5 + y6 ~ tenure"

MIXED = TWO + "f3 =~ y9 + y10 + y11\nf1 + f2 ~ tenure\nf3 ~ client + f1\ny11 ~ tenure"

PATHS = TWO + "f1 ~ a*client + y12\nf2 ~ b*f1 + c*client\ny9 ~ d*f2 + y12\nind := a*b"

PROBIT = "y8 ~ y12 + tenure\ny3 ~ client\ny11 ~ y12"

GROUPS = "f1 =~ y1 + y2 + y3 + y4\nf1 ~ tenure\ny2 ~ y12"

HOLZINGER = (
    "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nvisual + textual + speed ~ sex + ageyr"
)

BFI = "N =~ N1 + N2 + N3 + N4 + N5\nE =~ E1 + E2 + E3 + E4 + E5\nN + E ~ gender + age\nN5 ~ gender"

BOTH = ["thresholds", "loadings"]

CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "mimic": (MIMIC, "own", {}),
    "pairwise": (MIMIC, "own", {"missing": "pairwise"}),
    "theta": (MIMIC, "own", {"parameterization": "theta"}),
    "std_lv": (MIMIC, "own", {"std_lv": True}),
    "ULSMV": (MIMIC, "own", {"estimator": "ULSMV"}),
    "WLS": (MIMIC, "own", {"estimator": "WLS"}),
    "DWLS": (MIMIC, "own", {"estimator": "DWLS"}),
    "direct": (DIRECT, "own", {}),
    "direct_theta": (DIRECT, "own", {"parameterization": "theta"}),
    "mixed": (MIXED, "own", {}),
    "mixed_pairwise": (MIXED, "own", {"missing": "pairwise"}),
    "mixed_WLS": (MIXED, "own", {"estimator": "WLS"}),
    "paths": (PATHS, "own", {}),
    "probit": (PROBIT, "own", {}),
    "group": (GROUPS, "own", {"group": "side"}),
    "group_thresholds": (GROUPS, "own", {"group": "side", "group_equal": "thresholds"}),
    "group_both": (GROUPS, "own", {"group": "side", "group_equal": BOTH}),
    "group_theta": (GROUPS, "own", {"group": "side", "group_equal": BOTH, "parameterization": "theta"}),
    "group_regressions": (GROUPS, "own", {"group": "side", "group_equal": [*BOTH, "regressions"]}),
    "group_pairwise": (GROUPS, "own", {"group": "side", "group_equal": BOTH, "missing": "pairwise"}),
    "group_mixed": (GROUPS.replace("y4", "y11"), "own", {"group": "side", "group_equal": [*BOTH, "intercepts"]}),
    "holzinger": (HOLZINGER, "holzinger", {}),
    "holzinger_group": (HOLZINGER + "\nx3 ~ ageyr", "holzinger", {"group": "school"}),
    "bfi": (BFI, "bfi", {}),
    "bfi_pairwise": (BFI, "bfi", {"missing": "pairwise"}),
}

NAMES = {
    "npar": "n_par",
    "pvalue": "p",
    "chisq": "chi2",
    "baseline.chisq": "baseline_chi2",
    "baseline.chisq.scaled": "baseline_chi2_scaled",
    "chisq.scaled": "chi2_scaled",
    "chisq.scaling.factor": "scaling_factor",
}

NEIGHBOURS = [
    ("mimic", "joint"),
    ("mimic", "pairwise"),
    ("mimic", "ULSMV"),
    ("mimic", "WLS"),
    ("mimic", "direct"),
    ("mixed", "mixed_pairwise"),
    ("mixed", "mixed_WLS"),
    ("group", "group_thresholds"),
    ("group_thresholds", "group_both"),
    ("group_both", "group_regressions"),
    ("group_both", "group_pairwise"),
    ("bfi", "bfi_pairwise"),
]
"""Cases whose chi-squares must differ: otherwise a test could not tell the options apart."""


def own() -> pd.DataFrame:
    """The answers of the R script, with its covariates."""
    frame = pd.read_csv(FOLDER / "data" / "ordinal_items.csv")
    return frame.assign(client=(frame["side"] == "client").astype(float), tenure=frame["team"] / 20)


def frame(name: str, folder: Path | None) -> pd.DataFrame:
    """The answers behind a case; public ones are coded as the R script does."""
    if folder is None:
        return own()
    if name == "bfi":
        return pd.read_csv(folder / "psychTools" / "bfi.csv")
    data = pd.read_csv(folder / "lavaan" / "HolzingerSwineford1939.csv")
    for i in range(1, 10):
        column = data[f"x{i}"]
        data[f"x{i}"] = np.searchsorted(column.quantile([0.2, 0.45, 0.8]), column, side="right") + 1
    return data


def fitted(name: str, request: pytest.FixtureRequest) -> CFA:
    model, data, options = CASES[name]
    folder = None if data == "own" else request.getfixturevalue("shared_data")
    answers = frame(data, folder)
    known = {
        "own": ITEMS,
        "holzinger": [f"x{i}" for i in range(1, 10)],
        "bfi": [f"{k}{i}" for k in "NE" for i in range(1, 6)],
    }
    ordered = [item for item in known[data] if f"{item} " in model.replace("\n", " \n") + " "]
    return fit_cfa(model, answers, **{"ordered": ordered, "missing": "listwise", **options})


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, CFA]:
    return request.param, fitted(request.param, request)


def test_estimates_and_errors_are_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    ours = cfa.estimates.set_index(["lhs", "op", "rhs", "group"])
    reference = REFERENCE[name]
    columns = ("lhs", "op", "rhs", "group", "est", "se", "std", "std_se")
    for lhs, op, rhs, group, est, se, std, std_se in zip(*(reference[column] for column in columns), strict=True):
        found = ours.loc[(lhs, op, rhs or "", 0 if op == ":=" else group)]
        # lavaan's optimiser stops at a relative change of 1e-10 of the function: 1e-4 and 1e-3 leave room for that; with free
        # scales it takes a numerical gradient, and the estimates are a few times less exact
        assert found["est"] == pytest.approx(est, rel=5e-4 if "group_" in name else 1e-4, abs=1e-4), (
            lhs,
            op,
            rhs,
            group,
        )
        assert found["se"] == pytest.approx(se, rel=1e-3, abs=1e-5), (lhs, op, rhs, group)
        assert found["std_all"] == pytest.approx(std, rel=1e-3, abs=1e-4), (lhs, op, rhs, group)
        assert found["std_all_se"] == pytest.approx(std_se, rel=1e-3, abs=1e-5), (lhs, op, rhs, group)
    assert len(ours) == len(reference["est"])


def test_fit_is_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    for measure, value in REFERENCE[name]["fit"].items():
        ours = cfa.fit_measures[NAMES.get(measure, measure.replace(".", "_"))]
        # see above; scaled statistics carry the errors of the correlations' covariance matrix too
        assert ours == pytest.approx(value, rel=1e-3 if "scal" in measure else 1e-4, abs=1e-4), measure
    assert cfa.n_used == REFERENCE[name]["n"]


def test_robust_fit_is_undefined_as_in_lavaan(case: tuple[str, CFA]) -> None:
    name, cfa = case
    if name in ("WLS", "DWLS", "mixed_WLS"):
        assert "cfi_robust" not in cfa.fit_measures
        return
    assert cfa.fit_measures.filter(like="robust").isna().all()
    assert "no_robust_fit:covariates" in cfa.flags
    assert any("covariates" in note for note in cfa.summary().split("."))


@pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
def test_the_references_tell_neighbouring_options_apart(one: str, other: str) -> None:
    first, second = (REFERENCE[name]["fit"]["chisq"] for name in (one, other))
    assert abs(first - second) > 5e-3 * first  # fifty times the tolerance of chi-squares


@pytest.mark.parametrize("name", ["mimic", "holzinger"])
def test_what_follows_from_a_model_is_lavaans(name: str, request: pytest.FixtureRequest) -> None:
    cfa, reference = fitted(name, request), REFERENCE[name]
    moments = cfa.found.objective.groups[0]
    numbers = len(moments.statistics)
    # lavaan's slopes stand covariate by covariate; Newton's last steps leave 1e-6
    p, k = len(cfa.ordered), moments.n_covariates
    cuts = sum(len(cut) for cut in moments.thresholds)
    order = np.r_[0:cuts, cuts + np.arange(p * k).reshape(p, k).T.ravel(), cuts + p * k : numbers]
    np.testing.assert_allclose(moments.statistics[order], reference["statistics"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.diag(moments.gamma())[order], reference["gamma"], rtol=1e-3)
    for variable, value in reference["r2"].items():
        assert cfa.r2[variable] == pytest.approx(value, abs=1e-4)
    np.testing.assert_allclose(cfa.residuals, reference["residuals"], atol=1e-4)
    # lavaan's scores are the end of an optimiser for each respondent
    np.testing.assert_allclose(cfa.scores().to_numpy()[:5], reference["scores"], atol=1e-3)
    ours = cfa.modification_indices().set_index(["lhs", "op", "rhs", "group"])
    columns = ("lhs", "op", "rhs", "group", "mi", "epc", "sepc")
    n = cfa.n_used
    for lhs, op, rhs, group, mi, epc, sepc in zip(*(reference["mi"][column] for column in columns), strict=True):
        found = ours.loc[(lhs, op, rhs, group)]
        # lavaan's slope has n where its test statistic has n - 1
        assert found["mi"] * (n - 1) / n == pytest.approx(mi, rel=1e-3)
        assert found["epc"] * (n - 1) / n == pytest.approx(epc, rel=1e-3, abs=1e-4)
        assert found["sepc"] * (n - 1) / n == pytest.approx(sepc, rel=1e-3, abs=1e-4)


def test_both_parameterisations_are_one_model() -> None:
    delta, theta = (
        fit_cfa(GROUPS, own(), ordered=ITEMS[:4], group="side", group_equal=BOTH, parameterization=parameterization)
        for parameterization in ("delta", "theta")
    )
    # both have converged to the tenth digit of the discrepancy
    np.testing.assert_allclose(delta.fit_measures, theta.fit_measures, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(delta.table["std_all"], theta.table["std_all"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(delta.table["std_all_se"], theta.table["std_all_se"], rtol=1e-3, atol=1e-6)


def test_thresholds_far_from_the_answers_are_told() -> None:
    """They are those of covariates of 0, which nobody has: fit and slopes do not mind, thresholds and scores do."""
    frame = own()
    plain, year = (
        fit_cfa(TWO + "f1 ~ tenure\ny7 ~ tenure", data, ordered=ITEMS[:8], missing="listwise")
        for data in (frame, frame.assign(tenure=2000 + 10 * frame["tenure"]))
    )
    # thresholds stand 2,000 years away: a few digits of the last steps are lost
    np.testing.assert_allclose(plain.fit_measures.dropna(), year.fit_measures.dropna(), rtol=1e-5, atol=1e-7)
    slope = [cfa.table.query("op == '~'")[["est", "se"]].to_numpy() for cfa in (plain, year)]
    np.testing.assert_allclose(slope[0], 10 * slope[1], rtol=1e-5)
    assert "far_covariate:tenure" in year.flags
    assert "tenure" in year.summary()
    assert not any(flag.startswith("far_covariate") for flag in plain.flags)


def test_covariates_that_cannot_be_are_refused() -> None:
    frame = own()
    mimic = TWO + "f1 + f2 ~ client"
    with pytest.raises(OptionError, match="client"):  # a covariate is not explained
        fit_cfa(mimic, frame, ordered=[*ITEMS[:8], "client"])
    with pytest.raises(AnswersError, match="partner"):  # the second is one minus the first
        fit_cfa(mimic + " + partner", frame.assign(partner=1 - frame["client"]), ordered=ITEMS[:8])
    told = frame.assign(client=(frame["y3"] > 2).astype(float))
    with pytest.raises(AnswersError, match="y3"):  # a category of y3 follows from the covariate
        fit_cfa(mimic, told, ordered=ITEMS[:8])
    number = frame.assign(sum=2 * frame["client"] + 1)
    with pytest.raises(AnswersError, match="sum"):  # a number that follows from it
        fit_cfa("f1 =~ y2 + y3 + sum\nf1 ~ client", number, ordered=["y2", "y3"])
    with pytest.raises(OptionError, match="client"):  # correlations given covariates are not those of the items
        convergent_validity(fit_cfa(mimic, frame, ordered=ITEMS[:8]))
    with pytest.raises(OptionError, match="client"):  # there is no reference for the sequence of models
        measurement_invariance(mimic, frame, group="side", ordered=ITEMS[:8])


def test_gaps_in_covariates_that_cost_much_must_be_asked_for() -> None:
    frame, model = own(), GROUPS.replace("y12", "tenure")
    frame.loc[:99, "tenure"] = np.nan
    with pytest.raises(OptionError, match="pairwise"):
        fit_cfa(model, frame, ordered=ITEMS[:4])
    cfa = fit_cfa(model, frame, ordered=ITEMS[:4], missing="pairwise")
    assert cfa.flags[:1] == ("without_covariate:100",)
    assert cfa.n_used <= 600


def test_reliability_beside_covariates_is_left_open() -> None:
    cfa = fit_cfa(MIMIC, own(), ordered=ITEMS[:8], missing="listwise")
    assert cfa.reliability.isna().all()
