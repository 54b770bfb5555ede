"""The page for stakeholders: cleared tables and nothing else; it filters, orders and compares offline, without eval."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from hpp_analysis import language
from hpp_analysis.display.blocks import FactsBlock, HeaderCell, TableBlock
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.report.share.guard import Secrets, inspect
from hpp_analysis.report.share.names import Names
from hpp_analysis.report.share.share import share_report
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.report.writers.document import BlockPart, Document, read_document
from hpp_analysis.report.writers.stakeholder_page import stakeholder_page, topics_of
from hpp_analysis.report.writers.stakeholder_script import SCRIPT
from hpp_analysis.study.brand import Brand
from hpp_analysis.study.study import Study
from tests.report.conftest import PARAMETERS, code, prose, write_cells

EVIL = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)> {{7*7}} \\n [x](javascript:alert(3)) '+alert(4)+' "
    "datum.number \u202e &amp;"
)


def scores(**changed: Any) -> TableBlock:
    """Scores of two partnerships and two sides, one of them withheld."""
    header = [
        HeaderCell("factor", "Factor", "text"), HeaderCell("partnership", "Partnership", "text"), HeaderCell("side", "Side", "text"),
        HeaderCell("mean", "Mean", "score"), HeaderCell("ci_lower", "Interval", "score", "ci_upper"), HeaderCell("n", "Persons", "count"),
    ]  # fmt: skip
    cells = [
        ["Openness", "Alfa", "Client", "7.57", "7.34 to 7.80", "1,024"],
        ["Openness", "Alfa", "Partner", "–", "–", "–"],
        ["Openness", "Bravo", "Client", "9 or more", "–", "7"],
        ["Openness", "Bravo", "Partner", "6.14", "5.64 to 6.64", "46"],
    ]
    values = [{"threshold": 8.5, "state": "full"} for _row in cells]
    table = TableBlock("scores", "Scores per partnership", header, cells, values, ["A note."], 3, cleared=True)
    return replace(table, **changed)


def document(*tables: TableBlock, name: str = "Acme") -> Document:
    return Document(
        tuple(BlockPart(table, place) for place, table in enumerate(tables, 1)), FactsBlock("cover", name, [])
    )


def tables_of(page: str) -> list[list[list[str]]]:
    found = BeautifulSoup(page, "html.parser").find_all("tbody")
    return [[[cell.get_text() for cell in row.find_all(["th", "td"])] for row in body.find_all("tr")] for body in found]


# What is in the file


def test_it_holds_the_cells_of_cleared_tables_and_no_others() -> None:
    secret = scores(
        name="other", caption="Uncleared", cells=[["Openness", "Zulu", "Client", "1.11", "–", "3"]], cleared=False
    )
    form = scores(name="worksheet", caption="Form", form=True)
    without_numbers = scores(name="texts", caption="Texts", row_headers=6)
    page = stakeholder_page(document(secret, form, without_numbers, scores()), PLAIN)
    assert tables_of(page) == [scores().cells]
    own = page.replace(SCRIPT, "")
    assert not any(word in own for word in ("Zulu", "1.11", "Uncleared"))


def test_values_behind_the_cells_are_not_in_the_page() -> None:
    """Cleared values have more decimals than cells; a page of cells tells no more than the report on paper."""
    exact = scores(values=[{"mean": 7.567891234, "threshold": 8.5}] * 4)
    assert "567891234" not in stakeholder_page(document(exact), PLAIN)


def test_the_demo_shows_the_tables_of_its_report(demo_reports: Path) -> None:
    for code_ in ("en", "nl"):
        found = demo_document(demo_reports, code_)
        topics = topics_of(found)
        with language(code_):
            page = stakeholder_page(found, PLAIN)
            assert page == stakeholder_page(found, PLAIN)
        assert tables_of(page) == [topic.block.cells for topic in topics]
        assert {head.name for topic in topics for head in topic.heads} > {
            "partnership",
            "side",
            "wave",
            "factor",
            "item",
        }
        assert len({topic.block.caption for topic in topics}) == len(topics) > 5


def test_a_table_whose_rows_an_earlier_one_has_is_left_out() -> None:
    part = scores(caption="Part", cells=scores().cells[:2], values=scores().values[:2])
    assert [topic.block.caption for topic in topics_of(document(scores(), part))] == ["Scores per partnership"]
    assert [topic.block.caption for topic in topics_of(document(part, scores()))] == ["Part", "Scores per partnership"]


def test_without_a_table_there_is_no_page() -> None:
    assert stakeholder_page(document(scores(cleared=False)), PLAIN) == ""


def test_the_policy_allows_one_script_and_no_eval() -> None:
    page = stakeholder_page(document(scores()), Appearance(Brand(colour="#7a1f3d", fonts=("Georgia",))))
    policy = BeautifulSoup(page, "html.parser").find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert "unsafe" not in policy and policy.startswith("default-src 'none'; img-src data:;")
    assert len(re.findall("<script", page.replace(SCRIPT, ""))) == 1
    assert "</script" not in SCRIPT and "<!--" not in SCRIPT


def test_hostile_names_stay_text() -> None:
    cells = [[EVIL, EVIL, *row[2:]] for row in scores().cells]
    page = stakeholder_page(document(scores(cells=cells, caption=EVIL, notes=[EVIL]), name=EVIL), PLAIN)
    soup = BeautifulSoup(page.replace(f"<script>{SCRIPT}</script>", ""), "html.parser")
    assert not soup.find_all(["script", "img", "a"], attrs={"class": None})
    assert soup.find("th", scope="row").get_text() == EVIL.replace("\u202e", "")
    assert inspect({"compare.html": page.encode()}, Secrets()) == []


# The guard


def test_the_guard_lets_its_script_pass_and_reads_its_tables() -> None:
    page = stakeholder_page(document(scores()), PLAIN)
    secrets = Secrets(names=Names.of({"Bravo": "another organisation of the study"}, {"Alfa"}, ()))
    assert {finding.value for finding in inspect({"compare.html": page.encode()}, secrets)} == {"Bravo"}
    changed = page.replace("vegaEmbed" if "vegaEmbed" in page else "</script>", "fetch(1);</script>", 1)
    assert any("runs" in finding.what for finding in inspect({"compare.html": changed.encode()}, Secrets()))
    disguised = f'<!DOCTYPE html><html><body class="stakeholder"><script>{SCRIPT} </script></body></html>'
    assert inspect({"compare.html": disguised.encode()}, Secrets())


def test_it_is_made_by_a_format_and_shared(tmp_path: Path, export_of: Callable[..., Path]) -> None:
    shown = f"TableBlock({', '.join(repr(part) for part in ('scores', 'Scores', scores().header, scores().cells, scores().values))}, row_headers=3, cleared=True)"
    notebook = write_cells(
        tmp_path / "report.ipynb", prose("# A report", "lang-en"), prose("# Een rapport", "lang-nl"), code(PARAMETERS, "parameters"),
        code("from hpp_analysis.common.result import Shown\nfrom hpp_analysis.display.blocks import FactsBlock, HeaderCell, TableBlock\n"
             'Shown((FactsBlock("cover", client, [["Wave", "1"]], cleared=True),))'),
        code(f"Shown(({shown},))"),
    )  # fmt: skip
    answers = export_of("Acme")
    study = Study("s", (answers,), "hpp", file="study.yaml")
    plan = plan_reports(
        study.survey(), responses=[answers], instrument="hpp", languages=["en", "nl"], notebook=notebook, out=tmp_path / "out",
        formats=["page"],
    )  # fmt: skip
    assert not run_reports(plan, jobs=1).failed
    (made,) = (tmp_path / "out").glob("acme*/nl/compare.html")
    assert 'lang="nl"' in made.read_text(encoding="utf-8")
    assert "compare.html" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(share_report(tmp_path / "out", "Acme", study=study).path) as packed:
        assert packed.read("nl/compare.html") == made.read_bytes()
        assert "compare.html: " in packed.read("README.txt").decode()
        assert "report.html" not in str(packed.namelist())


# In a browser


def demo_document(demo_reports: Path, code_: str) -> Document:
    (notebook,) = demo_reports.glob(f"democable-*/{code_}/notebook.ipynb")
    return read_document(nbformat.read(notebook, as_version=4))


@pytest.fixture(scope="module")
def pages(demo_reports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the demo in both languages, and one with hostile names."""
    folder = tmp_path_factory.mktemp("pages")
    look = Appearance.of(json.loads((demo_reports / "manifest.json").read_text())["look"])
    for code_ in ("en", "nl"):
        with language(code_):
            (folder / f"{code_}.html").write_text(
                stakeholder_page(demo_document(demo_reports, code_), look), encoding="utf-8"
            )
    hostile = scores(cells=[[EVIL, row[1] + EVIL, row[2] + EVIL, *row[3:]] for row in scores().cells], caption=EVIL)
    (folder / "hostile.html").write_text(stakeholder_page(document(hostile, name=EVIL), PLAIN), encoding="utf-8")
    (folder / "small.html").write_text(stakeholder_page(document(scores()), PLAIN), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need the extra 'browser'")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, pages: Path) -> Iterator[Callable[..., Any]]:
    """Open a page from disk; in the end it must have said nothing in the console (as a violated policy does), and loaded nothing."""
    complaints: list[str] = []
    open_pages = []

    def open_page(name: str, width: int = 1280, **settings: Any) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, **settings)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda asked: None if asked.url.startswith("file:") else complaints.append(asked.url))
        page.goto((pages / f"{name}.html").as_uri())
        if settings.get("java_script_enabled", True):
            page.locator(".chart svg").first.wait_for()
        open_pages.append(page)
        return page

    yield open_page
    for page in open_pages:
        page.close()
    assert complaints == []


