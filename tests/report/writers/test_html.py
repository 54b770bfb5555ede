"""The page: structure, safety, and one look for whatever a notebook shows."""

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from hpp_analysis import describe, partner_gaps, plan_disclosure, plots, simulate_study
from hpp_analysis.answers import count_answers
from hpp_analysis.display.blocks import MIME, Block, FactsBlock, FigureBlock, HeaderCell, TableBlock, TextBlock, to_json
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import ReportError
from hpp_analysis.publishing import show_cover, show_provenance, show_study_facts
from hpp_analysis.report.writers.document import BlockPart, Document, PlainText, Prose, read_document
from hpp_analysis.report.writers.html import page_of, report_html, width_of
from hpp_analysis.report.writers.markdown import Outline, prose_html
from hpp_analysis.report.writers.pages import SCRIPT
from hpp_analysis.report.writers.pdf import report_pdf
from tests.report.conftest import HOSTILE, code, prose

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text>é</text></svg>'
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def output(data: dict[str, Any], **metadata: Any) -> Any:
    return nbformat.from_dict({"output_type": "display_data", "data": data, "metadata": metadata})


def shown(*blocks: Block) -> Any:
    cell = code("never_shown = 1")
    cell.outputs = [output({MIME: to_json(list(blocks)), "text/html": "<script>bad()</script>", "text/plain": "plain"})]
    return cell


def notebook(*cells: Any) -> Any:
    return nbformat.v4.new_notebook(cells=list(cells))


def table(name: str, rows: int = 4, groups: int = 1) -> TableBlock:
    header = [
        HeaderCell("group", "Group", "text"),
        HeaderCell("who", name, "text"),
        HeaderCell("mean", "Mean", "score"),
    ]
    cells = [[f"{name} {row * groups // rows}", f"{name}{row}", "7.25"] for row in range(rows)]
    return TableBlock("t", name, header, cells, [{} for _ in cells], [name, "More."], 2)


def page(*cells: Any) -> BeautifulSoup:
    return BeautifulSoup(report_html(notebook(*cells)), "html.parser")


def whole(name: str) -> BeautifulSoup:
    return page(
        prose(f"# Report {name}"),
        shown(FactsBlock("cover", name, [["Partners", name]], [name])),
        prose(f"## First\n\n{name}\n\n#### Deep\n\n# Again"),
        shown(table(name), FigureBlock("f", name, SVG, name, [name])),
        prose("## Second\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n![picture](http://example.org/x.png)"),
        shown(TextBlock("s", [name, "two"]), FactsBlock("provenance", name, [["Data", name]])),
    )


