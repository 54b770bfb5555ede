"""What every figure of the package can do: draw itself on axes, write itself as SVG, and say what it shows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import update_wrapper
from hashlib import sha256
from typing import Any, Generic, ParamSpec, TypeVar

from matplotlib.axes import Axes

from hpp_analysis.plots.parts.style import svg_text

P = ParamSpec("P")
AltText = TypeVar("AltText", bound=Callable[..., str])


class Drawing(Generic[P]):
    """A function that draws, together with the sentences that replace its figure.

    `plots.dots(rows, threshold=8)` draws on axes, `plots.dots.svg(rows, threshold=8)` writes an `svg` element, and
    `plots.dots.alt(rows, threshold=8)` says the same in words.

    Examples
    --------
    >>> import pandas as pd
    >>> from hpp_analysis import plots
    >>> rows = pd.DataFrame({"label": ["Supplier A", "Supplier B"], "n": [12, 31]})
    >>> plots.bars.alt(rows, xlabel="Persons")
    'Bar chart with 2 bars. The values run from 12 (Supplier A) to 31 (Supplier B).'
    """

    __name__: str

    def __init__(self, draw: Callable[P, Axes]) -> None:
        self._draw = draw
        self._alt: Callable[..., str] | None = None
        update_wrapper(self, draw)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Axes:
        """Draw on the axes given as `ax`, or on axes in a figure of its own."""
        return self._draw(*args, **kwargs)

    def svg(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Write the figure as an `svg` element: the same text for the same data, whatever else is on the page."""
        ax = self._draw(*args, **kwargs)
        salt = sha256(svg_text(ax, salt="").encode()).hexdigest()[:12]
        return svg_text(ax, salt=salt)

    def alt(self, *args: Any, **settings: Any) -> str:
        """Say what the figure shows; of its settings, those that the sentences do not depend on are left out."""
        if self._alt is None:
            raise TypeError(f"{self.__name__} has no alternative text.")
        drawn = set(inspect.signature(self._draw).parameters)
        spoken = set(inspect.signature(self._alt).parameters)
        return self._alt(
            *args, **{name: value for name, value in settings.items() if name in spoken or name not in drawn}
        )

    def set_alt(self, alt: AltText) -> AltText:
        """Take a function as the one that says what the figure shows; a decorator."""
        self._alt = alt
        return alt


def drawing(draw: Callable[P, Axes]) -> Drawing[P]:
    """Make a function that draws a `Drawing`; a decorator."""
    return Drawing(draw)
