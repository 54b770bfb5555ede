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

REFERENCE = json.loads((FOLDER / "ordinal.json").read_text(encoding="utf-8"))["cases"]

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
    "observed_paths": (OBSERVED, "own", {}),
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
        if name.startswith("group_") and op == "~~" and lhs == rhs and lhs.startswith("y") and "theta" not in name:
            pass
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
