"""The board edition on paper: eight pages at most, none half empty, no heading alone, nothing beyond the page."""

import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from hpp_analysis import simulate_study
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.survey.survey import read_survey

MOST_PAGES = 8
FILLED = 0.55
"""The part of a page's column that is used at least, but for the last page: a figure that does not fit goes to the next one."""
FOOT, HEAD = 0.93, 0.06  # of the height: below and above it is what each page has
XHTML = "{http://www.w3.org/1999/xhtml}"


def made(frame: pd.DataFrame, folder: Path) -> None:
    """Write the board edition of the one client of some answers."""
    folder.mkdir(exist_ok=True)
    export = folder / "answers.csv"
    frame.to_csv(export, index=False)
    plan = plan_reports(
        read_survey([export], instrument="hpp"), responses=[export], instrument="hpp", languages=["en", "nl"], out=folder / "out",
        formats=["html", "pdf"], editions=["board"],
    )  # fmt: skip
    result = run_reports(plan)
    assert all(outcome.ok for outcome in result.outcomes)


@pytest.fixture(scope="session", params=["demo", "one side", "one partner"])
def boards(request, once: Callable[..., Path]) -> list[Path]:
    """The board edition of a study in both languages, as PDF."""
    if request.param == "demo":
        return sorted(request.getfixturevalue("demo_reports").glob("democable-*/*/board.pdf"))
    if request.param == "one partner":
        frame = simulate_study(clients=["Acme"], partners=["Solo"], persons_per_side=40, seed=3).frame()
    else:
        frame = simulate_study(clients=["Acme"], partners=4, persons_per_side=40, seed=3).frame()
        frame = frame[frame["side"].eq("client")]
    folder = once(f"board-{request.param.replace(' ', '-')}", lambda out: made(frame, out))
    return sorted(folder.glob("out/*/*/board.pdf"))


def page_grey(pdf: Path) -> list[np.ndarray]:
    """Each page in grey, a value for each dot: 0 is black."""
    data = subprocess.check_output(["pdftoppm", "-r", "30", "-gray", str(pdf)])
    pages, place = [], 0
    while match := re.compile(rb"P5\s+(\d+)\s+(\d+)\s+255\s").match(data, place):
        width, height = int(match[1]), int(match[2])
        pages.append(np.frombuffer(data, np.uint8, width * height, match.end()).reshape(height, width))
        place = match.end() + width * height
    return pages


def filled(page: np.ndarray) -> float:
    """Down to where a page is used, as a part of the height between its head and its foot."""
    height = len(page)
    column = page[int(HEAD * height) : int(FOOT * height)]
    used = np.flatnonzero((column < 200).any(axis=1))
    return float(used[-1] + 1) / len(column) if len(used) else 0.0


def lines_of(pdf: Path) -> list[list[tuple[float, float, str]]]:
    """Of each page the words with the place where they begin and end across it, line by line from the top."""
    text = subprocess.check_output(["pdftotext", "-bbox-layout", str(pdf), "-"], text=True)
    pages = []
    for page in ET.fromstring(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)).iter(f"{XHTML}page"):
        width, height = float(page.get("width", 1)), float(page.get("height", 1))
        found = []
        for line in page.iter(f"{XHTML}line"):
            words = list(line.iter(f"{XHTML}word"))
            told = " ".join(word.text or "" for word in words)
            if float(line.get("yMax", 0)) < FOOT * height:
                ends = float(line.get("xMin", 0)) / width, float(line.get("xMax", 0)) / width
                found.append((float(line.get("yMin", 0)), *ends, told))
        pages.append([line[1:] for line in sorted(found)])
    return pages


def test_there_are_eight_pages_at_most_and_none_is_half_empty(boards: list[Path], poppler: None) -> None:
    assert len(boards) == 2
    for pdf in boards:
        pages = page_grey(pdf)
        assert 3 <= len(pages) <= MOST_PAGES
        assert [place for place, page in enumerate(pages[:-1], 1) if filled(page) < FILLED] == [], pdf


def test_no_heading_stands_alone_at_the_end_of_a_page(boards: list[Path], poppler: None) -> None:
    for pdf in boards:
        soup = BeautifulSoup(pdf.with_name("board.html").read_text(encoding="utf-8"), "html.parser")
        headings = {" ".join(heading.get_text().split()) for heading in soup.find_all(["h2", "h3"])}
        assert len(headings) > 8
        for lines in lines_of(pdf):
            assert lines and lines[-1][2] not in headings, pdf


def test_nothing_lies_beyond_the_page(boards: list[Path], poppler: None) -> None:
    for pdf in boards:
        for lines in lines_of(pdf):
            assert all(start > 0.02 and end < 0.98 for start, end, _told in lines), pdf


def test_the_first_page_has_the_message(boards: list[Path], poppler: None) -> None:
    for pdf in boards:
        text = subprocess.check_output(["pdftotext", "-l", "1", str(pdf), "-"], text=True)
        assert "8.5" in text or "8,5" in text
        assert re.search(r"\d+ (of|van de) \d+", text)
