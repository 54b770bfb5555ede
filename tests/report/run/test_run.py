"""A run: each report in its folder, failures beside them, nothing of this machine in any file."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
import openpyxl
import pytest
from bs4 import BeautifulSoup

from hpp_analysis import read_survey
from hpp_analysis.report.notebook.parameters import public_parameters
from hpp_analysis.report.run.limits import Engine, can_fork
from hpp_analysis.report.run.plan import ReportPlan, plan_reports
from hpp_analysis.report.run.run import RunReport, run_reports
from hpp_analysis.report.writers.notebook_copy import shareable, without_paths
from hpp_analysis.report.writers.pages import SCRIPT
from tests.report.conftest import HOSTILE, code

MADE = ["Fine", "Sööt", *HOSTILE]
ENGINES = ["fork", "kernel"] if can_fork() else ["kernel"]
FAILED = {"Breaks": "ZeroDivisionError", "Kills its kernel": "DeadKernelError", "Kills its worker": "WorkerDied"}


def plan_of(answers: Path, notebook: Path, out: Path, **options: Any) -> ReportPlan:
    survey = read_survey(answers, instrument="hpp")
    usual = {"responses": [answers], "instrument": "hpp", "languages": ["en"], "out": out, "note": "Made up."}
    return plan_reports(survey, **(usual | {"notebook": notebook, "parameters": {"rounds": "7"}} | options))


@pytest.fixture(scope="module")
def answers(export_of: Callable[..., Path]) -> Path:
    return export_of(*MADE, *FAILED, "Sleeps")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """What executes the notebooks."""
    chosen: Engine = request.param
    return chosen


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Path:
    return tmp_path_factory.mktemp("run") / "out {odd} folder"


@pytest.fixture(scope="module")
def told(engine: Engine) -> list[str]:
    return []


@pytest.fixture(scope="module")
def done(answers: Path, small_notebook: Path, out: Path, told: list[str], engine: Engine) -> RunReport:
    plan = plan_of(answers, small_notebook, out, only=[*MADE, *FAILED])
    return run_reports(plan, jobs=2, engine=engine, on_progress=lambda outcome: told.append(outcome.client))


def folder_of(done: RunReport, out: Path, client: str) -> Path:
    (outcome,) = (one for one in done.outcomes if one.client == client)
    return out / outcome.slug / outcome.language


def test_failures_are_told_and_the_others_are_made(done: RunReport, told: list[str]) -> None:
    assert {one.client for one in done.outcomes if one.ok} == set(MADE)
    assert {one.client: one.result.broken["kind"] for one in done.failed if one.result.broken} == FAILED
    assert sorted(told) == sorted([*MADE, *FAILED])


def test_each_report_is_whole(done: RunReport, out: Path) -> None:
    for name in MADE:
        folder = folder_of(done, out, name)
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert files == {"report.html", "report.pdf", "tables.xlsx", "notebook.ipynb", "figures/01-dots.svg"}
    assert {path.name for path in out.iterdir() if path.is_file()} == {"index.html", "journal.jsonl", "manifest.json"}
    assert not list(out.rglob(".*")), "nothing half made is left"


@pytest.mark.parametrize("name", MADE)
def test_a_report_shows_its_own_client(done: RunReport, out: Path, name: str) -> None:
    folder = folder_of(done, out, name)
    text = (folder / "report.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser")
    assert name in soup.h1.get_text()
    assert soup.find(class_="banner").string == "Made up."
    assert "0.95 7 answers.csv 1 True" in soup.find("pre").string, "parameters arrive; one thread a kernel"
    assert "somewhere" not in text, "warnings are not shown"
    for other in {*MADE, *FAILED} - {name}:
        assert other not in soup.get_text()
    book = openpyxl.load_workbook(folder / "tables.xlsx")
    assert book.sheetnames[0] == "Contents"
    assert len(book.sheetnames) == 2
    assert book.sheetnames[1].startswith("Scores of")
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)


def test_the_broken_notebook_leads_to_its_broken_cell(done: RunReport, out: Path) -> None:
    broken = {one.client: one for one in done.failed}
    for name in ("Breaks", "Kills its kernel"):
        path = out / "failed" / f"{broken[name].slug}-en.ipynb"
        cells = nbformat.read(path, as_version=4).cells
        (anchor,) = (place for place, cell in enumerate(cells) if 'id="papermill-error-cell"' in cell.source)
        assert path.stat().st_mode & 0o077 == 0 or os.name != "posix", "it may show answers"
        assert "import os, signal" in cells[anchor + 1].source
        assert cells[anchor + 1].outputs[-1].ename == FAILED[name]
        assert not (out / broken[name].slug).exists()
        assert broken[name].result.broken is not None
        assert broken[name].result.broken["cell"] == 2, "as the author counts"


def test_the_manifest_says_what_was_made(done: RunReport, out: Path, answers: Path) -> None:
    manifest = json.loads(done.manifest.read_text(encoding="utf-8"))
    assert manifest["inputs"] == [{"name": "answers.csv", "sha256": sha256(answers.read_bytes()).hexdigest()}]
    assert manifest["instrument"]["name"] == "hpp"
    assert manifest["parameters"] == {"rounds": 7}
    assert {"hpp_analysis", "python", "pandas"} <= set(manifest["versions"])
    jobs = {job["client"]: job for job in manifest["jobs"]}
    assert {name for name, job in jobs.items() if job["status"] == "failed"} == set(FAILED)
    assert jobs["Breaks"]["error"]["message"] == "division by zero"
    assert (jobs["Fine"]["warnings"], jobs["Fine"]["withheld"]) == (1, 1)
    assert jobs["Fine"]["nothing"] == "", "one of its two rows is shown"
    assert manifest["waiting"] == 0
    for job in jobs.values():
        for file in job["files"]:
            assert sha256((out / file["path"]).read_bytes()).hexdigest() == file["sha256"]
    assert sum(len(job["files"]) for job in jobs.values()) == 5 * len(MADE)


def test_the_index_links_to_every_report(done: RunReport, out: Path) -> None:
    soup = BeautifulSoup(done.index.read_text(encoding="utf-8"), "html.parser")
    links = [link["href"] for link in soup.find_all("a")]
    notebooks = [link for link in links if link.startswith("failed/")]
    assert len(links) - len(notebooks) == 3 * len(MADE)
    assert len(notebooks) == 2, "a process that was killed left none"
    assert all((out / link).is_file() for link in links)
    text = soup.get_text()
    assert all(name in text for name in [*MADE, *FAILED])
    assert "ZeroDivisionError" in text
    assert len(soup.find_all("h1")) == 1
    assert [script.string for script in soup.find_all("script")] == [SCRIPT], "that of every page, and no other"


def test_no_file_knows_this_machine(done: RunReport, out: Path, answers: Path) -> None:
    here = [str(answers.parent), str(out.parent), str(Path.home()), sys.prefix, "/tmp/hpp-", "start_time"]
    for path in out.rglob("*"):
        if path.is_file() and path.suffix != ".xlsx":
            if path.suffix == ".pdf":
                text = path.read_bytes().decode("latin-1")
                if shutil.which("pdftotext"):
                    text += subprocess.check_output(["pdftotext", path, "-"], text=True)
            else:
                text = path.read_text(encoding="utf-8")
            assert not [known for known in here if known in text], path.name


def test_a_second_run_has_equal_bytes_whatever_executes_it(
    done: RunReport, out: Path, answers: Path, small_notebook: Path, tmp_path: Path
) -> None:
    again = run_reports(plan_of(answers, small_notebook, tmp_path, only=["Fine"]), engine="kernel")
    first, second = folder_of(done, out, "Fine"), folder_of(again, tmp_path, "Fine")
    files = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    assert len(files) == 5
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file


def test_a_part_of_a_run_can_be_repeated(
    done: RunReport, out: Path, answers: Path, small_notebook: Path, tmp_path: Path
) -> None:
    """What the others became stays in the list; of other settings no report does."""
    copy = shutil.copytree(out, tmp_path / "out")
    part = run_reports(plan_of(answers, small_notebook, copy, only=["Fine"]), force=True)
    earlier = {one.client for one in part.outcomes if one.earlier}
    assert earlier == {*MADE, *FAILED} - {"Fine"}
    assert part.failed == (), "what failed before is no failure of this run"
    soup = BeautifulSoup(part.index.read_text(encoding="utf-8"), "html.parser")
    assert sum(not link["href"].startswith("failed/") for link in soup.find_all("a")) == 3 * len(MADE)
    assert all(kind in soup.get_text() for kind in FAILED.values()), (
        "the page says what failed, whichever run it was in"
    )
    other = run_reports(plan_of(answers, small_notebook, copy, only=["Breaks"], parameters={"rounds": 4}))
    assert [(one.client, one.ok) for one in other.outcomes] == [("Breaks", False)]
    assert (folder_of(part, copy, "Fine") / "report.html").is_file(), "what was made is not removed"


def test_a_killed_run_leaves_earlier_reports_whole(
    done: RunReport, out: Path, answers: Path, small_notebook: Path, tmp_path: Path, engine: Engine
) -> None:
    copy = shutil.copytree(out, tmp_path / "out")
    before = everything(copy)
    command = [sys.executable, "-m", "hpp_analysis.cli", "report", str(answers), "--notebook", str(small_notebook)]
    command += ["--out", str(copy), "--languages", "en", "--only", "Sleeps", "--jobs", "1", "--engine", engine]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}) as run:
        kernel = _wait_for_notebook(run.pid, engine)
        run.send_signal(signal.SIGKILL)
    assert everything(copy) == before, "nothing half made is in a place where it looks whole"
    for _ in range(100):
        if not Path(f"/proc/{kernel}").exists():
            break
        time.sleep(0.1)
    assert not Path(f"/proc/{kernel}").exists(), "a kernel ends with the run that started it"
    assert not list(tmp_path.glob("hpp-*/*/work")), "and what it worked on is removed"


def everything(folder: Path) -> dict[str, bytes]:
    """All files but the ledger and the journal, which know a run before it makes anything."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith((".ledger.json", "journal.jsonl"))
    }


