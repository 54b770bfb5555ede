"""The SVG of a picture."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib.markers import MarkerStyle

from hpp_analysis.plots import dumbbell
from hpp_analysis.plots.bar_rows import _LEADING, _REST
from hpp_analysis.plots.interval_rows import OTHER, REPORTED, SAME, STATES, TONES
from hpp_analysis.plots.model_figures import _VERDICTS
from hpp_analysis.plots.parts import style, svg
from hpp_analysis.plots.parts.lettering import SMALL
from hpp_analysis.plots.parts.picture import Lines, Marks, Picture, Place, Shapes, Text, box
from hpp_analysis.plots.priorities import MARKS

LOOKS = [
    *style.palette.values(), style.PLAIN, style.NEUTRAL, *TONES.values(), *STATES.values(), *MARKS.values(),
    *_VERDICTS.values(), REPORTED, SAME, OTHER, _LEADING, _REST, style.Mark("#000000", "|"),
    style.Mark("#000000", "<"), style.Mark("#000000", ">"),
]  # fmt: skip


@pytest.fixture
def picture() -> Picture:
    made = Picture(None, 4.0, 3.0, left=1.0, right=0.5, top=0.5, bottom=1.0)
    made.x_limits, made.y_limits = (0.0, 10.0), (0.0, 1.0)
    return made


def numbers(text: str, name: str) -> list[float]:
    return [float(one) for one in re.findall(rf'<text[^>]* {name}="([^"]*)"', text)]


def test_it_holds_nothing_but_the_drawing(items_frame):
    text = dumbbell.svg(items_frame, threshold=8.5)
    root = ElementTree.fromstring(text)
    assert root.get("viewBox") and root.get("width").endswith("pt")
    for word in ("Date", "date", "metadata", "Matplotlib", "<style", "<?xml", "DOCTYPE", "DejaVu Sans\\;", " id="):
        assert word not in text
    assert "system-ui" in text
    assert not re.search(r"font-family[^;\"]*&", text)


def test_places(picture):
    picture.add(
        Text(5, 0.5, "a"),
        Text(0.5, 0.5, "b", place=Place("left")),
        Text(0.25, 0.5, "c", place=Place("right")),
        Text(5, 0.1, "d", place=Place(y="top")),
        Text(5, 0.5, "e", place=Place(shift=8)),
        Text(0.5, 0.5, "f", place=Place("left", "bottom")),
    )
    text = svg.svg_of(picture)
    assert numbers(text, "x") == pytest.approx([72 * 2.25, 72 * 1.5, 72 * 3.75, 72 * 2.25, 72 * 2.25 + 8, 72 * 1.5])
    middle = 72 * 1.25 + 0.38 * SMALL
    assert numbers(text, "y") == pytest.approx(
        [middle, middle, middle, 72 * 0.4 + 0.38 * SMALL, middle, 72 * 1.5 + 0.38 * SMALL], abs=0.006
    )


def test_lines_of_a_text_stand_below_each_other_around_the_point(picture):
    picture.add(Text(5, 0.5, "one\ntwo"), Text(5, 0.5, "one", rise="bottom"), Text(5, 0.5, "one", rise="top"))
    first, second, above, below = numbers(svg.svg_of(picture), "y")
    middle = 72 * 1.25
    assert first < middle < second
    assert above < middle < below


def test_hostile_text_is_escaped(picture, hostile, words):
    picture.add(Text(5, 0.5, hostile))
    text = svg.svg_of(picture)
    assert words(text) == [hostile]
    assert "<script" not in text


def test_ground_is_white_and_as_wide_as_the_text(picture):
    picture.add(Text(5, 0.5, "7.5", align="right", ground=1.0))
    left, right = re.search(
        r'd="M([\d.]+) [\d.]+H([\d.]+)V[^"]*" style="fill: #ffffff"/>\n<text', svg.svg_of(picture)
    ).groups()
    assert float(right) == pytest.approx(72 * 2.25 + 1)
    assert float(right) - float(left) == pytest.approx(2 + 72 * svg.text_width("7.5"), abs=0.02)


@pytest.mark.parametrize("mark", dict.fromkeys(LOOKS), ids=lambda mark: f"{mark.marker}{mark.size}{mark.filled}")
def test_markers_are_those_of_matplotlib(picture, mark):
    picture.add(Marks([(5.0, 0.5)], mark))
    drawn = svg.svg_of(picture).splitlines()[-2]
    style_ = MarkerStyle(mark.marker)
    extents = style_.get_path().get_extents(style_.get_transform())
    if mark.marker == "o":
        assert f"a{mark.size / 2:g} {mark.size / 2:g}" in drawn
        return
    pairs = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn)
    x, y = [float(a) - 72 * 2.25 for a, _b in pairs], [72 * 1.25 - float(b) for _a, b in pairs]
    # a hundredth of a point is what coordinates are rounded to
    assert (min(x), max(x)) == pytest.approx((extents.x0 * mark.size, extents.x1 * mark.size), abs=0.011)
    assert (min(y), max(y)) == pytest.approx((extents.y0 * mark.size, extents.y1 * mark.size), abs=0.011)


def test_shapes_of_one_colour_are_one_path(picture):
    picture.add(Shapes([box(0, 0, 1, 1), box(2, 0, 3, 1), box(4, 0, 5, 1)], ["#111111", "#222222", "#111111"]))
    text = svg.svg_of(picture)
    assert text.count("fill: #111111") == text.count("fill: #222222") == 1
    assert text.count("z") == 4  # the ground and three boxes


def test_dashes_grow_with_the_line(picture):
    picture.add(Lines([((0, 0), (1, 1))], "#000000", 2.0, (4, 2.5)), Lines([], "#000000", 2.0))
    text = svg.svg_of(picture)
    assert "stroke-dasharray: 8,5" in text
    assert text.count("stroke:") == 1  # lines without points are left out


def test_what_can_be_pointed_at_has_its_words_and_is_large_enough(picture, hostile):
    picture.say([(5.0, 0.5)], "7.5", hostile, "")
    picture.say([(0.0, 0.4), (10.0, 0.6)], "8.0", "Whole")
    root = ElementTree.fromstring(svg.svg_of(picture))
    group = list(root)[-1]
    first, second = group
    assert group.get("fill-opacity") == "0", "nothing is drawn"
    assert [rectangle[0].text for rectangle in group] == [f"{hostile}: 7.5", "Whole: 8.0"]
    assert [float(first.get(name)) for name in ("width", "height")] == [13, 13]
    assert float(first.get("x")) + 6.5 == pytest.approx(72 * 2.25)
    assert float(second.get("width")) == pytest.approx(72 * picture.axis_width)
    assert float(second.get("height")) == pytest.approx(0.2 * 72 * picture.axis_height)


def test_a_picture_without_values_has_no_group(picture):
    assert "<g" not in svg.svg_of(picture)
