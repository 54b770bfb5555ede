"""Correlations as a heatmap, items of one factor beside each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.errors import OptionError
from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import clean, number
from hpp_analysis.plots.parts.matrix import Cells, draw_cells
from hpp_analysis.plots.parts.style import nothing, nothing_text, styled
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


@drawing
def correlation_heatmap(
    frame: pd.DataFrame,
    groups: Mapping[str, str] | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw correlations: below the diagonal, which is left out like the mirror image above it.

    Parameters
    ----------
    frame : DataFrame
        Square and symmetric, the same names on both sides.
    groups : mapping of str to str, optional
        The factor of each item: items come by factor, in order of appearance. Those that are not named come last.
    labels : mapping of str to str, optional
        What items are called, by their names in the frame. The columns bear the rows' numbers.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame([[1, .5], [.5, 1]], index=["a", "b"], columns=["a", "b"])
    >>> [text.get_text() for text in correlation_heatmap(frame).texts]
    ['1  a', '2  b', '1', '2', '0.50']
    """
    values, names, group = _read(frame, groups)
    with styled():
        lower = np.tril(np.ones_like(values, dtype=bool), -1)
        if not np.isfinite(values[lower]).any():
            return nothing(ax)
        rows = [f"{place}  {clean((labels or {}).get(name, name))}" for place, name in enumerate(names, 1)]
        heads = [str(place) for place in range(1, len(names) + 1)]
        return draw_cells(Cells(values, tuple(rows), tuple(heads), tuple(group), shown=lower), ax)


@correlation_heatmap.set_alt
def correlation_heatmap_alt(
    frame: pd.DataFrame, groups: Mapping[str, str] | None = None, *, labels: Mapping[str, str] | None = None
) -> str:
    """Say what `correlation_heatmap` shows.

    Parameters
    ----------
    frame, groups, labels
        As for `correlation_heatmap`.

    Returns
    -------
    str

    Examples
    --------
    >>> frame = pd.DataFrame([[1, .5], [.5, 1]], index=["a", "b"], columns=["a", "b"])
    >>> correlation_heatmap_alt(frame)
    'Correlations of 2 items. The highest is 0.50 (a with b), the lowest 0.50 (a with b).'
    """
    values, names, group = _read(frame, groups)
    below = np.tril_indices(len(names), -1)
    pairs = values[below]
    if not np.isfinite(pairs).any():
        return nothing_text()

    def pair(place: int) -> str:
        called = [clean((labels or {}).get(names[side[place]], names[side[place]])) for side in below]
        return _("{first} with {second}").format(first=called[1], second=called[0])

    high, low = int(np.nanargmax(pairs)), int(np.nanargmin(pairs))
    said = [
        ngettext("Correlations of {count} item.", "Correlations of {count} items.", len(names)).format(
            count=len(names)
        ),
        _("The highest is {high} ({highest}), the lowest {low} ({lowest}).").format(
            high=number(pairs[high], 2), highest=pair(high), low=number(pairs[low], 2), lowest=pair(low)
        ),
    ]
    within = np.array([group[i] == group[j] for i, j in zip(*below, strict=True)])
    if len(set(group)) > 1 and np.isfinite(pairs[within]).any() and np.isfinite(pairs[~within]).any():
        said.append(
            _("On average {within} within factors and {between} between them.").format(
                within=number(float(np.nanmean(pairs[within])), 2), between=number(float(np.nanmean(pairs[~within])), 2)
            )
        )
    return sentences(*said)


def _read(frame: pd.DataFrame, groups: Mapping[str, str] | None) -> tuple[np.ndarray, list[str], list[str]]:
    """Values, names and factors, in the order in which they are drawn."""
    if list(frame.index) != list(frame.columns):
        raise OptionError(
            "A correlation matrix has the same names, in the same order, on both sides. Given: "
            f"{frame.shape[0]} rows and {frame.shape[1]} columns with other names. Order both alike."
        )
    group = [clean((groups or {}).get(str(name), "")) for name in frame.index]
    places = {factor: place for place, factor in enumerate(dict.fromkeys(filter(None, group)))}
    order = sorted(range(len(group)), key=lambda row: places.get(group[row], len(places)))
    values = frame.to_numpy(dtype=float)[np.ix_(order, order)]
    return values, [str(frame.index[row]) for row in order], [group[row] for row in order]
