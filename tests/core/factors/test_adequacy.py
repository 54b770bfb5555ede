from pathlib import Path

import numpy as np
import pytest

from hpp_analysis.core.factors.adequacy import AdequacyMeasures, adequacy_measures
from tests.core.conftest import ordinal_answers, read_table, read_values

VALUES = read_values("correlation")


def check(found: AdequacyMeasures, values: dict) -> None:
    # R inverts in another order: rounding of well-conditioned matrices
    assert found.kmo == pytest.approx(values["kmo"], abs=1e-10)
    np.testing.assert_allclose(found.msa, values["msa"], rtol=0, atol=1e-10)
    assert found.chi2 == pytest.approx(values["bartlett_chi2"], rel=1e-9)  # 12 digits in the file
    assert found.df == values["bartlett_df"]
    assert found.p == pytest.approx(values["bartlett_p"], rel=1e-6, abs=1e-300)  # far in the tail
    assert np.abs(found.msa - found.kmo).max() > 1e-3  # the neighbour: one number for all


def complete(x: np.ndarray) -> np.ndarray:
    return x[~np.isnan(x).any(axis=1)]


def of(x: np.ndarray) -> AdequacyMeasures:
    return adequacy_measures(np.corrcoef(complete(x).T), len(complete(x)))


def test_measures_are_those_of_psych() -> None:
    check(of(ordinal_answers()[1]), VALUES["ordinal"]["adequacy"])


def test_measures_of_public_data_are_those_of_psych(shared_data: Path) -> None:
    check(of(read_table(shared_data / "psychTools" / "bfi.csv")[1][:, 1:26]), VALUES["bfi"]["adequacy"])
    check(of(read_table(shared_data / "EFAtools" / "GRiPS_raw.csv")[1]), VALUES["grips"]["adequacy"])
    check(of(read_table(shared_data / "semPLS" / "mobi.csv")[1]), VALUES["mobi"]["adequacy"])
    path = shared_data / "lavaan" / "HolzingerSwineford1939.csv"
    nine = np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(6, 15))
    check(of(nine), VALUES["hs"]["adequacy"])
    path = shared_data / "EFAtools" / "DOSPERT_cor_N1507.csv"
    matrix = np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, 41))
    check(adequacy_measures(matrix, 1507), VALUES["dospert"]["adequacy"])


def test_a_singular_matrix_names_the_dependent_items() -> None:
    x = np.random.default_rng(3).normal(size=(50, 5))
    x[:, 4] = x[:, 1] + x[:, 2]
    found = of(x)
    assert found.flags == ("singular",)
    assert found.dependent.tolist() == [1, 2, 4]
    assert np.isnan([found.kmo, found.chi2, found.p, *found.msa]).all()


@pytest.mark.parametrize(
    ("r", "flag"),
    [
        (np.eye(1), "one_item"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "undefined_correlation"),
        (np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]), "not_positive_definite"),
    ],
)
def test_what_is_not_defined_says_why(r: np.ndarray, flag: str) -> None:
    found = adequacy_measures(r, 100)
    assert found.flags == (flag,)
    assert np.isnan(found.kmo)


def test_two_items_and_no_correlation() -> None:
    assert adequacy_measures(np.array([[1.0, 0.4], [0.4, 1.0]]), 50).kmo == pytest.approx(0.5)
    alone = adequacy_measures(np.eye(3), 50)
    assert np.isnan(alone.kmo)
    assert alone.p == 1.0