@pytest.mark.parametrize("name", ["Plain", *HOSTILE, "<img src=x onerror=a()>", '" onload="x', "</style><b>"])
def test_the_structure_of_a_page(name: str) -> None:
    soup = whole(name)
    assert soup.html["lang"] == "en"
    assert name in soup.title.string
    (title,) = soup.find_all("h1")
    assert name in title.get_text()
    (main,) = soup.find_all("main")
    assert soup.find("a", class_="skip")["href"] == f"#{main['id']}"
    levels = [int(heading.name[1]) for heading in soup.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for link in soup.nav.find_all("a"):
        assert soup.find(id=link["href"].removeprefix("#")).name == "h2"
    ids = [element["id"] for element in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {th.get("scope") for th in soup.find_all("th")} <= {"col", "row", "rowgroup"}
    images = soup.find_all("img")
    assert [image["alt"] for image in images] == [name]
    assert all(block.find("caption") for block in soup.select(".block.table"))
    for region in soup.select(".scroll"):
        assert (region["tabindex"], region["role"], bool(region["aria-label"])) == ("0", "region", True)


@pytest.mark.parametrize("name", ["Plain", *HOSTILE, "<img src=x onerror=a()>", '" onload="x', "</style><b>"])
def test_a_page_runs_and_loads_nothing(name: str) -> None:
    soup = whole(name)
    assert [script.string for script in soup.find_all("script")] == [SCRIPT], "its own script, and no other"
    assert not soup.find_all(["iframe", "object", "embed", "link", "form", "base", "svg", "input", "button"])
    for element in soup.find_all(True):
        assert not [attribute for attribute in element.attrs if attribute.startswith("on") or attribute == "style"]
        for attribute in ("src", "href"):
            assert str(element.get(attribute, "#")).startswith(("#", "data:image/"))
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    digest = base64.b64encode(hashlib.sha256(soup.style.string.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data:; style-src ")
    assert f"style-src 'sha256-{digest}';" in policy
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy
    for word in (
        "eval(",
        "Function(",
        "innerHTML",
        "insertAdjacentHTML",
        "fetch(",
        "import(",
        "localStorage",
        "cookie",
    ):
        assert word not in SCRIPT
    assert "url(" not in soup.style.string and "@import" not in soup.style.string
    assert "49" not in soup.get_text(), "no template in a name is filled"


def test_code_is_hidden_and_html_of_outputs_is_not_trusted() -> None:
    text = report_html(notebook(shown(TextBlock("s", ["said"])), _plain()))
    assert "never_shown" not in text
    assert "bad()" not in text
    assert "&lt;DataFrame&gt;" in text


def _plain() -> Any:
    cell = code("frame")
    cell.outputs = [output({"text/html": "<script>bad()</script>", "text/plain": "<DataFrame>"})]
    return cell


def test_warnings_stay_out_of_the_document() -> None:
    cell = code("x")
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="secret"),
        nbformat.v4.new_output("stream", name="stdout", text="told"),
    ]
    assert read_document(notebook(cell)).parts == (PlainText("told"),)


def test_a_picture_needs_words() -> None:
    cell = code("draw()")
    cell.outputs = [output({"image/png": PIXEL, "text/plain": "<Figure>"}, **{"image/png": {"alt": "A dot"}})]
    assert page(cell).img["alt"] == "A dot"
    cell.outputs = [output({"image/png": PIXEL, "text/plain": "<Figure>"})]
    with pytest.raises(ReportError, match="cell 1"):
        report_html(notebook(cell))


def test_the_figure_in_the_page_is_the_figure() -> None:
    source = page(shown(FigureBlock("f", "F", SVG, "alt"))).img["src"]
    assert base64.b64decode(source.removeprefix("data:image/svg+xml;base64,")).decode() == SVG


def test_numbers_stand_to_the_right_and_shared_heads_stand_once() -> None:
    flat = page(shown(table("X", rows=4, groups=2))).table
    assert [cell.get("class") for cell in flat.thead.find_all("th")] == [None, None, ["number"]]
    assert len(flat.find_all("th", class_="again")) == 2
    grouped = page(shown(table("X", rows=6, groups=2))).table
    assert [th.get_text() for th in grouped.find_all("th", scope="rowgroup")] == ["X 0", "X 1"]
    assert len(grouped.thead.find_all("th")) == 2
    assert len(grouped.find_all("td", class_="number")) == 6


def test_without_a_title_the_page_still_has_one() -> None:
    soup = page(shown(table("X")))
    assert soup.h1.get_text(strip=True) == soup.title.string == "Report"
    assert soup.nav is None


def test_tables_and_figures_are_counted() -> None:
    soup = page(shown(table("A"), FigureBlock("f", "F", SVG, "alt"), table("B")))
    assert [count.get_text() for count in soup.select(".count")] == ["Table 1", "Figure 1", "Table 2"]


def test_links_are_words_and_headings_fit_the_outline() -> None:
    outline = Outline()
    html = prose_html("[site](https://example.org) <https://example.org>\n\n### Deep\n\n# T\n\n# U", outline)
    assert "href" not in html
    assert "site (https://example.org)" in html
    assert outline.title == "T"
    assert [heading.level for heading in outline.headings] == [2, 2]


def test_a_block_of_another_version_is_refused() -> None:
    cell = code("x")
    cell.outputs = [output({MIME: {"version": 99, "blocks": []}})]
    with pytest.raises(ReportError):
        report_html(notebook(cell))


def test_cover_and_provenance_say_what_they_must() -> None:
    simulated = simulate_study(clients=["A"], partners=20, persons_per_side=3, waves=2, seed=0).survey
    answers = simulated.where(wave="2").where(client="A").keep([False, True] * 60, "a test")
    (block,) = show_cover(answers, client="A", note="Simulated.").blocks
    facts = dict(block.facts)
    assert (block.title, block.notes, facts["Wave"]) == ("A", ["Simulated."], "2")
    facts = dict(show_study_facts(answers).blocks[0].facts)
    assert facts["Partners"].endswith("and 8 more")
    assert "Client" not in facts, "the title says it"
    assert show_cover(answers, client="A", note=" ").blocks[0].notes == []
    facts = dict(show_provenance(answers).blocks[0].facts)
    assert answers.sha256[:16] in facts["Fingerprint of the data"]
    assert facts["Ratings left out"] == "a test", "how many of a selection would tell of few persons"
    assert facts["Selection"].endswith("A")
    assert "hpp_analysis" in facts["Made with"]


def test_provenance_counts_what_is_withheld() -> None:
    survey = simulate_study(partners=2, persons_per_side=4, seed=0).survey
    told = dict(show_provenance(survey, cells=plan_disclosure(survey)).blocks[0].facts)["Privacy"]
    whole_plan, hidden = (int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", told)[:2])
    assert 0 < hidden <= whole_plan


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


def test_a_figure_of_few_numbers_is_a_list_on_a_phone() -> None:
    survey = simulate_study(clients=["A"], partners=2, persons_per_side=20, seed=1).survey
    gaps, cells = partner_gaps(survey), describe(survey, by=("partnership", "side"), weight="organisation")
    report = page(shown(gaps._block("intervals", "en"), cells._block("heatmap", "en")))
    short, long = report.find_all("figure")
    rows = [(row.dt.get_text(" ", strip=True), row.dd.span.get_text()) for row in short.find_all("div") if row.dt]
    table = gaps._block("table", "en")
    gaps_shown = [format_value(row["gap"], "difference", coarse=True) for row in table.values]  # one decimal, as drawn
    assert [name for name, _told in rows] == [cells[0] for cells in table.cells]
    assert [told for _name, told in rows] == gaps_shown
    assert short.img and long.img and short.find("details") is None
    assert len(long.details.find_all("dt")) == len(cells.to_frame()), (
        "of many numbers the picture stays, and a list to unfold"
    )


def test_shares_are_a_list_too() -> None:
    survey = simulate_study(clients=["A"], partners=2, persons_per_side=20, seed=1).survey
    counted = count_answers(survey)
    figure = page(shown(counted._block("stacks", "en"))).find("figure")
    first = counted._block("table", "en").cells[0]
    assert (
        figure.dd.get_text(strip=True)
        == f"Low (1 to 5): {first[-4]}, Middle (6 to 8): {first[-3]}, High (9 to 10): {first[-2]}"
    )


def test_of_a_very_long_table_a_phone_lists_what_is_drawn() -> None:
    bars = pd.DataFrame({"group": "G", "label": ["A & B", "C"], "series": ["x", "y"], "n": [12, 31]})
    drawn = plots.bars.svg(bars)
    long = replace(table("T", rows=300), header=[HeaderCell("who", "Who", "text")] * 3)
    figure = page(shown(FigureBlock("f", "F", drawn, "alt", table=long))).find("figure")
    rows = [(row.dt.get_text(" ", strip=True), row.dd.get_text(strip=True)) for row in figure.dl.find_all("div")]
    assert [head.get_text() for head in figure.select(".list-head")] == ["G"]
    assert rows == [("A & B · x", "12"), ("C · y", "31")]


def test_values_lie_over_their_figure_and_nothing_else_of_it_is_in_the_page() -> None:
    table = pd.DataFrame({"label": ["<b>A</b>"], "estimate": [0.5], "ci_lower": [0.1], "ci_upper": [0.9]})
    svg = plots.intervals.svg(table)
    figure = page(shown(FigureBlock("f", "F", svg, "alt"))).find("figure")
    drawn = base64.b64decode(figure.img["src"].partition(",")[2]).decode()
    assert [title.get_text() for title in figure.find_all("title")] == ["<b>A</b>: 0.5 (0.1 to 0.9)"]
    assert {element.name for element in figure.svg.find_all(True)} == {"rect", "title"}
    assert figure.svg["viewbox"] == re.search(r'viewBox="([^"]*)"', svg)[1]
    assert "<title>" not in drawn and drawn.endswith("</svg>\n") and "0.5 (0.1 to 0.9)" in drawn


@pytest.mark.parametrize(
    "spot",
    [
        '<rect x="1" y="1" width="1" height="1" onclick="x()"><title>A</title></rect>\n',
        '<rect x="1" y="1" width="1" height="1"><title>A<script>x()</script></title></rect>\n',
        '<rect x="1" y="1" width="1" height="1"><title>A</title></rect>\n<script>x()</script>\n',
        "<script>x()</script>\n",
    ],
)
def test_a_figure_of_a_foreign_notebook_stays_a_picture(spot: str) -> None:
    svg = f'<svg viewBox="0 0 9 9">\n<g fill="#ffffff" fill-opacity="0">\n{spot}</g>\n</svg>\n'
    figure = page(shown(FigureBlock("f", "F", svg, "alt"))).find("figure")
    assert figure.svg is None and figure.script is None
    assert base64.b64decode(figure.img["src"].partition(",")[2]).decode() == svg


def test_long_tables_and_methods_are_folded() -> None:
    methods = [TextBlock(f"m{place}", [f"How {place}"], "method") for place in range(3)]
    soup = page(
        shown(table("Short", rows=16), table("Long", rows=17)),
        shown(methods[0], methods[1]),
        prose("x"),
        shown(methods[2]),
    )
    folded, together = soup.find_all("details")
    assert folded.summary.get_text(" ", strip=True) == "Table 2 Long 17 rows"
    assert folded.caption and folded.find(class_="note") and len(folded.find_all("td")) == 17
    assert [part.get_text() for part in together.find_all("p")] == ["How 0", "How 1"]
    assert soup.find_all(class_="method")[-1].name == "div", "one paragraph is not worth a fold"
    assert not soup.find_all("details", open=True)


def test_rows_of_all_others_together_are_marked_and_forms_do_not_sort() -> None:
    header = [HeaderCell("who", "Who", "text"), HeaderCell("n", "n", "count")]
    cells = [["All", "9"], ["All", "5"], ["B", "4"], ["The chain as a whole", "9"]]
    rows = TableBlock("t", "T", header, cells, [{} for _ in cells])
    form = replace(rows, form=True)
    first, second = page(shown(rows, form)).find_all("table")
    assert [row.get("class") for row in first.tbody.find_all("tr")] == [["whole"], None, None, ["whole"]]
    assert "sortable" in first["class"] and "sortable" not in second["class"]
    assert not page(shown(replace(rows, cells=cells[:2], values=[{}, {}]))).select(".sortable")
