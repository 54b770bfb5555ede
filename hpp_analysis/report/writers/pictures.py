"""Figures as PNG, for formats that do not take SVG everywhere."""

from __future__ import annotations

import typst

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.report.writers.fonts import fonts
from hpp_analysis.report.writers.pages import TEMPLATES

_PPI = 200.0


def svg_png(svg: str) -> bytes:
    """An SVG text as PNG: 200 dots an inch, white behind it.

    Raises
    ------
    ReportError
        When it is no picture.

    Examples
    --------
    >>> dot = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="3"/></svg>'
    >>> svg_png(dot)[1:4]
    b'PNG'
    """
    try:
        png = typst.compile(
            TEMPLATES / "picture.typ",
            root=TEMPLATES,
            font_paths=fonts(system=True),
            format="png",
            ppi=_PPI,
            sys_inputs={"svg": svg},
        )
    except typst.TypstError as error:
        rule = f"A figure is a picture ({next(iter(str(error).splitlines()), '')})."
        raise ReportError([Failure(rule, "Look at the figures of the notebook.")]) from error
    return bytes(png)
