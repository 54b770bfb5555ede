"""What every figure can do: draw itself on axes, write itself as SVG, and say in words what it shows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from hpp_analysis.plots.parts.picture import Picture
from hpp_analysis.plots.parts.svg import svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

P = ParamSpec("P")
AltText = TypeVar("AltText", bound=Callable[..., str])


class Drawing(Generic[P]):
    """A figure and the sentences that replace it.

    `plots.dots(data, threshold=8)` draws on axes, `plots.dots.svg(data, threshold=8)` writes an `svg` element, and
    `plots.dots.alt(data, threshold=8)` says the same in words.

    Examples
    --------
    >>> import pandas as pd
    >>> from hpp_analysis import plots
    >>> data = pd.DataFrame({"label": ["Supplier A", "Supplier B"], "n": [12, 31]})
    >>> plots.bars.alt(data, xlabel="Persons")
    'Bar chart with 2 bars. The values run from 12 (Supplier A) to 31 (Supplier B).'
    """

    __name__: str

    def __init__(self, compose: Callable[P, Picture]) -> None:
        self.compose = compose
        self._alt: Callable[..., str] | None = None
        self._explore: Callable[P, Axes] | None = None
        update_wrapper(self, compose)
        signature = inspect.signature(compose)
        self.__signature__ = signature.replace(return_annotation="Axes")

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Axes:
        """Draw on the axes given as `ax`, or on axes in a figure of its own."""
        if self._explore is not None:
            return self._explore(*args, **kwargs)
        from hpp_analysis.plots.parts.axes import draw_on_axes  # matplotlib is loaded when axes are needed

        return draw_on_axes(self.compose(*args, **kwargs))

    def svg(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Write the figure as an `svg` element: the same text for the same data."""
        picture = self.compose(*args, **kwargs)
        if picture.ax is not None:
            raise TypeError(
                f"`{self.__name__}.svg` must be called without `ax`. Call `{self.__name__}` to draw on axes."
            )
        return svg_of(picture)

    def alt(self, *args: Any, **settings: Any) -> str:
        """Say what the figure shows; of its settings, those that the sentences do not depend on are left out."""
        if self._alt is None:
            raise TypeError(f"{self.__name__} has no alternative text.")
        drawn, spoken = (set(inspect.signature(function).parameters) for function in (self.compose, self._alt))
        return self._alt(
            *args, **{name: value for name, value in settings.items() if name in spoken or name not in drawn}
        )

    def set_alt(self, alt: AltText) -> AltText:
        """Take a function as the one that says what the figure shows; a decorator."""
        self._alt = alt
        return alt

    def set_explore(self, explore: Callable[P, Axes]) -> Callable[P, Axes]:
        """Take a function as the one that draws on axes, instead of the picture that reports show; a decorator."""
        self._explore = explore
        return explore


def drawing(compose: Callable[P, Picture]) -> Drawing[P]:
    """Make a function that composes a picture a `Drawing`; a decorator."""
    return Drawing(compose)