def rows_shown(page: Any) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('.topic:not([hidden]) tbody tr:not([hidden])')].map(row => row.innerText.replace(/\\s+/g, ' '))"
    )


def points(page: Any) -> int:
    page.locator(".topic:not([hidden]) .chart:not([aria-busy])").wait_for()
    return page.locator(".topic:not([hidden]) .chart .mark-symbol path").count()


def test_it_filters_orders_compares_and_begins_again(opened) -> None:
    page = opened("small")
    assert len(rows_shown(page)) == 4 and points(page) >= 3  # the key has symbols of its own
    page.get_by_text("Partnership: all").click()
    page.get_by_label("Alfa", exact=True).uncheck()
    assert [row.split()[1] for row in rows_shown(page)] == ["Bravo", "Bravo"]
    assert "2 of 4 rows are shown." in page.locator(".status").inner_text()
    page.get_by_role("button", name="Show everything again").click()
    assert len(rows_shown(page)) == 4
    page.get_by_label("Order").select_option("Lowest first")
    assert [row.split()[1:3] for row in rows_shown(page)] == [
        ["Bravo", "Partner"],
        ["Alfa", "Client"],
        ["Bravo", "Client"],
        ["Alfa", "Partner"],
    ]
    page.get_by_label("Order").select_option("Highest first")
    assert rows_shown(page)[-1].split()[1:3] == ["Alfa", "Partner"]  # withheld, so last both ways
    page.get_by_label("Compare by").select_option("Partnership")
    points(page)
    assert page.locator(".chart .role-legend-label text").all_text_contents() == ["Alfa", "Bravo"]
    page.get_by_text("Side: all").click()
    page.get_by_label("all", exact=True).locator("visible=true").uncheck()
    assert rows_shown(page) == [] and page.get_by_text("No row fits this choice.").is_visible()


