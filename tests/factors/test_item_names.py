"""Names of items as other programs allow them."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.factors import safe_item_names


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=12, unique=True),
    st.sampled_from(["lavaan", "spss", "mplus"]),
)
def test_names_are_safe_short_and_different(names: list[str], program: str) -> None:
    safe = safe_item_names(names, program)
    assert list(safe) == names
    assert len({name.lower() for name in safe.values()}) == len(names)
    for name in safe.values():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", name)
        assert len(name) <= (8 if program == "mplus" else 64)
        if program == "spss":
            assert "." not in name
    again = safe_item_names(safe.values(), program)
    assert list(again.values()) == list(safe.values())


def test_allowed_names_stay() -> None:
    assert safe_item_names(["ope1", "ope_2"], "mplus") == {"ope1": "ope1", "ope_2": "ope_2"}
    assert np.array_equal(list(safe_item_names(["x y", "x_y"], "spss").values()), ["x_y2", "x_y"])
