"""Whole or not at all, whenever the machine stops."""

import errno
import os
from pathlib import Path

import pytest

from hpp_analysis.errors import ReportError
from hpp_analysis.report.run.folders import (
    appear,
    claimed,
    discard,
    in_the_way,
    partial_of,
    previous_of,
    tidy,
    write_aside,
)
from hpp_analysis.survey.private import write_private


def build(folder: Path, text: str) -> None:
    partial_of(folder).mkdir(parents=True)
    (partial_of(folder) / "report.html").write_text(text)


def everything(out: Path) -> dict[str, str]:
    return {str(path.relative_to(out)): path.read_text() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("stops_at", [1, 2, 3])
def test_a_stop_between_any_two_steps_leaves_a_whole_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stops_at: int
) -> None:
    """The steps: the old report aside, the new one in its place, the old one removed."""
    folder = tmp_path / "client" / "en"
    build(folder, "old")
    appear(folder)
    build(folder, "new")
    steps = iter(range(1, 9))

    def stopping(real):
        def step(*args, **kwargs):
            if next(steps) == stops_at:
                raise SystemExit
            return real(*args, **kwargs)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stopping(Path.rename))
        patch.setattr("shutil.rmtree", stopping(lambda *_args, **_kwargs: None))
        with pytest.raises(SystemExit):
            appear(folder)
    tidy(tmp_path)
    assert everything(tmp_path) == {"client/en/report.html": "old" if stops_at < 3 else "new"}


def test_a_new_report_replaces_the_old_one_whole(tmp_path: Path) -> None:
    folder = tmp_path / "client" / "en"
    build(folder, "old")
    (partial_of(folder) / "extra.svg").write_text("old")
    appear(folder)
    build(folder, "new")
    appear(folder)
    assert everything(tmp_path) == {"client/en/report.html": "new"}


def test_what_will_not_appear_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "client" / "en"
    build(folder, "half")
    discard(folder)
    assert list(tmp_path.iterdir()) == []
    build(folder, "half")
    (tmp_path / "client" / "nl").mkdir()
    discard(folder)
    assert [path.name for path in (tmp_path / "client").iterdir()] == ["nl"], "another report stays"


def test_an_interrupted_first_report_leaves_no_folder(tmp_path: Path) -> None:
    build(tmp_path / "client" / "en", "half")
    tidy(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index.html"
    write_aside(path, "old")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", _full_disk)
        with pytest.raises(OSError, match="disk full"):
            write_aside(path, "new")
    assert path.read_text() == "old"
    tidy(tmp_path)
    assert everything(tmp_path) == {"index.html": "old"}


def _full_disk(_handle: int) -> None:
    raise OSError(errno.ENOSPC, "disk full")


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    for name in (".hidden", "client/.keep", "client/en/.partial-notes"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    before = everything(tmp_path)
    tidy(tmp_path)
    assert everything(tmp_path) == before


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of somebody else, with all that a run would remove from its own."""
    folder = tmp_path / "elsewhere"
    for name in ("a.txt", ".en.partial/report.html", ".nl.previous/report.html", ".index.html.partial"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    return folder


@pytest.mark.parametrize(
    "link", ["client", "client/en", "client/.en.partial", "client/.en.previous", ".index.html.partial"]
)
def test_links_are_never_followed_and_stop_one_report(tmp_path: Path, elsewhere: Path, link: str) -> None:
    before = everything(elsewhere)
    out = tmp_path / "out"
    (out / link).parent.mkdir(parents=True, exist_ok=True)
    (out / link).symlink_to(elsewhere)
    build(out / "other" / "en", "whole")
    appear(out / "other" / "en")
    tidy(out)
    assert everything(elsewhere) == before
    assert (out / link).is_symlink()
    assert in_the_way(out / "client" / "en") == (None if link.startswith(".") else out / link)
    assert in_the_way(out / "other" / "en") is None


def test_a_link_that_comes_in_between_is_not_followed_either(tmp_path: Path, elsewhere: Path) -> None:
    before = everything(elsewhere)
    folder = tmp_path / "out" / "client" / "en"
    build(folder, "new")
    folder.symlink_to(elsewhere)
    with pytest.raises(FileExistsError):
        appear(folder)
    assert everything(elsewhere) == before


def test_a_file_takes_the_place_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "theirs.html").write_text("mine")
    for name in ("index.html", ".index.html.partial"):
        (tmp_path / name).symlink_to("theirs.html")
    write_aside(tmp_path / "index.html", "new")
    assert everything(tmp_path) == {"index.html": "new", "theirs.html": "mine"}
    assert not (tmp_path / "index.html").is_symlink()


@pytest.mark.parametrize("place", ["client", "client/en", "client/.en.partial"])
def test_files_in_the_way_are_found(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("mine")
    assert in_the_way(tmp_path / "client" / "en") == tmp_path / place
    assert in_the_way(tmp_path / "client" / "nl") == (None if "/" in place else tmp_path / place)


def test_a_leftover_that_stays_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that belongs to somebody else."""
    folder = tmp_path / "client" / "en"
    build(folder, "half")
    previous_of(folder).mkdir()
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_args, **_options: None)
        tidy(tmp_path)
    assert in_the_way(folder) == partial_of(folder)
    tidy(tmp_path)
    assert in_the_way(folder) is None


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    with claimed(tmp_path / "out"), pytest.raises(ReportError), claimed(tmp_path / "out"):
        pass
    with claimed(tmp_path / "out"):
        assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("place", ["/proc/reports", "/dev/null/reports"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_made(place: str) -> None:
    with pytest.raises(ReportError, match="can be written"), claimed(Path(place)):
        pytest.fail("nothing starts")


@pytest.mark.skipif(os.name != "posix", reason="files have no such rights on Windows")
def test_what_is_private_is_its_owners_alone_also_where_it_stood_open(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    write_aside(path, "open")
    path.chmod(0o644)
    partial_of(path).write_text("left by an interrupted run")
    partial_of(path).chmod(0o666)
    write_aside(path, "private", private=True)
    assert path.read_text() == "private" and path.stat().st_mode & 0o777 == 0o600
    audit = tmp_path / "audit.csv"
    audit.write_text("a longer text than the next")
    audit.chmod(0o644)
    write_private(audit, "é")
    assert audit.read_text(encoding="utf-8") == "é" and audit.stat().st_mode & 0o777 == 0o600
