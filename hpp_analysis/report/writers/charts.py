"""Figures as charts of Office: what of the table behind a figure becomes categories and series.

A chart holds numbers of the table's own cells, and nothing else, so what may be shown in the table may be shown here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

from hpp_analysis.display.blocks import FigureBlock, HeaderCell, TableBlock
from hpp_analysis.display.formats import EXCEL_FORMATS
from hpp_analysis.texts import gettext as _

MOST_CATEGORIES: Final = 40
COLOURS: Final = ("#12436d", "#bf5300", "#00735c", "#7b3f8c")
"""Of the series, as in the figures of reports."""
PARTS: Final = ("#bf5300", "#c5ccd3", "#12436d", "#7b3f8c")
"""Of the parts of a whole: the low ones, those between, the high ones."""
_MOST_SERIES = 4
_FEW = 8  # categories that stand side by side
_PICTURES = ("heatmap", "map", "sides")
"""Kinds of figures that Office has no chart for, or that show a part of their table."""
_BETWEEN = " · "

Numbers = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one look; those that are withheld are None.

    Attributes
    ----------
    name : str
    values : tuple of float or None
        One for each category.
    lower, upper : tuple of float or None
        The ends of the intervals; empty where there are none.
    """

    name: str
    values: Numbers
    lower: Numbers = ()
    upper: Numbers = ()

    @property
    def deltas(self) -> tuple[Numbers, Numbers] | tuple[()]:
        """How far the interval around each value reaches down and up; empty where there are none."""
        if not any(end is not None for end in self.lower):
            return ()
        down = zip(self.values, self.lower, strict=True)
        up = zip(self.upper, self.values, strict=True)
        return tuple(map(_difference, down)), tuple(map(_difference, up))


