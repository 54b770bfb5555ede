from collections.abc import Callable

import pytest

from hpp_analysis.core.sem.score_tests import modification_indices
from tests.core.sem.conftest import CASES, MODELS, Fitted


@pytest.mark.parametrize("name", [name for name in MODELS if "mi" in CASES[name]])
def test_modification_indices(name: str, fitted: Callable[[str], Fitted]) -> None:
    found = modification_indices(fitted(name).found)
    ours = {key: k for k, key in enumerate(zip(found.lhs, found.op, found.rhs, found.group.tolist(), strict=True))}
    theirs, compared = CASES[name]["mi"], 0
    for k, key in enumerate(zip(theirs["lhs"], theirs["op"], theirs["rhs"], theirs["group"], strict=True)):
        if key not in ours:
            continue
        for field in ("mi", "epc", "sepc"):
            value = getattr(found, field)[ours[key]]
            if name == "own_GLS":  # lavaan's slope of GLS has the divisor n where its test has n - 1
                n = fitted(name).found.objective.n_total
                value *= (n - 1) / n
            # lavaan's slope is taken where its iteration stopped
            assert value == pytest.approx(theirs[field][k], rel=1e-3), (key, field)
        compared += 1
    assert compared >= 6
