"""One drawing per file: plain frames in, `Axes` out, and beside each drawing the words that replace it.

A drawing takes `ax`, or makes a figure of its own without pyplot; it never shows, saves or closes anything and
leaves matplotlib's settings as they were. `style.svg_text` turns what it drew into SVG, the same bytes each time.
Labels come from data: they are drawn as they are written, never parsed.
"""
