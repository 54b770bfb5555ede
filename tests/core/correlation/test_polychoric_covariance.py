from pathlib import Path

import numpy as np
import pytest

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.correlation.polychoric import polychoric, polychoric_covariance
from hpp_analysis.errors import OptionError
from tests.core.conftest import ordinal_answers, read_table, read_values, symmetric

VALUES = read_values("correlation")


def check(x: np.ndarray, values: dict) -> None:
    categories = categorise(x[~np.isnan(x).any(axis=1)])
    r = polychoric(categories).r
    found = polychoric_covariance(categories, r)
    assert found.n == values["n"]
    wanted = symmetric(values["above"], values["diagonal"])
    # lavaan's correlations lie within 1e-7 of the maximum, and a variance multiplies that by its own slope
    np.testing.assert_allclose(found.gamma, wanted, rtol=1e-5, atol=1e-5)
    # the neighbour: normal theory, as if Pearson's correlations had been computed
    naive = (1 - r[np.triu_indices(len(r), 1)] ** 2) ** 2
    assert np.abs(np.diag(found.gamma)[found.n_thresholds :] / naive - 1).max() > 0.1


def test_covariances_are_those_of_lavaan() -> None:
    check(ordinal_answers()[1][:, [1, 3, 5]], VALUES["ordinal"]["gamma"])


def test_covariances_of_bfi_are_those_of_lavaan(shared_data: Path) -> None:
    check(read_table(shared_data / "psychTools" / "bfi.csv")[1][:, 1:6], VALUES["bfi"]["gamma"])


def test_they_tell_how_estimates_vary_over_samples() -> None:
    rng = np.random.default_rng(9)
    estimates, told = [], []
    for _sample in range(300):
        z = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=400)
        categories = categorise(np.column_stack([np.searchsorted([-0.5, 0.8], part) for part in z.T]).astype(float))
        r = polychoric(categories).r
        estimates.append(r[0, 1])
        told.append(polychoric_covariance(categories, r).gamma[-1, -1] / 400)
    # the standard deviation of 300 estimates has a standard error of 4 %
    assert np.std(estimates) == pytest.approx(np.sqrt(np.mean(told)), rel=0.12)


def test_gaps_and_constant_items_are_refused() -> None:
    for x in ([[1.0, np.nan], [2.0, 1.0]], [[1.0, 1.0], [2.0, 1.0]]):
        with pytest.raises(OptionError):
            polychoric_covariance(categorise(np.array(x)), np.eye(2))
