"""What the options may be."""

import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.simulation.simulate import simulate_study
from tests.simulation.conftest import small_instrument


@pytest.mark.parametrize(
    "option",
    [
        {"partners": 0},
        {"partners": []},
        {"partners": ["A", "A"]},
        {"partners": [" A"]},
        {"clients": ["A"], "partners": ["A", "B"]},
        {"clients": 1.5},
        {"persons_per_side": -1},
        {"persons_per_side": 0},
        {"persons_per_side": 2.5},
        {"persons_per_side": [1, 2, 3]},
        {"persons_per_side": [[1, 2], [3]]},
        {"persons_per_side": True},
        {"waves": 0},
        {"waves": True},
        {"returning": 1.2},
        {"several": "many"},
        {"mean": 1},
        {"mean": 11},
        {"loadings": 0.7},
        {"loadings": (0.8, 0.6)},
        {"factor_correlations": (0.5, 1.0)},
        {"quality": -1},
        {"quality": [1, 2]},
        {"gaps": {"open": 1}},
        {"gaps": {"openness": "large"}},
        {"gaps": {"openness": 20}},
        {"changes": "up"},
        {"changes": {"openness": 9}, "waves": 2},
        {"dips": -1},
        {"coefficients": 0.3},
        {"coefficients": {"success": 0.3}},
        {"coefficients": {"openness": 0.9, "equality": 0.9}},
        {"person_share": 1.5},
        {"style": -0.1},
        {"dont_know": 0.6},
        {"skipped": float("nan")},
        {"careless": None},
        {"seed": -1},
        {"seed": None},
        {"instrument": "hpo", "gaps": 1.0},
        {"instrument": small_instrument(columns=("respondent",)), "waves": 2},
    ],
)
def test_an_impossible_option_is_refused(option):
    with pytest.raises(OptionError, match=r"Given"):
        simulate_study(**option)


def test_any_values_within_the_limits_will_do():
    study = simulate_study(
        partners=1,
        persons_per_side=(1, 0),
        loadings=(0.9, 0.9),
        factor_correlations=(0.0, 0.0),
        mean=9.9,
        quality=[2.0],
        gaps=0,
        dips=99,
        person_share=1.0,
        dont_know=0.5,
        skipped=0.5,
        careless=1.0,
        style=1.0,
    )
    assert len(study.survey) == 1
    assert study.truth.gaps.isna().all(axis=None)
