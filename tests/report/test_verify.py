"""What was handed out is what the answers give: equal, different and where, or not comparable and why."""

import json
import math
import shutil
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from hpp_analysis import cli
from hpp_analysis.display.blocks import HeaderCell, TableBlock
from hpp_analysis.errors import ReportError
from hpp_analysis.report.run.names import slug
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.report.share.share import share_report
from hpp_analysis.report.verify import Verified, _in_tables, _same, verify_reports
from hpp_analysis.study.study import Study, load_study
from tests.report.conftest import PARAMETERS, code, prose, write_cells

CLIENTS = ["Alfa", "Bravo", "Charlie"]
SHOWN = """\
import hpp_analysis as hpp
from IPython.display import display
from hpp_analysis.display.blocks import MIME, FactsBlock, HeaderCell, TableBlock, TextBlock, to_json

survey = hpp.read_survey(responses, instrument=instrument).where(client=client)
mean = float(survey.items.iloc[:, 0].mean())
header = [HeaderCell("who", "Who", "text"), HeaderCell("mean", "Mean", "score")]
row = {"who": "All", "mean": mean, "state": "full", "why": ""}
display({MIME: to_json([
    FactsBlock("cover", client, [["Partners", "1"]], cleared=True),
    TableBlock("scores", "Scores", header, [["All", f"{mean:.2f}"]], [row], cleared=True),
    TextBlock("said", [f"The mean is {mean:.2f}."], cleared=True),
])}, raw=True)
"""
PROVENANCE = "hpp.publishing.show_provenance(survey)"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, export_of: Callable[..., Path]) -> Path:
    """The folder of a study with its reports and a bundle."""
    folder = tmp_path_factory.mktemp("study")
    shutil.copy(export_of(*CLIENTS), folder / "answers.csv")
    (folder / "study.yaml").write_text("name: verified\nresponses: [answers.csv]\nlanguages: [en]\n")
    cells = prose("# Partnership report"), code(PARAMETERS, "parameters"), code(SHOWN), code(PROVENANCE)
    notebook = write_cells(folder / "own.ipynb", *cells)
    study = load_study(folder / "study.yaml")
    plan = plan_reports(
        study.survey(),
        responses=study.responses,
        instrument=study.instrument,
        languages=study.languages,
        out=folder / "reports",
        notebook=notebook,
        formats=["html"],
        ledger=folder / "study.ledger.json",
    )
    assert not run_reports(plan, jobs=2).failed
    share_report(folder / "reports", "Alfa", study=study)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "study"))


def verified(folder: Path, place: str = "reports", study: Study | None = None, **options: Any) -> dict[str, Verified]:
    study = study or load_study(folder / "study.yaml")
    options = {"notebook": folder / "own.ipynb", "ledger": folder / "study.ledger.json", "jobs": 2} | options
    return {one.client: one for one in verify_reports(folder / place, study, **options)}


def tamper(folder: Path, client: str, file: str, change: Callable[[str], str]) -> None:
    """Change a file of a report, and the list of the run with it: only making the report again finds that out."""
    path = f"{slug(client)}/en/{file}"
    text = (folder / "reports" / path).read_text(encoding="utf-8")
    assert change(text) != text
    (folder / "reports" / path).write_text(change(text), encoding="utf-8")
    manifest = folder / "reports" / "manifest.json"
    run_list = json.loads(manifest.read_text())
    (entry,) = (one for job in run_list["jobs"] for one in job["files"] if one["path"] == path)
    entry["sha256"] = sha256((folder / "reports" / path).read_bytes()).hexdigest()
    manifest.write_text(json.dumps(run_list))


def with_mean(change: Callable[[float], float]) -> Callable[[str], str]:
    """A change of the mean in the kept notebook, not of the texts that were made from it."""

    def changed(text: str) -> str:
        node = json.loads(text)
        (output,) = node["cells"][3]["outputs"]
        block = output["data"]["application/vnd.hpp-analysis.block+json"]["blocks"][1]
        block["values"][0]["mean"] = change(block["values"][0]["mean"])
        return json.dumps(node)

    return changed


def test_each_report_is_compared_with_what_the_answers_give(folder: Path) -> None:
    tamper(folder, "Bravo", "notebook.ipynb", with_mean(lambda mean: mean + 1))
    tamper(folder, "Charlie", "report.html", lambda text: text.replace("The mean is", "The mean was"))
    ledger = (folder / "study.ledger.json").read_bytes()
    found = verified(folder)
    assert {client: one.state for client, one in found.items()} == {
        "Alfa": "equal",
        "Bravo": "different",
        "Charlie": "different",
    }
    number, file = found["Bravo"].differences
    assert (number.where, number.row, number.column) == ("table 'scores'", "All", "mean")
    assert float(number.handed_out) == pytest.approx(float(number.made_again) + 1)  # printed in full
    assert file.where.endswith("notebook.ipynb")
    (file,) = found["Charlie"].differences
    assert file.where == f"file {slug('Charlie')}/en/report.html"
    assert found["Alfa"].counts == {"facts": 2, "table": 1, "text": 1, "output": 1, "file": 2}
    assert (folder / "study.ledger.json").read_bytes() == ledger, "nothing is released again"


