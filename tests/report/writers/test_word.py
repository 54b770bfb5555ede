"""The Word document: native parts, the words and numbers of the document, nothing that runs."""

import io
import zipfile

import docx
import pytest
from docx.oxml.ns import qn

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, HeaderCell, TableBlock, TextBlock
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import BlockPart, Commentary, Document, Prose
from hpp_analysis.report.writers.html import page_of
from hpp_analysis.report.writers.word import report_docx
from hpp_analysis.report.writers.word_parts import LANDSCAPE, PORTRAIT, Columns
from hpp_analysis.texts import language
from tests.report.conftest import HOSTILE
from tests.report.writers.test_pdf import MARKUP, document


def opened(made: bytes) -> docx.document.Document:
    return docx.Document(io.BytesIO(made))


def core(words: str) -> str:
    """Without spaces, and what controls."""
    return "".join(letter for letter in words if letter.isprintable() and not letter.isspace())


def words_of(made: bytes) -> str:
    word = opened(made)
    said = [paragraph.text for paragraph in word.paragraphs]
    said += [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return core(" ".join(said))


def test_headings_tables_lists_and_alternative_texts_are_native() -> None:
    with language("nl"):
        word = opened(report_docx(document()))
    styles = [paragraph.style.name for paragraph in word.paragraphs]
    assert "Heading 1" in styles
    assert "List Bullet" in styles
    assert [p.text for p in word.paragraphs if p.style.name == "Caption"] == ["Tabel 1  Openness", "Figuur 1  Openness"]
    scores = next(table for table in word.tables if table.cell(0, 0).text == "Openness" and len(table.columns) == 2)
    assert [cell.text for cell in scores.rows[1].cells] == ["Openness 0", "7.00"]
    assert scores.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    alts = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
    assert alts == ["Alt: Openness", "Openness"]
    assert word.core_properties.language == "nl"
    assert word.core_properties.title == "Openness – A report"


def test_rows_under_a_shared_header_have_a_title_row() -> None:
    heads = [
        HeaderCell("factor", "Factor", "text"),
        HeaderCell("item", "Item", "text"),
        HeaderCell("mean", "Mean", "score"),
    ]
    rows = [["Openness", f"Item {n}", f"7.{n}"] for n in range(4)]
    block = TableBlock("items", "Items", heads, rows, [{} for _ in rows], [], 2)
    table = opened(report_docx(Document((BlockPart(block, 1),)))).tables[0]
    assert [cell.text for cell in table.rows[0].cells] == ["Item", "Mean"]
    assert table.rows[1].cells[0].text == "Openness"
    assert [cell.text for cell in table.rows[5].cells] == ["Item 3", "7.3"]


def wide_table(columns: int, rows: int = 3) -> BlockPart:
    heads = [HeaderCell(f"c{n}", f"Partnershipcolumn {n}", "score" if n else "text") for n in range(columns)]
    cells = [[f"Row {row}", *[f"+0.{n}1 to +1.{n}3" for n in range(1, columns)]] for row in range(rows)]
    return BlockPart(TableBlock("wide", "Wide", heads, cells, [{} for _ in cells], ["A note."], 1), columns)


def test_it_has_styles_captions_and_a_contents_list_of_word() -> None:
    parts = (
        Prose("# Title"),
        Prose("## First\n\nWords."),
        Prose("### Inner"),
        BlockPart(TextBlock("found", ["It is so."], "summary")),
        BlockPart(TextBlock("how", ["By counting."], "method")),
        Commentary("Commentary by the consultant", "My **own** words."),
        wide_table(2),
        Prose("## Last"),
    )
    made = report_docx(Document(parts, FactsBlock("cover", "DemoCable", [["Wave", "2"]], ["A draft"])))
    by_style = {paragraph.style.name: paragraph.text for paragraph in opened(made).paragraphs}
    assert by_style["Finding"] == "It is so." and by_style["Method"] == "By counting." and by_style["Note"] == "A note."
    assert by_style["Commentary"] == "My own words." and by_style["Commentary Label"] == "Commentary by the consultant"
    assert by_style["Banner"] == "A draft" and by_style["Title"] == "DemoCable"
    word = opened(made)
    listed = [(p.style.name, p.text) for p in word.paragraphs if p.style.name.startswith("toc")]
    assert listed == [("toc 1", "First"), ("toc 2", "Inner"), ("toc 1", "Last")]
    marks = {mark.get(qn("w:name")) for mark in word.element.iter(qn("w:bookmarkStart"))}
    assert {link.get(qn("w:anchor")) for link in word.element.iter(qn("w:hyperlink"))} == marks
    codes = [code.text.strip() for code in word.element.iter(qn("w:instrText"))]
    assert codes == [r'TOC \o "1-2" \h \z \u', r"SEQ Table \* ARABIC"]
    defined = {style.get(qn("w:styleId")) for style in word.styles.element.iter(qn("w:style"))}
    used = {style.get(qn("w:val")) for kind in ("pStyle", "tblStyle") for style in word.element.iter(qn(f"w:{kind}"))}
    assert used <= defined and word.tables[0].style.name == "Report Table"


@pytest.mark.parametrize(("columns", "turned"), [(3, [False]), (8, [False, True]), (30, [False, True])])
def test_a_page_is_turned_for_a_table_that_needs_the_width(columns: int, turned: list[bool]) -> None:
    word = opened(report_docx(Document((Prose("# Title"), Prose("## Section"), wide_table(columns)))))
    assert [section.page_width > section.page_height for section in word.sections] == turned
    room = word.sections[-1].page_width - word.sections[-1].left_margin - word.sections[-1].right_margin
    assert sum(column.width for column in word.tables[0].columns) <= room + 1000 * columns  # widths are whole twips


def test_words_and_numbers_stay_whole() -> None:
    part = wide_table(5)
    [group] = page_of(Document((part,)))["elements"][0].groups
    columns = Columns.of(part.block.header, [group])
    for room in (PORTRAIT, LANDSCAPE):
        assert all(wide >= least - 1e-9 for wide, least in zip(columns.shared(room), columns.least, strict=True))
        assert sum(columns.shared(room)) == pytest.approx(room)
    assert sum(columns.shared(1)) == pytest.approx(1)  # where there is no room, words must break


def test_pages_have_running_lines_and_say_that_a_draft_is_one() -> None:
    parts = Document((Prose("# A report"), Prose("## Section")), FactsBlock("cover", "DemoCable", []))
    for draft in (False, True):
        section = opened(report_docx(parts, Appearance(draft=draft))).sections[0]
        said = ["\n".join(p.text for p in head.paragraphs) for head in (section.header, section.first_page_header)]
        assert "A report – DemoCable" in said[0]
        assert ["Draft" in text for text in said] == [draft, draft]
        assert [code.text for code in section.footer._element.iter(qn("w:instrText"))] == ["PAGE", "NUMPAGES"]


def test_pictures_have_numbers_of_their_own_and_fit_on_a_page() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="600"><circle cx="40" cy="30" r="20"/></svg>'
    figures = [BlockPart(FigureBlock(name, "F", svg, "alt"), at) for at, name in enumerate("abc", start=1)]
    shapes = opened(report_docx(Document((Prose("# T"), Prose("## S"), *figures)))).inline_shapes
    assert len({shape._inline.docPr.get("id") for shape in shapes}) == 3
    assert all(shape.height.cm <= 21 and shape.width.cm <= 17 for shape in shapes)
    assert all(shape.height / shape.width == pytest.approx(600 / 90, rel=0.01) for shape in shapes), "none is distorted"


def test_equal_documents_give_equal_bytes_and_other_numbers_others() -> None:
    assert report_docx(document()) == report_docx(document())
    assert report_docx(document()) != report_docx(document(rows=4))


@pytest.mark.parametrize("text", [*HOSTILE, *MARKUP], ids=lambda text: ascii(text[:12]))
def test_texts_stay_texts(text: str) -> None:
    made = report_docx(document(text))
    plain = core(text)
    assert plain[:40] in words_of(made)
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        names = package.namelist()
        written = package.read("word/document.xml").decode()
        links = package.read("word/_rels/document.xml.rels").decode()
    assert not [name for name in names if "vba" in name.lower() or "embeddings" in name]
    assert "External" not in links
    fields = {part.split(">")[1].split("<")[0].split()[0] for part in written.split("<w:instrText")[1:]}
    assert fields <= {"SEQ", "TOC"}


def test_a_cover_comes_first() -> None:
    made = report_docx(Document((), FactsBlock("cover", "DemoCable", [["Wave", "2"]], ["Draft"])))
    assert words_of(made).startswith(core("ReportDemoCable"))
    assert "Draft" in words_of(made)


def test_the_numbers_of_page_one_are_large_and_one_empty_line_parts_tables() -> None:
    numbers = FactsBlock("numbers", "", [["0 of 4", "partnerships reach it"]], style="numbers")
    certainty = FactsBlock("certainty", "How sure", [["Answers", "279"]])
    parts = Document((Prose("# A report"), Prose("## In short"), BlockPart(numbers, 1), BlockPart(certainty, 2)))
    body = opened(report_docx(parts)).element.body
    kinds = ["table" if child.tag.endswith("}tbl") else "".join(child.itertext()) for child in body]
    after = kinds.index("table") + 1
    assert kinds[after] == "" and kinds[after + 1].startswith("How sure")
    assert body.xml.count('w:val="FactNumber"') == 1


def test_sentences_about_a_figure_stay_on_its_page() -> None:
    sentences = [f"Sentence {n}." for n in range(3)]
    figure = FigureBlock("dots", "Dots", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "Alt", [])

    def kept(block: TextBlock) -> list[bool]:
        word = opened(report_docx(Document((BlockPart(block), BlockPart(figure, 1)), None)))
        found = [paragraph for paragraph in word.paragraphs if paragraph.text.startswith("Sentence")]
        return [paragraph.paragraph_format.keep_with_next is True for paragraph in found]

    assert kept(TextBlock("dots_summary", sentences, "summary")) == [True] * 3
    assert kept(TextBlock("dots_summary", sentences * 3, "summary")) == [False] * 8 + [True], (
        "more than a page may hold"
    )
