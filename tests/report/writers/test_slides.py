"""The slides: one message each, charts and tables that can be edited, the source in the notes, nothing that runs."""

import io
import re
import zipfile
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from pptx import Presentation
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, HeaderCell, TableBlock, TextBlock
from hpp_analysis.report.share.guard import Secrets, inspect
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.charts import Chart, Series
from hpp_analysis.report.writers.document import BlockPart, Commentary, Document, Part, Prose
from hpp_analysis.report.writers.slide_charts import fits_slide
from hpp_analysis.report.writers.slides import report_pptx
from hpp_analysis.study.brand import Brand
from hpp_analysis.texts import language
from tests.report.conftest import HOSTILE
from tests.report.writers.test_pdf import MARKUP

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><circle cx="40" cy="30" r="20"/></svg>'
COVER = FactsBlock("cover", "DemoCable", [["Wave", "2"]], ["Simulated"])


def table(name: str = "scores", n: int = 3, factor: str = "Factor", side: str = "Client") -> TableBlock:
    heads = [
        HeaderCell("factor", "Factor", "text"),
        HeaderCell("side", "Side", "text"),
        HeaderCell("mean", "Mean", "score"),
    ]
    heads.append(HeaderCell("ci_lower", "Interval", "score", "ci_upper"))
    rows = [(f"{factor} {at}", whose) for at in range(n) for whose in (side, "Partner")]
    values = [
        {"mean": 7.0 + at / 10, "ci_lower": 6.5, "ci_upper": 8.0, "threshold": 8.5} for at, _row in enumerate(rows)
    ]
    return TableBlock(
        name, f"Caption of {name}", heads, [[*row, "7.0", "6.5 to 8.0"] for row in rows], values, ["A note."], 2
    )


def figure(kind: str = "profile", **options: Any) -> FigureBlock:
    drawn = table(**options)
    return FigureBlock(f"{drawn.name}_{kind}", f"Figure of {drawn.name}", SVG, "What it shows", ["Under it."], drawn)


def finding(name: str, *sentences: str) -> BlockPart:
    return BlockPart(TextBlock(name, list(sentences), "summary"))


def slides(*parts: Part, appearance: Appearance | None = None) -> Any:
    made = report_pptx(Document((Prose("# A report"), *parts), COVER), appearance or Appearance())
    return list(Presentation(io.BytesIO(made)).slides)


def title(slide: Any) -> str:
    return str(slide.shapes.title.text_frame.text)


def said(slide: Any) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def test_a_figure_is_a_chart_under_what_it_shows_with_its_source_in_the_notes() -> None:
    with language("nl"):
        _cover, slide = slides(
            Prose("## Section"),
            Prose("### Within"),
            BlockPart(figure(), 4),
            finding("scores_summary", "It is low.", "Very."),
        )
    assert title(slide) == "It is low."
    assert "Section · Within" in said(slide) and "Bron: DemoCable – A report · Figuur 4: Figure of scores" in said(
        slide
    )
    notes = slide.notes_slide.notes_text_frame.text.splitlines()
    assert notes[0].startswith("Bron: DemoCable") and notes[1:] == ["It is low.", "Very.", "Under it.", "What it shows"]
    [frame] = [shape for shape in slide.shapes if shape.has_chart]
    assert frame._element.xpath(".//p:cNvPr")[0].get("descr") == "What it shows"
    assert frame.chart.chart_type in (XL_CHART_TYPE.LINE_MARKERS, XL_CHART_TYPE.LINE)
    [plot] = frame.chart.plots
    assert [(one.name, tuple(one.values)) for one in plot.series] == [
        ("Client", (7.0, 7.2, 7.4)), ("Partner", (7.1, 7.3, 7.5)), ("Norm", (8.5, 8.5, 8.5)),
    ]  # fmt: skip
    assert list(plot.categories) == ["Factor 0", "Factor 1", "Factor 2"]
    ends = [[float(v.text) for v in bars.iter("{*}v")] for bars in frame.chart._chartSpace.iter("{*}errBars")]
    assert ends[0] == pytest.approx([1.0, 0.8, 0.6, 0.5, 0.7, 0.9]) and len(ends) == 2
    book = openpyxl.load_workbook(io.BytesIO(frame.chart.part.chart_workbook.xlsx_part.blob))
    assert [[cell.value for cell in row] for row in book.active][:2] == [
        [None, "Client", "Partner", "Norm"], ["Factor 0", 7.0, 7.1, 8.5],
    ]  # fmt: skip


def test_what_powerpoint_has_no_chart_for_is_a_picture() -> None:
    for block in (figure("heatmap"), figure(n=30)):
        _cover, slide = slides(Prose("## Section"), BlockPart(block, 1))
        assert [
            shape.shape_type.name for shape in slide.shapes if shape.shape_type and "PICTURE" in shape.shape_type.name
        ]
        assert title(slide) == "Figure of scores" and not any(shape.has_chart for shape in slide.shapes)


def test_findings_about_something_else_have_a_slide_of_their_own() -> None:
    made = slides(
        Prose("## Section"),
        finding("gaps_summary", "One.", "Two."),
        BlockPart(figure(), 1),
        finding("x_summary", "Alone."),
    )
    assert [title(slide) for slide in made[1:]] == ["One.", "Figure of scores", "Section"]
    assert made[1].placeholders[1].text_frame.text == "Two." and made[3].placeholders[1].text_frame.text == "Alone."