def test_with_other_libraries_numbers_are_compared_to_nine_digits(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(folder, "Alfa", "notebook.ipynb", with_mean(lambda mean: mean * (1 + 1e-12)))  # as another BLAS may sum
    tamper(folder, "Bravo", "notebook.ipynb", with_mean(lambda mean: mean * (1 + 1e-7)))
    monkeypatch.setattr("hpp_analysis.report.run.origins.software", lambda: "another version")
    found = verified(folder, only=["Alfa", "Bravo"])
    assert found["Alfa"].state == "equal"
    assert any("not compared" in note for note in found["Alfa"].notes) and found["Alfa"].counts["file"] == 0
    assert [one.column for one in found["Bravo"].differences] == ["mean"]


def test_a_file_that_the_list_does_not_have_is_found(folder: Path) -> None:
    (folder / "reports" / slug("Alfa") / "en" / "report.pdf").write_bytes(b"%PDF-1.7 another report")
    found = verified(folder, f"reports/{slug('Alfa')}")["Alfa"]
    assert found.state == "different"
    assert [one.where for one in found.differences] == [f"file {slug('Alfa')}/en/report.pdf"]


def test_a_bundle_with_two_reports_in_one_language_shows_both(folder: Path) -> None:
    """A sound copy must not stand for a report that was changed."""
    bundle = next(folder.glob("**/*.zip"))
    with zipfile.ZipFile(bundle) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    front = next(name for name in files if name.endswith("published.json")).removesuffix("published.json")
    copies = {f"copy/{name.removeprefix(front)}": data for name, data in files.items() if name.startswith(front)}
    changed = {name: data.replace(b"The mean is", b"The mean was") for name, data in copies.items()}
    every = files | changed
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in every.items() if name != "SHA256SUMS.txt")
    every["SHA256SUMS.txt"] = sums.encode()
    for order in (sorted(every), sorted(every, reverse=True)):
        with zipfile.ZipFile(folder / "two.zip", "w") as packed:
            for name in order:
                packed.writestr(name, every[name])
        states = [
            one.state
            for one in verify_reports(
                folder / "two.zip", load_study(folder / "study.yaml"), notebook=folder / "own.ipynb"
            )
        ]
        assert sorted(states) == ["different", "equal"]


def test_a_changed_file_is_found_without_making_anything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = f"reports/{slug('Alfa')}/en"
    (folder / place / "report.html").write_text("mine")
    (folder / "answers.csv").write_text("other")
    monkeypatch.setattr("hpp_analysis.report.verify.run_reports", None)
    found = verified(folder, place)
    assert found["Alfa"].state == "different"
    assert [one.where for one in found["Alfa"].differences] == [f"file {slug('Alfa')}/en/report.html"]
    assert "answers.csv changed" in found["Alfa"].reasons[0]


def no_study(folder: Path) -> None:
    (folder / "study.yaml").unlink()


def no_export(folder: Path) -> None:
    (folder / "answers.csv").unlink()


def other_answers(folder: Path) -> None:
    lines = (folder / "answers.csv").read_text().splitlines(keepends=True)
    (folder / "answers.csv").write_text("".join(lines[:-1]))


def other_notebook(folder: Path) -> None:
    write_cells(folder / "own.ipynb", prose("# Survey report"), code(PARAMETERS, "parameters"), code(SHOWN))


def one_more_export(folder: Path) -> None:
    shutil.copy(folder / "answers.csv", folder / "more.csv")
    (folder / "more.csv").write_text((folder / "more.csv").read_text() + "\n")
    (folder / "study.yaml").write_text("name: verified\nresponses: [answers.csv, more.csv]\n")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (no_study, "The study is missing, with answers.csv"),
        (no_export, "must exist"),
        (other_answers, "The survey export answers.csv changed"),
        (other_notebook, "the notebook changed"),
        (one_more_export, "exports that the reports were not made of: more.csv"),
    ],
)
def test_what_is_missing_or_changed_is_named(folder: Path, change: Callable[[Path], None], reason: str) -> None:
    change(folder)
    command = ["verify", str(folder / "reports"), "--notebook", str(folder / "own.ipynb")]
    result = CliRunner().invoke(cli.app, command, catch_exceptions=False)
    assert result.exit_code == cli.CANNOT_TELL
    assert result.stdout.count("not comparable\n") == len(CLIENTS)
    assert reason in result.stdout


