"""Counts, bands of answers, importance and the parts of a difference."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import bars, importance, stacks
from hpp_analysis.plots.bar_rows import BANDS
from hpp_analysis.plots.parts.picture import Shapes
from hpp_analysis.plots.parts.style import WIDTH
from hpp_analysis.texts import language


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["Openness", "Equality", "A & B <c>"],
            "importance": [0.30, 0.12, 0.02],
            "ci_lower": [0.24, 0.08, 0.0],
            "ci_upper": [0.42, 0.17, 0.05],
            "p_first": [0.97, 0.03, 0.0],
            "tier": [1, 2, 2],
        }
    )


def test_shares_of_first_places_are_written(frame: pd.DataFrame, words) -> None:
    written = words(importance.svg(frame))
    assert {"First", "97%", "3%", "0%", "Openness", "Clearly less important"} <= set(written)
    low, high = importance(frame).get_xlim()
    assert low == 0
    assert high == pytest.approx(0.5)


def test_the_first_tier_has_a_colour_of_its_own(frame: pd.DataFrame, words) -> None:
    def colours(data: pd.DataFrame) -> set[str]:
        return {fill for item in importance.compose(data).items if isinstance(item, Shapes) for fill in item.fills}

    assert len(colours(frame)) == 2
    assert len(colours(frame.assign(tier=1))) == 1
    assert "Clearly less important" not in words(importance.svg(frame.assign(tier=1)))


def test_without_samples_there_are_bars_alone(frame: pd.DataFrame, words) -> None:
    bare = frame[["label", "importance"]]
    written = words(importance.svg(bare))
    assert "First" not in written
    assert importance.alt(bare) == (
        "Chart of the importance of 3 predictors. The values run from 0.02 (A & B <c>) to 0.30 (Openness)."
    )


def test_nothing_known_is_said(frame: pd.DataFrame) -> None:
    empty = frame.assign(importance=np.nan)
    assert "Nothing to show" in importance.alt(empty)
    importance(empty)
    with pytest.raises(OptionError):
        importance(frame.drop(columns="label"))


def test_it_speaks_dutch(frame: pd.DataFrame) -> None:
    with language("nl"):
        assert "97%" in importance.alt(frame)
        assert importance.alt(frame) != "" and "predictors" not in importance.alt(frame)


def test_bars_begin_at_zero_and_carry_their_number(bars_frame, words):
    frame = bars_frame.astype({"n": float})
    frame.loc[3, "n"] = np.nan
    assert bars(frame, xlabel="Persons").get_xlim()[0] == 0
    written = words(bars.svg(frame, xlabel="Persons"))
    assert {"12", "31", "not shown", "Persons", "Client", "Partner"} <= set(written)
    assert bars.alt(frame) == (
        "Bar chart with 4 bars. The values run from 9 (Client, Supplier B) to 31 (Partner, Supplier A). "
        "1 value is not shown."
    )


def test_one_kind_of_count_has_no_key(bars_frame, words):
    frame = bars_frame.iloc[:2].drop(columns="series")
    assert "Client" not in words(bars.svg(frame))
    assert "to 12 (Supplier A)" in bars.alt(frame)


def test_bands_of_answers_differ_in_grey():
    """Neighbours by more than half as much light, and each letter from its ground as a text must."""
    light = [luminance(ground) for ground, _letters in BANDS]
    for one, other in itertools.pairwise(light):
        assert (max(one, other) + 0.05) / (min(one, other) + 0.05) > 1.5
    for ground, letters in BANDS:
        one, other = luminance(ground), luminance(letters)
        assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5


def test_the_key_of_bands_fits_its_figure(items_frame):
    shares = pd.DataFrame({"label": ["A", "B"], "low": 0.2, "middle": 0.5, "high": 0.3})
    short, long = (
        stacks(shares, names=names, width=3.0).figure.get_size_inches()[0]
        for names in (("Low", "Middle", "High"), ("Low (below 5.5)", "Middle (5.5 to 7.75)", "High (from 7.75)"))
    )
    assert 3.0 <= short < long <= WIDTH


def test_persons_have_a_head_with_one_panel_too():
    shares = pd.DataFrame({"label": ["A", "B"], "low": 0.2, "middle": 0.5, "high": 0.3})
    texts = [[text.get_text() for text in stacks(data).texts] for data in (shares, shares.assign(n=40))]
    assert ["Persons" in written for written in texts] == [False, True]


def luminance(color: str) -> float:
    """Relative luminance as WCAG defines it."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
