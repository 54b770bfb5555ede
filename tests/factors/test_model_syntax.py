"""What is written for other programs is read by them, and no name of an item becomes a command."""

import re

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import fit_cfa, fit_efa, refine_scale, scale_reliability, simulate_study
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors import safe_item_names
from hpp_analysis.factors.model_syntax import simple_structure
from tests.core.conftest import REFERENCE, read_values

HOSTILE = [
    'x".\nGET FILE "secret".', "'; DELETE VARIABLES ALL.", "F1", "!by;", "α", "1", "2", "x;\nDATA: FILE IS y;", "BY",
    "by", "TO", "x =~ y", "openness_long_name_1", "openness_long_name_2", "x y", "x_y", "# x", "if", "*/ x /*",
]  # fmt: skip


@pytest.fixture(scope="module")
def items() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "bootstrap_items.csv")


@pytest.fixture(scope="module")
def hostile() -> pd.DataFrame:
    answers = simulate_study(seed=1).survey.items.iloc[:, :19]
    return answers.set_axis(HOSTILE, axis=1)


def test_lavaan_reads_the_model_as_we_do(items: pd.DataFrame) -> None:
    model = fit_efa(items, 3).to_lavaan()
    assert model == (REFERENCE / "exported_model.lav").read_text(encoding="utf-8")
    theirs = read_values("exported_model")
    ours = fit_cfa(model, items, estimator="ML")
    # both find the same maximum to about 1e-7 of the discrepancy
    assert ours.fit_measures["chi2"] == pytest.approx(theirs["chi2"], abs=1e-4)
    assert ours.fit_measures["df"] == theirs["df"] == 24
    found = ours.estimates.query("op == '=~'").set_index(["lhs", "rhs"])["std_all"]
    for row in theirs["loadings"]:
        assert found[row["lhs"], row["rhs"]] == pytest.approx(row["est.std"], abs=1e-4)


def test_each_item_stands_at_its_primary_factor(items: pd.DataFrame) -> None:
    efa = fit_efa(items, 3)
    model = efa.to_lavaan(factors={"F1": "first"})
    for line in model.splitlines():
        if line.startswith("#"):
            continue
        factor, names = line.split(" =~ ")
        for item in names.split(" + "):
            home = efa.loadings.loc[item].abs().idxmax()
            assert factor == {"F1": "first"}.get(home, home)


def test_hostile_names_survive_a_round_trip(hostile: pd.DataFrame) -> None:
    efa = fit_efa(hostile, 3)
    names = safe_item_names(hostile.columns, "lavaan")
    model = efa.to_lavaan(factors={"F1": "ok =~ x\ny ~ z"})
    cfa = fit_cfa(model, hostile.rename(columns=names))
    read = set(cfa.estimates.query("op == '=~'")["rhs"])
    assert read == set(names.values())
    assert set(cfa.estimates["op"]) <= {"=~", "~~", "~1"}


def commands(text: str, comment: str) -> str:
    """What a program runs: lines that are no comment."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(comment))


def test_hostile_names_are_no_commands(hostile: pd.DataFrame) -> None:
    efa = fit_efa(hostile, 3)
    spss = efa.to_spss_syntax()
    for line in spss.splitlines():
        if line.startswith("*"):  # a comment ends with the period at the end of its line, and holds no other
            assert line.endswith(".") and line.count(".") == 1
            assert not re.search(r"['\"/]", line)
    run = commands(spss, "*")
    assert {part.strip().split()[0] for part in re.split(r"\.\n", run) if part.strip()} == {"FACTOR", "RELIABILITY"}
    mplus = efa.to_mplus(data='x.dat";\nDATA: FILE IS "y')
    assert max(map(len, mplus.splitlines())) <= 90
    run = commands(mplus, "!") + "\n"
    assert run.count(";") == run.count(";\n")
    assert re.findall(r"^([A-Z]+):", run, re.MULTILINE) == ["TITLE", "DATA", "VARIABLE", "ANALYSIS", "MODEL", "OUTPUT"]
    listed = re.search(r"NAMES ARE ([^;]+);", run)
    assert listed is not None
    short = listed[1].split()
    assert len(short) == 19 == len({name.lower() for name in short})
    assert all(len(name) <= 8 for name in short)


def test_pspp_runs_the_syntax_and_finds_the_same(items: pd.DataFrame) -> None:
    """PSPP, which speaks SPSS's language, ran exported_syntax.sps (reference/exported_syntax.json says how)."""
    efa = fit_efa(items, 3, extraction="pa", rotation="varimax", missing="listwise")
    assert efa.to_spss_syntax() == (REFERENCE / "exported_syntax.sps").read_text(encoding="utf-8")
    theirs = read_values("exported_syntax")
    found = np.array(list(theirs["loadings"].values()))
    order = np.abs(efa.loadings.to_numpy().T @ found).argmax(axis=1)
    # it ends when communalities change by less than .0001; unrotated loadings are .3 away
    np.testing.assert_allclose(efa.loadings, found[:, order], atol=5e-4)
    assert np.abs(fit_efa(items, 3, extraction="pa", rotation="none").loadings - found[:, order]).max().max() > 0.2
    alphas = scale_reliability(items, simple_structure(efa, "spss", None).factors).to_frame()["alpha"]
    np.testing.assert_allclose(alphas, theirs["alphas"], atol=5e-6)  # printed with five decimals


def test_spss_says_what_it_lacks(items: pd.DataFrame) -> None:
    plain = fit_efa(items, 3, extraction="pa", rotation="promax", missing="listwise").to_spss_syntax()
    assert "/EXTRACTION PAF" in plain and "/ROTATION PROMAX(4)" in plain and "/MISSING LISTWISE" in plain
    assert "SPSS" not in plain and "NOKAISER" not in plain
    assert "DELTA(-0.5)" in fit_efa(items, 3, rotation_options={"gamma": -0.5}).to_spss_syntax()
    assert "NOKAISER DELTA(0)" in fit_efa(items, 3).to_spss_syntax()
    assert "NOKAISER" not in fit_efa(items, 3, like="spss").to_spss_syntax()
    assert "NOKAISER" not in fit_efa(items, 3, rotation="promax", like="spss").to_spss_syntax()
    odd = fit_efa(items, 3, extraction="dwls", rotation="geomin", correlation="spearman").to_spss_syntax()
    assert odd.count("* SPSS") == 3
    assert "/ROTATION NOROTATE" in odd
    turned = fit_efa(items.assign(v1=8 - items["v1"]), 3)
    assert "* Reverse before RELIABILITY - v1." in turned.to_spss_syntax()
    assert "v1 has a negative loading" in turned.to_lavaan()


def test_what_cannot_be_written_is_refused(items: pd.DataFrame) -> None:
    with pytest.raises(NotIdentifiedError):
        fit_efa(items.assign(v1=1.0), 3).to_lavaan()
    efa = fit_efa(items, 3)
    with pytest.raises(OptionError):
        efa.to_lavaan(factors={"F9": "x"})
    with pytest.raises(OptionError):
        efa.to_mplus(factors={"F1": "x", "F2": "x"})


def test_a_refinement_writes_its_final_model() -> None:
    survey = simulate_study("hpp_pool", persons_per_side=60, seed=1).survey
    found = refine_scale(survey.only(*survey.instrument.factors), 3, holdout=0.5)
    cfa = fit_cfa(found.to_lavaan(), found.confirmation)
    assert set(cfa.estimates.query("op == '=~'")["rhs"]) == set(found.kept)
    assert "FACTOR" in found.to_spss_syntax() and " BY " in found.to_mplus()