def _difference(ends: tuple[float | None, float | None]) -> float | None:
    high, low = ends
    return None if high is None or low is None else high - low


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart of Office shows.

    Attributes
    ----------
    kind : {"points", "bars", "stack"}
        Markers over few categories; bars of many; bars that add up to a whole.
    number_format : str
        Of Excel.
    categories : tuple of str
    series : tuple of Series
    threshold : float or None
        A line across, in a chart of points.
    """

    kind: Literal["points", "bars", "stack"]
    number_format: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    threshold: float | None = None

    @property
    def axis(self) -> tuple[float, float]:
        """The ends of an axis that holds every number, its intervals and the threshold; shares begin at none."""
        numbers = [n for series in self.series for n in (*series.values, *series.lower, *series.upper) if n is not None]
        numbers += [] if self.threshold is None else [self.threshold]
        step = 1.0 if max(map(abs, numbers)) > 1.5 else 0.1
        low, high = step * math.floor(min(numbers) / step), step * math.ceil(max(numbers) / step)
        return (min(low, 0.0) if "%" in self.number_format else round(low, 1)), round(high, 1)

    @property
    def axis_format(self) -> str:
        """How the axis shows its numbers."""
        low, high = self.axis
        return "0%" if "%" in self.number_format else "0.0" if high - low > 1 else "0.00"


def chart_of(figure: FigureBlock) -> Chart | None:
    """The chart of a figure, from the table behind it; None where no chart of Office shows it.

    Examples
    --------
    >>> heads = [HeaderCell("factor", "Factor", "text"), HeaderCell("mean", "Mean", "score")]
    >>> rows = [["Openness", "7.3"], ["Equality", "6.8"]]
    >>> values = [{"factor": "Openness", "mean": 7.3}, {"factor": "Equality", "mean": 6.8}]
    >>> table = TableBlock("scores", "Scores", heads, rows, values)
    >>> chart = chart_of(FigureBlock("scores_profile", "Scores", "<svg/>", "alt", table=table))
    >>> chart.kind, chart.categories, chart.series[0].values
    ('points', ('Openness', 'Equality'), (7.3, 6.8))
    """
    table = figure.table
    if table is None or not table.row_headers or figure.name.rpartition("_")[2] in _PICTURES:
        return None
    measures = _measures(table)
    if not measures:
        return None
    keys = [
        [f"{head.label} {text}" if text.isdigit() else text for head, text in zip(table.header, row, strict=True)][
            : table.row_headers
        ]
        for row in table.cells
    ]
    interval = _interval(table, measures[0]) if len(measures) == 1 else None
    if len(measures) == 1 and (names := _series_names(keys)):
        rows_of = {
            name: {tuple(key[:-1]): row for key, row in zip(keys, table.values, strict=True) if key[-1] == name}
            for name in names
        }
        places = list(dict.fromkeys(tuple(key[:-1]) for key in keys))
        found = [
            _series(name, measures[0], interval, [rows_of[name].get(place, {}) for place in places]) for name in names
        ]
    else:
        places = [tuple(key) for key in keys]
        found = [_series(head.label, head, interval, table.values) for head in measures]
    kept = [at for at in range(len(places)) if any(series.values[at] is not None for series in found)]
    if not kept or len(kept) > MOST_CATEGORIES or len(set(places)) < len(places):
        return None
    categories = _categories([places[at] for at in kept])
    whole = len(measures) > 1 and measures[0].unit == "share" and all(_adds_up(found, at) for at in kept)
    kind: Literal["points", "bars", "stack"] = "stack" if whole else "points" if len(kept) <= _FEW else "bars"
    thresholds = {row.get("threshold") for row in table.values} - {None}
    threshold = thresholds.pop() if len(thresholds) == 1 and measures[0].unit == "score" else None
    return Chart(
        kind, EXCEL_FORMATS[measures[0].unit], categories, tuple(_only(series, kept) for series in found), threshold
    )


def threshold_name() -> str:
    """What the line of a threshold is called."""
    return _("Threshold")


def _measures(table: TableBlock) -> list[HeaderCell]:
    """The first column that is neither text nor a size, with those beside it that hold the same of others: `share_low`, `share_high`;
    a mean and the total.
    """
    heads = table.header[table.row_headers :]
    start = next(
        (at for at, head in enumerate(heads) if head.unit not in ("text", "count", "df", "p") and not head.upper), None
    )
    if start is None:
        return []
    first = heads[start]
    stem = first.name.partition("_")[0] if "_" in first.name else ""
    more = []
    for head in heads[start + 1 :]:
        if not stem or head.unit != first.unit or head.upper or not head.name.startswith(f"{stem}_"):
            break
        more.append(head)
    total = [head for head in heads[start + 1 :] if head.name == "total" and head.unit == first.unit]
    return [first, *(more or total)]


def _interval(table: TableBlock, measure: HeaderCell) -> tuple[str, str] | None:
    """The columns with the ends of the interval around a column: the next one, if it is one."""
    after = table.header.index(measure) + 1
    head = table.header[after] if after < len(table.header) else None
    return (head.name, head.upper) if head is not None and head.upper else None


def _series_names(keys: list[list[str]]) -> list[str]:
    """The values of the last key, if each can be a series."""
    names = list(dict.fromkeys(key[-1] for key in keys))
    return names if keys and len(keys[0]) > 1 and 1 < len(names) <= _MOST_SERIES else []


def _series(name: str, head: HeaderCell, interval: tuple[str, str] | None, rows: list[dict[str, Any]]) -> Series:
    values = tuple(_number(row.get(head.name)) for row in rows)
    if interval is None:
        return Series(name, values)
    lower, upper = (tuple(_number(row.get(end)) for row in rows) for end in interval)
    return Series(name, values, lower, upper)


def _number(value: Any) -> float | None:
    """A number of a cell; a text in its place, as "9 or more", is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _only(series: Series, places: list[int]) -> Series:
    values, lower, upper = (
        tuple(numbers[at] for at in places) if numbers else ()
        for numbers in (series.values, series.lower, series.upper)
    )
    return Series(series.name, values, lower, upper)


def _categories(places: list[tuple[str, ...]]) -> tuple[str, ...]:
    """What names each place: its last key where this is enough, else all that differ."""
    last = [place[-1] for place in places]
    if len(set(last)) == len(last):
        return tuple(last)
    differ = [at for at in range(len(places[0])) if len({place[at] for place in places}) > 1]
    shown = [_BETWEEN.join(place[at] for at in differ) for place in places]
    short = [_BETWEEN.join(place[-2:]) for place in places]
    return tuple(short if len(set(short)) == len(short) else shown)


def _adds_up(found: list[Series], at: int) -> bool:
    parts = [series.values[at] for series in found]
    return (
        None not in parts and abs(sum(part for part in parts if part is not None) - 1.0) < 0.03
    )  # each is rounded to whole percents