def test_the_headline_stands_over_its_numbers_and_points_have_slides_of_their_own() -> None:
    numbers = FactsBlock("n", "", [["0 of 4", "partnerships reach it"], ["5.1", "is the lowest"]], style="numbers")
    points = FactsBlock("p", "3 things to do first", [["1. Notice", "It is low."]], ["A note."])
    made = slides(
        Prose("## In short"),
        BlockPart(TextBlock("h", ["3 of 4 fall short. Bravo is lowest."], "lead")),
        BlockPart(numbers),
        BlockPart(points),
        Prose("## How it was done"),
        BlockPart(TextBlock("m", ["By counting."], "method")),
        BlockPart(FactsBlock("provenance", "Where it comes from", [["Data", "1 file"]])),
    )[1:]
    assert [title(slide) for slide in made] == ["3 of 4 fall short. Bravo is lowest.", "3 things to do first"]
    shown = [
        [[cell.text for cell in row.cells] for row in shape.table.rows]
        for slide in made
        for shape in slide.shapes
        if shape.has_table
    ]
    assert shown == [numbers.facts, points.facts]
    assert made[1].notes_slide.notes_text_frame.text.splitlines()[1:] == ["A note."]


def test_many_sentences_take_several_slides() -> None:
    sentences = [f"Sentence {at}." for at in range(12)]
    made = slides(Prose("## Section"), finding("a_summary", *sentences))[1:]
    shown = [title(made[0]), *(line for slide in made for line in slide.placeholders[1].text_frame.text.splitlines())]
    assert shown == sentences and len(made) == 2


def test_small_tables_are_tables_and_long_ones_and_methods_are_left_to_the_report() -> None:
    made = slides(
        Prose("## Who took part"),
        BlockPart(table("small"), 1),
        BlockPart(table("long", n=12), 2),
        Prose("## How it was done"),
        BlockPart(TextBlock("m", ["By counting."], "method")),
        BlockPart(table("audit"), 3),
        Prose("## All tables"),
        *(BlockPart(table(f"t{at}"), 4 + at) for at in range(6)),
    )
    assert [title(slide) for slide in made[1:]] == ["Caption of small"]
    [shown] = [shape.table for shape in made[1].shapes if shape.has_table]
    assert [cell.text for cell in shown.rows[1].cells] == ["Factor 0", "Client", "7.0", "6.5 to 8.0"]


def test_everything_stands_on_its_slide_and_a_draft_says_so() -> None:
    made = slides(
        Prose("## Section"), BlockPart(figure(), 1), BlockPart(figure("heatmap"), 2), BlockPart(table(), 1),
        Commentary("Commentary", "My own words."), appearance=Appearance(Brand(colour="#aa0000"), draft=True),
    )  # fmt: skip
    assert title(made[-1]) == "Commentary" and "My own words." in said(made[-1])
    for slide in made:
        assert "Draft" in said(slide)
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.top >= 0
            assert shape.left + shape.width <= 13.34 * 914400 and shape.top + shape.height <= 7.5 * 914400
    theme = made[0].slide_layout.slide_master.part.part_related_by(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"
    )
    assert b"AA0000" in theme.blob and b"Calibri" not in theme.blob


def test_equal_documents_give_equal_bytes_and_other_numbers_others() -> None:
    documents = [Document((Prose("## S"), BlockPart(figure(n=n), 1)), COVER) for n in (3, 3, 4)]
    first, again, other = map(report_pptx, documents)
    assert first == again != other


@pytest.mark.parametrize(
    "text", [*HOSTILE, *MARKUP, "=1+1", "@SUM(A1)", "http://example.org"], ids=lambda text: ascii(text[:12])
)
def test_texts_stay_texts(text: str) -> None:
    parts = (
        Prose("## Section"), finding("scores_summary", text), BlockPart(figure(factor=text, side=text), 1),
        BlockPart(table(factor=text), 1), Commentary(text, "Words."),
        BlockPart(FactsBlock("f", text, [[text, text]], [text])),
    )  # fmt: skip
    made = report_pptx(Document(parts, FactsBlock("cover", text, [[text, text]])))
    assert {found.what for found in inspect({"slides.pptx": made}, Secrets())} <= {"a path of this machine"}
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        names = package.namelist()
        assert not [name for name in names if re.search(r"vba|\.bin$|thumbnail", name)]
        assert not [name for name in names if name.endswith(".rels") and b"External" in package.read(name)]
        charts = [
            ET.fromstring(package.read(name)) for name in names if re.fullmatch(r"ppt/charts/chart\d+\.xml", name)
        ]
        formulas = {node.text for chart in charts for node in chart.iter("{*}f")}
        assert (charts or len(text) > 1000) and all(  # names that no slide has room for stand in a picture
            re.fullmatch(r"Sheet1!\$[A-Z]\$\d+(:\$[A-Z]\$\d+)?", formula) for formula in formulas
        )
        for name in (name for name in names if name.endswith(".xlsx")):
            book = openpyxl.load_workbook(io.BytesIO(package.read(name)))
            cells = [cell for sheet in book for row in sheet for cell in row]
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
            assert any(cell.value == f"{text} 0" for cell in cells) or "\u202e" in text or not text.isprintable()
        assert not any(
            "\u202e" in package.read(name).decode("utf-8", "ignore") for name in names if name.endswith(".xml")
        )


def test_a_chart_whose_names_would_be_turned_is_a_picture() -> None:
    names = ("Factor", "Success of the partnership, client side")
    series = (Series("Client", (7.0,) * 8),)
    short, long = (Chart("points", "0.0", tuple(f"{name} {n}" for n in range(8)), series) for name in names)
    assert fits_slide(short, Inches(12)) and not fits_slide(long, Inches(12))
    assert fits_slide(replace(long, kind="bars"), Inches(12)), "beside bars there is room"
    assert not fits_slide(replace(short, categories=tuple(map(str, range(30)))), Inches(12))
