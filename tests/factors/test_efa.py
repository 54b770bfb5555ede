"""fit_efa gives the numbers of psych, lavaan, GPArotation, factanal and SPSS (reference/efa.R and efa.json)."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis import fit_efa
from hpp_analysis.core.factors.rotation import KINDS
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.efa import EFA
from tests.core.conftest import REFERENCE, apart, matched, read_values

VALUES = read_values("efa")


OWN = VALUES["own"]


PROGRAM = 1e-4  # psych and lavaan stop their optimisers at about 1e-5 in a loading; the issue asks for 1e-4


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "correlations_12.csv")


def same(efa: EFA, reference: dict[str, Any], tolerance: float = PROGRAM) -> None:
    loadings, phi = matched(reference["loadings"], efa.loadings, reference["phi"])
    np.testing.assert_allclose(efa.loadings, loadings, rtol=0, atol=tolerance)
    np.testing.assert_allclose(efa.factor_correlations, phi, rtol=0, atol=tolerance)
    np.testing.assert_allclose(efa.communalities, reference["communality"], rtol=0, atol=tolerance)


@pytest.mark.parametrize("extraction", ["minres", "uls", "ml", "pca"])
def test_unrotated_solutions_are_those_of_psych(own: pd.DataFrame, extraction: Any) -> None:
    efa = fit_efa(own, 3, n_obs=400, extraction=extraction, rotation="none")
    same(efa, OWN["unrotated"][extraction])


def test_extractions_differ_from_each_other() -> None:
    found = [OWN["unrotated"][name]["communality"] for name in ("minres", "ml", "gls", "pca", "pa", "dwls")]
    for place, one in enumerate(found):
        for other in found[place + 1 :]:
            assert np.max(np.abs(np.subtract(one, other))) > 2 * PROGRAM


def test_least_squares_is_exact_where_psych_is_iterated_to_the_end(own: pd.DataFrame) -> None:
    ours = fit_efa(own, 3, n_obs=400, rotation="none").loadings
    # principal axes at 1e-13 a round have a few 1e-11 to go
    np.testing.assert_allclose(ours, matched(OWN["unrotated"]["exact"], ours)[0], rtol=0, atol=1e-7)


def test_principal_axes_stop_early_under_psych_alone(own: pd.DataFrame) -> None:
    early = fit_efa(own, 3, n_obs=400, extraction="pa", rotation="none", like="psych")
    # the same fixed-point steps: only rounding is between them
    same(early, OWN["unrotated"]["pa"], 1e-8)
    late = fit_efa(own, 3, n_obs=400, extraction="pa", rotation="none").loadings
    np.testing.assert_allclose(late, matched(OWN["unrotated"]["exact"], late)[0], rtol=0, atol=1e-7)
    assert apart(late, early.loadings) > PROGRAM


def test_ml_is_that_of_factanal(own: pd.DataFrame) -> None:
    efa = fit_efa(own, 3, n_obs=400, extraction="ml")
    theirs = OWN["unrotated"]["factanal"]
    # factanal's optimiser ends at about 1e-6 in a uniqueness
    np.testing.assert_allclose(efa.communalities, theirs["communality"], rtol=0, atol=1e-5)
    assert (efa.chi2, efa.df) == (pytest.approx(theirs["chi2"], abs=1e-6), theirs["df"])


def test_gls_is_the_minimum_of_a_general_optimiser_and_not_that_of_psych(own: pd.DataFrame) -> None:
    communalities = fit_efa(own, 3, n_obs=400, extraction="gls").communalities
    # BFGS on loadings and uniquenesses ends within 1e-6 of the minimum
    np.testing.assert_allclose(communalities, OWN["unrotated"]["gls"]["communality"], rtol=0, atol=1e-5)
    # psych's gls ties the uniquenesses to 1 - h2 and ends higher: another estimator of the same name
    assert np.max(np.abs(communalities - OWN["unrotated"]["gls_psych"]["communality"])) > 0.01


def test_dwls_is_the_minimum_of_a_general_optimiser(own: pd.DataFrame) -> None:
    efa = fit_efa(own, 3, n_obs=400, extraction="dwls")
    # BFGS on loadings ends within 1e-6 of the minimum
    np.testing.assert_allclose(efa.communalities, OWN["unrotated"]["dwls"]["communality"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("program", ["psych", "lavaan"])
def test_fit_is_that_of_the_program(own: pd.DataFrame, program: Any) -> None:
    if program == "psych":
        efa, theirs = fit_efa(own, 3, n_obs=400, like="psych"), OWN["psych"]["oblimin"]["fit"]
    else:
        efa = fit_efa(own, 3, n_obs=400, extraction="ml", rotation="geomin", like="lavaan")
        theirs = OWN["lavaan"]["geomin"]["fit"]
    for name, value in theirs.items():
        if program == "psych" and name == "rmsea":
            # psych divides chi-square by n but its expectation by n - 1; we divide both by n - 1
            value = np.sqrt(value**2 + theirs["chi2"] / theirs["df"] * (1 / 399 - 1 / 400))
        # their minimum is 1e-5 of ours in loadings, which the discrepancy, flat there, hardly shows;
        # bounds of RMSEA end at the tolerance of their root finder
        assert getattr(efa, name) == pytest.approx(value, rel=1e-4, abs=1e-4), name


def test_the_chi_square_is_corrected_except_under_lavaan(own: pd.DataFrame) -> None:
    corrected = fit_efa(own, 3, n_obs=400, extraction="ml").chi2
    assert fit_efa(own, 3, n_obs=400, extraction="ml", like="lavaan").chi2 > corrected + 0.1


@pytest.mark.parametrize("rotation", ["oblimin", "varimax", "quartimax", "promax", "quartimin", "geomin"])
def test_the_preset_gives_the_solution_of_psych(own: pd.DataFrame, rotation: Any) -> None:
    same(fit_efa(own, 3, n_obs=400, rotation=rotation, like="psych"), OWN["psych"][rotation])


def test_the_preset_gives_principal_axes_and_components_of_psych(own: pd.DataFrame) -> None:
    same(fit_efa(own, 3, n_obs=400, extraction="pa", like="psych"), OWN["psych"]["pa_oblimin"])
    efa = fit_efa(own, 3, n_obs=400, extraction="pca", rotation="varimax", like="psych")
    same(efa, OWN["psych"]["pca_varimax"])


@pytest.mark.parametrize("rotation", ["geomin", "oblimin", "varimax"])
def test_the_preset_gives_the_solution_of_lavaan(own: pd.DataFrame, rotation: Any) -> None:
    efa = fit_efa(own, 3, n_obs=400, extraction="ml", rotation=rotation, like="lavaan")
    same(efa, OWN["lavaan"][rotation])


def test_epsilon_and_normalisation_separate_the_presets(own: pd.DataFrame) -> None:
    def geomin(like: Any) -> pd.DataFrame:
        return fit_efa(own, 3, n_obs=400, extraction="ml", rotation="geomin", like=like).loadings

    def oblimin(like: Any) -> pd.DataFrame:
        return fit_efa(own, 3, n_obs=400, extraction="ml", like=like).loadings

    assert apart(geomin("psych"), geomin("lavaan")) > 10 * PROGRAM
    assert apart(oblimin("psych"), oblimin("spss")) > 10 * PROGRAM


PUBLIC: dict[str, tuple[str, int, dict[str, Any]]] = {
    "bfi_oblimin": ("bfi", 5, {"like": "psych"}),
    "bfi_promax": ("bfi", 5, {"rotation": "promax", "like": "psych"}),
    "bfi_pca_varimax": ("bfi", 5, {"extraction": "pca", "rotation": "varimax", "like": "psych"}),
    "hs_ml_oblimin": ("hs", 3, {"extraction": "ml", "like": "psych"}),
    "hs_lavaan_geomin": ("hs", 3, {"extraction": "ml", "rotation": "geomin", "like": "lavaan"}),
    "mobi_oblimin": ("mobi", 3, {"like": "psych"}),
    "grips": ("grips", 1, {"like": "psych"}),
    "dospert_oblimin": ("dospert", 5, {"like": "psych"}),
    "harman74_varimax": ("harman74", 4, {"extraction": "ml", "rotation": "varimax", "like": "psych"}),
    "thurstone_oblimin": ("thurstone", 3, {"like": "psych"}),
}


def public_data(name: str, folder: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    square = {
        "dospert": "EFAtools/DOSPERT_cor_N1507.csv",
        "harman74": "R_datasets/Harman74.cor_N145.csv",
        "thurstone": "psych/Thurstone.csv",
    }
    if name in square:
        n_obs = {"dospert": 1507, "harman74": 145, "thurstone": 213}[name]
        return pd.read_csv(folder / square[name], index_col=0), {"n_obs": n_obs}
    file, pattern = {
        "bfi": ("psychTools/bfi.csv", "^[ACENO][1-5]$"),
        "hs": ("lavaan/HolzingerSwineford1939.csv", "^x[1-9]$"),
        "mobi": ("semPLS/mobi.csv", "."),
        "grips": ("EFAtools/GRiPS_raw.csv", "."),
    }[name]
    return pd.read_csv(folder / file).filter(regex=pattern), {"missing": "listwise"}


@pytest.mark.parametrize("case", PUBLIC)
def test_public_data_give_the_numbers_of_r(case: str, shared_data: Path) -> None:
    name, k, options = PUBLIC[case]
    items, where = public_data(name, shared_data)
    efa = fit_efa(items, k, **where, **options)
    reference = VALUES["public"][case]
    assert efa.n_used == reference["n"]  # what was used: 2,436 rows of bfi, not its 2,800
    same(efa, reference)
    if "fit" in reference:
        # their discrepancy is at a minimum found to about 1e-5 in loadings, times n
        assert efa.chi2 == pytest.approx(reference["fit"]["chi2"], rel=1e-4)
        assert efa.df == reference["fit"]["df"]


# name, n, factors, tolerance unrotated, rotated. DOSPERT: SPSS ends its varimax at a criterion 1e-7 below ours.
# case_1a: three factors of six items, a flat optimum; no round of principal axes from the stored matrix comes nearer
# to SPSS's loadings than .0023, so SPSS had slightly other input.
SPSS = [("DOSPERT", 1507, 10, 1e-6, 2e-4), ("baseline", 500, 3, 1e-6, 1e-4), ("case_1a", 500, 3, 3e-3, 6e-3)]


@pytest.mark.parametrize("version", ["23", "27"])
@pytest.mark.parametrize(("name", "n", "k", "start", "end"), SPSS)
def test_spss_output(name: str, n: int, k: int, start: float, end: float, version: str, shared_data: Path) -> None:
    folder = shared_data / "EFAtools"
    file = next(iter(sorted(folder.glob(f"*{name}_cor_N*.csv"))))
    r = pd.read_csv(file, index_col=0)

    def printed(what: str) -> pd.DataFrame:
        return pd.read_csv(folder / "SPSS_reference" / f"SPSS_{version}_{name}_{what}.csv", index_col=0)

    options: dict[str, Any] = {"n_obs": n, "extraction": "pa", "like": "spss"}
    unrotated = fit_efa(r, printed("paf_load").shape[1], rotation="none", **options)
    assert unrotated.loadings.shape[1] == k
    ours = {rotation: fit_efa(r, k, rotation=rotation, **options) for rotation in ("varimax", "promax")}
    assert apart(unrotated.loadings, printed("paf_load")) < start
    assert apart(ours["varimax"].loadings, printed("var_load")) < end
    loadings, phi = matched(printed("pro_load"), ours["promax"].loadings, printed("pro_phi"))
    np.testing.assert_allclose(ours["promax"].loadings, loadings, rtol=0, atol=end)
    np.testing.assert_allclose(ours["promax"].factor_correlations, phi, rtol=0, atol=end)
    by_psych = fit_efa(r, k, rotation="promax", **{**options, "like": "psych"}).loadings
    assert apart(by_psych, printed("pro_load")) > 2 * end  # another promax, another end of iteration


def test_spss_iterations_communalities_and_schmid_leiman(shared_data: Path) -> None:
    folder = shared_data / "EFAtools"
    r = pd.read_csv(folder / "DOSPERT_cor_N1507.csv", index_col=0)

    def printed(what: str) -> pd.DataFrame:
        return pd.read_csv(folder / "SPSS_reference" / f"SPSS_23_DOSPERT_{what}.csv", index_col=0)

    efa = fit_efa(r, 10, n_obs=1507, extraction="pa", rotation="promax", like="spss")
    assert efa.n_iterations == int(printed("paf_iter")["value"].iloc[0])
    np.testing.assert_allclose(efa.communalities, printed("paf_comm")["value"], rtol=0, atol=1e-6)
    ours = efa.schmid_leiman(method="pa").drop(columns="communality")
    # printed with three digits; the second-order solution stops early in SPSS (.001)
    assert apart(ours, printed("sl").drop(columns="h2")) < 2e-3


def test_the_reference_names_its_versions() -> None:
    assert json.loads((REFERENCE / "efa.json").read_text())["versions"]["psych"] == "2.2.9"


def test_the_ten_lines_run(root: Path) -> None:
    page = (root / "docs" / "factor-analysis.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(compile(code[1], "factor-analysis.md", "exec"), names)
    assert names["efa"].loadings.shape == (19, 3)
    assert names["efa"].n_used == len(names["items"].dropna())
    assert np.array_equal(names["scores"].isna().any(axis=1), names["items"].isna().any(axis=1))


def test_each_rotation_stands_beside_its_names_in_other_programs(root: Path) -> None:
    """psych's "bifactor" is orthogonal (`GPForth(method = "bimin")`), ours is its "biquartimin"; the page says so."""
    text = (root / "docs" / "factor-analysis.md").read_text(encoding="utf-8")
    table = text.split("| here | GPArotation | psych |")[1].split("\n\n")[0]
    rows = {cells[1].strip(' `"'): cells[3] for cells in (line.split("|") for line in table.splitlines()[2:])}
    assert set(rows) == set(KINDS)
    assert '"bifactor"' in rows["bifactor_t"]
    assert '"biquartimin"' in rows["bifactor"]
    assert KINDS["bifactor"].oblique
    assert not KINDS["bifactor_t"].oblique


