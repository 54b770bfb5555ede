"""The page of a preflight: both languages, nothing remote, everything escaped."""

import re

import pytest
from bs4 import BeautifulSoup

import hpp_analysis as hpp
from hpp_analysis.report import preflight_html
from hpp_analysis.survey.instrument import parse_instrument


@pytest.fixture(scope="module")
def page() -> str:
    return preflight_html(hpp.planning.preflight("hpp_pool", n_sim=20))


def test_both_languages_stand_on_one_page(page: str) -> None:
    soup = BeautifulSoup(page, "html.parser")
    parts = soup.select("main > section")
    assert [part["lang"] for part in parts] == ["en", "nl"]
    assert "Perhaps two questions in one" in parts[0].text and "Misschien twee vragen in één" in parts[1].text
    assert [link["href"] for link in soup.select("nav a")] == ["#en", "#nl"]
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))


def test_it_loads_nothing_and_its_policy_says_so(page: str) -> None:
    soup = BeautifulSoup(page, "html.parser")
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_it_says_what_it_does_not_do(page: str) -> None:
    assert "do not judge whether the questionnaire is valid" in page
    assert "beoordelen niet of de vragenlijst valide is" in page


def test_texts_of_the_questionnaire_are_escaped() -> None:
    plain = {
        "name": "sly", "language": "en", "scale": "1-5",
        "items": ["<script>alert(1)</script> and more", "They help us.", "We win a lot."],
    }  # fmt: skip
    written = preflight_html(hpp.planning.preflight(parse_instrument(plain), n_sim=20))
    assert "<script>alert" not in written
    assert "&lt;script&gt;alert" in written


def test_one_language_can_be_asked_for() -> None:
    result = hpp.planning.preflight("hpp", languages="nl", n_sim=20)
    written = preflight_html(result, languages=["nl"])
    assert '<html lang="nl"' in written and "<nav" not in written
