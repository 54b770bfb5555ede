"""Dumbbells, dots and strips."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import bars, dots, dumbbell
from hpp_analysis.plots.parts.style import NARROW, WIDTH


@pytest.mark.parametrize("draw", [dumbbell, dots])
def test_the_axis_is_fixed(draw, items_frame):
    frame = items_frame if draw is dumbbell else items_frame.iloc[:19].assign(share_dont_know=0.1)
    for mean in (1.0, 10.0):
        ax = draw(frame.assign(mean=mean), threshold=8.5)
        assert ax.get_xlim() == (1, 10)
        assert list(ax.get_xticks()) == list(range(1, 11))


def test_labels_of_42_characters_stay_on_one_line(items_frame, words):
    ax = dumbbell(items_frame, threshold=8.5)
    written = words(dumbbell.svg(items_frame, threshold=8.5))
    assert set(items_frame["label"]) <= set(written)
    assert set(items_frame["group"]) <= set(written)
    left = ax.get_position().x0 * ax.figure.get_size_inches()[0]
    assert left < 0.6 * ax.figure.get_size_inches()[0]


def test_one_side_withheld_leaves_the_other_and_none_leaves_a_word(items_frame, words):
    frame = items_frame.copy()
    frame["mean"] = 7.0
    frame.loc[19:, "mean"] = 6.0
    frame.loc[[0, 1, 20], "mean"] = np.nan
    ax = dumbbell(frame)
    written = words(dumbbell.svg(frame))
    assert written.count("not shown") == 1
    assert (written.count("7.0"), written.count("6.0")) == (17, 18)
    joins = [bar for bars in ax.collections for bar in bars.get_segments() if bar[0, 0] == 6.0 and bar[1, 0] == 7.0]
    assert len(joins) == 17


def test_the_higher_number_stands_at_the_right(items_frame):
    frame = items_frame.iloc[[0, 19]].assign(mean=[6.0, 7.5])
    sides = {text.get_text(): text.get_ha() for text in dumbbell(frame).texts}
    assert (sides["6.0"], sides["7.5"]) == ("right", "left")


def test_equal_means_are_both_written(items_frame):
    frame = items_frame.iloc[[0, 19]].assign(mean=7.0)
    assert sorted(text.get_ha() for text in dumbbell(frame).texts if text.get_text() == "7.0") == ["left", "right"]


def test_two_characteristics_with_one_label_are_two_rows():
    frame = pd.DataFrame({"group": "A", "label": "Same", "series": ["C", "C", "P", "P"], "mean": [5.0, 6.0, 7.0, 8.0]})
    ax = dumbbell(frame)
    assert [text.get_text() for text in ax.texts].count("Same") == 2
    assert "on 2 characteristics" in dumbbell.alt(frame)


def test_dumbbell_in_words(items_frame):
    frame = items_frame.assign(mean=7.0)
    frame.loc[:2, "mean"] = [8.5, 6.0, np.nan]
    label = frame["label"].iloc[0]
    assert dumbbell.alt(frame) == (
        "Dumbbell chart of the means of Client and Partner on 19 characteristics, on an axis from 1 to 10. "
        "Of 18 comparisons, Client is higher in 1 and Partner in 1. "
        f"The difference is largest on {label.strip()}: Client 8.5, Partner 7.0. "
        "1 value is not shown."
    )
    assert "largest" not in dumbbell.alt(items_frame.assign(mean=7.0))
    assert "on 19 factors" in dumbbell.alt(items_frame.assign(group=""))


def test_dumbbell_in_words_without_a_pair(items_frame):
    alone = items_frame[items_frame["series"] == "Client"]
    assert "The values run from" in dumbbell.alt(alone)
    assert "The only value shown is" in dumbbell.alt(alone.iloc[:1])


def test_three_series_have_the_lowest_and_the_highest_written(words):
    frame = pd.DataFrame({"group": "A", "label": "One", "series": list("XYZ"), "mean": [5.0, 6.0, 7.0]})
    written = words(dumbbell.svg(frame))
    assert "5.0" in written
    assert "7.0" in written
    assert "6.0" not in written
    assert "from 5.0 (X on One) to 7.0 (Z on One)" in dumbbell.alt(frame)


def test_dont_know_stands_at_the_right(dots_frame, words):
    frame = dots_frame.copy()
    frame.loc[3, ["mean", "share_dont_know"]] = np.nan
    written = words(dots.svg(frame, threshold=8.5))
    assert "Don't know" in written
    assert "15%" in written
    assert written.count("not shown") == written.count("–") == 1
    bare = words(dots.svg(frame.drop(columns="share_dont_know")))
    assert "Don't know" not in bare
    assert not any("%" in word for word in bare)


def test_a_share_is_between_0_and_1(dots_frame):
    with pytest.raises(OptionError, match="from 0 to 1"):
        dots(dots_frame.assign(share_dont_know=15.0))


def test_dots_in_words(dots_frame):
    frame = dots_frame.iloc[:3].assign(mean=[7.0, 9.0, np.nan], label=["a", "b", "c"], share_dont_know=[0.1, 0.2, 0])
    assert dots.alt(frame, threshold=8.5) == (
        "Dot chart of the mean on 3 characteristics, on an axis from 1 to 10. The values run from 7.0 (a) to 9.0 (b). "
        "“Don't know” was answered most often on b (20%). At 8.5 or higher: 1 of 2 means; not shown: 1."
    )
    assert "Don't know" not in dots.alt(frame.assign(share_dont_know=0.0))


def test_what_is_absent_is_not_withheld(bars_frame, items_frame, words):
    assert "not shown" not in words(bars.svg(bars_frame.iloc[:3]))
    assert "not shown" not in bars.alt(bars_frame.iloc[:3])
    assert "not shown" not in dumbbell.alt(items_frame.iloc[:-1])


def test_figures_of_rows_fit_a_phone_unless_their_labels_are_long(items_frame):
    short = items_frame.assign(label=[f"Label {place}" for place in range(19)] * 2)
    assert dumbbell(short, width=NARROW).figure.get_size_inches()[0] == NARROW
    assert NARROW < dumbbell(items_frame, width=NARROW).figure.get_size_inches()[0] <= WIDTH
