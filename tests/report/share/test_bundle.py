"""A bundle holds what was cleared, runs by itself, and nothing of what a notebook did besides."""

import json
import os
import stat
import unicodedata
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import nbformat
import openpyxl
import pytest
from nbclient import NotebookClient
from typer.testing import CliRunner

import hpp_analysis as hpp
from hpp_analysis import simulate_study
from hpp_analysis.cli import app
from hpp_analysis.display.blocks import MIME
from hpp_analysis.errors import OptionError, ReportError
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.report.share.pdf_text import pdf_texts
from hpp_analysis.report.share.share import Shared, share_report
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.study.brand import Brand
from hpp_analysis.study.notes import StudyNotes
from hpp_analysis.study.study import Study
from tests.report.conftest import code, prose, write_cells

CLIENTS = {"C0": "Acme", "C1": "Société Générale", "C2": "Acme, Inc", "C3": "Post", "C4": "A"}
FORMATS = ("html", "pdf", "xlsx", "docx", "pptx")
PARAMETERS = 'responses = []\ninstrument = "hpp"\nby = "client"\nclient = ""\nwave = ""\nlanguage = "en"\nnote = ""'
START = """\
import hpp_analysis as hpp
hpp.language(language)
survey = hpp.read_survey(responses, instrument=instrument)
answers = survey.where(**{by: client})
allowed = hpp.plan_disclosure(survey, by=by)
scores = hpp.publish(hpp.score_scales(answers), allowed)
hpp.publishing.show_cover(answers, client=client, note=note)"""
PUBLISHED = (
    prose("## In short", "section-summary"),
    code('hpp.show(scores, "summary")'),
    code('hpp.show(scores, "profile")'),
    code('hpp.show(scores, "table")'),
    code("hpp.publish(hpp.partner_gaps(answers), allowed)"),
    code('hpp.show(scores, "table")'),
)
FORGOTTEN = (
    code('hpp.show(hpp.describe(answers, by=("partnership", "side"), weight="organisation"), "table")  # no publish()'),
    code("hpp.score_scales(answers)"),
    code('answers.items[answers.respondents["side"] == "partner"].iloc[:3, :2]'),
    code("print(answers.respondents['respondent'].iloc[0])\nimport warnings; warnings.warn(str(responses))"),
    code("import hpp_analysis.display.blocks as b\nfrom hpp_analysis.common.result import Shown\n"
         'Shown((b.TextBlock("own", ["Made by hand."]),))'),
    code('from IPython.display import HTML, display\ndisplay(HTML("<b>by hand</b>"))'),
)  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frame = simulate_study(clients=list(CLIENTS), partners=1, persons_per_side=12, seed=0).frame()
    for column in ("client", "organisation"):
        frame[column] = frame[column].replace(CLIENTS)
    frame["partner"] = "Firm " + frame["client"].str[-1]
    frame["organisation"] = frame["organisation"].where(frame["side"] == "client", frame["partner"])
    path = tmp_path_factory.mktemp("answers") / "answers.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def study(answers: Path) -> Study:
    return Study("s", (answers,), "hpp")


def made(study: Study, out: Path, *cells: Any, only: tuple[str, ...] = ("Acme",), **options: Any) -> Path:
    notebook = write_cells(
        out.with_name(f"{out.name}.ipynb"), prose("# A report"), code(PARAMETERS, "parameters"), code(START), *cells
    )
    usual: dict[str, Any] = {"languages": ["en"], "formats": FORMATS, "responses": study.responses, "instrument": "hpp"}
    done = run_reports(plan_reports(study.survey(), notebook=notebook, out=out, only=only, **(usual | options)), jobs=2)
    assert not done.failed, done.failed
    return out


