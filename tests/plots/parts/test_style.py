"""Colours, markers and ticks."""

from hpp_analysis.plots.parts import style


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
    assert len({mark.dash for mark in style.palette.values()}) == len(looks)
    client, partner = style.palette["client"], style.palette["partner"]
    assert client.filled != partner.filled
    assert abs(_luminance(client.color) - _luminance(partner.color)) > 0.08


def test_ticks():
    assert style.scale_ticks((1, 10)) == [float(point) for point in range(1, 11)]
    assert style.scale_ticks((0, 100)) == [0, 20, 40, 60, 80, 100]
    assert style.scale_ticks((1, 4.5))[0] >= 1


def test_ticks_hold_both_ends():
    assert style.round_ticks(0.0, 0.3, 6) == [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
    assert style.round_ticks(0, 3, 6, whole=True) == [0, 1, 2, 3]
    ticks = style.round_ticks(-0.41, 1.17, 4)
    assert ticks[0] <= -0.41 and ticks[-1] >= 1.17 and len(ticks) <= 6


def test_colours_between():
    colors = ["#ffffff", "#000000", "#ff0000"]
    assert [style.mix(colors, share) for share in (-1, 0.25, 0.5, 1, 2)] == [
        "#ffffff",
        "#808080",
        "#000000",
        "#ff0000",
        "#ff0000",
    ]
