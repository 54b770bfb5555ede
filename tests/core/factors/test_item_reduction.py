"""Which items leave a factor solution, and by which number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis import fit_efa, simulate_study
from hpp_analysis.core.factors.item_reduction import RULES, Limits, Measures, choose, measure
from hpp_analysis.core.factors.solutions_many import RotatedSolutions, StartingPoint


def test_item_rest_is_that_of_standardised_answers() -> None:
    x = simulate_study(seed=2).survey.items.iloc[:, :19].dropna()
    efa = fit_efa(x, 3)
    known = efa.source.known
    solved = RotatedSolutions(
        known.solution.lambda_[None], known.solution.phi[None], np.zeros(1, bool), np.ones(1, bool),
        StartingPoint(known.unrotated[None], known.psi[None], known.solution.t[None]),
    )  # fmt: skip
    measures = measure(solved, efa.correlations.to_numpy()[None])
    z = (x - x.mean()) / x.std()
    factor = efa.loadings.abs().to_numpy().argmax(axis=1)
    sign = np.sign(efa.loadings.to_numpy()[range(19), factor])
    for place, item in enumerate(x):
        others = [i for i in range(19) if factor[i] == factor[place] and i != place]
        rest = (z.iloc[:, others] * sign[others]).sum(axis=1)
        assert np.corrcoef(z[item] * sign[place], rest)[0, 1] == pytest.approx(measures.item_rest[0, place])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_choices_obey_their_order(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    p = 9
    factor = rng.integers(k, size=(1, p))
    size = np.bincount(factor[0], minlength=k)[factor]
    measures = Measures(*rng.random((4, 1, p)), factor, size)
    limits = Limits((0.3, 0.4, 0.2, 0.3), 3)
    free = rng.random((1, p)) < 0.8
    choice = choose(measures, limits, free)
    spare = free & (size > 3)
    broken = [(getattr(measures, name) < cut) & spare for name, cut in zip(RULES, limits.cuts, strict=True)]
    rules = [place for place, items in enumerate(broken) if items.any()]
    assert choice.rule[0] == (rules[0] if rules else -1)
    if rules:
        item = int(choice.item[0])
        assert spare[0, item] and broken[rules[0]][0, item]
        assert choice.value[0] == getattr(measures, RULES[rules[0]])[0][spare[0]].min()
