"""Figures: rows of data in, `Axes` or SVG out, and the words that replace them.

A drawing takes `ax`, or makes a figure of its own without pyplot; it never shows, saves or closes anything and
leaves matplotlib's settings as they were. `plots.dots(rows)` draws on axes, `plots.dots.svg(rows)` writes SVG, the same
bytes each time, and `plots.dots.alt(rows)` says what the figure shows. Labels come from data: they are drawn as they are
written, never parsed.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
