import numpy as np
import pytest

from hpp_analysis.core.groups.cell_means import contrast_means
from hpp_analysis.core.groups.effects import equivalence_p, standardised_difference
from tests.core.conftest import read_values

REFERENCE = read_values("gaps")


DIGITS = 1e-11  # closed forms, printed with 13 significant digits


SIDES = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])


@pytest.fixture(scope="module")
def one_partnership(ratings):
    """Cell 0 of the client's against cell 5 of the partners'."""
    chosen = np.isin(ratings["cell"], [0, 5])
    cell = (ratings["cell"][chosen] == 5).astype(int)
    return contrast_means(ratings["y1"][chosen], cell, ratings["person"][chosen], SIDES)


def difference_of_means(found) -> float:
    return float(found.estimate[2])


def test_the_effect_is_hedges_g_of_unequal_variances(one_partnership) -> None:
    found, expected = one_partnership, REFERENCE["effect"]
    effect = standardised_difference(
        found.estimate[2], found.se[2], found.df[2], found.cell_sd, found.cell_n, SIDES[0], SIDES[1]
    )
    assert effect.effect == pytest.approx(expected["g"], abs=DIGITS)
    # effectsize's own correction has the degrees of freedom of Welch's t, 18.6 in the place of 17.9
    assert effect.effect == pytest.approx(expected["g_welch_df"], abs=0.002)
    assert difference_of_means(found) / effect.sd == pytest.approx(expected["d"], abs=DIGITS)
    assert effect.sd == pytest.approx(expected["sd"], abs=DIGITS)
    assert effect.df == pytest.approx(expected["df"], abs=1e-9)
    assert [effect.ci_lower, effect.ci_upper] == pytest.approx(expected["ci"], abs=1e-10)
    # neighbours: pooled variance, no correction; and effectsize's interval from a noncentral t lies within .04
    assert abs(expected["g_pooled_sd"] - expected["g"]) > 0.01
    assert abs(expected["d"] - expected["g"]) > 0.03
    assert [effect.ci_lower, effect.ci_upper] == pytest.approx(expected["effectsize_ci"], abs=0.04)


def test_equivalence_is_two_one_sided_tests(one_partnership) -> None:
    found = one_partnership
    for name, margin in {"half": 0.5, "two": 2.0, "three": 3.0}.items():
        p = equivalence_p(found.estimate[2], found.se[2], found.df[2], margin)
        assert p == pytest.approx(REFERENCE["tost"][name], abs=1e-9), name
        assert abs(p - REFERENCE["tost"]["two_sided"]) > 0.02  # of another hypothesis
    assert equivalence_p(0.2, 0.0, np.nan, 0.5) == 0.0
    assert equivalence_p(0.7, 0.0, np.nan, 0.5) == 1.0
    assert np.isnan(equivalence_p(np.nan, 0.1, 5.0, 0.5))


def test_an_effect_without_spread_is_undefined() -> None:
    for sd, n in (([0.0, 0.0], [5, 5]), ([1.0, np.nan], [5, 1])):
        effect = standardised_difference(1.0, 0.2, 8.0, np.array(sd), np.array(n), SIDES[0], SIDES[1])
        assert np.isnan([effect.effect, effect.ci_lower, effect.ci_upper]).all()
