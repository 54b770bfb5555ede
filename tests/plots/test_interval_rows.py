import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import intervals
from hpp_analysis.plots.interval_rows import TONES
from hpp_analysis.plots.parts.style import PLAIN, palette


def test_estimates_and_intervals_are_written(intervals_frame, words):
    written = words(intervals.svg(intervals_frame, reference=0.7, unit_decimals=2, xlabel="alpha"))
    assert "0.91 (0.88 to 0.93)" in written
    assert "0.70" in written
    assert "alpha" in written


def test_the_axis_holds_all_that_is_drawn(intervals_frame):
    low, high = intervals(intervals_frame, reference=0.2).get_xlim()
    assert low <= 0.2
    assert high >= 0.93
    assert intervals(intervals_frame, limits=(0, 1)).get_xlim() == (0, 1)
    one = intervals(pd.DataFrame({"label": ["a"], "estimate": 0.0, "ci_lower": np.nan, "ci_upper": np.nan}))
    assert one.get_xlim()[0] < 0 < one.get_xlim()[1]


def test_an_interval_beyond_the_axis_ends_in_an_arrow(intervals_frame):
    ax = intervals(intervals_frame.assign(ci_lower=-np.inf, ci_upper=np.inf), limits=(0.6, 1))
    assert {"<", ">"} <= {line.get_marker() for line in ax.lines}
    ends = [bar[:, 0].tolist() for bars in ax.collections for bar in bars.get_segments()]
    assert [0.6, 1.0] in ends
    outside = intervals(intervals_frame.assign(estimate=-0.4, ci_lower=np.nan, ci_upper=np.nan), limits=(0.6, 1))
    assert [line.get_marker() for line in outside.lines] == ["<"]
    assert "−0.4" in [text.get_text() for text in outside.texts]
    with pytest.raises(OptionError, match="lower first"):
        intervals(intervals_frame, limits=(1, 0))


def test_an_interval_may_be_withheld_without_its_estimate(intervals_frame, words):
    frame = intervals_frame.copy()
    frame.loc[0, ["ci_lower", "ci_upper"]] = np.nan
    written = words(intervals.svg(frame, unit_decimals=2))
    assert "0.91" in written
    frame.loc[1, "estimate"] = np.nan
    written = words(intervals.svg(frame, unit_decimals=2))
    assert "not shown" in written
    assert not any("0.80" in word for word in written)  # its interval is not shown either


def test_tones_have_colours_markers_and_a_key(intervals_frame, words):
    frame = intervals_frame.assign(tone=["client_higher", "partner_higher", None])
    frame = pd.concat([frame, frame.iloc[:1].assign(label="Trust", tone="alike")])
    ax = intervals(frame, reference=0)
    marks = {(line.get_color(), line.get_marker()) for line in ax.lines}
    assert {(mark.color, mark.marker) for mark in TONES.values()} <= marks
    written = words(intervals.svg(frame, reference=0))
    assert {
        "Client higher, for certain",
        "Partner higher, for certain",
        "Alike, or nearly",
        "Unclear: these answers cannot tell",
    } <= set(written)
    assert "Partner higher, for certain" not in words(intervals.svg(frame.iloc[:1]))
    assert "Koper higher, for certain" in words(intervals.svg(frame, sides=("Koper", "Leverancier")))
    assert "Koper higher, for certain: 1; Leverancier higher, for certain: 1;" in intervals.alt(
        frame, sides=("Koper", "Leverancier")
    )
    with pytest.raises(OptionError, match="client_higher"):
        intervals(frame.assign(tone="better"))


def test_without_tones_nothing_looks_like_a_side(intervals_frame):
    colors = {line.get_color() for line in intervals(intervals_frame).lines}
    assert PLAIN.color in colors
    assert not colors & {palette["client"].color, palette["partner"].color}


def test_two_estimates_of_one_label(intervals_frame, words):
    frame = pd.concat([intervals_frame.assign(series="alpha"), intervals_frame.assign(series="omega")])
    ax = intervals(frame)
    written = words(intervals.svg(frame))
    assert written.count("Openness") == 1
    assert {"alpha", "omega"} <= set(written)
    heights = {
        round(float(y), 6) for line in ax.lines if line.get_transform() == ax.transData for y in line.get_ydata()
    }
    assert len(heights) == 6
    assert "(alpha on Openness)" in intervals.alt(frame)


def test_in_words(intervals_frame):
    assert intervals.alt(intervals_frame, reference=0.85, unit_decimals=2) == (
        "Chart of 3 estimates with their intervals. "
        "The values run from 0.72 (Conflict management) to 0.91 (Openness). "
        "Intervals entirely above 0.85: 1; entirely below: 1; around it: 1."
    )
    frame = intervals_frame.assign(tone=["client_higher", "partner_higher", "unclear"], estimate=[0.5, -0.25, np.nan])
    assert intervals.alt(frame, reference=0) == (
        "Chart of 3 estimates with their intervals. The values run from −0.2 (Equality) to 0.5 (Openness). "
        "Client higher, for certain: 1; Partner higher, for certain: 1; alike, or nearly: 0; unclear: 0. 1 value is not shown."
    )
