"""The PDF: the words and numbers of the document, tagged, the same bytes each time, and no text that is markup."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, HeaderCell, TableBlock, TextBlock
from hpp_analysis.errors import ReportError
from hpp_analysis.report.writers import pdf
from hpp_analysis.report.writers.document import BlockPart, Document, Picture, PlainText, Prose
from hpp_analysis.report.writers.pdf import report_pdf
from hpp_analysis.texts import language
from tests.report.conftest import HOSTILE

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}<circle cx="4" cy="4" r="3"/></svg>'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # one dot
MARKUP = [
    '#eval("6*7")',
    '#read("/etc/passwd")',
    "$x^2$ @ref <label> \\ *a* _b_ `c` = d // e",
    "#import sys: inputs",
    "\u202edesrever\u202c",
    "nul\x00bell\x07",
    "long" * 1250,
    "שלום עולם",
    "\ud800lone",
]


def document(text: str = "Openness", rows: int = 3, svg: str = SVG.format("")) -> Document:
    table = TableBlock(
        "scores",
        text,
        [HeaderCell("who", text, "text"), HeaderCell("mean", "Mean", "score")],
        [[f"{text} {row}", f"7.{row:02d}"] for row in range(rows)],
        [{} for _ in range(rows)],
        [text],
    )
    parts = (
        Prose(f"# A report\n\n## Part\n\n{text}\n\n- one **bold** `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        BlockPart(TextBlock("said", [text])),
        BlockPart(table, 1),
        BlockPart(FigureBlock("dots", text, svg, f"Alt: {text}", [text]), 1),
        BlockPart(FactsBlock("from", text, [[text, text]])),
        Picture("image/png", PNG, text),
        PlainText(text),
    )
    return Document(parts, FactsBlock("cover", text, [["Partners", text]], [text]))


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], str]:
    """The text of a PDF, as another program reads it; under HPP_REQUIRE_ALL its absence is a failure."""
    if not shutil.which("pdftotext"):
        if os.environ.get("HPP_REQUIRE_ALL"):
            pytest.fail("pdftotext (poppler-utils) is required here (HPP_REQUIRE_ALL is set) and was not found")
        pytest.skip("pdftotext (poppler-utils) is not installed")

    def text(made: bytes) -> str:
        path = tmp_path / "made.pdf"
        path.write_bytes(made)
        done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
        return done.stdout.decode()

    return text


def test_it_is_tagged_has_a_language_a_title_and_bookmarks_and_carries_no_clock() -> None:
    with language("nl"):
        made = report_pdf(document())
    for sign in (b"/MarkInfo", b"/Marked true", b"/Lang(nl)", b"/Outlines", b"/DisplayDocTitle true"):
        assert sign in made, sign
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    assert b"Openness \xe2\x80\x93 A report" in made, "the title in the metadata"
    assert b"/CreationDate" not in made
    assert b"/JavaScript" not in made


def test_equal_documents_give_equal_bytes_and_other_numbers_others() -> None:
    assert report_pdf(document()) == report_pdf(document())
    assert report_pdf(document()) != report_pdf(document(rows=4))


def test_a_long_table_breaks_over_pages_and_repeats_its_head(read: Callable[[bytes], str]) -> None:
    pages = read(report_pdf(document(rows=100))).split("\f")
    with_rows = [page for page in pages if re.search(r"Openness \d+ +7\.\d\d", page)]
    assert len(with_rows) >= 2
    assert all(re.search(r"Openness +Mean", page) for page in with_rows)
    numbers = re.findall(r"Openness (\d+) +7\.\d\d", "".join(pages))
    assert sorted(map(int, numbers)) == list(range(100)), "each row once"
    assert all(re.search(rf"\b{number} ?/ ?{len(pages) - 1}\b", pages[number - 1]) for number in range(2, len(pages)))


def test_a_table_too_long_for_paper_says_where_its_rows_are(read: Callable[[bytes], str]) -> None:
    said = read(report_pdf(document(rows=101)))
    assert "The 101 rows of this table are in the workbook" in " ".join(said.split())
    assert not re.search(r"Openness \d+ +7\.\d\d", said)


@pytest.mark.parametrize("text", [*HOSTILE, *MARKUP], ids=lambda text: ascii(text[:12]))
def test_texts_stay_texts(text: str, read: Callable[[bytes], str]) -> None:
    said = read(report_pdf(document(text)))

    def core(words: str) -> str:
        """Without spaces, what breaks words, marks of direction, and what controls."""
        return re.sub(r"[\s\u200b\u00ad\u200e\u200f\x00-\x1f\u202a-\u202e\ud800]", "", words)

    assert core(text)[:40] in core(said)
    assert "root:" not in said
    assert core("42") not in core(said) or "42" in text


def test_no_string_of_the_document_is_in_the_code_that_typst_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []
    compiled = pdf.typst.compile

    def spy(source: Path, **options: object) -> bytes:
        seen.append(source)
        assert json.loads(options["sys_inputs"]["document"])["name"]  # type: ignore[index]
        return compiled(source, **options)

    monkeypatch.setattr(pdf.typst, "compile", spy)
    report_pdf(document("#eval"))
    report_pdf(document("other"))
    assert seen == [pdf.TEMPLATES / "report.typ"] * 2


@pytest.mark.parametrize("address", ["file:///etc/passwd", "/etc/passwd", "../../errors.py", "http://127.0.0.1/x.png"])
def test_a_figure_loads_nothing_from_elsewhere(address: str) -> None:
    linked = SVG.format(f'<image href="{address}" width="9" height="9"/>')
    with pytest.raises(ReportError, match="image"):
        report_pdf(document(svg=linked))


def test_an_unreadable_figure_is_one_clear_error() -> None:
    with pytest.raises(ReportError, match="leave `pdf` out"):
        report_pdf(document(svg="<svg"))


def test_the_letters_that_are_not_looked_up_are_in_the_font() -> None:
    usual = {chr(code) for code in range(0x20, 0x2300) if not re.search(pdf._UNUSUAL, chr(code))}
    assert len(usual) > 500
    assert usual <= pdf._letters() | {"\u200b"}
    assert "中" not in pdf._letters()


def test_a_document_of_nothing_is_a_cover() -> None:
    assert report_pdf(Document(())).startswith(b"%PDF-1.7")
