"""The report in a browser: nothing in the console, accessible, readable on a phone, printable."""

import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import openpyxl
import pytest
from bs4 import BeautifulSoup

from hpp_analysis import language, read_survey
from hpp_analysis.display.blocks import MIME, Block, HeaderCell, TableBlock, to_json
from hpp_analysis.display.formats import format_value
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.report.share.share import share_report
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.html import report_html
from hpp_analysis.study.brand import Brand
from hpp_analysis.study.notes import StudyNotes
from hpp_analysis.study.study import load_study
from hpp_analysis.texts import gettext

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


@pytest.fixture
def opened(browser) -> Iterator[Callable[..., "sync_api.Page"]]:
    """Open a page; when the test ends it must have loaded nothing and said nothing in the console."""
    complaints: list[str] = []
    pages = []

    def open_page(path: Path, width: int = 1100, **settings: Any) -> "sync_api.Page":
        page = browser.new_page(viewport={"width": width, "height": 900}, **settings)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda asked: None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url)
        )
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []


PAGES = ["nl/report", "nl/board", "en/report", "en/board", "index"]


def file_of(demo_reports: Path, name: str) -> Path:
    (client,) = demo_reports.glob("democable-*")
    return demo_reports / "index.html" if name == "index" else client / f"{name}.html"


@pytest.fixture(params=["nl/report", "en/board", "index"])
def page(request, demo_reports: Path, opened) -> "sync_api.Page":
    return opened(file_of(demo_reports, request.param))


def unfold(page: "sync_api.Page") -> None:
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")


