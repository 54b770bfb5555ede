"""The map of priorities: how important a characteristic is, against how far it lies from the line."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation, Transform, blended_transform_factory
from numpy.typing import NDArray

from hpp_analysis.plots.parts.alts import counts_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, numbers_of, texts_of
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, number, percent, text_height, text_width, wrap
from hpp_analysis.plots.parts.placing import Box
from hpp_analysis.plots.parts.style import (
    INK,
    LINK,
    LITERAL,
    MUTED,
    WIDTH,
    Mark,
    from_corner,
    new_axes,
    nothing,
    nothing_text,
    scale_axis,
    size_of,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

BoolArray = NDArray[np.bool_]
_COLUMNS = ("label", "distance", "importance", "tier")
_LOWEST, _HIGHEST = -3.0, 1.5  # scale points around the line: the same axis in every report
_LEFT, _NAMES, _TOP, _BOTTOM = 0.62, 3.1, 0.5, 0.5  # inches; _NAMES is the column of names
_BETWEEN, _HALF, _DIGIT = 0.06, 0.07, 0.125  # inches: between names, half a marker, height of a number
_AWAY, _AROUND = (0.09, 0.19, 0.29), 0.02  # inches: from a mark to its number, and kept clear around a number
MARKS = {
    "start_here": Mark("#bf5300", "s", size=8),
    "consider": Mark("#12436d", "o", filled=False, size=7.5),
    "later": Mark(LINK, "o", size=5),
}


@drawing
def priority_map(frame: pd.DataFrame, *, average: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw characteristics by distance to the line and importance, with the uncertainty of both.

    Parameters
    ----------
    frame : DataFrame
        One row per characteristic, in the order of its number: `label`, `distance` (mean minus threshold, in scale points),
        `importance` (share, 0 to 1), `tier` ("start_here", "consider" or "later"), and where they are known
        `distance_lower`, `distance_upper`, `importance_lower` and `importance_upper`. Rows with NaN are named, not
        drawn.
    average : float, optional
        The average share, a line across.
    ax : Axes, optional
        Where to draw; by default in a figure of its own. Axes of yours need about 3.1 inches at their right.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Balanced power", "Equal say"], "distance": [-1.2, 0.1], "importance": [0.6, 0.4],
    ...     "tier": ["start_here", "later"],
    ... })
    >>> [float(end) for end in priority_map(frame).get_xlim()]
    [-3.0, 1.5]
    """
    check_columns(frame, _COLUMNS)
    x, y = numbers_of(frame, "distance"), numbers_of(frame, "importance")
    shown = np.isfinite(x) & np.isfinite(y)
    with styled():
        if not shown.any():
            return nothing(ax)
        low, high = numbers_of(frame, "importance_lower"), numbers_of(frame, "importance_upper")
        top = float(np.nanmax(np.concatenate([y[shown], high[shown]])))
        key = lay_key([(MARKS[tier], name) for tier, name in _tiers(frame).items()], WIDTH - _LEFT)
        if ax is None:
            names = sum(text_height(_name(label), SMALL) + _BETWEEN for label in texts_of(frame, "label"))
            height = max(4.2, names + _TOP + _BOTTOM) + key.height
            ax = new_axes(WIDTH, height, left=_LEFT, right=_NAMES, top=_TOP + key.height, bottom=_BOTTOM)
        lowest = min(_LOWEST, float(np.floor(np.nanmin(x[shown]))))
        ticks = [float(tick) for tick in range(int(np.ceil(lowest)), 2)]
        scale_axis(ax, "x", (lowest, _HIGHEST), ticks, _("Scale points above or below the threshold"))
        steps = np.linspace(0, _round_up(top * 1.05), 6)
        scale_axis(ax, "y", (0.0, float(steps[-1])), steps.tolist(), _("Share of the importance for success"))
        ax.yaxis.set_ticks(steps, [percent(step) for step in steps], **LITERAL)
        ax.axvline(0.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
        _say(ax, 0.0, 1.0, _("Threshold"), blended_transform_factory(ax.transData, ax.transAxes), ha="center")
        if average is not None:
            ax.axhline(average, color=MUTED, linewidth=1.0, linestyle=(0, (1, 2)), zorder=1)
            _say(ax, 0.995, average, _("average"), blended_transform_factory(ax.transAxes, ax.transData), ha="right")
        _draw_crosses(ax, frame, x, y, low, high, shown)
        _draw_marks(ax, frame, x, y, shown)
        _write_names(ax, frame, shown)
        draw_key(ax, key, left=-_LEFT + 0.1, lift=0.28, lines=False)
    return ax


def _say(ax: Axes, x: float, y: float, text: str, place: Transform, *, ha: str) -> None:
    """What a line is, just above it."""
    up = place + ScaledTranslation(0, 0.03, ax.figure.dpi_scale_trans)
    ax.text(x, y, text, transform=up, ha=ha, va="bottom", color=MUTED, fontsize=SMALL, **LITERAL)


def _tiers(frame: pd.DataFrame) -> dict[str, str]:
    names = {"start_here": _("Start here"), "consider": _("Consider"), "later": _("Later")}
    return {tier: name for tier, name in names.items() if frame["tier"].eq(tier).any()}


def _round_up(top: float) -> float:
    """A round end of the axis whose fifths are whole percents.

    Examples
    --------
    >>> _round_up(0.13), _round_up(0.31)
    (0.15, 0.35)
    """
    return float(max(np.ceil(top * 20 - 1e-9), 1) / 20)


def _draw_crosses(
    ax: Axes, frame: pd.DataFrame, x: FloatArray, y: FloatArray, low: FloatArray, high: FloatArray, shown: BoolArray
) -> None:
    """What is not sure of both coordinates, as thin lines behind the marks; of the tiers that matter alone."""
    left, right = numbers_of(frame, "distance_lower"), numbers_of(frame, "distance_upper")
    for at in np.flatnonzero(shown & frame["tier"].ne("later").to_numpy()):
        color = MARKS[str(frame["tier"].iloc[at])].color
        ax.plot([left[at], right[at]], [y[at], y[at]], color=color, linewidth=1.0, alpha=0.55, zorder=2)
        ax.plot([x[at], x[at]], [low[at], high[at]], color=color, linewidth=1.0, alpha=0.55, zorder=2)


def _draw_marks(ax: Axes, frame: pd.DataFrame, x: FloatArray, y: FloatArray, shown: BoolArray) -> None:
    """Marks with their numbers beside them, each number where it covers the least."""
    width, height = size_of(ax)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    inches = {
        int(at): ((x[at] - x0) / (x1 - x0) * width, (y[at] - y0) / (y1 - y0) * height) for at in np.flatnonzero(shown)
    }
    taken = [Box(px - _HALF, px + _HALF, py - _HALF, py + _HALF) for px, py in inches.values()]
    for at in sorted(inches, key=lambda one: str(frame["tier"].iloc[one]), reverse=True):
        mark = MARKS[str(frame["tier"].iloc[at])]
        ax.plot([x[at]], [y[at]], **mark.points(), zorder=4 if mark.filled else 3, clip_on=False)
        text = str(at + 1)
        box = _place(inches[at], text_width(text, SMALL), taken)
        taken.append(box.grown(_AROUND))
        middle_x, middle_y = box.middle
        ax.text(
            middle_x, middle_y, text, transform=from_corner(ax, 0, 0), ha="center", va="center",
            fontsize=SMALL, color=INK if mark is not MARKS["later"] else MUTED, zorder=5, **LITERAL,
        )  # fmt: skip


def _place(point: tuple[float, float], wide: float, taken: list[Box]) -> Box:
    """Of the places around a mark, the one that meets the fewest others."""
    px, py = point
    found: list[tuple[int, int, Box]] = []
    for away in _AWAY:
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            cx = px + dx * (away + wide / 2)
            cy = py + dy * (away + _DIGIT / 2)
            box = Box(cx - wide / 2, cx + wide / 2, cy - _DIGIT / 2, cy + _DIGIT / 2)
            found.append((sum(box.meets(other) for other in taken), len(found), box))
    return min(found, key=lambda one: one[:2])[2]


def _name(label: str) -> str:
    """A name in its column."""
    return wrap(label, _NAMES - 0.55, SMALL)


def _write_names(ax: Axes, frame: pd.DataFrame, shown: BoolArray) -> None:
    """The numbered names at the right, those of the tiers that matter in dark letters."""
    place = from_corner(ax, 1, 1)
    level = 0.0
    for at, label in enumerate(texts_of(frame, "label")):
        matters = shown[at] and frame["tier"].iloc[at] != "later"
        text = _name(label)
        color = INK if matters else MUTED
        told = text if shown[at] else _("{name}: not weighed").format(name=text)
        ax.text(
            0.4,
            -level - 0.06,
            str(at + 1),
            transform=place,
            ha="right",
            va="top",
            fontsize=SMALL,
            color=color,
            **LITERAL,
        )
        ax.text(
            0.5, -level - 0.06, told, transform=place, va="top", fontsize=SMALL, color=color,
            fontweight="bold" if frame["tier"].iloc[at] == "start_here" and shown[at] else "normal", **LITERAL,
        )  # fmt: skip
        level += text_height(text, SMALL) + _BETWEEN


@priority_map.set_alt
def priority_map_alt(frame: pd.DataFrame) -> str:
    """Say what `priority_map` shows.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Balanced power", "Equal say"], "distance": [-1.2, 0.1], "importance": [0.6, 0.4],
    ...     "tier": ["start_here", "later"],
    ... })
    >>> print(priority_map_alt(frame))
    Map of 2 characteristics: the distance to the threshold from left to right, the importance upwards.
    Start here: Balanced power (1.2 points below, 60%).
    """
    check_columns(frame, _COLUMNS)
    x, y = numbers_of(frame, "distance"), numbers_of(frame, "importance")
    shown = np.isfinite(x) & np.isfinite(y)
    if not shown.any():
        return nothing_text()
    opening = ngettext(
        "Map of {count} characteristic: the distance to the threshold from left to right, the importance upwards.",
        "Map of {count} characteristics: the distance to the threshold from left to right, the importance upwards.",
        len(frame),
    ).format(count=len(frame))
    said = [opening]
    labels = texts_of(frame, "label")
    for tier, name in _tiers(frame).items():
        if tier == "later":
            continue
        rows = np.flatnonzero(shown & frame["tier"].eq(tier).to_numpy())
        told = [
            (
                _("{name} ({points} points below, {share})")
                if x[at] <= 0
                else _("{name} ({points} points above, {share})")
            ).format(name=labels[at], points=number(abs(x[at])), share=percent(y[at]))
            for at in rows
        ]
        if told:
            said.append(f"{name}: {'; '.join(told)}.")
    return sentences(*said, counts_sentence(np.where(shown, y, np.nan)))