def test_a_bundle_is_compared_with_the_study(folder: Path) -> None:
    shared = folder / "reports" / "shared" / f"{slug('Alfa')}.zip"
    renamed = shared.with_name("to the client.zip")
    with zipfile.ZipFile(shared) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    shutil.move(shared, renamed)
    found = verified(folder, "reports/shared/to the client.zip")
    assert found["Alfa"].state == "equal"
    files["en/report.html"] = files["en/report.html"].replace(b"The mean is", b"The mean was")
    lines = [f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items() if name != "SHA256SUMS.txt"]
    with zipfile.ZipFile(renamed, "w") as packed:
        for name, data in (files | {"SHA256SUMS.txt": "".join(lines).encode()}).items():
            packed.writestr(name, data)
    (difference,) = verified(folder, "reports/shared/to the client.zip")["Alfa"].differences
    assert difference.where == "file en/report.html"
    other_answers(folder)
    (reason,) = verified(folder, "reports/shared/to the client.zip")["Alfa"].reasons
    assert "other answers" in reason


def test_a_bundle_that_was_changed_says_so_itself(folder: Path) -> None:
    shared = folder / "reports" / "shared" / f"{slug('Alfa')}.zip"
    with zipfile.ZipFile(shared, "a") as packed:
        packed.writestr("en/added.txt", "mine")
        packed.writestr("other/added.txt", "mine")
    (one,) = verify_reports(shared, None)
    assert one.state == "different"
    assert {difference.where for difference in one.differences} == {"file en/added.txt", "file other/added.txt"}
    with zipfile.ZipFile(shared, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("en/report.html", "mine")
    with pytest.raises(ReportError, match="two files of one name"):
        verify_reports(shared, None)


def test_reports_of_plain_exports_and_files_of_the_notebook(folder: Path) -> None:
    """Without a study file, of another column, with a parameter that names a file."""
    answers, norms, out = folder / "answers.csv", folder / "norms.csv", folder / "out"
    frame = pd.read_csv(answers).assign(department="T1")
    frame.to_csv(answers, index=False)
    norms.write_text("1")
    notebook = ["--notebook", str(folder / "own.ipynb"), "--parameter", f"label={norms}"]
    cells = code(PARAMETERS, "parameters"), code(SHOWN.replace("client=client", "**{by: client}"))
    write_cells(folder / "own.ipynb", prose("# Survey report"), *cells)
    command = [
        "report",
        str(answers),
        "--by",
        "department",
        "--languages",
        "en",
        "--formats",
        "html",
        "--out",
        str(out),
    ]
    made = CliRunner().invoke(cli.app, [*command, *notebook], catch_exceptions=False)
    assert made.exit_code == 0, made.stderr
    command = ["verify", str(out), "--study", str(answers)]
    result = CliRunner().invoke(cli.app, [*command, *notebook], catch_exceptions=False)
    assert result.exit_code == 0, result.stdout
    assert "T1 (en): equal" in result.stdout
    norms.write_text("2")
    result = CliRunner().invoke(cli.app, [*command, *notebook], catch_exceptions=False)
    assert result.exit_code == cli.CANNOT_TELL
    assert "the options changed" in result.stdout


def test_a_report_that_breaks_when_it_is_made_again_is_not_comparable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hpp_analysis.report.run.tasks import TaskResult
    from tests.report.run.test_journal import BROKEN

    monkeypatch.setattr(
        "hpp_analysis.report.run.run.make_all", lambda *_args, **_options: [(0, TaskResult("failed", broken=BROKEN))]
    )
    (one,) = verified(folder, f"reports/{slug('Alfa')}").values()
    assert one.state == "cannot"
    assert "division by zero" in one.reasons[0]


def test_a_place_without_reports_is_an_error(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "a.zip").write_text("no zip")
    for place in (tmp_path, tmp_path / "a.zip", tmp_path / "nothing"):
        with pytest.raises(ReportError):
            verify_reports(place, None)
    with pytest.raises(ReportError):
        verified(folder, only=["Nobody"])


def table(*rows: tuple[str, float | None], note: str = "") -> TableBlock:
    header = [HeaderCell("who", "Who", "text"), HeaderCell("mean", "Mean", "score")]
    values = [{"who": who, "mean": mean} for who, mean in rows]
    return TableBlock("t", "T", header, [[who, str(mean)] for who, mean in rows], values, [note])


@pytest.mark.parametrize(
    ("again", "where"),
    [
        (table(("A", 1.0), ("B", None)), []),
        (table(("A", 1.0), ("B", 2.0)), [("B", "mean")]),
        (table(("A", 1.0)), [("B", "")]),
        (table(("A", 1.0), ("B", None), ("B", None)), [("B (3)", "")]),
        (table(("A", 1.0), ("B", None), note="Other."), [("paragraph 1", "")]),
    ],
)
def test_tables_are_compared_row_by_row(again: TableBlock, where: list[tuple[str, str]]) -> None:
    handed_out = table(("A", 1.0), ("B", None))
    assert [(one.row, one.column) for one in _in_tables("t", handed_out, again)] == where


def test_numbers_are_alike_to_nine_digits_and_undefined_ones_to_each_other() -> None:
    assert _same(math.nan, math.nan) and _same(1, 1.0) and _same(0.1 + 0.2, 0.3) and _same("a", "a")
    assert not _same(1, True) and not _same(1.0, 1.00000001) and not _same(math.nan, 1.0) and not _same(None, 0.0)
