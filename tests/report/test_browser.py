"""The report in a browser: nothing in the console, accessible, readable on a phone, printable."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpp_analysis.report.share import share_report
from hpp_analysis.survey.study import load_study

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need the extra 'browser'")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe

QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def reports(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo study's reports, made by the command line."""
    out = tmp_path_factory.mktemp("reports")
    study = root / "data" / "demo" / "study.yaml"
    subprocess.run([sys.executable, "-m", "hpp_analysis.cli", "report", study, "--out", out], check=True)
    return out


def test_the_demo_can_be_shared(root: Path, reports: Path) -> None:
    study = load_study(root / "data" / "demo" / "study.yaml")
    assert zipfile.is_zipfile(share_report(reports, "DemoCable", study=study))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator["sync_api.Browser"]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*QUIET, "--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["nl", "en", "index"])
def page(request, reports: Path, browser) -> Iterator["sync_api.Page"]:
    (client,) = reports.glob("democable-*")
    path = reports / "index.html" if request.param == "index" else client / request.param / "report.html"
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url),
    )
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


@pytest.mark.parametrize("width", [360, 768, 1100])
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
