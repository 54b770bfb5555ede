"""Where scores lie in a norm: the spread of the norm as a band in each row, and the score with its interval on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from hpp_analysis.plots.parts.alts import counts_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import number, percent, text_width
from hpp_analysis.plots.parts.picture import Lines, Picture, Shapes, box, nothing
from hpp_analysis.plots.parts.row_frame import row_frame
from hpp_analysis.plots.parts.style import INK, WIDTH, Mark, nothing_text, palette, round_ticks, scale_label
from hpp_analysis.plots.parts.table import check_columns, numbers_of, texts_of
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = ("label", "mean", "norm_mean", "norm_sd", "share")
_OUTER, _INNER = "#dfe6ee", "#b3c3d4"
_HALF = 0.095  # inches of a band above and below the middle of its row
_BANDS = ((0.8, _OUTER), (0.5, _INNER))
REFERENCE = Mark("#801650", "X", size=7)
"""The look of a published mean."""


@drawing
def norm_bands(
    data: pd.DataFrame,
    *,
    limits: tuple[float, float] = (1, 10),
    xlabel: str = "",
    norm_name: str = "",
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Picture:
    """Draw scores on the spread of a norm, one row per score, and write the share of the norm below each at the right.

    Parameters
    ----------
    data : DataFrame
        One row per score, with the columns `label`, `mean`, `norm_mean` and `norm_sd` (of the true scores in the norm),
        `share` (of the norm below the score, 0 to 1); if there are headings `group`, if there are intervals `ci_lower`,
        `ci_upper`, `share_lower` and `share_upper`, and if there is a published mean `reference`. NaN is not shown.
    limits : (float, float)
        The ends of the answer scale; the axis shows the part of it that is needed.
    xlabel : str
        What the axis is called; by default the mean on the scale.
    norm_name : str
        What the norm is called in the key; by default "Norm".
    width : float
        Of a figure of its own, in inches; long labels make it wider.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "mean": [7.4, 6.2], "norm_mean": [7.0, 6.8], "norm_sd": [0.6, 0.7],
    ...     "share": [.75, .20],
    ... })
    >>> [text.get_text() for text in norm_bands(data).texts][-2:]
    ['75%', '20%']
    """
    check_columns(data, _COLUMNS)
    mean, middle, sd, reference, lower, upper = (
        numbers_of(data, name) for name in ("mean", "norm_mean", "norm_sd", "reference", "ci_lower", "ci_upper")
    )
    if not np.isfinite(middle).any():
        return nothing(ax)
    half = {share: stats.norm.ppf(0.5 + share / 2) * sd for share, _color in _BANDS}
    drawn = np.concatenate([mean, lower, upper, reference, middle - half[0.8], middle + half[0.8]])
    ticks = round_ticks(float(np.nanmin(drawn)), float(np.nanmax(drawn)), 6)
    ticks = [tick for tick in ticks if limits[0] <= tick <= limits[1]] or list(limits)
    ends = (
        max(limits[0], min(ticks[0], float(np.nanmin(drawn)))),
        min(limits[1], max(ticks[-1], float(np.nanmax(drawn)))),
    )
    written = _shares(data)
    name = norm_name or _("Norm")
    key = [
        (palette["client"], _("Score")),
        (Mark(_INNER, "s", size=9), _("{norm}: middle half").format(norm=name)),
        (Mark(_OUTER, "s", size=9), _("{norm}: middle 80%").format(norm=name)),
        *([(REFERENCE, _("Published mean"))] if np.isfinite(reference).any() else []),
    ]
    heading = _("Lower in the norm")
    frame = row_frame(
        ax, texts_of(data, "group"), texts_of(data, "label"), limits=ends, ticks=ticks, width=width, key=key,
        xlabel=xlabel or scale_label(limits), row_height=0.3, heading=heading,
        right=max(map(text_width, [heading, *written])) + 0.2,
    )  # fmt: skip
    picture, y = frame.picture, frame.y
    low, high = picture.x_limits
    known = np.isfinite(middle) & np.isfinite(sd)
    for share, color in _BANDS:
        left = np.clip(middle - half[share], low, high)
        right = np.clip(middle + half[share], low, high)
        shapes = [box(left[at], y[at] - _HALF, right[at], y[at] + _HALF) for at in np.flatnonzero(known)]
        picture.add(Shapes(shapes, [color] * len(shapes)))
    picture.add(
        Lines([((m, at - _HALF), (m, at + _HALF)) for m, at in zip(middle[known], y[known], strict=True)], INK, 1.0)
    )
    picture.marks(reference, y, REFERENCE)
    bounded = np.isfinite(lower) & np.isfinite(upper) & np.isfinite(mean)
    picture.bars(y[bounded], lower[bounded], upper[bounded], palette["client"].color, 1.8)
    picture.marks(mean, y, palette["client"])
    frame.write_not_shown(np.isnan(mean) & ~known)
    frame.write_column(written)
    for at, (group, label) in enumerate(zip(texts_of(data, "group"), texts_of(data, "label"), strict=True)):
        if np.isfinite(mean[at]):
            value = _("{mean}; lower in the norm: {share}").format(mean=number(mean[at]), share=written[at])
            picture.say([(float(mean[at]), float(y[at]))], value, group, label)
    return picture


def _shares(data: pd.DataFrame) -> list[str]:
    """The share below each score and its interval, as they stand at the right."""
    share, lower, upper = (numbers_of(data, name) for name in ("share", "share_lower", "share_upper"))
    texts = []
    for value, low, high in zip(share, lower, upper, strict=True):
        if np.isnan(value):
            texts.append("–")
        elif np.isnan(low) or np.isnan(high):
            texts.append(percent(value))
        else:
            texts.append(
                _("{estimate} ({lower} to {upper})").format(
                    estimate=percent(value), lower=percent(low), upper=percent(high)
                )
            )
    return texts


@norm_bands.set_alt
def norm_bands_alt(data: pd.DataFrame, *, norm_name: str = "") -> str:
    """Say what `norm_bands` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Openness"], "mean": [7.4], "norm_mean": [7.0], "norm_sd": [0.6], "share": [.75],
    ... })
    >>> print(norm_bands_alt(data, norm_name="Simulated norm"))
    Chart of 1 score on the spread of the norm (Simulated norm).
    Openness: 7.4, lower in the norm: 75%.
    """
    check_columns(data, _COLUMNS)
    mean, middle = numbers_of(data, "mean"), numbers_of(data, "norm_mean")
    if not np.isfinite(middle).any():
        return nothing_text()
    opening = ngettext(
        "Chart of {count} score on the spread of the norm ({norm}).",
        "Chart of {count} scores on the spread of the norm ({norm}).",
        len(mean),
    ).format(count=len(mean), norm=norm_name or _("Norm"))
    rows = [
        _("{name}: {mean}, lower in the norm: {share}.").format(
            name=f"{label}, {group}" if group else label, mean=number(mean[at]), share=text
        )
        for at, (group, label, text) in enumerate(
            zip(texts_of(data, "group"), texts_of(data, "label"), _shares(data), strict=True)
        )
        if np.isfinite(mean[at])
    ]
    return sentences(opening, *rows, counts_sentence(mean))
