"""The figures of a report as charts of Excel on one sheet, each beside the numbers that it is drawn from."""

from __future__ import annotations

import math
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.chart import Chart as Drawn
from xlsxwriter.utility import quote_sheetname, xl_range_abs
from xlsxwriter.worksheet import Worksheet

from hpp_analysis.display.blocks import FigureBlock
from hpp_analysis.report.writers.charts import COLOURS, PARTS, Chart, threshold_name
from hpp_analysis.report.writers.prose_nodes import plain
from hpp_analysis.report.writers.xlsx_look import Look, write_text
from hpp_analysis.texts import gettext as _

_WIDE, _HIGH = 760, 340  # pixels of a chart
_BASE, _BAR, _GAP = 90, 11, 8  # pixels of a chart of bars: around them, of each, and between the groups
_ROW = 20  # pixels
_NUMBERS = 13  # the column in which the numbers begin, right of the charts
_SMALL = {"size": 9, "color": "#52606d"}


def write_charts(sheet: Worksheet, book: Workbook, look: Look, charts: list[tuple[int, FigureBlock, Chart]]) -> None:
    """Write the sheet: the number of each figure in the report, the figure, and what it shows.

    Charts refer to cells for their words, because xlsxwriter takes a literal one that begins with "=" for a formula.
    """
    write_text(sheet, 0, 0, _("Figures"), look.title)
    row, breaks = 2, []
    for number, figure, chart in charts:
        write_text(sheet, row, 0, _("Figure {n}").format(n=number), look.strong)
        write_text(sheet, row, 1, figure.caption, look.strong)
        drawn = _drawn(book, chart, _write_numbers(sheet, look, chart, row + 1))
        high = _HIGH
        if chart.kind != "points":
            stacked = chart.kind == "stack"
            high = _BASE + len(chart.categories) * (_GAP + _BAR * (1 if stacked else len(chart.series)))
        drawn.set_size({"width": _WIDE, "height": high})
        sheet.insert_chart(row + 1, 0, drawn, {"description": plain(figure.alt), "object_position": 2})
        row += 3 + max(math.ceil(high / _ROW), len(chart.categories) + 1)
        breaks.append(row)
    sheet.set_column(0, 0, 11)
    sheet.set_column(_NUMBERS, _NUMBERS, 36)
    sheet.set_column(_NUMBERS + 1, _NUMBERS + 9, 12)
    sheet.fit_to_pages(1, 0)
    sheet.set_h_pagebreaks(breaks[1:-1:2])
    sheet.print_area(0, 0, row, _NUMBERS - 2)


def _write_numbers(sheet: Worksheet, look: Look, chart: Chart, top: int) -> Places:
    """Write what a chart shows as a table, and say where."""
    places = Places(sheet.get_name(), top, len(chart.categories))
    pattern = look.number(chart.number_format)
    for row, category in enumerate(chart.categories, start=top + 1):
        write_text(sheet, row, _NUMBERS, category, look.text)
    named = [(series.name, series.values) for series in chart.series]
    if chart.threshold is not None and chart.kind == "points":
        named.append((threshold_name(), (chart.threshold,) * len(chart.categories)))
    for series in chart.series if chart.kind == "points" else ():
        named += [
            (f"{series.name} {sign}", deltas)
            for sign, deltas in zip("−+", series.deltas or ((), ()), strict=True)
            if deltas
        ]
    for column, (name, values) in enumerate(named, start=_NUMBERS + 1):
        write_text(sheet, top, column, name, look.head)
        for row, value in enumerate(values, start=top + 1):
            if value is not None:
                sheet.write_number(row, column, value, pattern)
    return places


class Places:
    """Where the numbers of a chart stand."""

    def __init__(self, sheet: str, top: int, n: int) -> None:
        self._sheet, self._top, self._n = sheet, top, n

    def series(self, at: int) -> dict[str, Any]:
        """What xlsxwriter is told of the series at a place."""
        column = _NUMBERS + 1 + at
        rows = (self._top + 1, self._top + self._n)
        return {
            "name": [self._sheet, self._top, column],
            "categories": [self._sheet, rows[0], _NUMBERS, rows[1], _NUMBERS],
            "values": [self._sheet, rows[0], column, rows[1], column],
        }

    def error_bars(self, at: int, colour: str) -> dict[str, Any]:
        """The intervals of a series: how far they reach down stands in the column at a place, how far up in the next."""
        first, last = self._top + 2, self._top + 1 + self._n
        down, up = (
            f"={quote_sheetname(self._sheet)}!{xl_range_abs(first - 1, column, last - 1, column)}"
            for column in (_NUMBERS + 1 + at, _NUMBERS + 2 + at)
        )
        line = {"color": colour, "width": 1.25}
        return {"y_error_bars": {"type": "custom", "plus_values": up, "minus_values": down, "line": line}}


def _drawn(book: Workbook, chart: Chart, places: Places) -> Drawn:
    if chart.kind == "points":
        return _points(book, chart, places)
    kinds = {"bars": {"type": "bar"}, "stack": {"type": "bar", "subtype": "percent_stacked"}}
    drawn = book.add_chart(kinds[chart.kind])
    colours = PARTS if chart.kind == "stack" else COLOURS
    for at in range(len(chart.series)):
        looks = {
            "fill": {"color": colours[at % len(colours)]},
            "gap": 40,
            "overlap": 100 if chart.kind == "stack" else 0,
        }
        labels = {"data_labels": {"value": True, "num_format": chart.number_format, "font": {"size": 8}}}
        drawn.add_series(places.series(at) | looks | (labels if chart.kind == "bars" else {}))
    drawn.set_y_axis(
        {"reverse": True, "num_font": _SMALL, "line": {"none": True}, "interval_unit": 1, "label_position": "low"}
    )
    drawn.set_x_axis({"num_font": _SMALL, "major_gridlines": {"visible": True, "line": {"color": "#e3e7eb"}}, "min": 0})
    _finish(drawn)
    return drawn


def _points(book: Workbook, chart: Chart, places: Places) -> Drawn:
    """Markers with their intervals over each category, and the threshold as a line across."""
    drawn = book.add_chart({"type": "line"})
    beside = len(chart.series) + (chart.threshold is not None)
    for at, series in enumerate(chart.series):
        colour = COLOURS[at % len(COLOURS)]
        marker = {
            "type": ("circle", "square", "triangle", "diamond")[at % 4],
            "size": 8,
            "fill": {"color": colour},
            "border": {"color": colour},
        }
        looks = {"marker": marker, "line": {"none": True}}
        if series.deltas:
            looks |= places.error_bars(beside, colour)
            beside += 2
        drawn.add_series(places.series(at) | looks)
    if chart.threshold is not None:
        line = {"color": "#52606d", "width": 1.25, "dash_type": "dash"}
        drawn.add_series(places.series(len(chart.series)) | {"marker": {"type": "none"}, "line": line})
    drawn.set_x_axis({"num_font": _SMALL})
    low, high = chart.axis
    drawn.set_y_axis(
        {
            "num_font": _SMALL,
            "min": low,
            "max": high,
            "num_format": chart.axis_format,
            "major_gridlines": {"visible": True, "line": {"color": "#e3e7eb"}},
        }
    )
    _finish(drawn)
    return drawn


def _finish(drawn: Drawn) -> None:
    drawn.set_title({"none": True})
    drawn.set_legend({"position": "top", "font": _SMALL})
    drawn.show_blanks_as("gap")
    drawn.set_chartarea({"border": {"none": True}})
