"""Tables of shaded cells with their numbers: means per partner, correlations, loadings and residual correlations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import SMALL, bound, clean, listed, number, text_height, text_width, wrap
from hpp_analysis.plots.parts.picture import ABOVE, Lines, Picture, Shapes, Text, box, nothing
from hpp_analysis.plots.parts.row_frame import EDGE, Rows, lay_rows, write_labels
from hpp_analysis.plots.parts.style import INK, MUTED, WIDTH, mix, nothing_text
from hpp_analysis.plots.parts.table import (
    FloatArray,
    check_columns,
    check_on_axis,
    check_table,
    numbers_of,
    occurrences,
    positions,
    texts_of,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MEANS = ("group", "label", "partner", "series", "mean")
_GAP, _BLOCK = 0.12, 0.12  # inches between labels and cells, and between the columns of two sides
_DEEPEST_HEAD = 2.4  # inches of an upright head
_SMALLEST_HEAD = 7.5  # points of a head above a column; a longer one stands upright
_SMALLEST = 6.5  # points of a number in a cell; a narrower cell has none

SEQUENTIAL = ("#fbf3e6", "#e3d3b4", "#9db4bd", "#4b7ea3", "#12436d")
"""From light (low) to dark (high), evenly: the order survives in grey."""
DIVERGING = ("#bf5300", "#e59b62", "#ffffff", "#7da3c4", "#12436d")
"""Orange below zero, white at zero, blue above: apart for every kind of colour blindness. In grey both ends are dark,
and the signs of the numbers in the cells tell them apart."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """A picture with row labels and column heads, and where its cells are.

    Attributes
    ----------
    picture : Picture
    rows : Rows
    x : array
        The left side of each column, in inches.
    width : float
        Of a column, in inches.
    """

    picture: Picture
    rows: Rows
    x: FloatArray
    width: float

    def fill(
        self,
        values: FloatArray,
        shown: NDArray[np.bool_],
        shade: Callable[[float], str],
        write: Callable[[float], str],
        *,
        muted: float = 0.0,
        signs: NDArray[np.object_] | None = None,
    ) -> None:
        """Shade the cells that are shown, and write their numbers where these fit.

        Parameters
        ----------
        values : array
            Rows x columns; NaN stays white.
        shown : array of bool
        shade, write : callable
            The colour and the text of a value that is not NaN. A text is left out where no number fits, but its minus.
        muted : float
            Numbers closer to zero are grey.
        signs : array of str, optional
            Rows x columns: what stands behind a number.
        """
        cells = [(int(row), int(column), float(values[row, column])) for row, column in np.argwhere(shown)]
        fills = ["#ffffff" if np.isnan(value) else shade(value) for _row, _column, value in cells]
        self.picture.add(Shapes([self.corners(row, column) for row, column, _value in cells], fills))
        texts = ["–" if np.isnan(value) else write(value) for _row, _column, value in cells]
        if signs is not None:
            texts = [
                f"{text} {signs[row, column]}".strip() for text, (row, column, _value) in zip(texts, cells, strict=True)
            ]
        size = min(SMALL, SMALL * (self.width - 0.05) / max(0.1, *map(text_width, texts)))
        for (row, column, value), fill, text in zip(cells, fills, texts, strict=True):
            written = text if size >= _SMALLEST else "−" if text.startswith("−") else ""
            if written:
                color = MUTED if np.isnan(value) or abs(value) < muted else _letters_on(fill)
                middle = float(self.x[column]) + self.width / 2
                fitted = size if size >= _SMALLEST else SMALL
                self.picture.add(Text(middle, float(self.rows.y[row]), written, color, fitted, align="center"))

    def corners(self, row: int, column: int) -> list[tuple[float, float]]:
        """Of a cell, a hundredth of an inch inside its neighbours."""
        x, y, half = float(self.x[column]), float(self.rows.y[row]), float(self.rows.heights[row]) / 2
        return box(x + 0.01, y - half + 0.01, x + self.width - 0.01, y + half - 0.01)


def _lay_cells(
    ax: Axes | None,
    groups: Sequence[str],
    labels: Sequence[str],
    columns: Sequence[str],
    *,
    row_height: float,
    widest: float,
    blocks: NDArray[np.intp] | None = None,
    headings: Sequence[str] = (),
) -> _Cells:
    """Place labels, heads and cells; `blocks` numbers the block of each column, `headings` stand over the blocks."""
    blocks = np.zeros(len(columns), dtype=np.intp) if blocks is None else blocks
    rows = lay_rows(groups, labels, row_height=row_height)
    left = rows.label_width + _GAP
    width = min((WIDTH - left - 2 * EDGE - _BLOCK * blocks[-1]) / len(columns), widest)
    x = np.arange(len(columns)) * width + blocks * _BLOCK
    heads = [wrap(name, width - 0.05, lines=3) for name in columns]
    longest = max(text_width(word) for name in columns for word in name.split() or [""])
    size = SMALL if longest <= width - 0.05 else SMALL * (width - 0.05) / longest
    upright = size < _SMALLEST_HEAD or any(head.endswith("…") for head in heads)
    heads = [wrap(name, width - 0.05, size, lines=3) for name in columns] if size < SMALL else heads
    if upright:
        heads, size = [wrap(name, _DEEPEST_HEAD, lines=1) for name in columns], SMALL
    deep = max(map(text_width if upright else text_height, heads)) + 0.08
    across = float(x[-1] + width)
    places = [x[blocks == block] for block in range(len(headings))]
    over = [
        wrap(name, float(place[-1] - place[0]) + width - 0.05, bold=True, lines=3)
        for name, place in zip(headings, places, strict=True)
    ]
    top = deep + max(map(text_height, over), default=0.0) + (0.16 if over else 0.06)
    picture = Picture(
        ax, WIDTH, rows.height + top + 0.1, left=left + EDGE, right=WIDTH - left - EDGE - across, top=top, bottom=0.1
    )
    picture.x_limits = (0.0, across)
    write_labels(picture, rows, left)
    for middle, head in zip((x + width / 2).tolist(), heads, strict=True):
        picture.add(Text(middle, 0.06, head, MUTED, size, align="center", rise="bottom", upright=upright, place=ABOVE))
    for name, place in zip(over, places, strict=True):
        middle = float(place.mean()) + width / 2
        picture.add(Text(middle, deep + 0.06, name, bold=True, align="center", rise="bottom", place=ABOVE))
    return _Cells(picture, rows, x, width)


def _letters_on(ground: str) -> str:
    """White, dark, or black on the grounds between: each has a contrast of 4.5 with its ground, as WCAG 2.2 asks of text."""
    red, green, blue = (int(ground[start : start + 2], 16) / 255 for start in (1, 3, 5))
    luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return "#ffffff" if luminance < 0.18 else "#000000" if luminance < 0.28 else INK


def _diverging(limit: float) -> Callable[[float], str]:
    """The colour of a value from -limit to limit."""
    return lambda value: mix(DIVERGING, 0.5 + 0.5 * value / limit)


@drawing
def partner_heatmap(
    data: pd.DataFrame,
    *,
    limits: tuple[float, float] = (1, 10),
    roomy: bool = False,
    differences: bool = False,
    ax: Axes | None = None,
) -> Picture:
    """Draw the mean of each characteristic for each partner and side.

    Parameters
    ----------
    data : DataFrame
        One row per characteristic, partner and side, with the columns `group` (the factor), `label` (the characteristic),
        `partner`, `series` (the side) and `mean`, and if cells have a sign behind their number `sign`. NaN is withheld: the
        cell is hatched. All stand in order of appearance.
    limits : (float, float)
        The ends of the answer scale, lightest and darkest, whatever the data are.
    roomy : bool
        Whether rows are high and columns wide, as in an overview of few numbers.
    differences : bool
        Whether the numbers are differences: written with their sign, white at zero; `limits` then lie around zero.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "group": "", "label": ["Dialogue", "Ideas"], "partner": "Alfa", "series": "Client", "mean": [7.9, 6.8],
    ... })
    >>> [text.get_text() for text in partner_heatmap(data).texts][-2:]
    ['7.9', '6.8']
    """
    rows, columns, values, present, signs = _read_means(data)
    if not np.isfinite(values).any():
        return nothing(ax)
    check_on_axis(values.ravel(), limits)
    sides = [side for side, _partner in columns]
    _names, blocks = positions(sides)
    cells = _lay_cells(
        ax, [row[0] for row in rows], [row[1] for row in rows], [partner for _side, partner in columns],
        row_height=0.34 if roomy else 0.24, widest=1.0 if roomy else 0.75, blocks=blocks, headings=list(dict.fromkeys(sides)) if any(sides) else (),
    )  # fmt: skip
    picture, low, high = cells.picture, *limits
    known = present & ~np.isnan(values)
    hidden = [cells.corners(int(row), int(column)) for row, column in np.argwhere(present & ~known)]
    picture.add(Lines([stroke for corners in hidden for stroke in _hatch(corners)], "#b6bdc4", 0.7))
    shade = _diverging(high) if differences else lambda value: mix(SEQUENTIAL, (value - low) / (high - low))
    write = (lambda value: format_value(value, "difference", coarse=True)) if differences else number
    cells.fill(values, known, shade, write, signs=signs)
    for row, column in np.argwhere(known):
        names, corners = [*rows[row][:2], *columns[column]], cells.corners(int(row), int(column))
        picture.say(corners[::2], write(values[row, column]), *names)
    return picture


def _read_means(
    data: pd.DataFrame,
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], FloatArray, NDArray[np.bool_], NDArray[np.object_]]:
    """Rows (group, label, ...), columns (side, partner) with all of a side together, means, which are there, and signs."""
    check_columns(data, _MEANS)
    group, label, partner, series = (texts_of(data, name) for name in _MEANS[:4])
    rows, row = positions(group, label, occurrences(group, label, partner, series))
    columns, column = positions(series, partner)
    partners, sides = list(dict.fromkeys(partner)), list(dict.fromkeys(series))
    order = sorted(range(len(columns)), key=lambda at: (sides.index(columns[at][0]), partners.index(columns[at][1])))
    values = np.full((len(rows), len(columns)), np.nan)
    present, signs = np.zeros(values.shape, dtype=bool), np.full(values.shape, "", dtype=object)
    values[row, column], present[row, column] = numbers_of(data, "mean"), True
    signs[row, column] = texts_of(data, "sign")
    return rows, [columns[at] for at in order], values[:, order], present[:, order], signs[:, order]


def _hatch(corners: Sequence[tuple[float, float]], spacing: float = 0.09) -> list[list[tuple[float, float]]]:
    """Slanted strokes in a box."""
    (left, top), (right, bottom) = corners[0], corners[2]
    strokes = []
    for start in np.arange(left - (bottom - top) + spacing / 2, right, spacing).tolist():
        low, high = max(start, left), min(start + bottom - top, right)
        strokes.append([(low, bottom - (low - start)), (high, bottom - (high - start))])
    return strokes


@partner_heatmap.set_alt
def partner_heatmap_alt(data: pd.DataFrame, *, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `partner_heatmap` shows.

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "group": "", "label": ["Dialogue", "Ideas"], "partner": "Alfa", "series": "Client", "mean": [7.9, 6.8],
    ... })
    >>> print(partner_heatmap_alt(data))
    Table of shaded cells: the means of 2 characteristics, on the scale from 1 to 10, for Alfa.
    The values run from 6.8 (Ideas; Client, Alfa) to 7.9 (Dialogue; Client, Alfa).
    """
    rows, columns, values, present, _signs = _read_means(data)
    if not np.isfinite(values).any():
        return nothing_text()
    partners = list(dict.fromkeys(partner for _side, partner in columns))
    opening = ngettext(
        "Table of shaded cells: the means of {count} characteristic, on the scale from {low} to {high}, for {names}.",
        "Table of shaded cells: the means of {count} characteristics, on the scale from {low} to {high}, for {names}.",
        len(rows),
    ).format(count=len(rows), low=bound(limits[0]), high=bound(limits[1]), names=listed(partners))
    names = [
        f"{rows[row][1]}; {', '.join(filter(None, columns[column]))}"
        for row, column in zip(*np.nonzero(present), strict=True)
    ]
    return sentences(opening, range_sentence(names, values[present]), counts_sentence(values[present]))


