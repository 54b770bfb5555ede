"""Charts of PowerPoint, with the numbers behind them in a workbook that holds texts and numbers only."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Final

from pptx.chart.chart import Chart as Drawn
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.shapes.graphfrm import GraphicFrame
from pptx.slide import Slide
from pptx.util import Length, Pt
from xlsxwriter import Workbook

from hpp_analysis.report.writers.charts import COLOURS, PARTS, Chart, Numbers, Series, threshold_name
from hpp_analysis.report.writers.prose_nodes import plain

_MOST_ON_SLIDE: Final = 20  # categories that a chart on a slide has room for
_LETTER, _LINES = 0.08, 2  # inches; lines of a category's name under a chart, before it would be turned
_FEW = 12  # categories with letters of full size
_TYPES = {
    "points": XL_CHART_TYPE.LINE_MARKERS,
    "bars": XL_CHART_TYPE.BAR_CLUSTERED,
    "stack": XL_CHART_TYPE.BAR_STACKED_100,
}
_MARKERS = (XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.SQUARE, XL_MARKER_STYLE.TRIANGLE, XL_MARKER_STYLE.DIAMOND)
_INK, _RULE = RGBColor(0x52, 0x60, 0x6D), RGBColor(0xE3, 0xE7, 0xEB)
_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001, RUF100 - not a time: equal reports have equal bytes
_ERROR_BARS = (
    '<c:errBars {names}><c:errDir val="y"/><c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="0"/>'
    "<c:plus>{plus}</c:plus><c:minus>{minus}</c:minus>"
    '<c:spPr><a:ln w="15875"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
)


def fits_slide(chart: Chart, room: Length) -> bool:
    """Whether a slide has room for a chart of so many categories, and for their names."""
    each = room.inches / len(chart.categories)
    upright = chart.kind == "points" and max(map(len, chart.categories)) * _LETTER > _LINES * each
    return len(chart.categories) <= _MOST_ON_SLIDE and not upright


def add_chart(slide: Slide, chart: Chart, box: tuple[Length, Length, Length, Length]) -> GraphicFrame:
    """Draw a chart on a slide; `box` is its left, its top, its width and its height."""
    series = list(chart.series)
    if chart.threshold is not None and chart.kind == "points":
        series.append(Series(threshold_name(), (chart.threshold,) * len(chart.categories)))
    data = CategoryChartData(number_format=chart.number_format.replace("0.00", "0.0"))  # as the figures of the report
    data.categories = [plain(category) for category in chart.categories]
    for one in series:
        data.add_series(plain(one.name), one.values)
    frame = slide.shapes.add_chart(_TYPES[chart.kind], *box, data)
    drawn: Drawn = frame.chart
    # its own workbook would take a text that begins with "=" for a formula
    drawn.part.chart_workbook.update_from_xlsx_blob(_workbook(chart, series))
    drawn.font.size, drawn.font.color.rgb = Pt(12), _INK
    drawn.has_title = False
    drawn.has_legend = len(series) > 1
    if drawn.has_legend:
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    drawn.value_axis.major_gridlines.format.line.color.rgb = _RULE
    drawn.value_axis.format.line.fill.background()
    if chart.kind == "points":
        _draw_points(drawn, chart)
    else:
        _draw_bars(drawn, chart)
    return frame


def _workbook(chart: Chart, series: list[Series]) -> bytes:
    """The numbers as PowerPoint expects them: categories in the first column, a series in each of the others."""
    buffer = io.BytesIO()
    with Workbook(buffer, _SAFE) as book:
        book.set_properties({"created": _CREATED, "author": ""})
        sheet = book.add_worksheet()
        pattern = book.add_format({"num_format": chart.number_format})
        for row, category in enumerate(chart.categories, start=1):
            sheet.write_string(row, 0, plain(category))
        for column, one in enumerate(series, start=1):
            sheet.write_string(0, column, plain(one.name))
            for row, value in enumerate(one.values, start=1):
                if value is not None:
                    sheet.write_number(row, column, value, pattern)
    return buffer.getvalue()


def _draw_points(drawn: Drawn, chart: Chart) -> None:
    """Markers with their intervals, and the threshold as a line across."""
    axis = drawn.value_axis
    axis.minimum_scale, axis.maximum_scale = chart.axis
    axis.tick_labels.number_format = chart.axis_format
    axis.tick_labels.number_format_is_linked = False
    for at, one in enumerate(drawn.plots[0].series):
        one.smooth = False
        if at == len(chart.series):
            one.marker.style = XL_MARKER_STYLE.NONE
            one.format.line.color.rgb, one.format.line.width = _INK, Pt(1.25)
            one.format.line.dash_style = MSO_LINE.DASH
            continue
        colour = COLOURS[at % len(COLOURS)].removeprefix("#").upper()
        one.format.line.fill.background()
        one.marker.style, one.marker.size = _MARKERS[at % len(_MARKERS)], 10
        one.marker.format.fill.solid()
        one.marker.format.fill.fore_color.rgb = RGBColor.from_string(colour)
        one.marker.format.line.color.rgb = RGBColor.from_string(colour)
        if deltas := chart.series[at].deltas:
            minus, plus = map(_literal, deltas)
            bars = parse_xml(_ERROR_BARS.format(names=nsdecls("c", "a"), plus=plus, minus=minus, colour=colour))
            one._element.find(qn("c:cat")).addprevious(bars)


def _literal(numbers: Numbers) -> str:
    points = "".join(f'<c:pt idx="{at}"><c:v>{n:.6g}</c:v></c:pt>' for at, n in enumerate(numbers) if n is not None)
    return f'<c:numLit><c:formatCode>General</c:formatCode><c:ptCount val="{len(numbers)}"/>{points}</c:numLit>'


def _draw_bars(drawn: Drawn, chart: Chart) -> None:
    """Bars from the first category at the top."""
    plot = drawn.plots[0]
    plot.gap_width = 40
    axis = drawn.category_axis
    axis._element.append(parse_xml(f'<c:tickLblSkip {nsdecls("c")} val="1"/>'))  # every bar is named
    axis._element.append(axis._element.find(qn("c:noMultiLvlLbl")))  # the last element of an axis
    axis.tick_labels.font.size = Pt(12 if len(chart.categories) <= _FEW else 9)
    axis.reverse_order = True
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    axis.format.line.fill.background()
    drawn.value_axis.minimum_scale = 0
    colours = PARTS if chart.kind == "stack" else COLOURS
    for at, one in enumerate(plot.series):
        one.format.fill.solid()
        one.format.fill.fore_color.rgb = RGBColor.from_string(colours[at % len(colours)].removeprefix("#").upper())
        one.invert_if_negative = False
    if chart.kind == "bars":
        plot.overlap = 0
        plot.has_data_labels = True
        plot.data_labels.number_format, plot.data_labels.number_format_is_linked = chart.number_format, False
        plot.data_labels.font.size = Pt(10)
