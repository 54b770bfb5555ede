"""The look, the words in it, and the SVG."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from hpp_analysis.plots.parts import lettering, style
from hpp_analysis.plots.parts.key import lay_key
from hpp_analysis.plots.parts.lettering import bound, clean, listed, number, percent, text_width, ticks_text, wrap


def _luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast_on_white(color: str) -> float:
    return 1.05 / (_luminance(color) + 0.05)


def test_contrast():
    marks = [*style.palette.values(), style.PLAIN, style.NEUTRAL]
    for color in [style.INK, style.MUTED, *(mark.color for mark in marks)]:
        assert _contrast_on_white(color) >= 4.5  # numbers are written in the colour of their mark
    assert _contrast_on_white(style.LINK) >= 3


def test_series_differ_without_colour():
    looks = [(mark.marker, mark.filled) for mark in style.palette.values()]
    assert len(set(looks)) == len(looks)
    assert len({mark.line for mark in style.palette.values()}) == len(looks)
    client, partner = style.palette["client"], style.palette["partner"]
    assert client.filled != partner.filled
    assert abs(_luminance(client.color) - _luminance(partner.color)) > 0.08


def test_settings_return_after_an_error():
    with pytest.raises(ZeroDivisionError), style.styled():
        1 / 0  # noqa: B018
    assert not style._inside.get()


def test_svg_holds_nothing_but_the_drawing():
    ax = style.new_axes(3, 2)
    ax.plot([0, 1], [0, 1], marker="o")
    text = style.svg_text(ax, salt="one", alt='a "b" <c> & d')
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == 'a "b" <c> & d'
    assert root.get("role") == "img"
    for word in ("Date", "date", "metadata", "Matplotlib", "<style", "<?xml", "DOCTYPE", "font-family: 'DejaVu"):
        assert word not in text
    assert "system-ui" in text
    assert not re.search(r"font-family[^;\"]*&", text)


def test_ids_are_unique_on_a_page():
    def ids(salt: str) -> list[str]:
        ax = style.new_axes(3, 2)
        ax.plot([0, 1], [0, 1], marker="o")
        root = ElementTree.fromstring(style.svg_text(ax, salt=salt))
        return [element.get("id") for element in root.iter() if element.get("id")]

    first, second = ids("one"), ids("two")
    assert first
    assert len(set(first + second)) == len(first) + len(second)


def test_every_reference_has_its_target():
    ax = style.new_axes(3, 2)
    ax.plot([0, 1], [0, 1], marker="o")
    text = style.svg_text(ax, salt="one")
    targets = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text)) <= targets


def test_svg_of_a_figure_of_the_user():
    figure = Figure(dpi=144)
    ax = figure.subplots()
    ax.set_title("$x^2$ & more")
    ax.set_xlabel("turned", rotation=30)
    text = style.svg_text(figure, salt="a")
    assert ElementTree.fromstring(text).get("viewBox") == "0 0 460.8 345.6"
    assert "rotate(-30" in text
    assert figure.dpi == 144
    part = Figure().subfigures(1, 2)[0]
    part.subplots()
    assert style.svg_text(part, salt="a").startswith("<svg")


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


def test_ticks():
    assert style.scale_ticks((1, 10)) == [float(point) for point in range(1, 11)]
    assert style.scale_ticks((0, 100)) == [0, 20, 40, 60, 80, 100]
    assert style.scale_ticks((1, 4.5))[0] >= 1


def test_the_key_is_wrapped():
    entries = [(style.mark_of(place), name) for place, name in enumerate(["a" * 30, "b" * 30, "c" * 200])]
    key = lay_key(entries, 4.0)
    assert [x for x, *_ in key.places] == [0, 0, 0]
    assert key.places[2][3].endswith("…")
    assert lay_key([], 4.0).height == 0