@drawing
def correlation_heatmap(
    data: pd.DataFrame,
    groups: Mapping[str, str] | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Picture:
    """Draw correlations below the diagonal, items of one factor beside each other.

    On axes it is drawn by seaborn's `heatmap`.

    Parameters
    ----------
    data : DataFrame
        Square and symmetric, the same names on both sides.
    groups : mapping of str to str, optional
        The factor of each item: items come by factor, in order of appearance. Those that are not named come last.
    labels : mapping of str to str, optional
        What items are called, by their names in the data. The columns bear the rows' numbers.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame([[1, .5], [.5, 1]], index=["a", "b"], columns=["a", "b"])
    >>> [text.get_text() for text in correlation_heatmap(data).texts]
    ['0.50']
    """
    values, names, group = _read_correlations(data, groups)
    below = np.tril(np.isfinite(values), -1)
    if not below.any():
        return nothing(ax)
    cells = _lay_cells(ax, group, _numbered(names, labels), _numbers(names), row_height=0.27, widest=1.1)
    cells.fill(values, _below(values), _diverging(1.0), lambda value: number(value, 2))
    return cells.picture


@correlation_heatmap.set_explore
def _explore_correlations(
    data: pd.DataFrame,
    groups: Mapping[str, str] | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    from hpp_analysis.plots.explore import draw_heatmap

    values, names, group = _read_correlations(data, groups)
    table = pd.DataFrame(values, index=_numbered(names, labels), columns=_numbers(names))
    return draw_heatmap(table, DIVERGING, groups=group, shown=_below(values), ax=ax)


def _below(values: FloatArray) -> NDArray[np.bool_]:
    """The cells below the diagonal."""
    return np.tril(np.ones(values.shape, dtype=bool), -1)


def _numbered(names: Sequence[str], labels: Mapping[str, str] | None) -> list[str]:
    return [f"{place}  {_label(name, labels)}" for place, name in enumerate(names, 1)]


def _numbers(names: Sequence[str]) -> list[str]:
    return [str(place) for place in range(1, len(names) + 1)]


def _label(name: object, labels: Mapping[str, str] | None) -> str:
    return clean((labels or {}).get(str(name), name))


def _read_correlations(
    data: pd.DataFrame, groups: Mapping[str, str] | None = None
) -> tuple[FloatArray, list[str], list[str]]:
    """Values, names and factors of a square table, in the order in which they are drawn."""
    check_table(data)
    if list(data.index) != list(data.columns):
        raise OptionError(
            "A table of correlations must have the same names, in the same order, on both sides. Given: "
            f"{data.shape[0]} rows and {data.shape[1]} columns with other names. Order both alike, or hand over "
            "the correlations or residuals of a result."
        )
    group = [clean((groups or {}).get(str(name), "")) for name in data.index]
    places = {factor: place for place, factor in enumerate(dict.fromkeys(filter(None, group)))}
    order = sorted(range(len(group)), key=lambda row: places.get(group[row], len(places)))
    values = data.to_numpy(dtype=float)[np.ix_(order, order)]
    return values, [str(data.index[row]) for row in order], [group[row] for row in order]


@correlation_heatmap.set_alt
def correlation_heatmap_alt(
    data: pd.DataFrame, groups: Mapping[str, str] | None = None, *, labels: Mapping[str, str] | None = None
) -> str:
    """Say what `correlation_heatmap` shows.

    Examples
    --------
    >>> data = pd.DataFrame([[1, .5], [.5, 1]], index=["a", "b"], columns=["a", "b"])
    >>> correlation_heatmap_alt(data)
    'Correlations of 2 items. The highest is 0.50 (a with b), the lowest 0.50 (a with b).'
    """
    values, names, group = _read_correlations(data, groups)
    rows, columns = np.tril_indices(len(names), -1)
    pairs = values[rows, columns]
    if not np.isfinite(pairs).any():
        return nothing_text()

    def pair(place: int) -> str:
        first, second = (_label(names[side[place]], labels) for side in (columns, rows))
        return _("{first} with {second}").format(first=first, second=second)

    high, low = int(np.nanargmax(pairs)), int(np.nanargmin(pairs))
    texts = [
        ngettext("Correlations of {count} item.", "Correlations of {count} items.", len(names)).format(
            count=len(names)
        ),
        _("The highest is {high} ({highest}), the lowest {low} ({lowest}).").format(
            high=number(pairs[high], 2), highest=pair(high), low=number(pairs[low], 2), lowest=pair(low)
        ),
    ]
    within = np.array([group[i] == group[j] for i, j in zip(rows, columns, strict=True)])
    if len(set(group)) > 1 and np.isfinite(pairs[within]).any() and np.isfinite(pairs[~within]).any():
        texts.append(
            _("On average {within} within factors and {between} between them.").format(
                within=number(float(np.nanmean(pairs[within])), 2), between=number(float(np.nanmean(pairs[~within])), 2)
            )
        )
    return sentences(*texts)


@drawing
def loadings_heatmap(
    data: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    sort: bool = True,
    muted: float = 0.3,
    ax: Axes | None = None,
) -> Picture:
    """Draw loadings, every number in its cell.

    On axes it is drawn by seaborn's `heatmap`.

    Parameters
    ----------
    data : DataFrame
        Items x factors.
    labels : mapping of str to str, optional
        What items and factors are called, by their names in the data.
    sort : bool
        Whether items come by the factor that they load on most, strongest first; otherwise as in the data.
    muted : float
        Loadings closer to zero have grey numbers.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({"F1": [.1, .8], "F2": [.7, .0]}, index=["plans", "ideas"])
    >>> [label.get_text() for label in loadings_heatmap(data).get_yticklabels()]
    ['ideas', 'plans']
    """
    table = _sorted_loadings(data, labels, sort=sort)
    values = table.to_numpy(dtype=float)
    if not np.isfinite(values).any():
        return nothing(ax)
    rows = table.index.tolist()
    cells = _lay_cells(ax, [""] * len(rows), rows, table.columns.tolist(), row_height=0.27, widest=1.1)
    shown = np.ones(values.shape, dtype=bool)
    cells.fill(values, shown, _diverging(1.0), lambda value: number(value, 2), muted=muted)
    return cells.picture


@loadings_heatmap.set_explore
def _explore_loadings(
    data: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    sort: bool = True,
    muted: float = 0.3,
    ax: Axes | None = None,
) -> Axes:
    from hpp_analysis.plots.explore import draw_heatmap

    return draw_heatmap(_sorted_loadings(data, labels, sort=sort), DIVERGING, muted=muted, ax=ax)


def _sorted_loadings(data: pd.DataFrame, labels: Mapping[str, str] | None, *, sort: bool) -> pd.DataFrame:
    check_table(data)
    values = data.to_numpy(dtype=float)
    size = np.where(np.isfinite(values), np.abs(values), -1.0)
    order = np.lexsort((-size.max(axis=1), size.argmax(axis=1))) if sort and len(data) else np.arange(len(data))
    names = [[_label(name, labels) for name in axis] for axis in (data.index[order], data.columns)]
    return pd.DataFrame(values[order], index=names[0], columns=names[1])


@loadings_heatmap.set_alt
def loadings_heatmap_alt(data: pd.DataFrame, *, labels: Mapping[str, str] | None = None, muted: float = 0.3) -> str:
    """Say what `loadings_heatmap` shows.

    Examples
    --------
    >>> data = pd.DataFrame({"F1": [.1, .8], "F2": [.7, .0]}, index=["plans", "ideas"])
    >>> print(loadings_heatmap_alt(data))
    Loadings of 2 items on 2 factors. F1: highest on ideas (0.80). F2: highest on plans (0.70). Items that load 0.3 or more on several factors: none.
    """
    check_table(data)
    values = data.to_numpy(dtype=float)
    if not np.isfinite(values).any():
        return nothing_text()
    texts = [
        _("Loadings of {items} on {factors}.").format(
            items=ngettext("{count} item", "{count} items", len(data)).format(count=len(data)),
            factors=ngettext("{count} factor", "{count} factors", values.shape[1]).format(count=values.shape[1]),
        )
    ]
    for column, name in enumerate(data.columns):
        size = np.abs(values[:, column])
        if np.isfinite(size).any():
            top = int(np.nanargmax(size))
            texts.append(
                _("{factor}: highest on {item} ({value}).").format(
                    factor=_label(name, labels),
                    item=_label(data.index[top], labels),
                    value=number(values[top, column], 2),
                )
            )
    if values.shape[1] > 1:
        crossing = [_label(name, labels) for name in data.index[(np.abs(values) >= muted).sum(axis=1) > 1]]
        texts.append(
            _("Items that load {muted} or more on several factors: {items}.").format(
                muted=bound(muted), items=listed(crossing) or _("none")
            )
        )
    return sentences(*texts)


@drawing
def residual_heatmap(
    data: pd.DataFrame, *, labels: Mapping[str, str] | None = None, notable: float = 0.1, ax: Axes | None = None
) -> Picture:
    """Draw what a model leaves unexplained: residual correlations below the diagonal, notable ones with their number.

    Parameters
    ----------
    data : DataFrame
        Square: items x items, residual correlations. NaN is not drawn.
    labels : mapping of str to str, optional
        What items are called.
    notable : float
        From this size on, a residual is written out.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame([[0, .15], [.15, 0]], index=["a", "b"], columns=["a", "b"])
    >>> [text.get_text() for text in residual_heatmap(data).texts]
    ['1  a', '2  b', '1', '2', '0.15']
    """
    values, names, group = _read_correlations(data)
    shown = _below(values) & np.isfinite(values)
    if not shown.any():
        return nothing(ax)
    cells = _lay_cells(ax, group, _numbered(names, labels), _numbers(names), row_height=0.27, widest=0.42)
    shade = _diverging(max(float(np.max(np.abs(values[shown]))), 2 * notable))
    cells.fill(values, shown, shade, lambda value: number(value, 2) if abs(value) >= notable else "")
    return cells.picture


@residual_heatmap.set_alt
def residual_heatmap_alt(data: pd.DataFrame, *, labels: Mapping[str, str] | None = None, notable: float = 0.1) -> str:
    """Say how many residuals are notable, and which are the largest.

    Examples
    --------
    >>> data = pd.DataFrame([[0, .15], [.15, 0]], index=["a", "b"], columns=["a", "b"])
    >>> residual_heatmap_alt(data)
    'Residual correlations of 2 items: 1 of 1 pair is 0.10 or larger. The largest: a – b 0.15.'
    """
    values, names, _group = _read_correlations(data)
    rows, columns = np.tril_indices(len(names), -1)
    sizes = values[rows, columns]
    known = np.isfinite(sizes)
    if not known.any():
        return nothing_text()
    count, total = int((np.abs(sizes[known]) >= notable).sum()), int(known.sum())
    largest = [
        f"{_label(names[columns[at]], labels)} – {_label(names[rows[at]], labels)} {number(float(sizes[at]), 2)}"
        for at in np.argsort(-np.abs(np.where(known, sizes, 0)), kind="stable")[: min(3, max(count, 1))]
    ]
    return sentences(
        ngettext(
            "Residual correlations of {items} items: {count} of {total} pair is {notable} or larger.",
            "Residual correlations of {items} items: {count} of {total} pairs are {notable} or larger.",
            total,
        ).format(items=len(names), count=count, total=total, notable=number(notable, 2)),
        _("The largest: {pairs}.").format(pairs="; ".join(largest)),
    )
