"""The consultant's commentary in the reports: in its section, marked, in every format, whenever reports are made."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import nbformat
import openpyxl
import pytest
from bs4 import BeautifulSoup

from hpp_analysis import read_survey
from hpp_analysis.errors import ReportError
from hpp_analysis.report.run.plan import ReportPlan, plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.study.notes import StudyNotes

SAID = "Talk **first** about [this](https://example.org/x).\n\n- =1+1\n- {{7*7}} #set page(fill: red) & more"
LABEL = "Commentary by the consultant"


@pytest.fixture(scope="module")
def make(export_of: Callable[..., Path], small_notebook: Path, tmp_path_factory: pytest.TempPathFactory):
    answers = export_of("Alfa", "Bravo")
    survey = read_survey(answers, instrument="hpp")
    out = tmp_path_factory.mktemp("commentary")

    def plan(**options: Any) -> ReportPlan:
        usual = {"responses": [answers], "instrument": "hpp", "languages": ["en"], "out": out}
        formats = ["html", "pdf", "xlsx", "docx"]
        return plan_reports(survey, **(usual | {"notebook": small_notebook, "formats": formats} | options))

    return plan


NOTES = StudyNotes({"en": {"the-numbers": "For everybody."}}, {"Alfa": {"en": {"the-numbers": SAID}}}, "notes.yaml")


@pytest.fixture(scope="module")
def folders(make: Callable[..., ReportPlan]) -> dict[str, Path]:
    plan = make(commentary=NOTES)
    run_reports(make(), jobs=2)
    done = run_reports(plan, jobs=2)  # notes lie beside the study: another run has them all the same
    assert not done.failed, done.failed
    return {one.client: plan.out / one.slug / one.language for one in done.outcomes}


def test_the_page_marks_it_in_its_section(folders: dict[str, Path]) -> None:
    soup = BeautifulSoup((folders["Alfa"] / "report.html").read_text(encoding="utf-8"), "html.parser")
    everybody, own = soup.find_all(class_="commentary")
    assert everybody["aria-label"] == own["aria-label"] == own.find(class_="label").string == LABEL
    assert "For everybody." in everybody.get_text()
    assert own.strong.string == "first"
    assert "this (https://example.org/x)" in own.get_text()
    assert [item.get_text(strip=True) for item in own.find_all("li")] == ["=1+1", "{{7*7}} #set page(fill: red) & more"]
    assert own.find_previous("h2").string == "The numbers"
    assert not soup.find_all("a", href=lambda target: not target.startswith("#"))
    other = (folders["Bravo"] / "report.html").read_text(encoding="utf-8")
    assert "For everybody." in other and "Talk" not in other


def test_the_notebook_and_the_workbook_mark_it(folders: dict[str, Path]) -> None:
    cells = nbformat.read(folders["Alfa"] / "notebook.ipynb", as_version=4).cells
    said = [cell.source for cell in cells if "commentary" in cell.metadata.get("tags", [])]
    assert len(said) == 2
    assert all(text.startswith(f"> **{LABEL}**\n>\n> ") for text in said)
    sheet = openpyxl.load_workbook(folders["Alfa"] / "tables.xlsx")[LABEL]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)] == [
        ["Section", "Text"],
        ["The numbers", "For everybody."],
        ["The numbers", SAID],
    ]
    assert all(cell.data_type != "f" for row in sheet for cell in row)


def test_pages_and_word_mark_it(poppler: None, folders: dict[str, Path]) -> None:
    texts = [paragraph.text for paragraph in docx.Document(folders["Alfa"] / "report.docx").paragraphs]
    assert texts.count(LABEL) == 2
    assert "Talk first about this (https://example.org/x)." in texts
    text = subprocess.check_output(["pdftotext", folders["Alfa"] / "report.pdf", "-"], text=True)
    assert text.count(LABEL) == 2
    assert "{{7*7}} #set page(fill: red) & more" in text


def test_what_a_run_cannot_place_is_told_before_it(make: Callable[..., ReportPlan]) -> None:
    wrong = StudyNotes({}, {"Alfo": {"en": {"numbers": "x"}}}, "notes.yaml")
    with pytest.raises(ReportError) as caught:
        make(commentary=wrong)
    assert len(caught.value.failures) == 2
    two = StudyNotes({"en": {"the-numbers": "x"}}, {}, "notes.yaml")
    with pytest.raises(ReportError, match="'nl'"):
        make(commentary=two, languages=["en", "nl"])


def test_commentary_on_a_section_that_is_off_is_told(make: Callable[..., ReportPlan], tmp_path: Path) -> None:
    notebook = nbformat.read(make().notebook, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("## Later"))
    nbformat.write(notebook, tmp_path / "own.ipynb")
    plan = make(commentary=NOTES, sections={"the-numbers": False}, notebook=tmp_path / "own.ipynb")
    assert any("'the-numbers' is not shown" in note for note in plan.notes)
