"""The reference to this software is one: in CITATION.cff, in `cite`, and in the project's metadata."""

import re
from pathlib import Path

import pytest
import yaml

import hpp_analysis as hpp
from hpp_analysis.publishing import citation


@pytest.fixture(scope="module")
def file(root: Path) -> dict:
    return yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_file_and_the_function_say_the_same(file: dict) -> None:
    assert file["version"] == hpp.__version__
    assert file["title"] == citation.TITLE
    assert file["date-released"] == citation.RELEASED
    assert [author["name"] for author in file["authors"]] == [citation.AUTHORS]


def test_the_file_has_what_the_format_asks_for(file: dict) -> None:
    assert {"cff-version", "message", "title", "authors"} <= set(file)  # required by version 1.2.0 of the format
    assert file["license"] == "BSD-3-Clause"


def test_a_reference_names_the_version() -> None:
    assert f"(Version {hpp.__version__})" in hpp.cite()
    assert f"version = {{{hpp.__version__}}}" in hpp.cite("bibtex")


def test_the_entry_is_one_that_bibtex_reads() -> None:
    """Braces balance, and an underscore outside mathematics is escaped."""
    entry = hpp.cite("bibtex")
    assert entry.count("{") == entry.count("}")
    body = entry.partition(",")[2]  # the key may hold an underscore
    assert not re.search(r"(?<!\\)_", body)
    assert "author = {{" in body  # one name, not a family name and given names
