"""The number under each choice of analysis, one row per verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import check_columns, numbers_of, texts_of
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, bound, number, text_height, text_width
from hpp_analysis.plots.parts.rows import draw_rows, draw_threshold, lay_rows, write_column
from hpp_analysis.plots.parts.style import MUTED, WIDTH, Mark, new_axes, nothing, nothing_text, scale_axis, styled
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("label", "estimate", "holds", "usual")
_EDGE, _GAP, _RIGHT = 0.1, 0.22, 0.7  # inches
USUAL = Mark("#12436d", "D", size=7)
SAME = Mark(MUTED, "o", filled=False, size=5)
OTHER = Mark("#bf5300", "X", size=7)
_JITTER = (0.0, -0.06, 0.06, -0.03, 0.03, -0.09, 0.09)  # inches: choices with about the same number


@drawing
def other_choices(
    frame: pd.DataFrame, *, reference: float | None = None, xlabel: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the number of each verdict under each choice, and at the right in how many of them it holds.

    Parameters
    ----------
    frame : DataFrame
        One row per verdict and choice, with the columns `label`, `estimate`, `holds` (the same verdict), `usual` (the
        analysis that is reported, not one of the choices), and if there are headings `group`, if there are intervals
        `ci_lower` and `ci_upper` (drawn of the usual analysis).
    reference : float, optional
        A line down.
    xlabel : str
        What the axis is called.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": "Openness", "estimate": [7.5, 7.4, 8.1], "holds": [True, True, False], "usual": [True, False, False],
    ... })
    >>> other_choices(frame, reference=8.5).texts[-1].get_text()
    '1 of 2'
    """
    check_columns(frame, _COLUMNS)
    estimate, lower, upper = (numbers_of(frame, name) for name in ("estimate", "ci_lower", "ci_upper"))
    groups, labels = texts_of(frame, "group"), texts_of(frame, "label")
    holds, usual = frame["holds"].to_numpy(dtype=bool), frame["usual"].to_numpy(dtype=bool)
    with styled():
        if not np.isfinite(estimate).any() or usual.all():
            return nothing(ax)
        names = list(dict.fromkeys(zip(groups, labels, strict=True)))
        row_of = np.array([names.index(name) for name in zip(groups, labels, strict=True)])
        rows = lay_rows([group for group, _label in names], [label for _group, label in names], row_height=0.3)
        left = rows.label_width + _GAP
        key = lay_key(
            [
                (USUAL, _("as reported")),
                (SAME, _("another choice, same verdict")),
                (OTHER, _("another choice, other verdict")),
            ],
            WIDTH - 2 * _EDGE,
        )
        lift = 0.1 + (text_height("", SMALL) if reference is not None else 0.0)
        written = [
            _("{hold} of {n}").format(hold=int(holds[mine].sum()), n=int(mine.sum()))
            for mine in (~usual & (row_of == place) for place in range(len(names)))
        ]
        right = max(_RIGHT, *(text_width(text) + 0.2 for text in written))
        if ax is None:
            top = key.height + lift + 0.04
            ax = new_axes(
                WIDTH, rows.height + top + 0.48, left=left + _EDGE, right=right + _EDGE, top=top, bottom=0.48
            )  # fmt: skip
        ends, ticks = _axis(np.concatenate([estimate, lower, upper, [np.nan if reference is None else reference]]))
        scale_axis(ax, "x", ends, ticks, xlabel)
        draw_rows(ax, rows, left=left)
        draw_key(ax, key, left=-left, lift=lift, lines=False)
        if reference is not None:
            draw_threshold(ax, reference, right=right, label=bound(reference))
        y = rows.y[row_of]
        turn = np.array([_JITTER[place % len(_JITTER)] for place in range(len(y))])
        bars = usual & ~np.isnan(lower) & ~np.isnan(upper)
        ax.hlines(y[bars], lower[bars], upper[bars], color=USUAL.color, linewidth=1.8, zorder=2)
        for mark, chosen, lifted in (
            (SAME, ~usual & holds, True),
            (OTHER, ~usual & ~holds, True),
            (USUAL, usual, False),
        ):
            ax.plot(estimate[chosen], (y + turn * lifted)[chosen], **mark.points(), zorder=3, clip_on=False)
        write_column(ax, rows.y, written, right=right)
    return ax


def _axis(drawn: np.ndarray) -> tuple[tuple[float, float], list[float]]:
    """Round ends around all that is drawn."""
    from matplotlib.ticker import MaxNLocator

    known = drawn[np.isfinite(drawn)]
    room = 0.04 * (known.max() - known.min()) or 0.1
    ticks = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(known.min() - room, known.max() + room)
    return (float(ticks[0]), float(ticks[-1])), [float(tick) for tick in ticks]


@other_choices.set_alt
def other_choices_alt(frame: pd.DataFrame, *, reference: float | None = None) -> str:
    """Say what `other_choices` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `other_choices`.
    reference : float, optional
        The line.

    Returns
    -------
    str

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "label": "Openness", "estimate": [7.5, 7.4, 8.1], "holds": [True, True, False], "usual": [True, False, False],
    ... })
    >>> other_choices_alt(frame, reference=8.5)
    'Chart of 1 verdict under other choices, against 8.5. Openness: 7.5 as reported, 7.4 to 8.1 under other choices, same verdict in 1 of 2.'
    """
    check_columns(frame, _COLUMNS)
    estimate = numbers_of(frame, "estimate")
    holds, usual = frame["holds"].to_numpy(dtype=bool), frame["usual"].to_numpy(dtype=bool)
    if not np.isfinite(estimate).any() or usual.all():
        return nothing_text()
    keys = list(zip(texts_of(frame, "group"), texts_of(frame, "label"), strict=True))
    names = list(dict.fromkeys(keys))
    opening = ngettext(
        "Chart of {count} verdict under other choices, against {reference}.",
        "Chart of {count} verdicts under other choices, against {reference}.",
        len(names),
    ).format(count=len(names), reference="–" if reference is None else bound(reference))
    said = []
    for group, label in names:
        mine = np.array([key == (group, label) for key in keys])
        others = estimate[mine & ~usual]
        said.append(
            _(
                "{name}: {usual} as reported, {low} to {high} under other choices, same verdict in {hold} of {n}."
            ).format(
                name=f"{label}, {group}" if group else label,
                usual=number(estimate[mine & usual][0]),
                low=number(np.nanmin(others)),
                high=number(np.nanmax(others)),
                hold=int(holds[mine & ~usual].sum()),
                n=len(others),
            )
        )
    return sentences(opening, *said)
