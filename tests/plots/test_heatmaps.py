"""Loadings and correlations, drawn and in words."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import (
    correlation_heatmap,
    correlation_heatmap_alt,
    loadings_heatmap,
    loadings_heatmap_alt,
    loadings_intervals,
    loadings_intervals_alt,
)
from hpp_analysis.plots.parts.style import INK, MUTED, svg_text


@pytest.fixture
def loadings() -> pd.DataFrame:
    return pd.DataFrame({"F1": [0.1, 0.8, 0.5, -0.7], "F2": [0.7, 0.0, 0.4, 0.05]}, index=["a", "b", "c", "d"])


@pytest.fixture
def correlations() -> pd.DataFrame:
    names = ["a1", "b1", "a2", "b2"]
    r = np.array([[1, 0.1, 0.6, -0.2], [0.1, 1, 0.2, 0.5], [0.6, 0.2, 1, 0.3], [-0.2, 0.5, 0.3, 1]])
    return pd.DataFrame(r, index=names, columns=names)


def test_items_come_by_factor_and_strength(loadings: pd.DataFrame) -> None:
    assert [text.get_text() for text in loadings_heatmap(loadings).texts][:4] == ["b", "d", "c", "a"]
    unsorted = loadings_heatmap(loadings, sort=False)
    assert [text.get_text() for text in unsorted.texts][:4] == ["a", "b", "c", "d"]


def test_small_loadings_are_muted(loadings: pd.DataFrame) -> None:
    color = {text.get_text(): text.get_color() for text in loadings_heatmap(loadings).texts}
    assert color["0.10"] == MUTED and color["0.40"] == INK
    stricter = {text.get_text(): text.get_color() for text in loadings_heatmap(loadings, muted=0.45).texts}
    assert stricter["0.40"] == MUTED


def test_what_is_not_known_is_a_dash_and_hostile_labels_are_text(loadings, words, hostile) -> None:
    loadings.loc["a", "F2"] = np.nan
    written = words(svg_text(loadings_heatmap(loadings, labels={"b": hostile}), salt="a"))
    assert "–" in written
    assert any("<script>" in word for word in written)
    assert "Nothing to show" in loadings_heatmap_alt(loadings * np.nan)
    assert len(loadings_heatmap(loadings * np.nan).texts) == 1


def test_loadings_in_words(loadings: pd.DataFrame) -> None:
    said = loadings_heatmap_alt(loadings)
    assert "4 items on 2 factors" in said and "F1: highest on b (0.80)" in said
    assert said.endswith("several factors: c.")


def test_numbers_that_do_not_fit_leave_the_sign() -> None:
    wide = pd.DataFrame(np.linspace(-0.9, 0.9, 90).reshape(2, 45), index=["a", "b"])
    texts = [text.get_text() for text in loadings_heatmap(wide).texts]
    assert texts.count("−") == 45 and "0.90" not in texts


def test_correlations_come_by_factor(correlations: pd.DataFrame) -> None:
    groups = {"a1": "A", "a2": "A", "b1": "B", "b2": "B"}
    written = [text.get_text() for text in correlation_heatmap(correlations, groups).texts]
    assert written[:4] == ["1  a1", "2  a2", "3  b1", "4  b2"]
    assert written.count("0.60") == 1  # below the diagonal only
    assert "1.00" not in written
    alt = correlation_heatmap_alt(correlations, groups)
    assert "highest is 0.60 (a1 with a2)" in alt and "−0.20 (a1 with b2)" in alt
    assert "On average 0.55 within factors and 0.10 between them." in alt
    with pytest.raises(OptionError, match="both sides"):
        correlation_heatmap(correlations.iloc[:, ::-1])


def test_loadings_stand_under_their_factor(words) -> None:
    frame = pd.DataFrame(
        {"item": ["a", "b"], "factor": ["F1", "F2"], "loading": [0.7, 0.2], "ci_lower": [0.6, -0.1], "ci_upper": [0.8, 0.5]}
    )  # fmt: skip
    written = words(svg_text(loadings_intervals(frame), salt="a"))
    assert {"F1", "F2", "0.70 (0.60 to 0.80)"} <= set(written)
    assert "above 0: 1; entirely below: 0; around it: 1" in loadings_intervals_alt(frame)
    with pytest.raises(OptionError, match="ci_upper"):
        loadings_intervals(frame.drop(columns="ci_upper"))