def _wait_for_notebook(parent: int, engine: Engine) -> int:
    """The process that executes a notebook: a grandchild of the run."""
    name = b"report.run.template" if engine == "fork" else b"ipykernel_launcher"
    for _ in range(600):
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if name not in (path / "cmdline").read_bytes() or (path / "cwd").readlink().name != "work":
                    continue
                worker = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
                grand = int(Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if grand == parent:
                return int(path.name)
        time.sleep(0.1)
    raise AssertionError("no notebook is executed")


def test_a_report_may_take_only_so_long(answers: Path, small_notebook: Path, tmp_path: Path, engine: Engine) -> None:
    plan = plan_of(answers, small_notebook, tmp_path, only=["Sleeps"])
    (failed,) = run_reports(plan, timeout=8, engine=engine).failed
    assert failed.result.broken is not None
    assert failed.result.broken["kind"] == "CellTimeoutError"
    assert failed.result.broken["cell"] == 2


def test_paths_are_shortened_and_words_are_not() -> None:
    given = {"responses": ["/data/study one/answers.csv"], "instrument": "/data/own.yaml", "level": "/opt/x"}
    assert public_parameters(given) == {"responses": ["responses-1.csv"], "instrument": "own.yaml", "level": "x"}
    for text, short in [
        ("read /data/study one/answers.csv", "read answers.csv"),
        ("'/data/own.yaml'", "'own.yaml'"),
        ("\x1b[32m/data/own.yaml\x1b[0m", "\x1b[32mown.yaml\x1b[0m"),
        ("the /database and meta/data", "the /database and meta/data"),
        (f"{sys.prefix}/lib", "lib"),
    ]:
        assert without_paths(text, given) == short


def test_a_kept_notebook_leaves_blocks_as_they_are() -> None:
    from hpp_analysis.display.blocks import MIME

    cell = code("x")
    data = {MIME: {"text": "/data/a"}, "text/plain": "/data/a"}
    cell.outputs = [nbformat.from_dict({"output_type": "display_data", "data": data, "metadata": {}})]
    kept = shareable(nbformat.v4.new_notebook(cells=[cell]), {"responses": ["/data/a.csv"]})
    assert kept.cells[0].outputs[0].data == data


def test_a_word_document_is_made_when_it_is_asked_for(answers: Path, small_notebook: Path, tmp_path: Path) -> None:
    plan = plan_of(answers, small_notebook, tmp_path / "word", only=["Fine"], formats=["docx"])
    done = run_reports(plan, jobs=1)
    (made,) = (tmp_path / "word").glob("*/en/report.docx")
    assert made.read_bytes()[:2] == b"PK"
    assert "report.docx" in done.index.read_text(encoding="utf-8")