@pytest.mark.parametrize("name", ["en", "nl"])
def test_every_topic_of_the_demo_is_drawn(name: str, opened) -> None:
    page = opened(name)
    topics = page.locator(".topics option").count()
    assert topics > 5
    for place in range(topics):
        page.locator(".topics select").select_option(index=place)
        assert points(page) > 0
        assert page.locator("section.topic:not([hidden])").count() == 1
        sizes = page.evaluate(
            "[...document.querySelectorAll('.topic:not([hidden]) .chart text')].map(text => parseFloat(getComputedStyle(text).fontSize))"
        )
        assert min(sizes) >= 12


def test_numbers_are_read_in_the_language_of_the_page(opened) -> None:
    """The Dutch page writes 7,57: a number that is read wrongly would lie far from its English twin."""
    places = []
    for name in ("en", "nl"):
        page = opened(name)
        points(page)
        places.append(
            page.evaluate(
                "[...document.querySelectorAll('.topic:not([hidden]) .chart .mark-rule line')].map(line => line.getAttribute('transform') + line.getAttribute('x2'))"
            )
        )
        axis = page.locator(".chart .role-axis-label text").all_text_contents()
        assert any(("," if name == "nl" else ".") in text for text in axis)
    assert len(places[0]) == len(places[1]) > 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_accessible_on_a_phone_and_in_the_dark(width: int, scheme: str, opened) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra 'browser'").Axe
    page = opened("nl", width, color_scheme=scheme)
    page.locator(".choices summary").first.click()
    found = axe().run(page)
    assert len(found.response["passes"]) > 10
    assert [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('main *')].filter(one => one.offsetParent && one.textContent.trim()).map(one => parseFloat(getComputedStyle(one).fontSize)))"
    )
    assert smallest >= 12


