"""The map of priorities: how important a characteristic is, against how far it lies from the threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.errors import OptionError
from hpp_analysis.options import nearest
from hpp_analysis.plots.parts.alts import counts_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import SMALL, number, percent, text_height, text_width, wrap
from hpp_analysis.plots.parts.picture import ABOVE, UPPER_RIGHT, Lines, Marks, Picture, Place, Scale, Text, nothing
from hpp_analysis.plots.parts.placing import Box
from hpp_analysis.plots.parts.row_frame import draw_key, lay_key
from hpp_analysis.plots.parts.style import INK, LINK, MUTED, WIDTH, Mark, nothing_text
from hpp_analysis.plots.parts.table import FloatArray, check_columns, numbers_of, texts_of
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = ("label", "distance", "importance", "tier")
_LOWEST, _HIGHEST = (
    -3.0,
    1.5,
)  # scale points around the threshold: the same axis in every report, unless data lie beyond
_LEFT, _NAMES, _TOP, _BOTTOM = 0.62, 3.1, 0.5, 0.5  # inches; _NAMES is the column of names
_BETWEEN, _HALF, _DIGIT = 0.06, 0.07, 0.125  # inches: between names, half a marker, height of a number
_AWAY, _AROUND = (0.09, 0.19, 0.29), 0.02  # inches: from a mark to its number, and kept clear around a number
MARKS = {
    "start_here": Mark("#bf5300", "s", size=8),
    "consider": Mark("#12436d", "o", filled=False, size=7.5),
    "later": Mark(LINK, "o", size=5),
}


@drawing
def priority_map(data: pd.DataFrame, *, average: float | None = None, ax: Axes | None = None) -> Picture:
    """Draw characteristics by distance to the threshold and importance, with the uncertainty of both.

    Parameters
    ----------
    data : DataFrame
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
    >>> data = pd.DataFrame({
    ...     "label": ["Balanced power", "Equal say"], "distance": [-1.2, 0.1], "importance": [0.6, 0.4],
    ...     "tier": ["start_here", "later"],
    ... })
    >>> [float(end) for end in priority_map(data).get_xlim()]
    [-3.0, 1.5]
    """
    x, y, tiers = _read(data)
    shown = np.isfinite(x + y)
    if not shown.any():
        return nothing(ax)
    low, high = numbers_of(data, "importance_lower"), numbers_of(data, "importance_upper")
    key = lay_key([(MARKS[tier], name) for tier, name in _tier_names(tiers).items()], WIDTH - _LEFT)
    names = [wrap(label, _NAMES - 0.55, SMALL) for label in texts_of(data, "label")]
    height = max(4.2, sum(text_height(name, SMALL) + _BETWEEN for name in names) + _TOP + _BOTTOM) + key.height
    picture = Picture(ax, WIDTH, height, left=_LEFT, right=_NAMES, top=_TOP + key.height, bottom=_BOTTOM)
    start, end = min(_LOWEST, float(np.floor(x[shown].min()))), max(_HIGHEST, float(np.ceil(x[shown].max())))
    ticks = [float(tick) for tick in range(int(start), int(end) + 1)]
    picture.number_x((start, end), ticks, _("Scale points above or below the threshold"))
    steps = np.linspace(0, _round_up(float(np.nanmax([y[shown], high[shown]])) * 1.05), 6).tolist()
    picture.y_limits = (0.0, steps[-1])
    picture.y_scale = Scale(steps, [percent(step) for step in steps], _("Share of the importance for success"))
    picture.down([0.0], MUTED, 1.0, (4, 2))
    picture.add(Text(0.0, 0.03, _("Threshold"), MUTED, align="center", rise="bottom", place=ABOVE))
    if average is not None:
        picture.across([average], MUTED, 1.0, (1, 2))
        above = average + 0.03 / picture.axis_height * steps[-1]
        picture.add(Text(-0.02, above, _("average"), MUTED, align="right", rise="bottom", place=Place("right")))
    left, right = (np.clip(numbers_of(data, name), start, end) for name in ("distance_lower", "distance_upper"))
    for at in np.flatnonzero(shown & (tiers != "later")):  # what is unsure of both coordinates, behind the marks
        ends = np.array([[[left[at], y[at]], [right[at], y[at]]], [[x[at], low[at]], [x[at], high[at]]]])
        known = ends[~np.isnan(ends).any(axis=(1, 2))].tolist()
        picture.add(Lines(known, MARKS[tiers[at]].color, 1.0, opacity=0.55))
    _draw_marks(picture, x, y, tiers, shown)
    _write_names(picture, names, tiers, shown)
    draw_key(picture, key, left=0.1 - _LEFT, lift=0.28, lines=False)
    return picture


def _read(data: pd.DataFrame) -> tuple[FloatArray, FloatArray, NDArray[np.object_]]:
    """Distance, importance and tier of each row."""
    check_columns(data, _COLUMNS)
    tiers = [tier or "later" for tier in texts_of(data, "tier")]
    for row, tier in enumerate(tiers):
        if tier not in MARKS:
            raise OptionError(
                f"A `tier` must be one of {', '.join(MARKS)}. Given: {tier!r} in row {row + 1}. {nearest(tier, MARKS)}"
            )
    return numbers_of(data, "distance"), numbers_of(data, "importance"), np.array(tiers, dtype=object)


def _tier_names(tiers: NDArray[np.object_]) -> dict[str, str]:
    names = {"start_here": _("Start here"), "consider": _("Consider"), "later": _("Later")}
    return {tier: name for tier, name in names.items() if tier in tiers}


def _round_up(top: float) -> float:
    """A round end of the axis whose fifths are whole percents.

    Examples
    --------
    >>> _round_up(0.13), _round_up(0.31)
    (0.15, 0.35)
    """
    return float(max(np.ceil(top * 20 - 1e-9), 1) / 20)


def _draw_marks(
    picture: Picture, x: FloatArray, y: FloatArray, tiers: NDArray[np.object_], shown: NDArray[np.bool_]
) -> None:
    """Marks with their numbers beside them, each number where it covers the least; important ones first."""
    (x0, x1), (_y0, y1) = picture.x_limits, picture.y_limits
    across, up = (x - x0) / (x1 - x0) * picture.axis_width, y / y1 * picture.axis_height
    places = [int(at) for at in np.flatnonzero(shown)]
    taken = [Box(across[at] - _HALF, across[at] + _HALF, up[at] - _HALF, up[at] + _HALF) for at in places]
    places.sort(key=lambda at: list(MARKS).index(str(tiers[at])))
    for at in reversed(places):
        picture.add(Marks([(float(x[at]), float(y[at]))], MARKS[tiers[at]]))
    for at in places:
        box = _place_number((float(across[at]), float(up[at])), text_width(str(at + 1), SMALL), taken)
        taken.append(box.grown(_AROUND))
        color = MUTED if tiers[at] == "later" else INK
        picture.add(Text(*box.middle, str(at + 1), color, align="center", place=Place("left", "bottom")))


def _place_number(point: tuple[float, float], wide: float, taken: list[Box]) -> Box:
    """Of the places around a mark, the one that meets the fewest others."""
    found: list[tuple[int, int, Box]] = []
    for away in _AWAY:
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            cx = point[0] + dx * (away + wide / 2)
            cy = point[1] + dy * (away + _DIGIT / 2)
            box = Box(cx - wide / 2, cx + wide / 2, cy - _DIGIT / 2, cy + _DIGIT / 2)
            found.append((sum(box.meets(other) for other in taken), len(found), box))
    return min(found, key=lambda one: one[:2])[2]


def _write_names(picture: Picture, names: list[str], tiers: NDArray[np.object_], shown: NDArray[np.bool_]) -> None:
    """The numbered names at the right, those of the tiers that matter in dark letters."""
    level = 0.06
    for at, name in enumerate(names):
        color = INK if shown[at] and tiers[at] != "later" else MUTED
        text = name if shown[at] else _("{name}: not weighed").format(name=name)
        bold = bool(shown[at] and tiers[at] == "start_here")
        picture.add(
            Text(0.4, -level, str(at + 1), color, align="right", rise="top", place=UPPER_RIGHT),
            Text(0.5, -level, text, color, rise="top", bold=bold, place=UPPER_RIGHT),
        )
        level += text_height(name, SMALL) + _BETWEEN


@priority_map.set_alt
def priority_map_alt(data: pd.DataFrame) -> str:
    """Say what `priority_map` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Balanced power", "Equal say"], "distance": [-1.2, 0.1], "importance": [0.6, 0.4],
    ...     "tier": ["start_here", "later"],
    ... })
    >>> print(priority_map_alt(data))
    Map of 2 characteristics: the distance to the threshold from left to right, the importance upwards.
    Start here: Balanced power (1.2 points below, 60%).
    """
    x, y, tiers = _read(data)
    shown = np.isfinite(x + y)
    if not shown.any():
        return nothing_text()
    opening = ngettext(
        "Map of {count} characteristic: the distance to the threshold from left to right, the importance upwards.",
        "Map of {count} characteristics: the distance to the threshold from left to right, the importance upwards.",
        len(data),
    ).format(count=len(data))
    texts = [opening]
    labels = texts_of(data, "label")
    for tier, name in _tier_names(tiers).items():
        members = [
            (
                _("{name} ({points} points below, {share})")
                if x[at] <= 0
                else _("{name} ({points} points above, {share})")
            ).format(name=labels[at], points=number(abs(x[at])), share=percent(y[at]))
            for at in np.flatnonzero(shown & (tiers == tier))
        ]
        if members and tier != "later":
            texts.append(f"{name}: {'; '.join(members)}.")
    return sentences(*texts, counts_sentence(np.where(shown, y, np.nan)))
