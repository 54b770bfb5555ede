"""Rows, their key and their vertical line."""

import pytest

from hpp_analysis.plots import dots, verdicts
from hpp_analysis.plots.parts import style
from hpp_analysis.plots.parts.picture import Lines
from hpp_analysis.plots.parts.row_frame import WIDEST, lay_key, lay_rows, row_frame


def test_long_labels_are_wrapped_and_never_wider_than_their_room():
    rows = lay_rows(["", ""], ["word " * 60, "x" * 300])
    assert rows.label_width <= WIDEST
    assert all(label.count("\n") == 2 for label in rows.labels)
    assert all(label.endswith("…") for label in rows.labels)


def test_rows_stand_under_their_factor_in_order_of_appearance():
    rows = lay_rows(["B", "A", "B"], ["b1", "a1", "b2"])
    assert rows.y[0] < rows.y[2] < rows.y[1]
    assert [heading for _, heading in rows.headings] == ["B", "A"]
    assert not lay_rows(["", ""], ["a", "b"]).headings


def test_the_key_is_wrapped():
    entries = [(style.mark_of(place), name) for place, name in enumerate(["a" * 30, "b" * 30, "c" * 200])]
    key = lay_key(entries, 4.0)
    assert [x for x, *_ in key.places] == [0, 0, 0]
    assert key.places[2][3].endswith("…")
    assert lay_key([], 4.0).height == 0


def test_a_line_beyond_the_axis_is_not_drawn_and_its_words_neither(words, dots_frame):
    assert "Threshold 12" not in words(dots.svg(dots_frame, threshold=12))
    assert "Threshold 8.5" in words(dots.svg(dots_frame, threshold=8.5))


def test_key_and_words_of_the_line_share_a_level_where_both_fit(intervals_frame):
    data = intervals_frame.assign(tone="reached", estimate=8, ci_lower=7, ci_upper=9)
    two_levels, one_level = (verdicts.compose(data, threshold=line).top for line in (1, 10))
    assert one_level < two_levels


def test_the_axis_holds_what_is_drawn_and_the_line():
    for around, line in (([0.2, 0.9], 1.4), ([-3.0], None), ([5.0, 5.0], 5.0)):
        low, high = row_frame(None, [""], ["a"], around=around, line=line).picture.x_limits
        assert low <= min(around) and max([*around, line or -9]) <= high


def test_rows_have_a_thin_line_each():
    frame = row_frame(None, ["", ""], ["a", "b"], limits=(0, 1))
    grid = next(item for item in frame.picture.items if isinstance(item, Lines))
    assert [line[0][1] for line in grid.points] == pytest.approx(frame.y)
