"""Scores with their intervals against a line: the state of each by shape and colour."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.errors import OptionError
from hpp_analysis.plots.parts.alts import range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, check_on_axis, numbers_of, texts_of
from hpp_analysis.plots.parts.key import Key, draw_key, lay_key
from hpp_analysis.plots.parts.lettering import BODY, SMALL, bound, number, text_height, text_width
from hpp_analysis.plots.parts.rows import draw_rows, draw_threshold, lay_rows, write_column
from hpp_analysis.plots.parts.style import (
    LEAST_AXIS,
    MUTED,
    WIDTH,
    Mark,
    fit_width,
    new_axes,
    nothing,
    nothing_text,
    scale_axis,
    scale_label,
    scale_ticks,
    styled,
    threshold_label,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("label", "estimate", "ci_lower", "ci_upper", "tone")
_EDGE, _GAP, _ROW = 0.1, 0.22, 0.22  # inches
STATES: dict[str, Mark] = {
    "reached": Mark("#00735c", "o", size=7.5),
    "not_reached": Mark("#801650", "v", size=8),
    "cannot_tell": Mark("#946200", "D", filled=False, size=6.5),
    "no_verdict": Mark(MUTED, "_", size=9),
}
"""What each verdict looks like: told apart without colour by its shape."""


@drawing
def verdicts(
    frame: pd.DataFrame,
    *,
    threshold: float | None = None,
    limits: tuple[float, float] = (1, 10),
    width: float = WIDTH,
    ax: Axes | None = None,
) -> Axes:
    """Draw scores with their intervals against a line, one row per score, and write both at the right.

    Parameters
    ----------
    frame : DataFrame
        One row per score, with the columns `label`, `estimate`, `ci_lower`, `ci_upper` and `tone` ("reached",
        "not_reached", "cannot_tell", "no_verdict"), and, if there are headings, `group`. NaN is withheld.
    threshold : float, optional
        The line.
    limits : (float, float)
        The ends of the answer scale: the axis, whatever the data are.
    width : float
        Of a figure of its own, in inches; long labels make it wider.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "estimate": [8.9, 7.1], "ci_lower": [8.6, 6.8], "ci_upper": [9.2, 7.4],
    ...     "tone": ["reached", "not_reached"],
    ... })
    >>> ax = verdicts(frame, threshold=8.5)
    >>> [text.get_text() for text in ax.texts][-2:]
    ['8.9 (8.6 to 9.2)', '7.1 (6.8 to 7.4)']
    """
    check_columns(frame, _COLUMNS)
    estimate, lower, upper = (numbers_of(frame, name) for name in _COLUMNS[1:4])
    tones = _tones(frame)
    with styled():
        if not np.isfinite(estimate).any():
            return nothing(ax)
        check_on_axis(estimate, limits)
        rows = lay_rows(texts_of(frame, "group"), texts_of(frame, "label"), row_height=_ROW)
        written = [_written(*values) for values in zip(estimate, lower, upper, strict=True)]
        left, right = rows.label_width + _GAP, max(map(text_width, written)) + 0.2
        width = fit_width(width, left + right + 2 * _EDGE + LEAST_AXIS)
        words = _words()
        shown = [tone for tone, value in zip(tones, estimate, strict=True) if not np.isnan(value)]
        key = lay_key([(mark, words[state]) for state, mark in STATES.items() if state in shown], width - 2 * _EDGE)
        lift = 0.1
        if threshold is not None and not _beside(key, threshold, limits, left, width - 2 * _EDGE - right):
            lift += text_height("", SMALL)
        if ax is None:
            ax = new_axes(
                width,
                rows.height + key.height + lift + 0.04 + 0.42,
                left=left + _EDGE,
                right=right + _EDGE,
                top=key.height + lift + 0.04,
                bottom=0.42,
            )
        scale_axis(ax, "x", limits, scale_ticks(limits), scale_label(limits))
        draw_rows(ax, rows, left=left)
        draw_key(ax, key, left=-left, lift=lift, lines=False)
        if threshold is not None:
            draw_threshold(ax, threshold, right=right)
        _draw(ax, rows.y, estimate, np.clip(lower, *limits), np.clip(upper, *limits), tones)
        write_column(ax, rows.y, written, right=right)
    return ax


def _beside(key: Key, threshold: float, limits: tuple[float, float], left: float, end: float) -> bool:
    """Whether the key ends before the words of the threshold begin, so that both fit on one line."""
    low, high = limits
    label = left + (threshold - low) / (high - low) * (end - left) - text_width(threshold_label(threshold))
    lines = {level for _x, level, _mark, _text in key.places}
    ends = [x + 0.34 + text_width(text, BODY) for x, _level, _mark, text in key.places]
    return len(lines) == 1 and max(ends) < label


def _tones(frame: pd.DataFrame) -> list[str]:
    tones = [tone or "no_verdict" for tone in texts_of(frame, "tone")]
    for tone in tones:
        if tone not in STATES:
            raise OptionError(f"A `tone` is one of {', '.join(STATES)}. Given: {tone!r}. Choose one of these.")
    return tones


def _words() -> dict[str, str]:
    return {
        "reached": _("reached"),
        "not_reached": _("not reached"),
        "cannot_tell": _("unclear"),
        "no_verdict": _("no verdict: too few persons"),
    }


def _written(estimate: float, lower: float, upper: float) -> str:
    """A score and its interval in words."""
    if np.isnan(estimate):
        return _("not shown")
    if np.isnan(lower) or np.isnan(upper):
        return number(estimate)
    return _("{estimate} ({lower} to {upper})").format(
        estimate=number(estimate), lower=number(lower), upper=number(upper)
    )


def _draw(
    ax: Axes, y: FloatArray, estimate: FloatArray, lower: FloatArray, upper: FloatArray, tones: list[str]
) -> None:
    """Intervals as lines, scores as markers; one call per state."""
    for state, mark in STATES.items():
        chosen = np.array([tone == state for tone in tones]) & ~np.isnan(estimate)
        bars = chosen & ~np.isnan(lower) & ~np.isnan(upper)
        if bars.any():
            ax.hlines(y[bars], lower[bars], upper[bars], color=mark.color, linewidth=1.8, zorder=2)
        if chosen.any():
            ax.plot(estimate[chosen], y[chosen], **mark.points(), zorder=3, clip_on=False)


@verdicts.set_alt
def verdicts_alt(frame: pd.DataFrame, *, threshold: float | None = None) -> str:
    """Say what `verdicts` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `verdicts`.
    threshold : float, optional
        The line.

    Returns
    -------
    str
        One to three sentences.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": ["Openness", "Equality"], "estimate": [8.9, 7.1], "ci_lower": [8.6, 6.8], "ci_upper": [9.2, 7.4],
    ...     "tone": ["reached", "not_reached"],
    ... })
    >>> print(verdicts_alt(frame, threshold=8.5))
    Chart of 2 scores with their intervals against the threshold of 8.5.
    Reached: 1; not reached: 1; unclear: 0; without a verdict: 0.
    The values run from 7.1 (Equality) to 8.9 (Openness).
    """
    check_columns(frame, _COLUMNS)
    estimate = numbers_of(frame, "estimate")
    if not np.isfinite(estimate).any():
        return nothing_text()
    tones = [tone if not np.isnan(value) else "no_verdict" for tone, value in zip(_tones(frame), estimate, strict=True)]
    count = len(estimate)
    opening = (
        ngettext(
            "Chart of {count} score with its interval.", "Chart of {count} scores with their intervals.", count
        ).format(count=count)
        if threshold is None
        else ngettext(
            "Chart of {count} score with its interval against the threshold of {threshold}.",
            "Chart of {count} scores with their intervals against the threshold of {threshold}.",
            count,
        ).format(count=count, threshold=bound(threshold))
    )
    states = _(
        "Reached: {reached}; not reached: {not_reached}; unclear: {cannot_tell}; without a verdict: {no_verdict}."
    ).format(**{state: tones.count(state) for state in STATES})
    groups = texts_of(frame, "group")
    names = [
        _("{series} on {label}").format(series=group, label=label) if group else label
        for group, label in zip(groups, texts_of(frame, "label"), strict=True)
    ]
    return sentences(opening, states, range_sentence(names, estimate))
