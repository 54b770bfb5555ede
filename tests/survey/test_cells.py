"""The quick ways with a column say what the careful one says."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_analysis.survey.cells import distinct, plain_text, spelling


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=60))
def test_counting_whole_numbers_is_hashing_them(numbers: list[int]) -> None:
    codes, spellings = distinct(pd.Series(numbers, dtype="int64"))
    assert [spellings[code] for code in codes] == [str(number) for number in numbers]
    assert len(set(spellings)) == len(spellings)
    assert set(codes) == set(range(len(spellings)))  # no spelling that stands nowhere


def test_a_wide_range_is_not_counted() -> None:
    numbers = [0, 10**15, -(10**15)]
    codes, spellings = distinct(pd.Series(numbers))
    assert [spellings[code] for code in codes] == [str(number) for number in numbers]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "uint64"])
def test_narrow_types_do_not_overflow(dtype: str) -> None:
    numbers = [0, 100, 127]
    codes, spellings = distinct(pd.Series(numbers, dtype=dtype))
    assert [spellings[code] for code in codes] == ["0", "100", "127"]


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=4), min_size=1, max_size=3))
def test_text_is_plain_only_where_nothing_would_change(texts: list[str]) -> None:
    column = pd.Series(texts, dtype="str")
    plain = plain_text(column)
    if plain is not None:
        assert list(plain) == [spelling(text) for text in texts]
        assert all(texts)


def test_ids_are_plain_and_gaps_are_not() -> None:
    ids = pd.Series(["r1", "é 2", "開"], dtype="str")
    assert plain_text(ids) is ids
    for other in (["r1", " r2"], ["r1", ""], ["r1", None], ["r1", "a\x00"], ["a\x85b"]):
        assert plain_text(pd.Series(other, dtype="str")) is None
    assert plain_text(pd.Series([1.0, np.nan])) is None
