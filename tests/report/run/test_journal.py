"""However a run ends, the next one makes only the rest, and the result is that of an undisturbed run."""

import dataclasses
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hpp_analysis import cli, read_survey
from hpp_analysis.errors import ReportError
from hpp_analysis.report.run.folders import partial_of
from hpp_analysis.report.run.journal import FILE, Journal, Record, read_journal
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.names import slug
from hpp_analysis.report.run.origins import Origins, differing
from hpp_analysis.report.run.plan import ReportPlan, plan_reports
from hpp_analysis.report.run.run import RunReport, run_reports
from hpp_analysis.report.run.standing import review
from hpp_analysis.report.run.tasks import ReportTask, TaskResult
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.study.notes import StudyNotes
from hpp_analysis.texts.wording import Wording
from tests.report.conftest import PARAMETERS, code, prose, write_cells

ROOT = Path(cli.__file__).parents[2]
CLIENTS = ["Alfa", "Bravo", "Charlie", "Delta"]
SHOWN = """\
from IPython.display import display
from hpp_analysis.display.blocks import MIME, HeaderCell, TableBlock, to_json
values = [{"who": client, "state": "full", "why": ""}]
display({MIME: to_json([TableBlock("t", "T", [HeaderCell("who", "Who", "text")], [[client]], values)])}, raw=True)
"""
BROKEN = {"kind": "ZeroDivisionError", "message": "division by zero", "cell": 1, "source": ""}


def make_quickly(tasks: list[ReportTask], *, jobs: int, scratch: Path) -> Iterator[tuple[int, TaskResult]]:
    """Stands in for the pool: a report of two files that say what it was made of, without a kernel."""
    del jobs, scratch
    for place, task in enumerate(tasks):
        if task.parameters["client"] == "Charlie" and task.parameters.get("label") == "breaks":
            yield place, TaskResult("failed", broken=BROKEN)
            continue
        content = {
            **task.parameters,
            "responses": [sha256(Path(path).read_bytes()).hexdigest() for path in task.parameters["responses"]],
            "look": task.appearance,
            "commentary": task.commentary,
            "notebook": Path(task.notebook).read_text(encoding="utf-8"),
        }
        partial = partial_of(Path(task.folder))
        partial.mkdir(parents=True)
        files = []
        for name in ("notebook.ipynb", *(f"report.{ending}" for ending in task.formats)):
            data = json.dumps([name, content], sort_keys=True).encode()
            (partial / name).write_bytes(data)
            files.append({"path": name, "bytes": len(data), "sha256": sha256(data).hexdigest()})
        yield place, TaskResult("made", 0.1, files=files)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpp_analysis.report.run.run.make_all", make_quickly)


@pytest.fixture(scope="module")
def export(export_of: Callable[..., Path]) -> Path:
    return export_of(*CLIENTS)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cells = (
        prose("# Partnership report"),
        code(PARAMETERS, "parameters"),
        prose("## In short", "section-tiny"),
        code(SHOWN),
        prose("## The profile", "section-profile"),
    )
    return write_cells(tmp_path_factory.mktemp("notebook") / "tiny.ipynb", *cells)


@pytest.fixture
def study(export: Path, notebook: Path, tmp_path: Path) -> Path:
    """A folder with answers and a notebook that a test may change."""
    shutil.copy(export, tmp_path / "answers.csv")
    shutil.copy(notebook, tmp_path / "tiny.ipynb")
    return tmp_path


def planned(study: Path, **options: Any) -> ReportPlan:
    answers = study / "answers.csv"
    usual = {"responses": [answers], "instrument": "hpp", "languages": ["en"], "out": study / "out"}
    fast = {"notebook": study / "tiny.ipynb", "formats": ["html"], "ledger": study / "study.ledger.json"}
    return plan_reports(read_survey(answers, instrument="hpp"), **(usual | fast | options))


def run(study: Path, *, force: bool = False, **options: Any) -> tuple[set[str], RunReport]:
    """Run a plan; the clients whose reports it made, and its result."""
    made: set[str] = set()
    done = run_reports(
        planned(study, **options),
        jobs=2,
        force=force,
        on_progress=lambda outcome: None if outcome.earlier else made.add(outcome.client),
    )
    return made, done


