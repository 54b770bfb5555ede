"""The map of priorities."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import priority_map
from hpp_analysis.plots.parts.lettering import SMALL, text_height, text_width
from hpp_analysis.plots.parts.picture import Lines, Marks, Text
from hpp_analysis.plots.parts.placing import Box
from hpp_analysis.plots.priorities import MOST_NAMES


def crowded(n: int) -> pd.DataFrame:
    """Characteristics with long names that lie close together."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "label": [f"Changes in requirements are communicated in time, number {place}" for place in range(n)],
            "distance": -1.2 + rng.normal(0, 0.1, n),
            "importance": np.clip(1 / n + rng.normal(0, 0.01, n), 0.001, 1),
            "tier": ["start_here"] * 3 + ["consider"] * 4 + ["later"] * (n - 7),
        }
    )


def names_in(picture) -> list[Text]:
    return [
        item for item in picture.items if isinstance(item, Text) and item.place.x == "left" and item.place.y == "bottom"
    ]


def box_of(text: Text) -> Box:
    lines = text.text.split("\n")
    wide, high = max(text_width(line, SMALL, bold=text.bold) for line in lines), text_height(text.text, SMALL)
    return Box(text.x - wide / 2, text.x + wide / 2, text.y - high / 2, text.y + high / 2)


def test_those_that_matter_have_their_names_and_the_others_do_not(priorities_frame, words):
    written = words(priority_map.svg(priorities_frame))
    for label, tier in zip(priorities_frame["label"], priorities_frame["tier"], strict=True):
        assert (label in written) == (tier != "later")


@pytest.mark.parametrize("n", [19, 35])
def test_no_name_meets_another_or_leaves_the_axes(n):
    picture = priority_map.compose(crowded(n))
    boxes = [box_of(text) for text in names_in(picture)]
    assert 3 <= len(boxes) <= MOST_NAMES
    assert not any(box.meets(other) for place, box in enumerate(boxes) for other in boxes[:place])
    assert all(box.x0 >= 0 and box.x1 <= picture.axis_width for box in boxes)
    assert all(box.y0 >= 0 and box.y1 <= picture.axis_height for box in boxes)


def test_the_axes_end_where_the_data_do_and_hold_the_threshold(priorities_frame):
    plain = priorities_frame[["label", "distance", "importance", "tier"]]
    low, high = priority_map.compose(plain.assign(distance=[-1.2, -0.7, -0.6])).x_limits
    assert (low, high) == (-1.5, 0.5)
    low, high = priority_map.compose(plain.assign(distance=[0.2, 0.4, 2.3])).x_limits
    assert (low, high) == (-0.5, 2.5)
    assert priority_map.compose(plain.assign(importance=[0.30, 0.34, 0.36])).y_limits[0] > 0.2


def test_uncertainty_is_drawn_of_the_tiers_that_matter(priorities_frame):
    data = priorities_frame.assign(distance_lower=-9.0)
    picture = priority_map.compose(data)
    crosses = [item for item in picture.items if isinstance(item, Lines) and item.opacity < 1]
    assert len(crosses) == 2 and picture.x_limits[0] <= -9
    none = priorities_frame.drop(columns=["distance_lower", "importance_upper"])
    assert not any(isinstance(item, Lines) and item.opacity < 1 for item in priority_map.compose(none).items)


def test_a_row_without_a_place_is_not_drawn(priorities_frame):
    data = priorities_frame.copy()
    data.loc[0, "distance"] = np.nan
    items = priority_map.compose(data).items
    assert sum(len(item.points) for item in items if isinstance(item, Marks) and item.place.y == "data") == 2
    assert not any(isinstance(item, Text) and item.bold for item in items)


def test_an_unknown_tier_is_refused(priorities_frame):
    with pytest.raises(OptionError, match="Did you mean 'later'"):
        priority_map(priorities_frame.assign(tier="latter"))
