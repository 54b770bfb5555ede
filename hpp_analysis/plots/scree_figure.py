"""The scree: eigenvalues by their place, with the reference curves that they have to exceed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import check_columns, numbers_of, texts_of
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, number
from hpp_analysis.plots.parts.style import (
    LITERAL,
    MUTED,
    PLAIN,
    WIDTH,
    Mark,
    mark_of,
    new_axes,
    nothing,
    nothing_text,
    scale_axis,
    scale_ticks,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_LEFT, _RIGHT, _BOTTOM, _HEIGHT = 0.6, 0.2, 0.55, 3.1  # inches


@drawing
def scree(frame: pd.DataFrame, references: pd.DataFrame, *, ylabel: str = "", ax: Axes | None = None) -> Axes:
    """Draw eigenvalues and what they are compared with.

    Parameters
    ----------
    frame : DataFrame
        `number` (1, 2, ...) and `eigenvalue`, in order.
    references : DataFrame
        One row per curve: `label`, `curve` (an array as long as `frame`; NaN where there is none), `n_factors` (how
        many eigenvalues count by it; NaN where it says nothing).
    ylabel : str
        What the eigenvalues are of.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({"number": [1, 2, 3], "eigenvalue": [1.9, .7, .4]})
    >>> curve = pd.DataFrame({"label": ["Chance"], "curve": [np.array([1.2, 1., .9])], "n_factors": [1.0]})
    >>> scree(frame, curve).get_xlabel()
    'Number'
    """
    check_columns(frame, ("number", "eigenvalue"))
    check_columns(references, ("label", "curve", "n_factors"))
    values = numbers_of(frame, "eigenvalue")
    place = numbers_of(frame, "number")
    with styled():
        if not np.isfinite(values).any():
            return nothing(ax)
        curves = [np.asarray(curve, dtype=float) for curve in references["curve"]]
        entries = [(PLAIN, _("Observed"))]
        entries += [(_line(i), text) for i, text in enumerate(texts_of(references, "label"))]
        key = lay_key(entries, WIDTH - _LEFT - _RIGHT)
        top = key.height + 0.2
        if ax is None:
            ax = new_axes(WIDTH, _HEIGHT + top + _BOTTOM, left=_LEFT, right=_RIGHT, top=top, bottom=_BOTTOM)
        everything = np.concatenate([values, *curves])
        low = min(0.0, float(np.nanmin(everything)))
        high = float(np.nanmax(everything))
        margin = 0.05 * (high - low)
        # room for the marks: an eigenvalue may be 0 exactly
        limits = (low - margin, high + margin)
        ticks = [tick for tick in scale_ticks((np.floor(low), np.ceil(high))) if limits[0] <= tick <= limits[1]]
        scale_axis(ax, "y", limits, ticks, ylabel or _("Eigenvalue"))
        ax.set_xlim(0.5, place[-1] + 0.5)
        step = 1 if place.size <= 20 else 5
        shown = [int(at) for at in place if at == 1 or at % step == 0]
        ax.set_xticks(shown, [str(at) for at in shown], **LITERAL)
        ax.set_xlabel(_("Number"), color=MUTED, fontsize=SMALL, **LITERAL)
        if low < 0.0:
            ax.axhline(0.0, color=MUTED, linewidth=0.8)
        ax.plot(place, values, color=PLAIN.color, linewidth=1.4, zorder=2)
        ax.plot(place, values, zorder=3, **{**PLAIN.points(), "markersize": 4.5})
        for i, curve in enumerate(curves):
            mark = _line(i)
            ax.plot(place, curve, color=mark.color, linewidth=1.8, linestyle=mark.line, zorder=4)
        draw_key(ax, key)
    return ax


def _line(curve: int) -> Mark:
    """The look of a reference curve: a line without marks, which are for what was observed."""
    return replace(mark_of(curve + 1), marker="none")


@scree.set_alt
def scree_alt(frame: pd.DataFrame, references: pd.DataFrame) -> str:
    """Say how many eigenvalues exceed each curve, and what the first ones are.

    Examples
    --------
    >>> frame = pd.DataFrame({"number": [1, 2, 3], "eigenvalue": [1.9, .7, .4]})
    >>> curve = pd.DataFrame({"label": ["Chance"], "curve": [np.array([1.2, 1., .9])], "n_factors": [1.0]})
    >>> scree_alt(frame, curve)
    'Scree of 3 eigenvalues, from 1.90 down to 0.40. Chance: 1 lies above its curve.'
    """
    check_columns(frame, ("number", "eigenvalue"))
    values = numbers_of(frame, "eigenvalue")
    if not np.isfinite(values).any():
        return nothing_text()
    parts = [
        _("Scree of {count} eigenvalues, from {first} down to {last}.").format(
            count=values.size, first=number(values[0], 2), last=number(values[-1], 2)
        )
    ]
    for label, k in zip(texts_of(references, "label"), numbers_of(references, "n_factors"), strict=True):
        if not np.isfinite(k):
            continue
        if k == 0:
            parts.append(_("{label}: none lies above its curve.").format(label=label))
            continue
        parts.append(
            ngettext("{label}: {k} lies above its curve.", "{label}: {k} lie above its curve.", int(k)).format(
                label=label, k=int(k)
            )
        )
    return sentences(*parts)
