"""Sharing: what must not leave is found wherever it hides, and what leaves is whole, checked and the same each time."""

import base64
import json
import re
import shutil
import zipfile
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import nbformat
import pytest
import xlsxwriter

from hpp_analysis import read_survey, simulate_study
from hpp_analysis.display.blocks import FactsBlock, FigureBlock, HeaderCell, TableBlock
from hpp_analysis.errors import ReportError
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.report.share.guard import Finding, Secrets, inspect, secrets_of
from hpp_analysis.report.share.names import Names
from hpp_analysis.report.share.share import share_report
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import BlockPart, Document, Prose
from hpp_analysis.report.writers.pages import SCRIPT
from hpp_analysis.report.writers.pdf import report_pdf
from hpp_analysis.report.writers.slides import report_pptx
from hpp_analysis.report.writers.xlsx import tables_xlsx
from hpp_analysis.study.study import Study
from hpp_analysis.survey.survey import Survey
from tests.report.conftest import PARAMETERS, code, prose, write_cells

CLIENTS = ["Alfa Groep", "Alfa", "Bravo", "Open"]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frame = simulate_study(clients=CLIENTS, partners=1, persons_per_side=6, seed=0).frame()
    frame["partner"] = "Firm " + frame["client"].str[0] + frame["client"].str.len().astype(str)
    frame["organisation"] = frame["organisation"].where(frame["side"] == "client", frame["partner"])
    path = tmp_path_factory.mktemp("answers") / "answers.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def study(answers: Path) -> Study:
    return Study("s", (answers,), "hpp", file="study.yaml")


