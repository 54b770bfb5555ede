"""When a wave that was reported may be reported again."""

import pytest

from hpp_analysis.disclosure import group_key, may_rerelease, rerelease_blockers

ALL, X, Y = group_key(), group_key(partner="X"), group_key(partner="Y")


@pytest.mark.parametrize(
    ("previous", "new", "blockers"),
    [
        ({X: range(20)}, {X: range(20)}, ()),
        ({X: range(20)}, {X: range(24)}, (X,)),
        ({X: range(20)}, {X: range(25)}, ()),
        ({X: range(20)}, {X: range(19)}, (X,)),  # who left follows by subtraction
        ({X: range(20)}, {X: range(1, 25)}, ()),
        ({X: range(20)}, {X: range(20), Y: range(20, 30)}, ()),  # a group that is new
        ({X: range(20)}, {}, ()),
        ({ALL: range(20), X: range(10)}, {ALL: range(26), X: [*range(10), *range(20, 25)]}, (ALL,)),  # 6 - 5
        ({ALL: range(20), X: range(10)}, {ALL: range(30), X: [*range(10), *range(20, 25)]}, ()),
    ],
)
def test_a_reported_wave_is_closed(previous, new, blockers):
    assert rerelease_blockers(previous, new) == blockers
    assert may_rerelease(previous, new) == (not blockers)
