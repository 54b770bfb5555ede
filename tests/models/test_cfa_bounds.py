"""Bounds, inequalities and blocks of groups against lavaan 0.6-14."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import ConvergenceError, ModelSyntaxError
from hpp_analysis.models.cfa import fit_cfa

FOLDER = Path(__file__).parents[1] / "reference"

REFERENCE = json.loads((FOLDER / "sem_bounds.json").read_text(encoding="utf-8"))["cases"]

TWO = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"

LABELLED = TWO.replace("x2", "a*x2")

BOTH = LABELLED.replace("x5", "b*x5")

BLOCKS = f"group: 1\n{TWO}\nx1 ~~ x4\ngroup: 2\nvisual =~ x1 + L*x2 + x3\ntextual =~ x4 + L*x5 + x6 + x3"

MODELS = {
    "free": TWO,
    "loose": f"{LABELLED}\na > 0.1",
    "above": f"{LABELLED}\na > 1.1",
    "ordered": "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + x5 + x6\na < b - 0.2",
    "lower": TWO.replace("x2", "lower(1.1)*x2"),
    "upper": TWO.replace("x6", "upper(0.6)*x6") + "\nvisual ~~ upper(0.2)*textual",
    "blocks": BLOCKS,
}

HELD = {"above": ["a"], "ordered": ["a"], "lower": ["visual =~ x2"], "upper": ["textual =~ x6", "visual ~~ textual"]}


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data" / "two_groups.csv").dropna()


@pytest.mark.parametrize("name", MODELS)
def test_bounds_and_blocks_are_lavaans(name: str, own: pd.DataFrame) -> None:
    group = "group" if name == "blocks" else None
    cfa = fit_cfa(MODELS[name], own, estimator="ML", group=group)
    theirs = REFERENCE[name]
    # lavaan's optimiser stops at a relative change of 1e-10 of the function
    assert cfa.fit_measures["chi2"] == pytest.approx(theirs["chi2"], rel=1e-5)
    assert (cfa.fit_measures["df"], cfa.fit_measures["n_par"]) == (theirs["df"], theirs["n_par"])
    ours = cfa.estimates.set_index(["lhs", "op", "rhs", "group"])
    for lhs, op, rhs, number, est, se in zip(
        *(theirs[column] for column in ("lhs", "op", "rhs", "group", "est", "se")), strict=True
    ):
        found = ours.loc[(lhs, op, rhs, number)]
        assert found["est"] == pytest.approx(est, rel=1e-4, abs=1e-4)
        if se is None:
            assert np.isnan(found["se"])
        elif name not in ("lower", "upper"):  # lavaan takes what lower() and upper() hold as free
            assert found["se"] == pytest.approx(se, rel=1e-3, abs=1e-5)
    assert [flag.removeprefix("at_bound:") for flag in cfa.flags] == HELD.get(name, [])
    for held in HELD.get(name, []):
        assert held in cfa.methods("en") and held in cfa.methods("nl")


@pytest.mark.parametrize("name", ["lower", "upper"])
def test_what_lies_at_a_bound_has_no_test(name: str, own: pd.DataFrame) -> None:
    cfa = fit_cfa(MODELS[name], own, estimator="ML")
    relations = [f"{row.lhs} {row.op} {row.rhs}" for row in cfa.table.itertuples()]
    held = cfa.table[[relation in HELD[name] for relation in relations]]
    assert held[["se", "z", "p", "ci_lower", "ci_upper"]].isna().all(axis=None)
    # the same errors as with an equality
    text = MODELS[name].replace("lower(1.1)", "1.1").replace("upper(0.6)", "0.6").replace("upper(0.2)", "0.2")
    fixed = fit_cfa(text, own, estimator="ML")
    free = fixed.table["se"] > 0
    np.testing.assert_allclose(cfa.table["se"][free], fixed.table["se"][free], rtol=1e-5)


def test_references_tell_bounds_apart() -> None:
    chi2 = {name: values["chi2"] for name, values in REFERENCE.items()}
    assert chi2["loose"] == pytest.approx(chi2["free"], rel=1e-6)
    assert len({round(chi2[name], 2) for name in ("free", "above", "ordered", "upper", "blocks")}) == 5


def test_bounds_of_several_groups_and_of_curves(own: pd.DataFrame) -> None:
    both = fit_cfa(TWO.replace("x2", "upper(c(0.5, 0.6))*x2"), own, estimator="ML", group="group")
    loadings = both.table.query("lhs == 'visual' and rhs == 'x2'")["est"]
    assert loadings.tolist() == pytest.approx([0.5, 0.6])
    curved = fit_cfa(f"{LABELLED}\na^2 < 0.25", own, estimator="ML")
    assert curved.table.query("label == 'a'")["est"].iloc[0] == pytest.approx(0.5, abs=1e-6)
    cases = fit_cfa(BLOCKS.replace("group: 1", "group: b").replace("group: 2", "group: a"), own, group="group")
    assert cases.fit_measures["df"] == REFERENCE["blocks"]["df"]
    assert cases.table.query("group == 1 and rhs == 'x3' and lhs == 'textual'").shape[0] == 1


def test_blocks_of_groups_with_spaces_are_named_in_quotes(own: pd.DataFrame) -> None:
    named = own.assign(group="group " + own["group"])
    text = BLOCKS.replace("group: 1", "group: {}").replace("group: 2", "group: {}")
    names = named["group"].unique()
    with pytest.raises(ModelSyntaxError, match="quote"):
        fit_cfa(text.format(*names), named, group="group")
    quoted = fit_cfa(text.format(*(f'"{name}"' for name in names)), named, group="group")
    assert quoted.fit_measures["df"] == REFERENCE["blocks"]["df"]


@pytest.mark.parametrize(
    "model",
    [
        f"{BOTH}\na == b; a > b + 1",
        f"{BOTH}\na == b; a == b + 1",
        f"{BOTH}\na == 2; a > 3",
        f"{BOTH}\na > 2; a < 1.5",
        f"{BOTH}\nlog(a - 5) > 1",
        f"{TWO}\n2 < 1",
        f"{TWO}\n1 == 2",
        TWO.replace("x1", "a*x1") + "\na > 2",
        TWO.replace("x1", "lower(2)*x1"),
    ],
)
def test_constraints_that_nothing_meets_are_refused(model: str, own: pd.DataFrame) -> None:
    with pytest.raises(ConvergenceError):
        fit_cfa(model, own, estimator="ML")


@pytest.mark.parametrize(
    "model",
    [
        f"{BOTH}\na == b; a > b",
        f"{BOTH}\na < b; b < a",
        f"{TWO}\n1 < 2",
        TWO.replace("x1", "lower(1)*x1"),
        f"{BOTH}\na == 1000*b; a < 1",
    ],
)
def test_constraints_that_something_meets_are_not(model: str, own: pd.DataFrame) -> None:
    assert "not_converged" not in fit_cfa(model, own, estimator="ML").flags


@pytest.mark.parametrize("line", ["a > 1.1", "1.1 < a", "a >= 1.1", "1.1 <= a"])
def test_a_bound_is_named_by_its_label_on_either_side(line: str, own: pd.DataFrame) -> None:
    cfa = fit_cfa(f"{LABELLED}\n{line}", own, estimator="ML")
    assert cfa.flags == ("at_bound:a",)
    assert cfa.fit_measures["chi2"] == pytest.approx(REFERENCE["above"]["chi2"], rel=1e-5)  # see above


@pytest.mark.parametrize(
    "model",
    [
        f"{TWO}\nz > 0",
        TWO.replace("x2", "lower()*x2"),
        TWO.replace("x2", "lower(a)*x2"),
        TWO.replace("x2", "upper(c(1, 2, 3))*x2"),
        f"{TWO}\n> 3",
    ],
)
def test_bounds_that_say_nothing_are_refused(model: str, own: pd.DataFrame) -> None:
    with pytest.raises(ModelSyntaxError):
        fit_cfa(model, own)