@pytest.fixture(scope="module")
def clean_notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook whose outputs are safe wherever they are opened."""
    show = "from hpp_analysis.common.result import Shown\nfrom hpp_analysis.display.blocks import FactsBlock, TextBlock"
    cover = 'FactsBlock("cover", client, [["Wave", "1"]], cleared=True)'
    return write_cells(
        tmp_path_factory.mktemp("notebook") / "clean.ipynb",
        prose("# A small report"),
        code(PARAMETERS, "parameters"),
        code(f"{show}\nShown(({cover},))"),
        code('Shown((TextBlock("s", ["Said."], cleared=True),))'),
    )


@pytest.fixture(scope="module")
def run(study: Study, clean_notebook: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(study, clean_notebook, tmp_path_factory.mktemp("run"), only=["Alfa Groep"])


def made(study: Study, notebook: Path, out: Path, **options: Any) -> Path:
    usual = {"responses": study.responses, "instrument": "hpp", "languages": ["en"], "notebook": notebook, "out": out}
    done = run_reports(plan_reports(study.survey(), **(usual | options)), jobs=2)
    assert not done.failed
    return out


@cache
def read(answers: Path) -> Survey:
    return read_survey(answers, instrument="hpp")


def survey_of(study: Study) -> Survey:
    return read(study.responses[0])


def found(files: dict[str, bytes | str], study: Study, **options: Any) -> list[Finding]:
    given = {name: data.encode() if isinstance(data, str) else data for name, data in files.items()}
    return inspect(given, secrets_of(survey_of(study), by="client", client="Alfa Groep", **options))


def page(inside: str) -> str:
    return f"<!DOCTYPE html><html lang='en'><body>\n<p>{inside}</p></body></html>"


def cell(**output: Any) -> str:
    data = {"output_type": "display_data", "metadata": {}, "data": output}
    return json.dumps(
        {"metadata": {}, "cells": [{"cell_type": "code", "metadata": {}, "source": "", "outputs": [data]}]}
    )


def sheet(*rows: list[Any], formula: str = "") -> bytes:
    buffer = BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    ) as book:
        made = book.add_worksheet("T")
        for place, row in enumerate(rows):
            made.write_row(place, 0, row)
        if formula:
            made.write_formula(5, 2, formula)
    return buffer.getvalue()


def person(study: Study) -> str:
    return str(survey_of(study).respondents["respondent"].iloc[0])


def row(study: Study) -> list[int]:
    items = survey_of(study).items
    complete = items[items.notna().all(axis=1) & (items.nunique(axis=1) > 3)]
    return [int(value) for value in complete.iloc[0]]


def test_what_a_report_says_is_no_finding(study: Study) -> None:
    text = "Alfa Groep, the Open question; mean 7.25 (7.00 to 7.50), n = 12; 1 2 3 4 5 6 7 8 9 10; p &lt; .05; 24 / 31"
    assert found({"en/report.html": page(text), "README.txt": "https://example.org/a and SHA-256 0123abcd"}, study) == [
        Finding("en/report.html", "line 2", "another organisation of the study", "Open")
    ], "a name that is a word is told, and may be allowed"
    assert found({"en/report.html": page(text)}, study, allow=["Open"]) == []


@pytest.mark.parametrize("name", ["Bravo", "bravo", "BRAVO", "Firm B5", "firm_b5", "FirmB5"])
def test_other_organisations_are_found_in_every_format(study: Study, name: str) -> None:
    svg = base64.b64encode(f'<svg xmlns="http://www.w3.org/2000/svg"><text>{name}</text></svg>'.encode()).decode()
    files = {
        "a/report.html": page(f"With {name}!"),
        "b/report.html": page(f'<img alt="{name}" src="data:image/png;base64,AAAA">'),
        "c/report.html": page(f'<img alt="x" src="data:image/svg+xml;base64,{svg}">'),
        "d/report.html": page(f"<!-- {name} -->"),
        "a/notebook.ipynb": cell(**{"text/plain": f"'{name}'"}),
        "b/notebook.ipynb": cell(**{"x+json": {"rows": [{name: 1}]}}),
        "a/tables.xlsx": sheet(["Who", name]),
        "README.txt": name,
    }
    told = found(files, study)
    assert {one.file for one in told} == set(files)
    assert {one.what for one in told} == {"another organisation of the study"}


def test_a_longer_name_of_ones_own_hides_no_other(study: Study) -> None:
    assert found({"a.html": page("Alfa Groep")}, study) == []
    assert len(found({"a.html": page("Alfa Groep and Alfa")}, study)) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [("company 3", True), ("Company-3!", True), ("the company 3.2", False), ("<td>company</td>\n<td>3</td>", False)],
)
def test_a_name_with_a_number_is_not_a_number_beside_a_name(said: str, told: bool) -> None:
    secrets = Secrets(Names.of({"company 3": "another organisation of the study"}, own=()))
    assert bool(inspect({"a.html": page(said).encode()}, secrets)) == told
    table = {"x+json": {"cells": [["company", "3"]]}, "text/plain": "company     3"}
    assert inspect({"a.ipynb": cell(**table).encode()}, secrets) == []


def test_persons_and_their_answers_are_found_in_every_format(study: Study) -> None:
    answers = row(study)
    cells = "".join(f"<td>{value}</td>\n" for value in answers)
    files = {
        "a/report.html": page(person(study)),
        "b/report.html": page(f"<table><tr>{cells}</tr></table>"),
        "a/notebook.ipynb": cell(**{"text/plain": f"  0  {person(study)}  x"}),
        "b/notebook.ipynb": cell(**{"text/plain": "0 " + "  ".join(f"{value}.0" for value in answers)}),
        "c/notebook.ipynb": cell(**{"x+json": {f"item{at}": value for at, value in enumerate(answers)}}),
        "d/notebook.ipynb": cell(**{"text/html": f"<table><tr>{cells}</tr></table>"}),
        "e/notebook.ipynb": cell(**{"x+json": {"respondent": "X"}}),
        "a/tables.xlsx": sheet([person(study)]),
        "b/tables.xlsx": sheet(answers),
        "c/tables.xlsx": sheet(["respondent", "mean"]),
    }
    told = found(files, study)
    assert {one.file for one in told} == set(files)
    kinds = {one.file: one.what for one in told}
    assert kinds["b/tables.xlsx"] == kinds["d/notebook.ipynb"] == "the answers of a respondent"
    assert kinds["c/tables.xlsx"] == "a column of respondents"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "key"),
        ("token ghp_0123456789abcdefghijABCDEFGHIJ0123", "key"),
        ("password = hunter2hunter2", "key"),
        ("API_KEY: 'abcdefgh'", "key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "key"),
        ("https://me:secret@example.org/x", "key"),
        ("/home/someone/study/answers.csv", "path"),
        ("C:\\Users\\someone\\answers.csv", "path"),
        ("\\\\server\\share\\answers.csv", "path"),
        ("file:///etc/hosts", "path"),
        ("read from /tmp/hpp-x/work", "path"),
    ],
)
def test_secrets_and_paths_are_found(study: Study, text: str, what: str) -> None:
    for name, data in {
        "a.html": page(text),
        "b.ipynb": cell(**{"text/plain": text}),
        "c.xlsx": sheet([text]),
        "d.txt": text,
    }.items():
        told = found({name: data}, study)
        assert any(what in one.what for one in told), name
        assert not any("hunter2hunter2" in one.value for one in told), "a secret is not told on"


@pytest.mark.parametrize(
    "inside",
    [
        "<script>x</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="https://example.org">x</a>',
        '<a href="jav\nascript:alert(1)">x</a>',
        '<img src="//example.org/x.png">',
        '<iframe srcdoc="x"></iframe>',
        '<form action="/x"></form>',
        "<style>p { background: url(https://example.org) }</style>",
        "<style>@import 'x'</style>",
        '<p style="background: url(http://example.org)">x</p>',
        '<meta http-equiv="refresh" content="0; url=x">',
        '<svg><a xlink:href="javascript:x"/></svg>',
        "<svg><foreignObject/></svg>",
        '<base href="//example.org">',
    ],
)
def test_what_runs_or_loads_is_found(study: Study, inside: str) -> None:
    for name, data in {
        "a.html": page(inside),
        "b.ipynb": cell(**{"text/html": f"<div>{inside}</div>"}),
        "c.html": page(
            '<img alt="" src="data:image/svg+xml;base64,'
            + base64.b64encode(f"<svg>{inside}</svg>".encode()).decode()
            + '">'
        ),
    }.items():
        assert any(one.what == "something that runs or loads" for one in found({name: data}, study)), name


def test_the_script_of_the_package_passes_and_no_other(study: Study) -> None:
    assert not found({"a.html": page(f"<script>{SCRIPT}</script>")}, study)
    for other in (SCRIPT + " ", SCRIPT[1:], SCRIPT.replace("hidden", "Hidden", 1)):
        assert found({"a.html": page(f"<script>{other}</script>")}, study)
    assert found({"a.html": page(f"<scr<script>{SCRIPT}</script>ipt>alert(1)</script>")}, study)
    assert found({"a.html": page(f"<script>{SCRIPT}</script>Bravo")}, study), "what stands beside it is read"


def test_formulas_programs_and_broken_files_are_found(study: Study) -> None:
    (told,) = found({"t.xlsx": sheet(["a"], formula="=1+1")}, study)
    assert "C6" in told.place and "=1+1" in told.value
    assert found({"a.pdf": b"%PDF-1.7 << /OpenAction << /S /JavaScript /JS (x) >> >>"}, study)
    assert found({"a.ipynb": "{"}, study)[0].what == "a file that cannot be read"
    assert found({"a.xlsx": b"PK"}, study)[0].what == "a file that cannot be read"
    markdown = json.dumps({"cells": [{"cell_type": "markdown", "source": "[x](javascript:alert(1))"}]})
    assert found({"a.ipynb": markdown}, study)


def test_a_share_is_whole_and_the_same_each_time(run: Path, study: Study, tmp_path: Path) -> None:
    first = share_report(run, "Alfa Groep", study=study).path
    again = share_report(run, "Alfa Groep", study=study, out=tmp_path / "x.zip").path
    assert first.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(first) as packed:
        names = set(packed.namelist())
        reports = {f"{code}/{name}" for code in ("en",) for name in ("report.html", "report.pdf", "notebook.ipynb")}
        assert reports | {"README.txt", "SHA256SUMS.txt"} <= names
        sums = dict(line.split("  ")[::-1] for line in packed.read("SHA256SUMS.txt").decode().splitlines())
        assert sums == {name: sha256(packed.read(name)).hexdigest() for name in names - {"SHA256SUMS.txt"}}
        told = packed.read("README.txt").decode()
        assert "Report about Alfa Groep" in told and "report.pdf" in told
        assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in packed.infolist())


def refused(run: Path, client: str, study: Study, **options: Any) -> list[str]:
    before = sorted(run.rglob("*"))
    with pytest.raises(ReportError) as caught:
        share_report(run, client, study=study, **options)
    assert sorted(run.rglob("*")) == before, "nothing is written"
    return [str(failure) for failure in caught.value.failures]


def rewritten(run: Path, copy: Path, said: str) -> Path:
    """A run of which a notebook says something more, as if it had been made so."""
    shutil.copytree(run, copy)
    told = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    for job in told["jobs"]:
        for file in job["files"]:
            if file["path"].endswith("notebook.ipynb"):
                path = copy / file["path"]
                node = nbformat.read(path, as_version=4)
                node.cells.append(nbformat.v4.new_markdown_cell(said))
                nbformat.write(node, path)
                file["sha256"] = sha256(path.read_bytes()).hexdigest()
    (copy / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return copy


def test_every_finding_is_told_at_once(run: Path, study: Study, tmp_path: Path) -> None:
    copy = rewritten(run, tmp_path / "run", f"{person(study)} of Bravo")
    problems = refused(copy, "Alfa Groep", study)
    for file in ("report.html", "report.pdf", "notebook.ipynb"):
        here = [one for one in problems if file in one]
        assert any("'Bravo'" in one for one in here) and any("a respondent" in one for one in here), file
    assert any("report.html" in one and "line" in one for one in problems)


def test_a_changed_file_a_wrong_name_and_a_wrong_study_are_refused(run: Path, study: Study, tmp_path: Path) -> None:
    assert "Did you mean 'Alfa Groep'" in refused(run, "Alfa Grop", study)[0]
    (tmp_path / "other.csv").write_bytes(study.responses[0].read_bytes() + b"\n")
    assert "must be those" in refused(run, "Alfa Groep", Study("s", (tmp_path / "other.csv",), "hpp"))[0]
    copy = shutil.copytree(run, tmp_path / "run")
    page = next(copy.rglob("report.html"))
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert "changed" in refused(copy, "Alfa Groep", study)[0]
    assert "manifest.json" in refused(tmp_path, "Alfa Groep", study)[0]


def test_a_report_without_numbers_says_why_there_is_none(run: Path, study: Study, tmp_path: Path) -> None:
    out = Path(shutil.copytree(run, tmp_path / "run"))
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for job in told["jobs"]:
        job |= {"status": "empty", "nothing": "too_few", "files": []}
    (out / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        share_report(out, "Alfa Groep", study=study)
    (failure,) = caught.value.failures
    assert "too small" in failure.rule and "again" not in failure.remedy, "making it again changes nothing"


def test_a_draft_is_shared_as_one_or_not_at_all(study: Study, clean_notebook: Path, tmp_path: Path) -> None:
    out = made(
        study, clean_notebook, tmp_path, only=["Alfa Groep"], appearance=Appearance(draft=True), formats=["html"]
    )
    assert "draft" in refused(out, "Alfa Groep", study)[0]
    assert share_report(out, "Alfa Groep", study=study, draft=True).path.is_file()


def test_the_folder_of_a_run_knows_no_respondent(run: Path, study: Study) -> None:
    ids = {one.encode() for one in survey_of(study).respondents["respondent"].astype(str)}
    for path in run.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".html", ".ipynb"):
            data = path.read_bytes()
            assert not any(one in data for one in ids), path.name


def document(*, text: str = "", header: str = "", title: str = "", comment: str = "", table: str = "") -> bytes:
    made = docx.Document()
    paragraph = made.add_paragraph()
    for part in (text[: len(text) // 2], text[len(text) // 2 :]):  # as Word has it: a run may end within a name
        paragraph.add_run(part).bold = part == text[: len(text) // 2]
    made.sections[0].header.paragraphs[0].text = header
    made.core_properties.title = title
    if comment:
        made.add_comment(paragraph.runs, text=comment)
    if table:
        cells = made.add_table(rows=1, cols=2).rows[0].cells
        cells[0].text, cells[1].text = table.split()
    buffer = BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def workbook(*, sheet: str = "T", comment: str = "", title: str = "", header: str = "", hidden: str = "") -> bytes:
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        made = book.add_worksheet(sheet)
        made.write_string(0, 0, "x")
        if comment:
            made.write_comment(0, 0, comment)
        book.set_properties({"title": title})
        made.set_header(header)
        if hidden:
            behind = book.add_worksheet("H")
            behind.write_string(3, 3, hidden)
            behind.hide()
    return buffer.getvalue()


def test_names_are_found_wherever_office_files_keep_them(study: Study) -> None:
    name = "Firm B5"
    clean = {"a.docx": document(text="Alfa Groep"), "a.xlsx": workbook(sheet="Alfa Groep")}
    assert found(clean, study) == []
    files = {
        "text.docx": document(text=f"With {name}."),
        "header.docx": document(header=name),
        "title.docx": document(title=name),
        "comment.docx": document(comment=name),
        "table.docx": document(table="Bravo Bravo"),
        "sheet.xlsx": workbook(sheet=name),
        "comment.xlsx": workbook(comment=name),
        "title.xlsx": workbook(title=name),
        "header.xlsx": workbook(header=f"&L{name}"),
        "hidden.xlsx": workbook(hidden=name),
    }
    assert {one.file for one in found(files, study)} == set(files)


def slides_with(*, title: str = "T", note: str = "", side: str = "Client", factor: str = "F", cell: str = "x") -> bytes:
    """Slides with one chart and one table."""
    heads = [
        HeaderCell("factor", "Factor", "text"),
        HeaderCell("side", "Side", "text"),
        HeaderCell("mean", "Mean", "score"),
    ]
    rows = [[factor, side], [factor, "Partner"]]
    drawn = TableBlock("s", "S", heads, [[*row, "7.0"] for row in rows], [{"mean": 7.0}, {"mean": 7.1}], [], 2)
    shown = TableBlock("t", "T", heads[:1], [[cell]], [{}], [], 1)
    chart = FigureBlock("s_profile", title, "<svg/>", "alt", [note], drawn)
    return report_pptx(Document((BlockPart(chart, 1), BlockPart(shown, 1))))


def test_names_are_found_wherever_slides_keep_them(study: Study) -> None:
    name = "Firm B5"
    assert found({"a.pptx": slides_with(title="Alfa Groep")}, study) == []
    files = {f"{place}.pptx": slides_with(**{place: name}) for place in ("title", "note", "side", "factor", "cell")}
    assert {one.file for one in found(files, study)} == set(files)


def test_names_are_found_in_the_charts_of_a_workbook(study: Study) -> None:
    heads = [HeaderCell("factor", "Factor", "text"), HeaderCell("mean", "Mean", "score")]
    table = TableBlock("s", "S", heads, [["Firm B5", "7.0"]], [{"mean": 7.0}])
    made = tables_xlsx(Document((BlockPart(FigureBlock("s_profile", "S", "<svg/>", "alt", table=table), 1),)))
    assert "xl/charts/chart1.xml" in {one.place for one in found({"a.xlsx": made}, study)}


def test_names_are_found_in_the_pages_pictures_and_properties_of_a_pdf(study: Study) -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40" width="200pt" height="40pt">'
        '<text x="5" y="20" font-size="12" font-family="DejaVu Sans">WORDS</text></svg>'
    )

    def pdf(cover: str = "Alfa Groep", text: str = "", drawn: str = "", alt: str = "x", title: str = "R") -> bytes:
        figure = FigureBlock("f", "A figure", svg.replace("WORDS", drawn), alt)
        parts = (Prose(f"# {title}"), Prose(text), BlockPart(figure, 1))
        return report_pdf(Document(parts, FactsBlock("cover", cover, [["Wave", "2"]])))

    assert found({"a.pdf": pdf(text="Words of Alfa Groep")}, study) == []
    files = {
        "cover.pdf": pdf(cover="Firm B5"),
        "text.pdf": pdf(text="As **Br**avo said, " + "so it is; " * 30),
        "drawn.pdf": pdf(drawn="of Firm B5, Ltd"),
        "alt.pdf": pdf(alt="Drawn for Bravo"),
        "title.pdf": pdf(title="Bravo"),
    }
    assert {one.file for one in found(files, study)} == set(files)
    assert found({"a.pdf": b"%PDF-1.7 nothing"}, study)[0].what == "a file that cannot be read"


@pytest.mark.parametrize(
    "number",
    [
        "06 12345678", "06-12345678", "0612345678", "06 12 34 56 78", "020-1234567", "(020) 123 45 67", "0314 361234",
        "+31 6 12345678", "+31 (0)6 1234 5678", "0031 20 123 4567", "+44 20 7946 0958", "+1 415-555-2671", "+49 30 901820",
    ],
)  # fmt: skip
def test_telephone_numbers_are_found(study: Study, number: str) -> None:
    for text in (f"Call {number}.", f"({number})", f"tel:{number}"):
        (told,) = found({"a.txt": text}, study)
        assert told.what == "a telephone number"
    assert found({"a.txt": f"Call {number}."}, study, allow=[number]) == []


@pytest.mark.parametrize("address", ["piet.puk@klant.nl", "a+b@mail.example.co.uk", "é@bücher.example"])
def test_mail_addresses_are_found(study: Study, address: str) -> None:
    for text in (f"Ask {address}.", f"mailto:{address}", f"<{address}>"):
        assert [one.what for one in found({"a.txt": text}, study)] == ["an e-mail address"]
    assert found({"a.txt": f"Ask {address}."}, study, allow=[address.upper()]) == []


@pytest.mark.parametrize(
    "text",
    [
        "0 1 2 3 4 5 6 7 8 9 10",
        "+0.7 (+0.2 to +1.1), +1.2 +1.3 +1.4 +0.6",
        "0.1234567890, 7,25 and 12.345.678",
        "2026-11-30 12:00:00, wave 2024-2025",
        "SHA-256 0123456789abcdef",
        "doi:10.1177/002224297704100112",
        "+12 +14 +16 +18 +20",
        "10 000 000 and 0 000",
        "n = 1234567890",
    ],
)
def test_numbers_of_a_report_are_no_telephone_numbers(study: Study, text: str) -> None:
    assert found({"a.txt": text}, study) == []


def test_what_cannot_be_told_from_numbers_is_said(study: Study) -> None:
    frame = simulate_study(clients=["C", "D"], partners=1, persons_per_side=6, seed=0).frame()
    for column in ("client", "organisation"):
        frame[column] = frame[column].replace({"C": "Acme", "D": "7"})
    secrets = secrets_of(read_survey(frame, instrument="hpp"), by="client", client="Acme")
    assert "'7'" in secrets.unsought
    assert inspect({"a.html": page("7 persons, 7.0").encode()}, secrets) == []


def test_reports_go_by_client_by_report_and_by_folder_and_never_by_a_guess(tmp_path: Path) -> None:
    """Two waves of "Acme", and one of a client that is called as the report of a wave is."""
    frame = simulate_study(clients=["C0", "C1"], partners=1, persons_per_side=6, waves=2, seed=0).frame()
    for column in ("client", "organisation"):
        frame[column] = frame[column].replace({"C0": "Acme", "C1": "Acme, 1"})
    frame.to_csv(tmp_path / "answers.csv", index=False)
    study = Study("s", (tmp_path / "answers.csv",), "hpp")
    show = "from hpp_analysis.common.result import Shown\nfrom hpp_analysis.display.blocks import TextBlock"
    notebook = write_cells(
        tmp_path / "n.ipynb",
        prose("# R"),
        code(PARAMETERS, "parameters"),
        code(f'{show}\nShown((TextBlock("s", ["Wave " + wave], cleared=True),))'),
    )
    out = made(study, notebook, tmp_path / "out", wave="all", formats=["html"])

    def waves(name: str) -> set[str]:
        with zipfile.ZipFile(share_report(out, name).path) as packed:
            return {
                re.findall(r"Wave (\d)", packed.read(one).decode())[0] for one in packed.namelist() if "html" in one
            }

    assert waves("Acme") == {"1", "2"}
    assert waves("Acme, 2") == {"2"}
    assert "must be that of one client" in refused(out, "Acme, 1", study)[0]
    for folder in out.glob("acme-1-1a*"):
        assert waves(folder.name) == {"1"}
    assert len(list(out.glob("acme-1-1a*"))) == 1
    assert "Did you mean" in refused(out, "Acme, 3", study)[0]
