"""The command `hpp`: exit codes, messages, and nothing that a name could do to a terminal."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner, Result

from hpp_analysis import __version__, cli, simulate_study
from tests.report.conftest import HOSTILE, PARAMETERS, code, prose, write_cells

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(cli.app, [str(argument) for argument in arguments], catch_exceptions=False)

    return call


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clients, one of them with a name that rich would read as markup."""
    plain = ["C0", "C1", "C2"]
    study = simulate_study(clients=plain, partners=1, persons_per_side=6, seed=0)
    frame = study.frame().assign(extra="x")
    frame["client"] = frame["client"].replace(dict(zip(plain, ["Fine", "Breaks", HOSTILE[4]], strict=True)))
    path = tmp_path_factory.mktemp("cli") / "answers.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cells(
        tmp_path_factory.mktemp("notebook") / "tiny.ipynb",
        prose("# Tiny"),
        code(PARAMETERS, "parameters"),
        code('print("level", level)\nif client != "Fine":\n    raise ValueError(client)'),
    )


def test_the_version(run: Run) -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout.strip()) == (0, f"hpp_analysis {__version__}")


def test_a_questionnaire_is_written_and_what_it_lacks_is_told(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "forms"
    result = run(
        "questionnaire", "hpp", "--to", "docx", "--out", out, "--languages", "nl", "--fixed", "client=DemoCable"
    )
    assert result.exit_code == 0
    assert sorted(file.name for file in out.iterdir()) == ["hpp_answers.xlsx", "hpp_nl.docx"]
    assert str(out / "hpp_nl.docx") in result.stdout
    for wrong in (["--to", "word"], ["--to", "docx", "--fixed", "clint=x"], ["--to", "docx", "--languages", "de"]):
        refused = run("questionnaire", "hpp", "--out", tmp_path / "none", *wrong)
        assert refused.exit_code == cli.BAD_INPUT
        assert "Traceback" not in refused.output
    assert not (tmp_path / "none").exists()


def test_help_names_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("report", "check", "new", "questionnaire"))