@pytest.fixture(scope="module")
def run(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of a notebook that forgot to publish, and shows what is its own."""
    out = tmp_path_factory.mktemp("run") / "reports"
    return made(study, out, *PUBLISHED, *FORGOTTEN, only=("Acme", "Acme, Inc"))


@pytest.fixture(scope="module")
def shared(run: Path, study: Study) -> Shared:
    return share_report(run, "Acme", study=study)


@pytest.fixture(scope="module")
def opened(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("opened")
    with zipfile.ZipFile(shared.path) as packed:
        packed.extractall(folder)
    return folder


def everything_said(folder: Path) -> str:
    """All texts of a bundle."""
    said = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".pdf":
            said += [text for _place, text in pdf_texts(path.read_bytes())]
        elif path.suffix in (".docx", ".xlsx", ".pptx"):
            with zipfile.ZipFile(path) as parts:
                said += [parts.read(name).decode("utf-8", "replace") for name in parts.namelist()]
        elif path.is_file():
            said.append(path.read_text(encoding="utf-8"))
    return "\n".join(said)


def test_a_bundle_has_every_format_that_was_made(opened: Path) -> None:
    names = {path.name for path in (opened / "en").iterdir()}
    assert names == {
        "report.html", "report.pdf", "report.docx", "slides.pptx", "tables.xlsx", "notebook.ipynb", "published.json", "figures",
    }  # fmt: skip
    assert docx.Document(str(opened / "en/report.docx")).tables
    assert len(list((opened / "en/figures").glob("*.svg"))) == 1
    told = (opened / "README.txt").read_text(encoding="utf-8")
    assert "report.docx" in told and "published.json" in told and "figures" in told


def test_nothing_that_was_not_cleared_is_in_any_file(opened: Path, run: Path, answers: Path) -> None:
    said = everything_said(opened)
    kept = (run / next(run.glob("acme-*")).name / "en/notebook.ipynb").read_text(encoding="utf-8")
    for word in ("Made by hand", "by hand</b>", "describe(", "print(", "answers.items", answers.name):
        assert word in kept or word in (answers.name,), "the attack is in the report"
        assert word not in said, word
    person = hpp.read_survey(answers, instrument="hpp").where(client="Acme").respondents["respondent"].iloc[0]
    assert str(person) in kept and str(person) not in said


def test_what_is_left_out_is_told_with_its_cell(shared: Shared) -> None:
    (told,) = shared.left_out.values()
    by_cell = {one.cell: one for one in told}
    assert len(told) == 6 and [one.source.split("(")[0] for one in told][:2] == ["hpp.show", "hpp.score_scales"]
    assert "publish" in by_cell[min(by_cell)].why and "'description'" in by_cell[min(by_cell)].what
    assert any("printed" in one.what for one in told) and any("text/html" in one.what for one in told)


def test_the_notebook_runs_where_there_is_nothing_else(opened: Path, tmp_path: Path) -> None:
    for name in ("notebook.ipynb", "published.json"):
        (tmp_path / name).write_bytes((opened / "en" / name).read_bytes())
    node = nbformat.read(tmp_path / "notebook.ipynb", as_version=4)
    before = [output.data for cell in node.cells if cell.cell_type == "code" for output in cell.outputs]
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    NotebookClient(node, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in node.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.output_type for output in outputs] == ["execute_result"] * len(before)
    assert [output.data for output in outputs] == before
    blocks = [block for output in outputs for block in output.data[MIME]["blocks"]]
    tables = [block for block in blocks if block["type"] == "table"]
    book = openpyxl.load_workbook(opened / "en/tables.xlsx")
    assert len(tables) == len(book.sheetnames) - 1 == 3
    figures = [block["svg"] for block in blocks if block["type"] == "figure"]
    assert figures == [path.read_text(encoding="utf-8") for path in sorted((opened / "en/figures").iterdir())]
    page = (opened / "en/report.html").read_text(encoding="utf-8")
    for row in tables[0]["cells"]:
        assert all(text in page for text in row)


def test_the_published_parts_can_be_calculated_with(opened: Path) -> None:
    report = hpp.open_published(opened / "en/published.json")
    assert (report.title, report.language, len(report)) == ("Acme", "en", 6)
    assert list(report) == ["cover", "scores_summary", "scores_profile", "scores", "gaps_factor", "scores_2"]
    frame = report["scores"].to_frame()
    assert frame.equals(report["scores_profile"].to_frame()) and frame["mean"].between(1, 10).all()
    with pytest.raises(OptionError, match="scores"):
        report["score"]
    with pytest.raises(OptionError):
        report["scores_summary"].to_frame()


@pytest.mark.parametrize("text", ["", "{}", '{"format": "x", "version": 1}', "[]"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "published.json").write_text(text)
    with pytest.raises(ReportError):
        hpp.open_published(tmp_path / "published.json")
    with pytest.raises(ReportError):
        hpp.open_published(tmp_path / "nowhere.json")


def test_the_same_report_without_mistakes_is_shared_as_it_was_made(study: Study, tmp_path: Path) -> None:
    look = Appearance(Brand(name="Our firm", colour="#7a1f1f", fonts=("Arial",)))
    out = made(study, tmp_path / "reports", *PUBLISHED, appearance=look)
    shared = share_report(out, "Acme", study=study)
    assert not any(shared.left_out.values())
    with zipfile.ZipFile(shared.path) as packed:
        for name in ("report.html", "report.pdf", "report.docx", "slides.pptx", "tables.xlsx"):
            (path,) = out.glob(f"acme-*/en/{name}")
            assert packed.read(f"en/{name}") == path.read_bytes(), name


def test_what_the_consultant_wrote_is_refused_where_it_names_others(study: Study, tmp_path: Path) -> None:
    """The attack of a notebook that forgot to publish, with a name in decomposed letters over a hard line break."""
    said = unicodedata.normalize("NFD", "Société\\\nGénérale")
    notes = StudyNotes(
        {}, {"Acme": {"en": {"summary": f"The other client, {said}, and Firm_t (ask piet.puk@klant.nl)."}}}
    )
    out = made(study, tmp_path / "reports", *PUBLISHED, *FORGOTTEN, commentary=notes)
    with pytest.raises(ReportError) as caught:
        share_report(out, "Acme", study=study)
    told = [str(failure) for failure in caught.value.failures]
    for file in ("report.html", "report.pdf", "report.docx", "slides.pptx", "tables.xlsx", "notebook.ipynb"):
        here = " ".join(one for one in told if f"en/{file}" in one)
        assert "Societe Generale" in here and "Firm t" in here and "piet.puk@klant.nl" in here, file
    assert not (out / "shared").exists()


def test_a_report_without_anything_cleared_is_not_shared(study: Study, tmp_path: Path) -> None:
    notebook = write_cells(
        tmp_path / "n.ipynb", prose("# R"), code(PARAMETERS, "parameters"), code("print(client)\nby"),
    )  # fmt: skip
    plan = plan_reports(
        study.survey(), notebook=notebook, out=tmp_path / "out", only=["Acme"], languages=["en"], formats=["html"],
        responses=study.responses, instrument="hpp",
    )  # fmt: skip
    run_reports(plan, jobs=1)
    with pytest.raises(ReportError, match="cleared"):
        share_report(tmp_path / "out", "Acme", study=study)


def test_clients_whose_names_begin_alike_are_kept_apart(run: Path, study: Study) -> None:
    with zipfile.ZipFile(share_report(run, "Acme, Inc", study=study).path) as packed:
        assert "Report about Acme, Inc" in packed.read("README.txt").decode()
        assert {name.split("/")[0] for name in packed.namelist()} == {"en", "README.txt", "SHA256SUMS.txt"}


def test_without_a_study_it_is_shared_and_said_what_was_not_checked(run: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["share", str(run), "--client", "Acme", "--out", str(tmp_path / "x.zip")])
    assert done.exit_code == 0, done.output
    assert "identifiers of respondents" in done.output and "--study" in done.output
    assert "Left out of" in done.output and "cell" in done.output and "publish" in done.output
    assert zipfile.is_zipfile(tmp_path / "x.zip")
    both = ["--study", str(tmp_path / "study.yaml"), "--no-study"]
    assert CliRunner().invoke(app, ["share", str(run), "--client", "Acme", *both]).exit_code == 2


def test_other_clients_of_the_run_are_looked_for_without_a_study(study: Study, tmp_path: Path) -> None:
    notes = StudyNotes({"en": {"summary": "As we saw at Acme, Inc."}})
    out = made(study, tmp_path / "reports", *PUBLISHED, only=("Acme", "Acme, Inc"), commentary=notes, formats=["html"])
    with pytest.raises(ReportError, match="Acme Inc"):
        share_report(out, "Acme")
    assert zipfile.is_zipfile(share_report(out, "Acme", allow=["Acme, Inc"]).path)


@pytest.mark.skipif(os.name != "posix", reason="files have no such rights on Windows")
def test_reports_that_publish_has_not_cleared_are_private_and_bundles_are_not(
    run: Path, shared: Shared, study: Study, tmp_path: Path
) -> None:
    def rights(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    private = next(run.glob("acme-*")) / "en"
    assert rights(private) == rights(private / "figures") == 0o700
    assert {rights(path) for path in private.rglob("*") if path.is_file()} == {0o600}
    assert rights(run / "manifest.json") == rights(run / "index.html") == 0o600
    new = tmp_path / "new.txt"
    new.write_text("x")
    assert rights(shared.path) == rights(new)
    with zipfile.ZipFile(shared.path) as packed:
        assert {entry.external_attr >> 16 & 0o777 for entry in packed.infolist()} == {0o644}
    out = made(study, tmp_path / "reports", *PUBLISHED, formats=["html"])
    (public,) = out.glob("acme-*/en")
    (tmp_path / "folder").mkdir()
    assert rights(public) == rights(tmp_path / "folder")
    assert rights(public / "report.html") == rights(new)


def test_bundles_are_the_same_each_time(run: Path, shared: Shared, study: Study, tmp_path: Path) -> None:
    again = share_report(run, "Acme", study=study, out=tmp_path / "again.zip")
    assert again.path.read_bytes() == shared.path.read_bytes()
    node = nbformat.reads(zipfile.ZipFile(BytesIO(again.path.read_bytes())).read("en/notebook.ipynb"), as_version=4)
    nbformat.validate(node)
    assert "respondent" not in json.dumps(node.metadata)
