"""Hostile text in names, questions, notes and brand stays text: in the page, the PDF, the workbook, the notebook, the lists."""

import re
import subprocess
import zipfile
from pathlib import Path

import docx
import nbformat
import openpyxl
import pytest
import yaml
from bs4 import BeautifulSoup

from hpp_analysis import load_instrument, simulate_study
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.report.share.guard import Secrets, inspect
from hpp_analysis.report.share.share import share_report
from hpp_analysis.report.writers import stakeholder_script
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.pages import SCRIPT
from hpp_analysis.study.brand import Brand
from hpp_analysis.study.notes import StudyNotes
from hpp_analysis.study.study import Study

TURN = "\u202e"
EVIL = (
    '<script>alert(1)</script> =1+1 ../../x {{7*7}} #set page(fill: red) [x](javascript:alert(1)) $\\href{x}{y}$ "q" '
    "<img src=x onerror=alert(1)> </style> @SUM(A1) %0a"
)


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Study]:
    folder = tmp_path_factory.mktemp("hostile")
    content = yaml.safe_load((root / "hpp_analysis/survey/instruments/hpp.yaml").read_text(encoding="utf-8"))
    content["title"] = {"en": f"T {EVIL}", "nl": "T"}
    content["factors"][0]["name"] = {"en": f"F {EVIL}", "nl": "F"}
    content["items"][0]["text"] = {"en": f"Q {EVIL}", "nl": "Q"}
    content["items"][0]["label"] = {"en": f"L {EVIL}", "nl": "L"}
    instrument = folder / "own.yaml"
    instrument.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    assert EVIL in load_instrument(instrument).texts("en")[content["items"][0]["id"]]
    frame = simulate_study(clients=["C"], partners=2, persons_per_side=12, seed=0).frame()
    for column in ("client", "organisation"):
        frame[column] = frame[column].replace({"C": f"C {EVIL}{TURN}fdp"})
    frame["partner"] = frame["partner"] + " <b>&amp;</b> =2+2"
    frame["organisation"] = frame["organisation"].where(frame["side"] == "client", frame["partner"])
    answers = folder / "answers.csv"
    frame.to_csv(answers, index=False)
    study = Study("s", (answers,), instrument, languages=("en",))
    words = EVIL.replace("<", "\\<").replace("](", "] (")
    done = run_reports(
        plan_reports(
            study.survey(),
            responses=[answers],
            instrument=instrument,
            languages=["en"],
            out=folder / "reports",
            formats=["html", "pdf", "xlsx", "docx", "pptx", "page"],
            note=f"N {EVIL}{TURN}",
            title={"en": f"S {EVIL}{TURN}"},
            commentary=StudyNotes({"en": {"summary": f"W {words}{TURN}"}}),
            appearance=Appearance(Brand(name=f"B {EVIL}{TURN}"), draft=True),
            overview=True,
        ),
        jobs=2,
    )
    assert not done.failed, done.failed
    return folder / "reports", study


def files(run: tuple[Path, Study], ending: str) -> list[Path]:
    found = sorted(run[0].rglob(f"*{ending}"))
    assert found
    return found


def test_pages_show_it_and_do_nothing(run: tuple[Path, Study]) -> None:
    for path in files(run, ".html"):
        text = path.read_text(encoding="utf-8")
        soup = BeautifulSoup(text, "html.parser")
        assert "#set page(fill: red)" in soup.get_text() and "{{7*7}}" in soup.get_text()
        assert [script.string for script in soup.find_all("script")] == [
            stakeholder_script.SCRIPT if path.name == "compare.html" else SCRIPT
        ]
        assert not soup.find_all(["iframe", "object", "form"])
        assert TURN not in text
        for element in soup.find_all(True):
            assert not [name for name in element.attrs if name.startswith("on")]
            assert str(element.get("src", "#")).startswith(("#", "data:image/"))
            assert not re.match(r"\w+:", str(element.get("href", "#")))
        if path.name in ("report.html", "compare.html"):  # the list of a run leads to its reports
            assert inspect({path.name: path.read_bytes()}, Secrets(), final=False) == []


def test_the_notebook_says_it_and_does_nothing(run: tuple[Path, Study]) -> None:
    for path in files(run, "notebook.ipynb"):
        assert TURN not in path.read_text(encoding="utf-8")
        assert inspect({path.name: path.read_bytes()}, Secrets()) == []
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                soup = BeautifulSoup(output.get("data", {}).get("text/html", ""), "html.parser")
                assert not soup.find_all(["script", "img", "b"])


def test_the_workbook_and_word_hold_texts(run: tuple[Path, Study]) -> None:
    for path in files(run, "tables.xlsx"):
        book = openpyxl.load_workbook(path)
        cells = [cell for sheet in book for row in sheet for cell in row]
        assert all(cell.data_type != "f" for cell in cells)
        assert not any(cell.hyperlink.target for cell in cells if cell.hyperlink), "links lead to other sheets only"
        assert not any(TURN in str(cell.value) for cell in cells)
        with zipfile.ZipFile(path) as parts:
            assert not [name for name in parts.namelist() if re.search("vba|external", name, re.IGNORECASE)]
    for path in files(run, "report.docx"):
        said = "\n".join(paragraph.text for paragraph in docx.Document(path).paragraphs)
        assert "{{7*7}}" in said and TURN not in said


def test_the_pdf_sets_it(poppler: None, run: tuple[Path, Study]) -> None:
    for path in files(run, "report.pdf"):
        assert not re.search(rb"/(JavaScript|Launch|URI|EmbeddedFile)\b", path.read_bytes())
        text = "".join(subprocess.check_output(["pdftotext", path, "-"], text=True).split())
        assert "{{7*7}}#setpage(fill:red)" in text
        assert TURN not in text


def test_it_can_be_shared_as_it_is(run: tuple[Path, Study]) -> None:
    folder, study = run
    path = share_report(folder, f"C {EVIL}{TURN}fdp", study=study, draft=True).path
    assert path.parent == folder / "shared" and re.fullmatch(r"[a-z0-9-]+\.zip", path.name)
    with zipfile.ZipFile(path) as packed:
        assert all(re.fullmatch(r"[\w./-]+", name) and ".." not in name for name in packed.namelist())
        assert TURN not in packed.read("README.txt").decode()