def test_some_failed_is_exit_code_1(run: Run, answers: Path, notebook: Path, tmp_path: Path) -> None:
    usual = ("report", answers, "--notebook", notebook, "--languages", "en", "--out", tmp_path)
    result = run(*usual, "--parameter", "level=0.5", "--only", "Fine", "--only", HOSTILE[4])
    assert result.exit_code == cli.SOME_FAILED
    assert f"Failed: {HOSTILE[4]} (en): ValueError: {HOSTILE[4]}, cell 3" in result.stderr, "markup is shown as it is"
    assert "1 report made, 1 failed" in result.stdout
    assert str(tmp_path / "index.html") in result.stdout
    jobs = {job["client"]: job["status"] for job in json.loads((tmp_path / "manifest.json").read_text())["jobs"]}
    assert jobs == {"Fine": "made", HOSTILE[4]: "failed"}
    page = next(tmp_path.glob("fine-*/en/report.html"))
    assert "level 0.5" in page.read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--only", "Fin"], "Did you mean 'Fine'?"),
        (["--languages", "xx"], "'xx'"),
        (["--formats", "odt"], "'odt'"),
        (["--parameter", "levl=1"], "Did you mean 'level'?"),
        (["--parameter", "level"], "NAME=VALUE"),
        (["--by", "nobody"], "'nobody'"),
        (["--wave", "7"], "'7'"),
        (["--instrument", "absent.yaml"], "absent.yaml"),
        (["--notebook", "absent.ipynb"], "absent.ipynb"),
    ],
)
def test_bad_input_is_exit_code_2(
    run: Run, answers: Path, notebook: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    usual = ["report", answers, "--notebook", notebook, "--languages", "en", "--out", tmp_path / "out"]
    result = run(*usual, *options)
    assert result.exit_code == cli.BAD_INPUT
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists(), "nothing was written"


def test_check_tells_what_is_there(run: Run, answers: Path) -> None:
    result = run("check", answers, "--languages", "en")
    assert result.exit_code == 0
    assert "36 ratings by" in result.stdout
    assert HOSTILE[4] in result.stdout
    assert "'extra'" in result.stdout
    assert "3 reports would be made" in result.stdout
    assert "con4" in result.stdout


def test_check_tells_every_problem_of_a_bad_file(run: Run, answers: Path, tmp_path: Path) -> None:
    lines = answers.read_text().splitlines()
    bad = [line.rsplit(",", 2)[0] + ",77,x" for line in lines[1:]]
    (tmp_path / "bad.csv").write_text("\n".join([lines[0], *bad]))
    result = run("check", tmp_path / "bad.csv")
    assert result.exit_code == cli.BAD_INPUT
    assert f"value '77' ({len(bad)} times)" in result.stderr, "one problem in one line, with its count"
    assert "Traceback" not in result.stderr


@pytest.fixture
def employees(tmp_path: Path) -> Path:
    """Sixty employees of three departments, one of which has a single person, and their questionnaire in Dutch only."""
    items = {f"w{n}": f"Stelling {n}" for n in range(1, 4)}
    lines = [
        "name: werk",
        "title: {nl: Werk}",
        "unit: person",
        "scale: {min: 1, max: 5, labels: {1: {nl: oneens}, 5: {nl: eens}}}",
        "columns: [{id: respondent, text: {nl: Nr}}, {id: afdeling, text: {nl: Afdeling}}]",
        "factors: [{id: werk_zelf, name: {nl: Werk}}]",
        "items:",
        *(f"  - {{id: {id_}, factor: werk_zelf, text: {{nl: {text}}}}}" for id_, text in items.items()),
    ]
    (tmp_path / "werk.yaml").write_text("\n".join(lines), encoding="utf-8")
    rows = [
        [f"p{n}", "Top" if n == 0 else "Inkoop" if n % 2 else "Verkoop", 1 + n % 5, 1 + n % 4, 5 - n % 3, "Fijn"]
        for n in range(60)
    ]
    text = "\n".join(";".join(map(str, row)) for row in [["Nr", "Afdeling", *items, "Opmerking"], *rows])
    (tmp_path / "mensen.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_answers_without_clients_make_one_report(run: Run, employees: Path) -> None:
    made = run("check", employees / "mensen.csv", "--instrument", employees / "werk.yaml")
    assert made.exit_code == 0
    assert "1 report would be made, in nl: mensen" in made.stdout
    assert "60 persons" in made.stdout and "rating" not in made.stdout
    assert "--by with one of: afdeling." in made.stderr and "Opmerking" not in made.stderr
    (employees / "study.yaml").write_text(
        "name: Bakkerij\nresponses: [mensen.csv]\ninstrument: werk.yaml\n", encoding="utf-8"
    )
    assert "in nl: Bakkerij" in run("check", employees / "study.yaml").stdout
    asked = run("check", employees / "study.yaml", "--by", "client")  # who names a column means a column
    assert asked.exit_code == cli.BAD_INPUT


def test_check_counts_no_report_that_would_be_empty(run: Run, employees: Path) -> None:
    made = run("check", employees / "mensen.csv", "--instrument", employees / "werk.yaml", "--by", "afdeling")
    assert "2 reports would be made" in made.stdout
    assert "No report" in made.stdout and "Top" in made.stdout.split("No report")[1]


@pytest.mark.parametrize(("most", "asked"), [(5, False), (7, True)])
def test_an_end_of_the_scale_that_nobody_chose_is_told(run: Run, employees: Path, most: int, asked: bool) -> None:
    file = employees / "werk.yaml"
    text = file.read_text(encoding="utf-8").replace("max: 5", f"max: {most}").replace("5: {", f"{most}: {{")
    file.write_text(text, encoding="utf-8")
    made = run("check", employees / "mensen.csv", "--instrument", file)
    assert made.exit_code == 0
    assert ("none is 6, 7" in made.stderr) == asked


def test_a_file_of_other_questions_is_one_problem(run: Run, employees: Path) -> None:
    made = run("check", employees / "mensen.csv")
    assert made.exit_code == cli.BAD_INPUT
    assert made.stderr.startswith("1 problem") and "--instrument" in made.stderr


def test_a_study_file_stands_alone(run: Run, answers: Path, tmp_path: Path) -> None:
    result = run("check", tmp_path / "study.yaml", answers)
    assert result.exit_code == cli.BAD_INPUT
    assert "must be given alone" in result.stderr


def test_the_demonstration_study_can_be_had(run: Run, tmp_path: Path) -> None:
    assert run("new", tmp_path / "demo", "--demo").exit_code == 0
    result = run("check", tmp_path / "demo" / "study.yaml")
    assert result.exit_code == 0
    assert "404 persons" in result.stdout
    assert "would be withheld" in result.stdout


def test_a_new_study_can_be_filled_and_checked(run: Run, answers: Path, tmp_path: Path) -> None:
    result = run("new", tmp_path / "study")
    assert result.exit_code == 0
    file = tmp_path / "study" / "study.yaml"
    assert str(file) in result.stdout
    (tmp_path / "study/responses/export.csv").write_bytes(answers.read_bytes())
    assert run("check", file, "--languages", "en").exit_code == 0
    assert run("new", tmp_path / "study").exit_code == cli.BAD_INPUT


def test_options_win_over_the_study(run: Run, answers: Path, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(f"name: x\nresponses: [{answers}]\nlanguages: [en]\n")
    assert "3 reports would be made" in run("check", tmp_path / "study.yaml").stdout
    assert "2 reports would be made" in run("check", tmp_path / "study.yaml", "--by", "side").stdout


def test_notes_have_a_place_for_what_the_reports_have(run: Run, answers: Path, tmp_path: Path) -> None:
    """Whatever is switched off or cannot be filled is not asked for; all that is asked for is taken."""
    study = tmp_path / "study.yaml"
    study.write_text(
        f"name: x\nresponses: [{answers}]\nlanguages: [en, nl]\nsections: {{worksheet: false}}\nnotes: n.yaml\n"
    )
    (tmp_path / "n.yaml").write_text("")
    made = run("notes", study, "--out", tmp_path / "template.yaml")
    assert made.exit_code == 0, made.stderr
    text = (tmp_path / "template.yaml").read_text(encoding="utf-8")
    assert " summary: |" in text and " worksheet: |" not in text
    assert " waves: |" not in text, "there is one wave"
    lines = [line for line in text.splitlines() if not line.startswith("##")]
    filled = "\n".join(line.removeprefix("#") for line in lines).replace("...", "Said.")
    (tmp_path / "n.yaml").write_text(filled, encoding="utf-8")
    checked = run("check", study)
    assert checked.exit_code == 0, checked.stderr
    assert "is not shown" not in checked.stdout


def test_notes_on_a_section_that_is_left_out_are_told_with_the_reason(run: Run, answers: Path, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(
        f"name: x\nresponses: [{answers}]\nlanguages: [en]\nsections: {{worksheet: false}}\nnotes: n.yaml\n"
    )
    (tmp_path / "n.yaml").write_text("all: {en: {worksheet: One., waves: Two.}}")
    told = run("check", study).stdout
    assert "'worksheet' is not shown: the study switches this section off" in told
    assert "'waves' is not shown: these answers do not fill it" in told


@pytest.fixture(scope="module")
def demo(demo_reports: Path) -> Path:
    """The demo study's English report."""
    (folder,) = demo_reports.glob("democable-*/en")
    return folder


def test_the_client_report_is_a_whole_page(demo: Path) -> None:
    soup = BeautifulSoup((demo / "report.html").read_text(encoding="utf-8"), "html.parser")
    assert len(soup.find_all("h1")) == 1
    assert "Simulated" in soup.find(class_="banner").string
    images, tables = soup.find_all("img"), soup.find_all("table")
    assert len(images) >= 4 and len(tables) >= 5
    assert all(len(image["alt"]) > 40 for image in images), "an alternative text says what the figure says"
    assert len(list((demo / "figures").iterdir())) == len(images)
    book = openpyxl.load_workbook(demo / "tables.xlsx")
    listed = {row[0]: row[1] for row in book["Contents"].iter_rows(values_only=True)}
    assert {f"Table {n}" for n in range(1, len(tables) + 1)} < listed.keys(), (
        "the contents list every table of the page"
    )
    assert {f"Figure {n}" for n in range(1, len(images) + 1)} < listed.keys(), "and every figure with its numbers"
    assert len(book.sheetnames) < len(tables), "tables about the same rows share a sheet"
    assert not soup.find_all("pre"), "every output is a block"
    manifest = json.loads((demo.parent.parent / "manifest.json").read_text(encoding="utf-8"))
    assert [job["kind"] for job in manifest["jobs"]] == ["overview", "overview", "client", "client"]
    assert all(job["warnings"] == 0 for job in manifest["jobs"])


def test_the_overview_is_a_whole_page_for_the_researcher(demo: Path) -> None:
    folder = demo.parent.parent / "overview" / "en"
    soup = BeautifulSoup((folder / "report.html").read_text(encoding="utf-8"), "html.parser")
    assert "is not for the readers of any of them" in soup.main.get_text()
    assert len(soup.find_all("img")) == 3, "profiles, importance and slopes of drivers"
    assert len(soup.find_all("table")) == 10
    assert (folder / "report.pdf").is_file() and (folder / "tables.xlsx").is_file()
    index = BeautifulSoup((demo.parent.parent / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert index.find("a")["href"].startswith("overview/")


def test_the_client_report_comes_out_the_same_twice(demo: Path, root: Path, tmp_path: Path) -> None:
    """Another folder, another language beside it, another process: equal bytes."""
    study = root / "data/demo/study.yaml"
    arguments = ["report", str(study), "--languages", "en", "--out", str(tmp_path), "--jobs", "1"]
    assert CliRunner().invoke(cli.app, arguments, catch_exceptions=False).exit_code == 0
    (again,) = tmp_path.glob("democable-*/en")
    files = sorted(path.relative_to(demo) for path in demo.rglob("*") if path.is_file())
    assert len(files) > 6
    assert [file for file in files if (demo / file).read_bytes() != (again / file).read_bytes()] == []


def test_an_audit_is_for_its_owner_alone(run: Run, answers: Path, tmp_path: Path) -> None:
    audit = tmp_path / "audit.csv"
    done = run("check", answers, "--audit", audit)
    assert done.exit_code == 0, done.output
    assert audit.read_text(encoding="utf-8").startswith("file")
    assert audit.stat().st_mode & 0o077 == 0 or os.name != "posix"


def test_agreements_are_checked_and_what_is_due_is_listed(run: Run, tmp_path: Path) -> None:
    run("new", tmp_path / "demo", "--demo")
    study, sheet = tmp_path / "demo" / "study.yaml", tmp_path / "demo" / "agreements.xlsx"
    before = sheet.read_bytes()
    told = run("followup", study, "--today", "2025-12-02")
    assert told.exit_code == 0, told.stderr
    assert "5 agreements (1 open, 1 doing, 3 done)" in told.stdout
    assert "overdue" in told.stdout
    assert sheet.read_bytes() == before, "nothing to fill in, nothing written"
    assert "Nothing is due" in run("followup", study, "--today", "2025-03-04").stdout
    assert run("followup", study, "--today", "tomorrow").exit_code == cli.BAD_INPUT
    book = openpyxl.load_workbook(sheet)
    book.active.cell(4, 6).value = "Opennes"
    book.save(sheet)
    for command in ("followup", "check"):
        refused = run(command, study)
        assert refused.exit_code == cli.BAD_INPUT
        assert "row 4" in refused.stderr and "openness" in refused.stderr
    sheet.unlink()
    assert "hpp report" in run("followup", study).stderr
