"""Words and numbers in figures."""

import re

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from hpp_analysis.plots.parts import lettering
from hpp_analysis.plots.parts.lettering import bound, clean, listed, number, percent, text_width, ticks_text, wrap


def test_the_height_of_a_line_is_that_of_the_font():
    font = FontProperties(family=lettering.FONT, size=100)
    _width, height, descent = text_to_path.get_text_width_height_descent("lp", font, False)
    assert pytest.approx((height - descent) / 100, abs=1e-3) == lettering.ASCENT  # the font is hinted
    assert pytest.approx(descent / 100, abs=1e-3) == lettering.DESCENT


def test_clean():
    assert clean(" a\tb\r\n c ") == "a b c"
    assert clean("a\x00\x0b\ufffe\ud800b") == "ab"
    assert clean("日本 🦜 é") == "日本 🦜 é"
    assert clean(3) == "3"


def test_widths():
    assert text_width("mm") == pytest.approx(2 * text_width("m"))
    assert text_width("日本") == pytest.approx(2 * lettering.SMALL / 72)
    assert text_width("e\u0301") == text_width("e")  # an accent of its own takes no room
    assert 0 < text_width("\U00010000") < text_width("日")  # a letter that the font lacks
    assert text_width("") == 0


@pytest.mark.parametrize("text", ["one two three four five", "x" * 80, "short " + "y" * 60 + " end", "日本語" * 20, ""])
@pytest.mark.parametrize("width", [0.3, 1.0, 3.0])
def test_wrapped_lines_fit_and_lose_nothing(text, width):
    wrapped = wrap(text, width, lines=99)
    assert all(text_width(line) <= width for line in wrapped.split("\n"))
    assert re.sub(r"\s", "", wrapped) == text.replace(" ", "")
    short = wrap(text, width, lines=2)
    assert short == wrapped or (short.count("\n") == 1 and short.endswith("…"))
    assert all(text_width(line) <= width for line in short.split("\n"))


def test_numbers():
    assert number(7.0) == "7.0"
    assert number(-0.04) == "0.0"
    assert number(-1.5) == "−1.5"
    assert number(1234.5) == "1,234.5"
    assert bound(10.0) == "10"
    assert bound(-0.5) == "−0.5"
    assert ticks_text([1.0, 2.0]) == ["1", "2"]
    assert ticks_text([-0.5, 0.0, 0.5]) == ["−0.5", "0.0", "0.5"]


@pytest.mark.usefixtures("dutch_numbers")
def test_dutch_numbers():
    assert number(7.25, 2) == "7,25"
    assert bound(8.5) == "8,5"
    assert ticks_text([0.0, 0.25]) == ["0,00", "0,25"]
    assert percent(0.153) == "15%"
    assert listed(["Client", "Partner"]) == "Client en Partner"