def serious(page: "sync_api.Page") -> list[tuple[str, list[str]]]:
    """What axe finds that is serious, and the elements where."""
    # axe itself is a script, which the page's own policy forbids: it is run in the tool's own world
    found = Axe().run(page)
    assert len(found.response["passes"]) > 10, "axe looked at the page"
    return [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(name: str, scheme: str, demo_reports: Path, opened) -> None:
    page = opened(file_of(demo_reports, name), color_scheme=scheme)
    unfold(page)
    if name != "index":
        page.locator(".sort").first.click()
        page.locator(".spots rect").first.focus()
        assert page.locator(".tip").is_visible()
    assert serious(page) == []


@pytest.mark.parametrize("name", ["nl/report", "en/report"])
def test_on_a_desktop_nothing_lies_behind_a_scroll(name: str, demo_reports: Path, opened) -> None:
    page = opened(file_of(demo_reports, name), 1280)
    unfold(page)
    beyond = "[...document.querySelectorAll('.scroll')].filter(part => part.scrollWidth > part.clientWidth).map(part => part.ariaLabel)"
    assert page.evaluate(beyond) == []


def test_on_a_phone_the_names_of_rows_stay_in_sight(report) -> None:
    unfold(report)
    left = report.evaluate(
        "(() => { const part = [...document.querySelectorAll('.table .scroll')].find(one => one.querySelector('.wide'));"
        " part.scrollLeft = 150; return [part.scrollLeft, part.querySelector('tbody tr:not(.group) th').getBoundingClientRect().left]; })()"
    )
    assert left == [150, 0]


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
def report(demo_reports: Path, opened) -> "sync_api.Page":
    """The Dutch report on a phone."""
    return opened(file_of(demo_reports, "nl/report"), 390)


def test_the_skip_link_leads_past_the_contents(report) -> None:
    report.keyboard.press("Tab")
    assert report.evaluate("document.activeElement.className") == "skip"
    report.keyboard.press("Enter")
    assert report.evaluate("document.activeElement.id") == "main"
    report.keyboard.press("Tab")  # the contents lie behind: the next stop is within the report
    assert report.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_wide_table_scrolls_by_keyboard(report) -> None:
    report.emulate_media(reduced_motion="reduce")
    unfold(report)
    wide = "[...document.querySelectorAll('.scroll')].find(part => part.scrollWidth > part.clientWidth + 20)"
    report.evaluate(f"window.wide = {wide}; window.wide.focus()")
    assert report.evaluate("document.activeElement === window.wide")
    for _ in range(3):
        report.keyboard.press("ArrowRight")
    report.wait_for_function("window.wide.scrollLeft > 0", timeout=5000)


def test_stops_come_in_the_order_of_the_page(report) -> None:
    places = report.evaluate(
        "[...document.querySelectorAll('a[href], button, input, summary, [tabindex=\"0\"]')].filter(part => !part.matches('.skip'))"
        ".filter(part => part.checkVisibility())"  # on a phone a list stands in the place of some figures
        ".map(part => (part.closest('tr') ?? part).getBoundingClientRect().top)"
    )
    assert len(places) > 10
    assert places == sorted(places)
    elsewhere = "document.querySelectorAll('[tabindex]:not([tabindex=\"0\"]):not(#main):not(.spots rect)').length"
    assert report.evaluate(elsewhere) == 0, "within a figure the arrow keys lead on"


HEADER = [HeaderCell("who", "Who", "text"), HeaderCell("mean", "Mean", "score"), HeaderCell("said", "Said", "text")]
ROWS = [
    ["All", 7.1, "yes"],
    ["Partner 10", 10.5, "no"],
    ["Partner 2", -1234.5, "–"],
    ["Zoë", None, "–"],
    ["Ärger", None, "yes"],
    ["Partner 1", 9.25, "maybe"],
    ["Partner 3", 0.5, "no"],
]


def table_of(rows: list[list[Any]], **settings: Any) -> TableBlock:
    cells = [[who, format_value(mean, "score"), said] for who, mean, said in rows]
    return TableBlock("t", "Scores", HEADER, cells, [{} for _ in cells], ["Note."], **settings)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a page of blocks in a language."""

    def write(*blocks: Block) -> Path:
        cell = nbformat.v4.new_code_cell("")
        cell.outputs = [
            nbformat.from_dict({"output_type": "display_data", "data": {MIME: to_json([*blocks])}, "metadata": {}})
        ]
        path = tmp_path / "page.html"
        path.write_text(report_html(nbformat.v4.new_notebook(cells=[cell])), encoding="utf-8")
        return path

    return write


def names_in(page: "sync_api.Page") -> list[str]:
    """The first cell of each row that is seen, in order."""
    return page.evaluate(
        "[...document.querySelectorAll('tbody tr:not(.group)')].filter(row => row.getClientRects().length)"
        ".map(row => row.cells[0].innerText.trim())"
    )


def heads(page: "sync_api.Page") -> list[str | None]:
    return page.evaluate("[...document.querySelectorAll('thead th')].map(head => head.getAttribute('aria-sort'))")


@pytest.mark.parametrize("code", ["en", "nl"])
def test_numbers_sort_as_numbers_by_keyboard(code: str, written, opened) -> None:
    with language(code):
        everybody = gettext("All")
        path = written(table_of([[everybody, *ROWS[0][1:]], *ROWS[1:]]))
    page = opened(path)
    original = names_in(page)
    page.locator("thead button").nth(1).focus()
    page.keyboard.press("Enter")
    withheld = ["Zoë", "Ärger"]
    assert names_in(page) == [everybody, "Partner 2", "Partner 3", "Partner 1", "Partner 10", *withheld]
    assert heads(page) == [None, "ascending", None]
    status = page.get_by_role("status")
    said = {"en": ["Sorted by Mean, ascending.", "Sorted by Mean, descending.", "In the original order."],
            "nl": ["Gesorteerd op Mean, oplopend.", "Gesorteerd op Mean, aflopend.", "In de oorspronkelijke volgorde."]}  # fmt: skip
    assert status.inner_text() == said[code][0]
    page.keyboard.press("Space")
    assert names_in(page) == [everybody, "Partner 10", "Partner 1", "Partner 3", "Partner 2", *withheld], (
        "withheld ones stay last"
    )
    assert heads(page) == [None, "descending", None] and status.inner_text() == said[code][1]
    page.keyboard.press("Enter")
    assert names_in(page) == original and heads(page) == [None] * 3 and status.inner_text() == said[code][2]


def test_words_sort_as_people_count_and_spell(written, opened) -> None:
    page = opened(written(table_of(ROWS)))
    page.locator("thead button").nth(0).click()
    assert names_in(page) == ["All", "Ärger", "Partner 1", "Partner 2", "Partner 3", "Partner 10", "Zoë"]
    page.locator("thead button").nth(2).click()
    assert names_in(page) == ["All", "Partner 1", "Partner 10", "Partner 3", "Ärger", "Partner 2", "Zoë"]
    assert heads(page) == [None, None, "ascending"]


def test_the_order_follows_what_is_shown_and_nothing_else(written, opened) -> None:
    """Equal texts keep their order whatever numbers lie behind them, and the page has no other numbers to sort by."""
    rows = [["All", 7.0, ""], ["A", 7.004, ""], ["B", 6.996, ""], ["C", 7.0, ""]]
    path = written(table_of(rows))
    page = opened(path)
    for _direction in range(2):
        page.locator("thead button").nth(1).click()
        assert names_in(page) == ["All", "A", "B", "C"]
    assert not re.search(r"7\.004|6\.996|data-(?!words)", path.read_text().partition("<script>")[0])


def test_sorting_ranks_across_groups_and_names_them(written, opened) -> None:
    header = [HeaderCell("factor", "Factor", "text"), *HEADER[:2]]
    cells = [
        [factor, f"{factor}{place}", f"{value}"]
        for factor, start in (("F", 5), ("G", 1))
        for place, value in enumerate([start + 1, start + 2, start])
    ]
    page = opened(written(TableBlock("t", "T", header, cells, [{} for _ in cells], [], 2)))
    assert names_in(page) == ["F0", "F1", "F2", "G0", "G1", "G2"]
    page.locator("thead button").nth(1).click()
    assert names_in(page) == ["G · G2", "G · G0", "G · G1", "F · F2", "F · F0", "F · F1"]
    assert page.locator("tr.group:visible").count() == 0
    for _click in range(2):
        page.locator("thead button").nth(1).click()
    assert names_in(page) == ["F0", "F1", "F2", "G0", "G1", "G2"]
    assert page.locator("tr.group:visible").count() == 2


def test_a_filter_says_how_many_rows_remain(written, opened) -> None:
    rows = [[f"Partner {number}", float(number), "yes" if number % 2 else "zó"] for number in range(1, 17)]
    page = opened(written(table_of(rows)))
    field = page.get_by_role("searchbox", name="Filter the rows Table 1")
    field.fill("ZO partner")
    assert names_in(page) == [f"Partner {number}" for number in range(2, 17, 2)], "case and accents do not count"
    status = page.get_by_role("status")
    assert status.inner_text() == "Filtered: 8 of 16 rows."
    page.locator("thead button").nth(1).click()
    assert status.inner_text() == "Filtered: 8 of 16 rows. Sorted by Mean, ascending."
    page.emulate_media(media="print")
    assert status.is_visible() and not field.is_visible(), "on paper too it is said that rows are missing"
    page.emulate_media(media="screen")
    field.fill("nobody")
    assert names_in(page) == [] and status.inner_text().startswith("Filtered: 0 of 16 rows.")
    field.fill("")
    assert len(names_in(page)) == 16 and status.inner_text() == "Sorted by Mean, ascending."
    assert opened(written(table_of(rows[:12]))).get_by_role("searchbox").count() == 0, "a short table is seen at once"


def test_long_tables_fold_and_are_printed(written, opened) -> None:
    rows = [[f"Partner {number}", float(number), ""] for number in range(17)]
    for scripts in (True, False):
        page = opened(written(table_of(rows)), java_script_enabled=scripts)
        table = page.locator("table")
        assert not table.is_visible()
        page.keyboard.press("Tab")  # the link past the contents
        page.keyboard.press("Tab")
        assert page.locator("summary:focus").inner_text().startswith("Table 1 Scores")
        page.keyboard.press("Enter")
        assert table.is_visible()
        page.keyboard.press("Enter")
        text = subprocess.run(
            ["pdftotext", "-", "-"], input=page.pdf(), capture_output=True, check=True
        ).stdout.decode()
        assert "Partner 16" in text, "what is folded is printed"
        assert not table.is_visible()


def test_figures_say_their_values_to_pointer_and_keyboard(demo_reports: Path, opened) -> None:
    page = opened(file_of(demo_reports, "nl/board"))
    layer, tip = page.locator("figure.shaded .spots").first, page.locator(".tip")
    values = layer.locator("rect")
    assert not tip.is_visible()
    values.nth(1).hover()
    assert tip.inner_text() == "Bravo Cabling · Openheid · Partner: 6,1"
    page.mouse.move(5, 5)
    tip.wait_for(state="hidden", timeout=5000)
    layer.evaluate("layer => layer.closest('.scroll').focus()")
    page.keyboard.press("Tab")
    assert tip.inner_text() == "Bravo Cabling · Openheid · Opdrachtgever: 6,6"
    page.keyboard.press("ArrowRight")
    assert tip.inner_text() == values.nth(1).get_attribute("aria-label") == "Bravo Cabling · Openheid · Partner: 6,1"
    drawn = "getComputedStyle(document.activeElement).strokeWidth"
    assert float(page.evaluate(drawn).removesuffix("px")) > 2, "the focus is seen"
    page.keyboard.press("End")
    assert tip.inner_text() == values.last.get_attribute("aria-label")
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.spots')") is None, "a figure is one stop on the way"
    page.keyboard.press("Shift+Tab")
    assert tip.inner_text() == values.last.get_attribute("aria-label"), "it goes on where it was left"


def test_values_lie_where_the_figure_draws_them(demo_reports: Path, opened) -> None:
    for width in (1100, 1400):
        page = opened(file_of(demo_reports, "en/report"), width)
        apart = page.evaluate(
            "[...document.querySelectorAll('.drawn')].filter(part => part.querySelector('.spots')).map(part => {"
            "const [image, layer] = [...part.children].map(one => one.getBoundingClientRect());"
            "return Math.max(Math.abs(image.x - layer.x), Math.abs(image.y - layer.y), Math.abs(image.width - layer.width),"
            " Math.abs(image.height - layer.height)); })"
        )
        assert len(apart) > 8 and max(apart) < 1, "pixels"


def test_a_page_follows_the_dark_setting(demo_reports: Path, opened) -> None:
    page = opened(file_of(demo_reports, "en/board"), color_scheme="dark")
    shade = (
        "getComputedStyle(document.{}).{}.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)"
    )
    assert page.evaluate(shade.format("body", "backgroundColor")) < 100
    assert page.evaluate(shade.format("body", "color")) > 600
    assert "invert" in page.evaluate("getComputedStyle(document.querySelector('figure:not(.shaded) img')).filter")
    assert "invert" not in page.evaluate("getComputedStyle(document.querySelector('figure.shaded img')).filter")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(shade.format("body", "color")) < 200, "paper is white"
    assert page.evaluate("getComputedStyle(document.querySelector('figure img')).filter") == "none"


def test_without_scripts_everything_is_there_to_read(demo_reports: Path, opened) -> None:
    page = opened(file_of(demo_reports, "en/report"), java_script_enabled=False)
    assert page.locator("button, input, .tip").count() == 0, "nothing that would not work"
    assert page.locator(".spots rect title").count() > 100, "browsers show the titles"
    folded = page.locator("details.table").first
    folded.locator("summary").click()
    assert folded.locator("table").is_visible()


def test_letters_on_a_phone_are_large_enough(demo_reports: Path, opened) -> None:
    n_drawn = 0
    for name in ("nl/report", "en/board"):
        page = opened(file_of(demo_reports, name), 390)
        unfold(page)
        sizes = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(part => part.getClientRects().length && [...part.childNodes]"
            ".some(node => node.nodeType === 3 && node.data.trim())).map(part => parseFloat(getComputedStyle(part).fontSize))"
        )
        assert min(sizes) >= 12
        drawn = page.evaluate(
            "[...document.querySelectorAll('figure:not(.shaded) img')].filter(image => image.checkVisibility())"
            ".map(image => [image.getBoundingClientRect().width, atob(image.src.split(',')[1])])"
        )
        n_drawn += len(drawn)
        for width, svg in drawn:
            letters = min(float(size) for size in re.findall(r'<text style="[^"]*?font-size: ([\d.]+)px', svg))
            assert letters * width / float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1]) > 11.9
        long_maps = page.locator("figure.shaded img:visible").count()
        assert page.locator("figure.shaded .values:visible, figure.shaded .list:visible").count() >= long_maps, (
            "or there is a list"
        )
    assert n_drawn > 0


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1100])
def test_a_draft_in_a_brand_is_as_accessible(dressed: Path, opened, width: int, scheme: str) -> None:
    page = opened(dressed, width, color_scheme=scheme)
    violations = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = "getComputedStyle(document.querySelector('h2')).color"
    assert (page.evaluate(colour) == "rgb(122, 31, 92)") == (scheme == "light"), "in the dark it is lighter"
    for medium in ("screen", "print"):
        page.emulate_media(media=medium)
        box = page.evaluate("document.querySelector('.watermark').getBoundingClientRect().toJSON()")
        assert box["width"] >= width * 0.9, "the mark is on every page"
