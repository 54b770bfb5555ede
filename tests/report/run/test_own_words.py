"""A report of a study of employees speaks its own words, in every language and in every file."""

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import yaml
from bs4 import BeautifulSoup

from hpp_analysis.texts import languages
from hpp_analysis.texts.wording import grammar
from tests.attack.making import make_reports
from tests.attack.reading import blocks_in

TEXTS = {"en": "We learn from mistakes, number {n}", "nl": "Wij leren van fouten, nummer {n}"}
USUAL = r"partner\w*|samenwerking\w*|sides?|kant(en)?|zijden?|clients?|opdrachtgevers?|ratings?|beoordeling(en)?|respondent(s|en)?"
"""The words of a study of partnerships, none of which is said of employees."""


def write_study(folder: Path, **more: object) -> Path:
    rng = np.random.default_rng(3)
    instrument = {
        "name": "pulse", "title": {"en": "Pulse", "nl": "Peiling"}, "unit": "person",
        "scale": {"min": 1, "max": 5, "dont_know": {"text": {"en": "Don't know", "nl": "Weet niet"}, "codes": ["9"]}},
        "columns": [{"id": "respondent"}, {"id": "department", "text": {"en": "Department", "nl": "Afdeling"}}],
        "factors": [{"id": name, "name": {"en": name.title(), "nl": name.title()}, "threshold": 4} for name in ("a", "b")],
        "items": [
            {"id": f"q{n}", "factor": "a" if n < 4 else "b", "text": {code: text.format(n=n) for code, text in TEXTS.items()}}
            for n in range(8)
        ],
    }  # fmt: skip
    rows = ["respondent,department," + ",".join(f"q{n}" for n in range(8))]
    for name, size in (("Care", 40), ("IT", 14), ("HR", 7), ("Board", 3)):
        for k in range(size):
            level = rng.normal(3.5, 0.8)
            answers = np.clip(np.rint(rng.normal(level, 0.8, 8)), 1, 5).astype(int)
            rows.append(f"{name}{k},{name}," + ",".join(["9" if rng.random() < 0.05 else str(one) for one in answers]))
    (folder / "answers.csv").write_text("\n".join(rows), encoding="utf-8")
    (folder / "pulse.yaml").write_text(yaml.safe_dump(instrument, allow_unicode=True), encoding="utf-8")
    study = {
        "name": "pulse",
        "responses": ["answers.csv"],
        "instrument": "pulse.yaml",
        "by": "department",
        "total": True,
        **more,
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    return folder / "study.yaml"


def texts_of(report: Path) -> dict[str, str]:
    """What people read of a report, by file; the names of Python functions in its notebook are none of it."""
    found = {}
    for page in report.rglob("*.html"):
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for hidden in soup(["style", "script"]):
            hidden.decompose()
        named = [tag.get(name, "") for tag in soup.find_all(True) for name in ("alt", "aria-label", "title")]
        found[page.name] = " ".join([*soup.stripped_strings, *named])
    for figure in report.rglob("*.svg"):
        found[figure.name] = " ".join(BeautifulSoup(figure.read_text(encoding="utf-8"), "html.parser").stripped_strings)
    for path in report.rglob("*.xlsx"):
        book = openpyxl.load_workbook(path)
        cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
        found[path.name] = " ".join([*book.sheetnames, *cells])
    for path in report.rglob("*.docx"):
        found[path.name] = re.sub(r"<[^>]+>", " ", zipfile.ZipFile(path).read("word/document.xml").decode("utf-8"))
    for path in report.rglob("notebook.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found["prose"] = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        found["blocks"] = json.dumps(
            [{key: block[key] for key in ("caption", "title", "alt", "notes", "paragraphs", "facts") if block.get(key)}
             for block in blocks_in(path)], ensure_ascii=False
        )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pulse")
    study = write_study(folder, words="employees")
    make_reports(study, folder / "out", "--languages", ",".join(languages()), "--formats", "html,xlsx,docx", drawn=True)
    return folder / "out"


def test_no_word_of_partnerships_is_left_in_any_file(run: Path) -> None:
    reports = [path.parent for path in run.glob("*/*/report.html")]
    assert {path.name for path in reports} == set(languages())
    assert len(reports) == 3 * len(languages())  # of the board of three nothing may be told
    for report in reports:
        read = texts_of(report)
        assert {"report.html", "tables.xlsx", "report.docx", "prose", "blocks"} < set(read)
        for file, text in read.items():
            assert len(text) > 10  # a heat map of two scores has few words
            assert re.findall(rf"\b({USUAL})\b", text, re.IGNORECASE) == [], (
                f"{report.parent.name}/{report.name}/{file}"
            )


def test_the_list_of_reports_speaks_the_words_too(run: Path) -> None:
    text = BeautifulSoup((run / "index.html").read_text(encoding="utf-8"), "html.parser").get_text(" ")
    assert re.findall(rf"\b({USUAL})\b", text, re.IGNORECASE) == []


def test_without_words_the_same_study_has_those_of_a_survey(tmp_path: Path) -> None:
    study = write_study(tmp_path, total=False)
    make_reports(study, tmp_path / "out", "--languages", "nl", "--formats", "html", "--only", "IT")
    text = texts_of(next((tmp_path / "out").glob("it*/nl")))["report.html"]
    assert re.findall(r"\b(partner\w*|samenwerking\w*|kant(en)?|opdrachtgevers?)\b", text, re.IGNORECASE) == []


def test_words_of_a_study_are_those_of_its_reports(tmp_path: Path) -> None:
    """A word with another article: the Dutch sentences follow it."""
    own = {
        "en": {"singular": "memo", "plural": "memos"},
        "nl": {"singular": "verslagje", "plural": "verslagjes", "article": "het"},
    }
    study = write_study(tmp_path, total=False, words={"set": "employees", "report": own})
    make_reports(study, tmp_path / "out", "--languages", "en,nl", "--formats", "html", "--only", "IT")
    english, dutch = (texts_of(next((tmp_path / "out").glob(f"it*/{code}")))["report.html"] for code in ("en", "nl"))
    assert "The words of this memo" in english
    assert not re.search(r"\breports?\b", english.replace("as reported", ""))
    assert "De woorden van dit verslagje" in dutch
    assert not re.search(r"\brapport(en)?\b", dutch)


@pytest.mark.parametrize("code", languages())
def test_the_usual_words_are_those_that_the_tests_look_for(code: str) -> None:
    for name, word in grammar(code)["sets"]["partnership"].items():
        if name != "report":
            assert re.fullmatch(USUAL, word["singular"]), name
            assert re.fullmatch(USUAL, word["plural"]), name
