"""The explorer in JupyterLab, in a browser: a view, its line, the line in a cell."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need the extra 'browser'")
pytest.importorskip("jupyterlab", reason="the test of the explorer in JupyterLab needs the extra 'lab'")
pytest.importorskip("ipywidgets", reason="the explorer needs ipywidgets, of the extra 'lab'")

CELL = "import hpp_analysis as hpp\nanswers = hpp.simulate_study(partners=2, persons_per_side=15, seed=1).survey\nhpp.explore(answers)"
PATIENCE = 120_000  # milliseconds: a kernel starts on a machine that runs other tests


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of JupyterLab with nothing of the user's, and a notebook with the explorer."""
    home = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (home / "work").mkdir()
    nbformat.write(notebook, home / "work" / "explore.ipynb")
    own = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    settings = {**os.environ, **{name: str(home / name) for name in own}}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.port=0", "--IdentityProvider.token=abc",
        "--allow-root", f"--ServerApp.root_dir={home / 'work'}", "--LabApp.news_url=",
    ]  # fmt: skip
    log = home / "log"
    with log.open("w") as written:
        server = subprocess.Popen(command, stderr=written, stdout=written, env=settings)
    try:
        deadline = time.monotonic() + PATIENCE / 1000
        while not (found := re.search(r"http://(?:localhost|127\.0\.0\.1):\d+/lab", log.read_text())):
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield f"{found.group()}/tree/explore.ipynb?token=abc"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def page(address: str, chromium: str) -> Iterator["sync_api.Page"]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.get_by_text("Python 3 (ipykernel) | Idle").first.wait_for()
        page.locator(".jp-Notebook .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        page.locator(".hpp-view svg").wait_for()
        yield page
        browser.close()


def test_a_line_that_is_copied_makes_the_same_figure_in_a_cell(page) -> None:
    page.get_by_label("View", exact=True).select_option("Gaps")
    page.locator(".hpp-line code", has_text="partner_gaps(answers").wait_for()
    shown = page.locator(".hpp-view svg").inner_html()
    assert page.locator(".hpp-view svg title").count() > 0  # browsers show them over the marks
    page.locator(".hpp-line button").click()
    page.get_by_text("Copied", exact=True).wait_for()
    page.locator(".jp-Notebook .cm-content").last.click()
    page.keyboard.press("Control+v")
    page.keyboard.press("Shift+Enter")
    again = page.locator(
        ".jp-OutputArea-output:not(:has(.hpp-view)) > figure svg, .jp-RenderedHTMLCommon > figure svg"
    ).last
    again.wait_for()
    words = [
        [text.strip() for text in re.findall(r">([^<>]+)<", part) if text.strip()]
        for part in (shown, again.inner_html())
    ]
    assert words[0] == words[1] and len(words[0]) > 10


def test_a_choice_without_a_view_is_said_and_no_traceback(page) -> None:
    page.get_by_label("Breakdown", exact=True).select_option("respondent")
    page.get_by_text("Choose a breakdown into two groups").wait_for()
    assert page.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0
    page.get_by_label("Breakdown", exact=True).select_option("role")
    page.locator(".hpp-line code", has_text='side="role"').wait_for()


def test_it_speaks_dutch(page) -> None:
    page.get_by_label("Language", exact=True).select_option("nl")
    page.get_by_label("Uitsplitsing", exact=True).wait_for()
    page.get_by_text("Verkennend, alleen voor de onderzoeker.").wait_for()


def test_the_keyboard_chooses(page) -> None:
    page.get_by_label("Taal", exact=True).select_option("en")
    page.get_by_label("View", exact=True).focus()
    page.keyboard.type("Load")
    page.locator(".hpp-line code", has_text="fit_efa").wait_for()


def test_it_stays_readable_when_it_is_narrow(page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 700, "height": 1000})
    box = page.locator(".hpp-view").bounding_box()
    assert box and box["width"] > 200
