"""What chance and the nesting of answers do to verdicts on the number of factors."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import retain_factors
from hpp_analysis.factors.retention import Retention
from hpp_analysis.factors.retention_criteria import CHEAP
from tests.factors.test_retention import FAST, three_factors, verdicts


@pytest.fixture(scope="module")
def every() -> Retention:
    return retain_factors(three_factors(), criteria=(*CHEAP, "nest", "chi2"), n_sets=200, stability=25)


def test_stability_is_the_share_of_samples_that_say_the_same(every: Retention) -> None:
    assert set(every.stability["criterion"]) == set(CHEAP)
    np.testing.assert_allclose(every.stability.groupby("criterion")["share"].sum(), 1.0)
    said = every.table.set_index("criterion")
    assert said["stability"]["map"] > 0.9
    assert said["stability"][["nest", "chi2"]].isna().all()
    named = retain_factors(three_factors(), criteria=("parallel",), stability=4, stability_criteria=("bic",), **FAST)
    assert set(named.stability["criterion"]) == {"bic"}
    assert list(named.table["criterion"]) == ["parallel", "bic"]
    parametric = retain_factors(three_factors().corr(), n_obs=400, criteria="map", stability=20)
    assert parametric.table["stability"][0] > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 100, 200])
def test_bootstrap_samples_say_what_studies_of_half_the_size_say(n: int) -> None:
    criteria = ("parallel", "parallel_smc", "map", "ekc", "nest", "bic")
    options: dict[str, Any] = {"criteria": criteria, "n_sets": 100, "reference": "normal"}
    samples: list[pd.Series] = []
    halves: list[pd.Series] = []
    for seed in range(20):
        found = retain_factors(three_factors(n, seed), stability=30, stability_criteria=criteria, **options)
        said = found.stability.assign(sum=found.stability["n_factors"] * found.stability["share"])
        samples.append(said.groupby("criterion")["sum"].sum())
        for other in range(5):
            half = retain_factors(three_factors(n // 2, 1000 + 10 * seed + other), **options)
            halves.append(half.table.set_index("criterion")["n_factors"])
    apart = (pd.DataFrame(samples).mean() - pd.DataFrame(halves).mean()).abs()
    # a verdict's standard deviation is at most about .7 here: three standard errors of 20 studies and of 100, .7 times
    # sqrt(1/20 + 1/100), are .5; by the references of the whole study EKC and NEST said up to two factors more
    assert (apart < 0.5).all(), apart


def test_samples_are_judged_as_half_the_study() -> None:
    found = retain_factors(three_factors(100, 3), criteria=("ekc", "kaiser"), stability=60, reference="normal")
    said = found.stability.assign(sum=found.stability["n_factors"] * found.stability["share"])
    mean = said.groupby("criterion")["sum"].sum()
    # chance counts twice: eigenvalues above 1 become more, those above the reference of half the size do not
    assert mean["kaiser"] > verdicts(found)["kaiser"]
    assert mean["ekc"] < verdicts(found)["ekc"] + 0.5
