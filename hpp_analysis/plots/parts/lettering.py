"""Words and numbers inside figures: cleaned, measured before anything is drawn, wrapped, and formatted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from unicodedata import combining, east_asian_width

from babel.lists import format_list
from matplotlib.font_manager import FontProperties, findfont, get_font

from hpp_analysis.display.formats import in_pattern
from hpp_analysis.texts import locale

FONT = "DejaVu Sans"
"""The font that matplotlib brings along. It is wide: what fits in it fits in the fonts a browser has."""

SMALL, BODY = 9.0, 9.5
LINE = 1.22
"""Line height, in font sizes."""
ASCENT, DESCENT = 0.76, 0.208
"""Of a line above and below its base, in font sizes."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_SAMPLE = 100.0  # points at which a glyph is measured
_MISSING = 0.6  # ems of a glyph that the font lacks; twice as narrow as East Asian ones would be cut off


def clean(value: Any) -> str:
    r"""A label on one line, without the characters that XML cannot hold.

    Parameters
    ----------
    value : object
        What a cell of a frame holds.

    Examples
    --------
    >>> clean("Plans are\n shared\x00 & kept")
    'Plans are shared & kept'
    """
    return " ".join(_FORBIDDEN.sub("", str(value)).split())


@lru_cache(maxsize=4096)
def _advance(character: str, bold: bool) -> float:
    """The width of one character, in ems."""
    if combining(character):
        return 0.0
    if east_asian_width(character) in "WF":
        return 1.0
    font = get_font(findfont(FontProperties(family=FONT, weight="bold" if bold else "normal")))
    if not font.get_char_index(ord(character)):
        return _MISSING
    font.set_size(_SAMPLE, 72)
    return font.load_char(ord(character)).linearHoriAdvance / 65536 / _SAMPLE


def text_width(text: str, size: float = SMALL, *, bold: bool = False) -> float:
    """The width of a line of text in inches.

    Examples
    --------
    >>> text_width("Openness") < text_width("Openness", bold=True) < 1
    True
    """
    return sum(_advance(character, bold) for character in text) * size / 72


def _cut(word: str, width: float, size: float, bold: bool) -> Iterable[str]:
    """A word cut where it is wider than the line."""
    piece = ""
    for character in word:
        if piece and text_width(piece + character, size, bold=bold) > width:
            yield piece
            piece = ""
        piece += character
    yield piece


def wrap(text: str, width: float, size: float = SMALL, *, bold: bool = False, lines: int = 3) -> str:
    """Break a text into lines of at most `width` inches.

    Parameters
    ----------
    text : str
        One line.
    width : float
        Inches.
    size : float
        Points.
    bold : bool
        Whether it is set in bold.
    lines : int
        What does not fit into so many lines ends in an ellipsis.

    Returns
    -------
    str
        With line breaks.

    Examples
    --------
    >>> wrap("Changes in planning are communicated in time", 1.7).splitlines()
    ['Changes in planning are', 'communicated in time']
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    done: list[str] = []
    line = ""
    for word in text.split():
        for number, piece in enumerate(_cut(word, width, size, bold)):
            longer = f"{line} {piece}" if line and number == 0 else line + piece if number == 0 else piece
            if line and (number or text_width(longer, size, bold=bold) > width):
                done.append(line)
                longer = piece
            line = longer
    done.append(line)
    if len(done) > lines:
        last = done[lines - 1]
        while last and text_width(last + "…", size, bold=bold) > width:
            last = last[:-1]
        done = [*done[: lines - 1], last.rstrip() + "…"]
    return "\n".join(done)


def text_height(text: str, size: float = SMALL) -> float:
    """The height of a text, with its line breaks, in inches."""
    return (text.count("\n") + 1) * size * LINE / 72


def number(value: float, decimals: int = 1) -> str:
    """A number in the language in use; one that rounds to zero has no sign.

    Examples
    --------
    >>> number(8.449), number(-.04), number(-1.25, 2)
    ('8.4', '0.0', '−1.25')
    """
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    size = in_pattern(abs(value), pattern)
    return f"−{size}" if value < 0 and any(digit in "123456789" for digit in size) else size


def bound(value: float) -> str:
    """A threshold or an end of an axis: as many decimals, up to two, as it has.

    Examples
    --------
    >>> bound(10), bound(8.5), bound(.25)
    ('10', '8.5', '0.25')
    """
    return in_pattern(value, "#,##0.##").replace("-", "−")


def percent(share: float) -> str:
    """A share in whole percents.

    Examples
    --------
    >>> percent(.153)
    '15%'
    """
    return in_pattern(share, "0%")


def ticks_text(ticks: Sequence[float]) -> list[str]:
    """The numbers along an axis, all with as many decimals as one of them needs.

    Examples
    --------
    >>> ticks_text([0, .25, .5])
    ['0.00', '0.25', '0.50']
    """
    decimals = next((d for d in range(4) if all(abs(round(tick, d) - tick) < 1e-9 for tick in ticks)), 4)
    return [number(float(tick), decimals) for tick in ticks]


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    Examples
    --------
    >>> listed(["Client", "Partner"])
    'Client and Partner'
    """
    return str(format_list(list(names), locale=locale())) if names else ""
