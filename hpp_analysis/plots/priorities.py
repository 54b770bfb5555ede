"""The map of priorities: how important a characteristic is, against how far it lies from the threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.errors import OptionError
from hpp_analysis.options import nearest
from hpp_analysis.plots.parts.alts import counts_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import SMALL, number, percent, text_height, text_width, wrap
from hpp_analysis.plots.parts.picture import ABOVE, Lines, Marks, Picture, Place, Scale, Spot, Text, nothing
from hpp_analysis.plots.parts.placing import Box
from hpp_analysis.plots.parts.row_frame import draw_key, lay_key
from hpp_analysis.plots.parts.style import LINK, MUTED, WIDTH, Mark, nothing_text, round_ticks
from hpp_analysis.plots.parts.table import FloatArray, check_columns, numbers_of, texts_of
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = ("label", "distance", "importance", "tier")
_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 0.62, 0.2, 0.5, 0.5, 4.4  # inches
_HALF, _BESIDE, _AROUND = (
    0.07,
    0.1,
    0.02,
)  # inches: half a marker, from a marker to its name, and kept clear around a name
_WIDEST = 2.1  # inches of a name
MOST_NAMES = 8
"""Names on the map, those to start with first; all stand in the table."""
MARKS = {
    "start_here": Mark("#bf5300", "s", size=8),
    "consider": Mark("#12436d", "o", filled=False, size=7.5),
    "later": Mark(LINK, "o", size=5),
}


@drawing
def priority_map(data: pd.DataFrame, *, average: float | None = None, ax: Axes | None = None) -> Picture:
    """Draw characteristics by distance to the threshold and importance, with the uncertainty of both.

    The axes end where the data do, and hold the threshold; those to start with and to consider have their names.

    Parameters
    ----------
    data : DataFrame
        One row per characteristic: `label`, `distance` (mean minus threshold, in scale points),
        `importance` (share, 0 to 1), `tier` ("start_here", "consider" or "later"), and where they are known
        `distance_lower`, `distance_upper`, `importance_lower` and `importance_upper`. Rows with NaN are not drawn.
    average : float, optional
        The average share, a line across.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

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
    [-1.5, 0.5]
    """
    x, y, tiers = _read(data)
    shown = np.isfinite(x + y)
    if not shown.any():
        return nothing(ax)
    low, high = numbers_of(data, "importance_lower"), numbers_of(data, "importance_upper")
    left, right = numbers_of(data, "distance_lower"), numbers_of(data, "distance_upper")
    named = shown & (tiers != "later")
    key = lay_key([(MARKS[tier], name) for tier, name in _tier_names(tiers).items()], WIDTH - _LEFT)
    height = _HEIGHT + _TOP + _BOTTOM + key.height
    picture = Picture(ax, WIDTH, height, left=_LEFT, right=_RIGHT, top=_TOP + key.height, bottom=_BOTTOM)
    drawn = np.concatenate([x[shown], left[named], right[named], [0.0]])
    drawn = drawn[np.isfinite(drawn)]
    start, end = float(np.floor(drawn.min() * 2) / 2), float(np.ceil(drawn.max() * 2) / 2)
    start, end = (start - 0.5 if start == 0.0 else start), (end + 0.5 if end == 0.0 else end)
    ticks = [float(tick) for tick in np.arange(start, end + 0.25, 0.5 if end - start <= 4 else 1.0)]
    picture.number_x((start, end), ticks, _("Scale points above or below the threshold"))
    lowest, highest = (np.concatenate([y[shown], ends[named]]) for ends in (low, high))
    percents = round_ticks(95 * float(np.nanmin(lowest)), 105 * float(np.nanmax(highest)), 6, whole=True)
    steps = [whole / 100 for whole in percents if whole >= 0]
    bottom, top = steps[0], steps[-1]
    picture.y_limits = (bottom, top)
    picture.y_scale = Scale(steps, [percent(step) for step in steps], _("Share of the importance for success"))
    picture.down([0.0], MUTED, 1.0, (4, 2))
    picture.add(Text(0.0, 0.03, _("Threshold"), MUTED, align="right", rise="bottom", place=ABOVE))
    if average is not None and bottom <= average <= top:
        picture.across([average], MUTED, 1.0, (1, 2))
        above = average + 0.03 / picture.axis_height * (top - bottom)
        picture.add(Text(-0.02, above, _("average"), MUTED, align="right", rise="bottom", place=Place("right")))
    for at in np.flatnonzero(named):  # what is unsure of both coordinates, behind the marks
        ends = np.array([[[left[at], y[at]], [right[at], y[at]]], [[x[at], low[at]], [x[at], high[at]]]])
        known = ends[~np.isnan(ends).any(axis=(1, 2))].tolist()
        picture.add(Lines(known, MARKS[tiers[at]].color, 1.0, opacity=0.35))
    _draw_marks(picture, x, y, tiers, shown)
    labels = texts_of(data, "label")
    _write_names(picture, x, y, labels, tiers, shown)
    for at in np.flatnonzero(shown):
        place = float(x[at]), float(y[at])
        picture.spots.append(Spot(*place, *place, _place_words(labels[at], *place)))
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


def _place_words(name: str, distance: float, importance: float) -> str:
    """Where a characteristic lies on the map."""
    place = (
        _("{name} ({points} points below, {share})") if distance <= 0 else _("{name} ({points} points above, {share})")
    )
    return place.format(name=name, points=number(abs(distance)), share=percent(importance))


def _draw_marks(
    picture: Picture, x: FloatArray, y: FloatArray, tiers: NDArray[np.object_], shown: NDArray[np.bool_]
) -> None:
    """Marks, those of the tiers that matter over the others."""
    for tier in reversed(MARKS):
        places = np.flatnonzero(shown & (tiers == tier))
        if len(places):
            picture.add(Marks([(float(x[at]), float(y[at])) for at in places], MARKS[tier]))


def _write_names(
    picture: Picture,
    x: FloatArray,
    y: FloatArray,
    labels: Sequence[str],
    tiers: NDArray[np.object_],
    shown: NDArray[np.bool_],
) -> None:
    """Names beside their marks, each where it is clear of all else, with a line to its mark where that is not beside it.

    A name without a clear place is left out; the table has it.
    """
    (x0, x1), (y0, y1) = picture.x_limits, picture.y_limits
    wide, high = picture.axis_width, picture.axis_height
    across, up = (x - x0) / (x1 - x0) * wide, (y - y0) / (y1 - y0) * high
    places = np.flatnonzero(shown)
    taken = [Box(across[at] - _HALF, across[at] + _HALF, up[at] - _HALF, up[at] + _HALF) for at in places]
    matter = [int(at) for tier in ("start_here", "consider") for at in places[tiers[places] == tier]]
    for at in matter[:MOST_NAMES]:
        bold = bool(tiers[at] == "start_here")
        name = wrap(labels[at], _WIDEST, SMALL, bold=bold, lines=3)
        size = max(text_width(line, SMALL, bold=bold) for line in name.split("\n")), text_height(name, SMALL)
        point = float(across[at]), float(up[at])
        clear = [
            box
            for box in _boxes(point, size)
            if box.x0 >= 0 and box.x1 <= wide and box.y0 >= 0 and box.y1 <= high
            and not any(box.grown(_AROUND).meets(other) for other in taken)
        ]  # fmt: skip
        if not clear:
            continue
        box = clear[0]
        taken.append(box.grown(_AROUND))
        end = min(max(point[0], box.x0), box.x1), min(max(point[1], box.y0), box.y1)
        if max(abs(end[0] - point[0]), abs(end[1] - point[1])) > 2 * _BESIDE:
            picture.add(Lines([[point, end]], LINK, 0.7, place=Place("left", "bottom")))
        middle = box.middle
        picture.add(Text(*middle, name, align="center", bold=bold, place=Place("left", "bottom")))


def _boxes(point: tuple[float, float], size: tuple[float, float]) -> Iterator[Box]:
    """Places for a name around a mark, the nearest first."""
    wide, high = size
    for away in (_BESIDE, 0.3, 0.55, 0.8, 1.1, 1.4):
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            cx, cy = point[0] + dx * (away + wide / 2), point[1] + dy * (away + high / 2)
            yield Box(cx - wide / 2, cx + wide / 2, cy - high / 2, cy + high / 2)


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
        members = [_place_words(labels[at], x[at], y[at]) for at in np.flatnonzero(shown & (tiers == tier))]
        if members and tier != "later":
            texts.append(f"{name}: {'; '.join(members)}.")
    return sentences(*texts, counts_sentence(np.where(shown, y, np.nan)))
