from collections.abc import Callable

import numpy as np
import pytest

from tests.core.sem.conftest import CASES, MODELS, Fitted

NAMES = {
    "npar": "n_par",
    "chisq": "chi2",
    "pvalue": "p",
    "logl": "loglik",
    "bic2": "sabic",
    "baseline.chisq": "baseline_chi2",
    "chisq.scaled": "chi2_scaled",
    "chisq.scaling.factor": "scaling_factor",
}


@pytest.mark.parametrize("name", MODELS)
def test_fit(name: str, fitted: Callable[[str], Fitted]) -> None:
    ours = fitted(name).measures()
    for measure, value in CASES[name]["fit"].items():
        theirs = 1e-3 if "scal" in measure or "robust" in measure else 1e-4
        known = NAMES.get(measure, measure.replace(".", "_"))
        assert ours[known] == pytest.approx(value, rel=theirs, abs=1e-5), measure


def test_neighbouring_options_differ() -> None:
    """Each reference could only be met by the option that it names."""

    def se(name: str) -> np.ndarray:
        return np.array(CASES[name]["se"], dtype=float)

    plain, robust, moment, least = (se(f"own_{name}") for name in ("ML", "MLR", "MLM", "GLS"))
    assert min(np.abs(one - other).max() for one, other in ((plain, robust), (robust, moment), (plain, least))) > 0.005
    fits = {name: CASES[name]["fit"] for name in CASES}
    assert abs(fits["own_MLR"]["chisq.scaling.factor"] - fits["own_MLM"]["chisq.scaling.factor"]) > 0.01
    assert abs(fits["own_cluster"]["chisq.scaled"] - fits["own_MLR"]["chisq.scaled"]) > 0.1
    for name in ("own_MLR", "own_fiml_MLR"):
        assert abs(fits[name]["rmsea.robust"] - fits[name]["rmsea.scaled"]) > 5e-4


def test_the_statistic_carries_n_not_n_minus_1(fitted: Callable[[str], Fitted]) -> None:
    fit = fitted("own_ML")
    ours, n = fit.measures(), fit.found.objective.n_total
    ratio = 2 * (ours["saturated_loglik"] - ours["loglik"])
    assert ours["chi2"] == pytest.approx(ratio, rel=1e-9)
    assert CASES["own_ML"]["fit"]["chisq"] != pytest.approx(ratio * (n - 1) / n, rel=1e-3)
