"""Means per partner, correlations, loadings and residuals, drawn and in words."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import (
    correlation_heatmap,
    loadings_heatmap,
    loadings_intervals,
    partner_heatmap,
    residual_heatmap,
)
from hpp_analysis.plots.parts.picture import Text
from hpp_analysis.plots.parts.style import MUTED, mix
from hpp_analysis.plots.shaded_cells import SEQUENTIAL


@pytest.fixture
def loadings() -> pd.DataFrame:
    return pd.DataFrame({"F1": [0.1, 0.8, 0.5, -0.7], "F2": [0.7, 0.0, 0.4, 0.05]}, index=["a", "b", "c", "d"])


@pytest.fixture
def correlations() -> pd.DataFrame:
    names = ["a1", "b1", "a2", "b2"]
    r = np.array([[1, 0.1, 0.6, -0.2], [0.1, 1, 0.2, 0.5], [0.6, 0.2, 1, 0.3], [-0.2, 0.5, 0.3, 1]])
    return pd.DataFrame(r, index=names, columns=names)


def test_items_come_by_factor_and_strength(loadings: pd.DataFrame, words) -> None:
    assert words(loadings_heatmap.svg(loadings))[:4] == ["b", "d", "c", "a"]
    assert words(loadings_heatmap.svg(loadings, sort=False))[:4] == ["a", "b", "c", "d"]


def test_small_loadings_are_muted(loadings: pd.DataFrame) -> None:
    def colors(muted: float) -> list[dict[str, str]]:
        items = loadings_heatmap.compose(loadings, muted=muted).items
        return [
            {item.text: item.color for item in items if isinstance(item, Text)},
            {text.get_text(): text.get_color() for text in loadings_heatmap(loadings, muted=muted).texts},
        ]

    for drawn in colors(0.3):
        assert drawn["0.10"] == MUTED != drawn["0.40"]
    for drawn in colors(0.45):
        assert drawn["0.40"] == MUTED


def test_what_is_not_known_is_a_dash_and_hostile_labels_are_text(loadings, words, hostile) -> None:
    loadings.loc["a", "F2"] = np.nan
    written = words(loadings_heatmap.svg(loadings, labels={"b": hostile}))
    assert "–" in written
    assert any("<script>" in word for word in written)
    assert "Nothing to show" in loadings_heatmap.alt(loadings * np.nan)
    assert len(loadings_heatmap(loadings * np.nan).texts) == 1


def test_loadings_in_words(loadings: pd.DataFrame) -> None:
    said = loadings_heatmap.alt(loadings)
    assert "4 items on 2 factors" in said and "F1: highest on b (0.80)" in said
    assert said.endswith("several factors: c.")


def test_numbers_that_do_not_fit_leave_the_sign(words) -> None:
    wide = pd.DataFrame(np.linspace(-0.9, 0.9, 90).reshape(2, 45), index=["a", "b"])
    texts = words(loadings_heatmap.svg(wide))
    assert texts.count("−") == 45 and "0.90" not in texts


def test_on_axes_seaborn_draws_the_same_numbers(
    correlations: pd.DataFrame, loadings: pd.DataFrame, words, hostile
) -> None:
    groups = {"a1": "A", "a2": "A", "b1": "B", "b2": "B"}
    for draw, args in ((correlation_heatmap, (correlations, groups)), (loadings_heatmap, (loadings,))):
        labels = {"b": hostile, "b1": hostile}
        ax = draw(*args, labels=labels)
        drawn = [text.get_text() for text in ax.texts]
        numbers = [text for text in drawn if text not in ("A", "B")]
        assert numbers == [word for word in words(draw.svg(*args, labels=labels)) if word in numbers]
        assert len(numbers) in (6, 8) and len(drawn) == 8
        names = [label.get_text() for label in ax.get_yticklabels()]
        assert any(hostile in name.replace("\n", " ") for name in names)
        assert not any(label.get_parse_math() or label.get_rotation() for label in ax.get_yticklabels())
        own = Figure().subplots()
        assert draw(*args, ax=own) is own and own.collections


def test_correlations_come_by_factor(correlations: pd.DataFrame, words) -> None:
    groups = {"a1": "A", "a2": "A", "b1": "B", "b2": "B"}
    written = words(correlation_heatmap.svg(correlations, groups))
    assert written[:4] == ["1  a1", "2  a2", "3  b1", "4  b2"]
    assert written.count("0.60") == 1  # below the diagonal only
    assert "1.00" not in written
    alt = correlation_heatmap.alt(correlations, groups)
    assert "highest is 0.60 (a1 with a2)" in alt and "−0.20 (a1 with b2)" in alt
    assert "On average 0.55 within factors and 0.10 between them." in alt
    with pytest.raises(OptionError, match="both sides"):
        correlation_heatmap(correlations.iloc[:, ::-1])


def test_loadings_stand_under_their_factor(words) -> None:
    frame = pd.DataFrame(
        {"item": ["a", "b"], "factor": ["F1", "F2"], "loading": [0.7, 0.2], "ci_lower": [0.6, -0.1], "ci_upper": [0.8, 0.5]}
    )  # fmt: skip
    written = words(loadings_intervals.svg(frame))
    assert {"F1", "F2", "0.70 (0.60 to 0.80)"} <= set(written)
    assert "above 0: 1; entirely below: 0; around it: 1" in loadings_intervals.alt(frame)
    with pytest.raises(OptionError, match="ci_upper"):
        loadings_intervals(frame.drop(columns="ci_upper"))


def test_cells_are_darker_where_means_are_higher(cells: pd.DataFrame) -> None:
    """In grey too: the lightness of the colours falls from the lowest to the highest mean without a turn."""
    r, g, b = np.array([to_rgb(mix(SEQUENTIAL, share)) for share in np.linspace(0, 1, 50)]).T
    assert (np.diff(0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2) < 0).all()
    ax = partner_heatmap(cells)
    fill = ax.collections[-1]
    assert len(fill.get_facecolor()) == len(cells)
    written = [text.get_text() for text in ax.texts]
    assert written.count("1.0") == written.count("10.0") == 1
    assert "12 values" not in partner_heatmap.alt(cells)


def test_withheld_cells_are_hatched_and_have_no_number(cells: pd.DataFrame) -> None:
    whole = partner_heatmap(cells).collections[-1].get_paths()
    cells.loc[3, "mean"] = np.nan
    hatch, fill = partner_heatmap(cells).collections
    known = {path.get_extents().bounds for path in fill.get_paths()}
    (white,) = (path.get_extents() for path in whole if path.get_extents().bounds not in known)
    strokes = hatch.get_segments()
    assert len(strokes) > 2
    for stroke in strokes:  # inside the cell
        assert (stroke >= white.min - 1e-9).all() and (stroke <= white.max + 1e-9).all()
    assert "1 value is not shown." in partner_heatmap.alt(cells)
    assert "Nothing to show" in partner_heatmap.alt(cells.assign(mean=np.nan))
    with pytest.raises(OptionError, match="axis"):
        partner_heatmap(cells.assign(mean=12.0))


def test_two_characteristics_with_one_label_are_two_rows(cells: pd.DataFrame, words) -> None:
    written = words(partner_heatmap.svg(cells.assign(label="Dialogue")))
    assert written.count("Dialogue") == 3
    assert partner_heatmap.alt(cells.assign(label="Dialogue")).startswith("Table of shaded cells: the means of 3")


def test_what_is_no_table_is_refused() -> None:
    for draw in (correlation_heatmap, loadings_heatmap, residual_heatmap, partner_heatmap):
        for way in (draw, draw.svg, draw.alt):
            with pytest.raises(OptionError, match="DataFrame"):
                way([[1.0]])


def test_absent_cells_are_not_withheld(cells: pd.DataFrame) -> None:
    one_sided = cells[~(cells["series"].eq("Partner") & cells["partner"].eq("Bravo"))]
    assert len(partner_heatmap(one_sided).collections[-1].get_facecolor()) == 9
    assert "not shown" not in partner_heatmap.alt(one_sided)


def test_residuals_that_matter_carry_their_number(words):
    values = np.zeros((3, 3))
    values[1, 0] = values[0, 1] = -0.14
    values[2, 0] = values[0, 2] = 0.05
    frame = pd.DataFrame(values, index=list("abc"), columns=list("abc"))
    written = words(residual_heatmap.svg(frame))
    assert "−0.14" in written
    assert "0.05" not in written
    assert "0.05" in words(residual_heatmap.svg(frame, notable=0.05))
    assert "1 of 3 pairs are 0.10 or larger. The largest: a – b −0.14." in residual_heatmap.alt(frame)
    with pytest.raises(OptionError):
        residual_heatmap(frame.iloc[:2])
