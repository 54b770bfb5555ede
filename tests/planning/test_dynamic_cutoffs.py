"""Cut-offs of fit for one's own model: against lavaan, and against the authors' package."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError
from hpp_analysis.planning import dynamic_cutoffs

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "study_planning.json").read_text(encoding="utf-8"))
ITEMS, FACTORS = [f"x{item}" for item in range(1, 10)], ["visual", "textual", "speed"]
LOADINGS = pd.DataFrame(REFERENCE["lambda"], ITEMS, FACTORS)
PHI = pd.DataFrame(REFERENCE["phi"], FACTORS, FACTORS)


@pytest.fixture(scope="module")
def found():
    return dynamic_cutoffs(LOADINGS, factor_correlations=PHI, n_obs=301, n_sim=1000, seed=1, jobs=1)


def test_fit_in_samples_is_that_of_lavaan(found) -> None:
    """Quantiles of 1,000 samples here and of 500 of lavaan: up to three standard errors of both, .0045 for SRMR to .010 for CFI."""
    for level, reference in enumerate(REFERENCE["quantiles"]):
        own = found.distributions[found.distributions["level"].eq(level)]
        for name, tolerance in (("cfi", 0.010), ("rmsea", 0.010), ("srmr", 0.0045)):
            np.testing.assert_allclose(own[name].quantile([0.05, 0.10, 0.90, 0.95]), reference[name], atol=tolerance)


def test_cutoffs_are_those_of_the_authors_package(found) -> None:
    """The vignette of `dynamic` gives SRMR .040, RMSEA .044 and CFI .984 (500 samples); three Monte Carlo errors of both."""
    first = found.to_frame().iloc[0]
    assert first["srmr"] == pytest.approx(0.040, abs=0.003)
    assert first["rmsea"] == pytest.approx(0.044, abs=0.006)
    assert first["cfi"] == pytest.approx(0.984, abs=0.004)
    assert first["rmsea_error"] == first["cfi_error"] == 0.10  # at 5 % right and wrong models overlap
    second = found.to_frame().iloc[1]
    assert second["rmsea_error"] == 0.05 and second["rmsea"] > 0.07  # a cut-off of level 2 is another one


def test_the_levels_add_one_cross_loading_each(found) -> None:
    table = found.to_frame()
    assert table[["item", "factor", "loading"]].values.tolist() == [["x2", "textual", 0.424], ["x7", "textual", 0.57]]
    assert table["level"].tolist() == [1, 2]


def test_a_model_of_one_factor_misses_pairs_with_more_in_common() -> None:
    """Samples against 500 of lavaan; three standard errors of both, as above."""
    reference = REFERENCE["one_factor"]
    loadings = pd.DataFrame({"f": reference["loadings"]}, index=[f"x{item}" for item in range(1, 7)])
    found = dynamic_cutoffs(loadings, n_obs=reference["n"], n_sim=1000, seed=1, jobs=1)
    assert found.to_frame()["n_pairs"].tolist() == [1, 2, 3]
    for level, quantiles in enumerate(reference["quantiles"]):
        own = found.distributions[found.distributions["level"].eq(level)]
        for name, tolerance in (("cfi", 0.008), ("rmsea", 0.010), ("srmr", 0.0045)):
            np.testing.assert_allclose(own[name].quantile([0.05, 0.10, 0.90, 0.95]), quantiles[name], atol=tolerance)
    medians = found.distributions.groupby("level")["cfi"].median()
    assert (medians.diff().dropna() < -0.008).all()  # another level would not pass for this one
    assert "3 pairs of items" in str(found._block("table")) and "residuals correlate" in found.methods("en")


def test_without_enough_respondents_there_is_no_cutoff() -> None:
    few = dynamic_cutoffs(LOADINGS, factor_correlations=PHI, n_obs=60, n_sim=100, seed=1, jobs=1)
    first = few.to_frame().iloc[0]
    assert first[["cfi", "rmsea", "srmr"]].isna().all()
    assert "no index tells the right model" in few.summary("en") and "geen enkele maat" in few.summary("nl")
    assert few._block("table").caption and few.plot("srmr")


def test_a_fitted_model_is_judged_by_its_own_loadings() -> None:
    survey = hpp.simulate_study(persons_per_side=40, dips=0, seed=1).survey
    fit = hpp.fit_cfa(survey)
    found = dynamic_cutoffs(fit, n_sim=100, jobs=1)
    assert found.n_obs == fit.n_used and list(found.loadings.columns) == ["openness", "equality", "conflict_management"]
    own = fit.estimates.query("op == '=~'").set_index("rhs")["std_all"]
    np.testing.assert_array_equal(found.loadings.max(axis=1)[own.index], own)
    assert "Its CFI of" in found.summary("en")
    again = dynamic_cutoffs(fit, n_sim=100, jobs=2)
    pd.testing.assert_frame_equal(found.to_frame(), again.to_frame())


def test_models_that_it_cannot_judge_are_errors() -> None:
    answers = hpp.simulate_study(persons_per_side=40, seed=1).survey.items
    models = ["f =~ ope1 + ope2 + ope3", "f =~ ope1 + ope2 + ope3\ng =~ equ1 + equ2 + equ3\nope1 ~~ ope2"]
    for model in models:
        with pytest.raises(OptionError):
            dynamic_cutoffs(hpp.fit_cfa(model, answers))
    crossed = LOADINGS.copy()
    crossed.loc["x1", "speed"] = 0.2
    cases = [
        (crossed, {"factor_correlations": PHI, "n_obs": 300}), (LOADINGS, {"n_obs": 300}),
        (LOADINGS, {"factor_correlations": PHI}), (LOADINGS[["visual"]][:3], {"factor_correlations": PHI, "n_obs": 300}),
        (-LOADINGS, {"factor_correlations": PHI, "n_obs": 300}), (LOADINGS, {"factor_correlations": 2 * PHI, "n_obs": 300}),
        (LOADINGS, {"factor_correlations": PHI, "n_obs": 5}),
    ]  # fmt: skip
    for loadings, options in cases:
        with pytest.raises(OptionError):
            dynamic_cutoffs(loadings, **options)
