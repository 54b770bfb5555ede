"""Figures of confirmatory models: path diagram, residuals, invariance ladder."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.path import Path

from hpp_analysis.plots import invariance_ladder, path_diagram, residual_heatmap
from hpp_analysis.plots.parts.picture import Lines, Shapes


@pytest.fixture
def model() -> pd.DataFrame:
    rows = [(f, "=~", f"{f}{i}", 0.5 + 0.1 * i) for f in "abc" for i in range(3)]
    rows += [("a", "~~", "b", 0.4), ("a", "~~", "c", -0.3), ("b", "~~", "c", 0.2), ("a", "~~", "a", 1.0)]
    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "value"])


def test_every_variable_and_coefficient_is_written(model, words):
    written = words(path_diagram.svg(model, labels={"a": "Openness"}))
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
        picture = path_diagram.compose(frame)
        outlines = [item.points[0] for item in picture.items if isinstance(item, Shapes) and len(item.points[0]) > 3]
        boxes = [Path(outline).get_extents() for outline in outlines]
        assert len(boxes) == 12 + bool(extra)
        for i, box in enumerate(boxes):
            assert box.x0 >= -1e-6
            assert box.x1 <= picture.x_limits[1] + 1e-6
            assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_a_negative_path_is_dashed(model):
    dashed = [item for item in path_diagram.compose(model).items if isinstance(item, Lines) and item.dash]
    assert len(dashed) == 1


def test_arrow_heads_end_at_what_they_point_to(model):
    items = path_diagram.compose(model).items
    heads = [triangle for item in items if isinstance(item, Shapes) for triangle in item.points if len(triangle) == 3]
    assert len(heads) == 9 + 2 * 3  # one for each loading, two for each correlation
    boxes = [
        Path(item.points[0]).get_extents() for item in items if isinstance(item, Shapes) and len(item.points[0]) > 3
    ]
    for tip, *_corners in heads:
        assert any(
            box.x0 - 1e-9 <= tip[0] <= box.x1 + 1e-9 and box.y0 - 1e-9 <= tip[1] <= box.y1 + 1e-9 for box in boxes
        )


def test_the_alt_names_factors_items_and_correlations(model):
    said = path_diagram.alt(model, labels={"a": "Openness"})
    assert "Openness: 3 items, loadings from 0.50 (a0) to 0.70 (a2)." in said
    assert "Openness – c −0.30" in said


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
    written = " ".join(words(invariance_ladder.svg(frame)))
    for text in ("Configural", "fails (x3)", "not testable (n 20)"):
        assert text in written
    assert ax.get_xlim()[0] <= -0.03
    assert len({line.get_marker() for line in ax.lines[-3:]}) == 3
    assert "Metric: fails (x3), change −0.030." in invariance_ladder.alt(frame)


def test_nothing_to_draw_says_so(model):
    empty = model.iloc[:0]
    assert "Nothing" in path_diagram(empty).texts[0].get_text()
    assert "Nothing" in path_diagram.alt(empty)
    gone = pd.DataFrame(np.nan, index=list("ab"), columns=list("ab"))
    assert "Nothing" in residual_heatmap(gone).texts[0].get_text()


def test_labels_are_drawn_as_they_are_written(model, words, hostile):
    labels = {"a": hostile, "a0": hostile}
    for svg in (
        path_diagram.svg(model, labels=labels),
        residual_heatmap.svg(pd.DataFrame(0.2, index=list("ab"), columns=list("ab")), labels=labels),
    ):
        assert "<script>" not in svg
        assert words(svg)
