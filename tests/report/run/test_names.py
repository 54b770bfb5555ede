"""Folder names from whatever organisations are called."""

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.report.run import names
from hpp_analysis.report.run.names import slug, slugs

FORM = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?-[0-9a-f]{6}")


@settings(deadline=None)  # other tests run beside it
@given(st.text(max_size=200))
def test_a_slug_is_one_safe_folder_name(name: str) -> None:
    made = slug(name)
    assert FORM.fullmatch(made)
    assert PurePosixPath(made).parts == (made,)
    assert PureWindowsPath(made).parts == (made,)
    assert made == slug(name)


@pytest.mark.parametrize(
    "name", ["", "..", "../../x", "/", "C:\\x", "🙂", "日本", "a" * 500, "NUL", "x\0y", " ", "-", "\ud800"]
)
def test_names_that_file_systems_do_not_take(name: str) -> None:
    assert FORM.fullmatch(slug(name))


@settings(deadline=None)  # other tests run beside it
@given(st.lists(st.text(max_size=20), max_size=20))
def test_two_names_never_share_a_slug(several: list[str]) -> None:
    found = slugs(several)
    assert set(found) == set(several)
    assert len(set(found.values())) == len(set(several))
    assert all(part == part.lower() for part in found.values()), "alike on file systems that ignore case"


def test_more_digits_where_six_are_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_DIGITS", 0)
    found = slugs(["A", "a", "á"])
    assert len(set(found.values())) == 3