def test_the_keyboard_reaches_and_moves_everything(opened) -> None:
    page = opened("small")
    reached = []
    for _press in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.tagName + ' ' + document.activeElement.textContent.slice(0, 9)")
        )
    assert {"SUMMARY Partnersh", "SUMMARY Side: all", "BUTTON Show ever"} <= set(reached)
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert len(rows_shown(page)) == 2
    page.keyboard.press("Escape")
    assert not page.locator("fieldset").first.is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_bound_is_drawn_open_and_says_that_it_is_one(opened) -> None:
    page = opened("small")
    points(page)
    assert page.locator(".chart .mark-text text").all_text_contents().count("9 or more") == 1
    filled = page.locator(".chart .mark-symbol.role-mark path").evaluate_all(
        "paths => paths.map(path => getComputedStyle(path).fill)"
    )
    assert [fill in ("none", "rgba(0, 0, 0, 0)") for fill in filled].count(True) == 1


def test_pointing_at_a_mark_says_what_its_row_says(opened) -> None:
    page = opened("small")
    points(page)
    page.locator(".chart .mark-symbol.role-mark path").first.hover()
    tip = page.locator(".tip")
    tip.wait_for()
    assert "Mean: 7.57" in tip.inner_text() and "Interval: 7.34 to 7.80" in tip.inner_text()


def test_hostile_names_do_nothing_in_the_browser(opened) -> None:
    page = opened("hostile")
    points(page)
    page.locator(".choices summary").first.click()
    page.get_by_label("Order").select_option("By name")
    page.get_by_label("Compare by").select_option("Partnership")
    points(page)
    page.locator(".chart .mark-symbol.role-mark path").first.hover()
    assert "alert(1)" in page.locator(".tip").inner_text()
    assert page.locator("main img, main script, .tip *").count() == 0


def test_without_scripts_all_tables_are_there(opened) -> None:
    page = opened("en", java_script_enabled=False)
    assert page.locator("section.topic").count() > 5
    assert all(section.is_visible() for section in page.locator("section.topic table").all())
    assert page.locator("select, button, input").count() == 0


def test_the_script_leaves_no_threads_so_that_its_process_can_be_forked() -> None:
    code_ = (
        "from hpp_analysis.report.run.forks import threads\nfrom hpp_analysis.report.writers.stakeholder_script import SCRIPT\n"
        "print(threads(), len(SCRIPT) > 500_000)"
    )
    done = subprocess.run([sys.executable, "-c", code_], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True"]


def test_a_library_that_is_not_there_is_an_error_that_says_what_to_do() -> None:
    code_ = (
        "import sys\nfrom hpp_analysis.errors import ReportError\nsys.executable = '/bin/false'\ntry:\n"
        "    import hpp_analysis.report.writers.stakeholder_script\nexcept ReportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code_], capture_output=True, text=True, check=True)
    assert "vl-convert-python" in done.stdout