EXTRACTIONS = ("minres", "ml", "pa", "gls", "dwls", "pca")


def answers(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(n, 1)) + rng.normal(size=(n, 6)), columns=list("abcdef"))


@pytest.mark.parametrize("missing", ["em", "pairwise", "listwise"])
@pytest.mark.parametrize("extraction", EXTRACTIONS)
@pytest.mark.parametrize(
    "x",
    [answers().assign(a=3.0), answers().assign(a=np.nan), answers().iloc[:0], answers() * np.nan],
    ids=["constant item", "item without answers", "no rows", "no answers"],
)
def test_what_cannot_be_known_is_nan_with_a_reason(x: pd.DataFrame, extraction: Any, missing: Any) -> None:
    """No traceback and no warning: the tests turn warnings into errors."""
    efa = fit_efa(x, 1, extraction=extraction, missing=missing)
    assert "undefined_correlation" in efa.flags
    assert efa.loadings.isna().all().all() and np.isnan(efa.chi2)
    for language in ("en", "nl"):
        assert efa.summary(language)
        assert efa.methods(language)
    assert "<table" in efa._repr_html_()


@pytest.mark.parametrize("extraction", ["ml", "gls"])
def test_singular_correlations_have_no_likelihood(extraction: Any) -> None:
    twins = answers().assign(b=lambda x: x["a"])
    efa = fit_efa(twins, 1, extraction=extraction)
    assert "not_positive_definite" in efa.flags
    assert np.isfinite(fit_efa(twins, 1).loadings).all().all()  # least squares needs no inverse