def everything(out: Path) -> dict[str, bytes]:
    """All files of a run but the journal, which holds how long each report took."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != FILE
    }


def test_what_is_there_is_kept(quick: None, study: Path) -> None:
    assert run(study)[0] == {*CLIENTS}
    before = everything(study / "out")
    made, done = run(study)
    assert made == set()
    assert {one.client for one in done.outcomes if one.earlier} == {*CLIENTS}
    assert everything(study / "out") == before, "also the lists are equal"
    assert run(study, force=True, only=["Bravo"])[0] == {"Bravo"}


def test_a_study_may_be_moved(quick: None, study: Path) -> None:
    run(study)
    moved = study.parent / f"{study.name}-moved"
    study.rename(moved)
    assert run(moved)[0] == set()


CHANGES: dict[str, tuple[dict[str, Any], set[str], str]] = {
    "parameters": ({"parameters": {"rounds": 9}}, {*CLIENTS}, "the options changed"),
    "note": ({"note": "Read me."}, {*CLIENTS}, "the parameters changed"),
    "sections": ({"sections": {"tiny": False}}, {*CLIENTS}, "the options changed"),
    "draft": ({"appearance": Appearance(draft=True)}, {*CLIENTS}, "the brand or the mark of a draft changed"),
    "formats": ({"formats": ["html", "xlsx"]}, {*CLIENTS}, "the formats or editions changed"),
    "commentary": (
        {"commentary": StudyNotes(clients={"Bravo": {"en": {"tiny": ["Mind this."]}}})},
        {"Bravo"},
        "the commentary changed",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_option_remakes_what_it_touches(quick: None, study: Path, name: str) -> None:
    options, touched, reason = CHANGES[name]
    run(study)
    standing = review(planned(study, **options))
    assert {one.job.client for one in standing.decisions if one.earlier is None} == touched
    said = cli.describe_standing(standing, planned(study, **options))
    assert any(reason in line for line in said)
    assert run(study, **options)[0] == touched
    assert run(study, **options)[0] == set()


def change_answer(path: Path) -> None:
    """Change one answer of one client."""
    lines = path.read_text().splitlines(keepends=True)
    cells = lines[1].split(",")
    place = next(i for i, cell in enumerate(cells) if cell.strip() in {"5", "6", "7", "8", "9"})
    cells[place] = "1"
    path.write_text("".join([lines[0], ",".join(cells), *lines[2:]]))


def test_changed_files_remake_everything(quick: None, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(study)
    change_answer(study / "answers.csv")
    assert run(study)[0] == {*CLIENTS}
    write_cells(study / "tiny.ipynb", prose("# Survey report"), code(PARAMETERS, "parameters"), code(SHOWN))
    assert run(study)[0] == {*CLIENTS}
    (study / "out" / slug("Delta") / "en" / "report.html").write_text("by hand")
    assert run(study)[0] == {"Delta"}
    shutil.rmtree(study / "out" / slug("Alfa"))
    assert run(study)[0] == {"Alfa"}
    monkeypatch.setattr("hpp_analysis.report.run.origins.software", lambda: "another version")
    assert run(study)[0] == {*CLIENTS}


def test_a_file_that_a_parameter_names_counts(quick: None, study: Path) -> None:
    norms = study / "norms.csv"
    norms.write_text("1")
    options = {"parameters": {"label": str(norms)}}
    run(study, **options)
    assert run(study, **options)[0] == set()
    norms.write_text("2")
    assert run(study, **options)[0] == {*CLIENTS}
    folder = {"parameters": {"label": str(study)}}
    run(study, **folder)
    assert run(study, **folder)[0] == {*CLIENTS}, "what lies in a folder is not looked through"


def test_what_failed_is_made_again_and_what_was_made_before_it_is_not_left_beside(quick: None, study: Path) -> None:
    run(study)
    breaks = {"parameters": {"label": "breaks"}}
    made, done = run(study, **breaks)
    assert made == {*CLIENTS}
    assert [one.client for one in done.failed] == ["Charlie"]
    folder = f"{slug('Charlie')}/en"
    assert not (study / "out" / folder).exists(), "it was of other settings"
    assert (study / "out" / "outdated" / folder / "report.html").is_file()
    assert any(folder in note and "the options changed" in note for note in done.notes)
    assert run(study, **breaks)[0] == {"Charlie"}, "once more: perhaps it works now"


def test_a_forced_report_that_fails_leaves_the_one_that_is_there(
    quick: None, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(study)

    def fail(tasks: list[ReportTask], **_options: Any) -> Iterator[tuple[int, TaskResult]]:
        yield from ((place, TaskResult("failed", broken=BROKEN)) for place, _task in enumerate(tasks))

    with monkeypatch.context() as patch:
        patch.setattr("hpp_analysis.report.run.run.make_all", fail)
        _made, done = run(study, only=["Alfa"], force=True)
    assert [one.client for one in done.failed] == ["Alfa"]
    assert any("still there" in note and slug("Alfa") in note for note in done.notes)
    assert run(study)[0] == set()


def without(study: Path, client: str) -> None:
    """Remove a client from the answers."""
    lines = (study / "answers.csv").read_text().splitlines(keepends=True)
    (study / "answers.csv").write_text("".join(line for line in lines if client not in line))


def test_reports_of_other_answers_do_not_stay_beside_new_ones(quick: None, study: Path) -> None:
    run(study)
    without(study, "Delta")
    gone = f"{slug('Delta')}/en"
    _made, part = run(study, only=["Alfa"])
    assert (study / "out" / gone).is_dir(), "a part of a run moves nothing that it is not about"
    listed = {job["client"] for job in json.loads(part.manifest.read_text())["jobs"]}
    assert listed == {"Alfa"}
    for client in ("Bravo", "Charlie", "Delta"):
        assert any(slug(client) in note and "the answers changed" in note for note in part.notes), client
    _made, whole = run(study)
    assert not (study / "out" / gone).parent.exists()
    assert (study / "out" / "outdated" / gone / "report.html").is_file()
    (note,) = whole.notes
    assert gone in note and "outdated" in note
    assert note in unescape(whole.index.read_text(encoding="utf-8"))
    assert run(study)[1].notes == (), "it is out of the way"


def test_a_report_is_not_moved_through_a_link(quick: None, study: Path) -> None:
    run(study)
    without(study, "Delta")
    theirs = study / "theirs"
    theirs.mkdir()
    (study / "out" / "outdated").symlink_to(theirs)
    _made, done = run(study)
    assert list(theirs.iterdir()) == []
    assert any(slug("Delta") in note and "Not in the list" in note for note in done.notes)


def test_a_report_in_another_language_stays_as_long_as_it_is_of_this_study(quick: None, study: Path) -> None:
    run(study, languages=["en", "nl"])
    made, done = run(study, languages=["en"])
    assert made == set()
    assert {(one.client, one.language) for one in done.outcomes if one.ok} == {
        (client, code) for client in CLIENTS for code in ("en", "nl")
    }
    _made, done = run(
        study,
        languages=["en"],
        commentary=StudyNotes(clients={"Bravo": {"en": {"tiny": ["Mind."]}, "nl": {"tiny": ["Let op."]}}}),
    )
    assert {one.language for one in done.outcomes if one.ok} == {"en"}
    assert sum((study / "out" / "outdated" / slug(client) / "nl").is_dir() for client in CLIENTS) == len(CLIENTS)


def test_a_run_from_before_there_were_journals_is_made_again(quick: None, study: Path) -> None:
    run(study)
    (study / "out" / FILE).unlink()
    assert run(study)[0] == {*CLIENTS}
    without(study, "Delta")
    (study / "out" / FILE).write_text('{"journal": 99}\n')
    _made, done = run(study)
    assert any(slug("Delta") in note and "not known" in note for note in done.notes)


def test_a_dry_run_writes_nothing(quick: None, study: Path) -> None:
    command = ["report", str(study / "answers.csv"), "--notebook", str(study / "tiny.ipynb"), "--languages", "en"]
    command += ["--formats", "html", "--out", str(study / "out")]
    first = CliRunner().invoke(cli.app, [*command, "--dry-run"], catch_exceptions=False)
    assert first.exit_code == 0
    assert "4 would be made (not made before): " in first.stdout
    assert not (study / "out").exists()
    for refused in (["--json"], ["--engine", "thread"]):  # what it cannot follow, and what a run would refuse
        assert CliRunner().invoke(cli.app, [*command, "--dry-run", *refused]).exit_code != 0
    made = CliRunner().invoke(cli.app, command, catch_exceptions=False)
    assert "4 reports made." in made.stdout
    before = everything(study / "out")
    again = CliRunner().invoke(cli.app, [*command, "--dry-run", "--force", "--only", "Alfa"], catch_exceptions=False)
    assert "1 would be made (asked for anew): Alfa (en)" in again.stdout
    without(study, "Delta")
    changed = CliRunner().invoke(cli.app, [*command, "--dry-run"], catch_exceptions=False)
    assert "3 would be made (the answers changed)" in changed.stdout
    assert f"1 would be moved to 'outdated' (the answers changed): {slug('Delta')}/en" in changed.stdout
    assert everything(study / "out") == before


def test_other_releases_of_the_study_remake_what_they_touch(quick: None, study: Path) -> None:
    """The disclosure plan is of all reports together; a resumed run is the same release."""
    run(study)
    ledger = study / "study.ledger.json"
    assert ledger.is_file()
    from hpp_analysis import plan_disclosure

    survey = read_survey(study / "answers.csv", instrument="hpp")
    plan_disclosure(survey, ledger=ledger)
    assert run(study)[0] == set(), "what this study released already"
    some = survey.respondents.index[survey.respondents["client"] != "Alfa"].append(
        survey.respondents.index[survey.respondents["client"] == "Alfa"][3:]
    )
    fewer = type(survey)(**{name: getattr(survey, name) for name in survey.__dataclass_fields__})
    object.__setattr__(fewer, "items", survey.items.loc[sorted(some)])
    object.__setattr__(fewer, "reasons", survey.reasons.loc[sorted(some)])
    object.__setattr__(fewer, "respondents", survey.respondents.loc[sorted(some)])
    plan_disclosure(fewer, ledger=ledger, release_anew=True)
    standing = review(planned(study))
    assert {one.why for one in standing.decisions} == {("privacy",)}


def test_answers_that_change_while_reports_are_made_stop_the_run(
    quick: None, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_after_two(tasks: list[ReportTask], **options: Any) -> Iterator[tuple[int, TaskResult]]:
        for place, result in make_quickly(tasks, **options):
            if place == 2:
                change_answer(study / "answers.csv")
            yield place, result

    with monkeypatch.context() as patch:
        patch.setattr("hpp_analysis.report.run.run.make_all", change_after_two)
        with pytest.raises(ReportError, match=r"answers\.csv"):
            run(study)
    assert len(read_journal(study / "out")) == 2
    assert run(study)[0] == {*CLIENTS}


class TestTornJournal:
    """What a stop in the middle of a write leaves."""

    record = Record(Outcome("A", "a-000000", "en", TaskResult("made")), {"answers": "1"})

    @pytest.fixture
    def two(self, tmp_path: Path) -> Path:
        log = Journal(tmp_path, [self.record], "ledger")
        log.add(Record(Outcome("B", "b-000000", "en", TaskResult("empty")), {"answers": "1"}))
        return tmp_path

    def test_at_any_byte(self, two: Path) -> None:
        """Cut off at any byte, it holds the whole lines before, and the next line stands by itself."""
        data = (two / FILE).read_bytes()
        ends = [place + 1 for place, byte in enumerate(data) if byte == ord("\n")]
        for size in range(len(data)):
            (two / FILE).write_bytes(data[:size])
            records = read_journal(two)
            assert len(records) == max(0, sum(size >= end for end in ends) - 1), size
            if size % 50 == 0:
                again = Journal(two, records.values(), "ledger")
                again.add(Record(Outcome("C", "c-000000", "en", TaskResult("made")), {}))
                assert {*read_journal(two)} == {*records, "c-000000/en"}

    @pytest.mark.parametrize("junk", [b"\0" * 40, b"\xff\xfe{", b"[1]", b'{"outcome": {"client": 1}}', b"null"])
    def test_with_junk_between(self, two: Path, junk: bytes) -> None:
        header, *lines = (two / FILE).read_bytes().splitlines(keepends=True)
        (two / FILE).write_bytes(b"".join([header, junk + b"\n", *lines]))
        assert {*read_journal(two)} == {"a-000000/en", "b-000000/en"}

    @pytest.mark.parametrize(("slug_", "path"), [("..", "a"), ("a/b", "a"), ("a-0", "../x"), ("a-0", "/etc/x")])
    def test_it_leads_nowhere_else(self, two: Path, slug_: str, path: str) -> None:
        result = TaskResult("made", files=[{"path": path, "bytes": 1, "sha256": ""}])
        Journal(two, [Record(Outcome("A", slug_, "en", result), {})], "")
        assert read_journal(two) == {}

    def test_a_full_disk_leaves_it_as_it_was(self, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        log = Journal(two, [self.record], "")
        before = (two / FILE).read_bytes()

        def full(_handle: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", full)
            with pytest.raises(OSError, match="No space left"):
                log.add(Record(Outcome("B", "b-000000", "en", TaskResult("made")), {}))
        assert (two / FILE).read_bytes() == before
        log.add(Record(Outcome("B", "b-000000", "en", TaskResult("made")), {}))
        assert len(read_journal(two)) == 2


KILLS = """\
import os, random, signal, sys, time
from pathlib import Path
import hpp_analysis.report.run.run as running
import tests.report.run.test_journal as these

