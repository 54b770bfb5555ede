"""Loadings as a heatmap: items by the factor that they load on most."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import bound, clean, listed, number
from hpp_analysis.plots.parts.matrix import Cells, draw_cells
from hpp_analysis.plots.parts.style import nothing, nothing_text, styled
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


@drawing
def loadings_heatmap(
    frame: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    sort: bool = True,
    muted: float = 0.3,
    ax: Axes | None = None,
) -> Axes:
    """Draw loadings, every number in its cell.

    Parameters
    ----------
    frame : DataFrame
        Items x factors.
    labels : mapping of str to str, optional
        What items and factors are called, by their names in the frame.
    sort : bool
        Whether items come by the factor that they load on most, strongest first; otherwise as in the frame.
    muted : float
        Loadings closer to zero have grey numbers.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({"F1": [.1, .8], "F2": [.7, .0]}, index=["plans", "ideas"])
    >>> ax = loadings_heatmap(frame)
    >>> [text.get_text() for text in ax.texts][:2]
    ['ideas', 'plans']
    """
    with styled():
        values = frame.to_numpy(dtype=float)
        if not np.isfinite(values).any():
            return nothing(ax)
        order = _order(values) if sort else np.arange(len(values))
        rows = [_called(name, labels) for name in frame.index[order]]
        columns = [_called(name, labels) for name in frame.columns]
        return draw_cells(Cells(values[order], tuple(rows), tuple(columns), ("",) * len(rows), muted), ax)


@loadings_heatmap.set_alt
def loadings_heatmap_alt(frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, muted: float = 0.3) -> str:
    """Say what `loadings_heatmap` shows.

    Parameters
    ----------
    frame, labels, muted
        As for `loadings_heatmap`.

    Returns
    -------
    str

    Examples
    --------
    >>> frame = pd.DataFrame({"F1": [.1, .8], "F2": [.7, .0]}, index=["plans", "ideas"])
    >>> print(loadings_heatmap_alt(frame))
    Loadings of 2 items on 2 factors. F1: highest on ideas (0.80). F2: highest on plans (0.70). Items that load 0.3 or more on several factors: none.
    """
    values = frame.to_numpy(dtype=float)
    if not np.isfinite(values).any():
        return nothing_text()
    said = [
        _("Loadings of {items} on {factors}.").format(
            items=ngettext("{count} item", "{count} items", len(frame)).format(count=len(frame)),
            factors=ngettext("{count} factor", "{count} factors", values.shape[1]).format(count=values.shape[1]),
        )
    ]
    for column, name in enumerate(frame.columns):
        size = np.abs(values[:, column])
        if np.isfinite(size).any():
            top = int(np.nanargmax(size))
            said.append(
                _("{factor}: highest on {item} ({value}).").format(
                    factor=_called(name, labels),
                    item=_called(frame.index[top], labels),
                    value=number(values[top, column], 2),
                )
            )
    if values.shape[1] > 1:
        crossing = [_called(name, labels) for name in frame.index[(np.abs(values) >= muted).sum(axis=1) > 1]]
        said.append(
            _("Items that load {muted} or more on several factors: {items}.").format(
                muted=bound(muted), items=listed(crossing) or _("none")
            )
        )
    return sentences(*said)


def _order(values: np.ndarray) -> np.ndarray:
    size = np.where(np.isfinite(values), np.abs(values), -1.0)
    return np.lexsort((-size.max(axis=1), size.argmax(axis=1)))


def _called(name: object, labels: Mapping[str, str] | None) -> str:
    return clean((labels or {}).get(str(name), name))