def test_fewer_rows_than_items_and_a_heywood_case_are_flagged() -> None:
    assert "heywood" in fit_efa(answers().iloc[:4], 1).flags


def test_an_over_factored_solution_says_that_it_did_not_converge() -> None:
    assert "not_converged" in fit_efa(answers(), 3, extraction="pa").flags


@pytest.mark.parametrize(("items", "k"), [(answers()[["a", "b"]], 1), (answers(), 4)])
def test_more_unknowns_than_correlations_are_refused(items: pd.DataFrame, k: int) -> None:
    with pytest.raises(NotIdentifiedError, match="unknowns"):
        fit_efa(items, k)


def test_an_option_of_another_rotation_is_refused(own: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="gamma"):
        fit_efa(own, 3, n_obs=400, rotation="varimax", rotation_options={"gamma": 0.5})


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(12)), rotation=st.sampled_from(["oblimin", "varimax", "promax"]))
def test_the_order_of_items_changes_nothing(order: list[int], rotation: Any) -> None:
    r = pd.read_csv(REFERENCE / "data" / "correlations_12.csv")
    r.index = r.columns
    shuffled = fit_efa(r.iloc[order, order], 3, n_obs=400, rotation=rotation).loadings.loc[r.columns]
    # rotations end at a projected gradient of 1e-8
    np.testing.assert_allclose(shuffled, fit_efa(r, 3, n_obs=400, rotation=rotation).loadings, rtol=0, atol=1e-6)
