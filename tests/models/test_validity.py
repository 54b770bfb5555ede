"""Validity of fitted models against semTools 0.5-6, and item bias against numerical integration (validity_models.R)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.common.interpret import HTMT_CUTOFF
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa import fit_cfa
from hpp_analysis.models.validity import convergent_validity
from hpp_analysis.texts import languages

FOLDER = Path(__file__).parents[1] / "reference"


REFERENCE: dict[str, Any] = json.loads((FOLDER / "validity_models.json").read_text(encoding="utf-8"))


THREE = "visual =~ x1 + x2 + x3; textual =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"


RESIDUAL = THREE + "; x1 ~~ x2"


SECOND = THREE + "; g =~ visual + textual + speed"


FACTORS = ["visual", "textual", "speed"]


# ten digits and lavaan's convergence: its estimates are within about 1e-6
CLOSE = 1e-5


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data" / "two_groups.csv")


@pytest.mark.parametrize(("name", "model"), [("three", THREE), ("residual", RESIDUAL)])
def test_ave_and_cr_are_semtools_of_standardised_items(name: str, model: str, own: pd.DataFrame) -> None:
    theirs = REFERENCE[name]
    validity = convergent_validity(fit_cfa(model, own.dropna(), estimator="ML"), n_boot=0)
    for measure, ours in (("ave", validity.ave), ("cr", validity.cr)):
        expected = pd.Series({factor: theirs[measure][factor] for factor in FACTORS})
        np.testing.assert_allclose(ours[FACTORS], expected, atol=CLOSE)
        # neighbours: unstandardised items, observed variances below the line, equal loadings
        others = ["raw_ave"] if measure == "ave" else ["raw_cr", "cr_observed", "tau"]
        for other in others:
            assert np.abs(ours[FACTORS] - pd.Series(theirs[other])[FACTORS]).max() > 5e-4, other
    correlations = validity.pairs.set_index(["factor", "other"])["correlation"]
    i, j = np.triu_indices(3, 1)
    np.testing.assert_allclose(correlations, np.array(theirs["phi"])[i, j], atol=CLOSE)


def test_residual_covariances_count_in_composite_reliability(own: pd.DataFrame) -> None:
    with_, without = (
        convergent_validity(fit_cfa(model, own.dropna(), estimator="ML"), n_boot=0).cr["visual"]
        for model in (RESIDUAL, THREE)
    )
    assert without - with_ > 0.05
    own_loadings = fit_cfa(RESIDUAL, own.dropna(), estimator="ML").estimates.query("op == '=~' and lhs == 'visual'")
    plain = own_loadings["std_all"].sum() ** 2
    plain /= plain + (1 - own_loadings["std_all"] ** 2).sum()
    assert abs(plain - with_) > 0.02, "leaving them out would give another number"


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_ratios_of_correlations_are_semtools(missing: Any, own: pd.DataFrame) -> None:
    theirs = REFERENCE[missing]
    validity = convergent_validity(fit_cfa(THREE, own, estimator="ML", missing=missing), n_boot=0)
    for measure, ours in (("htmt", validity.htmt), ("htmt2", validity.htmt2)):
        # with gaps both rest on EM correlations, which lavaan iterates to about 1e-5
        np.testing.assert_allclose(ours, theirs[measure], atol=1e-4 if missing == "fiml" else CLOSE)
    assert np.abs(np.array(theirs["htmt"]) - theirs["htmt2"]).max() > 0.01
    other = REFERENCE["fiml" if missing == "listwise" else "listwise"]
    assert np.abs(np.array(theirs["htmt2"]) - other["htmt2"]).max() > 0.02
    pairs = validity.pairs.set_index(["factor", "other"])
    assert pairs.loc[("visual", "speed"), "htmt2"] == validity.htmt2.loc["visual", "speed"]
    assert pairs["htmt_ci_lower"].isna().all(), "no samples, no interval"


def test_a_second_order_factor_is_judged_by_the_factors_that_measure_it(own: pd.DataFrame) -> None:
    loadings = np.array(REFERENCE["second"])
    second = convergent_validity(fit_cfa(SECOND, own.dropna(), estimator="ML"), n_boot=20)
    assert second.ave["g"] == pytest.approx((loadings**2).mean(), abs=CLOSE)
    whole = loadings.sum() ** 2
    assert second.cr["g"] == pytest.approx(whole / (whole + (1 - loadings**2).sum()), abs=CLOSE)
    assert second.htmt2.loc["g"].isna().all()
    assert np.isfinite(second.htmt2.loc["visual", "speed"])


def test_bifactor_models_have_no_ratios_and_several_groups_no_validity(own: pd.DataFrame) -> None:
    general = " + ".join(f"x{i}" for i in range(1, 10))
    bifactor = f"{THREE}; g =~ {general}; g ~~ 0*visual + 0*textual + 0*speed; visual ~~ 0*textual + 0*speed; textual ~~ 0*speed"
    validity = convergent_validity(fit_cfa(bifactor, own, std_lv=True), n_boot=20)
    assert set(validity.pairs["verdict"]) == {"undefined"}
    with pytest.raises(OptionError, match="one group"):
        convergent_validity(fit_cfa(THREE, own, group="group"))


def test_intervals_frames_and_words(own: pd.DataFrame) -> None:
    cfa = fit_cfa(THREE, own)
    validity = convergent_validity(cfa, n_boot=200, seed=1)
    pairs = validity.pairs
    assert (pairs["htmt2_ci_lower"] < pairs["htmt2"]).all()
    assert (pairs["htmt2"] < pairs["htmt2_ci_upper"]).all()
    # both estimate the correlation of the factors, which the model estimates too
    assert (pairs["htmt2"] - pairs["correlation"]).abs().max() < 0.1
    assert set(pairs["verdict"]) == {"distinct"}
    assert np.diag(validity.fornell_larcker) == pytest.approx(np.sqrt(validity.ave))
    assert (validity.to_frame()["fornell_larcker"]).all()
    assert 0.2 < validity.one_factor_share < 0.5
    assert convergent_validity(cfa, n_boot=200, seed=1).pairs.equals(pairs)
    assert not convergent_validity(cfa, n_boot=200, seed=2).pairs.equals(pairs)
    said = {code: (validity.summary(code), validity.methods(code), validity.alt(language=code)) for code in languages()}
    for place in range(3):
        assert len({texts[place] for texts in said.values()}) == len(said)
    assert validity.plot().texts


def test_verdicts_follow_the_truth() -> None:
    """Two factors that correlate .95 are not distinct, .30 are, and .86 in 120 respondents cannot be told."""
    rng = np.random.default_rng(8)
    said = {}
    for correlation, n in ((0.97, 2000), (0.30, 2000), (0.86, 120)):
        factors = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], size=n)
        x = np.repeat(factors, 3, axis=1) * 0.8 + 0.6 * rng.normal(size=(n, 6))
        frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(1, 7)])
        cfa = fit_cfa("one =~ x1 + x2 + x3; two =~ x4 + x5 + x6", frame, estimator="ML")
        validity = convergent_validity(cfa, n_boot=200)
        row = validity.pairs.iloc[0]
        # HTMT2 estimates the correlation; its standard error is about .01 with 2,000 and .06 with 120 respondents
        assert row["htmt2"] == pytest.approx(correlation, abs=0.03 if n > 1000 else 0.18)
        said[correlation] = row["verdict"]
        assert validity.ave.to_numpy() == pytest.approx(0.64, abs=0.04 if n > 1000 else 0.15)
    assert said == {0.97: "not_distinct", 0.30: "distinct", 0.86: "unclear"}
    assert HTMT_CUTOFF == 0.90


def test_clusters_widen_intervals_and_covariances_alone_give_none(own: pd.DataFrame) -> None:
    copies = pd.concat([own.dropna()] * 4, ignore_index=True)
    copies["person"] = np.tile(np.arange(len(own.dropna())), 4)
    width = {}
    for name, options in (("rows", {}), ("persons", {"cluster": "person"})):
        pairs = convergent_validity(fit_cfa(THREE, copies, **options), n_boot=200).pairs
        width[name] = (pairs["htmt2_ci_upper"] - pairs["htmt2_ci_lower"]).mean()
    # four copies of everybody are no more than one: intervals by row are half as wide
    assert width["persons"] / width["rows"] == pytest.approx(2.0, rel=0.2)
    items = own.dropna().drop(columns="group")
    known = convergent_validity(fit_cfa(THREE, sample_cov=items.cov(), n_obs=len(items)))
    assert known.flags == ("no_intervals",)
    assert known.n_boot == 0
    without = convergent_validity(fit_cfa(THREE, own), n_boot=0)
    assert without.flags == ("no_intervals",)
    for validity in (known, without):
        assert "no intervals" in validity.methods("en") and "no intervals" in validity.summary("en")
        assert "samples against" not in validity.methods("en")
    assert known.pairs["htmt2_ci_lower"].isna().all()
