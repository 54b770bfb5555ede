"""Figures of confirmatory models: path diagram, residuals, invariance ladder."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import (
    invariance_ladder,
    invariance_ladder_alt,
    path_diagram,
    path_diagram_alt,
    residual_heatmap,
    residual_heatmap_alt,
)
from hpp_analysis.plots.parts.style import svg_text


@pytest.fixture
def model() -> pd.DataFrame:
    rows = [(f, "=~", f"{f}{i}", 0.5 + 0.1 * i) for f in "abc" for i in range(3)]
    rows += [("a", "~~", "b", 0.4), ("a", "~~", "c", -0.3), ("b", "~~", "c", 0.2), ("a", "~~", "a", 1.0)]
    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "value"])


def test_every_variable_and_coefficient_is_written(model, words):
    written = words(svg_text(path_diagram(model, labels={"a": "Openness"}), salt="a"))
    for text in ("Openness", "b", "a0", "c2", "0.70", "0.40", "−0.30"):
        assert text in written
    assert "1.00" not in written  # a factor's own variance is no arrow


def test_boxes_stand_inside_and_apart(model):
    for extra in (
        [],
        [("g", "=~", f, 0.8) for f in "abc"],
        [("all", "=~", f"{f}{i}", 0.4) for f in "abc" for i in range(3)],
    ):
        frame = pd.concat([model, pd.DataFrame(extra, columns=model.columns)])
        ax = path_diagram(frame)
        boxes = [
            patch.get_extents().transformed(ax.transData.inverted()) for patch in ax.patches if patch.get_zorder() == 3
        ]
        assert len(boxes) == 12 + bool(extra)
        for i, box in enumerate(boxes):
            assert box.x0 >= -1e-6
            assert box.x1 <= ax.get_xlim()[1] + 1e-6
            assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_a_negative_path_is_dashed(model):
    dashed = [patch.get_linestyle() for patch in path_diagram(model).patches]
    assert sum(line != "solid" and line != "-" for line in dashed) == 1


def test_the_alt_names_factors_items_and_correlations(model):
    said = path_diagram_alt(model, labels={"a": "Openness"})
    assert "Openness: 3 items, loadings from 0.50 (a0) to 0.70 (a2)." in said
    assert "Openness – c −0.30" in said


def test_residuals_that_matter_carry_their_number(words):
    values = np.zeros((3, 3))
    values[1, 0] = values[0, 1] = -0.14
    values[2, 0] = values[0, 2] = 0.05
    frame = pd.DataFrame(values, index=list("abc"), columns=list("abc"))
    written = words(svg_text(residual_heatmap(frame), salt="a"))
    assert "−0.14" in written
    assert "0.05" not in written
    assert "0.05" in words(svg_text(residual_heatmap(frame, notable=0.05), salt="a"))
    assert "1 of 3 pairs are 0.10 or larger. The largest: a – b −0.14." in residual_heatmap_alt(frame)
    with pytest.raises(OptionError):
        residual_heatmap(frame.iloc[:2])


def test_the_ladder_shows_the_verdicts_in_words(words):
    frame = pd.DataFrame(
        {
            "label": ["Configural", "Metric", "Scalar"],
            "verdict": ["holds", "fails", "not_testable"],
            "said": ["holds", "fails (x3)", "not testable (n 20)"],
            "change": [np.nan, -0.03, np.nan],
        }
    )
    ax = invariance_ladder(frame)
    written = " ".join(words(svg_text(ax, salt="a")))
    for text in ("Configural", "fails (x3)", "not testable (n 20)"):
        assert text in written
    assert ax.get_xlim()[0] <= -0.03
    assert len({line.get_marker() for line in ax.lines[-3:]}) == 3
    assert "Metric: fails (x3), change −0.030." in invariance_ladder_alt(frame)


def test_nothing_to_draw_says_so(model):
    empty = model.iloc[:0]
    assert "Nothing" in path_diagram(empty).texts[0].get_text()
    assert "Nothing" in path_diagram_alt(empty)
    gone = pd.DataFrame(np.nan, index=list("ab"), columns=list("ab"))
    assert "Nothing" in residual_heatmap(gone).texts[0].get_text()


def test_labels_are_drawn_as_they_are_written(model, words, hostile):
    labels = {"a": hostile, "a0": hostile}
    for svg in (
        svg_text(path_diagram(model, labels=labels), salt="a"),
        svg_text(residual_heatmap(pd.DataFrame(0.2, index=list("ab"), columns=list("ab")), labels=labels), salt="a"),
    ):
        assert "<script>" not in svg
        assert words(svg)
