"""The map of priorities."""

import numpy as np
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import priority_map
from hpp_analysis.plots.parts.picture import Lines, Marks, Text


def test_every_characteristic_has_its_number_twice(priorities_frame, words):
    written = words(priority_map.svg(priorities_frame))
    for place, label in enumerate(priorities_frame["label"], start=1):
        assert written.count(str(place)) >= 2  # beside its mark, and beside its name
        assert label in written


def test_the_axis_is_the_same_unless_data_lie_beyond(priorities_frame):
    assert priority_map.compose(priorities_frame).x_limits == (-3, 1.5)
    low, high = priority_map.compose(priorities_frame.assign(distance=[-4.2, -0.4, 2.3])).x_limits
    assert (low, high) == (-5, 3)


def test_uncertainty_is_drawn_of_the_tiers_that_matter_and_ends_at_the_axis(priorities_frame):
    data = priorities_frame.assign(distance_lower=-9.0)
    crosses = [item for item in priority_map.compose(data).items if isinstance(item, Lines) and item.opacity < 1]
    assert len(crosses) == 2
    assert all(x >= -3 for item in crosses for line in item.points for x, _y in line)
    none = priorities_frame.drop(columns=["distance_lower", "importance_upper"])
    assert not any(isinstance(item, Lines) and item.opacity < 1 for item in priority_map.compose(none).items)


def test_a_row_without_a_place_is_named_and_not_drawn(priorities_frame, words):
    data = priorities_frame.copy()
    data.loc[0, "distance"] = np.nan
    assert any("not weighed" in word for word in words(priority_map.svg(data)))
    items = priority_map.compose(data).items
    assert sum(isinstance(item, Marks) and item.place.y == "data" for item in items) == 2
    assert not any(isinstance(item, Text) and item.bold for item in items)


def test_an_unknown_tier_is_refused(priorities_frame):
    with pytest.raises(OptionError, match="Did you mean 'later'"):
        priority_map(priorities_frame.assign(tier="latter"))
