"""Correlations as a grid of coloured cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.alts import sentences
from hpp_analysis.plots.lettering import SMALL, number, text_width
from hpp_analysis.plots.style import INK, LITERAL, WIDTH, new_axes, nothing, nothing_text, styled
from hpp_analysis.texts import gettext as _

_WRITTEN = 16
"""Up to so many variables the numbers are written into the cells."""


def correlations(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the lower triangle of a correlation matrix: red negative, blue positive, grey undefined.

    Parameters
    ----------
    frame : DataFrame
        Square, with the labels as index.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> labels = ["open", "honest"]
    >>> ax = correlations(pd.DataFrame([[1.0, 0.5], [0.5, 1.0]], labels, labels))
    >>> [text.get_text() for text in ax.texts]
    ['.50']
    """
    labels = [str(label) for label in frame.index]
    values = frame.to_numpy(dtype=float)
    with styled():
        below = np.tril(np.ones(values.shape, dtype=bool), -1)
        if not (np.isfinite(values) & below).any():
            return nothing(ax)
        if ax is None:
            left = min(max(text_width(label) for label in labels) + 0.45, 3.2)
            room = WIDTH - left - 0.2
            cell = min(room / len(labels), 0.5)
            ax = new_axes(
                WIDTH,
                cell * len(labels) + 0.5,
                left=left,
                right=WIDTH - left - cell * len(labels),
                top=0.1,
                bottom=0.4,
            )
        shown = np.ma.masked_where(~below | ~np.isfinite(values), values)
        ax.pcolormesh(shown, cmap="RdBu", vmin=-1, vmax=1, edgecolors="white", linewidth=0.5)
        ax.invert_yaxis()
        places = np.arange(len(labels)) + 0.5
        numbers = [str(place + 1) for place in range(len(labels))]
        ax.set_xticks(places, numbers, fontsize=SMALL)
        rows = [f"{place}  {label}" for place, label in zip(numbers, labels, strict=True)]
        ax.set_yticks(places, rows, fontsize=SMALL, **LITERAL)
        ax.tick_params(length=0)
        if len(labels) <= _WRITTEN:
            for row, column in np.argwhere(below & np.isfinite(values)):
                value = values[row, column]
                ax.text(
                    column + 0.5,
                    row + 0.5,
                    _short(value),
                    ha="center",
                    va="center_baseline",
                    fontsize=SMALL,
                    color="white" if abs(value) > 0.65 else INK,
                )
    return ax


def _short(value: float) -> str:
    """Two decimals without the zero before the mark, which a correlation does not need."""
    return number(value, 2).replace("0", "", 1) if abs(value) < 0.995 else number(value, 2)


def correlations_alt(frame: pd.DataFrame) -> str:
    """Say what `correlations` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `correlations`.

    Returns
    -------
    str

    Examples
    --------
    >>> labels = ["open", "honest"]
    >>> print(correlations_alt(pd.DataFrame([[1.0, 0.5], [0.5, 1.0]], labels, labels)))
    Grid of the correlations of 2 variables.
    They run from 0.50 (open and honest) to 0.50 (open and honest).
    """
    labels = [str(label) for label in frame.index]
    values = frame.to_numpy(dtype=float)
    first, second = np.triu_indices(len(labels), 1)
    r = values[first, second]
    if not np.isfinite(r).any():
        return nothing_text()
    low, high = int(np.nanargmin(r)), int(np.nanargmax(r))
    pair = [
        _("{first} and {last}").format(first=labels[first[k]], last=labels[second[k]]) for k in (low, high)
    ]
    return sentences(
        _("Grid of the correlations of {count} variables.").format(count=len(labels)),
        _("They run from {low} ({lowest}) to {high} ({highest}).").format(
            low=number(r[low], 2), lowest=pair[0], high=number(r[high], 2), highest=pair[1]
        ),
    )
