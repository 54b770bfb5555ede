"""Folders and files that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hpp_analysis.errors import Failure, ReportError

_PARTIAL, _PREVIOUS = ".partial", ".previous"


def partial_of(path: Path) -> Path:
    """The hidden sibling in which a file or folder is built."""
    return path.with_name(f".{path.name}{_PARTIAL}")


def sync(path: Path) -> None:
    """Have a file or folder reach the disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Have a folder and all in it reach the disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        sync(path)
    sync(folder)


def appear(folder: Path) -> None:
    """Put what was built in the hidden sibling in the place of the folder, which is there in between or not at all.

    A folder cannot be replaced in one step: the old one moves aside, and comes back at the next start if the
    machine stops in between.
    """
    previous = folder.with_name(f".{folder.name}{_PREVIOUS}")
    if folder.exists():
        folder.rename(previous)
    partial_of(folder).rename(folder)
    sync(folder.parent)
    shutil.rmtree(previous, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove what was built for a folder that will not appear, and the folder around it if it is empty."""
    shutil.rmtree(partial_of(folder), ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def tidy(out: Path) -> None:
    """Remove what an interrupted run has left; a report that was moved aside comes back."""
    for path in [*out.glob(f"*/.*{_PARTIAL}"), *out.glob(f".*{_PARTIAL}")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        if path.parent != out:
            with suppress(OSError):  # the folder of a client of whom there is no report yet
                path.parent.rmdir()
    for previous in out.glob(f"*/.*{_PREVIOUS}"):
        folder = previous.with_name(previous.name.removeprefix(".").removesuffix(_PREVIOUS))
        if folder.exists():
            shutil.rmtree(previous)
        else:
            previous.rename(folder)


def write_aside(path: Path, content: str | bytes) -> None:
    """Write a file under a hidden name, then rename it: nobody ever reads half of it."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    aside = partial_of(path)
    aside.parent.mkdir(parents=True, exist_ok=True)
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync(path.parent)


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Let one run at a time write into a folder: two would remove each other's unfinished reports.

    Raises
    ------
    ReportError
        When another run is at work there, or nothing can be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass  # better to know before the first report than after
    except OSError as error:
        rule = f"The folder of the reports can be written to ({error.strerror or type(error).__name__})."
        remedy = "Choose another folder, or make room and ask for the right to write there."
        raise ReportError([Failure(rule, remedy, value=str(out))]) from error
    try:
        import fcntl
    except ImportError:  # not on Windows: there nothing keeps two runs apart
        yield
        return
    handle = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        rule, remedy = (
            "One run at a time writes into a folder.",
            "Wait for the other one, or choose another folder.",
        )
        raise ReportError([Failure(rule, remedy, value=out.name)]) from error
    finally:
        os.close(handle)  # which lets go of it
