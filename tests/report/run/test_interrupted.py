"""A run that is stopped leaves the list of what is there; what is in the way stops one report."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from hpp_analysis import cli, read_survey
from hpp_analysis.errors import ReportError
from hpp_analysis.report.run.journal import read_journal
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.names import slug
from hpp_analysis.report.run.plan import ReportPlan, plan_reports
from hpp_analysis.report.run.run import RunReport, run_reports
from tests.report.conftest import PARAMETERS, code, prose, write_cells

CLIENTS = ["Alfa", "Bravo", "Charlie", "Small", "Silent"]
SHOWN = """\
from IPython.display import display
from hpp_analysis.display.blocks import MIME, HeaderCell, TableBlock, to_json
if client == "Charlie" and label == "breaks":
    1 / 0
state = {"Small": "withheld", "Silent": "empty"}.get(client, "full")
table = TableBlock("t", "T", [HeaderCell("who", "Who", "text")], [["a"]], [{"who": "a", "state": state, "why": ""}])
display({MIME: to_json([table]), "text/plain": client}, raw=True)
"""


@pytest.fixture(scope="module")
def answers(export_of: Callable[..., Path]) -> Path:
    return export_of(*CLIENTS)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cells = prose("# Tiny"), code(PARAMETERS, "parameters"), code(SHOWN)
    return write_cells(tmp_path_factory.mktemp("notebook") / "tiny.ipynb", *cells)


@pytest.fixture
def plan(answers: Path, notebook: Path, tmp_path: Path) -> Callable[..., ReportPlan]:
    survey = read_survey(answers, instrument="hpp")

    def make(*only: str, **options: Any) -> ReportPlan:
        usual = {"responses": [answers], "instrument": "hpp", "languages": ["en"], "out": tmp_path / "out"}
        fast = {"notebook": notebook, "formats": ["html"], "only": only}
        return plan_reports(survey, **(usual | fast | options))

    return make


@pytest.fixture(scope="module")
def whole(answers: Path, notebook: Path, tmp_path_factory: pytest.TempPathFactory) -> RunReport:
    return run_reports(
        plan_reports(
            read_survey(answers, instrument="hpp"),
            responses=[answers],
            instrument="hpp",
            languages=["en"],
            out=tmp_path_factory.mktemp("whole") / "out",
            notebook=notebook,
            formats=["html"],
        ),
        jobs=2,
    )


def listed(out: Path) -> dict[str, str]:
    jobs = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["jobs"]
    return {job["client"]: job["status"] for job in jobs}


def journalled(out: Path) -> set[str]:
    return {record.outcome.client for record in read_journal(out).values()}


def page(out: Path) -> str:
    return BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser").get_text()


def stop_after(number: int) -> Callable[[Outcome], None]:
    told: list[Outcome] = []

    def stop(outcome: Outcome) -> None:
        told.append(outcome)
        if len(told) == number:
            raise KeyboardInterrupt

    return stop


def test_a_stopped_run_lists_what_is_there_and_the_rest_joins_it(
    plan: Callable[..., ReportPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpp_analysis.report.run.run._PAUSE", 0)  # these reports are made faster than lists are written
    first = plan("Alfa", "Bravo", "Charlie")
    begun, *rest = (job.client for job in first.jobs)
    with pytest.raises(KeyboardInterrupt):
        run_reports(first, jobs=1, on_progress=stop_after(1))
    assert listed(first.out) == {begun: "made"}
    assert json.loads((first.out / "manifest.json").read_text())["waiting"] == 2
    assert "Still to be made" in page(first.out)
    assert sorted(path.name for path in first.out.iterdir()) == [
        slug(begun),
        "index.html",
        "journal.jsonl",
        "manifest.json",
    ]
    seen: list[set[str]] = []  # nothing runs after a kill: the journal has a report as soon as it is there
    done = run_reports(plan(*rest), jobs=1, on_progress=lambda _outcome: seen.append(journalled(first.out)))
    assert seen == [{begun, rest[0]}, {begun, *rest}]
    assert set(listed(first.out).values()) == {"made"}
    assert "Still to be made" not in page(first.out)
    assert [one.client for one in done.outcomes if one.earlier] == [begun]
    assert done.notes == ()


def test_a_run_that_makes_nothing_leaves_the_list_before_it(
    whole: RunReport, plan: Callable[..., ReportPlan], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(whole.index.parent, tmp_path / "out"))

    def stop(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hpp_analysis.report.run.run.make_all", stop)
    with pytest.raises(KeyboardInterrupt):
        run_reports(plan("Bravo"), jobs=1, force=True)
    assert (out / "manifest.json").read_bytes() == whole.manifest.read_bytes()


def test_what_is_not_as_it_was_made_is_told(whole: RunReport, plan: Callable[..., ReportPlan], tmp_path: Path) -> None:
    out = Path(shutil.copytree(whole.index.parent, tmp_path / "out"))
    (out / slug("Bravo") / "en" / "report.html").write_text("changed")
    done = run_reports(plan("Charlie"), jobs=1)
    assert listed(out) == {"Charlie": "made", "Alfa": "made", "Small": "empty", "Silent": "empty"}
    (note,) = done.notes
    assert f"{slug('Bravo')}/en" in note and "changed" in note
    assert note in page(out)
    other = run_reports(plan("Charlie", parameters={"rounds": 9}), jobs=1)
    assert set(listed(out)) == {"Charlie"}, "of other settings nothing stays in the list"
    assert any(slug("Alfa") in note and "the options changed" in note for note in other.notes)


def test_a_report_without_numbers_is_not_written_and_the_reason_is(whole: RunReport) -> None:
    out = whole.index.parent
    assert {one.client: one.result.nothing for one in whole.empty} == {"Small": "too_few", "Silent": "no_answers"}
    assert whole.failed == ()
    assert listed(out)["Small"] == "empty"
    for name in ("Small", "Silent"):
        assert not (out / slug(name)).exists()
    assert "every group is too small to be shown" in page(out)
    assert "nobody answered" in page(out)


def test_a_run_that_makes_no_report_at_all_fails(
    whole: RunReport, answers: Path, notebook: Path, tmp_path: Path
) -> None:
    cli._conclude(whole, whole.index.parent)  # others were made: no failure
    arguments = ["report", str(answers), "--notebook", str(notebook), "--languages", "en", "--formats", "html"]
    arguments += ["--out", str(tmp_path / "out"), "--only", "Small", "--only", "Silent"]
    result = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    assert result.exit_code == cli.SOME_FAILED
    assert "No report, because it would have no number" in result.stderr


def test_a_link_stops_the_report_that_it_stands_in_the_way_of(plan: Callable[..., ReportPlan], tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / ".en.partial").mkdir(parents=True)
    (theirs / ".en.partial" / "a").write_text("mine")
    places = {"Alfa": "", "Bravo": "/.en.partial", "Small": "/en"}
    for client, place in places.items():
        link = tmp_path / "out" / f"{slug(client)}{place}"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(theirs)
    done = run_reports(plan(*places, "Charlie"), jobs=1)
    told = {one.client: one.result.broken["message"] for one in done.failed if one.result.broken}
    assert set(told) == set(places)
    for client, place in places.items():
        assert f"{slug(client)}{place} is in the way" in told[client]
        assert str(tmp_path) not in told[client]
    assert listed(tmp_path / "out")["Charlie"] == "made"
    assert [path.name for path in theirs.rglob("*")] == [".en.partial", "a"]


def test_a_broken_notebook_does_not_go_through_a_link(plan: Callable[..., ReportPlan], tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    kept = theirs / f"{slug('Charlie')}-en.ipynb"
    kept.write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "failed").symlink_to(theirs)
    (failed,) = run_reports(plan("Charlie", parameters={"label": "breaks"}), jobs=1).failed
    assert failed.result.broken is not None
    assert "could not be kept" in failed.result.broken["message"]
    assert [path.read_text() for path in theirs.iterdir()] == ["mine"]


def test_a_folder_in_the_place_of_a_list_is_told_before_anything_is_made(plan: Callable[..., ReportPlan]) -> None:
    chosen = plan("Alfa")
    (chosen.out / "index.html").mkdir(parents=True)
    with pytest.raises(ReportError, match="in the way"):
        run_reports(chosen)
    assert [path.name for path in chosen.out.iterdir()] == ["index.html"]
