"""The Word document: native parts, the words and numbers of the document, nothing that runs."""

import io
import zipfile

import docx
import pytest
from docx.oxml.ns import qn

from hpp_analysis.display.blocks import FactsBlock, TableBlock
from hpp_analysis.report.writers.document import BlockPart, Document
from hpp_analysis.report.writers.word import report_docx
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
    from hpp_analysis.display.blocks import HeaderCell

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
    assert {part.split(">")[1].split("<")[0] for part in written.split("<w:instrText")[1:]} <= {"PAGE"}


def test_a_cover_comes_first() -> None:
    made = report_docx(Document((), FactsBlock("cover", "DemoCable", [["Wave", "2"]], ["Draft"])))
    assert words_of(made).startswith(core("ReportDemoCable"))
    assert "Draft" in words_of(made)