def slowly(tasks, **options):
    for place, result in these.make_quickly(tasks, **options):
        time.sleep(.02)
        yield place, result

running.make_all = slowly
plan = these.planned(Path(sys.argv[1]))
moments = random.Random(19)
for _kill in range(25):
    child = os.fork()
    if child == 0:
        running.run_reports(plan, jobs=1)
        os._exit(0)
    time.sleep(moments.uniform(0, .3))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


def test_killed_at_random_moments_it_ends_as_if_undisturbed(quick: None, study: Path) -> None:
    """Killed anywhere in a run, many times; no kernel takes part, so that most kills fall between the steps of a run."""
    run(study)
    expected = everything(study / "out")
    shutil.rmtree(study / "out")
    subprocess.run([sys.executable, "-c", KILLS, str(study)], cwd=ROOT, check=True)
    begun = len(read_journal(study / "out"))
    made, _done = run(study)
    assert len(made) == len(CLIENTS) - begun
    assert everything(study / "out") == expected


FULL = """\
import resource, sys
from pathlib import Path
import hpp_analysis.report.run.run as running
import tests.report.run.test_journal as these
from hpp_analysis.errors import ReportError

running.make_all = these.make_quickly
plan = these.planned(Path(sys.argv[1]))
size = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    running.run_reports(plan, jobs=1)
except ReportError as error:
    (failure,) = error.failures
    print(failure.value, failure.remedy, sep="\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of the size of a file")
@pytest.mark.parametrize("size", [100, 2_000, 4_000, 8_000])
def test_no_room_is_told_and_tears_nothing(quick: None, study: Path, size: int) -> None:
    """Files may not grow over a limit, as on a full disk: with each limit another file is the first that is too large."""
    run(study)
    expected = everything(study / "out")
    shutil.rmtree(study / "out")
    command = [sys.executable, "-c", FULL, str(study), str(size)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert said[0].startswith((str(study / "out"), str(study / "study.ledger.json"))) or "hpp-run-" in said[0]
    assert "run again" in said[1]
    for record in read_journal(study / "out").values():
        assert all((study / "out" / record.folder / file["path"]).is_file() for file in record.outcome.result.files)
    assert not list((study / "out").rglob(".*")), "nothing half made is left"
    run(study)
    assert everything(study / "out") == expected


@pytest.mark.slow
def test_a_real_run_survives_a_kill(study: Path) -> None:
    """The command itself: terminated as soon as it has made a report, killed after one more, and run again."""
    sleeps = code("import time\ntime.sleep(.5)")  # so that a stop comes before the next report is made
    write_cells(study / "tiny.ipynb", prose("# Survey report"), code(PARAMETERS, "parameters"), code(SHOWN), sleeps)
    command = [sys.executable, "-m", "hpp_analysis.cli", "report", str(study / "answers.csv"), "--jobs", "1"]
    command += ["--notebook", str(study / "tiny.ipynb"), "--languages", "en", "--formats", "html"]
    subprocess.run([*command, "--out", str(study / "whole")], cwd=ROOT, check=True, capture_output=True)
    out = study / "out"
    out.mkdir()  # of the same release, in another folder
    shutil.copy(study / "whole" / "study.ledger.json", out / "study.ledger.json")
    counts = []
    for stop, status in ((signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)):
        before = len(read_journal(out))
        with subprocess.Popen([*command, "--out", str(out)], cwd=ROOT, stderr=subprocess.PIPE) as process:
            while len(read_journal(out)) == before:
                assert process.poll() is None, "the run ended"
                time.sleep(0.02)
            process.send_signal(stop)
            process.communicate()
        assert process.returncode == status
        counts.append(len(read_journal(out)))
        if stop == signal.SIGTERM:
            listed = json.loads((out / "manifest.json").read_text())
            assert (len(listed["jobs"]), listed["waiting"]) == (counts[0], len(CLIENTS) - counts[0])
    assert 0 < counts[0] < counts[1] < len(CLIENTS)
    again = subprocess.run([*command, "--out", str(out)], cwd=ROOT, check=True, capture_output=True, text=True)
    assert f"{len(CLIENTS) - counts[1]} report" in again.stdout and f"{counts[1]} kept" in again.stdout
    assert everything(out) == everything(study / "whole")


def test_words_count_also_where_the_questionnaire_has_them(study: Path) -> None:
    plan = planned(study)
    other = dataclasses.replace(plan, words=Wording("employees"))
    (job, *_more) = plan.jobs
    assert differing(Origins(plan).of(job), Origins(other).of(job)) == ("options",)
    assert differing(Origins(plan).of_run("client"), Origins(other).of_run("client")) == ("options",)


def test_a_text_that_begins_as_a_path_counts_by_its_text(study: Path) -> None:
    content = Origins(planned(study))._content
    assert content("/this/year") != content("/that/year")
    assert content("/" + "long " * 100).startswith("/long"), "no file has so long a name"
