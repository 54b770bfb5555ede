"""The report in a browser: nothing in the console, accessible, readable on a phone, printable."""

import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from bs4 import BeautifulSoup

from hpp_analysis import read_survey
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.report.share.share import share_report
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.study.brand import Brand
from hpp_analysis.study.notes import StudyNotes
from hpp_analysis.study.study import load_study

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need the extra 'browser'")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe

QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def test_the_demo_can_be_shared(root: Path, demo_reports: Path, tmp_path: Path) -> None:
    study = load_study(root / "data" / "demo" / "study.yaml")
    shared = share_report(demo_reports, "DemoCable", study=study, out=tmp_path / "x.zip")
    assert zipfile.is_zipfile(shared.path)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator["sync_api.Browser"]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*QUIET, "--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["nl", "en", "index"])
def page(request, demo_reports: Path, browser) -> Iterator["sync_api.Page"]:
    (client,) = demo_reports.glob("democable-*")
    path = demo_reports / "index.html" if request.param == "index" else client / request.param / "report.html"
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url))
    page.goto(path.as_uri())
    yield page
    page.close()
    assert complaints == []


def test_axe_finds_nothing_serious(page) -> None:
    # axe itself is a script, which the page's own policy forbids: it is run in the tool's own world
    found = Axe().run(page)
    serious = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert len(found.response["passes"]) > 10, "axe looked at the page"


@pytest.mark.parametrize("width", [360, 390, 768, 1100])
def test_nothing_is_wider_than_the_window(page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_the_report(page) -> None:
    reached = []
    for _ in range(3):  # a wide table is a stop on the way: it scrolls by keyboard
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('href')") or "")
    assert any(target.startswith(("#", "overview/")) for target in reached)


def test_figures_are_drawn(page) -> None:
    sizes = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.alt.length])")
    assert all(width > 100 and alt > 20 for width, alt in sizes)


def test_it_prints(page, tmp_path: Path) -> None:
    data = page.pdf(format="A4")
    assert data.startswith(b"%PDF")
    assert len(data) > 10_000


@pytest.fixture
def report(demo_reports: Path, browser) -> Iterator["sync_api.Page"]:
    """The Dutch report on a phone."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(next(demo_reports.glob("democable-*/nl/report.html")).as_uri())
    yield page
    page.close()


def test_the_skip_link_leads_past_the_contents(report) -> None:
    report.keyboard.press("Tab")
    assert report.evaluate("document.activeElement.className") == "skip"
    report.keyboard.press("Enter")
    assert report.evaluate("document.activeElement.id") == "main"
    report.keyboard.press("Tab")  # the contents lie behind: the next stop is within the report
    assert report.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_wide_table_scrolls_by_keyboard(report) -> None:
    report.emulate_media(reduced_motion="reduce")
    wide = "[...document.querySelectorAll('.scroll')].find(part => part.scrollWidth > part.clientWidth + 20)"
    report.evaluate(f"window.wide = {wide}; window.wide.focus()")
    assert report.evaluate("document.activeElement === window.wide")
    for _ in range(3):
        report.keyboard.press("ArrowRight")
    report.wait_for_function("window.wide.scrollLeft > 0", timeout=5000)


def test_stops_come_in_the_order_of_the_page(report) -> None:
    places = report.evaluate(
        "[...document.querySelectorAll('a[href], [tabindex=\"0\"]')].filter(part => !part.matches('.skip'))"
        ".filter(part => part.getClientRects().length)"  # on a phone a list stands in the place of some figures
        ".map(part => part.getBoundingClientRect().top)"
    )
    assert len(places) > 10
    assert places == sorted(places)
    assert report.evaluate("document.querySelectorAll('[tabindex]:not([tabindex=\"0\"]):not(#main)').length") == 0


def test_both_languages_tell_the_same_numbers(demo_reports: Path) -> None:
    """The cells of all tables, and all raw values of the workbook, once the decimal mark is left out of account."""
    told = {}
    for code in ("nl", "en"):
        folder = next(demo_reports.glob(f"democable-*/{code}"))
        soup = BeautifulSoup((folder / "report.html").read_text(encoding="utf-8"), "html.parser")
        cells = [cell.get_text() for cell in soup.select("td.number")]
        numbers = [re.findall(r"\d+(?:[.,]\d+)*", cell) for cell in cells]
        book = openpyxl.load_workbook(folder / "tables.xlsx")
        cells = [cell for sheet in book.worksheets[1:] for row in sheet for cell in row]
        raw = [cell.value for cell in cells if cell.data_type == "n" and cell.value is not None]
        told[code] = [[re.sub("[.,]", "", one) for one in some] for some in numbers], raw
    assert sum(map(len, told["nl"][0])) > 200
    assert told["nl"] == told["en"]


def test_the_pdf_is_tagged_and_says_what_it_is(poppler: None, demo_reports: Path) -> None:
    for code, title in (("nl", "Rapport"), ("en", "Partnership report")):
        path = next(demo_reports.glob(f"democable-*/{code}/report.pdf"))
        told = subprocess.check_output(["pdfinfo", path], text=True)
        assert re.search(r"Tagged:\s+yes", told)
        assert "DemoCable" in told and title in told
        data = path.read_bytes()
        assert b"/Lang" in data and b"/Outlines" in data


@pytest.fixture(scope="module")
def dressed(export_of: Callable[..., Path], small_notebook: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A draft in a brand, with commentary twice."""
    answers = export_of("Alfa")
    notes = StudyNotes({"en": {"the-numbers": "One."}}, {"Alfa": {"en": {"the-numbers": "- two"}}})
    look = Appearance(Brand(name="We", colour="#7a1f5c", accent="#c2410c", fonts=("Inter",)), draft=True)
    plan = plan_reports(
        read_survey(answers, instrument="hpp"),
        responses=[answers],
        instrument="hpp",
        languages=["en"],
        out=tmp_path_factory.mktemp("dressed"),
        notebook=small_notebook,
        formats=["html"],
        commentary=notes,
        appearance=look,
    )
    (made,) = run_reports(plan).outcomes
    assert made.ok
    return plan.out / made.slug / "en" / "report.html"


@pytest.mark.parametrize("width", [390, 1100])
def test_a_draft_in_a_brand_is_as_accessible(dressed: Path, browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(dressed.as_uri())
    violations = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = "getComputedStyle(document.querySelector('h2')).color"
    assert page.evaluate(colour) == "rgb(122, 31, 92)"
    for medium in ("screen", "print"):
        page.emulate_media(media=medium)
        box = page.evaluate("document.querySelector('.watermark').getBoundingClientRect().toJSON()")
        assert box["width"] >= width * 0.9, "the mark is on every page"
    page.close()
