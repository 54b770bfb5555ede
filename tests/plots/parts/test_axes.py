"""The drawing of a picture on axes."""

import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from hpp_analysis.plots import dots
from hpp_analysis.plots.parts.axes import draw_on_axes, styled
from hpp_analysis.plots.parts.picture import Lines, Marks, Picture, Place, Shapes, Text, box
from hpp_analysis.plots.parts.style import Mark
from hpp_analysis.plots.parts.svg import svg_of


def test_settings_return_after_an_error():
    before = dict(mpl.rcParams)
    with pytest.raises(ZeroDivisionError), styled():
        1 / 0  # noqa: B018
    assert dict(mpl.rcParams) == before


def test_both_ways_of_drawing_put_things_at_the_same_points():
    picture = Picture(None, 4.0, 3.0, left=1.0, right=0.5, top=0.5, bottom=1.0)
    picture.x_limits, picture.y_limits = (2.0, 10.0), (5.0, 0.0)
    places = [
        Place(x, y, shift) for x in ("data", "left", "right") for y in ("data", "top", "bottom") for shift in (0, 6)
    ]
    for place in places:
        picture.add(Text(3.0, 0.25, "a", rise="top", place=place))
    ax = draw_on_axes(picture)
    ax.figure.set_dpi(72)
    drawn = np.array([text.get_transform().transform(text.get_position()) for text in ax.texts])
    x = [float(one) for one in re.findall(r' x="([^"]*)"', svg_of(picture))]
    y = [float(one) for one in re.findall(r' y="([^"]*)"', svg_of(picture))]
    np.testing.assert_allclose(drawn[:, 0], x, atol=0.006)  # SVG is rounded to a hundredth of a point
    np.testing.assert_allclose(72 * 3 - drawn[:, 1], np.array(y) - 0.76 * 9, atol=0.006)


def test_items_keep_their_order_looks_and_the_axes_their_limits():
    picture = Picture(None, 4.0, 3.0, left=1.0, right=0.5, top=0.5, bottom=1.0)
    picture.add(
        Lines([((0, 0), (1, 1))], "#ff0000", 3.0, (1, 1)),
        Shapes([box(0, 0, 9, 9)], ["#00ff00"], "#0000ff", 2.0),
        Marks([(0.5, 0.5), (20.0, 20.0)], Mark("#123456", "s", filled=False, size=4)),
        Text(0, 0, "$x$", bold=True, italic=True, upright=True, ground=2.0),
    )
    ax = draw_on_axes(picture)
    lines, shapes = ax.collections
    (marks,), (text,) = ax.lines, ax.texts
    assert lines.get_zorder() < shapes.get_zorder() < marks.get_zorder() < text.get_zorder()
    assert (lines.get_linewidth()[0], shapes.get_linewidth()[0]) == (3.0, 2.0)
    assert marks.get_markerfacecolor() == "white" and not marks.get_clip_on()
    assert (text.get_rotation(), text.get_fontweight(), text.get_fontstyle()) == (90, "bold", "italic")
    assert not text.get_parse_math()
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 1), (0, 1))


def test_a_figure_can_be_saved_in_other_formats(dots_frame, tmp_path):
    dots(dots_frame).figure.savefig(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG"


def test_marks_follow_axes_that_are_laid_out_later(dots_frame):
    figure = Figure(layout="constrained")
    ax = dots(dots_frame, ax=figure.subplots())
    figure.canvas.draw()
    before = ax.transData.transform((5.0, 1.0))
    figure.set_size_inches(12, 4)
    figure.draw_without_rendering()
    assert not np.allclose(before, ax.transData.transform((5.0, 1.0)))
    marks = next(line for line in ax.lines if len(line.get_xdata()) > 1)
    assert marks.get_transform() == ax.transData
