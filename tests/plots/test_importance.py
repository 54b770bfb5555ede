import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import importance, importance_alt
from hpp_analysis.plots.parts.style import svg_text
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
    written = words(svg_text(importance(frame), salt="a"))
    assert {"First", "97%", "3%", "0%", "Openness", "Clearly less important"} <= set(written)
    low, high = importance(frame).get_xlim()
    assert low == 0
    assert high == pytest.approx(0.5)


def test_the_first_tier_has_a_colour_of_its_own(frame: pd.DataFrame, words) -> None:
    colours = [patch.get_facecolor() for patch in importance(frame).patches]
    assert len(set(colours)) == 2
    alike = importance(frame.assign(tier=1))
    assert len({patch.get_facecolor() for patch in alike.patches}) == 1
    assert "Clearly less important" not in words(svg_text(alike, salt="a"))


def test_without_samples_there_are_bars_alone(frame: pd.DataFrame, words) -> None:
    bare = frame[["label", "importance"]]
    written = words(svg_text(importance(bare), salt="a"))
    assert "First" not in written
    assert importance_alt(bare) == (
        "Chart of the importance of 3 predictors. The values run from 0.02 (A & B <c>) to 0.30 (Openness)."
    )


def test_nothing_known_is_said(frame: pd.DataFrame) -> None:
    empty = frame.assign(importance=np.nan)
    assert "Nothing to show" in importance_alt(empty)
    importance(empty)
    with pytest.raises(OptionError):
        importance(frame.drop(columns="label"))


def test_it_speaks_dutch(frame: pd.DataFrame) -> None:
    with language("nl"):
        assert "97%" in importance_alt(frame)
        assert importance_alt(frame) != "" and "predictors" not in importance_alt(frame)
