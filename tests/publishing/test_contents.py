"""What the client report is made of besides results: cover, worksheet, findings that stand together."""

import pytest

from hpp_analysis import plan_disclosure, publish, simulate_study
from hpp_analysis.answers import count_response
from hpp_analysis.display.blocks import FigureBlock, TableBlock, TextBlock, from_json, to_json
from hpp_analysis.errors import DisclosureError, OptionError
from hpp_analysis.publishing.cover import show_cover
from hpp_analysis.publishing.worksheet import show_worksheet
from hpp_analysis.report.writers.document import BlockPart, Document, Prose
from hpp_analysis.report.writers.html import page_of, width_of
from hpp_analysis.report.writers.pdf import report_pdf
from hpp_analysis.texts import language, languages


@pytest.fixture(scope="module")
def survey():
    return simulate_study(partners=2, seed=3).survey


def test_the_cover_tells_published_response_only(survey):
    client = survey.where(client=survey.values("client")[0])
    response = count_response(client)
    with pytest.raises(DisclosureError):
        show_cover(client, client="X", response=response)
    facts = dict(show_cover(client, client="X", response=publish(response, plan_disclosure(survey))).blocks[0].facts)
    assert facts["Response"] == response.summary()
    assert "Response" not in dict(show_cover(client, client="X").blocks[0].facts)


def test_a_worksheet_is_empty_and_survives_the_notebook():
    (block,) = show_worksheet(rows=3).blocks
    assert isinstance(block, TableBlock) and block.form
    assert [row[1:] for row in block.cells] == [[""] * 4] * 3
    assert from_json(to_json([block])) == [block]
    for rows in (0, 21):
        with pytest.raises(OptionError):
            show_worksheet(rows=rows)
    heads = set()
    for code in languages():
        with language(code):
            heads.add(tuple(cell.label for cell in show_worksheet().blocks[0].header))
    assert len(heads) == len(languages())


def test_findings_that_follow_each_other_stand_together():
    said = [TextBlock(f"t{place}", [str(place)], "summary") for place in range(3)]
    method = TextBlock("m", ["how"], "method")
    parts = (Prose("## One"), BlockPart(said[0]), BlockPart(said[1]), BlockPart(method), BlockPart(said[2]))
    elements = page_of(Document(parts))["elements"]
    texts = [element.block.paragraphs for element in elements if element.kind == "text"]
    assert texts == [["0", "1"], ["how"], ["2"]]


def test_a_narrow_figure_takes_its_part_of_the_column():
    svg = '<svg role="img" xmlns="http://www.w3.org/2000/svg" width="360pt" height="90pt" viewBox="0 0 360 90"></svg>'
    assert width_of(svg) == pytest.approx(360 / 518.4)
    assert width_of(svg.replace("360pt", "900pt")) == 1
    wide = svg.replace('width="360pt"', 'width="518.4pt"')
    pages = [report_pdf(Document((BlockPart(FigureBlock("f", "F", one, "alt"), 1),))) for one in (svg, wide)]
    assert pages[0] != pages[1]
    (element,) = page_of(Document((BlockPart(FigureBlock("f", "F", svg, "alt"), 1),)))["elements"]
    assert element.share < 0.8
