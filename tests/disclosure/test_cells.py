"""The plan of a run answers for the groups and variables that it knows, and withholds all others."""

import numpy as np
import pytest

from hpp_analysis import plan_disclosure, simulate_study
from hpp_analysis.disclosure import Cells, group_key


@pytest.fixture(scope="module")
def cells() -> Cells:
    return plan_disclosure(simulate_study(partners=2, persons_per_side=[[20, 7], [20, 20]], seed=1).survey)


def test_what_was_not_planned_is_withheld(cells: Cells) -> None:
    known = cells.keys[0]
    assert cells.state(known, "openness") != "withheld" and cells.n(known, "openness") > 0
    for key, variable in ((group_key(client="nobody"), "openness"), (known, "nothing")):
        assert (cells.state(key, variable), cells.n(key, variable)) == ("withheld", 0)
        assert cells.public_reason(key, variable) == "unknown_group"


def test_a_report_says_less_than_the_plan_knows(cells: Cells) -> None:
    frame = cells.to_frame()
    assert len(frame) == len(cells.keys) * len(cells.variables)
    assert "below_detail" in set(frame["reason"])
    public = {cells.public_reason(key, variable) for key in cells.keys for variable in cells.variables}
    assert public <= {"", "no_answers", "too_few", "protected"}


def test_a_plan_cannot_be_changed(cells: Cells) -> None:
    with pytest.raises(ValueError, match="read-only"):
        cells.states[0, 0] = "full"
    assert all(cells.parts[place] >= cells.keys[0] for place in cells.parts_of(cells.keys[0]))
    assert np.isin(cells.ratings["told"].unique(), range(-1, len(cells.parts))).all()
