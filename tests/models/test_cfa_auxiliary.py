"""Auxiliary variables: columns that are no part of a model and tell who left answers out."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import fit_cfa
from hpp_analysis.errors import OptionError

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = json.loads((REFERENCE / "sem_auxiliary.json").read_text())["cases"]
FIT = {
    "chisq": "chi2",
    "df": "df",
    "cfi": "cfi",
    "tli": "tli",
    "rmsea": "rmsea",
    "srmr": "srmr",
    "baseline.chisq": "baseline_chi2",
    "baseline.df": "baseline_df",
    "chisq.scaled": "chi2_scaled",
    "chisq.scaling.factor": "scaling_factor",
    "cfi.scaled": "cfi_scaled",
    "npar": "n_par",
}
MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """As the R script makes them: whether x2 is there depends on x8."""
    frame = pd.read_csv(REFERENCE / "data" / "two_groups.csv")
    gone = (frame["x8"] > frame["x8"].mean()) & (np.arange(1, len(frame) + 1) % 3 > 0)
    return frame.assign(x2=frame["x2"].mask(gone))


@pytest.mark.parametrize("name", list(CASES))
def test_as_semtools(name: str, answers: pd.DataFrame) -> None:
    """Estimates 1e-4, errors 1e-3 (relative), chi-squares and fit 1e-4 of their size: where lavaan's iterations end."""
    case = CASES[name]
    names = case["auxiliary"]
    groups = {"group": "group", "group_equal": "loadings"} if name == "groups" else {}
    found = fit_cfa(case["model"], answers, estimator=case["estimator"], auxiliary=names, missing="fiml", **groups)
    table = found.to_frame().set_index(["lhs", "op", "rhs", "group"])
    for lhs, op, rhs, group, est, se in zip(
        *(case[key] for key in ("lhs", "op", "rhs", "group", "est", "se")), strict=True
    ):
        op, rhs = ("~1", "") if op == "~1" else (op, rhs)
        row = (lhs, op, rhs, group) if (lhs, op, rhs, group) in table.index else (rhs, op, lhs, group)
        if row not in table.index and op == "~1":
            assert est == 0  # means of factors, which we do not list
            continue
        assert table.loc[row, "est"] == pytest.approx(est, abs=1e-4)
        if se:
            assert table.loc[row, "se"] == pytest.approx(se, rel=1e-3)
    for theirs, value in case["fit"].items():
        if theirs in FIT:
            assert found.fit_measures[FIT[theirs]] == pytest.approx(value, rel=1e-4, abs=1e-5), theirs


def test_they_matter(answers: pd.DataFrame) -> None:
    """The mean of x2 rises once it is known that those with a high x8 left it out."""
    plain, helped = (
        fit_cfa(MODEL, answers, auxiliary=names).to_frame().set_index(["lhs", "op", "rhs"]) for names in ((), "x8")
    )
    assert abs(helped.loc[("x2", "~1", ""), "est"] - plain.loc[("x2", "~1", ""), "est"]) > 0.01


def test_they_take_no_degrees_of_freedom(answers: pd.DataFrame) -> None:
    complete = answers.dropna()
    alone, helped = (fit_cfa(MODEL, complete, estimator="ML", auxiliary=names) for names in ((), ["x7", "x8"]))
    for measure in ("chi2", "df", "cfi", "rmsea", "baseline_df"):
        # nothing is missing, so they have nothing to add: equal but for where the iterations end
        assert helped.fit_measures[measure] == pytest.approx(alone.fit_measures[measure], rel=1e-6)
    assert "auxiliary" in fit_cfa(MODEL, answers, auxiliary="x8").methods()


@pytest.mark.parametrize(
    "wrong",
    [
        {"auxiliary": "x2"},
        {"auxiliary": "f"},
        {"auxiliary": ["x8", "x8"]},
        {"auxiliary": "x8", "missing": "listwise"},
        {"auxiliary": "x8", "estimator": "ULS"},
        {"auxiliary": "x8", "ordered": True},
    ],
)
def test_what_would_do_nothing_is_refused(wrong: dict, answers: pd.DataFrame) -> None:
    with pytest.raises(OptionError):
        fit_cfa(MODEL, answers, **wrong)
    with pytest.raises(OptionError):
        fit_cfa(MODEL, sample_cov=answers[[f"x{k}" for k in range(1, 7)]].cov(), n_obs=400, auxiliary="x8")
