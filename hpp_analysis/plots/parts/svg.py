"""The writing of SVG: the same bytes for the same drawing, and words that can be read and searched."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from io import StringIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from hpp_analysis.plots.parts.lettering import FONT, text_width

SYSTEM_FONTS: Final = "system-ui, 'Segoe UI', Roboto, Arial, 'DejaVu Sans', sans-serif"
"""What the reader's machine sets the words in."""

_HEAD = re.compile(r"<\?xml.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_SHEET = re.compile(r"\s*<defs>\s*<style\b.*?</style>\s*</defs>", re.DOTALL)
_TEXT_TAG = re.compile(r"<text\b[^>]*>")
_FAMILY = re.compile(r"font-family: [^;\"]*;? ?")
_UNTURNED = re.compile(r' transform="rotate\(-0 [^)]*\)"')
_GROUP_ID = re.compile(r'<g id="[^"]*"')
_INDENT = re.compile(r"\n\s*(?=<)")


@cache
def _line(bold: bool) -> tuple[float, float]:
    """Height and descent of a line of text, in ems."""
    font = FontProperties(family=FONT, weight="bold" if bold else "normal", size=100)
    _width, height, descent = text_to_path.get_text_width_height_descent("lp", font, False)
    return height / 100, descent / 100


class _Renderer(RendererSVG):
    """Measures words by the widths of their letters: a third faster than by shaping them, and quiet about letters
    that our font lacks, since the reader's font sets them.
    """

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        if ismath or prop.get_family() != [FONT]:
            plain: Any = super()
            measured: tuple[float, float, float] = plain.get_text_width_height_descent(s, prop, ismath)
            return measured
        size, bold = prop.get_size_in_points(), prop.get_weight() in ("bold", 700)
        height, descent = _line(bold)
        return text_width(s, size, bold=bold) * 72, height * size, descent * size


def draw(figure: Figure, salt: str) -> str:
    """The figure as matplotlib writes it, drawn once, under the settings in force.

    Parameters
    ----------
    figure : Figure
        Its size and resolution stay as they are.
    salt : str
        Goes into the ids.
    """
    target = StringIO()
    dpi = figure.dpi
    figure.dpi = 72  # as SVG counts
    try:
        with mpl.rc_context({"svg.hashsalt": salt}):
            width, height = figure.get_size_inches() * 72
            unnamed = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            make: Any = _Renderer
            renderer = make(width, height, target, image_dpi=72, metadata=unnamed)
            figure.draw(renderer)
            renderer.finalize()
    finally:
        figure.dpi = dpi
    return target.getvalue()


def _lean_text(tag: re.Match[str]) -> str:
    return _UNTURNED.sub("", _FAMILY.sub("", tag.group()))


def lean(text: str, alt: str | None) -> str:
    """Only the `svg` element, without what a page with several of them would trip over.

    Style sheets would reach the whole page and the ids of groups are the same in every figure; both go. So do
    the fonts of the words, and the direction that the page might have.
    """
    text = _HEAD.sub("", text, count=1)
    text = _SHEET.sub("", _METADATA.sub("", text), count=1)
    text = _GROUP_ID.sub("<g", _TEXT_TAG.sub(_lean_text, text))
    spoken = "" if alt is None else f' role="img" aria-label="{escape(alt)}"'
    inherited = f'stroke-linejoin="round" style="direction: ltr; font-family: {SYSTEM_FONTS}"'
    return _INDENT.sub("\n", text.replace("<svg", f"<svg{spoken} {inherited}", 1)).strip() + "\n"
